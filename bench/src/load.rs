//! Load as the crash harness wants it: several connections that submit, submit in batches and take
//! back, and a ledger of what was promised.

use crate::client::{Answer, Connection, request};
use crate::collector::Site;
use crate::feedback::{self, By};
use crate::ledger::{Fate, Ledger};
use anyhow::{Result, bail};
use fastrand::Rng;
use powercut::Recording;
use serde_json::Value;
use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

const BATCH_LINES: std::ops::Range<usize> = 2..60;
/// One batch in so many is a large one: its commits are larger than the store's segments.
const LARGE_ONE_IN: u32 = 30;
const LARGE_BATCH_LINES: std::ops::Range<usize> = 500..1_000;
const PATIENCE: Duration = Duration::from_millis(20);

/// One run of load; everything on one thread.
pub struct Load {
    pub site: Site,
    pub ledger: RefCell<Ledger>,
    /// Even, and over every number that was used.
    pub next: Cell<u64>,
    /// Where promises are noted too.
    pub recording: Option<Recording>,
    stopped: Cell<bool>,
    /// Requests that were refused with 503 or 429.
    pub refused: Cell<u64>,
    /// Answers that must not be.
    pub strange: RefCell<Vec<String>>,
}

impl Load {
    pub fn new(site: Site, ledger: Ledger, next: u64, recording: Option<Recording>) -> Rc<Self> {
        Rc::new(Self {
            site,
            ledger: ledger.into(),
            next: next.into(),
            recording,
            stopped: Cell::new(false),
            refused: Cell::new(0),
            strange: RefCell::default(),
        })
    }

    /// Works on `connections` connections until they break or `during` is over.
    pub async fn run<T>(
        self: &Rc<Self>,
        address: SocketAddr,
        connections: usize,
        seed: u64,
        during: impl Future<Output = T>,
    ) -> T {
        self.stopped.set(false);
        let set = tokio::task::LocalSet::new();
        for number in 0..connections {
            let rng = Rng::with_seed(seed.wrapping_add(number as u64));
            let load = Rc::clone(self);
            set.spawn_local(async move {
                // A broken connection is what a crash looks like: the ledger knows the rest.
                let _ = load.work(address, rng).await;
            });
        }
        let result = set.run_until(during).await;
        self.stopped.set(true);
        set.await;
        result
    }

    async fn work(&self, address: SocketAddr, mut rng: Rng) -> Result<()> {
        let mut connection = Connection::open(address).await?;
        while !self.stopped.get() {
            let answer = match rng.u32(0..10) {
                0..6 => self.submit(&mut connection).await?,
                6..9 => {
                    let large = rng.u32(0..LARGE_ONE_IN) == 0;
                    let lines = if large { LARGE_BATCH_LINES } else { BATCH_LINES };
                    self.submit_batch(&mut connection, rng.usize(lines)).await?
                }
                _ => self.erase(&mut connection, &mut rng).await?,
            };
            if let Some(answer) = answer {
                self.refusal(&answer);
                tokio::time::sleep(PATIENCE).await;
            }
        }
        Ok(())
    }

    fn refusal(&self, answer: &Answer) {
        match answer.status {
            503 | 429 => self.refused.set(self.refused.get() + 1),
            _ => self.strange.borrow_mut().push(answer.describe()),
        }
    }

    /// The numbers of new responses: even ones for the owner, odd ones for visitors.
    fn take(&self, count: usize, by: By) -> Vec<u64> {
        let first = self.next.get();
        self.next.set(first + 2 * count as u64);
        let odd = u64::from(by == By::Visitor);
        (0..count as u64).map(|i| first + 2 * i + odd).collect()
    }

    fn note(&self, numbers: impl IntoIterator<Item = u64>, fate: Fate) -> Result<()> {
        let mut words = Vec::new();
        for n in numbers {
            self.ledger.borrow_mut().note(n, fate);
            words.extend(Ledger::words(n, fate));
        }
        match &self.recording {
            Some(recording) => Ok(recording.mark(&words)?),
            None => Ok(()),
        }
    }

    /// A refusal, where it was refused.
    async fn submit(&self, connection: &mut Connection) -> Result<Option<Answer>> {
        let n = self.take(1, By::Visitor)[0];
        let body = feedback::body(n);
        let request = request("POST", &self.site.submissions(), None, body.as_bytes());
        self.note([n], Fate::Sent)?;
        let answer = connection.send(&request).await?;
        if answer.status != 201 {
            return Ok(Some(answer));
        }
        self.note([n], Fate::Stored)?;
        Ok(None)
    }

    async fn submit_batch(
        &self,
        connection: &mut Connection,
        lines: usize,
    ) -> Result<Option<Answer>> {
        let numbers = self.take(lines, By::Owner);
        self.note(numbers.iter().copied(), Fate::Sent)?;
        let request = batch(&self.site, numbers.iter().copied());
        let answer = connection.send(&request).await?;
        if answer.status != 200 {
            return Ok(Some(answer));
        }
        let stored = statuses(&answer)?;
        if stored.len() != lines || stored.iter().any(|status| status != "stored") {
            return Ok(Some(answer));
        }
        self.note(numbers, Fate::Stored)?;
        Ok(None)
    }

    async fn erase(&self, connection: &mut Connection, rng: &mut Rng) -> Result<Option<Answer>> {
        let among = rng.u64(0..self.next.get().max(1));
        let chosen = {
            let ledger = self.ledger.borrow();
            let mut stored = ledger.fates.range(among..).filter(|(_, fate)| **fate == Fate::Stored);
            stored.next().map(|(n, _)| *n)
        };
        let Some(n) = chosen else { return Ok(None) };
        self.note([n], Fate::Erasing)?;
        let path = self.site.path(&format!("responses/{}", feedback::id(n)));
        let request = request("DELETE", &path, Some(&self.site.token), b"");
        let answer = connection.send(&request).await?;
        if answer.status != 204 {
            return Ok(Some(answer));
        }
        self.note([n], Fate::Erased)?;
        Ok(None)
    }
}

/// A batch request of these responses.
pub fn batch(site: &Site, numbers: impl IntoIterator<Item = u64>) -> Vec<u8> {
    let mut body = String::new();
    for n in numbers {
        body.push_str(&feedback::body(n));
        body.push('\n');
    }
    request("POST", &site.path("responses/batch"), Some(&site.token), body.as_bytes())
}

/// What became of each line.
pub fn statuses(answer: &Answer) -> Result<Vec<String>> {
    let mut statuses = Vec::new();
    for line in answer.body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let line: Value = serde_json::from_slice(line)?;
        match line["status"].as_str() {
            Some(status) => statuses.push(status.to_owned()),
            None => bail!("a line without a status: {line}"),
        }
    }
    Ok(statuses)
}
