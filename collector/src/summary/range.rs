//! A period of time, covered by the fewest cells: whole months where the caller allows, whole days,
//! and rows of the index in what is left at the two edges. Exact for any two instants in any time
//! zone.

use super::Source;
use crate::fold::{Bucket, CellKey, Partition, date_of_day, day_number};
use crate::index::Moment;
use jiff::ToSpan;
use shared::Timestamp;

/// From `from` up to, not including, `to`; unbounded where `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Range {
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
}

/// How fine a caller needs the days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finest {
    Day,
    /// The first day of a month may stand for all of its days.
    Month,
}

/// Which cells of a bucket a caller needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Places {
    Each,
    /// One for all channels and services, under channel and service 0.
    Summed,
}

/// Calls `take` with the day, the key and the counts of every cell of the period.
pub fn visit(
    source: Source<'_>,
    range: Range,
    (finest, places): (Finest, Places),
    mut take: impl FnMut(i32, &CellKey, &[u64]),
) {
    let zone = &source.site.zone;
    let from = range.from.map(|from| zone.split(from));
    let to = range.to.map(|to| zone.split(to));
    let first_whole = from.map_or(i32::MIN, |(day, ms)| if ms == 0 { day } else { day + 1 });
    let end = to.map_or(i32::MAX, |(day, _)| day);
    if first_whole > end {
        return edge(source, from, to, &mut take);
    }
    if from.is_some_and(|(_, ms)| ms > 0) {
        edge(source, from, Some((first_whole, 0)), &mut take);
    }
    whole(source, (first_whole, end), (finest, places), &mut take);
    if to.is_some_and(|(_, ms)| ms > 0) {
        edge(source, Some((end, 0)), to, &mut take);
    }
}

/// A stretch within one day.
fn edge(
    source: Source<'_>,
    from: Option<Moment>,
    to: Option<Moment>,
    take: &mut impl FnMut(i32, &CellKey, &[u64]),
) {
    source.site.each_counted_row_cell(from, to, |day, key, cell| take(day, &key, cell.counts()));
}

/// Whole days from `first` up to, not including, `end`.
fn whole(
    source: Source<'_>,
    (first, end): (i32, i32),
    (finest, places): (Finest, Places),
    take: &mut impl FnMut(i32, &CellKey, &[u64]),
) {
    let (month, month_end) = match finest {
        Finest::Day => (end, end),
        Finest::Month => {
            (month_from(first).min(end), month_before(end).max(month_from(first).min(end)))
        }
    };
    let mut between = |from, to| partitions(source, from, to, places, take);
    between(Bucket::of_day(first), Bucket::of_day(month));
    between(Bucket::of_months(month), Bucket::of_months(month_end));
    between(Bucket::of_day(month_end), Bucket::of_day(end));
}

/// The first month that begins on `day` or later.
fn month_from(day: i32) -> i32 {
    if day == i32::MIN {
        return day;
    }
    let date = date_of_day(day);
    match date.day() {
        1 => day,
        _ => day_number(date.first_of_month().saturating_add(1.month())),
    }
}

/// The last month that begins on `day` or before.
fn month_before(day: i32) -> i32 {
    if day == i32::MAX { day } else { Bucket::month_of(day).start }
}

fn partitions(
    source: Source<'_>,
    from: Bucket,
    to: Bucket,
    places: Places,
    take: &mut impl FnMut(i32, &CellKey, &[u64]),
) {
    if from < to {
        for (bucket, partition) in source.site.cells.range(from..to) {
            let partition: &Partition = match places {
                Places::Each => partition,
                Places::Summed => partition.summed(),
            };
            partition.iter().for_each(|(key, counts)| take(bucket.start, key, counts));
        }
    }
}
