//! One of the scores that a summary may hold, read in one way: value, interval, answers.

use shared::summary::{Interval, Summary};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Points, -100 to 100.
    Nps,
    /// Percent satisfied, 0 to 100.
    Csat,
    /// Mean agreement, 1 to 7.
    Ces,
}

/// A score with what is known of its precision.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    pub value: f64,
    pub low: f64,
    pub high: f64,
    pub answered: u64,
    /// 30 answers or more.
    pub reliable: bool,
}

/// A score of fewer answers is not put beside others: too little to judge, and perhaps enough to
/// know who it was.
pub const COMPARED_FROM: u64 = 10;

/// Half the width of an interval above which it is called wide, in points.
const WIDE_POINTS: f64 = 15.0;

impl Measure {
    const ALL: [Self; 3] = [Self::Nps, Self::Csat, Self::Ces];

    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "nps" => Some(Self::Nps),
            "csat" => Some(Self::Csat),
            "ces" => Some(Self::Ces),
            _ => None,
        }
    }

    /// The first measure that somebody answered.
    pub fn first_in(summary: &Summary) -> Option<Self> {
        Self::ALL.into_iter().find(|measure| measure.of(summary).is_some())
    }

    /// `None` where nobody answered.
    pub fn of(self, summary: &Summary) -> Option<Estimate> {
        let (value, interval, answered, reliable) = match self {
            Self::Nps => summary
                .nps
                .as_ref()
                .map(|nps| (nps.score, &nps.interval, nps.answered, nps.reliable)),
            Self::Csat => summary
                .csat
                .as_ref()
                .map(|csat| (csat.percent, &csat.interval, csat.answered, csat.reliable)),
            Self::Ces => summary
                .ces
                .as_ref()
                .map(|ces| (ces.mean, &ces.interval, ces.answered, ces.reliable)),
        }?;
        Some(Estimate::new(value?, interval.as_ref(), answered, reliable))
    }

    /// Lowest and highest value there can be.
    pub const fn bounds(self) -> (f64, f64) {
        match self {
            Self::Nps => (-100.0, 100.0),
            Self::Csat => (0.0, 100.0),
            Self::Ces => (1.0, 7.0),
        }
    }
}

impl Estimate {
    fn new(value: f64, interval: Option<&Interval>, answered: u64, reliable: bool) -> Self {
        let (low, high) = interval.map_or((value, value), |i| (i.low, i.high));
        Self { value, low, high, answered, reliable }
    }

    /// Whether the interval says little: more than 15 points to each side.
    pub fn is_wide(&self) -> bool {
        (self.high - self.low) / 2.0 > WIDE_POINTS
    }

    /// Whether the intervals share a value: then a change may be chance alone.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.low <= other.high && other.low <= self.high
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn summary(value: serde_json::Value) -> Summary {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn reads_the_contracts_example() {
        let summary = summary(json!({"responses":103,
            "nps":{"answered":100,"skipped":3,"promoters":50,"passives":30,"detractors":20,
                "score":30.0,"reliable":true,"histogram":[0,1,2,3,4,5,5,10,20,30,20],
                "interval":{"low":14.0511,"high":44.2013,"level":0.95,"method":"adjusted-wald"}},
            "csat":{"answered":0,"skipped":3,"satisfied":0,"histogram":[0,0,0,0,0],"reliable":false},
            "ces":{"answered":40,"skipped":0,"mean":5.4,"agree_percent":75.0,"reliable":true,
                "histogram":[0,1,2,7,10,10,10]}}));
        let nps = Measure::Nps.of(&summary).unwrap();
        assert_eq!((nps.value, nps.low, nps.answered), (30.0, 14.0511, 100));
        assert!(nps.is_wide());
        assert_eq!(Measure::Csat.of(&summary), None);
        let ces = Measure::Ces.of(&summary).unwrap();
        assert_eq!((ces.low, ces.high), (5.4, 5.4));
        assert_eq!(Measure::first_in(&summary), Some(Measure::Nps));
        assert_eq!(Measure::first_in(&Summary::default()), None);
    }

    #[test]
    fn intervals_that_touch_overlap() {
        let at = |low, high| Estimate { value: low, low, high, answered: 50, reliable: true };
        assert!(at(1.0, 3.0).overlaps(&at(3.0, 5.0)));
        assert!(!at(3.1, 5.0).overlaps(&at(1.0, 3.0)));
    }
}
