//! What each commit changed in the index, kept in the store beside the responses until a
//! checkpoint of the index holds it: the index is then as old as the responses after any crash.

use super::disk::{Disk, VALUE_BYTES_MAX, Writes};
use super::keys;
use super::record::{self, Unreadable};
use crate::fold::BelowZero;
use crate::index::{ROW_FORMAT, Row};
use crate::state::{Direction, Site, SiteNo};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    Add(SiteNo, Row),
    Remove(SiteNo, Row),
    /// The whole site is gone.
    Drop(SiteNo),
}

impl Change {
    pub const fn site(&self) -> SiteNo {
        match self {
            Self::Add(site, _) | Self::Remove(site, _) | Self::Drop(site) => *site,
        }
    }
}

/// Appends a commit's changes to its writes, in values that the store takes.
pub fn write(commit: u64, changes: &[Change], writes: &mut Writes) {
    let mut part = 0;
    let mut value: Vec<u8> = Vec::new();
    for change in changes {
        let bytes = record::postcard(change, vec![ROW_FORMAT]);
        let size = u32::try_from(bytes.len()).expect("a row is far below 4 GiB");
        if !value.is_empty() && value.len() + bytes.len() + 4 > VALUE_BYTES_MAX {
            writes.push((keys::journal(commit, part), Some(std::mem::take(&mut value))));
            part += 1;
        }
        value.extend_from_slice(&size.to_le_bytes());
        value.extend_from_slice(&bytes);
    }
    if !value.is_empty() {
        writes.push((keys::journal(commit, part), Some(value)));
    }
}

/// The changes of one value, in order. Rows of another format than ours are not taken for ours: the
/// index is then made again.
fn read(mut value: &[u8]) -> Result<Vec<Change>, Unreadable> {
    let mut changes = Vec::new();
    while let Some((size, rest)) = value.split_first_chunk::<4>() {
        let size = u32::from_le_bytes(*size) as usize;
        let (bytes, rest) = rest.split_at_checked(size).ok_or(Unreadable)?;
        let change = bytes.strip_prefix(&[ROW_FORMAT]).ok_or(Unreadable)?;
        changes.push(postcard::from_bytes(change).map_err(|_| Unreadable)?);
        value = rest;
    }
    if value.is_empty() { Ok(changes) } else { Err(Unreadable) }
}

#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    #[error("the store cannot be read: {0}")]
    Store(#[from] sled::Error),
    #[error("the journal cannot be read")]
    Unreadable(#[from] Unreadable),
    #[error("the journal takes away a row that is not there")]
    Missing,
    #[error("the journal takes away what was not counted")]
    Uncounted(#[from] BelowZero),
}

/// Brings the rows from the state after commit `from` to the newest, and with `counted` the cells
/// too; gives back how many rows changed.
pub fn replay(
    disk: &Disk,
    from: u64,
    counted: bool,
    sites: &mut BTreeMap<SiteNo, Site>,
) -> Result<u64, ReplayError> {
    let mut changed = 0;
    for pair in disk.range(&keys::journal(from + 1, 0), &keys::journal(u64::MAX, u32::MAX)) {
        for change in read(&pair?.1)? {
            changed += 1;
            // A site that was deleted later has no place for it any more.
            let Some(site) = sites.get_mut(&change.site()) else { continue };
            let (row, direction) = match change {
                Change::Add(_, row) => (row, Direction::Add),
                Change::Remove(_, row) => (row, Direction::Subtract),
                Change::Drop(_) => continue,
            };
            if counted {
                let measures = site.number_measures(row.layout).ok_or(ReplayError::Missing)?;
                site.fold_row(&row, &measures, direction)?;
            }
            match direction {
                Direction::Add => site.rows.add(row),
                Direction::Subtract if site.rows.remove(&row) => {}
                Direction::Subtract => return Err(ReplayError::Missing),
            }
        }
    }
    Ok(changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_commit_is_split_and_reads_back_in_order() {
        let row = |day| Row { day, labels: vec![7; 2_000], ..Row::default() };
        let mut changes: Vec<Change> = (0..100).map(|day| Change::Add(1, row(day))).collect();
        changes.push(Change::Remove(1, row(3)));
        changes.push(Change::Drop(2));
        let mut writes = Writes::new();
        write(9, &changes, &mut writes);
        assert!(writes.len() > 1 && writes.is_sorted());
        let values = writes.into_iter().map(|(_, value)| value.unwrap());
        let back = values.flat_map(|value| {
            assert!(value.len() <= VALUE_BYTES_MAX);
            read(&value).unwrap()
        });
        assert_eq!(back.collect::<Vec<_>>(), changes);
        let change = record::postcard(&Change::Drop(2), vec![ROW_FORMAT - 1]);
        let earlier = [&[change.len() as u8, 0, 0, 0], change.as_slice()].concat();
        assert!(read(&earlier).is_err(), "rows of another format are not taken for ours");
        assert!(read(&[9, 0, 0, 0, 1]).is_err() && read(&[1]).is_err());
    }
}
