//! `cargo xtask fuzz`: libFuzzer on every parser that meets the outside, for a bounded time each;
//! what it finds worth keeping stays in `fuzz/corpus`, and the tests run that again.

use crate::{run, tools};
use anyhow::{Context, Result, bail};
use std::fs;
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
        // Into the target folder of the workspace, which is not committed.
        let work = run::target_folder(root).join("fuzz");
        let (kept, found) =
            (root.join("fuzz/corpus").join(&target), work.join("found").join(&target));
        fs::create_dir_all(&found)?;
        let libfuzzer = |corpora: [&Path; 2], options: &[&str]| -> Result<bool> {
            let mut fuzz = Command::new(&cargo_fuzz);
            fuzz.current_dir(&folder).env("CARGO_TARGET_DIR", &work);
            fuzz.args(["fuzz", "run", "--fuzz-dir", ".", "--sanitizer", "none", &target]);
            fuzz.args(corpora).arg("--").args(options).arg("-verbosity=0");
            Ok(fuzz.status().context("cannot start cargo-fuzz")?.success())
        };
        let bounds = [format!("-max_total_time={seconds}"), format!("-max_len={LENGTH_MAX}")];
        let search = [&bounds[0], &bounds[1], "-print_final_stats=1"];
        // What reaches something that nothing kept reaches is kept too.
        let keep = ["-merge=1", "-set_cover_merge=1", "-use_counters=0"];
        if !libfuzzer([&found, &kept], &search)? || !libfuzzer([&kept, &found], &keep)? {
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
