//! Recounts everything from the responses: the log is the truth, cells and rows are caches. A day
//! at a time, each within one job of the writer: the log does not move while it is compared, and
//! others get their turn between the days.

use crate::fold::{self, Bucket, Cell, CellKey, Partition};
use crate::index::Row;
use crate::log::record::IdEntry;
use crate::log::{Broken, Refused, Transaction, Writer, keys, record, row_of};
use crate::state::{Site, SiteNo};
use serde::{Deserialize, Serialize};
use shared::Timestamp;
use std::collections::BTreeMap;

const TOLD_MAX: usize = 20;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Verification {
    pub sites: u64,
    pub responses: u64,
    /// Cells of days; those of months are compared with their sums.
    pub cells: u64,
    /// Cells of events, as the store has them: nothing is left to count them again from.
    #[serde(default)]
    pub event_cells: u64,
    /// Cells, rows and ids that are not what the responses say; 0 when all is well.
    pub wrong: u64,
    /// The first of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<String>,
}

type Cells = BTreeMap<CellKey, Cell>;

impl Verification {
    fn wrong(&mut self, site: &Site, what: impl Into<String>) {
        self.wrong += 1;
        if self.details.len() < TOLD_MAX {
            self.details.push(format!("{}: {}", site.record.site, what.into()));
        }
    }

    fn add(&mut self, other: Self) {
        self.responses += other.responses;
        self.cells += other.cells;
        self.event_cells += other.event_cells;
        self.wrong += other.wrong;
        let room = TOLD_MAX.saturating_sub(self.details.len());
        self.details.extend(other.details.into_iter().take(room));
    }
}

/// Everything of every site.
pub async fn verify(writer: &Writer) -> Result<Verification, Refused> {
    let mut found = Verification::default();
    let sites: Vec<SiteNo> = writer.state().sites.keys().copied().collect();
    for site in sites {
        let mut day = Some(i32::MIN);
        while let Some(next) = day {
            let (of_day, following) = writer.change(move |t| verify_day(t, site, next)).await?;
            found.add(of_day);
            day = following;
        }
        found.add(writer.change(move |t| Ok(verify_months(t, site))).await?);
        let mut day = Some(i32::MIN);
        while let Some(next) = day {
            let (of_day, following) = writer.change(move |t| verify_events(t, site, next)).await?;
            found.add(of_day);
            day = following;
        }
        found.sites += 1;
    }
    Ok(found)
}

/// The first day from `from` that has a response or a cell, compared; and the day to go on from.
fn verify_day(
    transaction: &mut Transaction<'_>,
    number: SiteNo,
    from: i32,
) -> Result<(Verification, Option<i32>), Broken> {
    let mut found = Verification::default();
    let Some(site) = transaction.state().sites.get(&number).cloned() else {
        return Ok((found, None));
    };
    let Some(day) = next_day(transaction, &site, from)? else { return Ok((found, None)) };
    let recounted = recount(transaction, &site, day, &mut found)?;
    let held = site.cells.get(&Bucket::of_day(day)).map(|cells| cells.to_map()).unwrap_or_default();
    found.cells += recounted.with_retired.len() as u64;
    compare(&site, &format!("day {day} in the cells"), &recounted.with_retired, &held, &mut found);
    compare(
        &site,
        &format!("day {day} in the rows"),
        &recounted.live,
        &of_rows(&site, day),
        &mut found,
    );
    Ok((found, Some(day + 1)))
}

fn next_day(transaction: &Transaction<'_>, site: &Site, from: i32) -> Result<Option<i32>, Broken> {
    let first_key = match from {
        i32::MIN => keys::of_site(keys::RESPONSES, site.number),
        day => keys::responses_from(site.number, site.zone.day_start(day)),
    };
    let end = keys::responses_from(site.number + 1, Timestamp::from_millis(i64::MIN));
    let first = transaction.disk().range(&first_key, &end).next().transpose()?;
    let logged = first.and_then(|(key, _)| keys::read_response(&key));
    let logged = logged.map(|(time, _)| site.zone.day_of(time));
    let celled = site.cells.range(Bucket::of_day(from)..Bucket::of_day(i32::MAX)).next();
    let celled = celled.map(|(bucket, _)| bucket.start);
    Ok([logged, celled].into_iter().flatten().min())
}

struct Recounted {
    live: Cells,
    with_retired: Cells,
}

/// A day's cells from its responses, with every id looked up.
fn recount(
    transaction: &mut Transaction<'_>,
    site: &Site,
    day: i32,
    found: &mut Verification,
) -> Result<Recounted, Broken> {
    let mut copy = site.clone();
    let mut partition = Partition::default();
    let (from, to) = (site.zone.day_start(day), site.zone.day_start(day + 1));
    let (from, to) =
        (keys::responses_from(site.number, from), keys::responses_from(site.number, to));
    // Jobs before this one in the same commit may have written here.
    for pair in transaction.range(&from, &to) {
        let (key, value) = pair?;
        let (time, id) = keys::read_response(&key).ok_or(record::Unreadable)?;
        let stored = transaction.disk().decode(&value)?;
        let row = row_of(&mut copy, time, &stored).ok_or(record::Unreadable)?;
        let entry = transaction.get(&keys::id(site.number, id))?;
        let entry = entry.map(|bytes| record::decode::<IdEntry>(&bytes)).transpose()?;
        let fits =
            matches!(entry, Some(IdEntry::Stored { time_ms, .. }) if time_ms == time.millis());
        if !fits {
            found.wrong(site, format!("the id of response {id} does not lead to it"));
        }
        found.responses += 1;
        add(&mut copy, &row, &mut partition)?;
    }
    let live = partition.to_map();
    if let Some(retired) = site.retired.get(&Bucket::of_day(day)) {
        retired.iter().for_each(|(key, counts)| partition.merge(*key, counts));
    }
    Ok(Recounted { live, with_retired: partition.to_map() })
}

fn add(site: &mut Site, row: &Row, partition: &mut Partition) -> Result<(), Broken> {
    if row.profile.held {
        return Ok(());
    }
    let measures = site.number_measures(row.layout).ok_or(record::Unreadable)?;
    for step in fold::steps(row, &measures) {
        let (channel, service) = (row.profile.channel, row.profile.service);
        partition.add(CellKey { measure: step.measure, channel, service }, &step.grow);
    }
    Ok(())
}

/// A day's cells from the rows of the index.
fn of_rows(site: &Site, day: i32) -> Cells {
    let mut partition = Partition::default();
    site.each_counted_row_cell(Some((day, 0)), Some((day + 1, 0)), |_, key, cell| {
        partition.merge(key, cell.counts());
    });
    partition.to_map()
}

/// The first day from `from` that has events, in the store and in memory; and the day to go on from.
fn verify_events(
    transaction: &mut Transaction<'_>,
    number: SiteNo,
    from: i32,
) -> Result<(Verification, Option<i32>), Broken> {
    let mut found = Verification::default();
    let Some(site) = transaction.state().sites.get(&number).cloned() else {
        return Ok((found, None));
    };
    let first = keys::cells_of_day(keys::EVENTS, number, from);
    let end = keys::of_site(keys::EVENTS, number + 1);
    let stored = transaction.disk().range(&first, &end).next().transpose()?;
    let stored = stored.and_then(|(key, _)| keys::read_cell(&key)).map(|(_, bucket, _)| bucket);
    let held = site.events.range(Bucket::of_day(from)..).next().map(|(bucket, _)| *bucket);
    let Some(bucket) = [stored, held].into_iter().flatten().min() else {
        return Ok((found, None));
    };
    let expected = transaction.stored_events(number, bucket.start)?;
    let held = site.events.get(&bucket).map(|cells| cells.to_map()).unwrap_or_default();
    found.event_cells += expected.len() as u64;
    let place = format!("day {} in the events", bucket.start);
    compare(&site, &place, &expected, &held, &mut found);
    Ok((found, bucket.start.checked_add(1)))
}

/// The cells of months against the sums of their days.
fn verify_months(transaction: &Transaction<'_>, number: SiteNo) -> Verification {
    let mut found = Verification::default();
    let Some(site) = transaction.state().sites.get(&number) else { return found };
    let mut months: BTreeMap<Bucket, Partition> = BTreeMap::new();
    for (day, cells) in site.cells.range(..Bucket::of_months(i32::MIN)) {
        let month = months.entry(Bucket::month_of(day.start)).or_default();
        cells.iter().for_each(|(key, counts)| month.merge(*key, counts));
    }
    for (month, expected) in &months {
        let held = site.cells.get(month).map(|cells| cells.to_map()).unwrap_or_default();
        let name = format!("month from day {}", month.start);
        compare(site, &name, &expected.to_map(), &held, &mut found);
    }
    for (month, _) in site.cells.range(Bucket::of_months(i32::MIN)..) {
        if !months.contains_key(month) {
            found.wrong(site, format!("month from day {} has no days", month.start));
        }
    }
    found
}

fn compare(site: &Site, place: &str, expected: &Cells, actual: &Cells, found: &mut Verification) {
    for (key, cell) in expected {
        match actual.get(key) {
            Some(same) if same == cell => {}
            Some(_) => {
                found.wrong(site, format!("{place}: {key:?} has other counts than it should"))
            }
            None => found.wrong(site, format!("{place}: {key:?} is missing")),
        }
    }
    for key in actual.keys().filter(|key| !expected.contains_key(key)) {
        found.wrong(site, format!("{place}: {key:?} counts what is not there"));
    }
}
