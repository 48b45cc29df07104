//! Other programs that a measurement needs.

use anyhow::{Context, Result, ensure};
use std::process::Command;

/// Runs it to its end; anything but success is an error in its own words.
pub fn succeed(command: &mut Command) -> Result<()> {
    let output = command.output().with_context(|| format!("{command:?} cannot be started"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?}: {}", said.trim());
    Ok(())
}
