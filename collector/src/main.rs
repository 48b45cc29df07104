//! The one binary; everything is in the library, so that tests come in by the same doors.

use std::process::ExitCode;

fn main() -> ExitCode {
    collector::cli::run()
}
