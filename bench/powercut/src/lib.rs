//! Simulated power cuts. A program runs with the recorder preloaded, which writes down every write,
//! sync and change of a name in one folder; whoever drives the program adds marks for what it was
//! promised. `Disk` plays the trace up to a moment and gives the folders that a power cut at that
//! moment could have left, as adversarial as POSIX allows: only what an fsync covered is sure, of
//! everything later any part may be there in any order, down to single sectors. Renames are atomic
//! and the names of one folder change in order, as on a journaling file system.

mod disk;
mod image;
mod names;
mod preload;
mod trace;

pub use disk::Disk;
pub use image::{Image, Survival};
pub use preload::{Fault, Recording, inject, recorder};
pub use trace::{Entry, Record, Trace};
