//! A visitor's response: taken once and acknowledged when durable, or refused with everything
//! that is wrong, and then nothing is stored.

use crate::support::{Server, id, response};
use serde_json::{Value, json};

#[test]
fn a_response_counts_once() {
    let server = Server::start();
    let site = server.site();
    let first = site.submit(&response(1, 9)).expect(201);
    assert_eq!(first["id"], id(1));
    assert!(first["receipt"].as_str().unwrap().starts_with("rc_"));
    assert!(first["received_at"].as_str().unwrap().ends_with('Z'));
    assert_eq!(site.submit(&response(1, 9)).expect(200), first, "a retry gets the same words");
    site.submit(&response(1, 3)).expect(409);
    let summary = site.get("summary").expect(200);
    assert_eq!(summary["responses"], 1);
    assert_eq!(summary["nps"]["histogram"], json!([0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0]));
}

#[test]
fn the_visitor_takes_it_back() {
    let server = Server::start();
    let site = server.site();
    let kept = site.submit(&response(1, 9)).expect(201);
    let gone = site.submit(&response(2, 0)).expect(201);
    let receipt = format!("/v1/receipts/{}", gone["receipt"].as_str().unwrap());
    let take_back = || server.send("DELETE", &receipt, None, &[], None);
    take_back().expect(204);
    take_back().expect(204);
    assert_eq!(site.responses(), 1);
    assert_eq!(site.get("responses").expect(200)["responses"][0]["id"], kept["id"]);
    site.submit(&response(2, 0)).expect(409);
    assert_eq!(site.responses(), 1, "a late retry does not bring it back");
    server.send("DELETE", "/v1/receipts/rc_nonsense", None, &[], None).expect(404);
}

#[test]
fn bad_bodies_are_refused_and_nothing_is_stored() {
    let server = Server::start();
    let site = server.site();
    let path = format!("/v1/sites/{}/responses", site.key);
    let json_type = [("content-type", "application/json")];
    let large = format!("{{\"id\": \"{}\"}}", "x".repeat(33 * 1024));
    let whole = serde_json::to_string(&response(1, 9)).unwrap();
    type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str, u16);
    let cases: &[Case<'_>] = &[
        ("not JSON", &json_type, "{\"id\": ", 400),
        ("not UTF-8 JSON", &json_type, "\u{0}", 400),
        ("empty", &json_type, "", 400),
        ("too large", &json_type, &large, 413),
        ("a form", &[("content-type", "application/x-www-form-urlencoded")], "id=1", 415),
        ("no type", &[], &whole, 415),
        ("an array", &json_type, "[]", 422),
        ("a wrong origin", &[json_type[0], ("origin", "https://evil.example")], &whole, 403),
        ("the null origin", &[json_type[0], ("origin", "null")], &whole, 403),
        (
            "a near origin",
            &[json_type[0], ("origin", "https://www.example.org.evil.example")],
            &whole,
            403,
        ),
        ("another scheme", &[json_type[0], ("origin", "http://www.example.org")], &whole, 403),
    ];
    for (name, headers, body, status) in cases {
        let answer = server.send("POST", &path, None, headers, Some(body.as_bytes()));
        assert_eq!(answer.status, *status, "{name}: {}", answer.body);
        assert_eq!(answer.headers["content-type"], "application/problem+json", "{name}");
        assert_eq!(answer.body["status"], *status, "{name}");
    }
    server.post("/v1/sites/pk_unknown/responses", None, &response(1, 9)).expect(404);
    server.post(&site.path("responses"), None, &response(1, 9)).expect(404);
    server.send("PUT", &path, None, &json_type, Some(b"{}")).expect(405);
    assert_eq!(site.responses(), 0);
}

#[test]
fn every_violation_is_told_with_its_path() {
    let server = Server::start();
    let site = server.site();
    let cases: &[(Value, &[&str])] = &[
        (
            json!({"id": id(1), "survey": "nowhere", "answers": {"recommend": 99}, "channel": "telegraph"}),
            &["channel unknown_channel", "survey unknown_survey"],
        ),
        (
            json!({"id": id(1), "survey": "post-service", "survey_version": 9, "answers": {"recommend": 9}}),
            &["survey_version unknown_version"],
        ),
        (
            json!({"id": id(1), "survey": "post-service", "answers": {"recommend": 11, "satisfaction": "x",
            "comment": "y".repeat(1_001), "why": 1}, "colour": "red", "channel": "counter",
            "occurred_at": "soon"}),
            &[
                "answers.comment too_long",
                "answers.recommend out_of_range",
                "answers.satisfaction wrong_type",
                "answers.why unknown_question",
                "channel channel_needs_token",
                "colour unknown_field",
                "occurred_at wrong_type",
            ],
        ),
        (
            json!({"survey": "post-service", "answers": {}}),
            &["answers.recommend required", "id required"],
        ),
        (
            json!({"id": "1", "survey": 5, "answers": []}),
            &["answers wrong_type", "id invalid_id", "survey wrong_type"],
        ),
    ];
    for (body, expected) in cases {
        let answer = site.submit(body);
        assert_eq!(answer.status, 422, "{body}");
        assert_eq!(answer.violations(), *expected, "{body}");
    }
    assert_eq!(site.responses(), 0);
}

#[test]
fn allowed_origins_get_cors_and_no_others() {
    let server = Server::start();
    let site = server.site();
    let path = format!("/v1/sites/{}/responses", site.key);
    let allowed = "https://www.example.org";
    let preflight = server.send("OPTIONS", &path, None, &[("origin", allowed)], None);
    assert_eq!(preflight.status, 204);
    assert_eq!(preflight.headers["access-control-allow-origin"], allowed);
    assert_eq!(preflight.headers["access-control-allow-headers"], "Content-Type, Cache-Control");
    let refused = server.send("OPTIONS", &path, None, &[("origin", "https://evil.example")], None);
    assert_eq!(refused.status, 403);
    assert!(!refused.headers.contains_key("access-control-allow-origin"));
    let headers = [("origin", allowed), ("content-type", "application/json")];
    let invalid = server.send("POST", &path, None, &headers, Some(b"{}"));
    assert_eq!(invalid.status, 422);
    assert_eq!(invalid.headers["access-control-allow-origin"], allowed, "the form can read why");
    let owners = server.send("GET", &site.path("summary"), Some(&site.token), &headers, None);
    assert_eq!(owners.status, 200);
    assert!(!owners.headers.contains_key("access-control-allow-origin"));
}

#[test]
fn the_survey_comes_in_one_locale_and_is_cached() {
    let server = Server::start();
    let site = server.site();
    let path =
        |locale: &str| format!("/v1/sites/{}/surveys/post-service?locale={locale}", site.key);
    let english = server.get(&path("en-GB"), None);
    assert_eq!(english.status, 200);
    assert_eq!(english.body["locales"], json!(["en"]));
    assert_eq!(english.body["version"], 1);
    assert!(english.body["questions"][0]["text"].as_str().unwrap().starts_with("How likely"));
    let french = server.get(&path("fr"), None);
    assert!(french.body["questions"][0]["text"].as_str().unwrap().starts_with("Quelle"));
    let italian = server.get(&path("zh"), None);
    assert!(italian.body["questions"][0]["text"].as_str().unwrap().starts_with("Quanto"));
    let tag = english.headers["etag"].to_str().unwrap();
    let again = server.send("GET", &path("en"), None, &[("if-none-match", tag)], None);
    assert_eq!((again.status, again.body), (304, Value::String(String::new())));
    server.get(&format!("/v1/sites/{}/surveys/nowhere", site.key), None).expect(404);
}

#[test]
fn the_surveys_colours_come_as_a_style() {
    let server = Server::start();
    let site = server.site();
    let mut survey = site.get("surveys/post-service").expect(200);
    let path = format!("/v1/sites/{}/surveys/post-service", site.key);
    assert_eq!(server.get(&path, None).expect(200).get("style"), None);
    survey["theme"] = json!({"accent": "#0b6e4f"});
    site.post("surveys", &survey).expect(201);
    assert_eq!(site.get("surveys/post-service").expect(200)["theme"], survey["theme"]);
    let form = server.get(&path, None).expect(200);
    assert!(
        form["style"].as_str().unwrap().starts_with(":host{--accent:#0b6e4f;--on-accent:#ffffff;")
    );
    assert_eq!(form.get("theme"), None, "what the form does not need");
    survey["theme"] = json!({"accent": "#ffff00"});
    assert_eq!(site.post("surveys", &survey).violations(), ["theme.accent low_contrast"]);
}

#[test]
fn an_answer_to_an_older_version_is_checked_by_it() {
    let server = Server::start();
    let site = server.site();
    let mut survey = site.get("surveys/post-service").expect(200);
    site.post("surveys", &survey).expect(200);
    survey["questions"].as_array_mut().unwrap().truncate(1);
    assert_eq!(site.post("surveys", &survey).expect(201)["version"], 2);
    let mut old = response(1, 9);
    old["survey_version"] = json!(1);
    old["answers"]["satisfaction"] = json!(5);
    site.submit(&old).expect(201);
    old["id"] = json!(id(2));
    old["survey_version"] = json!(2);
    assert_eq!(site.submit(&old).violations(), ["answers.satisfaction unknown_question"]);
    let page = site.get("responses").expect(200);
    assert_eq!(page["responses"][0]["survey_version"], 1);
    assert_eq!(page["responses"][0]["answers"]["satisfaction"], 5);
}

#[test]
fn a_batch_tells_each_line() {
    let server = Server::start();
    let site = server.site();
    let mut desk = response(1, 9);
    desk["channel"] = json!("counter");
    desk["service_event"] = json!({"waited_s": 540});
    let lines = site.batch(&[desk.clone(), desk, response(1, 2), response(2, 77), json!(7)]);
    let told: Vec<_> = lines
        .iter()
        .map(|l| {
            format!(
                "{} {} {}",
                l["line"],
                l["status"].as_str().unwrap(),
                l["violations"][0]["code"]
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            "1 stored null",
            "2 duplicate null",
            "3 refused \"conflict\"",
            "4 refused \"out_of_range\"",
            "5 refused \"wrong_type\"",
        ]
    );
    assert_eq!(site.responses(), 1);
    let channels = site.get("summary/channels").expect(200);
    assert_eq!(channels["channels"][0]["channel"], "counter");
    // One is too few to be shown beside others.
    assert!(channels["channels"][0].get("waited_s").is_none());
    let page = site.get("responses").expect(200);
    assert_eq!(page["responses"][0]["service_event"]["waited_s"], 540);
}

#[test]
fn the_example_of_a_batch_is_stored_once() {
    let server = Server::start();
    let site = server.site();
    let text = include_str!("../../../examples/batch/responses.jsonl");
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for status in ["stored", "duplicate"] {
        let told = site.batch(&lines);
        assert!(told.len() == 4 && told.iter().all(|line| line["status"] == status), "{told:?}");
    }
    assert_eq!(site.responses(), 4);
}

#[test]
fn a_retry_after_a_new_version_is_still_a_retry() {
    let server = Server::start();
    let site = server.site();
    let mut sent = response(1, 9);
    sent["answers"]["satisfaction"] = json!(5);
    let first = site.submit(&sent).expect(201);
    let mut survey = site.get("surveys/post-service").expect(200);
    survey["questions"].as_array_mut().unwrap().truncate(1);
    site.post("surveys", &survey).expect(201);
    assert_eq!(site.submit(&sent).expect(200), first);
    assert_eq!(site.batch(&[sent.clone()])[0]["status"], "duplicate");
    sent["id"] = json!(id(2));
    site.submit(&sent).expect(422);
}

#[test]
fn visitors_cannot_use_up_the_channels() {
    let server = Server::start();
    let site = server.site();
    let on = |n: u64, channel: &str| {
        let mut body = response(n, 9);
        body["channel"] = json!(channel);
        body
    };
    let refused =
        (0..120).filter(|n| site.submit(&on(*n, &format!("x-{n}"))).status == 422).count();
    assert_eq!(refused, 20, "visitors get half of the room");
    site.submit(&on(200, "web")).expect(201);
    site.submit(&on(201, "x-7")).expect(201);
    let lines = site.batch(&[on(202, "counter"), on(203, "x-desk")]);
    assert!(lines.iter().all(|line| line["status"] == "stored"), "{lines:?}");
}

#[test]
fn a_survey_that_the_store_cannot_hold_is_refused_and_harms_nobody() {
    let server = Server::start();
    let site = server.site();
    let words = "w".repeat(900);
    let questions: Vec<Value> = (0..50)
        .map(
            |n| json!({"key": format!("q{n}"), "kind": "text", "text": {"en": words, "it": words}}),
        )
        .collect();
    site.post("surveys", &json!({"key": "large", "locales": ["it", "en"], "questions": questions}))
        .expect(413);
    site.submit(&response(1, 9)).expect(201);
}

#[test]
fn caches_cannot_mix_origins_or_keep_what_is_private() {
    let server = Server::start();
    let site = server.site();
    let survey = format!("/v1/sites/{}/surveys/post-service", site.key);
    for headers in
        [&[][..], &[("origin", "https://www.example.org")], &[("origin", "https://evil.example")]]
    {
        let answer = server.send("GET", &survey, None, headers, None);
        let mut varies = answer.headers.get_all("vary").iter();
        assert!(varies.any(|header| header == "Origin"), "{headers:?}");
        assert_eq!(answer.headers["x-content-type-options"], "nosniff");
    }
    for path in ["summary", "responses", "tokens"] {
        assert_eq!(site.get(path).headers["cache-control"], "no-store", "{path}");
    }
}

#[test]
fn mistakes_are_told_up_to_a_bound() {
    let server = Server::start();
    let site = server.site();
    let mut body = response(1, 9);
    for n in 0..2_000 {
        body["answers"][format!("q{n}")] = json!(1);
    }
    let answer = site.submit(&body);
    assert_eq!((answer.status, answer.violations().len()), (422, 101));
    assert_eq!(answer.body["violations"][100]["code"], "and_more");
    assert_eq!(site.submit(&json!([])).violations(), [" wrong_type"]);
}
