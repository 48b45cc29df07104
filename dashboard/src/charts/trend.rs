//! The geometry of a line with its interval band over small bars of volume, in CSS pixels.

use super::scale::{Axis, Linear, axis_for};
use crate::measure::{COMPARED_FROM, Estimate, Measure};
use shared::summary::Summary;
use std::fmt::Write;

/// One period of the trend.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// `None` where nobody answered, or too few.
    pub estimate: Option<Estimate>,
    pub answered: u64,
    pub responses: u64,
}

/// Periods beside each other. One of few answers is withheld, unless they are all so.
pub fn points(measure: Measure, summaries: &[&Summary]) -> Vec<Point> {
    let estimates: Vec<_> = summaries.iter().map(|summary| measure.of(summary)).collect();
    let is_solid = |e: &Estimate| e.answered >= COMPARED_FROM;
    let any_solid = estimates.iter().flatten().any(is_solid);
    let point = |(estimate, summary): (&Option<Estimate>, &&Summary)| Point {
        estimate: estimate.filter(|e| is_solid(e) || !any_solid),
        answered: estimate.map_or(0, |e| e.answered),
        responses: summary.responses,
    };
    estimates.iter().zip(summaries).map(point).collect()
}

/// Where the parts of the chart are, from the top left.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame {
    pub width: f64,
    pub left: f64,
    pub right: f64,
    pub score_top: f64,
    pub score_bottom: f64,
    pub volume_top: f64,
    pub volume_bottom: f64,
    pub height: f64,
}

impl Frame {
    pub fn of_width(width: f64) -> Self {
        let score_bottom = if width < 560.0 { 196.0 } else { 252.0 };
        Self {
            width,
            left: 40.0,
            right: (width - 52.0).max(120.0),
            score_top: 14.0,
            score_bottom,
            volume_top: score_bottom + 34.0,
            volume_bottom: score_bottom + 74.0,
            height: score_bottom + 100.0,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bar {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    pub frame: Frame,
    pub axis: Axis,
    pub y: Linear,
    /// The middle of each period.
    pub xs: Vec<f64>,
    /// SVG paths; broken where nobody answered.
    pub line: String,
    pub band: String,
    pub bars: Vec<Bar>,
    pub responses_max: u64,
    /// Which points have a date under them.
    pub labelled: Vec<usize>,
}

/// The least room for a date, in pixels.
const LABEL_WIDTH: f64 = 68.0;
const BAR_WIDTH_MAX: f64 = 28.0;

pub fn layout(points: &[Point], measure: Measure, width: f64) -> Layout {
    let frame = Frame::of_width(width);
    let estimates: Vec<_> = points.iter().filter_map(|point| point.estimate).collect();
    let axis = axis_for(measure, &estimates, 7);
    let y =
        Linear { low: axis.low, high: axis.high, start: frame.score_bottom, end: frame.score_top };
    let step = (frame.right - frame.left) / points.len().max(1) as f64;
    let xs: Vec<_> = (0..points.len()).map(|i| frame.left + (i as f64 + 0.5) * step).collect();
    let responses_max = points.iter().map(|point| point.responses).max().unwrap_or(0);
    Layout {
        line: line(points, &xs, &y),
        band: band(points, &xs, &y),
        bars: bars(points, &xs, step, &frame, responses_max),
        labelled: labelled(points.len(), step),
        frame,
        axis,
        y,
        xs,
        responses_max,
    }
}

impl Layout {
    /// The point whose middle is nearest to `x`.
    pub fn nearest(&self, x: f64) -> Option<usize> {
        let distance = |i: &usize| (self.xs[*i] - x).abs();
        (0..self.xs.len()).min_by(|a, b| distance(a).total_cmp(&distance(b)))
    }
}

/// Runs of consecutive points that have an estimate.
fn runs(points: &[Point]) -> Vec<Vec<(usize, Estimate)>> {
    let mut runs = vec![Vec::new()];
    for (i, point) in points.iter().enumerate() {
        match (point.estimate, runs.last_mut()) {
            (Some(estimate), Some(run)) => run.push((i, estimate)),
            _ => runs.push(Vec::new()),
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}

fn line(points: &[Point], xs: &[f64], y: &Linear) -> String {
    let mut path = String::new();
    for run in runs(points) {
        append(&mut path, run.iter().map(|(i, estimate)| (xs[*i], y.at(estimate.value))));
    }
    path
}

fn band(points: &[Point], xs: &[f64], y: &Linear) -> String {
    let mut path = String::new();
    for run in runs(points) {
        let above = run.iter().map(|(i, estimate)| (xs[*i], y.at(estimate.high)));
        let below = run.iter().rev().map(|(i, estimate)| (xs[*i], y.at(estimate.low)));
        append(&mut path, above.chain(below));
        path.push('Z');
    }
    path
}

fn append(path: &mut String, places: impl Iterator<Item = (f64, f64)>) {
    for (i, (x, y)) in places.enumerate() {
        let command = if i == 0 { 'M' } else { 'L' };
        write!(path, "{command}{x:.1} {y:.1}").expect("a String takes everything");
    }
}

fn bars(points: &[Point], xs: &[f64], step: f64, frame: &Frame, most: u64) -> Vec<Bar> {
    let width = (step * 0.72).clamp(1.0, BAR_WIDTH_MAX);
    let room = frame.volume_bottom - frame.volume_top;
    points
        .iter()
        .zip(xs)
        .map(|(point, x)| {
            let height = room * crate::format::ratio(point.responses, most);
            Bar { x: x - width / 2.0, y: frame.volume_bottom - height, width, height }
        })
        .collect()
}

/// Every n-th point counted from the last, so that the newest always has its date.
fn labelled(count: usize, step: f64) -> Vec<usize> {
    let every = (LABEL_WIDTH / step).ceil().max(1.0) as usize;
    let mut labelled: Vec<_> = (0..count).rev().step_by(every).collect();
    labelled.reverse();
    labelled
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(value: f64, responses: u64) -> Point {
        let estimate = Estimate {
            value,
            low: value - 5.0,
            high: value + 5.0,
            answered: responses,
            reliable: true,
        };
        Point { estimate: Some(estimate), answered: responses, responses }
    }
    const EMPTY: Point = Point { estimate: None, answered: 0, responses: 0 };

    #[test]
    fn a_period_of_few_is_withheld_unless_all_are() {
        let summary = |answered: u64| -> Summary {
            serde_json::from_value(serde_json::json!({"responses": answered, "nps": {
                "answered": answered, "skipped": 0, "promoters": answered, "passives": 0,
                "detractors": 0, "score": 100.0, "reliable": false, "histogram": []}}))
            .unwrap()
        };
        let (many, few) = (summary(40), summary(3));
        let shown = |summaries: &[&Summary]| -> Vec<_> {
            points(Measure::Nps, summaries).iter().map(|p| p.estimate.is_some()).collect()
        };
        assert_eq!(shown(&[&few, &many]), [false, true]);
        assert_eq!(shown(&[&few, &few]), [true, true]);
        assert_eq!(points(Measure::Nps, &[&few, &many])[0].answered, 3);
    }

    #[test]
    fn the_line_breaks_where_nobody_answered() {
        let points = [point(10.0, 50), point(20.0, 40), EMPTY, point(30.0, 60)];
        let layout = layout(&points, Measure::Nps, 800.0);
        assert_eq!(layout.line.matches('M').count(), 2);
        assert_eq!(layout.line.matches('L').count(), 1);
        assert_eq!(layout.band.matches('Z').count(), 2);
    }

    #[test]
    fn higher_scores_are_higher_up_and_inside() {
        let layout = layout(&[point(-10.0, 50), point(40.0, 50)], Measure::Nps, 800.0);
        let (low, high) = (layout.y.at(-10.0), layout.y.at(40.0));
        assert!(high < low);
        assert!(high >= layout.frame.score_top && low <= layout.frame.score_bottom);
    }

    #[test]
    fn bars_stand_on_the_ground() {
        let layout = layout(&[point(0.0, 100), point(0.0, 25), EMPTY], Measure::Nps, 600.0);
        for bar in &layout.bars {
            assert!((bar.y + bar.height - layout.frame.volume_bottom).abs() < 1e-9);
        }
        assert!((layout.bars[0].height / layout.bars[1].height - 4.0).abs() < 1e-9);
        assert!(layout.bars[2].height.abs() < 1e-9);
        assert_eq!(layout.responses_max, 100);
    }

    #[test]
    fn the_newest_point_has_its_date() {
        for (count, width) in [(1, 320.0), (13, 390.0), (90, 1200.0)] {
            let points = vec![point(5.0, 40); count];
            let labelled = layout(&points, Measure::Nps, width).labelled;
            assert_eq!(labelled.last(), Some(&(count - 1)), "{count}");
        }
        assert!(layout(&[], Measure::Nps, 800.0).labelled.is_empty());
    }

    #[test]
    fn the_pointer_finds_the_nearest_point() {
        let layout = layout(&[point(0.0, 1), point(1.0, 1), point(2.0, 1)], Measure::Nps, 800.0);
        assert_eq!(layout.nearest(0.0), Some(0));
        assert_eq!(layout.nearest(layout.xs[1] + 3.0), Some(1));
        assert_eq!(layout.nearest(9_999.0), Some(2));
    }
}
