//! A response as it lies on disk: compact, versioned, with numbers in the place of names, and with
//! what a person wrote sealed.

use super::seals::{Sealed, Seals};
use serde::{Deserialize, Serialize};
use shared::Timestamp;
use shared::submission::{Assurance, Context, IdentityLevel, ServiceEvent, ServiceLevel};
use std::io;
use thiserror::Error;

/// The version that is written. Older ones can be read.
const VERSION: u8 = 2;

/// Names are numbers of the site's lists; questions and options are positions in the survey's
/// version, which never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredResponse {
    pub survey: u32,
    pub survey_version: u32,
    pub channel: u32,
    /// 0 for none.
    pub service: u32,
    pub level: Option<ServiceLevel>,
    pub locale: Option<String>,
    pub answers: Vec<(u16, StoredAnswer)>,
    pub skipped: Vec<u16>,
    pub context: Context,
    pub identity: IdentityLevel,
    /// Where it is `Verified` and said.
    pub assurance: Option<Assurance>,
    /// A keyed hash, never the subject itself.
    pub subject: Option<[u8; 16]>,
    pub service_event: ServiceEvent,
    pub received_ms: i64,
    /// Why it is left out of every score until someone has looked at it.
    pub held: Option<Suspicion>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StoredAnswer {
    Score(u8),
    Text(String),
    Choice { options: Vec<u16>, other: Option<String> },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Suspicion {
    /// A field that people do not see was filled in.
    Honeypot,
    /// Sent sooner than anyone can read the questions.
    TooFast,
    /// The same text came again and again.
    Repeated,
    /// It came without the work that is asked of others.
    Unproven,
}

impl Suspicion {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Honeypot => "honeypot",
            Self::TooFast => "too_fast",
            Self::Repeated => "repeated",
            Self::Unproven => "unproven",
        }
    }
}

/// Level and assurance in one: the assurances came later, behind what older records hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum StoredIdentity {
    Anonymous,
    Declared,
    Registered,
    Verified,
    VerifiedLow,
    VerifiedSubstantial,
    VerifiedHigh,
}

impl StoredIdentity {
    const fn of(level: IdentityLevel, assurance: Option<Assurance>) -> Self {
        match (level, assurance) {
            (IdentityLevel::Anonymous, _) => Self::Anonymous,
            (IdentityLevel::Declared, _) => Self::Declared,
            (IdentityLevel::Registered, _) => Self::Registered,
            (IdentityLevel::Verified, None) => Self::Verified,
            (IdentityLevel::Verified, Some(Assurance::Low)) => Self::VerifiedLow,
            (IdentityLevel::Verified, Some(Assurance::Substantial)) => Self::VerifiedSubstantial,
            (IdentityLevel::Verified, Some(Assurance::High)) => Self::VerifiedHigh,
        }
    }

    const fn parts(self) -> (IdentityLevel, Option<Assurance>) {
        match self {
            Self::Anonymous => (IdentityLevel::Anonymous, None),
            Self::Declared => (IdentityLevel::Declared, None),
            Self::Registered => (IdentityLevel::Registered, None),
            Self::Verified => (IdentityLevel::Verified, None),
            Self::VerifiedLow => (IdentityLevel::Verified, Some(Assurance::Low)),
            Self::VerifiedSubstantial => (IdentityLevel::Verified, Some(Assurance::Substantial)),
            Self::VerifiedHigh => (IdentityLevel::Verified, Some(Assurance::High)),
        }
    }
}

/// What lies open in the store: numbers, and words that name groups rather than people. The texts
/// of answers are blank here. postcard has no field names: the order is the format.
#[derive(Serialize, Deserialize)]
struct Open {
    survey: u32,
    survey_version: u32,
    channel: u32,
    service: u32,
    level: Option<ServiceLevel>,
    locale: Option<String>,
    answers: Vec<(u16, StoredAnswer)>,
    skipped: Vec<u16>,
    page: Option<String>,
    device: Option<String>,
    tags: Vec<String>,
    identity: StoredIdentity,
    waited_s: Option<u32>,
    served_s: Option<u32>,
    resolved_first_contact: Option<bool>,
    received_ms: i64,
    held: Option<Suspicion>,
    private: Option<Sealed>,
}

/// What a person wrote, or what can lead to a person.
#[derive(Default, PartialEq, Serialize, Deserialize)]
struct Private {
    /// Texts and free "other" words, in the order of the answers.
    texts: Vec<String>,
    referrer: Option<String>,
    attributes: Vec<(String, String)>,
    subject: Option<[u8; 16]>,
    reference: Option<String>,
}

impl StoredResponse {
    /// Whether encoding it needs a slot for a key.
    pub fn is_private(&self) -> bool {
        self.private() != Private::default()
    }

    fn private(&self) -> Private {
        let texts = self.answers.iter().filter_map(|(_, answer)| answer.text().cloned());
        Private {
            texts: texts.collect(),
            referrer: self.context.referrer.clone(),
            attributes: self.context.attributes.clone().into_iter().collect(),
            subject: self.subject,
            reference: self.service_event.reference.clone(),
        }
    }

    /// `slot`: of a key that was prepared for this response, where `is_private`.
    pub fn encode(&self, seals: &Seals, slot: Option<u64>) -> io::Result<Vec<u8>> {
        let seal = |slot| seals.seal(slot, &postcard(&self.private(), Vec::new()));
        let blank = |(position, answer): &(u16, StoredAnswer)| (*position, answer.blank());
        let open = Open {
            survey: self.survey,
            survey_version: self.survey_version,
            channel: self.channel,
            service: self.service,
            level: self.level,
            locale: self.locale.clone(),
            answers: self.answers.iter().map(blank).collect(),
            skipped: self.skipped.clone(),
            page: self.context.page.clone(),
            device: self.context.device.clone(),
            tags: self.context.tags.clone(),
            identity: StoredIdentity::of(self.identity, self.assurance),
            waited_s: self.service_event.waited_s,
            served_s: self.service_event.served_s,
            resolved_first_contact: self.service_event.resolved_first_contact,
            received_ms: self.received_ms,
            held: self.held,
            private: slot.map(seal).transpose()?,
        };
        Ok(encode(&open))
    }

    /// Texts come back blank where their key was taken away.
    pub fn decode(bytes: &[u8], seals: &Seals) -> Result<Self, Unreadable> {
        match bytes.split_first() {
            Some((&VERSION, rest)) => {
                let open: Open = postcard::from_bytes(rest).map_err(|_| Unreadable)?;
                let unseal = |sealed| seals.open_sealed(sealed).map_err(|_| Unreadable);
                let private = open.private.as_ref().map(unseal).transpose()?.flatten();
                let private = private.map(|plain| postcard::from_bytes(&plain));
                let private = private.transpose().map_err(|_| Unreadable)?;
                Ok(Self::join(open, private.unwrap_or_default()))
            }
            Some((&first::VERSION, rest)) => first::decode(rest),
            _ => Err(Unreadable),
        }
    }

    /// The same record, no longer held.
    pub fn released(bytes: &[u8]) -> Result<Vec<u8>, Unreadable> {
        let rest = bytes.strip_prefix(&[VERSION]).ok_or(Unreadable)?;
        let mut open: Open = postcard::from_bytes(rest).map_err(|_| Unreadable)?;
        open.held = None;
        Ok(encode(&open))
    }

    /// The slot of the response's key.
    pub fn slot(bytes: &[u8]) -> Option<u64> {
        let rest = bytes.strip_prefix(&[VERSION])?;
        postcard::from_bytes::<Open>(rest).ok()?.private.map(|sealed| sealed.slot)
    }

    fn join(open: Open, private: Private) -> Self {
        let mut texts = private.texts.into_iter();
        let (identity, assurance) = open.identity.parts();
        let mut answers = open.answers;
        for text in answers.iter_mut().filter_map(|(_, answer)| answer.text_mut()) {
            *text = texts.next().unwrap_or_default();
        }
        Self {
            survey: open.survey,
            survey_version: open.survey_version,
            channel: open.channel,
            service: open.service,
            level: open.level,
            locale: open.locale,
            answers,
            skipped: open.skipped,
            context: Context {
                page: open.page,
                referrer: private.referrer,
                device: open.device,
                tags: open.tags,
                attributes: private.attributes.into_iter().collect(),
            },
            identity,
            assurance,
            subject: private.subject,
            service_event: ServiceEvent {
                reference: private.reference,
                waited_s: open.waited_s,
                served_s: open.served_s,
                resolved_first_contact: open.resolved_first_contact,
            },
            received_ms: open.received_ms,
            held: open.held,
        }
    }
}

impl StoredAnswer {
    pub const fn text(&self) -> Option<&String> {
        match self {
            Self::Score(_) => None,
            Self::Text(text) => Some(text),
            Self::Choice { other, .. } => other.as_ref(),
        }
    }

    const fn text_mut(&mut self) -> Option<&mut String> {
        match self {
            Self::Score(_) => None,
            Self::Text(text) => Some(text),
            Self::Choice { other, .. } => other.as_mut(),
        }
    }

    fn blank(&self) -> Self {
        let mut blank = self.clone();
        if let Some(text) = blank.text_mut() {
            text.clear();
        }
        blank
    }
}

/// What is kept of an id for ever: enough to answer a retry with the same words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum IdEntry {
    Stored {
        /// Under which time the response lies.
        time_ms: i64,
        received_ms: i64,
        fingerprint: [u8; 16],
    },
    /// Taken back; no trace of the content.
    Erased,
    /// Dropped when its time was over.
    Retired { received_ms: i64 },
}

/// An address of ours under a short code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShortLink {
    /// Path and query.
    pub to: String,
    pub made_ms: i64,
    pub expires_ms: Option<i64>,
}

impl ShortLink {
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.expires_ms.is_some_and(|end| now.millis() >= end)
    }
}

#[derive(Debug, Error)]
#[error("a stored record cannot be read")]
pub struct Unreadable;

/// postcard behind the version byte.
pub fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    postcard(value, vec![VERSION])
}

/// What `encode` made, in this version or the first.
pub fn decode<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Unreadable> {
    match bytes.split_first() {
        Some((&(VERSION | first::VERSION), rest)) => {
            postcard::from_bytes(rest).map_err(|_| Unreadable)
        }
        _ => Err(Unreadable),
    }
}

/// postcard behind what `into` holds.
pub fn postcard<T: Serialize>(value: &T, into: Vec<u8>) -> Vec<u8> {
    postcard::to_extend(value, into).expect("memory is the only thing that postcard can run out of")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a level alone was written as, before there were assurances.
    #[test]
    fn levels_of_earlier_records_are_read_as_before() {
        for level in IdentityLevel::ALL {
            let earlier: StoredIdentity = postcard::from_bytes(&postcard(&level, vec![])).unwrap();
            assert_eq!(earlier.parts(), (level, None));
            assert_eq!(
                postcard(&StoredIdentity::of(level, None), vec![]),
                postcard(&level, vec![])
            );
        }
        for assurance in Assurance::ALL {
            let parts = (IdentityLevel::Verified, Some(assurance));
            assert_eq!(StoredIdentity::of(parts.0, parts.1).parts(), parts);
        }
    }
}

/// Responses as the first version wrote them, with everything in the open.
mod first {
    use super::{StoredAnswer, StoredResponse, Unreadable};
    use serde::{Deserialize, Serialize};
    use shared::submission::{Context, IdentityLevel, ServiceEvent};

    pub const VERSION: u8 = 1;

    #[derive(Serialize, Deserialize)]
    pub struct Response {
        pub survey: u32,
        pub survey_version: u32,
        pub channel: u32,
        pub service: u32,
        pub locale: Option<String>,
        pub answers: Vec<(u16, StoredAnswer)>,
        pub skipped: Vec<u16>,
        pub page: Option<String>,
        pub referrer: Option<String>,
        pub device: Option<String>,
        pub tags: Vec<String>,
        pub attributes: Vec<(String, String)>,
        pub identity: IdentityLevel,
        pub subject: Option<[u8; 16]>,
        pub reference: Option<String>,
        pub waited_s: Option<u32>,
        pub served_s: Option<u32>,
        pub resolved_first_contact: Option<bool>,
        pub received_ms: i64,
    }

    pub fn decode(bytes: &[u8]) -> Result<StoredResponse, Unreadable> {
        let old: Response = postcard::from_bytes(bytes).map_err(|_| Unreadable)?;
        Ok(StoredResponse {
            survey: old.survey,
            survey_version: old.survey_version,
            channel: old.channel,
            service: old.service,
            level: None,
            locale: old.locale,
            answers: old.answers,
            skipped: old.skipped,
            context: Context {
                page: old.page,
                referrer: old.referrer,
                device: old.device,
                tags: old.tags,
                attributes: old.attributes.into_iter().collect(),
            },
            identity: old.identity,
            assurance: None,
            subject: old.subject,
            service_event: ServiceEvent {
                reference: old.reference,
                waited_s: old.waited_s,
                served_s: old.served_s,
                resolved_first_contact: old.resolved_first_contact,
            },
            received_ms: old.received_ms,
            held: None,
        })
    }
}
