//! `cargo xtask bench soak`: bounded load with questions and erasures for a long time; memory and
//! disk may grow by what the rows explain, and by no more.

use crate::Places;
use crate::check::check;
use crate::client::request;
use crate::collector::{Collector, Site};
use crate::ledger::{Fate, Ledger};
use crate::load::Load;
use crate::report::{self, Table};
use anyhow::Result;
use serde::Serialize;
use std::rc::Rc;
use std::time::{Duration, Instant};

#[derive(clap::Args)]
pub struct Args {
    #[arg(long, default_value_t = 10.0)]
    minutes: f64,
    /// How many connections send at once
    #[arg(long, default_value_t = 4)]
    connections: usize,
    /// Responses of which no more are sent; then only questions and erasures go on
    #[arg(long, default_value_t = 400_000)]
    responses: usize,
}

/// Memory that a response explains: its rows in the index and its cells, with room to grow.
const MEMORY_BYTES_EACH: f64 = 600.0;
/// Disk that a response explains, before the store collects its garbage.
const DISK_BYTES_EACH: f64 = 8_000.0;
/// Caches that fill whatever is sent: the store's own is 256 MiB.
const MEMORY_SLACK: f64 = (384_u64 << 20) as f64;
const DISK_SLACK: f64 = (64_u64 << 20) as f64;
const SAMPLES: u32 = 20;
/// Load comes in strokes with rests, so that background work gets its turn.
const STROKE: Duration = Duration::from_millis(400);
const REST: Duration = Duration::from_millis(400);

const QUESTIONS: [&str; 5] = [
    "summary",
    "summary/channels",
    "summary/trend?bucket=day",
    "summary?locale=de&device=phone",
    "responses?limit=50",
];

#[derive(Clone, Debug, Serialize)]
struct Sample {
    minutes: f64,
    responses: u64,
    erased: u64,
    memory: u64,
    disk: u64,
    questions: u64,
}

pub async fn run(places: &Places, args: &Args) -> Result<bool> {
    let folder = tempfile::tempdir_in(&places.scratch)?;
    let collector = Collector::serve(&places.ascolto, &folder.path().join("data"))?;
    let load = Load::new(collector.make_site().await?, Ledger::default(), 0, None);
    let time = Duration::from_secs_f64(args.minutes * 60.0);
    let started = Instant::now();
    let (mut samples, mut questions) = (vec![sample(&collector, &load, started, 0)?], 0);
    while started.elapsed() < time {
        let full = load.ledger.borrow().fates.len() >= args.responses;
        if !full {
            let stroke = tokio::time::sleep(STROKE);
            let seed = load.next.get();
            load.run(collector.address, args.connections, seed, stroke).await;
        }
        questions += ask(&collector, &load.site).await?;
        tokio::time::sleep(REST).await;
        let due = time / SAMPLES * u32::try_from(samples.len()).unwrap_or(u32::MAX);
        if started.elapsed() >= due {
            samples.push(sample(&collector, &load, started, questions)?);
            eprintln!("{:?}", samples.last());
        }
    }
    let mut ledger = load.ledger.take();
    let found = check(&collector, &load.site, &mut ledger).await?;
    collector.stop()?;
    report::save(places, "soak", &samples, &[table(&samples)])?;
    let grown = unexplained(&samples);
    grown.iter().chain(&found.details).for_each(|words| println!("{words}"));
    Ok(grown.is_empty() && found.bad() == 0 && load.strange.borrow().is_empty())
}

async fn ask(collector: &Collector, site: &Site) -> Result<u64> {
    let mut connection = collector.connect().await?;
    for path in QUESTIONS {
        let question = request("GET", &site.path(path), Some(&site.token), b"");
        connection.send(&question).await?.expect(200)?;
    }
    Ok(QUESTIONS.len() as u64)
}

fn sample(
    collector: &Collector,
    load: &Rc<Load>,
    started: Instant,
    questions: u64,
) -> Result<Sample> {
    let ledger = load.ledger.borrow();
    Ok(Sample {
        minutes: started.elapsed().as_secs_f64() / 60.0,
        responses: ledger.count(Fate::Stored) as u64,
        erased: ledger.count(Fate::Erased) as u64,
        memory: collector.memory()?,
        disk: collector.stored()?,
        questions,
    })
}

/// What grew past its explanation, in words.
fn unexplained(samples: &[Sample]) -> Vec<String> {
    let (Some(first), Some(last)) = (samples.first(), samples.last()) else { return Vec::new() };
    let rows = (last.responses + last.erased) as f64;
    let mut told = Vec::new();
    for (what, from, to, each, slack) in [
        ("memory", first.memory, last.memory, MEMORY_BYTES_EACH, MEMORY_SLACK),
        ("disk", first.disk, last.disk, DISK_BYTES_EACH, DISK_SLACK),
    ] {
        let (grown, explained) = (to as f64 - from as f64, rows * each + slack);
        if grown > explained {
            told.push(format!(
                "{what} grew by {grown:.0} bytes; {rows} rows explain {explained:.0}"
            ));
        }
    }
    told
}

fn table(samples: &[Sample]) -> Table {
    let mut table =
        Table::new(&["minutes", "responses", "erased", "questions", "memory MiB", "disk MiB"]);
    for sample in samples {
        table.row([
            format!("{:.1}", sample.minutes),
            sample.responses.to_string(),
            sample.erased.to_string(),
            sample.questions.to_string(),
            format!("{:.0}", sample.memory as f64 / (1 << 20) as f64),
            format!("{:.0}", sample.disk as f64 / (1 << 20) as f64),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampled(responses: u64, memory: u64, disk: u64) -> Sample {
        Sample { minutes: 0.0, responses, erased: 0, memory, disk, questions: 0 }
    }

    #[test]
    fn only_growth_that_rows_do_not_explain_is_told() {
        let first = sampled(0, 50 << 20, 1 << 20);
        let fine = sampled(100_000, 300 << 20, 200 << 20);
        assert!(unexplained(&[first.clone(), fine]).is_empty());
        let leaks = sampled(100_000, 2 << 30, 4 << 30);
        assert_eq!(unexplained(&[first, leaks]).len(), 2);
    }
}
