//! Recounts every cell from the responses: the log is the truth, the cells are a cache.

use crate::fold::{self, Bucket, Cell, CellKey};
use crate::log::record::{self, StoredResponse};
use crate::log::{Broken, Transaction, keys};
use crate::state::Site;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const TOLD_MAX: usize = 20;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Verification {
    pub sites: u64,
    pub responses: u64,
    pub cells: u64,
    /// Cells that are not what the responses say; 0 when all is well.
    pub wrong: u64,
    /// The first of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<String>,
}

type Cells = BTreeMap<(Bucket, CellKey), Cell>;

/// Compares a plain recount with the cells in memory and with those on disk.
pub fn verify(transaction: &mut Transaction<'_>) -> Result<Verification, Broken> {
    transaction.write_cells();
    let mut found = Verification::default();
    for site in transaction.state().sites.values() {
        let (recounted, responses) = recount(transaction, site)?;
        let held = site.cells.iter().flat_map(|(bucket, partition)| {
            partition.iter().map(|(key, cell)| ((*bucket, *key), cell.clone()))
        });
        found.sites += 1;
        found.responses += responses;
        found.cells += recounted.len() as u64;
        compare(site, "in memory", &recounted, &held.collect(), &mut found);
        compare(site, "on disk", &recounted, &stored(transaction, site)?, &mut found);
    }
    Ok(found)
}

fn recount(transaction: &Transaction<'_>, site: &Site) -> Result<(Cells, u64), Broken> {
    let mut cells = Cells::new();
    let mut names = site.names.clone();
    let mut responses = 0;
    for pair in transaction.scan(&keys::of_site(keys::RESPONSES, site.number)) {
        let (key, value) = pair?;
        let unreadable = || Broken::Contradiction("a stored response cannot be read".into());
        let (time, _) = keys::read_response(&key).ok_or_else(unreadable)?;
        let stored: StoredResponse = record::decode(&value).map_err(|_| unreadable())?;
        let survey = names.survey_key(stored.survey).unwrap_or_default().to_owned();
        let survey = site.survey_version(&survey, stored.survey_version).ok_or_else(unreadable)?;
        let steps = fold::steps(&stored, survey, &mut names);
        for bucket in fold::buckets(time, &site.zone) {
            for step in &steps {
                let (channel, service) = (stored.channel, stored.service);
                let key = CellKey { measure: step.measure, channel, service };
                cells.entry((bucket, key)).or_default().add(&step.grow);
            }
        }
        responses += 1;
    }
    Ok((cells, responses))
}

fn stored(transaction: &Transaction<'_>, site: &Site) -> Result<Cells, Broken> {
    let mut cells = Cells::new();
    for pair in transaction.scan(&keys::of_site(keys::CELLS, site.number)) {
        let (key, value) = pair?;
        let unreadable = || Broken::Contradiction("a stored cell cannot be read".into());
        let (_, bucket, cell_key) = keys::read_cell(&key).ok_or_else(unreadable)?;
        let cell = Cell::decode(&value).map_err(|_| unreadable())?;
        cells.insert((bucket, cell_key), cell);
    }
    Ok(cells)
}

fn compare(site: &Site, place: &str, expected: &Cells, actual: &Cells, found: &mut Verification) {
    let mut wrong = |bucket: &Bucket, key: &CellKey, what: &str| {
        found.wrong += 1;
        if found.details.len() < TOLD_MAX {
            let name = &site.record.site;
            found.details.push(format!("{name}: {bucket:?} {key:?} {place} {what}"));
        }
    };
    for ((bucket, key), cell) in expected {
        match actual.get(&(*bucket, *key)) {
            Some(same) if same == cell => {}
            Some(_) => wrong(bucket, key, "has other counts than the responses"),
            None => wrong(bucket, key, "is missing"),
        }
    }
    for (bucket, key) in actual.keys().filter(|key| !expected.contains_key(key)) {
        wrong(bucket, key, "counts responses that are not there");
    }
}
