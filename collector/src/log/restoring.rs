//! A data folder made from a backup. It opens only once everything is on disk.

use super::disk::{CommitError, OpenError, VALUE_BYTES_MAX, open_sled, settle, store_file};
use super::folder::Folder;
use super::keys;
use super::seals::Seals;
use std::fs::File;
use std::io;
use std::path::Path;

pub struct Restoring {
    folder: Folder,
    db: sled::Db,
    file: File,
    seals: Seals,
    /// Slots whose keys the backup says are to be overwritten.
    shreds: Vec<u64>,
}

/// What a restored folder holds.
pub struct Restored {
    pub sites: u64,
    pub responses: u64,
}

impl Restoring {
    /// In an empty folder, or one that is not there.
    pub fn begin(path: &Path) -> Result<Self, OpenError> {
        let folder = Folder::take_to_restore(path)?;
        let fail = |error| OpenError::Unusable(path.into(), error);
        let store = folder.store_path();
        let db = open_sled(&store, path)?;
        let file = store_file(&store).map_err(fail)?;
        let seals = Seals::open(path).map_err(fail)?;
        Ok(Self { folder, db, file, seals, shreds: Vec::new() })
    }

    /// Writes a pair, or removes a key: as the original's writer did, in the same order.
    pub fn write(&mut self, key: &[u8], value: Option<Vec<u8>>) -> Result<(), CommitError> {
        if let Some(slot) = keys::read_shred(key).filter(|_| key.starts_with(keys::SHREDS)) {
            self.shreds.push(slot);
            return Ok(());
        }
        match value {
            Some(value) if value.len() > VALUE_BYTES_MAX => {
                return Err(CommitError::TooLarge(value.len()));
            }
            Some(value) => self.db.insert(key, value)?,
            None => self.db.remove(key)?,
        };
        Ok(())
    }

    /// Puts keys of `seals` back, from a slot on.
    pub fn put_keys(&self, slot: u64, keys: &[u8]) -> io::Result<()> {
        self.seals.put_back(slot, keys)
    }

    /// Brings everything to the disk as the state after `commit`, and then makes the folder usable.
    pub fn finish(self, commit: u64, format: u32) -> Result<Restored, CommitError> {
        self.seals.shred(&self.shreds)?;
        // No checkpoint holds what the log does: the index is made again from the responses.
        self.db.insert(keys::TRIMMED, &commit.to_be_bytes())?;
        self.db.insert(keys::COMMITS, &commit.to_be_bytes())?;
        self.db.flush()?;
        let restored =
            Restored { sites: self.count(keys::SITES)?, responses: self.count(keys::RESPONSES)? };
        self.folder.witness(commit)?;
        settle(self.folder.path(), &self.file)?;
        self.folder.restored(format)?;
        Ok(restored)
    }

    fn count(&self, prefix: &[u8]) -> Result<u64, CommitError> {
        let mut count = 0;
        for pair in self.db.scan_prefix(prefix) {
            pair?;
            count += 1;
        }
        Ok(count)
    }
}
