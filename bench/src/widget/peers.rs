//! The libraries beside ours, from npm by the lock file of `widget-peers`: installed, bundled and
//! minified as a site would do it.

use crate::programs::succeed;
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Files that a peer ships ready to be served: from its package, to a path of ours.
const READY: [(&str, &str); 3] = [
    ("pushfeedback/dist/pushfeedback", "pushfeedback"),
    ("posthog-js/dist/surveys.js", "static/surveys.js"),
    ("survey-core/survey-core.fontless.min.css", "surveyjs/survey.css"),
];
const BUNDLED: [&str; 3] = ["posthog", "sentry", "surveyjs"];

/// Fills a folder with everything that the pages name; axe-core's script.
pub fn prepare(out: &Path) -> Result<String> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("widget-peers");
    install(&source)?;
    let modules = source.join("node_modules");
    for name in BUNDLED {
        let mut bundle = Command::new(modules.join(".bin/esbuild"));
        bundle.current_dir(&source).arg(format!("{name}.js"));
        bundle.args(["--bundle", "--minify", "--format=esm", "--splitting", "--log-level=error"]);
        succeed(bundle.arg(format!("--outdir={}", out.join(name).display())))?;
    }
    for (from, to) in READY {
        copy(&modules.join(from), &out.join(to))?;
    }
    fs::read_to_string(modules.join("axe-core/axe.min.js")).context("no axe-core")
}

/// Where the lock file has changed since the last time.
fn install(source: &Path) -> Result<()> {
    let wanted = fs::read(source.join("package-lock.json"))?;
    let stamp = source.join("node_modules/.ascolto-lock");
    if fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    eprintln!("installing the libraries beside ours from npm");
    let mut npm = Command::new("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix"]).arg(source);
    succeed(&mut npm)?;
    Ok(fs::write(stamp, wanted)?)
}

/// A file, or a folder of files.
fn copy(from: &Path, to: &Path) -> Result<()> {
    let files: Vec<PathBuf> = if from.is_dir() {
        fs::read_dir(from)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?
    } else {
        vec![from.to_owned()]
    };
    for file in files {
        let name = file.file_name().context("a file without a name")?;
        let target = if from.is_dir() { to.join(name) } else { to.to_owned() };
        fs::create_dir_all(target.parent().context("a file in no folder")?)?;
        fs::copy(&file, &target).with_context(|| format!("cannot copy {}", file.display()))?;
    }
    Ok(())
}
