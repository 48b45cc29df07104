//! The rating of pages of Italian municipalities: what the official validator looks for, and a
//! visitor's way through it.

use anyhow::{Context, Result, ensure};
use e2e::wait::until_true;
use e2e::{Page, World, case};
use serde_json::{Value, json};
use thirtyfour::Key;

const TITLE: &str = "Quanto sono chiare le informazioni su questa pagina?";
const POSITIVE: [&str; 6] = [
    "Quali sono stati gli aspetti che hai preferito?",
    "Le indicazioni erano chiare",
    "Le indicazioni erano complete",
    "Capivo sempre che stavo procedendo correttamente",
    "Non ho avuto problemi tecnici",
    "Altro",
];
const NEGATIVE: [&str; 6] = [
    "Dove hai incontrato le maggiori difficoltà?",
    "A volte le indicazioni non erano chiare",
    "A volte le indicazioni non erano complete",
    "A volte non capivo se stavo procedendo correttamente",
    "Ho avuto problemi tecnici",
    "Altro",
];

/// As the validator reads: by `querySelector`, texts trimmed.
const WORDS: &str = "
    const text = (from, name) => Array.from(
        from.querySelectorAll(`[data-element=${name}]`), (found) => found.textContent.trim());
    const group = (name) => {
        const found = document.querySelector(`[data-element=${name}]`);
        return [...text(found, 'feedback-rating-question'), ...text(found, 'feedback-rating-answer')];
    };
    return {
        title: text(document.querySelector('[data-element=feedback]'), 'feedback-title'),
        positive: group('feedback-rating-positive'),
        negative: group('feedback-rating-negative'),
        text: document.querySelectorAll('[data-element=feedback-input-text]').length,
    };";

/// Clicks a star, then the same star again, and measures both groups at once.
const CLICK_TWICE: &str = "
    const star = document.querySelector(`[data-element=feedback-rate-${arguments[0]}]`);
    star.click();
    star.click();
    const shown = (name) => {
        const box = document.querySelector(`[data-element=${name}]`).getBoundingClientRect();
        return box.width > 0 && box.height > 0;
    };
    return [shown('feedback-rating-positive'), shown('feedback-rating-negative')];";

fn page(world: &World) -> Result<Page> {
    Page::example("municipality/index.html")?
        .with("https://feedback.example.it", &world.collector.url())?
        .with("pk_demo", &world.collector.site.public_key)
}

#[tokio::test(flavor = "multi_thread")]
async fn has_what_the_validator_looks_for() -> Result<()> {
    case("validator", async |world: &World| {
        world.collector.put_preset("comuni")?;
        world.browser.visit(&world.host.put("/", page(world)?)).await?;
        let words = world.browser.evaluate(WORDS, Vec::new()).await?;
        assert_eq!(
            words,
            json!({"title": [TITLE], "positive": POSITIVE, "negative": NEGATIVE, "text": 1})
        );
        for star in 1..=5 {
            let shown = world.browser.evaluate(CLICK_TWICE, vec![json!(star)]).await?;
            assert_eq!(shown, json!([star > 3, star <= 3]), "after {star} stars");
        }
        ensure!(
            world
                .browser
                .cookies_for(&[&format!("{}/healthz", world.collector.url())])
                .await?
                .is_empty(),
            "it sets cookies"
        );
        Ok(())
    })
    .await
}

async fn text(world: &World, selector: &str) -> Result<String> {
    Ok(element(world, selector).await?.text().await?)
}

async fn element(world: &World, selector: &str) -> Result<thirtyfour::WebElement> {
    let script = "return document.querySelector(arguments[0]);";
    let found = world.browser.element(script, vec![json!(selector)]).await?;
    found.with_context(|| format!("there is no {selector}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_rates_a_page_also_when_the_first_try_fails() -> Result<()> {
    case("municipality", async |world: &World| {
        world.collector.put_preset("comuni")?;
        world.browser.visit(&world.host.put("/anagrafe", page(world)?)).await?;
        element(world, "#ascolto-star-1").await?.send_keys(Key::Right + "").await?;
        let next = element(world, "[data-go=next]").await?;
        next.click().await?;
        ensure!(
            text(world, "[role=alert]").await?.starts_with("Scegli una risposta"),
            "goes on without an answer"
        );
        element(world, "[for=ascolto-difficulties-incomplete]").await?.click().await?;
        next.click().await?;
        element(world, "#ascolto-details").await?.send_keys("Mancano gli orari di agosto").await?;

        world.collector.stop().await?;
        next.click().await?;
        let failed = async || Ok(text(world, "[role=alert]").await?.contains("riprova"));
        until_true("the failure to be told", failed).await?;
        ensure!(
            world.browser.console_errors().await?.iter().all(|e| e.contains("responses")),
            "another error"
        );
        world.collector.serve().await?;
        next.click().await?;
        let thanked = async || Ok(text(world, "[data-step='3']").await?.starts_with("Grazie"));
        until_true("the thanks", thanked).await?;

        let list = world.collector.owner_get("responses").await?;
        let [response] = &list["responses"].as_array().context("no list")?[..] else {
            anyhow::bail!("not one response: {list}")
        };
        assert_eq!(
            response["answers"],
            json!({"stars": 2, "difficulties": "incomplete",
            "details": "Mancano gli orari di agosto"})
        );
        let page: &Value = &response["context"]["page"];
        assert_eq!(page, &json!(format!("{}/anagrafe", world.host.origin())));
        Ok(())
    })
    .await
}
