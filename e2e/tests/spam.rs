//! Programs that fill in forms: thanked like everyone, and not counted until someone has looked.

use anyhow::Result;
use e2e::{World, case};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn who_fills_in_what_nobody_sees_is_held() -> Result<()> {
    case("trap", async |world: &World| {
        let widget = world.visit(world.plain_page()?).await?;
        widget.open().await?;
        assert!(!widget.is_visible(".trap").await?, "the trap is not seen");
        widget.choose("recommend", "10").await?;
        let fill = "arguments[0].value = 'https://buy.example'";
        let trap = widget.find(".trap").await?;
        world.browser.evaluate(fill, vec![trap.to_json()?]).await?;
        widget.send().await?;
        widget.reaches("sent").await?;
        is_held(world, "honeypot").await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_answers_faster_than_anybody_reads_is_held() -> Result<()> {
    case("too-fast", async |world: &World| {
        world.collector.stop().await?;
        // The least that nobody can be faster than here.
        world.collector.serve_with(&[("ASCOLTO_ANSWER_TIME_MIN", "60s")]).await?;
        let widget = world.visit(world.plain_page()?).await?;
        widget.open().await?;
        widget.choose("recommend", "10").await?;
        widget.choose("praise", "fast").await?;
        widget.send().await?;
        widget.reaches("sent").await?;
        is_held(world, "too_fast").await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visitors_device_works_where_the_collector_asks_for_it() -> Result<()> {
    case("proof-of-work", async |world: &World| {
        world.collector.stop().await?;
        world.collector.serve_with(&[("ASCOLTO_PROOF_OF_WORK", "2000")]).await?;
        let widget = world.visit(world.plain_page()?).await?;
        widget.open().await?;
        widget.choose("recommend", "10").await?;
        widget.send().await?;
        widget.reaches("sent").await?;
        assert_eq!(world.collector.summary().await?["nps"]["score"], 100.0);
        Ok(())
    })
    .await
}

async fn is_held(world: &World, reason: &str) -> Result<()> {
    assert_eq!(world.collector.summary().await?["responses"], 0);
    let held = world.collector.owner_get("responses?held=true").await?;
    assert_eq!(held["responses"][0]["held"], json!(reason), "{held}");
    Ok(())
}
