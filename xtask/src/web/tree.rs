//! The finished files by URL path: hashed asset folders, precompressed siblings, and the folder
//! on disk made equal to them with as few writes as possible (the collector embeds that folder,
//! and a file that is touched is a file that is compiled again).

use super::stamp;
use anyhow::{Context, Result};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Kinds of files that get smaller by compression.
const COMPRESSIBLE: [&str; 6] = ["js", "wasm", "css", "json", "html", "svg"];

#[derive(Default)]
pub struct Tree(BTreeMap<String, Vec<u8>>);

impl Tree {
    pub fn add(&mut self, path: &str, bytes: Vec<u8>) {
        self.0.insert(path.to_owned(), bytes);
    }

    /// Puts the files under `assets/{hash}/` and gives the hash back.
    pub fn add_assets(&mut self, files: Vec<(String, Vec<u8>)>) -> String {
        let hash = stamp::of_assets(files.iter().map(|(name, bytes)| (&name[..], &bytes[..])));
        for (name, bytes) in files {
            self.add(&format!("assets/{hash}/{name}"), bytes);
        }
        hash
    }

    /// Makes `folder` hold these files with their compressed siblings, and nothing else.
    pub fn write(self, folder: &Path) -> Result<()> {
        let mut wanted = Vec::new();
        for (path, bytes) in self.0 {
            let path = folder.join(path);
            let changed = write_if_changed(&path, &bytes)?;
            let sibling = |suffix: &str| PathBuf::from(format!("{}.{suffix}", path.display()));
            let compressible = path.extension().is_some_and(|kind| {
                COMPRESSIBLE.iter().any(|name| kind.eq_ignore_ascii_case(name))
            });
            if compressible {
                for (sibling, compress) in
                    [(sibling("br"), brotli as fn(&[u8]) -> Vec<u8>), (sibling("gz"), gzip)]
                {
                    if changed || !sibling.is_file() {
                        write_if_changed(&sibling, &compress(&bytes))?;
                    }
                    wanted.push(sibling);
                }
            }
            wanted.push(path);
        }
        remove_others(folder, &wanted)
    }
}

/// Brotli at its best quality, as the collector serves it.
pub fn brotli(bytes: &[u8]) -> Vec<u8> {
    let parameters = brotli::enc::BrotliEncoderParams {
        quality: 11,
        lgwin: 22,
        size_hint: bytes.len(),
        ..Default::default()
    };
    let mut compressed = Vec::new();
    brotli::BrotliCompress(&mut &bytes[..], &mut compressed, &parameters)
        .expect("memory takes every write");
    compressed
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("memory takes every write");
    encoder.finish().expect("memory takes every write")
}

fn write_if_changed(path: &Path, bytes: &[u8]) -> Result<bool> {
    if fs::read(path).is_ok_and(|present| present == bytes) {
        return Ok(false);
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(true)
}

fn remove_others(folder: &Path, wanted: &[PathBuf]) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            remove_others(&path, wanted)?;
            if fs::read_dir(&path)?.next().is_none() {
                fs::remove_dir(&path)?;
            }
        } else if !wanted.contains(&path) {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}
