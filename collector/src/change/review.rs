//! Someone has looked at a response that was held: it counts from now on.

use super::id_entry;
use crate::log::record::{IdEntry, StoredResponse};
use crate::log::{Broken, Transaction, keys, row_of};
use crate::state::SiteNo;
use shared::{ResponseId, Timestamp};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepted {
    Done,
    /// It was not held.
    Already,
    Unknown,
}

pub fn accept(
    transaction: &mut Transaction<'_>,
    number: SiteNo,
    id: ResponseId,
) -> Result<Accepted, Broken> {
    if !transaction.state().sites.contains_key(&number) {
        return Ok(Accepted::Unknown);
    }
    let Some(IdEntry::Stored { time_ms, .. }) = id_entry(transaction, number, id)? else {
        return Ok(Accepted::Unknown);
    };
    let time = Timestamp::from_millis(time_ms);
    let key = keys::response(number, time, id);
    let missing = || Broken::Contradiction(format!("the record of response {id} is missing"));
    let bytes = transaction.get(&key)?.ok_or_else(missing)?;
    let disk = transaction.disk();
    let site = transaction.site_mut(number).ok_or_else(missing)?;
    let held = row_of(site, time, &disk.decode(&bytes)?).ok_or_else(missing)?;
    if !held.profile.held {
        return Ok(Accepted::Already);
    }
    let mut row = held.clone();
    row.profile.held = false;
    transaction.put(key, StoredResponse::released(&bytes)?);
    transaction.remove_row(number, held)?;
    transaction.add_row(number, row)?;
    transaction.announce(number, time, id);
    Ok(Accepted::Done)
}
