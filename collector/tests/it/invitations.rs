//! Invitations without anything that sends: what the collector makes for them, who wants no more of
//! them, and what a dry run writes.

use crate::support::browser::{Browser, Page, post};
use crate::support::mail::Mail;
use crate::support::{Answer, Server, Site, run};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const ONE_CLICK: &[u8] = b"List-Unsubscribe=One-Click";
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

fn prepared(site: &Site<'_>, recipients: &[&str], more: &Value) -> Value {
    let mut one = json!({"recipients": recipients, "channel": "email"});
    one.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let asked = json!({"survey": "post-service", "invitations": [one]});
    site.post("invitations", &asked).expect(200)["invitations"][0].clone()
}

fn path(server: &Server, url: &Value) -> String {
    url.as_str().unwrap().strip_prefix(&server.base).expect("an address of ours").to_owned()
}

#[test]
fn links_are_personal_and_nothing_of_whom_is_kept() {
    let mut server = Server::start_with(&["--answer-time-min", "0s"]);
    let site = server.site();
    let more = json!({"service": "carta", "reference": "A-17", "locale": "en", "short": true});
    let made = prepared(&site, &["Anna.Rossi@example.it", "+39 333 9876543"], &more);
    assert_eq!(made["status"], "ready");
    let url = path(&server, &made["url"]);
    assert_eq!(server.get(&path(&server, &made["short_url"]), None).header("location"), url);
    // Scanners of mail, with the score that somebody could have clicked.
    for method in ["GET", "HEAD", "GET"] {
        let answer = server.send(method, &format!("{url}&score=9"), None, &[], None);
        assert_eq!(answer.status, 200);
    }
    assert_eq!(site.responses(), 0);
    // Not on this scale: nothing is ticked.
    for score in ["11", "many"] {
        let opened = Browser::open(&server, &format!("{url}&score={score}"));
        assert!(opened.expect(200).page.ticked("answers.recommend").is_empty());
    }
    let mut browser = Browser::open(&server, &format!("{url}&score=9"));
    assert_eq!(browser.page.ticked("answers.recommend"), ["9"]);
    let leave = browser.page.all("a").find(|link| link.get("href").starts_with("/o/")).unwrap();
    assert_eq!(leave.text, "I want no more invitations");
    assert!(
        made["opt_out_url"]
            .as_str()
            .unwrap()
            .contains(leave.get("href").split('?').next().unwrap())
    );
    browser.press("next").press("send").expect(200);
    let stored = site.get("responses").expect(200)["responses"][0].clone();
    let about = (&stored["channel"], &stored["service"], &stored["service_event"]["reference"]);
    assert_eq!(about, (&json!("email"), &json!("carta"), &json!("A-17")));
    // Neither in the log nor on the disk.
    let data = server.data.clone();
    let log = server.log();
    let mut files = vec![data];
    let mut everything = log.into_bytes();
    while let Some(file) = files.pop() {
        if file.is_dir() {
            files.extend(fs::read_dir(file).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            everything.extend(fs::read(file).unwrap().to_ascii_lowercase());
        }
    }
    for secret in ["anna.rossi", "3339876543", "333 987"] {
        let found = everything.windows(secret.len()).any(|bytes| bytes == secret.as_bytes());
        assert!(!found, "{secret} is kept");
    }
}

#[test]
fn whoever_wants_no_more_invitations_gets_none_by_any_way() {
    let mut server = Server::start();
    let kept = server.site().keep();
    let site = kept.at(&server);
    let made = prepared(&site, &["anna@example.it", "+393339876543"], &json!({}));
    let url = path(&server, &made["opt_out_url"]);
    for method in ["GET", "HEAD", "GET"] {
        assert_eq!(server.send(method, &url, None, &[], None).status, 200);
    }
    let status = |site: &Site<'_>, to: &str| prepared(site, &[to], &json!({}))["status"].clone();
    assert_eq!(status(&site, "anna@example.it"), "ready");
    // As a mail program does it (RFC 8058), from anywhere, and again.
    let foreign = [FORM, ("origin", "https://mail.example"), ("sec-fetch-site", "cross-site")];
    let boundary = "multipart/form-data; boundary=x";
    let multipart = b"--x\r\ncontent-disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--";
    for (headers, body) in [
        (&foreign[..], ONE_CLICK),
        (&[("content-type", boundary)], multipart),
        (&[FORM], ONE_CLICK),
        (&[], b""),
    ] {
        let answer = server.send("POST", &url, None, headers, Some(body));
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    for to in ["ANNA@example.it", "0039 333 987 65 43"] {
        assert_eq!(status(&site, to), "opted_out");
    }
    assert_eq!(status(&site, "carlo@example.it"), "ready");
    let listed = site.get("opt-outs").expect(200);
    assert_eq!((&listed["total"], listed["opt_outs"].as_array().unwrap().len()), (&json!(2), 2));
    // Another site's are others.
    let other = server.site();
    assert_eq!(status(&other, "anna@example.it"), "ready");
    server.kill();
    server.again();
    let site = kept.at(&server);
    assert_eq!(status(&site, "anna@example.it"), "opted_out");
    assert_eq!(site.get("opt-outs").expect(200)["total"], 2);
    // On the page itself, and back.
    let mut browser = Browser::open(&server, &format!("{url}?locale=en"));
    assert_eq!(browser.page.one("h1").text, "You will get no more invitations from Test.");
    browser.press("again").expect(200);
    assert_eq!(browser.page.one("h1").text, "You can get invitations from Test again.");
    assert_eq!(status(&site, "anna@example.it"), "ready");
    browser.press("stop").expect(200);
    assert_eq!(status(&site, "anna@example.it"), "opted_out");
    let forged = format!("{}A", &url[..url.len() - 1]);
    assert_eq!(post(&server, &forged, &[], &[]).status, 404);
    site.server.send("DELETE", &format!("/v1/sites/{}", site.site), Some(&site.token), &[], None);
    assert_eq!(server.get(&url, None).status, 404);
}

#[test]
fn an_owner_keeps_the_list_and_every_mistake_is_told_without_the_address() {
    let server = Server::start();
    let site = server.site();
    let cli = |arguments: &[&str]| {
        let mut all = vec!["invite", "opt-out"];
        all.extend(arguments);
        all.extend(["--site", &site.site, "--server", &server.base, "--token", &site.token]);
        let (code, out, error) = run(&all);
        (code, out.trim().to_owned(), error)
    };
    assert_eq!(cli(&["add", "anna@example.it", "+39 333 1234567"]).1, "2 added");
    assert_eq!(cli(&["add", "Anna@Example.it"]).1, "0 added; 1 so already");
    assert!(cli(&["list"]).1.ends_with("2 want no more invitations"));
    assert_eq!(cli(&["remove", "anna@example.it"]).1, "1 removed");
    let (code, _, error) = cli(&["add", "333 1234567"]);
    assert_eq!(code, 1);
    assert!(error.contains("[bad_recipient]") && !error.contains("333 1234567"), "{error}");
    let asked = |more: Value| {
        let mut asked = json!({"survey": "post-service", "invitations": []});
        asked.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        site.post("invitations", &asked)
    };
    let violations = |answer: Answer| (answer.status, answer.violations());
    for (more, path) in [
        (json!({"survey": "nothing"}), "survey unknown_survey"),
        (json!({"uses": "twice"}), "uses wrong_type"),
        (json!({"expires_days": 0}), "expires_days out_of_range"),
        (json!({"more": 1}), "more unknown_field"),
        (json!({"invitations": vec![json!({}); 1_001]}), "invitations too_many"),
    ] {
        assert_eq!(violations(asked(more)), (422, vec![path.to_owned()]));
    }
    let lines = json!({"invitations": [{}, {"recipients": ["x"], "channel": "email"},
        {"recipients": [], "channel": "email"}, {"recipients": ["a@b.it"], "channel": "nothing"},
        {"recipients": ["a@b.it"], "channel": "sms", "service": "two words"}]});
    let made = asked(lines).expect(200);
    for line in made["invitations"].as_array().unwrap() {
        assert_eq!(line["status"], "refused");
        assert!(!line["violations"].as_array().unwrap().is_empty());
    }
}

/// The file, the campaign, and a place for what is written.
struct Folder(TempDir);

impl Folder {
    fn new(campaign: &str, recipients: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("campaign.toml"), campaign).unwrap();
        fs::write(folder.path().join("people.csv"), recipients).unwrap();
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn dry_run(&self, site: &Site<'_>, flags: &[&str]) -> (i32, Value, String) {
        let [campaign, people, out] = ["campaign.toml", "people.csv", "out"]
            .map(|name| self.path(name).display().to_string());
        let Site { server, site, token, .. } = site;
        let mut all = vec!["invite", "send", "--site", site, "--survey", "post-service", "--json"];
        all.extend(["--server", &server.base, "--token", token, "--dry-run", &out]);
        all.extend(flags);
        all.extend([campaign.as_str(), &people]);
        let (code, out, error) = run(&all);
        (code, serde_json::from_str(&out).unwrap_or_default(), error)
    }

    fn mail(&self, line: u64) -> Mail {
        Mail::read(&fs::read_to_string(self.path("out").join(format!("{line:06}.eml"))).unwrap())
    }

    fn sms(&self, line: u64) -> String {
        let text = fs::read_to_string(self.path("out").join(format!("{line:06}.txt"))).unwrap();
        text.split_once("\n\n").unwrap().1.trim_end().to_owned()
    }

    fn report(&self) -> Vec<String> {
        let text = fs::read_to_string(self.path("out/report.csv")).unwrap();
        let first = |line: &str| line.split(',').take(4).collect::<Vec<_>>().join(",");
        text.lines().skip(1).map(first).collect()
    }
}

const BOTH: &str = "[mail]\nfrom = 'Comune di Esempio <feedback@comune.example.it>'\nserver = 'localhost'\n\
    imprint = 'Comune di Esempio, piazza Roma 1'\n[sms]\nurl = 'http://localhost/{number}?t={text}'\ncountry_code = '+39'\n";
const PUBLIC: [&str; 2] = ["--public-url", "https://feedback.comune.example.it"];

#[test]
fn a_dry_run_writes_everything_and_sends_nothing() {
    let server = Server::start_with(&PUBLIC);
    let site = server.site();
    site.post("opt-outs", &json!({"recipients": ["stop@example.it"]})).expect(200);
    let people = "E-mail;Cellulare;Nome;Lingua;Pratica\n\
        anna@example.it;;Anna <b>Rossi</b>;;A-17\n\
        ;333 1234567;Carlo;en;\n\
        nobody;;;;\n\
        stop@example.it;3339999999;;;\n\
        Anna@Example.it;;;;A-17\n\
        ;;Dora;;\n\
        eva@example.it;;;xx;\n\
        ;+30 69 1234 5678;;el;\n";
    let folder = Folder::new(BOTH, people);
    let (code, out, error) = folder.dry_run(&site, &[]);
    assert_eq!(code, 1, "{error}");
    let expected = [
        "2,ready,,",
        "3,ready,,",
        "4,refused,E-mail,bad_address",
        "5,opted_out,,",
        "6,duplicate,,",
        "7,refused,,no_channel",
        "8,refused,,bad_locale",
        "9,ready,,",
    ];
    let mut report = folder.report();
    report.sort();
    assert_eq!(report, expected);
    assert_eq!(out["statuses"], json!({"ready": 3, "refused": 3, "opted_out": 1, "duplicate": 1}));
    assert!(!folder.path("people.csv.journal").exists());
    assert_eq!(site.get("summary/funnel").expect(200)["overall"]["impressions"], Value::Null);
    assert_eq!(site.get("links").expect(200)["links"], json!([]));
    let sms = folder.sms(3);
    assert!(
        sms.starts_with(
            "Test: how did it go? Answer in a minute: https://feedback.comune.example.it/s/"
        ),
        "{sms}"
    );
    assert!(folder.sms(9).starts_with("Test: πώς ήταν; https://"));
    // Not into what is there already.
    let (code, _, error) = folder.dry_run(&site, &[]);
    assert!(code == 1 && error.contains("is not empty"), "{error}");
}

/// Whoever opens the report in a spreadsheet runs nothing of what a stranger put into the file.
#[test]
fn a_report_holds_no_formulas() {
    let server = Server::start_with(&PUBLIC);
    let site = server.site();
    let people = "E-mail;Nome\n=HYPERLINK(0);Anna\n";
    let folder = Folder::new(BOTH, people);
    assert_eq!(folder.dry_run(&site, &[]).0, 1);
    let text = fs::read_to_string(folder.path("out/report.csv")).unwrap();
    assert!(text.contains(",'=HYPERLINK(0)"), "{text}");
}

#[test]
fn an_sms_is_one_message_or_none() {
    let server = Server::start_with(&PUBLIC);
    let site = server.site();
    let link = "https://feedback.comune.example.it/s/0000000000000".len();
    for (text, fits) in [
        (format!("{}{{link}}", "a".repeat(160 - link)), true),
        (format!("{}{{link}}", "a".repeat(161 - link)), false),
        // Two septets.
        (format!("{}€{{link}}", "a".repeat(158 - link)), true),
        (format!("{}€{{link}}", "a".repeat(159 - link)), false),
        (format!("{}ç{{link}}", "a".repeat(69 - link)), true),
        (format!("{}ç{{link}}", "a".repeat(70 - link)), false),
        // Signs of typography are made plain.
        (format!("L’{}{{link}}", "a".repeat(158 - link)), true),
    ] {
        let campaign = format!("{BOTH}[texts.it]\nsms = \"{text}\"\n");
        let folder = Folder::new(&campaign, "phone\n3331234567\n");
        let (code, out, _) = folder.dry_run(&site, &[]);
        if fits {
            assert_eq!(code, 0, "{out}");
        } else {
            let issue = &out["issues"][0];
            assert_eq!((code, &issue["code"]), (1, &json!("too_long")), "{text}");
            let message = issue["message"].as_str().unwrap();
            assert!(
                message.contains(if text.contains('ç') {
                    "of 70 UCS-2 units"
                } else {
                    "of 160 septets"
                }),
                "{message}"
            );
        }
    }
    let campaign = format!("{BOTH}[texts.it]\nsms = \"{{name}}: {{link}}\"\n");
    let folder = Folder::new(&campaign, "phone,name\n3331234567,{stop} {link}\n");
    assert_eq!(folder.dry_run(&site, &[]).0, 0);
    let sms = folder.sms(2);
    assert!(sms.starts_with("{stop} {link}: https://"), "a name is no text: {sms}");
}

#[test]
fn mails_keep_to_what_mail_programs_show() {
    let server = Server::start_with(&PUBLIC);
    let site = server.site_with(
        &json!({"name": "Comune di <Esempio> & figli", "origins": ["https://www.example.org"],
        "locale": "it", "timezone": "Europe/Rome"}),
    );
    let locales = [
        "ar", "bg", "cs", "da", "de", "el", "en", "es", "et", "fi", "fr", "ga", "he", "hr", "hu",
        "it", "lt", "lv", "mt", "nl", "pl", "pt", "ro", "sk", "sl", "sv",
    ];
    let rows = locales.map(|locale| format!("{locale}@example.it,{locale},Anna “A” <i>\n"));
    let folder = Folder::new(BOTH, &format!("email,locale,name\n{}", rows.concat()));
    let (code, out, error) = folder.dry_run(&site, &[]);
    assert_eq!(code, 0, "{out} {error}");
    for (line, locale) in (2..).zip(locales) {
        let mail = folder.mail(line);
        check_html(&mail, locale);
        check_text(&mail);
        check_headers(&mail, locale);
    }
    let long = format!("{BOTH}[texts.it]\nintro = \"{}\"\n", "parola ".repeat(140));
    let folder = Folder::new(&long, "email\nanna@example.it\n");
    assert_eq!(folder.dry_run(&site, &[]).0, 0);
    check_text(&folder.mail(2));
}

fn check_html(mail: &Mail, locale: &str) {
    let page = Page::read(&mail.html);
    let html = page.one("html");
    let rtl = matches!(locale, "ar" | "he");
    assert_eq!((html.get("lang"), html.get("dir")), (locale, if rtl { "rtl" } else { "ltr" }));
    assert!(mail.html.len() <= 102 * 1024 && mail.raw.len() <= 102 * 1024, "{}", mail.raw.len());
    for forbidden in ["script", "img", "link", "form", "input", "iframe", "video", "object"] {
        assert_eq!(page.all(forbidden).count(), 0, "{forbidden}");
    }
    assert!(!mail.html.contains("url(") && !mail.html.contains("@import"));
    for element in &page.elements {
        let handlers = element.attributes.keys().filter(|name| name.starts_with("on"));
        assert_eq!(handlers.count(), 0, "{element:?}");
        if element.name == "table" {
            assert_eq!(element.get("role"), "presentation");
        }
        if matches!(element.name.as_str(), "p" | "a" | "h1" | "td") {
            assert!(element.has("style"), "without a style: {element:?}");
        }
        let width = element.get("width");
        assert!(width.ends_with('%') || width.parse::<u32>().unwrap_or(0) <= 600, "{width}");
    }
    assert!(mail.html.contains("max-width:600px"));
    assert!(mail.html.contains("name=\"color-scheme\" content=\"light dark\""));
    let scores = page.all("a").filter(|link| link.get("href").contains("&score="));
    let scores: Vec<_> = scores.map(|link| (link.text.clone(), link.has("aria-label"))).collect();
    assert_eq!(scores, (0..=10).map(|n: u8| (n.to_string(), true)).collect::<Vec<_>>());
    assert!(mail.html.contains("Comune di &lt;Esempio&gt; &amp; figli"));
}

fn check_text(mail: &Mail) {
    for line in mail.text.lines() {
        assert!(line.chars().count() <= 78, "{line}");
    }
    assert!(mail.raw.split("\r\n").all(|line| line.len() <= 998), "RFC 5322, 2.1.1");
    assert!(!mail.raw.replace("\r\n", "").contains(['\r', '\n']), "lines end with CR LF");
    assert!(mail.text.contains("https://feedback.comune.example.it/s/"));
    assert!(mail.text.contains("https://feedback.comune.example.it/o/"));
}

fn check_headers(mail: &Mail, locale: &str) {
    let header = |name: &str| mail.headers[name].as_str();
    assert_eq!(header("list-unsubscribe-post"), "List-Unsubscribe=One-Click");
    let leave = header("list-unsubscribe");
    assert!(leave.starts_with("<https://feedback.comune.example.it/o/") && leave.ends_with('>'));
    assert!(mail.text.contains(&leave[1..leave.len() - 1]));
    assert_eq!((header("content-language"), header("auto-submitted")), (locale, "auto-generated"));
    for name in ["date", "message-id", "subject", "mime-version"] {
        assert!(mail.headers.contains_key(name), "{name}");
    }
    assert!(header("from").contains("<feedback@comune.example.it>"));
    assert!(header("to").contains(&format!("<{locale}@example.it>")), "{}", header("to"));
    assert!(mail.raw.is_ascii(), "everything is encoded");
}

#[test]
fn what_cannot_be_meant_is_bad_usage() {
    let server = Server::start();
    let site = server.site();
    for (campaign, people, flags, expected) in [
        ("[mail]\nfrom = 'x'\nserver = 'a'\n", "email\n", &[][..], "mail.from"),
        (
            "[sms]\nurl = 'http://127.0.0.1:1/'\nbody = '{\"to\":\"{number}\",\"text\":\"{text}\"}'\n",
            "phone\n+393331234567\n",
            &[],
            "Content-Type",
        ),
        (BOTH, "column\nvalue\n", &[], "no column has e-mail addresses"),
        (BOTH, "email\na@b.it\n", &["--map", "score=email"], "no such field"),
        (BOTH, "email\na@b.it\n", &["--map", "phone=other"], "no such column"),
    ] {
        let folder = Folder::new(campaign, people);
        let (code, _, error) = folder.dry_run(&site, flags);
        assert!(code == 2 && error.contains(expected), "{code} {error}");
    }
    let folder = Folder::new(BOTH, "Posta\na@example.it\n");
    let (code, out, error) = folder.dry_run(&site, &["--map", "email=Posta", "--locale", "en"]);
    assert_eq!(code, 0, "{out} {error}");
    assert_eq!(folder.mail(2).headers["content-language"], "en");
    assert!(Path::new(&folder.path("out/report.csv")).exists());
}

#[test]
fn the_example_is_what_it_says() {
    let server = Server::start_with(&["--public-url", "https://feedback.example.org"]);
    let site = server
        .site_with(&json!({"name": "Comune di Esempio", "origins": ["https://www.example.org"],
        "locale": "it", "timezone": "Europe/Rome"}));
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/email");
    let read = |name: &str| fs::read_to_string(example.join(name)).unwrap();
    let folder = Folder::new(&read("campaign.toml"), &read("recipients.csv"));
    let (code, out, error) = folder.dry_run(&site, &[]);
    assert_eq!((code, &out["statuses"]), (0, &json!({"ready": 4})), "{out} {error}");
    let text = folder.mail(2).text;
    let cut = |line: &str| match line.strip_prefix("https://feedback.example.org/") {
        Some(rest) => format!("https://feedback.example.org/{}…", &rest[..2]),
        None => line.to_owned(),
    };
    let text: Vec<String> = text.trim_end().lines().map(cut).collect();
    assert_eq!(text, read("invitation.txt").trim_end().lines().collect::<Vec<_>>());
    assert!(folder.sms(4).starts_with("Comune di Esempio: com'è andata? Un minuto"));
}

#[test]
fn links_that_nobody_can_open_are_not_sent() {
    let mut server = Server::start();
    let site = server.site().keep();
    assert!(server.stop());
    let folder = Folder::new(BOTH, "email\na@example.it\n");
    let [campaign, people] = ["campaign.toml", "people.csv"].map(|name| folder.path(name));
    let data = server.data.display().to_string();
    let all = ["invite", "send", "--data", &data, "--site", &site.site, "--survey", "post-service"];
    let files = [campaign.to_str().unwrap(), people.to_str().unwrap()];
    let (code, _, error) = run(&[&all[..], &files].concat());
    assert!(code == 2 && error.contains("nobody else can open"), "{code} {error}");
}
