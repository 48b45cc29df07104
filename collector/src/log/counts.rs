//! The counts of a checkpoint's rows, in a file beside it: to count the rows again would be most of a
//! start. Like all of the index it can be made again.

use super::checkpoint::{checked, unchecked};
use super::folder::write_whole_bytes;
use super::record;
use crate::fold::{BelowZero, CellKey, Granularity, Partition};
use crate::state::{Site, SiteNo, State};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

const NAME: &str = "counts-";
/// Changes with what is folded from a row, and how: counts of another format are made again.
const FORMAT: u32 = 2;

#[derive(Serialize, Deserialize)]
struct CountsFile {
    format: u32,
    sites: Vec<(SiteNo, Vec<DayRecord>)>,
}

type DayRecord = (i32, Vec<CellRecord>);
/// Measure, channel, service, and the counts.
type CellRecord = ((u32, u32, u32), Vec<u64>);

/// Of the rows of all sites, by day.
pub struct Counts(BTreeMap<SiteNo, Vec<DayRecord>>);

/// Writes the counts of a state's rows; returns when they can be read back, once the folder is
/// synced.
pub fn write(folder: &Path, state: &State) -> io::Result<()> {
    let days = state.sites.values().map(|site| {
        let days = days_of(site).map_err(io::Error::other)?;
        Ok((site.number, days))
    });
    let file = CountsFile { format: FORMAT, sites: days.collect::<io::Result<_>>()? };
    write_whole_bytes(folder, &file_name(state.commit), &checked(record::encode(&file)))
}

/// What the rows count: all that is counted, but for those whose responses are gone.
fn days_of(site: &Site) -> Result<Vec<DayRecord>, BelowZero> {
    let days = site.cells.iter().filter(|(bucket, _)| bucket.granularity == Granularity::Day);
    let days = days.map(|(bucket, cells)| {
        let Some(retired) = site.retired.get(bucket) else {
            return Ok((bucket.start, records(cells)));
        };
        let mut of_rows = Partition::clone(cells);
        for (key, counts) in retired.iter() {
            let shrink: Vec<_> = counts.iter().copied().enumerate().collect();
            of_rows.subtract(*key, &shrink)?;
        }
        Ok((bucket.start, records(&of_rows)))
    });
    days.collect()
}

fn records(cells: &Partition) -> Vec<CellRecord> {
    let record = |(key, counts): (&CellKey, &[u64])| {
        ((key.measure, key.channel, key.service), counts.to_vec())
    };
    cells.iter().map(record).collect()
}

/// The counts as they were after a commit; `None` where they cannot be read.
pub fn read(folder: &Path, commit: u64) -> Option<Counts> {
    let bytes = fs::read(folder.join(file_name(commit))).ok()?;
    let file: CountsFile = record::decode(unchecked(&bytes)?).ok()?;
    (file.format == FORMAT).then(|| Counts(file.sites.into_iter().collect()))
}

/// Removes those of other commits.
pub fn remove_others(folder: &Path, commit: u64) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.starts_with(NAME) && name != file_name(commit) {
            fs::remove_file(folder.join(name))?;
        }
    }
    Ok(())
}

impl Counts {
    /// Adds them to the cells of the sites, which have none yet.
    pub fn restore(self, sites: &mut BTreeMap<SiteNo, Site>) {
        for (site, days) in self.0 {
            let Some(site) = sites.get_mut(&site) else { continue };
            for (day, cells) in days {
                for ((measure, channel, service), counts) in cells {
                    site.merge(day, CellKey { measure, channel, service }, &counts);
                }
            }
        }
    }
}

fn file_name(commit: u64) -> String {
    format!("{NAME}{commit:020}")
}
