//! The manager's side as a page object: the one place that knows the dashboard's markup.

use crate::browser::Browser;
use crate::wait::{until, until_true};
use anyhow::{Context, Result};
use serde_json::{Value, json};
use thirtyfour::WebElement;

const FIND: &str = "return document.querySelector(arguments[0])";

/// The verdict in the row of a channel of this name.
const VERDICT: &str = "
    const rows = [...document.querySelectorAll('#channels [role=row]')];
    const row = rows.find(row => row.querySelector('[role=rowheader]')?.innerText.trim() === arguments[0]);
    return row && row.querySelector('.c-verdict').innerText.trim();";

const FOCUSED: &str = "return document.activeElement.matches(arguments[0])";

/// The button with these words for the held response with those.
const DECIDE: &str = "
    const items = [...document.querySelectorAll('#held article')];
    const item = items.find(item => item.innerText.includes(arguments[0]));
    const buttons = [...item?.querySelectorAll('button') ?? []];
    return buttons.find(button => button.firstChild.data === arguments[1]);";

pub struct Dashboard<'a> {
    browser: &'a Browser,
}

impl<'a> Dashboard<'a> {
    /// Opens a link that signs in, and waits for the numbers.
    pub async fn open(browser: &'a Browser, link: &str) -> Result<Self> {
        browser.visit(link).await?;
        let dashboard = Self { browser };
        dashboard.find("#results").await?;
        Ok(dashboard)
    }

    /// Of somebody who has signed in.
    pub fn on(browser: &'a Browser) -> Self {
        Self { browser }
    }

    pub async fn find(&self, selector: &str) -> Result<WebElement> {
        until(selector, async || self.browser.element(FIND, vec![json!(selector)]).await).await
    }

    pub async fn text_of(&self, selector: &str) -> Result<String> {
        self.browser.words_of(&self.find(selector).await?).await
    }

    /// Waits until these words are there.
    pub async fn shows(&self, selector: &str, words: &str) -> Result<()> {
        let mut last = None;
        let arrived = until(words, async || {
            last = Some(self.text_of(selector).await?);
            Ok(last.as_ref().filter(|text| text.contains(words)).map(|_| ()))
        });
        arrived.await.with_context(|| format!("{selector} says {last:?}, not {words:?}"))
    }

    /// What the table says of a channel's difference.
    pub async fn verdict_on(&self, channel: &str) -> Result<String> {
        until(channel, async || {
            let verdict = self.browser.evaluate(VERDICT, vec![json!(channel)]).await?;
            Ok(verdict.as_str().map(str::to_owned))
        })
        .await
    }

    pub async fn choose_channel(&self, channel: &str) -> Result<()> {
        Ok(self.find(&format!(".filter-bar option[value={channel}]")).await?.click().await?)
    }

    /// Waits until nothing like this is on the screen.
    pub async fn goes(&self, selector: &str) -> Result<()> {
        until_true(&format!("{selector} to go"), async || {
            match self.browser.element(FIND, vec![json!(selector)]).await? {
                Some(element) => Ok(!element.is_displayed().await?),
                None => Ok(true),
            }
        })
        .await
    }

    /// Presses a button of the held response that says these words.
    pub async fn decide(&self, response: &str, button: &str) -> Result<()> {
        let found = until(button, async || {
            self.browser.element(DECIDE, vec![json!(response), json!(button)]).await
        });
        Ok(found.await?.click().await?)
    }

    pub async fn becomes_focused(&self, selector: &str) -> Result<()> {
        until_true(&format!("the focus on {selector}"), async || {
            Ok(self.browser.evaluate(FOCUSED, vec![json!(selector)]).await? == Value::Bool(true))
        })
        .await
    }

    pub async fn sign_out(&self) -> Result<()> {
        Ok(self.find(".top-bar button").await?.click().await?)
    }
}
