//! From a row to the counts that it changes. Pure and invertible: taking a response back subtracts
//! exactly what it added.

mod bucket;
mod cell;
mod events;
mod measure;

pub use bucket::{Bucket, Granularity, Zone, date_of_day, day_number};
pub use cell::{BelowZero, Cell, CellKey, Partition};
pub use events::{DISMISSALS, EVER_ANSWERED, IMPRESSIONS, LEFT_AFTER, OPENS, STARTS, place_of};
pub use measure::{
    AFTER_WAIT, ANSWERED, BANDS, LayoutMeasures, Measure, MeasureKind, OPTIONS, RESOLVED, SCORES,
    SKIPPED, UNRESOLVED, after_wait, band, wait_band,
};

use crate::index::Row;

/// One count to raise (or, taking back, to lower).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub measure: u32,
    /// Positions in the cell's counts and by how much each grows.
    pub grow: Vec<(usize, u64)>,
}

/// The steps of one row: the same for all of its buckets.
pub fn steps(row: &Row, measures: &LayoutMeasures) -> Vec<Step> {
    let mut steps = Vec::with_capacity(row.answers.codes.len() + 3);
    steps.push(Step { measure: measures.responses, grow: vec![(0, 1)] });
    for (measure, seconds) in [(measures.waited, row.waited_s), (measures.served, row.served_s)] {
        if let Some(seconds) = seconds {
            steps.push(Step { measure, grow: measure::duration_growth(seconds) });
        }
    }
    if let Some(resolved) = row.profile.resolved() {
        let position = if resolved { RESOLVED } else { UNRESOLVED };
        steps.push(Step { measure: measures.resolved, grow: vec![(position, 1)] });
    }
    let band = row.waited_s.map(wait_band);
    if let Some(band) = band {
        steps.push(Step { measure: measures.wait_bands, grow: vec![(band, 1)] });
    }
    let mut of_questions: Vec<Vec<(usize, u64)>> = vec![Vec::new(); measures.questions.len()];
    row.answers.each(|question, position| {
        if let Some(grow) = of_questions.get_mut(question) {
            grow.push((position, 1));
        }
        if let (Some(band), true) = (band, measures.is_scored(question)) {
            let grow = vec![(after_wait(band, position), 1)];
            steps.push(Step { measure: measures.after_wait[question], grow });
        }
    });
    let answered = measures.questions.iter().zip(of_questions).filter(|(_, g)| !g.is_empty());
    steps.extend(answered.map(|(measure, grow)| Step { measure: *measure, grow }));
    steps
}
