//! From cells to the numbers that managers read. Pure but for the edges of a period that does not
//! begin and end with an hour: those few responses are read from the log.

mod compare;
mod filters;
mod groups;
mod range;
mod totals;
mod trend;

pub use filters::{Filters, Selection};
pub use groups::{Dimension, by, channels};
pub use range::{Range, ReadError};
pub use totals::Totals;
pub use trend::{Period, trend};

use crate::fold::{Cell, CellKey};
use crate::log::Disk;
use crate::state::Site;
use shared::summary::SummaryOut;
use std::collections::BTreeMap;

/// What a summary is computed from: one moment of a site, and the log for edges.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    pub disk: &'a Disk,
    pub site: &'a Site,
}

pub fn summary(source: Source<'_>, selection: &Selection) -> Result<SummaryOut, ReadError> {
    let totals = source.totals(selection, |_, _| ())?.remove(&()).unwrap_or_default();
    let names = &source.site.names;
    Ok(SummaryOut { summary: totals.summary(names), choices: totals.choices(names) })
}

impl Source<'_> {
    /// Sums what the selection matches, by group: `group` gets the day and the cell's key.
    fn totals<G: Ord>(
        &self,
        selection: &Selection,
        group: impl Fn(i32, &CellKey) -> G,
    ) -> Result<BTreeMap<G, Totals>, ReadError> {
        let mut groups: BTreeMap<G, Totals> = BTreeMap::new();
        range::visit(*self, selection.range, |day, key: &CellKey, cell: &Cell| {
            if selection.matches(key) {
                groups.entry(group(day, key)).or_default().add(key.measure, cell);
            }
        })?;
        Ok(groups)
    }
}
