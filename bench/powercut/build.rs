//! Compiles the recorder, a library to be preloaded into other programs: it depends on nothing, so
//! the compiler alone makes it, in this crate's output folder, wherever this crate is built.

use std::path::PathBuf;
use std::process::Command;

fn main() {
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let source = PathBuf::from(variable("CARGO_MANIFEST_DIR")).join("../recorder/src");
    println!("cargo::rerun-if-changed={}", source.display());
    // Elsewhere there is no such preloading; `preload` says so when it is asked for.
    if variable("CARGO_CFG_TARGET_OS") != "linux" {
        return;
    }
    let output = PathBuf::from(variable("OUT_DIR")).join("librecorder.so");
    let mut compile = Command::new(variable("RUSTC"));
    compile.args(["--edition", "2024", "--crate-name", "recorder", "--crate-type", "cdylib"]);
    compile.args(["-O", "-C", "panic=abort", "--target", &variable("TARGET"), "-o"]);
    let status = compile.arg(&output).arg(source.join("lib.rs")).status();
    assert!(status.is_ok_and(|status| status.success()), "the recorder does not compile");
    println!("cargo::rustc-env=RECORDER={}", output.display());
}
