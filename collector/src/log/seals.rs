//! The keys of what people wrote. Texts lie in the store sealed, each response's under a key of
//! its own; the keys lie in one flat file. Overwriting a key makes every copy of the text that the
//! store's log still holds unreadable at once, which deleting it there does not (STORAGE: deletes
//! neither shrink the file nor erase bytes).
//!
//! Keys are made ahead of their use and synced in blocks, so that sealing costs no sync of its own.

use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions};
use std::io;
use std::ops::Range;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

pub const SEALS_FILE: &str = "seals";
pub const SLOT_BYTES: usize = 16;
/// Slots made at once: 1 MiB.
const BLOCK_SLOTS: u64 = 65_536;
/// A key that was taken away.
const SHREDDED: [u8; SLOT_BYTES] = [0; SLOT_BYTES];

/// Bytes sealed under the key of a slot.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Sealed {
    pub slot: u64,
    pub bytes: Vec<u8>,
}

pub struct Seals {
    file: File,
    /// How many slots the file holds.
    slots: AtomicU64,
}

impl Seals {
    pub fn open(folder: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let file = options.open(folder.join(SEALS_FILE))?;
        // A block that was cut off half-way was never used.
        let slots = file.metadata()?.len() / SLOT_BYTES as u64;
        Ok(Self { file, slots: AtomicU64::new(slots) })
    }

    /// Makes sure that `slot` has a key on disk. For the one writer.
    pub fn prepare(&self, slot: u64) -> io::Result<()> {
        let slots = self.slots.load(Ordering::Acquire);
        if slot < slots {
            return Ok(());
        }
        let end = (slot / BLOCK_SLOTS + 1) * BLOCK_SLOTS;
        let mut keys = vec![0; usize::try_from(end - slots).unwrap_or_default() * SLOT_BYTES];
        let filled = getrandom::fill(&mut keys);
        filled.map_err(|error| io::Error::other(error.to_string()))?;
        self.file.write_all_at(&keys, slots * SLOT_BYTES as u64)?;
        self.file.sync_data()?;
        self.slots.store(end, Ordering::Release);
        Ok(())
    }

    /// Seals under the key of a slot that was prepared and never used.
    pub fn seal(&self, slot: u64, plain: &[u8]) -> io::Result<Sealed> {
        let missing = || io::Error::other(format!("the key of slot {slot} is missing"));
        let cipher = self.cipher(slot)?.ok_or_else(missing)?;
        let sealed = cipher.encrypt(&Nonce::default(), plain);
        Ok(Sealed { slot, bytes: sealed.map_err(|_| io::Error::other("sealing failed"))? })
    }

    /// What was sealed; `None` where its key was taken away, or is another one.
    pub fn open_sealed(&self, sealed: &Sealed) -> io::Result<Option<Vec<u8>>> {
        let Some(cipher) = self.cipher(sealed.slot)? else { return Ok(None) };
        Ok(cipher.decrypt(&Nonce::default(), sealed.bytes.as_slice()).ok())
    }

    /// Takes keys away for good; returns when that is on disk.
    pub fn shred(&self, slots: &[u64]) -> io::Result<()> {
        for slot in slots {
            if *slot < self.slots.load(Ordering::Acquire) {
                self.file.write_all_at(&SHREDDED, slot * SLOT_BYTES as u64)?;
            }
        }
        self.file.sync_data()
    }

    /// The keys of these slots, as they lie in the file.
    pub fn keys(&self, slots: Range<u64>) -> io::Result<Vec<u8>> {
        let count = slots.end.saturating_sub(slots.start);
        let mut keys = vec![0; usize::try_from(count).unwrap_or_default() * SLOT_BYTES];
        self.file.read_exact_at(&mut keys, slots.start * SLOT_BYTES as u64)?;
        Ok(keys)
    }

    /// Puts keys back, from a slot on.
    pub(super) fn put_back(&self, slot: u64, keys: &[u8]) -> io::Result<()> {
        self.file.write_all_at(keys, slot * SLOT_BYTES as u64)?;
        let slots = self.file.metadata()?.len() / SLOT_BYTES as u64;
        self.slots.store(slots, Ordering::Release);
        Ok(())
    }

    /// Each key seals one message once: the nonce can be constant.
    fn cipher(&self, slot: u64) -> io::Result<Option<ChaCha20Poly1305>> {
        let mut key = [0; SLOT_BYTES];
        if slot >= self.slots.load(Ordering::Acquire) {
            return Ok(None);
        }
        self.file.read_exact_at(&mut key, slot * SLOT_BYTES as u64)?;
        if key == SHREDDED {
            return Ok(None);
        }
        let key: [u8; 32] = Sha256::digest(key).into();
        Ok(Some(ChaCha20Poly1305::new(Key::from_slice(&key))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_until_its_key_is_taken_away() {
        let folder = tempfile::tempdir().unwrap();
        let seals = Seals::open(folder.path()).unwrap();
        assert!(seals.seal(0, b"early").is_err(), "not prepared");
        for slot in [0, 1, BLOCK_SLOTS - 1, BLOCK_SLOTS] {
            seals.prepare(slot).unwrap();
        }
        let sealed: Vec<_> =
            [0, 1, BLOCK_SLOTS].iter().map(|s| seals.seal(*s, b"Tutto bene").unwrap()).collect();
        assert!(sealed.iter().all(|s| s.bytes.windows(5).all(|w| w != b"Tutto")));
        seals.shred(&[1]).unwrap();
        let again = Seals::open(folder.path()).unwrap();
        let opened: Vec<_> = sealed.iter().map(|s| again.open_sealed(s).unwrap()).collect();
        assert_eq!(opened, [Some(b"Tutto bene".to_vec()), None, Some(b"Tutto bene".to_vec())]);
        let moved = Sealed { slot: 0, bytes: sealed[2].bytes.clone() };
        assert_eq!(again.open_sealed(&moved).unwrap(), None, "another key");
    }
}
