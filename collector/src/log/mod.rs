//! Durable append: what was acknowledged is on disk. The only folder that knows the store.

mod ahead;
mod checkpoint;
mod counts;
mod disk;
mod folder;
mod housekeeping;
mod journal;
pub mod keys;
mod load;
mod news;
pub mod pairs;
pub mod record;
mod recording;
mod restoring;
mod seals;
mod transaction;
mod writer;

pub use checkpoint::row_of;
pub use disk::{CommitError, Disk, OpenError, ReadError, VALUE_BYTES_MAX, shorten_next_start};
pub use folder::{FORMAT, write_whole};
pub use journal::Change;
pub use news::{Arrived, News};
pub use recording::{Recorded, Recording};
pub use restoring::{Restored, Restoring};
pub use seals::{SLOT_BYTES, Seals};
pub use transaction::{Broken, Transaction};
pub use writer::{QUEUE_MAX, Refused, Writer};
