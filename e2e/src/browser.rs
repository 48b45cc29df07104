//! A headless Chromium of its own for each test, driven through WebDriver.

use crate::process::{Process, free_port};
use crate::wait::until;
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};
use thirtyfour::error::WebDriverResult;
use thirtyfour::prelude::*;
use thirtyfour::{ChromeCapabilities, Key, LoggingPrefsLogLevel};

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

pub struct Browser {
    // Before its process, so that the session is closed while there is somebody to close it.
    driver: WebDriver,
    _chromedriver: Process,
}

impl Browser {
    pub async fn start() -> Result<Self> {
        let port = free_port()?;
        let mut command = Command::new(program("CHROMEDRIVER", "chromedriver"));
        command.arg(format!("--port={port}")).stdout(Stdio::null()).stderr(Stdio::null());
        let process = Process::start(&mut command)?;
        let address = format!("http://127.0.0.1:{port}");
        wait_for_chromedriver(&address).await?;
        let driver =
            WebDriver::new(&address, capabilities()?).await.context("no browser session")?;
        let browser = Self { driver, _chromedriver: process };
        browser.driver.set_window_rect(0, 0, 1280, 900).await?;
        Ok(browser)
    }

    pub async fn visit(&self, url: &str) -> Result<()> {
        self.driver.goto(url).await.with_context(|| format!("cannot open {url}"))
    }

    pub async fn reload(&self) -> Result<()> {
        Ok(self.driver.refresh().await?)
    }

    pub async fn back(&self) -> Result<()> {
        Ok(self.driver.back().await?)
    }

    pub async fn url(&self) -> Result<String> {
        Ok(self.driver.current_url().await?.into())
    }

    /// The value of a script's `return`.
    pub async fn evaluate(&self, script: &str, arguments: Vec<Value>) -> Result<Value> {
        Ok(self.driver.execute(script, arguments).await?.json().clone())
    }

    /// The element that a script returns, or none.
    pub async fn element(&self, script: &str, arguments: Vec<Value>) -> Result<Option<WebElement>> {
        let found = self.driver.execute(script, arguments).await?;
        if found.json().is_null() { Ok(None) } else { Ok(Some(found.element()?)) }
    }

    pub async fn press(&self, key: Key) -> Result<()> {
        Ok(self.driver.action_chain().send_keys(key).perform().await?)
    }

    pub async fn type_words(&self, words: &str) -> Result<()> {
        Ok(self.driver.action_chain().send_keys(words).perform().await?)
    }

    pub async fn open_tab(&self) -> Result<Tab> {
        let tab = self.driver.new_tab().await?;
        self.driver.switch_to_window(tab.clone()).await?;
        Ok(Tab(tab))
    }

    pub async fn current_tab(&self) -> Result<Tab> {
        Ok(Tab(self.driver.window().await?))
    }

    pub async fn switch_to(&self, tab: &Tab) -> Result<()> {
        Ok(self.driver.switch_to_window(tab.0.clone()).await?)
    }

    /// Closes the tab that is shown; another one is to be switched to.
    pub async fn close_tab(&self) -> Result<()> {
        Ok(self.driver.close_window().await?)
    }

    /// Leaves pages of an origin no room to keep anything; `None` gives it back.
    pub async fn limit_storage(&self, origin: &str, bytes: Option<u32>) -> Result<()> {
        let mut quota = json!({ "origin": origin });
        if let Some(bytes) = bytes {
            quota["quotaSize"] = json!(bytes);
        }
        self.driver.cdp().send_raw("Storage.overrideQuotaForOrigin", quota).await?;
        Ok(())
    }

    /// Every cookie of every site that this browser holds.
    pub async fn cookies(&self) -> Result<Vec<Value>> {
        let answer = self.driver.cdp().send_raw("Storage.getCookies", json!({})).await?;
        answer["cookies"].as_array().cloned().context("no list of cookies")
    }

    pub async fn forget_cookies(&self) -> Result<()> {
        self.driver.cdp().send_raw("Storage.clearCookies", json!({})).await?;
        Ok(())
    }

    /// Lets the page's next request to an address that ends so arrive, and loses its answer.
    pub async fn lose_answer_of(&self, address_end: &str) -> Result<()> {
        const LOSE: &str = "
            const [end, real] = [arguments[0], window.fetch];
            window.fetch = async (...request) => {
                const answer = await real(...request);
                if (!answer.url.endsWith(end)) return answer;
                window.fetch = real;
                throw new TypeError('the answer is lost');
            };";
        self.evaluate(LOSE, vec![json!(address_end)]).await?;
        Ok(())
    }

    /// What the console has been told at the level of errors since the last call.
    pub async fn console_errors(&self) -> Result<Vec<String>> {
        let entries = self.driver.browser_log().await?;
        Ok(entries
            .into_iter()
            .filter(|entry| entry.level == "SEVERE")
            .map(|entry| entry.message)
            .collect())
    }

    /// The bodies of POST requests to addresses that end so, sent since the last call, also of
    /// those that nobody answered.
    pub async fn posted(&self, address_end: &str) -> Result<Vec<Value>> {
        let mut bodies = Vec::new();
        for entry in self.driver.get_log("performance").await? {
            let event: Value = serde_json::from_str(&entry.message)?;
            let request = &event["message"]["params"]["request"];
            let to_there = request["url"].as_str().is_some_and(|url| url.ends_with(address_end));
            let started = event["message"]["method"] == "Network.requestWillBeSent";
            if started && to_there && request["method"] == "POST" {
                let body = request["postData"].as_str().context("a POST without its body")?;
                bodies.push(serde_json::from_str(body)?);
            }
        }
        Ok(bodies)
    }

    pub async fn screenshot(&self, file: &Path) -> Result<()> {
        Ok(self.driver.screenshot(file).await?)
    }

    pub async fn close(self) -> Result<()> {
        Ok(self.driver.quit().await?)
    }
}

pub struct Tab(thirtyfour::WindowHandle);

async fn wait_for_chromedriver(address: &str) -> Result<()> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let status = format!("{address}/status");
    until("chromedriver to be ready", async || {
        let answer: Value = client.get(&status).send().await?.json().await?;
        Ok((answer["value"]["ready"] == true).then_some(()))
    })
    .await
}

fn capabilities() -> WebDriverResult<ChromeCapabilities> {
    let mut capabilities = DesiredCapabilities::chrome();
    for argument in ARGUMENTS {
        capabilities.add_arg(argument)?;
    }
    if let Some(chromium) = std::env::var_os("CHROMIUM") {
        capabilities.set_binary(&chromium.to_string_lossy())?;
    }
    capabilities.set_browser_log_level(LoggingPrefsLogLevel::All)?;
    capabilities.set_logging_prefs("performance", LoggingPrefsLogLevel::All)?;
    Ok(capabilities)
}

fn program(variable: &str, name: &str) -> OsString {
    std::env::var_os(variable).unwrap_or_else(|| name.into())
}

/// Fails where the console has an error in it.
pub async fn no_console_errors(browser: &Browser) -> Result<()> {
    let errors = browser.console_errors().await?;
    ensure!(errors.is_empty(), "errors in the console: {errors:#?}");
    Ok(())
}
