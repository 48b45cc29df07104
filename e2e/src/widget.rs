//! The visitor's side as a page object: the one place that knows the widget's markup.

use crate::browser::Browser;
use crate::wait::{until, until_true};
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use thirtyfour::{Key, WebElement};

/// Finds in the widget's shadow root.
const FIND: &str = "
    const host = document.querySelector('ascolto-widget');
    return host && host.shadowRoot && host.shadowRoot.querySelector(arguments[0]);";

/// The element that has the focus, also inside shadow roots.
const FOCUSED: &str = "
    let at = document.activeElement;
    while (at && at.shadowRoot && at.shadowRoot.activeElement) at = at.shadowRoot.activeElement;
    return !!at && at.matches(arguments[0]);";

pub struct Widget<'a> {
    browser: &'a Browser,
}

impl<'a> Widget<'a> {
    pub fn on(browser: &'a Browser) -> Self {
        Self { browser }
    }

    /// Waits until something is there.
    pub async fn find(&self, selector: &str) -> Result<WebElement> {
        until(selector, async || self.browser.element(FIND, vec![json!(selector)]).await).await
    }

    pub async fn has(&self, selector: &str) -> Result<bool> {
        Ok(self.browser.element(FIND, vec![json!(selector)]).await?.is_some())
    }

    pub async fn is_visible(&self, selector: &str) -> Result<bool> {
        match self.browser.element(FIND, vec![json!(selector)]).await? {
            Some(element) => self.browser.is_rendered(&element).await,
            None => Ok(false),
        }
    }

    pub async fn text_of(&self, selector: &str) -> Result<String> {
        self.browser.words_of(&self.find(selector).await?).await
    }

    /// Clicks the button at the edge of the page and waits for the questions.
    pub async fn open(&self) -> Result<()> {
        self.click("[part=button]").await?;
        self.opens().await
    }

    /// Waits for the questions to be seen. The state alone is not enough: a form that was fetched
    /// ahead is in the page before it is shown.
    pub async fn opens(&self) -> Result<()> {
        until_true("the panel to be seen", async || self.is_visible("[part=panel]").await).await?;
        self.reaches("asking").await
    }

    /// Waits until what sends is there, which is fetched once the form is: the network may go then.
    pub async fn can_send(&self) -> Result<()> {
        const IS_FETCHED: &str = "return performance.getEntriesByType('resource')
            .some(({name, responseEnd}) => name.includes('/delivery.js') && responseEnd > 0)";
        const IS_STARTED: &str = "return new Promise(done => setTimeout(done, 200))";
        until_true("what sends to be fetched", async || {
            Ok(self.browser.evaluate(IS_FETCHED, vec![]).await? == true)
        })
        .await?;
        self.browser.evaluate(IS_STARTED, vec![]).await.map(drop)
    }

    pub async fn click(&self, selector: &str) -> Result<()> {
        let element = self.find(selector).await?;
        element.click().await.with_context(|| format!("cannot click {selector}"))
    }

    /// Chooses an answer as people do: by its label.
    pub async fn choose(&self, question: &str, value: &str) -> Result<()> {
        let input = self.find(&input(question, value)).await?;
        // What lies under the form's footer is scrolled out from there first.
        const LABEL: &str = "const [label] = arguments[0].labels;
            label?.scrollIntoView({block: 'nearest'});
            return label";
        let label = self.browser.element(LABEL, vec![input.to_json()?]).await?;
        let target = label.with_context(|| format!("{question} {value} has no label"))?;
        self.bring_to_view(&target).await?;
        target.click().await.with_context(|| format!("cannot choose {question} {value}"))?;
        until_true("the answer to be marked", async || Ok(input.is_selected().await?)).await
    }

    /// Scrolls as a reader does: clear of the buttons, which stay at the form's end.
    pub async fn bring_to_view(&self, element: &WebElement) -> Result<()> {
        let scroll = "arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})";
        self.browser.evaluate(scroll, vec![element.to_json()?]).await?;
        Ok(())
    }

    pub async fn write(&self, question: &str, words: &str) -> Result<()> {
        Ok(self.find(&format!("textarea[name={question}]")).await?.send_keys(words).await?)
    }

    pub async fn send(&self) -> Result<()> {
        self.click("button[type=submit]").await
    }

    /// `asking`, `sending`, `sent`, `failed`; none while there is no panel.
    pub async fn state(&self) -> Result<Option<String>> {
        match self.browser.element(FIND, vec![json!("[part=panel]")]).await? {
            Some(panel) => Ok(panel.attr("data-state").await?),
            None => Ok(None),
        }
    }

    /// Waits for a state of the panel.
    pub async fn reaches(&self, state: &str) -> Result<()> {
        let mut last = None;
        let arrived = until_true(state, async || {
            last = self.state().await?;
            Ok(last.as_deref() == Some(state))
        });
        arrived.await.with_context(|| format!("the panel is {last:?}, not {state}"))
    }

    /// Waits until the panel is gone from the screen.
    pub async fn closes(&self) -> Result<()> {
        until_true("the panel to close", async || Ok(!self.is_visible("[part=panel]").await?)).await
    }

    /// Waits for the button's sign that the form could not be fetched.
    pub async fn says_that_it_cannot_be_had(&self) -> Result<()> {
        until("the button's sign", async || {
            Ok(self.text_of("[part=button]").await?.starts_with('⚠').then_some(()))
        })
        .await
    }

    /// Waits for the words on what is wrong with an answer, beside its question.
    pub async fn fault_at(&self, question: &str) -> Result<String> {
        until("words on what is wrong", async || {
            let words = self.text_of(&format!("{} .fault", fieldset(question))).await?;
            Ok(Some(words).filter(|words| !words.is_empty()))
        })
        .await
    }

    /// Presses "Try again", unless the widget's own next try was faster and the button is gone.
    pub async fn try_again(&self) -> Result<()> {
        match self.click("[part=retry]").await {
            Err(_) if self.state().await?.as_deref() == Some("sent") => Ok(()),
            pressed => pressed,
        }
    }

    /// The words of a question and of its answers.
    pub async fn question_text(&self, question: &str) -> Result<String> {
        self.text_of(&fieldset(question)).await
    }

    /// Whether a question is on the screen.
    pub async fn asks(&self, question: &str) -> Result<bool> {
        self.is_visible(&fieldset(question)).await
    }

    /// Presses Tab until what is meant has the focus, as somebody without a mouse does.
    pub async fn tab_to(&self, selector: &str) -> Result<()> {
        const TABS_MAX: usize = 40;
        for _ in 0..TABS_MAX {
            self.browser.press(Key::Tab).await?;
            if self.is_focused(selector).await? {
                return Ok(());
            }
        }
        bail!("{TABS_MAX} times Tab do not lead to {selector}")
    }

    pub async fn becomes_focused(&self, selector: &str) -> Result<()> {
        until_true(&format!("the focus on {selector}"), async || self.is_focused(selector).await)
            .await
    }

    pub async fn is_focused(&self, selector: &str) -> Result<bool> {
        Ok(self.browser.evaluate(FOCUSED, vec![json!(selector)]).await? == Value::Bool(true))
    }
}

/// A radio button or a check box.
pub fn input(question: &str, value: &str) -> String {
    format!("input[name={question}][value=\"{value}\"]")
}

pub fn fieldset(question: &str) -> String {
    format!("fieldset[data-question={question}]")
}
