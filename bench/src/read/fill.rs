//! Fills a site by the batch request, as an import would.

use crate::client::Connection;
use crate::collector::Site;
use crate::load::{batch, statuses};
use anyhow::{Result, ensure};
use std::cell::Cell;
use std::net::SocketAddr;
use std::ops::Range;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::task::LocalSet;

/// One sends while the others are being made.
const CONNECTIONS: usize = 3;
const LINES: u64 = 5_000;
const TELL_EVERY: Duration = Duration::from_secs(15);

/// Where the connections are in it.
struct Work {
    numbers: Range<u64>,
    next: Cell<u64>,
    told: Cell<Instant>,
}

impl Work {
    fn take(&self) -> Option<Range<u64>> {
        let from = self.next.get();
        let to = (from + LINES).min(self.numbers.end);
        self.next.set(to);
        if self.told.get().elapsed() > TELL_EVERY {
            self.told.set(Instant::now());
            eprintln!("filling: {from} of {}", self.numbers.end);
        }
        (from < to).then_some(from..to)
    }
}

/// The n-th row is the response 2n: even numbers are the owner's.
pub async fn fill(address: SocketAddr, site: &Site, numbers: Range<u64>) -> Result<()> {
    let next = Cell::new(numbers.start);
    let work = Rc::new(Work { numbers, next, told: Instant::now().into() });
    let set = LocalSet::new();
    let tasks: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            let (work, site) = (Rc::clone(&work), site.clone());
            set.spawn_local(async move { send(address, &site, &work).await })
        })
        .collect();
    set.await;
    for task in tasks {
        task.await??;
    }
    Ok(())
}

async fn send(address: SocketAddr, site: &Site, work: &Work) -> Result<()> {
    let mut connection = Connection::open(address).await?;
    while let Some(numbers) = work.take() {
        let answer = connection.send(&batch(site, numbers.map(|n| 2 * n))).await?.expect(200)?;
        let stored = statuses(&answer)?;
        let refused = stored.iter().find(|status| *status != "stored");
        ensure!(refused.is_none(), "a line was {refused:?}");
    }
    Ok(())
}
