//! The ids of the latest batches, so that one that a browser sends twice counts once. Bounded: the
//! oldest makes room for the next. Not kept across a start.

use crate::state::SiteNo;
use shared::ResponseId;
use std::collections::{HashSet, VecDeque};

type Key = (SiteNo, ResponseId);

#[derive(Default)]
pub struct Recent {
    known: HashSet<Key>,
    order: VecDeque<Key>,
}

impl Recent {
    /// Batches that are remembered, some 60 bytes each.
    const MAX: usize = 1 << 16;

    /// Whether it is new.
    pub fn add(&mut self, key: Key) -> bool {
        if !self.known.insert(key) {
            return false;
        }
        self.order.push_back(key);
        if self.order.len() > Self::MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        true
    }

    pub fn has(&self, key: Key) -> bool {
        self.known.contains(&key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_makes_room_and_nothing_else_goes() {
        let key = |n: u64| (1, ResponseId::new(n, [0; 10]));
        let mut recent = Recent::default();
        let last = Recent::MAX as u64;
        assert!((0..=last).all(|n| recent.add(key(n))));
        assert!(!recent.add(key(last)) && !recent.add(key(1)));
        assert!(!recent.has(key(0)) && recent.add(key(0)));
        assert_eq!((recent.known.len(), recent.order.len()), (Recent::MAX, Recent::MAX));
    }
}
