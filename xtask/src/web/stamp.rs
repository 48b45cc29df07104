//! Content hashes: of inputs, to know what need not be built again; of assets, for their URLs.

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};

/// Hash of the names and contents of files, and of every file below folders. A path that is
/// not there counts as empty: whoever needs it says so.
pub fn of_paths(root: &Path, paths: &[&str]) -> Result<String> {
    let mut hasher = Sha256::new();
    for path in paths {
        for file in files_below(&root.join(path))? {
            hasher.update(file.strip_prefix(root)?.to_string_lossy().as_bytes());
            let bytes =
                fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
            hasher.update((bytes.len() as u64).to_le_bytes());
            hasher.update(bytes);
        }
    }
    Ok(hex(&hasher.finalize()))
}

/// A short hash of named contents, good for a URL.
pub fn of_assets<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> String {
    let mut hasher = Sha256::new();
    for (name, bytes) in files {
        hasher.update(name.as_bytes());
        hasher.update((bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    }
    hex(&hasher.finalize()[..4])
}

pub fn matches(stamp: &Path, inputs: &str) -> bool {
    fs::read_to_string(stamp).is_ok_and(|written| written == inputs)
}

pub fn write(stamp: &Path, inputs: &str) -> Result<()> {
    fs::write(stamp, inputs).with_context(|| format!("cannot write {}", stamp.display()))
}

fn files_below(path: &Path) -> Result<Vec<PathBuf>> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            files.extend(files_below(&entry?.path())?);
        }
    }
    files.sort();
    Ok(files)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_changes_with_the_name_and_with_the_content() {
        let hash = |name, bytes: &[u8]| of_assets([(name, bytes)]);
        assert_eq!(hash("a.js", b"1"), hash("a.js", b"1"));
        assert_ne!(hash("a.js", b"1"), hash("b.js", b"1"));
        assert_ne!(hash("a.js", b"1"), hash("a.js", b"2"));
        assert_eq!(hash("a.js", b"1").len(), 8);
    }
}
