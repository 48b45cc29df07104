//! `ascolto backup`

use super::args::Backup;
use super::client::Client;
use super::new_file::NewFile;
use super::print::Printer;
use super::progress;
use crate::backup::{BackupFile, Base, Block, Chain, Manifest, Stored};
use crate::settings::Settings;
use anyhow::{Context, Result, bail};
use axum::http::Method;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

pub fn run(args: &Backup, settings: &Settings, printer: Printer) -> Result<()> {
    match (&args.check, &args.output) {
        (Some(file), _) => check(file, &args.base, printer),
        (None, Some(file)) => make(file, &args.base, settings, printer),
        (None, None) => bail!("--output or --check is needed"),
    }
}

fn make(path: &Path, bases: &[PathBuf], settings: &Settings, printer: Printer) -> Result<()> {
    if path.exists() {
        bail!("{} is there already; a backup never overwrites another file", path.display());
    }
    let wanted = wanted(bases)?;
    let client = Client::connect(settings)?;
    let mut file = NewFile::create(path)?;
    let bar = progress::count("backup");
    let take = &mut |bytes: &[u8]| {
        bar.inc(bytes.len() as u64);
        file.write(bytes)
    };
    let made = client.download(Method::POST, "/v1/backup", Some(&wanted), take);
    bar.finish_and_clear();
    made.context("the backup was not finished")?;
    let unfinished = file.settle()?;
    let made = read_back(unfinished)?;
    file.keep()?;
    printer.print(&told(path, &made), |_| lines("wrote", path, &made));
    Ok(())
}

/// What the bases hold, for the server to leave out.
fn wanted(files: &[PathBuf]) -> Result<Value> {
    let (mut bases, mut known): (Vec<Base>, Vec<String>) = (Vec::new(), Vec::new());
    for file in files {
        let Manifest { id, made_at, bases: under, blocks, .. } = BackupFile::open(file)?.manifest;
        let new: Vec<Base> = std::iter::once(Base { id, made_at }).chain(under).collect();
        bases.extend(new.into_iter().filter(|base| !bases.contains(base)).collect::<Vec<_>>());
        known.extend(blocks.iter().map(|block| block.hash.to_string()));
    }
    Ok(json!({"bases": bases, "known": known}))
}

/// What is on the disk, checked: a backup that cannot be read is none.
fn read_back(path: &Path) -> Result<BackupFile> {
    let file = BackupFile::open(path)?;
    let bar = progress::bar("check", own(&file.manifest).map(|(block, _)| block.bytes).sum());
    for (Block { hash, bytes, .. }, stored) in own(&file.manifest) {
        file.block(stored, *hash, *bytes)?;
        bar.inc(*bytes);
    }
    bar.finish_and_clear();
    Ok(file)
}

/// The blocks that the file itself holds.
fn own(manifest: &Manifest) -> impl Iterator<Item = (&Block, &Stored)> {
    manifest.blocks.iter().filter_map(|block| Some((block, block.stored.as_ref()?)))
}

fn check(path: &Path, bases: &[PathBuf], printer: Printer) -> Result<()> {
    let chain = Chain::open(path, bases)?;
    let bar = progress::bar("check", chain.plain_bytes());
    chain.check(|bytes| bar.inc(bytes))?;
    bar.finish_and_clear();
    let file = BackupFile::open(path)?;
    printer.print(&told(path, &file), |_| lines("all is well:", path, &file));
    Ok(())
}

fn told(path: &Path, file: &BackupFile) -> Value {
    let Manifest { id, made_at, commit, bases, blocks, .. } = &file.manifest;
    json!({"file": path, "id": id, "made_at": made_at, "commit": commit, "bytes": file.bytes,
        "blocks": blocks.len(), "own_blocks": own(&file.manifest).count(), "bases": bases})
}

fn lines(verb: &str, path: &Path, file: &BackupFile) -> String {
    let Manifest { made_at, commit, bases, blocks, .. } = &file.manifest;
    let (own, all) = (own(&file.manifest).count(), blocks.len());
    let mut text = format!(
        "{verb} {}\n{} bytes, {own} of {all} blocks, made {made_at}, up to commit {commit}\n",
        path.display(),
        file.bytes
    );
    for Base { id, made_at } in bases {
        text.push_str(&format!("it needs the backup {id} of {made_at}\n"));
    }
    text
}
