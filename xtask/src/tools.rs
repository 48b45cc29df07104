//! Programs that the tasks need beside Rust itself: found, installed where that may be done, or
//! named in one line for a person to install.

use crate::run;
use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;

const CARGO_DENY_VERSION: &str = "0.20.2";
const GECKODRIVER_VERSION: &str = "0.37.1";
const SCHEMATHESIS_VERSION: &str = "4.32.5";
const AIOSMTPD_VERSION: &str = "1.4.6";
const CARGO_FUZZ_VERSION: &str = "0.13.2";
const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// What a build needs and a fresh machine may lack.
pub fn prepare_build(root: &Path) -> Result<()> {
    const NEEDED: [(&str, &[&str]); 3] = [
        ("node", &["node", "nodejs"]),
        ("npm", &["npm", "npm.cmd"]),
        ("a C compiler", &["cc", "gcc", "clang", "cl.exe"]),
    ];
    for (what, names) in NEEDED {
        run::find(names)
            .with_context(|| format!("{what} is missing: install it, then run this again"))?;
    }
    install_target(root, WASM_TARGET)?;
    offer_library_source(root);
    Ok(())
}

fn install_target(root: &Path, target: &str) -> Result<()> {
    let library = rustc_says(root, &["--print", "target-libdir", "--target", target]);
    if library.is_some_and(|folder| Path::new(&folder).is_dir()) {
        return Ok(());
    }
    let mut install = Command::new("rustup");
    install.current_dir(root).args(["target", "add", target]);
    run::step(target, || run::done(&mut install))
        .with_context(|| format!("Rust's target {target} is missing"))
}

/// A C library that can be linked into the program.
pub struct Musl {
    /// Rust's name for this machine with that library.
    pub target: String,
    pub c_compiler: PathBuf,
}

pub fn musl(root: &Path) -> Result<Musl> {
    ensure!(cfg!(target_os = "linux"), "a static binary is made on Linux alone");
    let target = format!("{}-unknown-linux-musl", std::env::consts::ARCH);
    install_target(root, &target)?;
    let c_compiler = packaged("musl-gcc", "musl-tools")
        .context("musl-gcc is missing: install it (Debian: `musl-tools`), then run this again")?;
    Ok(Musl { target, c_compiler })
}

/// The source of the standard library makes the widget smaller; without it, it is only larger.
fn offer_library_source(root: &Path) {
    let Some(sysroot) = rustc_says(root, &["--print", "sysroot"]) else { return };
    if Path::new(&sysroot).join("lib/rustlib/src/rust/library/Cargo.lock").is_file() {
        return;
    }
    let mut install = Command::new("rustup");
    install.current_dir(root).args(["component", "add", "rust-src"]);
    if run::step("standard library source", || run::done(&mut install)).is_err() {
        println!(
            "no rust-src: the widget is built with the standard library as it comes, and is larger"
        );
    }
}

pub fn cargo_deny(root: &Path) -> Result<PathBuf> {
    cargo_program(root, "cargo-deny", CARGO_DENY_VERSION)
}

pub fn geckodriver(root: &Path) -> Result<PathBuf> {
    cargo_program(root, "geckodriver", GECKODRIVER_VERSION)
}

pub fn cargo_fuzz(root: &Path) -> Result<PathBuf> {
    cargo_program(root, "cargo-fuzz", CARGO_FUZZ_VERSION)
}

/// A program of PATH, or our own of a fixed version under `target/tools`.
fn cargo_program(root: &Path, name: &str, version: &str) -> Result<PathBuf> {
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    if let Some(program) = run::find(&[&file]) {
        return Ok(program);
    }
    let folder = run::target_folder(root).join("tools");
    let program = folder.join("bin").join(&file);
    if !program.is_file() {
        run::step(name, || build(root, &folder, name, version))?;
    }
    Ok(program)
}

fn build(root: &Path, folder: &Path, name: &str, version: &str) -> Result<()> {
    let mut install = run::cargo(root, ["install", name, "--locked", "--version", version]);
    install.arg("--root").arg(folder);
    // It runs for seconds: built quickly beats running quickly.
    install.env("CARGO_PROFILE_RELEASE_LTO", "off");
    install.env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
    install.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0");
    run::done(&mut install)
}

/// Schemathesis in a Python environment of its own under `target/tools`.
pub fn schemathesis(root: &Path) -> Result<PathBuf> {
    let folder = python_package(root, "schemathesis", SCHEMATHESIS_VERSION, "bin/schemathesis")?;
    Ok(folder.join("bin/schemathesis"))
}

/// A Python that has the mail server of the tests.
pub fn aiosmtpd(root: &Path) -> Result<PathBuf> {
    let folder = python_package(root, "aiosmtpd", AIOSMTPD_VERSION, "bin/aiosmtpd")?;
    Ok(folder.join("bin/python"))
}

/// An environment under `target/tools` with one package in it. `program`: there once it is whole.
fn python_package(root: &Path, name: &str, version: &str, program: &str) -> Result<PathBuf> {
    let folder = run::target_folder(root).join("tools").join(name);
    if !folder.join(program).is_file() {
        let python = run::find(&["python3"]).context("python3 is missing: install it")?;
        run::step(name, || {
            run::done(Command::new(python).args(["-m", "venv"]).arg(&folder))?;
            let mut install = Command::new(folder.join("bin/pip"));
            install.args(["install", "--quiet", "--disable-pip-version-check"]);
            run::done(install.arg(format!("{name}=={version}")))
        })?;
    }
    Ok(folder)
}

fn may_install_packages() -> bool {
    run::find(&["apt-get"]).is_some()
        && run::answer(Command::new("id").arg("-u")).as_deref() == Some("0")
}

fn install_packages(names: &[&str]) -> Result<()> {
    for args in [&["update", "-q"][..], &[&["install", "-y", "-q"], names].concat()] {
        run::done(Command::new("apt-get").env("DEBIAN_FRONTEND", "noninteractive").args(args))?;
    }
    Ok(())
}

/// Installs the system's packages, where that may be done.
pub fn install(packages: &[&str]) -> Result<()> {
    ensure!(may_install_packages(), "packages are not this user's to install");
    run::step(&packages.join(", "), || install_packages(packages))
}

/// A program of PATH, or of one of the system's packages where we may install it.
pub fn packaged(program: &str, package: &str) -> Option<PathBuf> {
    run::find(&[program]).or_else(|| {
        // What could not be installed is missing, which the caller says.
        install(&[package]).ok()?;
        run::find(&[program])
    })
}

/// Debian's package of nginx starts a server at once where systemd runs: there it is a person's
/// to install.
pub fn nginx() -> Option<PathBuf> {
    let would_serve = Path::new("/run/systemd/system").is_dir();
    if would_serve { run::find(&["nginx"]) } else { packaged("nginx", "nginx") }
}

fn rustc_says(root: &Path, args: &[&str]) -> Option<String> {
    run::answer(Command::new("rustc").current_dir(root).args(args))
}
