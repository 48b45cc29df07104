//! Simulated power cuts. A recorded run of load gives a trace; the trace gives, for many moments,
//! the folders that a power cut could have left; the real binary must start on each of them and
//! keep every promise made by then.

use super::recorded::{Known, Run, record};
use super::{Args, Budget, Outcome};
use crate::Places;
use crate::check::{Found, check};
use crate::collector::{self, Started};
use crate::ledger::Ledger;
use anyhow::{Context, Result};
use fastrand::Rng;
use powercut::{Disk, Entry, Image, Record, Survival};
use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;

/// Moments that are cut at in one recorded run.
const CUTS: usize = 30;
/// Where chance decides, it decides more than once.
const MORE: [Survival; 2] = [Survival::SomeWrites, Survival::SomeSectors];
/// Recorded runs in a row, each on what a cut left of the one before.
const GENERATIONS: u32 = 4;
/// Images that are tried with forgotten syncs; most must show losses.
const LIES: u64 = 12;

pub async fn cuts(places: &Places, args: &Args, budget: &Budget) -> Result<Vec<Outcome>> {
    if powercut::recorder().is_none() {
        return Ok(vec![Outcome::skipped("power cut", "there is no recorder for this system")]);
    }
    let mut cutter = Cutter::new(places, args, budget);
    let mut run = record(places, args, Image::default(), None).await?;
    let lie = cutter.lie(&run).await?;
    for generation in 1.. {
        cutter.cut(&run).await?;
        if !budget.is_left(cutter.rounds()) {
            break;
        }
        run = if generation % GENERATIONS == 0 {
            record(places, args, Image::default(), None).await?
        } else {
            let (left, known) = cutter.recover(&run).await?;
            record(places, args, left, Some(known)).await?
        };
    }
    let mut outcomes: Vec<Outcome> = cutter.outcomes.into_values().collect();
    outcomes.push(lie);
    Ok(outcomes)
}

struct Cutter<'a> {
    places: &'a Places,
    budget: &'a Budget,
    rng: Rng,
    outcomes: BTreeMap<Survival, Outcome>,
    /// Images that were tried: many cuts leave the same.
    seen: HashSet<u64>,
    /// Where images are tried: memory, where there is such a place.
    fast: PathBuf,
}

/// The moment of a cut: the disk, and what was promised by then.
struct Moment<'r> {
    disk: Disk<'r>,
    ledger: Ledger,
    site_made: bool,
}

impl<'r> Moment<'r> {
    fn start(run: &'r Run) -> Self {
        let disk = Disk::starting_from(&run.root, &run.start);
        let known = run.known.as_ref();
        let ledger = known.map(|known| known.ledger.clone()).unwrap_or_default();
        Self { disk, ledger, site_made: known.is_some() }
    }

    fn play(&mut self, entries: &[Entry<'r>]) {
        for entry in entries {
            self.disk.play(entry);
            match entry.record {
                Record::Mark(super::recorded::SITE_MADE) => self.site_made = true,
                Record::Mark(words) => self.ledger.read(words),
                _ => {}
            }
        }
    }
}

impl<'a> Cutter<'a> {
    fn new(places: &'a Places, args: &Args, budget: &'a Budget) -> Self {
        let memory = PathBuf::from("/dev/shm");
        let fast =
            tempfile::tempdir_in(&memory).map_or_else(|_| places.scratch.clone(), |_| memory);
        let rng = Rng::with_seed(args.seed);
        let (outcomes, seen) = (BTreeMap::new(), HashSet::new());
        Self { places, budget, rng, outcomes, seen, fast }
    }

    fn rounds(&self) -> u64 {
        self.outcomes.values().map(|outcome| outcome.rounds).sum()
    }

    /// Tries what cuts at some moments of the run could leave.
    async fn cut(&mut self, run: &Run) -> Result<()> {
        let entries = run.trace.entries()?;
        let mut moment = Moment::start(run);
        let mut played = 0;
        for at in moments(run, &entries, &mut self.rng) {
            moment.play(&entries[played..at]);
            played = at;
            for survival in Survival::ALL.into_iter().chain(MORE) {
                if !self.budget.is_left(self.rounds()) {
                    return Ok(());
                }
                self.try_one(run, &moment, at, survival).await?;
            }
        }
        Ok(())
    }

    async fn try_one(
        &mut self,
        run: &Run,
        moment: &Moment<'_>,
        at: usize,
        survival: Survival,
    ) -> Result<()> {
        let image = moment.disk.image(survival, &mut self.rng);
        if !self.seen.insert(image.fingerprint()) {
            return Ok(());
        }
        let (mut found, _) = self.try_image(run, &image, moment).await?;
        if found.bad() > 0 {
            let unsettled = moment.disk.unsettled();
            found.tell(format!("record {at} of {}, {unsettled} not synced", run.name));
        }
        let name = || Outcome::new(&format!("power cut, later writes {}", survival.name()));
        let outcome = self.outcomes.entry(survival).or_insert_with(name);
        outcome.rounds += 1;
        outcome.promises += moment.ledger.promises();
        outcome.found += &found;
        outcome.seconds = self.budget.seconds();
        let rounds = self.rounds();
        self.budget.tell("power cut", rounds);
        Ok(())
    }

    /// Starts the collector on the image and looks for everything that was promised; what became
    /// of the folder is an image again.
    async fn try_image(
        &self,
        run: &Run,
        image: &Image,
        moment: &Moment<'_>,
    ) -> Result<(Found, Option<(Image, Ledger)>)> {
        let folder = tempfile::tempdir_in(&self.fast)?;
        image.write(folder.path()).context("an image cannot be written")?;
        let mut found = Found::default();
        let data = folder.path().join("data");
        std::fs::create_dir_all(&data)?;
        let command = super::command(self.places, &data);
        let collector = match collector::start(command, &data)? {
            Started::Runs(collector) => collector,
            Started::Ended { status, message } => {
                found.unusable += 1;
                found.tell(format!("it does not start ({status}): {}", message.trim()));
                return Ok((found, None));
            }
        };
        let mut ledger = moment.ledger.clone();
        if moment.site_made {
            match check(&collector, &run.site, &mut ledger).await {
                Ok(more) => found += &more,
                Err(error) => {
                    found.lost += ledger.promises().max(1);
                    found.tell(format!("it cannot be asked: {error:#}"));
                }
            }
        }
        collector.stop()?;
        Ok((found, Some((Image::read(folder.path())?, ledger))))
    }

    /// What the collector made of one of the folders of this run: the start of the next.
    async fn recover(&mut self, run: &Run) -> Result<(Image, Known)> {
        let entries = run.trace.entries()?;
        let late = entries.len() / 2;
        let mut survivals = Survival::ALL.to_vec();
        self.rng.shuffle(&mut survivals);
        // Everything kept is the folder as it is: there must be a next run.
        survivals.push(Survival::Everything);
        for survival in survivals {
            let mut moment = Moment::start(run);
            moment.play(&entries[..self.rng.usize(late..entries.len())]);
            let image = moment.disk.image(survival, &mut self.rng);
            let (found, left) = self.try_image(run, &image, &moment).await?;
            if let (0, true, Some((left, ledger))) = (found.bad(), moment.site_made, left) {
                return Ok((left, Known { site: run.site.clone(), ledger, next: run.next }));
            }
        }
        anyhow::bail!("no folder of this run can be gone on with")
    }

    /// The test of the test: with every sync forgotten there must be losses.
    async fn lie(&mut self, run: &Run) -> Result<Outcome> {
        let mut outcome = Outcome::new("self-test: syncs did nothing");
        outcome.must_fail = true;
        let entries = run.trace.entries()?;
        let mut moment = Moment::start(run);
        moment.disk.forget_syncs = true;
        moment.play(&entries);
        for number in 0..LIES {
            let survival = Survival::ALL[(number % 7) as usize];
            if survival == Survival::Everything {
                continue;
            }
            let image = moment.disk.image(survival, &mut self.rng);
            outcome.found += &self.try_image(run, &image, &moment).await?.0;
            outcome.rounds += 1;
            outcome.promises += moment.ledger.promises();
        }
        outcome.note = "must find losses".into();
        outcome.seconds = self.budget.seconds();
        Ok(outcome)
    }
}

/// Moments to cut at, in order. Just before a sync most is open; half of the moments are those
/// where synced bytes were overwritten since the last one, the rest is chosen among all.
fn moments(run: &Run, entries: &[Entry<'_>], rng: &mut Rng) -> Vec<usize> {
    let mut disk = Disk::starting_from(&run.root, &run.start);
    let (mut mixed, mut others) = (Vec::new(), Vec::new());
    for (at, entry) in entries.iter().enumerate() {
        if matches!(entry.record, Record::Sync { .. }) {
            if disk.is_mixed() {
                mixed.push(at)
            } else {
                others.push(at)
            }
            others.push(at + 1);
            others.push(rng.usize(0..=entries.len()));
        }
        disk.play(entry);
    }
    let mut chosen = rng.choose_multiple(mixed, CUTS / 2);
    chosen.extend(rng.choose_multiple(others, CUTS - chosen.len()));
    chosen.sort_unstable();
    chosen
}
