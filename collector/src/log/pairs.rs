//! Keys with their values, or with the word that the key is gone, one after the other: as backups
//! hold them.

use super::disk::{VALUE_BYTES_MAX, Writes};
use super::keys;
use std::io::{self, Read};

/// In the place of a value's size.
const GONE: u32 = u32::MAX;

/// A key with its value, or with nothing where it is gone.
pub type Pair = (Vec<u8>, Option<Vec<u8>>);

pub fn write(key: &[u8], value: Option<&[u8]>, into: &mut Vec<u8>) {
    let key_size = u16::try_from(key.len()).expect("keys are far below 64 KiB");
    let value_size = value.map_or(GONE, |value| {
        u32::try_from(value.len()).expect("the store takes no value of this size")
    });
    into.extend_from_slice(&key_size.to_le_bytes());
    into.extend_from_slice(&value_size.to_le_bytes());
    into.extend_from_slice(key);
    into.extend_from_slice(value.unwrap_or_default());
}

/// The next pair; `None` at the end.
pub fn read(from: &mut impl Read) -> io::Result<Option<Pair>> {
    let mut first = [0];
    if from.read(&mut first)? == 0 {
        return Ok(None);
    }
    let mut sizes = [first[0], 0, 0, 0, 0, 0];
    from.read_exact(&mut sizes[1..])?;
    let key_size = usize::from(u16::from_le_bytes([sizes[0], sizes[1]]));
    let value_size = u32::from_le_bytes([sizes[2], sizes[3], sizes[4], sizes[5]]);
    let key = read_exactly(from, key_size)?;
    if value_size == GONE {
        return Ok(Some((key, None)));
    }
    let value_size = usize::try_from(value_size).unwrap_or(usize::MAX);
    if value_size > VALUE_BYTES_MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a value is over the bound"));
    }
    Ok(Some((key, Some(read_exactly(from, value_size)?))))
}

fn read_exactly(from: &mut impl Read, size: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; size];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Whether a backup holds what is stored under this key. The index, and with it the journal, is
/// made again from the responses; what had to be shredded is shredded.
pub fn is_kept(key: &[u8]) -> bool {
    !key.starts_with(keys::JOURNAL) && !key.starts_with(keys::SHREDS)
}

/// What a commit means for a backup: keys that were shredded have to be so in the backup too.
pub fn of_writes(writes: &Writes) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (key, value) in writes {
        let shredded = key.starts_with(keys::SHREDS) && value.is_some();
        if is_kept(key) || shredded {
            write(key, value.as_deref(), &mut bytes);
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_read_back_and_cut_ones_are_refused() {
        let pairs: [Pair; 4] = [
            (b"a".to_vec(), Some(b"one".to_vec())),
            (b"bb".to_vec(), None),
            (b"c".to_vec(), Some(Vec::new())),
            (b"d".to_vec(), Some(vec![7; VALUE_BYTES_MAX])),
        ];
        let mut bytes = Vec::new();
        pairs.iter().for_each(|(key, value)| write(key, value.as_deref(), &mut bytes));
        let mut from = bytes.as_slice();
        let back: Vec<Pair> = std::iter::from_fn(|| read(&mut from).unwrap()).collect();
        assert_eq!(back, pairs);
        for cut in [1, 5, 6, 7, 9] {
            let mut from = &bytes[..cut];
            assert!(read(&mut from).is_err(), "{cut}");
        }
        let mut large = Vec::new();
        write(b"e", Some(&vec![0; VALUE_BYTES_MAX + 1]), &mut large);
        assert!(read(&mut large.as_slice()).is_err());
    }

    #[test]
    fn a_commit_without_what_is_made_again() {
        let some = || Some(vec![1]);
        let writes: Writes = vec![
            (keys::journal(1, 0), some()),
            (keys::shred(5), Some(Vec::new())),
            (keys::shred(4), None),
            (keys::NEXT_SLOT.to_vec(), some()),
            (b"R1".to_vec(), None),
        ];
        let bytes = of_writes(&writes);
        let mut from = bytes.as_slice();
        let back: Vec<Pair> = std::iter::from_fn(|| read(&mut from).unwrap()).collect();
        assert_eq!(back, [writes[1].clone(), writes[3].clone(), writes[4].clone()]);
    }
}
