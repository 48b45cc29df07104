//! A real mail server in its own process, and what it took.

use base64::Engine;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// As `cargo xtask test` installs it; else a Python of this variable's, which has aiosmtpd.
const PYTHON: &str = "ASCOLTO_TEST_PYTHON";

pub struct MailServer {
    child: Child,
    pub port: u16,
    folder: TempDir,
}

/// A message that was taken.
#[derive(Clone, Debug)]
pub struct Mail {
    pub to: String,
    pub tls: bool,
    pub user: String,
    pub raw: String,
    pub headers: BTreeMap<String, String>,
    pub text: String,
    pub html: String,
}

impl MailServer {
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// With STARTTLS by this certificate and its key, and a login: `feedback`, `a secret`.
    pub fn start_safe(certificate: &Path, key: &Path) -> Self {
        Self::start_with(&[certificate, key])
    }

    fn start_with(more: &[&Path]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/support/smtp.py");
        let mut command = Command::new(python());
        command.arg(script).arg(folder.path()).args(more).stdout(Stdio::piped());
        // It tells of every connection that clients end.
        command.stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().parse();
        let port =
            port.expect("the mail server has not started: cargo xtask test mail installs it");
        Self { child, port, folder }
    }

    /// Everything that it took, in order.
    pub fn mails(&self) -> Vec<Mail> {
        let files = std::fs::read_dir(self.folder.path()).unwrap();
        let mut files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
        files.retain(|file| file.extension().is_some_and(|extension| extension == "eml"));
        files.sort();
        files.iter().map(|file| Mail::taken(&std::fs::read_to_string(file).unwrap())).collect()
    }

    /// Whom they were for, sorted.
    pub fn recipients(&self) -> Vec<String> {
        let mut to: Vec<_> = self.mails().into_iter().map(|mail| mail.to).collect();
        to.sort();
        to
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Mail {
    fn taken(file: &str) -> Self {
        let (head, raw) = file.split_once('\n').unwrap();
        let head: Value = serde_json::from_str(head).unwrap();
        let mut mail = Self::read(raw);
        head["to"][0].as_str().unwrap().clone_into(&mut mail.to);
        mail.tls = head["tls"] == true;
        head["user"].as_str().unwrap().clone_into(&mut mail.user);
        mail
    }

    /// By RFC 2046: two parts of `multipart/alternative`, decoded.
    pub fn read(raw: &str) -> Self {
        let (head, body) = raw.split_once("\r\n\r\n").unwrap();
        let headers = headers(head);
        let kind = &headers["content-type"];
        assert!(kind.starts_with("multipart/alternative"), "{kind}");
        let boundary = kind.split("boundary=\"").nth(1).unwrap().split('"').next().unwrap();
        let parts: Vec<&str> = body.split(&format!("--{boundary}")).collect();
        assert_eq!(parts.len(), 4, "a plain part, an HTML part, the end");
        assert_eq!(parts[3].trim(), "--");
        let [text, html] = [(1, "text/plain"), (2, "text/html")].map(|(place, kind)| {
            let (head, body) = parts[place].trim_start().split_once("\r\n\r\n").unwrap();
            let head = self::headers(head);
            assert!(
                head["content-type"].starts_with(kind) && head["content-type"].contains("utf-8")
            );
            decoded(&head["content-transfer-encoding"], body.trim_end_matches("\r\n"))
        });
        let raw = raw.to_owned();
        Self { to: String::new(), tls: false, user: String::new(), raw, headers, text, html }
    }

    /// The path of the link with this score.
    pub fn score_link(&self, base: &str, score: u8) -> String {
        let end = format!("&score={score}");
        let page = super::browser::Page::read(&self.html);
        let link = page.all("a").map(|link| link.get("href")).find(|href| href.ends_with(&end));
        link.expect("a link of a score").strip_prefix(base).expect("an address of ours").to_owned()
    }
}

fn headers(head: &str) -> BTreeMap<String, String> {
    let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    let pairs = unfolded.split("\r\n").filter_map(|line| line.split_once(':'));
    pairs.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect()
}

fn decoded(encoding: &str, body: &str) -> String {
    match encoding {
        "7bit" => body.replace("\r\n", "\n"),
        "base64" => {
            let text: String = body.split_whitespace().collect();
            let bytes = base64::engine::general_purpose::STANDARD.decode(text).unwrap();
            String::from_utf8(bytes).unwrap().replace("\r\n", "\n")
        }
        "quoted-printable" => {
            let (text, mut bytes) = (body.replace("=\r\n", ""), Vec::new());
            let mut rest = text.as_bytes();
            while let Some((first, more)) = rest.split_first() {
                if *first == b'=' {
                    let digits = std::str::from_utf8(&more[..2]).unwrap();
                    bytes.push(u8::from_str_radix(digits, 16).unwrap());
                    rest = &more[2..];
                } else {
                    bytes.push(*first);
                    rest = more;
                }
            }
            String::from_utf8(bytes).unwrap().replace("\r\n", "\n")
        }
        other => panic!("{other}"),
    }
}

fn python() -> PathBuf {
    if let Some(python) = std::env::var_os(PYTHON) {
        return python.into();
    }
    let target = Path::new(env!("CARGO_BIN_EXE_ascolto")).parent().and_then(Path::parent);
    let own = target.map(|target| target.join("tools/aiosmtpd/bin/python"));
    own.filter(|python| python.is_file())
        .expect("no mail server: cargo xtask test mail installs it")
}
