//! Makes a data folder from a backup: everything is checked before anything is written, and the
//! folder opens only once everything is on disk.

use super::chain::Chain;
use super::file::BackupError;
use super::format::Kind;
use crate::log::{CommitError, FORMAT, OpenError, Restored, Restoring, pairs};
use std::io;
use std::path::Path;
use thiserror::Error;

#[derive(Debug, Error)]
pub enum RestoreError {
    #[error(transparent)]
    Backup(#[from] BackupError),
    #[error(transparent)]
    Folder(#[from] OpenError),
    #[error("the folder cannot be written: {0}")]
    Write(#[from] CommitError),
    #[error("the folder cannot be written: {0}")]
    Disk(#[from] io::Error),
    #[error(
        "the backup is of a newer ascolto (format {0}, this one knows {FORMAT}); use that version"
    )]
    Newer(u32),
}

/// Into a folder that is empty or not there. `tell` gets the bytes that are written.
pub fn restore(chain: &Chain, folder: &Path, tell: impl Fn(u64)) -> Result<Restored, RestoreError> {
    let manifest = chain.manifest();
    if manifest.format > FORMAT {
        return Err(RestoreError::Newer(manifest.format));
    }
    let mut restoring = Restoring::begin(folder)?;
    for read in chain.blocks() {
        let (block, bytes) = read?;
        match block.kind {
            Kind::Keys(slot) => restoring.put_keys(slot, &bytes)?,
            Kind::Pairs | Kind::Writes => write_pairs(&mut restoring, &bytes)?,
        }
        tell(block.bytes);
    }
    Ok(restoring.finish(manifest.commit, manifest.format)?)
}

fn write_pairs(restoring: &mut Restoring, mut bytes: &[u8]) -> Result<(), RestoreError> {
    while let Some((key, value)) = pairs::read(&mut bytes)? {
        restoring.write(&key, value)?;
    }
    Ok(())
}
