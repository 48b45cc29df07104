//! `cargo xtask bench`: builds the collector and the program that measures it and
//! the widget, and runs that.

use crate::{browsers, build, run};
use anyhow::{Context, Result};
use std::path::Path;
use std::process::{Command, ExitCode};

/// Hands the arguments over; the exit code is the measuring program's.
pub fn run(root: &Path, args: &[String]) -> Result<ExitCode> {
    let ascolto = build::release(root)?;
    run::step("bench", || run::done(&mut run::cargo(root, ["build", "--release", "-p", "bench"])))?;
    let program = ascolto.with_file_name(format!("bench{}", std::env::consts::EXE_SUFFIX));
    let mut bench = Command::new(&program);
    bench.current_dir(root).args(args);
    if args.first().is_some_and(|task| task == "widget") {
        bench.envs(browsers::chromium(root)?.programs);
    }
    let status = bench.status();
    let status = status.with_context(|| format!("cannot start {}", program.display()))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
