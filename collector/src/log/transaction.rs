//! The changes of one group commit: jobs read their own writes and those of the jobs before them,
//! and everything reaches the disk and the readers at once or not at all.

use super::disk::{Disk, ReadError, Writes};
use super::journal::{self, Change};
use super::keys;
use super::news::{Arrived, News};
use super::record::Unreadable;
use crate::fold::{self, Bucket, Cell, CellKey, LayoutMeasures, Step};
use crate::index::Row;
use crate::state::{Cells, Direction, Site, SiteNo, State, TokenRecord, partition_mut};
use shared::{ResponseId, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use thiserror::Error;

/// The store or the cells contradict themselves: nothing of the whole commit may be kept.
#[derive(Debug, Error)]
pub enum Broken {
    #[error("the store cannot be read: {0}")]
    Store(#[from] sled::Error),
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("the disk refused: {0}")]
    Disk(#[from] std::io::Error),
    #[error("{0}")]
    Contradiction(String),
}

pub struct Transaction<'a> {
    disk: &'a Disk,
    state: State,
    writes: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    /// Retired cells to write: site, day, cell.
    retired: BTreeSet<(SiteNo, i32, CellKey)>,
    /// Cells of events to write: site, day, cell.
    events: BTreeSet<(SiteNo, i32, CellKey)>,
    changes: Vec<Change>,
    shreds: Vec<u64>,
    arrived: Vec<Arrived>,
}

impl<'a> Transaction<'a> {
    pub(super) fn new(disk: &'a Disk, state: State) -> Self {
        Self {
            disk,
            state,
            writes: BTreeMap::new(),
            retired: BTreeSet::new(),
            events: BTreeSet::new(),
            changes: Vec::new(),
            shreds: Vec::new(),
            arrived: Vec::new(),
        }
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

    /// Forgets a site. What belongs to it is removed later, a little at a time.
    pub fn remove_site(&mut self, site: SiteNo) {
        self.state.sites.remove(&site);
        self.retired.retain(|(of, _, _)| *of != site);
        self.events.retain(|(of, _, _)| *of != site);
        // What this transaction has written for it goes at once.
        let of_site = keys::OF_A_SITE.map(|prefix| keys::of_site(prefix, site));
        self.writes.retain(|key, _| !of_site.iter().any(|prefix| key.starts_with(prefix)));
        self.remove(keys::site(site));
        self.put(keys::gone(site), Vec::new());
        self.changes.push(Change::Drop(site));
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

    /// All pairs whose key begins with `prefix`, with this transaction's own writes, in no order.
    pub fn scan(
        &self,
        prefix: &[u8],
    ) -> impl Iterator<Item = Result<(Vec<u8>, Vec<u8>), Broken>> + use<'_> {
        let prefix = prefix.to_vec();
        let stored = self.disk.scan(&prefix);
        self.joined(stored, move |key| key.starts_with(&prefix))
    }

    /// All pairs with `from <= key < to`, with this transaction's own writes, in no order.
    pub fn range(
        &self,
        from: &[u8],
        to: &[u8],
    ) -> impl Iterator<Item = Result<(Vec<u8>, Vec<u8>), Broken>> + use<'_> {
        let stored = self.disk.range(from, to);
        let (from, to) = (from.to_vec(), to.to_vec());
        self.joined(stored, move |key| *key >= *from && *key < *to)
    }

    fn joined<I>(
        &self,
        stored: I,
        is_wanted: impl Fn(&[u8]) -> bool,
    ) -> impl Iterator<Item = Result<(Vec<u8>, Vec<u8>), Broken>>
    where
        I: Iterator<Item = Result<(Vec<u8>, Vec<u8>), sled::Error>>,
    {
        let written = |key: &Vec<u8>| self.writes.contains_key(key);
        let stored = stored.map(|pair| pair.map_err(Broken::from));
        let stored = stored
            .filter(move |pair| pair.as_ref().is_ok_and(|(key, _)| !written(key)) || pair.is_err());
        let own = self.writes.iter().filter(move |(key, _)| is_wanted(key));
        let own = own.filter_map(|(key, value)| Some(Ok((key.clone(), value.clone()?))));
        stored.chain(own)
    }

    pub fn put(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.writes.insert(key, Some(value));
    }

    pub fn remove(&mut self, key: Vec<u8>) {
        self.writes.insert(key, None);
    }

    /// The number of a key of `seals` that is on disk and was never used.
    pub fn take_slot(&mut self) -> Result<u64, Broken> {
        let slot = self.state.next_slot;
        self.disk.seals().prepare(slot)?;
        self.state.next_slot = slot + 1;
        self.put(keys::NEXT_SLOT.to_vec(), (slot + 1).to_be_bytes().to_vec());
        Ok(slot)
    }

    /// Has a key of `seals` overwritten once this commit is on disk, and before it is acknowledged.
    pub fn shred(&mut self, slot: u64) {
        self.put(keys::shred(slot), Vec::new());
        self.shreds.push(slot);
    }

    pub const fn disk(&self) -> &'a Disk {
        self.disk
    }

    /// Adds a response to the index and, unless it is held, to the cells.
    pub fn add_row(&mut self, site: SiteNo, row: Row) -> Result<(), Broken> {
        self.fold(site, &row, Direction::Add)?;
        self.site_there(site)?.rows.add(row.clone());
        self.changes.push(Change::Add(site, row));
        Ok(())
    }

    /// Takes a response out of the index and out of the cells.
    pub fn remove_row(&mut self, site: SiteNo, row: Row) -> Result<(), Broken> {
        self.fold(site, &row, Direction::Subtract)?;
        self.forget_row(site, row)
    }

    /// Takes a response out of the index; its counts stay.
    pub fn retire_row(&mut self, site: SiteNo, row: Row) -> Result<(), Broken> {
        let measures = self.measures(site, &row)?;
        let (day, profile) = (row.day, row.profile);
        let steps = if profile.held { Vec::new() } else { fold::steps(&row, &measures) };
        for step in steps {
            let (channel, service) = (profile.channel, profile.service);
            let key = CellKey { measure: step.measure, channel, service };
            self.retired.insert((site, day, key));
            let retired = &mut self.site_there(site)?.retired;
            partition_mut(retired, Bucket::of_day(day)).add(key, &step.grow);
        }
        self.forget_row(site, row)
    }

    /// Drops counts of a day whose responses are gone.
    pub fn drop_retired(
        &mut self,
        site: SiteNo,
        day: i32,
        cells: Vec<(CellKey, Vec<u64>)>,
    ) -> Result<(), Broken> {
        for (key, counts) in cells {
            let grow: Vec<_> = counts.into_iter().enumerate().collect();
            let step = Step { measure: key.measure, grow };
            let place = (key.channel, key.service);
            let dropped = self.site_there(site)?.fold(day, place, &[step], Direction::Subtract);
            dropped.map_err(|error| Broken::Contradiction(error.to_string()))?;
            self.retired.insert((site, day, key));
        }
        self.site_there(site)?.retired.remove_mut(&Bucket::of_day(day));
        Ok(())
    }

    /// Tells whoever watches of a response that counts from this commit on.
    pub fn announce(&mut self, site: SiteNo, time: Timestamp, id: ResponseId) {
        self.arrived.push(Arrived { site, time, id });
    }

    /// A day's cells of events as the store has them, with those that this commit will write.
    pub fn stored_events(
        &self,
        number: SiteNo,
        day: i32,
    ) -> Result<BTreeMap<CellKey, Cell>, Broken> {
        let mut stored = BTreeMap::new();
        for pair in self.scan(&keys::cells_of_day(keys::EVENTS, number, day)) {
            let (key, value) = pair?;
            let (_, _, cell_key) = keys::read_cell(&key).ok_or(Unreadable)?;
            stored.insert(cell_key, Cell::decode(&value)?);
        }
        let site = self.state.sites.get(&number);
        let cells = site.and_then(|site| site.events.get(&Bucket::of_day(day)));
        for (_, _, key) in self.events.iter().filter(|(of, at, _)| (*of, *at) == (number, day)) {
            stored.remove(key);
            stored.extend(cells.and_then(|cells| cells.get(key)).map(|cell| (*key, cell)));
        }
        Ok(stored)
    }

    /// Raises one count of an event's cell.
    pub fn add_event(
        &mut self,
        site: SiteNo,
        day: i32,
        key: CellKey,
        grow: (usize, u64),
    ) -> Result<(), Broken> {
        self.site_there(site)?.add_event(day, key, grow);
        self.events.insert((site, day, key));
        Ok(())
    }

    /// Drops all counts of a day's events.
    pub fn drop_events(&mut self, site: SiteNo, day: i32) -> Result<(), Broken> {
        let dropped = self.site_there(site)?.drop_events(day);
        self.events.extend(dropped.into_iter().map(|key| (site, day, key)));
        Ok(())
    }

    fn forget_row(&mut self, site: SiteNo, row: Row) -> Result<(), Broken> {
        if !self.site_there(site)?.rows.remove(&row) {
            return Err(Broken::Contradiction("a response is missing in the index".into()));
        }
        self.changes.push(Change::Remove(site, row));
        Ok(())
    }

    fn fold(&mut self, site: SiteNo, row: &Row, direction: Direction) -> Result<(), Broken> {
        let measures = self.measures(site, row)?;
        let folded = self.site_there(site)?.fold_row(row, &measures, direction);
        folded.map_err(|error| Broken::Contradiction(error.to_string()))
    }

    fn measures(&mut self, site: SiteNo, row: &Row) -> Result<Arc<LayoutMeasures>, Broken> {
        let missing = || Broken::Contradiction("the survey of a response is missing".into());
        self.site_there(site)?.number_measures(row.layout).ok_or_else(missing)
    }

    fn site_there(&mut self, site: SiteNo) -> Result<&mut Site, Broken> {
        let missing = || Broken::Contradiction(format!("site {site} is gone"));
        self.site_mut(site).ok_or_else(missing)
    }

    /// The writes to commit, the state to publish, and the keys to overwrite in between.
    pub(super) fn finish(mut self) -> Finished {
        for (&number, site) in &mut self.state.sites {
            if site.names.has_added() {
                for added in Arc::make_mut(site).names.take_added() {
                    let key = keys::name(number, added.list, added.number);
                    self.writes.insert(key, Some(added.name));
                }
            }
        }
        let of_rows = self.changes.iter().map(Change::site);
        let changed = of_rows.chain(self.events.iter().map(|(site, _, _)| *site)).collect();
        let news = News { changed, arrived: std::mem::take(&mut self.arrived) };
        let (retired, events) =
            (std::mem::take(&mut self.retired), std::mem::take(&mut self.events));
        self.write_cells(keys::RETIRED, retired, |site| &site.retired);
        self.write_cells(keys::EVENTS, events, |site| &site.events);
        let mut writes: Writes = self.writes.into_iter().collect();
        if !writes.is_empty() || !self.changes.is_empty() {
            self.state.commit += 1;
            journal::write(self.state.commit, &self.changes, &mut writes);
        }
        let changed = self.changes.len() as u64;
        Finished { writes, state: self.state, shreds: self.shreds, changed, news }
    }
}

impl Transaction<'_> {
    /// The cells as they are now, whole; those that count nothing are removed.
    fn write_cells(
        &mut self,
        list: &[u8],
        changed: BTreeSet<(SiteNo, i32, CellKey)>,
        cells_of: impl Fn(&Site) -> &Cells,
    ) {
        for (site, day, cell) in changed {
            let bucket = Bucket::of_day(day);
            let partition =
                self.state.sites.get(&site).and_then(|site| cells_of(site).get(&bucket));
            let value = partition.and_then(|cells| cells.get(&cell)).map(|cell| cell.encode());
            self.writes.insert(keys::cell(list, site, bucket, cell), value);
        }
    }
}

pub(super) struct Finished {
    pub writes: Writes,
    pub state: State,
    /// Slots whose keys are to be overwritten.
    pub shreds: Vec<u64>,
    /// Rows that came or went.
    pub changed: u64,
    pub news: News,
}
