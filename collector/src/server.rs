//! Opens the data folder, listens, and stops in order: what was accepted is finished.

use crate::change;
use crate::clock;
use crate::http::{App, router};
use crate::log::{Disk, OpenError, Transaction, Writer, write_whole};
use crate::secret::{hash_token, random};
use crate::state::Role;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The file in the data folder with the administrator's token, readable by its owner alone.
pub const ADMIN_TOKEN_FILE: &str = "admin-token";
/// How long open connections may take to end.
const SHUTDOWN: Duration = Duration::from_secs(10);

/// A store that is open in this process.
pub struct Store {
    pub app: Arc<App>,
    writer_thread: JoinHandle<()>,
}

impl Store {
    /// Opens the data folder and makes what a new one needs: the secret and the administrator's
    /// token.
    pub async fn open(data: &Path, public_url: String) -> Result<Self> {
        let path = data.to_owned();
        let opened = tokio::task::spawn_blocking(move || -> Result<_, OpenError> {
            Writer::start(Disk::open(&path)?)
        });
        let (writer, writer_thread) = opened.await??;
        let app = Arc::new(App { writer, public_url });
        if app.writer.state().secret == [0; 32] {
            let set = |t: &mut Transaction<'_>| {
                t.set_secret(random());
                Ok(())
            };
            app.writer.change(set).await?;
        }
        ensure_admin(&app, data).await?;
        Ok(Self { app, writer_thread })
    }

    /// Finishes what was accepted and lets go of the folder.
    pub async fn close(self) -> Result<()> {
        // When this empty change is through, everything that came before it is on disk.
        let finished = self.app.writer.change(|_| Ok(())).await;
        drop(self.app);
        let thread = tokio::task::spawn_blocking(move || self.writer_thread.join());
        // A connection that never ended still holds a handle; nothing waits for it.
        let joined = tokio::time::timeout(SHUTDOWN, thread).await;
        let crashed = matches!(joined, Ok(Ok(Err(_))));
        if crashed || finished.is_err() {
            bail!("the store stopped on an error; what was acknowledged is safe");
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

/// The signals to stop. Caught from the moment this is made.
pub struct Stop {
    interrupt: Signal,
    terminate: Signal,
}

impl Stop {
    pub fn catch() -> std::io::Result<Self> {
        let interrupt = signal(SignalKind::interrupt())?;
        Ok(Self { interrupt, terminate: signal(SignalKind::terminate())? })
    }

    pub async fn wait(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Serves until a signal to stop, or until the store fails.
pub async fn serve(store: Store, listener: TcpListener, mut stop: Stop) -> Result<()> {
    let app = Arc::clone(&store.app);
    let (tell, told) = tokio::sync::watch::channel(false);
    let watching = tokio::spawn(async move {
        tokio::select! {
            () = stop.wait() => {}
            () = app.writer.failure() => {}
        }
        drop(app);
        tell.send_replace(true);
    });
    let stopped = |mut told: tokio::sync::watch::Receiver<bool>| async move {
        let _ = told.wait_for(|stop| *stop).await;
    };
    let service = router(Arc::clone(&store.app)).into_make_service();
    let serving = axum::serve(listener, service).with_graceful_shutdown(stopped(told.clone()));
    tokio::select! {
        served = serving => served?,
        () = async { stopped(told).await; tokio::time::sleep(SHUTDOWN).await } => {
            tracing::warn!("some connections did not end in time");
        }
    }
    watching.await?;
    store.close().await
}
