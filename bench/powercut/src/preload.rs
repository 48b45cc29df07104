//! How a program is started so that it is recorded.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The library to preload; `None` on systems without this kind of preloading.
pub fn recorder() -> Option<&'static Path> {
    option_env!("RECORDER").map(Path::new)
}

/// Which of a program's calls fail, with which error.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// `write` (writes, new files, renames) or `sync`.
    pub call: &'static str,
    /// From 1, counted from the start of the program.
    pub first: u64,
    pub count: u64,
    /// The system's number of the error.
    pub error: i32,
}

/// A trace that is being written.
pub struct Recording {
    folder: PathBuf,
    trace: PathBuf,
    marks: File,
    /// `sync_file_range` is answered as by a system that does not have it.
    pub without_ranges: bool,
}

impl Recording {
    /// Will watch `folder`, which must exist, in a new file `trace`.
    pub fn new(folder: &Path, trace: &Path) -> io::Result<Self> {
        let marks = OpenOptions::new().create_new(true).append(true).open(trace)?;
        let folder = folder.canonicalize()?;
        Ok(Self { folder, trace: trace.canonicalize()?, marks, without_ranges: false })
    }

    /// Makes the command record what it does.
    pub fn watch(&self, command: &mut Command) {
        inject(command, &self.folder, &self.trace, None);
        if self.without_ranges {
            command.env("ASCOLTO_RECORD_WITHOUT_RANGES", "1");
        }
    }

    /// Notes what was promised, after everything that the program had done by then.
    pub fn mark(&self, words: &[u8]) -> io::Result<()> {
        (&self.marks).write_all(&super::trace::mark(words))
    }

    pub fn trace(&self) -> &Path {
        &self.trace
    }
}

/// Preloads the recorder, with a fault where one is wanted.
pub fn inject(command: &mut Command, folder: &Path, trace: &Path, fault: Option<Fault>) {
    let recorder = recorder().expect("only called where there is one");
    command.env("LD_PRELOAD", recorder);
    command.env("ASCOLTO_RECORD_FOLDER", folder).env("ASCOLTO_RECORD_TRACE", trace);
    if let Some(Fault { call, first, count, error }) = fault {
        command.env("ASCOLTO_RECORD_FAIL", format!("{call},{first},{count},{error}"));
    }
}
