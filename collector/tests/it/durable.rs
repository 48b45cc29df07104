//! kill -9 under load: what was acknowledged is there, once, and the cells agree.

use crate::support::{Server, Site, response};
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const ROUNDS: u64 = 4;
const CLIENTS: usize = 8;

#[test]
fn nothing_acknowledged_is_lost_to_kill_9() {
    // The log ahead of the store begins anew many times.
    let mut server = Server::start_with(&["--ahead-kib", "16"]);
    let kept = server.site().keep();
    let acknowledged: Arc<Mutex<BTreeSet<String>>> = Arc::default();
    let next = Arc::new(AtomicU64::new(1));
    for round in 0..ROUNDS {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| {
                let (base, key) = (server.base.clone(), kept.key.clone());
                let (acknowledged, next) = (Arc::clone(&acknowledged), Arc::clone(&next));
                std::thread::spawn(move || send_until_dead(&base, &key, &acknowledged, &next))
            })
            .collect();
        // Each round at another moment of the load, counted in answers rather than in time.
        let target = acknowledged.lock().unwrap().len() + 40 + 37 * usize::try_from(round).unwrap();
        while acknowledged.lock().unwrap().len() < target {
            std::thread::sleep(Duration::from_millis(2));
        }
        server.kill();
        clients.into_iter().for_each(|client| client.join().unwrap());
        server.again();
        check(&kept.at(&server), &acknowledged.lock().unwrap());
    }
    // Retries of everything change nothing.
    for n in 1..next.load(Ordering::Relaxed) {
        let answer = submit(&server.base, &kept.key, n);
        assert!(matches!(answer, Some((200 | 201, _))), "{answer:?}");
    }
    assert_eq!(kept.at(&server).responses(), next.load(Ordering::Relaxed) - 1, "each id once");
}

fn submit(base: &str, key: &str, n: u64) -> Option<(u16, String)> {
    let agent: ureq::Agent =
        ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let body = response(n, (n % 11).cast_signed());
    let mut answer =
        agent.post(format!("{base}/v1/sites/{key}/responses")).send_json(&body).ok()?;
    let id = answer.body_mut().read_json::<serde_json::Value>().ok()?["id"].as_str()?.to_owned();
    Some((answer.status().as_u16(), id))
}

fn send_until_dead(
    base: &str,
    key: &str,
    acknowledged: &Mutex<BTreeSet<String>>,
    next: &AtomicU64,
) {
    while let Some((status, id)) = submit(base, key, next.fetch_add(1, Ordering::Relaxed)) {
        assert_eq!(status, 201);
        acknowledged.lock().unwrap().insert(id);
    }
}

fn check(site: &Site<'_>, acknowledged: &BTreeSet<String>) {
    let mut stored = BTreeSet::new();
    let mut cursor = String::new();
    loop {
        let page = site.get(&format!("responses?limit=500{cursor}")).expect(200);
        for response in page["responses"].as_array().unwrap() {
            assert!(stored.insert(response["id"].as_str().unwrap().to_owned()), "listed twice");
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let lost: Vec<_> = acknowledged.difference(&stored).collect();
    assert!(lost.is_empty(), "{} acknowledged responses are lost", lost.len());
    assert_eq!(site.responses(), stored.len() as u64);
    let server = site.server;
    let found = server.post("/v1/verify", Some(&server.admin_token()), &json!({})).expect(200);
    assert_eq!((&found["wrong"], &found["responses"]), (&json!(0), &json!(stored.len())));
}

#[test]
fn a_recount_agrees_in_the_middle_of_the_load() {
    let server = Server::start();
    let kept = server.site().keep();
    let next = AtomicU64::new(1);
    let admin = server.admin_token();
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| scope.spawn(|| (0..60).for_each(|_| send_one(&server.base, &kept.key, &next))))
            .collect();
        while clients.iter().any(|client| !client.is_finished()) {
            let found = server.post("/v1/verify", Some(&admin), &json!({})).expect(200);
            assert_eq!(found["wrong"], 0, "{found}");
        }
    });
}

fn send_one(base: &str, key: &str, next: &AtomicU64) {
    let answer = submit(base, key, next.fetch_add(1, Ordering::Relaxed));
    assert_eq!(answer.map(|(status, _)| status), Some(201));
}
