//! The log and the figures: useful to an operator, and without anything that is somebody's.

use crate::support::{Server, Site, response};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::TcpStream;

const COMMENT: &str = "Tutto-bene-grazie";
const SUBJECT: &str = "maria.rossi@example.org";
const ADDRESS: &str = "203.0.113.77";

/// Uses every kind of secret and every kind of text, in the right and in the wrong places; gives
/// back what must not be found again.
fn use_everything(site: &Site<'_>) -> Vec<String> {
    let server = site.server;
    let mut full = response(1, 9);
    full["answers"]["comment"] = COMMENT.into();
    full["identity"] = json!({"level": "declared", "subject": SUBJECT});
    let path = format!("/v1/sites/{}/responses", site.key);
    let body = serde_json::to_vec(&full).unwrap();
    let headers = [
        ("content-type", "application/json"),
        ("x-forwarded-for", ADDRESS),
        ("forwarded", "for=203.0.113.77"),
        ("user-agent", "Somebodys-Browser"),
        ("x-request-id", site.token.as_str()),
    ];
    let stored = server.send("POST", &path, None, &headers, Some(&body)).expect(201);
    let broken = serde_json::to_vec(&json!({"answers": {"comment": COMMENT}})).unwrap();
    server.send("POST", &path, None, &headers, Some(&broken)).expect(422);
    site.get(&format!("responses?q={COMMENT}")).expect(200);
    site.get(&format!("summary?colour={COMMENT}")).expect(422);
    let manager = site.post("tokens", &json!({"role": "manager"})).expect(201);
    let answer = server.post("/v1/session", None, &json!({"token": manager["token"]}));
    let cookie = answer.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap();
    server.send("GET", &site.path("summary"), None, &[("cookie", cookie)], None).expect(200);
    server.post("/v1/session", None, &json!({"code": "lc_a-wrong-code"})).expect(401);
    server.get("/v1/sites", Some("ot_a-wrong-token")).expect(401);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let receipt = text(&stored["receipt"]);
    server.send("DELETE", &format!("/v1/receipts/{receipt}"), None, &[], None).expect(204);
    let admin = server.admin_token();
    server.post("/v1/verify", Some(&admin), &json!({})).expect(200);
    server.get(&format!("/{receipt}"), None).expect(404);
    let known = [COMMENT, SUBJECT, ADDRESS, "127.0.0.1", "Somebodys", "a-wrong-", "evil.example"];
    let mut secrets: Vec<_> = known.map(str::to_owned).to_vec();
    let words = cookie.split_once('=').unwrap().1.to_owned();
    secrets.extend([receipt, admin, words, text(&manager["token"]), text(&stored["id"])]);
    secrets.extend([site.token.clone(), site.key.clone(), site.site.clone()]);
    secrets
}

#[test]
fn nothing_that_is_somebodys_is_logged() {
    for format in ["text", "json"] {
        let mut server = Server::start_with(&["--log-level", "debug", "--log-format", format]);
        let secrets = use_everything(&server.site());
        let log = server.log();
        assert!(log.lines().count() > 10, "{log}");
        for secret in secrets {
            assert!(!log.contains(&secret), "{secret} is in the {format} log:\n{log}");
        }
    }
}

#[test]
fn a_line_for_each_request_with_its_id() {
    let mut server = Server::start_with(&["--log-format", "json"]);
    let site = server.site().keep();
    let given = "4bf92f3577b34da6a3ce929d0e0e4736";
    let send = |id: &str| {
        let path = format!("/v1/sites/{}/surveys/post-service", site.key);
        let answer = server.send("GET", &path, None, &[("x-request-id", id)], None);
        answer.headers["x-request-id"].to_str().unwrap().to_owned()
    };
    assert_eq!(send(given), given);
    let insane = "one two <b>";
    let made = send(insane);
    assert!(made != insane && made.len() == 32, "{made}");
    let log = server.log();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for id in [given, &made] {
        let line = lines.iter().find(|line| line["span"]["id"] == id);
        let line = line.unwrap_or_else(|| panic!("{id} is not in {log}"));
        assert_eq!(line["method"], "GET");
        assert_eq!(line["route"], "/v1/sites/{site}/surveys/{survey}");
        assert_eq!(line["status"], 200);
        assert!(line["bytes"].as_u64().unwrap() > 100, "{line}");
        assert!(line["microseconds"].is_u64(), "{line}");
    }
}

#[test]
fn a_quiet_log_has_no_line_for_a_request() {
    let mut server = Server::start_with(&["--log-level", "warn"]);
    server.get("/healthz", None).expect(200);
    assert_eq!(server.log(), "");
}

#[test]
fn figures_are_for_those_who_are_allowed() {
    const TOKEN: &str = "figures-for-prometheus";
    for (access, more, expected) in [
        ("token", None, [401, 401, 403, 200]),
        ("token", Some(TOKEN), [401, 200, 403, 200]),
        ("public", None, [200; 4]),
        ("off", Some(TOKEN), [404; 4]),
    ] {
        let mut flags = vec!["--metrics", access];
        more.into_iter().for_each(|token| flags.extend(["--metrics-token", token]));
        let server = Server::start_with(&flags);
        let (site, admin) = (server.site(), server.admin_token());
        let tokens = [None, Some(TOKEN), Some(site.token.as_str()), Some(admin.as_str())];
        let statuses = tokens.map(|token| server.get("/metrics", token).status);
        assert_eq!(statuses, expected, "{access} {more:?}");
        let elsewhere = server.get("/v1/sites", Some(TOKEN));
        assert_eq!(elsewhere.status, 401, "the token is for the figures alone");
    }
}

#[test]
fn figures_count_requests_refusals_and_commits() {
    let server = Server::start_with(&["--metrics", "public", "--connections-max", "50"]);
    let site = server.site();
    (0..3).for_each(|n| drop(site.submit(&response(n, 9)).expect(201)));
    site.submit(&response(9, 11)).expect(422);
    server.get("/nothing", None).expect(404);
    let mut brewing = TcpStream::connect(server.address()).unwrap();
    brewing.write_all(b"BREW /v1/sites HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    brewing.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 405 "), "{answer}");
    let text = server.get("/metrics", None).body;
    let figures = Figures::parse(text.as_str().unwrap());
    let route = "route=\"/v1/sites/{site}/responses\"";
    for (sample, expected) in [
        (format!("ascolto_http_requests_total{{method=\"POST\",{route},status=\"201\"}}"), 3.0),
        (format!("ascolto_http_requests_total{{method=\"POST\",{route},status=\"422\"}}"), 1.0),
        (format!("ascolto_http_request_seconds_count{{method=\"POST\",{route}}}"), 4.0),
        ("ascolto_refusals_total{reason=\"invalid\"}".into(), 1.0),
        ("ascolto_refusals_total{reason=\"not_found\"}".into(), 1.0),
        ("ascolto_refusals_total{reason=\"method\"}".into(), 1.0),
    ] {
        assert_eq!(figures.samples.get(&sample), Some(&expected), "{sample}\n{text}");
    }
    for present in [
        "ascolto_connections",
        "ascolto_build_info",
        "ascolto_commit_seconds",
        "ascolto_flush_seconds",
        "ascolto_commit_jobs",
        "process_resident_memory_bytes",
    ] {
        assert!(figures.families.contains_key(present), "{present}\n{text}");
    }
    // sled's syncs reach the disk in this program, however it was linked.
    let syncs = figures.samples.get("ascolto_store_syncs_total");
    assert!(!cfg!(target_os = "linux") || syncs > Some(&0.0), "{syncs:?}");
    let text = text.as_str().unwrap();
    assert!(text.contains("method=\"other\"") && !text.contains("BREW"), "{text}");
    assert!(!text.contains(&site.key) && !text.contains(&site.site), "{text}");
}

/// The text format 0.0.4, read as strictly as Prometheus' own linter does.
struct Figures {
    /// Name and type.
    families: BTreeMap<String, String>,
    samples: BTreeMap<String, f64>,
}

impl Figures {
    fn parse(text: &str) -> Self {
        let mut figures = Self { families: BTreeMap::new(), samples: BTreeMap::new() };
        for line in text.lines().filter(|line| !line.is_empty()) {
            match line.strip_prefix("# TYPE ") {
                Some(family) => {
                    let (name, kind) = family.split_once(' ').unwrap();
                    assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
                    let seen = figures.families.insert(name.to_owned(), kind.to_owned());
                    assert!(seen.is_none(), "{name} is told twice");
                }
                None if line.starts_with("# HELP ") => {}
                None => figures.sample(line),
            }
        }
        figures.check_histograms();
        figures
    }

    fn sample(&mut self, line: &str) {
        let (series, value) = line.rsplit_once(' ').unwrap();
        let name = series.split('{').next().unwrap();
        let plain = |c: char| c.is_ascii_lowercase() || c == '_';
        assert!(!name.is_empty() && name.chars().all(plain), "{line}");
        let family = ["_bucket", "_sum", "_count", ""]
            .iter()
            .find_map(|suffix| self.families.get(name.strip_suffix(suffix)?));
        assert!(family.is_some(), "{name} has no type");
        let seen = self.samples.insert(series.to_owned(), value.parse().unwrap());
        assert!(seen.is_none(), "{series} is there twice");
    }

    /// Buckets grow, and the last one is the count.
    fn check_histograms(&self) {
        let buckets = self.samples.iter().filter_map(|(series, value)| {
            let (before, bound) = series.split_once("le=\"")?;
            let bound: f64 = bound.strip_suffix("\"}")?.replace("+Inf", "inf").parse().unwrap();
            Some((before.to_owned(), bound, *value))
        });
        let mut series: BTreeMap<String, Vec<(f64, f64)>> = BTreeMap::new();
        buckets.for_each(|(of, bound, value)| series.entry(of).or_default().push((bound, value)));
        assert!(!series.is_empty());
        for (of, mut buckets) in series {
            buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
            assert!(buckets.is_sorted_by(|a, b| a.1 <= b.1), "{of}: {buckets:?}");
            let count = of.replace("_bucket", "_count").replace(",}", "}");
            let count = count.trim_end_matches([',', '{']).to_owned();
            let count = if count.contains('{') { format!("{count}}}") } else { count };
            assert_eq!(self.samples.get(&count), buckets.last().map(|(_, value)| value), "{count}");
        }
        let bounds: BTreeSet<_> = self.families.values().collect();
        assert!(bounds.len() == 3, "every type is used");
    }
}
