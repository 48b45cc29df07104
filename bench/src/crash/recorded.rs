//! A run of load with the recorder preloaded.

use super::Args;
use crate::Places;
use crate::collector::{self, Site, Started};
use crate::ledger::Ledger;
use crate::load::Load;
use anyhow::{Result, bail, ensure};
use fastrand::Rng;
use powercut::{Disk, Image, Recording, Survival, Trace};
use std::path::{Path, PathBuf};
use std::time::Duration;

const CONNECTIONS: usize = 16;
const RECORDED_FOR: Duration = Duration::from_millis(1_500);
/// The mark that the site was acknowledged.
pub const SITE_MADE: &[u8] = b"!";

/// What is known from the runs before.
#[derive(Clone)]
pub struct Known {
    pub site: Site,
    pub ledger: Ledger,
    pub next: u64,
}

/// Where it started from and what it did.
pub struct Run {
    pub name: String,
    /// The watched folder; gone by now.
    pub root: PathBuf,
    pub start: Image,
    pub known: Option<Known>,
    pub trace: Trace,
    pub site: Site,
    pub next: u64,
}

pub async fn record(
    places: &Places,
    args: &Args,
    start: Image,
    known: Option<Known>,
) -> Result<Run> {
    let work = tempfile::tempdir_in(&places.scratch)?;
    let root = work.path().join("watched");
    std::fs::create_dir(&root)?;
    start.write(&root)?;
    let mut recording = Recording::new(&root, &work.path().join("trace"))?;
    recording.without_ranges = args.without_ranges;
    let trace = recording.trace().to_owned();
    let (site, next) = drive(places, &root, recording, known.clone()).await?;
    let name = format!("the run that began with {}", next_of(known.as_ref()));
    let run = Run { name, root, start, known, trace: Trace::read(&trace)?, site, next };
    check_recording(&run)?;
    Ok(run)
}

fn next_of(known: Option<&Known>) -> u64 {
    known.map_or(0, |known| known.next)
}

/// Serves under load and stops in order; the site, and the next free number.
async fn drive(
    places: &Places,
    root: &Path,
    recording: Recording,
    known: Option<Known>,
) -> Result<(Site, u64)> {
    let data = root.join("data");
    let mut command = super::command(places, &data);
    recording.watch(&mut command);
    let collector = match collector::start(command, &data)? {
        Started::Runs(collector) => collector,
        Started::Ended { message, .. } => bail!("it does not start recorded: {message}"),
    };
    let next = next_of(known.as_ref());
    let (site, ledger) = match known {
        Some(known) => (known.site, known.ledger),
        None => {
            let site = collector.make_site().await?;
            recording.mark(SITE_MADE)?;
            (site, Ledger::default())
        }
    };
    let load = Load::new(site.clone(), ledger, next, Some(recording));
    let seed = Rng::with_seed(next).u64(..);
    load.run(collector.address, CONNECTIONS, seed, tokio::time::sleep(RECORDED_FOR)).await;
    let strange = load.strange.take();
    ensure!(strange.is_empty(), "strange answers: {strange:?}");
    collector.stop()?;
    Ok((site, load.next.get()))
}

/// Played whole, the trace must give the very folder that the run left.
fn check_recording(run: &Run) -> Result<()> {
    let mut disk = Disk::starting_from(&run.root, &run.start);
    run.trace.entries()?.iter().for_each(|entry| disk.play(entry));
    let kept = disk.image(Survival::Everything, &mut Rng::with_seed(0));
    let missed = kept.differences(&Image::read(&run.root)?);
    ensure!(missed.is_empty(), "the recorder missed something of {missed:?}");
    Ok(())
}
