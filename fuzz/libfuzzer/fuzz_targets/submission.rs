//! See `fuzz::submission`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::submission(bytes));
