//! A disk that is full, and one that became read-only: a small file system in memory, mounted and
//! unmounted here, which takes an administrator's rights.

use super::errors::{ended, recovered};
use super::{Budget, Outcome};
use crate::Places;
use crate::collector::{self, Collector, Started};
use crate::ledger::Ledger;
use crate::load::Load;
use anyhow::{Context, Result, ensure};
use fastrand::Rng;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

const CONNECTIONS: usize = 8;
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

fn succeed(command: &mut Command) -> Result<()> {
    let output = command.output().context("cannot be started")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?}: {}", said.trim());
    Ok(())
}

pub async fn all(places: &Places, budget: &Budget) -> Result<Vec<Outcome>> {
    let mut full = Outcome::new("disk full");
    let mut read_only = Outcome::new("remounted read-only");
    let mut rng = Rng::with_seed(1);
    while budget.is_left(full.rounds) {
        let mounted = match Mounted::new(&places.scratch, rng.u64(SMALL_MIB)) {
            Ok(mounted) => mounted,
            Err(error) => return Ok(vec![Outcome::skipped("disk full", &format!("{error:#}"))]),
        };
        let load = fill(places, &mounted, &mut rng, &mut full).await?;
        mounted.remount(&format!("size={LARGE_MIB}m"))?;
        recovered(places, &mounted.data(), &load, &mut full).await?;
        full.rounds += 1;
        mounted.remount("ro")?;
        refuse(places, &mounted, &mut read_only)?;
        mounted.remount("rw")?;
        recovered(places, &mounted.data(), &load, &mut read_only).await?;
        read_only.rounds += 1;
        budget.tell("disk full", full.rounds);
    }
    (full.seconds, read_only.seconds) = (budget.seconds(), budget.seconds());
    Ok(vec![full, read_only])
}

/// Loads it until the disk is full and it gives up; then a start on the full disk must refuse in
/// words, or serve.
async fn fill(
    places: &Places,
    mounted: &Mounted,
    rng: &mut Rng,
    outcome: &mut Outcome,
) -> Result<std::rc::Rc<Load>> {
    let collector = Collector::serve(&places.ascolto, &mounted.data())?;
    let load = Load::new(collector.make_site().await?, Ledger::default(), 0, None);
    let full = collector.ends_within(FULL_WITHIN);
    let gave_up = load.run(collector.address, CONNECTIONS, rng.u64(..), full).await;
    ensure!(gave_up, "the small disk was never full");
    outcome.strange(&load);
    let (status, message) = collector.ended()?;
    ended(status, &message, &mut outcome.found);
    let again = collector::command(&places.ascolto, &mounted.data());
    match collector::start(again, &mounted.data())? {
        Started::Ended { status, message } => ended(status, &message, &mut outcome.found),
        Started::Runs(collector) => collector.kill()?,
    }
    Ok(load)
}

/// A start on a read-only disk says so.
fn refuse(places: &Places, mounted: &Mounted, outcome: &mut Outcome) -> Result<()> {
    let command = collector::command(&places.ascolto, &mounted.data());
    match collector::start(command, &mounted.data())? {
        Started::Ended { status, message } => ended(status, &message, &mut outcome.found),
        Started::Runs(_) => {
            outcome.found.unclean += 1;
            outcome.found.tell("it serves on a read-only disk".into());
        }
    }
    Ok(())
}
