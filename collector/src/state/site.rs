//! One site: its settings, surveys, names, cells and rows.

use super::{Names, SiteNo};
use crate::fold;
use crate::fold::{
    BelowZero, Bucket, Cell, CellKey, IMPRESSIONS, LayoutMeasures, Measure, MeasureKind, Partition,
    Step, Zone,
};
use crate::identity::IdentityKeys;
use crate::index::{self, Group, Layout, Moment, Query, Row, Table};
use rpds::RedBlackTreeMapSync;
use serde::{Deserialize, Serialize};
use shared::page::SiteOut;
use shared::submission::Sender;
use shared::{Channel, ChannelClass, Survey};
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteRecord {
    /// `st_…`.
    pub site: String,
    /// `pk_…`.
    pub public_key: String,
    pub name: String,
    pub origins: Vec<String>,
    pub locale: String,
    pub timezone: String,
    #[serde(default)]
    pub retention: Retention,
    /// The class of channels where it is not the usual one, and of those of the owner's own.
    #[serde(default)]
    pub channels: BTreeMap<String, ChannelClass>,
    /// What its server signs with.
    #[serde(default)]
    pub identity: IdentityKeys,
}

/// How long responses are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retention {
    /// `None`: for ever.
    pub days: Option<u32>,
    /// Whether their counts stay when they go.
    pub keep_statistics: bool,
}

impl Default for Retention {
    fn default() -> Self {
        Self { days: None, keep_statistics: true }
    }
}

/// All versions of each survey, oldest first; versions count from 1.
pub type Surveys = BTreeMap<String, Vec<Arc<Survey>>>;

#[derive(Clone)]
pub struct Site {
    pub number: SiteNo,
    pub record: Arc<SiteRecord>,
    pub zone: Zone,
    pub surveys: Arc<Surveys>,
    pub names: Names,
    /// Counts by day and by month. A persistent map: the writer's changes copy one path, readers
    /// keep what they hold.
    pub cells: Cells,
    /// The part of `cells` whose responses are gone because their time was over; days alone.
    pub retired: Cells,
    /// Counts of events, by day. The store has the same cells: nothing else could make them again.
    pub events: Cells,
    /// The first day with an impression, by the survey's measure and the channel.
    impressions_since: Arc<BTreeMap<(u32, u32), i32>>,
    /// Every response as a row.
    pub rows: Table,
    /// How many short links there are; they themselves are on disk alone.
    pub short_links: usize,
    /// How many recipients want no more invitations; they too are on disk alone.
    pub opt_outs: usize,
    measures: Arc<BTreeMap<Layout, Arc<LayoutMeasures>>>,
}

pub type Cells = RedBlackTreeMapSync<Bucket, Arc<Partition>>;

/// Whether counts are added or taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Add,
    Subtract,
}

/// What is said where a site has not the survey that was asked for.
pub const NO_SURVEY: &str =
    "the site has no such survey; one is put first, such as with ascolto survey put preset:faces";

impl Site {
    /// `None` where the record's time zone is not known to this program.
    pub fn new(number: SiteNo, record: SiteRecord) -> Option<Self> {
        Some(Self {
            number,
            zone: Zone::named(&record.timezone)?,
            record: Arc::new(record),
            surveys: Arc::default(),
            names: Names::default(),
            cells: Cells::default(),
            retired: Cells::default(),
            events: Cells::default(),
            impressions_since: Arc::default(),
            rows: Table::default(),
            short_links: 0,
            opt_outs: 0,
            measures: Arc::default(),
        })
    }

    /// The current version.
    pub fn survey(&self, key: &str) -> Option<&Arc<Survey>> {
        self.surveys.get(key)?.last()
    }

    pub fn survey_version(&self, key: &str, version: u32) -> Option<&Arc<Survey>> {
        self.surveys.get(key)?.iter().find(|survey| survey.version == version)
    }

    pub fn version_of(&self, layout: Layout) -> Option<&Arc<Survey>> {
        self.survey_version(self.names.survey_key(layout.survey)?, layout.version)
    }

    /// The class of a channel here.
    pub fn class_of(&self, channel: &str) -> ChannelClass {
        let usual = || Channel::parse(channel).unwrap_or_else(Channel::web).class();
        self.record.channels.get(channel).copied().unwrap_or_else(usual)
    }

    /// Whether the site takes one more channel. What the owner has declared, it takes always.
    pub fn has_room_for_channel(&self, channel: &str, sender: Sender) -> bool {
        self.record.channels.contains_key(channel)
            || self.names.has_room_for_channel(channel, sender)
    }

    /// The measures of a layout that has had a response.
    pub fn measures(&self, layout: Layout) -> Option<&Arc<LayoutMeasures>> {
        self.measures.get(&layout)
    }

    /// The measures of a layout, numbered where they are not yet; `None` where there is no such
    /// version of a survey.
    pub fn number_measures(&mut self, layout: Layout) -> Option<Arc<LayoutMeasures>> {
        if let Some(known) = self.measures.get(&layout) {
            return Some(Arc::clone(known));
        }
        let survey = Arc::clone(self.version_of(layout)?);
        let of = |kind| Measure { survey: layout.survey, kind };
        let asked = survey.questions.iter().map(|q| Measure::of_question(layout.survey, q));
        let asked: Vec<Measure> = asked.collect();
        let after_wait = asked.iter().map(Measure::after_wait).collect::<Vec<_>>();
        let names = &mut self.names;
        let numbered = Arc::new(LayoutMeasures {
            responses: names.measure(of(MeasureKind::Responses)),
            waited: names.measure(of(MeasureKind::Waited)),
            served: names.measure(of(MeasureKind::Served)),
            questions: asked.into_iter().map(|measure| names.measure(measure)).collect(),
            resolved: names.measure(of(MeasureKind::Resolved)),
            wait_bands: names.measure(of(MeasureKind::WaitBand)),
            after_wait: after_wait
                .into_iter()
                .map(|measure| measure.map_or(0, |measure| names.measure(measure)))
                .collect(),
        });
        Arc::make_mut(&mut self.measures).insert(layout, Arc::clone(&numbered));
        Some(numbered)
    }

    /// The cells of the rows that count, made from the rows themselves: from `from` up to, not
    /// including, `to`, each with its day.
    pub fn each_counted_row_cell(
        &self,
        from: Option<Moment>,
        to: Option<Moment>,
        mut take: impl FnMut(i32, CellKey, Cell),
    ) {
        let query = Query {
            from,
            to,
            profile: &|profile| !profile.held,
            page: None,
            labels: &[],
            waited_s: None,
            scores: None,
            group: Group::DayPlace,
        };
        let measured = |layout| self.measures(layout).cloned();
        for (group, counted) in index::count(&self.rows, &query, &measured) {
            let (day, channel, service) = index::read_day_place(group);
            for (measure, cell) in counted {
                take(day, CellKey { measure, channel, service }, cell);
            }
        }
    }

    /// Folds steps into the cells of a day and its month, or takes them back.
    pub fn fold(
        &mut self,
        day: i32,
        (channel, service): (u32, u32),
        steps: &[Step],
        direction: Direction,
    ) -> Result<(), BelowZero> {
        let place = |step: &Step| CellKey { measure: step.measure, channel, service };
        for bucket in [Bucket::of_day(day), Bucket::month_of(day)] {
            let partition = partition_mut(&mut self.cells, bucket);
            match direction {
                Direction::Add => steps.iter().for_each(|s| partition.add(place(s), &s.grow)),
                Direction::Subtract => {
                    steps.iter().try_for_each(|s| partition.subtract(place(s), &s.grow))?;
                    if partition.is_empty() {
                        self.cells.remove_mut(&bucket);
                    }
                }
            }
        }
        Ok(())
    }

    /// Folds a row, unless it is held, into the cells, or takes it back.
    pub fn fold_row(
        &mut self,
        row: &Row,
        measures: &LayoutMeasures,
        direction: Direction,
    ) -> Result<(), BelowZero> {
        if row.profile.held {
            return Ok(());
        }
        let steps = fold::steps(row, measures);
        self.fold(row.day, (row.profile.channel, row.profile.service), &steps, direction)
    }

    /// Adds counts that were made elsewhere to the cells of a day and its month.
    pub fn merge(&mut self, day: i32, key: CellKey, counts: &[u64]) {
        for bucket in [Bucket::of_day(day), Bucket::month_of(day)] {
            partition_mut(&mut self.cells, bucket).merge(key, counts);
        }
    }

    /// Raises one count of an event's cell.
    pub fn add_event(&mut self, day: i32, key: CellKey, (position, by): (usize, u64)) {
        partition_mut(&mut self.events, Bucket::of_day(day)).add(key, &[(position, by)]);
        self.note_impressions(day, key);
    }

    /// Puts a cell of events back that was read from disk.
    pub fn restore_events(&mut self, day: i32, key: CellKey, counts: &[u64]) {
        partition_mut(&mut self.events, Bucket::of_day(day)).merge(key, counts);
        self.note_impressions(day, key);
    }

    fn note_impressions(&mut self, day: i32, key: CellKey) {
        let place = (key.measure, key.channel);
        if self.impressions_since(place.0, place.1).is_some_and(|first| first <= day) {
            return;
        }
        let is_of_survey = self.names.measure_of(key.measure).is_some_and(Measure::is_of_survey);
        let cells = self.events.get(&Bucket::of_day(day));
        let counts = cells.and_then(|cells| cells.get(&key)).unwrap_or_default();
        if is_of_survey && counts.counts().get(IMPRESSIONS).is_some_and(|count| *count > 0) {
            Arc::make_mut(&mut self.impressions_since).insert(place, day);
        }
    }

    /// The first day on which an impression of a survey (by the measure of its responses) on a
    /// channel is known.
    pub fn impressions_since(&self, measure: u32, channel: u32) -> Option<i32> {
        self.impressions_since.get(&(measure, channel)).copied()
    }

    /// The days on which impressions began.
    pub fn impressions_began(&self) -> impl Iterator<Item = i32> {
        self.impressions_since.values().copied()
    }

    /// Drops a day's events; gives back the cells that there were.
    pub fn drop_events(&mut self, day: i32) -> Vec<CellKey> {
        let bucket = Bucket::of_day(day);
        let dropped = self.events.get(&bucket).cloned().unwrap_or_default();
        self.events.remove_mut(&bucket);
        dropped.iter().map(|(key, _)| *key).collect()
    }

    /// How many cells of events a day has.
    pub fn event_cells_of(&self, day: i32) -> usize {
        self.events.get(&Bucket::of_day(day)).map_or(0, |cells| cells.len())
    }

    pub fn out(&self) -> SiteOut {
        let SiteRecord {
            site,
            public_key,
            name,
            origins,
            locale,
            timezone,
            retention,
            channels,
            ..
        } = (*self.record).clone();
        SiteOut {
            site,
            public_key,
            name,
            origins,
            locale,
            timezone,
            retention_days: retention.days,
            keep_statistics: retention.keep_statistics,
            channels,
        }
    }
}

pub fn partition_mut(cells: &mut Cells, bucket: Bucket) -> &mut Partition {
    if !cells.contains_key(&bucket) {
        cells.insert_mut(bucket, Arc::default());
    }
    Arc::make_mut(cells.get_mut(&bucket).expect("just made"))
}
