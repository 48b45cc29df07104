//! Opens the data folder, listens, and stops in order: what was accepted is finished.

use crate::change;
use crate::clock;
use crate::doors::{self, Doors, Tls};
use crate::events::Pending;
use crate::http::{self, App, Earlier, Streams, router};
use crate::log::{self, Transaction, Writer, write_whole};
use crate::secret::{hash_token, random};
use crate::spam::Spam;
use crate::state::Role;
use anyhow::{Context, Result, bail};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::sleep;

/// The file in the data folder with the administrator's token, readable by its owner alone.
pub const ADMIN_TOKEN_FILE: &str = "admin-token";
/// How long open connections may take to end.
const SHUTDOWN: Duration = Duration::from_secs(10);
/// Commits from which on the store is made ready for its next start.
const COMMITS_TO_SNAPSHOT: u64 = 1_000;
/// The store's, the listener's and what the runtime needs.
const FILES_BESIDE_CONNECTIONS: u64 = 128;

/// A store that is open in this process.
pub struct Store {
    pub app: Arc<App>,
    writer_thread: JoinHandle<()>,
    /// The number of commits at the start.
    commits: u64,
}

impl Store {
    /// Opens the data folder and makes what a new one needs: the secret and the administrator's
    /// token.
    pub async fn open(data: &Path, public_url: String, doors: Doors) -> Result<Self> {
        let path = data.to_owned();
        let ahead_bytes = u64::from(doors.settings.ahead_kib) << 10;
        let opened = tokio::task::spawn_blocking(move || Writer::open(&path, ahead_bytes));
        let (writer, writer_thread) = opened.await??;
        let commits = writer.state().commit;
        let spam = Spam::new(doors.settings.answer_time_min);
        let (pending, streams) = (Pending::default(), Streams::default());
        let earlier = Earlier::default();
        let app = Arc::new(App { writer, public_url, doors, spam, earlier, pending, streams });
        if app.writer.state().secret == [0; 32] {
            let set = |t: &mut Transaction<'_>| {
                t.set_secret(random());
                Ok(())
            };
            app.writer.change(set).await?;
        }
        ensure_admin(&app, data).await?;
        Ok(Self { app, writer_thread, commits })
    }

    /// Finishes what was accepted and lets go of the folder.
    pub async fn close(self) -> Result<()> {
        self.app.pending.flush(&self.app.writer).await;
        // When this empty change is through, everything that came before it is on disk.
        let finished = self.app.writer.change(|_| Ok(())).await;
        let path = self.app.writer.disk().path().to_owned();
        let commits = self.app.writer.state().commit - self.commits;
        drop(self.app);
        let thread = tokio::task::spawn_blocking(move || self.writer_thread.join());
        // A connection that never ended still holds a handle; nothing waits for it.
        let joined = tokio::time::timeout(SHUTDOWN, thread).await;
        let crashed = matches!(joined, Ok(Ok(Err(_))));
        if crashed || finished.is_err() {
            bail!("the store stopped on an error; what was acknowledged is safe");
        }
        if commits >= COMMITS_TO_SNAPSHOT {
            let shortened = tokio::task::spawn_blocking(move || log::shorten_next_start(&path));
            if let Err(error) = shortened.await? {
                tracing::info!("the next start takes longer: {error}");
            }
        }
        Ok(())
    }
}

/// The token is made again where its file is gone or does not fit: whoever can write the folder
/// administers it.
async fn ensure_admin(app: &App, data: &Path) -> Result<()> {
    let written = fs::read_to_string(data.join(ADMIN_TOKEN_FILE)).unwrap_or_default();
    let state = app.writer.state();
    let known = state.tokens.get(&hash_token(written.trim()));
    if known.is_some_and(|token| token.role == Role::Admin) {
        return Ok(());
    }
    let words = app.writer.change(|t| Ok(change::replace_admin(t, clock::now()))).await?;
    let words = words.context("the administrator's token cannot be made")?;
    write_whole(data, ADMIN_TOKEN_FILE, &format!("{words}\n"))?;
    Ok(())
}

/// The signals to stop, and the one to read files again. Caught from the moment this is made.
pub struct Stop {
    signals: Signals,
    hangup: Signal,
}

struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Stop {
    pub fn catch() -> std::io::Result<Self> {
        let interrupt = signal(SignalKind::interrupt())?;
        let signals = Signals { interrupt, terminate: signal(SignalKind::terminate())? };
        Ok(Self { signals, hangup: signal(SignalKind::hangup())? })
    }

    pub async fn wait(&mut self) {
        self.signals.wait().await;
    }
}

impl Signals {
    async fn wait(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// A collector that listens and does not answer yet.
pub struct Server {
    pub listener: TcpListener,
    pub tls: Option<Tls>,
    /// Where it listens.
    pub url: String,
}

/// Serves until a signal to stop, or until the store fails.
pub async fn serve(store: Store, server: Server, stop: Stop) -> Result<()> {
    let app = Arc::clone(&store.app);
    let tls = server.tls.map(Arc::new);
    let reloading = tokio::spawn(reload(tls.clone(), stop.hangup));
    let counting = tokio::spawn(keep_counting(Arc::clone(&app)));
    let watching = tokio::spawn(watch(Arc::clone(&app), stop.signals));
    let router = router(Arc::clone(&app));
    http::prepare();
    if let Err(error) = app.earlier.keep(app.writer.disk().path()) {
        tracing::warn!("pages that pin an earlier widget do not get it: {error}");
    }
    let late = async {
        app.doors.stopped().await;
        sleep(SHUTDOWN).await;
    };
    tokio::select! {
        () = doors::serve(server.listener, tls, router, &app.doors) => {}
        () = late => tracing::warn!("some connections did not end in time"),
    }
    watching.await?;
    reloading.abort();
    // What waits then is written by `close`.
    counting.abort();
    drop(counting.await);
    drop(app);
    store.close().await
}

/// On the signal to stop, readiness fails at once, and the doors close after the delay that
/// whoever sends requests needs to notice. A store that failed is not waited for.
async fn watch(app: Arc<App>, mut signals: Signals) {
    tokio::select! {
        () = signals.wait() => {
            app.doors.announce_stop();
            tokio::select! {
                () = sleep(app.doors.settings.stop_delay) => {}
                () = signals.wait() => {}
            }
        }
        () = app.writer.failure() => {}
    }
    app.doors.stop();
}

async fn keep_counting(app: Arc<App>) {
    app.pending.keep_flushing(&app.writer).await;
}

/// SIGHUP reads the certificate again; without one it does nothing, where it would end the
/// process otherwise.
async fn reload(tls: Option<Arc<Tls>>, mut hangup: Signal) {
    match tls {
        Some(tls) => tls.keep_fresh(hangup).await,
        None => while hangup.recv().await.is_some() {},
    }
}

/// Raises the process's own bound of open files towards what the connections need.
pub fn allow_files(connections_max: u32) {
    let needed = u64::from(connections_max) + FILES_BESIDE_CONNECTIONS;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_none_or(|current| current >= needed) {
        return;
    }
    let allowed = maximum.map_or(needed, |maximum| maximum.min(needed));
    let raised = setrlimit(Resource::Nofile, Rlimit { current: Some(allowed), maximum });
    if raised.is_err() || allowed < needed {
        tracing::warn!("the system allows {allowed} open files, {needed} may be needed");
    }
}
