//! How many connections one address holds, so that none can hold them all. As many entries as
//! there are connections, at most.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

pub struct Crowd {
    max: u32,
    open: Mutex<HashMap<IpAddr, u32>>,
}

/// One connection of an address, until dropped.
pub struct OfAddress {
    crowd: Arc<Crowd>,
    address: IpAddr,
}

impl Crowd {
    /// `None`: no bound.
    pub fn new(max: u32) -> Option<Arc<Self>> {
        (max > 0).then(|| Arc::new(Self { max, open: Mutex::default() }))
    }

    /// `None` where the address has as many as it may.
    pub fn enter(self: &Arc<Self>, address: IpAddr) -> Option<OfAddress> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(address).or_default();
        if *count >= self.max {
            return None;
        }
        *count += 1;
        Some(OfAddress { crowd: Arc::clone(self), address })
    }
}

impl Drop for OfAddress {
    fn drop(&mut self) {
        let mut open = self.crowd.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert!(Crowd::new(0).is_none());
    }
}
