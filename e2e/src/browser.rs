//! A browser for each case, new or as good as new, driven through WebDriver, alike in every engine.

use crate::engine::{Driver, Engine};
use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use thirtyfour::common::command::FormatRequestData;
use thirtyfour::prelude::*;
use thirtyfour::{Key, RequestData, SessionId};

/// Keeps what a page complains of and sends. The host's server puts it into its pages.
pub const WATCH: &str = include_str!("../pages/watch.js");

/// For a command to the browser, also one that loads a page.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(120);

/// Takes what the page under `WATCH` has kept; nothing where there is none.
const TAKE_SEEN: &str = "
    const seen = window[Symbol.for('e2e')];
    if (!seen) return {errors: [], posts: []};
    const read = async ({url, body}) => ({url, body: await new Response(body).text()});
    return Promise.all(seen.posts.splice(0).map(read))
        .then(posts => ({errors: seen.errors.splice(0), posts}));";

/// Given back by cases and clean. `Process` sees to it that they end with the tests.
static IDLE: Mutex<Vec<Browser>> = Mutex::new(Vec::new());

pub struct Browser {
    engine: Engine,
    // Before its process, so that the session is closed while there is somebody to close it.
    driver: WebDriver,
    _server: Driver,
    seen: Mutex<Seen>,
}

/// What pages have complained of and sent, taken from them before they are left.
#[derive(Default, Deserialize)]
struct Seen {
    errors: Vec<String>,
    posts: Vec<Post>,
}

#[derive(Deserialize)]
struct Post {
    url: String,
    body: String,
}

impl Browser {
    /// One that another case has given back, or a new one.
    pub async fn take() -> Result<Self> {
        let idle = Self::idle().pop();
        let browser = match idle {
            Some(browser) => browser,
            None => Self::start().await?,
        };
        browser.driver.set_window_rect(0, 0, 1280, 900).await?;
        Ok(browser)
    }

    async fn start() -> Result<Self> {
        let engine = Engine::chosen()?;
        let server = engine.driver().await?;
        // A connection that is kept ends with the runtime of the case that made it, perhaps just
        // when the next case uses it.
        let client = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0);
        let client = client.timeout(ANSWER_TIME_MAX).build()?;
        let session = WebDriver::builder(&server.address, engine.capabilities()?).client(client);
        let driver = session.await.with_context(|| format!("no session with {engine:?}"))?;
        Ok(Self { engine, driver, _server: server, seen: Mutex::default() })
    }

    /// Leaves the browser to another case, as good as new, or ends it.
    pub async fn give_back(self) -> Result<()> {
        if !self.engine.lends_browsers() {
            return self.close().await;
        }
        match self.clean().await {
            Ok(()) => Self::idle().push(self),
            Err(error) => {
                eprintln!("a browser is not used again: {error:#}");
                self.close().await?;
            }
        }
        Ok(())
    }

    fn idle() -> MutexGuard<'static, Vec<Self>> {
        IDLE.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One tab that has been nowhere, and nothing known of any page. All else that a case could
    /// change goes with the tab, or fails here, as a dialog that is still open does.
    async fn clean(&self) -> Result<()> {
        let fresh = self.driver.new_tab().await?;
        for tab in self.driver.windows().await? {
            if tab != fresh {
                self.driver.switch_to_window(tab).await?;
                self.driver.close_window().await?;
            }
        }
        self.driver.switch_to_window(fresh).await?;
        self.forget_everything().await?;
        *self.seen() = Seen::default();
        Ok(())
    }

    /// Cookies, which know no ports, and all that is kept for origins or addresses: a port may come
    /// again. WebDriver has no command for it, Firefox itself has.
    async fn forget_everything(&self) -> Result<()> {
        const FORGET: &str = "
            const {CLEAR_ALL} = Ci.nsIClearDataService;
            return new Promise(done =>
                Services.clearData.deleteData(CLEAR_ALL, {onDataDeleted: done}));";
        self.driver.cmd(ScriptsRunIn("chrome")).await?;
        let failed = self.evaluate(FORGET, vec![]).await?;
        self.driver.cmd(ScriptsRunIn("content")).await?;
        ensure!(failed == 0, "Firefox could not forget everything: {failed}");
        Ok(())
    }

    pub fn engine(&self) -> Engine {
        self.engine
    }

    pub async fn visit(&self, url: &str) -> Result<()> {
        self.leave().await?;
        self.driver.goto(url).await.with_context(|| format!("cannot open {url}"))?;
        self.inject(WATCH).await
    }

    pub async fn reload(&self) -> Result<()> {
        self.leave().await?;
        self.driver.refresh().await?;
        self.inject(WATCH).await
    }

    pub async fn back(&self) -> Result<()> {
        self.leave().await?;
        match self.engine {
            // Its button passes by what came without a person's gesture, which a driver's is not.
            Engine::WebKit => self.inject("history.back()").await?,
            _ => self.driver.back().await?,
        }
        self.inject(WATCH).await
    }

    /// Takes from the page what goes away with it.
    async fn leave(&self) -> Result<()> {
        let taken = self.evaluate(TAKE_SEEN, vec![]).await?;
        let taken: Seen = serde_json::from_value(taken)?;
        let mut seen = self.seen();
        seen.errors.extend(taken.errors);
        seen.posts.extend(taken.posts);
        Ok(())
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs a script in the page, whatever the page's policy says of scripts.
    pub async fn inject(&self, script: &str) -> Result<()> {
        self.evaluate(script, vec![]).await.map(drop)
    }

    pub async fn url(&self) -> Result<String> {
        Ok(self.driver.current_url().await?.into())
    }

    /// The value of a script's `return`.
    pub async fn evaluate(&self, script: &str, arguments: Vec<Value>) -> Result<Value> {
        Ok(self.driver.execute(script, arguments).await?.json().clone())
    }

    /// Runs a script among the page's own, so that what it exchanges is exchanged for them: the
    /// scripts of Firefox's driver have a `Date` and a `crypto` of their own.
    pub async fn evaluate_as_the_page(&self, script: &str) -> Result<()> {
        self.evaluate("window.eval(arguments[0])", vec![json!(script)]).await.map(drop)
    }

    /// The element that a script returns, or none.
    pub async fn element(&self, script: &str, arguments: Vec<Value>) -> Result<Option<WebElement>> {
        let found = self.driver.execute(script, arguments).await?;
        if found.json().is_null() { Ok(None) } else { Ok(Some(found.element()?)) }
    }

    /// Whether pages may run scripts from now on. False where the engine has no way to say so: only
    /// Chromium has.
    pub async fn allow_scripts(&self, allowed: bool) -> Result<bool> {
        if self.engine != Engine::Chromium {
            return Ok(false);
        }
        let disabled = json!({ "value": !allowed });
        self.driver.cdp().send_raw("Emulation.setScriptExecutionDisabled", disabled).await?;
        Ok(true)
    }

    /// Back to the page that a frame is in.
    pub async fn leave_frame(&self) -> Result<()> {
        Ok(self.driver.enter_default_frame().await?)
    }

    /// What is still moving has neither its place nor its colours yet: it is waited for, unless it
    /// never ends.
    pub async fn comes_to_rest(&self) -> Result<()> {
        const REST: &str = "
            const roots = [document, ...[...document.querySelectorAll('*')].map(e => e.shadowRoot)];
            const moving = roots.flatMap(root => root ? root.getAnimations() : [])
                .filter(animation => isFinite(animation.effect.getComputedTiming().endTime));
            return Promise.allSettled(moving.map(animation => animation.finished)).then(() => {});";
        self.inject(REST).await
    }

    /// Whether an element is rendered, also where it has to be scrolled to. Not by WebDriver, whose
    /// drivers do not agree on that.
    pub async fn is_rendered(&self, element: &WebElement) -> Result<bool> {
        // Each by its later and its earlier name.
        const RENDERED: &str = "return arguments[0].checkVisibility({visibilityProperty: true,
            opacityProperty: true, checkVisibilityCSS: true, checkOpacity: true})";
        Ok(self.evaluate(RENDERED, vec![element.to_json()?]).await? == true)
    }

    /// The words of an element, also of one that only a screen reader reads; of one that is not
    /// rendered, none. Not by WebDriver, whose drivers do not agree on what can be seen.
    pub async fn words_of(&self, element: &WebElement) -> Result<String> {
        const WORDS: &str =
            "return arguments[0].checkVisibility() ? arguments[0].innerText.trim() : ''";
        let words = self.evaluate(WORDS, vec![element.to_json()?]).await?;
        words.as_str().map(str::to_owned).context("no words")
    }

    /// Rests the pointer on an element.
    pub async fn point_at(&self, element: &WebElement) -> Result<()> {
        Ok(self.driver.action_chain().move_to_element_center(element).perform().await?)
    }

    pub async fn press(&self, key: Key) -> Result<()> {
        Ok(self.driver.action_chain().send_keys(key).perform().await?)
    }

    /// A key while another one is held down.
    pub async fn press_with(&self, held: Key, key: Key) -> Result<()> {
        let chain = self.driver.action_chain().key_down(held.clone()).send_keys(key);
        Ok(chain.key_up(held).perform().await?)
    }

    pub async fn type_words(&self, words: &str) -> Result<()> {
        Ok(self.driver.action_chain().send_keys(words).perform().await?)
    }

    pub async fn open_tab(&self) -> Result<Tab> {
        let tab = match self.engine {
            // A new tab of its small browser stays in the back, where nothing is painted.
            Engine::WebKit => self.driver.new_window().await?,
            _ => self.driver.new_tab().await?,
        };
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

    /// Leaves pages of an origin no room to keep anything; `None` gives it back. False where the
    /// engine has no way to say so: only Chromium has.
    pub async fn limit_storage(&self, origin: &str, bytes: Option<u32>) -> Result<bool> {
        if self.engine != Engine::Chromium {
            return Ok(false);
        }
        let mut quota = json!({ "origin": origin });
        if let Some(bytes) = bytes {
            quota["quotaSize"] = json!(bytes);
        }
        self.driver.cdp().send_raw("Storage.overrideQuotaForOrigin", quota).await?;
        Ok(true)
    }

    /// The cookies that this browser holds for these addresses, the page's own among them.
    pub async fn cookies_for(&self, addresses: &[&str]) -> Result<Vec<Value>> {
        let page = self.current_tab().await?;
        let mut cookies = Vec::new();
        for &address in addresses {
            let tab = self.open_tab().await?;
            self.driver.goto(address).await.with_context(|| format!("cannot open {address}"))?;
            for cookie in self.driver.get_all_cookies().await? {
                cookies.push(serde_json::to_value(cookie)?);
            }
            self.switch_to(&tab).await?;
            self.driver.close_window().await?;
            self.switch_to(&page).await?;
        }
        Ok(cookies)
    }

    /// Forgets the cookies of the page's site.
    pub async fn forget_cookies(&self) -> Result<()> {
        Ok(self.driver.delete_all_cookies().await?)
    }

    /// A command of Chromium's developer tools, and their answer.
    pub async fn ask_tools(&self, command: &str, parameters: Value) -> Result<Value> {
        Ok(self.driver.cdp().send_raw(command, parameters).await?)
    }

    /// Lets the page's next request to an address with this in it arrive, and loses its answer.
    pub async fn lose_answer_of(&self, address_part: &str) -> Result<()> {
        const LOSE: &str = "
            const [part, real] = [arguments[0], window.fetch];
            window.fetch = async (...request) => {
                const answer = await real(...request);
                if (!answer.url.includes(part)) return answer;
                window.fetch = real;
                throw new TypeError('the answer is lost');
            };";
        self.evaluate(LOSE, vec![json!(address_part)]).await?;
        Ok(())
    }

    /// What went wrong in pages since the last call. Chromium's console has all of it, also what
    /// the network and the policy refused; of the others a test sees what `WATCH` sees: exceptions,
    /// `console.error`, refusals by policy, and scripts and styles that are not there.
    pub async fn console_errors(&self) -> Result<Vec<String>> {
        if self.engine != Engine::Chromium {
            self.leave().await?;
            return Ok(std::mem::take(&mut self.seen().errors));
        }
        let entries = self.driver.browser_log().await?.into_iter();
        let severe = entries.filter(|entry| entry.level == "SEVERE");
        Ok(severe.map(|entry| entry.message).collect())
    }

    /// The bodies (JSON) of what pages sent by POST to addresses that end so since the last call,
    /// also of what nobody answered.
    pub async fn posted(&self, address_end: &str) -> Result<Vec<Value>> {
        self.leave().await?;
        let posts = std::mem::take(&mut self.seen().posts);
        let wanted = posts.iter().filter(|post| post.url.ends_with(address_end));
        Ok(wanted.map(|post| serde_json::from_str(&post.body)).collect::<Result<_, _>>()?)
    }

    pub async fn screenshot(&self, file: &Path) -> Result<()> {
        Ok(self.driver.screenshot(file).await?)
    }

    /// All of the page, also what would have to be scrolled to.
    pub async fn screenshot_whole(&self, file: &Path) -> Result<()> {
        // The page is drawn anew without its scroll bar, whose room would be missing at the edge.
        self.ask_tools("Emulation.setScrollbarsHidden", json!({"hidden": true})).await?;
        let asked = json!({"captureBeyondViewport": true, "format": "png"});
        let picture = self.ask_tools("Page.captureScreenshot", asked).await?;
        let text = picture["data"].as_str().context("no picture")?;
        let bytes = base64::engine::general_purpose::STANDARD.decode(text)?;
        Ok(std::fs::write(file, bytes)?)
    }

    pub async fn close(self) -> Result<()> {
        Ok(self.driver.quit().await?)
    }
}

pub struct Tab(thirtyfour::WindowHandle);

/// Whether scripts run in Firefox itself (`chrome`) or in its page (`content`).
#[derive(Debug)]
struct ScriptsRunIn(&'static str);

impl FormatRequestData for ScriptsRunIn {
    fn format_request(&self, session: &SessionId) -> RequestData {
        let request = RequestData::new(Method::POST, format!("/session/{session}/moz/context"));
        request.add_body(json!({"context": self.0}))
    }
}

/// Fails where the console has an error in it.
pub async fn no_console_errors(browser: &Browser) -> Result<()> {
    only_errors_with(browser, &[]).await
}

/// Fails where the console complains of anything but connections that nobody took: a collector that
/// is stopped (of which Chromium's alone tells).
pub async fn only_refused_connections(browser: &Browser) -> Result<()> {
    only_errors_with(browser, &["ERR_CONNECTION_REFUSED"]).await
}

/// Fails where the console has an error without any of these words.
pub async fn only_errors_with(browser: &Browser, known: &[&str]) -> Result<()> {
    let mut errors = browser.console_errors().await?;
    errors.retain(|error| !known.iter().any(|words| error.contains(words)));
    ensure!(errors.is_empty(), "errors in the console: {errors:#?}");
    Ok(())
}
