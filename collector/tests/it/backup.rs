//! Backups of a running collector: the original is destroyed, what comes back is the same.

use crate::support::{Server, Site, id, response, run};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// A response with a text.
fn told(n: u64) -> Value {
    let mut response = response(n, n.cast_signed() % 11);
    response["answers"]["comment"] = json!(text(n));
    response
}

fn text(n: u64) -> String {
    format!("Parola numero {n}, e grazie")
}

fn fill(site: &Site<'_>, numbers: std::ops::Range<u64>) {
    let lines: Vec<Value> = numbers.map(told).collect();
    for line in lines.chunks(2_000).flat_map(|lines| site.batch(lines)) {
        assert_eq!(line["status"], "stored", "{line}");
    }
}

fn backup(server: &Server, file: &Path, more: &[&str]) -> Result<Value, String> {
    let token = server.admin_token();
    let file = file.to_str().unwrap();
    let mut arguments =
        vec!["backup", "-o", file, "--server", &server.base, "--token", &token, "--json"];
    arguments.extend(more);
    answer(&arguments)
}

fn restore(file: &Path, data: &Path, more: &[&str]) -> Result<Value, String> {
    let (file, data) = (file.to_str().unwrap(), data.to_str().unwrap());
    answer(&[&["restore", file, "--data", data, "--json"], more].concat())
}

fn check(file: &Path) -> Result<Value, String> {
    answer(&["backup", "--check", file.to_str().unwrap(), "--json"])
}

fn answer(arguments: &[&str]) -> Result<Value, String> {
    let (code, out, error) = run(arguments);
    assert!(!error.contains("panicked"), "{error}");
    match code {
        0 => Ok(serde_json::from_str(&out).unwrap()),
        _ => Err(error),
    }
}

fn verify(server: &Server) -> Value {
    let found = server.post("/v1/verify", Some(&server.admin_token()), &json!({})).expect(200);
    assert_eq!(found["wrong"], 0, "{found}");
    found
}

/// Everything that a manager can see.
fn seen(site: &Site<'_>) -> Vec<Value> {
    let mut seen: Vec<Value> =
        ["summary", "summary/channels", "summary/trend?bucket=day", "surveys"]
            .iter()
            .map(|path| site.get(path).expect(200))
            .collect();
    let mut cursor = String::new();
    loop {
        let page = site.get(&format!("responses?limit=500{cursor}")).expect(200);
        seen.push(page["responses"].clone());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return seen,
        }
    }
}

#[test]
fn under_load_and_back_again() {
    let mut server = Server::start();
    let kept = server.site().keep();
    fill(&kept.at(&server), 0..3_000);
    let erased_before = 0..40;
    for n in erased_before.clone() {
        kept.at(&server).delete(&format!("responses/{}", id(n))).expect(204);
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("busy.backup");
    let (stop, sent) = (AtomicBool::new(false), AtomicU64::new(3_000));
    let site = kept.at(&server);
    let survey = site.get("surveys/post-service").expect(200);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    site.submit(&told(sent.fetch_add(1, Ordering::Relaxed))).expect(201);
                }
            });
        }
        scope.spawn(|| {
            for n in (40..3_000).take_while(|_| !stop.load(Ordering::Relaxed)) {
                site.delete(&format!("responses/{}", id(n))).expect(204);
            }
        });
        scope.spawn(|| {
            let mut survey = survey.clone();
            while !stop.load(Ordering::Relaxed) {
                let hint = json!({"it": format!("{}", sent.load(Ordering::Relaxed)), "en": "?"});
                survey["questions"][0]["hint"] = hint;
                survey.as_object_mut().unwrap().remove("version");
                site.post("surveys", &survey);
            }
        });
        while sent.load(Ordering::Relaxed) < 3_030 {
            std::thread::yield_now();
        }
        let made = backup(&server, &file, &[]);
        stop.store(true, Ordering::Relaxed);
        made.unwrap();
    });
    server.kill();
    fs::remove_dir_all(&server.data).unwrap();
    let told_of = restore(&file, &server.data, &[]).unwrap();
    server.again();
    let found = verify(&server);
    assert_eq!(found["responses"], told_of["responses"]);
    let site = kept.at(&server);
    assert_eq!(site.responses(), told_of["responses"].as_u64().unwrap(), "none is counted twice");
    for n in erased_before {
        site.submit(&told(n)).expect(409);
    }
    // Acknowledged before the backup began: there, or erased while it ran.
    for n in 40..3_030 {
        let again = site.submit(&told(n)).status;
        assert!(again == 200 || n < 3_000 && again == 409, "{n}: {again}");
    }
}

#[test]
fn what_comes_back_is_the_same() {
    let mut server = Server::start();
    let kept = server.site().keep();
    let site = kept.at(&server);
    fill(&site, 0..1_200);
    let receipt = site.submit(&told(1_200)).expect(201)["receipt"].clone();
    site.delete(&format!("responses/{}", id(7))).expect(204);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.backup");
    let made = backup(&server, &file, &[]).unwrap();
    assert_eq!(check(&file).unwrap()["commit"], made["commit"]);
    let before = seen(&site);
    let secret = text(7);
    assert!(server.stop());
    fs::remove_dir_all(&server.data).unwrap();
    let told_of = restore(&file, &server.data, &[]).unwrap();
    assert_eq!((&told_of["sites"], &told_of["responses"]), (&json!(1), &json!(1_200)));
    server.again();
    let site = kept.at(&server);
    assert_eq!(seen(&site), before);
    let listed = serde_json::to_string(&before).unwrap();
    assert!(listed.contains(&text(8)) && !listed.contains(&secret));
    verify(&server);
    // The same folder goes on: receipts hold, ids stay known, a second start reads its own index.
    site.submit(&told(7)).expect(409);
    site.submit(&told(9)).expect(200);
    site.submit(&told(2_000)).expect(201);
    let receipt = format!("/v1/receipts/{}", receipt.as_str().unwrap());
    server.send("DELETE", &receipt, None, &[], None).expect(204);
    assert!(server.stop());
    server.again();
    assert_eq!(kept.at(&server).responses(), 1_200);
    verify(&server);
}

#[test]
fn without_a_server() {
    let mut server = Server::start();
    let kept = server.site().keep();
    fill(&kept.at(&server), 0..50);
    let folder = tempfile::tempdir().unwrap();
    let (file, again) = (folder.path().join("a.backup"), folder.path().join("again"));
    let data = server.data.to_str().unwrap().to_owned();
    let arguments = ["backup", "-o", file.to_str().unwrap(), "--data", &data, "--json"];
    assert!(answer(&arguments).unwrap_err().contains("in use"));
    assert!(server.stop());
    answer(&arguments).unwrap();
    assert!(answer(&arguments).unwrap_err().contains("never overwrites"));
    let told_of = restore(&file, &again, &[]).unwrap();
    assert_eq!(told_of["responses"], 50);
    for taken in [&again, &server.data] {
        assert!(restore(&file, taken, &[]).unwrap_err().contains("not empty"));
    }
    let restored = Server::start_in(&again);
    assert_eq!(kept.at(&restored).responses(), 50);
}

#[test]
fn later_ones_hold_what_is_new() {
    let server = Server::start();
    let kept = server.site().keep();
    let site = kept.at(&server);
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fill(&site, 0..12_000);
    let full = backup(&server, &at("1"), &[]).unwrap();
    fill(&site, 12_000..12_100);
    site.delete(&format!("responses/{}", id(5))).expect(204);
    let second = backup(&server, &at("2"), &["--base", at("1").to_str().unwrap()]).unwrap();
    fill(&site, 12_100..12_200);
    let third = backup(&server, &at("3"), &["--base", at("2").to_str().unwrap()]).unwrap();
    // Where blocks end depends on the ids that chance gives, so their bytes vary; how many places
    // changed does not: the newest of each kind of key, and what the erasure touched.
    let own = |made: &Value| made["own_blocks"].as_u64().unwrap();
    for small in [&second, &third] {
        assert!(own(small) <= 9 && own(&full) >= 20, "{small} after {full}");
    }
    assert_eq!(third["bases"].as_array().unwrap().len(), 2);
    let before = seen(&site);
    restore(&at("3"), &at("restored"), &[]).unwrap();
    let restored = Server::start_in(&at("restored"));
    assert_eq!(seen(&kept.at(&restored)), before);
    verify(&restored);
    bases_are_needed(&at, full["id"].as_str().unwrap());
}

/// Three backups, each on the one before.
fn bases_are_needed(at: &dyn Fn(&str) -> PathBuf, first: &str) {
    fs::create_dir(at("elsewhere")).unwrap();
    let away = at("elsewhere").join("first");
    fs::rename(at("1"), &away).unwrap();
    let missing = restore(&at("3"), &at("none"), &[]).unwrap_err();
    assert!(missing.contains(first) && missing.contains("--base"), "{missing}");
    assert!(check(&at("3")).unwrap_err().contains(first));
    restore(&at("3"), &at("named"), &["--base", away.to_str().unwrap()]).unwrap();
    // Here and there: what the later ones do not need may be damaged.
    let mut damaged = fs::read(&away).unwrap();
    let blocks = damaged.len() / 10..damaged.len() * 9 / 10;
    damaged[blocks].iter_mut().step_by(1_000).for_each(|byte| *byte ^= 1);
    fs::write(at("1"), damaged).unwrap();
    let refused = restore(&at("3"), &at("none"), &[]).unwrap_err();
    assert!(
        refused.contains("damaged") && refused.contains(at("1").to_str().unwrap()),
        "{refused}"
    );
    assert!(!at("none").exists());
}

#[test]
fn any_damage_is_refused() {
    let server = Server::start();
    fill(&server.site(), 0..300);
    let folder = tempfile::tempdir().unwrap();
    let (file, bad) = (folder.path().join("a"), folder.path().join("bad"));
    backup(&server, &file, &[]).unwrap();
    let whole = fs::read(&file).unwrap();
    let restored = folder.path().join("restored");
    let refused = |what: &str, bytes: &[u8]| {
        fs::write(&bad, bytes).unwrap();
        let error = check(&bad).expect_err(what);
        let told = ["damaged", "not whole", "not a backup", "newer"];
        assert!(told.iter().any(|words| error.contains(words)), "{what}: {error}");
    };
    let size = whole.len();
    // Every byte of the first and the last part, others here and there.
    let places = (0..48).chain(size - 90..size).chain((48..size - 90).step_by(size / 60));
    for place in places {
        let mut damaged = whole.clone();
        damaged[place] ^= 0x10;
        refused(&format!("byte {place} of {size}"), &damaged);
    }
    for cut in [0, 1, 31, 32, 33, size / 2, size - 80, size - 1] {
        refused(&format!("{cut} bytes of {size}"), &whole[..cut]);
    }
    refused("more at the end", &[whole.as_slice(), b"!"].concat());
    refused("another thing", b"PK\x03\x04, and so on for more than a header has");
    assert!(restore(&bad, &restored, &[]).is_err() && !restored.exists());
    // What a restore that was killed leaves does not open, and is not taken for a new folder.
    fs::create_dir(&restored).unwrap();
    fs::write(restored.join("restoring"), "").unwrap();
    let opened = answer(&["site", "list", "--data", restored.to_str().unwrap()]);
    assert!(opened.unwrap_err().contains("part of a backup"));
    assert!(restore(&file, &restored, &[]).unwrap_err().contains("not empty"));
}

#[test]
fn one_at_a_time_and_for_the_administrator_alone() {
    let server = Server::start();
    let site = server.site();
    fill(&site, 0..2_000);
    let post = |body: &Value| server.post("/v1/backup", Some(&server.admin_token()), body);
    for (body, path) in [
        (json!([]), ""),
        (json!({"known": ["xy"]}), "known"),
        (json!({"bases": [{"id": "1"}]}), "bases"),
        (json!({"colour": "red"}), "colour"),
    ] {
        let told = post(&body);
        assert_eq!(told.status, 422, "{body}");
        assert!(told.violations()[0].starts_with(path), "{body}");
    }
    assert_eq!(server.post("/v1/backup", Some(&site.token), &json!({})).status, 403);
    // Whoever goes away in the middle leaves nothing behind.
    for _ in 0..3 {
        let connection = std::net::TcpStream::connect(server.address()).unwrap();
        let request = format!(
            "POST /v1/backup HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{{}}",
            server.admin_token()
        );
        std::io::Write::write_all(&mut (&connection), request.as_bytes()).unwrap();
        drop(connection);
    }
    let done = (0..200).find_map(|_| {
        std::thread::sleep(std::time::Duration::from_millis(20));
        Some(post(&json!({})).status).filter(|status| *status != 409)
    });
    assert_eq!(done, Some(200));
    let left: Vec<_> = fs::read_dir(&server.data).unwrap().flatten().collect();
    assert!(left.iter().all(|entry| !entry.file_name().to_string_lossy().contains("backup")));
}
