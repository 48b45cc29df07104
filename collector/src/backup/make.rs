//! Makes a backup of the store while it is being written.

use super::cutter::Cutter;
use super::format::{self, Base, Block, Kind, Manifest, Stored, compress};
use super::hash::{Hash, Id};
use crate::clock;
use crate::log::{FORMAT, Recorded, Recording, SLOT_BYTES, pairs};
use crate::secret::random;
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufReader};
use thiserror::Error;

/// Slots of `seals` in one block: 16 KiB of keys. An erasure changes one block.
const BLOCK_SLOTS: u64 = 1_024;
/// Writes are put together up to about this much.
const WRITES_BYTES: usize = 1 << 20;

/// What the new backup may leave out.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    pub bases: Vec<Base>,
    /// The blocks that they hold.
    pub known: HashSet<Hash>,
}

/// Why a backup ended before it was whole.
#[derive(Debug, Error)]
pub enum Ended {
    #[error("nobody takes the backup any more")]
    Gone,
    #[error("{0}")]
    Failed(#[from] io::Error),
    #[error("the store cannot be read: {0}")]
    Store(#[from] sled::Error),
}

/// Sends the backup's file piece by piece, in order. Takes the recording from its beginning.
pub fn make(
    recording: Recording,
    wanted: Wanted,
    send: impl FnMut(Vec<u8>) -> Result<(), Ended>,
) -> Result<Manifest, Ended> {
    let mut making = Making::begin(wanted, send)?;
    making.pairs(&recording)?;
    let slot = making.keys(&recording)?;
    // Keys that were overwritten since they were read here are among the recorded writes.
    let Recorded { commit, writes, keys } = recording.finish(slot)?;
    if !keys.is_empty() {
        making.block(Kind::Keys(slot), &keys)?;
    }
    making.writes(writes)?;
    making.end(commit)
}

struct Making<S> {
    send: S,
    /// Bytes sent so far.
    at: u64,
    known: HashSet<Hash>,
    manifest: Manifest,
}

impl<S: FnMut(Vec<u8>) -> Result<(), Ended>> Making<S> {
    fn begin(wanted: Wanted, send: S) -> Result<Self, Ended> {
        let id = Id(random());
        let manifest = Manifest {
            id,
            made_at: clock::format(clock::now()),
            made_by: env!("CARGO_PKG_VERSION").to_owned(),
            format: FORMAT,
            commit: 0,
            bases: wanted.bases,
            blocks: Vec::new(),
        };
        let mut making = Self { send, at: 0, known: wanted.known, manifest };
        making.send(format::header(id))?;
        Ok(making)
    }

    fn send(&mut self, bytes: Vec<u8>) -> Result<(), Ended> {
        self.at += bytes.len() as u64;
        (self.send)(bytes)
    }

    /// Everything that is stored, while it changes.
    fn pairs(&mut self, recording: &Recording) -> Result<(), Ended> {
        let mut cutter = Cutter::default();
        for pair in recording.disk().scan(&[]) {
            let (key, value) = pair?;
            if pairs::is_kept(&key)
                && let Some(block) = cutter.add(&key, &value)
            {
                self.block(Kind::Pairs, &block)?;
            }
        }
        cutter.end().map_or(Ok(()), |block| self.block(Kind::Pairs, &block))
    }

    /// The keys of the slots in use; gives back the first slot that was not.
    fn keys(&mut self, recording: &Recording) -> Result<u64, Ended> {
        let mut slot = 0;
        loop {
            let end = recording.slots().min(slot + BLOCK_SLOTS);
            // What is less than a block is taken with the recording's end.
            if end < slot + BLOCK_SLOTS {
                return Ok(slot);
            }
            let keys = recording.disk().seals().keys(slot..end)?;
            self.block(Kind::Keys(slot), &keys)?;
            slot = end;
        }
    }

    fn writes(&mut self, file: File) -> Result<(), Ended> {
        let mut from = BufReader::new(file);
        let mut block = Vec::new();
        while let Some((key, value)) = pairs::read(&mut from)? {
            pairs::write(&key, value.as_deref(), &mut block);
            if block.len() >= WRITES_BYTES {
                self.block(Kind::Writes, &std::mem::take(&mut block))?;
            }
        }
        if block.is_empty() { Ok(()) } else { self.block(Kind::Writes, &block) }
    }

    fn block(&mut self, kind: Kind, plain: &[u8]) -> Result<(), Ended> {
        let hash = Hash::of(plain);
        let stored = match self.known.insert(hash) {
            true => Some(self.put(compress(plain)?)?),
            false => None,
        };
        self.manifest.blocks.push(Block { kind, hash, bytes: plain.len() as u64, stored });
        Ok(())
    }

    fn put(&mut self, bytes: Vec<u8>) -> Result<Stored, Ended> {
        let stored = Stored { at: self.at, bytes: bytes.len() as u64, hash: Hash::of(&bytes) };
        self.send(bytes)?;
        Ok(stored)
    }

    fn end(mut self, commit: u64) -> Result<Manifest, Ended> {
        self.manifest.commit = commit;
        let json = serde_json::to_vec(&self.manifest).map_err(io::Error::from)?;
        let place = self.put(compress(&json)?)?;
        self.send(format::footer(&place))?;
        Ok(self.manifest)
    }
}

const _: () = assert!(BLOCK_SLOTS as usize * SLOT_BYTES < format::BLOCK_BYTES_MAX);
