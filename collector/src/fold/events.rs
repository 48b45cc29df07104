//! Events as counts: what of a survey or of a question grows by each. The same keys as the cells of
//! responses, in cells of their own.

use super::{CellKey, LayoutMeasures};
use shared::events::Happening;

/// Positions in the counts of a survey's cell.
pub const IMPRESSIONS: usize = 0;
pub const OPENS: usize = 1;
pub const STARTS: usize = 2;
pub const DISMISSALS: usize = 3;
/// Positions in the counts of a question's cell.
pub const EVER_ANSWERED: usize = 0;
pub const LEFT_AFTER: usize = 1;

/// The cell and the position in it; `None` where the survey has no such question.
pub fn place_of(
    happening: Happening,
    measures: &LayoutMeasures,
    (channel, service): (u32, u32),
) -> Option<(CellKey, usize)> {
    let question = |place: u16| measures.questions.get(usize::from(place)).copied();
    let (measure, position) = match happening {
        Happening::Impression => (measures.responses, IMPRESSIONS),
        Happening::Open => (measures.responses, OPENS),
        Happening::Start => (measures.responses, STARTS),
        Happening::Dismissal => (measures.responses, DISMISSALS),
        Happening::Answered(place) => (question(place)?, EVER_ANSWERED),
        Happening::LeftAfter(place) => (question(place)?, LEFT_AFTER),
    };
    Some((CellKey { measure, channel, service }, position))
}
