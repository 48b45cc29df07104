//! A collector that runs for as long as a check needs it, and what is asked of it.

use anyhow::{Context, Result, bail, ensure};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Requests that were accepted are finished and the store is closed within this.
const STOP_MAX: Duration = Duration::from_secs(60);

pub struct Site {
    pub id: String,
    /// What visitors name the site by.
    pub key: String,
}

/// A site with a survey, in a data folder that no collector holds.
pub fn make_site(ascolto: &Path, data: &Path) -> Result<Site> {
    let create =
        ["site", "create", "--name", "Check", "--origin", "https://www.example.org", "--json"];
    let made = crate::run::answer(Command::new(ascolto).args(create).arg("--data").arg(data));
    let made = made.context("no site could be made")?;
    let id = field(&made, "site").context("the site has no id")?;
    let key = field(&made, "public_key").context("the site has no key")?;
    let put = ["survey", "put", "--site", &id, "preset:post-service"];
    crate::run::done(Command::new(ascolto).args(put).arg("--data").arg(data))?;
    Ok(Site { id, key })
}

pub fn field(json: &str, name: &str) -> Option<String> {
    let value: serde_json::Value = serde_json::from_str(json).ok()?;
    Some(value[name].as_str()?.to_owned())
}

/// A collector that ends with this value.
pub struct Served {
    child: Child,
    pub url: String,
    pub admin_token: String,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Served {
    /// On a free port of this machine alone, without limits of rates.
    pub fn start(ascolto: &Path, data: &Path) -> Result<Self> {
        let mut command = Command::new(ascolto);
        command.args(["serve", "--listen", "127.0.0.1:0", "--log-level", "warn", "--data"]);
        command.arg(data);
        for rate in ["ADDRESS_PER_MINUTE", "SITE_PER_SECOND", "FAILURES_PER_MINUTE"] {
            command.env(format!("ASCOLTO_RATE_{rate}"), "0");
        }
        let mut child =
            command.stdout(Stdio::piped()).spawn().context("cannot start the collector")?;
        let output = child.stdout.take().context("no output")?;
        let mut served = Self { child, url: String::new(), admin_token: String::new() };
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        match line.split([' ', ',']).find(|word| word.starts_with("http://")) {
            Some(url) => url.clone_into(&mut served.url),
            None => bail!("the collector did not say where it listens: {line}"),
        }
        let token = std::fs::read_to_string(data.join("admin-token"))?;
        token.trim().clone_into(&mut served.admin_token);
        Ok(served)
    }

    pub fn get(&self, path: &str) -> Result<Answer> {
        self.ask(&format!("GET {path}"), &format!("Authorization: Bearer {}", self.admin_token), "")
    }

    /// As a visitor's browser does.
    pub fn post(&self, path: &str, json: &str) -> Result<Answer> {
        self.ask(&format!("POST {path}"), "Content-Type: application/json", json)
    }

    fn ask(&self, what: &str, header: &str, body: &str) -> Result<Answer> {
        let host = self.url.trim_start_matches("http://");
        let mut connection = TcpStream::connect(host).with_context(|| format!("to {host}"))?;
        let length = body.len();
        write!(
            connection,
            "{what} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{header}\r\nContent-Length: {length}\r\n\r\n{body}"
        )?;
        let mut text = String::new();
        connection.read_to_string(&mut text)?;
        Answer::parse(text).with_context(|| format!("no answer to {what}"))
    }

    /// Tells it to stop, as systemd and Docker do, and waits until it has.
    pub fn stop(mut self) -> Result<()> {
        // A signal needs unsafe code or one more library; a shell has it.
        let kill = format!("kill -TERM {}", self.child.id());
        crate::run::done(Command::new("sh").args(["-c", &kill]))?;
        let deadline = Instant::now() + STOP_MAX;
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait()? {
                ensure!(status.success(), "the collector stopped with {status}");
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        bail!("the collector does not stop")
    }
}

pub struct Answer {
    pub status: u16,
    /// Header and body, as they came.
    pub text: String,
}

impl Answer {
    fn parse(text: String) -> Option<Self> {
        let status = text.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
        Some(Self { status, text })
    }

    pub fn expect(self, status: u16) -> Result<String> {
        ensure!(self.status == status, "not {status} but:\n{}", self.text);
        Ok(self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::Answer;

    #[test]
    fn a_status_is_read() {
        let answer = |text: &str| Answer::parse(text.to_owned()).map(|answer| answer.status);
        assert_eq!(answer("HTTP/1.1 201 Created\r\n\r\n{}"), Some(201));
        for broken in ["", "HTTP/1.1 2", "HTTP/1.1 two hundred", "<html>"] {
            assert_eq!(answer(broken), None, "{broken}");
        }
    }
}
