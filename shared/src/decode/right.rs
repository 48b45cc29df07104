//! The short way for a submission that is right in names and types: straight to a draft, without a
//! tree of values between. What it does not take is read again in the long way, which says why; so
//! it may take less than that, but nothing else (`fuzz` compares them).

use super::submission::TimeParser;
use crate::submission::{Assurance, Context, FormSigns, Identity, IdentityLevel, ServiceEvent};
use crate::{Answer, SubmissionDraft};
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::collections::BTreeMap;
use std::fmt;

/// `None` where anything is wrong.
pub fn draft(text: &[u8], time: TimeParser) -> Option<SubmissionDraft> {
    let sent: Sent = serde_json::from_slice(text).ok()?;
    Some(SubmissionDraft {
        id: sent.id,
        survey: sent.survey,
        survey_version: sent.survey_version,
        channel: sent.channel,
        service: sent.service,
        level: sent.level,
        locale: sent.locale,
        answers: sent.answers.into_iter().filter_map(|(key, one)| Some((key, one.0?))).collect(),
        context: sent.context.map(SentContext::into_context),
        identity: match sent.identity {
            Some(identity) => Some(identity.into_identity()?),
            None => None,
        },
        service_event: sent.service_event.map(SentEvent::into_event),
        occurred_at: match sent.occurred_at {
            Some(text) => Some(time(&text)?),
            None => None,
        },
        form: sent.form.map(SentForm::into_signs),
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    id: String,
    survey: String,
    survey_version: Option<u32>,
    channel: Option<String>,
    service: Option<String>,
    level: Option<String>,
    locale: Option<String>,
    answers: BTreeMap<String, SentAnswer>,
    context: Option<SentContext>,
    identity: Option<SentIdentity>,
    service_event: Option<SentEvent>,
    occurred_at: Option<String>,
    form: Option<SentForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SentContext {
    page: Option<String>,
    referrer: Option<String>,
    device: Option<String>,
    tags: Option<Vec<String>>,
    attributes: Option<BTreeMap<String, String>>,
}

impl SentContext {
    fn into_context(self) -> Context {
        Context {
            page: self.page,
            referrer: self.referrer,
            device: self.device,
            tags: self.tags.unwrap_or_default(),
            attributes: self.attributes.unwrap_or_default(),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SentIdentity {
    /// A string: as an enumeration it could be an object too.
    level: Option<String>,
    assurance: Option<String>,
    subject: Option<String>,
    token: Option<String>,
}

impl SentIdentity {
    fn into_identity(self) -> Option<Identity> {
        let level = match self.level {
            Some(level) => IdentityLevel::parse(&level)?,
            None => IdentityLevel::default(),
        };
        let assurance = match self.assurance {
            Some(assurance) => Some(Assurance::parse(&assurance)?),
            None => None,
        };
        Some(Identity { level, assurance, subject: self.subject, token: self.token })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SentEvent {
    reference: Option<String>,
    waited_s: Option<u32>,
    served_s: Option<u32>,
    resolved_first_contact: Option<bool>,
}

impl SentEvent {
    fn into_event(self) -> ServiceEvent {
        ServiceEvent {
            reference: self.reference,
            waited_s: self.waited_s,
            served_s: self.served_s,
            resolved_first_contact: self.resolved_first_contact,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SentForm {
    trap: Option<String>,
    elapsed_ms: Option<u32>,
    proof: Option<String>,
}

impl SentForm {
    fn into_signs(self) -> FormSigns {
        FormSigns { trap: self.trap, elapsed_ms: self.elapsed_ms, proof: self.proof }
    }
}

/// `None` for null: not answered.
struct SentAnswer(Option<Answer>);

impl<'de> Deserialize<'de> for SentAnswer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyAnswer).map(Self)
    }
}

struct AnyAnswer;

impl<'de> Visitor<'de> for AnyAnswer {
    type Value = Option<Answer>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an answer")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E: Error>(self, score: i64) -> Result<Self::Value, E> {
        Ok(Some(Answer::Score(score)))
    }

    fn visit_u64<E: Error>(self, score: u64) -> Result<Self::Value, E> {
        i64::try_from(score).map(|score| Some(Answer::Score(score))).map_err(E::custom)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(Answer::Text(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut options = Vec::new();
        while let Some(option) = items.next_element()? {
            options.push(option);
        }
        Ok(Some(Answer::Options(options)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Self::Value, A::Error> {
        let (mut selected, mut other) = (Vec::new(), String::new());
        while let Some(name) = fields.next_key::<String>()? {
            match name.as_str() {
                "selected" => selected = fields.next_value()?,
                "other" => other = fields.next_value()?,
                unknown => return Err(A::Error::custom(unknown)),
            }
        }
        Ok(Some(Answer::WithOther { selected, other }))
    }
}
