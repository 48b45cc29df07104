//! Summaries of consecutive days, weeks or months.

use super::range::Finest;
use super::{GroupBy, Selection, Source};
use crate::clock;
use crate::fold::{Bucket, Granularity, date_of_day, day_number};
use jiff::ToSpan;
use jiff::civil::Date;
use shared::summary::{TrendOut, TrendPoint};

/// More points than anyone can look at.
pub const POINTS_MAX: usize = 1_500;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Period {
    Day,
    #[default]
    Week,
    Month,
}

impl Period {
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Day, Self::Week, Self::Month].into_iter().find(|period| period.name() == name)
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// The first day of the period that holds `date`; weeks begin on Monday (ISO 8601).
    fn start(self, date: Date) -> Date {
        match self {
            Self::Day => date,
            Self::Week => {
                date.saturating_sub(i64::from(date.weekday().to_monday_zero_offset()).days())
            }
            Self::Month => date.first_of_month(),
        }
    }

    /// So far back that `POINTS_MAX` points reach up to `last`.
    fn earliest(self, last: Date) -> Date {
        let points = POINTS_MAX as i64 - 1;
        last.saturating_sub(match self {
            Self::Day => points.days(),
            Self::Week => (points * 7).days(),
            Self::Month => points.months(),
        })
    }

    fn next(self, start: Date) -> Date {
        match self {
            Self::Day => start.saturating_add(1.day()),
            Self::Week => start.saturating_add(7.days()),
            Self::Month => start.saturating_add(1.month()),
        }
    }
}

/// `None` where the period would have more than `POINTS_MAX` points.
pub fn trend(source: Source<'_>, selection: &Selection, period: Period) -> Option<TrendOut> {
    let start_of = |day: i32| day_number(period.start(date_of_day(day)));
    let finest = if period == Period::Month { Finest::Month } else { Finest::Day };
    let by_start = GroupBy::Day(Box::new(move |day| number(start_of(day))), finest);
    let mut groups = source.totals(selection, &by_start);
    let Some((first, last)) = span(source, selection) else {
        return Some(TrendOut {
            bucket: period.name().to_owned(),
            points: Vec::new(),
            left_out: None,
        });
    };
    let mut points = Vec::new();
    let mut start = period.start(date_of_day(first));
    if selection.range.from.is_none() {
        // One response dated long ago must not cost everyone the default view.
        start = start.max(period.start(period.earliest(date_of_day(last))));
    }
    while day_number(start) <= last {
        if points.len() == POINTS_MAX {
            return None;
        }
        let next = period.next(start);
        let totals = groups.remove(&number(day_number(start))).unwrap_or_default();
        points.push(TrendPoint {
            from: start.to_string(),
            to: next.saturating_sub(1.day()).to_string(),
            summary: totals.summary(&source.site.names),
        });
        start = next;
    }
    let left_out = source.left_out(selection, false);
    Some(TrendOut { bucket: period.name().to_owned(), points, left_out })
}

/// A day as the number of a group.
const fn number(day: i32) -> u64 {
    day.cast_unsigned() as u64
}

/// First and last day: as asked, else from the first response to today.
fn span(source: Source<'_>, selection: &Selection) -> Option<(i32, i32)> {
    let site = source.site;
    let known = |day: Bucket| (day.granularity == Granularity::Day).then_some(day.start);
    let mut days = site.cells.keys().filter_map(|bucket| known(*bucket));
    let first = match selection.range.from {
        Some(from) => site.zone.day_of(from),
        None => days.next()?,
    };
    let last = match selection.range.to {
        Some(to) => site.zone.day_of(shared::Timestamp::from_millis(to.millis() - 1)),
        None => site.zone.day_of(clock::now()).max(first),
    };
    Some((first, last))
}
