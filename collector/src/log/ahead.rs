//! The write-ahead log: every commit, whole, in one write and one sync, before the store has it.
//! The store is brought up from it at start, so it need not be synced for each commit.
//!
//! Two files take turns. One is written over from its beginning once everything in it is in the
//! store and synced there, so that after the first round no sync has to grow a file. Each commit
//! carries its number and a checksum: what an earlier turn left behind, or a cut left torn, is told
//! by them.

use super::disk::Writes;
use super::folder::sync_folder;
use super::pairs;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

const FILES: [&str; 2] = ["ahead-0", "ahead-1"];
/// A file grows by zeros, this many at a time: syncing bytes that were there costs about half of
/// syncing new ones.
const GROW_BYTES: u64 = 1 << 20;
/// Checksum of the rest, size of the pairs, number of the commit.
const HEADER_BYTES: usize = 4 + 4 + 8;

/// A commit as it was written.
#[derive(Debug, PartialEq, Eq)]
pub struct Commit {
    pub number: u64,
    pub writes: Writes,
}

pub struct Ahead {
    files: [LogFile; 2],
    /// A file that has as much makes room for the other one.
    file_bytes: u64,
    /// Which of them is being written.
    turn: usize,
    at: u64,
    /// The last commit, written out; kept for its memory.
    bytes: Vec<u8>,
}

struct LogFile {
    file: File,
    size: u64,
}

impl Ahead {
    /// Opens the log in a data folder, making it if there is none, and reads what it holds: each
    /// run of commits that follow one another. The first `append` begins to write over it: all that
    /// was found has to be in the store and synced by then.
    pub fn open(folder: &Path, file_bytes: u64) -> io::Result<(Self, Vec<Commit>)> {
        let [first, second] = FILES.map(|name| LogFile::open(&folder.join(name)));
        let files = [first?, second?];
        // A commit in a file whose name is not on disk would be lost with it.
        if files.iter().any(|file| file.size == 0) {
            sync_folder(folder)?;
        }
        let mut runs = [files[0].read()?, files[1].read()?];
        runs.sort_by_key(|run| run.first().map(|commit| commit.number));
        let log = Self { files, file_bytes, turn: 0, at: 0, bytes: Vec::new() };
        Ok((log, runs.into_iter().flatten().collect()))
    }

    /// Whether the next commit begins the other file: everything in that has to be in the store and
    /// synced by then.
    pub const fn is_at_turn(&self) -> bool {
        self.at >= self.file_bytes
    }

    /// Goes over to the other file.
    pub const fn turn(&mut self) {
        self.turn = 1 - self.turn;
        self.at = 0;
    }

    /// Returns when the commit is on disk. After an error nothing more may be written.
    pub fn append(&mut self, number: u64, writes: &Writes) -> io::Result<()> {
        self.bytes.clear();
        write(number, writes, &mut self.bytes)?;
        let file = &mut self.files[self.turn];
        let end = self.at + self.bytes.len() as u64;
        file.grow_to(end)?;
        file.file.write_all_at(&self.bytes, self.at)?;
        file.file.sync_data()?;
        self.at = end;
        Ok(())
    }
}

impl LogFile {
    fn open(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let file = options.open(path)?;
        let size = file.metadata()?.len();
        Ok(Self { file, size })
    }

    fn grow_to(&mut self, end: u64) -> io::Result<()> {
        if end > self.size {
            let grown = end.next_multiple_of(GROW_BYTES);
            let zeros = vec![0; usize::try_from(grown - self.size).map_err(io::Error::other)?];
            self.file.write_all_at(&zeros, self.size)?;
            self.size = grown;
        }
        Ok(())
    }

    /// The commits from the beginning as far as they follow one another.
    fn read(&self) -> io::Result<Vec<Commit>> {
        let mut bytes = vec![0; usize::try_from(self.size).map_err(io::Error::other)?];
        self.file.read_exact_at(&mut bytes, 0)?;
        Ok(read(&bytes))
    }
}

fn write(number: u64, writes: &Writes, into: &mut Vec<u8>) -> io::Result<()> {
    into.resize(HEADER_BYTES, 0);
    for (key, value) in writes {
        pairs::write(key, value.as_deref(), into);
    }
    let size = u32::try_from(into.len() - HEADER_BYTES).map_err(io::Error::other)?;
    into[4..8].copy_from_slice(&size.to_le_bytes());
    into[8..16].copy_from_slice(&number.to_le_bytes());
    let checksum = crc32fast::hash(&into[4..]);
    into[..4].copy_from_slice(&checksum.to_le_bytes());
    Ok(())
}

fn read(mut bytes: &[u8]) -> Vec<Commit> {
    let mut commits: Vec<Commit> = Vec::new();
    while let Some((commit, rest)) = read_one(bytes) {
        // Of an earlier turn.
        if commits.last().is_some_and(|last| last.number + 1 != commit.number) {
            break;
        }
        commits.push(commit);
        bytes = rest;
    }
    commits
}

/// The first commit and what follows it; `None` where there is none that is whole.
fn read_one(bytes: &[u8]) -> Option<(Commit, &[u8])> {
    let (checksum, rest) = bytes.split_first_chunk::<4>()?;
    let (size, _) = rest.split_first_chunk::<4>()?;
    let size = usize::try_from(u32::from_le_bytes(*size)).ok()?;
    let (commit, after) = rest.split_at_checked(HEADER_BYTES - 4 + size)?;
    if crc32fast::hash(commit) != u32::from_le_bytes(*checksum) {
        return None;
    }
    let number = u64::from_le_bytes(*commit[4..].first_chunk()?);
    let mut pairs = &commit[HEADER_BYTES - 4..];
    let mut writes = Writes::new();
    while let Some(pair) = pairs::read(&mut pairs).ok()? {
        writes.push(pair);
    }
    Some((Commit { number, writes }, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE_BYTES: u64 = 1 << 20;

    fn writes(n: u64) -> Writes {
        vec![
            (n.to_be_bytes().to_vec(), Some(vec![7; 10 + n as usize])),
            (b"gone".to_vec(), None),
            (b"empty".to_vec(), Some(Vec::new())),
        ]
    }

    fn commits(numbers: std::ops::RangeInclusive<u64>) -> Vec<Commit> {
        numbers.map(|number| Commit { number, writes: writes(number) }).collect()
    }

    fn append(log: &mut Ahead, numbers: std::ops::RangeInclusive<u64>) {
        numbers.for_each(|number| log.append(number, &writes(number)).unwrap());
    }

    #[test]
    fn what_was_appended_is_read_in_order_over_both_files() {
        let folder = tempfile::tempdir().unwrap();
        let (mut log, found) = Ahead::open(folder.path(), FILE_BYTES).unwrap();
        assert!(found.is_empty());
        append(&mut log, 5..=9);
        log.turn();
        append(&mut log, 10..=12);
        let found = |folder: &Path| Ahead::open(folder, FILE_BYTES).unwrap().1;
        assert_eq!(found(folder.path()), commits(5..=12));
        // The first file is written over: what its first turn left behind the new does not count.
        log.turn();
        append(&mut log, 13..=14);
        assert_eq!(found(folder.path()), commits(10..=14));
    }

    #[test]
    fn a_commit_that_is_torn_anywhere_is_not_there_and_those_before_it_are() {
        let mut bytes = Vec::new();
        let mut all = Vec::new();
        for number in 1..=3 {
            write(number, &writes(number), &mut bytes).unwrap();
            all.extend_from_slice(&bytes);
        }
        let last = all.len() - bytes.len();
        for at in last..all.len() {
            assert_eq!(read(&all[..at]), commits(1..=2), "cut at {at}");
            let mut torn = all.clone();
            torn[at] ^= 0x40;
            assert_eq!(read(&torn), commits(1..=2), "torn at {at}");
        }
        assert_eq!(read(&all), commits(1..=3));
        all.extend_from_slice(&[0; 100]);
        assert_eq!(read(&all), commits(1..=3), "zeros are no commit");
    }

    #[test]
    fn a_commit_of_any_size_fits_and_files_keep_their_size() {
        let folder = tempfile::tempdir().unwrap();
        let (mut log, _) = Ahead::open(folder.path(), FILE_BYTES).unwrap();
        let large: Writes =
            (0..300_u32).map(|n| (n.to_be_bytes().to_vec(), Some(vec![1; 60_000]))).collect();
        log.append(1, &large).unwrap();
        assert!(log.is_at_turn());
        let size = || folder.path().join(FILES[0]).metadata().unwrap().len();
        let grown = size();
        assert!(grown > FILE_BYTES && grown % GROW_BYTES == 0);
        let (mut log, found) = Ahead::open(folder.path(), FILE_BYTES).unwrap();
        assert_eq!(found, [Commit { number: 1, writes: large }]);
        append(&mut log, 2..=3);
        assert_eq!(
            (Ahead::open(folder.path(), FILE_BYTES).unwrap().1, size()),
            (commits(2..=3), grown)
        );
    }
}
