//! What a link says of the answer that it asks for, and links whose words are signed: compact, good
//! for one answer, and nothing is stored of them until that comes. Knows no HTTP and no store.

use crate::secret::{link_id, link_mac};
use crate::state::SiteNo;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use shared::submission::{Answer, Sender, ServiceEvent};
use shared::survey::Question;
use shared::{ResponseId, SubmissionDraft, Survey, Timestamp, Violations};
use std::collections::BTreeMap;
use subtle::ConstantTimeEq;

/// Before what is signed, so that it can change.
const VERSION: u8 = 1;
const MAC_BYTES: usize = 12;
/// Longer words are no token of ours.
const TOKEN_LENGTH_MAX: usize = 1_200;

/// What stands fixed before anybody answers: in a link's query, or signed in its token.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Given {
    pub channel: Option<String>,
    pub service: Option<String>,
    pub level: Option<String>,
    /// Of the service event.
    pub reference: Option<String>,
    pub locale: Option<String>,
    /// Ticked when the form opens, at the first question that has scores.
    pub score: Option<u8>,
}

impl Given {
    /// Names as in a link's query; what is wrong is noted, what belongs to others is left alone.
    pub fn of_pairs(pairs: &[(String, String)], bad: &mut Violations) -> Self {
        let word = |name: &str| {
            let found = pairs.iter().find(|(key, value)| key == name && !value.is_empty());
            found.map(|(_, value)| value.clone())
        };
        let score = word("score").map(|score| score.parse().ok());
        if score == Some(None) {
            bad.add("score", "wrong_type", "takes a whole number");
        }
        Self {
            channel: word("channel"),
            service: word("service"),
            level: word("level"),
            reference: word("ref"),
            locale: word("locale"),
            score: score.flatten(),
        }
    }

    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let words = [
            ("channel", &self.channel),
            ("service", &self.service),
            ("level", &self.level),
            ("ref", &self.reference),
            ("locale", &self.locale),
        ];
        let words = words.into_iter().filter_map(|(name, word)| Some((name, word.clone()?)));
        words.chain(self.score.map(|score| ("score", score.to_string()))).collect()
    }

    /// A response with these answers.
    pub fn draft(
        &self,
        id: ResponseId,
        survey: &Survey,
        answers: BTreeMap<String, Answer>,
    ) -> SubmissionDraft {
        let Self { channel, service, level, reference, locale, score: _ } = self.clone();
        let event = reference.map(|reference| ServiceEvent {
            reference: Some(reference),
            ..ServiceEvent::default()
        });
        SubmissionDraft {
            id: id.to_string(),
            survey: survey.key.clone(),
            survey_version: Some(survey.version),
            channel,
            service,
            level,
            locale,
            answers,
            service_event: event,
            ..SubmissionDraft::default()
        }
    }

    /// What is wrong with it before anything is answered, by the rules for responses.
    pub fn check(&self, survey: &Survey, sender: Sender, bad: &mut Violations) {
        let draft = self.draft(ResponseId::new(0, [0; 10]), survey, BTreeMap::new());
        for violation in draft.check(survey, sender).err().unwrap_or_default().into_vec() {
            let path = violation.path.trim_start_matches("service_event.");
            if !path.starts_with("answers") {
                bad.add(path, &violation.code, violation.message);
            }
        }
        let Some(score) = self.score else { return };
        match scored(survey).and_then(|question| question.kind.score_range()) {
            Some((low, high)) if !(low..=high).contains(&score) => {
                bad.add("score", "out_of_range", format!("takes {low} to {high}"));
            }
            Some(_) => {}
            None => bad.add("score", "no_score", "the survey asks for no score"),
        }
    }

    /// What is ticked when the form opens.
    pub fn preselected(&self, survey: &Survey) -> BTreeMap<String, Answer> {
        let question = scored(survey).zip(self.score);
        question
            .map(|(q, score)| (q.key.clone(), Answer::Score(score.into())))
            .into_iter()
            .collect()
    }
}

/// The question that a link's score is for.
fn scored(survey: &Survey) -> Option<&Question> {
    survey.questions.iter().find(|question| question.kind.score_range().is_some())
}

/// How many answers a signed link gives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Uses {
    #[default]
    Once,
    /// Once, together with all links of the same survey, service and reference.
    OncePerReference,
    Many,
}

impl Uses {
    pub const ALL: [(&'static str, Self); 3] = [
        ("once", Self::Once),
        ("once-per-reference", Self::OncePerReference),
        ("many", Self::Many),
    ];

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(known, _)| *known == name).map(|(_, uses)| uses)
    }
}

/// What a signed link says. postcard has no field names: the order is the format.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Seconds since 1970.
    pub made_s: u32,
    pub expires_s: Option<u32>,
    /// Tells links apart that say the same.
    pub nonce: [u8; 8],
    pub uses: Uses,
    pub survey: String,
    pub given: Given,
}

impl Link {
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.expires_s.is_some_and(|end| now.millis() >= i64::from(end) * 1_000)
    }

    /// The id of the one answer that the link gives; `None` where it gives many. As ids count once
    /// for ever, so does the link: in the answer's own write, and with nothing else to store.
    pub fn answer_id(&self, secret: &[u8; 32], site: SiteNo) -> Option<ResponseId> {
        let site = site.to_be_bytes();
        match self.uses {
            Uses::Many => None,
            Uses::Once => {
                let random = link_id(secret, &[b"once", &site, &self.nonce]);
                Some(ResponseId::new(u64::from(self.made_s) * 1_000, random))
            }
            Uses::OncePerReference => {
                // Whenever they were made: their time is no part of it.
                let of = (&self.survey, &self.given.service, &self.given.reference);
                let random = link_id(secret, &[b"reference", &site, &encode(&of)]);
                Some(ResponseId::new(0, random))
            }
        }
    }

    /// The link's words.
    pub fn sign(&self, secret: &[u8; 32], site: SiteNo) -> String {
        let mut bytes = vec![VERSION];
        bytes.extend(encode(&(site, self)));
        let mac: [u8; MAC_BYTES] = link_mac(secret, &bytes);
        bytes.extend_from_slice(&mac);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// `None` where the words were not made here.
    pub fn read(secret: &[u8; 32], token: &str) -> Option<(SiteNo, Self)> {
        if token.len() > TOKEN_LENGTH_MAX {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (signed, given) = bytes.split_last_chunk::<MAC_BYTES>()?;
        let expected: [u8; MAC_BYTES] = link_mac(secret, signed);
        if !bool::from(expected.ct_eq(given)) {
            return None;
        }
        postcard::from_bytes(signed.strip_prefix(&[VERSION])?).ok()
    }
}

fn encode(value: &impl Serialize) -> Vec<u8> {
    postcard::to_allocvec(value).expect("a link is plain data")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: [u8; 32] = [1; 32];

    fn link(uses: Uses, nonce: u8, reference: &str) -> Link {
        let given = Given {
            channel: Some("sms".into()),
            reference: Some(reference.into()),
            ..Given::default()
        };
        let survey = "post-service".to_owned();
        Link { made_s: 1_790_000_000, expires_s: Some(9), nonce: [nonce; 8], uses, survey, given }
    }

    #[test]
    fn a_link_reads_back_and_cannot_be_changed() {
        let link = link(Uses::Once, 7, "A-17");
        let words = link.sign(&SECRET, 300);
        assert!(words.len() < 90, "{} characters", words.len());
        assert_eq!(Link::read(&SECRET, &words), Some((300, link)));
        assert_eq!(Link::read(&[2; 32], &words), None);
        for place in 0..words.len() {
            let mut forged = words.clone().into_bytes();
            forged[place] = if forged[place] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(forged).unwrap();
            assert_eq!(Link::read(&SECRET, &forged), None, "{place}");
        }
        for bad in ["", "AQ", &words[1..], &words[..20], &"A".repeat(5_000)] {
            assert_eq!(Link::read(&SECRET, bad), None, "{bad}");
        }
    }

    #[test]
    fn an_answer_has_its_id_from_the_link_or_from_what_it_is_about() {
        let id = |link: Link, site| link.answer_id(&SECRET, site);
        let once = |nonce, reference| link(Uses::Once, nonce, reference);
        assert_eq!(id(once(1, "A"), 1), id(once(1, "A"), 1));
        assert_ne!(id(once(1, "A"), 1), id(once(2, "A"), 1));
        assert_ne!(id(once(1, "A"), 1), id(once(1, "A"), 2));
        let event = |nonce, reference| link(Uses::OncePerReference, nonce, reference);
        assert_eq!(id(event(1, "A"), 1), id(event(2, "A"), 1));
        assert_ne!(id(event(1, "A"), 1), id(event(1, "B"), 1));
        assert_eq!(id(link(Uses::Many, 1, "A"), 1), None);
    }
}
