//! `cargo xtask image`: a container image with the static binary and nothing else.

use crate::{run, static_binary};
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const NAME: &str = "ascolto";

struct Engine {
    program: PathBuf,
    build: &'static [&'static str],
}

/// Builds the static binary, and of it the image `ascolto`.
pub fn build(root: &Path) -> Result<()> {
    // Asked first: what comes then takes minutes.
    let engine = find_engine().context(
        "nothing here builds images: install docker, podman or buildah (Debian: `apt-get install buildah`)",
    )?;
    let ascolto = static_binary::build(root)?;
    let folder = run::empty_folder(root, "image")?;
    fs::copy(&ascolto, folder.join("ascolto"))?;
    // An image without a shell cannot make the data's folder: it comes along, empty.
    fs::create_dir(folder.join("data"))?;
    let mut build = Command::new(&engine.program);
    build.current_dir(root).args(engine.build).args(["--tag", NAME]);
    build.args(["--file", "examples/deploy/Dockerfile"]).arg(&folder);
    run::step("image", || run::done(&mut build))
}

/// The first that answers: Docker's command is often there without its service.
fn find_engine() -> Option<Engine> {
    // Docker's format of images has a health check; the other format, which they would take, has none.
    const ENGINES: [(&str, &str, &[&str]); 3] = [
        ("docker", "version", &["build"]),
        ("podman", "info", &["build", "--format", "docker"]),
        ("buildah", "info", &["build", "--format", "docker"]),
    ];
    ENGINES.into_iter().find_map(|(name, question, build)| {
        let program = run::find(&[name])?;
        run::answer(Command::new(&program).arg(question))?;
        Some(Engine { program, build })
    })
}
