//! `cargo xtask fuzz`: libFuzzer on every parser that meets the outside, for a bounded time each;
//! what it finds worth keeping stays in `fuzz/corpus`, and the tests run that again.

use crate::{run, tools};
use anyhow::{Context, Result, bail};
use std::path::Path;
use std::process::{Command, ExitCode};

const SECONDS: u32 = 30;
/// Longer inputs find nothing that shorter ones do not.
const LENGTH_MAX: u32 = 4_096;

/// `[TARGET…] [--seconds N]`
pub fn run(root: &Path, args: &[String]) -> Result<ExitCode> {
    let (targets, seconds) = read(root, args)?;
    let cargo_fuzz = tools::cargo_fuzz(root)?;
    let folder = root.join("fuzz/libfuzzer");
    let mut failed = Vec::new();
    for target in targets {
        println!("\n== {target}, {seconds} seconds");
        let mut fuzz = Command::new(&cargo_fuzz);
        fuzz.current_dir(&folder).args(["fuzz", "run", "--fuzz-dir", ".", "--sanitizer", "none"]);
        fuzz.arg(&target).arg(format!("../corpus/{target}"));
        // Into the target folder of the workspace, which is not committed.
        fuzz.env("CARGO_TARGET_DIR", run::target_folder(root).join("fuzz"));
        fuzz.args(["--", &format!("-max_total_time={seconds}"), &format!("-max_len={LENGTH_MAX}")]);
        fuzz.args(["-print_final_stats=1", "-verbosity=0"]);
        let status = fuzz.status().context("cannot start cargo-fuzz")?;
        if !status.success() {
            failed.push(target);
        }
    }
    if failed.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    bail!("broken: {}; the inputs are in fuzz/libfuzzer/artifacts", failed.join(", "))
}

fn read(root: &Path, args: &[String]) -> Result<(Vec<String>, u32)> {
    let mut targets = Vec::new();
    let mut seconds = SECONDS;
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        match arg.as_str() {
            "--seconds" => {
                let text = rest.next().context("--seconds needs a number")?;
                seconds = text.parse().with_context(|| format!("{text} is not a number"))?;
            }
            name => targets.push(name.to_owned()),
        }
    }
    let mut known = Vec::new();
    for entry in root.join("fuzz/corpus").read_dir()? {
        known.push(entry?.file_name().to_string_lossy().into_owned());
    }
    known.sort();
    if let Some(unknown) = targets.iter().find(|name| !known.contains(name)) {
        bail!("no target {unknown:?}; there are {}", known.join(", "));
    }
    Ok((if targets.is_empty() { known } else { targets }, seconds))
}
