//! A longer survey: every kind of question, on pages that are turned there and back.

use anyhow::Result;
use e2e::wait::until_true;
use e2e::widget::fieldset;
use e2e::{Widget, World, case};
use serde_json::{Value, json};
use shared::survey::limits;

/// A statement; every kind of score; choices with what follows from them and a text.
fn survey() -> Value {
    let text = |words: &str| json!({ "it": words });
    let option = |key: &str| json!({"key": key, "text": {"it": key}});
    let question = |key: &str, kind: &str, more: Value| {
        let mut question = json!({"key": key, "kind": kind, "text": {"it": key}});
        if let (Some(question), Some(more)) = (question.as_object_mut(), more.as_object()) {
            question.extend(more.clone());
        }
        question
    };
    json!({"key": "long", "locales": ["it"], "title": text("Il tuo parere"), "questions": [
        question("welcome", "statement", json!({"hint": text("Bastano due minuti.\nGrazie!")})),
        question("recommend", "nps", json!({"required": true, "starts_page": true})),
        question("stars", "rating", json!({"scale": 5, "shape": "star"})),
        question("faces", "rating", json!({"scale": 3, "shape": "face"})),
        question("numbers", "rating", json!({"scale": 10})),
        question("effort", "ces", json!({})),
        question("topic", "choice", json!({"other": true, "starts_page": true,
            "options": [option("office"), option("site")]})),
        question("where", "text", json!({"show_if": {"question": "topic", "any_of": ["office"]}})),
        question("what", "text", json!({"show_if": {"question": "topic", "any_of": ["other"]}})),
        question("liked", "choice", json!({"multiple": true, "options": [option("a"), option("b")]})),
        question("comment", "text", json!({"required": true, "max_chars": 20}))]})
}

async fn open(world: &World) -> Result<Widget<'_>> {
    world.collector.put_survey(&survey()).await?;
    let page = world.plain_page()?.with_script_attribute("data-survey", "long")?;
    let widget = world.visit(page).await?;
    widget.open().await?;
    Ok(widget)
}

/// The keys of the questions that are on the screen.
async fn asked(world: &World) -> Result<Value> {
    const ASKED: &str = "
        const root = document.querySelector('ascolto-widget').shadowRoot;
        const all = [...root.querySelectorAll('[data-question]')];
        return all.filter((one) => one.checkVisibility()).map((one) => one.dataset.question)";
    world.browser.evaluate(ASKED, vec![]).await
}

async fn is_on(widget: &Widget<'_>, world: &World, page: &str, keys: Value) -> Result<()> {
    until_true(page, async || Ok(widget.text_of(".at").await? == page)).await?;
    assert_eq!(asked(world).await?, keys);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn goes_through_the_pages_there_and_back_and_is_stored_whole() -> Result<()> {
    case("pages", async |world: &World| {
        let widget = open(world).await?;
        is_on(&widget, world, "Pagina 1 di 3", json!(["welcome"])).await?;
        assert!(!widget.is_visible("[part=back]").await?, "there is nothing before");
        assert_eq!(widget.text_of("[type=submit]").await?, "Avanti");
        widget.send().await?;
        let scores = json!(["recommend", "stars", "faces", "numbers", "effort"]);
        is_on(&widget, world, "Pagina 2 di 3", scores.clone()).await?;
        widget.becomes_focused(".at").await?;

        // Only what is on this page is asked for.
        widget.send().await?;
        widget.fault_at("recommend").await?;
        widget.becomes_focused(&format!("{} input", fieldset("recommend"))).await?;
        for (question, score) in
            [("recommend", "9"), ("stars", "4"), ("faces", "3"), ("numbers", "10"), ("effort", "1")]
        {
            widget.choose(question, score).await?;
        }
        widget.send().await?;
        let last = json!(["topic", "liked", "comment"]);
        is_on(&widget, world, "Pagina 3 di 3", last.clone()).await?;
        assert_eq!(widget.text_of("[type=submit]").await?, "Invia");

        widget.click("[part=back]").await?;
        is_on(&widget, world, "Pagina 2 di 3", scores).await?;
        assert!(widget.find("input[name=stars][value='4']").await?.is_selected().await?);
        widget.send().await?;
        is_on(&widget, world, "Pagina 3 di 3", last).await?;

        // A follow-up by an answer, then by a free one.
        widget.choose("topic", "office").await?;
        assert!(widget.asks("where").await? && !widget.asks("what").await?);
        widget.choose("topic", "other").await?;
        let own = widget.find(&format!("{} [type=text]", fieldset("topic"))).await?;
        own.send_keys("telefono").await?;
        assert!(!widget.asks("where").await? && widget.asks("what").await?);
        widget.write("what", "La linea cadeva").await?;
        widget.choose("liked", "a").await?;
        widget.choose("liked", "b").await?;

        widget.send().await?;
        widget.fault_at("comment").await?;
        widget.write("comment", "Più di venti caratteri").await?;
        assert!(widget.question_text("comment").await?.contains("-2"), "the counter says so");
        widget.send().await?;
        assert!(widget.fault_at("comment").await?.contains("troppo lungo"));
        widget.find("textarea[name=comment]").await?.clear().await?;
        widget.write("comment", "Bene").await?;
        widget.send().await?;
        widget.reaches("sent").await?;

        let stored = world.collector.owner_get("responses").await?["responses"][0].clone();
        let expected = json!({"recommend": 9, "stars": 4, "faces": 3, "numbers": 10, "effort": 1,
            "topic": {"selected": [], "other": "telefono"}, "what": "La linea cadeva",
            "liked": ["a", "b"], "comment": "Bene"});
        assert_eq!(stored["answers"], expected);
        assert!(stored.get("skipped").is_none(), "a statement is not skipped: {stored}");
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn comes_back_to_the_page_and_the_answers_after_a_reload() -> Result<()> {
    case("pages-reload", async |world: &World| {
        let widget = open(world).await?;
        widget.send().await?;
        widget.choose("recommend", "3").await?;
        widget.send().await?;
        widget.write("comment", "A metà").await?;
        world.browser.reload().await?;
        widget.open().await?;
        is_on(&widget, world, "Pagina 3 di 3", json!(["topic", "liked", "comment"])).await?;
        widget.send().await?;
        widget.reaches("sent").await?;
        let stored = world.collector.owner_get("responses").await?["responses"][0].clone();
        assert_eq!(stored["answers"], json!({"recommend": 3, "comment": "A metà"}));
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn tells_what_is_required_and_what_is_not() -> Result<()> {
    case("required", async |world: &World| {
        let widget = open(world).await?;
        let words = widget.question_text("welcome").await?;
        // Engines do not agree on what of the lines is in the text.
        let words: Vec<&str> = words.split_whitespace().collect();
        assert_eq!(words.join(" "), "welcome Bastano due minuti. Grazie!");
        widget.send().await?;
        for (question, mark) in [("recommend", "obbligatoria"), ("stars", "facoltativa")] {
            let mark_of = format!("{} small", fieldset(question));
            assert_eq!(widget.text_of(&mark_of).await?, mark, "{question}");
        }
        // A survey of one page says nothing of pages.
        let widget = world.visit(world.plain_page()?).await?;
        widget.open().await?;
        assert!(!widget.is_visible(".at").await?);
        assert!(!widget.is_visible("[part=back]").await?);
        assert_eq!(widget.text_of("[type=submit]").await?, "Invia");
        Ok(())
    })
    .await
}

/// Two thousand elements: what the module holds on to them by has to grow, again and again.
#[tokio::test(flavor = "multi_thread")]
async fn asks_as_many_questions_as_a_survey_may_have() -> Result<()> {
    case("many", async |world: &World| {
        let options: Vec<Value> = (0..10)
            .map(|n| json!({"key": format!("o{n}"), "text": {"it": format!("Età {n} – così 👍")}}))
            .collect();
        let questions: Vec<Value> = (0..limits::QUESTIONS_MAX)
            .map(|n| {
                json!({"key": format!("q{n}"), "kind": "choice", "options": options,
                    "text": {"it": format!("Perché? ({n})")}})
            })
            .collect();
        let survey = json!({"key": "long", "locales": ["it"], "questions": questions});
        world.collector.put_survey(&survey).await?;
        let page = world.plain_page()?.with_script_attribute("data-survey", "long")?;
        let widget = world.visit(page).await?;
        widget.open().await?;
        let last = format!("q{}", limits::QUESTIONS_MAX - 1);
        for (question, option) in [("q0", "o0"), (last.as_str(), "o9")] {
            let words = widget.question_text(question).await?;
            assert!(words.contains("Perché?") && words.contains("Età 9 – così 👍"), "{words}");
            widget.choose(question, option).await?;
        }
        widget.send().await?;
        widget.reaches("sent").await?;
        let stored = world.collector.owner_get("responses").await?["responses"][0].clone();
        assert_eq!(stored["answers"], json!({"q0": "o0", last: "o9"}));
        Ok(())
    })
    .await
}

/// "Other" alone says nothing: its words are asked for, and come from nobody else.
#[tokio::test(flavor = "multi_thread")]
async fn asks_for_the_words_of_other() -> Result<()> {
    case("other-words", async |world: &World| {
        let mut survey = survey();
        survey["questions"] = json!([survey["questions"][1], survey["questions"][6]]);
        world.collector.put_survey(&survey).await?;
        let page = world.plain_page()?.with_script_attribute("data-survey", "long")?;
        let widget = world.visit(page).await?;
        widget.open().await?;
        widget.choose("recommend", "9").await?;
        widget.click("[type=submit]").await?;
        widget.choose("topic", "other").await?;
        widget.send().await?;
        let line = format!("{} [type=text]", fieldset("topic"));
        widget.becomes_focused(&line).await?;
        let fault = format!("{} .fault", fieldset("topic"));
        assert_eq!(widget.text_of(&fault).await?, "Serve una risposta.");
        widget.find(&line).await?.send_keys("Il parcheggio").await?;
        widget.send().await?;
        widget.reaches("sent").await?;
        let page = world.collector.owner_get("responses").await?;
        let answer = &page["responses"][0]["answers"]["topic"];
        assert_eq!(answer["other"], "Il parcheggio", "{page}");
        Ok(())
    })
    .await
}

/// What a score means, and that it is wanted, is also read out.
#[tokio::test(flavor = "multi_thread")]
async fn scales_say_what_their_ends_mean_and_what_is_required() -> Result<()> {
    const TOLD: &str = "
        const root = document.querySelector('ascolto-widget').shadowRoot;
        return ['recommend', 'effort', 'comment', 'stars'].map((key) => {
            const asked = root.querySelector(`[data-question=${key}]`);
            const words = asked.getAttribute('aria-describedby').split(' ')
                .map((id) => root.getElementById(id)?.textContent ?? '?');
            return [words.join('|'), (asked.querySelector('textarea') ?? asked).ariaRequired];
        })";
    case("ends-are-told", async |world: &World| {
        open(world).await?;
        let told = world.browser.evaluate(TOLD, vec![]).await?;
        assert_eq!(
            told,
            json!([
                ["||0 – Per niente probabile10 – Molto probabile", "true"],
                ["||Per niente d’accordoDel tutto d’accordo", null],
                ["|", "true"],
                ["||PessimoOttimo", null]
            ])
        );
        Ok(())
    })
    .await
}
