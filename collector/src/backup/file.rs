//! One backup's file, read: nothing of it is believed before its checksum.

use super::format::{
    self, FOOTER_BYTES, HEADER_BYTES, MANIFEST_BYTES_MAX, Manifest, Stored, VERSION, read_footer,
    read_header,
};
use super::hash::{Hash, Id};
use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use thiserror::Error;

#[derive(Debug, Error)]
pub enum BackupError {
    #[error("{0} cannot be read: {1}")]
    Unreadable(PathBuf, io::Error),
    #[error("{0} is not a backup of ascolto")]
    Foreign(PathBuf),
    #[error("{0} was made by a newer ascolto; use that version")]
    Newer(PathBuf),
    #[error("{0} is not whole: making or copying it did not come to its end")]
    Incomplete(PathBuf),
    #[error("{0} is damaged: {1}. Use another backup")]
    Damaged(PathBuf, String),
    #[error(
        "{file} needs the backup {id} of {made_at}, which is not beside it; name its file with --base"
    )]
    BaseMissing { file: PathBuf, id: Id, made_at: String },
}

pub struct BackupFile {
    path: PathBuf,
    file: File,
    pub bytes: u64,
    pub manifest: Manifest,
}

impl BackupFile {
    /// Reads the manifest and checks that nothing lies in the file that it does not name.
    pub fn open(path: &Path) -> Result<Self, BackupError> {
        let unreadable = |error| BackupError::Unreadable(path.into(), error);
        let file = File::open(path).map_err(unreadable)?;
        let bytes = file.metadata().map_err(unreadable)?.len();
        let id = match read_id(&file).map_err(unreadable)? {
            Some((VERSION, id)) => id,
            Some((version, _)) if version > VERSION => return Err(BackupError::Newer(path.into())),
            _ => return Err(BackupError::Foreign(path.into())),
        };
        let place = footer_of(&file, bytes).map_err(unreadable)?;
        let place = place.ok_or_else(|| BackupError::Incomplete(path.into()))?;
        let damaged = |what: &str| BackupError::Damaged(path.into(), what.to_owned());
        if place.end() != bytes.checked_sub(FOOTER_BYTES as u64) {
            return Err(damaged("its end is not where it should be"));
        }
        let manifest = read_stored(&file, &place).map_err(unreadable)?;
        let manifest = manifest.ok_or_else(|| damaged("its manifest"))?;
        let manifest = format::decompress(&manifest, MANIFEST_BYTES_MAX);
        let manifest = manifest.ok().and_then(|json| serde_json::from_slice(&json).ok());
        let manifest: Manifest = manifest.ok_or_else(|| damaged("its manifest"))?;
        if manifest.id != id || blocks_end(&manifest) != Some(place.at) {
            return Err(damaged("its manifest is another file's"));
        }
        Ok(Self { path: path.into(), file, bytes, manifest })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A block as it was before it was compressed.
    pub fn block(&self, place: &Stored, hash: Hash, bytes: u64) -> Result<Vec<u8>, BackupError> {
        let unreadable = |error| BackupError::Unreadable(self.path.clone(), error);
        let damaged = || {
            let what = format!("the block at byte {}", place.at);
            BackupError::Damaged(self.path.clone(), what)
        };
        let size = usize::try_from(bytes).ok().filter(|size| *size <= format::BLOCK_BYTES_MAX);
        let size = size.ok_or_else(damaged)?;
        let stored = read_stored(&self.file, place).map_err(unreadable)?.ok_or_else(damaged)?;
        let plain = format::decompress(&stored, size).map_err(|_| damaged())?;
        if plain.len() != size || Hash::of(&plain) != hash {
            return Err(damaged());
        }
        Ok(plain)
    }
}

/// The version and the id of a backup; `None` where the file is none.
fn read_id(file: &File) -> io::Result<Option<(u8, Id)>> {
    let mut header = [0; HEADER_BYTES];
    match file.read_exact_at(&mut header, 0) {
        Ok(()) => Ok(read_header(&header)),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

/// The id of the backup in a file, where it is one that this program reads.
pub fn id_of(path: &Path) -> Option<Id> {
    // Other things than files may lie there, and wait for ever.
    if !path.metadata().is_ok_and(|found| found.is_file()) {
        return None;
    }
    let (version, id) = read_id(&File::open(path).ok()?).ok()??;
    (version == VERSION).then_some(id)
}

fn footer_of(file: &File, bytes: u64) -> io::Result<Option<Stored>> {
    let Some(at) = bytes.checked_sub((HEADER_BYTES + FOOTER_BYTES) as u64) else { return Ok(None) };
    let mut footer = [0; FOOTER_BYTES];
    file.read_exact_at(&mut footer, at + HEADER_BYTES as u64)?;
    Ok(read_footer(&footer))
}

/// What lies at a place; `None` where that is not what its hash says.
fn read_stored(file: &File, place: &Stored) -> io::Result<Option<Vec<u8>>> {
    let size = usize::try_from(place.bytes).ok();
    let Some(size) = size.filter(|size| *size <= 2 * MANIFEST_BYTES_MAX) else { return Ok(None) };
    let mut bytes = vec![0; size];
    match file.read_exact_at(&mut bytes, place.at) {
        Ok(()) => Ok((Hash::of(&bytes) == place.hash).then_some(bytes)),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

/// Where the blocks end, which lie one after the other without gaps.
fn blocks_end(manifest: &Manifest) -> Option<u64> {
    let mut stored = manifest.blocks.iter().filter_map(|block| block.stored.as_ref());
    stored.try_fold(HEADER_BYTES as u64, |at, next| (next.at == at).then(|| next.end()).flatten())
}
