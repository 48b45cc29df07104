//! When the form shows by itself, and when it does not.

use anyhow::Result;
use e2e::wait::until_true;
use e2e::{Widget, World, case};
use serde_json::{Value, json};

const EXPLAIN: &str = "return ascolto('explain')";
/// Two turns of the page's own clock: what was going to happen at once has happened.
const SETTLE: &str = "return new Promise(done => setTimeout(() => setTimeout(done, 50), 50))";

async fn reason(world: &World) -> Result<Value> {
    Ok(world.browser.evaluate(EXPLAIN, vec![]).await?["reason"].clone())
}

async fn stays_closed(world: &World, widget: &Widget<'_>, why: &str) -> Result<()> {
    until_true(why, async || Ok(reason(world).await? == why)).await?;
    world.browser.evaluate(SETTLE, vec![]).await?;
    assert!(!widget.is_visible("[part=panel]").await?, "it shows against {why}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn opens_by_itself_and_leaves_the_focus_where_it_is() -> Result<()> {
    case("opens-by-itself", async |world: &World| {
        for trigger in ["load", "after:0.1s"] {
            let page = world.plain_page()?.with_script_attribute("data-open-on", trigger)?;
            let widget = world.visit(page).await?;
            widget.opens().await?;
            let focused = world.browser.evaluate("return document.activeElement.tagName", vec![]);
            assert_eq!(focused.await?, "BODY", "{trigger}");
            let explained = world.browser.evaluate(EXPLAIN, vec![]).await?;
            let told = ["trigger", "shown", "reason"].map(|name| explained[name].clone());
            assert_eq!(json!(told), json!([trigger, true, "shown"]));
        }
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn waits_until_the_page_is_read_half_way() -> Result<()> {
    const SCROLL: &str = "document.body.style.minHeight = '6000px'; scrollTo(0, arguments[0])";
    case("scroll", async |world: &World| {
        let page = world.plain_page()?.with_script_attribute("data-open-on", "scroll:50")?;
        let widget = world.visit(page).await?;
        stays_closed(world, &widget, "waiting").await?;
        world.browser.evaluate(SCROLL, vec![json!(200)]).await?;
        stays_closed(world, &widget, "waiting").await?;
        world.browser.evaluate(SCROLL, vec![json!(4000)]).await?;
        widget.opens().await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn asks_after_an_event_of_the_service_and_sends_what_the_page_said_of_it() -> Result<()> {
    const TELL: &str = "ascolto('context', {plan: 'gold'});
        ascolto('identify', {subject: 'citizen-7'});
        ascolto('track', 'something-else');
        ascolto('track', 'order-completed', {reference: 'A-17', amount: 12})";
    case("event", async |world: &World| {
        let page =
            world.plain_page()?.with_script_attribute("data-open-on", "event:order-completed")?;
        let widget = world.visit(page).await?;
        stays_closed(world, &widget, "waiting").await?;
        world.browser.evaluate(TELL, vec![]).await?;
        widget.opens().await?;
        widget.choose("recommend", "9").await?;
        widget.send().await?;
        widget.reaches("sent").await?;
        let posted = world.browser.posted("/responses").await?[0].clone();
        assert_eq!(posted["service_event"], json!({"reference": "A-17"}));
        assert_eq!(posted["context"]["attributes"]["plan"], "gold");
        assert_eq!(posted["identity"], json!({"level": "declared", "subject": "citizen-7"}));
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn respects_who_does_not_want_to_be_asked_and_a_click_still_works() -> Result<()> {
    const PRIVATE: &str = "Object.defineProperty(navigator, 'globalPrivacyControl', {value: true});
        ascolto('track', 'done')";
    case("not-asked", async |world: &World| {
        let page = || world.plain_page()?.with_script_attribute("data-open-on", "event:done");
        let widget = world.visit(page()?).await?;
        stays_closed(world, &widget, "waiting").await?;
        world.browser.evaluate(PRIVATE, vec![]).await?;
        stays_closed(world, &widget, "privacy").await?;
        widget.open().await?;

        let page = world.plain_page()?.with_script_attribute("data-open-on", "load")?;
        let widget = world.visit(page.with_script_attribute("data-sample", "0")?).await?;
        stays_closed(world, &widget, "sample").await?;
        widget.open().await?;

        let widget = world.visit(world.plain_page()?).await?;
        assert_eq!(reason(world).await?, "click");
        widget.open().await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn asks_once_where_the_owner_says_so() -> Result<()> {
    case("once", async |world: &World| {
        for (once, answers, reason) in
            [("response", true, "answered"), ("session", false, "asked"), ("30d", false, "asked")]
        {
            world
                .browser
                .evaluate("localStorage.clear(); sessionStorage.clear()", vec![])
                .await
                .ok();
            let page = world.plain_page()?.with_script_attribute("data-open-on", "load")?;
            let page = page.with_script_attribute("data-once", once)?;
            let widget = world.visit(page).await?;
            widget.opens().await?;
            if answers {
                widget.choose("recommend", "9").await?;
                widget.send().await?;
                widget.reaches("sent").await?;
            }
            world.browser.reload().await?;
            stays_closed(world, &widget, reason).await?;
            widget.open().await?;
            world.browser.evaluate("localStorage.clear(); sessionStorage.clear()", vec![]).await?;
        }
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn stands_where_the_owner_puts_it() -> Result<()> {
    const BOXES: &str = "
        const root = document.querySelector('ascolto-widget').shadowRoot;
        const box = (part) => root.querySelector(`[part=${part}]`).getBoundingClientRect();
        const [panel, button] = [box('panel'), box('button')];
        return {
            left: button.left < innerWidth / 2, top: button.top < innerHeight / 2,
            within: panel.left >= 0 && panel.right <= innerWidth && panel.top >= 0 && panel.bottom <= innerHeight,
            apart: panel.bottom <= button.top || panel.top >= button.bottom,
        };";
    case("position", async |world: &World| {
        for (position, left, top) in [
            ("bottom-right", false, false),
            ("bottom-left", true, false),
            ("top-left", true, true),
            ("top-right", false, true),
        ] {
            let page = world.plain_page()?.with_script_attribute("data-position", position)?;
            let widget = world.visit(page).await?;
            widget.open().await?;
            let boxes = world.browser.evaluate(BOXES, vec![]).await?;
            let expected = json!({"left": left, "top": top, "within": true, "apart": true});
            assert_eq!(boxes, expected, "{position}");
        }
        Ok(())
    })
    .await
}

/// Looks at the button from the moment on in which the widget is in the page.
const WATCH: &str = "document.addEventListener('ascolto:ready', () => {
    const { shadowRoot } = document.querySelector('ascolto-widget');
    const button = shadowRoot.querySelector('[part=button]');
    const look = () => {
        window.seen ||= button.checkVisibility();
        requestAnimationFrame(look);
    };
    look();
})";

async fn button_was_never_seen(world: &World) -> Result<()> {
    assert_eq!(world.browser.evaluate("return window.seen", vec![]).await?, json!(false));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn button_is_only_at_the_addresses_that_the_owner_names() -> Result<()> {
    case("button-addresses", async |world: &World| {
        for (name, hidden) in [("data-show-on", "/altro"), ("data-hide-on", "/")] {
            let page = world.plain_page()?.with_script_attribute(name, hidden)?;
            let widget = world.visit(page.with_script_before(WATCH)?).await?;
            assert_eq!(reason(world).await?, "page");
            assert!(!widget.is_visible("[part=button]").await?, "{name}");
            button_was_never_seen(world).await?;
            world.browser.evaluate(GO, vec![json!("/altro")]).await?;
            until_true("the button to come", async || widget.is_visible("[part=button]").await)
                .await?;
            assert_eq!(reason(world).await?, "click");
        }
        Ok(())
    })
    .await
}

/// A page with two of them, which both wait for its body.
#[tokio::test(flavor = "multi_thread")]
async fn two_script_tags_each_do_what_their_own_says() -> Result<()> {
    const BUTTONS: &str = "return [...document.querySelectorAll('ascolto-widget')]
        .map(({shadowRoot}) => shadowRoot.querySelector('[part=button]').checkVisibility())";
    case("two-tags", async |world: &World| {
        let (url, key) = (world.collector.url(), &world.collector.site.public_key);
        let tag = |rule: &str| {
            format!("<script src=\"{url}/ascolto.js\" data-site=\"{key}\" {rule}></script>")
        };
        for (first, second, seen) in [
            ("data-show-on=\"/\"", "data-hide-on=\"/\"", json!([true, false])),
            ("data-hide-on=\"/\"", "data-show-on=\"/\"", json!([false, true])),
        ] {
            let tags = [tag(first), tag(second)].concat();
            world.visit(world.plain_page()?.with_script_tag(&tags)?).await?;
            until_true("one button", async || {
                Ok(world.browser.evaluate(BUTTONS, vec![]).await? == seen)
            })
            .await?;
        }
        Ok(())
    })
    .await
}

/// Where the browser has no Navigation API, the address is looked at when the visitor does something.
const OLDER_BROWSER: &str = "Object.defineProperty(window, 'navigation', {value: undefined})";
const GO: &str = "history.pushState({}, '', arguments[0]); document.body.click()";

#[tokio::test(flavor = "multi_thread")]
async fn shows_only_at_the_addresses_that_the_owner_names() -> Result<()> {
    case("addresses", async |world: &World| {
        for older in ["", OLDER_BROWSER, "var navigation = {}"] {
            let page = world
                .plain_page()?
                .with_script_attribute("data-open-on", "load")?
                .with_script_attribute("data-show-on", "/servizi/* *#/grazie")?
                .with_script_attribute("data-hide-on", "/servizi/carta")?
                .with_script_before(older)?;
            let widget = world.visit(page).await?;
            stays_closed(world, &widget, "page").await?;
            assert!(!widget.is_visible("[part=button]").await?, "no button at /");
            world.browser.evaluate(GO, vec![json!("/servizi/carta")]).await?;
            stays_closed(world, &widget, "page").await?;
            world.browser.evaluate(GO, vec![json!("/servizi/citt%C3%A0?x=1")]).await?;
            widget.opens().await?;
            assert!(widget.is_visible("[part=button]").await?);
            // Once it has shown, it does not come again by itself; what is open stays.
            world.browser.evaluate(GO, vec![json!("/#/grazie")]).await?;
            assert_eq!(reason(world).await?, "shown");
            world.browser.evaluate(GO, vec![json!("/altro")]).await?;
            until_true("the button to go", async || {
                Ok(!widget.is_visible("[part=button]").await?)
            })
            .await?;
            world.browser.back().await?;
            until_true("the button to come", async || widget.is_visible("[part=button]").await)
                .await?;
        }
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn waits_for_consent_where_the_owner_asks_for_it() -> Result<()> {
    case("consent", async |world: &World| {
        let page = world.plain_page()?.with_script_attribute("data-open-on", "load")?;
        let widget = world.visit(page.with_script_attribute("data-consent", "")?).await?;
        stays_closed(world, &widget, "consent").await?;
        world.browser.evaluate("return ascolto('consent', false)", vec![]).await?;
        stays_closed(world, &widget, "consent").await?;
        widget.open().await?;
        widget.click("[part=close]").await?;
        widget.closes().await?;
        world.browser.evaluate("return ascolto('consent')", vec![]).await?;
        widget.opens().await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn tries_everything_and_sends_nothing_in_a_dry_run() -> Result<()> {
    case("dry-run", async |world: &World| {
        let page = world.plain_page()?.with_script_attribute("data-dry-run", "")?;
        let widget = world.visit(page).await?;
        widget.open().await?;
        widget.send().await?;
        widget.fault_at("recommend").await?;
        widget.choose("recommend", "9").await?;
        widget.send().await?;
        until_true("the dry run to be told", async || {
            Ok(widget.text_of("[role=status]").await?.contains("prova"))
        })
        .await?;
        assert!(world.browser.posted("/responses").await?.is_empty());
        assert_eq!(world.collector.summary().await?["responses"], 0);
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn says_why_by_a_code() -> Result<()> {
    const BOT: &str = "Object.defineProperty(navigator, 'userAgent', {value: 'Examplebot/2.1'})";
    const TRACKED: &str = "Object.defineProperty(navigator, 'doNotTrack', {value: '1'})";
    case("explains", async |world: &World| {
        for (trigger, before, expected) in [
            ("click", "", "click"),
            ("sometimes", "", "unknown_trigger"),
            ("after:soon", "", "unknown_trigger"),
            ("after:1h", "", "unknown_trigger"),
            ("load", BOT, "bot"),
            ("load", TRACKED, "privacy"),
            ("exit", "", "waiting"),
        ] {
            let page = world.plain_page()?.with_script_attribute("data-open-on", trigger)?;
            let widget = world.visit(page.with_script_before(before)?).await?;
            stays_closed(world, &widget, expected).await?;
        }
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn stands_in_the_page_where_the_owner_puts_it() -> Result<()> {
    const PLACE: &str = "
        const form = document.createElement('ascolto-feedback');
        form.setAttribute('survey', 'post-service');
        document.querySelector('main, body').prepend(form);
        return null";
    const INSIDE: &str = "
        const root = document.querySelector('ascolto-feedback')?.shadowRoot;
        const panel = root?.querySelector('[part=panel]');
        if (!panel || panel.hidden) return null;
        return [panel.role, getComputedStyle(panel).position, panel.dataset.state];";
    const ANSWER: &str = "
        const root = document.querySelector('ascolto-feedback').shadowRoot;
        root.querySelector('input[name=recommend][value=\"9\"]').click();
        root.querySelector('[type=submit]').click();";
    case("inline", async |world: &World| {
        let page = world.plain_page()?.with_script_attribute("data-open-on", "inline")?;
        let widget = world.visit(page.with_script_before(WATCH)?).await?;
        until_true("the reason", async || Ok(reason(world).await? == "inline")).await?;
        assert!(!widget.is_visible("[part=button]").await?);
        button_was_never_seen(world).await?;
        world.browser.evaluate(PLACE, vec![]).await?;
        let is = async |state: &str| {
            let expected = json!(["region", "static", state]);
            until_true(
                state,
                async || Ok(world.browser.evaluate(INSIDE, vec![]).await? == expected),
            )
            .await
        };
        is("asking").await?;
        world.browser.evaluate("return ascolto('context', {plan: 'gold'})", vec![]).await?;
        world.browser.evaluate(ANSWER, vec![]).await?;
        is("sent").await?;
        let posted = world.browser.posted("/responses").await?[0].clone();
        assert_eq!(posted["context"]["attributes"]["plan"], "gold");
        assert_eq!(world.collector.summary().await?["nps"]["promoters"], 1);
        // The page takes the widget out: nothing of the form stays.
        world.browser.evaluate("ascolto('destroy')", vec![]).await?;
        assert_eq!(world.browser.evaluate(INSIDE, vec![]).await?, Value::Null);
        Ok(())
    })
    .await
}

/// As frameworks do that move what they have made.
#[tokio::test(flavor = "multi_thread")]
async fn form_in_the_page_is_taken_out_while_it_is_fetched_and_put_back() -> Result<()> {
    const TAKE_OUT: &str = "
        const form = document.createElement('ascolto-feedback');
        document.body.append(form);
        form.remove();
        setTimeout(() => document.body.append(form), 1000)";
    const STATE: &str = "
        const root = document.querySelector('ascolto-feedback')?.shadowRoot;
        return root?.querySelector('[part=panel]')?.dataset.state";
    case("inline-put-back", async |world: &World| {
        let page = world.plain_page()?.with_script_attribute("data-open-on", "inline")?;
        world.visit(page).await?;
        assert_eq!(reason(world).await?, "inline");
        world.browser.evaluate(TAKE_OUT, vec![]).await?;
        until_true(
            "the form",
            async || Ok(world.browser.evaluate(STATE, vec![]).await? == "asking"),
        )
        .await
    })
    .await
}
