//! Stands in for the C library's `sync_file_range`, in this program alone, with a real `fdatasync`.
//!
//! sled 0.34.7 calls `sync_file_range` where other systems get `fsync` (spacejam/sled#1452). That
//! call neither empties the disk's own cache nor writes the file's metadata, so sled takes for
//! stable what a power cut can still undo: it answers `flush` too early, and gives segments free
//! whose only durable copy is the old one. A definition in the program itself comes before the
//! library's when the program is linked, so sled needs no patch.
//!
//! On other systems than Linux sled syncs by itself, and nothing is done here.

use std::sync::atomic::{AtomicU64, Ordering};

static SYNCS: AtomicU64 = AtomicU64::new(0);

/// How often the stand-in was called: whoever relies on it can see that it is in place.
pub fn count() -> u64 {
    SYNCS.load(Ordering::Relaxed)
}

/// As `sync_file_range(2)`: 0, or -1 with `errno` set. The whole file is synced, whatever the range.
#[cfg(target_os = "linux")]
#[unsafe(no_mangle)]
pub extern "C" fn sync_file_range(
    fd: libc::c_int,
    _offset: libc::off64_t,
    _nbytes: libc::off64_t,
    _flags: libc::c_uint,
) -> libc::c_int {
    SYNCS.fetch_add(1, Ordering::Relaxed);
    // SAFETY: takes a number; a number that is no open file gives EBADF.
    unsafe { libc::fdatasync(fd) }
}
