//! Counts of many cells, by measure, and the summaries that they give.

use crate::fold::{
    AFTER_WAIT, ANSWERED, BANDS, Cell, Measure, MeasureKind, OPTIONS, RESOLVED, SCORES, SKIPPED,
    UNRESOLVED,
};
use crate::state::Names;
use shared::scoring::{CES_AGREES_FROM, satisfied_from};
use shared::stats::{MeanCounts, NpsCounts, RELIABLE_FROM, Share};
use shared::summary::{
    CesSummary, ChoiceSummary, DurationSummary, NpsSummary, OptionCount, RatingSummary,
    ResolvedSummary, Summary, WAIT_BANDS,
};
use shared::survey::OTHER;
use std::collections::BTreeMap;

/// By the measure's number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals(Vec<Cell>);

/// Answers for each score of one scale, with those who left it empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Scores {
    skipped: u64,
    histogram: Vec<u64>,
}

/// By the number of scores of the scale. NPS and CES have one scale each.
type ByScale = BTreeMap<u8, Scores>;

/// What was answered to each kind of question, by metric.
#[derive(Default)]
struct AllScores<'a> {
    responses: u64,
    nps: BTreeMap<&'a str, ByScale>,
    ces: BTreeMap<&'a str, ByScale>,
    rating: BTreeMap<&'a str, ByScale>,
}

fn each<T>(
    metrics: &BTreeMap<&str, ByScale>,
    summary: impl Fn(&ByScale) -> T,
) -> BTreeMap<String, T> {
    metrics.iter().map(|(metric, by_scale)| ((*metric).to_owned(), summary(by_scale))).collect()
}

impl Totals {
    pub fn of_counted(counted: BTreeMap<u32, Cell>) -> Self {
        let mut totals = Self::default();
        counted.iter().for_each(|(measure, cell)| totals.add(*measure, cell.counts()));
        totals
    }

    pub fn add(&mut self, measure: u32, counts: &[u64]) {
        let place = measure as usize;
        if self.0.len() <= place {
            self.0.resize_with(place + 1, Cell::default);
        }
        self.0[place].merge(counts);
    }

    pub fn merge(&mut self, other: &Self) {
        for (measure, cell) in (0..).zip(&other.0).filter(|(_, cell)| !cell.is_empty()) {
            self.add(measure, cell.counts());
        }
    }

    pub fn responses(&self, names: &Names) -> u64 {
        let responses = self.of(names).filter(|(m, _)| m.kind == MeasureKind::Responses);
        responses.map(|(_, cell)| count(cell, 0)).sum()
    }

    pub fn summary(&self, names: &Names) -> Summary {
        let scores = self.scores(names);
        let mut nps = each(&scores.nps, nps_summary);
        let mut ces = each(&scores.ces, ces_summary);
        let mut metrics = each(&scores.rating, rating_summary);
        Summary {
            responses: scores.responses,
            nps: nps.remove("nps"),
            csat: metrics.remove("csat"),
            ces: ces.remove("ces"),
            metrics,
            nps_metrics: nps,
            ces_metrics: ces,
        }
    }

    pub fn nps_counts(&self, names: &Names, metric: &str) -> NpsCounts {
        let by_scale = self.scores(names).nps.remove(metric).unwrap_or_default();
        NpsCounts::from_histogram(&one_histogram(&by_scale))
    }

    pub fn ces_counts(&self, names: &Names, metric: &str) -> MeanCounts {
        let by_scale = self.scores(names).ces.remove(metric).unwrap_or_default();
        MeanCounts::from_histogram(1, &one_histogram(&by_scale))
    }

    pub fn share(&self, names: &Names, metric: &str) -> Share {
        satisfied(&self.scores(names).rating.remove(metric).unwrap_or_default())
    }

    fn of<'a, 'n>(
        &'a self,
        names: &'n Names,
    ) -> impl Iterator<Item = (&'n Measure, &'a Cell)> + use<'a, 'n> {
        let counted = (0..).zip(&self.0).filter(|(_, cell)| !cell.is_empty());
        counted.filter_map(|(number, cell)| Some((names.measure_of(number)?, cell)))
    }

    fn scores<'a>(&self, names: &'a Names) -> AllScores<'a> {
        let mut all = AllScores::default();
        for (measure, cell) in self.of(names) {
            let (metrics, metric, scale) = match &measure.kind {
                MeasureKind::Nps { metric, .. } => (&mut all.nps, metric, 11),
                MeasureKind::Ces { metric, .. } => (&mut all.ces, metric, 7),
                MeasureKind::Rating { metric, scale, .. } => (&mut all.rating, metric, *scale),
                MeasureKind::Responses => {
                    all.responses += count(cell, 0);
                    continue;
                }
                _ => continue,
            };
            let by_scale = metrics.entry(metric.as_str()).or_default();
            by_scale.entry(scale).or_insert_with(|| Scores::empty(scale)).add(cell);
        }
        all
    }

    pub fn waited(&self, names: &Names) -> Option<DurationSummary> {
        self.durations(names, &MeasureKind::Waited)
    }

    pub fn served(&self, names: &Names) -> Option<DurationSummary> {
        self.durations(names, &MeasureKind::Served)
    }

    /// Of those of whom it is known; `None` where there are none.
    pub fn resolved(&self, names: &Names) -> Option<ResolvedSummary> {
        let cells = self.of(names).filter(|(m, _)| m.kind == MeasureKind::Resolved);
        let (mut no, mut yes) = (0, 0);
        cells.for_each(|(_, cell)| {
            (no, yes) = (no + count(cell, UNRESOLVED), yes + count(cell, RESOLVED));
        });
        let share = Share::new(yes, no + yes);
        (share.answered > 0).then(|| ResolvedSummary {
            known: share.answered,
            resolved: share.hits,
            percent: share.percent(),
            interval: share.interval(),
        })
    }

    /// The same responses, as far as it is known how long people waited, by the place in
    /// `WAIT_BANDS`.
    pub fn by_wait_band(&self, names: &Names) -> Vec<Self> {
        let mut bands = vec![Self::default(); WAIT_BANDS.len()];
        for (measure, cell) in self.of(names) {
            let of = |kind| names.measure_number(&Measure { survey: measure.survey, kind });
            let (number, width) = match &measure.kind {
                MeasureKind::WaitBand => (of(MeasureKind::Responses), 1),
                MeasureKind::AfterWait { of: kind } => (of((**kind).clone()), AFTER_WAIT),
                _ => continue,
            };
            let of_bands = cell.counts().chunks(width).zip(&mut bands);
            of_bands.filter(|(counts, _)| counts.iter().any(|count| *count != 0)).for_each(
                |(counts, band)| {
                    number.into_iter().for_each(|number| band.add(number, counts));
                },
            );
        }
        bands
    }

    fn durations(&self, names: &Names, kind: &MeasureKind) -> Option<DurationSummary> {
        let mut all = Cell::default();
        self.of(names)
            .filter(|(m, _)| m.kind == *kind)
            .for_each(|(_, cell)| all.merge(cell.counts()));
        let histogram: Vec<u64> = (0..BANDS).map(|band| count(&all, band)).collect();
        let known: u64 = histogram.iter().sum();
        (known > 0).then(|| DurationSummary {
            known,
            mean: ratio(count(&all, BANDS), known),
            histogram,
        })
    }

    pub fn choices(&self, names: &Names) -> Vec<ChoiceSummary> {
        let mut questions: BTreeMap<(u32, &str), Choices<'_>> = BTreeMap::new();
        for (measure, cell) in self.of(names) {
            if let MeasureKind::Choice { question, options } = &measure.kind {
                questions.entry((measure.survey, question)).or_default().add(options, cell);
            }
        }
        let summaries = questions.into_iter().map(|((survey, question), choices)| {
            choices.summary(names.survey_key(survey).unwrap_or_default(), question)
        });
        summaries.collect()
    }
}

/// Counts of one choice question over all its versions, by option key.
#[derive(Default)]
struct Choices<'a> {
    answered: u64,
    skipped: u64,
    options: BTreeMap<&'a str, u64>,
}

impl<'a> Choices<'a> {
    fn add(&mut self, options: &'a [String], cell: &Cell) {
        self.answered += count(cell, ANSWERED);
        self.skipped += count(cell, SKIPPED);
        let keys = options.iter().map(String::as_str).chain([OTHER]);
        for (position, key) in keys.enumerate() {
            *self.options.entry(key).or_default() += count(cell, OPTIONS + position);
        }
    }

    fn summary(self, survey: &str, question: &str) -> ChoiceSummary {
        let chosen = self.options.into_iter().filter(|(_, count)| *count > 0);
        let mut options: Vec<_> =
            chosen.map(|(key, count)| OptionCount { key: key.to_owned(), count }).collect();
        options.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.key.cmp(&b.key)));
        ChoiceSummary {
            survey: survey.to_owned(),
            question: question.to_owned(),
            answered: self.answered,
            skipped: self.skipped,
            options,
        }
    }
}

impl Scores {
    fn empty(scale: u8) -> Self {
        Self { skipped: 0, histogram: vec![0; usize::from(scale)] }
    }

    fn add(&mut self, cell: &Cell) {
        self.skipped += count(cell, SKIPPED);
        for (i, answers) in self.histogram.iter_mut().enumerate() {
            *answers += count(cell, SCORES + i);
        }
    }

    fn satisfied(&self, scale: u8) -> Share {
        let from = usize::from(satisfied_from(scale)) - 1;
        Share::new(self.histogram[from..].iter().sum(), self.histogram.iter().sum())
    }
}

/// The top boxes of different scales can be summed.
fn satisfied(by_scale: &ByScale) -> Share {
    let shares = by_scale.iter().map(|(scale, scores)| scores.satisfied(*scale));
    shares.fold(Share::default(), |a, b| a + b)
}

/// Answers for each score where there is one scale; empty where scales were mixed.
fn one_histogram(by_scale: &ByScale) -> Vec<u64> {
    let one_scale = by_scale.values().next().filter(|_| by_scale.len() == 1);
    one_scale.map(|scores| scores.histogram.clone()).unwrap_or_default()
}

fn skipped(by_scale: &ByScale) -> u64 {
    by_scale.values().map(|scores| scores.skipped).sum()
}

fn nps_summary(by_scale: &ByScale) -> NpsSummary {
    let histogram = one_histogram(by_scale);
    let counts = NpsCounts::from_histogram(&histogram);
    NpsSummary {
        answered: counts.answered(),
        skipped: skipped(by_scale),
        promoters: counts.promoters,
        passives: counts.passives,
        detractors: counts.detractors,
        score: counts.score(),
        interval: counts.interval(),
        reliable: counts.answered() >= RELIABLE_FROM,
        histogram,
    }
}

fn ces_summary(by_scale: &ByScale) -> CesSummary {
    let histogram = one_histogram(by_scale);
    let counts = MeanCounts::from_histogram(1, &histogram);
    let agreeing = histogram[usize::from(CES_AGREES_FROM) - 1..].iter().sum();
    CesSummary {
        answered: counts.answered,
        skipped: skipped(by_scale),
        mean: counts.mean(),
        interval: counts.interval(),
        agree_percent: Share::new(agreeing, counts.answered).percent(),
        histogram,
        reliable: counts.answered >= RELIABLE_FROM,
    }
}

fn rating_summary(by_scale: &ByScale) -> RatingSummary {
    let share = satisfied(by_scale);
    let histogram = one_histogram(by_scale);
    RatingSummary {
        answered: share.answered,
        skipped: skipped(by_scale),
        satisfied: share.hits,
        percent: share.percent(),
        interval: share.interval(),
        mean: MeanCounts::from_histogram(1, &histogram).mean(),
        histogram,
        reliable: share.answered >= RELIABLE_FROM,
    }
}

fn count(cell: &Cell, position: usize) -> u64 {
    cell.counts().get(position).copied().unwrap_or(0)
}

#[expect(clippy::cast_precision_loss, reason = "seconds are far below 2^53")]
pub(super) fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
