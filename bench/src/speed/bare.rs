//! What the disk can do: bytes appended to a file by one thread, with one fdatasync for all that
//! wait. Nothing is parsed, checked, looked up or counted.

use anyhow::{Result, ensure};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use tokio::sync::{mpsc, oneshot};

const QUEUE_MAX: usize = 4_096;

type Job = (Vec<u8>, oneshot::Sender<()>);

/// A handle to the appending thread, which ends with the last of them.
#[derive(Clone)]
pub struct Appender {
    jobs: mpsc::Sender<Job>,
}

impl Appender {
    pub fn start(path: &Path) -> Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        let (jobs, queue) = mpsc::channel(QUEUE_MAX);
        std::thread::Builder::new().name("append".into()).spawn(move || append_all(file, queue))?;
        Ok(Self { jobs })
    }

    /// Returns when the bytes are on disk.
    pub async fn append(&self, bytes: Vec<u8>) -> Result<()> {
        let (done, on_disk) = oneshot::channel();
        ensure!(self.jobs.send((bytes, done)).await.is_ok(), "the appending thread is gone");
        Ok(on_disk.await?)
    }
}

fn append_all(mut file: File, mut queue: mpsc::Receiver<Job>) {
    let mut bytes = Vec::new();
    let mut waiting = Vec::new();
    while let Some((first, done)) = queue.blocking_recv() {
        bytes.extend_from_slice(&first);
        waiting.push(done);
        while let Ok((more, done)) = queue.try_recv() {
            bytes.extend_from_slice(&more);
            waiting.push(done);
        }
        // On an error the senders are dropped, and whoever waits is told by that.
        if file.write_all(&bytes).and_then(|()| file.sync_data()).is_err() {
            return;
        }
        bytes.clear();
        waiting.drain(..).for_each(|done| {
            // Whoever waited may have gone away.
            let _ = done.send(());
        });
    }
}
