//! Durable append: what was acknowledged is on disk. The only folder that knows the store.

mod checkpoint;
mod disk;
mod folder;
mod housekeeping;
mod journal;
pub mod keys;
mod load;
pub mod record;
mod seals;
mod transaction;
mod writer;

pub use checkpoint::row_of;
pub use disk::{Disk, OpenError, ReadError, VALUE_BYTES_MAX};
pub use folder::{FORMAT, write_whole};
pub use journal::Change;
pub use seals::Seals;
pub use transaction::{Broken, Transaction};
pub use writer::{QUEUE_MAX, Refused, Writer};
