//! The collector is away when the answer is ready.

use anyhow::Result;
use e2e::{World, case};

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
        widget.reaches("failed").await?;
        let said = widget.text_of("[role=status]").await?;
        assert!(!said.is_empty() && !said.contains("Grazie"), "{said:?}");
        widget.click("[part=retry]").await?;
        widget.reaches("failed").await?;

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
        assert!(
            posted.iter().all(|body| *body == posted[0]),
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
        widget.reaches("failed").await?;
        assert_eq!(world.collector.summary().await?["responses"], 1, "it did arrive");
        widget.try_again().await?;
        widget.reaches("sent").await?;
        assert_eq!(world.collector.summary().await?["responses"], 1);
        Ok(())
    })
    .await
}
