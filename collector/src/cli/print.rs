//! Answers: lines for people, JSON for programs.

use serde::Serialize;
use shared::Problem;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::process;

#[derive(Clone, Copy)]
pub struct Printer {
    pub json: bool,
}

impl Printer {
    /// The value as JSON, or the lines that `people` makes of it.
    pub fn print<T: Serialize>(self, value: &T, people: impl FnOnce(&T) -> String) {
        match self.json {
            true => say(&serde_json::to_string(value).expect("answers are plain data")),
            false => say(people(value).trim_end()),
        }
    }
}

/// What a shell tells of a program that wrote where nobody reads any more.
const NOBODY_READS: i32 = 141;

/// A line of output. Where it cannot be written there is nobody to go on for.
pub fn say(line: &str) {
    match writeln!(io::stdout(), "{line}") {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => process::exit(NOBODY_READS),
        Err(error) => {
            eprintln!("ascolto: cannot write the answer: {error}");
            process::exit(1)
        }
    }
}

/// A problem as lines: what it is, then every violation.
pub fn problem(problem: &Problem) -> String {
    let mut text = problem.detail.clone().unwrap_or_else(|| problem.title.clone());
    for violation in &problem.violations {
        let path = if violation.path.is_empty() { "(whole)" } else { &violation.path };
        let _ = write!(text, "\n  {path}: {} [{}]", violation.message, violation.code);
    }
    text
}

/// Columns under each other.
pub fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        for (cell, width) in row.iter().zip(&widths) {
            let _ = write!(text, "{cell:width$}  ");
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    text
}

/// "1 site", "2 sites".
pub fn counted(number: u64, noun: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{s}")
}
