//! What became of every row: counted, shown, and written as a file.

use super::super::new_file::NewFile;
use super::people::LeftOut;
use crate::export::csv::defused;
use crate::import::Issue;
use crate::import::draft::shown;
use anyhow::Result;
use std::collections::BTreeMap;
use std::path::Path;

/// Shown; all are counted, and written to the report.
const SHOWN_MAX: usize = 100;

#[derive(Default)]
pub struct Report {
    file: Option<NewFile>,
    pub rows: u64,
    /// By what became of them.
    pub statuses: BTreeMap<&'static str, u64>,
    pub shown: Vec<Issue>,
    told: u64,
}

impl Report {
    pub fn new(path: Option<&Path>) -> Result<Self> {
        let mut file = path.map(NewFile::create).transpose()?;
        if let Some(file) = &mut file {
            file.write(b"line,status,column,code,message,value\r\n")?;
        }
        Ok(Self { file, ..Self::default() })
    }

    pub fn add(&mut self, line: u64, status: &'static str, said: &str) -> Result<()> {
        self.count(status);
        self.write(status, &Issue::of_row(line, "", said))
    }

    pub fn left_out(&mut self, line: u64, why: LeftOut) -> Result<()> {
        self.add(line, why.status(), why.says())
    }

    /// A row with mistakes of its own, or that could not be sent.
    pub fn wrong(&mut self, status: &'static str, issues: Vec<Issue>) -> Result<()> {
        self.count(status);
        for issue in issues {
            self.write(status, &issue)?;
            self.told += 1;
            if self.shown.len() < SHOWN_MAX {
                self.shown.push(issue);
            }
        }
        Ok(())
    }

    pub fn of(&self, status: &str) -> u64 {
        self.statuses.get(status).copied().unwrap_or_default()
    }

    /// Everything that is wrong with rows, as far as it is shown.
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.shown.iter().map(line_of).collect();
        if self.told > self.shown.len() as u64 {
            let more = self.told - self.shown.len() as u64;
            let hint = if self.file.is_some() { "" } else { "; --report FILE writes all" };
            lines.push(format!("and {more} more{hint}"));
        }
        lines
    }

    pub fn finish(&mut self) -> Result<()> {
        let Some(mut file) = self.file.take() else { return Ok(()) };
        file.settle()?;
        file.keep()
    }

    fn count(&mut self, status: &'static str) {
        self.rows += 1;
        *self.statuses.entry(status).or_default() += 1;
    }

    fn write(&mut self, status: &str, issue: &Issue) -> Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        let mut line =
            csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
        let text = |text: &Option<String>| defused(text.clone().unwrap_or_default());
        line.write_record([
            issue.line.to_string(),
            status.to_owned(),
            text(&issue.column),
            issue.code.clone(),
            defused(issue.message.clone()),
            text(&issue.value),
        ])?;
        file.write(&line.into_inner()?)
    }
}

fn line_of(issue: &Issue) -> String {
    let column = issue.column.as_deref().map(|name| format!(", {}", shown(name)));
    let value = issue.value.as_deref().map(|value| format!(": {value}"));
    let (column, value) = (column.unwrap_or_default(), value.unwrap_or_default());
    format!("line {}{column}: {} [{}]{value}", issue.line, issue.message, issue.code)
}
