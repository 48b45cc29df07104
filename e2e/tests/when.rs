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
