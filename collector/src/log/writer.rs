//! The one writer: takes up to 256 waiting jobs, makes one atomic durable commit of them, shows
//! the result to the readers, and only then answers.

use super::disk::Disk;
use super::load;
use super::transaction::{Broken, Transaction};
use crate::state::State;
use arc_swap::ArcSwap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use thiserror::Error;
use tokio::sync::{Notify, mpsc, oneshot};

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
}

/// Changes the transaction and gives back how to answer once the commit is durable.
type Job = Box<dyn FnOnce(&mut Transaction<'_>) -> Result<Acknowledge, Broken> + Send>;
type Acknowledge = Box<dyn FnOnce() + Send>;

/// A cheap handle: submits jobs and reads the latest state.
#[derive(Clone)]
pub struct Writer {
    jobs: mpsc::Sender<Job>,
    inner: Arc<Inner>,
}

struct Inner {
    disk: Disk,
    state: ArcSwap<State>,
    failed: AtomicBool,
    failure: Notify,
}

impl Writer {
    /// Loads the state and starts the writing thread, which ends when every handle is dropped and
    /// all accepted jobs are written.
    pub fn start(disk: Disk) -> Result<(Self, JoinHandle<()>), super::OpenError> {
        let state = load::state(&disk)?;
        let inner = Arc::new(Inner {
            disk,
            state: ArcSwap::from_pointee(state),
            failed: AtomicBool::new(false),
            failure: Notify::new(),
        });
        let (jobs, queue) = mpsc::channel(QUEUE_MAX);
        let thread_inner = Arc::clone(&inner);
        let thread = std::thread::Builder::new()
            .name("writer".into())
            .spawn(move || write_all(&thread_inner, queue))
            .map_err(|error| super::OpenError::Unusable("a new thread".into(), error))?;
        Ok((Self { jobs, inner }, thread))
    }

    /// The latest committed state.
    pub fn state(&self) -> Arc<State> {
        self.inner.state.load_full()
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

fn job<T: Send + 'static>(
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
struct Alarm<'a> {
    inner: &'a Inner,
    armed: bool,
}

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        if self.armed {
            self.inner.failed.store(true, Ordering::Release);
            self.inner.failure.notify_waiters();
        }
    }
}

fn write_all(inner: &Inner, mut queue: mpsc::Receiver<Job>) {
    let mut alarm = Alarm { inner, armed: true };
    let mut commits = inner.disk.commits();
    let mut jobs = Vec::with_capacity(COMMIT_JOBS_MAX);
    while let Some(first) = queue.blocking_recv() {
        jobs.push(first);
        while jobs.len() < COMMIT_JOBS_MAX
            && let Ok(next) = queue.try_recv()
        {
            jobs.push(next);
        }
        if let Err(error) = commit(inner, &mut jobs, &mut commits) {
            tracing::error!("writing stops: {error}");
            return;
        }
    }
    alarm.armed = false;
}

fn commit(inner: &Inner, jobs: &mut Vec<Job>, commits: &mut u64) -> anyhow::Result<()> {
    let state = State::clone(&inner.state.load());
    let mut transaction = Transaction::new(&inner.disk, state);
    let done: Result<Vec<_>, _> = jobs.drain(..).map(|job| job(&mut transaction)).collect();
    let acknowledgements = done?;
    let (writes, state) = transaction.finish();
    if !writes.is_empty() {
        *commits += 1;
        inner.disk.commit(*commits, writes)?;
        inner.state.store(Arc::new(state));
    }
    acknowledgements.into_iter().for_each(|acknowledge| acknowledge());
    Ok(())
}
