//! What a request's filters select of a site, in the site's numbers: cells, rows and measures.

use super::Range;
use super::filters::begins_day;
use crate::fold::{CellKey, LayoutMeasures};
use crate::index::{CodeRange, Layout, Profile, identity_of};
use crate::state::Site;
use shared::submission::{Assurance, IdentityLevel};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Filters in the numbers of one site.
#[derive(Clone, Debug)]
pub struct Selection {
    pub range: Range,
    pub metric: Option<String>,
    /// By the measure's number.
    pub(super) measures: Vec<bool>,
    pub(super) channels: Option<BTreeSet<u32>>,
    /// `Some(None)`: a service that never had a response.
    pub(super) service: Option<Option<u32>>,
    pub(super) narrowed: Option<Narrowed>,
}

/// Filters that only the index can answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Narrowed {
    pub level: Option<u8>,
    pub device: Option<u8>,
    pub identity: Option<IdentityLevel>,
    pub assurance: Option<Assurance>,
    pub resolved: Option<u8>,
    pub waited_s: Option<(u32, u32)>,
    pub locale: Option<u32>,
    pub page: Option<u32>,
    pub labels: Vec<u32>,
    pub scores: Option<Vec<(Layout, Vec<CodeRange>)>>,
    /// A value that no response carries.
    pub unknown: bool,
}

impl Narrowed {
    fn is_identity(&self, number: u8) -> bool {
        let wanted = |(level, assurance): (IdentityLevel, Option<Assurance>)| {
            self.identity.is_none_or(|asked| asked == level)
                && self.assurance.is_none_or(|asked| assurance == Some(asked))
        };
        (self.identity.is_none() && self.assurance.is_none())
            || identity_of(number).is_some_and(wanted)
    }
}

impl Selection {
    pub fn matches(&self, key: &CellKey) -> bool {
        self.wants(key.measure) && self.matches_place(key.channel, key.service)
    }

    fn wants(&self, measure: u32) -> bool {
        self.measures.get(measure as usize).copied().unwrap_or(false)
    }

    /// Channel and service alone.
    pub fn matches_place(&self, channel: u32, service: u32) -> bool {
        self.channels.as_ref().is_none_or(|channels| channels.contains(&channel))
            && self.service.is_none_or(|known| known == Some(service))
    }

    /// Whether it chooses among channels or services.
    pub const fn is_of_places(&self) -> bool {
        self.channels.is_some() || self.service.is_some()
    }

    pub fn is_of_whole_days(&self, site: &Site) -> bool {
        [self.range.from, self.range.to].into_iter().flatten().all(|time| begins_day(site, time))
    }

    pub const fn needs_index(&self) -> bool {
        self.narrowed.is_some()
    }

    pub fn matches_nothing(&self) -> bool {
        self.narrowed.as_ref().is_some_and(|narrowed| narrowed.unknown)
    }

    /// Everything of a row but its survey, page, labels and scores. Held responses never match.
    pub fn matches_profile(&self, profile: &Profile) -> bool {
        let is = |asked: Option<u8>, own: u8| asked.is_none_or(|asked| asked == own);
        !profile.held
            && self.matches_place(profile.channel, profile.service)
            && self.narrowed.as_ref().is_none_or(|narrowed| {
                is(narrowed.level, profile.level)
                    && is(narrowed.device, profile.device)
                    && is(narrowed.resolved, profile.resolved)
                    && narrowed.is_identity(profile.identity)
                    && narrowed.locale.is_none_or(|locale| locale == profile.locale)
            })
    }

    /// As `index::Query` wants them.
    pub fn page(&self) -> Option<u32> {
        self.narrowed.as_ref().and_then(|narrowed| narrowed.page)
    }

    pub fn labels(&self) -> &[u32] {
        self.narrowed.as_ref().map(|narrowed| narrowed.labels.as_slice()).unwrap_or_default()
    }

    pub fn waited_s(&self) -> Option<(u32, u32)> {
        self.narrowed.as_ref().and_then(|narrowed| narrowed.waited_s)
    }

    pub fn scores(&self) -> Option<&[(Layout, Vec<CodeRange>)]> {
        self.narrowed.as_ref()?.scores.as_deref()
    }

    /// The measures of a layout that are wanted, 0 in the place of the others; `None` where none
    /// is. Durations, and what goes by them, are left out where they are not asked for.
    pub fn measured(
        &self,
        site: &Site,
        layout: Layout,
        durations: bool,
    ) -> Option<Arc<LayoutMeasures>> {
        let all = site.measures(layout)?;
        let wanted = |number: u32| if self.wants(number) { number } else { 0 };
        let duration = |number: u32| if durations { wanted(number) } else { 0 };
        let measures = LayoutMeasures {
            responses: wanted(all.responses),
            waited: duration(all.waited),
            served: duration(all.served),
            resolved: duration(all.resolved),
            wait_bands: duration(all.wait_bands),
            after_wait: all.after_wait.iter().map(|number| duration(*number)).collect(),
            questions: all.questions.iter().map(|number| wanted(*number)).collect(),
        };
        let any = measures.responses != 0 || measures.questions.iter().any(|number| *number != 0);
        any.then(|| Arc::new(measures))
    }

    /// Whether a row of the index is one of those selected.
    pub fn matches_row(&self, row: &crate::index::Row) -> bool {
        let in_range = self.scores().is_none_or(|ranges| {
            let of = ranges.iter().find(|(layout, _)| *layout == row.layout);
            of.is_some_and(|(_, ranges)| row.answers.is_within(ranges))
        });
        let waited = self.waited_s().is_none_or(|(from, to)| {
            row.waited_s.is_some_and(|seconds| (from..to).contains(&seconds))
        });
        !self.matches_nothing()
            && waited
            && self.matches_profile(&Profile { held: false, ..row.profile })
            && self.page().is_none_or(|page| page == row.page)
            && self.labels().iter().all(|label| row.labels.contains(label))
            && in_range
    }
}
