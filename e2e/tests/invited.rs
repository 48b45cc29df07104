//! Somebody who gets an invitation by e-mail: what it looks like on a desk and on a phone, light and
//! dark, and where a click on a score leads.

use anyhow::{Context, Result, ensure};
use e2e::emulation::Device;
use e2e::wait::until;
use e2e::{Page, World, axe, chromium_case};
use serde_json::json;

const WIDTHS: [Device; 2] = [
    Device { name: "mail-600", width: 600, height: 900, mobile: false },
    Device { name: "mail-320", width: 320, height: 900, mobile: false },
];

/// 1.4.10 and 2.5.8: nothing beyond the window, no score that is hard to hit.
const TROUBLE: &str = "
    const wide = document.documentElement.scrollWidth > innerWidth ? ['wider than the window'] : [];
    const boxes = [...document.querySelectorAll('a.score')].map(a => [a.textContent, a.getBoundingClientRect()]);
    if (boxes.length !== 11) throw new Error('eleven scores');
    return wide.concat(boxes.filter(([, b]) => b.width < 24 || b.height < 24).map(([n, b]) => `${n} ${b.width} ${b.height}`))";

#[tokio::test(flavor = "multi_thread")]
async fn the_mail_is_readable_everywhere_and_a_click_is_no_vote() -> Result<()> {
    chromium_case("invited", async |world: &World| {
        for (locale, html) in world.collector.invitations(&["it", "en", "he"])? {
            // Mail programs show it within a page of theirs.
            let html =
                html.replacen("<table", "<main><table", 1).replace("</body>", "</main></body>");
            let address = world.host.put("/", Page::of_html(html));
            for device in WIDTHS {
                for scheme in ["light", "dark"] {
                    world.browser.look_with(device).await?;
                    world.browser.prefer(&[("prefers-color-scheme", scheme)]).await?;
                    world.browser.visit(&address).await?;
                    let here = format!("{locale} {} {scheme}", device.name);
                    let trouble = world.browser.evaluate(TROUBLE, vec![]).await?;
                    ensure!(trouble == json!([]), "{here}: {trouble}");
                    axe::finds_nothing(&world.browser, &here).await?;
                }
            }
        }
        let nine =
            "return [...document.querySelectorAll('a.score')].find(a => a.textContent === '9')";
        let nine = world.browser.element(nine, vec![]).await?.context("a nine")?;
        nine.click().await?;
        let ticked =
            "return document.querySelector('[name=\"answers.recommend\"]:checked[value=\"9\"]')";
        until("the form with a nine ticked", async || world.browser.element(ticked, vec![]).await)
            .await?;
        ensure!(world.collector.summary().await?["responses"] == 0, "a click is no vote");
        Ok(())
    })
    .await
}
