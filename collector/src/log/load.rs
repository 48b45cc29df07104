//! The state at start: everything but the responses, which are only counted by their cells.

use super::disk::{Disk, OpenError};
use super::keys;
use crate::fold::{Bucket, Cell, Partition};
use crate::state::{Site, SiteNo, State};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

pub fn state(disk: &Disk) -> Result<State, OpenError> {
    let mut state = State::default();
    if let Some(secret) = disk.get(keys::SECRET).map_err(unreadable)? {
        state.secret = secret.try_into().map_err(|_| damaged("the secret"))?;
    }
    if let Some(last) = disk.get(keys::LAST_SITE).map_err(unreadable)? {
        state.last_site = number(&last, 0)?;
    }
    let mut sites = load_sites(disk)?;
    load_surveys(disk, &mut sites)?;
    load_names(disk, &mut sites)?;
    load_cells(disk, &mut sites)?;
    state.sites = sites.into_iter().map(|(number, site)| (number, Arc::new(site))).collect();
    let mut tokens = BTreeMap::new();
    for pair in disk.scan(keys::TOKENS) {
        let (key, value) = pair.map_err(unreadable)?;
        let hash = key[1..].try_into().map_err(|_| damaged("a token"))?;
        tokens.insert(hash, serde_json::from_slice(&value).map_err(|_| damaged("a token"))?);
    }
    state.tokens = Arc::new(tokens);
    Ok(state)
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

fn load_surveys(disk: &Disk, sites: &mut BTreeMap<SiteNo, Site>) -> Result<(), OpenError> {
    for pair in disk.scan(keys::SURVEYS) {
        let (key, value) = pair.map_err(unreadable)?;
        let site = sites.get_mut(&number(&key, 1)?).ok_or_else(|| damaged("a survey's site"))?;
        let survey: shared::Survey =
            serde_json::from_slice(&value).map_err(|_| damaged("a survey"))?;
        let versions = Arc::make_mut(&mut site.surveys).entry(survey.key.clone()).or_default();
        versions.push(Arc::new(survey));
    }
    Ok(())
}

fn load_names(disk: &Disk, sites: &mut BTreeMap<SiteNo, Site>) -> Result<(), OpenError> {
    for pair in disk.scan(keys::NAMES) {
        let (key, value) = pair.map_err(unreadable)?;
        let site = sites.get_mut(&number(&key, 1)?).ok_or_else(|| damaged("a name's site"))?;
        let list = *key.get(5).ok_or_else(|| damaged("a name"))?;
        let restored = site.names.restore(list, number(&key, 6)?, &value);
        restored.ok_or_else(|| damaged("a name"))?;
    }
    Ok(())
}

fn load_cells(disk: &Disk, sites: &mut BTreeMap<SiteNo, Site>) -> Result<(), OpenError> {
    let mut open: Option<(SiteNo, Bucket, Partition)> = None;
    // Keys sort by site and bucket: each partition is read in one stretch.
    for pair in disk.scan(keys::CELLS) {
        let (key, value) = pair.map_err(unreadable)?;
        let (site, bucket, cell_key) = keys::read_cell(&key).ok_or_else(|| damaged("a cell"))?;
        let cell = Cell::decode(&value).map_err(|_| damaged("a cell"))?;
        match &mut open {
            Some((s, b, partition)) if *s == site && *b == bucket => {
                partition.insert(cell_key, cell);
            }
            _ => {
                let next = (site, bucket, Partition::from([(cell_key, cell)]));
                close(open.replace(next), sites)?;
            }
        }
    }
    close(open, sites)
}

fn close(
    finished: Option<(SiteNo, Bucket, Partition)>,
    sites: &mut BTreeMap<SiteNo, Site>,
) -> Result<(), OpenError> {
    if let Some((site, bucket, partition)) = finished {
        let site = sites.get_mut(&site).ok_or_else(|| damaged("a cell's site"))?;
        site.cells.insert_mut(bucket, Arc::new(partition));
    }
    Ok(())
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
