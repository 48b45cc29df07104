//! `cargo xtask bench crash`: what is left after kills, power cuts, full and failing disks.

mod errors;
mod full;
mod kill;
mod power;
mod recorded;

use crate::Places;
use crate::check::Found;
use crate::collector::{self, Collector};
use crate::load::Load;
use crate::report::{self, Table};
use anyhow::Result;
use clap::ValueEnum;
use serde::Serialize;
use std::cell::Cell;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// So little of the log ahead of the store that the store is synced, and the log begun anew, many
/// times in every run.
const AHEAD_KIB: &str = "64";

fn command(places: &Places, data: &Path) -> Command {
    let mut command = collector::command(&places.ascolto, data);
    command.env("ASCOLTO_AHEAD_KIB", AHEAD_KIB);
    command
}

fn serve(places: &Places, data: &Path) -> Result<Collector> {
    Collector::served_by(command(places, data), data)
}

const TELL_EVERY: Duration = Duration::from_secs(5);

#[derive(clap::Args)]
pub struct Args {
    /// Which crashes [default: all]
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Crash>,
    /// How long each kind may take
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// How many rounds of each kind at most; a power cut's round is one image
    #[arg(long, default_value_t = u64::MAX)]
    rounds: u64,
    /// The same seed makes the same choices
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Record as on a system without sync_file_range
    #[arg(long)]
    without_ranges: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Crash {
    /// kill -9 under load
    Kill,
    /// kill -9 while the collector opens its folder
    Open,
    /// Writes and syncs that fail
    Error,
    /// A full disk, and one that became read-only
    Full,
    /// Simulated power cuts
    Power,
}

/// How one kind of crash went.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Outcome {
    pub name: String,
    pub rounds: u64,
    /// Promises that were looked after, over all rounds.
    pub promises: u64,
    pub found: Found,
    /// Whether something bad is expected: a test of the test.
    pub must_fail: bool,
    pub note: String,
    pub seconds: f64,
}

impl Outcome {
    pub fn new(name: &str) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// What was told of a crash that could not be made here.
    pub fn skipped(name: &str, why: &str) -> Self {
        Self { note: format!("skipped: {why}"), ..Self::new(name) }
    }

    /// Counts the answers that the load should never have seen.
    pub fn strange(&mut self, load: &Load) {
        for words in load.strange.take() {
            self.found.unclean += 1;
            self.found.tell(words);
        }
    }

    const fn is_good(&self) -> bool {
        (self.found.bad() > 0) == self.must_fail
    }
}

/// When to end: whatever is reached first.
pub struct Budget {
    started: Instant,
    time: Duration,
    rounds: u64,
    told: Cell<Instant>,
}

impl Budget {
    fn of(args: &Args) -> Self {
        let (started, time) = (Instant::now(), Duration::from_secs(args.seconds));
        Self { started, time, rounds: args.rounds, told: started.into() }
    }

    /// Says now and then how far the work is.
    pub fn tell(&self, name: &str, rounds: u64) {
        if self.told.get().elapsed() > TELL_EVERY {
            self.told.set(Instant::now());
            let (past, time) = (self.started.elapsed().as_secs(), self.time.as_secs());
            eprintln!("{name}: {rounds} rounds, {past} of {time} s");
        }
    }

    pub fn seconds(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    pub fn is_left(&self, rounds: u64) -> bool {
        rounds < self.rounds && self.started.elapsed() < self.time
    }
}

/// Whether nothing was lost, doubled or wrong.
pub async fn run(places: &Places, args: &Args) -> Result<bool> {
    let mut outcomes = Vec::new();
    for &crash in Crash::value_variants() {
        if !args.only.is_empty() && !args.only.contains(&crash) {
            continue;
        }
        let budget = &Budget::of(args);
        outcomes.extend(match crash {
            Crash::Kill => vec![kill::under_load(places, args, budget).await?],
            Crash::Open => vec![kill::during_open(places, args, budget).await?],
            Crash::Error => errors::all(places, args, budget).await?,
            Crash::Full => full::all(places, budget).await?,
            Crash::Power => power::cuts(places, args, budget).await?,
        });
    }
    report::save(places, "crash", &outcomes, &[table(&outcomes)])?;
    for outcome in outcomes.iter().filter(|outcome| !outcome.must_fail) {
        outcome.found.details.iter().for_each(|words| println!("{}: {words}", outcome.name));
    }
    Ok(outcomes.iter().all(Outcome::is_good))
}

fn table(outcomes: &[Outcome]) -> Table {
    let mut table = Table::new(&[
        "crash", "rounds", "promises", "lost", "doubled", "revived", "unknown", "wrong",
        "unusable", "unclean", "seconds", "", "note",
    ]);
    for outcome in outcomes {
        let Found { lost, doubled, revived, unknown, wrong, unusable, unclean, .. } = outcome.found;
        let bad = [lost, doubled, revived, unknown, wrong, unusable, unclean];
        let counts = [outcome.rounds, outcome.promises].into_iter().chain(bad);
        let mut row = vec![outcome.name.clone()];
        row.extend(counts.map(|count| count.to_string()));
        row.push(format!("{:.0}", outcome.seconds));
        row.push(if outcome.is_good() { "good" } else { "BAD" }.into());
        row.push(outcome.note.clone());
        table.row(row);
    }
    table
}
