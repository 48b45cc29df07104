//! A backup together with the earlier ones that hold what it leaves out.

use super::file::{BackupError, BackupFile, id_of};
use super::format::{BASES_MAX, Base, Block, Manifest, Stored};
use super::hash::{Hash, Id};
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Files beside a backup that are looked at for its bases.
const BESIDE_MAX: usize = 10_000;

pub struct Chain {
    /// The backup itself is the first.
    files: Vec<BackupFile>,
    places: HashMap<Hash, (usize, Stored)>,
}

impl Chain {
    /// `given`: files of bases; those that it does not name are looked for beside the backup.
    pub fn open(path: &Path, given: &[PathBuf]) -> Result<Self, BackupError> {
        let newest = BackupFile::open(path)?;
        if newest.manifest.bases.len() > BASES_MAX {
            return Err(BackupError::Damaged(path.into(), "it has too many bases".into()));
        }
        let bases = newest.manifest.bases.clone();
        let mut chain = Self { files: Vec::new(), places: HashMap::new() };
        chain.add(newest);
        let mut missing = Vec::new();
        let mut known = known_files(path, given, bases.is_empty())?;
        for base in bases {
            match known.remove(&base.id) {
                Some(file) => chain.add(BackupFile::open(&file)?),
                None => missing.push(base),
            }
        }
        chain.check_places(missing)?;
        Ok(chain)
    }

    fn add(&mut self, file: BackupFile) {
        let number = self.files.len();
        for Block { hash, stored, .. } in &file.manifest.blocks {
            if let Some(stored) = stored {
                self.places.entry(*hash).or_insert_with(|| (number, stored.clone()));
            }
        }
        self.files.push(file);
    }

    /// A base is needed only where something is nowhere else.
    fn check_places(&self, missing: Vec<Base>) -> Result<(), BackupError> {
        if self.manifest().blocks.iter().all(|block| self.places.contains_key(&block.hash)) {
            return Ok(());
        }
        let file = self.files[0].path().to_owned();
        Err(match missing.into_iter().next() {
            Some(Base { id, made_at }) => BackupError::BaseMissing { file, id, made_at },
            None => BackupError::Damaged(file, "a block is in none of its bases".into()),
        })
    }

    pub fn manifest(&self) -> &Manifest {
        &self.files[0].manifest
    }

    /// Of all blocks together, before they were compressed.
    pub fn plain_bytes(&self) -> u64 {
        self.manifest().blocks.iter().map(|block| block.bytes).sum()
    }

    /// Every block in the order in which they are restored, each checked.
    pub fn blocks(&self) -> impl Iterator<Item = Result<(&Block, Vec<u8>), BackupError>> {
        self.manifest().blocks.iter().map(|block| {
            let (file, place) = &self.places[&block.hash];
            Ok((block, self.files[*file].block(place, block.hash, block.bytes)?))
        })
    }

    /// Reads everything that restoring would read; `tell` gets the bytes that are done.
    pub fn check(&self, tell: impl Fn(u64)) -> Result<(), BackupError> {
        self.blocks().try_for_each(|read| read.map(|(block, _)| tell(block.bytes)))
    }
}

/// Backups by their ids: those that were named, else those in the folder of the file.
fn known_files(
    path: &Path,
    given: &[PathBuf],
    alone: bool,
) -> Result<HashMap<Id, PathBuf>, BackupError> {
    let mut known = HashMap::new();
    if !alone {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let beside = fs::read_dir(folder.unwrap_or(Path::new("."))).into_iter().flatten();
        let beside = beside.take(BESIDE_MAX).filter_map(|entry| Some(entry.ok()?.path()));
        known.extend(beside.filter_map(|file| Some((id_of(&file)?, file))));
    }
    for file in given {
        // A named file that cannot be used is an error, whatever lies beside it.
        known.insert(BackupFile::open(file)?.manifest.id, file.clone());
    }
    Ok(known)
}
