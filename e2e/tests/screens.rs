//! Not a test: pictures of every state, for people to look at. `cargo xtask screens`.

use anyhow::Result;
use e2e::dashboard::Dashboard;
use e2e::emulation::{DESKTOP, PHONE, TABLET};
use e2e::states::{asking_every_kind, walk};
use e2e::{World, case, collector, samples};
use serde_json::json;
use std::path::{Path, PathBuf};
use thirtyfour::Key;

const LANGUAGES: [&str; 3] = ["it", "en", "ar"];
const SCHEMES: [&str; 2] = ["light", "dark"];

fn folder(name: &str) -> Result<PathBuf> {
    let target = collector::program();
    let folder = target.ancestors().nth(2).unwrap_or(Path::new(".")).join("screens").join(name);
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "makes pictures"]
async fn screens_of_the_widget() -> Result<()> {
    case("screens-widget", async |world: &World| {
        for device in [PHONE, DESKTOP] {
            world.browser.look_with(device).await?;
            for scheme in SCHEMES {
                world.browser.prefer(&[("prefers-color-scheme", scheme)]).await?;
                for language in LANGUAGES {
                    let folder = folder(&format!("widget-{}-{scheme}-{language}", device.name))?;
                    let page = world.plain_page()?.in_language(language)?;
                    let page = asking_every_kind(page, &world.collector).await?;
                    walk(world, &page, async |state| {
                        world.browser.screenshot(&folder.join(format!("{state}.png"))).await
                    })
                    .await?;
                }
            }
        }
        world.browser.console_errors().await.map(drop)
    })
    .await
}

/// The dashboard of `ascolto demo`, or of any other collector: `ASCOLTO_SCREENS_LINK` is a link that
/// signs in there.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "makes pictures"]
async fn screens_of_the_dashboard() -> Result<()> {
    case("screens-dashboard", async |world: &World| {
        let link = match std::env::var("ASCOLTO_SCREENS_LINK") {
            Ok(link) => link,
            Err(_) => world.collector.sign_in_link()?,
        };
        samples::fill(&world.collector).await?;
        Dashboard::open(&world.browser, &link).await?;
        for device in [PHONE, DESKTOP] {
            world.browser.look_with(device).await?;
            for scheme in SCHEMES {
                world.browser.prefer(&[("prefers-color-scheme", scheme)]).await?;
                for language in ["it", "en"] {
                    let choose = "localStorage['ascolto-language'] = arguments[0]";
                    world.browser.evaluate(choose, vec![json!(language)]).await?;
                    world.browser.reload().await?;
                    let dashboard = Dashboard::on(&world.browser);
                    dashboard.find("#results .scores").await?;
                    let name = format!("{}-{scheme}-{language}.png", device.name);
                    world.browser.screenshot_whole(&folder("dashboard")?.join(name)).await?;
                }
            }
        }
        world.browser.console_errors().await.map(drop)
    })
    .await
}

/// The kiosk's screens and the operator's.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "makes pictures"]
async fn screens_of_the_stations() -> Result<()> {
    case("screens-stations", async |world: &World| {
        let browser = &world.browser;
        world.collector.put_preset("faces")?;
        let (base, key) = (world.collector.url(), &world.collector.site.public_key);
        browser.visit(&world.collector.agent_link()?).await?;
        let dashboard = Dashboard::on(browser);
        for device in [PHONE, TABLET, DESKTOP] {
            browser.look_with(device).await?;
            for scheme in SCHEMES {
                browser.prefer(&[("prefers-color-scheme", scheme)]).await?;
                for language in ["it", "en"] {
                    let folder = folder(&format!("stations-{}-{scheme}-{language}", device.name))?;
                    let shoot = async |name: &str| {
                        browser.comes_to_rest().await?;
                        browser.screenshot(&folder.join(format!("{name}.png"))).await
                    };
                    let kiosk = format!("{base}/kiosk/{key}");
                    let query = format!("?locale={language}&text=true");
                    browser.visit(&format!("{kiosk}/faces{query}")).await?;
                    dashboard.find(".face").await?;
                    shoot("kiosk-faces").await?;
                    browser.visit(&format!("{kiosk}/post-service{query}")).await?;
                    dashboard.find("[data-question=recommend] [data-score='2']").await?;
                    shoot("kiosk-numbers").await?;
                    dashboard.find("[data-score='2']").await?.click().await?;
                    dashboard.find("[data-question=satisfaction] .skip").await?;
                    shoot("kiosk-stars").await?;
                    dashboard.find("[data-question=satisfaction] .skip").await?.click().await?;
                    dashboard.find("[data-option=staff]").await?.click().await?;
                    shoot("kiosk-options").await?;
                    dashboard.find("[data-question=reasons] .next").await?.click().await?;
                    dashboard.find("[data-question=comment] .skip").await?.click().await?;
                    dashboard.find("[data-state=sent]").await?;
                    shoot("kiosk-thanks").await?;

                    browser.visit(&format!("{base}/desk")).await?;
                    let choose = "localStorage['ascolto-language'] = arguments[0]";
                    browser.evaluate(choose, vec![json!(language)]).await?;
                    browser.evaluate("localStorage['ascolto-desk'] = JSON.stringify({survey: 'post-service'})", vec![]).await?;
                    browser.reload().await?;
                    dashboard.becomes_focused("[name='answers.recommend']").await?;
                    browser.type_words("3").await?;
                    browser.screenshot_whole(&folder.join("desk.png")).await?;
                    // Nothing is half entered when the page is left.
                    browser.press_with(Key::Control, Key::Enter).await?;
                    dashboard.shows(".status", if language == "it" { "Registrata" } else { "Saved" }).await?;
                }
            }
        }
        browser.console_errors().await.map(drop)
    })
    .await
}
