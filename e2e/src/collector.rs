//! A real `ascolto` process with a data folder of its own, and the owner's side of it.

use crate::process::{Process, free_port};
use crate::wait::{until, until_true};
use anyhow::{Context, Result, ensure};
use base64::Engine;
use reqwest::StatusCode;
use serde_json::Value;
use std::fs::File;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};
use tempfile::TempDir;

const PROGRAM: &str = "ASCOLTO_BIN";
const NOT_RUNNING: &str = "the collector is not running";
/// A driven browser answers faster than anybody reads.
const ANSWER_TIME_MIN: &str = "ASCOLTO_ANSWER_TIME_MIN";
const LOG_FILE: &str = "collector.log";

pub struct Collector {
    /// None while the server is stopped.
    process: Mutex<Option<Process>>,
    port: u16,
    folder: TempDir,
    pub site: Site,
    client: reqwest::Client,
}

/// What `ascolto site create` prints.
pub struct Site {
    pub id: String,
    pub public_key: String,
    pub owner_token: String,
}

impl Collector {
    /// A site for the host's origin with the default survey, served.
    pub async fn start(origin: &str) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let data = data_folder(&folder);
        let site = create_site(&data, origin)?;
        ascolto(&["survey", "put", "--site", &site.id, "preset:post-service", "--data", &data])?;
        let client = reqwest::Client::builder().no_proxy().build()?;
        let collector =
            Self { process: Mutex::default(), port: free_port()?, folder, site, client };
        collector.serve().await?;
        Ok(collector)
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Starts the server, on the same port and folder as before, and waits until it is ready.
    pub async fn serve(&self) -> Result<()> {
        self.serve_with(&[]).await
    }

    /// With settings of its own, by their environment variables.
    pub async fn serve_with(&self, settings: &[(&str, &str)]) -> Result<()> {
        self.start_process(settings)?;
        until_true("the collector to be ready", async || {
            Ok(self
                .client
                .get(format!("{}/readyz", self.url()))
                .send()
                .await?
                .status()
                .is_success())
        })
        .await
    }

    /// With a certificate that nobody has signed, so that browsers speak HTTP/2. The owner's side
    /// does not understand it.
    pub async fn serve_encrypted(&self) -> Result<()> {
        let [certificate, key] = ["cert.pem", "key.pem"].map(|name| self.folder.path().join(name));
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])?;
        std::fs::write(&certificate, made.cert.pem())?;
        std::fs::write(&key, made.signing_key.serialize_pem())?;
        let [certificate, key] = [&certificate, &key].map(|file| file.to_string_lossy());
        self.start_process(&[("ASCOLTO_TLS_CERT", &certificate), ("ASCOLTO_TLS_KEY", &key)])?;
        let listen = self.listen();
        until_true("the collector to be ready", async || {
            let health =
                ["health", "--listen", &listen, "--tls-cert", &certificate, "--tls-key", &key];
            Ok(ascolto(&health).is_ok())
        })
        .await
    }

    fn start_process(&self, settings: &[(&str, &str)]) -> Result<()> {
        let mut command = Command::new(program());
        command.args(["serve", "--listen", &self.listen(), "--data", &data_folder(&self.folder)]);
        command.env(ANSWER_TIME_MIN, "0s").envs(settings.iter().copied());
        command.stdout(Stdio::null()).stderr(self.log_file()?);
        *self.process() = Some(Process::start(&mut command)?);
        Ok(())
    }

    /// Host and port.
    pub fn listen(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    fn process(&self) -> MutexGuard<'_, Option<Process>> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn log_file(&self) -> Result<File> {
        Ok(File::options().create(true).append(true).open(self.folder.path().join(LOG_FILE))?)
    }

    /// What the server has said on its standard error.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join(LOG_FILE)).unwrap_or_default()
    }

    /// Ends the server as an operator does, and waits until it is gone.
    pub async fn stop(&self) -> Result<()> {
        let mut process = self.process().take().context(NOT_RUNNING)?;
        process.signal("TERM")?;
        let status = until("the collector to stop", async || process.ended()).await?;
        ensure!(status.success(), "the collector stopped with {status}");
        Ok(())
    }

    /// Lets requests come in and answers none, until `thaw`.
    pub fn freeze(&self) -> Result<()> {
        self.process().as_ref().context(NOT_RUNNING)?.signal("STOP")
    }

    pub fn thaw(&self) -> Result<()> {
        self.process().as_ref().context(NOT_RUNNING)?.signal("CONT")
    }

    /// GET on the owner's side: `summary`, `responses`, with a query where wanted.
    pub async fn owner_get(&self, path_and_query: &str) -> Result<Value> {
        let url = format!("{}/v1/sites/{}/{path_and_query}", self.url(), self.site.id);
        let answer = self.client.get(&url).bearer_auth(&self.site.owner_token).send().await?;
        let status = answer.status();
        let body = answer.text().await?;
        ensure!(status == StatusCode::OK, "GET {path_and_query}: {status} {body}");
        Ok(serde_json::from_str(&body)?)
    }

    pub async fn summary(&self) -> Result<Value> {
        self.owner_get("summary").await
    }

    /// Puts a survey, as `ascolto survey put` does.
    pub async fn put_survey(&self, survey: &Value) -> Result<()> {
        let url = format!("{}/v1/sites/{}/surveys", self.url(), self.site.id);
        let request = self.client.post(&url).bearer_auth(&self.site.owner_token);
        let answer = request.json(survey).send().await?;
        let status = answer.status();
        ensure!(status.is_success(), "POST surveys: {status} {}", answer.text().await?);
        Ok(())
    }

    /// Responses from another system, as their owner sends them; an outcome for each.
    pub async fn batch(&self, responses: &[Value]) -> Result<Vec<Value>> {
        let url = format!("{}/v1/sites/{}/responses/batch", self.url(), self.site.id);
        let lines: Vec<String> = responses.iter().map(Value::to_string).collect();
        let request = self.client.post(&url).bearer_auth(&self.site.owner_token);
        let request = request.header("content-type", "application/x-ndjson").body(lines.join("\n"));
        let answer = request.send().await?;
        let (status, body) = (answer.status(), answer.text().await?);
        ensure!(status == StatusCode::OK, "POST batch: {status} {body}");
        Ok(body.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
    }

    /// POST of a response on the public side, as a program without an `Origin` does.
    pub async fn submit(&self, response: &Value) -> Result<()> {
        let url = format!("{}/v1/sites/{}/responses", self.url(), self.site.public_key);
        let answer = self.client.post(&url).json(response).send().await?;
        let status = answer.status();
        ensure!(status == StatusCode::CREATED, "POST responses: {status} {}", answer.text().await?);
        Ok(())
    }

    /// POST of events on the owner's side.
    pub async fn tell(&self, events: &Value) -> Result<()> {
        let url = format!("{}/v1/sites/{}/events", self.url(), self.site.id);
        let request = self.client.post(&url).bearer_auth(&self.site.owner_token);
        let answer = request.json(events).send().await?;
        let status = answer.status();
        ensure!(status == StatusCode::ACCEPTED, "POST events: {status} {}", answer.text().await?);
        Ok(())
    }

    /// Puts a survey that comes with Ascolto.
    pub fn put_preset(&self, name: &str) -> Result<()> {
        let (server, preset) = (self.url(), format!("preset:{name}"));
        let put = ["survey", "put", "--site", &self.site.id, &preset];
        let to_server = ["--server", &server, "--token", &self.site.owner_token];
        ascolto(&[&put[..], &to_server].concat()).map(drop)
    }

    /// The HTML of an invitation by e-mail in each of these languages, as it would be sent.
    pub fn invitations(&self, languages: &[&'static str]) -> Result<Vec<(&'static str, String)>> {
        let folder = tempfile::tempdir()?;
        let [campaign, people, out] = ["campaign.toml", "people.csv", "out"]
            .map(|name| folder.path().join(name).to_string_lossy().into_owned());
        let mail = "[mail]\nfrom = 'Comune <feedback@example.org>'\nserver = 'localhost'\nimprint = 'Piazza 1'\n";
        std::fs::write(&campaign, mail)?;
        let rows: String =
            languages.iter().map(|l| format!("{l}@example.org,{l},Anna\n")).collect();
        std::fs::write(&people, format!("email,locale,name\n{rows}"))?;
        let server = self.url();
        let send = ["invite", "send", "--site", &self.site.id, "--survey", "post-service"];
        let dry = ["--dry-run", &out, "--server", &server, "--token", &self.site.owner_token];
        ascolto(&[&send[..], &dry, &[&campaign, &people]].concat())?;
        let read = |(line, language): (usize, &&'static str)| {
            let mail = std::fs::read_to_string(format!("{out}/{line:06}.eml"))?;
            Ok((*language, html_of(&mail)?))
        };
        (2..).zip(languages).map(read).collect()
    }

    /// The secret of a new identity key.
    pub fn identity_secret(&self) -> Result<String> {
        let server = self.url();
        let create = ["identity-key", "create", "--site", &self.site.id];
        let to_server = ["--server", &server, "--token", &self.site.owner_token];
        text_of(&ascolto(&[&create[..], &to_server].concat())?, "secret")
    }

    /// A one-time link that signs a manager in.
    pub fn sign_in_link(&self) -> Result<String> {
        self.link_for("manager")
    }

    /// A one-time link that signs an owner in.
    pub fn owner_link(&self) -> Result<String> {
        self.link_for("owner")
    }

    /// A one-time link that signs an agent in, at the desk.
    pub fn agent_link(&self) -> Result<String> {
        self.link_for("agent")
    }

    /// An agent's token.
    pub fn agent_token(&self) -> Result<String> {
        let server = self.url();
        let create = ["token", "create", "--site", &self.site.id, "--role", "agent"];
        let to_server = ["--server", &server, "--token", &self.site.owner_token];
        text_of(&ascolto(&[&create[..], &to_server].concat())?, "token")
    }

    fn link_for(&self, role: &str) -> Result<String> {
        let server = self.url();
        let create = ["token", "create", "--site", &self.site.id, "--role", role, "--link"];
        let to_server = ["--server", &server, "--token", &self.site.owner_token];
        text_of(&ascolto(&[&create[..], &to_server].concat())?, "link")
    }
}

/// The HTML part of an e-mail, out of its quoted-printable or base64.
fn html_of(mail: &str) -> Result<String> {
    let part = mail.split("Content-Type: text/html").nth(1).context("an HTML part")?;
    let (head, body) = part.split_once("\r\n\r\n").context("an HTML part with a body")?;
    let until_boundary = |text: &str| text.split("\r\n--").next().unwrap_or_default().to_owned();
    if head.contains("base64") {
        let text: String = until_boundary(body).split_whitespace().collect();
        let bytes = base64::engine::general_purpose::STANDARD.decode(text)?;
        return Ok(String::from_utf8(bytes)?);
    }
    ensure!(head.contains("quoted-printable"), "{head}");
    // A line of the text may begin as a boundary does, but only after a line that goes on.
    let joined = until_boundary(&body.replace("=\r\n", ""));
    let (mut bytes, mut pieces) = (Vec::new(), joined.split('='));
    bytes.extend(pieces.next().unwrap_or_default().bytes());
    for piece in pieces {
        bytes.push(u8::from_str_radix(&piece[..2], 16)?);
        bytes.extend(piece[2..].bytes());
    }
    Ok(String::from_utf8(bytes)?)
}

/// A new id for a response: a UUIDv7 of now, unique in this process.
pub fn response_id() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
    let time = format!("{:012x}", now.as_millis());
    format!(
        "{}-{}-7000-8000-{:012x}",
        &time[..8],
        &time[8..],
        COUNT.fetch_add(1, Ordering::Relaxed)
    )
}

fn create_site(data: &str, origin: &str) -> Result<Site> {
    let name = "Comune di Prova";
    let created = ascolto(&["site", "create", "--name", name, "--origin", origin, "--data", data])?;
    Ok(Site {
        id: text_of(&created, "site")?,
        public_key: text_of(&created, "public_key")?,
        owner_token: text_of(&created, "owner_token")?,
    })
}

fn data_folder(folder: &TempDir) -> String {
    folder.path().join("data").to_string_lossy().into_owned()
}

/// Runs a command of the program and reads what it prints for programs.
fn ascolto(args: &[&str]) -> Result<Value> {
    let output = Command::new(program())
        .args(args)
        .arg("--json")
        .output()
        .context("cannot start ascolto")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "ascolto {}: {} {said}", args.join(" "), output.status);
    serde_json::from_slice(&output.stdout)
        .with_context(|| format!("ascolto {} prints no JSON", args.join(" ")))
}

/// The program under test.
pub fn program() -> PathBuf {
    let path = std::env::var_os(PROGRAM).unwrap_or_else(|| {
        panic!("{PROGRAM} names no collector: run these tests by `cargo xtask test e2e`")
    });
    let path = PathBuf::from(path);
    assert!(path.is_file(), "{PROGRAM} is {}, where there is no file", path.display());
    path
}

fn text_of(value: &Value, key: &str) -> Result<String> {
    Ok(value[key].as_str().with_context(|| format!("no {key:?} in {value}"))?.to_owned())
}
