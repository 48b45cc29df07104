//! Events: what is counted, what is refused, and what the funnel and the response rate make of it.

use crate::support::{Answer, Server, Site, id, run};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// A batch of the default survey.
fn batch(n: u64, events: &Value) -> Value {
    json!({"batch": id(n), "survey": "post-service", "events": events})
}

fn kinds(kinds: &[&str]) -> Value {
    kinds.iter().map(|kind| json!({"kind": kind})).collect()
}

impl Site<'_> {
    /// As a visitor's browser does when the page is left.
    fn beacon(&self, batch: &Value) -> Answer {
        let headers = [("content-type", "text/plain;charset=UTF-8")];
        let path = format!("/v1/sites/{}/events", self.key);
        self.server.send("POST", &path, None, &headers, Some(batch.to_string().as_bytes()))
    }

    /// As a program of the owner's.
    fn tell(&self, batch: &Value) -> Answer {
        self.post("events", batch)
    }

    fn funnel(&self, query: &str) -> Value {
        self.get(&format!("summary/funnel?{query}")).expect(200)
    }

    /// Waits until the funnel has so many impressions: events are counted after they were taken.
    fn counted(&self, impressions: u64) -> Value {
        let started = Instant::now();
        loop {
            let funnel = self.funnel("");
            if funnel["overall"]["impressions"] == impressions {
                return funnel;
            }
            assert!(started.elapsed() < Duration::from_secs(20), "{funnel} never {impressions}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// Impressions, opens, starts, responses, dismissals.
fn steps(funnel: &Value) -> [u64; 5] {
    ["impressions", "opens", "starts", "responses", "dismissals"]
        .map(|name| funnel[name].as_u64().unwrap_or_default())
}

/// Question, answered, left.
fn questions(funnel: &Value) -> Vec<(String, u64, u64)> {
    let list = funnel["questions"].as_array().cloned().unwrap_or_default();
    let of = |q: &Value| {
        let count = |name: &str| q[name].as_u64().unwrap();
        (q["question"].as_str().unwrap().to_owned(), count("answered"), count("left"))
    };
    list.iter().map(of).collect()
}

#[track_caller]
fn close(value: &Value, expected: f64) {
    let value = value.as_f64().unwrap_or_else(|| panic!("{value} is no number"));
    assert!((value - expected).abs() < 1e-6, "{value} is not {expected}");
}

fn verified(server: &Server) -> Value {
    let found = server.post("/v1/verify", Some(&server.admin_token()), &json!({})).expect(200);
    assert_eq!(found["wrong"], 0, "{found}");
    found
}

#[test]
fn beacons_are_counted_once_and_become_a_funnel() {
    let server = Server::start();
    let site = server.site();
    assert_eq!(steps(&site.funnel("")["overall"]), [0; 5]);
    assert_eq!(site.funnel("")["channels"], json!([]), "nothing is known yet");
    let whole = batch(1, &kinds(&["impression", "open", "start"]));
    let left = batch(
        2,
        &json!([{"kind": "impression"}, {"kind": "open"}, {"kind": "start"},
            {"kind": "answer", "question": "recommend"},
            {"kind": "answer", "question": "satisfaction"},
            {"kind": "dismissal", "question": "satisfaction"}]),
    );
    let mut on_a_kiosk = batch(3, &json!([{"kind": "impression"}, {"kind": "dismissal"}]));
    on_a_kiosk["channel"] = json!("kiosk");
    on_a_kiosk["service"] = json!("anagrafe");
    for sent in [&whole, &left, &on_a_kiosk] {
        let answer = site.beacon(sent);
        assert_eq!((answer.status, &answer.body), (202, &json!("")));
        // The browser's second try, and one of another kind.
        assert_eq!(site.beacon(sent).status, 202);
        let path = format!("/v1/sites/{}/events", site.key);
        assert_eq!(server.post(&path, None, sent).status, 202);
    }
    site.submit(&crate::support::response(1, 9)).expect(201);
    let funnel = site.counted(3);
    assert_eq!(steps(&funnel["overall"]), [3, 2, 2, 1, 2]);
    let rows = funnel["channels"].as_array().unwrap();
    let row = |name: &str| rows.iter().find(|row| row["channel"] == name).unwrap();
    assert_eq!(steps(row("web")), [2, 2, 2, 1, 1]);
    assert_eq!(steps(row("kiosk")), [1, 0, 0, 0, 1]);
    let expected = [("recommend", 1, 0), ("satisfaction", 1, 1)];
    let expected: Vec<_> = expected.map(|(key, a, l)| (key.to_owned(), a, l)).into();
    assert_eq!(questions(&funnel["overall"]), expected);
    assert_eq!(questions(row("kiosk")), []);
    close(&funnel["overall"]["questions"][1]["drop_off"], 1.0);
    assert_eq!(verified(&server)["event_cells"], 4);
}

#[test]
fn what_is_wrong_is_told_and_counts_nothing() {
    let server = Server::start();
    let site = server.site();
    let one = json!([{"kind": "impression"}]);
    let with = |field: &str, value: Value| {
        let mut batch = batch(9, &one);
        batch[field] = value;
        batch
    };
    let many: Value = (0..101).map(|_| json!({"kind": "open"})).collect();
    for (sent, expected) in [
        (json!([]), vec![" wrong_type"]),
        (json!({}), vec!["batch required", "events required", "survey required"]),
        (with("batch", json!("7")), vec!["batch invalid_id"]),
        (with("survey", json!("nowhere")), vec!["survey unknown_survey"]),
        (with("survey_version", json!(2)), vec!["survey_version unknown_version"]),
        (with("channel", json!("counter")), vec!["channel channel_needs_token"]),
        (with("channel", json!("telegraph")), vec!["channel unknown_channel"]),
        (with("service", json!("a b")), vec!["service invalid"]),
        (with("visitor", json!("anna")), vec!["visitor unknown_field"]),
        (with("occurred_at", json!("now")), vec!["occurred_at wrong_type"]),
        (with("events", json!([])), vec!["events out_of_range"]),
        (with("events", many), vec!["events out_of_range"]),
        (
            with("events", json!([{"kind": "sale"}, 7, {"kind": "open", "page": "/"}])),
            vec![
                "events[0].kind unknown_kind",
                "events[1] wrong_type",
                "events[2].page unknown_field",
            ],
        ),
        (
            with(
                "events",
                json!([{"kind": "answer"}, {"kind": "dismissal", "question": "x"}, {"kind": "open", "question": "recommend"}]),
            ),
            vec![
                "events[0].question required",
                "events[1].question unknown_question",
                "events[2].question misplaced",
            ],
        ),
        (
            with(
                "events",
                json!([{"kind": "impression", "count": 2}, {"kind": "open", "count": 0}]),
            ),
            vec!["events[0].count out_of_range", "events[1].count out_of_range"],
        ),
    ] {
        let answer = site.beacon(&sent);
        let told: Vec<String> = answer.violations();
        let relevant = |told: &&String| expected.contains(&told.as_str());
        assert_eq!(told.iter().filter(relevant).count(), expected.len(), "{sent}: {told:?}");
        assert!(told.len() <= expected.len() + 1, "{sent}: {told:?}");
        assert_eq!(answer.status, 422, "{sent}");
    }
    let path = format!("/v1/sites/{}/events", site.key);
    let send = |headers: &[(&str, &str)], body: &[u8]| {
        server.send("POST", &path, None, headers, Some(body)).status
    };
    let good = batch(9, &one).to_string();
    let json_type = ("content-type", "application/json");
    assert_eq!(send(&[json_type], b"{"), 400);
    assert_eq!(send(&[], good.as_bytes()), 415);
    assert_eq!(send(&[("content-type", "text/html")], good.as_bytes()), 415);
    assert_eq!(send(&[json_type], &vec![b' '; 17 * 1024]), 413);
    assert_eq!(send(&[json_type, ("origin", "https://evil.example")], good.as_bytes()), 403);
    assert_eq!(server.post("/v1/sites/pk_nobody/events", None, &batch(9, &one)).status, 404);
    assert_eq!(server.post(&site.path("events"), None, &batch(9, &one)).status, 401);
    // What was refused is not remembered: the same batch, made right, counts.
    assert_eq!(send(&[json_type, ("origin", "https://www.example.org")], good.as_bytes()), 202);
    assert_eq!(steps(&site.counted(1)["overall"]), [1, 0, 0, 0, 0]);
}

/// Two surveys, three channels, days on both sides of a change of the clock.
fn scattered(site: &Site<'_>) {
    let other = json!({"key": "other", "locales": ["en"], "questions": [
        {"key": "a", "kind": "nps", "text": {"en": "?"}}, {"key": "b", "kind": "ces", "text": {"en": "?"}}]});
    site.post("surveys", &other).expect(201);
    // Batch, survey, channel, service, time, impressions, opens.
    for (n, survey, channel, service, time, impressions, opens) in [
        (1, "post-service", "web", "anagrafe", "2026-03-28T22:59:59Z", 100, 40),
        (2, "post-service", "web", "tributi", "2026-03-28T23:00:00Z", 50, 20),
        (3, "post-service", "email", "tributi", "2026-03-29T12:00:00Z", 400, 30),
        (4, "other", "web", "anagrafe", "2026-03-29T22:00:00Z", 7, 7),
        (5, "post-service", "counter", "anagrafe", "2026-04-06T10:00:00Z", 12, 12),
    ] {
        let sent = json!({"batch": id(n), "survey": survey, "channel": channel, "service": service,
            "occurred_at": time, "events": [{"kind": "impression", "count": impressions},
            {"kind": "open", "count": opens}]});
        assert_eq!(site.tell(&sent).status, 202);
    }
    let at = |n: u64, survey: &str, channel: &str, service: &str, time: &str| {
        let answers = if survey == "other" { json!({"a": 9}) } else { json!({"recommend": 9}) };
        json!({"id": id(n), "survey": survey, "channel": channel, "service": service,
            "answers": answers, "occurred_at": time})
    };
    let lines = [
        // Before any impression on its channel was known: in no rate.
        at(1, "post-service", "web", "anagrafe", "2026-03-27T12:00:00Z"),
        at(2, "post-service", "web", "anagrafe", "2026-03-28T12:00:00Z"),
        at(3, "post-service", "web", "tributi", "2026-03-29T12:00:00Z"),
        at(4, "post-service", "web", "anagrafe", "2026-03-30T12:00:00Z"),
        at(5, "other", "web", "anagrafe", "2026-03-31T12:00:00Z"),
        at(6, "post-service", "email", "tributi", "2026-03-29T13:00:00Z"),
        at(7, "post-service", "phone", "tributi", "2026-03-29T13:00:00Z"),
    ];
    assert!(site.batch(&lines).iter().all(|line| line["status"] == "stored"));
    site.counted(569);
}

#[test]
fn the_funnel_takes_the_filters_that_it_can_answer() {
    let server = Server::start();
    let site = server.site();
    scattered(&site);
    for (query, overall) in [
        ("", [569, 109, 0, 5, 0]),
        ("channel=web", [157, 67, 0, 4, 0]),
        ("channel=web&survey=post-service", [150, 60, 0, 3, 0]),
        ("survey=other", [7, 7, 0, 1, 0]),
        ("class=physical", [12, 12, 0, 0, 0]),
        ("service=tributi", [450, 50, 0, 2, 0]),
        ("service=nothing", [0; 5]),
        ("channel=fax", [0; 5]),
        // The 29th of March 2026 in Rome has 23 hours: 23:00 to 22:00 in UTC.
        ("from=2026-03-29&to=2026-03-29", [450, 50, 0, 2, 0]),
        ("from=2026-03-28T23:00:00Z&to=2026-03-29T22:00:00Z", [450, 50, 0, 2, 0]),
        ("to=2026-03-28", [100, 40, 0, 1, 0]),
        ("from=2026-03-30&channel=web", [7, 7, 0, 2, 0]),
        ("from=2026-04-01", [12, 12, 0, 0, 0]),
        ("from=2027-01-01", [0; 5]),
    ] {
        assert_eq!(steps(&site.funnel(query)["overall"]), overall, "{query}");
    }
    let channels = site.funnel("")["channels"].clone();
    let rows: Vec<(String, [u64; 5])> = channels
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["channel"].as_str().unwrap().to_owned(), steps(row)))
        .collect();
    let expected = [
        ("email", [400, 30, 0, 1, 0]),
        ("web", [157, 67, 0, 4, 0]),
        ("counter", [12, 12, 0, 0, 0]),
        ("phone", [0, 0, 0, 1, 0]),
    ];
    assert_eq!(rows, expected.map(|(name, steps)| (name.to_owned(), steps)));
    assert_eq!(channels[0]["class"], "technological");
    for (query, expected) in [
        ("metric=nps", vec!["metric unsupported_filter"]),
        (
            "question=recommend&locale=it",
            vec!["locale unsupported_filter", "question unsupported_filter"],
        ),
        (
            "tag=x&attribute.plan=gold",
            vec!["attribute.plan unsupported_filter", "tag unsupported_filter"],
        ),
        (
            "device=phone&page=/x&level=informative",
            vec![
                "device unsupported_filter",
                "level unsupported_filter",
                "page unsupported_filter",
            ],
        ),
        (
            "identity=anonymous&min=1&max=2",
            vec!["identity unsupported_filter", "max unsupported_filter", "min unsupported_filter"],
        ),
        ("from=2026-03-29T12:00:00Z&to=2026-03-30", vec!["from unsupported_filter"]),
        ("survey=nowhere&foo=1", vec!["foo unknown_parameter", "survey unknown_survey"]),
    ] {
        let answer = site.get(&format!("summary/funnel?{query}"));
        assert_eq!((answer.status, answer.violations()), (422, owned(&expected)), "{query}");
    }
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// Wilson's interval of 4 in 157 and of 1 in 400, made apart from this program.
#[test]
fn channels_have_a_response_rate_where_impressions_are_known() {
    let server = Server::start();
    let site = server.site();
    scattered(&site);
    let channels = |query: &str| {
        let out = site.get(&format!("summary/channels?{query}")).expect(200);
        let rows = out["channels"].as_array().unwrap().clone();
        move |name: &str| rows.iter().find(|row| row["channel"] == name).cloned().unwrap()
    };
    let of = channels("");
    let web = of("web");
    assert_eq!((&web["responses"], &web["impressions"]), (&json!(5), &json!(157)));
    close(&web["response_rate"], 4.0 / 157.0);
    assert_eq!(web["response_rate_interval"]["method"], "wilson");
    close(&web["response_rate_interval"]["low"], WEB[0]);
    close(&web["response_rate_interval"]["high"], WEB[1]);
    assert_eq!(web["impressions_since"], "2026-03-28");
    close(&of("email")["response_rate_interval"]["low"], EMAIL[0]);
    close(&of("email")["response_rate_interval"]["high"], EMAIL[1]);
    let phone = of("phone");
    for name in ["impressions", "response_rate", "response_rate_interval", "impressions_since"] {
        assert!(phone.get(name).is_none(), "{name} of a channel without impressions: {phone}");
    }
    let later = channels("from=2026-03-30")("web");
    close(&later["response_rate"], 2.0 / 7.0);
    assert_eq!(later["impressions"], 7);
    assert_eq!(channels("from=2026-03-29&to=2026-03-29")("web").get("impressions_since"), None);
    // What impressions cannot answer has no rate, never a wrong one.
    for query in ["from=2026-03-29T12:00:00Z", "locale=it", "min=0"] {
        let rows = site.get(&format!("summary/channels?{query}")).expect(200);
        assert!(!rows.to_string().contains("response_rate"), "{query}");
    }
    // More responses than impressions: not all of these were told.
    let lines: Vec<Value> = (100..110)
        .map(|n| json!({"id": id(n), "survey": "other", "channel": "web", "answers": {"a": 9}}))
        .collect();
    assert!(site.batch(&lines).iter().all(|line| line["status"] == "stored"));
    let web = channels("survey=other")("web");
    assert_eq!((&web["impressions"], web.get("response_rate")), (&json!(7), None));
}

const WEB: [f64; 2] = [0.009_951_391, 0.063_670_540];
const EMAIL: [f64; 2] = [0.000_441_448, 0.014_023_285];

#[test]
fn counts_outlive_the_process_however_it_ends() {
    let mut server = Server::start_with(&["--ahead-kib", "16"]);
    let kept = server.site().keep();
    let send = |server: &Server, numbers: std::ops::Range<u64>| {
        let site = kept.at(server);
        for n in numbers {
            let mut sent = batch(n, &kinds(&["impression", "open"]));
            sent["service"] = json!(format!("service-{}", n % 7));
            assert_eq!(site.beacon(&sent).status, 202);
        }
    };
    send(&server, 0..50);
    let before = kept.at(&server).counted(50);
    server.kill();
    server.again();
    assert_eq!(kept.at(&server).funnel(""), before, "what was shown was on disk");
    verified(&server);
    // A clean stop writes what waits.
    send(&server, 50..80);
    assert!(server.stop());
    server.again();
    assert_eq!(steps(&kept.at(&server).funnel("")["overall"]), [80, 80, 0, 0, 0]);
    let found = verified(&server);
    assert_eq!((&found["event_cells"], &found["responses"]), (&json!(7), &json!(0)));
}

#[test]
fn a_backup_has_them_and_a_deleted_site_leaves_none() {
    let server = Server::start();
    let site = server.site();
    scattered(&site);
    let gone = server.site();
    assert_eq!(gone.beacon(&batch(1, &kinds(&["impression"]))).status, 202);
    gone.counted(1);
    assert_eq!(verified(&server)["event_cells"], 6);
    gone.server.send("DELETE", &format!("/v1/sites/{}", gone.site), Some(&gone.token), &[], None);
    assert_eq!(verified(&server)["event_cells"], 5);
    let before = (site.funnel(""), site.get("summary/channels").expect(200));
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (file, data) = (path("backup"), path("restored"));
    let token = server.admin_token();
    let made = run(&["backup", "-o", &file, "--server", &server.base, "--token", &token]);
    assert_eq!(made.0, 0, "{}", made.2);
    let restored = run(&["restore", &file, "--data", &data]);
    assert_eq!(restored.0, 0, "{}", restored.2);
    let again = Server::start_in(std::path::Path::new(&data));
    let site = Site { server: &again, ..site.clone() };
    assert_eq!((site.funnel(""), site.get("summary/channels").expect(200)), before);
    assert_eq!(verified(&again)["event_cells"], 5);
}

#[test]
fn they_go_with_the_statistics_when_their_time_is_over() {
    let server = Server::start();
    let site = server.site();
    let old = json!({"batch": id(1), "survey": "post-service", "occurred_at": "2026-01-15T12:00:00Z",
        "events": [{"kind": "impression", "count": 9}]});
    assert_eq!(site.tell(&old).status, 202);
    assert_eq!(site.tell(&batch(2, &kinds(&["impression"]))).status, 202);
    site.counted(10);
    let keep = |statistics: bool| {
        let path = format!("/v1/sites/{}", site.site);
        let body = json!({"retention_days": 30, "keep_statistics": statistics});
        let headers = [("content-type", "application/json")];
        let body = body.to_string();
        let answer =
            server.send("PATCH", &path, Some(&site.token), &headers, Some(body.as_bytes()));
        assert_eq!(answer.status, 200, "{}", answer.body);
    };
    keep(true);
    std::thread::sleep(Duration::from_millis(2_500));
    assert_eq!(steps(&site.funnel("")["overall"])[0], 10, "statistics stay");
    keep(false);
    assert_eq!(steps(&site.counted(1)["overall"]), [1, 0, 0, 0, 0]);
    assert_eq!(verified(&server)["event_cells"], 1);
}

#[test]
fn figures_tell_what_was_taken_and_why_the_rest_was_not() {
    let server = Server::start();
    let site = server.site();
    let sent =
        batch(1, &json!([{"kind": "impression"}, {"kind": "answer", "question": "recommend"}]));
    assert_eq!(site.beacon(&sent).status, 202);
    assert_eq!(site.beacon(&sent).status, 202);
    assert_eq!(site.beacon(&json!({})).status, 422);
    let figures = server.get("/metrics", Some(&server.admin_token())).expect(200);
    let figures = figures.as_str().unwrap();
    for line in [
        "ascolto_events_total{kind=\"impression\"} 1",
        "ascolto_events_total{kind=\"answer\"} 1",
        "ascolto_event_batches_total{outcome=\"taken\"} 1",
        "ascolto_event_batches_total{outcome=\"repeated\"} 1",
        "ascolto_event_batches_total{outcome=\"invalid\"} 1",
    ] {
        assert!(figures.lines().any(|known| known == line), "{line} is missing");
    }
}

#[test]
fn visitors_share_the_rate_of_answers() {
    let flags = ["--rate-address-per-minute", "1", "--rate-address-burst", "3"];
    let server = Server::start_with(&flags);
    let site = server.site();
    let sent = |n| site.beacon(&batch(n, &kinds(&["impression"])));
    let statuses: Vec<u16> = (0..5).map(|n| sent(n).status).collect();
    assert_eq!(statuses, [202, 202, 202, 429, 429]);
    assert!(sent(9).headers.contains_key("retry-after"));
}
