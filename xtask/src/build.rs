//! The product as one file: the collector with the widget and the dashboard inside.

use crate::{run, tools, web};
use anyhow::Result;
use std::path::{Path, PathBuf};

/// Builds `target/release/ascolto` and says where it is.
pub fn release(root: &Path) -> Result<PathBuf> {
    web_files(root)?;
    run::step("collector", || {
        run::done(&mut run::cargo(root, ["build", "--release", "-p", "collector"]))
    })?;
    Ok(binary(root, "release"))
}

/// What the collector's build embeds.
pub fn web_files(root: &Path) -> Result<()> {
    tools::prepare_build(root)?;
    run::step("widget and dashboard", || web::build(root))
}

/// The collector's program in a profile's folder.
pub fn binary(root: &Path, profile_folder: &str) -> PathBuf {
    run::target_folder(root)
        .join(profile_folder)
        .join(format!("ascolto{}", std::env::consts::EXE_SUFFIX))
}
