//! The widget as a guest on somebody's page: it takes one name and one element, and leaves all
//! else as it was.

use anyhow::Result;
use e2e::{Page, World, case};
use serde_json::{Value, json};

/// What the page can see of us, apart from the element itself: a line for each property of each
/// element, and what else we could have touched.
const TRACES: &str = "
    const lines = [];
    for (const element of document.querySelectorAll('html, head, head *, body, body *:not(ascolto-widget)')) {
        const [style, box] = [getComputedStyle(element), element.getBoundingClientRect()];
        lines.push(`${element.tagName} at ${box.x} ${box.y} ${box.width} ${box.height}`);
        for (const name of style) lines.push(`${element.tagName} ${name}: ${style.getPropertyValue(name)}`);
    }
    for (const native of [fetch, setTimeout, addEventListener, history.pushState, XMLHttpRequest.prototype.open,
        Element.prototype.attachShadow, Promise, console.error]) lines.push(native.toString());
    lines.push(`style sheets: ${document.styleSheets.length} ${document.adoptedStyleSheets.length}`);
    lines.push('kept: ' + JSON.stringify([document.cookie, {...localStorage}, {...sessionStorage}]));
    return lines;";

/// Without what chromedriver puts there itself when it clicks and looks.
const NAMES: &str =
    "return Object.getOwnPropertyNames(window).filter(name => !/^(cdc|se)_/.test(name))";

/// A turn of the page's own clock: what was going to happen at once has happened.
const SETTLE: &str = "return new Promise(done => setTimeout(done, 300))";

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
            (lines(world, TRACES).await?, lines(world, NAMES).await?);

        let widget = world.visit(world.plain_page()?).await?;
        widget.open().await?;
        let (traces, mut new_names) = (lines(world, TRACES).await?, lines(world, NAMES).await?);
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
        let collector = format!("{}/healthz", world.collector.url());
        let sites = [world.host.origin(), &collector];
        assert_eq!(browser.cookies_for(&sites).await?, [] as [Value; 0]);
        let traces = lines(world, TRACES).await?;
        assert_eq!(traces.last(), traces_before.last(), "nothing is kept once it is sent");
        Ok(())
    })
    .await
}

/// What a page pays for that nobody answers on.
#[tokio::test(flavor = "multi_thread")]
async fn asks_for_one_file_and_adds_three_nodes() -> Result<()> {
    const REQUESTS: &str = "return performance.getEntriesByType('resource').map(({name}) => name)
        .filter((name) => name.startsWith(arguments[0]))";
    const NODES: &str = "
        const count = (node) => 1 + [...node.childNodes].reduce((sum, child) => sum + count(child), 0);
        const host = document.querySelector('ascolto-widget');
        return count(host) + count(host.shadowRoot) - 1;";
    case("before-interaction", async |world: &World| {
        let widget = world.visit(world.plain_page()?).await?;
        widget.find("[part=button]").await?;
        world.browser.evaluate(SETTLE, vec![]).await?;
        let collector = world.collector.url();
        let requests = || world.browser.evaluate(REQUESTS, vec![json!(collector)]);
        assert_eq!(requests().await?, json!([format!("{collector}/ascolto.js")]));
        assert_eq!(world.browser.evaluate(NODES, vec![]).await?, 3);

        // The owner may have the form fetched ahead; nothing shows then.
        let page = world.plain_page()?.with_script_attribute("data-open-on", "click:idle")?;
        let widget = world.visit(page).await?;
        widget.find("[part=panel]").await?;
        assert!(!widget.is_visible("[part=panel]").await?);
        let requests = requests().await?;
        assert_eq!(requests.as_array().map(Vec::len), Some(5), "{requests}");
        widget.open().await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn is_taken_out_of_the_page_and_nothing_is_left() -> Result<()> {
    const DESTROY: &str = "
        window.told = 0;
        ascolto('on', 'open', () => told++);
        const undo = ascolto('on', 'open', () => told += 10);
        undo();
        const host = document.querySelector('ascolto-widget');
        const [button] = host.shadowRoot.querySelectorAll('[part=button]');
        const settled = () => new Promise((done) => setTimeout(done, 300));
        return (async () => {
            await settled();
            button.click();
            await settled();
            const before = told;
            ascolto('destroy');
            document.dispatchEvent(new CustomEvent('ascolto:open', {detail: {}}));
            await settled();
            return {before, after: told, name: typeof ascolto,
                hosts: document.querySelectorAll('ascolto-widget').length};
        })();";
    case("destroyed", async |world: &World| {
        let page = world.plain_page()?.with_script_attribute("data-open-on", "event:never")?;
        let widget = world.visit(page).await?;
        widget.find("[part=panel]").await?;
        let left = world.browser.evaluate(DESTROY, vec![]).await?;
        let nothing = json!({"before": 1, "after": 1, "name": "undefined", "hosts": 0});
        assert_eq!(left, nothing);
        e2e::browser::no_console_errors(&world.browser).await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn works_under_a_strict_policy_and_trusted_types() -> Result<()> {
    case("strict-policy", async |world: &World| {
        let collector = world.collector.url();
        // The page's own pictures are for Firefox, which asks for the page's icon.
        let policy = format!(
            "default-src 'none'; script-src 'self' {collector} 'wasm-unsafe-eval'; style-src 'self'; \
             img-src 'self'; connect-src {collector}; require-trusted-types-for 'script'; trusted-types 'none'; \
             base-uri 'none'; form-action 'none'"
        );
        let page = Page::own("strict-policy.html")?.pointing_at(&world.collector)?;
        world.host.put("/violations.js", Page::own("violations.js")?);
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
