//! A manager opens the dashboard and sees what visitors sent.

use anyhow::Result;
use e2e::dashboard::Dashboard;
use e2e::{World, case};
use serde_json::json;
use thirtyfour::Key;

#[tokio::test(flavor = "multi_thread")]
async fn signs_in_by_a_link_that_works_once() -> Result<()> {
    case("one-time-link", async |world: &World| {
        let link = world.collector.sign_in_link()?;
        let dashboard = Dashboard::open(&world.browser, &link).await?;
        assert_eq!(dashboard.text_of("h1").await?, "Comune di Prova");
        assert!(!world.browser.url().await?.contains("code="), "the code stays in the address");

        // Still signed in on the next visit; somebody else with the same link is not.
        world.browser.reload().await?;
        dashboard.shows("h1", "Comune di Prova").await?;
        world.browser.forget_cookies().await?;
        world.browser.visit("about:blank").await?;
        world.browser.visit(&link).await?;
        dashboard.shows("[role=alert]", "used before").await?;
        expect_unauthorised(world).await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn sees_the_score_of_what_a_visitor_sent() -> Result<()> {
    case("score", async |world: &World| {
        for score in [10, 10, 9, 9, 9, 8, 7, 6, 3] {
            world.collector.submit(&response("web", score)).await?;
        }
        let widget = world.visit(world.plain_page()?).await?;
        widget.open().await?;
        widget.choose("recommend", "10").await?;
        widget.choose("satisfaction", "5").await?;
        widget.write("comment", "Personale gentile").await?;
        widget.send().await?;
        widget.reaches("sent").await?;

        let dashboard = Dashboard::open(&world.browser, &world.collector.sign_in_link()?).await?;
        dashboard.shows("#nps .big", "+40").await?;
        dashboard.shows("#nps .n", "10 answers").await?;
        dashboard.shows("#csat .big", "100%").await?;
        dashboard.shows("#comments", "Personale gentile").await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn sees_which_channels_really_differ() -> Result<()> {
    case("channels", async |world: &World| {
        submit(world, "web", &[10; 40]).await?;
        submit(world, "kiosk", &[0; 40]).await?;
        submit(world, "sms", &[[10; 15], [0; 15]].concat()).await?;
        submit(world, "email", &[10; 5]).await?;

        let dashboard = Dashboard::open(&world.browser, &world.collector.sign_in_link()?).await?;
        for (channel, verdict) in [
            ("Website", "Better"),
            ("Kiosk", "Worse"),
            ("SMS", "No real difference"),
            ("Email", "Too few answers"),
        ] {
            assert_eq!(dashboard.verdict_on(channel).await?, verdict, "{channel}");
        }
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_and_finds_the_filter_in_the_address() -> Result<()> {
    case("filters", async |world: &World| {
        submit(world, "web", &[10; 3]).await?;
        submit(world, "kiosk", &[0, 7]).await?;
        let dashboard = Dashboard::open(&world.browser, &world.collector.sign_in_link()?).await?;
        dashboard.shows("#nps .n", "5 answers").await?;

        dashboard.choose_channel("kiosk").await?;
        dashboard.shows("#nps .big", "\u{2212}50").await?;
        let address = world.browser.url().await?;
        assert!(address.ends_with("/dashboard?channel=kiosk"), "{address}");
        world.browser.reload().await?;
        dashboard.shows("#nps .big", "\u{2212}50").await?;
        world.browser.back().await?;
        dashboard.shows("#nps .n", "5 answers").await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn decides_on_answers_that_look_automatic() -> Result<()> {
    case("held", async |world: &World| {
        submit(world, "web", &[10]).await?;
        world.collector.submit(&suspicious(0, "buy now")).await?;
        world.collector.submit(&suspicious(0, "really slow")).await?;

        let dashboard = Dashboard::open(&world.browser, &world.collector.owner_link()?).await?;
        dashboard.shows("#held h2", "To look at (2)").await?;
        dashboard.shows("#held article", "A field that people do not see was filled in").await?;
        dashboard.shows("#nps .n", "1 answer").await?;
        dashboard.shows("#nps .big", "+100").await?;

        dashboard.decide("buy now", "Erase").await?;
        dashboard.becomes_focused("#held [id^=held-cancel]").await?;
        world.browser.press(Key::Escape).await?;
        dashboard.becomes_focused("#held [id^=held-erase]").await?;
        dashboard.decide("buy now", "Erase").await?;
        dashboard.decide("buy now", "Erase for ever").await?;
        dashboard.shows("#held h2", "To look at (1)").await?;
        dashboard.becomes_focused("#held article, #held h2").await?;
        assert_eq!(dashboard.text_of("#held-said").await?, "Erased.");

        dashboard.decide("really slow", "Count it").await?;
        dashboard.goes("#held").await?;
        dashboard.shows("#held-said", "Counted.").await?;
        dashboard.becomes_focused("#held-said").await?;
        dashboard.shows("#nps .n", "2 answers").await?;
        assert_eq!(dashboard.text_of("#nps .big").await?, "0");
        dashboard.shows("#comments", "really slow").await?;

        world.browser.reload().await?;
        dashboard.shows("#nps .n", "2 answers").await?;
        dashboard.goes("#held").await?;
        let left = world.collector.owner_get("responses?held=true").await?;
        assert_eq!(left["responses"], serde_json::json!([]));
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn may_not_erase_and_loses_nothing_where_a_decision_does_not_arrive() -> Result<()> {
    case("held-trouble", async |world: &World| {
        submit(world, "web", &[10]).await?;
        world.collector.submit(&suspicious(0, "really slow")).await?;
        let dashboard = Dashboard::open(&world.browser, &world.collector.sign_in_link()?).await?;
        dashboard.shows("#held", "Only an owner can erase them").await?;
        dashboard.goes("#held [id^=held-erase]").await?;

        world.collector.stop().await?;
        dashboard.decide("really slow", "Count it").await?;
        dashboard.shows("#held article [role=alert]", "The server can't be reached").await?;
        world.collector.serve().await?;
        dashboard.decide("really slow", "Count it").await?;
        dashboard.goes("#held").await?;
        dashboard.shows("#nps .n", "2 answers").await?;
        e2e::browser::only_refused_connections(&world.browser).await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn signs_out() -> Result<()> {
    case("sign-out", async |world: &World| {
        let dashboard = Dashboard::open(&world.browser, &world.collector.sign_in_link()?).await?;
        dashboard.sign_out().await?;
        dashboard.shows("h1", "Sign in").await?;
        world.browser.reload().await?;
        dashboard.shows("h1", "Sign in").await?;
        expect_unauthorised(world).await
    })
    .await
}

/// Asking who is signed in, when nobody is, is the one complaint that the console may have.
async fn expect_unauthorised(world: &World) -> Result<()> {
    let errors = world.browser.console_errors().await?;
    assert!(
        errors.iter().all(|error| error.contains("/v1/session") && error.contains("40")),
        "{errors:#?}"
    );
    Ok(())
}

async fn submit(world: &World, channel: &str, scores: &[u8]) -> Result<()> {
    for score in scores {
        world.collector.submit(&response(channel, *score)).await?;
    }
    Ok(())
}

fn response(channel: &str, score: u8) -> serde_json::Value {
    serde_json::json!({
        "id": e2e::collector::response_id(), "survey": "post-service", "channel": channel, "answers": {"recommend": score}
    })
}

/// With a field filled in that people do not see.
fn suspicious(score: u8, words: &str) -> serde_json::Value {
    let mut response = response("web", score);
    response["answers"]["comment"] = words.into();
    response["form"] = serde_json::json!({"trap": "x"});
    response
}

/// The widget's own rules answer; where a page has the tag, `ascolto("explain")` says the same.
#[tokio::test(flavor = "multi_thread")]
async fn sees_whether_the_form_would_show_at_an_address() -> Result<()> {
    const FILL: &str = "const field = document.querySelector('#simulation ' + arguments[0]);
        field.value = arguments[1];
        field.dispatchEvent(new Event('input', {bubbles: true}))";
    const RESULT: &str = "#simulation [role=status]";
    case("simulation", async |world: &World| {
        let link = world.collector.sign_in_link()?;
        let dashboard = Dashboard::open(&world.browser, &link).await?;
        let fill = async |field: &str, value: &str| {
            world.browser.evaluate(FILL, vec![json!(field), json!(value)]).await
        };
        dashboard.shows(RESULT, "The form shows by itself, on “after:20s”.").await?;
        dashboard.find("#simulation [type=checkbox]").await?.click().await?;
        dashboard.shows(RESULT, "privacy").await?;
        dashboard.find("#simulation [type=checkbox]").await?.click().await?;
        fill("input", "https://elsewhere.example/").await?;
        dashboard.shows(RESULT, "not one of the site's origins").await?;

        let key = &world.collector.site.public_key;
        let tag = |more: &str| {
            format!("<script src=\"/ascolto.js\" data-site=\"{key}\" {more}></script>")
        };
        let address = |path: &str| format!("{}{path}", world.host.origin());
        for (path, more, expected) in [
            ("/carrello/2", "data-open-on=\"load\" data-hide-on=\"/carrello*\"", "page"),
            ("/", "data-open-on=\"load\" data-sample=\"20\"", "In 20 of 100 page views."),
            ("/", "data-open-on=\"soon\"", "unknown_trigger"),
            ("/", "data-open-on=\"load\" data-once=\"often\"", "data-once=\"often\""),
            ("/", "", "it waits for a click"),
        ] {
            fill("input", &address(path)).await?;
            fill("textarea", &tag(more)).await?;
            dashboard.shows(RESULT, expected).await?;
        }
        Ok(())
    })
    .await
}
