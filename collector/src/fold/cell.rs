//! A cell: counts of one measure on one channel for one service in one bucket of time.

use std::collections::BTreeMap;
use thiserror::Error;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CellKey {
    pub measure: u32,
    pub channel: u32,
    /// 0 for none.
    pub service: u32,
}

/// All cells of one bucket. At most a few hundred, so that copying it for a new version is cheap.
pub type Partition = BTreeMap<CellKey, Cell>;

/// Counts by position; what a position means is the measure's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell(Vec<u64>);

#[derive(Debug, Error)]
#[error("a count would fall below zero: the cells do not belong to these responses")]
pub struct BelowZero;

impl Cell {
    pub fn counts(&self) -> &[u64] {
        &self.0
    }

    pub fn add(&mut self, grow: &[(usize, u64)]) {
        for &(position, by) in grow {
            if self.0.len() <= position {
                self.0.resize(position + 1, 0);
            }
            self.0[position] += by;
        }
    }

    /// Takes back what `add` did; a cell that counts nothing is empty again.
    pub fn subtract(&mut self, grow: &[(usize, u64)]) -> Result<(), BelowZero> {
        for &(position, by) in grow {
            let count = self.0.get_mut(position).ok_or(BelowZero)?;
            *count = count.checked_sub(by).ok_or(BelowZero)?;
        }
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
        Ok(())
    }

    pub fn merge(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        self.0.iter_mut().zip(&other.0).for_each(|(mine, theirs)| *mine += theirs);
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn encode(&self) -> Vec<u8> {
        crate::log::record::encode(&self.0)
    }

    pub fn decode(bytes: &[u8]) -> Result<Self, crate::log::record::Unreadable> {
        crate::log::record::decode(bytes).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subtracting_undoes_adding() {
        let mut cell = Cell::default();
        cell.add(&[(3, 1)]);
        let before = cell.clone();
        cell.add(&[(9, 2), (1, 1)]);
        cell.subtract(&[(9, 2), (1, 1)]).unwrap();
        assert_eq!(cell, before);
        cell.subtract(&[(3, 1)]).unwrap();
        assert!(cell.is_empty());
        assert!(cell.subtract(&[(3, 1)]).is_err());
        assert_eq!(Cell::decode(&before.encode()).unwrap(), before);
    }
}
