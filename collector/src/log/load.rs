//! The state at start: settings and names from the store, rows and cells from the checkpoint and
//! the journal that followed it. No response is read, unless the rows have to be made again.

use super::checkpoint::{self, Checkpoint};
use super::disk::{Disk, OpenError, ReadError};
use super::{journal, keys};
use crate::fold::{Bucket, Cell};
use crate::index::Layout;
use crate::state::{Cells, Site, SiteNo, State, partition_mut};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

pub struct Loaded {
    pub state: State,
    /// Rows changed since the checkpoint.
    pub journaled: u64,
    /// Keys of `seals` whose overwriting was not noted as done.
    pub shreds: Vec<u64>,
}

/// `last`: the last checkpoint, where one can be read.
pub fn state(disk: &Disk, last: Option<Checkpoint>) -> Result<Loaded, OpenError> {
    let mut state = State { commit: disk.commits(), ..State::default() };
    if let Some(secret) = disk.get(keys::SECRET).map_err(unreadable)? {
        state.secret = secret.try_into().map_err(|_| damaged("the secret"))?;
    }
    if let Some(last) = disk.get(keys::LAST_SITE).map_err(unreadable)? {
        state.last_site = number(&last, 0)?;
    }
    state.next_slot = long_number(disk, keys::NEXT_SLOT)?;
    let gone = gone(disk)?;
    let mut sites = load_sites(disk)?;
    load_surveys(disk, &mut sites, &gone)?;
    load_names(disk, &mut sites, &gone)?;
    count_links(disk, &mut sites, &gone)?;
    load_retired(disk, &mut sites, &gone)?;
    load_events(disk, &mut sites)?;
    let journaled = load_rows(disk, last, &mut sites, state.commit)?;
    sites.values_mut().for_each(add_retired);
    state.sites = sites.into_iter().map(|(number, site)| (number, Arc::new(site))).collect();
    state.tokens = Arc::new(load_tokens(disk)?);
    let shreds = disk.scan(keys::SHREDS).map(|pair| {
        let (key, _) = pair.map_err(unreadable)?;
        keys::read_shred(&key).ok_or_else(|| damaged("a key to overwrite"))
    });
    let shreds = shreds.collect::<Result<_, _>>()?;
    Ok(Loaded { state, journaled, shreds })
}

fn long_number(disk: &Disk, key: &[u8]) -> Result<u64, OpenError> {
    let bytes = disk.get(key).map_err(unreadable)?;
    let number = bytes.map(|bytes| bytes.try_into().map(u64::from_be_bytes));
    number.transpose().map(Option::unwrap_or_default).map_err(|_| damaged("a number"))
}

/// Deleted sites whose data may still lie there.
fn gone(disk: &Disk) -> Result<BTreeSet<SiteNo>, OpenError> {
    disk.scan(keys::GONE).map(|pair| number(&pair.map_err(unreadable)?.0, 1)).collect()
}

fn load_tokens(disk: &Disk) -> Result<BTreeMap<[u8; 32], crate::state::TokenRecord>, OpenError> {
    let mut tokens = BTreeMap::new();
    for pair in disk.scan(keys::TOKENS) {
        let (key, value) = pair.map_err(unreadable)?;
        let hash = key[1..].try_into().map_err(|_| damaged("a token"))?;
        tokens.insert(hash, serde_json::from_slice(&value).map_err(|_| damaged("a token"))?);
    }
    Ok(tokens)
}

/// From the checkpoint and what came after it, else from the responses; with the cells of the rows.
/// Gives back how many rows changed since the checkpoint.
fn load_rows(
    disk: &Disk,
    last: Option<Checkpoint>,
    sites: &mut BTreeMap<SiteNo, Site>,
    commit: u64,
) -> Result<u64, OpenError> {
    let trimmed = long_number(disk, keys::TRIMMED)?;
    let last = last.filter(|_| !disk.is_of_older_format());
    let from = last.as_ref().map(|last| last.commit);
    let counts = last.and_then(|last| last.restore(sites));
    // Before the first checkpoint the journal alone holds everything.
    let from = from.or((trimmed == 0 && !disk.is_of_older_format()).then_some(0));
    if let Some(from) = from.filter(|from| (trimmed..=commit).contains(from)) {
        let counted = counts.is_some();
        if let Some(counts) = counts {
            sites.values_mut().try_for_each(number_measures)?;
            counts.restore(sites);
        }
        match journal::replay(disk, from, counted, sites) {
            Ok(changed) if counted => return Ok(changed),
            Ok(changed) => {
                sites.values_mut().try_for_each(fold_rows)?;
                // Their counts are written at once: what was counted is a change.
                let counted = sites.values().any(|site| site.rows.rows() > 0);
                return Ok(changed.max(u64::from(counted)));
            }
            Err(journal::ReplayError::Store(error)) => return Err(unreadable(error)),
            Err(error) => tracing::warn!("the index is not what the log says: {error}"),
        }
    }
    tracing::info!("the index is made again from the responses");
    let rows = checkpoint::rebuild(disk, sites).map_err(|error| match error {
        ReadError::Store(error) => unreadable(error),
        ReadError::Unreadable(_) => damaged("a response"),
    })?;
    sites.values_mut().try_for_each(fold_rows)?;
    // So that the next checkpoint comes at once.
    Ok(rows.max(u64::MAX / 2))
}

fn number_measures(site: &mut Site) -> Result<(), OpenError> {
    let layouts: Vec<Layout> = site.rows.shelves().map(|(layout, _)| *layout).collect();
    for layout in &layouts {
        site.number_measures(*layout).ok_or_else(|| damaged("a response's survey"))?;
    }
    Ok(())
}

/// The cells of all rows, counted.
fn fold_rows(site: &mut Site) -> Result<(), OpenError> {
    tracing::info!(rows = site.rows.rows(), "the rows of a site are counted");
    number_measures(site)?;
    site.cells = Cells::default();
    let mut counted = Vec::new();
    site.each_counted_row_cell(None, None, |day, key, cell| counted.push((day, key, cell)));
    counted.iter().for_each(|(day, key, cell)| site.merge(*day, *key, cell.counts()));
    Ok(())
}

/// The counts of responses that are gone are counts too.
fn add_retired(site: &mut Site) {
    let retired = site.retired.clone();
    for (bucket, partition) in retired.iter() {
        partition.iter().for_each(|(key, counts)| site.merge(bucket.start, *key, counts));
    }
}

fn load_sites(disk: &Disk) -> Result<BTreeMap<SiteNo, Site>, OpenError> {
    let mut sites = BTreeMap::new();
    for pair in disk.scan(keys::SITES) {
        let (key, value) = pair.map_err(unreadable)?;
        let number = number(&key, 1)?;
        let record = serde_json::from_slice(&value).map_err(|_| damaged("a site"))?;
        let site = Site::new(number, record).ok_or_else(|| damaged("a site's time zone"))?;
        sites.insert(number, site);
    }
    Ok(sites)
}

fn load_surveys(
    disk: &Disk,
    sites: &mut BTreeMap<SiteNo, Site>,
    gone: &BTreeSet<SiteNo>,
) -> Result<(), OpenError> {
    for pair in disk.scan(keys::SURVEYS) {
        let (key, value) = pair.map_err(unreadable)?;
        let Some(site) = site_of(&key, sites, gone, "a survey's site")? else { continue };
        let survey: shared::Survey =
            serde_json::from_slice(&value).map_err(|_| damaged("a survey"))?;
        let versions = Arc::make_mut(&mut site.surveys).entry(survey.key.clone()).or_default();
        versions.push(Arc::new(survey));
    }
    Ok(())
}

fn load_names(
    disk: &Disk,
    sites: &mut BTreeMap<SiteNo, Site>,
    gone: &BTreeSet<SiteNo>,
) -> Result<(), OpenError> {
    for pair in disk.scan(keys::NAMES) {
        let (key, value) = pair.map_err(unreadable)?;
        let Some(site) = site_of(&key, sites, gone, "a name's site")? else { continue };
        let list = *key.get(5).ok_or_else(|| damaged("a name"))?;
        let restored = site.names.restore(list, number(&key, 6)?, &value);
        restored.ok_or_else(|| damaged("a name"))?;
    }
    Ok(())
}

fn count_links(
    disk: &Disk,
    sites: &mut BTreeMap<SiteNo, Site>,
    gone: &BTreeSet<SiteNo>,
) -> Result<(), OpenError> {
    for pair in disk.scan(keys::LINKS) {
        let (key, _) = pair.map_err(unreadable)?;
        if let Some(site) = site_of(&key, sites, gone, "a link's site")? {
            site.short_links += 1;
        }
    }
    Ok(())
}

/// Counts without responses. The first format kept those of all responses here, by hour too: they
/// are made again from the rows, and the store's are removed by `Writer::open`.
fn load_retired(
    disk: &Disk,
    sites: &mut BTreeMap<SiteNo, Site>,
    gone: &BTreeSet<SiteNo>,
) -> Result<(), OpenError> {
    if disk.is_of_older_format() {
        return Ok(());
    }
    for pair in disk.scan(keys::RETIRED) {
        let (key, value) = pair.map_err(unreadable)?;
        let Some(site) = site_of(&key, sites, gone, "a cell's site")? else { continue };
        let (_, bucket, cell_key) = keys::read_cell(&key).ok_or_else(|| damaged("a cell"))?;
        let cell = Cell::decode(&value).map_err(|_| damaged("a cell"))?;
        partition_mut(&mut site.retired, Bucket::of_day(bucket.start))
            .merge(cell_key, cell.counts());
    }
    Ok(())
}

/// A program that does not know events leaves those of a deleted site behind: nobody's are passed
/// over.
fn load_events(disk: &Disk, sites: &mut BTreeMap<SiteNo, Site>) -> Result<(), OpenError> {
    for pair in disk.scan(keys::EVENTS) {
        let (key, value) = pair.map_err(unreadable)?;
        let (site, bucket, cell_key) = keys::read_cell(&key).ok_or_else(|| damaged("an event"))?;
        let cell = Cell::decode(&value).map_err(|_| damaged("an event"))?;
        if let Some(site) = sites.get_mut(&site) {
            site.restore_events(bucket.start, cell_key, cell.counts());
        }
    }
    Ok(())
}

/// The site that a key belongs to; `None` where it was deleted.
fn site_of<'a>(
    key: &[u8],
    sites: &'a mut BTreeMap<SiteNo, Site>,
    gone: &BTreeSet<SiteNo>,
    what: &str,
) -> Result<Option<&'a mut Site>, OpenError> {
    let number = number(key, 1)?;
    match sites.get_mut(&number) {
        None if !gone.contains(&number) => Err(damaged(what)),
        site => Ok(site),
    }
}

fn number(key: &[u8], from: usize) -> Result<u32, OpenError> {
    let bytes = key.get(from..from + 4).and_then(|bytes| bytes.try_into().ok());
    bytes.map(u32::from_be_bytes).ok_or_else(|| damaged("a key"))
}

fn unreadable(error: sled::Error) -> OpenError {
    OpenError::Corrupt(PathBuf::from("the store"), error.to_string())
}

fn damaged(what: &str) -> OpenError {
    OpenError::Corrupt(PathBuf::from("the store"), format!("{what} cannot be read"))
}
