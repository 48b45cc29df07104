//! A cell: counts of one measure on one channel for one service in one bucket of time.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use thiserror::Error;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CellKey {
    pub measure: u32,
    pub channel: u32,
    /// 0 for none.
    pub service: u32,
}

/// Counts by position; what a position means is the measure's. Never ends with a zero.
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

    pub fn merge(&mut self, counts: &[u64]) {
        if self.0.len() < counts.len() {
            self.0.resize(counts.len(), 0);
        }
        self.0.iter_mut().zip(counts).for_each(|(mine, theirs)| *mine += theirs);
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

/// All cells of one bucket, packed: the writer copies a partition for each commit that touches it,
/// and a summary walks hundreds of them.
#[derive(Clone, Debug, Default)]
pub struct Partition {
    /// Sorted by key; the end of a cell's counts is the beginning of those of the next in `counts`.
    cells: Vec<Packed>,
    counts: Vec<u64>,
    /// Summed over channels and services, when a reader first wants it.
    summed: OnceLock<Box<Self>>,
}

#[derive(Clone, Copy, Debug)]
struct Packed {
    key: CellKey,
    start: u32,
    width: u32,
}

impl Packed {
    const fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.start as usize + self.width as usize
    }
}

impl Partition {
    pub fn add(&mut self, key: CellKey, grow: &[(usize, u64)]) {
        let width = grow.iter().map(|(position, _)| position + 1).max().unwrap_or_default();
        let counts = self.cell_mut(key, width);
        grow.iter().for_each(|&(position, by)| counts[position] += by);
    }

    pub fn subtract(&mut self, key: CellKey, grow: &[(usize, u64)]) -> Result<(), BelowZero> {
        self.summed.take();
        let place = self.place(&key).map_err(|_| BelowZero)?;
        let counts = &mut self.counts[self.cells[place].range()];
        for &(position, by) in grow {
            let count = counts.get_mut(position).ok_or(BelowZero)?;
            *count = count.checked_sub(by).ok_or(BelowZero)?;
        }
        Ok(())
    }

    pub fn merge(&mut self, key: CellKey, more: &[u64]) {
        let counts = self.cell_mut(key, more.len());
        counts.iter_mut().zip(more).for_each(|(mine, theirs)| *mine += theirs);
    }

    /// The cells that count something.
    pub fn iter(&self) -> impl Iterator<Item = (&CellKey, &[u64])> {
        let cells = self.cells.iter().map(|packed| (&packed.key, &self.counts[packed.range()]));
        cells.filter(|(_, counts)| counts.iter().any(|count| *count != 0))
    }

    /// The cells of one measure, those that count nothing included.
    pub fn of_measure(&self, measure: u32) -> impl Iterator<Item = (&CellKey, &[u64])> {
        let start = self.cells.partition_point(|packed| packed.key.measure < measure);
        let cells = self.cells[start..].iter().take_while(move |p| p.key.measure == measure);
        cells.map(|packed| (&packed.key, &self.counts[packed.range()]))
    }

    pub fn is_empty(&self) -> bool {
        self.counts.iter().all(|count| *count == 0)
    }

    /// As a map, with the zeros at the end of each cell left out: to compare and to store.
    pub fn to_map(&self) -> BTreeMap<CellKey, Cell> {
        let trimmed = |counts: &[u64]| {
            let used = counts.iter().rposition(|count| *count != 0).map_or(0, |last| last + 1);
            Cell(counts[..used].to_vec())
        };
        self.iter().map(|(key, counts)| (*key, trimmed(counts))).collect()
    }

    pub fn get(&self, key: &CellKey) -> Option<Cell> {
        let packed = self.cells[self.place(key).ok()?];
        let mut cell = Cell(self.counts[packed.range()].to_vec());
        cell.subtract(&[]).ok()?;
        Some(cell).filter(|cell| !cell.is_empty())
    }

    /// Cells, those that count nothing included.
    pub const fn len(&self) -> usize {
        self.cells.len()
    }

    fn place(&self, key: &CellKey) -> Result<usize, usize> {
        self.cells.binary_search_by_key(key, |packed| packed.key)
    }

    /// The counts of each measure over all channels and services, under channel and service 0: most
    /// questions need no more, and a trend asks it of hundreds of days that no longer change.
    pub fn summed(&self) -> &Self {
        self.summed.get_or_init(|| {
            let mut summed = Self::default();
            for (key, counts) in self.iter() {
                summed.merge(CellKey { channel: 0, service: 0, ..*key }, counts);
            }
            Box::new(summed)
        })
    }

    /// The counts of a cell, made or widened to at least `width`.
    fn cell_mut(&mut self, key: CellKey, width: usize) -> &mut [u64] {
        self.summed.take();
        let place = self.place(&key).unwrap_or_else(|place| {
            self.cells.insert(place, Packed { key, start: 0, width: 0 });
            place
        });
        let packed = &mut self.cells[place];
        if (packed.width as usize) < width {
            // Cells only widen a few times in their life: the old place is left unused.
            let old = packed.range();
            let start = self.counts.len();
            self.counts.extend_from_within(old.clone());
            self.counts[old].fill(0);
            self.counts.resize(start + width, 0);
            packed.start = u32::try_from(start).expect("a bucket has far fewer than 2^32 counts");
            packed.width = u32::try_from(width).expect("as above");
        }
        &mut self.counts[packed.range()]
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

    #[test]
    fn a_partition_is_what_a_map_of_cells_is() {
        let key = |measure| CellKey { measure, channel: measure % 2, service: 0 };
        let mut partition = Partition::default();
        let mut model: BTreeMap<CellKey, Cell> = BTreeMap::new();
        for step in 0..400_u32 {
            let (measure, position) = (step * 7 % 5, (step * 13 % 11) as usize);
            partition.add(key(measure), &[(position, 1), (12, 5)]);
            model.entry(key(measure)).or_default().add(&[(position, 1), (12, 5)]);
            if step % 3 == 0 {
                partition.subtract(key(measure), &[(12, 5)]).unwrap();
                model.get_mut(&key(measure)).unwrap().subtract(&[(12, 5)]).unwrap();
            }
        }
        assert_eq!(partition.to_map(), model);
        let mut summed: BTreeMap<CellKey, Cell> = BTreeMap::new();
        for (key, cell) in &model {
            let key = CellKey { channel: 0, ..*key };
            summed.entry(key).or_default().merge(cell.counts());
        }
        assert_eq!(partition.summed().to_map(), summed);
        partition.add(key(1), &[(2, 1)]);
        assert_ne!(partition.summed().to_map(), summed, "a change is seen");
        partition.subtract(key(1), &[(2, 1)]).unwrap();
        assert_eq!(partition.summed().to_map(), summed);
        assert_eq!(partition.get(&key(1)), model.get(&key(1)).cloned());
        assert!(partition.subtract(key(9), &[(0, 1)]).is_err());
        for (key, cell) in model {
            let all: Vec<_> = cell.counts().iter().copied().enumerate().collect();
            partition.subtract(key, &all).unwrap();
        }
        assert!(partition.is_empty() && partition.iter().next().is_none());
    }
}
