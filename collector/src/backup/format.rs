//! The parts of a backup's file that say what the rest is.

use super::hash::{Hash, Id};
use serde::{Deserialize, Serialize};

pub const MAGIC: &[u8; 15] = b"ascolto-backup\n";
pub const VERSION: u8 = 1;
pub const HEADER_BYTES: usize = MAGIC.len() + 1 + 16;

const END: &[u8; 19] = b"ascolto-backup-end\n";
pub const FOOTER_BYTES: usize = 8 + 8 + 32 + END.len();

/// Of a block before it is compressed: `cutter` cuts well below.
pub const BLOCK_BYTES_MAX: usize = 8 << 20;
/// Of a manifest before it is compressed: some 250,000 blocks.
pub const MANIFEST_BYTES_MAX: usize = 64 << 20;
/// Backups that one may stand on.
pub const BASES_MAX: usize = 100;
/// zstd's own default.
const COMPRESSION: i32 = 3;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub id: Id,
    /// RFC 3339 in UTC.
    pub made_at: String,
    /// The program's version.
    pub made_by: String,
    /// Of the data folder.
    pub format: u32,
    /// The folder is restored as it was after this commit.
    pub commit: u64,
    /// The backups that hold what is not in this file, the newest first.
    pub bases: Vec<Base>,
    /// In the order in which they are restored.
    pub blocks: Vec<Block>,
}

/// A backup that another one stands on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Base {
    pub id: Id,
    pub made_at: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    pub kind: Kind,
    /// Of the block as it was before it was compressed.
    pub hash: Hash,
    pub bytes: u64,
    /// `None` where a base holds it, or this file under an earlier block of the same hash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stored: Option<Stored>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Pairs of the store.
    Pairs,
    /// Keys of `seals`, from this slot on.
    Keys(u64),
    /// Pairs that were written, or removed, while the others were read; they come last.
    Writes,
}

/// A place in the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored {
    pub at: u64,
    pub bytes: u64,
    /// Of the bytes as they lie there.
    pub hash: Hash,
}

impl Stored {
    pub const fn end(&self) -> Option<u64> {
        self.at.checked_add(self.bytes)
    }
}

pub fn header(id: Id) -> Vec<u8> {
    [MAGIC.as_slice(), &[VERSION], &id.0].concat()
}

/// The version and the id; `None` where it is no backup.
pub fn read_header(bytes: &[u8; HEADER_BYTES]) -> Option<(u8, Id)> {
    let (version, id) = bytes.strip_prefix(MAGIC)?.split_first()?;
    Some((*version, Id(id.try_into().ok()?)))
}

/// Where the manifest lies.
pub fn footer(manifest: &Stored) -> Vec<u8> {
    let Stored { at, bytes, hash } = manifest;
    [&at.to_le_bytes(), &bytes.to_le_bytes(), hash.0.as_slice(), END].concat()
}

/// `None` where the file ends with something else.
pub fn read_footer(bytes: &[u8; FOOTER_BYTES]) -> Option<Stored> {
    let (at, rest) = bytes.strip_suffix(END)?.split_first_chunk()?;
    let (size, hash) = rest.split_first_chunk()?;
    Some(Stored {
        at: u64::from_le_bytes(*at),
        bytes: u64::from_le_bytes(*size),
        hash: Hash(hash.try_into().ok()?),
    })
}

pub fn compress(plain: &[u8]) -> std::io::Result<Vec<u8>> {
    zstd::bulk::compress(plain, COMPRESSION)
}

/// At most `bytes_max`, whatever is said within.
pub fn decompress(bytes: &[u8], bytes_max: usize) -> std::io::Result<Vec<u8>> {
    zstd::bulk::decompress(bytes, bytes_max)
}
