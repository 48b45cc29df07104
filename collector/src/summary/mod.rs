//! From counts to the numbers that managers read: from cells where they hold what is asked, else
//! from the rows of the index. Pure.

mod compare;
mod filters;
mod funnel;
mod group_by;
mod groups;
mod range;
mod reach;
mod selection;
mod totals;
mod trend;

pub use filters::Filters;
pub use funnel::funnel;
pub use group_by::GroupBy;
pub use groups::{Dimension, by, channels};
pub use range::Range;
pub use selection::Selection;
pub use totals::Totals;
pub use trend::{Period, trend};

use crate::fold::{Bucket, CellKey, MeasureKind};
use crate::index;
use crate::state::Site;
use range::Places;
use shared::summary::SummaryOut;
use std::collections::BTreeMap;

/// What a summary is computed from: one moment of a site.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    pub site: &'a Site,
}

pub fn summary(source: Source<'_>, selection: &Selection) -> SummaryOut {
    let totals = source.totals(selection, &GroupBy::One).remove(&0).unwrap_or_default();
    let names = &source.site.names;
    SummaryOut {
        summary: totals.summary(names),
        choices: totals.choices(names),
        left_out: source.left_out(selection, false),
    }
}

impl Source<'_> {
    /// Sums what the selection matches, by the numbers of `group`.
    fn totals(&self, selection: &Selection, group: &GroupBy<'_>) -> BTreeMap<u64, Totals> {
        if selection.needs_index() || group.needs_index() {
            return self.count_rows(selection, group);
        }
        let mut groups: BTreeMap<u64, Totals> = BTreeMap::new();
        let names = &self.site.names;
        // Cells come day by day: what a day belongs to is asked once, and neighbours share a group.
        let mut open: (u64, Totals) = Default::default();
        let mut of_day: Option<(i32, u64)> = None;
        let by_place = selection.is_of_places() || matches!(group, GroupBy::Place);
        let places = if by_place { Places::Each } else { Places::Summed };
        range::visit(*self, selection.range, (group.finest(), places), |day, key, counts| {
            if !selection.matches(key) {
                return;
            }
            let known = of_day.filter(|(known, _)| *known == day);
            let (_, belongs_to) = *of_day.insert(known.unwrap_or_else(|| (day, group.of_day(day))));
            let number = group.of_cell(belongs_to, key, names);
            if number != open.0 {
                let next = groups.remove(&number).unwrap_or_default();
                let (done, totals) = std::mem::replace(&mut open, (number, next));
                groups.insert(done, totals);
            }
            open.1.add(key.measure, counts);
        });
        groups.insert(open.0, open.1);
        groups
    }

    /// Responses that the selection would match if their rows were not gone. `by_rows`: the
    /// grouping alone needs rows.
    fn left_out(&self, selection: &Selection, by_rows: bool) -> Option<u64> {
        let zone = &self.site.zone;
        let (from, to) = (selection.range.from, selection.range.to);
        let first = from.map_or(i32::MIN, |from| zone.day_of(from));
        let last = to.map_or(i32::MAX, |to| zone.day_of(to));
        let is_whole = |day: i32| {
            from.is_none_or(|from| from <= zone.day_start(day))
                && to.is_none_or(|to| to >= zone.day_start(day + 1))
        };
        let is_after = |day: i32| to.is_some_and(|to| to <= zone.day_start(day));
        let names = &self.site.names;
        let mut left_out = 0;
        for (bucket, cells) in self.site.retired.range(Bucket::of_day(first)..=Bucket::of_day(last))
        {
            let day = bucket.start;
            let answered = !by_rows && !selection.needs_index() && is_whole(day);
            if !answered && !is_after(day) {
                let of_responses = |key: &CellKey| {
                    let measure = names.measure_of(key.measure);
                    measure.is_some_and(|measure| measure.kind == MeasureKind::Responses)
                };
                let matching =
                    cells.iter().filter(|(key, _)| of_responses(key) && selection.matches(key));
                left_out += matching.filter_map(|(_, counts)| counts.first()).sum::<u64>();
            }
        }
        (left_out > 0).then_some(left_out)
    }

    fn count_rows(&self, selection: &Selection, group: &GroupBy<'_>) -> BTreeMap<u64, Totals> {
        if selection.matches_nothing() {
            return BTreeMap::new();
        }
        let zone = &self.site.zone;
        let query = index::Query {
            from: selection.range.from.map(|from| zone.split(from)),
            to: selection.range.to.map(|to| zone.split(to)),
            profile: &|profile| selection.matches_profile(profile),
            page: selection.page(),
            labels: selection.labels(),
            waited_s: selection.waited_s(),
            scores: selection.scores(),
            group: group.of_rows(),
        };
        // Only channels show how long people waited.
        let durations = matches!(group, GroupBy::Place);
        let measured = |layout| selection.measured(self.site, layout, durations);
        let counted = index::count(&self.site.rows, &query, &measured);
        counted.into_iter().map(|(group, counted)| (group, Totals::of_counted(counted))).collect()
    }
}
