//! A page that changes its language while a visitor is there.

use anyhow::Result;
use e2e::states::asking_every_kind;
use e2e::wait::until_true;
use e2e::{Widget, World, case};
use serde_json::json;

const SPEAK: &str = "document.documentElement.lang = arguments[0]";

/// Waits until something of the widget says these words.
async fn says(widget: &Widget<'_>, selector: &str, words: &str) -> Result<()> {
    until_true(&format!("{words:?} at {selector}"), async || {
        Ok(widget.text_of(selector).await?.contains(words))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_widget_follows_and_nothing_is_lost() -> Result<()> {
    case("language-switch", async |world: &World| {
        let page = asking_every_kind(world.plain_page()?, &world.collector).await?;
        let widget = world.visit(page).await?;
        let speak = async |language: &str| {
            world.browser.evaluate(SPEAK, vec![json!(language)]).await
        };
        widget.open().await?;
        widget.choose("recommend", "3").await?;
        widget.choose("reasons", "unclear").await?;
        widget.write("comment", "A metà").await?;

        for (language, send, question, label, direction) in [
            ("en-GB", "Send", "How likely are you", "Your feedback", "ltr"),
            ("ar", "إرسال", "ما مدى احتمال", "رأيك", "rtl"),
            // The survey has no such words: its first language's, among the widget's own.
            ("de", "Senden", "Quanto è probabile", "Ihre Meinung", "ltr"),
            ("en", "Send", "How likely are you", "Your feedback", "ltr"),
        ] {
            speak(language).await?;
            says(&widget, "[type=submit]", send).await?;
            says(&widget, "[data-question=recommend] legend", question).await?;
            says(&widget, "[part=button]", label).await?;
            let host = "const host = document.querySelector('ascolto-widget'); return [host.dir, host.lang]";
            assert_eq!(world.browser.evaluate(host, vec![]).await?, json!([direction, &language[..2]]));
            until_true("the follow-up of the score", async || widget.asks("reasons").await).await?;
            let comment = widget.find("textarea[name=comment]").await?;
            assert_eq!(comment.value().await?.as_deref(), Some("A metà"), "{language}");
        }
        widget.send().await?;
        widget.reaches("sent").await?;
        says(&widget, "[role=status]", "Thank you").await?;
        speak("it").await?;
        says(&widget, "[role=status]", "Grazie").await?;
        assert_eq!(widget.state().await?.as_deref(), Some("sent"));

        let response = world.collector.owner_get("responses").await?["responses"][0].clone();
        assert_eq!(response["locale"], "en", "that of the words that were read");
        assert_eq!(response["answers"]["recommend"], 3);
        assert_eq!(response["answers"]["reasons"], json!(["unclear"]));
        assert_eq!(response["answers"]["comment"], "A metà");
        // The label stays with the next press.
        widget.click("[part=close]").await?;
        widget.click("[part=button]").await?;
        says(&widget, "[part=button]", "La tua opinione").await
    })
    .await
}

/// Before the form was fetched, nothing of ours watches; then it begins in the language of now.
#[tokio::test(flavor = "multi_thread")]
async fn a_form_opens_in_the_language_that_the_page_has_by_then() -> Result<()> {
    case("language-before", async |world: &World| {
        let widget = world.visit(world.plain_page()?).await?;
        widget.find("[part=button]").await?;
        world.browser.evaluate(SPEAK, vec![json!("en")]).await?;
        widget.open().await?;
        says(&widget, "[type=submit]", "Send").await?;
        says(&widget, "[data-question=recommend] legend", "How likely are you").await?;
        says(&widget, "[part=button]", "Your feedback").await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_language_that_the_owner_has_set_stays() -> Result<()> {
    case("language-set", async |world: &World| {
        let page = world.plain_page()?.with_script_attribute("data-locale", "en")?;
        let widget = world.visit(page).await?;
        widget.open().await?;
        world.browser.evaluate(SPEAK, vec![json!("ar")]).await?;
        // Nothing is to come: what could has had the time of a round to the collector.
        world.browser.evaluate("return fetch('/').then(() => 1)", vec![]).await?;
        says(&widget, "[type=submit]", "Send").await
    })
    .await
}

/// Of the words, those of one language are fetched, and of the survey too.
#[tokio::test(flavor = "multi_thread")]
async fn words_of_one_language_are_fetched() -> Result<()> {
    const FETCHED: &str = "return performance.getEntriesByType('resource').map(entry => entry.name)
        .filter(name => /surveys|\\.json/.test(name)).map(name => name.replace(/.*\\//, '')).sort()";
    case("one-language", async |world: &World| {
        world.visit(world.plain_page()?).await?.open().await?;
        let fetched = world.browser.evaluate(FETCHED, vec![]).await?;
        assert_eq!(fetched, json!(["it.json", "post-service?locale=it"]));
        Ok(())
    })
    .await
}
