//! The widget as a guest on somebody's page: it takes one name and one element, and leaves all
//! else as it was.

use anyhow::Result;
use e2e::wait::until_true;
use e2e::{World, case, traces};
use serde_json::{Value, json};

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
        let collector = format!("{}/healthz", world.collector.url());
        let sites = [world.host.origin(), &collector];
        assert_eq!(browser.cookies_for(&sites).await?, [] as [Value; 0]);
        let traces = traces::of_page(browser).await?;
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
        // The loader, what fetches ahead, the four that make the form, and what will send.
        until_true("seven requests", async || {
            Ok(requests().await?.as_array().is_some_and(|requests| requests.len() == 7))
        })
        .await?;
        widget.open().await?;
        world.browser.evaluate(SETTLE, vec![]).await?;
        // And what counts; nothing is asked for twice.
        assert_eq!(requests().await?.as_array().map(Vec::len), Some(8));
        Ok(())
    })
    .await
}

/// Whether the form's module is fetched.
const FETCHED: &str = "return performance.getEntriesByType('resource')
    .some(({name}) => name.includes('/widget.wasm'))";

/// The first sign of somebody who is about to click: a pointer, or the keyboard's focus.
#[tokio::test(flavor = "multi_thread")]
async fn form_is_fetched_ahead_at_the_first_sign_of_intent() -> Result<()> {
    const FOCUS: &str = "document.querySelector('ascolto-widget').shadowRoot.querySelector('[part=button]').focus()";
    case("intent", async |world: &World| {
        for points in [true, false] {
            let widget = world.visit(world.plain_page()?).await?;
            let button = widget.find("[part=button]").await?;
            world.browser.evaluate(SETTLE, vec![]).await?;
            assert_eq!(world.browser.evaluate(FETCHED, vec![]).await?, json!(false));
            if points {
                world.browser.point_at(&button).await?;
            } else {
                world.browser.evaluate(FOCUS, vec![]).await?;
            }
            widget.find("[part=panel]").await?;
            assert!(!widget.is_visible("[part=panel]").await?, "nobody has clicked");
            widget.open().await?;
        }
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_fetched_ahead_for_who_saves_data() -> Result<()> {
    const SAVES: &str = "Object.defineProperty(navigator, 'connection', {value: {saveData: true}})";
    case("saves-data", async |world: &World| {
        let page = world.plain_page()?.with_script_attribute("data-open-on", "click:idle")?;
        let widget = world.visit(page.with_script_before(SAVES)?).await?;
        // What would fetch it is there, and the page at rest.
        let told = world.browser.evaluate("return ascolto('explain')", vec![]).await?;
        assert_eq!(told["reason"], "click");
        world.browser.evaluate(SETTLE, vec![]).await?;
        assert_eq!(world.browser.evaluate(FETCHED, vec![]).await?, json!(false));
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
async fn is_not_served_on_a_page_that_the_owner_does_not_allow() -> Result<()> {
    case("other-origin", async |world: &World| {
        let elsewhere = e2e::HostPages::start().await?;
        world.browser.visit(&elsewhere.put("/", world.plain_page()?)).await?;
        let widget = e2e::Widget::on(&world.browser);
        widget.click("[part=button]").await?;
        widget.says_that_it_cannot_be_had().await?;
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
