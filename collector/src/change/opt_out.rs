//! Who wants no more invitations. The hashes are on disk alone; the state knows how many there are.

use crate::log::{Broken, Transaction, keys};
use crate::opt_out::Hashed;
use crate::state::SiteNo;
use shared::Timestamp;

/// Of one site.
const OPT_OUTS_MAX: usize = 1_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptedOut {
    /// How many were not there before.
    Done(usize),
    /// The site is at its bound.
    TooMany,
    /// The site is gone.
    Gone,
}

/// Keeps these recipients, or none of them. One that is there keeps its time.
pub fn opt_out(
    transaction: &mut Transaction<'_>,
    site: SiteNo,
    recipients: &[Hashed],
    now: Timestamp,
) -> Result<OptedOut, Broken> {
    let mut new = Vec::new();
    for recipient in recipients {
        let key = keys::opt_out(site, recipient);
        if transaction.get(&key)?.is_none() && !new.contains(&key) {
            new.push(key);
        }
    }
    let Some(known) = transaction.site_mut(site) else { return Ok(OptedOut::Gone) };
    if known.opt_outs + new.len() > OPT_OUTS_MAX {
        return Ok(OptedOut::TooMany);
    }
    known.opt_outs += new.len();
    let added = new.len();
    new.into_iter().for_each(|key| transaction.put(key, now.millis().to_be_bytes().to_vec()));
    Ok(OptedOut::Done(added))
}

/// How many of these recipients were there.
pub fn opt_in(
    transaction: &mut Transaction<'_>,
    site: SiteNo,
    recipients: &[Hashed],
) -> Result<usize, Broken> {
    let mut removed = 0;
    for recipient in recipients {
        let key = keys::opt_out(site, recipient);
        if transaction.get(&key)?.is_some() {
            transaction.remove(key);
            removed += 1;
        }
    }
    if let Some(site) = transaction.site_mut(site) {
        site.opt_outs = site.opt_outs.saturating_sub(removed);
    }
    Ok(removed)
}
