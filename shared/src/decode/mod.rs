//! From JSON of unknown origin to drafts and surveys, with every mistake at once.
//!
//! serde stops at the first mistake; whoever fills in a form or writes a survey wants them all.

mod events;
mod fields;
mod right;
mod submission;
mod survey;
mod theme;

pub use events::events;
pub use fields::Fields;
pub use submission::{TimeParser, submission, submission_draft};
pub use survey::survey;
