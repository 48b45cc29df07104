//! The real collector in its own process, on a real data folder.

use crate::client::{Answer, Connection, request};
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use tempfile::NamedTempFile;

/// How long a start may take with a large folder.
const START_WITHIN: Duration = Duration::from_secs(900);
const STOP_WITHIN: Duration = Duration::from_secs(60);

pub struct Collector {
    child: Child,
    pub address: SocketAddr,
    pub data: PathBuf,
    messages: NamedTempFile,
}

/// A site with its owner's token, as made once.
#[derive(Clone, Debug)]
pub struct Site {
    pub name: String,
    pub key: String,
    pub token: String,
}

/// Started, or ended before it listened.
pub enum Started {
    Runs(Collector),
    Ended { status: ExitStatus, message: String },
}

/// All load comes from one address: without limits of rates. A line of log for each request would
/// be measured too.
const SETTINGS: [(&str, &str); 5] = [
    ("ASCOLTO_CONNECTIONS_PER_ADDRESS", "0"),
    ("ASCOLTO_RATE_ADDRESS_PER_MINUTE", "0"),
    ("ASCOLTO_RATE_SITE_PER_SECOND", "0"),
    ("ASCOLTO_RATE_FAILURES_PER_MINUTE", "0"),
    ("ASCOLTO_LOG_LEVEL", "warn"),
];

/// The command that serves a data folder on a free port.
pub fn command(ascolto: &Path, data: &Path) -> Command {
    let mut command = Command::new(ascolto);
    command.env_clear().envs(SETTINGS);
    command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data);
    command
}

/// Starts it and waits until it says where it listens, or ends.
pub fn start(mut command: Command, data: &Path) -> Result<Started> {
    let messages = NamedTempFile::new()?;
    command.stdout(Stdio::piped()).stderr(messages.reopen()?).stdin(Stdio::null());
    let mut child = command.spawn().context("cannot start the collector")?;
    let stdout = child.stdout.take().context("no output")?;
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = BufReader::new(stdout).read_line(&mut line);
        let _ = tell.send(read.map(|_| line));
    });
    let line = told.recv_timeout(START_WITHIN).context("the collector does not start")??;
    let address = line.split(['/', ' ', ',']).find_map(|word| word.parse().ok());
    match address {
        Some(address) => {
            Ok(Started::Runs(Collector { child, address, data: data.into(), messages }))
        }
        None => {
            let status = child.wait()?;
            Ok(Started::Ended { status, message: fs::read_to_string(messages.path())? })
        }
    }
}

impl Collector {
    /// Starts it as usual; anything but a running server is an error.
    pub fn serve(ascolto: &Path, data: &Path) -> Result<Self> {
        Self::served_by(command(ascolto, data), data)
    }

    /// The same, by a command of one's own.
    pub fn served_by(command: Command, data: &Path) -> Result<Self> {
        match start(command, data)? {
            Started::Runs(collector) => Ok(collector),
            Started::Ended { status, message } => bail!("it did not start ({status}): {message}"),
        }
    }

    /// A process that ended and is not yet waited for is a zombie.
    pub fn is_alive(&self) -> Result<bool> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let after_name = stat.rsplit(')').next().unwrap_or_default();
        Ok(!after_name.trim_start().starts_with('Z'))
    }

    pub fn process(&self) -> u32 {
        self.child.id()
    }

    pub fn kill(mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Resident memory, in bytes.
    pub fn memory(&self) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
        kib.map(|kib| kib * 1_024).context("no VmRSS")
    }

    /// Bytes of the data folder on disk.
    pub fn stored(&self) -> Result<u64> {
        disk_bytes(&self.data)
    }

    /// As an operator would stop it.
    pub fn stop(self) -> Result<ExitStatus> {
        let process = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &process]).status()?;
        self.ended().map(|(status, _)| status)
    }

    /// Waits for its own end; status and messages.
    pub fn ended(mut self) -> Result<(ExitStatus, String)> {
        let deadline = Instant::now() + STOP_WITHIN;
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait()? {
                return Ok((status, fs::read_to_string(self.messages.path())?));
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        bail!("the collector does not end")
    }

    /// Returns when it has ended by itself, or after `limit`; whether it has.
    pub async fn ends_within(&self, limit: Duration) -> bool {
        let deadline = Instant::now() + limit;
        while self.is_alive().unwrap_or(false) {
            if Instant::now() > deadline {
                return false;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        true
    }

    pub async fn connect(&self) -> Result<Connection> {
        Connection::open(self.address).await
    }

    pub async fn get(&self, path: &str, token: Option<&str>) -> Result<Answer> {
        self.connect().await?.send(&request("GET", path, token, b"")).await
    }

    pub async fn post(&self, path: &str, token: Option<&str>, body: &[u8]) -> Result<Answer> {
        self.connect().await?.send(&request("POST", path, token, body)).await
    }

    pub fn admin_token(&self) -> Result<String> {
        Ok(fs::read_to_string(self.data.join("admin-token"))?.trim().to_owned())
    }

    /// A new site with the `post-service` survey.
    pub async fn make_site(&self) -> Result<Site> {
        let record = json!({"name": "Measured", "origins": ["https://www.example.org"],
            "locale": "it", "timezone": "Europe/Rome"});
        let admin = self.admin_token()?;
        let body = record.to_string();
        let made = self.post("/v1/sites", Some(&admin), body.as_bytes()).await?;
        let made = made.expect(201)?.json()?;
        let text = |name: &str| made[name].as_str().unwrap_or_default().to_owned();
        let site = Site { name: text("site"), key: text("public_key"), token: text("owner_token") };
        let preset = shared::presets::Preset::named("post-service").context("no preset")?;
        let path = site.path("surveys");
        self.post(&path, Some(&site.token), preset.json().as_bytes()).await?.expect(201)?;
        Ok(site)
    }

    /// What a GET of the site's answers.
    pub async fn read(&self, site: &Site, path: &str) -> Result<Value> {
        self.get(&site.path(path), Some(&site.token)).await?.expect(200)?.json()
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Site {
    pub fn path(&self, rest: &str) -> String {
        format!("/v1/sites/{}/{rest}", self.name)
    }

    pub fn submissions(&self) -> String {
        format!("/v1/sites/{}/responses", self.key)
    }
}

/// Bytes that a folder takes on disk.
pub fn disk_bytes(folder: &Path) -> Result<u64> {
    let mut sum = 0;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        // A file may go away while they are counted.
        let Ok(metadata) = fs::symlink_metadata(&path) else { continue };
        sum += if metadata.is_dir() { disk_bytes(&path)? } else { metadata.blocks() * 512 };
    }
    Ok(sum)
}
