//! `cargo xtask bench read`: how long managers wait, at growing numbers of responses over a year,
//! beside PostgreSQL and DuckDB with the same data and the same questions; what it takes to fill,
//! to start and to hold. The answers are compared too.

mod duckdb;
mod fill;
mod questions;
mod relational;

use crate::Places;
use crate::client;
use crate::collector::{Collector, Site};
use crate::report::{self, Table};
use anyhow::{Result, ensure};
use questions::{QUESTIONS, Timing};
use serde::Serialize;
use std::time::Instant;

#[derive(clap::Args)]
pub struct Args {
    /// Numbers of responses, growing
    #[arg(long, value_delimiter = ',', default_values_t = [100_000, 1_000_000])]
    sizes: Vec<u64>,
    /// Adds 10,000,000
    #[arg(long)]
    full: bool,
    /// Without PostgreSQL and DuckDB
    #[arg(long)]
    alone: bool,
}

const TEN_MILLION: u64 = 10_000_000;

/// What one size took.
#[derive(Clone, Debug, Default, Serialize)]
struct Size {
    responses: u64,
    /// Of this size alone: the sizes before were there already.
    fill_per_second: f64,
    start_ms: f64,
    memory_after_start: u64,
    memory_after_questions: u64,
    bytes_on_disk: u64,
    answers: Vec<Answers>,
    exports: Vec<Export>,
    others: Vec<relational::Size>,
}

/// Everything, once, streamed.
#[derive(Clone, Debug, Serialize)]
struct Export {
    format: &'static str,
    seconds: f64,
    bytes: u64,
}

const FORMATS: [&str; 3] = ["csv", "jsonl", "parquet"];

/// One question, asked of everyone.
#[derive(Clone, Debug, Serialize)]
struct Answers {
    question: &'static str,
    ascolto: Result<Timing, String>,
    postgres: Option<Timing>,
    duckdb: Option<Timing>,
    /// Whether they counted the same; absent where nobody else was asked.
    agree: Option<bool>,
}

pub async fn run(places: &Places, args: &Args) -> Result<bool> {
    let mut sizes = args.sizes.clone();
    sizes.extend(args.full.then_some(TEN_MILLION));
    sizes.sort_unstable();
    let folder = tempfile::tempdir_in(&places.scratch)?;
    let data = folder.path().join("data");
    let collector = Collector::serve(&places.ascolto, &data)?;
    let site = collector.make_site().await?;
    collector.stop()?;
    let mut others = relational::Others::start(places, args.alone).await;
    let mut report = Vec::new();
    let mut filled = 0;
    for responses in sizes {
        let mut size = grow(places, &data, &site, filled..responses).await?;
        filled = responses;
        let collector = start(places, &data, &mut size).await?;
        others.grow(folder.path(), responses, &mut size.others).await?;
        ask_all(&collector, &site, &mut others, &mut size).await?;
        size.memory_after_questions = collector.memory()?;
        export_all(&collector, &site, &mut size).await?;
        collector.stop()?;
        report.push(size);
        report::save(places, "read", &report, &tables(&report))?;
    }
    Ok(report.iter().flat_map(|size| &size.answers).all(|answers| answers.agree != Some(false)))
}

/// Fills up by the batch request, with a collector of its own.
async fn grow(
    places: &Places,
    data: &std::path::Path,
    site: &Site,
    numbers: std::ops::Range<u64>,
) -> Result<Size> {
    let collector = Collector::serve(&places.ascolto, data)?;
    let count = numbers.end - numbers.start;
    let started = Instant::now();
    fill::fill(collector.address, site, numbers.clone()).await?;
    let fill_per_second = count as f64 / started.elapsed().as_secs_f64();
    collector.stop()?;
    Ok(Size { responses: numbers.end, fill_per_second, ..Size::default() })
}

/// From the start of the process to the first good answer of `/readyz`.
async fn start(places: &Places, data: &std::path::Path, size: &mut Size) -> Result<Collector> {
    let started = Instant::now();
    let collector = Collector::serve(&places.ascolto, data)?;
    collector.get("/readyz", None).await?.expect(200)?;
    size.start_ms = started.elapsed().as_secs_f64() * 1e3;
    size.memory_after_start = collector.memory()?;
    size.bytes_on_disk = collector.stored()?;
    Ok(collector)
}

async fn ask_all(
    collector: &Collector,
    site: &Site,
    others: &mut relational::Others,
    size: &mut Size,
) -> Result<()> {
    for question in &QUESTIONS {
        let (ascolto, counted) = match questions::ask(collector, site, question).await {
            Ok((timing, counted)) => (Ok(timing), counted),
            Err(error) => (Err(format!("{error:#}")), None),
        };
        let (postgres, other) = others.ask_postgres(question).await?;
        let agree = counted.zip(other).map(|(ours, theirs)| ours == theirs);
        if agree == Some(false) {
            eprintln!("{}: {counted:?} here, {other:?} in PostgreSQL", question.name);
        }
        let duckdb = others.ask_duckdb(question)?;
        let question = question.name;
        size.answers.push(Answers { question, ascolto, postgres, duckdb, agree });
    }
    Ok(())
}

async fn export_all(collector: &Collector, site: &Site, size: &mut Size) -> Result<()> {
    for format in FORMATS {
        let path = site.path(&format!("export?format={format}"));
        let started = Instant::now();
        let mut connection = collector.connect().await?;
        let asked = client::request("GET", &path, Some(&site.token), b"");
        let (status, bytes) = connection.drain(&asked).await?;
        ensure!(status == 200, "{format} is answered with {status}");
        let seconds = started.elapsed().as_secs_f64();
        size.exports.push(Export { format, seconds, bytes });
    }
    Ok(())
}

fn exports_table(sizes: &[Size]) -> Table {
    let mut table = Table::new(&["export of", "format", "seconds", "MiB", "responses/s"]);
    for size in sizes {
        for Export { format, seconds, bytes } in &size.exports {
            table.row([
                size.responses.to_string(),
                (*format).into(),
                format!("{seconds:.1}"),
                format!("{:.0}", *bytes as f64 / (1 << 20) as f64),
                format!("{:.0}", size.responses as f64 / seconds),
            ]);
        }
    }
    table
}

/// One of all sizes, and one for each.
fn tables(report: &[Size]) -> Vec<Table> {
    let mut tables = vec![sizes_table(report), exports_table(report)];
    tables.extend(report.iter().map(table));
    tables
}

fn table(size: &Size) -> Table {
    let question = format!("at {} responses", size.responses);
    let mut table = Table::new(&[
        question.as_str(),
        "p50 ms",
        "p99 ms",
        "PostgreSQL p50",
        "DuckDB p50",
        "same counts",
    ]);
    let other = |timing: &Option<Timing>| timing.map_or("".into(), |t| format!("{:.2}", t.p50_ms));
    for answers in &size.answers {
        let (p50, p99) = match &answers.ascolto {
            Ok(timing) => (format!("{:.2}", timing.p50_ms), format!("{:.2}", timing.p99_ms)),
            Err(error) => (error.chars().take(40).collect(), String::new()),
        };
        table.row([
            answers.question.into(),
            p50,
            p99,
            other(&answers.postgres),
            other(&answers.duckdb),
            answers.agree.map_or("", |agree| if agree { "yes" } else { "NO" }).into(),
        ]);
    }
    table
}

fn sizes_table(sizes: &[Size]) -> Table {
    let mut table = Table::new(&[
        "responses",
        "filled/s",
        "start ms",
        "memory MiB",
        "after questions",
        "disk MiB",
        "disk bytes each",
        "others: disk MiB",
    ]);
    let mib = |bytes: u64| format!("{:.0}", bytes as f64 / (1 << 20) as f64);
    for size in sizes {
        let others = size.others.iter().map(|other| format!("{} {}", other.name, mib(other.bytes)));
        table.row([
            size.responses.to_string(),
            format!("{:.0}", size.fill_per_second),
            format!("{:.0}", size.start_ms),
            mib(size.memory_after_start),
            mib(size.memory_after_questions),
            mib(size.bytes_on_disk),
            format!("{:.0}", size.bytes_on_disk as f64 / size.responses as f64),
            others.collect::<Vec<_>>().join(", "),
        ]);
    }
    table
}
