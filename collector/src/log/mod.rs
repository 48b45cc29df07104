//! Durable append: what was acknowledged is on disk. The only folder that knows the store.

mod disk;
mod folder;
pub mod keys;
mod load;
pub mod record;
mod transaction;
mod writer;

pub use disk::{Disk, OpenError, VALUE_BYTES_MAX};
pub use folder::{FORMAT, write_whole};
pub use transaction::{Broken, Direction, Transaction};
pub use writer::{QUEUE_MAX, Refused, Writer};
