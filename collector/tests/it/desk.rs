//! The operator's desk: an agent signs in, enters what visitors say, and takes the last one back.

use crate::support::{Server, Site, id, response};
use serde_json::{Value, json};

/// The cookie of an agent who has opened a link.
fn signed_in(site: &Site<'_>) -> String {
    let made = site.post("tokens", &json!({"role": "agent", "link": true})).expect(201);
    let (page, code) = made["link"].as_str().unwrap().split_once("#code=").unwrap();
    assert_eq!(page, format!("{}/desk", site.server.base), "agents are led to the desk");
    let answer = site.server.post("/v1/session", None, &json!({"code": code}));
    assert_eq!((answer.status, &answer.body["role"]), (200, &json!("agent")), "{}", answer.body);
    answer.header("set-cookie").split(';').next().unwrap().to_owned()
}

fn enter(site: &Site<'_>, cookie: &str, body: &Value) -> crate::support::Answer {
    let headers =
        [("cookie", cookie), ("x-ascolto-client", "desk"), ("content-type", "application/json")];
    site.server.send("POST", &site.path("desk"), None, &headers, Some(body.to_string().as_bytes()))
}

fn entry(n: u64) -> Value {
    json!({"id": id(n), "survey": "post-service", "survey_version": 1, "channel": "counter",
        "service": "anagrafe", "locale": "it", "answers": {"recommend": 9},
        "service_event": {"waited_s": 540, "served_s": 180, "resolved_first_contact": true},
        "occurred_at": "2020-02-29T11:00:00.000Z"})
}

#[test]
fn what_an_agent_enters_is_stored_as_it_was_said() {
    let mut server = Server::start();
    let site = server.site();
    let cookie = signed_in(&site);
    let first = enter(&site, &cookie, &entry(1));
    assert_eq!(first.status, 201, "{}", first.body);
    // The answer was lost on its way; the same again is the same.
    let again = enter(&site, &cookie, &entry(1));
    assert_eq!((again.status, &again.body), (200, &first.body));
    let mut other = entry(1);
    other["answers"]["recommend"] = json!(2);
    assert_eq!(enter(&site, &cookie, &other).status, 409);

    let kept = site.keep();
    server.kill();
    server.again();
    let site = kept.at(&server);
    let page = site.get("responses").expect(200);
    let [stored] = &page["responses"].as_array().unwrap()[..] else { panic!("one response") };
    let entered = entry(1);
    for field in ["id", "channel", "service", "locale", "answers", "service_event", "occurred_at"] {
        assert_eq!(stored[field], entered[field], "{field}");
    }
    assert!(stored.get("held").is_none(), "a person has entered it");

    // Undo: erased, by what was given for it and nobody else has.
    let undo = format!("/v1/receipts/{}", first.body["receipt"].as_str().unwrap());
    let headers = [("cookie", cookie.as_str()), ("x-ascolto-client", "desk")];
    assert_eq!(server.send("DELETE", &undo, None, &headers, None).status, 204);
    // Pressed twice.
    assert_eq!(server.send("DELETE", &undo, None, &headers, None).status, 204);
    assert_eq!(site.responses(), 0);
    assert_eq!(enter(&site, &cookie, &entry(1)).status, 409, "what was erased stays so");
    // What others have entered an agent does not erase.
    site.submit(&response(2, 3)).expect(201);
    let theirs = site.path(&format!("responses/{}", id(2)));
    assert_eq!(server.send("DELETE", &theirs, None, &headers, None).status, 403);
    assert_eq!(site.responses(), 1);
}

#[test]
fn what_is_wrong_is_told_at_once_and_nothing_stored() {
    let server = Server::start();
    let site = server.site();
    let cookie = signed_in(&site);
    for (field, value, expected) in [
        ("answers", json!({"recommend": 11}), &["answers.recommend out_of_range"][..]),
        ("answers", json!({"satisfaction": 3}), &["answers.recommend required"]),
        ("channel", json!("telegraph"), &["channel unknown_channel"]),
        ("service", json!("x".repeat(65)), &["service invalid"]),
        ("service_event", json!({"waited_s": 604_801}), &["service_event.waited_s out_of_range"]),
        ("occurred_at", json!("yesterday"), &["occurred_at wrong_type"]),
        ("survey", json!("none"), &["survey unknown_survey"]),
    ] {
        let mut wrong = entry(1);
        wrong[field] = value;
        let answer = enter(&site, &cookie, &wrong);
        let expected: Vec<_> = expected.iter().map(|v| (*v).to_owned()).collect();
        assert_eq!((answer.status, answer.violations()), (422, expected), "{wrong}");
    }
    let bare = [("cookie", cookie.as_str()), ("content-type", "application/json")];
    let body = entry(1).to_string();
    let forged = server.send("POST", &site.path("desk"), None, &bare, Some(body.as_bytes()));
    assert_eq!(forged.status, 403, "a page of another origin could have made it");
    assert_eq!(site.responses(), 0);
}

#[test]
fn the_desk_knows_surveys_services_and_own_channels() {
    let server = Server::start();
    let site = server.site();
    let cookie = signed_in(&site);
    let desk = || {
        let headers = [("cookie", cookie.as_str())];
        server.send("GET", &site.path("desk"), None, &headers, None).expect(200)
    };
    let empty = desk();
    assert_eq!((&empty["services"], &empty["channels"]), (&json!([]), &json!([])));
    assert_eq!(empty["surveys"][0]["key"], "post-service");
    assert!(empty["surveys"][0]["questions"][0]["text"]["it"].is_string());
    let mut own = entry(1);
    own["channel"] = json!("x-totem");
    own["service"] = json!("tributi");
    assert_eq!(enter(&site, &cookie, &own).status, 201);
    assert_eq!(enter(&site, &cookie, &entry(2)).status, 201);
    let desk = desk();
    assert_eq!(desk["services"], json!(["anagrafe", "tributi"]));
    assert_eq!(desk["channels"], json!(["x-totem"]));
}

#[test]
fn programs_do_not_sign_in() {
    let server = Server::start();
    let site = server.site();
    let answer = site.post("tokens", &json!({"role": "ingest", "link": true}));
    assert_eq!((answer.status, answer.violations()), (422, vec!["role wrong_role".to_owned()]));
    let made = site.post("tokens", &json!({"role": "ingest"})).expect(201);
    server.post("/v1/session", None, &json!({"token": made["token"]})).expect(401);
}
