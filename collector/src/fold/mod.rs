//! From a response to the counts that it changes. Pure and invertible: taking a response back
//! subtracts exactly what it added.

mod bucket;
mod cell;
mod measure;

pub use bucket::{Bucket, Granularity, Zone, date_of_day, day_number};
pub use cell::{Cell, CellKey, Partition};
pub use measure::{ANSWERED, BANDS, Measure, MeasureKind, OPTIONS, SCORES, SKIPPED};

use crate::log::record::{StoredAnswer, StoredResponse};
use crate::state::Names;
use shared::survey::{Kind, Question};
use shared::{Survey, Timestamp};

/// One count to raise (or, taking back, to lower).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub measure: u32,
    /// Positions in the cell's counts and by how much each grows.
    pub grow: Vec<(usize, u64)>,
}

/// The steps of one response: the same for all of its buckets. Measures are numbered by `names`;
/// new ones are added to it.
pub fn steps(response: &StoredResponse, survey: &Survey, names: &mut Names) -> Vec<Step> {
    let mut steps = Vec::with_capacity(response.answers.len() + response.skipped.len() + 3);
    let mut push = |measure: Measure, grow: Vec<(usize, u64)>| {
        steps.push(Step { measure: names.measure(measure), grow });
    };
    push(Measure::responses(response.survey), vec![(0, 1)]);
    let durations = response.durations();
    for (kind, seconds) in
        [(MeasureKind::Waited, durations.waited_s), (MeasureKind::Served, durations.served_s)]
    {
        if let Some(seconds) = seconds {
            push(Measure { survey: response.survey, kind }, measure::duration_growth(seconds));
        }
    }
    for position in &response.skipped {
        if let Some(question) = survey.questions.get(usize::from(*position)) {
            push(Measure::of_question(response.survey, question), vec![(measure::SKIPPED, 1)]);
        }
    }
    for (position, answer) in &response.answers {
        if let Some(question) = survey.questions.get(usize::from(*position)) {
            push(Measure::of_question(response.survey, question), answer_growth(question, answer));
        }
    }
    steps
}

fn answer_growth(question: &Question, answer: &StoredAnswer) -> Vec<(usize, u64)> {
    match (&question.kind, answer) {
        (kind, StoredAnswer::Score(score)) => {
            let low = kind.score_range().map_or(0, |(low, _)| low);
            vec![(measure::SCORES + usize::from(score - low), 1)]
        }
        (_, StoredAnswer::Text(_)) => vec![(measure::ANSWERED, 1)],
        (kind, StoredAnswer::Choice { options, other }) => {
            let mut grow = vec![(measure::ANSWERED, 1)];
            grow.extend(options.iter().map(|o| (measure::OPTIONS + usize::from(*o), 1)));
            if let (Some(_), Kind::Choice { options: all, .. }) = (other, kind) {
                grow.push((measure::OPTIONS + all.len(), 1));
            }
            grow
        }
    }
}

/// The buckets that a response at `time` falls into.
pub fn buckets(time: Timestamp, zone: &Zone) -> [Bucket; 2] {
    [Bucket::hour(time), Bucket::day(time, zone)]
}
