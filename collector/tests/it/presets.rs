//! Surveys that come with Ascolto, and what goes with them: the municipalities' theme, and the monthly
//! export of information pages.

use crate::support::{Answer, Server, Site, id, run};
use serde_json::{Value, json};
use shared::presets::{PRESETS, Preset};
use std::fs;

fn put(site: &Site<'_>, name: &str) {
    let survey = serde_json::from_str(Preset::named(name).unwrap().json()).unwrap();
    site.post("surveys", &survey).expect(201);
}

#[test]
fn every_preset_is_taken_whole() {
    let server = Server::start();
    let site = server.site();
    for preset in PRESETS.iter().filter(|preset| preset.name != "post-service") {
        put(&site, preset.name);
    }
    let list = site.get("surveys").expect(200);
    assert_eq!(list["surveys"].as_array().unwrap().len(), PRESETS.len());
    let answers = [
        ("faces", json!({"face": 1, "motive": "return"})),
        ("comuni", json!({"stars": 3, "difficulties": "lost", "details": "Orari?"})),
        ("comuni-service", json!({"stars": 4, "liked": "no-problems"})),
        ("sdg", json!({"found": "partly", "quality": 4})),
        ("govuk-service", json!({"satisfaction": 5})),
        ("reviews", json!({"comment": "Only words"})),
    ];
    for (n, (survey, answers)) in (0..).zip(answers) {
        site.submit(&json!({"id": id(n), "survey": survey, "answers": answers})).expect(201);
    }
    let hidden =
        json!({"id": id(9), "survey": "faces", "answers": {"face": 2, "motive": "return"}});
    assert_eq!(site.submit(&hidden).violations(), ["answers.motive hidden_question"]);
}

/// As the theme's script sends it: what is not there is the word null.
fn rate(site: &Site<'_>, query: &str, fields: &[(&str, &str)]) -> Answer {
    let encoded =
        |text: &str| -> String { text.bytes().map(|byte| format!("%{byte:02X}")).collect() };
    let body: Vec<String> =
        fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    let path = format!("/v1/sites/{}/compat/comuni{query}", site.key);
    let headers = [
        ("content-type", "application/x-www-form-urlencoded;charset=UTF-8"),
        ("origin", "https://www.example.org"),
        ("cache-control", "no-cache"),
    ];
    site.server.send("POST", &path, None, &headers, Some(body.join("&").as_bytes()))
}

#[test]
fn the_theme_of_the_municipalities_is_a_client() {
    let server = Server::start();
    let site = server.site();
    let page = "https://www.example.org/anagrafe/";
    let fields = |star, chosen, words| {
        [
            ("action", "save_rating"),
            ("title", "Anagrafe – Comune di Valdora"),
            ("star", star),
            ("radioResponse", chosen),
            ("freeText", words),
            ("page", page),
        ]
    };
    assert_eq!(
        rate(&site, "", &fields("5", "null", "null")).violations(),
        ["survey unknown_survey"]
    );
    put(&site, "comuni");
    put(&site, "comuni-service");
    let cases = [
        (
            "",
            fields("2", "A volte le indicazioni non erano complete", "Mancano gli orari"),
            json!({"stars": 2, "difficulties": "incomplete", "details": "Mancano gli orari"}),
        ),
        ("", fields("5", "Altro", "null"), json!({"stars": 5, "liked": "else"})),
        ("", fields("1", "Altro", "null"), json!({"stars": 1, "difficulties": "else"})),
        ("", fields("4", "null", "null"), json!({"stars": 4})),
        (
            "?survey=comuni-service&service=tari",
            fields("3", " Ho avuto problemi tecnici\n", ""),
            json!({"stars": 3, "difficulties": "technical"}),
        ),
    ];
    for (query, fields, answers) in &cases {
        let saved = rate(&site, query, fields);
        assert_eq!(saved.headers["access-control-allow-origin"], "https://www.example.org");
        let saved = saved.expect(201);
        assert_eq!(saved["success"], true);
        let newest = &site.get("responses?limit=1").expect(200)["responses"][0];
        assert_eq!((&newest["id"], &newest["answers"]), (&saved["rating"]["id"], answers));
        assert_eq!(newest["context"]["page"], page);
        assert_eq!(newest["context"]["attributes"]["title"], "Anagrafe – Comune di Valdora");
    }
    assert_eq!(site.get("responses?limit=1").expect(200)["responses"][0]["service"], "tari");
    // A second click is no second visitor.
    let (query, fields, _) = &cases[4];
    rate(&site, query, fields).expect(200);
    assert_eq!(site.responses(), cases.len() as u64);
    // Words that no option has are kept beside the stars.
    let own = [("action", "save_rating"), ("star", "1"), ("radioResponse", "Non c’era parcheggio")];
    rate(&site, "", &own).expect(201);
    let newest = &site.get("responses?limit=1").expect(200)["responses"][0];
    assert_eq!(newest["answers"], json!({"stars": 1}));
    assert_eq!(newest["context"]["attributes"]["radioResponse"], "Non c’era parcheggio");
    for (fields, violation) in [
        (&[("action", "other")][..], "action invalid"),
        (
            &[("action", "save_rating"), ("star", "null"), ("freeText", "x")],
            "answers.stars required",
        ),
        (&[("action", "save_rating"), ("star", "7")], "answers.stars out_of_range"),
    ] {
        assert_eq!(rate(&site, "", fields).violations(), [violation]);
    }
    let path = format!("/v1/sites/{}/compat/comuni", site.key);
    let asked = [
        ("origin", "https://www.example.org"),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "cache-control"),
    ];
    let preflight = site.server.send("OPTIONS", &path, None, &asked, None);
    let allowed = preflight.headers["access-control-allow-headers"].to_str().unwrap();
    assert!(preflight.status == 204 && allowed.contains("Cache-Control"), "{allowed}");
    let foreign = [("origin", "https://elsewhere.example")];
    assert_eq!(site.server.send("POST", &path, None, &foreign, Some(b"")).status, 403);
}

#[test]
fn the_example_of_the_municipalities_has_the_markup_as_it_is_served() {
    let server = Server::start();
    let Value::String(markup) = server.get("/comuni.html", None).expect(200) else { panic!() };
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/municipality/index.html");
    assert!(fs::read_to_string(example).unwrap().contains(&markup));
    // The words are those of the survey.
    let survey = Preset::named("comuni").unwrap().survey();
    for question in &survey.questions {
        assert!(markup.contains(&question.text["it"]), "{}", question.key);
    }
    assert!(markup.contains(&survey.thanks.unwrap()["it"]));
}

#[test]
fn information_pages_are_handed_on_by_the_month_and_without_words() {
    let server = Server::start();
    let site = server.site();
    let empty = site.get("export?format=sdg");
    assert_eq!(empty.violations(), ["survey unknown_survey"]);
    put(&site, "sdg");
    // In Rome the month begins and ends an hour or two earlier.
    let times = [
        "2026-09-30T21:59:59Z",
        "2026-09-30T22:00:00Z",
        "2026-10-15T10:00:00Z",
        "2026-10-31T23:30:00Z",
    ];
    for (n, time) in (0..).zip(times) {
        let line = json!({"id": id(n), "survey": "sdg", "locale": "it", "occurred_at": time,
            "answers": {"found": "partly", "quality": 4, "improve": "My name is Anna"},
            "context": {"page": "https://www.example.org/en/residence"}});
        assert_eq!(site.batch(&[line])[0]["status"], "stored");
    }
    let other = json!({"id": id(7), "survey": "post-service", "answers": {"recommend": 9}, "occurred_at": times[2]});
    assert_eq!(site.batch(&[other])[0]["status"], "stored");
    let (code, out, error) = run(&[
        "export",
        "--site",
        &site.site,
        "--format",
        "sdg",
        "--month",
        "2026-10",
        "--server",
        &server.base,
        "--token",
        &site.token,
    ]);
    assert_eq!(code, 0, "{error}");
    let feedback = |n: u64, time: &str| {
        json!({"id": id(n), "submittedAt": time, "language": "it",
        "pageUrl": "https://www.example.org/en/residence", "informationFound": "partly", "rating": 4})
    };
    let expected = json!({"feedback": [feedback(1, "2026-09-30T22:00:00.000Z"), feedback(2, "2026-10-15T10:00:00.000Z")]});
    assert_eq!(serde_json::from_str::<Value>(&out).unwrap(), expected);
    assert!(!out.contains("Anna"));
    let (code, out, _) = run(&[
        "export",
        "--site",
        &site.site,
        "--format",
        "sdg",
        "--month",
        "2025-01",
        "--server",
        &server.base,
        "--token",
        &site.token,
    ]);
    assert_eq!((code, serde_json::from_str::<Value>(&out).unwrap()), (0, json!({"feedback": []})));
    let (code, _, error) =
        run(&["export", "--site", &site.site, "--format", "sdg", "--month", "October"]);
    assert!(code == 2 && error.contains("2026-10"), "{error}");
}
