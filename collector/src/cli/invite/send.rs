//! Message after message: each is noted before it can arrive and after it has. What is refused for
//! the moment waits its time while others go on; what was sent is counted as an impression.

use super::super::client::{Client, segment};
use super::super::progress;
use super::args::Send;
use super::delivery::{Carriers, Outcome, Ready};
use super::journal::{Batch, Fate, Journal};
use super::people::{Item, Reader};
use super::report::Report;
use crate::clock;
use crate::import::Issue;
use anyhow::{Context, Result, bail};
use serde_json::json;
use std::thread;
use std::time::{Duration, Instant};

const LONGEST_WAIT: Duration = Duration::from_secs(900);
/// Messages that wait for another try; before there are more the first of them are tried.
const WAITING_MAX: usize = 1_000;
/// Sent before the collector is told.
const COUNTED_AT_ONCE: u64 = 100;

pub struct Sending<'a> {
    pub args: &'a Send,
    pub client: &'a Client,
    pub carriers: Carriers<'a>,
    pub journal: &'a mut Journal,
    pub report: &'a mut Report,
    waiting: Vec<Waiting>,
    pub counted: u64,
}

struct Waiting {
    due: Instant,
    ready: Box<Ready>,
    tries: u32,
}

impl<'a> Sending<'a> {
    pub const fn new(
        args: &'a Send,
        client: &'a Client,
        carriers: Carriers<'a>,
        journal: &'a mut Journal,
        report: &'a mut Report,
    ) -> Self {
        Self { args, client, carriers, journal, report, waiting: Vec::new(), counted: 0 }
    }

    /// Everything; an error where nothing more can be sent, with everything before it counted.
    pub fn run(&mut self, reader: &mut Reader<'_>, bytes: u64) -> Result<()> {
        // Of a run before this one, which may have ended in between.
        self.count()?;
        let bar = progress::bar("invite", bytes);
        let done = self.send_all(reader, &bar);
        bar.finish_and_clear();
        let counted = self.count();
        done.and(counted)
    }

    fn send_all(&mut self, reader: &mut Reader<'_>, bar: &indicatif::ProgressBar) -> Result<()> {
        while let Some(items) = reader.next(self.journal)? {
            for item in items {
                match item {
                    Item::Ready(ready) => self.send(ready, 1)?,
                    Item::LeftOut(line, why) => self.report.left_out(line, why)?,
                    Item::Refused(issues) => self.report.wrong("refused", issues)?,
                }
                self.send_what_is_due()?;
            }
            bar.set_position(reader.bytes());
            if self.journal.uncounted() >= COUNTED_AT_ONCE {
                self.count()?;
            }
        }
        self.count()?;
        bar.set_message("waiting for another try");
        while let Some(next) = self.next_due() {
            thread::sleep(next.saturating_duration_since(Instant::now()));
            self.send_what_is_due()?;
        }
        Ok(())
    }

    fn next_due(&self) -> Option<Instant> {
        self.waiting.iter().map(|waiting| waiting.due).min()
    }

    fn send_what_is_due(&mut self) -> Result<()> {
        if self.waiting.len() >= WAITING_MAX
            && let Some(next) = self.next_due()
        {
            thread::sleep(next.saturating_duration_since(Instant::now()));
        }
        let now = Instant::now();
        while let Some(place) = self.waiting.iter().position(|waiting| waiting.due <= now) {
            let Waiting { ready, tries, .. } = self.waiting.swap_remove(place);
            self.send(ready, tries + 1)?;
        }
        Ok(())
    }

    fn send(&mut self, ready: Box<Ready>, tries: u32) -> Result<()> {
        let line = ready.line;
        match self.hand_over(&ready)? {
            Outcome::Sent => {
                self.journal.note(&ready.key, Fate::Sent, &ready.place)?;
                self.report.add(line, "sent", &ready.place.0)
            }
            Outcome::Refused(said) => {
                self.journal.note(&ready.key, Fate::Failed, &ready.place)?;
                self.report.wrong("failed", vec![Issue::of_row(line, "refused_for_good", said)])
            }
            Outcome::Unknown(said) => {
                // As it stands in the journal: it was handed over.
                let said = format!("it may have arrived, and is not sent again by itself: {said}");
                self.report.wrong("unknown", vec![Issue::of_row(line, "no_answer", said)])
            }
            Outcome::Later { said, wait } => {
                self.journal.note(&ready.key, Fate::Waits, &ready.place)?;
                if tries >= self.args.tries {
                    let said = format!("refused {tries} times; another run tries it again: {said}");
                    let issue = Issue::of_row(line, "refused_for_now", said);
                    return self.report.wrong("waits", vec![issue]);
                }
                let wait = wait.unwrap_or(Duration::ZERO).max(self.wait_after(tries));
                let due = Instant::now() + wait.min(LONGEST_WAIT);
                self.waiting.push(Waiting { due, ready, tries });
                Ok(())
            }
            Outcome::Unreachable(said) => bail!("nobody answers any more: {said}"),
        }
    }

    /// Where nobody is there to take it, nobody is for the others: all of them wait.
    fn hand_over(&mut self, ready: &Ready) -> Result<Outcome> {
        let Self { carriers, journal, .. } = self;
        let mut hand = || journal.note(&ready.key, Fate::Sending, &ready.place);
        let mut outcome = carriers.send(&ready.message, &mut hand)?;
        for tries in 1..self.args.tries {
            let Outcome::Unreachable(said) = &outcome else { break };
            eprintln!("ascolto: {said}; trying again");
            self.journal.note(&ready.key, Fate::Waits, &ready.place)?;
            thread::sleep(self.wait_after(tries));
            let Self { carriers, journal, .. } = self;
            let mut hand = || journal.note(&ready.key, Fate::Sending, &ready.place);
            outcome = carriers.send(&ready.message, &mut hand)?;
        }
        if matches!(outcome, Outcome::Unreachable(_)) {
            self.journal.note(&ready.key, Fate::Waits, &ready.place)?;
        }
        Ok(outcome)
    }

    fn wait_after(&self, tries: u32) -> Duration {
        let doubled = self.args.wait.saturating_mul(1 << (tries - 1).min(16));
        doubled.min(LONGEST_WAIT)
    }

    /// Tells the collector of what was sent, each invitation once.
    fn count(&mut self) -> Result<()> {
        for batch in self.journal.uncounted_batches()? {
            let told = self.tell(&batch);
            told.context("what was sent is not counted yet; another run of the same file does it")?;
            self.journal.counted(&batch)?;
            self.counted += batch.count;
        }
        Ok(())
    }

    fn tell(&self, batch: &Batch) -> Result<()> {
        let (channel, service) = &batch.place;
        let mut events = json!({"batch": batch.id, "survey": self.args.survey, "channel": channel,
            "occurred_at": clock::format(batch.at),
            "events": [{"kind": "impression", "count": batch.count}]});
        if let Some(service) = service {
            events["service"] = json!(service);
        }
        let path = format!("/v1/sites/{}/events", segment(&self.args.site));
        self.client.post_lines(&path, &serde_json::to_vec(&events)?).map(drop)
    }
}
