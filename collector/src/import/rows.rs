//! Rows of a file, one at a time: CSV with any delimiter, or JSON Lines. Knows names of columns and
//! words in cells, nothing of what they mean. A broken row is told with its line; a row is bounded.

use super::text::{self, END, Found, Input};
use super::{FileError, Issue};
use csv::StringRecord;
use serde_json::Value;
use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

const ROW_BYTES_MAX: usize = 1 << 20;
pub const COLUMNS_MAX: usize = 1_000;
/// Of a list in one cell.
pub const JOINT: char = '\n';
/// Records that show which delimiter it is.
const DELIMITER_ROWS: usize = 50;
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Csv { delimiter: u8 },
    JsonLines,
}

/// A column of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    /// What a second header line says of it.
    pub label: Option<String>,
}

/// A file whose columns are known.
pub struct Table {
    input: Input,
    pub found: Found,
    pub format: Format,
    pub columns: Arc<[Column]>,
    /// Lines of the file's head that are no data.
    head_rows: usize,
}

pub struct Row {
    /// From 1, where it begins.
    pub line: u64,
    /// As many as there are columns; blank where there is nothing.
    pub cells: Vec<String>,
}

impl Row {
    pub fn is_blank(&self) -> bool {
        self.cells.iter().all(|cell| cell.trim().is_empty())
    }
}

/// What the file is told to be.
#[derive(Default)]
pub struct Told<'a> {
    pub encoding: Option<&'a str>,
    pub json_lines: bool,
    pub delimiter: Option<u8>,
}

impl Table {
    /// Reads the columns: of CSV from its first record, of JSON Lines from every line, since any
    /// may bring a new one.
    pub fn open(input: Input, told: &Told<'_>) -> Result<Self, FileError> {
        let found = text::find_encoding(&input, told.encoding)?;
        let (format, columns) = match told.json_lines {
            true => (Format::JsonLines, json_columns(&input, found)?),
            false => {
                let delimiter = match told.delimiter {
                    Some(delimiter) => delimiter,
                    None => find_delimiter(&input, found)?,
                };
                (Format::Csv { delimiter }, csv_columns(&input, found, delimiter)?)
            }
        };
        let head_rows = usize::from(format != Format::JsonLines);
        Ok(Self { input, found, format, columns: columns.into(), head_rows })
    }

    /// Takes the next `rows` lines as part of the head, whose labels `label` makes of each cell.
    pub fn take_head(
        &mut self,
        rows: usize,
        label: fn(&mut [Column], &[Row]),
    ) -> Result<(), FileError> {
        let mut more = Vec::new();
        for row in self.rows()?.take(rows) {
            more.push(row.map_err(|broken| FileError::BrokenHead(broken.message))?);
        }
        let mut columns = self.columns.to_vec();
        label(&mut columns, &more);
        (self.columns, self.head_rows) = (columns.into(), self.head_rows + rows);
        Ok(())
    }

    pub fn length(&self) -> io::Result<u64> {
        self.input.length()
    }

    pub fn rows(&self) -> Result<Rows, FileError> {
        let seen = Arc::new(AtomicU64::new(0));
        let text = text::read(&self.input, self.found.encoding, &seen)?;
        let mut rows = match self.format {
            Format::Csv { delimiter } => Rows {
                reading: Reading::Csv(Box::new(Csv::new(text, delimiter))),
                seen,
                width: self.columns.len(),
            },
            Format::JsonLines => {
                let names = (0..).zip(self.columns.iter());
                let places = names.map(|(place, column)| (column.name.clone(), place)).collect();
                let lines = Lines { from: Box::new(BufReader::new(text)), line: 0 };
                Rows { reading: Reading::Json { lines, places }, seen, width: self.columns.len() }
            }
        };
        for _ in 0..self.head_rows {
            rows.next();
        }
        Ok(rows)
    }
}

/// Every row, or what is wrong with it; ends after what nothing can be read past.
pub struct Rows {
    reading: Reading,
    seen: Arc<AtomicU64>,
    width: usize,
}

enum Reading {
    Csv(Box<Csv>),
    Json { lines: Lines, places: HashMap<String, usize> },
    Ended,
}

impl Rows {
    /// Bytes of the file that were read so far.
    pub fn bytes(&self) -> u64 {
        self.seen.load(Ordering::Relaxed)
    }
}

impl Iterator for Rows {
    type Item = Result<Row, Issue>;

    fn next(&mut self) -> Option<Self::Item> {
        let (item, goes_on) = match &mut self.reading {
            Reading::Csv(csv) => match csv.next(self.width) {
                CsvNext::Row(row) => (Some(row), true),
                CsvNext::Broken(issue) => (Some(Err(issue)), false),
                CsvNext::End => (None, false),
            },
            Reading::Json { lines, places } => match lines.next_row() {
                Some(line) => {
                    (Some(line.and_then(|(line, text)| json_row(line, &text, places))), true)
                }
                None => (None, false),
            },
            Reading::Ended => (None, false),
        };
        if !goes_on {
            self.reading = Reading::Ended;
        }
        item
    }
}

struct Csv {
    from: csv::Reader<Bounded>,
    record: StringRecord,
    left: Arc<AtomicU64>,
    widths_matter: bool,
}

enum CsvNext {
    Row(Result<Row, Issue>),
    /// Nothing can be read after it.
    Broken(Issue),
    End,
}

impl Csv {
    fn new(from: impl Read + Send + 'static, delimiter: u8) -> Self {
        let left = Arc::new(AtomicU64::new(ROW_BYTES_MAX as u64));
        let bounded = Bounded { from: Box::new(from), left: Arc::clone(&left) };
        let from = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(false)
            .flexible(true)
            .from_reader(bounded);
        Self { from, record: StringRecord::new(), left, widths_matter: true }
    }

    fn next(&mut self, width: usize) -> CsvNext {
        self.left.store(ROW_BYTES_MAX as u64, Ordering::Relaxed);
        let before = self.from.position().line();
        match self.from.read_record(&mut self.record) {
            Ok(true) => {}
            Ok(false) => return CsvNext::End,
            Err(error) => return CsvNext::Broken(self.unread(before, &error)),
        }
        let within = |field: &str| field.bytes().filter(|byte| *byte == b'\n').count() as u64;
        let inner: u64 = self.record.iter().map(within).sum();
        // The position before a record is before the blank lines that stand there.
        let end = self.from.position().line();
        if self.record.len() == 1 && self.record[0].chars().eq([END]) {
            return CsvNext::End;
        }
        if self.record.iter().next_back().is_some_and(|last| last.contains(END)) {
            let message = "the file ends within a quote that begins in this row; is it cut off?";
            return CsvNext::Broken(Issue::of_row(
                end.saturating_sub(inner),
                "open_quote",
                message,
            ));
        }
        let line = end.saturating_sub(1 + inner).max(1);
        CsvNext::Row(self.row(line, width))
    }

    /// Nothing more can be read of the file.
    fn unread(&self, line: u64, error: &csv::Error) -> Issue {
        if self.left.load(Ordering::Relaxed) > 0 {
            return Issue::of_row(line, "unreadable", error);
        }
        let message = format!(
            "a row of more than {ROW_BYTES_MAX} bytes: most likely a quote that is never closed"
        );
        Issue::of_row(line, "too_long", message)
    }

    fn row(&self, line: u64, width: usize) -> Result<Row, Issue> {
        let cells: Vec<String> = self.record.iter().map(str::to_owned).collect();
        if self.widths_matter && cells.len() != width {
            let message = format!("has {} cells, the head has {width}", cells.len());
            return Err(Issue::of_row(line, "cells", message));
        }
        Ok(Row { line, cells })
    }
}

/// Ends with an error where one row takes more than it may.
struct Bounded {
    from: Box<dyn Read + Send>,
    left: Arc<AtomicU64>,
}

impl Read for Bounded {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let left = self.left.load(Ordering::Relaxed);
        if left == 0 {
            return Err(io::Error::other("the row is too long"));
        }
        let read = self.from.read(into)?;
        self.left.store(left.saturating_sub(read as u64), Ordering::Relaxed);
        Ok(read)
    }
}

struct Lines {
    from: Box<dyn BufRead + Send>,
    line: u64,
}

impl Lines {
    /// The next line that is not blank, without its end.
    fn next_row(&mut self) -> Option<Result<(u64, String), Issue>> {
        loop {
            let mut bytes = Vec::new();
            let read = self.from.by_ref().take(ROW_BYTES_MAX as u64).read_until(b'\n', &mut bytes);
            self.line += 1;
            match read {
                Ok(0) => return None,
                Ok(_) => {}
                Err(error) => return Some(Err(Issue::of_row(self.line, "unreadable", error))),
            }
            if bytes.last() != Some(&b'\n') {
                self.skip_line();
                let message = format!("a line of more than {ROW_BYTES_MAX} bytes");
                return Some(Err(Issue::of_row(self.line, "too_long", message)));
            }
            let text = String::from_utf8_lossy(&bytes);
            let text = text.trim();
            if text.chars().eq([END]) {
                return None;
            }
            if !text.is_empty() {
                return Some(Ok((self.line, text.to_owned())));
            }
        }
    }

    fn skip_line(&mut self) {
        loop {
            let Ok(piece) = self.from.fill_buf() else { return };
            let end = piece.iter().position(|byte| *byte == b'\n');
            let (used, done) =
                (end.map_or(piece.len(), |end| end + 1), end.is_some() || piece.is_empty());
            self.from.consume(used);
            if done {
                return;
            }
        }
    }
}

/// An object's fields by their dotted paths; lists of words in one cell.
fn flatten(value: &Value, path: &str, into: &mut Vec<(String, String)>) {
    match value {
        Value::Null => {}
        Value::Object(fields) => {
            for (name, value) in fields {
                let joint = if path.is_empty() { "" } else { "." };
                flatten(value, &format!("{path}{joint}{name}"), into);
            }
        }
        Value::Array(items) => {
            let words: Vec<String> = items.iter().map(word).collect();
            into.push((path.to_owned(), words.join(&JOINT.to_string())));
        }
        one => into.push((path.to_owned(), word(one))),
    }
}

fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn json_fields(line: u64, text: &str) -> Result<Vec<(String, String)>, Issue> {
    let value: Value = serde_json::from_str(text)
        .map_err(|error| Issue::of_row(line, "not_json", format!("is not JSON: {error}")))?;
    if !value.is_object() {
        return Err(Issue::of_row(line, "not_json", "is not a JSON object"));
    }
    let mut fields = Vec::new();
    flatten(&value, "", &mut fields);
    Ok(fields)
}

fn json_row(line: u64, text: &str, places: &HashMap<String, usize>) -> Result<Row, Issue> {
    let mut cells = vec![String::new(); places.len()];
    for (name, words) in json_fields(line, text)? {
        if let Some(place) = places.get(&name) {
            cells[*place] = words;
        }
    }
    Ok(Row { line, cells })
}

fn json_columns(input: &Input, found: Found) -> Result<Vec<Column>, FileError> {
    let text = text::read(input, found.encoding, &Arc::default())?;
    let mut lines = Lines { from: Box::new(BufReader::new(text)), line: 0 };
    let (mut columns, mut known) = (Vec::new(), HashMap::new());
    while let Some(line) = lines.next_row() {
        // What is wrong with a line is told when it is read as a row.
        let Ok(fields) = line.and_then(|(line, text)| json_fields(line, &text)) else { continue };
        for (name, _) in fields {
            if known.insert(name.clone(), ()).is_none() {
                columns.push(Column { name, label: None });
            }
        }
        if columns.len() > COLUMNS_MAX {
            return Err(FileError::TooManyColumns);
        }
    }
    if columns.is_empty() { Err(FileError::NoColumns) } else { Ok(columns) }
}

fn csv_columns(input: &Input, found: Found, delimiter: u8) -> Result<Vec<Column>, FileError> {
    let mut csv = csv_reader(input, found, delimiter)?;
    let names = match csv.next(0) {
        CsvNext::Row(Ok(row)) => row.cells,
        CsvNext::Row(Err(issue)) | CsvNext::Broken(issue) => {
            return Err(FileError::BrokenHead(issue.message));
        }
        CsvNext::End => return Err(FileError::NoColumns),
    };
    if names.len() > COLUMNS_MAX {
        return Err(FileError::TooManyColumns);
    }
    let column = |name: String| Column { name: name.trim().to_owned(), label: None };
    Ok(names.into_iter().map(column).collect())
}

fn csv_reader(input: &Input, found: Found, delimiter: u8) -> Result<Csv, FileError> {
    let text = text::read(input, found.encoding, &Arc::default())?;
    Ok(Csv { widths_matter: false, ..Csv::new(text, delimiter) })
}

/// The delimiter that cuts the first records into most cells, as many in each; a comma where there
/// is one column alone.
fn find_delimiter(input: &Input, found: Found) -> Result<u8, FileError> {
    let mut best = (1, b',');
    for delimiter in DELIMITERS {
        let mut csv = csv_reader(input, found, delimiter)?;
        let mut widths = Vec::new();
        while widths.len() < DELIMITER_ROWS
            && let CsvNext::Row(Ok(row)) = csv.next(0)
        {
            widths.push(row.cells.len());
        }
        let Some(first) = widths.first().copied() else { continue };
        let alike = widths.iter().filter(|width| **width == first).count();
        if alike * 10 >= widths.len() * 9 && first > best.0 {
            best = (first, delimiter);
        }
    }
    Ok(best.1)
}
