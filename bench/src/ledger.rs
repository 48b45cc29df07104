//! What the collector was asked and what it promised, kept outside of it.

use std::collections::BTreeMap;

/// What is known of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Sent, never answered: may be there or not.
    Sent,
    /// Acknowledged: must be there, once.
    Stored,
    /// Its erasure was sent, never answered: may be there or not.
    Erasing,
    /// Its erasure was acknowledged: must not be there, and not come back.
    Erased,
}

#[derive(Clone, Debug, Default)]
pub struct Ledger {
    pub fates: BTreeMap<u64, Fate>,
}

impl Ledger {
    /// Notes news; a promise is never forgotten for a mere attempt.
    pub fn note(&mut self, n: u64, fate: Fate) {
        let known = self.fates.entry(n).or_insert(fate);
        if *known != Fate::Erased && !(*known == Fate::Stored && fate == Fate::Sent) {
            *known = fate;
        }
    }

    pub fn with(&self, fate: Fate) -> Vec<u64> {
        self.fates.iter().filter(|(_, of)| **of == fate).map(|(n, _)| *n).collect()
    }

    pub fn count(&self, fate: Fate) -> usize {
        self.fates.values().filter(|of| **of == fate).count()
    }

    /// How many acknowledgements there were.
    pub fn promises(&self) -> u64 {
        (self.count(Fate::Stored) + self.count(Fate::Erased)) as u64
    }

    /// A note as words for the trace of a power cut, and back.
    pub fn words(n: u64, fate: Fate) -> Vec<u8> {
        let kind = match fate {
            Fate::Sent => b's',
            Fate::Stored => b'S',
            Fate::Erasing => b'e',
            Fate::Erased => b'E',
        };
        let mut words = vec![kind];
        words.extend_from_slice(&n.to_be_bytes());
        words
    }

    pub fn read(&mut self, words: &[u8]) {
        let mut rest = words;
        while let Some((entry, after)) = rest.split_at_checked(9) {
            let fate = match entry[0] {
                b's' => Fate::Sent,
                b'S' => Fate::Stored,
                b'e' => Fate::Erasing,
                _ => Fate::Erased,
            };
            let number = entry[1..].try_into().map(u64::from_be_bytes);
            self.note(number.expect("eight bytes"), fate);
            rest = after;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn promises_outlive_attempts() {
        let mut ledger = Ledger::default();
        for (fate, then) in [
            (Fate::Sent, Fate::Sent),
            (Fate::Stored, Fate::Stored),
            (Fate::Sent, Fate::Stored),
            (Fate::Erasing, Fate::Erasing),
            (Fate::Erased, Fate::Erased),
            (Fate::Stored, Fate::Erased),
        ] {
            ledger.note(1, fate);
            assert_eq!(ledger.fates[&1], then);
        }
    }

    #[test]
    fn words_are_read_back() {
        let mut ledger = Ledger::default();
        ledger.read(&[Ledger::words(5, Fate::Stored), Ledger::words(9, Fate::Sent)].concat());
        assert_eq!(ledger.with(Fate::Stored), [5]);
        assert_eq!(ledger.with(Fate::Sent), [9]);
    }
}
