//! The browsers that the suite runs in, and all that the tests need not know of how they differ:
//! which programs there are, how they are started, what they are told at the start.

use crate::process::{Process, free_port};
use crate::wait::until;
use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use thirtyfour::Capabilities;

/// Which engine the suite runs in: `chromium`, `firefox` or `webkit`.
const CHOICE: &str = "E2E_ENGINE";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Chromium,
    Firefox,
    WebKit,
}

/// A WebDriver server of its own, and the screen that its browser needs.
pub struct Driver {
    pub address: String,
    // Ended before the screen that it draws on.
    _server: Process,
    _screen: Option<Process>,
}

impl Engine {
    /// The engine that `E2E_ENGINE` names; Chromium where it names none.
    pub fn chosen() -> Result<Self> {
        match std::env::var(CHOICE).as_deref() {
            Ok("chromium") | Err(_) => Ok(Self::Chromium),
            Ok("firefox") => Ok(Self::Firefox),
            Ok("webkit") => Ok(Self::WebKit),
            Ok(other) => bail!("{CHOICE} is {other:?}, not chromium, firefox or webkit"),
        }
    }

    /// Whether cases may have a browser one after the other. Firefox takes seconds of processor
    /// time to start, and can be told to forget everything. The others start sooner, and what
    /// cases change by Chromium's developer tools would have to be set back.
    pub fn lends_browsers(self) -> bool {
        self == Self::Firefox
    }

    /// Starts the engine's driver on a free port of this machine alone, and waits until it is ready.
    pub async fn driver(self) -> Result<Driver> {
        let port = free_port()?;
        let (mut command, screen) = match self {
            Self::Chromium => (chromedriver(port), None),
            Self::Firefox => (geckodriver(port), None),
            Self::WebKit => {
                let (screen, display) = screen()?;
                (webkit_driver(port, &display), Some(screen))
            }
        };
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let server = Process::start(&mut command)?;
        let address = format!("http://127.0.0.1:{port}");
        is_ready(&address).await?;
        Ok(Driver { address, _server: server, _screen: screen })
    }

    /// What the browser is asked to be.
    pub fn capabilities(self) -> Result<Capabilities> {
        let Value::Object(mut wanted) = (match self {
            Self::Chromium => chromium(),
            Self::Firefox => firefox(),
            Self::WebKit => webkit(),
        }) else {
            bail!("capabilities are an object");
        };
        // Nobody signs a certificate for 127.0.0.1.
        wanted.insert("acceptInsecureCerts".to_owned(), true.into());
        Ok(wanted.into())
    }
}

async fn is_ready(address: &str) -> Result<()> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let status = format!("{address}/status");
    until("the driver to be ready", async || {
        let answer: Value = client.get(&status).send().await?.json().await?;
        Ok((answer["value"]["ready"] == true).then_some(()))
    })
    .await
}

fn chromedriver(port: u16) -> Command {
    let mut command = Command::new(program("CHROMEDRIVER", "chromedriver"));
    command.arg(format!("--port={port}"));
    command
}

fn chromium() -> Value {
    const ARGUMENTS: [&str; 10] = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--accept-lang=en-US",
    ];
    let mut options = json!({"args": ARGUMENTS});
    if let Some(chromium) = std::env::var_os("CHROMIUM") {
        options["binary"] = chromium.to_string_lossy().into();
    }
    json!({
        "browserName": "chrome",
        "goog:chromeOptions": options,
        "goog:loggingPrefs": {"browser": "ALL"},
    })
}

/// Two at a time may not want the same port for WebDriver BiDi either. The access is for
/// `Browser::forget_everything`.
fn geckodriver(port: u16) -> Command {
    let mut command = Command::new(program("GECKODRIVER", "geckodriver"));
    command.args(["--host", "127.0.0.1", "--port", &port.to_string(), "--websocket-port", "0"]);
    command.arg("--allow-system-access");
    command
}

/// What was typed into a form is the one thing that `Browser::forget_everything` leaves.
fn firefox() -> Value {
    let preferences = json!({"intl.accept_languages": "en-US", "browser.formfill.enable": false});
    let mut options = json!({"args": ["-headless"], "prefs": preferences});
    if let Some(firefox) = std::env::var_os("FIREFOX") {
        options["binary"] = firefox.to_string_lossy().into();
    }
    json!({"browserName": "firefox", "moz:firefoxOptions": options})
}

/// WebKit has no mode without a screen. As root its sandbox cannot be had; here it meets pages of
/// ours alone.
fn webkit_driver(port: u16, display: &str) -> Command {
    let mut command = Command::new(program("WEBKIT_DRIVER", "WebKitWebDriver"));
    command.args(["--host=127.0.0.1".to_owned(), format!("--port={port}")]);
    command.env("DISPLAY", display).env("LANG", "en_US.UTF-8").env("LANGUAGE", "en_US");
    command.env("NO_AT_BRIDGE", "1").env("WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS", "1");
    command
}

fn webkit() -> Value {
    let browser = program("MINIBROWSER", "MiniBrowser");
    let options = json!({"binary": browser.to_string_lossy(), "args": ["--automation"]});
    json!({"browserName": "MiniBrowser", "webkitgtk:browserOptions": options})
}

/// A screen that nobody sees, and its name. One for each browser: two windows on one screen would
/// take the focus from each other.
fn screen() -> Result<(Process, String)> {
    let mut command = Command::new(program("XVFB", "Xvfb"));
    command.args(["-displayfd", "1", "-screen", "0", "1280x1000x24", "-nolisten", "tcp"]);
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    let mut screen = Process::start(&mut command)?;
    let mut number = String::new();
    let said = screen.output().context("Xvfb's output cannot be read")?;
    BufReader::new(said).read_line(&mut number)?;
    ensure!(!number.trim().is_empty(), "Xvfb has not started");
    Ok((screen, format!(":{}", number.trim())))
}

fn program(variable: &str, name: &str) -> OsString {
    std::env::var_os(variable).unwrap_or_else(|| name.into())
}
