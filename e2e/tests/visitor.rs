//! A visitor answers, and the owner's summary has exactly that.

use anyhow::Result;
use e2e::widget::fieldset;
use e2e::{Page, Widget, World, case};
use serde_json::{Value, json};

const THANKS_IT: &str = "Grazie, la tua opinione ci aiuta a migliorare.";
const THANKS_EN: &str = "Thank you, your feedback helps us improve.";

#[tokio::test(flavor = "multi_thread")]
async fn sends_and_is_thanked_only_after_the_acknowledgement() -> Result<()> {
    case("sends", async |world: &World| {
        let widget = world.visit(world.plain_page()?).await?;
        widget.open().await?;
        widget.choose("recommend", "9").await?;
        widget.choose("satisfaction", "4").await?;
        widget.write("comment", "Tutto bene, grazie.").await?;

        world.collector.freeze()?;
        widget.send().await?;
        widget.reaches("sending").await?;
        assert!(!widget.text_of("[part=panel]").await?.contains(THANKS_IT), "thanked too early");
        world.collector.thaw()?;
        widget.reaches("sent").await?;
        assert!(widget.text_of("[part=panel]").await?.contains(THANKS_IT));

        let summary = world.collector.summary().await?;
        assert_eq!(summary["responses"], 1);
        assert_eq!(counts(&summary["nps"]), json!([1, 0, 1, 0, 0]), "{summary}");
        assert_eq!(summary["nps"]["score"], 100.0);
        assert_eq!(summary["nps"]["histogram"], json!([0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0]));
        assert_eq!(summary["csat"]["histogram"], json!([0, 0, 0, 1, 0]));
        assert_eq!(summary["csat"]["percent"], 100.0);
        let response = only_response(world).await?;
        assert_eq!(response["answers"]["comment"], "Tutto bene, grazie.");
        let told = ["channel", "locale", "service"].map(|key| response[key].as_str());
        assert_eq!(told, [Some("web"), Some("it"), Some("carta-identita")]);
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn is_asked_why_by_the_score() -> Result<()> {
    case("asked-why", async |world: &World| {
        let widget = world.visit(world.plain_page()?).await?;
        widget.open().await?;
        assert_eq!(follow_ups(&widget).await?, (false, false), "before any score");
        for (score, expected) in [("6", (true, false)), ("7", (false, false)), ("9", (false, true))]
        {
            widget.choose("recommend", score).await?;
            assert_eq!(follow_ups(&widget).await?, expected, "score {score}");
        }
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn says_what_went_wrong() -> Result<()> {
    case("went-wrong", async |world: &World| {
        let widget = world.visit(world.plain_page()?).await?;
        widget.open().await?;
        widget.choose("recommend", "2").await?;
        widget.choose("reasons", "waiting").await?;
        widget.choose("reasons", "unclear").await?;
        widget.send().await?;
        widget.reaches("sent").await?;

        let summary = world.collector.summary().await?;
        assert_eq!(counts(&summary["nps"]), json!([1, 0, 0, 0, 1]), "{summary}");
        assert_eq!(summary["nps"]["score"], -100.0);
        assert_eq!(chosen(&summary, "reasons", "waiting"), 1);
        assert_eq!(chosen(&summary, "reasons", "unclear"), 1);
        assert_eq!(chosen(&summary, "reasons", "staff"), 0);
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_the_score_and_what_was_hidden_is_not_sent() -> Result<()> {
    case("changes-mind", async |world: &World| {
        let widget = world.visit(world.plain_page()?).await?;
        widget.open().await?;
        widget.choose("recommend", "1").await?;
        widget.choose("reasons", "staff").await?;
        widget.choose("recommend", "10").await?;
        widget.choose("praise", "fast").await?;
        widget.send().await?;
        widget.reaches("sent").await?;

        let response = only_response(world).await?;
        assert_eq!(response["answers"]["recommend"], 10);
        assert!(response["answers"].get("reasons").is_none(), "{response}");
        assert_eq!(chosen(&world.collector.summary().await?, "praise", "fast"), 1);
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_the_language_of_the_page() -> Result<()> {
    case("language", async |world: &World| {
        let english = Page::example("plain/en.html")?.pointing_at(&world.collector)?;
        for (page, question, thanks) in [
            (world.plain_page()?, "Quanto è probabile che ci consiglieresti", THANKS_IT),
            (english.clone(), "How likely are you to recommend us", THANKS_EN),
            (english.in_language("en-GB")?, "How likely are you to recommend us", THANKS_EN),
        ] {
            let widget = world.visit(page).await?;
            widget.open().await?;
            let asked = widget.question_text("recommend").await?;
            assert!(asked.contains(question), "{asked:?} in the place of {question:?}");
            widget.choose("recommend", "8").await?;
            widget.send().await?;
            widget.reaches("sent").await?;
            assert!(widget.text_of("[part=panel]").await?.contains(thanks), "{thanks}");
        }
        assert_eq!(world.collector.summary().await?["nps"]["passives"], 3);
        Ok(())
    })
    .await
}

/// The survey has no such texts and stays as it is; all around it speaks the page's language. So does
/// the button, where its loader has all languages; else it speaks the visitor's (here English).
#[tokio::test(flavor = "multi_thread")]
async fn is_spoken_to_in_other_languages_and_directions() -> Result<()> {
    case("languages", async |world: &World| {
        let page = Page::example("plain/en.html")?.pointing_at(&world.collector)?;
        for (language, direction, label, send) in [
            ("de-AT", "ltr", "Ihre Meinung", "Senden"),
            ("mt", "ltr", "L-opinjoni tiegħek", "Ibgħat"),
            ("ar", "rtl", "رأيك", "إرسال"),
            ("he", "rtl", "דעתך חשובה", "שליחה"),
            ("zh", "ltr", "Your feedback", "Send"),
            // Filipino, which begins as Finnish does.
            ("fil", "ltr", "Your feedback", "Send"),
        ] {
            let page = page.clone().in_language(language)?;
            let widget = world.visit(page.clone()).await?;
            assert_eq!(widget.text_of("[part=button]").await?, "Your feedback");
            let whole = format!("{}/ascolto.js?all", world.collector.url());
            let widget = world.visit(page.with_script_attribute("src", &whole)?).await?;
            assert_eq!(widget.text_of("[part=button]").await?, label);
            widget.open().await?;
            assert_eq!(widget.text_of("[type=submit]").await?, send);
            let directed =
                "return getComputedStyle(document.querySelector('ascolto-widget')).direction";
            assert_eq!(world.browser.evaluate(directed, vec![]).await?, direction, "{language}");
        }
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn sends_nothing_and_is_told_what_is_missing() -> Result<()> {
    case("nothing-chosen", async |world: &World| {
        let widget = world.visit(world.plain_page()?).await?;
        widget.open().await?;
        widget.send().await?;
        widget.fault_at("recommend").await?;
        widget.becomes_focused(&format!("{} input", fieldset("recommend"))).await?;
        assert_eq!(widget.state().await?.as_deref(), Some("asking"));
        assert_eq!(world.browser.posted("/responses").await?, [] as [Value; 0]);
        assert_eq!(world.collector.summary().await?["responses"], 0);

        // Nothing is lost: the same form can be sent once it is complete.
        widget.choose("recommend", "10").await?;
        widget.send().await?;
        widget.reaches("sent").await?;
        assert_eq!(world.collector.summary().await?["nps"]["score"], 100.0);
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn takes_the_answer_back() -> Result<()> {
    case("takes-back", async |world: &World| {
        let widget = world.visit(world.plain_page()?).await?;
        widget.open().await?;
        widget.choose("recommend", "0").await?;
        widget.send().await?;
        widget.reaches("sent").await?;
        assert_eq!(world.collector.summary().await?["responses"], 1);
        widget.click("[part=take-back]").await?;
        widget.reaches("taken-back").await?;
        assert_eq!(world.collector.summary().await?["responses"], 0);
        assert!(widget.text_of("[role=status]").await?.contains("ritirata"));
        assert!(!widget.is_visible("[part=take-back]").await?);
        widget.becomes_focused("[part=panel]").await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_in_two_tabs() -> Result<()> {
    case("two-tabs", async |world: &World| {
        let first = world.browser.current_tab().await?;
        let widget = world.visit(world.plain_page()?).await?;
        widget.open().await?;
        widget.choose("recommend", "10").await?;
        let second = world.browser.open_tab().await?;
        world.visit(world.plain_page()?).await?.open().await?;
        widget.choose("recommend", "3").await?;
        widget.send().await?;
        widget.reaches("sent").await?;
        world.browser.switch_to(&first).await?;
        widget.send().await?;
        widget.reaches("sent").await?;
        world.browser.switch_to(&second).await?;
        assert_eq!(widget.state().await?.as_deref(), Some("sent"), "one tab disturbed the other");

        let summary = world.collector.summary().await?;
        assert_eq!(counts(&summary["nps"]), json!([2, 0, 1, 0, 1]), "{summary}");
        assert_eq!(summary["nps"]["histogram"], json!([0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1]));
        Ok(())
    })
    .await
}

/// Whether the detractor's and the promoter's question are asked.
async fn follow_ups(widget: &Widget<'_>) -> Result<(bool, bool)> {
    Ok((widget.asks("reasons").await?, widget.asks("praise").await?))
}

/// Answered, skipped, promoters, passives, detractors.
fn counts(nps: &Value) -> Value {
    ["answered", "skipped", "promoters", "passives", "detractors"]
        .iter()
        .map(|key| nps[*key].clone())
        .collect()
}

/// How often an option was chosen.
fn chosen(summary: &Value, question: &str, option: &str) -> u64 {
    let questions = summary["choices"].as_array().into_iter().flatten();
    let asked = questions.filter(|choice| choice["question"] == question);
    let options = asked.filter_map(|choice| choice["options"].as_array()).flatten();
    options.filter(|found| found["key"] == option).filter_map(|found| found["count"].as_u64()).sum()
}

async fn only_response(world: &World) -> Result<Value> {
    let page = world.collector.owner_get("responses").await?;
    let responses = page["responses"].as_array().expect("a page of responses");
    assert_eq!(responses.len(), 1, "{page}");
    Ok(responses[0].clone())
}

/// Each service is asked about for itself.
#[tokio::test(flavor = "multi_thread")]
async fn finds_no_draft_of_another_service() -> Result<()> {
    case("draft-by-service", async |world: &World| {
        let page = |service| world.plain_page()?.with_script_attribute("data-service", service);
        let widget = world.visit(page("carta")?).await?;
        widget.open().await?;
        widget.write("comment", "Carta in ritardo").await?;
        for (service, expected) in [("tari", ""), ("carta", "Carta in ritardo")] {
            let widget = world.visit(page(service)?).await?;
            widget.open().await?;
            let comment = widget.find("textarea[name=comment]").await?;
            assert_eq!(comment.value().await?.as_deref(), Some(expected), "{service}");
        }
        Ok(())
    })
    .await
}

/// Nothing seems to happen, so they click again: that is one wish.
#[tokio::test(flavor = "multi_thread")]
async fn clicks_twice_while_the_form_is_on_its_way() -> Result<()> {
    const CLICK_TWICE: &str = "
        const button = document.querySelector('ascolto-widget').shadowRoot.querySelector('button');
        window.told = [];
        for (const name of ['open', 'close'])
            document.addEventListener('ascolto:' + name, () => told.push(name));
        button.click();
        button.click();";
    case("clicks-twice", async |world: &World| {
        let widget = world.visit(world.plain_page()?).await?;
        widget.find("[part=button]").await?;
        world.browser.evaluate_as_the_page(CLICK_TWICE).await?;
        widget.opens().await?;
        world.browser.comes_to_rest().await?;
        assert_eq!(world.browser.evaluate("return told", vec![]).await?, json!(["open"]));
        Ok(())
    })
    .await
}
