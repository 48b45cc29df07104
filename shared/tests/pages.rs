//! Branching and pages: what a visitor is asked after their answers, and what is wrong as far as
//! they have come.
#![cfg(feature = "json")]

use serde_json::{Value, json};
use shared::submission::check_page;
use shared::{Answer, Survey, decode};
use std::collections::BTreeMap;

/// Four pages: a statement; a score and a choice; why, by score or answer; a text.
fn survey() -> Survey {
    let text = || json!({"en": "a"});
    let option = |key: &str| json!({"key": key, "text": text()});
    let value = json!({"key": "long", "locales": ["en"], "questions": [
        {"key": "welcome", "kind": "statement", "text": text()},
        {"key": "recommend", "kind": "nps", "required": true, "starts_page": true, "text": text()},
        {"key": "topic", "kind": "choice", "other": true, "text": text(),
         "options": [option("office"), option("site")]},
        {"key": "why", "kind": "text", "max_chars": 5, "starts_page": true, "text": text(),
         "show_if": {"question": "recommend", "max": 6}},
        {"key": "where", "kind": "text", "text": text(),
         "show_if": {"question": "topic", "any_of": ["office", "other"]}},
        {"key": "comment", "kind": "text", "required": true, "starts_page": true, "text": text()}]});
    decode::survey(&value).expect("a right survey")
}

fn answers(value: &Value) -> BTreeMap<String, Answer> {
    serde_json::from_value(value.clone()).expect("answers")
}

#[test]
fn questions_and_pages_follow_the_answers() {
    let start = ["welcome", "recommend", "topic"];
    for (given, follow_ups, pages) in [
        (json!({}), &[][..], &[0, 1, 3][..]),
        (json!({"recommend": 6}), &["why"], &[0, 1, 2, 3]),
        (json!({"recommend": 7}), &[], &[0, 1, 3]),
        (json!({"recommend": 9, "topic": "office"}), &["where"], &[0, 1, 2, 3]),
        (json!({"recommend": 9, "topic": "site"}), &[], &[0, 1, 3]),
        (
            json!({"recommend": 0, "topic": {"selected": [], "other": "phone"}}),
            &["why", "where"],
            &[0, 1, 2, 3],
        ),
    ] {
        let survey = survey();
        let given = answers(&given);
        let shown: Vec<_> = survey.shown(&given).iter().map(|q| q.key.clone()).collect();
        assert_eq!(shown, [&start[..], follow_ups, &["comment"]].concat(), "{given:?}");
        assert_eq!(survey.pages(&given), pages, "{given:?}");
    }
}

#[test]
fn a_page_is_checked_with_those_before_it_and_the_last_with_everything() {
    for (given, page, expected) in [
        (json!({}), 0, &[][..]),
        (json!({}), 1, &["answers.recommend required"]),
        (json!({"recommend": 3}), 1, &[]),
        (json!({"recommend": 3, "why": "too long"}), 1, &[]),
        (json!({"recommend": 3, "why": "too long"}), 2, &["answers.why too_long"]),
        (
            json!({"recommend": 11, "topic": {"selected": [], "other": "x".repeat(201)}}),
            2,
            &["answers.recommend out_of_range", "answers.topic.other too_long"],
        ),
        (json!({}), 3, &["answers.recommend required", "answers.comment required"]),
        (
            json!({"recommend": 8, "comment": "x", "welcome": "hello"}),
            3,
            &["answers.welcome wrong_type"],
        ),
        (json!({"recommend": 8, "comment": "x"}), 3, &[]),
    ] {
        let found = check_page(&answers(&given), &survey(), page).into_vec();
        let found: Vec<_> = found.iter().map(|v| format!("{} {}", v.path, v.code)).collect();
        assert_eq!(found, expected, "page {page} with {given}");
    }
}

#[test]
fn a_statement_is_neither_answered_nor_skipped() {
    let given = answers(&json!({"recommend": 8, "comment": "x"}));
    let (taken, skipped) =
        shared::submission::check_answers(given.clone(), &survey(), &mut Default::default());
    assert_eq!((taken, skipped), (given, vec!["topic".to_owned()]));
}
