//! The trace file, and which open file of the program is which.

use crate::real;
use std::ffi::{CString, c_int};
use std::os::unix::ffi::OsStringExt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

/// The folder whose files are watched, absolute.
const FOLDER: &str = "ASCOLTO_RECORD_FOLDER";
/// The file to append to.
const TRACE: &str = "ASCOLTO_RECORD_TRACE";
/// Where set, `sync_file_range` is answered as by a system that does not have it.
const WITHOUT_RANGES: &str = "ASCOLTO_RECORD_WITHOUT_RANGES";

const O_WRONLY_APPEND: c_int = 0o2001;
/// Descriptors at or over this are not watched; a server's data files are opened early.
const DESCRIPTORS: usize = 4_096;
const HEADER_BYTES: usize = 32;

#[derive(Clone, Copy)]
#[repr(u32)]
pub enum Kind {
    Start = 1,
    Open = 2,
    Write = 3,
    Truncate = 4,
    Sync = 5,
    Range = 6,
    Rename = 7,
    Unlink = 8,
    MakeFolder = 9,
}

pub struct Setup {
    pub folder: Vec<u8>,
    pub without_ranges: bool,
    trace: c_int,
}

/// The environment's words, read once; `None` where nothing is to be watched.
pub fn setup() -> Option<&'static Setup> {
    static SETUP: OnceLock<Option<Setup>> = OnceLock::new();
    static STARTED: OnceLock<()> = OnceLock::new();
    let setup = SETUP.get_or_init(read_setup).as_ref()?;
    STARTED.get_or_init(|| write_record(setup, Kind::Start, 0, 0, 0, &[]));
    Some(setup)
}

fn read_setup() -> Option<Setup> {
    let folder = std::env::var_os(FOLDER)?.into_vec();
    let trace = CString::new(std::env::var_os(TRACE)?.into_vec()).ok()?;
    // SAFETY: a path that ends in a zero byte.
    let trace = unsafe { real::open64(trace.as_ptr(), O_WRONLY_APPEND, 0) };
    let without_ranges = std::env::var_os(WITHOUT_RANGES).is_some();
    (trace >= 0).then_some(Setup { folder, without_ranges, trace })
}

/// By descriptor: which opening it came from; 0 for none that is watched.
static COOKIES: [AtomicU64; DESCRIPTORS] = [const { AtomicU64::new(0) }; DESCRIPTORS];
static OPENINGS: AtomicU64 = AtomicU64::new(0);

fn slot(fd: c_int) -> Option<&'static AtomicU64> {
    COOKIES.get(usize::try_from(fd).ok()?)
}

pub fn cookie_of(fd: c_int) -> Option<u64> {
    slot(fd).map(|slot| slot.load(Ordering::Acquire)).filter(|cookie| *cookie != 0)
}

pub fn remember(fd: c_int) -> u64 {
    let cookie = OPENINGS.fetch_add(1, Ordering::Relaxed) + 1;
    if let Some(slot) = slot(fd) {
        slot.store(cookie, Ordering::Release);
    }
    cookie
}

pub fn forget(fd: c_int) {
    if let Some(slot) = slot(fd) {
        slot.store(0, Ordering::Release);
    }
}

/// The number of the next record of this process.
static NEXT: Mutex<u64> = Mutex::new(1);

pub fn position() -> u64 {
    *NEXT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Appends a record: returns when it is in the trace, so that what the program does next comes
/// after it there.
pub fn append(kind: Kind, cookie: u64, argument: u64, payload: &[&[u8]]) {
    let Some(setup) = setup() else { return };
    let mut next = NEXT.lock().unwrap_or_else(PoisonError::into_inner);
    write_record(setup, kind, *next, cookie, argument, payload);
    *next += 1;
}

/// One write for a whole record: others append to the same file.
fn write_record(
    setup: &Setup,
    kind: Kind,
    number: u64,
    cookie: u64,
    argument: u64,
    payload: &[&[u8]],
) {
    let length: usize = payload.iter().map(|part| part.len()).sum();
    let mut record = Vec::with_capacity(HEADER_BYTES + length);
    record.extend_from_slice(&(kind as u32).to_le_bytes());
    record.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
    for word in [number, cookie, argument] {
        record.extend_from_slice(&word.to_le_bytes());
    }
    payload.iter().for_each(|part| record.extend_from_slice(part));
    // SAFETY: the buffer is as long as told.
    let written = unsafe { real::write(setup.trace, record.as_ptr().cast(), record.len()) };
    if written != record.len().cast_signed() {
        // A trace with holes would prove nothing.
        std::process::abort();
    }
}
