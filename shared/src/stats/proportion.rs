//! Shares of answers, such as CSAT.

use super::{Comparison, Z95, float, interval, two_sided_p};
use crate::summary::Interval;

/// `hits` of `answered`, `hits <= answered`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    pub hits: u64,
    pub answered: u64,
}

impl Share {
    pub const fn new(hits: u64, answered: u64) -> Self {
        Self { hits, answered }
    }

    pub fn percent(&self) -> Option<f64> {
        (self.answered > 0).then(|| 100.0 * float(self.hits) / float(self.answered))
    }

    /// Wilson score interval in percent (Wilson 1927).
    pub fn interval(&self) -> Option<Interval> {
        (self.answered > 0).then(|| {
            let (low, high) = self.wilson();
            interval(100.0 * low, 100.0 * high, "wilson")
        })
    }

    /// Of all, 0 to 1; `None` where there are none, or more hits than there can be.
    pub fn rate(&self) -> Option<f64> {
        (0 < self.answered && self.hits <= self.answered).then(|| self.proportion())
    }

    /// The Wilson interval of the rate.
    pub fn rate_interval(&self) -> Option<Interval> {
        self.rate().map(|_| {
            let (low, high) = self.wilson();
            interval(low, high, "wilson")
        })
    }

    fn proportion(&self) -> f64 {
        float(self.hits) / float(self.answered)
    }

    fn wilson(&self) -> (f64, f64) {
        let (p, n, z2) = (self.proportion(), float(self.answered), Z95 * Z95);
        let centre = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
        let margin = Z95 / (1.0 + z2 / n) * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
        // At the ends the interval touches 0 and 1 exactly; floating point would miss by 1e-17.
        let low = if self.hits == 0 { 0.0 } else { centre - margin };
        let high = if self.hits == self.answered { 1.0 } else { centre + margin };
        (low, high)
    }
}

impl std::ops::Add for Share {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self::new(self.hits + other.hits, self.answered + other.answered)
    }
}

/// Difference of two shares in points of percent: z with the pooled proportion, and Newcombe's
/// hybrid score interval (Newcombe 1998, method 10). `None` where a side is empty.
pub fn share_difference(a: Share, b: Share) -> Option<Comparison> {
    if a.answered == 0 || b.answered == 0 {
        return None;
    }
    let (pa, pb, pooled) = (a.proportion(), b.proportion(), (a + b).proportion());
    let weight = 1.0 / float(a.answered) + 1.0 / float(b.answered);
    let se = (pooled * (1.0 - pooled) * weight).sqrt();
    // All or none on both sides: no difference and no doubt about it.
    let z = if se > 0.0 { (pa - pb) / se } else { 0.0 };
    let ((low_a, high_a), (low_b, high_b)) = (a.wilson(), b.wilson());
    let points = pa - pb;
    Some(Comparison {
        points: 100.0 * points,
        se: 100.0 * se,
        statistic: z,
        low: 100.0 * (points - (pa - low_a).hypot(high_b - pb)),
        high: 100.0 * (points + (high_a - pa).hypot(pb - low_b)),
        p: two_sided_p(z),
    })
}
