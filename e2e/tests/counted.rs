//! What becomes of the form is counted when the page is left, and nobody is who does not want it.

use anyhow::Result;
use e2e::dashboard::Dashboard;
use e2e::wait::until_true;
use e2e::{World, case};
use serde_json::{Value, json};

/// Goes on to another page of the site, as visitors do.
async fn leave(world: &World) -> Result<()> {
    world.browser.visit(&world.host.put("/next", world.plain_page()?.without_widget()?)).await
}

/// Impressions, opens, starts, responses, dismissals.
async fn steps(world: &World) -> Result<[u64; 5]> {
    let funnel = world.collector.owner_get("summary/funnel").await?;
    let count = |name: &str| funnel["overall"][name].as_u64().unwrap_or_default();
    Ok(["impressions", "opens", "starts", "responses", "dismissals"].map(count))
}

async fn arrive(world: &World, expected: [u64; 5]) -> Result<()> {
    let mut last = None;
    let arrived = until_true("the counts", async || {
        last = Some(steps(world).await?);
        Ok(last == Some(expected))
    });
    arrived.await.map_err(|error| error.context(format!("{last:?}, not {expected:?}")))
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_how_far_visitors_come() -> Result<()> {
    case("counted", async |world: &World| {
        // Nothing is told of a button that nobody presses.
        world.visit(world.plain_page()?).await?;
        leave(world).await?;

        let page = world.plain_page()?.with_script_attribute("data-service", "anagrafe")?;
        let widget = world.visit(page).await?;
        widget.open().await?;
        widget.choose("recommend", "3").await?;
        leave(world).await?;
        arrive(world, [1, 1, 1, 0, 1]).await?;
        let funnel = world.collector.owner_get("summary/funnel?service=anagrafe").await?;
        let recommend = json!([{"survey": "post-service", "question": "recommend", "answered": 1,
            "left": 1, "drop_off": 1.0}]);
        assert_eq!(funnel["overall"]["questions"], recommend);
        assert_eq!(funnel["channels"][0]["channel"], "web");

        let widget = world.visit(world.plain_page()?).await?;
        widget.open().await?;
        widget.choose("recommend", "9").await?;
        widget.send().await?;
        widget.reaches("sent").await?;
        leave(world).await?;
        arrive(world, [2, 2, 2, 1, 1]).await?;
        let channels = world.collector.owner_get("summary/channels").await?;
        assert_eq!(channels["channels"][0]["response_rate"], 0.5);

        // Shown by itself, and not looked at.
        let page = world.plain_page()?.with_script_attribute("data-open-on", "load")?;
        world.visit(page).await?.opens().await?;
        leave(world).await?;
        arrive(world, [3, 2, 2, 1, 1]).await?;
        let collector = format!("{}/healthz", world.collector.url());
        let cookies = world.browser.cookies_for(&[world.host.origin(), &collector]).await?;
        assert_eq!(cookies, [] as [Value; 0]);
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_nobody_who_does_not_want_it() -> Result<()> {
    const PRIVATE: &str = "Object.defineProperty(navigator, 'globalPrivacyControl', {value: true})";
    case("not-counted", async |world: &World| {
        let widget = world.visit(world.plain_page()?).await?;
        world.browser.evaluate(PRIVATE, vec![]).await?;
        widget.open().await?;
        widget.choose("recommend", "3").await?;
        leave(world).await?;
        // Whoever is counted after them is the first.
        world.visit(world.plain_page()?).await?.open().await?;
        leave(world).await?;
        arrive(world, [1, 1, 0, 0, 1]).await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn shows_managers_the_funnel_and_what_comes_in_while_they_look() -> Result<()> {
    case("live", async |world: &World| {
        let dashboard = Dashboard::open(&world.browser, &world.collector.sign_in_link()?).await?;
        dashboard.shows("#funnel", "Nobody knows yet how often the survey was seen").await?;
        submit(world, 9, "Prima").await?;
        dashboard.shows(".news button", "1 new").await?;
        // The numbers follow by themselves; what is being read stays where it is.
        dashboard.shows("#nps .n", "1 answer").await?;
        submit(world, 9, "Seconda").await?;
        dashboard.shows(".news button", "2 new").await?;
        world
            .collector
            .tell(&json!({"batch": e2e::collector::response_id(),
            "survey": "post-service", "events": [{"kind": "impression", "count": 8},
            {"kind": "open", "count": 4}, {"kind": "start", "count": 3}]}))
            .await?;
        dashboard.shows("#funnel .steps", "25%").await?;
        dashboard.shows("#funnel", "25.0% of those who saw it answered").await?;
        dashboard.shows("#channels .c-rate", "").await?;
        let comments = "return document.querySelectorAll('#comments .comment').length";
        assert_eq!(world.browser.evaluate(comments, vec![]).await?, Value::from(0));
        dashboard.find(".news button").await?.click().await?;
        dashboard.shows("#comments", "Seconda").await?;
        dashboard.goes(".news button").await?;
        dashboard.becomes_focused("#comments-heading").await
    })
    .await
}

async fn submit(world: &World, score: u8, words: &str) -> Result<()> {
    let response = json!({"id": e2e::collector::response_id(), "survey": "post-service",
        "answers": {"recommend": score, "comment": words}});
    world.collector.submit(&response).await
}
