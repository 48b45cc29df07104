//! The changes of one group commit: jobs read their own writes and those of the jobs before them,
//! and everything reaches the disk and the readers at once or not at all.

use super::disk::{Disk, Writes};
use super::keys;
use crate::fold::{Bucket, CellKey, Step};
use crate::state::{Site, SiteNo, State, TokenRecord};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use thiserror::Error;

/// The store or the cells contradict themselves: nothing of the whole commit may be kept.
#[derive(Debug, Error)]
pub enum Broken {
    #[error("the store cannot be read: {0}")]
    Store(#[from] sled::Error),
    #[error("{0}")]
    Contradiction(String),
}

pub struct Transaction<'a> {
    disk: &'a Disk,
    state: State,
    writes: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    touched: BTreeSet<(SiteNo, Bucket, CellKey)>,
}

/// Whether counts are added or taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Add,
    Subtract,
}

impl<'a> Transaction<'a> {
    pub(super) fn new(disk: &'a Disk, state: State) -> Self {
        Self { disk, state, writes: BTreeMap::new(), touched: BTreeSet::new() }
    }

    pub const fn state(&self) -> &State {
        &self.state
    }

    /// A site to change; changes to its names are written by `finish`.
    pub fn site_mut(&mut self, site: SiteNo) -> Option<&mut Site> {
        self.state.sites.get_mut(&site).map(Arc::make_mut)
    }

    pub fn add_site(&mut self, site: Site) {
        self.state.sites.insert(site.number, Arc::new(site));
    }

    /// Forgets a site and removes everything that belongs to it.
    pub fn remove_site(&mut self, site: SiteNo) -> Result<(), Broken> {
        self.state.sites.remove(&site);
        self.touched.retain(|(of, _, _)| *of != site);
        self.remove(keys::site(site));
        for prefix in keys::OF_A_SITE.map(|prefix| keys::of_site(prefix, site)) {
            let earlier: Vec<_> =
                self.writes.keys().filter(|key| key.starts_with(&prefix)).cloned().collect();
            let stored = self.disk.scan(&prefix).map(|pair| pair.map(|(key, _)| key));
            for key in earlier.into_iter().map(Ok).chain(stored) {
                self.remove(key?);
            }
        }
        Ok(())
    }

    pub fn put_token(&mut self, hash: [u8; 32], record: TokenRecord) {
        let json = serde_json::to_vec(&record).expect("a token record is plain data");
        self.put(keys::token(&hash), json);
        Arc::make_mut(&mut self.state.tokens).insert(hash, record);
    }

    pub fn remove_token(&mut self, hash: &[u8; 32]) -> Option<TokenRecord> {
        self.remove(keys::token(hash));
        Arc::make_mut(&mut self.state.tokens).remove(hash)
    }

    pub fn set_last_site(&mut self, number: SiteNo) {
        self.put(keys::LAST_SITE.to_vec(), number.to_be_bytes().to_vec());
        self.state.last_site = number;
    }

    pub fn set_secret(&mut self, secret: [u8; 32]) {
        self.put(keys::SECRET.to_vec(), secret.to_vec());
        self.state.secret = secret;
    }

    pub fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Broken> {
        match self.writes.get(key) {
            Some(written) => Ok(written.clone()),
            None => Ok(self.disk.get(key)?),
        }
    }

    /// All pairs whose key begins with `prefix`, with this transaction's own writes; for
    /// cells those of the last `write_cells`.
    pub fn scan(
        &self,
        prefix: &[u8],
    ) -> impl Iterator<Item = Result<(Vec<u8>, Vec<u8>), Broken>> + use<'_> {
        let prefix = prefix.to_vec();
        let written = |key: &Vec<u8>| self.writes.contains_key(key);
        let stored = self.disk.scan(&prefix).map(|pair| pair.map_err(Broken::from));
        let stored = stored
            .filter(move |pair| pair.as_ref().is_ok_and(|(key, _)| !written(key)) || pair.is_err());
        let own = self.writes.iter().filter(move |(key, _)| key.starts_with(&prefix));
        let own = own.filter_map(|(key, value)| Some(Ok((key.clone(), value.clone()?))));
        stored.chain(own)
    }

    pub fn put(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.writes.insert(key, Some(value));
    }

    pub fn remove(&mut self, key: Vec<u8>) {
        self.writes.insert(key, None);
    }

    /// Folds a response's steps into the cells of its buckets, or takes them back.
    pub fn fold(
        &mut self,
        site: SiteNo,
        buckets: &[Bucket],
        (channel, service): (u32, u32),
        steps: &[Step],
        direction: Direction,
    ) -> Result<(), Broken> {
        let missing = || Broken::Contradiction(format!("site {site} is gone"));
        let cells =
            &mut self.state.sites.get_mut(&site).map(Arc::make_mut).ok_or_else(missing)?.cells;
        for bucket in buckets {
            if !cells.contains_key(bucket) {
                cells.insert_mut(*bucket, Arc::default());
            }
            let partition = cells.get_mut(bucket).map(Arc::make_mut).ok_or_else(missing)?;
            for step in steps {
                let key = CellKey { measure: step.measure, channel, service };
                let cell = partition.entry(key).or_default();
                match direction {
                    Direction::Add => cell.add(&step.grow),
                    Direction::Subtract => cell
                        .subtract(&step.grow)
                        .map_err(|error| Broken::Contradiction(error.to_string()))?,
                }
                if cell.is_empty() {
                    partition.remove(&key);
                }
                self.touched.insert((site, *bucket, key));
            }
            if partition.is_empty() {
                cells.remove_mut(bucket);
            }
        }
        Ok(())
    }

    /// Puts the absolute values of the cells touched so far among the writes, so that a scan sees
    /// them.
    pub fn write_cells(&mut self) {
        for (site, bucket, cell) in std::mem::take(&mut self.touched) {
            let partition = self.state.sites.get(&site).and_then(|site| site.cells.get(&bucket));
            let value = partition.and_then(|cells| cells.get(&cell)).map(crate::fold::Cell::encode);
            self.writes.insert(keys::cell(site, bucket, cell), value);
        }
    }

    /// The writes to commit and the state to publish.
    pub(super) fn finish(mut self) -> (Writes, State) {
        for (&number, site) in &mut self.state.sites {
            if site.names.has_added() {
                for added in Arc::make_mut(site).names.take_added() {
                    let key = keys::name(number, added.list, added.number);
                    self.writes.insert(key, Some(added.name));
                }
            }
        }
        self.write_cells();
        (self.writes.into_iter().collect(), self.state)
    }
}
