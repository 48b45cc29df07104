//! The two tools that come from npm: esbuild (minifies and bundles scripts and styles) and
//! binaryen's wasm-opt. They are installed from the lock file beside `package.json`.

use super::{eager, stamp};
use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What wasm32-unknown-unknown and wasm-bindgen emit. Named one by one: with all features on,
/// wasm-opt writes types that browsers refuse.
const WASM_FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-sign-ext",
    "--enable-nontrapping-float-to-int",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

pub struct Tools {
    bin: PathBuf,
}

impl Tools {
    /// Installs the tools where the lock file has changed since the last time.
    pub fn install(root: &Path) -> Result<Self> {
        install_packages(root, "xtask/npm")?;
        Ok(Self { bin: root.join("xtask/npm/node_modules/.bin") })
    }

    /// One style sheet or script, without what only people need.
    pub fn minify(&self, source: &Path) -> Result<Vec<u8>> {
        ensure!(source.is_file(), "{} is missing", source.display());
        self.esbuild(Path::new("."), &[source.as_os_str()], b"")
    }

    /// A script without imports. `constants` are put in as JSON, wherever their names are: esbuild
    /// itself would make a global of one that is an object.
    pub fn minify_with(&self, source: &Path, constants: &[(&str, Value)]) -> Result<Vec<u8>> {
        let script = super::read_text(source)?;
        let put_in = |script: String, (name, value): &(&str, Value)| {
            script.replace(name, &value.to_string())
        };
        self.esbuild(Path::new("."), &[], constants.iter().fold(script, put_in).as_bytes())
    }

    /// An ES module given as text, its imports (found in `folder`) bundled in.
    pub fn bundle_module(&self, text: &str, folder: &Path) -> Result<Vec<u8>> {
        let args = [
            "--bundle",
            "--format=esm",
            // wasm-bindgen names a module of ours once for each function that is imported from it.
            "--log-override:duplicate-object-key=silent",
        ];
        self.esbuild(folder, &args.map(OsStr::new), text.as_bytes())
    }

    /// A module of our own with its imports; `constants` are put in as JSON.
    pub fn bundle_file(&self, source: &Path, constants: &[(&str, Value)]) -> Result<Vec<u8>> {
        ensure!(source.is_file(), "{} is missing", source.display());
        let defines = defines(constants);
        let mut args = vec![OsStr::new("--bundle"), OsStr::new("--format=esm"), source.as_os_str()];
        args.extend(defines.iter().map(OsStr::new));
        self.esbuild(Path::new("."), &args, b"")
    }

    /// Optimises for the size after compression: small functions in the order of their names,
    /// alike beside alike, compress better than fewer large ones. But a browser compiles each by
    /// itself while the visitor waits, so that the smallest are put into their callers.
    pub fn wasm_opt(&self, input: &Path, output: &Path) -> Result<()> {
        let mut command = Command::new(self.bin.join("wasm-opt"));
        command.args(WASM_FEATURES);
        command.args([
            "-Oz",
            "--one-caller-inline-max-function-size=40",
            "--always-inline-max-function-size=14",
        ]);
        command.args(["--reorder-functions-by-name", "--strip-debug", "--strip-producers"]);
        command.arg("--strip-target-features").arg(input).arg("-o").arg(output);
        run("wasm-opt", command, b"").map(drop)
    }

    /// What esbuild makes in a folder, with the marks of functions as what they stand for.
    fn esbuild(&self, folder: &Path, args: &[&OsStr], input: &[u8]) -> Result<Vec<u8>> {
        let mut command = Command::new(self.bin.join("esbuild"));
        command.args([
            "--minify",
            "--charset=utf8",
            "--log-level=warning",
            "--legal-comments=none",
            // A mark is no call: what nobody needs is left out with it.
            &format!("--pure:{}", eager::MARK),
        ]);
        command.args(args).current_dir(folder);
        let made = String::from_utf8(run("esbuild", command, input)?)?;
        Ok(eager::marked(&made).into_bytes())
    }
}

fn defines(constants: &[(&str, Value)]) -> Vec<String> {
    constants.iter().map(|(name, value)| format!("--define:{name}={value}")).collect()
}

/// Installs what a folder's lock file names where that has changed since the last time.
pub fn install_packages(root: &Path, folder: &str) -> Result<()> {
    let wanted = stamp::of_paths(root, &[&format!("{folder}/package-lock.json")])?;
    let folder = root.join(folder);
    let stamp = folder.join("node_modules/.ascolto-stamp");
    if stamp::matches(&stamp, &wanted) {
        return Ok(());
    }
    npm_ci(&folder)?;
    stamp::write(&stamp, &wanted)
}

/// Runs a script of a folder's `package.json`, with its packages installed.
pub fn run_script(root: &Path, folder: &str, script: &str) -> Result<()> {
    install_packages(root, folder)?;
    let mut npm = Command::new("npm");
    npm.args(["run", "--silent", script, "--prefix"]).arg(root.join(folder));
    crate::run::done(&mut npm)
}

fn npm_ci(folder: &Path) -> Result<()> {
    eprintln!("installing the packages of {} from npm", folder.join("package.json").display());
    let output = Command::new("npm")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix"])
        .arg(folder)
        .stdin(Stdio::null())
        .output();
    match output {
        Err(_) => bail!("npm is missing: install node.js 20 or later (it brings npm)"),
        Ok(output) if !output.status.success() => {
            bail!("npm ci failed:\n{}", String::from_utf8_lossy(&output.stderr))
        }
        Ok(_) => Ok(()),
    }
}

/// Runs a tool that reads standard input and answers on standard output.
fn run(name: &str, mut command: Command, input: &[u8]) -> Result<Vec<u8>> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .with_context(|| format!("cannot start {name}: is node.js installed?"))?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input)?;
    }
    let output = child.wait_with_output()?;
    ensure!(output.status.success(), "{name} failed (its message is above)");
    Ok(output.stdout)
}
