//! What came before a generated response: how often the survey was shown until someone sent it, and
//! how far those came who did not. On the channels where someone can know: nobody counts whom a
//! clerk could have asked.

use crate::events::Counts;
use fastrand::Rng;
use shared::events::Happening;
use shared::{SubmissionDraft, Survey};

/// A channel's responses by impressions, and how many of those who do not answer turn to it.
const RATES: [(&str, f64, f64); 7] = [
    ("web", 0.115, 0.17),
    ("app", 0.185, 0.26),
    ("email", 0.085, 0.34),
    ("kiosk", 0.330, 0.42),
    ("qr", 0.640, 0.80),
    ("chat", 0.270, 0.20),
    ("sms", 0.140, 0.30),
];
/// Of those who turn to it and do not send: who begins.
const BEGIN: f64 = 0.38;
/// Of those who have not turned to it: who closes it.
const CLOSE: f64 = 0.22;
/// After each answer: who leaves.
const LEAVE: f64 = 0.62;

/// The counts up to one response; `None` where they are not known. The same response gives the same.
pub fn asked(draft: &SubmissionDraft, survey: &Survey) -> Option<Counts> {
    let channel = draft.channel.as_deref()?;
    let (_, rate, turn) = RATES.iter().find(|(name, ..)| *name == channel)?;
    let mut rng = Rng::with_seed(draft.occurred_at?.millis().unsigned_abs());
    let mut counts = Counts::new();
    let mut add = |happening| *counts.entry(happening).or_default() += 1;
    [Happening::Impression, Happening::Open, Happening::Start].into_iter().for_each(&mut add);
    let is_answered =
        |place: &u16| draft.answers.contains_key(&survey.questions[usize::from(*place)].key);
    let questions = 0..u16::try_from(survey.questions.len()).ok()?;
    questions.clone().filter(is_answered).for_each(|place| add(Happening::Answered(place)));
    let others = (1.0 / rate - 1.0) * (0.4 + 1.2 * rng.f64()) + rng.f64();
    for _ in 0..others as u32 {
        add(Happening::Impression);
        if rng.f64() < *turn {
            add(Happening::Open);
            add(Happening::Dismissal);
            leave(&mut rng, questions.len(), &mut add);
        } else if rng.f64() < CLOSE {
            add(Happening::Dismissal);
        }
    }
    Some(counts)
}

/// How far someone comes who does not send.
fn leave(rng: &mut Rng, questions: usize, add: &mut impl FnMut(Happening)) {
    if rng.f64() >= BEGIN {
        return;
    }
    add(Happening::Start);
    let mut place = 0;
    add(Happening::Answered(place));
    while usize::from(place) + 1 < questions && rng.f64() >= LEAVE {
        place += 1;
        add(Happening::Answered(place));
    }
    add(Happening::LeftAfter(place));
}
