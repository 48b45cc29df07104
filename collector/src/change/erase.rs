//! Takes a response back: out of the log and out of every cell, in one write. Its id stays known,
//! so that a late retry does not bring it back.

use super::id_entry;
use crate::fold;
use crate::log::record::{self, IdEntry, StoredResponse};
use crate::log::{Broken, Direction, Transaction, keys};
use crate::state::SiteNo;
use shared::{ResponseId, Timestamp};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Erased {
    Done,
    /// It was taken back before.
    Already,
    Unknown,
}

pub fn erase(
    transaction: &mut Transaction<'_>,
    site_number: SiteNo,
    id: ResponseId,
) -> Result<Erased, Broken> {
    let time = match id_entry(transaction, site_number, id)? {
        Some(IdEntry::Stored { time_ms, .. }) => Timestamp::from_millis(time_ms),
        Some(IdEntry::Erased) => return Ok(Erased::Already),
        None => return Ok(Erased::Unknown),
    };
    let broken = |what: &str| Broken::Contradiction(format!("{what} of response {id} is missing"));
    let key = keys::response(site_number, time, id);
    let bytes = transaction.get(&key)?.ok_or_else(|| broken("the record"))?;
    let stored: StoredResponse = record::decode(&bytes).map_err(|_| broken("a readable record"))?;
    let site = transaction.site_mut(site_number).ok_or_else(|| broken("the site"))?;
    let survey_key = site.names.survey_key(stored.survey).unwrap_or_default();
    let version = site.survey_version(survey_key, stored.survey_version).cloned();
    let survey = version.ok_or_else(|| broken("the survey"))?;
    let buckets = fold::buckets(time, &site.zone);
    let steps = fold::steps(&stored, &survey, &mut site.names);
    let place = (stored.channel, stored.service);
    transaction.fold(site_number, &buckets, place, &steps, Direction::Subtract)?;
    transaction.remove(key);
    transaction.put(keys::id(site_number, id), record::encode(&IdEntry::Erased));
    Ok(Erased::Done)
}
