//! The network goes before all of the widget is there.

use anyhow::{Context, Result};
use e2e::browser::{only_errors_with, only_refused_connections};
use e2e::wait::until_true;
use e2e::{World, case};
use serde_json::{Value, json};

/// What was going to happen at once has happened.
const SETTLE: &str = "return new Promise(done => setTimeout(done, 500))";

#[tokio::test(flavor = "multi_thread")]
async fn form_cannot_be_fetched_and_a_later_click_opens_it() -> Result<()> {
    case("not-fetched", async |world: &World| {
        let widget = world.visit(world.plain_page()?).await?;
        world.collector.stop().await?;
        for _ in 0..2 {
            widget.click("[part=button]").await?;
            widget.says_that_it_cannot_be_had().await?;
        }
        world.collector.serve().await?;
        widget.open().await?;
        assert_eq!(widget.text_of("[part=button]").await?, "La tua opinione");
        only_refused_connections(&world.browser).await
    })
    .await
}

/// Whether its button belongs to this address is only known by what cannot be had.
#[tokio::test(flavor = "multi_thread")]
async fn rules_cannot_be_fetched_and_the_button_is_there() -> Result<()> {
    const CORE: &str = "return performance.getEntriesByType('resource')
        .map(({name}) => name).find((name) => name.includes('/widget.js'))";
    case("rules-not-fetched", async |world: &World| {
        let visit = async |allowed: &str| {
            let page = world.plain_page()?.with_script_attribute("data-hide-on", "/altro")?;
            let widget = world.visit(page.with_header("content-security-policy", allowed)).await?;
            until_true("the button", async || widget.is_visible("[part=button]").await).await?;
            anyhow::Ok(widget)
        };
        let loader = format!("script-src 'self' 'wasm-unsafe-eval' {}", world.collector.url());
        visit(&loader).await?;
        let core = world.browser.evaluate(CORE, vec![]).await?;
        let core = core.as_str().context("the core is not fetched")?;
        let core = core.split('?').next().unwrap_or_default().to_owned();

        let loader = format!("{loader}/ascolto.js");
        let widget = visit(&format!("{loader} {core}")).await?;
        widget.open().await?;
        let widget = visit(&loader).await?;
        widget.click("[part=button]").await?;
        widget.says_that_it_cannot_be_had().await?;
        let refused = ["Content Security Policy", "refused by policy"];
        only_errors_with(&world.browser, &refused).await
    })
    .await
}

/// The element of a form in the page.
const ELEMENT: &str = "document.querySelector('ascolto-feedback')";

/// Puts one of a survey into the page, in the place of the last.
async fn place(world: &World, survey: &str) -> Result<()> {
    let script = format!(
        "{ELEMENT}?.remove();
        const form = document.createElement('ascolto-feedback');
        form.setAttribute('survey', arguments[0]);
        document.body.append(form)"
    );
    world.browser.evaluate(&script, vec![json!(survey)]).await.map(drop)
}

/// Waits for its state, or, without a form, for its words.
async fn has_inside(world: &World, wanted: &str) -> Result<()> {
    let script = format!(
        "const root = {ELEMENT}.shadowRoot;
        return root?.querySelector('[part=panel]')?.dataset.state ?? root?.textContent ?? ''"
    );
    until_true(wanted, async || Ok(world.browser.evaluate(&script, vec![]).await? == wanted)).await
}

/// A page for forms in it alone, once it has what places them.
async fn visit_for_forms(world: &World, before: &str) -> Result<()> {
    const READY: &str = "return ascolto('explain').then(({reason}) => reason)";
    let page = world.plain_page()?.with_script_attribute("data-open-on", "inline")?;
    world.visit(page.with_script_before(before)?).await?;
    assert_eq!(world.browser.evaluate(READY, vec![]).await?, "inline");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn form_in_the_page_cannot_be_fetched_and_a_later_press_brings_it() -> Result<()> {
    case("inline-not-fetched", async |world: &World| {
        // As a keyboard does it.
        let press = format!(
            "const button = {ELEMENT}.shadowRoot.querySelector('button');
            button.focus();
            button.click();
            return button.ariaBusy"
        );
        let busy = format!("return {ELEMENT}.shadowRoot.querySelector('button').ariaBusy");
        let focused = format!("return {ELEMENT}.shadowRoot.activeElement?.part.value");
        let has_focus = async |part: &str| {
            until_true(part, async || Ok(world.browser.evaluate(&focused, vec![]).await? == part))
                .await
        };
        visit_for_forms(world, "").await?;
        world.collector.stop().await?;
        place(world, "post-service").await?;
        has_inside(world, "⚠ La tua opinione").await?;
        assert_eq!(world.browser.evaluate(&press, vec![]).await?, "true");
        until_true("the try to end", async || {
            Ok(world.browser.evaluate(&busy, vec![]).await? == Value::Null)
        })
        .await?;
        has_inside(world, "⚠ La tua opinione").await?;
        has_focus("button").await?;
        world.collector.serve().await?;
        world.browser.evaluate(&press, vec![]).await?;
        has_inside(world, "asking").await?;
        has_focus("panel").await?;
        only_refused_connections(&world.browser).await
    })
    .await
}

/// A survey that is not there would not be there at the next try either; a collector that has too much
/// to do has less then.
#[tokio::test(flavor = "multi_thread")]
async fn form_in_the_page_is_offered_again_only_where_that_may_help() -> Result<()> {
    const COUNT: &str = "window.failed = 0;
        document.addEventListener('ascolto:failed', () => window.failed++);
        const real = window.fetch;
        window.fetch = (url, how) => /surveys\\/busy/.test(url)
            ? Promise.resolve(new Response('{}', {status: 429}))
            : real(url, how);";
    case("inline-refused", async |world: &World| {
        visit_for_forms(world, COUNT).await?;
        for (failures, survey, inside) in [(1, "nowhere", ""), (2, "busy", "⚠ La tua opinione")] {
            place(world, survey).await?;
            until_true("the failure to be told", async || {
                Ok(world.browser.evaluate("return window.failed", vec![]).await? == failures)
            })
            .await?;
            has_inside(world, inside).await?;
        }
        only_errors_with(&world.browser, &["status of 404"]).await
    })
    .await
}

/// What sends is there from the form's first picture on.
#[tokio::test(flavor = "multi_thread")]
async fn network_goes_before_anything_is_touched_and_the_answer_is_kept() -> Result<()> {
    case("before-touched", async |world: &World| {
        let widget = world.visit(world.plain_page()?).await?;
        widget.open().await?;
        widget.can_send().await?;
        world.collector.stop().await?;
        widget.choose("recommend", "10").await?;
        widget.send().await?;
        widget.reaches("saved").await?;
        world.collector.serve().await?;
        widget.try_again().await?;
        widget.reaches("sent").await?;
        only_refused_connections(&world.browser).await
    })
    .await
}

/// A browser that could not have what sends asks for it again.
#[tokio::test(flavor = "multi_thread")]
async fn network_goes_before_what_sends_is_there_and_another_try_sends() -> Result<()> {
    // It is fetched after the next picture of the page, which here does not come.
    const NO_PICTURE: &str = "window.requestAnimationFrame = () => 0;";
    case("before-what-sends", async |world: &World| {
        let page = world.plain_page()?.with_script_before(NO_PICTURE)?;
        let widget = world.visit(page).await?;
        widget.open().await?;
        world.collector.stop().await?;
        widget.choose("recommend", "10").await?;
        for press in ["[type=submit]", "[part=retry]"] {
            widget.click(press).await?;
            widget.reaches("failed").await?;
            let said = widget.text_of("[role=status]").await?;
            assert!(!said.contains("salvata") && !said.contains("Grazie"), "{said:?}");
        }

        world.collector.serve().await?;
        widget.try_again().await?;
        widget.reaches("sent").await?;
        let summary = world.collector.summary().await?;
        assert_eq!(
            (summary["responses"].as_u64(), summary["nps"]["promoters"].as_u64()),
            (Some(1), Some(1))
        );
        only_refused_connections(&world.browser).await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn another_language_cannot_be_had_and_the_next_change_brings_it() -> Result<()> {
    const SPEAK: &str = "document.documentElement.lang = arguments[0]";
    case("language-not-fetched", async |world: &World| {
        let widget = world.visit(world.plain_page()?).await?;
        widget.open().await?;
        world.collector.stop().await?;
        world.browser.evaluate(SPEAK, vec![json!("en")]).await?;
        world.browser.evaluate(SETTLE, vec![]).await?;
        assert_eq!(widget.text_of("[type=submit]").await?, "Invia");

        world.collector.serve().await?;
        world.browser.evaluate(SPEAK, vec![json!("de")]).await?;
        until_true("German", async || Ok(widget.text_of("[type=submit]").await? == "Senden"))
            .await?;
        only_refused_connections(&world.browser).await
    })
    .await
}
