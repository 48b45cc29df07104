//! The vocabulary that the widget, the collector and the dashboard have in common:
//! surveys, submissions, channels, summaries and statistics.
//!
//! Pure: no I/O, no clock, no async, no store, no user interface. It builds for wasm32.

pub mod channel;
#[cfg(feature = "json")]
pub mod decode;
#[cfg(feature = "json")]
pub mod events;
pub mod ids;
pub mod page;
#[cfg(feature = "json")]
pub mod presets;
pub mod problem;
pub mod scoring;
#[cfg(feature = "stats")]
pub mod stats;
pub mod submission;
pub mod summary;
pub mod survey;
pub mod theme;
pub mod time;

pub use channel::{Channel, ChannelClass};
pub use ids::ResponseId;
pub use problem::{Problem, Violation, Violations};
pub use submission::{Answer, Submission, SubmissionDraft};
pub use survey::Survey;
pub use time::Timestamp;
