//! Links to the hosted form: short ones lead there, signed ones cannot be changed and give one answer,
//! whoever opens them and however often.

use crate::support::browser::{Browser, post};
use crate::support::{Server, Site, run};
use collector::change::shorten;
use collector::doors::Doors;
use collector::link::{Given, Link, Uses};
use collector::log::record::ShortLink;
use collector::server::Store;
use collector::settings::Settings;
use serde_json::{Value, json};
use std::path::Path;

const QUICK: [&str; 2] = ["--answer-time-min", "0s"];

/// Makes a link and gives back its path.
fn made(site: &Site<'_>, asked: &Value) -> String {
    let made = site.post("links", asked).expect(201);
    let url = made["url"].as_str().unwrap();
    url.strip_prefix(&site.server.base).expect("an address of ours").to_owned()
}

fn signed(site: &Site<'_>, more: &Value) -> String {
    let mut asked = json!({"survey": "post-service", "signed": true});
    asked.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    made(site, &asked)
}

fn responses(site: &Site<'_>) -> Vec<Value> {
    site.get("responses").expect(200)["responses"].as_array().unwrap().clone()
}

fn answered(server: &Server, path: &str, score: &str) -> (u16, String) {
    let mut browser = Browser::open(server, path);
    browser.fill("answers.recommend", score).press("next").press("send");
    (browser.answer.status, browser.page.one("h1").text.clone())
}

#[test]
fn a_short_link_leads_to_the_form_with_what_it_says() {
    let mut server = Server::start();
    let site = server.site();
    let asked = json!({"survey": "post-service", "channel": "qr", "service": "anagrafe",
        "reference": "Sportello 3 & 4", "score": 9, "locale": "en"});
    let path = made(&site, &asked);
    assert_eq!(path.len(), "/s/".len() + 8, "{path}");
    let expected = format!(
        "/f/{}/post-service?channel=qr&service=anagrafe&ref=Sportello+3+%26+4&locale=en&score=9",
        site.key
    );
    let typed = path.to_uppercase().replace("/S/", "/s/").replace('0', "O").replace('1', "l");
    let kept = site.keep();
    for _ in 0..2 {
        for path in [&path, &typed] {
            let answer = server.get(path, None);
            assert_eq!((answer.status, answer.header("location")), (302, expected.as_str()));
        }
        assert_eq!(server.send("HEAD", &path, None, &[], None).status, 302);
        server.stop();
        server.again();
    }
    let site = kept.at(&server);
    assert!(responses(&site).is_empty());
    let browser = Browser::open(&server, &expected);
    assert_eq!(browser.expect(200).page.ticked("answers.recommend"), ["9"]);
    let listed = site.get("links").expect(200);
    assert_eq!(
        (&listed["links"][0]["to"], listed["links"].as_array().unwrap().len()),
        (&json!(expected), 1)
    );
    let code = path.strip_prefix("/s/").unwrap();
    site.delete(&format!("links/{code}")).expect(204);
    site.delete(&format!("links/{code}")).expect(404);
    assert_eq!(server.get(&path, None).status, 404);
    assert_eq!(site.get("links").expect(200), json!({"links": []}));
}

#[test]
fn a_signed_link_carries_what_the_owner_says_and_gives_one_answer() {
    let mut server = Server::start_with(&QUICK);
    let site = server.site();
    let path = signed(
        &site,
        &json!({"channel": "counter", "service": "carta", "level": "transactional",
            "reference": "A-17", "locale": "en", "score": 2, "expires_days": 30}),
    );
    assert!(path.len() < 140, "{path}");
    // Scanners of mail and the visitor's own curiosity.
    for _ in 0..3 {
        let browser = Browser::open(&server, &path);
        assert_eq!(browser.expect(200).page.ticked("answers.recommend"), ["2"]);
        server.send("HEAD", &path, None, &[], None);
    }
    assert!(responses(&site).is_empty());
    let mut browser = Browser::open(&server, &format!("{path}?channel=web&ref=forged"));
    assert_eq!(browser.page.one("html").get("lang"), "en");
    let mut late = browser.pairs().to_vec();
    browser.press("next").fill("answers.reasons", "staff").press("send").expect(200);
    let [response] = &responses(&site)[..] else { panic!("one response") };
    for (name, value) in [
        ("channel", json!("counter")),
        ("service", json!("carta")),
        ("level", json!("transactional")),
        ("locale", json!("en")),
        ("service_event", json!({"reference": "A-17"})),
    ] {
        assert_eq!(response[name], value, "{name}");
    }

    // The same link again, by a form from before, and after a crash.
    late.push(("go".into(), "send".into()));
    let kept = site.keep();
    for _ in 0..2 {
        let site = kept.at(&server);
        let opened = Browser::open(&server, &path);
        assert_eq!(opened.expect(200).page.one("h1").text, "You have already answered. Thank you.");
        assert_eq!(opened.page.all("input").count(), 0);
        assert_eq!(post(&server, &path, &late, &[]).status, 409);
        assert_eq!(site.responses(), 1);
        server.kill();
        server.again();
    }
    let mut opened = Browser::open(&server, &path);
    opened.press("").expect(200);
    assert!(opened.page.one("h1").text.contains("taken back"));
    let opened = Browser::open(&server, &path);
    assert!(opened.expect(200).page.one("h1").text.contains("taken back"));
    assert_eq!(post(&server, &path, &late, &[]).status, 409);
    assert_eq!(kept.at(&server).responses(), 0);
}

#[test]
fn of_many_at_the_same_moment_one_counts() {
    let server = Server::start_with(&QUICK);
    let site = server.site();
    let path = signed(&site, &json!({}));
    let forms: Vec<_> = (0..8)
        .map(|score: u8| {
            let mut browser = Browser::open(&server, &path);
            browser.fill("answers.recommend", &score.to_string());
            let mut pairs = browser.pairs().to_vec();
            pairs.push(("go".into(), "send".into()));
            pairs
        })
        .collect();
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let (server, path) = (&server, &path);
        let sending = forms.iter().map(|form| scope.spawn(|| post(server, path, form, &[]).status));
        let sending: Vec<_> = sending.collect();
        sending.into_iter().map(|sent| sent.join().unwrap()).collect()
    });
    let count = |wanted: u16| statuses.iter().filter(|status| **status == wanted).count();
    assert_eq!((count(303), count(409)), (1, 7), "{statuses:?}");
    assert_eq!(site.responses(), 1);
}

#[test]
fn one_answer_for_a_reference_or_as_many_as_come() {
    let server = Server::start_with(&QUICK);
    let site = server.site();
    let event = |service: &str| {
        let more = json!({"uses": "once-per-reference", "reference": "A-17", "service": service});
        signed(&site, &more)
    };
    let (first, reminder, other) = (event("carta"), event("carta"), event("tributi"));
    assert_ne!(first, reminder);
    assert_eq!(answered(&server, &first, "9").0, 200);
    let opened = Browser::open(&server, &reminder);
    assert_eq!(opened.expect(200).page.one("h1").text, "Hai già risposto. Grazie.");
    assert_eq!(answered(&server, &other, "9").0, 200);
    assert_eq!(site.responses(), 2);
    let poster = signed(&site, &json!({"uses": "many", "channel": "counter"}));
    for score in ["0", "5", "10"] {
        assert_eq!(answered(&server, &poster, score).0, 200);
    }
    assert_eq!(site.responses(), 5);
}

#[test]
fn what_was_not_made_here_is_refused_and_nothing_recorded() {
    let server = Server::start_with(&QUICK);
    let site = server.site();
    let path = signed(&site, &json!({"reference": "A-17"}));
    let mut pairs = Browser::open(&server, &path).pairs().to_vec();
    pairs.push(("answers.recommend".into(), "0".into()));
    pairs.push(("go".into(), "send".into()));
    let token = path.strip_prefix("/l/").unwrap();
    let places = [0, 3, token.len() / 2, token.len() - 3];
    let changed = places.map(|place| {
        let letter = if &token[place..=place] == "A" { "B" } else { "A" };
        format!("{}{letter}{}", &token[..place], &token[place + 1..])
    });
    for forged in changed.iter().chain([&token[..token.len() - 1].to_owned(), &"A".repeat(4_000)]) {
        let forged = format!("/l/{forged}");
        let browser = Browser::open_with(&server, &forged, &[("accept-language", "en")]);
        assert!(browser.expect(404).page.one("h1").text.contains("exactly as you received it"));
        assert_eq!(post(&server, &forged, &pairs, &[]).status, 404);
    }
    assert!(responses(&site).is_empty());
    // Not so of the right one.
    assert_eq!(post(&server, &path, &pairs, &[]).status, 303);
}

#[test]
fn after_their_time_links_say_so() {
    let mut server = Server::start();
    let kept = server.site().keep();
    server.stop();
    let (long, short) = expired(&server.data, &kept.site);
    server.again();
    for path in [long.clone(), format!("/s/{short}")] {
        let browser = Browser::open_with(&server, &path, &[("accept-language", "de")]);
        assert_eq!(browser.expect(410).page.one("h1").text, "Dieser Link ist abgelaufen.");
    }
    let pairs = [("answers.recommend".to_owned(), "9".to_owned())];
    assert_eq!(post(&server, &long, &pairs, &[]).status, 410);
    assert!(responses(&kept.at(&server)).is_empty());
}

/// A signed and a short link whose time was over yesterday, made as the collector makes them.
fn expired(data: &Path, site: &str) -> (String, String) {
    let now = collector::clock::now();
    let yesterday_s = u32::try_from(now.millis() / 1_000 - 24 * 3600).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let doors = Doors::new(Settings::default(), None);
        let store = Store::open(data, "http://127.0.0.1".to_owned(), doors).await.unwrap();
        let state = store.app.writer.state();
        let number = state.site(site).unwrap().number;
        let link = Link {
            made_s: yesterday_s - 60,
            expires_s: Some(yesterday_s),
            nonce: [1; 8],
            uses: Uses::Once,
            survey: "post-service".to_owned(),
            given: Given::default(),
        };
        let long = format!("/l/{}", link.sign(&state.secret, number));
        let expires_ms = Some(i64::from(yesterday_s) * 1_000);
        let short = ShortLink { to: "/f/".to_owned(), made_ms: 0, expires_ms };
        let shortened =
            store.app.writer.change(move |t| shorten(t, number, &[(short, false)])).await;
        let collector::change::Shortened::Done(codes) = shortened.unwrap() else { panic!("room") };
        store.close().await.unwrap();
        (long, codes[0].clone())
    })
}

#[test]
fn short_links_go_with_their_site() {
    let mut server = Server::start();
    let site = server.site();
    let path = made(&site, &json!({"survey": "post-service"}));
    let personal = signed(&site, &json!({"short": true}));
    assert_eq!(personal.len(), "/s/".len() + 13, "it leads to one person's link");
    let target = server.get(&personal, None);
    assert!(target.header("location").starts_with("/l/"));
    let delete = format!("/v1/sites/{}", site.site);
    server.send("DELETE", &delete, Some(&site.token), &[], None).expect(204);
    server.stop();
    server.again();
    for path in [&path, &personal, &target.header("location").to_owned()] {
        assert_eq!(server.get(path, None).status, 404, "{path}");
    }
}

#[test]
fn wrong_links_are_not_made() {
    let server = Server::start();
    let site = server.site();
    for (asked, expected) in [
        (json!({}), &["survey required"][..]),
        (json!({"survey": "none"}), &["survey unknown_survey"]),
        (json!({"survey": "post-service", "channel": "counter"}), &["channel channel_needs_token"]),
        (
            json!({"survey": "post-service", "channel": "smoke", "signed": true}),
            &["channel unknown_channel"],
        ),
        (json!({"survey": "post-service", "score": 11}), &["score out_of_range"]),
        (json!({"survey": "post-service", "score": 300}), &["score out_of_range"]),
        (json!({"survey": "post-service", "uses": "once"}), &["uses unsigned"]),
        (json!({"survey": "post-service", "signed": true, "uses": "twice"}), &["uses wrong_type"]),
        (
            json!({"survey": "post-service", "signed": true, "uses": "once-per-reference"}),
            &["reference required"],
        ),
        (json!({"survey": "post-service", "expires_days": 0}), &["expires_days out_of_range"]),
        (
            json!({"survey": "post-service", "short": false, "expires_days": 9}),
            &["expires_days not_kept"],
        ),
        (
            json!({"survey": "post-service", "reference": "x".repeat(101), "locale": "?"}),
            &["locale invalid", "reference too_long"],
        ),
        (json!({"survey": "post-service", "colour": 1}), &["colour unknown_field"]),
        (json!([]), &[" wrong_type"]),
    ] {
        let answer = site.post("links", &asked);
        assert_eq!(
            (answer.status, answer.violations()),
            (422, expected.iter().map(|v| (*v).to_owned()).collect()),
            "{asked}"
        );
    }
    let many = json!({"links": [{"survey": "post-service"}, {"survey": "none"}]});
    let answer = site.post("links/batch", &many);
    assert_eq!(
        (answer.status, answer.violations()),
        (422, vec!["links[1].survey unknown_survey".to_owned()])
    );
    let too_many: Vec<Value> = (0..1_001).map(|_| json!({"survey": "post-service"})).collect();
    site.post("links/batch", &json!({"links": too_many})).expect(422);
    assert_eq!(site.get("links").expect(200), json!({"links": []}), "none was made");
}

#[test]
fn many_are_made_at_once_and_listed_in_pages() {
    let server = Server::start();
    let site = server.site();
    for _ in 0..2 {
        let links: Vec<Value> = (0..700)
            .map(|n| json!({"survey": "post-service", "reference": n.to_string()}))
            .collect();
        let made = site.post("links/batch", &json!({"links": links})).expect(201);
        assert_eq!(made["links"].as_array().unwrap().len(), 700);
    }
    let first = site.get("links").expect(200);
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = site.get(&format!("links?cursor={cursor}")).expect(200);
    let count = |page: &Value| page["links"].as_array().unwrap().len();
    assert_eq!((count(&first), count(&second)), (1_000, 400));
    assert!(second.get("next_cursor").is_none());
}

#[test]
fn the_command_line_makes_one_or_many() {
    let server = Server::start();
    let site = server.site();
    let command = |arguments: &[&str]| {
        let connection = ["--server", &server.base, "--token", &site.token, "--site", &site.site];
        run(&[&["link"], arguments, &connection].concat())
    };
    let (code, out, err) = command(&[
        "create",
        "--survey",
        "post-service",
        "--channel",
        "qr",
        "--service",
        "anagrafe",
    ]);
    assert_eq!(code, 0, "{err}");
    let path = out.trim().strip_prefix(&server.base).unwrap();
    assert!(server.get(path, None).header("location").contains("channel=qr"));
    let (code, out, _) = command(&["list"]);
    assert!(code == 0 && out.contains(path) && out.contains("never expires"), "{out}");
    let (code, _, err) = command(&["create", "--survey", "post-service", "--uses", "once"]);
    assert!(code == 2 && err.contains("--signed"), "{err}");
    let (code, _, err) = command(&["create", "--survey", "none"]);
    assert!(code == 1 && err.contains("survey: the site has no such survey"), "{err}");

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("events.jsonl");
    let lines: String = (0..1_100)
        .map(|n| {
            format!(
                "{}\n",
                json!({"survey": "post-service", "signed": true, "reference": n.to_string()})
            )
        })
        .collect();
    std::fs::write(&file, lines).unwrap();
    let (code, out, err) = command(&["create", "--from", file.to_str().unwrap()]);
    assert_eq!((code, out.lines().count()), (0, 1_100), "{err}");
    let last = out.lines().last().unwrap().strip_prefix(&server.base).unwrap();
    assert_eq!(Browser::open(&server, last).answer.status, 200);
    std::fs::write(&file, "{\"survey\": \"post-service\"}\nnonsense\n").unwrap();
    let (code, _, err) = command(&["create", "--from", file.to_str().unwrap()]);
    assert!(code == 1 && err.contains("events.jsonl:2: not JSON"), "{err}");
    let (code, out, _) = command(&["delete", path.strip_prefix("/s/").unwrap()]);
    assert!(code == 0 && out.contains("deleted"), "{out}");
}
