//! The index on disk: chunks in files of their own, which never change, and a manifest that names
//! them, replaced whole. Everything here can be made again from the log.

use super::counts::{self, Counts};
use super::disk::Disk;
use super::folder::{sync_folder, write_whole_bytes};
use super::record::{self, StoredResponse};
use crate::index::{Answers, Chunk, Codes, Held, Layout, Profile, ROW_FORMAT, Row};
use crate::state::{Site, SiteNo, State};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const MANIFEST: &str = "manifest";
const CHUNK: &str = "chunk-";
const CHECKSUM_BYTES: usize = 4;

#[derive(Serialize, Deserialize)]
struct Manifest {
    /// `ROW_FORMAT`: an index of another is made again.
    format: u32,
    /// The commit that this is the state after.
    commit: u64,
    shelves: Vec<ShelfRecord>,
}

#[derive(Serialize, Deserialize)]
struct ShelfRecord {
    site: SiteNo,
    layout: Layout,
    chunks: Vec<ChunkRecord>,
    tail: Vec<Row>,
}

#[derive(Serialize, Deserialize)]
struct ChunkRecord {
    file: u64,
    dead: Option<Vec<u64>>,
}

/// Writes checkpoints; knows which chunks are on disk already.
pub struct Checkpoints {
    folder: PathBuf,
    next_file: u64,
    /// By address; the chunk is held, so that no other can come to have the same.
    written: HashMap<usize, (Arc<Chunk>, u64)>,
    /// The commit of the last one.
    commit: u64,
}

impl Checkpoints {
    /// Opens the index in `folder`, made where it is missing, and reads the last checkpoint. `None`
    /// where there is none that can be read: the rows have to be made again from the log.
    pub fn open(folder: PathBuf) -> io::Result<(Self, Option<Checkpoint>)> {
        DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        // Whatever becomes of the manifest: no file that it may name is ever written over.
        let next_file = last_file(&folder)? + 1;
        let mut known = Self { folder, next_file, written: HashMap::new(), commit: 0 };
        let last = known.read();
        Ok((known, last))
    }

    pub const fn commit(&self) -> u64 {
        self.commit
    }

    /// Writes what is not on disk yet; returns when the state after its commit can be read back.
    pub fn write(&mut self, state: &State) -> io::Result<()> {
        let mut shelves = Vec::new();
        let mut kept = HashMap::new();
        for (site, layout, shelf) in state.sites.values().flat_map(|site| {
            site.rows.shelves().map(|(layout, shelf)| (site.number, layout, shelf))
        }) {
            let mut chunks = Vec::new();
            for held in shelf.chunks() {
                let file = self.put(&held.chunk)?;
                kept.insert(address(&held.chunk), (Arc::clone(&held.chunk), file));
                chunks.push(ChunkRecord { file, dead: held.dead.as_deref().cloned() });
            }
            let tail = shelf.tail().iter().map(|row| Row::clone(row)).collect();
            shelves.push(ShelfRecord { site, layout: *layout, chunks, tail });
        }
        counts::write(&self.folder, state)?;
        sync_folder(&self.folder)?;
        let manifest = Manifest { format: ROW_FORMAT.into(), commit: state.commit, shelves };
        write_whole_bytes(&self.folder, MANIFEST, &checked(record::encode(&manifest)))?;
        self.written = kept;
        self.commit = state.commit;
        counts::remove_others(&self.folder, state.commit)?;
        self.remove_unused()
    }

    fn put(&mut self, chunk: &Arc<Chunk>) -> io::Result<u64> {
        if let Some((_, file)) = self.written.get(&address(chunk)) {
            return Ok(*file);
        }
        let file = self.next_file;
        self.next_file += 1;
        write_whole_bytes(&self.folder, &file_name(file), &checked(encode(chunk)))?;
        self.written.insert(address(chunk), (Arc::clone(chunk), file));
        Ok(file)
    }

    fn remove_unused(&self) -> io::Result<()> {
        let used: BTreeSet<String> =
            self.written.values().map(|(_, file)| file_name(*file)).collect();
        for entry in fs::read_dir(&self.folder)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if name.starts_with(CHUNK) && !used.contains(&name) {
                fs::remove_file(self.folder.join(name))?;
            }
        }
        Ok(())
    }

    fn read(&mut self) -> Option<Checkpoint> {
        let bytes = fs::read(self.folder.join(MANIFEST)).ok()?;
        let manifest: Manifest = record::decode(unchecked(&bytes)?).ok()?;
        if manifest.format != u32::from(ROW_FORMAT) {
            return None;
        }
        let files = manifest.shelves.iter().flat_map(|shelf| shelf.chunks.iter().map(|c| c.file));
        let chunks = read_chunks(&self.folder, files.collect())?;
        let commit = manifest.commit;
        // Nothing is put back before everything is known to be whole.
        let shelves: Option<Vec<_>> =
            manifest.shelves.into_iter().map(|shelf| whole(shelf, &chunks)).collect();
        let counts = counts::read(&self.folder, commit);
        let checkpoint = Checkpoint { commit, shelves: shelves?, counts };
        let written = chunks.into_iter().map(|(file, chunk)| (address(&chunk), (chunk, file)));
        self.written = written.collect();
        self.commit = commit;
        Some(checkpoint)
    }
}

/// The rows of all sites as they were after a commit.
pub struct Checkpoint {
    pub commit: u64,
    shelves: Vec<(SiteNo, Layout, Vec<Held>, Vec<Row>)>,
    /// What the rows count, where it can be read.
    counts: Option<Counts>,
}

impl Checkpoint {
    /// Puts the rows into the sites; gives back what they count.
    pub fn restore(self, sites: &mut BTreeMap<SiteNo, Site>) -> Option<Counts> {
        for (site, layout, held, tail) in self.shelves {
            if let Some(site) = sites.get_mut(&site) {
                site.rows.restore(layout, held, tail);
            }
        }
        self.counts
    }
}

type Chunks = HashMap<u64, Arc<Chunk>>;

/// A shelf with its chunks; `None` where they do not fit it.
fn whole(shelf: ShelfRecord, chunks: &Chunks) -> Option<(SiteNo, Layout, Vec<Held>, Vec<Row>)> {
    let ShelfRecord { site, layout, chunks: named, tail } = shelf;
    let held = named.into_iter().map(|ChunkRecord { file, dead }| {
        let chunk = chunks.get(&file).filter(|chunk| chunk.layout == layout)?;
        match dead {
            Some(dead) => Held::with_dead(Arc::clone(chunk), dead),
            None => Some(Held::whole(Arc::clone(chunk))),
        }
    });
    Some((site, layout, held.collect::<Option<_>>()?, tail))
}

fn address(chunk: &Arc<Chunk>) -> usize {
    Arc::as_ptr(chunk).addr()
}

fn file_name(file: u64) -> String {
    format!("{CHUNK}{file:010}")
}

/// The highest number that a chunk's file has; 0 without any.
fn last_file(folder: &Path) -> io::Result<u64> {
    let mut last = 0;
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let number = name.to_str().and_then(|name| name.strip_prefix(CHUNK)?.parse().ok());
        last = last.max(number.unwrap_or_default());
    }
    Ok(last)
}

/// Reading is most of a start: all cores take part.
fn read_chunks(folder: &Path, files: Vec<u64>) -> Option<Chunks> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let share = files.len().div_ceil(threads).max(1);
    std::thread::scope(|scope| {
        let parts = files.chunks(share).map(|part| {
            scope.spawn(move || {
                let read = |file: &u64| Some((*file, Arc::new(read_chunk(folder, *file)?)));
                part.iter().map(read).collect::<Option<Vec<_>>>()
            })
        });
        let parts: Vec<_> = parts.collect();
        let mut chunks = HashMap::new();
        for part in parts {
            chunks.extend(part.join().ok()??);
        }
        Some(chunks)
    })
}

fn read_chunk(folder: &Path, file: u64) -> Option<Chunk> {
    let bytes = fs::read(folder.join(file_name(file))).ok()?;
    decode(unchecked(&bytes)?)
}

/// With a checksum at the end.
pub(super) fn checked(mut bytes: Vec<u8>) -> Vec<u8> {
    let sum = crc32fast::hash(&bytes);
    bytes.extend_from_slice(&sum.to_le_bytes());
    bytes
}

pub(super) fn unchecked(bytes: &[u8]) -> Option<&[u8]> {
    let (bytes, sum) = bytes.split_at_checked(bytes.len().checked_sub(CHECKSUM_BYTES)?)?;
    (crc32fast::hash(bytes).to_le_bytes() == sum).then_some(bytes)
}

/// A chunk in a file: the numbers as little-endian bytes, which are read many times faster than
/// one by one.
#[derive(Serialize, Deserialize)]
struct ChunkFile {
    layout: Layout,
    days: ByteBuf,
    ms: ByteBuf,
    profiles: CodesFile<Profile>,
    pages: CodesFile<u32>,
    labels: CodesFile<Vec<u32>>,
    waited_s: ByteBuf,
    served_s: ByteBuf,
    answers: CodesFile<Answers>,
}

#[derive(Serialize, Deserialize)]
struct CodesFile<T> {
    values: Vec<T>,
    codes: ByteBuf,
}

impl<T: Clone> CodesFile<T> {
    fn of(codes: &Codes<T>) -> Self {
        let bytes = codes.codes.iter().flat_map(|code| code.to_le_bytes());
        Self { values: codes.values.clone(), codes: ByteBuf::from(bytes.collect::<Vec<u8>>()) }
    }

    fn into_codes(self) -> Option<Codes<T>> {
        let codes = self.codes.chunks_exact(2).map(|code| u16::from_le_bytes([code[0], code[1]]));
        self.codes
            .len()
            .is_multiple_of(2)
            .then(|| Codes { codes: codes.collect(), values: self.values })
    }
}

fn encode(chunk: &Chunk) -> Vec<u8> {
    let numbers = |column: &[u32]| {
        ByteBuf::from(column.iter().flat_map(|n| n.to_le_bytes()).collect::<Vec<u8>>())
    };
    let days = chunk.days.iter().flat_map(|day| day.to_le_bytes());
    record::encode(&ChunkFile {
        layout: chunk.layout,
        days: ByteBuf::from(days.collect::<Vec<u8>>()),
        ms: numbers(&chunk.ms),
        profiles: CodesFile::of(&chunk.profiles),
        pages: CodesFile::of(&chunk.pages),
        labels: CodesFile::of(&chunk.labels),
        waited_s: numbers(&chunk.waited_s),
        served_s: numbers(&chunk.served_s),
        answers: CodesFile::of(&chunk.answers),
    })
}

fn decode(bytes: &[u8]) -> Option<Chunk> {
    let file: ChunkFile = record::decode(bytes).ok()?;
    let numbers = |bytes: &ByteBuf| -> Option<Vec<u32>> {
        let numbers = bytes.as_chunks::<4>();
        numbers.1.is_empty().then(|| numbers.0.iter().map(|n| u32::from_le_bytes(*n)).collect())
    };
    let mut chunk = Chunk {
        layout: file.layout,
        days: numbers(&file.days)?.into_iter().map(u32::cast_signed).collect(),
        ms: numbers(&file.ms)?,
        profiles: file.profiles.into_codes()?,
        pages: file.pages.into_codes()?,
        labels: file.labels.into_codes()?,
        waited_s: numbers(&file.waited_s)?,
        served_s: numbers(&file.served_s)?,
        answers: file.answers.into_codes()?,
        span: (0, 0),
        bytes: 0,
    };
    chunk.measure();
    chunk.is_sound().then_some(chunk)
}

/// The rows of all sites, made again from the responses.
pub fn rebuild(disk: &Disk, sites: &mut BTreeMap<SiteNo, Site>) -> Result<u64, super::ReadError> {
    const TOLD_EVERY: u64 = 500_000;
    let mut rows = 0;
    for site in sites.values_mut() {
        site.rows = crate::index::Table::default();
        let prefix = super::keys::of_site(super::keys::RESPONSES, site.number);
        for pair in disk.scan(&prefix) {
            let (key, value) = pair?;
            let (time, _) = super::keys::read_response(&key).ok_or(record::Unreadable)?;
            let stored = disk.decode(&value)?;
            let row = row_of(site, time, &stored).ok_or(record::Unreadable)?;
            site.rows.add(row);
            rows += 1;
            if rows % TOLD_EVERY == 0 {
                tracing::info!("the index is made again: {rows} responses so far");
            }
        }
    }
    Ok(rows)
}

/// The row of a stored response; names that the site does not know yet are added to it. `None`
/// where the site has no such version of a survey.
pub fn row_of(site: &mut Site, time: shared::Timestamp, stored: &StoredResponse) -> Option<Row> {
    let layout = Layout { survey: stored.survey, version: stored.survey_version };
    let survey = Arc::clone(site.version_of(layout)?);
    Some(Row::of(stored, time, &survey, &site.zone, &mut site.names))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_read_back_and_damage_is_seen() {
        let row = |day: i32| Row {
            layout: Layout { survey: 1, version: 2 },
            day,
            ms: 5,
            labels: vec![day.cast_unsigned() % 3],
            waited_s: (day % 2 == 0).then_some(9),
            answers: Answers { codes: vec![3, 0], picks: vec![(1, vec![2])] },
            ..Row::default()
        };
        let rows: Vec<Row> = (0..500).map(row).collect();
        let chunk = Chunk::build(rows.iter());
        let bytes = checked(encode(&chunk));
        let back = decode(unchecked(&bytes).unwrap()).unwrap();
        assert_eq!(back, chunk);
        assert!((0..500).all(|i| back.row(i) == rows[i]));
        for place in (0..bytes.len()).step_by(97) {
            let mut damaged = bytes.clone();
            damaged[place] ^= 1;
            assert!(unchecked(&damaged).is_none(), "byte {place}");
        }
        assert!(unchecked(&bytes[..3]).is_none());
    }
}
