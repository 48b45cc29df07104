//! The widget as a guest on somebody's page: it takes one name and one element, and leaves all
//! else as it was.

use anyhow::Result;
use e2e::{World, case, traces};
use serde_json::{Value, json};

/// Without what chromedriver puts there itself when it clicks and looks.
const NAMES: &str =
    "return Object.getOwnPropertyNames(window).filter(name => !/^(cdc|se)_/.test(name))";

const BODIES: &str = "
    const hosts = [...document.querySelectorAll('ascolto-widget')];
    return {hosts: hosts.length, inBody: hosts.every(host => host.parentNode === document.body),
        open: hosts.filter(host => host.shadowRoot).length, light: hosts.every(host => !host.firstElementChild)};";

#[tokio::test(flavor = "multi_thread")]
async fn leaves_the_page_as_it_was() -> Result<()> {
    case("leaves-no-trace", async |world: &World| {
        let browser = &world.browser;
        world.visit(world.plain_page()?.without_widget()?).await?;
        let (traces_before, names_before) =
            (traces::of_page(browser).await?, lines(world, NAMES).await?);

        let widget = world.visit(world.plain_page()?).await?;
        widget.open().await?;
        let (traces, mut new_names) = (traces::of_page(browser).await?, lines(world, NAMES).await?);
        let changed: Vec<_> =
            traces.iter().zip(&traces_before).filter(|(now, before)| now != before).collect();
        assert_eq!(changed, [], "what the page sees has changed before anything was answered");
        assert_eq!(traces.len(), traces_before.len(), "elements were added");
        new_names.retain(|name| !names_before.contains(name));
        assert_eq!(new_names, ["ascolto"]);
        let one = json!({"hosts": 1, "inBody": true, "open": 1, "light": true});
        assert_eq!(browser.evaluate(BODIES, vec![]).await?, one);

        widget.choose("recommend", "9").await?;
        widget.send().await?;
        widget.reaches("sent").await?;
        assert_eq!(browser.cookies().await?, [] as [Value; 0]);
        let traces = traces::of_page(browser).await?;
        assert_eq!(traces.last(), traces_before.last(), "nothing is kept once it is sent");
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn is_not_served_on_a_page_that_the_owner_does_not_allow() -> Result<()> {
    case("other-origin", async |world: &World| {
        let elsewhere = e2e::HostPages::start().await?;
        world.browser.visit(&elsewhere.put("/", world.plain_page()?)).await?;
        let widget = e2e::Widget::on(&world.browser);
        widget.click("[part=button]").await?;
        widget.find("[part=button][data-state=failed]").await?;
        assert!(!widget.is_visible("[part=panel]").await?);
        assert_eq!(world.collector.summary().await?["responses"], 0);
        // The browser tells the page's developer why, and that is the only complaint.
        let errors = world.browser.console_errors().await?;
        let expected = |error: &String| {
            error.contains("CORS") || error.contains("ERR_FAILED") || error.contains("403")
        };
        assert!(errors.iter().all(expected), "{errors:#?}");
        Ok(())
    })
    .await
}

async fn lines(world: &World, script: &str) -> Result<Vec<String>> {
    Ok(serde_json::from_value(world.browser.evaluate(script, vec![]).await?)?)
}
