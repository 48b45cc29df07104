//! The managers' page for everyone: axe-core finds nothing on any of its screens, and none of them
//! scrolls sideways.

use anyhow::Result;
use e2e::dashboard::Dashboard;
use e2e::emulation::{DESKTOP, PHONE};
use e2e::{World, axe, chromium_case, samples};
use serde_json::json;

const CHOOSE: &str = "localStorage['ascolto-language'] = arguments[0]";
const WIDER: &str = "return document.documentElement.scrollWidth - innerWidth";

#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_nothing_on_any_screen() -> Result<()> {
    chromium_case("axe-dashboard", async |world: &World| {
        let browser = &world.browser;
        let page = format!("{}/dashboard", world.collector.url());
        for (device, scheme, language) in
            [(DESKTOP, "light", "en"), (PHONE, "dark", "it"), (DESKTOP, "dark", "en")]
        {
            let look = async |what: &str| {
                let place = format!("{what}, {}, {scheme}, {language}", device.name);
                let wider = browser.evaluate(WIDER, vec![]).await?;
                assert!(
                    wider.as_i64() <= Some(0),
                    "{place} is {wider} pixels wider than the window"
                );
                axe::finds_nothing(browser, &place).await
            };
            browser.look_with(device).await?;
            browser.prefer(&[("prefers-color-scheme", scheme)]).await?;
            browser.forget_cookies().await?;
            browser.visit(&page).await?;
            browser.evaluate(CHOOSE, vec![json!(language)]).await?;
            browser.reload().await?;
            let dashboard = Dashboard::on(browser);
            dashboard.find("input").await?;
            look("signed out").await?;
            browser.visit("about:blank").await?;
            Dashboard::open(browser, &world.collector.owner_link()?).await?;
            if scheme == "light" {
                dashboard.find(".empty").await?;
                look("nothing yet").await?;
                samples::fill(&world.collector).await?;
                browser.reload().await?;
            }
            dashboard.find("#results .scores").await?;
            look("numbers").await?;
            world.collector.stop().await?;
            dashboard.find(".periods button[aria-pressed=false]").await?.click().await?;
            dashboard.find("[role=alert]").await?;
            look("collector away").await?;
            world.collector.serve().await?;
        }
        // Signed out, and away: the console has been told of both.
        browser.console_errors().await.map(drop)
    })
    .await
}
