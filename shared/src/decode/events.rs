//! A batch of events' JSON to a draft: field names and types. Values are `EventsDraft::check`'s.

use super::fields::Fields;
use super::submission::TimeParser;
use crate::Violations;
use crate::events::{EVENTS_MAX, EventDraft, EventsDraft};
use serde_json::Value;

/// Decodes as much as it can and notes the rest in `bad`: the draft is whole only if that stayed
/// empty.
pub fn events(value: &Value, time: TimeParser, bad: &mut Violations) -> EventsDraft {
    let Some(mut fields) = Fields::of(value, "", bad) else { return EventsDraft::default() };
    for name in ["batch", "survey", "events"] {
        fields.require(name, bad);
    }
    let list = fields.optional("events", "a list of events", bad, Value::as_array);
    // Of more than that the check says enough.
    let list = list.into_iter().flatten().take(EVENTS_MAX + 1).enumerate();
    let draft = EventsDraft {
        events: list.map(|(i, value)| event(value, format!("events[{i}]"), bad)).collect(),
        batch: fields.string("batch", bad).unwrap_or_default(),
        survey: fields.string("survey", bad).unwrap_or_default(),
        survey_version: fields.whole("survey_version", bad),
        channel: fields.string("channel", bad),
        service: fields.string("service", bad),
        occurred_at: fields.optional("occurred_at", "an RFC 3339 time", bad, |value| {
            value.as_str().and_then(time)
        }),
    };
    fields.finish(bad);
    draft
}

fn event(value: &Value, path: String, bad: &mut Violations) -> EventDraft {
    let Some(mut fields) = Fields::of(value, path, bad) else { return EventDraft::default() };
    fields.require("kind", bad);
    let draft = EventDraft {
        kind: fields.string("kind", bad).unwrap_or_default(),
        question: fields.string("question", bad),
        count: fields.whole("count", bad),
    };
    fields.finish(bad);
    draft
}
