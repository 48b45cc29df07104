//! The disk while the trace is played: for each file what is surely there and what may be, for
//! each folder the same of its names.

use crate::image::Image;
use crate::names::{Change, Node, Path, Stamp, Step, Tree};
use crate::trace::{Entry, Record};
use std::collections::HashMap;
use std::os::unix::ffi::OsStrExt;

const O_CREAT: u64 = 0o100;
const O_TRUNC: u64 = 0o1000;

#[derive(Clone, Debug, Default)]
pub struct FileState<'t> {
    /// As the last sync left it.
    pub synced: Vec<u8>,
    /// Since then, in order.
    pub later: Vec<Later<'t>>,
}

#[derive(Clone, Debug)]
pub struct Later<'t> {
    pub stamp: Stamp,
    pub step: FileStep<'t>,
}

#[derive(Clone, Copy, Debug)]
pub enum FileStep<'t> {
    Write { offset: u64, data: &'t [u8] },
    Truncate { length: u64 },
}

impl FileState<'_> {
    /// Whether the step changes bytes that a sync had put on disk.
    pub fn replaces(&self, step: FileStep<'_>) -> bool {
        match step {
            FileStep::Write { offset, .. } => index(offset) < self.synced.len(),
            FileStep::Truncate { length } => index(length) < self.synced.len(),
        }
    }
}

impl FileStep<'_> {
    pub fn apply(&self, content: &mut Vec<u8>) {
        match *self {
            Self::Write { offset, data } => write_at(content, offset, data),
            Self::Truncate { length } => content.resize(index(length), 0),
        }
    }
}

pub fn write_at(content: &mut Vec<u8>, offset: u64, data: &[u8]) {
    let (from, to) = (index(offset), index(offset) + data.len());
    if content.len() < to {
        content.resize(to, 0);
    }
    content[from..to].copy_from_slice(data);
}

fn index(offset: u64) -> usize {
    usize::try_from(offset).expect("a recorded file fits in memory")
}

/// What a descriptor stands for.
#[derive(Clone, Debug)]
enum Opened {
    File(usize),
    Folder(Path),
}

#[derive(Default)]
pub struct Disk<'t> {
    pub(crate) root: Path,
    pub(crate) files: Vec<FileState<'t>>,
    /// The names as the program sees them.
    pub(crate) names: Tree,
    /// The names as the last syncs left them, and the changes since then.
    pub(crate) synced_names: Tree,
    pub(crate) later_names: Vec<Change>,
    opened: HashMap<u64, Opened>,
    process: u32,
    /// A lie to test whoever looks for losses: syncs are forgotten.
    pub forget_syncs: bool,
}

impl<'t> Disk<'t> {
    /// The watched folder `root` with what it held before the recording, all of it on disk.
    pub fn starting_from(root: &std::path::Path, image: &Image) -> Self {
        let mut disk = Self { root: root.as_os_str().as_bytes().to_vec(), ..Self::default() };
        for (path, content) in image.entries() {
            let node = content.as_ref().map(|synced| {
                disk.files.push(FileState { synced: synced.clone(), later: Vec::new() });
                disk.files.len() - 1
            });
            disk.names.insert([disk.root.as_slice(), b"/", path].concat(), node);
        }
        disk.synced_names = disk.names.clone();
        disk
    }

    /// Plays one record.
    pub fn play(&mut self, entry: &Entry<'t>) {
        let stamp = (self.process, entry.number);
        match entry.record {
            Record::Start => {
                self.process += 1;
                self.opened.clear();
            }
            Record::Open { path, flags } => self.open(stamp, entry.opening, path, flags),
            Record::Write { offset, data } => {
                self.later(stamp, entry.opening, FileStep::Write { offset, data });
            }
            Record::Truncate { length } => {
                self.later(stamp, entry.opening, FileStep::Truncate { length });
            }
            Record::Sync { covered } => self.sync(entry.opening, covered),
            Record::Rename { from, to } => {
                let node = self.names.get(from).copied().flatten();
                self.rename(stamp, Step::Rename { from: from.into(), to: to.into(), node });
            }
            Record::Unlink { path } => self.rename(stamp, Step::Remove { path: path.into() }),
            Record::MakeFolder { path } => {
                self.rename(stamp, Step::Create { path: path.into(), node: None });
            }
            Record::Range | Record::Mark(_) => {}
        }
    }

    fn open(&mut self, stamp: Stamp, opening: u64, path: &[u8], flags: u64) {
        let known: Option<Node> = if path == self.root { Some(None) } else { self.name(path) };
        let opened = match known {
            Some(None) => Opened::Folder(path.into()),
            Some(Some(file)) => Opened::File(file),
            // It was there before and cannot be known, or it is not ours.
            None if flags & O_CREAT == 0 => return,
            None => {
                self.files.push(FileState::default());
                let file = self.files.len() - 1;
                self.rename(stamp, Step::Create { path: path.into(), node: Some(file) });
                Opened::File(file)
            }
        };
        self.opened.insert(opening, opened);
        if flags & O_TRUNC != 0 {
            self.later(stamp, opening, FileStep::Truncate { length: 0 });
        }
    }

    fn name(&self, path: &[u8]) -> Option<Node> {
        self.names.get(path).copied()
    }

    fn later(&mut self, stamp: Stamp, opening: u64, step: FileStep<'t>) {
        if let Some(Opened::File(file)) = self.opened.get(&opening) {
            self.files[*file].later.push(Later { stamp, step });
        }
    }

    fn rename(&mut self, stamp: Stamp, step: Step) {
        step.apply(&mut self.names);
        self.later_names.push(Change { stamp, step });
    }

    fn sync(&mut self, opening: u64, covered: u64) {
        if self.forget_syncs {
            return;
        }
        let process = self.process;
        let covers = |stamp: Stamp| stamp.0 < process || stamp.1 < covered;
        match self.opened.get(&opening) {
            Some(Opened::File(file)) => {
                let FileState { synced, later } = &mut self.files[*file];
                let (done, open): (Vec<_>, Vec<_>) =
                    std::mem::take(later).into_iter().partition(|step| covers(step.stamp));
                done.iter().for_each(|later| later.step.apply(synced));
                *later = open;
            }
            Some(Opened::Folder(folder)) => {
                let synced =
                    |change: &Change| change.step.folder() == folder && covers(change.stamp);
                let (done, open) =
                    std::mem::take(&mut self.later_names).into_iter().partition(synced);
                let done: Vec<Change> = done;
                done.iter().for_each(|change| change.step.apply(&mut self.synced_names));
                self.later_names = open;
            }
            None => {}
        }
    }

    /// How much a power cut now could take away: writes and names.
    pub fn unsettled(&self) -> usize {
        self.files.iter().map(|file| file.later.len()).sum::<usize>() + self.later_names.len()
    }

    /// Whether a cut now could leave overwritten bytes without what was written beside them.
    pub fn is_mixed(&self) -> bool {
        self.files.iter().any(|file| {
            let replacing = file.later.iter().filter(|later| file.replaces(later.step)).count();
            replacing > 0 && replacing < file.later.len()
        })
    }
}
