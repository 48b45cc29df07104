//! The names of files and folders: as the running program sees them, and as they are on disk.

use std::collections::BTreeMap;

pub type Path = Vec<u8>;
/// The number of a file, or `None` for a folder.
pub type Node = Option<usize>;
pub type Tree = BTreeMap<Path, Node>;

/// When something happened: the process and its record's number.
pub type Stamp = (u32, u64);

#[derive(Clone, Debug)]
pub struct Change {
    pub stamp: Stamp,
    pub step: Step,
}

#[derive(Clone, Debug)]
pub enum Step {
    Create { path: Path, node: Node },
    Remove { path: Path },
    Rename { from: Path, to: Path, node: Node },
}

impl Step {
    /// The folder whose sync makes it last. A rename is with the folder that it goes to: on a
    /// journaling file system both ends are one entry of the journal.
    pub fn folder(&self) -> &[u8] {
        match self {
            Self::Create { path, .. } | Self::Remove { path } => parent(path),
            Self::Rename { to, .. } => parent(to),
        }
    }

    pub fn apply(&self, tree: &mut Tree) {
        match self {
            Self::Create { path, node } => drop(tree.insert(path.clone(), *node)),
            Self::Remove { path } => drop(tree.remove(path)),
            Self::Rename { from, to, node } => {
                tree.remove(from);
                tree.insert(to.clone(), *node);
                move_below(tree, from, to);
            }
        }
    }
}

pub fn parent(path: &[u8]) -> &[u8] {
    path.iter().rposition(|byte| *byte == b'/').map_or(b"", |at| &path[..at])
}

/// What lies in a renamed folder comes along.
fn move_below(tree: &mut Tree, from: &[u8], to: &[u8]) {
    let inside = [from, b"/"].concat();
    let moved: Vec<Path> = tree.keys().filter(|path| path.starts_with(&inside)).cloned().collect();
    for path in moved {
        if let Some(node) = tree.remove(&path) {
            tree.insert([to, &path[from.len()..]].concat(), node);
        }
    }
}

/// Only what can be reached: a file in a folder that is not there is not there.
pub fn reachable(tree: &Tree, root: &[u8]) -> Tree {
    let there = |path: &[u8]| path == root || tree.get(path) == Some(&None);
    let mut kept = tree.clone();
    kept.retain(|path, _| {
        let mut folder = parent(path);
        while folder.len() > root.len() && there(folder) {
            folder = parent(folder);
        }
        folder == root
    });
    kept
}
