//! What a commit brought, for those who watch: told once the store has it, and only while someone
//! does.

use crate::state::SiteNo;
use shared::{ResponseId, Timestamp};
use std::collections::BTreeSet;

/// Commits that a watcher may be behind; after that it is told that it missed some.
pub const NEWS_MAX: usize = 256;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct News {
    /// Sites whose numbers may be others now.
    pub changed: BTreeSet<SiteNo>,
    pub arrived: Vec<Arrived>,
}

/// A response that counts from now on, by its place in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrived {
    pub site: SiteNo,
    pub time: Timestamp,
    pub id: ResponseId,
}
