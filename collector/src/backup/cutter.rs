//! Cuts the store into blocks. Where, is decided by the keys alone: a stretch of the store that did
//! not change gives the same blocks again, whatever changed before it, and the next backup can
//! leave them out.

use crate::log::pairs;

/// One key in so many ends a block, some 100 to 200 KiB: one response that changed costs the next
/// backup no more, and a manifest of 10^7 responses is below 2 MB.
const KEYS: u64 = 1_024;
/// However the keys fall.
const BYTES_MIN: usize = 32 << 10;
const BYTES_MAX: usize = 2 << 20;

#[derive(Default)]
pub struct Cutter {
    block: Vec<u8>,
    /// What the block's keys begin with. What changes with every commit would spoil the rest.
    kind: Option<u8>,
}

impl Cutter {
    /// Adds a pair; gives back the block that ends before it or with it.
    pub fn add(&mut self, key: &[u8], value: &[u8]) -> Option<Vec<u8>> {
        let another = self.kind.is_some() && self.kind != key.first().copied();
        let before = another.then(|| std::mem::take(&mut self.block));
        self.kind = key.first().copied();
        pairs::write(key, Some(value), &mut self.block);
        let size = self.block.len();
        let ends = size >= BYTES_MAX || size >= BYTES_MIN && is_end(key);
        // A block of one pair does not end: `before` is given back alone.
        before.or_else(|| ends.then(|| self.end()).flatten())
    }

    /// What is left.
    pub fn end(&mut self) -> Option<Vec<u8>> {
        self.kind = None;
        let block = std::mem::take(&mut self.block);
        (!block.is_empty()).then_some(block)
    }
}

/// FNV-1a, mixed once more because keys often differ in their last byte alone. It has to be the same
/// in every version of the program, and no more than well spread.
fn is_end(key: &[u8]) -> bool {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    let hash = key.iter().fold(0xcbf2_9ce4_8422_2325, step);
    let mixed = (hash ^ hash >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
    (mixed >> 33).is_multiple_of(KEYS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn cut(keys: impl Iterator<Item = u64>) -> Vec<Vec<u8>> {
        let mut cutter = Cutter::default();
        let key = |n: u64| [b"R".as_slice(), &n.to_be_bytes()].concat();
        let mut blocks: Vec<_> = keys.filter_map(|n| cutter.add(&key(n), &[7; 150])).collect();
        blocks.extend(cutter.end());
        blocks
    }

    #[test]
    fn unchanged_stretches_give_the_same_blocks() {
        let before = cut(0..100_000);
        let bytes: usize = before.iter().map(Vec::len).sum();
        assert_eq!(bytes, 100_000 * (6 + 9 + 150), "nothing is lost");
        assert!(before.len() > 50 && before.iter().all(|block| block.len() < 2 * BYTES_MAX));
        let known: BTreeSet<_> = before.iter().collect();
        // One key goes at the beginning, others come at the end.
        let after = cut((0..100_400).filter(|n| *n != 50));
        let new = after.iter().filter(|block| !known.contains(block)).count();
        assert!(new <= 3, "{new} of {}", after.len());
    }

    #[test]
    fn kinds_do_not_share_blocks() {
        let mut cutter = Cutter::default();
        assert_eq!(cutter.add(b"M1", b"a"), None);
        assert_eq!(cutter.add(b"M2", b"b"), None);
        let first = cutter.add(b"R1", b"c").unwrap();
        assert_eq!(first.len(), 2 * (6 + 2 + 1));
        assert_eq!(cutter.end().unwrap().len(), 6 + 2 + 1);
        assert_eq!(cutter.end(), None);
    }
}
