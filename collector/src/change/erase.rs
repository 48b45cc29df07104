//! Takes a response back: out of the log and out of every count, in one write, and the key of what
//! was written in it is overwritten. Its id stays known, so that a late retry does not bring it
//! back.

use super::id_entry;
use crate::log::record::{self, IdEntry, StoredResponse};
use crate::log::{Broken, Transaction, keys, row_of};
use crate::state::SiteNo;
use shared::{ResponseId, Timestamp};

/// Responses that one job erases: others wait for it.
pub const ERASED_AT_ONCE: usize = 64;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Erased {
    Done,
    /// It was taken back before.
    Already,
    Unknown,
}

pub fn erase(
    transaction: &mut Transaction<'_>,
    site: SiteNo,
    id: ResponseId,
) -> Result<Erased, Broken> {
    // What is left of a deleted site is on its way out.
    if !transaction.state().sites.contains_key(&site) {
        return Ok(Erased::Unknown);
    }
    match id_entry(transaction, site, id)? {
        Some(IdEntry::Stored { time_ms, .. }) => {
            let time = Timestamp::from_millis(time_ms);
            let row = remove_record(transaction, site, time, id)?;
            transaction.remove_row(site, row)?;
            transaction.put(keys::id(site, id), record::encode(&IdEntry::Erased));
            Ok(Erased::Done)
        }
        // What is gone with its time was taken out of the log; nobody can find it any more.
        Some(IdEntry::Erased | IdEntry::Retired { .. }) => Ok(Erased::Already),
        None => Ok(Erased::Unknown),
    }
}

/// Erases the responses with these ids (`ERASED_AT_ONCE` at most); gives back how many were there.
pub fn erase_all(
    transaction: &mut Transaction<'_>,
    site: SiteNo,
    ids: &[ResponseId],
) -> Result<usize, Broken> {
    let mut erased = 0;
    for id in ids {
        erased += usize::from(erase(transaction, site, *id)? == Erased::Done);
    }
    Ok(erased)
}

/// Erases responses of one subject; gives back how many. Fewer than `ERASED_AT_ONCE` are the last.
pub fn erase_subject(
    transaction: &mut Transaction<'_>,
    site: SiteNo,
    subject: &[u8; 16],
) -> Result<usize, Broken> {
    let known = transaction.scan(&keys::of_subject(site, subject)).take(ERASED_AT_ONCE);
    let known: Vec<_> = known.map(|pair| pair.map(|(key, _)| key)).collect::<Result<_, _>>()?;
    for key in &known {
        let unreadable = || Broken::Contradiction("a subject's entry cannot be read".into());
        erase(transaction, site, keys::read_subject(key).ok_or_else(unreadable)?)?;
        transaction.remove(key.clone());
    }
    Ok(known.len())
}

/// Removes what is stored of a response but for its id, and gives back its row.
pub(super) fn remove_record(
    transaction: &mut Transaction<'_>,
    site_number: SiteNo,
    time: Timestamp,
    id: ResponseId,
) -> Result<crate::index::Row, Broken> {
    let broken = |what: &str| Broken::Contradiction(format!("{what} of response {id} is missing"));
    let key = keys::response(site_number, time, id);
    let bytes = transaction.get(&key)?.ok_or_else(|| broken("the record"))?;
    let disk = transaction.disk();
    let site = transaction.site_mut(site_number).ok_or_else(|| broken("the site"))?;
    let stored = disk.decode(&bytes)?;
    let row = row_of(site, time, &stored).ok_or_else(|| broken("the survey"))?;
    if let Some(subject) = stored.subject {
        transaction.remove(keys::subject(site_number, &subject, id));
    }
    if let Some(slot) = StoredResponse::slot(&bytes) {
        transaction.shred(slot);
    }
    transaction.remove(key);
    Ok(row)
}
