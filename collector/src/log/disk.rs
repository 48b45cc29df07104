//! sled 0.34.7 behind a narrow interface (get, scan, commit), with a workaround for each of its
//! known defects; ARCHITECTURE.md lists them with their reasons. A commit is durable by the log
//! ahead of the store; sled itself is synced in the background, a file of that log at a time.

use super::ahead::{Ahead, Commit};
use super::folder::{Folder, STORE_FOLDER, sync_folder};
use super::keys;
use super::record::{StoredResponse, Unreadable};
use super::seals::Seals;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::thread::JoinHandle;
use thiserror::Error;

/// sled's own default is 1 GiB.
const CACHE_BYTES: u64 = 256 << 20;
/// sled collects garbage only in its flusher thread, so that must run.
const FLUSH_EVERY_MS: u64 = 500;
/// Larger values go to files that sled never syncs.
pub const VALUE_BYTES_MAX: usize = 64 << 10;

#[derive(Debug, Error)]
pub enum OpenError {
    #[error(
        "{0} is in use by another ascolto; talk to the running server with --server URL --token TOKEN, or stop it first"
    )]
    InUse(PathBuf),
    #[error("{0} cannot be used: {1}")]
    Unusable(PathBuf, io::Error),
    #[error("{path} was written by a newer ascolto (format {found}, this one knows {known}); use that version", known = super::FORMAT)]
    Newer { path: PathBuf, found: u32 },
    #[error(
        "{0} is damaged: {1}. Put the folder aside, do not start on it again, and restore a backup"
    )]
    Corrupt(PathBuf, String),
    #[error(
        "{0} is not empty; a backup is restored into an empty folder, or one that is not there"
    )]
    NotEmpty(PathBuf),
    #[error(
        "{0} holds a part of a backup: restoring it did not come to its end. Empty the folder and restore again"
    )]
    HalfRestored(PathBuf),
}

/// One atomic set of writes: a value, or `None` to remove the key.
pub type Writes = Vec<(Vec<u8>, Option<Vec<u8>>)>;

#[derive(Debug, Error)]
pub enum CommitError {
    #[error("the store refused the write: {0}")]
    Store(#[from] sled::Error),
    #[error("the disk refused the write: {0}")]
    Disk(#[from] io::Error),
    #[error("a value of {0} bytes is over the bound")]
    TooLarge(usize),
    #[error("the store could not be synced: its thread ended before its time")]
    Settling,
}

pub struct Disk {
    folder: Folder,
    db: sled::Db,
    /// Our own descriptor of sled's only data file, to sync where sled itself does not.
    file: Arc<File>,
    seals: Seals,
    /// For the one writer.
    logging: Mutex<Logging>,
    /// Held by the writer from when a commit is told as durable to when the store has it, so that
    /// the answers go out meanwhile.
    applying: RwLock<()>,
}

struct Logging {
    ahead: Ahead,
    /// Brings what the file of the log that is not being written holds to the disk in the store.
    settling: Option<JoinHandle<Result<(), CommitError>>>,
}

/// What a reader of the store can meet.
#[derive(Debug, Error)]
pub enum ReadError {
    #[error("the store cannot be read: {0}")]
    Store(#[from] sled::Error),
    #[error("a stored record cannot be read")]
    Unreadable(#[from] Unreadable),
}

impl Disk {
    /// Opens the store of a folder, making it if there is none. Nothing is read but sled's index.
    pub fn open(folder: Folder, ahead_bytes: u64) -> Result<Self, OpenError> {
        let path = &folder.path().to_owned();
        let store = folder.store_path();
        let fail = |error| OpenError::Unusable(path.into(), error);
        let db = match open_sled(&store, path) {
            // A power cut while the store was made: nothing was ever acknowledged here.
            Err(OpenError::Corrupt(..)) if folder.is_new() && folder.witnessed() == 0 => {
                folder.set_store_aside().map_err(fail)?;
                open_sled(&store, path)?
            }
            opened => opened?,
        };
        let file = Arc::new(store_file(&store).map_err(fail)?);
        let seals = Seals::open(path).map_err(fail)?;
        let (ahead, found) = Ahead::open(path, ahead_bytes).map_err(fail)?;
        let logging = Mutex::new(Logging { ahead, settling: None });
        let applying = RwLock::new(());
        let disk = Self { folder, db, file, seals, logging, applying };
        disk.catch_up(path, found)?;
        disk.check_whole(path)?;
        if disk.folder.is_new() {
            disk.db.flush().map_err(io::Error::other).map_err(fail)?;
            settle(path, &disk.file).and_then(|()| disk.folder.mark_format()).map_err(fail)?;
        }
        Ok(disk)
    }

    /// Brings the store to where the log ahead of it is.
    fn catch_up(&self, path: &Path, found: Vec<Commit>) -> Result<(), OpenError> {
        let fail = |error: CommitError| OpenError::Unusable(path.into(), io::Error::other(error));
        let mut stored = self.commits();
        let missing = found.into_iter().filter(|commit| commit.number > stored);
        let missing: Vec<Commit> = missing.collect();
        if !missing.is_empty() {
            tracing::info!(commits = missing.len(), "the store is brought up from the log");
        }
        for commit in missing {
            if commit.number != stored + 1 {
                let why = format!("no write follows write {stored} but write {}", commit.number);
                return Err(OpenError::Corrupt(path.into(), why));
            }
            stored = commit.number;
            self.apply(commit.number, commit.writes).map_err(fail)?;
        }
        sync(&self.db, &self.file).map_err(fail)
    }

    /// A store that ends before the last acknowledged commit has lost data, however well it opens.
    fn check_whole(&self, path: &Path) -> Result<(), OpenError> {
        let damaged = |why: String| Err(OpenError::Corrupt(path.into(), why));
        if self.folder.is_new() && !self.db.is_empty() && self.commits() == 0 {
            return damaged("it holds a store that is not Ascolto's".into());
        }
        let (stored, witnessed) = (self.commits(), self.folder.witnessed());
        if stored < witnessed {
            return damaged(format!(
                "the store ends at write {stored}, but write {witnessed} was acknowledged"
            ));
        }
        Ok(())
    }

    /// Notes that the folder is of this program's format.
    pub fn mark_format(&self) -> io::Result<()> {
        self.folder.mark_format()
    }

    pub const fn is_of_older_format(&self) -> bool {
        self.folder.is_of_older_format()
    }

    /// The data folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub const fn seals(&self) -> &Seals {
        &self.seals
    }

    pub fn decode(&self, bytes: &[u8]) -> Result<StoredResponse, Unreadable> {
        StoredResponse::decode(bytes, &self.seals)
    }

    /// Bytes that the data folder's file system has left for this process.
    pub fn free_bytes(&self) -> io::Result<u64> {
        let stat = rustix::fs::statvfs(self.folder.path())?;
        Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
    }

    /// Bytes of the store's file.
    pub fn stored_bytes(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    pub fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, sled::Error> {
        let _settled = self.settled();
        Ok(self.db.get(key)?.map(|value| value.to_vec()))
    }

    /// All pairs whose key begins with `prefix`, in order.
    pub fn scan(
        &self,
        prefix: &[u8],
    ) -> impl DoubleEndedIterator<Item = Result<(Vec<u8>, Vec<u8>), sled::Error>> + use<> {
        let _settled = self.settled();
        self.db.scan_prefix(prefix).map(owned)
    }

    /// All pairs with `from <= key < to`, in order.
    pub fn range(
        &self,
        from: &[u8],
        to: &[u8],
    ) -> impl DoubleEndedIterator<Item = Result<(Vec<u8>, Vec<u8>), sled::Error>> + use<> {
        let _settled = self.settled();
        self.db.range(from.to_vec()..to.to_vec()).map(owned)
    }

    /// The number of commits so far.
    pub fn commits(&self) -> u64 {
        let stored = self.db.get(keys::COMMITS).ok().flatten();
        stored.and_then(|bytes| bytes.as_ref().try_into().ok()).map_or(0, u64::from_be_bytes)
    }

    /// Writes all or nothing, with the number of this commit, one more than the last. Calls `durable`
    /// once it is on disk: whoever is told by it and reads finds what was written. After an error
    /// nothing more may be written: what a failed sync left behind is not known.
    pub fn commit<E: From<CommitError>>(
        &self,
        commit: u64,
        writes: Writes,
        durable: impl FnOnce() -> Result<(), E>,
    ) -> Result<(), E> {
        let applying = self.log(commit, &writes)?;
        durable()?;
        self.apply(commit, writes)?;
        drop(applying);
        Ok(())
    }

    /// Makes a commit durable. Until the guard is dropped nobody reads, but for `durable`, which
    /// cannot want to: the store does not have the commit yet.
    fn log(&self, commit: u64, writes: &Writes) -> Result<RwLockWriteGuard<'_, ()>, CommitError> {
        let sizes = writes.iter().filter_map(|(_, value)| value.as_ref().map(Vec::len));
        if let Some(size) = sizes.max().filter(|size| *size > VALUE_BYTES_MAX) {
            return Err(CommitError::TooLarge(size));
        }
        let mut logging = self.logging();
        self.make_room(&mut logging)?;
        logging.ahead.append(commit, writes)?;
        self.folder.witness(commit)?;
        Ok(self.applying.write().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits until the store has every commit that was told as durable.
    fn settled(&self) -> RwLockReadGuard<'_, ()> {
        self.applying.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Key by key, and the commit's number last: a cut in between is mended from the log.
    fn apply(&self, commit: u64, writes: Writes) -> Result<(), CommitError> {
        for (key, value) in writes {
            match value {
                Some(value) => self.db.insert(key, value)?,
                None => self.db.remove(key)?,
            };
        }
        self.db.insert(keys::COMMITS, &commit.to_be_bytes())?;
        Ok(())
    }

    /// Goes over to the log's other file where one is full. Nothing waits for that but a writer who
    /// has filled a whole file before the store was synced.
    fn make_room(&self, logging: &mut Logging) -> Result<(), CommitError> {
        let is_at_turn = logging.ahead.is_at_turn();
        // Told at once where it failed.
        if let Some(settling) = logging.settling.take_if(|it| is_at_turn || it.is_finished()) {
            settling.join().map_err(|_| CommitError::Settling)??;
        }
        if is_at_turn {
            let (db, file) = (self.db.clone(), Arc::clone(&self.file));
            let settling = std::thread::Builder::new().name("settling".into());
            logging.settling = Some(settling.spawn(move || sync(&db, &file))?);
            logging.ahead.turn();
        }
        Ok(())
    }

    fn logging(&self) -> MutexGuard<'_, Logging> {
        self.logging.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Disk {
    /// Whoever opens the folder next has it alone.
    fn drop(&mut self) {
        let logging = self.logging.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(settling) = logging.settling.take()
            && !matches!(settling.join(), Ok(Ok(())))
        {
            tracing::warn!("the store could not be synced; the next start mends it from the log");
        }
    }
}

/// Returns when all that the store holds is on disk. Where `real_sync` stands in, sled's own flush
/// has synced everything that it wrote, and the flusher thread's share too; elsewhere we do.
fn sync(db: &sled::Db, file: &File) -> Result<(), CommitError> {
    db.flush()?;
    if real_sync::count() == 0 {
        file.sync_data()?;
    }
    Ok(())
}

/// sled reads its log from its last snapshot at every start, and makes a snapshot only then: made
/// right after a stop, the next start finds little to read. Nobody else may have the folder open.
pub fn shorten_next_start(path: &Path) -> Result<(), OpenError> {
    let folder = Folder::take(path)?;
    open_sled(&folder.store_path(), path).map(drop)
}

/// sled never syncs its configuration file nor the folders: a power cut in the first moments would
/// leave a store that does not open. `file`: the store's, flushed.
pub(super) fn settle(folder: &Path, file: &File) -> io::Result<()> {
    let store = folder.join(STORE_FOLDER);
    file.sync_all()?;
    File::open(folder.join(super::seals::SEALS_FILE))?.sync_all()?;
    File::open(store.join("conf"))?.sync_all()?;
    sync_folder(&store)?;
    sync_folder(folder)?;
    match folder.canonicalize()?.parent() {
        Some(parent) => sync_folder(parent),
        None => Ok(()),
    }
}

fn owned(
    pair: Result<(sled::IVec, sled::IVec), sled::Error>,
) -> Result<(Vec<u8>, Vec<u8>), sled::Error> {
    pair.map(|(key, value)| (key.to_vec(), value.to_vec()))
}

pub(super) fn store_file(store: &Path) -> io::Result<File> {
    fs::OpenOptions::new().write(true).open(store.join("db"))
}

pub(super) fn open_sled(store: &Path, path: &Path) -> Result<sled::Db, OpenError> {
    let unusable = |error| OpenError::Unusable(path.into(), error);
    remove_unfinished_snapshots(store).map_err(unusable)?;
    let error = match try_open(store) {
        Ok(db) => return Ok(db),
        Err(sled::Error::Io(error)) => return Err(unusable(error)),
        Err(error) => error,
    };
    // A snapshot is only a shortcut: without it sled rebuilds its index from the log.
    if set_snapshots_aside(store).map_err(unusable)?
        && let Ok(db) = try_open(store)
    {
        return Ok(db);
    }
    Err(OpenError::Corrupt(path.into(), error.to_string()))
}

fn try_open(store: &Path) -> sled::Result<sled::Db> {
    let config = sled::Config::new()
        .path(store)
        .cache_capacity(CACHE_BYTES)
        .flush_every_ms(Some(FLUSH_EVERY_MS));
    // On some kinds of damage sled panics instead of saying so.
    let opened = quietly(|| config.open());
    opened.unwrap_or_else(|_| Err(sled::Error::Corruption { at: None, bt: () }))
}

/// Runs `work` with panics caught and not printed.
fn quietly<T>(work: impl FnOnce() -> T) -> std::thread::Result<T> {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
    std::panic::set_hook(hook);
    result
}

fn snapshots(store: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(store) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let paths = entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    let is_snapshot = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("snap."))
    };
    Ok(paths.into_iter().filter(is_snapshot).collect())
}

/// A kill during open leaves one behind, and the next open can fail over it.
fn remove_unfinished_snapshots(store: &Path) -> io::Result<()> {
    for path in snapshots(store)? {
        if path.to_string_lossy().ends_with(".generating") {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// Whether there were any.
fn set_snapshots_aside(store: &Path) -> io::Result<bool> {
    let found = snapshots(store)?;
    for path in &found {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        fs::rename(path, store.join(format!("aside.{}", name.unwrap_or_default())))?;
    }
    Ok(!found.is_empty())
}
