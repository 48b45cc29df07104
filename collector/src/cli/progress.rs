//! Progress of long work, on the standard error of a terminal.

use indicatif::{ProgressBar, ProgressStyle};

/// Towards a known number of bytes.
pub fn bar(doing: &'static str, bytes: u64) -> ProgressBar {
    let template = "{prefix} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}";
    styled(ProgressBar::new(bytes), template).with_prefix(doing)
}

/// Bytes so far, where nobody knows how many there will be.
pub fn count(doing: &'static str) -> ProgressBar {
    let template = "{prefix} {bytes} {bytes_per_sec} {elapsed}";
    styled(ProgressBar::new_spinner(), template).with_prefix(doing)
}

fn styled(bar: ProgressBar, template: &str) -> ProgressBar {
    let style = ProgressStyle::with_template(template);
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
