//! The columnar index: every response as a row of small numbers in memory, so that any filter and
//! any grouping is answered by walking columns and not by decoding responses. A cache of the log,
//! as the cells are; it changes in the same commits and readers hold immutable snapshots of it.

mod chunk;
mod codes;
mod counter;
mod query;
mod row;
mod table;

pub use chunk::{Chunk, ROWS_MAX};
pub use codes::Codes;
pub use query::{Counted, Group, Groups, Measured, Moment, Query, count, read_day_place};
pub use row::{
    Answers, CodeRange, DEVICES, Layout, Profile, ROW_FORMAT, Row, identity_number, identity_of,
    page_path, resolved_number,
};
pub use table::{Held, Shelf, Table};
