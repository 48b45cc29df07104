//! Responses for other programs: a row for each, and the same columns whatever the filters. Rows
//! are written as they are read; memory holds no more than some thousand of them.

mod columns;
pub mod csv;
mod json_lines;
mod parquet;
mod sdg;

pub use columns::{Cell, CellKind, Column, columns};

pub use sdg::SURVEY as SDG_SURVEY;

use shared::page::ResponseOut;
use std::io::{self, Write};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Csv,
    JsonLines,
    Parquet,
    /// Of information pages, without free text.
    Sdg,
}

impl Format {
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "csv" => Some(Self::Csv),
            "jsonl" => Some(Self::JsonLines),
            "parquet" => Some(Self::Parquet),
            "sdg" => Some(Self::Sdg),
            _ => None,
        }
    }

    /// The ending of a file's name.
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::JsonLines => "jsonl",
            Self::Parquet => "parquet",
            Self::Sdg => "json",
        }
    }

    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::JsonLines => "application/x-ndjson",
            Self::Parquet => "application/vnd.apache.parquet",
            Self::Sdg => "application/json",
        }
    }
}

/// What CSV leaves open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CsvStyle {
    /// A byte order mark first: Excel takes the text for UTF-8 only then.
    pub bom: bool,
    pub delimiter: u8,
}

impl Default for CsvStyle {
    fn default() -> Self {
        Self { bom: false, delimiter: b',' }
    }
}

/// Writes one response after the other.
pub trait Rows {
    fn write(&mut self, response: &ResponseOut) -> io::Result<()>;
    /// Writes what is left; without this the file is not whole.
    fn end(self: Box<Self>) -> io::Result<()>;
}

pub fn rows<W: Write + Send + 'static>(
    format: Format,
    style: CsvStyle,
    columns: Vec<Column>,
    into: W,
) -> io::Result<Box<dyn Rows>> {
    Ok(match format {
        Format::Csv => Box::new(csv::Csv::begin(columns, style, into)?),
        Format::JsonLines => Box::new(json_lines::JsonLines(into)),
        Format::Parquet => Box::new(parquet::Parquet::begin(columns, into)?),
        Format::Sdg => Box::new(sdg::Sdg::begin(into)?),
    })
}
