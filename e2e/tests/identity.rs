//! Who answers, as the page's own server signs it: by the example of docs/identity.md.

use anyhow::{Context, Result, ensure};
use e2e::wait::until_true;
use e2e::{World, case};
use serde_json::json;
use std::process::Command;

/// A token for `A-1042` at SPID level 2, so many seconds before it is over.
fn token(world: &World, secret: &str, seconds: i32) -> Result<String> {
    let text = std::fs::read_to_string("../docs/identity.md")?;
    let (_, rest) = text.split_once("### Node.js\n\n```js\n").context("the example is gone")?;
    let (example, _) = rest.split_once("```").context("the example has no end")?;
    let example = example.replace("+ 600", &format!("+ {seconds}"));
    let script = format!("{example}\nconsole.log(ascolto_token('A-1042', 'SpidL2'))");
    let output = Command::new("node")
        .args(["-e", &script])
        .env("ASCOLTO_SITE_KEY", &world.collector.site.public_key)
        .env("ASCOLTO_IDENTITY_SECRET", secret)
        .output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

async fn identify(world: &World, token: &str) -> Result<()> {
    const IDENTIFY: &str = "ascolto('identify', {subject: 'A-1042', token: arguments[0]})";
    world.browser.evaluate(IDENTIFY, vec![json!(token)]).await.map(drop)
}

/// The token was over when the answer was sent: it waits, the page hears of it and signs anew.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_signed_too_late_is_signed_again_and_sent() -> Result<()> {
    const LISTEN: &str = "window.reasons = [];
        document.addEventListener('ascolto:failed', ({detail}) => reasons.push(detail.reason))";
    case("identity", async |world: &World| {
        let secret = world.collector.identity_secret()?;
        let widget = world.visit(world.plain_page()?).await?;
        world.browser.evaluate(LISTEN, vec![]).await?;
        identify(world, &token(world, &secret, -600)?).await?;
        widget.open().await?;
        widget.choose("recommend", "9").await?;
        widget.send().await?;
        widget.reaches("saved").await?;
        let reasons = world.browser.evaluate("return reasons[0]", vec![]).await?;
        assert_eq!(reasons, json!("identity"));
        assert_eq!(world.collector.summary().await?["responses"], 0);

        identify(world, &token(world, &secret, 600)?).await?;
        widget.reaches("sent").await?;
        let page = world.collector.owner_get("responses").await?;
        let response = &page["responses"][0];
        assert_eq!(response["identity"], "verified");
        assert_eq!(response["assurance"], "substantial");
        assert_eq!(world.collector.summary().await?["responses"], 1);
        // The console has been told of the refusals.
        world.browser.console_errors().await.map(drop)
    })
    .await
}

/// It is not sent as what anyone could say.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_signed_by_somebody_else_is_refused_and_told() -> Result<()> {
    case("identity-refused", async |world: &World| {
        world.collector.identity_secret()?;
        let widget = world.visit(world.plain_page()?).await?;
        identify(world, &token(world, "is_nothing", 600)?).await?;
        widget.open().await?;
        widget.choose("recommend", "9").await?;
        widget.send().await?;
        until_true("the reason to be told", async || {
            Ok(widget.text_of("[role=status]").await?.contains("identity.token"))
        })
        .await?;
        assert_eq!(world.collector.summary().await?["responses"], 0);
        world.browser.console_errors().await.map(drop)
    })
    .await
}
