//! Durable append: what was acknowledged is on disk. The only folder that knows the store.

mod disk;
mod folder;
pub mod keys;
mod load;
pub mod record;
mod transaction;
mod writer;

pub use disk::{Disk, OpenError};
pub use folder::FORMAT;
pub use transaction::{Broken, Direction, Transaction};
pub use writer::{QUEUE_MAX, Refused, Writer};
