//! What was sent, in a file beside the recipients': a second run, after a crash too, asks nobody
//! twice. Whoever they are stands there as salted hashes alone.

use crate::clock;
use crate::secret::random;
use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use shared::{ResponseId, Timestamp};
use std::collections::{BTreeMap, HashMap};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Of one file; a second file has a journal of its own.
pub const PEOPLE_MAX: usize = 1_000_000;

/// Which invitation: of whom, to which survey, about what.
pub type Key = [u8; 16];

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fate {
    /// It is being handed over. Where nothing follows, it may have arrived.
    Sending,
    Sent,
    /// Refused for the moment: it was not taken.
    Waits,
    /// Refused for good.
    Failed,
}

/// Where invitations are counted.
pub type Place = (String, Option<String>);

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", untagged)]
enum Line {
    Head {
        ascolto_invitations: u32,
        salt: String,
    },
    Fate {
        key: String,
        fate: Fate,
        channel: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        service: Option<String>,
    },
    /// So many are about to be told to the collector, under this id.
    Counting {
        counting: String,
        channel: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        service: Option<String>,
        count: u64,
        at_ms: i64,
    },
    Counted {
        counted: String,
    },
}

/// Sent invitations that the collector is told of as impressions, all under one id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    pub id: String,
    pub place: Place,
    pub count: u64,
    pub at: Timestamp,
}

pub struct Journal {
    file: File,
    salt: Vec<u8>,
    fates: HashMap<Key, Fate>,
    /// Sent, and not told yet.
    uncounted: BTreeMap<Place, u64>,
    /// Told, perhaps, and not acknowledged.
    counting: BTreeMap<String, Batch>,
}

/// How the first line begins.
const HEAD: &str = "{\"ascolto_invitations\":";

impl Journal {
    /// Opens the journal, or makes one. It is locked: two runs at once would ask people twice.
    pub fn open(path: &Path) -> Result<Self> {
        let shown = path.display();
        let mut options = OpenOptions::new();
        let file = options.read(true).append(true).create(true).mode(0o600).open(path);
        let mut file = file.with_context(|| format!("cannot write {shown}"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => bail!("{shown} is in use by another run"),
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("cannot lock {shown}"));
            }
        }
        let mut text = String::new();
        file.seek(SeekFrom::Start(0))?;
        file.read_to_string(&mut text).with_context(|| format!("cannot read {shown}"))?;
        let mut journal = Self {
            file,
            salt: Vec::new(),
            fates: HashMap::new(),
            uncounted: BTreeMap::new(),
            counting: BTreeMap::new(),
        };
        journal.replay(&text).with_context(|| format!("{shown} is no journal of invitations"))?;
        Ok(journal)
    }

    fn replay(&mut self, text: &str) -> Result<()> {
        let whole = text.rfind('\n').map_or("", |end| &text[..=end]);
        for line in whole.lines() {
            // A line that a crash cut off has the next one after it.
            let line = match serde_json::from_str(line) {
                Ok(line) => line,
                Err(_) if !self.salt.is_empty() => continue,
                Err(error) => return Err(error.into()),
            };
            self.take(line)?;
        }
        if whole.is_empty() && !text.is_empty() {
            // A first line that was cut off says nothing yet, if it is one of ours.
            if !text.starts_with(HEAD) && !HEAD.starts_with(text) {
                bail!("its first line has no end");
            }
            self.file.set_len(0)?;
        } else if whole.len() < text.len() {
            self.file.write_all(b"\n")?;
        }
        if self.salt.is_empty() {
            if !whole.is_empty() {
                bail!("its first line says nothing");
            }
            let salt = URL_SAFE_NO_PAD.encode(random::<16>());
            self.write(Line::Head { ascolto_invitations: 1, salt })?;
        }
        Ok(())
    }

    fn take(&mut self, line: Line) -> Result<()> {
        match line {
            Line::Head { salt, .. } => self.salt = URL_SAFE_NO_PAD.decode(salt)?,
            Line::Fate { key, fate, channel, service } => {
                let key: Option<Key> =
                    URL_SAFE_NO_PAD.decode(key).ok().and_then(|key| key.try_into().ok());
                self.fates.insert(key.context("a key cannot be read")?, fate);
                if fate == Fate::Sent {
                    *self.uncounted.entry((channel, service)).or_default() += 1;
                }
            }
            Line::Counting { counting, channel, service, count, at_ms } => {
                let (place, at) = ((channel, service), Timestamp::from_millis(at_ms));
                if let Some(left) = self.uncounted.get_mut(&place) {
                    *left = left.saturating_sub(count);
                }
                self.counting.insert(counting.clone(), Batch { id: counting, place, count, at });
            }
            Line::Counted { counted } => drop(self.counting.remove(&counted)),
        }
        Ok(())
    }

    /// Brings a line to the disk, and what it says to memory.
    fn write(&mut self, line: Line) -> Result<()> {
        let mut bytes = serde_json::to_vec(&line)?;
        bytes.push(b'\n');
        let written = self.file.write_all(&bytes).and_then(|()| self.file.sync_data());
        written.context("the journal cannot be written; nothing more is sent")?;
        self.take(line)
    }

    pub fn key(&self, parts: &[&str]) -> Key {
        let mut hash = Sha256::new_with_prefix(&self.salt);
        for part in parts {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let digest: [u8; 32] = hash.finalize().into();
        let mut key = Key::default();
        key.copy_from_slice(&digest[..16]);
        key
    }

    pub fn fate(&self, key: &Key) -> Option<Fate> {
        self.fates.get(key).copied()
    }

    pub fn note(&mut self, key: &Key, fate: Fate, place: &Place) -> Result<()> {
        let (channel, service) = place.clone();
        self.write(Line::Fate { key: URL_SAFE_NO_PAD.encode(key), fate, channel, service })
    }

    /// What the collector is to be told: first what it was perhaps told before, under the same id.
    pub fn uncounted_batches(&mut self) -> Result<Vec<Batch>> {
        let at = clock::now();
        let waiting: Vec<_> = self.uncounted.iter().filter(|(_, count)| **count > 0).collect();
        let waiting: Vec<_> = waiting.into_iter().map(|(p, count)| (p.clone(), *count)).collect();
        for ((channel, service), count) in waiting {
            let now_ms = u64::try_from(at.millis()).unwrap_or_default();
            let counting = ResponseId::new(now_ms, random()).to_string();
            self.write(Line::Counting { counting, channel, service, count, at_ms: at.millis() })?;
        }
        Ok(self.counting.values().cloned().collect())
    }

    pub fn counted(&mut self, batch: &Batch) -> Result<()> {
        self.write(Line::Counted { counted: batch.id.clone() })
    }

    pub fn uncounted(&self) -> u64 {
        self.uncounted.values().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journal_reads_back_whatever_a_crash_left_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let place = ("email".to_owned(), Some("carta".to_owned()));
        let mut journal = Journal::open(&path).unwrap();
        let keys = ["a", "b", "c"].map(|name| journal.key(&[name, "survey"]));
        assert!(Journal::open(&path).is_err(), "it is locked");
        for (key, fate) in keys.iter().zip([Fate::Sent, Fate::Failed, Fate::Sending]) {
            journal.note(key, Fate::Sending, &place).unwrap();
            journal.note(key, fate, &place).unwrap();
        }
        drop(journal);
        // The crash cuts a line short.
        let mut text = std::fs::read_to_string(&path).unwrap();
        text.push_str("{\"key\":\"abc");
        std::fs::write(&path, &text).unwrap();
        let mut journal = Journal::open(&path).unwrap();
        let fates = keys.map(|key| journal.fate(&key));
        assert_eq!(fates, [Fate::Sent, Fate::Failed, Fate::Sending].map(Some));
        assert_eq!(journal.key(&["a", "survey"]), keys[0]);
        let batches = journal.uncounted_batches().unwrap();
        assert_eq!((batches.len(), batches[0].count, &batches[0].place), (1, 1, &place));
        drop(journal);
        // It was told, perhaps: the same id again.
        let mut journal = Journal::open(&path).unwrap();
        assert_eq!(journal.uncounted_batches().unwrap(), batches);
        journal.counted(&batches[0]).unwrap();
        drop(journal);
        assert!(Journal::open(&path).unwrap().uncounted_batches().unwrap().is_empty());
        // The very first line was cut short: nobody was asked yet.
        std::fs::write(&path, "{\"ascolto_inv").unwrap();
        drop(Journal::open(&path).unwrap());
        drop(Journal::open(&path).unwrap());
        std::fs::write(&path, "a line of somebody's").unwrap();
        assert!(Journal::open(&path).is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "a line of somebody's");
        std::fs::write(&path, "email\nanna@example.it\n").unwrap();
        assert!(Journal::open(&path).is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "email\nanna@example.it\n");
    }
}
