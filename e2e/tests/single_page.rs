//! Applications that are one page for the browser: `examples/spa-history`, `examples/spa-react`.

use anyhow::Result;
use e2e::wait::until_true;
use e2e::{Page, Widget, World, case};
use serde_json::Value;

async fn has_widgets(world: &World, count: u64) -> Result<()> {
    const COUNT: &str = "return document.querySelectorAll('ascolto-widget').length";
    until_true(&format!("{count} widgets"), async || {
        Ok(world.browser.evaluate(COUNT, vec![]).await? == count)
    })
    .await
}

/// Answers in the form that is open; what the collector has then.
async fn answered(world: &World, widget: &Widget<'_>) -> Result<Value> {
    widget.choose("recommend", "9").await?;
    widget.send().await?;
    widget.reaches("sent").await?;
    Ok(world.collector.owner_get("responses").await?["responses"][0].take())
}

/// Once it is there: the page's own scripts make it.
async fn click(world: &World, selector: &str) -> Result<()> {
    const CLICK: &str = "
        const found = document.querySelector(arguments[0]);
        found?.click();
        return !!found;";
    until_true(selector, async || {
        Ok(world.browser.evaluate(CLICK, vec![selector.into()]).await? == true)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn asks_once_a_booking_is_done_and_goes_with_the_address() -> Result<()> {
    case("spa-history", async |world: &World| {
        world.host.put("/app.js", Page::example("spa-history/app.js")?);
        let page = Page::example("spa-history/index.html")?.naming(&world.collector);
        let policy = format!(
            "default-src 'none'; script-src 'self' {0} 'wasm-unsafe-eval'; style-src 'self'; \
             img-src data:; connect-src {0}",
            world.collector.url()
        );
        let widget = world.visit(page.with_header("content-security-policy", &policy)).await?;
        has_widgets(world, 1).await?;
        until_true("no button elsewhere", async || Ok(!widget.is_visible("[part=button]").await?))
            .await?;
        click(world, "a[href='/prenota']").await?;
        until_true("the button", async || widget.is_visible("[part=button]").await).await?;
        click(world, "#book").await?;
        widget.opens().await?;
        let stored = answered(world, &widget).await?;
        let reference = stored["service_event"]["reference"].as_str().unwrap_or_default();
        assert!(reference.starts_with("V-"), "{stored}");
        assert_eq!(stored["context"]["attributes"]["step"], "booking");
        assert_eq!(stored["context"]["page"], "/prenota/fatto");
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn comes_and_goes_with_a_component() -> Result<()> {
    case("spa-react", async |world: &World| {
        world.host.put("/app.js", Page::example("spa-react/dist/app.dev.js")?);
        let page = Page::example("spa-react/index.html")?.naming(&world.collector);
        let widget = world.visit(page).await?;
        click(world, "#carta-identita").await?;
        has_widgets(world, 1).await?;
        // Faster than any script arrives.
        for button in ["#anagrafe", "#none", "#anagrafe", "#carta-identita", "#none"] {
            click(world, button).await?;
        }
        has_widgets(world, 0).await?;
        click(world, "#anagrafe").await?;
        has_widgets(world, 1).await?;
        click(world, "#book").await?;
        widget.opens().await?;
        let stored = answered(world, &widget).await?;
        assert_eq!(stored["service"], "anagrafe");
        click(world, "#none").await?;
        has_widgets(world, 0).await?;
        let left = world.browser.evaluate("return 'ascolto' in window", vec![]).await?;
        assert_eq!(left, false, "nothing stays on the window");
        Ok(())
    })
    .await
}
