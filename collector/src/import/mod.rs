//! Files of other tools become responses. Knows files, columns and a survey; neither HTTP nor the
//! store: what comes out is what any program of the owner's would send.

pub mod choices;
pub mod dates;
pub mod draft;
pub mod guess;
pub mod identity;
pub mod mapping;
pub mod rows;
pub mod scores;
pub mod shapes;
pub mod text;
pub mod words;

pub use draft::{Plan, Read};
pub use identity::Identity;
pub use mapping::{Mapping, Pair, Target};
pub use rows::{Format, Row, Table};
pub use shapes::Shape;
pub use text::Input;

use rows::Column;
use serde::Serialize;
use std::fmt::Display;
use std::io;
use thiserror::Error;

/// Why a file cannot be read at all.
#[derive(Debug, Error)]
pub enum FileError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("there is no encoding {0}; utf-8, utf-16le and windows-1252 are some")]
    UnknownEncoding(String),
    #[error("the file has zero bytes; if it is UTF-16, say --encoding utf-16le (or utf-16be)")]
    Zeros,
    #[error("line {line} is not UTF-8; say --encoding, such as windows-1252")]
    NotUtf8 { line: u64 },
    #[error("the file has no columns")]
    NoColumns,
    #[error("the file has more than {} columns", rows::COLUMNS_MAX)]
    TooManyColumns,
    #[error("the head of the file is broken: {0}")]
    BrokenHead(String),
}

/// Why columns cannot become what was told.
#[derive(Debug, Error)]
pub enum MapError {
    #[error("--map {0}: the survey has no such question, and there is no such field")]
    NoTarget(Pair),
    #[error("--map {0}: the file has no such column")]
    NoColumn(Pair),
    #[error("--map {0}: more than one column is called so; say its number, such as #3")]
    ManyColumns(Pair),
    #[error("--map {0}: another column is this already")]
    Twice(Pair),
    #[error("--scale: the survey has no question {0}")]
    NoQuestion(String),
    #[error("--scale: {0} has no score")]
    NoScore(String),
    #[error("--scale: an NPS is asked on 0 to 10; map this column to a rating")]
    NpsScale,
}

/// What is wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Issue {
    /// From 1, where the row begins.
    pub line: u64,
    /// The file's name of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    pub code: String,
    pub message: String,
    /// What stands there, cut short.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

impl Issue {
    pub fn of_row(line: u64, code: &str, message: impl Display) -> Self {
        let (code, message) = (code.to_owned(), message.to_string());
        Self { line, column: None, code, message, value: None }
    }

    pub fn in_cell(self, column: &Column, cell: &str) -> Self {
        Self { column: Some(column.name.clone()), value: Some(draft::shown(cell)), ..self }
    }
}
