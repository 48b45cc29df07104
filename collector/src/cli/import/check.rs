//! The first reading: everything that would be wrong, before anything is stored.

use super::super::new_file::NewFile;
use super::super::progress;
use crate::clock;
use crate::import::rows::Rows;
use crate::import::scores::{self, Scale};
use crate::import::{Identity, Issue, Plan, Read, Table, Target};
use anyhow::Result;
use serde::Serialize;
use shared::{SubmissionDraft, Timestamp};
use std::collections::BTreeMap;
use std::path::Path;

/// Mistakes that are shown; all are counted, and written to the report.
pub const ISSUES_MAX: usize = 100;

/// A file, what its columns are, and whose it is.
pub struct Reader<'a> {
    pub table: &'a Table,
    pub plan: &'a Plan,
    pub site: &'a str,
    pub source: &'a str,
}

/// What becomes of a row.
pub enum Item {
    Response(u64, Box<SubmissionDraft>),
    LeftOut,
    Refused(Vec<Issue>),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    pub rows: u64,
    /// Would be stored, or were before.
    pub right: u64,
    pub refused: u64,
    /// Blank, of another survey, or no answers.
    pub left_out: u64,
}

#[derive(Default)]
pub struct Checked {
    pub totals: Totals,
    /// The first ones.
    pub issues: Vec<Issue>,
    /// How many of each code.
    pub codes: BTreeMap<String, u64>,
    /// Columns whose scores go beyond the question's scale, which nobody has told: as the file has
    /// it, lowest to highest, and as the question has it.
    pub scales: Vec<(String, Scale, Scale)>,
}

impl Reader<'_> {
    /// Every row, in order, with the file's bytes so far.
    pub fn read(
        &self,
        now: Timestamp,
        mut take: impl FnMut(Item, u64) -> Result<()>,
    ) -> Result<()> {
        let own = self.plan.mapping.column_of(&Target::Id);
        let mut identity = Identity::new(self.site, self.source, own, &self.table.columns);
        let mut rows: Rows = self.table.rows()?;
        while let Some(row) = rows.next() {
            let item = match row {
                Err(issue) => Item::Refused(vec![issue]),
                Ok(row) => {
                    let id = identity.of(&row)?;
                    match self.plan.read(&row, id, now) {
                        Ok(Read::Response(draft)) => Item::Response(row.line, draft),
                        Ok(Read::LeftOut) => Item::LeftOut,
                        Err(issues) => Item::Refused(issues),
                    }
                }
            };
            take(item, rows.bytes())?;
        }
        Ok(())
    }
}

/// Reads the whole file. Every mistake goes to `report`, the first ones are kept.
pub fn check(reader: &Reader<'_>, report: Option<&Path>) -> Result<Checked> {
    let mut checked = Checked::default();
    let mut report = report.map(Report::create).transpose()?;
    let bar = progress::bar("check", reader.table.length()?);
    reader.read(clock::now(), |item, bytes| {
        bar.set_position(bytes);
        checked.totals.rows += 1;
        match item {
            Item::Response(..) => checked.totals.right += 1,
            Item::LeftOut => checked.totals.left_out += 1,
            Item::Refused(issues) => {
                checked.totals.refused += 1;
                for issue in issues {
                    *checked.codes.entry(issue.code.clone()).or_default() += 1;
                    if let Some(report) = &mut report {
                        report.write(&issue)?;
                    }
                    if checked.issues.len() < ISSUES_MAX {
                        checked.issues.push(issue);
                    }
                }
            }
        }
        Ok(())
    })?;
    bar.finish_and_clear();
    if checked.codes.contains_key("out_of_range") {
        checked.scales = scales(reader)?;
    }
    if let Some(report) = report {
        report.finish()?;
    }
    Ok(checked)
}

/// Where scores go beyond the question's scale, the others are likely on the file's scale too, and
/// would be wrong without anyone noticing.
fn scales(reader: &Reader<'_>) -> Result<Vec<(String, Scale, Scale)>> {
    let plan = reader.plan;
    let questions = plan.mapping.targets.iter().enumerate().filter_map(|(column, target)| {
        let Some((Target::Answer(question), _)) = target else { return None };
        let untold = !plan.scales.contains_key(question);
        plan.range(*question).filter(|_| untold).map(|range| (column, *question, range))
    });
    let questions: Vec<_> = questions.collect();
    let mut ranges: Vec<Option<(i64, i64)>> = vec![None; questions.len()];
    for row in reader.table.rows()?.flatten() {
        for ((column, ..), range) in questions.iter().zip(&mut ranges) {
            let Some(score) = row.cells.get(*column).and_then(|cell| scores::read(cell)) else {
                continue;
            };
            let (low, high) = range.unwrap_or((score.value, score.value));
            *range = Some((low.min(score.value), high.max(score.value)));
        }
    }
    let beyond = questions.iter().zip(ranges).filter_map(|((_, question, (low, high)), range)| {
        let (from, to) = range.filter(|(from, to)| from < low || to > high)?;
        let key = plan.survey.questions[*question].key.clone();
        Some((key, Scale { worst: from, best: to }, Scale { worst: *low, best: *high }))
    });
    Ok(beyond.collect())
}

/// Every mistake, a line each.
struct Report(NewFile);

impl Report {
    fn create(path: &Path) -> Result<Self> {
        let mut file = NewFile::create(path)?;
        file.write(b"line,column,code,message,value\r\n")?;
        Ok(Self(file))
    }

    fn write(&mut self, issue: &Issue) -> Result<()> {
        let mut line =
            csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        line.write_record([
            issue.line.to_string(),
            text(&issue.column),
            issue.code.clone(),
            issue.message.clone(),
            text(&issue.value),
        ])?;
        self.0.write(&line.into_inner()?)
    }

    fn finish(mut self) -> Result<()> {
        self.0.settle()?;
        self.0.keep()
    }
}
