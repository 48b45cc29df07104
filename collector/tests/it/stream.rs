//! The stream over real HTTP: what comes in is told at once, to few, and not for ever.

use crate::support::{Server, Site, id, response};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// Longer than anything here takes; a stream that says nothing for so long fails its test.
const PATIENCE: Duration = Duration::from_secs(40);

struct Follower {
    status: u16,
    lines: BufReader<TcpStream>,
}

impl Follower {
    fn new(server: &Server, path: &str, token: &str) -> Self {
        let mut stream = TcpStream::connect(server.address()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\n\
             Accept: text/event-stream\r\nConnection: close\r\n\r\n",
            server.address()
        )
        .unwrap();
        let mut follower = Self { status: 0, lines: BufReader::new(stream) };
        follower.status = follower.line().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        while follower.line().is_some_and(|line| !line.is_empty()) {}
        follower
    }

    fn of(site: &Site<'_>, query: &str) -> Self {
        let follower = Self::new(site.server, &site.path(&format!("stream{query}")), &site.token);
        assert_eq!(follower.status, 200);
        follower
    }

    /// `None` at the end.
    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = self.lines.read_line(&mut line).unwrap();
        (read > 0).then(|| line.trim_end().to_owned())
    }

    /// The next event: its name and data. What frames the chunks of the answer is passed over.
    fn event(&mut self) -> Option<(String, Value)> {
        loop {
            let Some(name) = self.line()?.strip_prefix("event: ").map(str::to_owned) else {
                continue;
            };
            let data = self.line()?;
            let json = data.strip_prefix("data: ").unwrap_or_else(|| panic!("{data}"));
            return Some((name, serde_json::from_str(json).unwrap()));
        }
    }

    fn next(&mut self, name: &str) -> Value {
        loop {
            let (told, data) = self.event().expect("the stream has ended");
            if told == name {
                return data;
            }
        }
    }

    fn ends(&mut self) {
        let mut rest = String::new();
        self.lines.read_to_string(&mut rest).unwrap();
    }
}

#[test]
fn tells_what_comes_in_as_the_list_and_the_summary_show_it() {
    let server = Server::start();
    let site = server.site();
    site.submit(&response(1, 9)).expect(201);
    let mut all = Follower::of(&site, "");
    let mut kiosk = Follower::of(&site, "?channel=kiosk&min=7");
    assert_eq!(all.next("summary"), site.get("summary").expect(200));
    assert_eq!(kiosk.next("summary")["responses"], 0);
    let mut comment = response(2, 3);
    comment["answers"]["comment"] = json!("Troppa coda");
    site.submit(&comment).expect(201);
    let listed = site.get("responses?limit=1").expect(200)["responses"][0].clone();
    assert_eq!(all.next("response"), listed);
    assert_eq!(all.next("summary"), site.get("summary").expect(200));
    // Of another site, of another channel, too low, held: not for the second one.
    server.site().submit(&response(3, 9)).expect(201);
    let mut held = response(4, 9);
    held["channel"] = json!("kiosk");
    held["form"] = json!({"trap": "x"});
    site.submit(&held).expect(201);
    for (n, score) in [(5, 6), (6, 8)] {
        let mut sent = response(n, score);
        sent["channel"] = json!("kiosk");
        site.submit(&sent).expect(201);
    }
    assert_eq!(kiosk.next("response")["id"], id(6));
    // What someone has looked at counts from then on.
    site.post(&format!("responses/{}/accept", id(4)), &json!({})).expect(204);
    assert_eq!(kiosk.next("response")["id"], id(4));
    loop {
        let summary = kiosk.next("summary");
        if summary["responses"] == 2 {
            break;
        }
    }
    site.delete(&format!("responses/{}", id(6))).expect(204);
    assert_eq!(kiosk.next("summary")["responses"], 1, "an erasure changes the numbers");
}

#[test]
fn a_flood_is_told_in_part_and_its_sum_in_whole() {
    let server = Server::start();
    let site = server.site();
    let mut follower = Follower::of(&site, "");
    // Before the first of them: they are told while the batch is taken.
    let (mut responses, started) = (0, Instant::now());
    let lines: Vec<Value> = (1..=3_000).map(|n| response(n, 9)).collect();
    assert_eq!(site.batch(&lines).len(), 3_000);
    loop {
        assert!(started.elapsed() < PATIENCE);
        match follower.event().unwrap() {
            (name, summary) if name == "summary" => {
                if summary["responses"] == 3_000 {
                    break;
                }
            }
            _ => responses += 1,
        }
    }
    let lots = usize::try_from(started.elapsed().as_millis() / 500).unwrap() + 2;
    assert!((1..=20 * lots).contains(&responses), "{responses} in {lots} lots");
}

#[test]
fn ends_when_it_should() {
    let mut server = Server::start();
    let kept = server.site().keep();
    let site = kept.at(&server);
    let mut short = Follower::of(&site, "?seconds=0");
    short.next("summary");
    assert!(short.event().is_none(), "after its first summary");
    let wrong = site.get("stream?seconds=901&bucket=day");
    assert_eq!(wrong.violations(), ["bucket unknown_parameter", "seconds out_of_range"]);

    let manager = site.post("tokens", &json!({"role": "manager"})).expect(201);
    let words = manager["token"].as_str().unwrap();
    let mut revoked = Follower::new(&server, &site.path("stream"), words);
    revoked.next("summary");
    site.delete(&format!("tokens/{}", manager["id"].as_str().unwrap())).expect(204);
    // Noticed with a heartbeat.
    revoked.ends();

    let mut following = Follower::of(&site, "");
    following.next("summary");
    let started = Instant::now();
    assert!(server.stop());
    assert!(started.elapsed() < Duration::from_secs(8), "a stream holds up the end");
    following.ends();
}

#[test]
fn few_follow_at_once_and_places_come_back() {
    let server = Server::start();
    let site = server.site();
    let held: Vec<Follower> = (0..8).map(|_| Follower::of(&site, "")).collect();
    let one_more = site.get("stream");
    assert_eq!(one_more.status, 429);
    assert!(one_more.headers.contains_key("retry-after"));
    // Another token has places of its own.
    let token = site.post("tokens", &json!({"role": "manager"})).expect(201)["token"].clone();
    let other = Follower::new(&server, &site.path("stream?seconds=0"), token.as_str().unwrap());
    assert_eq!(other.status, 200);
    drop(held);
    let started = Instant::now();
    while site.get("stream?seconds=0").status == 429 {
        assert!(started.elapsed() < PATIENCE, "the places never come back");
        std::thread::sleep(Duration::from_millis(50));
    }
}
