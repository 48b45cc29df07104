//! Makes and takes away the keys that a site's server signs its visitors' identities with.

use super::edit_site;
use crate::identity::{Algorithm, IdentityKey, KEYS_MAX};
use crate::log::Transaction;
use crate::state::SiteNo;
use shared::Timestamp;

/// `public`: the owner's own, as `identity::read_public_key` gives it. `None` where the site is gone
/// or has as many keys as it may.
pub fn create_identity_key(
    transaction: &mut Transaction<'_>,
    site: SiteNo,
    public: Option<(Algorithm, String)>,
    now: Timestamp,
) -> Option<IdentityKey> {
    let mut made = None;
    edit_site(transaction, site, |record| {
        let known = &mut record.identity;
        if known.keys.len() < KEYS_MAX {
            known.last += 1;
            let (algorithm, public) = match public {
                Some((algorithm, key)) => (algorithm, Some(key)),
                None => (Algorithm::Hs256, None),
            };
            let key = IdentityKey { number: known.last, algorithm, public, made_ms: now.millis() };
            known.keys.push(key.clone());
            made = Some(key);
        }
    });
    made
}

/// Tokens that it signed are refused from now on; whether there was such a key.
pub fn delete_identity_key(transaction: &mut Transaction<'_>, site: SiteNo, name: &str) -> bool {
    let mut found = false;
    edit_site(transaction, site, |record| {
        let before = record.identity.keys.len();
        record.identity.keys.retain(|key| key.name() != name);
        found = record.identity.keys.len() < before;
    });
    found
}
