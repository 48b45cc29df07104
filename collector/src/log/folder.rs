//! The data folder around the store: one server at a time, a format number, and a witness that
//! notices when the store has lost what it had acknowledged.

use super::OpenError;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The format that this program writes; a folder with a higher number is from a newer program.
pub const FORMAT: u32 = 2;
/// What this program can still bring to its own format.
const FORMAT_OLDEST: u32 = 1;

pub const STORE_FOLDER: &str = "store";
const FORMAT_FILE: &str = "format";
const LOCK_FILE: &str = "lock";
const WITNESS_FILE: &str = "witness";
const WITNESS_DIGITS: usize = 20;
/// There while a backup is being restored.
const RESTORING_FILE: &str = "restoring";

/// Holds the folder for this process until dropped.
pub struct Folder {
    path: PathBuf,
    _lock: File,
    witness: File,
    is_new: bool,
    /// The format that was found.
    found: u32,
}

impl Folder {
    /// Makes the folder if there is none, takes it, and checks its format.
    pub fn take(path: &Path) -> Result<Self, OpenError> {
        // What people wrote and the keys are for the owner of the folder alone.
        let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
        made.map_err(|error| OpenError::Unusable(path.into(), error))?;
        let lock = open_file(&path.join(LOCK_FILE))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(OpenError::InUse(path.into())),
            Err(TryLockError::Error(error)) => return Err(OpenError::Unusable(path.into(), error)),
        }
        if path.join(RESTORING_FILE).exists() {
            return Err(OpenError::HalfRestored(path.into()));
        }
        let found = check_format(path)?;
        let witness = open_file(&path.join(WITNESS_FILE))?;
        Ok(Self {
            path: path.into(),
            _lock: lock,
            witness,
            is_new: found.is_none(),
            found: found.unwrap_or(FORMAT),
        })
    }

    pub fn store_path(&self) -> PathBuf {
        self.path.join(STORE_FOLDER)
    }

    /// The folder of the index's files.
    pub fn index_path(&self) -> PathBuf {
        self.path.join("index")
    }

    /// Puts a store that was never finished out of the way, in the place of an earlier one.
    pub fn set_store_aside(&self) -> std::io::Result<()> {
        let aside = self.path.join("store.unfinished");
        if aside.exists() {
            fs::remove_dir_all(&aside)?;
        }
        fs::rename(self.store_path(), aside)
    }

    /// Writes the format number of a new folder; after the store's first flush, so that a folder
    /// with a number always has a store.
    pub fn mark_format(&self) -> std::io::Result<()> {
        if self.is_new || self.found != FORMAT {
            write_format(&self.path, FORMAT)?;
        }
        Ok(())
    }

    /// Takes an empty folder, or one that is not there, to restore a backup into: nothing opens it
    /// until `restored`.
    pub fn take_to_restore(path: &Path) -> Result<Self, OpenError> {
        let unusable = |error| OpenError::Unusable(path.into(), error);
        match fs::read_dir(path).map(|mut entries| entries.next().is_some()) {
            Ok(true) => return Err(OpenError::NotEmpty(path.into())),
            Ok(false) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(unusable(error)),
        }
        let folder = Self::take(path)?;
        // Another program may have been quicker.
        if !folder.is_new || folder.store_path().exists() {
            return Err(OpenError::NotEmpty(path.into()));
        }
        write_whole(path, RESTORING_FILE, "this folder holds a part of a backup\n")
            .map_err(unusable)?;
        Ok(folder)
    }

    /// Makes the folder usable: everything else in it is on disk.
    pub fn restored(&self, format: u32) -> std::io::Result<()> {
        write_format(&self.path, format)?;
        fs::remove_file(self.path.join(RESTORING_FILE))?;
        sync_folder(&self.path)
    }

    pub const fn is_of_older_format(&self) -> bool {
        self.found < FORMAT
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub const fn is_new(&self) -> bool {
        self.is_new
    }

    /// The number of the last commit that was acknowledged; 0 where none is known.
    pub fn witnessed(&self) -> u64 {
        let mut digits = [0; WITNESS_DIGITS];
        let read = self.witness.read_exact_at(&mut digits, 0);
        let text = read.ok().and_then(|()| std::str::from_utf8(&digits).ok());
        text.and_then(|text| text.parse().ok()).unwrap_or(0)
    }

    /// Notes a commit that is on disk. Not synced itself: an older number only makes the check
    /// at the next start weaker, never wrong.
    pub fn witness(&self, commit: u64) -> std::io::Result<()> {
        self.witness.write_all_at(format!("{commit:0WITNESS_DIGITS$}\n").as_bytes(), 0)
    }
}

fn write_format(folder: &Path, format: u32) -> std::io::Result<()> {
    write_whole(folder, FORMAT_FILE, &format!("ascolto-data {format}\n"))
}

fn open_file(path: &Path) -> Result<File, OpenError> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(|error| OpenError::Unusable(path.into(), error))
}

/// The folder's format, `None` for a new one. Refuses what it does not know.
fn check_format(path: &Path) -> Result<Option<u32>, OpenError> {
    let text = match fs::read_to_string(path.join(FORMAT_FILE)) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(OpenError::Unusable(path.into(), error)),
    };
    match text.strip_prefix("ascolto-data ").and_then(|n| n.trim().parse::<u32>().ok()) {
        Some(known @ FORMAT_OLDEST..=FORMAT) => Ok(Some(known)),
        Some(newer) if newer > FORMAT => Err(OpenError::Newer { path: path.into(), found: newer }),
        _ => Err(OpenError::Corrupt(path.into(), "its format file is not one of ours".into())),
    }
}

/// Writes a small file that is there whole or not at all, readable by its owner alone.
pub fn write_whole(folder: &Path, name: &str, text: &str) -> std::io::Result<()> {
    write_whole_bytes(folder, name, text.as_bytes())
}

pub fn write_whole_bytes(folder: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    let unfinished = folder.join(format!("{name}.new"));
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&unfinished, folder.join(name))?;
    sync_folder(folder)
}

pub fn sync_folder(path: &Path) -> std::io::Result<()> {
    File::open(path)?.sync_all()
}
