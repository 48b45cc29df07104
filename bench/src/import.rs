//! `cargo xtask bench import`: a long file through `ascolto import`, twice; the time, and the highest
//! memory of the importing process.

use crate::Places;
use crate::collector::{Collector, Site};
use crate::report::{self, Table};
use anyhow::{Context, Result, bail};
use serde::Serialize;
use serde_json::Value;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

#[derive(clap::Args)]
pub struct Args {
    #[arg(long, default_value_t = 200_000)]
    rows: u64,
}

const MEMORY_BYTES_MAX: u64 = 192 << 20;
const LOOK_EVERY: Duration = Duration::from_millis(20);

#[derive(Serialize)]
struct Measured {
    file: &'static str,
    file_bytes: u64,
    rows: u64,
    first_s: f64,
    again_s: f64,
    memory: u64,
    /// Stored the first time, and were there the second.
    counts: [u64; 2],
}

pub async fn run(places: &Places, args: &Args) -> Result<bool> {
    let mut all = Vec::new();
    for (name, with_ids) in [("with ids", true), ("without ids", false)] {
        let folder = tempfile::tempdir_in(&places.scratch)?;
        let file = folder.path().join("answers.csv");
        write(&file, args.rows, with_ids)?;
        let collector = Collector::serve(&places.ascolto, &folder.path().join("data"))?;
        let site = collector.make_site().await?;
        let (first_s, memory, first) = import(places, &collector, &site, &file)?;
        let (again_s, memory_again, again) = import(places, &collector, &site, &file)?;
        let counts = [&first["stored"], &again["already"]].map(|n| n.as_u64().unwrap_or_default());
        collector.stop()?;
        all.push(Measured {
            file: name,
            file_bytes: fs::metadata(&file)?.len(),
            rows: args.rows,
            first_s,
            again_s,
            memory: memory.max(memory_again),
            counts,
        });
    }
    report::save(places, "import", &all, &[table(&all)])?;
    let holds =
        |one: &Measured| one.memory <= MEMORY_BYTES_MAX && one.counts == [one.rows, one.rows];
    Ok(all.iter().all(holds))
}

/// Rows with a time, three answers and a service, as a contact centre would have them.
fn write(path: &Path, rows: u64, with_ids: bool) -> Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    let id = if with_ids { "id," } else { "" };
    writeln!(file, "{id}date,channel,service,recommend,satisfaction,comment")?;
    for n in 0..rows {
        if with_ids {
            write!(file, "{n},")?;
        }
        let (day, hour, minute) = (1 + n / 1_440 % 28, n / 60 % 24, n % 60);
        let (service, score, stars) = (n % 40, n % 11, 1 + n % 5);
        writeln!(
            file,
            "2026-0{}-{day:02} {hour:02}:{minute:02},phone,service-{service},{score},{stars},\"Call {n}, as it was written down\"",
            1 + n / 40_320 % 9
        )?;
    }
    Ok(file.flush()?)
}

/// Seconds, highest memory, and what was sent.
fn import(
    places: &Places,
    collector: &Collector,
    site: &Site,
    file: &Path,
) -> Result<(f64, u64, Value)> {
    let server = format!("http://{}", collector.address);
    let started = Instant::now();
    let mut child = Command::new(&places.ascolto)
        .args(["import", "--json", "--site", &site.name, "--server", &server])
        .args(["--token", &site.token])
        .arg(file)
        .stdout(Stdio::piped())
        .spawn()?;
    let mut memory = 0;
    while child.try_wait()?.is_none() {
        memory = memory.max(highest_memory(&child).unwrap_or_default());
        std::thread::sleep(LOOK_EVERY);
    }
    let seconds = started.elapsed().as_secs_f64();
    let output = child.wait_with_output()?;
    if !output.status.success() {
        bail!("the import failed: {}", String::from_utf8_lossy(&output.stdout));
    }
    let answer: Value = serde_json::from_slice(&output.stdout)?;
    Ok((seconds, memory, answer["sent"].clone()))
}

/// In bytes, so far.
fn highest_memory(child: &Child) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id()))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.map(|kib| kib * 1_024).context("no VmHWM")
}

fn table(all: &[Measured]) -> Table {
    let heading = ["file", "rows", "MiB", "rows a second", "again, rows a second", "memory MiB"];
    let mut table = Table::new(&heading);
    let mib = |bytes: u64| format!("{:.0}", bytes as f64 / (1 << 20) as f64);
    for one in all {
        let rate = |seconds: f64| format!("{:.0}", one.rows as f64 / seconds);
        table.row([
            one.file.to_owned(),
            one.rows.to_string(),
            mib(one.file_bytes),
            rate(one.first_s),
            rate(one.again_s),
            mib(one.memory),
        ]);
    }
    table
}
