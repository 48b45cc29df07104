//! What the store does by itself: looks whether the disk has room, writes checkpoints of the index
//! and removes the journal that they hold, and removes the data of deleted sites a little at a time.

use super::record::{ShortLink, StoredResponse};
use super::transaction::{Broken, Transaction};
use super::writer::{Inner, Job, Writer, job};
use super::{keys, record};
use crate::change;
use crate::clock;
use crate::state::SiteNo;
use shared::Timestamp;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::WeakSender;

const EVERY: Duration = Duration::from_secs(1);
/// Kept free for what has to be written in any case: erasures, garbage collection, checkpoints.
const RESERVE_BYTES: u64 = 64 << 20;
/// Rows changed since the last checkpoint that make the next one due.
const CHECKPOINT_ROWS: u64 = 100_000;
/// After one, also where it failed.
const CHECKPOINT_PAUSE: Duration = Duration::from_secs(5);
/// However few rows changed.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(600);
/// Keys that one job removes: responses wait for it.
const REMOVED_AT_ONCE: usize = 256;
/// Between two looks at what is over among short links.
const LINKS_EVERY: Duration = Duration::from_secs(600);
/// Whoever comes late is told for a week that it was there.
const LINK_KEPT_MS: i64 = 7 * 24 * 3600 * 1000;

/// Ends its thread when stopped.
pub struct Housekeeper {
    alive: Sender<()>,
    thread: JoinHandle<()>,
}

impl Housekeeper {
    pub fn start(writer: &Writer) -> io::Result<Self> {
        let (alive, told) = channel();
        let (jobs, inner) = writer.downgrade();
        let keeping = Keeping { jobs, inner, checkpointed: None, links_looked_at: None };
        let thread = std::thread::Builder::new().name("housekeeper".into());
        Ok(Self { alive, thread: thread.spawn(move || keeping.run(&told))? })
    }

    pub fn stop(self) {
        drop(self.alive);
        if self.thread.join().is_err() {
            tracing::warn!("housekeeping ended before its time");
        }
    }
}

struct Keeping {
    jobs: WeakSender<Job>,
    inner: Arc<Inner>,
    checkpointed: Option<Instant>,
    links_looked_at: Option<Instant>,
}

impl Keeping {
    fn run(mut self, told: &Receiver<()>) {
        // Its first job also writes the names that a rebuilt index has added, before any checkpoint
        // can rely on them.
        let trimmed = self.inner.checkpoints.lock().map(|known| known.commit()).unwrap_or_default();
        self.trim(trimmed);
        loop {
            self.look_at_disk();
            self.sweep_deleted_sites();
            self.retire_what_is_due();
            self.remove_old_links();
            if self.is_checkpoint_due() {
                self.checkpoint();
            }
            match told.recv_timeout(EVERY) {
                Err(RecvTimeoutError::Timeout) => {}
                Ok(()) | Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn look_at_disk(&self) {
        let disk = &self.inner.disk;
        match disk.free_bytes() {
            Ok(free) => {
                let full = free < RESERVE_BYTES;
                if full != self.inner.full.swap(full, Ordering::AcqRel) {
                    match full {
                        true => tracing::error!(
                            "the disk is nearly full ({free} bytes left): no responses are taken until there is room"
                        ),
                        false => tracing::info!("there is room again: responses are taken"),
                    }
                }
            }
            Err(error) => tracing::warn!("the room on the disk is not known: {error}"),
        }
        if let Ok(bytes) = disk.stored_bytes() {
            metrics::gauge!("ascolto_stored_bytes").set(bytes as f64);
        }
        let state = self.inner.state();
        let rows: usize = state.sites.values().map(|site| site.rows.rows()).sum();
        let bytes: usize = state.sites.values().map(|site| site.rows.bytes()).sum();
        metrics::gauge!("ascolto_index_rows").set(rows as f64);
        metrics::gauge!("ascolto_index_bytes").set(bytes as f64);
        metrics::counter!("ascolto_store_syncs_total").absolute(real_sync::count());
    }

    fn is_checkpoint_due(&self) -> bool {
        let changed = self.inner.journaled.load(Ordering::Acquire);
        let pause = if changed >= CHECKPOINT_ROWS { CHECKPOINT_PAUSE } else { CHECKPOINT_EVERY };
        changed > 0 && self.checkpointed.is_none_or(|last| last.elapsed() >= pause)
    }

    fn checkpoint(&mut self) {
        self.checkpointed = Some(Instant::now());
        match self.inner.checkpoint() {
            Ok(commit) => self.trim(commit),
            Err(error) => tracing::warn!("the index could not be written: {error}"),
        }
    }

    /// Removes the journal of the commits that a checkpoint holds.
    fn trim(&self, upto: u64) {
        while self.run_job(move |t| trim(t, upto)) == Some(true) {}
    }

    fn sweep_deleted_sites(&self) {
        let gone = self.inner.disk.scan(keys::GONE).filter_map(Result::ok);
        let numbers =
            gone.filter_map(|(key, _)| Some(SiteNo::from_be_bytes(key[1..].try_into().ok()?)));
        for site in numbers {
            while self.run_job(move |t| sweep(t, site)) == Some(true) {}
        }
    }

    fn retire_what_is_due(&self) {
        let now = clock::now();
        for site in self.inner.state().sites.values() {
            let (number, mut more) = (site.number, change::is_due(site, &self.inner.disk, now));
            while more {
                more = self.run_job(move |t| change::retire(t, number, now)) == Some(true);
            }
        }
    }

    /// What a short link says, a reference perhaps, goes with it.
    fn remove_old_links(&mut self) {
        if self.links_looked_at.is_some_and(|last| last.elapsed() < LINKS_EVERY) {
            return;
        }
        self.links_looked_at = Some(Instant::now());
        let before = Timestamp::from_millis(clock::now().millis() - LINK_KEPT_MS);
        let stored = self.inner.disk.scan(keys::LINKS).filter_map(Result::ok);
        let over = stored.filter(|(_, value)| {
            record::decode(value).is_ok_and(|link: ShortLink| link.is_over(before))
        });
        let over = over.filter_map(|(key, _)| {
            let site = SiteNo::from_be_bytes(key.get(1..5)?.try_into().ok()?);
            Some((site, keys::read_link(&key)?.to_owned()))
        });
        let over: Vec<_> = over.collect();
        for some in over.chunks(REMOVED_AT_ONCE) {
            let some = some.to_vec();
            let removed = self.run_job(move |t| {
                some.iter()
                    .try_for_each(|(site, code)| change::remove_link(t, *site, code).map(drop))
            });
            if removed.is_none() {
                return;
            }
        }
    }

    /// `None` where the writer has ended.
    fn run_job<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Transaction<'_>) -> Result<T, Broken> + Send + 'static,
    ) -> Option<T> {
        let (job, answer) = job(change);
        self.jobs.upgrade()?.blocking_send(job).ok()?;
        answer.blocking_recv().ok()
    }
}

/// Whether there is more to remove.
fn trim(transaction: &mut Transaction<'_>, upto: u64) -> Result<bool, Broken> {
    let stored = transaction.disk().scan(keys::JOURNAL).take(REMOVED_AT_ONCE);
    let found: Vec<Vec<u8>> =
        stored.map(|pair| pair.map(|(key, _)| key)).collect::<Result<_, _>>()?;
    let old = |key: &Vec<u8>| keys::read_journal(key).is_some_and(|commit| commit <= upto);
    let old: Vec<_> = found.into_iter().filter(old).collect();
    if old.is_empty() {
        return Ok(false);
    }
    transaction.put(keys::TRIMMED.to_vec(), upto.to_be_bytes().to_vec());
    let more = old.len() == REMOVED_AT_ONCE;
    old.into_iter().for_each(|key| transaction.remove(key));
    Ok(more)
}

/// Removes some of what a deleted site left; whether there is more.
fn sweep(transaction: &mut Transaction<'_>, site: SiteNo) -> Result<bool, Broken> {
    for list in keys::OF_A_SITE {
        let stored = transaction.disk().scan(&keys::of_site(list, site)).take(REMOVED_AT_ONCE);
        let found: Vec<(Vec<u8>, Vec<u8>)> = stored.collect::<Result<_, _>>()?;
        if found.is_empty() {
            continue;
        }
        for (key, value) in found {
            if list == keys::RESPONSES
                && let Some(slot) = StoredResponse::slot(&value)
            {
                transaction.shred(slot);
            }
            if list == keys::LINKS
                && let Some(code) = keys::read_link(&key)
            {
                transaction.remove(keys::code(code));
            }
            transaction.remove(key);
        }
        return Ok(true);
    }
    transaction.remove(keys::gone(site));
    Ok(false)
}

impl From<record::Unreadable> for Broken {
    fn from(error: record::Unreadable) -> Self {
        Self::Read(error.into())
    }
}
