//! The folder that a power cut left.

use crate::disk::{Disk, FileState, FileStep, write_at};
use crate::names::{Path, Stamp, Tree, reachable};
use fastrand::Rng;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::os::unix::ffi::OsStrExt;

/// What a disk writes at once or not at all.
const SECTOR_BYTES: u64 = 512;

/// What becomes of everything that no sync covered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Survival {
    /// It is lost.
    Nothing,
    /// It is there.
    Everything,
    /// The earlier part is there.
    Beginning,
    /// The later part is there: the disk wrote in another order.
    End,
    /// What replaced synced bytes is there, what was added is not: a log that uses its space again
    /// before the sync of what it moved from there would be caught.
    Overwrites,
    /// Each write is there or not, by itself.
    SomeWrites,
    /// Each sector of each write is there or not, by itself.
    SomeSectors,
}

impl Survival {
    pub const ALL: [Self; 7] = [
        Self::Nothing,
        Self::Everything,
        Self::Beginning,
        Self::End,
        Self::Overwrites,
        Self::SomeWrites,
        Self::SomeSectors,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Nothing => "dropped",
            Self::Everything => "kept",
            Self::Beginning => "cut short",
            Self::End => "end first",
            Self::Overwrites => "overwrites first",
            Self::SomeWrites => "reordered",
            Self::SomeSectors => "torn",
        }
    }
}

/// The content of a folder.
#[derive(Clone, Debug, Default, Hash, PartialEq, Eq)]
pub struct Image {
    /// Relative to the watched folder; `None` is a folder.
    entries: BTreeMap<Path, Option<Vec<u8>>>,
}

/// One choice of what survives.
struct Choice<'r> {
    survival: Survival,
    /// For the choices of chance: the share that survives.
    share: f64,
    rng: &'r mut Rng,
}

impl Choice<'_> {
    /// Whether a step survives, where `at` parts the earlier ones from the later ones.
    fn keeps(&mut self, stamp: Stamp, at: Stamp, replaces: bool) -> bool {
        match self.survival {
            Survival::Nothing => false,
            Survival::Everything => true,
            Survival::Beginning => stamp < at,
            Survival::End => stamp >= at,
            Survival::Overwrites => replaces,
            Survival::SomeWrites | Survival::SomeSectors => self.rng.f64() < self.share,
        }
    }

    fn content(&mut self, file: &FileState<'_>) -> Vec<u8> {
        let mut content = file.synced.clone();
        let at = self.rng.choice(&file.later).map_or((0, 0), |later| later.stamp);
        for later in &file.later {
            match later.step {
                FileStep::Write { offset, data } if self.survival == Survival::SomeSectors => {
                    self.tear(&mut content, offset, data);
                }
                step if self.keeps(later.stamp, at, file.replaces(step)) => {
                    step.apply(&mut content)
                }
                _ => {}
            }
        }
        content
    }

    fn tear(&mut self, content: &mut Vec<u8>, offset: u64, data: &[u8]) {
        let (mut offset, mut rest) = (offset, data);
        while !rest.is_empty() {
            let room = SECTOR_BYTES - offset % SECTOR_BYTES;
            let (sector, after) = rest.split_at(rest.len().min(room as usize));
            if self.rng.f64() < self.share {
                write_at(content, offset, sector);
            }
            offset += sector.len() as u64;
            rest = after;
        }
    }

    /// Of each folder the changes up to some moment: a journal keeps their order.
    fn names(&mut self, disk: &Disk<'_>) -> Tree {
        let mut names = disk.synced_names.clone();
        let at = self.rng.choice(&disk.later_names).map_or((0, 0), |change| change.stamp);
        let mut broken_off: Vec<&[u8]> = Vec::new();
        for change in &disk.later_names {
            let folder = change.step.folder();
            let kept = match self.survival {
                // Names keep their order whatever the writes do.
                Survival::End => change.stamp < at,
                _ => self.keeps(change.stamp, at, true),
            };
            if !kept {
                broken_off.push(folder);
            } else if !broken_off.contains(&folder) {
                change.step.apply(&mut names);
            }
        }
        reachable(&names, &disk.root)
    }
}

impl Disk<'_> {
    /// One of the folders that a power cut now could leave.
    pub fn image(&self, survival: Survival, rng: &mut Rng) -> Image {
        let share = [0.1, 0.5, 0.9][rng.usize(0..3)];
        let mut choice = Choice { survival, share, rng };
        let names = choice.names(self);
        let mut entries = BTreeMap::new();
        for (path, node) in names {
            let relative = path[self.root.len() + 1..].to_vec();
            entries.insert(relative, node.map(|file| choice.content(&self.files[file])));
        }
        Image { entries }
    }
}

impl Image {
    /// Images that look alike need to be tried once.
    pub fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        hasher.finish()
    }

    /// Writes it into an empty folder.
    pub fn write(&self, folder: &std::path::Path) -> io::Result<()> {
        for (path, content) in &self.entries {
            let place = folder.join(OsStr::from_bytes(path));
            match content {
                None => std::fs::create_dir(&place)?,
                Some(content) => std::fs::write(&place, content)?,
            }
        }
        Ok(())
    }

    /// What a real folder holds.
    pub fn read(folder: &std::path::Path) -> io::Result<Self> {
        let mut image = Self::default();
        let mut open = vec![folder.to_owned()];
        while let Some(next) = open.pop() {
            for entry in std::fs::read_dir(next)? {
                let path = entry?.path();
                let inside = path.strip_prefix(folder).map_err(io::Error::other)?;
                let name = inside.as_os_str().as_bytes().to_vec();
                let content = if path.is_dir() { None } else { Some(std::fs::read(&path)?) };
                if content.is_none() {
                    open.push(path);
                }
                image.entries.insert(name, content);
            }
        }
        Ok(image)
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = (&[u8], &Option<Vec<u8>>)> {
        self.entries.iter().map(|(path, content)| (path.as_slice(), content))
    }

    /// Names whose content differs in another image.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let all: BTreeSet<&Path> = self.entries.keys().chain(other.entries.keys()).collect();
        let different =
            all.into_iter().filter(|&path| self.entries.get(path) != other.entries.get(path));
        different.map(|path| String::from_utf8_lossy(path).into_owned()).collect()
    }
}
