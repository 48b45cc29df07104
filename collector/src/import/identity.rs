//! Ids that are the same each time the same file is read, so that importing it again changes
//! nothing: from the file's own id, else from what is in the row and how often it came before.

use super::rows::{Column, Row};
use sha2::{Digest, Sha256};
use shared::ResponseId;
use std::collections::{HashMap, HashSet};
use thiserror::Error;

/// Rows without an id of their own that are told apart in one file, about 100 MB of memory.
const DIFFERENT_ROWS_MAX: usize = 4_000_000;

#[derive(Debug, Error)]
#[error(
    "the file has more than {DIFFERENT_ROWS_MAX} different rows and no column with ids; name one with --map id=COLUMN, or split the file and give each part its --source"
)]
pub struct TooManyRows;

/// Makes ids for one reading of one file.
pub struct Identity {
    prefix: Sha256,
    own: Option<usize>,
    /// Columns by their names, so that their order does not matter.
    order: Vec<(usize, String)>,
    seen: HashSet<u64>,
    /// Of rows that came more than once: how often so far.
    repeated: HashMap<u64, u32>,
}

impl Identity {
    /// `source` keeps the ids of two tools apart; `own` is the column of the file's own ids.
    pub fn new(site: &str, source: &str, own: Option<usize>, columns: &[Column]) -> Self {
        let mut prefix = Sha256::new_with_prefix(b"ascolto import 1");
        add(&mut prefix, site);
        add(&mut prefix, source);
        let mut order: Vec<_> =
            columns.iter().enumerate().map(|(place, c)| (place, c.name.clone())).collect();
        order.sort_by(|a, b| a.1.cmp(&b.1));
        Self { prefix, own, order, seen: HashSet::new(), repeated: HashMap::new() }
    }

    /// A UUIDv7 in the file stays as it is. Others get the time 0: a corrected date does not make
    /// another response.
    pub fn of(&mut self, row: &Row) -> Result<ResponseId, TooManyRows> {
        let own = self.own.and_then(|column| row.cells.get(column)).map(|cell| cell.trim());
        if let Some(own) = own.filter(|own| !own.is_empty()) {
            return Ok(ResponseId::parse(own).unwrap_or_else(|_| self.of_own(own)));
        }
        let mut hash = self.prefix.clone();
        hash.update(b"row");
        // Blank cells are left out: a question that came later does not change the rows before it.
        for (place, name) in &self.order {
            let cell = row.cells.get(*place).map_or("", |cell| cell.trim());
            if !cell.is_empty() {
                add(&mut hash, name);
                add(&mut hash, cell);
            }
        }
        let times = self.times(&hash)?;
        hash.update(times.to_be_bytes());
        Ok(id(&hash))
    }

    fn of_own(&self, own: &str) -> ResponseId {
        let mut hash = self.prefix.clone();
        hash.update(b"id");
        add(&mut hash, own);
        id(&hash)
    }

    /// How often the same row came before.
    fn times(&mut self, hash: &Sha256) -> Result<u32, TooManyRows> {
        let digest = hash.clone().finalize();
        let key = u64::from_be_bytes(std::array::from_fn(|place| digest[place]));
        if !self.seen.contains(&key) {
            if self.seen.len() == DIFFERENT_ROWS_MAX {
                return Err(TooManyRows);
            }
            self.seen.insert(key);
            return Ok(0);
        }
        let times = self.repeated.entry(key).or_default();
        *times = times.saturating_add(1);
        Ok(*times)
    }
}

/// Words with their length, so that no two lists of words are alike.
fn add(hash: &mut Sha256, words: &str) {
    hash.update((words.len() as u64).to_be_bytes());
    hash.update(words.as_bytes());
}

fn id(hash: &Sha256) -> ResponseId {
    let digest = hash.clone().finalize();
    ResponseId::new(0, std::array::from_fn(|place| digest[place]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(source: &str, own: Option<usize>, names: &[&str], rows: &[&[&str]]) -> Vec<String> {
        let column = |name: &&str| Column { name: (*name).to_owned(), label: None };
        let columns: Vec<Column> = names.iter().map(column).collect();
        let mut identity = Identity::new("st_1", source, own, &columns);
        let cells = |row: &&[&str]| row.iter().map(|cell| (*cell).to_owned()).collect();
        let mut of = |row: &&[&str]| identity.of(&Row { line: 1, cells: cells(row) });
        rows.iter().map(|row| of(row).unwrap().to_string()).collect()
    }

    #[test]
    fn ids_are_made_of_what_is_in_the_row() {
        let first = ids("", None, &["a", "b"], &[&["1", "x"], &["2", "y"], &["1", "x"]]);
        assert_ne!(first[0], first[2], "the same row twice is two responses");
        let newer =
            ids("", None, &["a", "b"], &[&["3", "z"], &["1", "x"], &["1", "x"], &["2", "y"]]);
        assert_eq!([&newer[1], &newer[2], &newer[3]], [&first[0], &first[2], &first[1]]);
        let wider = ids("", None, &["b", "c", "a"], &[&["x", "", "1"]]);
        assert_eq!(wider[0], first[0], "a new, blank column and another order");
        let own = ids("", Some(0), &["a", "b"], &[&["1", "x"], &["1", "y"], &["", "x"]]);
        assert_eq!(own[0], own[1], "its own id alone counts");
        assert_ne!(own[0], own[2]);
        assert_ne!(own[0], ids("other", Some(0), &["a", "b"], &[&["1", "x"]])[0]);
        let kept = "019ab3c4-5d6e-7f80-9abc-def012345678";
        assert_eq!(ids("", Some(0), &["a"], &[&[kept]]), [kept]);
    }
}
