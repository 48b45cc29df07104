//! Events that were acknowledged and not yet handed to the writer, summed by place: however many
//! visitors come, a second costs one commit.

use super::recent::Recent;
use crate::change;
use crate::log::{Refused, Writer};
use crate::state::{Site, SiteNo};
use shared::events::{Events, Happening};
use shared::submission::Sender;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long events wait at most while the writer is there.
const WAIT: Duration = Duration::from_secs(1);
/// Places that can wait; one more is refused.
const PLACES_MAX: usize = 4_096;
/// Places of one job of the writer: responses wait for it.
const PLACES_AT_ONCE: usize = 128;

/// Where and on which day something happened. Names, because numbers are the writer's to give.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub site: SiteNo,
    pub day: i32,
    pub survey: String,
    pub survey_version: u32,
    pub channel: String,
    pub service: Option<String>,
    /// Told by a program of the owner's.
    pub trusted: bool,
}

pub type Counts = BTreeMap<Happening, u64>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    Counted,
    /// The batch was counted before.
    Repeated,
}

#[derive(Default)]
pub struct Pending {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    places: BTreeMap<Place, Counts>,
    recent: Recent,
}

impl Place {
    pub const fn sender(&self) -> Sender {
        if self.trusted { Sender::Trusted } else { Sender::Visitor }
    }
}

impl Pending {
    /// Takes a batch, once; an error where too much waits already.
    pub fn add(
        &self,
        site: &Site,
        day: i32,
        sender: Sender,
        events: Events,
    ) -> Result<Added, Refused> {
        let mut inner = self.inner();
        let key = (site.number, events.batch);
        if inner.recent.has(key) {
            return Ok(Added::Repeated);
        }
        let place = Place {
            site: site.number,
            day,
            survey: events.survey,
            survey_version: events.survey_version,
            channel: events.channel.as_str().to_owned(),
            service: events.service,
            trusted: sender == Sender::Trusted,
        };
        if inner.places.len() >= PLACES_MAX && !inner.places.contains_key(&place) {
            return Err(Refused::Full);
        }
        inner.recent.add(key);
        merge(inner.places.entry(place).or_default(), events.counts);
        Ok(Added::Counted)
    }

    /// Hands everything over once a second, for ever.
    pub async fn keep_flushing(&self, writer: &Writer) {
        loop {
            tokio::time::sleep(WAIT).await;
            self.flush(writer).await;
        }
    }

    /// Returns when everything that waits is on disk, or the writer takes nothing more for now: then
    /// it waits on.
    pub async fn flush(&self, writer: &Writer) {
        loop {
            let some = self.take();
            if some.is_empty() {
                return;
            }
            let counted = some.clone();
            let written = writer.change(move |t| change::count_events(t, counted)).await;
            if let Err(refused) = written {
                tracing::debug!("events wait: {refused}");
                return self.put_back(some);
            }
        }
    }

    fn take(&self) -> Vec<(Place, Counts)> {
        let mut inner = self.inner();
        let some = std::iter::from_fn(|| inner.places.pop_first());
        some.take(PLACES_AT_ONCE).collect()
    }

    fn put_back(&self, some: Vec<(Place, Counts)>) {
        let mut inner = self.inner();
        for (place, counts) in some {
            merge(inner.places.entry(place).or_default(), counts);
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn merge(into: &mut Counts, more: Counts) {
    for (happening, by) in more {
        *into.entry(happening).or_default() += by;
    }
}
