//! Somebody without a mouse: nothing in this file clicks.

use anyhow::Result;
use e2e::widget::input;
use e2e::{World, case};
use serde_json::json;
use thirtyfour::Key;

#[tokio::test(flavor = "multi_thread")]
async fn opens_answers_and_sends_by_keys_alone() -> Result<()> {
    case("keyboard", async |world: &World| {
        let widget = world.visit(world.plain_page()?).await?;
        let browser = &world.browser;
        widget.find("[part=button]").await?;
        widget.tab_to("[part=button]").await?;
        browser.press(Key::Enter).await?;
        widget.opens().await?;
        widget.becomes_focused("[part=panel], [part=panel] *").await?;

        widget.tab_to("input[name=recommend]").await?;
        // From the first score, 0, nine to the right.
        browser.press(Key::Space).await?;
        for _ in 0..9 {
            browser.press(Key::Right).await?;
        }
        assert!(widget.find(&input("recommend", "9")).await?.is_selected().await?);
        widget.tab_to("input[name=satisfaction]").await?;
        browser.press(Key::Space).await?;
        browser.press(Key::Right).await?;
        assert!(widget.find(&input("satisfaction", "2")).await?.is_selected().await?);
        widget.tab_to("input[name=praise]").await?;
        browser.press(Key::Space).await?;
        widget.tab_to("textarea[name=comment]").await?;
        browser.type_words("Senza mouse").await?;
        widget.tab_to("button[type=submit]").await?;
        browser.press(Key::Enter).await?;
        widget.reaches("sent").await?;

        let summary = world.collector.summary().await?;
        assert_eq!(summary["nps"]["histogram"], json!([0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0]));
        assert_eq!(summary["csat"]["histogram"], json!([0, 1, 0, 0, 0]));
        browser.press(Key::Escape).await?;
        widget.closes().await?;
        widget.becomes_focused("[part=button]").await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn leaves_by_escape_and_finds_the_answer_again() -> Result<()> {
    case("escape", async |world: &World| {
        let widget = world.visit(world.plain_page()?).await?;
        let browser = &world.browser;
        widget.find("[part=button]").await?;
        widget.tab_to("[part=button]").await?;
        browser.press(Key::Space).await?;
        widget.opens().await?;
        widget.tab_to("textarea[name=comment]").await?;
        browser.type_words("A metà").await?;
        browser.press(Key::Escape).await?;
        widget.closes().await?;
        widget.becomes_focused("[part=button]").await?;
        browser.press(Key::Enter).await?;
        widget.opens().await?;
        let comment = widget.find("textarea[name=comment]").await?;
        assert_eq!(comment.value().await?.as_deref(), Some("A metà"));
        assert_eq!(world.collector.summary().await?["responses"], 0);
        Ok(())
    })
    .await
}

/// Whoever has opened the form from somewhere else in the page goes on there.
#[tokio::test(flavor = "multi_thread")]
async fn goes_on_where_the_focus_was() -> Result<()> {
    const PUT: &str = "
        document.body.insertAdjacentHTML('afterbegin', '<button id=own>?</button><input id=field>');
        document.querySelector('#own').onclick = () => ascolto('open')";
    case("focus-back", async |world: &World| {
        let page = world.plain_page()?.with_script_attribute("data-open-on", "event:done")?;
        let widget = world.visit(page).await?;
        let browser = &world.browser;
        widget.find("[part=button]").await?;
        browser.evaluate_as_the_page(PUT).await?;
        let focus = async |id: &str| {
            let focus = "document.getElementById(arguments[0]).focus()";
            browser.evaluate(focus, vec![json!(id)]).await
        };
        let has_focus = async || browser.evaluate("return document.activeElement.id", vec![]).await;
        focus("own").await?;
        browser.press(Key::Enter).await?;
        widget.opens().await?;
        widget.becomes_focused("[part=panel], [part=panel] *").await?;
        browser.press(Key::Escape).await?;
        widget.closes().await?;
        assert_eq!(has_focus().await?, "own");

        // It comes up by itself while somebody writes, and goes by a key without taking the focus.
        focus("field").await?;
        browser.evaluate_as_the_page("ascolto('track', 'done', {})").await?;
        widget.opens().await?;
        assert_eq!(has_focus().await?, "field");
        browser.press(Key::Escape).await?;
        widget.closes().await?;
        assert_eq!(has_focus().await?, "field");
        Ok(())
    })
    .await
}
