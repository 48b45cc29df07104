//! Each group against all the others pooled.

use super::totals::{Totals, ratio};
use crate::state::Names;
use shared::stats::{
    COMPARED_FROM, Comparison, MeanCounts, NpsCounts, Share, benjamini_hochberg, cochran_q,
    nps_difference, share_difference, welch,
};
use shared::summary::{Difference, Group, Heterogeneity, Summary};

const SIGNIFICANT_UP_TO: f64 = 0.05;

/// Which measure is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Compared {
    Nps(String),
    Ces(String),
    Rating(String),
}

/// One group's counts of the compared measure.
#[derive(Clone, Copy, Debug)]
enum Counts {
    Nps(NpsCounts),
    Ces(MeanCounts),
    Rating(Share),
}

impl Compared {
    /// What was asked for, else the first measure that has answers.
    pub fn choose(asked: Option<&str>, overall: &Summary) -> Self {
        let metric = asked.unwrap_or(match overall {
            Summary { nps: None, csat: Some(_), .. } => "csat",
            Summary { nps: None, csat: None, ces: Some(_), .. } => "ces",
            _ => "nps",
        });
        if metric == "nps" || overall.nps_metrics.contains_key(metric) {
            Self::Nps(metric.to_owned())
        } else if metric == "ces" || overall.ces_metrics.contains_key(metric) {
            Self::Ces(metric.to_owned())
        } else {
            Self::Rating(metric.to_owned())
        }
    }

    pub fn name(&self) -> &str {
        match self {
            Self::Nps(metric) | Self::Ces(metric) | Self::Rating(metric) => metric,
        }
    }

    fn counts(&self, totals: &Totals, names: &Names) -> Counts {
        match self {
            Self::Nps(metric) => Counts::Nps(totals.nps_counts(names, metric)),
            Self::Ces(metric) => Counts::Ces(totals.ces_counts(names, metric)),
            Self::Rating(metric) => Counts::Rating(totals.share(names, metric)),
        }
    }
}

impl Counts {
    const fn answered(&self) -> u64 {
        match self {
            Self::Nps(counts) => counts.answered(),
            Self::Ces(counts) => counts.answered,
            Self::Rating(share) => share.answered,
        }
    }

    /// Both are of the same measure.
    fn add(self, other: Self) -> Self {
        match (self, other) {
            (Self::Nps(a), Self::Nps(b)) => Self::Nps(a + b),
            (Self::Ces(a), Self::Ces(b)) => Self::Ces(a + b),
            (Self::Rating(a), Self::Rating(b)) => Self::Rating(a + b),
            (mine, _) => mine,
        }
    }

    fn difference(self, rest: Self) -> Option<Comparison> {
        match (self, rest) {
            (Self::Nps(a), Self::Nps(b)) => nps_difference(a, b),
            (Self::Ces(a), Self::Ces(b)) => welch(a, b).map(|(comparison, _)| comparison),
            (Self::Rating(a), Self::Rating(b)) => share_difference(a, b),
            _ => None,
        }
    }
}

/// The groups with their differences, in the order given, and whether they differ at all.
pub fn compare(
    groups: &[Totals],
    compared: &Compared,
    names: &Names,
) -> (Vec<Group>, Option<Heterogeneity>) {
    let counts: Vec<Counts> = groups.iter().map(|group| compared.counts(group, names)).collect();
    let tests: Vec<Result<Comparison, &str>> =
        (0..counts.len()).map(|i| against_rest(&counts, i)).collect();
    let p: Vec<f64> = tests.iter().flatten().map(|comparison| comparison.p).collect();
    let mut adjusted = benjamini_hochberg(&p).into_iter();
    let whole: u64 = groups.iter().map(|group| group.responses(names)).sum();
    let rows = groups.iter().zip(&tests).map(|(totals, test)| {
        let summary = totals.summary(names);
        Group {
            share: ratio(summary.responses, whole),
            difference: test.ok().zip(test.ok().and_then(|_| adjusted.next())).map(difference),
            withheld: test.err().map(str::to_owned),
            summary: without_small(summary),
        }
    });
    (rows.collect(), heterogeneity(&counts))
}

/// Whether so many answers may be shown beside those of other groups: fewer say little, and perhaps
/// who it was.
pub const fn is_shown(answered: u64) -> bool {
    answered >= COMPARED_FROM
}

/// A group's summary, less what too few have answered.
fn without_small(summary: Summary) -> Summary {
    let Summary { responses, nps, csat, ces, mut metrics, mut nps_metrics, mut ces_metrics } =
        summary;
    metrics.retain(|_, rating| is_shown(rating.answered));
    nps_metrics.retain(|_, nps| is_shown(nps.answered));
    ces_metrics.retain(|_, ces| is_shown(ces.answered));
    Summary {
        responses,
        nps: nps.filter(|nps| is_shown(nps.answered)),
        csat: csat.filter(|csat| is_shown(csat.answered)),
        ces: ces.filter(|ces| is_shown(ces.answered)),
        metrics,
        nps_metrics,
        ces_metrics,
    }
}

fn against_rest(counts: &[Counts], i: usize) -> Result<Comparison, &'static str> {
    let others = counts.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, counts)| *counts);
    let rest = others.reduce(Counts::add).ok_or("nothing_to_compare")?;
    if counts[i].answered() < COMPARED_FROM || rest.answered() < COMPARED_FROM {
        return Err("too_few_answers");
    }
    counts[i].difference(rest).ok_or("nothing_to_compare")
}

fn difference((test, p_adjusted): (Comparison, f64)) -> Difference {
    Difference {
        points: test.points,
        low: test.low,
        high: test.high,
        p: test.p,
        p_adjusted,
        significant: p_adjusted <= SIGNIFICANT_UP_TO,
    }
}

/// Cochran's Q over the groups that are large enough; published for NPS alone.
fn heterogeneity(counts: &[Counts]) -> Option<Heterogeneity> {
    let large = counts.iter().filter(|counts| counts.answered() >= COMPARED_FROM);
    let nps = large.filter_map(|counts| match counts {
        Counts::Nps(counts) => Some(*counts),
        _ => None,
    });
    cochran_q(&nps.collect::<Vec<_>>())
}
