//! Events on their way in: read and checked, counted in memory, and handed to the writer together.
//! They are acknowledged before they are on disk: a crash can lose those of the last second, and
//! no response ever waits for them.

mod intake;
mod pending;
mod recent;

pub use intake::{Unread, read};
pub use pending::{Added, Counts, Pending, Place};
