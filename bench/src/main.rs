//! Measures from outside: the real binary, real HTTP, a real disk, a real browser. `cargo xtask
//! bench` builds all of it and runs this.

mod check;
mod client;
mod collector;
mod crash;
mod feedback;
mod import;
mod ledger;
mod load;
mod postgres;
mod programs;
mod read;
mod report;
mod soak;
mod speed;
mod widget;

use anyhow::Result;
use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// Measures the collector and the widget from outside.
#[derive(Parser)]
#[command(name = "cargo xtask bench")]
struct Args {
    /// The program to measure [default: ascolto beside this one]
    #[arg(long, global = true)]
    ascolto: Option<PathBuf>,
    /// Where data folders are made; must be a real disk for speed [default: beside the report]
    #[arg(long, global = true)]
    scratch: Option<PathBuf>,
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Kills, power cuts, full and failing disks: nothing acknowledged may be lost or doubled
    Crash(crash::Args),
    /// Durable responses per second, beside a bare append and PostgreSQL
    Speed(speed::Args),
    /// How long managers wait, beside PostgreSQL and DuckDB
    Read(read::Args),
    /// How long files take to import, the second time too, and in how much memory
    Import(import::Args),
    /// Load, questions and erasures for a long time: no growth that the rows do not explain
    Soak(soak::Args),
    /// Bytes, times, heap, policy and access of the widget, beside libraries from npm
    Widget(widget::Args),
    /// Makes docs/benchmarks.md of the last results
    Report {
        #[arg(default_value = "docs/benchmarks.md")]
        document: PathBuf,
    },
    /// One of the other contestants, for `speed`
    #[command(subcommand, hide = true)]
    Serve(speed::Serve),
}

/// Where everything is.
pub struct Places {
    pub ascolto: PathBuf,
    pub scratch: PathBuf,
    pub reports: PathBuf,
}

impl Places {
    fn find(args: &Args) -> Result<Self> {
        let here = std::env::current_exe()?;
        let folder = here.parent().unwrap_or(&here);
        let reports = folder.parent().unwrap_or(folder).join("bench");
        let scratch = args.scratch.clone().unwrap_or_else(|| reports.join("scratch"));
        std::fs::create_dir_all(&scratch)?;
        let ascolto = args.ascolto.clone().unwrap_or_else(|| folder.join("ascolto"));
        Ok(Self { ascolto: ascolto.canonicalize()?, scratch: scratch.canonicalize()?, reports })
    }
}

fn main() -> ExitCode {
    let args = Args::parse();
    match run(args) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether everything held.
fn run(args: Args) -> Result<bool> {
    if let Task::Serve(what) = args.task {
        return speed::serve(what).map(|()| true);
    }
    let places = Places::find(&args)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        match args.task {
            Task::Crash(args) => crash::run(&places, &args).await,
            Task::Speed(args) => speed::run(&places, &args).await,
            Task::Read(args) => read::run(&places, &args).await,
            Task::Import(args) => import::run(&places, &args).await,
            Task::Soak(args) => soak::run(&places, &args).await,
            Task::Widget(args) => widget::run(&places, &args).await,
            Task::Report { document } => report::document(&places, &document).map(|()| true),
            Task::Serve(_) => Ok(true),
        }
    })
}
