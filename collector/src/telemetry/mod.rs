//! What an operator sees from outside: the log and the figures.

mod figures;
mod log;

pub use figures::{collect_figures, keep_figures};
pub use log::start_log;
