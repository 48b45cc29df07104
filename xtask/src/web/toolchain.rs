//! What the Rust toolchain must have for wasm32, and which standard library is compiled in.

use anyhow::{Context, Result, bail};
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

pub const TARGET: &str = "wasm32-unknown-unknown";

/// The standard library of the wasm modules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Std {
    /// Compiled with the crate, for size, aborting at once on a panic. Needs rust-src.
    BuiltForSize,
    /// As rustup ships it.
    Shipped,
}

impl fmt::Display for Std {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BuiltForSize => "standard library built for size (rust-src is there)",
            Self::Shipped => "standard library as shipped (no rust-src: about 5 KiB more)",
        })
    }
}

/// Installs the wasm target where it is missing, and rust-src where it can be had.
pub fn prepare(root: &Path) -> Result<Std> {
    let libraries = sysroot(root)?.join("lib/rustlib");
    if !libraries.join(TARGET).is_dir() && !rustup(root, &["target", "add", TARGET]) {
        bail!("the target {TARGET} is missing: run `rustup target add {TARGET}`");
    }
    let source = libraries.join("src/rust/library/Cargo.lock");
    let there = source.is_file() || rustup(root, &["component", "add", "rust-src"]);
    Ok(if there { Std::BuiltForSize } else { Std::Shipped })
}

fn sysroot(root: &Path) -> Result<PathBuf> {
    let output = Command::new("rustc")
        .args(["--print", "sysroot"])
        .current_dir(root)
        .output()
        .context("cannot start rustc: install Rust by rustup")?;
    Ok(PathBuf::from(String::from_utf8(output.stdout)?.trim()))
}

fn rustup(root: &Path, args: &[&str]) -> bool {
    eprintln!("web: rustup {}", args.join(" "));
    let status = Command::new("rustup").args(args).current_dir(root).status();
    status.is_ok_and(|status| status.success())
}
