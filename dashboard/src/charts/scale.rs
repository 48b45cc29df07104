//! From values to places: linear scales, round ticks, and the range that a chart should show.

use crate::measure::{Estimate, Measure};

/// Maps `low..high` to `start..end`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Linear {
    pub low: f64,
    pub high: f64,
    pub start: f64,
    pub end: f64,
}

impl Linear {
    /// Places in percent of the width, held inside it: what lies beyond is drawn at the edge.
    pub const fn percent(low: f64, high: f64) -> Self {
        Self { low, high, start: 0.0, end: 100.0 }
    }

    pub fn at(&self, value: f64) -> f64 {
        let span = self.high - self.low;
        let part = if span > 0.0 { ((value - self.low) / span).clamp(0.0, 1.0) } else { 0.5 };
        self.start + part * (self.end - self.start)
    }
}

/// A range that begins and ends at a tick.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    pub low: f64,
    pub high: f64,
    pub ticks: Vec<f64>,
}

/// An axis over the intervals of these estimates, inside what the measure allows.
pub fn axis_for(measure: Measure, estimates: &[Estimate], ticks_max: usize) -> Axis {
    let (floor, ceiling) = measure.bounds();
    let low = estimates.iter().map(|e| e.low).fold(f64::INFINITY, f64::min).max(floor);
    let high = estimates.iter().map(|e| e.high).fold(f64::NEG_INFINITY, f64::max).min(ceiling);
    if low > high {
        return axis(floor, ceiling, ticks_max, (floor, ceiling));
    }
    axis(low, high, ticks_max, (floor, ceiling))
}

/// Widens `low..high` to round ticks, at most `ticks_max` of them, but not past the bounds.
pub fn axis(low: f64, high: f64, ticks_max: usize, bounds: (f64, f64)) -> Axis {
    let step = step(low, high, ticks_max);
    let low = ((low / step).floor() * step).max(bounds.0);
    let high = ((high / step).ceil() * step).min(bounds.1).max(low + step);
    let first = (low / step).ceil() as i64;
    let last = (high / step).floor() as i64;
    Axis { low, high, ticks: (first..=last).map(|i| i as f64 * step).collect() }
}

/// The smallest of 1, 2 and 5 times a power of ten (from a tenth) that needs few enough ticks.
fn step(low: f64, high: f64, ticks_max: usize) -> f64 {
    const STEPS: [f64; 12] = [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0];
    let ticks = |step: f64| ((high / step).ceil() - (low / step).floor()) as usize + 1;
    STEPS.into_iter().find(|step| ticks(*step) <= ticks_max).unwrap_or(STEPS[11])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate(low: f64, high: f64) -> Estimate {
        Estimate { value: f64::midpoint(low, high), low, high, answered: 90, reliable: true }
    }

    #[test]
    fn places_stay_inside() {
        let scale = Linear::percent(-20.0, 60.0);
        for (value, place) in [(-20.0, 0.0), (20.0, 50.0), (60.0, 100.0), (99.0, 100.0)] {
            assert!((scale.at(value) - place).abs() < 1e-9, "{value}");
        }
        assert!((Linear::percent(5.0, 5.0).at(5.0) - 50.0).abs() < 1e-9);
    }

    #[test]
    fn axes_begin_and_end_at_round_numbers() {
        for (low, high, max, from, to, count) in [
            (-13.0, 47.0, 6, -20.0, 60.0, 5),
            (28.0, 34.0, 6, 28.0, 34.0, 4),
            (-100.0, 100.0, 6, -100.0, 100.0, 5),
            (30.0, 30.0, 6, 30.0, 30.1, 2),
        ] {
            let axis = axis(low, high, max, (-100.0, 100.0));
            assert!((axis.low - from).abs() < 1e-9 && (axis.high - to).abs() < 1e-9, "{axis:?}");
            assert_eq!(axis.ticks.len(), count, "{axis:?}");
        }
    }

    #[test]
    fn the_axis_holds_every_interval_but_not_more_than_can_be() {
        let axis = axis_for(Measure::Nps, &[estimate(22.0, 30.0), estimate(-8.0, 9.0)], 6);
        assert!(axis.low <= -8.0 && axis.high >= 30.0, "{axis:?}");
        let axis = axis_for(Measure::Ces, &[estimate(0.5, 7.5)], 9);
        assert!(axis.low >= 1.0 && axis.high <= 7.0, "{axis:?}");
        assert_eq!(axis_for(Measure::Csat, &[], 6).high.to_bits(), 100f64.to_bits());
    }
}
