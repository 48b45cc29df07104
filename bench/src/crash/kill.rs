//! kill -9 at random moments: under load, and during open.

use super::{Args, Budget, Outcome};
use crate::Places;
use crate::check::check;
use crate::ledger::Ledger;
use crate::load::Load;
use anyhow::Result;
use fastrand::Rng;
use std::process::Stdio;
use std::time::{Duration, Instant};

const CONNECTIONS: usize = 8;
const FILLED_FOR: Duration = Duration::from_secs(2);
const OPENS_A_CHECK: u64 = 5;
/// The checks list everything: a folder that grew past this is replaced by a new one.
const RESPONSES_MAX: usize = 20_000;

/// Kills under load and checks everything after each.
pub async fn under_load(places: &Places, args: &Args, budget: &Budget) -> Result<Outcome> {
    let mut outcome = Outcome::new("kill -9 under load");
    let mut rng = Rng::with_seed(args.seed);
    while budget.is_left(outcome.rounds) {
        let folder = tempfile::tempdir_in(&places.scratch)?;
        let data = folder.path().join("data");
        one_folder(places, &data, &mut rng, budget, &mut outcome).await?;
    }
    outcome.seconds = budget.seconds();
    Ok(outcome)
}

async fn one_folder(
    places: &Places,
    data: &std::path::Path,
    rng: &mut Rng,
    budget: &Budget,
    outcome: &mut Outcome,
) -> Result<()> {
    let mut collector = super::serve(places, data)?;
    let site = collector.make_site().await?;
    let load = Load::new(site, Ledger::default(), 0, None);
    while budget.is_left(outcome.rounds) && load.ledger.borrow().fates.len() < RESPONSES_MAX {
        let moment = Duration::from_micros(rng.u64(1_000..400_000));
        let address = collector.address;
        let killed = async {
            tokio::time::sleep(moment).await;
            collector.kill()
        };
        load.run(address, CONNECTIONS, rng.u64(..), killed).await?;
        collector = super::serve(places, data)?;
        let mut ledger = load.ledger.take();
        outcome.promises += ledger.promises();
        outcome.found += &check(&collector, &load.site, &mut ledger).await?;
        load.ledger.replace(ledger);
        outcome.rounds += 1;
        budget.tell(&outcome.name, outcome.rounds);
    }
    outcome.strange(&load);
    collector.kill()
}

/// Kills while the folder is opened, and checks everything now and then and at the end.
pub async fn during_open(places: &Places, args: &Args, budget: &Budget) -> Result<Outcome> {
    let mut outcome = Outcome::new("kill -9 during open");
    let mut rng = Rng::with_seed(args.seed);
    let folder = tempfile::tempdir_in(&places.scratch)?;
    let data = folder.path().join("data");
    let collector = super::serve(places, &data)?;
    let load = Load::new(collector.make_site().await?, Ledger::default(), 0, None);
    load.run(collector.address, CONNECTIONS, args.seed, tokio::time::sleep(FILLED_FOR)).await;
    collector.kill()?;
    let started = Instant::now();
    super::serve(places, &data)?.kill()?;
    let longest = started.elapsed() * 5 / 4;
    while budget.is_left(outcome.rounds) {
        for _ in 0..OPENS_A_CHECK {
            let mut opening = super::command(places, &data);
            opening.stdout(Stdio::null()).stderr(Stdio::null());
            let mut opening = opening.spawn()?;
            std::thread::sleep(longest.mul_f64(rng.f64()));
            opening.kill()?;
            opening.wait()?;
            outcome.rounds += 1;
        }
        let collector = super::serve(places, &data)?;
        let mut ledger = load.ledger.take();
        outcome.promises += ledger.promises();
        outcome.found += &check(&collector, &load.site, &mut ledger).await?;
        load.ledger.replace(ledger);
        // A little more to recover at the next open.
        let more = tokio::time::sleep(Duration::from_millis(rng.u64(1..60)));
        load.run(collector.address, CONNECTIONS, rng.u64(..), more).await;
        collector.kill()?;
        budget.tell(&outcome.name, outcome.rounds);
    }
    outcome.seconds = budget.seconds();
    Ok(outcome)
}
