//! One crate to one wasm module and its glue: cargo, wasm-bindgen (as a library, at the version
//! of the lock file), wasm-opt, esbuild.

use super::npm::Tools;
use super::rust_std::Std;
use super::{eager, names, read_text, stamp, table};
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use wasm_bindgen_cli_support::Bindgen;

const TARGET: &str = "wasm32-unknown-unknown";

pub struct Module {
    pub glue: Vec<u8>,
    pub wasm: Vec<u8>,
}

/// The glue that wasm-bindgen writes works only with modules of exactly its own version.
pub fn check_bindgen_version(root: &Path) -> Result<()> {
    let lock = read_text(&root.join("Cargo.lock"))?;
    let [library, support] =
        ["wasm-bindgen", "wasm-bindgen-cli-support"].map(|name| locked_version(&lock, name));
    ensure!(
        library == support,
        "Cargo.lock has wasm-bindgen {} and wasm-bindgen-cli-support {}: pin both to one version",
        library.unwrap_or("none"),
        support.unwrap_or("none"),
    );
    Ok(())
}

fn locked_version<'a>(lock: &'a str, name: &str) -> Option<&'a str> {
    let (_, entry) = lock.split_once(&format!("name = \"{name}\"\nversion = \""))?;
    entry.split('"').next()
}

/// The module made before from the same inputs, or a new one.
pub fn cached(
    folder: &Path,
    inputs: &str,
    build: impl FnOnce() -> Result<Module>,
) -> Result<Module> {
    let [stamp, glue, wasm] = ["stamp", "glue.js", "module.wasm"].map(|name| folder.join(name));
    if stamp::matches(&stamp, inputs)
        && let (Ok(glue), Ok(wasm)) = (fs::read(&glue), fs::read(&wasm))
    {
        return Ok(Module { glue, wasm });
    }
    let module = build()?;
    fs::write(glue, &module.glue)?;
    fs::write(wasm, &module.wasm)?;
    stamp::write(&stamp, inputs)?;
    Ok(module)
}

/// Builds the crate `name`. `entry` is the ES module that the page imports; the glue
/// (`./{name}.js`) is bundled into it, less what it does not use, and so are the scripts of
/// `widget/core`, found beside the glue: the dashboard asks the widget's own rules. `trim` is given
/// the glue first.
pub fn build(
    name: &str,
    entry: &str,
    root: &Path,
    folder: &Path,
    std: Std,
    tools: &Tools,
    trim: fn(&str) -> Result<String>,
) -> Result<Module> {
    eprintln!("web: compiling {name}");
    let compiled = compile(name, root, std)?;
    let bound = folder.join("bindgen");
    bind(name, &compiled, &bound)
        .with_context(|| format!("wasm-bindgen does not take the crate {name}"))?;
    let glue = bound.join(format!("{name}.js"));
    fs::write(&glue, trim(&read_text(&glue)?)?)?;
    for (file, text) in super::files_of(&root.join("widget/core"))? {
        fs::write(bound.join(file), text)?;
    }
    let wasm = folder.join("optimised.wasm");
    tools.wasm_opt(&bound.join(format!("{name}_bg.wasm")), &wasm)?;
    let glue = String::from_utf8(tools.bundle_module(entry, &bound)?)?;
    Ok(Module { glue: eager::members(&glue).into_bytes(), wasm: fs::read(wasm)? })
}

fn compile(name: &str, root: &Path, std: Std) -> Result<PathBuf> {
    let target = target_folder(root);
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root).args(["build", "--package", name, "--lib", "--profile", "widget"]);
    cargo.args(["--target", TARGET, "--target-dir"]).arg(&target);
    cargo.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
    std.apply(&mut cargo);
    let status = cargo.status().context("cannot start cargo")?;
    ensure!(status.success(), "the crate {name} does not build for {TARGET} (errors above)");
    Ok(target.join(TARGET).join("widget").join(format!("{name}.wasm")))
}

/// Apart from other builds: different flags for the same crates would undo each other's work.
fn target_folder(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| root.join("target"), |folder| root.join(folder))
        .join("wasm")
}

fn bind(name: &str, compiled: &Path, folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    let mut output = Bindgen::new()
        .input_path(compiled)
        .out_name(name)
        .web(true)?
        .typescript(false)
        .omit_default_module_path(true)
        .remove_producers_section(true)
        .generate_output()?;
    table::spare_places(output.wasm_mut())?;
    names::shorten(name, output, folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_the_lock_file() {
        let lock = "[[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.7\"\n\n\
            [[package]]\nname = \"wasm-bindgen-cli-support\"\nversion = \"0.2.8\"\n";
        assert_eq!(locked_version(lock, "wasm-bindgen"), Some("0.2.7"));
        assert_eq!(locked_version(lock, "wasm-bindgen-cli-support"), Some("0.2.8"));
        assert_eq!(locked_version(lock, "walrus"), None);
    }

    #[test]
    fn this_workspace_pins_one_version() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace");
        check_bindgen_version(root).expect("equal versions");
    }
}
