//! The form without scripts: by its own address, and in the widget's place where the page's policy
//! does not let the widget's form run.

use anyhow::{Context, Result, ensure};
use e2e::wait::{until, until_true};
use e2e::{Page, Widget, World, case};
use serde_json::{Value, json};
use thirtyfour::{Key, WebElement};

/// The browser runs no script of any page; what the driver asks it is none.
const WITHOUT_SCRIPTS: bool = true;

async fn element(world: &World, selector: &str) -> Result<WebElement> {
    let found = "return document.querySelector(arguments[0])";
    until(selector, async || world.browser.element(found, vec![json!(selector)]).await).await
}

async fn choose(world: &World, question: &str, value: &str) -> Result<()> {
    let input = format!("[name='answers.{question}'][value='{value}']");
    Ok(element(world, &format!("label:has({input})")).await?.click().await?)
}

async fn press(world: &World, go: &str) -> Result<()> {
    Ok(element(world, &format!("button[value='{go}']")).await?.click().await?)
}

async fn only_response(world: &World) -> Result<Value> {
    let page = world.collector.owner_get("responses").await?;
    let responses = page["responses"].as_array().context("a page of responses")?;
    ensure!(responses.len() == 1, "{page}");
    Ok(responses[0].clone())
}

fn address(world: &World) -> String {
    format!("{}/f/{}/post-service", world.collector.url(), world.collector.site.public_key)
}

#[tokio::test(flavor = "multi_thread")]
async fn is_answered_without_scripts() -> Result<()> {
    case("hosted", async |world: &World| {
        // In the other engines it is answered with scripts, which the page has none of.
        world.browser.allow_scripts(!WITHOUT_SCRIPTS).await?;
        world.browser.visit(&format!("{}?locale=it&channel=qr&score=2", address(world))).await?;
        press(world, "next").await?;
        choose(world, "reasons", "waiting").await?;
        element(world, "textarea").await?.send_keys("Un’ora di coda").await?;
        press(world, "send").await?;
        element(world, ".mark").await?;
        let response = only_response(world).await?;
        assert_eq!(response["answers"]["reasons"], json!(["waiting"]));
        assert_eq!(response["channel"], "qr");
        element(world, "button.quiet").await?.click().await?;
        until_true("the answer to be taken back", async || {
            Ok(world.collector.summary().await?["responses"] == 0)
        })
        .await?;
        assert_eq!(
            world.browser.cookies_for(&[&format!("{}/healthz", world.collector.url())]).await?,
            [] as [Value; 0]
        );
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn says_what_is_wrong_to_the_keyboard_too() -> Result<()> {
    case("hosted-keyboard", async |world: &World| {
        const FOCUSED: &str = "return document.activeElement?.matches(arguments[0])";
        world.browser.visit(&format!("{}?locale=en", address(world))).await?;
        element(world, "button[value=next]").await?.send_keys(Key::Enter).await?;
        until_true("the focus on what is wrong", async || {
            Ok(world.browser.evaluate(FOCUSED, vec![json!(".summary")]).await? == true)
        })
        .await?;
        let title = world.browser.evaluate("return document.title", vec![]).await?;
        assert!(title.as_str().is_some_and(|title| title.starts_with("Error: ")), "{title}");
        world.browser.press(Key::Tab).await?;
        world.browser.press(Key::Enter).await?;
        let first = json!("[name='answers.recommend']");
        assert_eq!(world.browser.evaluate(FOCUSED, vec![first]).await?, true);
        // The page is what it should be; the browser tells developers that it was refused.
        let errors = world.browser.console_errors().await?;
        assert!(errors.iter().all(|error| error.contains("422")), "{errors:#?}");
        Ok(())
    })
    .await
}

/// A host's page with a policy that is stricter than the widget's form can be.
async fn visit_with<'a>(
    world: &'a World,
    more: &str,
    attributes: &[(&str, &str)],
) -> Result<Widget<'a>> {
    let collector = world.collector.url();
    let policy = format!(
        "default-src 'none'; script-src 'self' {collector}; style-src 'self'; \
         img-src 'self'; connect-src {collector}; base-uri 'none'; form-action 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'; {more}"
    );
    let mut page = Page::example("strict-csp/index.html")?.pointing_at(&world.collector)?;
    for (name, value) in attributes {
        page = page.with_script_attribute(name, value)?;
    }
    world.host.put("/violations.js", Page::example("strict-csp/violations.js")?);
    let widget = world.visit(page.with_header("content-security-policy", &policy)).await?;
    widget.click("[part=button]").await?;
    until_true("the panel", async || widget.is_visible("[part=panel]").await).await?;
    Ok(widget)
}

#[tokio::test(flavor = "multi_thread")]
async fn takes_the_widgets_place_where_webassembly_is_not_allowed() -> Result<()> {
    case("without-wasm", async |world: &World| {
        let frame_src = format!("frame-src {}", world.collector.url());
        let widget = visit_with(world, &frame_src, &[]).await?;
        widget.becomes_focused("[part=panel]").await?;
        widget.find("iframe[sandbox]").await?.enter_frame().await?;
        choose(world, "recommend", "9").await?;
        press(world, "next").await?;
        choose(world, "praise", "fast").await?;
        press(world, "send").await?;
        element(world, ".mark").await?;
        world.browser.leave_frame().await?;
        let response = only_response(world).await?;
        assert_eq!(response["answers"]["praise"], json!(["fast"]));
        assert_eq!(response["context"]["page"], "/");
        assert_eq!(response["channel"], "web");
        widget.click("[part=close]").await?;
        assert!(!widget.is_visible("[part=panel]").await?);
        widget.becomes_focused("[part=button]").await?;
        only_the_policy_complains(world).await
    })
    .await
}

/// Of a trial nothing is sent there either.
#[tokio::test(flavor = "multi_thread")]
async fn a_trial_in_the_widgets_place_cannot_be_sent() -> Result<()> {
    case("trial-without-wasm", async |world: &World| {
        let frame_src = format!("frame-src {}", world.collector.url());
        let widget = visit_with(world, &frame_src, &[("data-dry-run", "")]).await?;
        assert_eq!(widget.text_of("p.all").await?, "Solo una prova: non è stato inviato nulla.");
        let frame = widget.find("iframe[sandbox]").await?;
        assert_eq!(frame.attr("sandbox").await?.as_deref(), Some("allow-same-origin"));
        only_the_policy_complains(world).await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn is_a_link_where_frames_are_not_allowed_either() -> Result<()> {
    case("without-frame", async |world: &World| {
        let widget = visit_with(world, "", &[]).await?;
        let link = widget.find("[part=panel] a").await?;
        let leads_to = link.prop("href").await?.unwrap_or_default();
        assert!(leads_to.starts_with(&address(world)), "{leads_to}");
        assert!(!widget.has("iframe").await?);
        world.browser.visit(&leads_to).await?;
        element(world, "[name='answers.recommend']").await?;
        only_the_policy_complains(world).await
    })
    .await
}

/// The browser tells the host's developer what its policy has refused, and that is all.
async fn only_the_policy_complains(world: &World) -> Result<()> {
    let errors = world.browser.console_errors().await?;
    let told = ["Content Security Policy", "refused by policy"];
    let is_told = |error: &String| told.iter().any(|words| error.contains(words));
    ensure!(errors.iter().all(is_told), "{errors:#?}");
    Ok(())
}
