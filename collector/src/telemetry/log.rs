//! The log: lines on standard error, for people or as JSON.

use crate::settings::{LogFormat, Settings};
use tracing::Level;

pub fn start_log(settings: &Settings) {
    let lines = tracing_subscriber::fmt()
        .with_max_level(Level::from(settings.log_level))
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .with_target(false);
    match settings.log_format {
        LogFormat::Text => lines.init(),
        LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).init(),
    }
}
