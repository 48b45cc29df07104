//! Responses beside what came before them: impressions, opens, starts and where people left, by
//! channel. Both are counted from the first day on which an impression of the survey on the channel
//! is known: what came before that day could only be divided by nothing.

use super::range::{self, Finest, Places};
use super::{Range, Selection, Source};
use crate::fold::{
    Bucket, CellKey, DISMISSALS, EVER_ANSWERED, IMPRESSIONS, LEFT_AFTER, Measure, OPENS, STARTS,
    date_of_day,
};
use shared::stats::Share;
use shared::summary::Reach;
use std::collections::BTreeMap;

/// What is known of a channel, or of several.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub impressions: u64,
    pub opens: u64,
    pub starts: u64,
    pub dismissals: u64,
    /// Since impressions are known.
    pub responses: u64,
    /// From before, and of surveys of which no impression is known on this channel.
    pub unasked: u64,
    /// The first day that was counted.
    since: Option<i32>,
    /// Times that a question was answered, and that it was the last one, by its measure.
    pub questions: BTreeMap<u32, (u64, u64)>,
}

impl Asked {
    pub fn merge(&mut self, other: &Self) {
        self.impressions += other.impressions;
        self.opens += other.opens;
        self.starts += other.starts;
        self.dismissals += other.dismissals;
        self.responses += other.responses;
        self.unasked += other.unasked;
        self.begin(other.since);
        for (measure, (answered, left)) in &other.questions {
            let question = self.questions.entry(*measure).or_default();
            *question = (question.0 + answered, question.1 + left);
        }
    }

    fn begin(&mut self, since: Option<i32>) {
        self.since = [self.since, since].into_iter().flatten().min();
    }

    /// `from`: the period's first day.
    pub fn reach(&self, from: Option<i32>) -> Reach {
        let Some(since) = self.since.filter(|_| self.impressions > 0) else {
            return Reach::default();
        };
        let share = Share::new(self.responses, self.impressions);
        let is_late = from.is_none_or(|from| from < since);
        Reach {
            impressions: Some(self.impressions),
            response_rate: share.rate(),
            response_rate_interval: share.rate_interval(),
            impressions_since: is_late.then(|| date_of_day(since).to_string()),
        }
    }

    fn add_event(&mut self, of_survey: bool, key: &CellKey, counts: &[u64]) {
        let count = |position: usize| counts.get(position).copied().unwrap_or_default();
        if of_survey {
            self.impressions += count(IMPRESSIONS);
            self.opens += count(OPENS);
            self.starts += count(STARTS);
            self.dismissals += count(DISMISSALS);
        } else {
            let question = self.questions.entry(key.measure).or_default();
            *question = (question.0 + count(EVER_ANSWERED), question.1 + count(LEFT_AFTER));
        }
    }
}

impl Source<'_> {
    /// By channel; `None` where events cannot answer the selection.
    pub fn asked(&self, selection: &Selection) -> Option<BTreeMap<u32, Asked>> {
        if selection.needs_index() || !selection.is_of_whole_days(self.site) {
            return None;
        }
        let mut channels: BTreeMap<u32, Asked> = BTreeMap::new();
        self.add_events(selection, &mut channels);
        self.add_responses(selection, &mut channels);
        Some(channels)
    }

    /// The first day of the selection, where it has one.
    pub fn first_day(&self, selection: &Selection) -> Option<i32> {
        selection.range.from.map(|from| self.site.zone.day_of(from))
    }

    fn add_events(&self, selection: &Selection, channels: &mut BTreeMap<u32, Asked>) {
        let first = self.first_day(selection).unwrap_or(i32::MIN);
        let end = selection.range.to.map_or(i32::MAX, |to| self.site.zone.day_of(to));
        if first >= end {
            return;
        }
        for (_, cells) in self.site.events.range(Bucket::of_day(first)..Bucket::of_day(end)) {
            for (key, counts) in cells.iter().filter(|(key, _)| selection.matches(key)) {
                let of_survey = self.is_of_survey(key);
                let asked = channels.entry(key.channel).or_default();
                asked.add_event(of_survey, key, counts);
                asked.begin(self.site.impressions_since(key.measure, key.channel));
            }
        }
    }

    fn add_responses(&self, selection: &Selection, channels: &mut BTreeMap<u32, Asked>) {
        let (site, zone) = (self.site, &self.site.zone);
        let first = self.first_day(selection).unwrap_or(i32::MIN);
        let end = selection.range.to.map_or(i32::MAX, |to| zone.day_of(to));
        let mut take = |day: i32, key: &CellKey, counts: &[u64]| {
            if !selection.matches(key) || !self.is_of_survey(key) {
                return;
            }
            let responses = counts.first().copied().unwrap_or_default();
            let asked = channels.entry(key.channel).or_default();
            match site.impressions_since(key.measure, key.channel) {
                Some(since) if since <= day => {
                    asked.responses += responses;
                    asked.begin(Some(since));
                }
                _ => asked.unasked += responses,
            }
        };
        // Day by day up to where the last impressions begin; from there whole months will do.
        let settled = site.impressions_began().max().unwrap_or(i32::MIN).clamp(first, end);
        if first < settled {
            let measures = site.names.measures().filter(|(_, measure)| measure.is_of_survey());
            let measures: Vec<u32> = measures.map(|(number, _)| number).collect();
            for (bucket, cells) in site.cells.range(Bucket::of_day(first)..Bucket::of_day(settled))
            {
                let of_surveys = measures.iter().flat_map(|measure| cells.of_measure(*measure));
                of_surveys.for_each(|(key, counts)| take(bucket.start, key, counts));
            }
        }
        let from = (settled > i32::MIN).then(|| zone.day_start(settled));
        let rest = Range { from, to: selection.range.to };
        range::visit(*self, rest, (Finest::Month, Places::Each), take);
    }

    fn is_of_survey(&self, key: &CellKey) -> bool {
        self.site.names.measure_of(key.measure).is_some_and(Measure::is_of_survey)
    }
}
