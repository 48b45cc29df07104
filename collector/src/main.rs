//! The one binary; everything is in the library, so that tests come in by the same doors.

use mimalloc::MiMalloc;
use std::process::ExitCode;

/// A commit makes and drops thousands of small values: the system's allocator was a quarter of the
/// writer's time, and is worse still in a static build.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    collector::cli::run()
}
