//! One Chromium, asked through WebDriver and its developers' protocol.

use anyhow::{Context, Result, bail};
use e2e::engine::{Driver, Engine};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use thirtyfour::Capabilities;
use thirtyfour::prelude::*;

const PROBE: &str = include_str!("probe.js");
/// Whatever a library asks of the back ends that it knows: nothing leaves this machine.
const NOWHERE_ELSE: &str =
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1";
/// No request for so long is the end of what a page fetches.
const QUIET: Duration = Duration::from_millis(1_500);
const QUIET_WITHIN: Duration = Duration::from_secs(60);
/// A phone of the lower half on a slow network: four times slower than here, 1.6 Mbit/s, 150 ms.
const SLOWER: u32 = 4;
const BYTES_PER_S: u32 = 1_600_000 / 8;
const ROUND_TRIP_MS: u32 = 150;

pub struct Tab {
    // Before its process, so that the session is closed while there is somebody to close it.
    driver: WebDriver,
    _server: Driver,
    /// Requests that count, by Chromium's names for them.
    of_page: RefCell<BTreeSet<String>>,
}

/// What a page has fetched beside itself.
#[derive(Clone, Debug, Default)]
pub struct Traffic {
    /// Their addresses.
    pub requests: Vec<String>,
    /// As they travel, without headers.
    pub bytes: f64,
}

/// Neither the page itself nor what the browser asks for on its own.
fn is_of_page(told: &Value) -> bool {
    let url = told["request"]["url"].as_str().unwrap_or_default();
    told["type"] != "Document" && url.starts_with("http") && !url.ends_with("/favicon.ico")
}

impl Tab {
    pub async fn start() -> Result<Self> {
        let engine = Engine::Chromium;
        let server = engine.driver().await?;
        let mut wanted: Capabilities = engine.capabilities()?;
        if let Some(options) = wanted.get_mut("goog:chromeOptions") {
            let arguments = options["args"].as_array_mut().context("no arguments")?;
            arguments.push(NOWHERE_ELSE.into());
        }
        wanted.set("goog:loggingPrefs", json!({"browser": "ALL", "performance": "ALL"}))?;
        let driver = WebDriver::new(&server.address, wanted).await.context("no Chromium")?;
        let tab = Self { driver, _server: server, of_page: RefCell::default() };
        tab.driver.set_window_rect(0, 0, 1280, 900).await?;
        tab.tell("Page.addScriptToEvaluateOnNewDocument", json!({"source": PROBE})).await?;
        Ok(tab)
    }

    async fn tell(&self, method: &str, parameters: Value) -> Result<Value> {
        let answer = self.driver.cdp().send_raw(method, parameters).await;
        answer.with_context(|| format!("Chromium refuses {method}"))
    }

    /// As somebody who has never been here, at full speed.
    pub async fn forget(&self, origins: &[&str]) -> Result<()> {
        self.driver.goto("about:blank").await?;
        self.full_speed().await?;
        self.tell("Network.clearBrowserCache", json!({})).await?;
        self.tell("Network.clearBrowserCookies", json!({})).await?;
        for origin in origins {
            let all = json!({"origin": origin, "storageTypes": "all"});
            self.tell("Storage.clearDataForOrigin", all).await?;
        }
        self.traffic().await?;
        self.complaints().await?;
        Ok(())
    }

    pub async fn slow_down(&self) -> Result<()> {
        self.limit(SLOWER, ROUND_TRIP_MS, i64::from(BYTES_PER_S)).await
    }

    async fn full_speed(&self) -> Result<()> {
        self.limit(1, 0, -1).await
    }

    async fn limit(&self, slower: u32, latency_ms: u32, bytes_per_s: i64) -> Result<()> {
        self.tell("Emulation.setCPUThrottlingRate", json!({"rate": slower})).await?;
        let network = json!({"offline": false, "latency": latency_ms,
            "downloadThroughput": bytes_per_s, "uploadThroughput": bytes_per_s});
        self.tell("Network.emulateNetworkConditions", network).await.map(drop)
    }

    /// Opens a page and waits until it fetches nothing more.
    pub async fn open(&self, url: &str) -> Result<Traffic> {
        self.driver.goto(url).await?;
        self.settle().await
    }

    /// What is fetched until nothing more is.
    pub async fn settle(&self) -> Result<Traffic> {
        let deadline = Instant::now() + QUIET_WITHIN;
        let (mut all, mut last) = (Traffic::default(), Instant::now());
        while last.elapsed() < QUIET {
            let some = self.traffic().await?;
            if !some.requests.is_empty() || some.bytes != 0.0 {
                last = Instant::now();
            }
            all.requests.extend(some.requests);
            all.bytes += some.bytes;
            if Instant::now() > deadline {
                bail!("the page does not stop fetching: {:?}", all.requests);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(all)
    }

    /// What has been fetched since the last call.
    async fn traffic(&self) -> Result<Traffic> {
        let mut traffic = Traffic::default();
        for entry in self.driver.get_log("performance").await? {
            let event: Value = serde_json::from_str(&entry.message)?;
            let (method, told) = (&event["message"]["method"], &event["message"]["params"]);
            let id = told["requestId"].as_str().unwrap_or_default().to_owned();
            let mut of_page = self.of_page.borrow_mut();
            match method.as_str() {
                Some("Network.requestWillBeSent") if is_of_page(told) => {
                    let url = told["request"]["url"].as_str().unwrap_or_default();
                    traffic.requests.push(url.to_owned());
                    of_page.insert(id);
                }
                // What has come until then are the headers.
                Some("Network.responseReceived") if of_page.contains(&id) => {
                    traffic.bytes -= told["response"]["encodedDataLength"].as_f64().unwrap_or(0.0);
                }
                Some("Network.loadingFinished") if of_page.contains(&id) => {
                    traffic.bytes += told["encodedDataLength"].as_f64().unwrap_or(0.0);
                }
                _ => {}
            }
        }
        Ok(traffic)
    }

    /// The value of a script's `return`; `bench` is what `probe.js` offers.
    pub async fn ask(&self, script: &str, arguments: Vec<Value>) -> Result<Value> {
        let script = format!("const bench = window[Symbol.for('bench')]; {script}");
        Ok(self.driver.execute(script, arguments).await?.json().clone())
    }

    /// Moves the pointer onto what would be clicked.
    pub async fn reach_for(&self, selector: &str) -> Result<()> {
        let find = "return window[Symbol.for('bench')].find(arguments[0])";
        let element = self.driver.execute(find, vec![json!(selector)]).await?.element()?;
        Ok(self.driver.action_chain().move_to_element_center(&element).perform().await?)
    }

    /// Errors in the console since the last call.
    pub async fn complaints(&self) -> Result<Vec<String>> {
        let entries = self.driver.browser_log().await?.into_iter();
        let severe = entries.filter(|entry| entry.level == "SEVERE");
        Ok(severe.map(|entry| entry.message).collect())
    }

    pub async fn cookies(&self) -> Result<usize> {
        let held = self.tell("Storage.getCookies", json!({})).await?;
        Ok(held["cookies"].as_array().map_or(0, Vec::len))
    }

    /// Bytes of JavaScript's heap that are in use once the garbage is gone.
    pub async fn heap(&self) -> Result<u64> {
        for _ in 0..2 {
            self.tell("HeapProfiler.collectGarbage", json!({})).await?;
        }
        let usage = self.tell("Runtime.getHeapUsage", json!({})).await?;
        usage["usedSize"].as_f64().map(|bytes| bytes as u64).context("no size of the heap")
    }

    pub async fn close(self) -> Result<()> {
        Ok(self.driver.quit().await?)
    }
}
