//! How many there may be at once, all together and of one address: connections, and requests of
//! HTTP/2, of which one connection has many.

use super::crowd::{Crowd, OfCrowd};
use super::subscriber;
use crate::settings::Settings;
use std::net::IpAddr;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

#[derive(Clone)]
pub struct Places {
    all: Arc<Semaphore>,
    /// `None`: no bound.
    of_address: Option<Arc<Crowd<IpAddr>>>,
}

/// One of them, until dropped.
pub struct Place {
    _permit: OwnedSemaphorePermit,
    _of_address: Option<OfCrowd<IpAddr>>,
}

impl Places {
    /// As many as there may be connections.
    pub fn new(settings: &Settings) -> Self {
        // A semaphore has a bound of its own.
        let max = usize::try_from(settings.connections_max).unwrap_or(usize::MAX);
        let all = Arc::new(Semaphore::new(max.min(Semaphore::MAX_PERMITS)));
        Self { all, of_address: Crowd::new(settings.connections_per_address) }
    }

    /// `None` where all are taken, or the address has its share; one that speaks for many, as a
    /// trusted proxy does, has none.
    pub fn take(&self, address: IpAddr, speaks_for_many: bool) -> Option<Place> {
        let bound = self.of_address.as_ref().filter(|_| !speaks_for_many);
        let of_address = match bound {
            Some(crowd) => Some(crowd.enter(subscriber(address.to_canonical()))?),
            None => None,
        };
        let permit = Arc::clone(&self.all).try_acquire_owned().ok()?;
        Some(Place { _permit: permit, _of_address: of_address })
    }
}
