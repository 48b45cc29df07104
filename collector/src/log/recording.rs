//! What is written while a backup runs. A backup reads the store key by key while that changes;
//! with the writes of the same time done once more after it, in their order, it is the state after
//! one commit. The writer hands them on to a file, never to a network: it waits for nobody.

use super::disk::{Disk, Writes};
use super::pairs;
use super::writer::{Inner, Writer};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::{Arc, PoisonError};

const FILE: &str = "backup-running";
/// Of the writes of one backup's time: whoever reads more slowly than that has to start again.
const BYTES_MAX: u64 = 8 << 30;

/// Takes each commit's writes.
pub struct Tee {
    file: BufWriter<File>,
    bytes: u64,
    /// A backup that cannot be written is the backup's matter, never the writer's.
    failure: Option<io::Error>,
}

impl Tee {
    fn in_folder(folder: &Path) -> io::Result<Self> {
        let path = folder.join(FILE);
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(true).truncate(true).mode(0o600);
        let file = options.open(&path)?;
        // Without a name it is gone with the process, however that ends.
        fs::remove_file(path)?;
        Ok(Self { file: BufWriter::new(file), bytes: 0, failure: None })
    }

    pub fn take(mut self, writes: &[u8]) -> Self {
        self.bytes += writes.len() as u64;
        if self.bytes > BYTES_MAX {
            self.failure.get_or_insert_with(|| io::Error::other("too much was written meanwhile"));
        }
        if self.failure.is_none() {
            self.failure = self.file.write_all(writes).err();
        }
        self
    }

    /// All that was taken, from the beginning.
    fn finish(self) -> io::Result<File> {
        match self.failure {
            Some(failure) => Err(failure),
            None => {
                let mut file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
                file.seek(SeekFrom::Start(0))?;
                Ok(file)
            }
        }
    }
}

impl Inner {
    /// Runs one commit. A recording begins and ends between commits. After a failed one there is
    /// none any more: what the store shows then was never acknowledged.
    pub fn recorded<T>(
        &self,
        writes: Writes,
        commit: impl FnOnce(Writes) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let mut tee = self.tee.lock().unwrap_or_else(PoisonError::into_inner);
        let running = tee.take().map(|running| (running, pairs::of_writes(&writes)));
        let done = commit(writes)?;
        *tee = running.map(|(running, writes)| running.take(&writes));
        Ok(done)
    }
}

/// The recording of one backup; ends when dropped.
pub struct Recording {
    inner: Arc<Inner>,
    /// Its end was asked for: the next one may have begun since.
    ended: bool,
}

/// The end of a recording.
pub struct Recorded {
    /// With these writes done once more, what was read of the store since the beginning is the
    /// state after this commit.
    pub commit: u64,
    /// `pairs`, in order.
    pub writes: File,
    /// The keys of `seals` from the slot that was asked for to the last one in use.
    pub keys: Vec<u8>,
}

impl Writer {
    /// Begins to record; `None` where a recording is under way.
    pub fn record(&self) -> io::Result<Option<Recording>> {
        let inner = Arc::clone(self.inner());
        let mut tee = inner.tee.lock().unwrap_or_else(PoisonError::into_inner);
        if tee.is_some() {
            return Ok(None);
        }
        *tee = Some(Tee::in_folder(inner.disk.path())?);
        drop(tee);
        Ok(Some(Recording { inner, ended: false }))
    }
}

impl Recording {
    pub fn disk(&self) -> &Disk {
        &self.inner.disk
    }

    /// Slots of `seals` in use so far. The others' keys belong in no backup: whoever goes on from
    /// it would use them for other texts than the original has since.
    pub fn slots(&self) -> u64 {
        self.inner.state().next_slot
    }

    /// Ends between two commits. The keys were read up to `slot`.
    pub fn finish(mut self, slot: u64) -> io::Result<Recorded> {
        self.ended = true;
        let inner = Arc::clone(&self.inner);
        let mut tee = inner.tee.lock().unwrap_or_else(PoisonError::into_inner);
        let stopped = || io::Error::other("the store no longer takes writes");
        let ended = tee.take().ok_or_else(stopped)?;
        let state = inner.state();
        let keys = inner.disk.seals().keys(slot..state.next_slot)?;
        drop(tee);
        Ok(Recorded { commit: state.commit, writes: ended.finish()?, keys })
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        if !self.ended {
            self.inner.tee.lock().unwrap_or_else(PoisonError::into_inner).take();
        }
    }
}
