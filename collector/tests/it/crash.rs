//! The short form of `cargo xtask bench crash`: simulated power cuts, kills during open and failing
//! disks. What was acknowledged is there, once, and the cells agree.
#![cfg(target_os = "linux")]

use crate::support::{Kept, Server, ascolto, id, response};
use fastrand::Rng;
use powercut::{Disk, Fault, Image, Record, Recording, Survival, Trace};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const CLIENTS: u64 = 4;
/// Of each client, each of up to `BATCH` responses.
const BATCHES: u64 = 12;
const BATCH: u64 = 9;
/// Moments of a recorded run at which the power is cut.
const CUTS: usize = 6;
/// By then a collector whose disk fails has met it and ended.
const ENDS_WITHIN: Duration = Duration::from_secs(60);

/// A collector that was started with more than `Server` knows of.
struct Observed {
    child: Child,
    base: String,
    agent: ureq::Agent,
}

impl Observed {
    /// `None` where it ended before it listened.
    fn start(data: &Path, prepare: impl FnOnce(&mut Command)) -> Result<Self, ExitStatus> {
        let mut command = ascolto();
        // The log ahead of the store begins anew many times.
        command.args(["serve", "--ahead-kib", "16", "--listen", "127.0.0.1:0", "--data"]).arg(data);
        prepare(&mut command);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        match line.split([' ', ',']).find(|word| word.starts_with("http://")) {
            Some(base) => {
                let agent = ureq::Agent::config_builder().http_status_as_error(false).build();
                Ok(Self { child, base: base.to_owned(), agent: agent.into() })
            }
            None => Err(child.wait().unwrap()),
        }
    }

    fn stop(mut self) {
        let process = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &process]).status().unwrap().success());
        assert!(self.child.wait().unwrap().success());
    }

    /// Loads it until it has ended. How many writes a load makes depends on how many clients share
    /// a commit, so one alone need not reach the fault.
    fn load_to_its_end(
        &mut self,
        site: &Kept,
        next: &AtomicU64,
        told: impl Fn(u64) + Sync,
    ) -> ExitStatus {
        let deadline = Instant::now() + ENDS_WITHIN;
        loop {
            self.load(site, next, &told);
            match self.child.try_wait().unwrap() {
                Some(ended) => return ended,
                None => assert!(Instant::now() < deadline, "it neither ends nor works"),
            }
        }
    }

    /// Status and body, or nothing once it is gone.
    fn post(&self, path: &str, token: &str, body: &str) -> Option<(u16, String)> {
        let request = self.agent.post(format!("{}{path}", self.base));
        let request = request.header("authorization", format!("Bearer {token}"));
        let mut answer = request.header("content-type", "application/json").send(body).ok()?;
        Some((answer.status().as_u16(), answer.body_mut().read_to_string().ok()?))
    }

    /// A new site with the `post-service` survey.
    fn site(&self, data: &Path) -> Kept {
        let admin = std::fs::read_to_string(data.join("admin-token")).unwrap();
        let record = json!({"name": "Test", "origins": ["https://www.example.org"],
            "locale": "it", "timezone": "Europe/Rome"});
        let (_, made) = self.post("/v1/sites", admin.trim(), &record.to_string()).unwrap();
        let made: Value = serde_json::from_str(&made).unwrap();
        let text = |name: &str| made[name].as_str().unwrap().to_owned();
        let site = Kept { site: text("site"), key: text("public_key"), token: text("owner_token") };
        let preset = shared::presets::Preset::named("post-service").unwrap().json();
        let path = format!("/v1/sites/{}/surveys", site.site);
        assert_eq!(self.post(&path, &site.token, preset).unwrap().0, 201);
        site
    }

    /// Batches from several clients; every acknowledged number is told.
    fn load(&self, site: &Kept, next: &AtomicU64, told: impl Fn(u64) + Sync) {
        let path = format!("/v1/sites/{}/responses/batch", site.site);
        std::thread::scope(|scope| {
            for client in 0..CLIENTS {
                let (path, told) = (&path, &told);
                scope.spawn(move || {
                    for batch in 0..BATCHES {
                        let lines = 1 + (client + batch) % BATCH;
                        let first = next.fetch_add(lines, Ordering::Relaxed);
                        let body: String =
                            (first..first + lines).map(|n| format!("{}\n", line(n))).collect();
                        match self.post(path, &site.token, &body) {
                            Some((200, _)) => (first..first + lines).for_each(told),
                            _ => break,
                        }
                    }
                });
            }
        });
    }
}

impl Drop for Observed {
    /// A case that fails leaves no process behind.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The n-th response, somewhere in a month.
fn line(n: u64) -> Value {
    let mut line = response(n, (n % 11).cast_signed());
    line["occurred_at"] = json!(format!("2026-05-{:02}T{:02}:00:00Z", 1 + n % 28, n % 24));
    line
}

/// Every promise is kept on the folder that is left.
fn check(server: &Server, site: &Kept, acknowledged: &BTreeSet<u64>) {
    let site = site.at(server);
    for part in acknowledged.iter().copied().collect::<Vec<_>>().chunks(1_000) {
        let lines: Vec<Value> = part.iter().map(|n| line(*n)).collect();
        for (n, told) in part.iter().zip(site.batch(&lines)) {
            assert_eq!(told["status"], "duplicate", "{n} was acknowledged: {told}");
            assert_eq!(told["id"], id(*n).as_str());
        }
    }
    let found = server.post("/v1/verify", Some(&server.admin_token()), &json!({})).expect(200);
    assert_eq!(found["wrong"], 0, "{found}");
    assert_eq!(found["responses"], site.responses(), "{found}");
    assert!(site.responses() >= acknowledged.len() as u64);
}

/// Two recorded servings of one folder, and what was there before them.
fn record(folder: &Path, prepare: fn(&Path)) -> (Image, Trace, std::path::PathBuf, Kept) {
    let root = folder.canonicalize().unwrap().join("watched");
    std::fs::create_dir(&root).unwrap();
    prepare(&root.join("data"));
    let before = Image::read(&root).unwrap();
    let recording = Recording::new(&root, &folder.join("trace")).unwrap();
    let data = root.join("data");
    let next = AtomicU64::new(1);
    let told = |n: u64| recording.mark(&n.to_be_bytes()).unwrap();
    let start = || Observed::start(&data, |command| recording.watch(command)).unwrap();
    let server = start();
    let site = server.site(&data);
    recording.mark(b"site").unwrap();
    server.load(&site, &next, told);
    server.stop();
    let server = start();
    server.load(&site, &next, told);
    server.stop();
    (before, Trace::read(recording.trace()).unwrap(), root, site)
}

/// Just before each of some syncs, and in the second opening, where a kill leaves its traces.
fn moments(entries: &[powercut::Entry<'_>], rng: &mut Rng) -> Vec<usize> {
    let is = |at: &usize, wanted: fn(&Record<'_>) -> bool| wanted(&entries[*at].record);
    let all = || 0..entries.len();
    let syncs = all().filter(|at| is(at, |record| matches!(record, Record::Sync { .. })));
    let mut chosen = rng.choose_multiple(syncs, CUTS);
    let second = all().filter(|at| is(at, |record| *record == Record::Start)).nth(1).unwrap();
    chosen.extend((second..entries.len()).step_by(7).take(CUTS));
    chosen.push(entries.len());
    chosen.sort_unstable();
    chosen
}

fn nothing(_: &Path) {}

/// A folder of before there was a log ahead of the store.
fn a_folder_without_the_log(data: &Path) {
    assert!(Server::start_in(data).stop());
    for log in ["ahead-0", "ahead-1"] {
        std::fs::remove_file(data.join(log)).unwrap();
    }
}

#[test]
fn nothing_acknowledged_is_lost_to_a_power_cut() {
    cut_the_power(nothing);
}

#[test]
fn nothing_acknowledged_is_lost_to_a_power_cut_where_the_log_was_just_made() {
    cut_the_power(a_folder_without_the_log);
}

fn cut_the_power(prepare: fn(&Path)) {
    let folder = tempfile::tempdir().unwrap();
    let (before, trace, root, site) = record(folder.path(), prepare);
    let entries = trace.entries().unwrap();
    let mut rng = Rng::with_seed(4);
    let mut disk = Disk::starting_from(&root, &before);
    let (mut site_made, mut acknowledged, mut played) = (false, BTreeSet::new(), 0);
    let mut seen = BTreeSet::new();
    for at in moments(&entries, &mut rng) {
        for entry in &entries[played..at] {
            disk.play(entry);
            match entry.record {
                Record::Mark(b"site") => site_made = true,
                Record::Mark(n) => {
                    acknowledged.insert(u64::from_be_bytes(n.try_into().unwrap()));
                }
                _ => {}
            }
        }
        played = at;
        for survival in Survival::ALL {
            let image = disk.image(survival, &mut rng);
            if seen.insert(image.fingerprint()) {
                let left = tempfile::tempdir().unwrap();
                image.write(left.path()).unwrap();
                println!("cut at {at} of {}, later writes {}", entries.len(), survival.name());
                let server = Server::start_in(&left.path().join("data"));
                if site_made {
                    check(&server, &site, &acknowledged);
                }
            }
        }
    }
    let kept = disk.image(Survival::Everything, &mut rng);
    assert_eq!(kept.differences(&Image::read(&root).unwrap()), [""; 0], "the recorder missed it");
    assert!(seen.len() > CUTS, "only {} images", seen.len());
}

/// The test of the test: were the syncs not made, the images would show it.
#[test]
fn a_store_that_never_syncs_is_caught() {
    let folder = tempfile::tempdir().unwrap();
    let (before, trace, root, _) = record(folder.path(), nothing);
    let mut disk = Disk::starting_from(&root, &before);
    disk.forget_syncs = true;
    trace.entries().unwrap().iter().for_each(|entry| disk.play(entry));
    let left = tempfile::tempdir().unwrap();
    disk.image(Survival::Nothing, &mut Rng::with_seed(1)).write(left.path()).unwrap();
    let server = Server::start_in(&left.path().join("data"));
    let sites = server.get("/v1/sites", Some(&server.admin_token())).expect(200);
    assert_eq!(sites["sites"].as_array().or(sites.as_array()).map(Vec::len), Some(0), "{sites}");
}

const LASTING: u64 = u64::MAX;
const NO_SPACE: i32 = 28;
const IO_ERROR: i32 = 5;
const READ_ONLY: i32 = 30;

#[test]
fn a_disk_that_fails_costs_nothing_acknowledged() {
    for (call, first, error) in [
        ("write", 1, NO_SPACE),
        ("write", 45, NO_SPACE),
        ("write", 60, IO_ERROR),
        ("write", 75, READ_ONLY),
        ("sync", 25, IO_ERROR),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().canonicalize().unwrap().join("data");
        let (next, acknowledged) = (AtomicU64::new(1), Mutex::new(BTreeSet::new()));
        let told = |n: u64| {
            acknowledged.lock().unwrap().insert(n);
        };
        let server = Observed::start(&data, |_| {}).unwrap();
        let site = server.site(&data);
        server.load(&site, &next, told);
        server.stop();
        let trace = folder.path().join("trace");
        std::fs::write(&trace, "").unwrap();
        let fault = Fault { call, first, count: LASTING, error };
        let broken = |command: &mut Command| powercut::inject(command, &data, &trace, Some(fault));
        let ended = match Observed::start(&data, broken) {
            Err(ended) => ended,
            Ok(mut server) => server.load_to_its_end(&site, &next, told),
        };
        assert!(!ended.success(), "{fault:?}: {ended}");
        check(&Server::start_in(&data), &site, &acknowledged.lock().unwrap());
    }
}
