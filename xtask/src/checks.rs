//! The checks of `cargo xtask test`, each a function: an error is a failed check, a tally is what
//! was counted.

use crate::tally::Tally;
use crate::{api, browsers, build, deploy, run, size, tools, web};
use anyhow::{Context, Result};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// Time for the advisory database to be fetched, seconds.
const FETCH_S_MAX: u64 = 60;

/// Time for the tests of one step with all that they compile, minutes: one that waits for ever must
/// not keep the others from being told.
const TESTS_MIN_MAX: u64 = 45;

/// Tests in a browser that are tried once more: where more of them fail it is no accident.
const AGAIN_MAX: usize = 5;

/// One selection of packages and features for all tests, so that a dependency is compiled once.
const ALL: [&str; 2] = ["--workspace", "--all-features"];

pub fn format(root: &Path) -> Result<Tally> {
    passed(&mut run::cargo(root, ["fmt", "--all", "--check"]))
}

pub fn deny(root: &Path) -> Result<Tally> {
    let program = tools::cargo_deny(root)?;
    let subjects = ["--log-level", "error", "check", "licenses", "bans", "sources"];
    passed(Command::new(program).current_dir(root).args(subjects))
}

pub fn advisories(root: &Path) -> Result<Tally> {
    let program = tools::cargo_deny(root)?;
    let mut fetch = Command::new(&program);
    fetch.current_dir(root).args(["fetch", "db"]);
    if !run::succeeds_within(&mut fetch, Duration::from_secs(FETCH_S_MAX)) {
        println!("advisories are left out: their database cannot be fetched from here");
        return Ok(Tally::SKIPPED);
    }
    passed(Command::new(&program).current_dir(root).args([
        "check",
        "--disable-fetch",
        "advisories",
    ]))
}

pub fn clippy(root: &Path) -> Result<Tally> {
    const HOST: [&str; 4] = ["--exclude", "widget", "--exclude", "dashboard"];
    // The browser tests are no default target, not even of `--all-targets`.
    for targets in [&["--all-targets"][..], &["--test", "e2e"]] {
        let mut clippy = run::cargo(root, ["clippy"]);
        run::done(clippy.args(ALL).args(HOST).args(targets).args(["--", "-D", "warnings"]))?;
    }
    Ok(Tally::PASSED)
}

pub fn clippy_wasm(root: &Path) -> Result<Tally> {
    tools::prepare_build(root)?;
    let what = ["clippy", "-p", "widget", "-p", "dashboard", "--target", "wasm32-unknown-unknown"];
    passed(run::cargo(root, what).args(["--", "-D", "warnings"]))
}

/// The script tag and what it fetches beside the form are plain JavaScript; node runs what it can.
pub fn loader(root: &Path) -> Result<Tally> {
    let node = run::find(&["node", "nodejs"]).context("node is missing: install it")?;
    let mut files = Vec::new();
    for folder in ["widget/loader", "widget/core", "stations", "stations/desk", "stations/kiosk"] {
        for entry in root.join(folder).read_dir()? {
            files.push(entry?.path());
        }
    }
    files.retain(|file| file.to_string_lossy().ends_with(".test.js"));
    files.sort();
    counted(
        Command::new(node).current_dir(root).args(["--test", "--test-reporter=tap"]).args(files),
    )
}

pub fn web(root: &Path) -> Result<Tally> {
    web::build(root)?;
    Ok(Tally::PASSED)
}

pub fn size(root: &Path) -> Result<Tally> {
    size::report(root)?;
    Ok(Tally::PASSED)
}

/// Everything but e2e, which `test = false` keeps out of a plain `cargo test`.
pub fn unit(root: &Path) -> Result<Tally> {
    counted(run::cargo(root, ["test"]).args(ALL).arg("--no-fail-fast"))
}

/// Invitations through a real mail server, which plain tests leave out.
pub fn mail(root: &Path) -> Result<Tally> {
    let mut tests = run::cargo(root, ["test"]);
    tests.args(ALL).args(["--test", "it", "--", "--ignored", "invited::"]);
    counted(tests.env("ASCOLTO_TEST_PYTHON", tools::aiosmtpd(root)?))
}

pub fn api(root: &Path) -> Result<Tally> {
    api::check(root, &debug_collector(root)?)?;
    Ok(Tally::PASSED)
}

pub fn deploy(root: &Path) -> Result<Tally> {
    deploy::check(root, &debug_collector(root)?)
}

/// With what tries it in browsers: without a test beside it cargo compiles some of its dependencies
/// once more, less the features that only tests ask for.
fn debug_collector(root: &Path) -> Result<PathBuf> {
    let products = ["--bin", "ascolto", "--test", "e2e"];
    run::done(run::cargo(root, ["build"]).args(ALL).args(products))?;
    Ok(build::binary(root, "debug"))
}

pub fn e2e(root: &Path) -> Result<Tally> {
    in_browser(root, &browsers::chromium(root)?)
}

pub fn e2e_firefox(root: &Path) -> Result<Tally> {
    in_browser(root, &browsers::firefox(root)?)
}

pub fn e2e_webkit(root: &Path) -> Result<Tally> {
    in_browser(root, &browsers::webkit(root)?)
}

/// One suite, whatever the engine. What fails is tried once more alone, and said so: a browser that
/// stumbles on a busy machine is no fault of ours, and a fault of ours fails alone too.
fn in_browser(root: &Path, engine: &browsers::Engine) -> Result<Tally> {
    let (mut tally, failed) =
        counted_by_name(&mut browser_tests(root, engine, &["--test-threads", "2"])?)?;
    if failed.is_empty() || failed.len() > AGAIN_MAX {
        return Ok(tally);
    }
    println!("\nonce more, alone, in {}: {}", engine.name, failed.join(", "));
    let names: Vec<&str> = failed.iter().map(String::as_str).collect();
    let alone = [&["--test-threads", "1", "--exact"], &names[..]].concat();
    let again = counted(&mut browser_tests(root, engine, &alone)?)?;
    tally.passed += again.passed;
    tally.failed = tally.failed.saturating_sub(again.passed);
    Ok(tally)
}

/// The tests in a browser, with arguments for them and all that they need.
pub fn browser_tests(
    root: &Path,
    engine: &browsers::Engine,
    arguments: &[&str],
) -> Result<Command> {
    web::install_packages(root, "e2e/npm")?;
    // Unlike what is delivered, React then mounts everything twice: the harder case.
    web::run_script(root, "examples/spa-react", "dev")?;
    let collector = debug_collector(root)?;
    let mut tests = run::cargo(root, ["test"]);
    tests.args(ALL).args(["--test", "e2e", "--"]).args(arguments);
    tests.env("ASCOLTO_BIN", collector);
    // The errors name what was waited for; where in the harness is of no interest.
    tests.env("RUST_LIB_BACKTRACE", "0");
    tests.env("E2E_ENGINE", engine.name).envs(engine.programs.iter().cloned());
    Ok(tests)
}

fn passed(command: &mut Command) -> Result<Tally> {
    run::done(command)?;
    Ok(Tally::PASSED)
}

/// Runs tests with their output passed through, and counts what they say.
fn counted(command: &mut Command) -> Result<Tally> {
    counted_by_name(command).map(|(tally, _)| tally)
}

/// The same, with the names of the tests that failed.
fn counted_by_name(command: &mut Command) -> Result<(Tally, Vec<String>)> {
    let mut child = command.stdout(Stdio::piped()).spawn().context("cannot start the tests")?;
    let output = child.stdout.take().context("no output to read")?;
    let limit = Duration::from_secs(60 * TESTS_MIN_MAX);
    let (_in_time, ended) = mpsc::channel::<()>();
    let tests = child.id();
    std::thread::spawn(move || {
        if ended.recv_timeout(limit) == Err(mpsc::RecvTimeoutError::Timeout) {
            println!("FAILED: the tests have not ended within {TESTS_MIN_MAX} minutes");
            run::kill_with_children(tests);
        }
    });
    let (mut tally, mut failed) = (Tally::default(), Vec::new());
    for line in BufReader::new(output).lines() {
        let line = line.context("test output that is not text")?;
        println!("{line}");
        if let Some(counts) = Tally::of_result_line(&line) {
            tally += counts;
        }
        let name = line.strip_prefix("test ").and_then(|rest| rest.strip_suffix(" ... FAILED"));
        failed.extend(name.map(str::to_owned));
    }
    let status = child.wait()?;
    // What did not compile, or died half-way, has no result line of its own.
    if !status.success() && tally.failed == 0 {
        tally += Tally::FAILED;
    }
    Ok((tally, failed))
}
