//! Invitations all the way: sent through a real mail server and a real gateway, each person once,
//! whatever happens on the way; answered by the link, and counted.

use crate::support::browser::{Browser, post};
use crate::support::gateway::Gateway;
use crate::support::mail::MailServer;
use crate::support::{Server, Site, ascolto, run};
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tempfile::TempDir;

struct Campaign {
    folder: TempDir,
}

impl Campaign {
    fn new(mail: Option<&MailServer>, gateway: Option<&Gateway>, people: &str) -> Self {
        let mut toml = String::new();
        if let Some(mail) = mail {
            toml += &format!(
                "[mail]\nfrom = 'Comune <feedback@comune.example.it>'\nserver = '127.0.0.1'\nport = {}\nsecurity = 'none'\nrate = '1000/s'\n",
                mail.port
            );
        }
        if let Some(gateway) = gateway {
            toml += &format!(
                "[sms]\nurl = '{}/send'\nrate = '1000/s'\nbody = '{{\"to\":\"{{number}}\",\"text\":\"{{text}}\",\"id\":\"{{id}}\"}}'\n[sms.headers]\nContent-Type = 'application/json'\n",
                gateway.base
            );
        }
        let campaign = Self { folder: tempfile::tempdir().unwrap() };
        fs::write(campaign.path("campaign.toml"), toml).unwrap();
        fs::write(campaign.path("people.csv"), people).unwrap();
        campaign
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn arguments(&self, site: &Site<'_>, flags: &[&str]) -> Vec<String> {
        let [campaign, people] =
            ["campaign.toml", "people.csv"].map(|name| self.path(name).display().to_string());
        let Site { server, site, token, .. } = site;
        let mut all = vec!["invite", "send", "--site", site, "--survey", "post-service", "--json"];
        all.extend(["--server", &server.base, "--token", token, "--wait", "1s"]);
        all.extend(flags);
        all.extend([campaign.as_str(), &people]);
        all.into_iter().map(str::to_owned).collect()
    }

    fn send(&self, site: &Site<'_>, flags: &[&str]) -> (i32, Value, String) {
        let arguments = self.arguments(site, flags);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let (code, out, error) = run(&arguments);
        (code, serde_json::from_str(&out).unwrap_or_default(), error)
    }
}

/// Impressions, responses and the response rate of a channel, once all is told.
fn reach(site: &Site<'_>, channel: &str, impressions: u64) -> (u64, u64, f64) {
    let end = Instant::now() + Duration::from_secs(10);
    loop {
        let rows = site.get("summary/funnel").expect(200)["channels"].clone();
        let row = rows.as_array().unwrap().iter().find(|row| row["channel"] == channel).cloned();
        let row = row.unwrap_or_default();
        let number = |name: &str| row[name].as_u64().unwrap_or_default();
        if number("impressions") >= impressions || Instant::now() > end {
            let rate = row["response_rate"].as_f64().unwrap_or_default();
            return (number("impressions"), number("responses"), rate);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
#[ignore = "mail: a mail server is started, which cargo xtask test mail installs"]
fn from_the_file_to_the_answer() {
    let (server, mail) = (Server::start_with(&["--answer-time-min", "0s"]), MailServer::start());
    let site = server.site();
    let people = "email,name,service,reference,locale\n\
        anna@example.it,Anna,Carta d'identità,A-17,it\n\
        ben@example.it,Ben,carta,A-18,en\n\
        carlo@example.it,,carta,A-19,\n\
        dora@example.it,,carta,A-20,\n";
    let campaign = Campaign::new(Some(&mail), None, people);
    let (code, out, error) = campaign.send(&site, &[]);
    assert_eq!((code, &out["counted"]), (0, &json!(4)), "{out} {error}");
    let mails = mail.mails();
    assert_eq!(mails.len(), 4);
    assert!(mails[0].text.contains("Buongiorno Anna,") && mails[1].text.contains("Hello Ben,"));

    // A scanner opens every link of the mail, and more than once.
    let link = mails[0].score_link(&server.base, 9);
    for score in 0..=10 {
        let path = mails[0].score_link(&server.base, score);
        for method in ["HEAD", "GET", "GET"] {
            assert_eq!(server.send(method, &path, None, &[], None).status, 200);
        }
    }
    let leave = mails[0].headers["list-unsubscribe"].trim_matches(['<', '>']).to_owned();
    server.get(leave.strip_prefix(&server.base).unwrap(), None);
    assert_eq!(site.responses(), 0);
    let (impressions, responses, _) = reach(&site, "email", 4);
    assert_eq!((impressions, responses), (4, 0));

    // Somebody sends what was clicked, twice.
    let mut browser = Browser::open(&server, &link);
    assert_eq!(browser.page.ticked("answers.recommend"), ["9"]);
    let mut again = browser.press("next").pairs().to_vec();
    again.push(("go".into(), "send".into()));
    browser.press("send").expect(200);
    post(&server, &link, &again, &[]);
    assert_eq!(site.responses(), 1);
    let stored = site.get("responses").expect(200)["responses"][0].clone();
    for (name, value) in [
        ("channel", json!("email")),
        ("service", json!("carta-d-identita")),
        ("service_event", json!({"reference": "A-17"})),
        ("locale", json!("it")),
        ("answers", json!({"recommend": 9})),
    ] {
        assert_eq!(stored[name], value, "{name}");
    }
    assert_eq!(reach(&site, "email", 4), (4, 1, 0.25));
    let channels = site.get("summary/channels").expect(200)["channels"].clone();
    let row = (&channels[0]["channel"], &channels[0]["impressions"], &channels[0]["response_rate"]);
    assert_eq!(row, (&json!("email"), &json!(4), &json!(0.25)));

    // Whoever leaves by the button of a mail program gets nothing more; nor does anybody who was
    // asked before.
    let leave = mails[1].headers["list-unsubscribe"].trim_matches(['<', '>']).to_owned();
    let leave = leave.strip_prefix(&server.base).unwrap().to_owned();
    let click = [("List-Unsubscribe".to_owned(), "One-Click".to_owned())];
    assert_eq!(post(&server, &leave, &click, &[]).status, 200);
    let (code, out, _) = campaign.send(&site, &[]);
    assert_eq!((code, &out["statuses"]), (0, &json!({"already": 4})));
    fs::write(campaign.path("people.csv"), "email,reference\nben@example.it,B-1\n").unwrap();
    let (code, out, _) = campaign.send(&site, &[]);
    assert_eq!((code, &out["statuses"]), (0, &json!({"opted_out": 1})));
    assert_eq!(mail.mails().len(), 4);
    assert_eq!(reach(&site, "email", 4).0, 4);
    let journal = fs::read_to_string(campaign.path("people.csv.journal")).unwrap();
    assert!(!journal.contains("example.it") && !journal.contains("A-17"), "{journal}");
}

#[test]
#[ignore = "mail: a mail server is started, which cargo xtask test mail installs"]
fn what_a_mail_server_says_is_understood() {
    let (server, mail) = (Server::start(), MailServer::start());
    let site = server.site();
    let people = ["grey", "gone", "anna", "content", "cut", "silent", "closing", "busy", "last"];
    let rows = people.map(|name| format!("{name}@example.it\n")).concat();
    let campaign = Campaign::new(Some(&mail), None, &format!("email\n{rows}"));
    let report = campaign.path("report.csv");
    let flags = ["--tries", "3", "--report", report.to_str().unwrap()];
    let (code, out, error) = campaign.send(&site, &flags);
    assert_eq!(code, 1, "{error}");
    let statuses = json!({"sent": 5, "failed": 2, "unknown": 1, "waits": 1});
    assert_eq!(out["statuses"], statuses, "{out} {error}");
    let taken = ["anna", "closing", "cut", "grey", "last", "silent"];
    let taken = taken.map(|name| format!("{name}@example.it"));
    assert_eq!(mail.recipients(), taken, "each once");
    let report = fs::read_to_string(report).unwrap();
    for expected in ["No such user", "Refused for its content", "it may have arrived", "Too busy"] {
        assert!(report.contains(expected), "{report}");
    }
    assert_eq!(reach(&site, "email", 5).0, 5);
    // Again: what is over stays so, what waited is tried, what is not known is left alone.
    let (_, out, _) = campaign.send(&site, &["--tries", "1"]);
    let statuses = json!({"already": 5, "failed_before": 2, "unknown_before": 1, "waits": 1});
    assert_eq!(out["statuses"], statuses);
    assert_eq!(mail.mails().len(), 6);
    let flags = ["--tries", "1", "--again", "unknown", "--again", "failed"];
    let (_, out, _) = campaign.send(&site, &flags);
    let statuses = json!({"already": 5, "failed": 2, "unknown": 1, "waits": 1});
    assert_eq!(out["statuses"], statuses);
    assert_eq!(mail.mails().len(), 7);
}

#[test]
#[ignore = "mail: a mail server is started, which cargo xtask test mail installs"]
fn a_run_that_is_killed_asks_nobody_twice() {
    let (server, mail) = (Server::start(), MailServer::start());
    let site = server.site();
    let rows: String = (0..300).map(|n| format!("p{n}@example.it\n")).collect();
    let campaign = Campaign::new(Some(&mail), None, &format!("email\n{rows}"));
    let toml = fs::read_to_string(campaign.path("campaign.toml")).unwrap();
    fs::write(campaign.path("campaign.toml"), toml.replace("1000/s", "200/s")).unwrap();
    for sent in [20, 130] {
        let mut child = ascolto()
            .args(campaign.arguments(&site, &[]))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let end = Instant::now() + Duration::from_secs(60);
        while mail.mails().len() < sent && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(5));
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let (_, out, error) = campaign.send(&site, &[]);
    let status = |name: &str| out["statuses"][name].as_u64().unwrap_or_default();
    let unknown = status("unknown_before");
    assert!(unknown <= 2, "at most the one that was under way at each kill: {out} {error}");
    assert_eq!(status("sent") + status("already") + unknown, 300, "{out}");
    assert!(status("already") >= 128, "{out}");
    let to = mail.recipients();
    let mut once = to.clone();
    once.dedup();
    assert_eq!(once, to, "nobody twice");
    assert!(to.len() as u64 >= 300 - unknown);
    assert_eq!(reach(&site, "email", 300 - unknown).0, 300 - unknown);
}

#[test]
#[ignore = "mail: a mail server is started, which cargo xtask test mail installs"]
fn mail_goes_by_tls_with_a_login_or_not_at_all() {
    let (server, folder) = (Server::start(), tempfile::tempdir().unwrap());
    let site = server.site();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let [certificate, key] = ["certificate.pem", "key.pem"].map(|name| folder.path().join(name));
    fs::write(&certificate, made.cert.pem()).unwrap();
    fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let mail = MailServer::start_safe(&certificate, &key);
    let secret = folder.path().join("password");
    let campaign = Campaign::new(Some(&mail), None, "email\nanna@example.it\n");
    let toml = fs::read_to_string(campaign.path("campaign.toml")).unwrap();
    let toml = toml.replace("127.0.0.1", "localhost").replace("'none'", "'starttls'");
    let toml = format!("{toml}user = 'feedback'\npassword_file = '{}'\n", secret.display());
    fs::write(campaign.path("campaign.toml"), toml).unwrap();
    let ca = ["--tries", "2", "--ca", certificate.to_str().unwrap()];
    for (password, flags, code, expected) in [
        ("a secret\n", &[][..], 1, "cannot be spoken to safely"),
        ("wrong\n", &ca, 1, "does not take the user and the password"),
        ("a secret\n", &ca, 0, ""),
    ] {
        fs::write(&secret, password).unwrap();
        let (found, out, error) = campaign.send(&site, flags);
        assert_eq!(found, code, "{out} {error}");
        assert!(error.contains(expected), "{error}");
    }
    let mails = mail.mails();
    assert_eq!(mails.len(), 1);
    assert_eq!((mails[0].tls, mails[0].user.as_str()), (true, "feedback"));
    let plain = MailServer::start();
    let toml = fs::read_to_string(campaign.path("campaign.toml")).unwrap();
    let toml = toml.replace(&mail.port.to_string(), &plain.port.to_string());
    fs::write(campaign.path("campaign.toml"), toml).unwrap();
    fs::write(campaign.path("people.csv"), "email\nben@example.it\n").unwrap();
    let (code, _, error) = campaign.send(&site, &ca);
    assert!(code == 1 && error.contains("offers no STARTTLS"), "{error}");
    assert!(plain.mails().is_empty());
}

#[test]
fn sms_go_through_any_gateway_each_once() {
    let (server, gateway) = (Server::start(), Gateway::start());
    let site = server.site();
    let people = "phone,locale,service\n+39333000001,it,carta\n+39333000002,,\n+39333000003,,\n+39333000004,,\n+39333000005,en,\n";
    let campaign = Campaign::new(None, Some(&gateway), people);
    let arguments = campaign.arguments(&site, &[]);
    let sent = ascolto().args(&arguments).env("ASCOLTO_SMS_TOKEN", "a token").output().unwrap();
    let out: Value = serde_json::from_slice(&sent.stdout).unwrap();
    let statuses = json!({"sent": 2, "failed": 1, "unknown": 2});
    assert_eq!((sent.status.code(), &out["statuses"]), (Some(1), &statuses), "{out}");
    let asked = gateway.asked();
    let last: Vec<_> =
        asked.iter().map(|one| (one.body["to"].as_str().unwrap(), one.status)).collect();
    let mut sorted = last.clone();
    sorted.sort();
    assert_eq!(
        sorted,
        [
            ("+39333000001", 200),
            ("+39333000001", 429),
            ("+39333000002", 400),
            ("+39333000003", 502),
            ("+39333000004", 0),
            ("+39333000005", 200)
        ]
    );
    assert!(asked.iter().all(|one| one.head.contains("authorization: bearer a token")));
    assert!(asked.iter().all(|one| one.head.starts_with("post /send ")));
    // The same message has the same id: gateways that know it send it once.
    let of_first = |one: &&crate::support::gateway::Asked| one.body["to"] == "+39333000001";
    let ids: Vec<_> = asked.iter().filter(of_first).map(|one| one.body["id"].clone()).collect();
    assert_eq!((ids.len(), &ids[0]), (2, &ids[1]));
    let text = asked[0].body["text"].as_str().unwrap();
    assert!(text.starts_with("Test: com'è andata? Rispondi in un minuto: http"), "{text}");
    let (impressions, ..) = reach(&site, "sms", 2);
    assert_eq!(impressions, 2);
    let link = text.rsplit(' ').next().unwrap().strip_prefix(&server.base).unwrap();
    let form = server.get(link, None);
    let browser = Browser::open(&server, form.header("location"));
    assert!(browser.page.all("a").any(|link| link.get("href").starts_with("/o/")));
    let (_, out, _) = campaign.send(&site, &[]);
    assert_eq!(out["statuses"], json!({"already": 2, "failed_before": 1, "unknown_before": 2}));
    assert_eq!(gateway.asked().len(), 6);
}

#[test]
fn nobody_is_asked_while_something_is_wrong() {
    let (server, gateway) = (Server::start(), Gateway::start());
    let site = server.site();
    let people = "phone\n+39333000005\nnonsense\n";
    let campaign = Campaign::new(None, Some(&gateway), people);
    let (code, out, _) = campaign.send(&site, &[]);
    assert_eq!((code, &out["statuses"]), (1, &json!({"ready": 1, "refused": 1})));
    assert!(gateway.asked().is_empty());
    let (code, out, _) = campaign.send(&site, &["--on-error", "skip"]);
    assert_eq!((code, &out["statuses"]), (1, &json!({"sent": 1, "refused": 1})));
    // A gateway that is not there, or does not know us, is everybody's.
    let gone = Campaign::new(None, Some(&gateway), "phone\n+39333000006\n+39333000007\n");
    let toml = fs::read_to_string(gone.path("campaign.toml")).unwrap();
    fs::write(gone.path("campaign.toml"), toml.replace(&gateway.base, "http://127.0.0.1:9"))
        .unwrap();
    let (code, _, error) = gone.send(&site, &["--tries", "2"]);
    assert!(code == 1 && error.contains("nobody answers any more"), "{error}");
    fs::write(gone.path("campaign.toml"), toml).unwrap();
    let (code, out, error) = gone.send(&site, &[]);
    assert_eq!((code, &out["statuses"]), (0, &json!({"sent": 2})), "{error}");
    assert_eq!(reach(&site, "sms", 3).0, 3);
}
