//! Submissions: what is taken, and every violation at once with its path.
#![cfg(feature = "json")]

use serde_json::{Value, json};
use shared::presets::Preset;
use shared::submission::Sender;
use shared::{Answer, Submission, Timestamp, Violations, decode};

const ID: &str = "019ab3c4-5d6e-7f80-9abc-def012345678";

/// Takes one spelling; real calendars belong to the collector.
fn time(text: &str) -> Option<Timestamp> {
    (text == "2026-11-22T10:00:00Z").then_some(Timestamp::from_millis(1_795_341_600_000))
}

fn check(value: &Value, sender: Sender) -> Result<Submission, Vec<String>> {
    let survey = Preset::named("post-service").unwrap().survey();
    let mut bad = Violations::default();
    let draft = decode::submission_draft(value, time, &mut bad);
    // The short way gives the same.
    let mut bad_of_text = Violations::default();
    let of_text = decode::submission(value.to_string().as_bytes(), time, &mut bad_of_text);
    assert_eq!((of_text.unwrap(), bad_of_text), (draft.clone(), bad.clone()), "{value}");
    let checked = draft.check(&survey, sender);
    match (checked, bad.is_empty()) {
        (Ok(submission), true) => Ok(submission),
        (checked, _) => {
            bad.extend(checked.err().unwrap_or_default());
            Err(bad.into_vec().into_iter().map(|v| format!("{} {}", v.path, v.code)).collect())
        }
    }
}

fn body(answers: Value) -> Value {
    json!({"id": ID, "survey": "post-service", "answers": answers})
}

#[test]
fn a_whole_response_is_taken() {
    let value = json!({
        "id": ID, "survey": "post-service", "survey_version": 1, "channel": "web",
        "service": "carta-identita", "locale": "it",
        "answers": {"recommend": 9, "satisfaction": 5, "praise": ["fast"], "comment": "Tutto bene"},
        "context": {"page": "/servizi/carta", "device": "phone", "tags": ["a"], "attributes": {"plan": "gold"}},
        "identity": {"level": "declared", "subject": "anna"},
        "service_event": {"reference": "A-17", "waited_s": 540, "served_s": 180, "resolved_first_contact": true},
        "occurred_at": "2026-11-22T10:00:00Z"});
    let submission = check(&value, Sender::Visitor).unwrap();
    assert_eq!(submission.answers["recommend"], Answer::Score(9));
    assert_eq!(submission.skipped, Vec::<String>::new());
    assert_eq!(submission.context.attributes["plan"], "gold");
    assert_eq!(submission.occurred_at, Some(Timestamp::from_millis(1_795_341_600_000)));
}

#[test]
fn blank_is_skipped_and_hidden_is_neither() {
    let submission = check(
        &body(json!({"recommend": 8, "comment": "  ", "satisfaction": null})),
        Sender::Visitor,
    )
    .unwrap();
    assert_eq!(submission.answers.keys().collect::<Vec<_>>(), ["recommend"]);
    assert_eq!(submission.skipped, ["satisfaction", "comment"]);
}

#[test]
fn every_violation_at_once() {
    let cases: &[(Value, Sender, &[&str])] = &[
        (
            json!([]),
            Sender::Visitor,
            &[" wrong_type", "id invalid_id", "answers.recommend required"],
        ),
        (
            json!({}),
            Sender::Visitor,
            &[
                "id required",
                "survey required",
                "answers required",
                "id invalid_id",
                "answers.recommend required",
            ],
        ),
        (body(json!({"recommend": 11})), Sender::Visitor, &["answers.recommend out_of_range"]),
        (
            body(json!({"recommend": -1, "satisfaction": 0})),
            Sender::Visitor,
            &["answers.recommend out_of_range", "answers.satisfaction out_of_range"],
        ),
        (
            body(json!({"recommend": 7.5})),
            Sender::Visitor,
            &["answers.recommend wrong_type", "answers.recommend required"],
        ),
        (body(json!({"recommend": "9"})), Sender::Visitor, &["answers.recommend wrong_type"]),
        (
            body(json!({"recommend": true})),
            Sender::Visitor,
            &["answers.recommend wrong_type", "answers.recommend required"],
        ),
        (
            body(json!({"recommend": 9, "reasons": ["waiting"]})),
            Sender::Visitor,
            &["answers.reasons hidden_question"],
        ),
        (
            body(json!({"recommend": 3, "reasons": ["rain", "waiting", "waiting"]})),
            Sender::Visitor,
            &["answers.reasons unknown_option", "answers.reasons repeated_option"],
        ),
        (
            body(json!({"recommend": 3, "reasons": {"selected": [], "other": "x".repeat(201)}})),
            Sender::Visitor,
            &["answers.reasons.other too_long"],
        ),
        (
            body(json!({"recommend": 3, "reasons": {"selected": [], "more": 1}})),
            Sender::Visitor,
            &["answers.reasons wrong_type"],
        ),
        (
            body(json!({"recommend": 3, "colour": "red"})),
            Sender::Visitor,
            &["answers.colour unknown_question"],
        ),
        (
            body(json!({"recommend": 3, "comment": "è".repeat(1_001)})),
            Sender::Visitor,
            &["answers.comment too_long"],
        ),
        (body(json!({})), Sender::Visitor, &["answers.recommend required"]),
        (
            json!({"id": "x", "survey": 7, "answers": {"recommend": 3}, "colour": 1, "channel": "telegraph",
            "service": "a b", "locale": "", "occurred_at": "yesterday",
            "context": {"page": 1, "device": "fridge", "ip": "::1", "attributes": {"a b": "c"}},
            "identity": {"level": "king"}, "service_event": {"waited_s": -1, "served_s": 700_000}}),
            Sender::Visitor,
            &[
                "survey wrong_type",
                "context.page wrong_type",
                "context.ip unknown_field",
                "identity.level wrong_type",
                "service_event.waited_s wrong_type",
                "occurred_at wrong_type",
                "colour unknown_field",
                "id invalid_id",
                "channel unknown_channel",
                "service invalid",
                "locale invalid",
                "context.device unknown_device",
                "context.attributes.a b invalid",
                "service_event.served_s out_of_range",
            ],
        ),
        (
            json!({"id": ID, "survey": "post-service", "answers": {"recommend": 3}, "channel": "counter",
            "identity": {"level": "verified"}}),
            Sender::Visitor,
            &["channel channel_needs_token", "identity.level unsigned"],
        ),
        (
            json!({"id": ID, "survey": "post-service", "answers": {"recommend": 3}, "channel": "counter"}),
            Sender::Trusted,
            &[],
        ),
    ];
    for (value, sender, expected) in cases {
        let found = check(value, *sender).err().unwrap_or_default();
        assert_eq!(found, *expected, "{value}");
    }
}

/// The short way refuses by itself what only the long way reads in its own sense.
#[test]
fn both_ways_read_odd_spellings_alike() {
    let with = |rest: &str| format!(r#"{{"id": "x", "survey": "s", "answers": {{}}{rest}}}"#);
    let answers = |answers: &str| format!(r#"{{"id":"x","survey":"s","answers":{answers}}}"#);
    let texts = [
        with(r#", "survey": "t""#),
        with(r#", "channel": null, "context": null, "identity": null, "form": null"#),
        with(r#", "survey_version": 1.0"#),
        with(r#", "survey_version": -0"#),
        with(r#", "survey_version": 4294967296"#),
        with(r#", "identity": {"level": {"anonymous": null}}"#),
        with(r#", "identity": {"level": null, "subject": null}"#),
        with(r#", "identity": []"#),
        with(r#", "context": {"attributes": {"a": null}}"#),
        with(r#", "context": {"attributes": {"a": "1", "a": "2"}, "tags": null}"#),
        with(r#", "context": {"tags": [null]}"#),
        with(r#", "service_event": {"resolved_first_contact": 1}"#),
        with(r#", "form": {"elapsed_ms": 1, "more": 2}"#),
        with(r#", "occurred_at": "yesterday""#),
        with(r#", "occurred_at": "2026-11-22T10:00:00Z""#),
        answers(r#"{"a": 1, "a": null}"#),
        answers(r#"{"a": null, "a": "b"}"#),
        answers(r#"{"a": 9223372036854775808}"#),
        answers(r#"{"a": 1e0, "b": -1, "c": true}"#),
        answers(r#"{"a": {"selected": null}, "b": {"other": null}}"#),
        answers(r#"{"a": {"selected": ["x"], "selected": []}, "b": {}, "c": {"z": 1}}"#),
        answers(r#"{"a": ["x", null], "b": [["x"]], "c": "\u00e8\ud83d\ude00"}"#),
        answers("null"),
        answers("[]"),
        "[]".into(),
        "null".into(),
    ];
    for text in &texts {
        let (mut bad, mut bad_of_text) = (Violations::default(), Violations::default());
        let value: Value = serde_json::from_str(text).unwrap();
        let draft = decode::submission_draft(&value, time, &mut bad);
        let of_text = decode::submission(text.as_bytes(), time, &mut bad_of_text).unwrap();
        assert_eq!((of_text, bad_of_text), (draft, bad), "{text}");
    }
    for text in ["", "{", r#"{"id":"x","survey":"s","answers":{}} x"#, "\u{feff}{}"] {
        assert!(decode::submission(text.as_bytes(), time, &mut Violations::default()).is_err());
    }
}
