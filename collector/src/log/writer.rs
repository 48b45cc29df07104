//! The one writer: takes up to 256 waiting jobs, makes one atomic durable commit of them, shows
//! the result to the readers, and only then answers. The store gets the commit while the answers go
//! out.

use super::checkpoint::Checkpoints;
use super::disk::{CommitError, Disk};
use super::folder::Folder;
use super::housekeeping::Housekeeper;
use super::load::{self, Loaded};
use super::news::{NEWS_MAX, News};
use super::recording::Tee;
use super::transaction::{Broken, Finished, Transaction};
use super::{OpenError, keys};
use crate::state::State;
use arc_swap::ArcSwap;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;
use thiserror::Error;
use tokio::sync::{Notify, broadcast, mpsc, oneshot};

/// Jobs that may wait; one more is refused.
pub const QUEUE_MAX: usize = 4_096;
/// sled is slower per record with larger batches.
const COMMIT_JOBS_MAX: usize = 256;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refused {
    #[error("too many responses are waiting to be written")]
    Full,
    #[error("the store no longer takes writes")]
    Stopped,
    #[error(
        "the disk is nearly full; nothing is lost, and responses are taken again once there is room"
    )]
    DiskFull,
}

/// Changes the transaction and gives back how to answer once the commit is durable.
pub(super) type Job = Box<dyn FnOnce(&mut Transaction<'_>) -> Result<Acknowledge, Broken> + Send>;
type Acknowledge = Box<dyn FnOnce() + Send>;

/// A cheap handle: submits jobs and reads the latest state.
#[derive(Clone)]
pub struct Writer {
    jobs: mpsc::Sender<Job>,
    inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub disk: Disk,
    state: ArcSwap<State>,
    failed: AtomicBool,
    failure: Notify,
    /// The disk has less room than is kept for what has to be written in any case.
    pub full: AtomicBool,
    /// Rows changed since the last checkpoint.
    pub journaled: AtomicU64,
    pub checkpoints: Mutex<Checkpoints>,
    /// Nothing is told where nobody listens.
    news: broadcast::Sender<Arc<News>>,
    /// Where a backup is running, what takes each commit's writes.
    pub tee: Mutex<Option<Tee>>,
}

impl Inner {
    pub fn state(&self) -> Arc<State> {
        self.state.load_full()
    }

    /// Writes the index as it is now.
    pub fn checkpoint(&self) -> std::io::Result<u64> {
        let journaled = self.journaled.load(Ordering::Acquire);
        let state = self.state();
        let mut checkpoints = self.checkpoints.lock().unwrap_or_else(PoisonError::into_inner);
        checkpoints.write(&state)?;
        // Rows that came meanwhile wait for the next one.
        self.journaled.fetch_sub(journaled, Ordering::AcqRel);
        Ok(state.commit)
    }
}

impl Writer {
    /// Opens the data folder in `path`, making it if there is none, loads the state and starts the
    /// writing thread, which ends when every handle is dropped and all accepted jobs are written.
    /// `ahead_bytes`: of the log ahead of the store, after which the store is synced.
    pub fn open(path: &Path, ahead_bytes: u64) -> Result<(Self, JoinHandle<()>), OpenError> {
        let unusable = |what: &str, error| OpenError::Unusable(what.into(), error);
        let started = Instant::now();
        let folder = Folder::take(path)?;
        let index = folder.index_path();
        // The index is read while sled reads its own: each takes about half of a start.
        let (disk, index) = std::thread::scope(|scope| {
            let index = scope.spawn(|| Checkpoints::open(index));
            (Disk::open(folder, ahead_bytes), index.join())
        });
        let disk = disk?;
        let index = index.unwrap_or_else(|_| Err(io::Error::other("its thread ended")));
        let (checkpoints, last) = index.map_err(|error| unusable("the index", error))?;
        tracing::info!(
            bytes = disk.stored_bytes().unwrap_or_default(),
            milliseconds = started.elapsed().as_millis(),
            "the store is open"
        );
        let Loaded { mut state, journaled, shreds } = load::state(&disk, last)?;
        let rows: usize = state.sites.values().map(|site| site.rows.rows()).sum();
        tracing::info!(rows, milliseconds = started.elapsed().as_millis(), "the state is loaded");
        if disk.is_of_older_format() {
            remove_old_cells(&disk, &mut state)?;
            disk.mark_format().map_err(|error| unusable("the format file", error))?;
        }
        disk.seals().shred(&shreds).map_err(|error| unusable("the file of keys", error))?;
        let inner = Arc::new(Inner {
            disk,
            state: ArcSwap::from_pointee(state),
            failed: AtomicBool::new(false),
            failure: Notify::new(),
            full: AtomicBool::new(false),
            journaled: AtomicU64::new(journaled),
            checkpoints: Mutex::new(checkpoints),
            news: broadcast::Sender::new(NEWS_MAX),
            tee: Mutex::new(None),
        });
        let (jobs, queue) = mpsc::channel(QUEUE_MAX);
        let writer = Self { jobs, inner: Arc::clone(&inner) };
        let keeper = Housekeeper::start(&writer).map_err(|error| unusable("a thread", error))?;
        let thread = std::thread::Builder::new()
            .name("writer".into())
            .spawn(move || write_all(&inner, queue, shreds, keeper))
            .map_err(|error| unusable("a thread", error))?;
        Ok((writer, thread))
    }

    /// As a handle that does not keep the writing thread from ending.
    pub(super) fn downgrade(&self) -> (mpsc::WeakSender<Job>, Arc<Inner>) {
        (self.jobs.downgrade(), Arc::clone(&self.inner))
    }

    pub(super) const fn inner(&self) -> &Arc<Inner> {
        &self.inner
    }

    /// Whether responses are taken: the store writes, and the disk has room.
    pub fn has_room(&self) -> Result<(), Refused> {
        match self.inner.full.load(Ordering::Acquire) {
            true => Err(Refused::DiskFull),
            false => Ok(()),
        }
    }

    /// The latest committed state.
    pub fn state(&self) -> Arc<State> {
        self.inner.state()
    }

    /// What each commit brings, from now on.
    pub fn news(&self) -> broadcast::Receiver<Arc<News>> {
        self.inner.news.subscribe()
    }

    pub fn disk(&self) -> &Disk {
        &self.inner.disk
    }

    /// Runs `change` in the next commit and returns its value once that is on disk. `change` must
    /// decide before its first write whether it refuses: what it wrote stays. `Err(Broken)` stops
    /// the store.
    pub async fn change<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Transaction<'_>) -> Result<T, Broken> + Send + 'static,
    ) -> Result<T, Refused> {
        let (job, answer) = job(change);
        self.jobs.try_send(job).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Refused::Full,
            mpsc::error::TrySendError::Closed(_) => Refused::Stopped,
        })?;
        answer.await.map_err(|_| Refused::Stopped)
    }

    /// False once a commit has failed: nothing more is written by this process.
    pub fn is_healthy(&self) -> bool {
        !self.inner.failed.load(Ordering::Acquire)
    }

    /// Returns when a commit has failed.
    pub async fn failure(&self) {
        let failure = self.inner.failure.notified();
        if self.is_healthy() {
            failure.await;
        }
    }
}

pub(super) fn job<T: Send + 'static>(
    change: impl FnOnce(&mut Transaction<'_>) -> Result<T, Broken> + Send + 'static,
) -> (Job, oneshot::Receiver<T>) {
    let (sender, answer) = oneshot::channel();
    let job: Job = Box::new(move |transaction| {
        let value = change(transaction)?;
        // Whoever asked may have gone away; the commit stands all the same.
        Ok(Box::new(move || drop(sender.send(value))))
    });
    (job, answer)
}

/// Says that writing has ended for whatever reason but an empty queue, a panic included.
struct Alarm {
    inner: Arc<Inner>,
    armed: bool,
}

impl Drop for Alarm {
    fn drop(&mut self) {
        if self.armed {
            self.inner.failed.store(true, Ordering::Release);
            self.inner.failure.notify_waiters();
            // sled syncs once more when it is dropped, and panics where that fails too.
            std::mem::forget(Arc::clone(&self.inner));
        }
    }
}

fn write_all(
    inner: &Arc<Inner>,
    mut queue: mpsc::Receiver<Job>,
    mut shredded: Vec<u64>,
    keeper: Housekeeper,
) {
    let mut alarm = Alarm { inner: Arc::clone(inner), armed: true };
    let mut jobs = Vec::with_capacity(COMMIT_JOBS_MAX);
    while let Some(first) = queue.blocking_recv() {
        jobs.push(first);
        while jobs.len() < COMMIT_JOBS_MAX
            && let Ok(next) = queue.try_recv()
        {
            jobs.push(next);
        }
        metrics::gauge!("ascolto_queue_jobs").set(queue.len() as f64);
        if let Err(error) = commit(inner, &mut jobs, &mut shredded) {
            tracing::error!("writing stops: {error}");
            return;
        }
    }
    alarm.armed = false;
    keeper.stop();
    // The next start has less to read.
    if inner.journaled.load(Ordering::Acquire) > 0
        && let Err(error) = inner.checkpoint()
    {
        tracing::warn!("the index could not be written; the next start reads the journal: {error}");
    }
}

/// `shredded`: slots whose keys are overwritten, to be noted as done in the next commit.
fn commit(inner: &Inner, jobs: &mut Vec<Job>, shredded: &mut Vec<u64>) -> anyhow::Result<()> {
    let started = Instant::now();
    let count = jobs.len();
    let state = State::clone(&inner.state.load());
    let mut transaction = Transaction::new(&inner.disk, state);
    let done: Result<Vec<_>, _> = jobs.drain(..).map(|job| job(&mut transaction)).collect();
    let acknowledgements = done?;
    let Finished { mut writes, state, shreds, changed, news } = transaction.finish();
    if !writes.is_empty() {
        writes.extend(shredded.drain(..).map(|slot| (keys::shred(slot), None)));
        let acknowledge = || acknowledgements.into_iter().for_each(|acknowledge| acknowledge());
        inner.recorded(writes, |writes| {
            let flushing = Instant::now();
            inner.disk.commit(state.commit, writes, || {
                metrics::histogram!("ascolto_flush_seconds").record(flushing.elapsed());
                if !shreds.is_empty() {
                    inner.disk.seals().shred(&shreds)?;
                    *shredded = shreds;
                }
                inner.journaled.fetch_add(changed, Ordering::AcqRel);
                inner.state.store(Arc::new(state));
                acknowledge();
                anyhow::Ok(())
            })
        })?;
        if inner.news.receiver_count() > 0 {
            // The last one may have gone just now.
            let _ = inner.news.send(Arc::new(news));
        }
    } else {
        acknowledgements.into_iter().for_each(|acknowledge| acknowledge());
    }
    metrics::histogram!("ascolto_commit_seconds").record(started.elapsed());
    metrics::histogram!("ascolto_commit_jobs").record(count as f64);
    Ok(())
}

/// The first format kept the counts of all responses where this one keeps those of responses that
/// are gone. It had no journal: noting one as removed keeps a start without a checkpoint from
/// taking what came since for everything.
fn remove_old_cells(disk: &Disk, state: &mut State) -> Result<(), OpenError> {
    const KEYS_AT_ONCE: usize = 2_000;
    let failed = |error: &dyn std::fmt::Display| {
        OpenError::Unusable("the store".into(), std::io::Error::other(error.to_string()))
    };
    let broken = |error: &CommitError| failed(error);
    loop {
        let found = disk.scan(keys::RETIRED).take(KEYS_AT_ONCE);
        let found: Result<Vec<_>, _> = found.map(|pair| pair.map(|(key, _)| (key, None))).collect();
        let writes = found.map_err(|error| failed(&error))?;
        state.commit += 1;
        if writes.is_empty() {
            let trimmed = (keys::TRIMMED.to_vec(), Some(state.commit.to_be_bytes().to_vec()));
            return disk.commit(state.commit, vec![trimmed], || Ok(())).map_err(|e| broken(&e));
        }
        disk.commit(state.commit, writes, || Ok(())).map_err(|e| broken(&e))?;
    }
}
