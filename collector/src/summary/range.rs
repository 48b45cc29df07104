//! A period of time, covered by the fewest cells: whole days, then whole hours at its two edges,
//! then single responses in what is left. Exact for any two instants in any time zone.

use super::Source;
use crate::fold::{self, Bucket, Cell, CellKey};
use crate::log::keys;
use crate::log::record::{self, StoredResponse};
use shared::Timestamp;
use thiserror::Error;

/// From `from` up to, not including, `to`; unbounded where `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Range {
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
}

#[derive(Debug, Error)]
pub enum ReadError {
    #[error("the store cannot be read: {0}")]
    Store(#[from] sled::Error),
    #[error("a stored record cannot be read")]
    Unreadable(#[from] record::Unreadable),
}

/// Calls `take` with the day, the key and the counts of every cell of the period.
pub fn visit(
    source: Source<'_>,
    range: Range,
    mut take: impl FnMut(i32, &CellKey, &Cell),
) -> Result<(), ReadError> {
    let zone = &source.site.zone;
    let first_whole = range.from.map_or(i32::MIN, |from| {
        let day = zone.day_of(from);
        if zone.day_start(day) == from { day } else { day + 1 }
    });
    let end = range.to.map_or(i32::MAX, |to| zone.day_of(to));
    if first_whole > end
        && let (Some(from), Some(to)) = (range.from, range.to)
    {
        return edge(source, from, to, end, &mut take);
    }
    if let Some(from) = range.from {
        edge(source, from, zone.day_start(first_whole), first_whole - 1, &mut take)?;
    }
    partitions(source, Bucket::of_day(first_whole), Bucket::of_day(end), |bucket, key, cell| {
        take(bucket.start, key, cell);
    });
    if let Some(to) = range.to {
        edge(source, zone.day_start(end), to, end, &mut take)?;
    }
    Ok(())
}

/// A stretch within one day.
fn edge(
    source: Source<'_>,
    from: Timestamp,
    to: Timestamp,
    day: i32,
    take: &mut impl FnMut(i32, &CellKey, &Cell),
) -> Result<(), ReadError> {
    if from >= to {
        return Ok(());
    }
    let (first, end) = (Bucket::first_hour_from(from), Bucket::hour(to).start);
    if first > end {
        return single_responses(source, from, to, day, take);
    }
    single_responses(source, from, Bucket::hour_start(first), day, take)?;
    partitions(source, Bucket::of_hour(first), Bucket::of_hour(end), |_, key, cell| {
        take(day, key, cell);
    });
    single_responses(source, Bucket::hour_start(end), to, day, take)
}

fn partitions(
    source: Source<'_>,
    from: Bucket,
    to: Bucket,
    mut take: impl FnMut(&Bucket, &CellKey, &Cell),
) {
    if from < to {
        for (bucket, partition) in source.site.cells.range(from..to) {
            partition.iter().for_each(|(key, cell)| take(bucket, key, cell));
        }
    }
}

fn single_responses(
    source: Source<'_>,
    from: Timestamp,
    to: Timestamp,
    day: i32,
    take: &mut impl FnMut(i32, &CellKey, &Cell),
) -> Result<(), ReadError> {
    let site = source.site;
    let (first, end) =
        (keys::responses_from(site.number, from), keys::responses_from(site.number, to));
    let mut names = site.names.clone();
    for pair in source.disk.range(&first, &end) {
        let response: StoredResponse = record::decode(&pair?.1)?;
        let survey_key = names.survey_key(response.survey).unwrap_or_default();
        // A survey that this moment does not know yet came with a later response.
        let Some(survey) = site.survey_version(survey_key, response.survey_version) else {
            continue;
        };
        for step in fold::steps(&response, survey, &mut names) {
            let mut cell = Cell::default();
            cell.add(&step.grow);
            let (channel, service) = (response.channel, response.service);
            take(day, &CellKey { measure: step.measure, channel, service }, &cell);
        }
    }
    Ok(())
}
