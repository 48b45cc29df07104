//! Statistics on counts. Every formula names its source; every published vector is a test.
//!
//! Points are on the scale -100 to 100 for NPS and 0 to 100 for shares; `p` is two-sided.

mod compare;
mod mean;
mod nps;
mod proportion;

pub use compare::{Comparison, benjamini_hochberg, cochran_q, mix_adjusted};
pub use mean::{MeanCounts, welch};
pub use nps::{NpsCounts, answers_for_margin, driver_impact, nps_difference};
pub use proportion::{Share, share_difference};

use crate::summary::Interval;
use statrs::distribution::{ContinuousCDF, Normal};

/// The quantile of the standard normal distribution for 95 %, two-sided.
pub const Z95: f64 = 1.959_963_984_540_054;
pub const LEVEL: f64 = 0.95;

/// Below this, a group is not compared with others.
pub const COMPARED_FROM: u64 = 10;
/// Below this, a score is indicative only.
pub const RELIABLE_FROM: u64 = 30;

/// P(|Z| >= |z|).
pub fn two_sided_p(z: f64) -> f64 {
    2.0 * Normal::standard().cdf(-z.abs())
}

fn interval(low: f64, high: f64, method: &str) -> Interval {
    Interval { low, high, level: LEVEL, method: method.to_owned() }
}

/// Exact: counts are far below 2^53.
pub(crate) const fn float(count: u64) -> f64 {
    count as f64
}
