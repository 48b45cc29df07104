//! Makes, changes and deletes sites.

use crate::log::{Transaction, keys};
use crate::state::{Site, SiteNo, SiteRecord, TokenRecord};
use std::sync::Arc;

/// The new site's number; `None` where its time zone is unknown.
pub fn create_site(transaction: &mut Transaction<'_>, record: SiteRecord) -> Option<SiteNo> {
    let json = serde_json::to_vec(&record).expect("a site record is plain data");
    let number = transaction.state().last_site + 1;
    let site = Site::new(number, record)?;
    transaction.set_last_site(number);
    transaction.put(keys::site(number), json);
    transaction.add_site(site);
    Some(number)
}

/// Changes a site's settings; whether it is there.
pub fn edit_site(
    transaction: &mut Transaction<'_>,
    number: SiteNo,
    edit: impl FnOnce(&mut SiteRecord),
) -> bool {
    let Some(site) = transaction.site_mut(number) else { return false };
    let record = Arc::make_mut(&mut site.record);
    edit(record);
    let json = serde_json::to_vec(record).expect("a site record is plain data");
    transaction.put(keys::site(number), json);
    true
}

/// Removes the site with its tokens at once; its surveys and responses follow a little at a time.
pub fn delete_site(transaction: &mut Transaction<'_>, site: SiteNo) {
    let of_site = |record: &TokenRecord| record.site == Some(site);
    let tokens = transaction.state().tokens.iter();
    let hashes: Vec<_> = tokens.filter(|(_, t)| of_site(t)).map(|(hash, _)| *hash).collect();
    for hash in hashes {
        transaction.remove_token(&hash);
    }
    transaction.remove_site(site);
}
