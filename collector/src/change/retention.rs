//! What happens to responses whose time is over: the raw response goes, with everything that was
//! written in it; its counts stay as a day's, or go too, as the owner chose.

use super::erase::remove_record;
use super::id_entry;
use crate::fold::{Bucket, CellKey};
use crate::log::record::{self, IdEntry};
use crate::log::{Broken, Transaction, keys};
use crate::state::{Site, SiteNo};
use shared::Timestamp;

/// Responses that one job retires: others wait for it.
const RETIRED_AT_ONCE: usize = 128;

/// The first day that is kept whole; `None` where everything is kept.
fn kept_from(site: &Site, now: Timestamp) -> Option<i32> {
    let days = i32::try_from(site.record.retention.days?).ok()?;
    Some(site.zone.day_of(now).saturating_sub(days))
}

/// Whether something of the site is older than it may be.
pub fn is_due(site: &Site, disk: &crate::log::Disk, now: Timestamp) -> bool {
    let Some(day) = kept_from(site, now) else { return false };
    let (from, to) = stretch(site, day);
    disk.range(&from, &to).next().is_some()
        || !site.record.retention.keep_statistics && has_statistics(site, day)
}

fn stretch(site: &Site, day: i32) -> (Vec<u8>, Vec<u8>) {
    let to = keys::responses_from(site.number, site.zone.day_start(day));
    (keys::of_site(keys::RESPONSES, site.number), to)
}

fn has_statistics(site: &Site, before: i32) -> bool {
    let before = ..Bucket::of_day(before);
    site.retired.range(before).next().is_some() || site.events.range(before).next().is_some()
}

/// Retires some of what is due; whether there is more.
pub fn retire(
    transaction: &mut Transaction<'_>,
    number: SiteNo,
    now: Timestamp,
) -> Result<bool, Broken> {
    let Some(site) = transaction.state().sites.get(&number).cloned() else { return Ok(false) };
    let Some(day) = kept_from(&site, now) else { return Ok(false) };
    let keep = site.record.retention.keep_statistics;
    let (from, to) = stretch(&site, day);
    let due = transaction.range(&from, &to).take(RETIRED_AT_ONCE);
    let due: Vec<_> = due.map(|pair| pair.map(|(key, _)| key)).collect::<Result<_, _>>()?;
    for key in &due {
        let (time, id) = keys::read_response(key).ok_or(record::Unreadable)?;
        let entry = id_entry(transaction, number, id)?;
        let row = remove_record(transaction, number, time, id)?;
        match keep {
            true => transaction.retire_row(number, row)?,
            false => transaction.remove_row(number, row)?,
        }
        let received_ms = match entry {
            Some(IdEntry::Stored { received_ms, .. }) => received_ms,
            _ => time.millis(),
        };
        let retired = IdEntry::Retired { received_ms };
        transaction.put(keys::id(number, id), record::encode(&retired));
    }
    if due.is_empty() && !keep {
        return drop_day(transaction, &site, day);
    }
    Ok(due.len() == RETIRED_AT_ONCE)
}

/// Drops the statistics of one day that is over; whether there may be more.
fn drop_day(transaction: &mut Transaction<'_>, site: &Site, before: i32) -> Result<bool, Broken> {
    let events = site.events.range(..Bucket::of_day(before)).next();
    if let Some((bucket, _)) = events {
        transaction.drop_events(site.number, bucket.start)?;
    }
    let first = site.retired.range(..Bucket::of_day(before)).next();
    let Some((bucket, partition)) = first else { return Ok(events.is_some()) };
    let cells: Vec<(CellKey, Vec<u64>)> =
        partition.iter().map(|(key, counts)| (*key, counts.to_vec())).collect();
    transaction.drop_retired(site.number, bucket.start, cells)?;
    Ok(true)
}
