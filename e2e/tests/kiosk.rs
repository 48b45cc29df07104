//! A device that stands by itself, and whoever comes by.

use anyhow::{Context, Result, ensure};
use e2e::emulation::{DESKTOP, PHONE, TABLET};
use e2e::wait::{until, until_true};
use e2e::{Engine, World, axe, case, chromium_case};
use serde_json::{Value, json};
use thirtyfour::{By, WebElement};

/// Whether all that a reload without a network needs has been put aside, and the worker is there.
const READY: &str = "return (async () => !!navigator.serviceWorker?.controller
    && !!await caches.match(location.href))()";
/// Pauses of seconds become pauses of milliseconds.
const HURRY: &str = "
    const real = window.setTimeout;
    window.setTimeout = (call, ms, ...rest) => real(call, ms >= 4000 ? ms / 10 : ms, ...rest);";

struct Kiosk<'a>(&'a World);

impl<'a> Kiosk<'a> {
    async fn open(world: &'a World, survey: &str, query: &str) -> Result<Self> {
        let (base, key) = (world.collector.url(), &world.collector.site.public_key);
        world.browser.visit(&format!("{base}/kiosk/{key}/{survey}{query}")).await?;
        Ok(Self(world))
    }

    async fn find(&self, selector: &str) -> Result<WebElement> {
        const FIND: &str = "return document.querySelector(arguments[0])";
        until(selector, async || self.0.browser.element(FIND, vec![json!(selector)]).await).await
    }

    async fn asks(&self, question: &str) -> Result<()> {
        self.find(&format!("[data-question='{question}']")).await.map(drop)
    }

    /// Touches a score or an option of the question that is asked.
    async fn touch(&self, question: &str, what: &str) -> Result<()> {
        let button = format!("[data-question='{question}'] {what}");
        Ok(self.find(&button).await?.click().await?)
    }

    /// Goes through the default survey, to the thanks.
    async fn answer(&self, score: u8) -> Result<()> {
        self.touch("recommend", &format!("[data-score='{score}']")).await?;
        self.touch("satisfaction", "[data-score='4']").await?;
        let why = match score {
            0..=6 => "reasons",
            7..=8 => return Ok(()),
            _ => "praise",
        };
        self.touch(why, "[data-option]").await?;
        self.touch(why, ".next").await
    }

    async fn waiting(&self) -> Result<String> {
        self.0.browser.words_of(&self.find(".waiting").await?).await
    }

    /// The page anew, as a browser loads it that was started again. (The reload of Firefox's driver is
    /// one that passes by every worker.)
    async fn starts_again(&self) -> Result<()> {
        match self.0.browser.engine() {
            Engine::Firefox => self.0.browser.visit(&self.0.browser.url().await?).await,
            _ => self.0.browser.reload().await,
        }
    }

    async fn is_ready_for_no_network(&self) -> Result<()> {
        until_true("the page to be put aside", async || {
            Ok(self.0.browser.evaluate(READY, vec![]).await? == true)
        })
        .await
    }
}

async fn responses(world: &World) -> Result<Vec<Value>> {
    let page = world.collector.owner_get("responses").await?;
    Ok(page["responses"].as_array().context("a page of responses")?.clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn one_question_at_a_time_and_anew_for_the_next_visitor() -> Result<()> {
    case("kiosk", async |world: &World| {
        let kiosk = Kiosk::open(world, "post-service", "?service=anagrafe&locale=en").await?;
        kiosk.touch("recommend", "[data-score='10']").await?;
        // Touched wrongly, and back.
        kiosk.asks("satisfaction").await?;
        kiosk.find(".back").await?.click().await?;
        kiosk.find("[data-score='10'][aria-pressed=true]").await?;
        kiosk.answer(9).await?;
        kiosk.find("[data-state=sent]").await?;
        let [one] = &responses(world).await?[..] else { anyhow::bail!("one response") };
        assert_eq!(
            (&one["channel"], &one["service"], &one["locale"], &one["context"]["device"]),
            (&json!("kiosk"), &json!("anagrafe"), &json!("en"), &json!("kiosk"))
        );
        assert_eq!(one["answers"]["recommend"], 9);
        assert!(one.get("held").is_none(), "{one}");

        // Touched beside it, which changes nothing.
        let touch = "document.body.dispatchEvent(new PointerEvent('pointerdown', {bubbles: true}))";
        world.browser.evaluate(touch, vec![]).await?;
        // By itself, or by whoever comes next. The language is the device's again.
        kiosk.asks("recommend").await?;
        ensure!(kiosk.find("h1").await?.text().await?.contains("recommend"), "not in English");
        kiosk.find(".languages option[value=it]").await?.click().await?;
        until_true("Italian", async || {
            Ok(kiosk.find("h1").await?.text().await?.contains("consiglieresti"))
        })
        .await?;
        kiosk.answer(2).await?;
        kiosk.find("[data-state=sent]").await?.click().await?;
        kiosk.asks("recommend").await?;
        ensure!(kiosk.find("h1").await?.text().await?.contains("recommend"), "still in Italian");
        assert_eq!(responses(world).await?[0]["locale"], "it");
        assert_eq!(world.collector.summary().await?["responses"], 2);
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn works_without_a_network_also_after_a_reload() -> Result<()> {
    case("kiosk-away", async |world: &World| {
        let kiosk = Kiosk::open(world, "post-service", "?service=tributi&locale=it").await?;
        kiosk.asks("recommend").await?;
        kiosk.is_ready_for_no_network().await?;
        world.collector.stop().await?;
        kiosk.answer(3).await?;
        kiosk.find("[data-state=saved]").await?.click().await?;
        until_true("one to wait", async || Ok(kiosk.waiting().await?.contains("1"))).await?;

        // The power goes, and comes back; the network does not.
        for waiting in ["2", "3"] {
            kiosk.starts_again().await?;
            kiosk.answer(8).await?;
            kiosk.find("[data-state=saved]").await?;
            until_true("more to wait", async || Ok(kiosk.waiting().await?.contains(waiting)))
                .await?;
        }
        kiosk.starts_again().await?;
        kiosk.asks("recommend").await?;
        world.collector.serve().await?;
        kiosk.starts_again().await?;
        until_true(
            "all to arrive",
            async || Ok(world.collector.summary().await?["responses"] == 3),
        )
        .await?;
        until_true("none to wait", async || Ok(kiosk.waiting().await?.is_empty())).await?;
        let nps = world.collector.summary().await?["nps"].clone();
        assert_eq!((&nps["detractors"], &nps["passives"]), (&json!(1), &json!(2)));
        e2e::browser::only_refused_connections(&world.browser).await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_can_be_kept_nobody_is_thanked_for_nothing() -> Result<()> {
    const FORBIDDEN: &str = "IDBFactory.prototype.open = () => { throw new DOMException('no') }";
    case("kiosk-full", async |world: &World| {
        let kiosk = Kiosk::open(world, "post-service", "?locale=it").await?;
        kiosk.asks("recommend").await?;
        world.browser.evaluate(FORBIDDEN, vec![]).await?;
        kiosk.answer(8).await?;
        kiosk.find("[data-state=sent]").await?.click().await?;
        assert_eq!(responses(world).await?.len(), 1);
        world.collector.stop().await?;
        kiosk.answer(7).await?;
        kiosk.find("[data-state=closed]").await?;
        e2e::browser::only_refused_connections(&world.browser).await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_never_taken_waits_for_a_person() -> Result<()> {
    const REFUSE: &str = "
        const real = window.fetch;
        window.fetch = (url, how) => /responses$/.test(url)
            ? Promise.resolve(new Response('{}', {status: 422}))
            : real(url, how);";
    case("kiosk-refused", async |world: &World| {
        let kiosk = Kiosk::open(world, "post-service", "?locale=it").await?;
        kiosk.asks("recommend").await?;
        world.browser.evaluate(REFUSE, vec![]).await?;
        kiosk.answer(7).await?;
        let is_aside = async || Ok(kiosk.waiting().await? == "⚠ 1");
        until_true("one to be put aside", is_aside).await?;
        // The next ones are not kept by it.
        kiosk.starts_again().await?;
        until_true("it to be there still", is_aside).await?;
        kiosk.answer(8).await?;
        kiosk.find("[data-state=sent]").await?;
        until_true("it to be there after all", is_aside).await?;
        assert_eq!(responses(world).await?.len(), 1);
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_goes_away_leaves_what_was_touched() -> Result<()> {
    case("kiosk-idle", async |world: &World| {
        let kiosk = Kiosk::open(world, "post-service", "?idle=10").await?;
        kiosk.asks("recommend").await?;
        world.browser.evaluate(HURRY, vec![]).await?;
        kiosk.touch("recommend", "[data-score='3']").await?;
        kiosk.asks("satisfaction").await?;
        // Asked, and still there.
        kiosk.find("dialog[open] button").await?.click().await?;
        kiosk.asks("satisfaction").await?;
        kiosk.find("dialog[open]").await?;
        kiosk.asks("recommend").await?;
        until_true("what was touched to arrive", async || {
            Ok(world.collector.summary().await?["responses"] == 1)
        })
        .await?;
        let one = responses(world).await?[0].clone();
        assert_eq!(one["answers"], json!({"recommend": 3}));
        // Nobody has touched the next one: nothing comes of it.
        world
            .browser
            .evaluate("return new Promise(done => setTimeout(done, 3000))", vec![])
            .await?;
        ensure!(kiosk.find("body").await?.find_all(By::Css("dialog")).await?.is_empty(), "asked");
        assert_eq!(world.collector.summary().await?["responses"], 1);
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_leaves_it_by_accident() -> Result<()> {
    const PREVENTED: &str =
        "return arguments[0].map(([kind, name, more]) => !document.body.dispatchEvent(
        new window[kind](name, {bubbles: true, cancelable: true, ...more})))";
    case("kiosk-stay", async |world: &World| {
        let kiosk = Kiosk::open(world, "post-service", "?locale=it").await?;
        kiosk.touch("recommend", "[data-score='8']").await?;
        kiosk.asks("satisfaction").await?;
        let address = world.browser.url().await?;
        for _ in 0..2 {
            world.browser.back().await?;
            kiosk.asks("satisfaction").await?;
        }
        assert_eq!(world.browser.url().await?, address);
        let events = json!([
            ["MouseEvent", "contextmenu", {}],
            ["WheelEvent", "wheel", {"ctrlKey": true}],
            ["KeyboardEvent", "keydown", {"key": "ArrowLeft", "altKey": true}],
            ["KeyboardEvent", "keydown", {"key": "+", "ctrlKey": true}],
            ["WheelEvent", "wheel", {}]
        ]);
        assert_eq!(
            world.browser.evaluate(PREVENTED, vec![events]).await?,
            json!([true, true, true, true, false])
        );
        assert!(kiosk.find("body").await?.find_all(By::Css("a, form")).await?.is_empty());
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_nothing_at_the_kiosk() -> Result<()> {
    const WIDER: &str = "return document.documentElement.scrollWidth - innerWidth";
    // Ten minutes without a touch are over at once, one time; what follows them comes late, for axe
    // takes its time.
    const IDLE_AT_ONCE: &str = "
        const real = window.setTimeout;
        let left = 1;
        window.setTimeout = (call, ms, ...rest) =>
            real(call, ms == 600000 && left-- > 0 ? 0 : ms * 30, ...rest);
        document.querySelector('main').dispatchEvent(new Event('input', { bubbles: true }));";
    chromium_case("axe-kiosk", async |world: &World| {
        let browser = &world.browser;
        world.collector.put_preset("faces")?;
        for (device, scheme, language) in
            [(TABLET, "light", "it"), (PHONE, "dark", "en"), (DESKTOP, "dark", "it")]
        {
            let look = async |what: &str| {
                let place = format!("{what}, {}, {scheme}, {language}", device.name);
                let wider = browser.evaluate(WIDER, vec![]).await?;
                assert!(wider.as_i64() <= Some(0), "{place} is {wider} pixels too wide");
                axe::finds_nothing(browser, &place).await
            };
            browser.look_with(device).await?;
            browser.prefer(&[("prefers-color-scheme", scheme)]).await?;
            let query = format!("?locale={language}&idle=600&text=true");
            let kiosk = Kiosk::open(world, "faces", &query).await?;
            kiosk.find(".face").await?;
            look("faces").await?;
            let kiosk = Kiosk::open(world, "post-service", &query).await?;
            kiosk.asks("recommend").await?;
            look("numbers").await?;
            kiosk.touch("recommend", "[data-score='2']").await?;
            kiosk.asks("satisfaction").await?;
            look("stars").await?;
            browser.evaluate(IDLE_AT_ONCE, vec![]).await?;
            kiosk.find("dialog[open]").await?;
            look("still there").await?;
            kiosk.find("dialog[open] button").await?.click().await?;
            kiosk.touch("satisfaction", ".skip").await?;
            kiosk.asks("reasons").await?;
            look("options").await?;
            kiosk.touch("reasons", "[data-option=other]").await?;
            kiosk.find(".free:not([hidden])").await?.send_keys("Parcheggio").await?;
            kiosk.touch("reasons", ".next").await?;
            kiosk.asks("comment").await?;
            look("words").await?;
            kiosk.touch("comment", ".skip").await?;
            kiosk.find("[data-state=sent]").await?;
            look("thanks").await?;
        }
        Ok(())
    })
    .await
}
