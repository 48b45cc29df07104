//! A survey by telephone: what gateways post, step by step.

use crate::support::{Answer, Server, Site};
use serde_json::{Value, json};
use std::process::Command;

/// A call's posts, one after the other, each to where the last answer said.
struct Caller<'a> {
    site: &'a Site<'a>,
    next: String,
    id: &'static str,
    answer: String,
}

impl<'a> Caller<'a> {
    fn dials(site: &'a Site<'a>, address: &str, id: &'static str) -> Self {
        let next = address.to_owned();
        let mut caller = Self { site, next, id, answer: String::new() };
        caller.post(None);
        caller
    }

    fn presses(&mut self, digits: &str) -> &mut Self {
        self.next = between(&self.answer, "action=\"", "\"");
        self.post(Some(digits));
        self
    }

    fn is_silent(&mut self) -> &mut Self {
        self.next = between(&self.answer, "<Redirect method=\"POST\">", "</Redirect>");
        self.post(None);
        self
    }

    fn post(&mut self, digits: Option<&str>) {
        let answer = post(self.site, &self.next.replace("&amp;", "&"), self.id, digits);
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.header("content-type"), "application/xml; charset=utf-8");
        self.answer = answer.body.as_str().unwrap().to_owned();
    }

    /// What is said, without what is around it.
    fn hears(&self) -> String {
        between(&self.answer, "\">", "</Say>").rsplit("\">").next().unwrap().to_owned()
    }

    fn is_over(&self) -> bool {
        self.answer.contains("<Hangup/>")
    }
}

fn between(text: &str, before: &str, after: &str) -> String {
    let rest = text.split_once(before).unwrap_or_else(|| panic!("no {before} in {text}")).1;
    rest.split_once(after).unwrap_or_else(|| panic!("no {after} in {text}")).0.to_owned()
}

fn post(site: &Site<'_>, address: &str, call: &str, digits: Option<&str>) -> Answer {
    let mut form = format!("CallSid={call}&From=%2B390000000000&To=800&CallStatus=in-progress");
    if let Some(digits) = digits {
        let digits = digits.replace('#', "%23");
        form.push_str(&format!("&Digits={digits}"));
    }
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let path = site.path(&format!("ivr/{address}"));
    site.server.send("POST", &path, Some(&site.token), &headers, Some(form.as_bytes()))
}

fn responses(site: &Site<'_>) -> Vec<Value> {
    site.get("responses").expect(200)["responses"].as_array().unwrap().clone()
}

#[test]
fn a_call_is_asked_question_by_question_and_counts_once() {
    let mut server = Server::start();
    let site = server.site();
    let address = "post-service?service=anagrafe&locale=it";
    let mut caller = Caller::dials(&site, address, "CA1");
    assert!(caller.hears().contains("da 0 a 10"), "{}", caller.answer);
    assert!(
        caller.answer.contains("language=\"it-IT\"") && caller.answer.contains("numDigits=\"2\"")
    );
    caller.presses("3");
    assert!(caller.hears().contains("da 1 a 5"), "{}", caller.answer);
    assert!(responses(&site).is_empty(), "nothing before the end");
    caller.presses("4");
    assert!(caller.hears().contains("premi 1"), "{}", caller.answer);
    caller.presses("12");
    assert!(caller.is_over() && caller.hears().contains("Grazie"), "{}", caller.answer);

    let stored = responses(&site);
    let [one] = &stored[..] else { panic!("one response") };
    assert_eq!(
        one["answers"],
        json!({"recommend": 3, "satisfaction": 4, "reasons": ["waiting", "staff"]})
    );
    assert_eq!(
        (&one["channel"], &one["service"], &one["locale"]),
        (&json!("ivr"), &json!("anagrafe"), &json!("it"))
    );
    assert!(!one.to_string().contains("39000"), "who called is nobody's business");

    // The gateway has lost the answer, and posts its last step again; also after a crash.
    let (last, kept) = (caller.next.clone(), site.keep());
    for _ in 0..2 {
        let site = kept.at(&server);
        let again = post(&site, &last.replace("&amp;", "&"), "CA1", Some("12"));
        assert!(again.body.as_str().unwrap().contains("Grazie"), "{}", again.body);
        assert_eq!(site.responses(), 1);
        server.kill();
        server.again();
    }
    // Another call is another answer.
    let site = kept.at(&server);
    Caller::dials(&site, address, "CA2").presses("8").presses("5");
    assert_eq!(site.responses(), 2);
}

#[test]
fn wrong_keys_and_silence_are_asked_again_and_then_left_out() {
    let server = Server::start();
    let site = server.site();
    let mut caller = Caller::dials(&site, "post-service?locale=en", "CA1");
    caller.presses("77");
    assert!(caller.hears().starts_with("That is not one of the answers."), "{}", caller.answer);
    caller.presses("10#");
    assert!(caller.hears().contains("from 1 to 5"), "{}", caller.answer);
    caller.is_silent();
    assert!(caller.hears().contains("from 1 to 5"));
    caller.is_silent().is_silent();
    assert!(caller.hears().contains("press 1"), "the next one: {}", caller.answer);
    caller.presses("9").presses("9").presses("9");
    assert!(caller.is_over() && caller.answer.contains("<Say"), "{}", caller.answer);
    assert_eq!(responses(&site)[0]["answers"], json!({"recommend": 10}));

    // Who says nothing to what is required has said nothing.
    let mut caller = Caller::dials(&site, "post-service?locale=en", "CA2");
    caller.is_silent().is_silent().is_silent().is_silent().is_silent().is_silent();
    assert!(caller.is_over() && !caller.answer.contains("<Say"), "{}", caller.answer);
    assert_eq!(site.responses(), 1);
}

#[test]
fn a_gateway_that_asks_by_itself_gets_204() {
    let server = Server::start();
    let site = server.site();
    let post = |address: &str, call: &str, digits: Option<&str>| post(&site, address, call, digits);
    let quiet = "post-service?reply=none";
    assert_eq!(post(quiet, "CA1", Some("9")).status, 204);
    assert_eq!(post(quiet, "CA1", Some("9")).status, 204);
    assert_eq!(post(quiet, "CA1", Some("2")).status, 409);
    // All at once, with keys that mean what was announced.
    let all = "post-service?reply=none&answers.recommend=1&keys.recommend=1:10,2:8,3:3&question=satisfaction";
    assert_eq!(post(all, "CA2", Some("5")).status, 204);
    let stored = responses(&site);
    assert_eq!(stored[0]["answers"], json!({"recommend": 10, "satisfaction": 5}));
    assert_eq!(stored[1]["answers"], json!({"recommend": 9}));
    for (address, digits, expected) in [
        (quiet, Some("12"), "Digits out_of_range"),
        (quiet, None, "Digits required"),
        ("post-service?reply=none&question=comment", Some("1"), "question unknown_question"),
        ("post-service?reply=none&question=satisfaction", Some("1"), "answers.recommend required"),
        ("post-service?reply=none&level=high", Some("1"), "level unknown_level"),
    ] {
        let answer = post(address, "CA3", digits);
        assert_eq!(answer.status, 422, "{address}: {}", answer.body);
        assert!(
            answer.violations().iter().any(|v| v.starts_with(expected.split(' ').next().unwrap())),
            "{address}: {}",
            answer.body
        );
    }
    assert_eq!(post(quiet, "", Some("9")).violations(), ["CallSid required"]);
    assert_eq!(post("none?reply=none", "CA3", Some("9")).status, 404);
    // A gateway may name each request too; it is one call all the same.
    for request in ["uuid=1", "uuid=2"] {
        let address = format!("post-service?reply=none&{request}");
        assert_eq!(post(&address, "CA1", Some("9")).status, 204);
    }
    assert_eq!(site.responses(), 2);
}

#[test]
fn a_survey_that_needs_words_is_not_for_the_phone() {
    let server = Server::start();
    let site = server.site();
    let survey = json!({"key": "words", "locales": ["it"], "questions": [
        {"key": "why", "kind": "text", "required": true, "text": {"it": "Perché?"}}]});
    site.post("surveys", &survey).expect(201);
    assert_eq!(post(&site, "words", "CA1", None).violations(), ["survey needs_words"]);
}

#[test]
fn a_token_comes_as_a_password_or_in_the_address() {
    use base64::Engine;
    let server = Server::start();
    let site = server.site();
    let made = site.post("tokens", &json!({"role": "ingest"})).expect(201);
    let token = made["token"].as_str().unwrap();
    let basic = |words: &str| {
        let both = base64::engine::general_purpose::STANDARD.encode(format!("gateway:{words}"));
        format!("Basic {both}")
    };
    let manager = site.post("tokens", &json!({"role": "manager"})).expect(201);
    let manager = manager["token"].as_str().unwrap();
    for (query, authorization, status) in [
        (String::new(), None, 401),
        (format!("?token={token}"), None, 200),
        (format!("?token={token}&tries=255"), None, 200),
        ("?token=it_guess".to_owned(), None, 401),
        (format!("?token={manager}"), None, 403),
        (String::new(), Some(basic(token)), 200),
        (String::new(), Some(basic("it_guess")), 401),
        (String::new(), Some("Basic !".to_owned()), 401),
    ] {
        let mut headers = vec![("content-type", "application/x-www-form-urlencoded")];
        headers.extend(authorization.as_deref().map(|value| ("authorization", value)));
        let path = site.path(&format!("ivr/post-service{query}"));
        let answer = server.send("POST", &path, None, &headers, Some(b"CallSid=CA1"));
        assert_eq!(answer.status, status, "{query} {authorization:?}: {}", answer.body);
        if status == 200 {
            let next = between(answer.body.as_str().unwrap(), "action=\"", "\"");
            assert_eq!(next.contains(token), query.contains(token), "it goes on as it began");
        }
    }
}

#[test]
fn the_example_plays_a_call() {
    let server = Server::start();
    let site = server.site();
    let made = site.post("tokens", &json!({"role": "ingest"})).expect(201);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/ivr/call.sh");
    let played = Command::new("sh")
        .args([script, "9", "5", "12"])
        .env("ASCOLTO", &server.base)
        .env("SITE", &site.site)
        .env("TOKEN", made["token"].as_str().unwrap())
        .output();
    let played = played.expect("a shell");
    let said = String::from_utf8_lossy(&played.stdout).into_owned();
    assert!(played.status.success(), "{said}{}", String::from_utf8_lossy(&played.stderr));
    assert_eq!(said.lines().filter(|line| line.contains("<Gather")).count(), 3, "{said}");
    assert!(said.trim_end().ends_with("<Hangup/></Response>"), "{said}");
    let [one] = &responses(&site)[..] else { panic!("one response") };
    assert_eq!(
        one["answers"],
        json!({"recommend": 9, "satisfaction": 5, "praise": ["fast", "staff"]})
    );
}
