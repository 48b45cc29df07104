//! Survey files: what is taken, and the path of every mistake.
#![cfg(feature = "json")]

use serde_json::{Value, json};
use shared::presets::{PRESETS, Preset};
use shared::{Answer, decode};
use std::collections::BTreeMap;

fn survey(change: impl FnOnce(&mut Value)) -> Value {
    let mut survey = json!({
        "key": "post-service", "locales": ["it", "en"], "questions": [
            {"key": "recommend", "kind": "nps", "text": {"it": "a", "en": "b"}},
            {"key": "why", "kind": "choice", "multiple": true, "other": true,
             "show_if": {"question": "recommend", "max": 6}, "text": {"it": "a", "en": "b"},
             "options": [{"key": "waiting", "text": {"it": "a", "en": "b"}}]},
            {"key": "comment", "kind": "text", "max_chars": 200, "text": {"it": "a", "en": "b"}}],
        "thanks": {"it": "a", "en": "b"}});
    change(&mut survey);
    survey
}

fn mistakes(value: &Value) -> Vec<String> {
    match decode::survey(value) {
        Ok(_) => Vec::new(),
        Err(bad) => bad.into_vec().into_iter().map(|v| format!("{} {}", v.path, v.code)).collect(),
    }
}

#[test]
fn presets_are_surveys_in_all_their_locales() {
    for preset in &PRESETS {
        let survey = preset.survey();
        assert_eq!(survey.key, preset.name);
        for locale in &survey.locales {
            assert!(survey.localize(locale).questions.iter().all(|q| !q.text.is_empty()));
        }
        let printed = serde_json::to_value(&survey).unwrap();
        assert_eq!(decode::survey(&printed), Ok(survey), "printing and reading give the same");
    }
}

#[test]
fn words_of_ours_are_in_every_language_that_the_form_has() {
    let texts = concat!(env!("CARGO_MANIFEST_DIR"), "/../widget/texts");
    let files = std::fs::read_dir(texts).unwrap().map(|file| file.unwrap().path());
    let mut bundled: Vec<String> =
        files.map(|file| file.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    bundled.sort();
    for name in ["post-service", "faces", "sdg"] {
        let mut locales = Preset::named(name).unwrap().survey().locales;
        locales.sort();
        assert_eq!(locales, bundled, "{name}");
    }
}

#[test]
fn prescribed_words_are_exact() {
    for (name, locale, words) in [
        (
            "comuni",
            "it",
            &[
                "Quanto sono chiare le informazioni su questa pagina?",
                "Dove hai incontrato le maggiori difficoltà?",
                "Quali sono stati gli aspetti che hai preferito?",
                "Vuoi aggiungere altri dettagli?",
            ][..],
        ),
        ("comuni-service", "it", &["Quanto è stato facile usare questo servizio?"]),
        ("sdg", "en", &["Did you find what you were looking for?"]),
        (
            "govuk-service",
            "en",
            &["Overall, how did you feel about the service you received today?"],
        ),
    ] {
        let survey = Preset::named(name).unwrap().survey().localize(locale);
        let texts: Vec<&str> = survey.questions.iter().map(|q| q.text.as_str()).collect();
        assert_eq!(&texts[..words.len()], words, "{name}");
    }
}

#[test]
fn mistakes_are_named_by_path() {
    type Change = fn(&mut Value);
    let cases: &[(Change, &[&str])] = &[
        (|_| {}, &[]),
        (|s| *s = json!([]), &[" wrong_type"]),
        (|s| *s = json!({}), &["key required", "locales required", "questions required"]),
        (|s| s["key"] = json!("Not Good"), &["key invalid_key"]),
        (|s| s["questions"] = json!([]), &["questions out_of_range"]),
        (|s| s["key"] = json!(""), &["key invalid_key"]),
        (|s| s["questions"][2]["key"] = json!(""), &["questions[2].key invalid_key"]),
        (
            |s| s["questions"][1]["options"][0]["key"] = json!(""),
            &["questions[1].options[0].key invalid_key"],
        ),
        (
            |s| *s = json!({"key": "a", "locales": [], "questions": [{"key": "q", "kind": "nps", "text": {}}]}),
            &["locales out_of_range"],
        ),
        (|s| s["colour"] = json!(1), &["colour unknown_field"]),
        (
            |s| s["locales"] = json!(["it", "english!"]),
            &[
                "locales[1] invalid_locale",
                "thanks.en unknown_locale",
                "thanks.english! required",
                "questions[0].text.en unknown_locale",
                "questions[0].text.english! required",
                "questions[1].text.en unknown_locale",
                "questions[1].text.english! required",
                "questions[1].options[0].text.en unknown_locale",
                "questions[1].options[0].text.english! required",
                "questions[2].text.en unknown_locale",
                "questions[2].text.english! required",
            ],
        ),
        (|s| s["questions"][1]["text"] = json!({"it": "a"}), &["questions[1].text.en required"]),
        (
            |s| s["questions"][0]["kind"] = json!("slider"),
            &["questions[0].kind unknown_kind", "questions[1].show_if.question unknown_question"],
        ),
        (|s| s["questions"][0]["scale"] = json!(5), &["questions[0].scale unknown_field"]),
        (|s| s["questions"][0]["metric"] = json!("csat"), &["questions[0].metric wrong_metric"]),
        (|s| s["questions"][2]["metric"] = json!("csat"), &["questions[2].metric wrong_metric"]),
        (|s| s["questions"][2]["max_chars"] = json!(0), &["questions[2].max_chars out_of_range"]),
        (|s| s["questions"][2]["max_chars"] = json!("x"), &["questions[2].max_chars wrong_type"]),
        (|s| s["questions"][2]["key"] = json!("why"), &["questions[2].key repeated"]),
        (|s| s["questions"][1]["options"] = json!([]), &["questions[1].options out_of_range"]),
        (
            |s| s["questions"][1]["options"][0]["key"] = json!("other"),
            &["questions[1].options repeated"],
        ),
        (
            |s| s["questions"][1]["show_if"]["max"] = json!(11),
            &["questions[1].show_if.max out_of_range"],
        ),
        (
            |s| s["questions"][1]["show_if"]["min"] = json!(7),
            &["questions[1].show_if out_of_range"],
        ),
        (
            |s| s["questions"][1]["show_if"]["question"] = json!("comment"),
            &["questions[1].show_if.question unknown_question"],
        ),
        (
            |s| s["questions"][2]["show_if"] = json!({"question": "why", "any_of": ["rain"]}),
            &["questions[2].show_if.any_of unknown_option"],
        ),
        (
            |s| {
                s["questions"][2]["show_if"] = json!({"question": "why", "any_of": ["other"]});
                s["questions"][2]["starts_page"] = json!(true);
            },
            &[],
        ),
        (
            |s| {
                s["questions"][1]["other"] = json!(false);
                s["questions"][2]["show_if"] = json!({"question": "why", "any_of": ["other"]});
            },
            &["questions[2].show_if.any_of unknown_option"],
        ),
        (|s| s["questions"][2]["starts_page"] = json!(1), &["questions[2].starts_page wrong_type"]),
        (
            |s| {
                s["questions"][0] = json!({"key": "recommend", "kind": "statement", "required": true,
                    "metric": "nps", "text": {"it": "a", "en": "b"}})
            },
            &[
                "questions[0].required wrong_type",
                "questions[0].metric wrong_metric",
                "questions[1].show_if.question wrong_type",
            ],
        ),
        (
            |s| {
                s["questions"] =
                    json!([{"key": "hello", "kind": "statement", "text": {"it": "a", "en": "b"}}])
            },
            &["questions nothing_asked"],
        ),
        (
            |s| {
                s["questions"][2] =
                    json!({"key": "again", "kind": "nps", "text": {"it": "a", "en": "b"}})
            },
            &["questions[2].metric repeated"],
        ),
        (
            |s| {
                s["questions"][2] = json!({"key": "stars", "kind": "rating", "scale": 4, "shape": "moon",
            "text": {"it": "a", "en": "b"}})
            },
            &["questions[2].scale out_of_range", "questions[2].shape wrong_type"],
        ),
    ];
    for (change, expected) in cases {
        let value = survey(*change);
        let mut found = mistakes(&value);
        let mut expected: Vec<_> = expected.iter().map(|&s| s.to_owned()).collect();
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{value}");
    }
}

#[test]
fn locales_are_negotiated() {
    let survey = decode::survey(&survey(|_| {})).unwrap();
    for (requested, expected) in [
        (None, "it"),
        (Some("en"), "en"),
        (Some("EN-gb"), "en"),
        (Some("fr"), "it"),
        (Some(""), "it"),
    ] {
        assert_eq!(survey.negotiate(requested), expected);
    }
}

/// The same cases are tried with the rule of the pages that are not of Rust (`stations/asked.js`).
#[test]
fn what_is_asked_after_which_answers() {
    let cases: Value = serde_json::from_str(include_str!("../../stations/asked.json")).unwrap();
    let survey = decode::survey(&cases["survey"]).unwrap();
    for case in cases["cases"].as_array().unwrap() {
        let answers: BTreeMap<String, Answer> =
            serde_json::from_value(case["answers"].clone()).unwrap();
        let shown = survey.shown(&answers);
        let shown: Vec<&str> = shown.iter().map(|question| question.key.as_str()).collect();
        assert_eq!(json!(shown), case["shown"], "{}", case["answers"]);
    }
}
