//! A disk that is full, and one that became read-only: a small file system in memory, mounted and
//! unmounted here, which takes an administrator's rights.

use super::errors::{ended, look, recovered};
use super::{Budget, Outcome};
use crate::Places;
use crate::collector::{self, Collector, Started};
use crate::ledger::Ledger;
use crate::load::Load;
use crate::programs::succeed;
use anyhow::{Result, ensure};
use fastrand::Rng;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const CONNECTIONS: usize = 8;
/// Below this much free room the collector takes no more responses.
const RESERVE_MIB: u64 = 64;
const SMALL_MIB: std::ops::Range<u64> = 4..24;
const LARGE_MIB: u64 = 512;
/// Filling the small one takes a few seconds; longer means that it never fills.
const FULL_WITHIN: Duration = Duration::from_secs(60);

/// A mounted file system, gone with this value.
struct Mounted {
    folder: TempDir,
}

impl Mounted {
    fn new(scratch: &Path, mib: u64) -> Result<Self> {
        let folder = tempfile::tempdir_in(scratch)?;
        let options = format!("size={mib}m,mode=700");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &options, "ascolto-bench"]).arg(folder.path());
        succeed(&mut mount)?;
        Ok(Self { folder })
    }

    fn remount(&self, options: &str) -> Result<()> {
        let options = format!("remount,{options}");
        succeed(Command::new("mount").args(["-o", &options]).arg(self.folder.path()))
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = succeed(Command::new("umount").arg("-l").arg(self.folder.path()));
    }
}

pub async fn all(places: &Places, budget: &Budget) -> Result<Vec<Outcome>> {
    let names = ["disk filling up", "disk filled by another", "remounted read-only"];
    let mut outcomes = names.map(Outcome::new);
    let mut rng = Rng::with_seed(1);
    let mut rounds = 0;
    while budget.is_left(rounds) {
        let [up, other, read_only] = &mut outcomes;
        let mounted = match Mounted::new(&places.scratch, RESERVE_MIB + rng.u64(SMALL_MIB)) {
            Ok(mounted) => mounted,
            Err(error) => return Ok(vec![Outcome::skipped("disk full", &format!("{error:#}"))]),
        };
        let (collector, load) = fill_up(places, &mounted, &mut rng, up).await?;
        filled_by_another(places, &mounted, collector, &load, &mut rng, other).await?;
        mounted.remount("ro")?;
        refuse(places, &mounted, read_only)?;
        mounted.remount("rw")?;
        recovered(places, &mounted.data(), &load, read_only).await?;
        rounds += 1;
        outcomes.iter_mut().for_each(|outcome| {
            (outcome.rounds, outcome.seconds) = (rounds, budget.seconds());
        });
        budget.tell("disk full", rounds);
    }
    Ok(outcomes.into())
}

/// Loads it until there is no room: it must refuse and say that it is not ready, and take
/// responses again, without a restart, once there is room.
async fn fill_up(
    places: &Places,
    mounted: &Mounted,
    rng: &mut Rng,
    outcome: &mut Outcome,
) -> Result<(Collector, Rc<Load>)> {
    let collector = super::serve(places, &mounted.data())?;
    let load = Load::new(collector.make_site().await?, Ledger::default(), 0, None);
    let full = becomes(&collector, 503);
    let refused = load.run(collector.address, CONNECTIONS, rng.u64(..), full).await;
    ensure!(refused, "the small disk was never full");
    outcome.strange(&load);
    mounted.remount(&format!("size={LARGE_MIB}m"))?;
    if !becomes(&collector, 200).await {
        outcome.found.unclean += 1;
        outcome.found.tell("there is room again, but it is not ready".into());
    }
    let mut ledger = load.ledger.take();
    outcome.promises += ledger.promises();
    outcome.found += &look(&collector, &load.site, &mut ledger).await;
    load.ledger.replace(ledger);
    Ok((collector, load))
}

/// Whether `/readyz` answers with the status before long.
async fn becomes(collector: &Collector, status: u16) -> bool {
    let deadline = Instant::now() + FULL_WITHIN;
    while Instant::now() < deadline {
        match collector.get("/readyz", None).await {
            Ok(answer) if answer.status == status => return true,
            Ok(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            Err(_) => return false,
        }
    }
    false
}

/// Under load another program takes every byte that is left: it refuses, or ends in words; and so
/// does a start on the full disk. With the room back and a restart everything is there.
async fn filled_by_another(
    places: &Places,
    mounted: &Mounted,
    collector: Collector,
    load: &Rc<Load>,
    rng: &mut Rng,
    outcome: &mut Outcome,
) -> Result<()> {
    let ballast = mounted.folder.path().join("ballast");
    let filled = async {
        tokio::time::sleep(Duration::from_millis(rng.u64(20..300))).await;
        take_all_room(&ballast);
        becomes(&collector, 503).await
    };
    let seed = load.next.get();
    let refused = load.run(collector.address, CONNECTIONS, seed, filled).await;
    outcome.strange(load);
    if refused && collector.is_alive()? {
        collector.kill()?;
    } else {
        let (status, message) = collector.ended()?;
        ended(status, &message, &mut outcome.found);
    }
    let again = super::command(places, &mounted.data());
    match collector::start(again, &mounted.data())? {
        Started::Ended { status, message } => ended(status, &message, &mut outcome.found),
        Started::Runs(collector) => collector.kill()?,
    }
    std::fs::remove_file(&ballast)?;
    recovered(places, &mounted.data(), load, outcome).await
}

/// Writes until there is no byte left.
fn take_all_room(ballast: &Path) {
    let Ok(mut file) = std::fs::File::create(ballast) else { return };
    for size in [1 << 20, 1 << 12, 1] {
        while file.write_all(&vec![0; size]).is_ok() {}
    }
}

/// A start on a read-only disk says so.
fn refuse(places: &Places, mounted: &Mounted, outcome: &mut Outcome) -> Result<()> {
    let command = super::command(places, &mounted.data());
    match collector::start(command, &mounted.data())? {
        Started::Ended { status, message } => ended(status, &message, &mut outcome.found),
        Started::Runs(_) => {
            outcome.found.unclean += 1;
            outcome.found.tell("it serves on a read-only disk".into());
        }
    }
    Ok(())
}
