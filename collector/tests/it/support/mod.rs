//! A real collector in its own process, on a real data folder, spoken to over real HTTP.
#![allow(dead_code, reason = "each test file uses its part")]

pub mod browser;
pub mod certificate;
pub mod gateway;
pub mod mail;

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::JoinHandle;
use tempfile::TempDir;

/// Everything in these tests comes from one address: what is not about rates is without them.
const WITHOUT_RATES: [(&str, &str); 3] = [
    ("ASCOLTO_RATE_ADDRESS_PER_MINUTE", "0"),
    ("ASCOLTO_RATE_SITE_PER_SECOND", "0"),
    ("ASCOLTO_RATE_FAILURES_PER_MINUTE", "0"),
];

/// The command with the settings of nobody's environment.
pub fn ascolto() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ascolto"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("ASCOLTO_") {
            command.env_remove(name);
        }
    }
    command.envs(WITHOUT_RATES);
    command
}

/// Runs a command to its end; exit code, standard output, standard error.
pub fn run(arguments: &[&str]) -> (i32, String, String) {
    let Output { status, stdout, stderr } = ascolto().args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap_or(-1), text(stdout), text(stderr))
}

pub struct Server {
    child: Child,
    pub base: String,
    pub data: PathBuf,
    folder: Option<TempDir>,
    agent: ureq::Agent,
    flags: Vec<String>,
    log: Option<JoinHandle<String>>,
}

/// A status and its JSON body (null where there is none).
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
    pub headers: ureq::http::HeaderMap,
}

impl Server {
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// With flags of `ascolto serve`.
    pub fn start_with(flags: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut server = Self::start_flags(&folder.path().join("data"), flags);
        server.folder = Some(folder);
        server
    }

    pub fn start_in(data: &Path) -> Self {
        Self::start_flags(data, &[])
    }

    fn start_flags(data: &Path, flags: &[&str]) -> Self {
        let mut child = ascolto()
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .args(flags)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut errors = child.stderr.take().unwrap();
        let log = std::thread::spawn(move || {
            let mut log = String::new();
            errors.read_to_string(&mut log).unwrap();
            log
        });
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let base = line.split([' ', ',']).find(|word| word.starts_with("http"));
        let Some(base) = base.map(str::to_owned) else {
            panic!("no address in {line:?}: {}", log.join().unwrap())
        };
        let agent = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0);
        let agent = agent.build().into();
        let flags = flags.iter().map(|flag| (*flag).to_owned()).collect();
        Self { child, base, data: data.to_owned(), folder: None, agent, flags, log: Some(log) }
    }

    /// Host and port, for connections of a test's own.
    pub fn address(&self) -> &str {
        self.base.split_once("//").unwrap().1
    }

    /// Sends a signal and goes on.
    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args([&format!("-{name}"), &id]).status().unwrap();
        assert!(sent.success());
    }

    /// Stops, and gives back all that was logged.
    pub fn log(&mut self) -> String {
        assert!(self.stop());
        self.log.take().unwrap().join().unwrap()
    }

    /// As a power switch would, but for the disk's own cache.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// As an operator would; gives back whether it ended well.
    pub fn stop(&mut self) -> bool {
        self.signal("TERM");
        self.child.wait().unwrap().success()
    }

    /// Starts again on the same folder.
    pub fn again(&mut self) {
        let flags: Vec<_> = self.flags.iter().map(String::as_str).collect();
        let mut next = Self::start_flags(&self.data, &flags);
        next.folder = self.folder.take();
        *self = next;
    }

    pub fn admin_token(&self) -> String {
        std::fs::read_to_string(self.data.join("admin-token")).unwrap().trim().to_owned()
    }

    /// A new site with the `post-service` survey.
    pub fn site(&self) -> Site<'_> {
        self.site_with(&json!({"name": "Test", "origins": ["https://www.example.org"],
            "locale": "it", "timezone": "Europe/Rome"}))
    }

    pub fn site_with(&self, record: &Value) -> Site<'_> {
        let made = self.post("/v1/sites", Some(&self.admin_token()), record).expect(201);
        let text = |name: &str| made[name].as_str().unwrap().to_owned();
        let site = Site {
            server: self,
            site: text("site"),
            key: text("public_key"),
            token: text("owner_token"),
        };
        let preset = shared::presets::Preset::named("post-service").unwrap();
        let survey = serde_json::from_str(preset.json()).unwrap();
        site.post("surveys", &survey).expect(201);
        site
    }

    pub fn get(&self, path: &str, token: Option<&str>) -> Answer {
        self.send("GET", path, token, &[], None)
    }

    pub fn post(&self, path: &str, token: Option<&str>, body: &Value) -> Answer {
        let headers = [("content-type", "application/json")];
        self.send("POST", path, token, &headers, Some(&serde_json::to_vec(body).unwrap()))
    }

    /// The answer's media type and its bytes; its status is 200.
    pub fn send_for_bytes(&self, method: &str, path: &str, token: &str) -> (String, Vec<u8>) {
        let request = ureq::http::Request::builder().method(method);
        let request = request.uri(format!("{}{path}", self.base));
        let request = request.header("authorization", format!("Bearer {token}")).body(()).unwrap();
        let mut answer = self.agent.run(request).unwrap();
        assert_eq!(answer.status(), 200);
        let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
        (kind, answer.body_mut().read_to_vec().unwrap())
    }

    pub fn send(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
    ) -> Answer {
        let mut request =
            ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let request = request.body(body.unwrap_or_default().to_vec()).unwrap();
        let mut answer = self.agent.run(request).unwrap();
        let bytes = answer.body_mut().read_to_vec().unwrap();
        let body = serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
        Answer { status: answer.status().as_u16(), body, headers: answer.headers().clone() }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Answer {
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }

    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name}")).to_str().unwrap()
    }

    /// The paths and codes of the violations, sorted.
    pub fn violations(&self) -> Vec<String> {
        let list = self.body["violations"].as_array().cloned().unwrap_or_default();
        let told =
            |v: &Value| format!("{} {}", v["path"].as_str().unwrap(), v["code"].as_str().unwrap());
        let mut told: Vec<_> = list.iter().map(told).collect();
        told.sort();
        told
    }
}

/// A site with its owner's token.
#[derive(Clone)]
pub struct Site<'a> {
    pub server: &'a Server,
    pub site: String,
    pub key: String,
    pub token: String,
}

/// What is left of a site while its server is away.
pub struct Kept {
    pub site: String,
    pub key: String,
    pub token: String,
}

impl Kept {
    pub fn at<'a>(&self, server: &'a Server) -> Site<'a> {
        let Self { site, key, token } = self;
        Site { server, site: site.clone(), key: key.clone(), token: token.clone() }
    }
}

impl Site<'_> {
    pub fn keep(self) -> Kept {
        Kept { site: self.site, key: self.key, token: self.token }
    }

    pub fn path(&self, rest: &str) -> String {
        format!("/v1/sites/{}/{rest}", self.site)
    }

    pub fn get(&self, rest: &str) -> Answer {
        self.server.get(&self.path(rest), Some(&self.token))
    }

    pub fn post(&self, rest: &str, body: &Value) -> Answer {
        self.server.post(&self.path(rest), Some(&self.token), body)
    }

    pub fn delete(&self, rest: &str) -> Answer {
        self.server.send("DELETE", &self.path(rest), Some(&self.token), &[], None)
    }

    /// As a visitor.
    pub fn submit(&self, body: &Value) -> Answer {
        self.server.post(&format!("/v1/sites/{}/responses", self.key), None, body)
    }

    /// As a program of the owner's; the answer has a line for each.
    pub fn batch(&self, lines: &[Value]) -> Vec<Value> {
        let body: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let path = self.path("responses/batch");
        let answer = self.server.send("POST", &path, Some(&self.token), &[], Some(body.as_bytes()));
        assert_eq!(answer.status, 200, "{}", answer.body);
        match answer.body {
            Value::String(text) => {
                text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
            }
            one => vec![one],
        }
    }

    pub fn responses(&self) -> u64 {
        self.get("summary").expect(200)["responses"].as_u64().unwrap()
    }
}

/// A fresh id that belongs to `n`.
pub fn id(n: u64) -> String {
    let mut random = [7; 10];
    random[2..].copy_from_slice(&n.to_be_bytes());
    shared::ResponseId::new(1_790_000_000_000 + n, random).to_string()
}

/// The smallest response.
pub fn response(n: u64, score: i64) -> Value {
    json!({"id": id(n), "survey": "post-service", "answers": {"recommend": score}})
}
