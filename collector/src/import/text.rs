//! From the file's bytes to text: the encoding as told, as marked, or as found by looking at every
//! byte; line ends made alike. Nothing is replaced in silence: what is not text is an error.

use super::FileError;
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use encoding_rs_io::DecodeReaderBytesBuilder;
use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

const PIECE_BYTES: usize = 64 << 10;
/// Zeros are looked for here: text has none, UTF-16 has many.
const HEAD_BYTES: usize = 4 << 10;
/// Stands after the end of the text: a CSV whose last quote is open has it within a field.
pub const END: char = '\u{4}';

/// Where the bytes are; they are read several times.
#[derive(Clone)]
pub enum Input {
    File(PathBuf),
    Bytes(Arc<[u8]>),
}

/// The encoding, and how it is known.
#[derive(Clone, Copy)]
pub struct Found {
    pub encoding: &'static Encoding,
    /// It was neither told nor marked, and the bytes are not UTF-8.
    pub guessed: bool,
}

impl Input {
    pub fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(match self {
            Self::File(path) => Box::new(File::open(path)?),
            Self::Bytes(bytes) => Box::new(Cursor::new(Arc::clone(bytes))),
        })
    }

    pub fn length(&self) -> io::Result<u64> {
        Ok(match self {
            Self::File(path) => path.metadata()?.len(),
            Self::Bytes(bytes) => bytes.len() as u64,
        })
    }
}

/// The encoding that was told (any label of the Encoding Standard), that a byte order mark names,
/// or UTF-8 where all bytes are; else Windows-1252.
pub fn find_encoding(input: &Input, told: Option<&str>) -> Result<Found, FileError> {
    if let Some(label) = told {
        let encoding = Encoding::for_label(label.as_bytes());
        let encoding = encoding.ok_or_else(|| FileError::UnknownEncoding(label.to_owned()))?;
        return known(input, encoding);
    }
    let mut head = Vec::new();
    input.open()?.take(HEAD_BYTES as u64).read_to_end(&mut head)?;
    if let Some((encoding, _)) = Encoding::for_bom(&head) {
        return known(input, encoding);
    }
    if head.contains(&0) {
        return Err(FileError::Zeros);
    }
    match first_not_utf8(input.open()?)? {
        None => Ok(Found { encoding: UTF_8, guessed: false }),
        Some(_) => Ok(Found { encoding: WINDOWS_1252, guessed: true }),
    }
}

fn known(input: &Input, encoding: &'static Encoding) -> Result<Found, FileError> {
    if encoding == UTF_8
        && let Some(line) = first_not_utf8(input.open()?)?
    {
        return Err(FileError::NotUtf8 { line });
    }
    Ok(Found { encoding, guessed: false })
}

/// The line, from 1, of the first byte that is not UTF-8.
fn first_not_utf8(mut from: impl Read) -> io::Result<Option<u64>> {
    let (mut line, mut kept, mut piece) = (1, Vec::new(), vec![0; PIECE_BYTES]);
    loop {
        let read = from.read(&mut piece)?;
        if read == 0 {
            return Ok((!kept.is_empty()).then_some(line));
        }
        kept.extend_from_slice(&piece[..read]);
        let (valid, broken) = match std::str::from_utf8(&kept) {
            Ok(_) => (kept.len(), false),
            Err(error) => (error.valid_up_to(), error.error_len().is_some()),
        };
        line += kept[..valid].iter().filter(|byte| **byte == b'\n').count() as u64;
        if broken {
            return Ok(Some(line));
        }
        kept.drain(..valid);
    }
}

/// The whole as UTF-8 with line feeds alone, then a line with `END`. `seen` counts the file's bytes.
pub fn read(
    input: &Input,
    encoding: &'static Encoding,
    seen: &Arc<AtomicU64>,
) -> io::Result<impl Read + use<>> {
    let counted = Counted { from: input.open()?, seen: Arc::clone(seen) };
    let decoded = DecodeReaderBytesBuilder::new()
        .encoding(Some(encoding))
        .strip_bom(true)
        .bom_sniffing(false)
        .build(counted);
    let end = Cursor::new(format!("\n{END}\n").into_bytes());
    Ok(LineFeeds { from: decoded.chain(end), after_return: false })
}

struct Counted<R> {
    from: R,
    seen: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(into)?;
        self.seen.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// `\r\n` and `\r` become `\n`: one way to count lines.
struct LineFeeds<R> {
    from: R,
    after_return: bool,
}

impl<R: Read> Read for LineFeeds<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.from.read(into)?;
            let mut kept = 0;
            for place in 0..read {
                let byte = into[place];
                let second = byte == b'\n' && self.after_return;
                self.after_return = byte == b'\r';
                if !second {
                    into[kept] = if byte == b'\r' { b'\n' } else { byte };
                    kept += 1;
                }
            }
            if kept > 0 || read == 0 {
                return Ok(kept);
            }
        }
    }
}
