//! kill -9 at random moments: under load, and during open.

use super::{Args, Budget, Outcome};
use crate::Places;
use crate::check::check;
use crate::collector::Collector;
use crate::ledger::Ledger;
use crate::load::Load;
use anyhow::Result;
use fastrand::Rng;
use std::time::Duration;

const CONNECTIONS: usize = 8;
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
    let mut collector = Collector::serve(&places.ascolto, data)?;
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
        collector = Collector::serve(&places.ascolto, data)?;
        let mut ledger = load.ledger.take();
        outcome.promises += ledger.promises();
        outcome.found += &check(&collector, &load.site, &mut ledger).await?;
        load.ledger.replace(ledger);
        outcome.rounds += 1;
        budget.tell(&outcome.name, outcome.rounds);
    }
    for strange in load.strange.take() {
        outcome.found.wrong += 1;
        outcome.found.tell(strange);
    }
    collector.kill()
}
