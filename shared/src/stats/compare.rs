//! Comparing many groups at once, and groups with a different mix.

use super::nps::NpsCounts;
use super::{Z95, float};
use crate::summary::{Heterogeneity, MixAdjusted};
use statrs::distribution::{ChiSquared, ContinuousCDF};

/// One difference with its test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Comparison {
    pub points: f64,
    pub se: f64,
    /// z or t.
    pub statistic: f64,
    pub low: f64,
    pub high: f64,
    pub p: f64,
}

/// Cochran's Q over the observed scores, weighted by the inverse of their variances (Cochran
/// 1954); `None` below two groups with answers. A unanimous group has no variance: then the
/// adjusted scores are taken for all.
pub fn cochran_q(groups: &[NpsCounts]) -> Option<Heterogeneity> {
    let answered = || groups.iter().filter(|group| group.answered() > 0);
    let mut estimates: Vec<_> = answered().map(NpsCounts::observed).collect();
    if estimates.iter().any(|estimate| estimate.se == 0.0) {
        estimates = answered().map(NpsCounts::adjusted).collect();
    }
    let df = u32::try_from(estimates.len()).ok()?.checked_sub(1).filter(|df| *df > 0)?;
    let weight = |se: f64| 1.0 / (se * se);
    let total: f64 = estimates.iter().map(|e| weight(e.se)).sum();
    let mean = estimates.iter().map(|e| weight(e.se) * e.score).sum::<f64>() / total;
    let q: f64 = estimates.iter().map(|e| weight(e.se) * (e.score - mean).powi(2)).sum();
    let p = ChiSquared::new(f64::from(df)).ok()?.sf(q);
    Some(Heterogeneity { q, df, p })
}

/// Adjusted p values in the order given (Benjamini and Hochberg 1995); reject where <= 0.05.
pub fn benjamini_hochberg(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[a].total_cmp(&p[b]));
    let mut adjusted = vec![1.0; p.len()];
    let mut smallest: f64 = 1.0;
    for (rank, &i) in order.iter().enumerate().rev() {
        smallest = smallest.min(p[i] * float(p.len() as u64) / float(rank as u64 + 1));
        adjusted[i] = smallest;
    }
    adjusted
}

/// Direct standardisation: each stratum's NPS weighted by its share in the whole. Strata that the
/// group has fewer than two answers for are left out, the other weights renormalised, and their
/// number told. `None` where nothing is left.
pub fn mix_adjusted(strata: &[(f64, NpsCounts)]) -> Option<MixAdjusted> {
    let carried: Vec<_> =
        strata.iter().filter(|(weight, counts)| *weight > 0.0 && counts.answered() > 1).collect();
    let weights: f64 = carried.iter().map(|(weight, _)| weight).sum();
    if weights <= 0.0 {
        return None;
    }
    let (mut score, mut variance) = (0.0, 0.0);
    for (weight, counts) in &carried {
        let share = weight / weights;
        let estimate = counts.unbiased();
        score += share * estimate.score;
        variance += (share * estimate.se).powi(2);
    }
    let margin = Z95 * variance.sqrt();
    Some(MixAdjusted {
        score,
        low: (score - margin).max(-100.0),
        high: (score + margin).min(100.0),
        missing_services: u32::try_from(strata.len() - carried.len()).unwrap_or(u32::MAX),
    })
}
