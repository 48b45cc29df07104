//! Token buckets in a table of fixed size. A bucket is one number: when it will be full again
//! (the generic cell rate algorithm). Where a set of the table has no room, the fullest bucket
//! goes: forgetting it takes the least from the limit.

use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Buckets that share a lock and compete for room.
const WAYS: usize = 8;

/// So many in a period, and so many at once.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    pub per_period: u32,
    pub period: Duration,
    pub burst: u32,
}

pub struct Buckets {
    sets: Vec<Mutex<[Bucket; WAYS]>>,
    /// Keyed anew in each process: what is kept names nobody, and nobody can aim at a set.
    hasher: RandomState,
    started: Instant,
    /// Nanoseconds in which one token comes back.
    interval: u64,
    /// Nanoseconds in which an empty bucket is full again.
    whole: u64,
}

#[derive(Clone, Copy, Default)]
struct Bucket {
    key: u64,
    /// Nanoseconds after `started`.
    full_at: u64,
}

impl Buckets {
    /// Room for `capacity` buckets, for ever; `None` where the rate is 0, which means no limit.
    pub fn new(rate: Rate, capacity: usize) -> Option<Self> {
        let period = u64::try_from(rate.period.as_nanos()).unwrap_or(u64::MAX);
        let interval = period.checked_div(rate.per_period.into())?;
        let sets = capacity.div_ceil(WAYS).max(1);
        Some(Self {
            sets: (0..sets).map(|_| Mutex::default()).collect(),
            hasher: RandomState::new(),
            started: Instant::now(),
            interval,
            whole: interval.saturating_mul(rate.burst.max(1).into()),
        })
    }

    /// Takes a token; where there is none, says when there will be one.
    pub fn take(&self, key: impl Hash) -> Result<(), Duration> {
        self.take_at(key, self.started.elapsed())
    }

    /// How long until there is a token, without taking it.
    pub fn wait(&self, key: impl Hash) -> Option<Duration> {
        self.wait_at(key, self.started.elapsed())
    }

    fn take_at(&self, key: impl Hash, now: Duration) -> Result<(), Duration> {
        let (now, key) = (nanos(now), self.hasher.hash_one(key));
        let mut set = self.set(key);
        let known = set.iter().position(|bucket| bucket.key == key && bucket.full_at > now);
        let at = known.unwrap_or_else(|| fullest(&set));
        let full_at = if known.is_some() { set[at].full_at } else { now };
        match self.missing(full_at, now) {
            0 => {
                set[at] = Bucket { key, full_at: full_at.saturating_add(self.interval) };
                Ok(())
            }
            wait => Err(Duration::from_nanos(wait)),
        }
    }

    fn wait_at(&self, key: impl Hash, now: Duration) -> Option<Duration> {
        let (now, key) = (nanos(now), self.hasher.hash_one(key));
        let set = self.set(key);
        let bucket = set.iter().find(|bucket| bucket.key == key && bucket.full_at > now)?;
        let wait = self.missing(bucket.full_at, now);
        (wait > 0).then(|| Duration::from_nanos(wait))
    }

    /// Nanoseconds until a bucket that is full at this time has a token.
    fn missing(&self, full_at: u64, now: u64) -> u64 {
        full_at.saturating_add(self.interval).saturating_sub(now).saturating_sub(self.whole)
    }

    fn set(&self, key: u64) -> MutexGuard<'_, [Bucket; WAYS]> {
        let place = usize::try_from(key % self.sets.len() as u64).unwrap_or_default();
        self.sets[place].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn fullest(set: &[Bucket; WAYS]) -> usize {
    (0..WAYS).min_by_key(|at| set[*at].full_at).unwrap_or_default()
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn buckets(per_minute: u32, burst: u32, capacity: usize) -> Buckets {
        let rate = Rate { per_period: per_minute, period: 60 * SECOND, burst };
        Buckets::new(rate, capacity).unwrap()
    }

    #[test]
    fn a_burst_then_the_rate() {
        let buckets = buckets(60, 3, 64);
        let taken = |now| (0..10).filter(|_| buckets.take_at("a", now).is_ok()).count();
        assert_eq!(taken(SECOND), 3);
        assert_eq!(buckets.take_at("a", SECOND), Err(SECOND));
        assert_eq!(buckets.wait_at("a", SECOND), Some(SECOND));
        assert_eq!(taken(SECOND * 3 / 2), 0);
        assert_eq!(taken(SECOND * 2), 1);
        assert_eq!(taken(SECOND * 60), 3, "never more than the burst");
        assert_eq!(buckets.take_at("b", SECOND * 60), Ok(()), "others are not touched");
    }

    #[test]
    fn looking_takes_nothing() {
        let buckets = buckets(60, 1, 64);
        assert_eq!((0..9).filter_map(|_| buckets.wait_at("a", SECOND)).count(), 0);
        assert!(buckets.take_at("a", SECOND).is_ok());
        assert_eq!(buckets.wait_at("a", SECOND), Some(SECOND));
    }

    #[test]
    fn a_full_table_forgets_the_fullest() {
        let buckets = buckets(60, 10, WAYS);
        (0..10).for_each(|_| buckets.take_at("busy", SECOND).unwrap());
        for stranger in 0..1_000 {
            assert!(buckets.take_at(stranger, SECOND).is_ok());
            assert!(buckets.take_at("busy", SECOND).is_err(), "forgotten after {stranger}");
        }
        assert_eq!(buckets.sets.len(), 1);
    }

    #[test]
    fn a_rate_of_nothing_is_no_limit() {
        let off = Rate { per_period: 0, period: SECOND, burst: 5 };
        assert!(Buckets::new(off, 8).is_none());
    }
}
