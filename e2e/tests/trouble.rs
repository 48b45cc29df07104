//! The collector is away when the answer is ready.

use anyhow::Result;
use e2e::wait::until_true;
use e2e::{World, case};
use serde_json::{Value, json};

/// What the browser keeps for the page.
const KEPT: &str = "return [localStorage.length, sessionStorage.length]";

#[tokio::test(flavor = "multi_thread")]
async fn collector_is_down_then_up_and_the_answer_counts_once() -> Result<()> {
    case("down-then-up", async |world: &World| {
        let page = world.plain_page()?;
        let widget = world.visit(page).await?;
        widget.open().await?;
        widget.choose("recommend", "4").await?;
        widget.write("comment", "Ho aspettato").await?;
        world.collector.stop().await?;
        widget.send().await?;
        widget.reaches("saved").await?;
        let said = widget.text_of("[role=status]").await?;
        assert!(said.contains("salvata") && !said.contains("Grazie"), "{said:?}");
        widget.click("[part=retry]").await?;
        widget.reaches("saved").await?;

        world.collector.serve().await?;
        widget.try_again().await?;
        widget.reaches("sent").await?;

        let summary = world.collector.summary().await?;
        assert_eq!(
            (summary["responses"].as_u64(), summary["nps"]["detractors"].as_u64()),
            (Some(1), Some(1))
        );
        let responses = world.collector.owner_get("responses").await?;
        let posted = world.browser.posted("/responses").await?;
        assert!(posted.len() >= 3, "the visitor pressed three times: {posted:#?}");
        let without_signs = |body: &Value| {
            let mut body = body.clone();
            body.as_object_mut().map(|fields| fields.remove("form"));
            body
        };
        assert!(
            posted.iter().all(|body| without_signs(body) == without_signs(&posted[0])),
            "another try, another response: {posted:#?}"
        );
        assert_eq!(responses["responses"][0]["id"], posted[0]["id"]);
        // The refused connection is the only thing that the console may complain about.
        let errors = world.browser.console_errors().await?;
        assert!(errors.iter().all(|error| error.contains("ERR_CONNECTION_REFUSED")), "{errors:#?}");
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn acknowledgement_is_lost_and_the_answer_counts_once() -> Result<()> {
    case("lost-acknowledgement", async |world: &World| {
        let widget = world.visit(world.plain_page()?).await?;
        widget.open().await?;
        widget.choose("recommend", "10").await?;
        world.browser.lose_answer_of("/responses").await?;
        widget.send().await?;
        widget.reaches("saved").await?;
        assert_eq!(world.collector.summary().await?["responses"], 1, "it did arrive");
        widget.try_again().await?;
        widget.reaches("sent").await?;
        assert_eq!(world.collector.summary().await?["responses"], 1);
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn page_is_left_while_the_collector_is_down_and_a_later_visit_sends() -> Result<()> {
    case("later-visit", async |world: &World| {
        let widget = world.visit(world.plain_page()?).await?;
        widget.open().await?;
        widget.choose("recommend", "10").await?;
        world.collector.stop().await?;
        widget.send().await?;
        widget.reaches("saved").await?;
        world.browser.visit("about:blank").await?;
        world.collector.serve().await?;

        // Nobody opens the form again.
        world.visit(world.plain_page()?).await?;
        until_true("the answer to arrive", async || {
            Ok(world.collector.summary().await?["responses"] == 1)
        })
        .await?;
        until_true("nothing to be kept", async || {
            Ok(world.browser.evaluate(KEPT, vec![]).await? == json!([0, 0]))
        })
        .await?;
        world.browser.reload().await?;
        widget.open().await?;
        assert_eq!(world.collector.summary().await?["nps"]["promoters"], 1);
        // The refused connection is the only thing that the console may complain about.
        let errors = world.browser.console_errors().await?;
        assert!(errors.iter().all(|error| error.contains("ERR_CONNECTION_REFUSED")), "{errors:#?}");
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn browser_keeps_nothing_and_the_visitor_is_told() -> Result<()> {
    const FORBIDDEN: &str = "for (const store of ['indexedDB', 'localStorage', 'sessionStorage'])
        Object.defineProperty(window, store, {get() { throw new DOMException('no', 'SecurityError') }})";
    const SILENT: &str = "IDBFactory.prototype.open = () => ({})";
    case("keeps-nothing", async |world: &World| {
        for (sent, store) in [(1, FORBIDDEN), (2, SILENT)] {
            let widget = world.visit(world.plain_page()?).await?;
            world.browser.evaluate(store, vec![]).await?;
            widget.open().await?;
            widget.choose("recommend", "9").await?;
            world.collector.stop().await?;
            widget.send().await?;
            widget.reaches("failed").await?;
            let said = widget.text_of("[role=status]").await?;
            assert!(said.contains("riprova"), "{said:?}");
            world.collector.serve().await?;
            widget.try_again().await?;
            widget.reaches("sent").await?;
            assert_eq!(world.collector.summary().await?["responses"], sent, "{store}");
        }
        let errors = world.browser.console_errors().await?;
        assert!(errors.iter().all(|error| error.contains("ERR_CONNECTION_REFUSED")), "{errors:#?}");
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn page_is_loaded_again_and_the_draft_is_still_there() -> Result<()> {
    case("draft", async |world: &World| {
        let widget = world.visit(world.plain_page()?).await?;
        widget.open().await?;
        widget.choose("recommend", "3").await?;
        widget.choose("reasons", "waiting").await?;
        widget.write("comment", "A metà").await?;
        world.browser.reload().await?;
        widget.open().await?;
        assert!(widget.asks("reasons").await?, "the question that the score asks for");
        widget.send().await?;
        widget.reaches("sent").await?;
        let response = world.collector.owner_get("responses").await?["responses"][0].clone();
        assert_eq!(response["answers"]["recommend"], 3);
        assert_eq!(response["answers"]["reasons"], json!(["waiting"]));
        assert_eq!(response["answers"]["comment"], "A metà");
        assert_eq!(world.browser.evaluate(KEPT, vec![]).await?, json!([0, 0]));
        Ok(())
    })
    .await
}
