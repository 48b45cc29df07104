//! `cargo xtask …`: everything that is done to the workspace, in one place. This file knows the
//! names of the tasks and no more; each task has a file of its own.

mod api;
mod bench;
mod browsers;
mod build;
mod checks;
mod demo;
mod deploy;
mod fuzz;
mod image;
mod run;
mod screens;
mod served;
mod size;
mod static_binary;
mod tally;
mod test;
mod tools;
mod web;

use anyhow::{Result, bail};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const HELP: &str = "\
cargo xtask TASK

  demo [ARG…]   build what is missing, then `ascolto demo ARG…`: a site with a year of responses
  test [STEP…]  every check, or only the steps named; `test --list` names them
  build         target/release/ascolto, widget and dashboard inside
  build --static
                the same as one static file (Linux, musl), tried before you get it
  image         a container image with that file and nothing else
  web           the widget and the dashboard, into target/web
  bench TASK…   crashes, speed, reading and soak of the collector, the widget beside others,
                measured; `bench --help`
  fuzz [TARGET…] [--seconds N]
                libFuzzer on every parser that meets the outside
  screens       pictures of every state of the widget and of the dashboard, into target/screens
  size          bytes of what a visitor downloads, against the budgets
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (task, rest) = match args.split_first() {
        Some((task, rest)) => (task.as_str(), rest),
        None => ("help", &[][..]),
    };
    match perform(&workspace_root(), task, rest) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn perform(root: &Path, task: &str, rest: &[String]) -> Result<ExitCode> {
    match task {
        "help" | "--help" | "-h" => print!("{HELP}"),
        "demo" => return demo::start(root, rest),
        "test" => return test::test(root, rest),
        "build" => match rest {
            [] => drop(build::release(root)?),
            [how] if how == "--static" => drop(static_binary::build(root)?),
            _ => bail!("`cargo xtask build` takes nothing, or --static"),
        },
        "image" => image::build(root)?,
        "bench" => return bench::run(root, rest),
        "fuzz" => return fuzz::run(root, rest),
        "web" => web::build(root)?,
        "screens" => screens::make(root)?,
        "size" => size::report(root)?,
        other => bail!("no task {other:?}\n\n{HELP}"),
    }
    Ok(ExitCode::SUCCESS)
}

/// The folder of the workspace's `Cargo.toml`: the parent of this crate's.
fn workspace_root() -> PathBuf {
    let crate_folder = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    crate_folder.parent().map_or(crate_folder.clone(), Path::to_path_buf)
}
