//! Backups of a running collector: one file each, compressed, with a checksum over every byte,
//! which may leave out what earlier ones hold. `log/recording.rs` says why one is consistent.
//!
//! ```text
//! "ascolto-backup\n", version, id        32 bytes
//! blocks, each by itself compressed      pairs of the store, keys of `seals`, then the writes
//!                                        that came while the others were read
//! manifest, compressed                   every block with its hash and, where it is here, place
//! its place, size and hash, "ascolto-backup-end\n"
//! ```
//!
//! Whoever has the file can read everything in it: it holds the keys of the texts.

mod chain;
mod cutter;
mod file;
mod format;
mod hash;
mod make;
mod restore;

pub use chain::Chain;
pub use file::{BackupError, BackupFile};
pub use format::{BASES_MAX, Base, Block, Kind, Manifest, Stored};
pub use hash::{Hash, Id};
pub use make::{Ended, Wanted, make};
pub use restore::{RestoreError, restore};
