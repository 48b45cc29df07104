//! A disk that fails: the n-th write or sync, and as many after it as wanted, are refused.

use std::ffi::c_int;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// `write` or `sync`, the first to fail, how many, and the error's number: `write,40,1,5`.
const FAIL: &str = "ASCOLTO_RECORD_FAIL";
pub const ENOSYS: c_int = 38;

unsafe extern "C" {
    fn __errno_location() -> *mut c_int;
}

struct Plan {
    writes: bool,
    first: u64,
    count: u64,
    error: c_int,
}

fn plan() -> Option<&'static Plan> {
    static PLAN: OnceLock<Option<Plan>> = OnceLock::new();
    PLAN.get_or_init(|| read_plan(&std::env::var(FAIL).ok()?)).as_ref()
}

fn read_plan(text: &str) -> Option<Plan> {
    let mut words = text.split(',');
    let writes = words.next()? == "write";
    let mut number = || words.next()?.parse::<u64>().ok();
    let (first, count) = (number()?, number()?);
    Some(Plan { writes, first, count, error: c_int::try_from(number()?).ok()? })
}

/// Sets the error of the call that now answers -1.
pub fn with(error: c_int) -> c_int {
    // SAFETY: the place of this thread's error number.
    unsafe { *__errno_location() = error };
    -1
}

fn due(counter: &AtomicU64, writes: bool) -> bool {
    let Some(plan) = plan().filter(|plan| plan.writes == writes) else { return false };
    let number = counter.fetch_add(1, Ordering::Relaxed) + 1;
    let due = number >= plan.first && number - plan.first < plan.count;
    due && with(plan.error) != 0
}

/// Whether the write that is about to be made is to fail; its error is then set.
pub fn write() -> bool {
    static WRITES: AtomicU64 = AtomicU64::new(0);
    due(&WRITES, true)
}

/// The same for a sync.
pub fn sync() -> bool {
    static SYNCS: AtomicU64 = AtomicU64::new(0);
    due(&SYNCS, false)
}
