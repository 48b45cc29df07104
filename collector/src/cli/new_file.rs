//! A file that is there whole or not at all.

use anyhow::{Context, Result};
use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Under another name until `keep`; removed when dropped before.
pub struct NewFile {
    path: PathBuf,
    unfinished: PathBuf,
    file: Option<BufWriter<File>>,
}

impl NewFile {
    /// For the owner alone to read.
    pub fn create(path: &Path) -> Result<Self> {
        let mut name = path.file_name().context("a file's name is needed")?.to_owned();
        name.push(".unfinished");
        let unfinished = path.with_file_name(name);
        let mut options = OpenOptions::new();
        let file = options.write(true).create(true).truncate(true).mode(0o600).open(&unfinished);
        let file = file.with_context(|| format!("cannot write {}", unfinished.display()))?;
        Ok(Self { path: path.to_owned(), unfinished, file: Some(BufWriter::new(file)) })
    }

    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let file = self.file.as_mut().context("the file is closed")?;
        file.write_all(bytes).with_context(|| format!("cannot write {}", self.unfinished.display()))
    }

    /// Brings everything to the disk; the file still has its other name, which this gives back.
    pub fn settle(&mut self) -> Result<&Path> {
        let file = self.file.take().context("the file is closed")?;
        let synced = file.into_inner().map_err(|error| error.into_error());
        synced
            .and_then(|file| file.sync_all())
            .with_context(|| format!("cannot write {}", self.unfinished.display()))?;
        Ok(&self.unfinished)
    }

    /// Gives the file its name.
    pub fn keep(self) -> Result<()> {
        let cannot = || format!("cannot write {}", self.path.display());
        fs::rename(&self.unfinished, &self.path).with_context(cannot)?;
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = File::open(folder.unwrap_or(Path::new(".")));
        folder.and_then(|folder| folder.sync_all()).with_context(cannot)
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        // After `keep` there is none of this name.
        let _ = fs::remove_file(&self.unfinished);
    }
}
