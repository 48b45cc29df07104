//! The hosted form as a browser without scripts goes through it: nothing is recorded by looking, one
//! form is one answer, and whatever is wrong is said where it can be mended.

use crate::support::browser::{Browser, Page, post};
use crate::support::{Answer, Server, Site};
use serde_json::{Value, json};

/// Nobody here takes the time that people need.
const QUICK: [&str; 2] = ["--answer-time-min", "0s"];

fn form_of(site: &Site<'_>) -> String {
    format!("/f/{}/post-service", site.key)
}

fn all_responses(site: &Site<'_>, query: &str) -> Vec<Value> {
    let page = site.get(&format!("responses{query}")).expect(200);
    page["responses"].as_array().unwrap().clone()
}

#[test]
fn the_way_through_follows_the_answers_and_one_answer_counts() {
    let server = Server::start_with(&QUICK);
    let site = server.site();
    let from = "?channel=email&ref=A-17&service=carta&level=transactional&page=/carta&utm_source=x";
    let mut browser = Browser::open(&server, &(form_of(&site) + from));
    assert_eq!(browser.expect(200).page.questions(), ["recommend", "satisfaction"]);
    assert_eq!(browser.page.title(), "La tua opinione – Pagina 1 di 2 – Test");
    browser.fill("answers.recommend", "3").fill("answers.satisfaction", "2").press("next");
    assert_eq!(browser.expect(200).page.questions(), ["reasons", "comment"]);
    browser.fill("answers.reasons", "waiting").fill("answers.reasons", "other");
    browser.fill("other.reasons", "l’ascensore").fill("answers.comment", "Riga\r\nper riga & <b>");
    browser.press("send").expect(200);
    assert_eq!(browser.page.one("h1").text, "Grazie, la tua opinione ci aiuta a migliorare.");
    let [response] = &all_responses(&site, "")[..] else { panic!("one response") };
    let expected = json!({"recommend": 3, "satisfaction": 2, "comment": "Riga\nper riga & <b>",
        "reasons": {"selected": ["waiting"], "other": "l’ascensore"}});
    assert_eq!(response["answers"], expected);
    for (name, value) in [
        ("channel", json!("email")),
        ("service", json!("carta")),
        ("level", json!("transactional")),
        ("locale", json!("it")),
        ("service_event", json!({"reference": "A-17"})),
        ("context", json!({"page": "/carta"})),
    ] {
        assert_eq!(response[name], value, "{name}");
    }
    browser.press("").expect(200);
    assert!(browser.page.one("h1").text.contains("ritirata"));
    assert!(browser.page.all("form").next().is_none(), "it cannot be taken back twice");
    assert_eq!(site.responses(), 0);
}

#[test]
fn looking_records_nothing_and_ticks_what_the_link_says() {
    let server = Server::start();
    let site = server.site();
    let form = form_of(&site);
    for score in 0..=10 {
        let path = format!("{form}?score={score}&channel=sms");
        let browser = Browser::open(&server, &path);
        assert_eq!(browser.expect(200).page.ticked("answers.recommend"), [score.to_string()]);
        assert_eq!(server.send("HEAD", &path, None, &[], None).status, 200);
    }
    assert!(Browser::open(&server, &form).page.ticked("answers.recommend").is_empty());
    assert_eq!(all_responses(&site, ""), [] as [Value; 0]);
    assert_eq!(all_responses(&site, "?held=true"), [] as [Value; 0]);
}

#[test]
fn one_form_is_one_answer() {
    let server = Server::start_with(&QUICK);
    let site = server.site();
    let form = form_of(&site);
    let mut browser = Browser::open(&server, &form);
    browser.fill("answers.recommend", "8").press("next").expect(200);
    let mut pairs = browser.pairs().to_vec();
    pairs.push(("go".into(), "send".into()));
    let first = post(&server, &form, &pairs, &[]);
    assert_eq!(first.status, 303);
    let again = post(&server, &form, &pairs, &[]);
    assert_eq!((again.status, again.header("location")), (303, first.header("location")));
    // The page before was still there, and another score was chosen.
    pairs.iter_mut().find(|(name, _)| name == "answers.recommend").unwrap().1 = "2".into();
    let other = post(&server, &form, &pairs, &[]);
    assert_eq!(other.status, 409);
    let page = Page::read(other.body.as_str().unwrap());
    assert!(page.one("h1").text.contains("Una risposta diversa era già arrivata"));
    assert_eq!(page.one("a").get("href"), form, "a new form");
    assert_eq!(page.one("form").get("action"), first.header("location"), "taking the first back");
    let summary = site.get("summary").expect(200);
    assert_eq!((&summary["responses"], &summary["nps"]["passives"]), (&json!(1), &json!(1)));
    assert_eq!(post(&server, first.header("location"), &[], &[]).status, 303);
    let late = post(&server, &form, &pairs, &[]);
    assert_eq!(late.status, 409, "what was taken back does not come back");
    assert!(Page::read(late.body.as_str().unwrap()).one("h1").text.contains("ritirata"));
    assert_eq!(site.responses(), 0);
}

#[test]
fn what_is_wrong_is_said_on_top_and_beside_the_question() {
    let server = Server::start_with(&QUICK);
    let site = server.site();
    let mut browser = Browser::open(&server, &form_of(&site));
    browser.fill("answers.satisfaction", "5").press("next").expect(422);
    let page = &browser.page;
    assert!(page.title().starts_with("Errore: La tua opinione"), "{}", page.title());
    let summary = page.by_class("summary").unwrap();
    assert_eq!((summary.get("role"), summary.has("autofocus")), ("alert", true));
    let link = page.one("a").get("href").strip_prefix('#').unwrap();
    assert_eq!(page.by_id(link).get("name"), "answers.recommend");
    let question = page.all("fieldset").next().unwrap();
    let described: Vec<_> = question.get("aria-describedby").split(' ').collect();
    assert_eq!(described, ["ends-recommend", "fault-recommend"]);
    assert_eq!(page.by_id("fault-recommend").text, "Serve una risposta.");
    assert_eq!(page.ticked("answers.satisfaction"), ["5"], "nothing is lost");

    browser.fill("answers.recommend", "7").press("next").expect(200);
    browser.fill("answers.comment", &"è".repeat(1_001)).press("send").expect(422);
    assert_eq!(browser.page.by_id("fault-comment").text, "Il testo è troppo lungo.");
    assert_eq!(browser.page.by_class("left").unwrap().text, "Caratteri rimasti: −1");
    let words = browser.page.one("textarea");
    assert_eq!((words.text.trim().chars().count(), words.get("aria-invalid")), (1_001, "true"));
    assert_eq!(words.get("aria-describedby"), "hint-comment fault-comment");
    browser.fill("answers.comment", &"è".repeat(1_000)).press("send").expect(200);
    assert_eq!(site.responses(), 1);
}

#[test]
fn going_back_keeps_everything_and_only_what_still_applies_is_sent() {
    let server = Server::start_with(&QUICK);
    let site = server.site();
    let mut browser = Browser::open(&server, &form_of(&site));
    browser.fill("answers.recommend", "2").press("next");
    browser.fill("answers.reasons", "staff").fill("answers.comment", "prima").press("back");
    assert_eq!(browser.expect(200).page.ticked("answers.recommend"), ["2"]);
    browser.fill("answers.recommend", "10").press("next");
    assert_eq!(browser.expect(200).page.questions(), ["praise", "comment"]);
    assert_eq!(browser.page.one("textarea").text.trim(), "prima");
    browser.fill("answers.praise", "fast").press("send").expect(200);
    let responses = all_responses(&site, "");
    let answers = json!({"recommend": 10, "praise": ["fast"], "comment": "prima"});
    assert_eq!(responses[0]["answers"], answers);
    assert_eq!(responses[0]["skipped"], json!(["satisfaction"]));
}

/// A score and why, for the low ones: nothing follows a high one.
fn put_short(site: &Site<'_>, text: &str) {
    let survey = json!({"key": "short", "locales": ["en"], "questions": [
        {"key": "hello", "kind": "statement", "text": {"en": "Hello"}},
        {"key": "score", "kind": "nps", "starts_page": true, "text": {"en": text}},
        {"key": "why", "kind": "text", "required": true, "text": {"en": "Why?"},
         "show_if": {"question": "score", "max": 6}}]});
    site.post("surveys", &survey).expect(201);
}

#[test]
fn where_nothing_follows_it_is_only_sent() {
    let server = Server::start_with(&QUICK);
    let site = server.site();
    put_short(&site, "How was it?");
    let mut browser = Browser::open(&server, &format!("/f/{}/short", site.key));
    assert_eq!(browser.page.title(), "Your feedback – Page 1 of 3 – Test");
    assert_eq!(browser.page.by_class("statement").unwrap().text, "Hello");
    browser.press("next").fill("answers.score", "9");
    // Meanwhile the owner changes the words: what was begun is finished as it was.
    put_short(&site, "How did it go?");
    browser.press("next").expect(200);
    assert_eq!(browser.page.questions(), [] as [&str; 0]);
    assert!(browser.page.by_class("last").unwrap().text.contains("last question"));
    browser.press("send").expect(200);
    assert_eq!(all_responses(&site, "")[0]["survey_version"], 1);

    let mut browser = Browser::open(&server, &format!("/f/{}/short", site.key));
    browser.press("next").fill("answers.score", "1").press("next").press("send").expect(422);
    assert_eq!(browser.page.by_id("fault-why").text, "This needs an answer.");

    let mut browser = Browser::open(&server, &format!("/f/{}/short", site.key));
    browser.press("next").press("next").press("send").expect(422);
    assert!(browser.page.by_class("summary").unwrap().text.contains("at least one question"));
    assert_eq!(site.responses(), 1);
}

#[test]
fn the_language_is_asked_for_accepted_or_the_sites() {
    let server = Server::start();
    let site = server.site();
    let survey = json!({"key": "two", "locales": ["it", "en"], "questions": [
        {"key": "recommend", "kind": "nps", "text": {"it": "Quanto?", "en": "How likely?"}}]});
    site.post("surveys", &survey).expect(201);
    for (query, accepted, lang, dir, survey) in [
        ("", "", "it", "ltr", ""),
        ("", "en-GB, it;q=0.5", "en", "ltr", ""),
        ("", "de, fr", "it", "ltr", ""),
        ("?locale=en", "it", "en", "ltr", ""),
        ("?locale=ar", "en", "ar", "rtl", "it"),
        ("?locale=he", "", "he", "rtl", "it"),
        ("?locale=xx", "en", "en", "ltr", ""),
    ] {
        let path = format!("/f/{}/two{query}", site.key);
        let browser = Browser::open_with(&server, &path, &[("accept-language", accepted)]);
        let html = browser.expect(200).page.one("html");
        assert_eq!((html.get("lang"), html.get("dir")), (lang, dir), "{query} {accepted}");
        let words = browser.page.all("span").next().unwrap();
        assert_eq!(words.get("lang"), survey, "{query} {accepted}");
        assert_eq!(browser.answer.header("vary"), "Accept-Language");
    }
}

#[test]
fn every_kind_of_question_has_its_name_and_its_keyboard() {
    let server = Server::start();
    let site = server.site();
    let page = Browser::open(&server, &form_of(&site)).page;
    for fieldset in page.all("fieldset") {
        let key = fieldset.get("data-question");
        let name = format!("answers.{key}");
        let inputs: Vec<_> = page.all("input").filter(|input| input.get("name") == name).collect();
        assert!(inputs.iter().all(|input| input.get("type") == "radio"), "{key}");
        assert!(inputs.iter().all(|input| !input.get("aria-label").is_empty()), "{key}");
        assert!(!page.by_id(&format!("legend-{key}")).text.trim().is_empty());
        for id in fieldset.get("aria-describedby").split(' ') {
            page.by_id(id);
        }
    }
    let trap = page.all("input").find(|input| input.get("name") == "homepage").unwrap();
    assert_eq!((trap.get("tabindex"), trap.get("aria-hidden")), ("-1", "true"));
    let first = page.all("button").next().unwrap();
    assert_eq!(first.get("value"), "next", "the Enter key goes on");
}

#[test]
fn only_our_own_pages_send_it() {
    let server = Server::start_with(&QUICK);
    let site = server.site();
    let form = form_of(&site);
    let own = server.base.clone();
    let mut browser = Browser::open(&server, &form);
    browser.fill("answers.recommend", "8").press("next");
    let mut pairs = browser.pairs().to_vec();
    pairs.push(("go".into(), "send".into()));
    for (headers, status) in [
        (&[("origin", "https://evil.example")][..], 403),
        (&[("origin", "null")], 403),
        // A site's own pages show the form in a frame; they do not send it.
        (&[("origin", "https://www.example.org")], 403),
        (&[("origin", own.as_str()), ("sec-fetch-site", "cross-site")], 403),
        (&[("sec-fetch-site", "same-site")], 403),
        (&[("origin", own.as_str())], 303),
        (&[("origin", own.as_str()), ("sec-fetch-site", "same-origin")], 303),
        (&[], 303),
    ] {
        let answer = post(&server, &form, &pairs, headers);
        assert_eq!(answer.status, status, "{headers:?}");
        assert_eq!(site.responses(), u64::from(status == 303), "{headers:?}");
        if status == 403 {
            assert_page(&answer, 403);
        }
    }
    let json = [("content-type", "application/json")];
    assert_page(&server.send("POST", &form, None, &json, Some(b"{}")), 415);
    let form_type = [("content-type", "application/x-www-form-urlencoded")];
    let long = vec![b'a'; 97 * 1024];
    assert_page(&server.send("POST", &form, None, &form_type, Some(&long)), 413);
}

#[test]
fn wrong_addresses_are_pages_that_say_so() {
    let server = Server::start();
    let site = server.site();
    let form = form_of(&site);
    for (path, status, detail) in [
        ("/f/pk_nobody/post-service".to_owned(), 404, ""),
        (format!("/f/{}/nothing", site.key), 404, ""),
        (format!("/f/{}", site.key), 404, ""),
        ("/l/nonsense".to_owned(), 404, ""),
        ("/s/nonsense".to_owned(), 404, ""),
        (form.clone() + "/receipts/rc_nonsense", 404, ""),
        (form.clone() + "?channel=counter", 422, "channel: counter is taken with a token only"),
        (form.clone() + "?channel=smoke", 422, "channel: "),
        (form.clone() + "?service=a%20b", 422, "service: "),
        (form.clone() + "?score=11", 422, "score: takes 0 to 10"),
        (form.clone() + "?score=ten", 422, "score: takes a whole number"),
        (form.clone() + "?level=high", 422, "level: "),
        (format!("{form}?ref={}", "x".repeat(101)), 422, "reference: "),
    ] {
        let browser = Browser::open_with(&server, &path, &[("accept-language", "en")]);
        assert_page(&browser.answer, status);
        assert_eq!(browser.page.one("html").get("lang"), "en", "{path}");
        let hint = browser.page.by_class("hint").map_or("", |hint| &hint.text);
        assert!(hint.starts_with(detail), "{path}: {hint:?}");
    }
    assert_page(&server.send("PUT", &form, None, &[], None), 405);
}

#[test]
fn a_page_does_nothing_but_its_own_and_is_framed_by_the_site_alone() {
    let server = Server::start();
    let site = server.site();
    let answer = server.get(&form_of(&site), None);
    let policy = answer.header("content-security-policy");
    for part in [
        "default-src 'none'",
        "style-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors https://www.example.org",
    ] {
        assert!(policy.split("; ").any(|found| found == part), "{part} in {policy}");
    }
    assert!(!policy.contains("script-src") && !policy.contains("unsafe"));
    assert!(!answer.headers.contains_key("x-frame-options"), "it cannot name origins");
    assert!(!answer.headers.contains_key("set-cookie"));
    assert_eq!(answer.header("x-robots-tag"), "noindex, nofollow");
    assert_eq!(answer.header("referrer-policy"), "same-origin");
    let page = Page::read(answer.body.as_str().unwrap());
    assert!(page.elements.iter().all(|element| element.name != "script" && !element.has("style")));
    let style = page.all("link").find(|link| link.get("rel") == "stylesheet").unwrap();
    let sheet = server.get(style.get("href"), None);
    assert_eq!(sheet.header("content-type"), "text/css; charset=utf-8");
    assert!(sheet.header("cache-control").contains("immutable"));
    let sheet = sheet.body.as_str().unwrap();
    for part in ["--paper: #fff;", ":root[dir=\"rtl\"] {", ":root[data-theme=\"dark\"] {"] {
        assert!(sheet.contains(part), "{part}: the widget's style fits the page");
    }
    assert!(!sheet.contains(":host"));
    let refusal = server.get("/f/pk_nobody/post-service", None);
    assert!(refusal.header("content-security-policy").ends_with("frame-ancestors 'none'"));
    assert_eq!(refusal.header("x-frame-options"), "DENY");
}

#[test]
fn too_many_at_once_lose_nothing() {
    let flags = ["--rate-address-per-minute", "1", "--rate-address-burst", "2"];
    let server = Server::start_with(&[&flags[..], &QUICK].concat());
    let site = server.site();
    let mut browser = Browser::open(&server, &form_of(&site));
    browser.fill("answers.recommend", "8").press("next").expect(200);
    browser.fill("answers.comment", "resta qui").press("back").expect(200);
    browser.press("next").expect(429);
    let wait: u64 = browser.answer.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert!(browser.page.by_class("summary").unwrap().text.contains("conservata qui"));
    assert_eq!(browser.page.ticked("answers.recommend"), ["8"]);
    let kept = browser.pairs().iter().any(|pair| pair.1 == "resta qui");
    assert!(kept, "{:?}", browser.pairs());
    assert_eq!(browser.page.by_class("summary").unwrap().get("role"), "alert");
}

/// Why the only response is held; `None` where it counts.
fn held(site: &Site<'_>) -> Option<String> {
    let held = all_responses(site, "?held=true");
    Some(held.first()?["held"].as_str().unwrap().to_owned())
}

#[test]
fn programs_are_held_and_not_told() {
    for (flags, trap, link, expected) in [
        (&QUICK[..], "https://spam.example", false, Some("honeypot")),
        (&[], "", false, Some("too_fast")),
        (&["--answer-time-min", "0s", "--proof-of-work", "1000"], "", false, Some("unproven")),
        // The owner's signature is worth more than a second's work.
        (&["--answer-time-min", "0s", "--proof-of-work", "1000"], "", true, None),
        (&QUICK, "", false, None),
    ] {
        let server = Server::start_with(flags);
        let site = server.site();
        let path = match link {
            true => {
                let made = site.post("links", &json!({"survey": "post-service", "signed": true}));
                let url = made.expect(201)["url"].as_str().unwrap().to_owned();
                url.strip_prefix(&server.base).unwrap().to_owned()
            }
            false => form_of(&site),
        };
        let mut browser = Browser::open(&server, &path);
        browser.fill("answers.recommend", "9").fill("answers.satisfaction", "5").press("next");
        browser.fill("homepage", trap).press("send").expect(200);
        assert!(browser.page.by_class("mark").is_some(), "thanks all the same");
        assert_eq!(held(&site).as_deref(), expected, "{flags:?}");
        assert_eq!(site.responses(), u64::from(expected.is_none()), "{flags:?}");
    }
}

#[test]
fn a_form_that_was_not_made_here_is_shown_again() {
    let server = Server::start_with(&QUICK);
    let (site, other) = (server.site(), server.site());
    let strange = Browser::open(&server, &form_of(&other)).pairs().to_vec();
    let ticket = &strange.iter().find(|(name, _)| name == "ticket").unwrap().1;
    for ticket in ["", "nonsense", ticket.as_str()] {
        let pairs = [("ticket", ticket), ("go", "send"), ("answers.recommend", "0")];
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let answer = post(&server, &form_of(&site), &pairs, &[]);
        assert_eq!(answer.status, 422, "{ticket}");
        let page = Page::read(answer.body.as_str().unwrap());
        assert_eq!(page.ticked("answers.recommend"), ["0"]);
        assert_eq!(site.responses(), 0);
    }
}

fn assert_page(answer: &Answer, status: u16) {
    assert_eq!(answer.status, status, "{}", answer.body);
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    let page = Page::read(answer.body.as_str().unwrap());
    assert!(!page.one("h1").text.is_empty());
}
