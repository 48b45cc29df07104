//! A submission's JSON to a draft: field names and types. Values are `SubmissionDraft::check`'s.

use super::fields::{Fields, string_list};
use super::right;
use crate::submission::{Assurance, Context, FormSigns, Identity, IdentityLevel, ServiceEvent};
use crate::{Answer, SubmissionDraft, Timestamp, Violations};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Reads an RFC 3339 instant; `shared` knows no calendar.
pub type TimeParser = fn(&str) -> Option<Timestamp>;

/// Decodes a JSON text; see `submission_draft`.
///
/// # Errors
/// Where the text is not JSON.
pub fn submission(
    text: &[u8],
    time: TimeParser,
    bad: &mut Violations,
) -> Result<SubmissionDraft, serde_json::Error> {
    match right::draft(text, time) {
        Some(draft) => Ok(draft),
        None => Ok(submission_draft(&serde_json::from_slice(text)?, time, bad)),
    }
}

/// Decodes as much as it can and notes the rest in `bad`. The draft is whole only if `bad` stayed
/// empty, but it can be checked further in any case, so that the sender learns of everything.
pub fn submission_draft(value: &Value, time: TimeParser, bad: &mut Violations) -> SubmissionDraft {
    let Some(mut fields) = Fields::of(value, "", bad) else { return SubmissionDraft::default() };
    for name in ["id", "survey", "answers"] {
        fields.require(name, bad);
    }
    let draft = SubmissionDraft {
        id: fields.string("id", bad).unwrap_or_default(),
        survey: fields.string("survey", bad).unwrap_or_default(),
        survey_version: fields.whole("survey_version", bad),
        channel: fields.string("channel", bad),
        service: fields.string("service", bad),
        level: fields.string("level", bad),
        locale: fields.string("locale", bad),
        answers: fields
            .optional("answers", "an object", bad, Value::as_object)
            .map(|map| answers(map, bad))
            .unwrap_or_default(),
        context: fields.get("context").and_then(|value| context(value, bad)),
        identity: fields.get("identity").and_then(|value| identity(value, bad)),
        service_event: fields.get("service_event").and_then(|value| service_event(value, bad)),
        form: fields.get("form").and_then(|value| form(value, bad)),
        occurred_at: fields.optional("occurred_at", "an RFC 3339 time", bad, |value| {
            value.as_str().and_then(time)
        }),
    };
    fields.finish(bad);
    draft
}

fn answers(map: &Map<String, Value>, bad: &mut Violations) -> BTreeMap<String, Answer> {
    let mut answers = BTreeMap::new();
    for (key, value) in map {
        match answer(value) {
            Some(Some(answer)) => {
                answers.insert(key.clone(), answer);
            }
            Some(None) => {}
            None => bad.add(
                format!("answers.{key}"),
                "wrong_type",
                "takes a whole number, a string, a list of strings or {selected, other}",
            ),
        }
    }
    answers
}

/// `Some(None)` for null: not answered.
fn answer(value: &Value) -> Option<Option<Answer>> {
    Some(Some(match value {
        Value::Null => return Some(None),
        Value::Number(number) => Answer::Score(number.as_i64()?),
        Value::String(text) => Answer::Text(text.clone()),
        Value::Array(_) => Answer::Options(string_list(value)?),
        Value::Object(map) => {
            if map.keys().any(|key| key != "selected" && key != "other") {
                return None;
            }
            Answer::WithOther {
                selected: map.get("selected").map_or(Some(Vec::new()), string_list)?,
                other: map.get("other").map_or(Some(""), Value::as_str)?.to_owned(),
            }
        }
        Value::Bool(_) => return None,
    }))
}

fn context(value: &Value, bad: &mut Violations) -> Option<Context> {
    let mut fields = Fields::of(value, "context", bad)?;
    let context = Context {
        page: fields.string("page", bad),
        referrer: fields.string("referrer", bad),
        device: fields.string("device", bad),
        tags: fields.strings("tags", bad),
        attributes: fields
            .optional("attributes", "an object of strings", bad, string_map)
            .unwrap_or_default(),
    };
    fields.finish(bad);
    Some(context)
}

fn string_map(value: &Value) -> Option<BTreeMap<String, String>> {
    let pairs = value.as_object()?.iter();
    pairs.map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
}

fn form(value: &Value, bad: &mut Violations) -> Option<FormSigns> {
    let mut fields = Fields::of(value, "form", bad)?;
    let signs = FormSigns {
        trap: fields.string("trap", bad),
        elapsed_ms: fields.whole("elapsed_ms", bad),
        proof: fields.string("proof", bad),
    };
    fields.finish(bad);
    Some(signs)
}

fn identity(value: &Value, bad: &mut Violations) -> Option<Identity> {
    let mut fields = Fields::of(value, "identity", bad)?;
    let wanted = "anonymous, declared, registered or verified";
    let identity = Identity {
        level: fields
            .optional("level", wanted, bad, |value| IdentityLevel::parse(value.as_str()?))
            .unwrap_or_default(),
        assurance: fields.optional("assurance", "low, substantial or high", bad, |value| {
            Assurance::parse(value.as_str()?)
        }),
        subject: fields.string("subject", bad),
        token: fields.string("token", bad),
    };
    fields.finish(bad);
    Some(identity)
}

fn service_event(value: &Value, bad: &mut Violations) -> Option<ServiceEvent> {
    let mut fields = Fields::of(value, "service_event", bad)?;
    let event = ServiceEvent {
        reference: fields.string("reference", bad),
        waited_s: fields.whole("waited_s", bad),
        served_s: fields.whole("served_s", bad),
        resolved_first_contact: fields.boolean("resolved_first_contact", bad),
    };
    fields.finish(bad);
    Some(event)
}
