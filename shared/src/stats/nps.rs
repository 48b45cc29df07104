//! The Net Promoter Score, its adjusted Wald interval and what follows from it.

use super::{Comparison, Z95, float, interval, two_sided_p};
use crate::scoring::{NpsGroup, nps_group};
use crate::summary::Interval;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NpsCounts {
    pub promoters: u64,
    pub passives: u64,
    pub detractors: u64,
}

/// A score and its standard error, in points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Estimate {
    pub score: f64,
    pub se: f64,
}

impl NpsCounts {
    pub const fn new(promoters: u64, passives: u64, detractors: u64) -> Self {
        Self { promoters, passives, detractors }
    }

    /// From the answers for each score, 0 first.
    pub fn from_histogram(histogram: &[u64]) -> Self {
        let mut counts = Self::default();
        for (score, &n) in (0u8..).zip(histogram) {
            match nps_group(score) {
                NpsGroup::Promoter => counts.promoters += n,
                NpsGroup::Passive => counts.passives += n,
                NpsGroup::Detractor => counts.detractors += n,
            }
        }
        counts
    }

    pub const fn answered(&self) -> u64 {
        self.promoters + self.passives + self.detractors
    }

    /// 100 (P - D) / N (Reichheld 2003).
    pub fn score(&self) -> Option<f64> {
        (self.answered() > 0).then(|| self.observed().score)
    }

    /// Half the width of the plain Wald interval. For reference: it is too narrow for small N.
    pub fn wald_margin(&self) -> Option<f64> {
        (self.answered() > 0).then(|| Z95 * self.observed().se)
    }

    /// Adjusted Wald, N' = N + 3, P' = P + 3/4, D' = D + 3/4, clamped to [-100, 100]
    /// (Rocks 2016, "Interval Estimation for the Net Promoter Score").
    pub fn interval(&self) -> Option<Interval> {
        (self.answered() > 0).then(|| {
            let Estimate { score, se } = self.adjusted();
            let margin = Z95 * se;
            interval((score - margin).max(-100.0), (score + margin).min(100.0), "adjusted-wald")
        })
    }

    pub(super) fn adjusted(&self) -> Estimate {
        let n = float(self.answered()) + 3.0;
        estimate(float(self.promoters) + 0.75, float(self.detractors) + 0.75, n, n)
    }

    pub(super) fn observed(&self) -> Estimate {
        let n = float(self.answered());
        estimate(float(self.promoters), float(self.detractors), n, n)
    }

    /// Score and standard error with n - 1 in the variance, as strata need it.
    pub(super) fn unbiased(&self) -> Estimate {
        let n = float(self.answered());
        estimate(float(self.promoters), float(self.detractors), n, n - 1.0)
    }
}

impl std::ops::Add for NpsCounts {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self::new(
            self.promoters + other.promoters,
            self.passives + other.passives,
            self.detractors + other.detractors,
        )
    }
}

/// Variance p + d - (p - d)^2 of one answer in {-1, 0, 1}.
fn estimate(promoters: f64, detractors: f64, n: f64, divisor: f64) -> Estimate {
    let (p, d) = (promoters / n, detractors / n);
    let variance = p + d - (p - d).powi(2);
    // One division at the end: 30 of 100 gives 30, not 30.000000000000004.
    let score = 100.0 * (promoters - detractors) / n;
    Estimate { score, se: 100.0 * (variance / divisor).sqrt() }
}

/// Difference of two scores on the adjusted values; `None` where a side is empty.
pub fn nps_difference(a: NpsCounts, b: NpsCounts) -> Option<Comparison> {
    if a.answered() == 0 || b.answered() == 0 {
        return None;
    }
    let (a, b) = (a.adjusted(), b.adjusted());
    let points = a.score - b.score;
    let se = a.se.hypot(b.se);
    let z = points / se;
    Some(Comparison {
        points,
        se,
        statistic: z,
        low: points - Z95 * se,
        high: points + Z95 * se,
        p: two_sided_p(z),
    })
}

/// Answers needed for a margin of `margin` points at a variance of 0.6 of one answer.
pub fn answers_for_margin(margin: f64) -> u64 {
    (0.6 * (100.0 * Z95 / margin).powi(2)).ceil() as u64
}

/// What the answers that mention a theme do to the whole: NPS - NPS without them
/// = share (NPS_theme - NPS_rest). An association, not a cause. `None` where a side is empty.
pub fn driver_impact(whole: NpsCounts, theme: NpsCounts) -> Option<f64> {
    let rest = NpsCounts::new(
        whole.promoters.checked_sub(theme.promoters)?,
        whole.passives.checked_sub(theme.passives)?,
        whole.detractors.checked_sub(theme.detractors)?,
    );
    Some(whole.score()? - rest.score()?)
}
