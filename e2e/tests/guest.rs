//! The widget as a guest on somebody's page: it takes one name and one element, and leaves all
//! else as it was.

use anyhow::Result;
use e2e::{Page, World, case};
use serde_json::{Value, json};

/// What the page can see of us, apart from the element itself.
const TRACES: &str = "
    const looks = [...document.querySelectorAll('html, head, body, body *:not(ascolto-widget)')]
        .map(element => element.tagName + '|' + getComputedStyle(element).cssText
            + '|' + JSON.stringify(element.getBoundingClientRect()));
    const natives = [fetch, setTimeout, addEventListener, history.pushState, Element.prototype.attachShadow,
        XMLHttpRequest.prototype.open, Promise, console.error].map(native => native.toString());
    return {looks, natives, sheets: document.styleSheets.length + document.adoptedStyleSheets.length,
        cookie: document.cookie, kept: {...localStorage, ...sessionStorage}};";

const NAMES: &str = "return Object.getOwnPropertyNames(window)";

const BODIES: &str = "
    const hosts = [...document.querySelectorAll('ascolto-widget')];
    return {hosts: hosts.length, inBody: hosts.every(host => host.parentNode === document.body),
        open: hosts.filter(host => host.shadowRoot).length, light: hosts.every(host => !host.firstElementChild)};";

#[tokio::test(flavor = "multi_thread")]
async fn leaves_the_page_as_it_was() -> Result<()> {
    case("leaves-no-trace", async |world: &World| {
        let browser = &world.browser;
        world.visit(world.plain_page()?.without_widget()?).await?;
        let (traces_before, names_before) = (traces(world).await?, names(world).await?);

        let widget = world.visit(world.plain_page()?).await?;
        widget.open().await?;
        widget.choose("recommend", "9").await?;
        assert_eq!(traces(world).await?, traces_before, "before anything is sent");
        let mut new_names = names(world).await?;
        new_names.retain(|name| !names_before.contains(name));
        assert_eq!(new_names, ["ascolto"]);
        let one = json!({"hosts": 1, "inBody": true, "open": 1, "light": true});
        assert_eq!(browser.evaluate(BODIES, vec![]).await?, one);

        widget.send().await?;
        widget.reaches("sent").await?;
        assert_eq!(browser.cookies().await?, [] as [Value; 0]);
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn works_under_a_strict_policy_and_trusted_types() -> Result<()> {
    case("strict-policy", async |world: &World| {
        let collector = world.collector.url();
        let policy = format!(
            "default-src 'none'; script-src 'self' {collector} 'wasm-unsafe-eval'; style-src 'self'; \
             connect-src {collector}; require-trusted-types-for 'script'; trusted-types 'none'; \
             base-uri 'none'; form-action 'none'"
        );
        let page = Page::own("strict-policy")?.pointing_at(&world.collector)?;
        world.host.put("/violations.js", Page::own_script("violations")?);
        let widget = world.visit(page.with_header("content-security-policy", &policy)).await?;
        widget.open().await?;
        widget.choose("recommend", "1").await?;
        widget.choose("reasons", "waiting").await?;
        widget.send().await?;
        widget.reaches("sent").await?;
        let violations = world.browser.evaluate("return violations", vec![]).await?;
        assert_eq!(violations, json!([]));
        assert_eq!(world.collector.summary().await?["nps"]["detractors"], 1);
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
        widget.reaches("failed").await?;
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

async fn traces(world: &World) -> Result<Value> {
    world.browser.evaluate(TRACES, vec![]).await
}

async fn names(world: &World) -> Result<Vec<String>> {
    let names = world.browser.evaluate(NAMES, vec![]).await?;
    Ok(serde_json::from_value(names)?)
}
