//! The network goes before all of the widget is there.

use anyhow::Result;
use e2e::browser::only_refused_connections;
use e2e::wait::until_true;
use e2e::{World, case};
use serde_json::json;

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

/// What sends is there from the form's first picture on.
#[tokio::test(flavor = "multi_thread")]
async fn network_goes_before_anything_is_touched_and_the_answer_is_kept() -> Result<()> {
    const IS_FETCHED: &str = "return performance.getEntriesByType('resource')
        .some(({name, responseEnd}) => name.includes('/delivery.js') && responseEnd)";
    case("before-touched", async |world: &World| {
        let widget = world.visit(world.plain_page()?).await?;
        widget.open().await?;
        until_true("what sends to be fetched", async || {
            Ok(world.browser.evaluate(IS_FETCHED, vec![]).await? == json!(true))
        })
        .await?;
        world.browser.evaluate(SETTLE, vec![]).await?;
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
