//! An operator who enters answers for others: nothing in this file clicks.

use anyhow::{Context, Result, ensure};
use e2e::browser::only_errors_with;
use e2e::emulation::{DESKTOP, PHONE, ZOOMED};
use e2e::wait::{until, until_true};
use e2e::{World, axe, case, chromium_case};
use serde_json::{Value, json};
use thirtyfour::{Key, WebElement};

const FOCUSED: &str = "return !!document.activeElement?.matches(arguments[0])";
const TABS_MAX: usize = 60;

struct Desk<'a>(&'a World);

impl<'a> Desk<'a> {
    /// Opens an agent's link, and waits for the form.
    async fn open(world: &'a World) -> Result<Self> {
        world.browser.visit(&world.collector.agent_link()?).await?;
        let desk = Self(world);
        desk.becomes_focused("[name='answers.recommend']").await?;
        Ok(desk)
    }

    async fn find(&self, selector: &str) -> Result<WebElement> {
        const FIND: &str = "return document.querySelector(arguments[0])";
        until(selector, async || self.0.browser.element(FIND, vec![json!(selector)]).await).await
    }

    async fn is_focused(&self, selector: &str) -> Result<bool> {
        Ok(self.0.browser.evaluate(FOCUSED, vec![json!(selector)]).await? == true)
    }

    async fn becomes_focused(&self, selector: &str) -> Result<()> {
        until_true(&format!("the focus on {selector}"), async || self.is_focused(selector).await)
            .await
    }

    async fn press(&self, key: Key) -> Result<()> {
        self.0.browser.press(key).await
    }

    async fn write(&self, words: &str) -> Result<()> {
        self.0.browser.type_words(words).await
    }

    /// Goes on with Enter until what is meant has the focus.
    async fn go_on_to(&self, selector: &str) -> Result<()> {
        self.reach(Key::Enter, selector).await
    }

    async fn reach(&self, key: Key, selector: &str) -> Result<()> {
        for _ in 0..TABS_MAX {
            if self.is_focused(selector).await? {
                return Ok(());
            }
            self.press(key.clone()).await?;
        }
        anyhow::bail!("{TABS_MAX} keys do not lead to {selector}")
    }

    async fn save(&self) -> Result<()> {
        self.0.browser.press_with(Key::Control, Key::Enter).await
    }

    /// Waits until the line at the buttons says these words.
    async fn says(&self, words: &str) -> Result<()> {
        let mut last = String::new();
        let said = until_true(words, async || {
            last = self.0.browser.words_of(&self.find("[role=status]").await?).await?;
            Ok(last.contains(words))
        });
        said.await.with_context(|| format!("it says {last:?}"))
    }

    async fn counts(&self, words: &str) -> Result<()> {
        until_true(words, async || {
            Ok(self.0.browser.words_of(&self.find(".count").await?).await? == words)
        })
        .await
    }
}

async fn responses(world: &World) -> Result<Vec<Value>> {
    let page = world.collector.owner_get("responses").await?;
    Ok(page["responses"].as_array().context("a page of responses")?.clone())
}

/// All that were stored, from the lowest.
async fn scores(world: &World) -> Result<Vec<Value>> {
    let responses = responses(world).await?;
    let mut scores: Vec<Value> =
        responses.iter().map(|response| response["answers"]["recommend"].clone()).collect();
    scores.sort_by_key(Value::as_i64);
    Ok(scores)
}

#[tokio::test(flavor = "multi_thread")]
async fn enters_saves_and_undoes_by_keys_alone() -> Result<()> {
    case("desk", async |world: &World| {
        let desk = Desk::open(world).await?;
        // What stays: reached backwards from the first question.
        desk.find("#service").await?;
        world.browser.press_with(Key::Shift, Key::Tab).await?;
        while !desk.is_focused("#service").await? {
            world.browser.press_with(Key::Shift, Key::Tab).await?;
        }
        desk.write("anagrafe").await?;
        desk.press(Key::F2).await?;

        desk.becomes_focused("[name='answers.recommend']").await?;
        desk.write("1").await?;
        desk.write("0").await?;
        desk.becomes_focused("[name='answers.recommend'][value='10']").await?;
        desk.press(Key::Enter).await?;
        desk.becomes_focused("[name='answers.satisfaction']").await?;
        desk.write("4").await?;
        desk.press(Key::Enter).await?;
        // The question that the score leads to: its second answer.
        desk.becomes_focused("[name='answers.praise']").await?;
        desk.write("2").await?;
        desk.press(Key::Enter).await?;
        desk.becomes_focused("textarea").await?;
        desk.write("Persona gentile").await?;
        desk.press(Key::Enter).await?;
        desk.becomes_focused("#waited").await?;
        desk.write("7:30").await?;
        desk.press(Key::Enter).await?;
        desk.write("3").await?;
        desk.press(Key::Enter).await?;
        desk.becomes_focused("[name=resolved]").await?;
        desk.write("1").await?;
        desk.save().await?;
        desk.counts("1 saved").await?;
        desk.becomes_focused("[name='answers.recommend']").await?;

        let [one] = &responses(world).await?[..] else { anyhow::bail!("one response") };
        for (name, value) in [
            ("channel", json!("counter")),
            ("service", json!("anagrafe")),
            ("locale", json!("en")),
            (
                "service_event",
                json!({"waited_s": 450, "served_s": 180, "resolved_first_contact": true}),
            ),
        ] {
            assert_eq!(one[name], value, "{name}");
        }
        assert_eq!(one["answers"]["recommend"], 10);
        assert_eq!(one["answers"]["satisfaction"], 4);
        assert_eq!(one["answers"]["comment"], "Persona gentile");
        assert_eq!(one["answers"]["praise"].as_array().map(Vec::len), Some(1));

        // The next one keeps the service; nothing of the answers.
        desk.write("3").await?;
        desk.go_on_to("[name='answers.reasons']").await?;
        desk.save().await?;
        desk.counts("2 saved").await?;
        let two = responses(world).await?;
        assert_eq!((two.len(), &two[0]["service"]), (2, &json!("anagrafe")));
        assert_eq!(two[0]["answers"], json!({"recommend": 3}));

        desk.press(Key::F8).await?;
        desk.says("in the form again").await?;
        desk.counts("1 saved").await?;
        assert_eq!(responses(world).await?.len(), 1);
        // Corrected, it is another answer.
        desk.write("5").await?;
        desk.save().await?;
        desk.counts("2 saved").await?;
        let scores: Vec<Value> =
            responses(world).await?.iter().map(|r| r["answers"]["recommend"].clone()).collect();
        assert_eq!(scores, [json!(5), json!(10)]);
        desk.press(Key::F8).await?;
        desk.counts("1 saved").await?;
        desk.press(Key::F8).await?;
        desk.counts("0 saved").await?;
        assert_eq!(responses(world).await?.len(), 0);
        desk.press(Key::F8).await?;
        desk.says("nothing to undo").await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn paper_forms_keep_their_day_and_what_is_wrong_is_said() -> Result<()> {
    case("desk-paper", async |world: &World| {
        let desk = Desk::open(world).await?;
        // Browsers write dates each in its own way.
        const CHOOSE: &str = "const [selector, value] = arguments;
            const input = document.querySelector(selector);
            input.value = value;
            input.dispatchEvent(new Event('change', {bubbles: true}))";
        let choose = async |selector: &str, value: &str| {
            world.browser.evaluate(CHOOSE, vec![json!(selector), json!(value)]).await.map(drop)
        };
        choose("#day", "2026-01-20").await?;
        choose("#channel", "mail").await?;
        for score in ["0", "7", "9"] {
            desk.press(Key::F2).await?;
            desk.write(score).await?;
            desk.save().await?;
            desk.says("Saved").await?;
        }
        desk.counts("3 saved").await?;
        for response in responses(world).await? {
            assert_eq!(response["occurred_at"], "2026-01-20T11:00:00.000Z");
            assert_eq!(response["channel"], "mail");
        }

        // After a reload too.
        world.browser.reload().await?;
        desk.becomes_focused("[name='answers.recommend']").await?;
        desk.counts("3 saved").await?;
        let kept = "return [document.querySelector('#day').value, document.querySelector('#channel').value]";
        assert_eq!(world.browser.evaluate(kept, vec![]).await?, json!(["2026-01-20", "mail"]));

        desk.save().await?;
        desk.becomes_focused("[name='answers.recommend']").await?;
        ensure!(responses(world).await?.len() == 3, "nothing was answered");
        desk.write("8").await?;
        desk.go_on_to("#waited").await?;
        desk.write("an hour").await?;
        desk.save().await?;
        desk.becomes_focused("#waited[aria-invalid=true][aria-describedby~=fault-waited]").await?;
        let fault = world.browser.words_of(&desk.find("#fault-waited").await?).await?;
        assert!(fault.contains("Minutes, such as 7"), "{fault}");
        ensure!(responses(world).await?.len() == 3, "a wrong time was taken");
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_doubled_without_a_connection() -> Result<()> {
    case("desk-away", async |world: &World| {
        let desk = Desk::open(world).await?;
        desk.write("6").await?;
        world.collector.stop().await?;
        desk.save().await?;
        desk.says("still here").await?;
        world.collector.serve().await?;
        desk.save().await?;
        desk.counts("1 saved").await?;
        assert_eq!(responses(world).await?.len(), 1);

        // It arrives, and the operator never hears of it; then it is corrected.
        world.browser.lose_answer_of("/desk").await?;
        desk.write("6").await?;
        desk.save().await?;
        desk.says("still here").await?;
        assert_eq!(responses(world).await?.len(), 2);
        desk.press(Key::F2).await?;
        desk.write("4").await?;
        desk.save().await?;
        desk.counts("2 saved").await?;
        assert_eq!(scores(world).await?, [4, 6]);

        // Taking back the uncertain one arrives as well, and that is not heard of either.
        world.browser.lose_answer_of("/desk").await?;
        desk.write("7").await?;
        desk.save().await?;
        desk.says("still here").await?;
        world.browser.lose_answer_of("/v1/receipts/").await?;
        desk.press(Key::F2).await?;
        desk.write("5").await?;
        desk.save().await?;
        desk.says("still here").await?;
        assert_eq!(responses(world).await?.len(), 2);
        desk.save().await?;
        desk.counts("3 saved").await?;
        assert_eq!(scores(world).await?, [4, 5, 6]);

        // The same, and meanwhile the operator has the page speak another language.
        world.browser.lose_answer_of("/desk").await?;
        desk.write("9").await?;
        desk.save().await?;
        desk.says("still here").await?;
        desk.find(".languages [lang=it]").await?.click().await?;
        desk.find("button[type=submit]").await?.click().await?;
        desk.counts("4 registrate").await?;
        assert_eq!(scores(world).await?, [4, 5, 6, 9]);
        // The collector that was stopped, and the entry that had been taken back.
        only_errors_with(&world.browser, &["ERR_CONNECTION_REFUSED", "status of 409"]).await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_signed_out_loses_nothing_and_agents_see_no_results() -> Result<()> {
    case("desk-session", async |world: &World| {
        let desk = Desk::open(world).await?;
        desk.write("2").await?;
        world.browser.forget_cookies().await?;
        desk.save().await?;
        desk.becomes_focused("#token").await?;
        desk.write(&world.collector.agent_token()?).await?;
        desk.press(Key::Enter).await?;
        desk.find(".entry").await?;
        desk.find("[name='answers.recommend'][value='2']:checked").await?;
        desk.becomes_focused("[name='answers.recommend']").await?;
        desk.save().await?;
        desk.counts("1 saved").await?;
        assert_eq!(responses(world).await?.len(), 1);
        // The dashboard is not for agents.
        world.browser.visit(&format!("{}/dashboard", world.collector.url())).await?;
        desk.becomes_focused("[name='answers.recommend']").await?;
        assert!(world.browser.url().await?.ends_with("/desk"));
        world.browser.console_errors().await.map(drop)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_nothing_at_the_desk() -> Result<()> {
    const SPEAK: &str = "localStorage['ascolto-language'] = arguments[0]";
    const WIDER: &str = "return document.documentElement.scrollWidth - innerWidth";
    chromium_case("axe-desk", async |world: &World| {
        let browser = &world.browser;
        for (device, scheme, language) in
            [(DESKTOP, "light", "en"), (PHONE, "dark", "it"), (ZOOMED, "light", "it")]
        {
            let look = async |what: &str| {
                let place = format!("{what}, {}, {scheme}, {language}", device.name);
                let wider = browser.evaluate(WIDER, vec![]).await?;
                assert!(wider.as_i64() <= Some(0), "{place} is {wider} pixels too wide");
                axe::finds_nothing(browser, &place).await
            };
            browser.look_with(device).await?;
            browser.prefer(&[("prefers-color-scheme", scheme)]).await?;
            browser.forget_cookies().await?;
            browser.visit(&format!("{}/desk", world.collector.url())).await?;
            browser.evaluate(SPEAK, vec![json!(language)]).await?;
            browser.reload().await?;
            let desk = Desk(world);
            desk.becomes_focused("#token").await?;
            look("signed out").await?;
            browser.visit("about:blank").await?;
            let desk = Desk::open(world).await?;
            look("empty").await?;
            desk.save().await?;
            desk.write("3").await?;
            desk.go_on_to("#waited").await?;
            desk.write("x").await?;
            desk.save().await?;
            desk.becomes_focused("#waited[aria-invalid]").await?;
            look("wrong").await?;
        }
        // Signed out: the console has been told of it.
        browser.console_errors().await.map(drop)
    })
    .await
}
