//! Disks that refuse: the n-th write or sync fails, once or from then on.

use super::{Args, Budget, Outcome};
use crate::Places;
use crate::check::{Found, check};
use crate::collector::{self, Collector, Site, Started};
use crate::ledger::Ledger;
use crate::load::Load;
use anyhow::Result;
use fastrand::Rng;
use powercut::{Fault, inject};
use std::fs::File;
use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;

const CONNECTIONS: usize = 8;
const FOR_EVER: u64 = u64::MAX;
const EIO: i32 = 5;
const ENOSPC: i32 = 28;
const EROFS: i32 = 30;
/// A fault of a single call may hit where nobody need notice: then the load ends by time.
const LOADED_FOR: Duration = Duration::from_millis(1_500);

/// A lasting fault must end it.
const ENDS_WITHIN: Duration = Duration::from_secs(40);

struct Case {
    name: &'static str,
    call: &'static str,
    count: u64,
    error: i32,
    /// The fault is in one of so many first calls.
    among: u64,
}

const CASES: [Case; 6] = [
    Case { name: "writes fail (EIO)", call: "write", count: FOR_EVER, error: EIO, among: 400 },
    Case { name: "no space (ENOSPC)", call: "write", count: FOR_EVER, error: ENOSPC, among: 400 },
    Case { name: "read-only (EROFS)", call: "write", count: FOR_EVER, error: EROFS, among: 400 },
    Case { name: "syncs fail (EIO)", call: "sync", count: FOR_EVER, error: EIO, among: 150 },
    Case { name: "one write fails", call: "write", count: 1, error: EIO, among: 400 },
    Case { name: "one sync fails", call: "sync", count: 1, error: EIO, among: 150 },
];

/// The cases in turn, each with the fault at random places.
pub async fn all(places: &Places, args: &Args, budget: &Budget) -> Result<Vec<Outcome>> {
    if powercut::recorder().is_none() {
        return Ok(vec![Outcome::skipped("failing disk", "there is no recorder for this system")]);
    }
    let mut outcomes = CASES.each_ref().map(|case| Outcome::new(case.name));
    let mut rng = Rng::with_seed(args.seed);
    let mut rounds = 0;
    while budget.is_left(rounds) {
        for (case, outcome) in CASES.iter().zip(&mut outcomes) {
            let fault = Fault {
                call: case.call,
                first: rng.u64(1..=case.among),
                count: case.count,
                error: case.error,
            };
            one(places, fault, &mut rng, outcome).await?;
            outcome.seconds = budget.seconds();
        }
        rounds += 1;
        budget.tell("failing disk", rounds);
    }
    Ok(outcomes.into())
}

/// A good start, a run with the fault, and a restart without it.
async fn one(places: &Places, fault: Fault, rng: &mut Rng, outcome: &mut Outcome) -> Result<()> {
    let folder = tempfile::tempdir_in(&places.scratch)?;
    let data = folder.path().join("data");
    let collector = super::serve(places, &data)?;
    let load = Load::new(collector.make_site().await?, Ledger::default(), 0, None);
    let some = tokio::time::sleep(Duration::from_millis(50));
    load.run(collector.address, CONNECTIONS, rng.u64(..), some).await;
    collector.stop()?;
    let trace = folder.path().join("trace");
    File::create(&trace)?;
    let mut command = super::command(places, &data);
    inject(&mut command, &data, &trace, Some(fault));
    match collector::start(command, &data)? {
        Started::Ended { status, message } => ended(status, &message, &mut outcome.found),
        Started::Runs(collector) => endure(collector, &load, rng, fault, outcome).await?,
    }
    outcome.rounds += 1;
    let before = outcome.found.bad();
    recovered(places, &data, &load, outcome).await?;
    if outcome.found.bad() > before {
        outcome.found.tell(format!("after {fault:?}"));
    }
    Ok(())
}

/// Loads it until it gives up, or until a fault that need not be noticed is past.
async fn endure(
    collector: Collector,
    load: &std::rc::Rc<Load>,
    rng: &mut Rng,
    fault: Fault,
    outcome: &mut Outcome,
) -> Result<()> {
    let limit = if fault.count == FOR_EVER { ENDS_WITHIN } else { LOADED_FOR };
    let end = collector.ends_within(limit);
    let has_ended = load.run(collector.address, CONNECTIONS, rng.u64(..), end).await;
    outcome.strange(load);
    if has_ended {
        let (status, message) = collector.ended()?;
        ended(status, &message, &mut outcome.found);
    } else if fault.count == FOR_EVER {
        outcome.found.unclean += 1;
        let ready = collector.get("/readyz", None).await.map(|answer| answer.describe());
        outcome.found.tell(format!("it neither ends nor works: {ready:?} with {fault:?}"));
        collector.kill()?;
    } else {
        collector.stop()?;
    }
    Ok(())
}

/// It must end with code 1 and words that a person can act on.
pub fn ended(status: ExitStatus, message: &str, found: &mut Found) {
    let told = message.lines().any(|line| line.to_lowercase().contains("error"));
    if status.code() != Some(1) || !told || message.contains("panicked") {
        found.unclean += 1;
        found.tell(format!("it ended with {status} and said: {}", message.trim()));
    }
}

/// Started again without the fault, everything is there.
pub async fn recovered(
    places: &Places,
    data: &Path,
    load: &Load,
    outcome: &mut Outcome,
) -> Result<()> {
    let mut ledger = load.ledger.take();
    outcome.promises += ledger.promises();
    match collector::start(super::command(places, data), data)? {
        Started::Ended { status, message } => {
            outcome.found.unusable += 1;
            outcome.found.tell(format!("it does not start ({status}): {}", message.trim()));
        }
        Started::Runs(collector) => {
            outcome.found += &look(&collector, &load.site, &mut ledger).await;
            collector.stop()?;
        }
    }
    load.ledger.replace(ledger);
    Ok(())
}

pub async fn look(collector: &Collector, site: &Site, ledger: &mut Ledger) -> Found {
    check(collector, site, ledger).await.unwrap_or_else(|error| {
        let mut found = Found { lost: ledger.promises().max(1), ..Found::default() };
        found.tell(format!("it cannot be asked: {error:#}"));
        found
    })
}
