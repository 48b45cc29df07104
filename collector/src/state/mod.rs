//! What the collector knows in memory: immutable snapshots that the writer replaces and everyone
//! else reads. Nothing here touches the disk.

mod names;
mod site;
mod token;

pub use names::{Label, Names, OVER};
pub use site::{Cells, Direction, NO_SURVEY, Retention, Site, SiteRecord, Surveys, partition_mut};
pub use token::{Role, TokenKind, TokenRecord};

use std::collections::BTreeMap;
use std::sync::Arc;

/// A site's number in the store; its name outside is `SiteRecord::site`.
pub type SiteNo = u32;

/// One consistent moment of everything.
#[derive(Clone, Default)]
pub struct State {
    pub sites: BTreeMap<SiteNo, Arc<Site>>,
    pub tokens: Arc<BTreeMap<[u8; 32], TokenRecord>>,
    /// The highest number that a site ever had: a deleted site's is not used again, or what was
    /// meant for it could reach the next one.
    pub last_site: SiteNo,
    /// The key of receipts and of hashed subjects.
    pub secret: [u8; 32],
    /// The next key of a private part that was never used.
    pub next_slot: u64,
    /// The commit that made this state.
    pub commit: u64,
}

impl State {
    pub fn site_by_public_key(&self, key: &str) -> Option<&Arc<Site>> {
        self.sites.values().find(|site| site.record.public_key == key)
    }

    /// By `st_…`, else by its name where only one site has it.
    pub fn site(&self, site: &str) -> Option<&Arc<Site>> {
        self.sites.values().find(|known| known.record.site == site).or_else(|| {
            let mut named = self.sites.values().filter(|known| known.record.name == site);
            named.next().filter(|_| named.next().is_none())
        })
    }
}
