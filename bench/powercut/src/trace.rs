//! Reads what the recorder wrote. One record: kind and length (32 bits each), the record's number
//! within its process, the opening that it is about, an argument (64 bits each), all little-endian,
//! then `length` bytes.

use std::fs;
use std::io;
use std::path::Path;

const HEADER_BYTES: usize = 32;
const START: u32 = 1;
const MARK: u32 = 100;

/// A whole trace in memory.
pub struct Trace {
    bytes: Vec<u8>,
}

/// One thing that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'t> {
    /// Within its process, from 1; 0 for marks.
    pub number: u64,
    /// Which opening of a file, within its process.
    pub opening: u64,
    pub record: Record<'t>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Record<'t> {
    /// A process begins; the one before has ended.
    Start,
    Open {
        path: &'t [u8],
        flags: u64,
    },
    Write {
        offset: u64,
        data: &'t [u8],
    },
    Truncate {
        length: u64,
    },
    /// Everything of the file with a number below this is on disk.
    Sync {
        covered: u64,
    },
    /// `sync_file_range`: promises nothing.
    Range,
    Rename {
        from: &'t [u8],
        to: &'t [u8],
    },
    Unlink {
        path: &'t [u8],
    },
    MakeFolder {
        path: &'t [u8],
    },
    /// What the driver noted.
    Mark(&'t [u8]),
}

impl Trace {
    pub fn read(path: &Path) -> io::Result<Self> {
        Ok(Self { bytes: fs::read(path)? })
    }

    /// Every record, or an error where the bytes are none.
    pub fn entries(&self) -> io::Result<Vec<Entry<'_>>> {
        let mut entries = Vec::new();
        let mut rest = self.bytes.as_slice();
        while !rest.is_empty() {
            let wrong = || io::Error::other(format!("record {} is no record", entries.len()));
            let (entry, after) = read_entry(rest).ok_or_else(wrong)?;
            entries.push(entry);
            rest = after;
        }
        Ok(entries)
    }
}

fn read_entry(bytes: &[u8]) -> Option<(Entry<'_>, &[u8])> {
    let (header, rest) = bytes.split_at_checked(HEADER_BYTES)?;
    let half = |at: usize| Some(u32::from_le_bytes(header.get(at..at + 4)?.try_into().ok()?));
    let word = |at: usize| Some(u64::from_le_bytes(header.get(at..at + 8)?.try_into().ok()?));
    let (payload, rest) = rest.split_at_checked(half(4)? as usize)?;
    let record = read_record(half(0)?, word(24)?, payload)?;
    Some((Entry { number: word(8)?, opening: word(16)?, record }, rest))
}

fn read_record(kind: u32, argument: u64, payload: &[u8]) -> Option<Record<'_>> {
    Some(match kind {
        START => Record::Start,
        2 => Record::Open { path: payload, flags: argument },
        3 => Record::Write { offset: argument, data: payload },
        4 => Record::Truncate { length: argument },
        5 => Record::Sync { covered: argument },
        6 => Record::Range,
        7 => {
            let middle = payload.iter().position(|byte| *byte == 0)?;
            Record::Rename { from: &payload[..middle], to: &payload[middle + 1..] }
        }
        8 => Record::Unlink { path: payload },
        9 => Record::MakeFolder { path: payload },
        MARK => Record::Mark(payload),
        _ => return None,
    })
}

/// The bytes of a mark.
pub fn mark(words: &[u8]) -> Vec<u8> {
    let length = u32::try_from(words.len()).expect("a mark is a few words");
    let mut record = Vec::with_capacity(HEADER_BYTES + words.len());
    record.extend_from_slice(&MARK.to_le_bytes());
    record.extend_from_slice(&length.to_le_bytes());
    record.extend_from_slice(&[0; 24]);
    record.extend_from_slice(words);
    record
}
