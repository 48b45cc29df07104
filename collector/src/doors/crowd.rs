//! How many places one of many holds, so that none can hold them all: connections of an address,
//! streams of a token. As many entries as there are places taken, at most.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

pub struct Crowd<K> {
    max: u32,
    open: Mutex<HashMap<K, u32>>,
}

/// One place, until dropped.
pub struct OfCrowd<K: Hash + Eq> {
    crowd: Arc<Crowd<K>>,
    of: K,
}

impl<K: Hash + Eq + Clone> Crowd<K> {
    /// `None`: no bound.
    pub fn new(max: u32) -> Option<Arc<Self>> {
        (max > 0).then(|| Self::of(max))
    }

    /// Each may have so many.
    pub fn of(max: u32) -> Arc<Self> {
        Arc::new(Self { max, open: Mutex::default() })
    }

    /// `None` where it has as many as it may.
    pub fn enter(self: &Arc<Self>, of: K) -> Option<OfCrowd<K>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.get(&of).copied().unwrap_or_default();
        if count >= self.max {
            return None;
        }
        open.insert(of.clone(), count + 1);
        Some(OfCrowd { crowd: Arc::clone(self), of })
    }
}

impl<K: Hash + Eq> Drop for OfCrowd<K> {
    fn drop(&mut self) {
        let mut open = self.crowd.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.of) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.of);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::IpAddr;

    #[test]
    fn places_come_back_and_nothing_is_kept() {
        let crowd = Crowd::new(2).unwrap();
        let address = |n: u8| IpAddr::from([127, 0, 0, n]);
        let held: Vec<_> = (0..2).map(|_| crowd.enter(address(1)).unwrap()).collect();
        assert!(crowd.enter(address(1)).is_none());
        assert!(crowd.enter(address(2)).is_some(), "another has its own");
        drop(held);
        assert!(crowd.enter(address(1)).is_some());
        assert!(crowd.open.lock().unwrap().is_empty());
        assert!(Crowd::<IpAddr>::new(0).is_none());
    }
}
