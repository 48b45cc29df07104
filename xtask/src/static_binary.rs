//! The collector as one static file: it runs on any Linux of its architecture, and alone in a
//! container image. It is tried before anyone gets it.

use crate::served::{self, Served};
use crate::{build, run, tools};
use anyhow::{Context, Result, bail, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const SYNCS: &str = "ascolto_store_syncs_total ";
const SYNC_MAX: Duration = Duration::from_secs(20);
const RESPONSE: &str = r#"{"id": "0190a000-0000-7000-8000-000000000001",
    "survey": "post-service", "answers": {"recommend": 9}}"#;

/// Builds `target/ARCH-unknown-linux-musl/release/ascolto`, tries it, and says where it is.
pub fn build(root: &Path) -> Result<PathBuf> {
    let musl = tools::musl(root)?;
    build::web_files(root)?;
    run::step("static collector", || {
        let what = ["rustc", "--release", "--locked", "-p", "collector", "--bin", "ascolto"];
        let mut build = run::cargo(root, what);
        build.args(["--target", &musl.target]);
        // A sixth of what the linker leaves is names for debuggers.
        build.args(["--", "-C", "strip=symbols"]);
        // What is C in our dependencies is made for the same library.
        build.env(format!("CC_{}", musl.target.replace('-', "_")), &musl.c_compiler);
        run::done(&mut build)
    })?;
    let ascolto = build::binary(root, &format!("{}/release", musl.target));
    run::step("trial", || attempt(root, &ascolto))?;
    let bytes = std::fs::metadata(&ascolto)?.len();
    println!("{}: static, {bytes} bytes", ascolto.display());
    Ok(ascolto)
}

fn attempt(root: &Path, ascolto: &Path) -> Result<()> {
    let program = std::fs::read(ascolto)?;
    ensure!(!names_a_loader(&program)?, "{} needs libraries of the system", ascolto.display());
    let data = run::empty_folder(root, "trial")?.join("data");
    let site = served::make_site(ascolto, &data)?;
    let served = Served::start(ascolto, &data)?;
    served.get("/readyz")?.expect(200)?;
    run::done(Command::new(ascolto).args(["health", "--server", &served.url]))?;
    served.post(&format!("/v1/sites/{}/responses", site.key), RESPONSE)?.expect(201)?;
    expect_real_syncs(&served)?;
    served.stop()?;
    let again = Served::start(ascolto, &data)?;
    let summary = again.get(&format!("/v1/sites/{}/summary", site.id))?.expect(200)?;
    ensure!(summary.contains("\"responses\":1,"), "the answer is gone:\n{summary}");
    again.stop()
}

/// sled's syncs are real only where our definition came before the C library's. It makes one in the
/// background soon after a write.
fn expect_real_syncs(served: &Served) -> Result<()> {
    let deadline = Instant::now() + SYNC_MAX;
    while Instant::now() < deadline {
        let figures = served.get("/metrics")?.expect(200)?;
        let count = figures.lines().find_map(|line| line.strip_prefix(SYNCS));
        if count.is_some_and(|count| count.trim() != "0") {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    bail!("real-sync does not stand in for the C library's function")
}

/// Whether a program (ELF, 64 bits, little end first) asks for a dynamic loader: one of its
/// program headers then has the type `PT_INTERP`.
fn names_a_loader(program: &[u8]) -> Result<bool> {
    const PT_INTERP: u64 = 3;
    if !program.starts_with(b"\x7fELF\x02\x01") {
        bail!("no ELF program of 64 bits");
    }
    let [table, size, count] =
        [(0x20, 8), (0x36, 2), (0x38, 2)].map(|(at, bytes)| number(program, at, bytes));
    let (table, size, count) = (table?, size?, count?);
    for header in 0..count {
        if number(program, table + header * size, 4)? == PT_INTERP {
            return Ok(true);
        }
    }
    Ok(false)
}

fn number(program: &[u8], at: u64, bytes: usize) -> Result<u64> {
    let rest = usize::try_from(at).ok().and_then(|at| program.get(at..));
    let found = rest.and_then(|rest| rest.get(..bytes)).context("the program is cut off")?;
    Ok(found.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::names_a_loader;

    /// A header and a table of program headers of these types.
    fn program(types: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0; 64 + 56 * types.len()];
        bytes[..6].copy_from_slice(b"\x7fELF\x02\x01");
        bytes[0x20] = 64;
        bytes[0x36] = 56;
        bytes[0x38] = u8::try_from(types.len()).unwrap();
        for (place, kind) in types.iter().enumerate() {
            bytes[64 + 56 * place] = *kind;
        }
        bytes
    }

    #[test]
    fn a_loader_is_found_wherever_it_is_named() {
        assert!(!names_a_loader(&program(&[1, 1, 2])).unwrap());
        assert!(names_a_loader(&program(&[6, 3, 1])).unwrap());
        assert!(names_a_loader(&program(&[1, 1, 3])).unwrap());
    }

    #[test]
    fn what_is_no_whole_program_is_refused() {
        assert!(names_a_loader(b"#!/bin/sh").is_err());
        let whole = program(&[1, 2]);
        assert!(names_a_loader(&whole[..100]).is_err());
    }

    #[test]
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    fn this_program_needs_a_loader() {
        let program = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        assert!(names_a_loader(&program).unwrap());
    }
}
