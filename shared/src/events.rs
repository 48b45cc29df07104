//! What becomes of a survey before it is answered: it is shown, opened, begun, left. Counts of what
//! happened, never of whom it happened to.

use crate::submission::{Sender, check_channel, check_service};
use crate::survey::Survey;
use crate::{Channel, ResponseId, Timestamp, Violations};
use serde::Serialize;
use std::collections::BTreeMap;

/// Events of one batch.
pub const EVENTS_MAX: usize = 100;
/// How often one event of a program of the owner's can have happened.
pub const COUNT_MAX: u32 = 1_000_000;

/// One event as it was sent. `kind`: `impression`, `open`, `start`, `answer` or `dismissal`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EventDraft {
    pub kind: String,
    /// Of an answer: which. Of a dismissal: the last one that was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub question: Option<String>,
    /// How often; 1 unless told. More than that is taken with a token only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
}

/// Events of one place, as they were sent together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EventsDraft {
    /// A UUIDv7: the same batch again counts once.
    pub batch: String,
    pub survey: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub survey_version: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub occurred_at: Option<Timestamp>,
    pub events: Vec<EventDraft>,
}

/// What can happen to a survey; questions by their position in its version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Happening {
    /// It came before someone's eyes.
    Impression,
    /// Someone turned to it.
    Open,
    /// Someone began to fill it in.
    Start,
    /// Someone left it without sending.
    Dismissal,
    /// A question was answered, whether or not the answers were sent.
    Answered(u16),
    /// A question was the last one that was answered before a dismissal.
    LeftAfter(u16),
}

/// A batch that keeps every rule. Made by `EventsDraft::check` alone.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Events {
    pub batch: ResponseId,
    pub survey: String,
    pub survey_version: u32,
    pub channel: Channel,
    pub service: Option<String>,
    pub occurred_at: Option<Timestamp>,
    pub counts: BTreeMap<Happening, u64>,
}

impl EventsDraft {
    /// Against the version of the survey that it names; `None` where that is not known, which was
    /// noted already: everything else is looked at all the same.
    ///
    /// # Errors
    /// Every broken rule.
    pub fn check(self, survey: Option<&Survey>, sender: Sender) -> Result<Events, Violations> {
        let mut bad = Violations::default();
        let batch = ResponseId::parse(&self.batch);
        if let Err(error) = &batch {
            bad.add("batch", "invalid_id", error.to_string());
        }
        let channel = check_channel(self.channel.as_deref(), sender, &mut bad);
        check_service(self.service.as_deref(), &mut bad);
        if !(1..=EVENTS_MAX).contains(&self.events.len()) {
            bad.add("events", "out_of_range", format!("takes 1 to {EVENTS_MAX} events"));
        }
        let mut counts = BTreeMap::new();
        for (i, event) in self.events.iter().enumerate().take(EVENTS_MAX) {
            event.count(&format!("events[{i}]"), survey, sender, &mut counts, &mut bad);
        }
        match (batch, channel, survey, bad.is_empty()) {
            (Ok(batch), Some(channel), Some(survey), true) => Ok(Events {
                batch,
                survey: survey.key.clone(),
                survey_version: survey.version,
                channel,
                service: self.service,
                occurred_at: self.occurred_at,
                counts,
            }),
            _ => Err(bad),
        }
    }
}

impl EventDraft {
    fn count(
        &self,
        path: &str,
        survey: Option<&Survey>,
        sender: Sender,
        counts: &mut BTreeMap<Happening, u64>,
        bad: &mut Violations,
    ) {
        let by = self.count.unwrap_or(1);
        let max = if sender == Sender::Trusted { COUNT_MAX } else { 1 };
        if !(1..=max).contains(&by) {
            bad.add(format!("{path}.count"), "out_of_range", format!("takes 1 to {max}"));
        }
        let question = self.question.as_deref().and_then(|key| position(key, path, survey, bad));
        let mut add = |happening| *counts.entry(happening).or_default() += u64::from(by);
        match self.kind.as_str() {
            "answer" if self.question.is_none() => {
                bad.add(format!("{path}.question"), "required", "says what was answered");
            }
            "answer" => question.into_iter().for_each(|place| add(Happening::Answered(place))),
            "dismissal" => {
                add(Happening::Dismissal);
                question.into_iter().for_each(|place| add(Happening::LeftAfter(place)));
            }
            kind => match PLAIN.iter().find(|(name, _)| *name == kind) {
                Some(_) if self.question.is_some() => {
                    let message = "belongs to an answer or a dismissal";
                    bad.add(format!("{path}.question"), "misplaced", message);
                }
                Some((_, happening)) => add(*happening),
                None => {
                    let message = "is impression, open, start, answer or dismissal";
                    bad.add(format!("{path}.kind"), "unknown_kind", message);
                }
            },
        }
    }
}

/// Kinds that are of no question.
const PLAIN: [(&str, Happening); 3] =
    [("impression", Happening::Impression), ("open", Happening::Open), ("start", Happening::Start)];

fn position(key: &str, path: &str, survey: Option<&Survey>, bad: &mut Violations) -> Option<u16> {
    let questions = &survey?.questions;
    let place = questions.iter().position(|question| question.key == key);
    if place.is_none() {
        let message = "the survey has no such question";
        bad.add(format!("{path}.question"), "unknown_question", message);
    }
    place.and_then(|place| u16::try_from(place).ok())
}
