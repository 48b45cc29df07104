//! What is taken back is gone: from every count, from every list, and what was written in it from
//! the disk.

use crate::support::{Server, Site, id, response};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

const SECRET_WORDS: &str = "Il mio medico e Taddeo Bonaventura";

fn with_text(n: u64, text: &str) -> Value {
    json!({"id": id(n), "survey": "post-service", "answers": {"recommend": 9, "comment": text}})
}

fn verified(server: &Server) -> Value {
    let found = server.post("/v1/verify", Some(&server.admin_token()), &json!({})).expect(200);
    assert_eq!(found["wrong"], 0, "{found}");
    found
}

/// Whether the words stand in any file of the folder.
fn is_readable_in(folder: &Path, words: &str) -> bool {
    fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => is_readable_in(&path, words),
            false => {
                let bytes = fs::read(&path).unwrap();
                bytes.windows(words.len()).any(|window| window == words.as_bytes())
            }
        }
    })
}

fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap();
    assert!(copied.success());
}

fn comments(site: &Site<'_>) -> Vec<String> {
    let page = site.get("responses?comments=true&limit=500").expect(200);
    let texts = page["responses"].as_array().unwrap().iter();
    texts.map(|r| r["answers"]["comment"].as_str().unwrap().to_owned()).collect()
}

/// What the store's log still holds of an erased text cannot be opened any more, not even with the
/// whole store put back as it was before.
#[test]
fn an_erased_text_is_gone_from_the_disk() {
    let mut server = Server::start();
    let site = server.site();
    site.submit(&with_text(1, SECRET_WORDS)).expect(201);
    site.submit(&with_text(2, "Tutto bene, grazie")).expect(201);
    assert_eq!(comments(&site), ["Tutto bene, grazie", SECRET_WORDS]);
    let kept = site.keep();
    assert!(server.stop());
    assert!(!is_readable_in(&server.data, SECRET_WORDS), "texts never lie open");
    let before = tempfile::tempdir().unwrap();
    copy(&server.data, &before.path().join("data"));
    server.again();
    kept.at(&server).delete(&format!("responses/{}", id(1))).expect(204);
    assert!(server.stop());
    // The whole folder of before, but for the file of keys, which is of now.
    let old = before.path().join("data");
    fs::copy(server.data.join("seals"), old.join("seals")).unwrap();
    let put_back = Server::start_in(&old);
    assert_eq!(kept.at(&put_back).responses(), 2, "it is the store of before");
    let page = kept.at(&put_back).get("responses").expect(200).to_string();
    assert!(page.contains("Tutto bene") && !page.contains("Taddeo"), "{page}");
}

#[test]
fn everything_of_one_subject() {
    let mut server = Server::start();
    let site = server.site();
    let of = |n: u64, subject: &str| {
        let mut response = with_text(n, "Testo");
        response["identity"] = json!({"level": "declared", "subject": subject});
        response
    };
    let lines: Vec<Value> = (0..150).map(|n| of(n, "person-1")).collect();
    assert!(site.batch(&lines).iter().all(|line| line["status"] == "stored"));
    site.submit(&of(500, "person-2")).expect(201);
    assert!(!is_readable_in(&server.data, "person-1"));
    site.delete(&format!("responses/{}", id(7))).expect(204);
    let erase = |subject: &str| site.post("erase", &json!({"subject": subject})).expect(200);
    assert_eq!(erase("nobody")["erased"], 0);
    assert_eq!(erase("person-1")["erased"], 149, "one was erased before");
    assert_eq!(erase("person-1")["erased"], 0);
    assert_eq!(site.responses(), 1);
    assert_eq!(site.batch(&[of(3, "person-1")])[0]["status"], "refused", "it stays taken back");
    let wrong = site.post("erase", &json!({"subjekt": "x"}));
    assert_eq!((wrong.status, wrong.violations().len()), (422, 2));
    verified(&server);
    server.kill();
    server.again();
    assert_eq!(verified(&server)["responses"], 1);
}

/// Waits for what the collector does by itself.
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn on(n: u64, days_ago: i64) -> Value {
    let time = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24 * days_ago);
    let mut response = with_text(n, "Qualche parola");
    response["occurred_at"] = json!(time.to_string());
    response["context"] = json!({"device": "phone"});
    response["service_event"] =
        json!({"waited_s": n * 97 % 4_000, "resolved_first_contact": n.is_multiple_of(3)});
    response
}

fn listed(site: &Site<'_>) -> usize {
    site.get("responses?limit=500").expect(200)["responses"].as_array().unwrap().len()
}

#[test]
fn responses_go_when_their_time_is_over() {
    let mut server = Server::start();
    let site = server.site();
    let lines: Vec<Value> = (0..300)
        .map(|n| on(n, if n < 200 { 40 + i64::try_from(n % 7).unwrap() } else { 3 }))
        .collect();
    assert!(site.batch(&lines).iter().all(|line| line["status"] == "stored"));
    let patch = |site: &Site<'_>, body: &Value| {
        let headers = [("content-type", "application/json")];
        let path = format!("/v1/sites/{}", site.site);
        let bytes = serde_json::to_vec(body).unwrap();
        site.server.send("PATCH", &path, Some(&site.token), &headers, Some(&bytes))
    };
    let counted = |site: &Site<'_>| {
        let out = site.get("summary/channels").expect(200);
        (out["waiting"].clone(), out["resolved_first_contact"].clone())
    };
    let before = counted(&site);
    assert_eq!((&before.0["known"], &before.1["resolved"]), (&json!(300), &json!(100)));
    let told = patch(&site, &json!({"retention_days": 30})).expect(200);
    assert_eq!((&told["retention_days"], &told["keep_statistics"]), (&json!(30), &json!(true)));
    // A list reads what is written, a count what is published.
    let narrowed = || site.get("summary?device=phone").expect(200)["responses"] == 100;
    until("old responses go", || listed(&site) == 100 && narrowed());
    let summary = site.get("summary").expect(200);
    assert_eq!((&summary["responses"], &summary["nps"]["promoters"]), (&json!(300), &json!(300)));
    // Rows are gone: a filter that counts do not hold says how many it cannot see.
    let narrowed = site.get("summary?device=phone").expect(200);
    assert_eq!((&narrowed["responses"], &narrowed["left_out"]), (&json!(100), &json!(200)));
    assert!(summary.get("left_out").is_none());
    assert_eq!(site.batch(&[on(3, 43)])[0]["status"], "duplicate", "its id is still known");
    assert_eq!(verified(&server)["responses"], 100);
    let kept = site.keep();
    server.kill();
    server.again();
    let site = kept.at(&server);
    assert_eq!(site.responses(), 300);
    assert_eq!(counted(&site), before, "the counts stay, those by waiting too");
    verified(&server);
    // The owner changes her mind: the statistics of what is gone go too.
    patch(&site, &json!({"keep_statistics": false})).expect(200);
    until("old statistics go", || site.responses() == 100);
    verified(&server);
    assert!(server.stop());
    server.again();
    let site = kept.at(&server);
    assert_eq!((site.responses(), listed(&site)), (100, 100));
    patch(&site, &json!({"retention_days": null})).expect(200);
    let wrong = patch(&site, &json!({"retention_days": 0, "keep": 1}));
    assert_eq!(wrong.violations(), ["keep unknown_field", "retention_days out_of_range"]);
}

/// More responses than one page reads are no place to hide in.
#[test]
fn a_held_answer_is_found_among_many() {
    const MANY: u64 = 20_500;
    let server = Server::start();
    let site = server.site();
    let mut held = response(MANY + 1, 0);
    held["form"] = json!({"trap": "x"});
    held["occurred_at"] = json!("2026-10-01T08:00:00Z");
    site.submit(&held).expect(201);
    let many: Vec<Value> = (0..MANY).map(|n| response(n, 9)).collect();
    for lines in many.chunks(5_000) {
        assert!(site.batch(lines).iter().all(|line| line["status"] == "stored"));
    }
    let page = site.get("responses?held=true").expect(200);
    assert_eq!(page["responses"][0]["id"], held["id"]);
    assert_eq!((page["responses"].as_array().unwrap().len(), page.get("next_cursor")), (1, None));
    for (period, found) in
        [("from=2026-10-01&to=2026-10-01", 1), ("from=2026-10-02", 0), ("to=2026-09-30", 0)]
    {
        let page = site.get(&format!("responses?held=true&{period}")).expect(200);
        assert_eq!(page["responses"].as_array().unwrap().len(), found, "{period}");
    }
}

/// Suspicious answers are stored and acknowledged, and left out of every number until someone has
/// looked.
#[test]
fn suspicious_answers_are_held() {
    let mut server = Server::start();
    let site = server.site();
    let text = "Questo servizio mi ha cambiato la vita";
    let mut cases: Vec<(Value, Option<&str>)> = vec![
        (json!({"trap": "buy now"}), Some("honeypot")),
        (json!({"trap": ""}), None),
        (json!({"elapsed_ms": 90}), Some("too_fast")),
        (json!({"elapsed_ms": 9_000}), None),
        (json!({"elapsed_ms": 90, "trap": "x"}), Some("honeypot")),
    ]
    .into_iter()
    .zip(0..)
    .map(|((form, held), n)| {
        let mut response = with_text(n, &format!("Parole sempre diverse, numero {n}"));
        response["form"] = form;
        (response, held)
    })
    .collect();
    // One tap can be as quick as it likes.
    let mut tap = response(50, 10);
    tap["form"] = json!({"elapsed_ms": 5});
    cases.push((tap, None));
    cases.extend((100..105).map(|n| {
        let same = with_text(
            n,
            if n % 2 == 0 { text } else { "QUESTO servizio, mi ha cambiato la vita!" },
        );
        (same, (n >= 103).then_some("repeated"))
    }));
    for (response, _) in &cases {
        site.submit(response).expect(201);
        // A retry is not a repetition.
        site.submit(response).expect(200);
    }
    let held = site.get("responses?held=true&limit=500").expect(200);
    let held = held["responses"].as_array().unwrap();
    for (response, expected) in &cases {
        let found = held.iter().find(|held| held["id"] == response["id"]);
        assert_eq!(found.map(|held| held["held"].as_str().unwrap()), *expected, "{response}");
    }
    let fine = cases.iter().filter(|(_, held)| held.is_none()).count();
    let check = |site: &Site<'_>, count: usize| {
        assert_eq!(site.responses(), count as u64);
        assert_eq!(site.get("summary?identity=anonymous").expect(200)["responses"], count);
        assert_eq!(listed(site), count);
    };
    check(&site, fine);
    verified(&server);
    let first = id(0);
    site.post(&format!("responses/{first}/accept"), &json!({})).expect(204);
    site.post(&format!("responses/{first}/accept"), &json!({})).expect(204);
    check(&site, fine + 1);
    site.delete(&format!("responses/{}", id(2))).expect(204);
    assert_eq!(site.post(&format!("responses/{}/accept", id(2)), &json!({})).status, 404);
    verified(&server);
    let kept = site.keep();
    server.kill();
    server.again();
    check(&kept.at(&server), fine + 1);
    verified(&server);
    assert!(comments(&kept.at(&server)).iter().any(|text| text.ends_with("numero 0")), "unsealed");
}

/// A folder that the first version wrote.
#[test]
fn an_older_folder_is_brought_along() {
    let folder = tempfile::tempdir().unwrap();
    let archive = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/format-1.tar.xz");
    let unpack = ["-xJf", archive, "-C", folder.path().to_str().unwrap()];
    assert!(Command::new("tar").args(unpack).status().unwrap().success());
    let mut server = Server::start_in(folder.path());
    let kept = crate::support::Kept {
        site: "st_toqdtndceagukekji28e".into(),
        key: "pk_xhzi2jhslsnjnse9p5v1".into(),
        token: "ot_sdeFgveaabAn9wI5zTdmLrIDaLE68cwvISEuFCTSyPs".into(),
    };
    for round in 0..2 {
        let site = kept.at(&server);
        let summary = site.get("summary").expect(200);
        assert_eq!(summary["nps"]["histogram"], json!([4, 4, 4, 4, 4, 4, 4, 2, 3, 3, 3]));
        assert_eq!(site.get("summary?attribute.plan=gold").expect(200)["responses"], 19);
        assert_eq!(comments(&site).len(), 10);
        assert!(comments(&site).contains(&"Parole di prova 36".to_owned()));
        assert_eq!(verified(&server)["responses"], 39);
        if round == 0 {
            // Old responses can be taken back too.
            site.submit(&response(1, 3)).expect(201);
            site.delete(&format!("responses/{}", id(1))).expect(204);
        }
        server.kill();
        // Its journal began with this version: alone it is not everything.
        fs::remove_dir_all(folder.path().join("index")).unwrap();
        server.again();
    }
    assert_eq!(fs::read_to_string(folder.path().join("format")).unwrap(), "ascolto-data 2\n");
}
