//! `cargo xtask demo`: from a clone to a running site with one command.

use crate::build;
use anyhow::{Context, Result};
use std::path::Path;
use std::process::{Command, ExitCode};

/// Builds what is missing and becomes `ascolto demo`.
pub fn start(root: &Path, args: &[String]) -> Result<ExitCode> {
    let program = build::release(root)?;
    let mut command = Command::new(&program);
    command.current_dir(root).arg("demo").args(args);
    hand_over(&mut command).with_context(|| format!("cannot start {}", program.display()))
}

/// The server takes this process's place, so that Ctrl-C and its exit code are its own.
#[cfg(unix)]
fn hand_over(command: &mut Command) -> std::io::Result<ExitCode> {
    use std::os::unix::process::CommandExt;
    Err(command.exec())
}

/// The console sends Ctrl-C to both; the server decides when it is over.
#[cfg(not(unix))]
fn hand_over(command: &mut Command) -> std::io::Result<ExitCode> {
    let status = command.status()?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
