//! Which standard library is compiled into the wasm modules.

use anyhow::{Context, Result};
use std::fmt;
use std::path::Path;
use std::process::Command;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Std {
    /// Compiled with the crate, for size, aborting at once on a panic. Needs rust-src.
    BuiltForSize,
    /// As rustup ships it.
    Shipped,
}

impl Std {
    /// The small one where the toolchain has the library's source.
    pub fn of_toolchain(root: &Path) -> Result<Self> {
        let output = Command::new("rustc")
            .args(["--print", "sysroot"])
            .current_dir(root)
            .output()
            .context("cannot start rustc: install Rust by rustup")?;
        let sysroot = String::from_utf8(output.stdout)?;
        let source = Path::new(sysroot.trim()).join("lib/rustlib/src/rust/library/Cargo.lock");
        Ok(if source.is_file() { Self::BuiltForSize } else { Self::Shipped })
    }

    /// For size: no unwinding, no panic messages, no source locations, no `Debug` output. The
    /// stable compiler takes these flags when it is told that we know that they may change.
    pub fn apply(self, cargo: &mut Command) {
        if self == Self::BuiltForSize {
            let flags = [
                "-Zunstable-options",
                "-Cpanic=immediate-abort",
                "-Zlocation-detail=none",
                "-Zfmt-debug=none",
            ];
            cargo.env("RUSTC_BOOTSTRAP", "1");
            cargo.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"));
            cargo.args(["-Zbuild-std=std,panic_abort", "-Zbuild-std-features=optimize_for_size"]);
        }
    }
}

impl fmt::Display for Std {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BuiltForSize => "standard library built for size (rust-src is there)",
            Self::Shipped => "standard library as shipped (no rust-src, so some KiB larger)",
        })
    }
}
