//! What is said of an import: what the columns become, what is wrong by line, and the totals.

use super::super::print::{Printer, say, table};
use super::check::{Checked, ISSUES_MAX, Reader};
use super::send::Sent;
use super::{Import, columns_json};
use crate::import::dates::Order;
use crate::import::draft::shown;
use crate::import::{Format, Issue, Plan, Target};
use anyhow::Result;
use serde_json::json;
use std::fmt::Write;

pub enum Outcome {
    DryRun,
    /// Nothing was stored: there are mistakes.
    Stopped,
    Sent(Sent),
    /// How many responses were erased.
    Undone(u64),
}

impl Outcome {
    /// Whether nothing of the file was refused.
    pub fn is_whole(&self, checked: &Checked) -> bool {
        let refused = match self {
            Self::DryRun | Self::Stopped | Self::Undone(_) => 0,
            Self::Sent(sent) => sent.refused,
        };
        checked.totals.refused == 0 && refused == 0
    }
}

/// What was found, before the file is read.
pub fn mapping(reader: &Reader<'_>) -> Result<()> {
    let (table_read, plan) = (reader.table, reader.plan);
    say(&format(reader));
    if table_read.found.guessed {
        say("it is not UTF-8: read as Windows-1252; --encoding says otherwise");
    }
    columns(plan);
    if plan.mapping.column_of(&Target::Date).is_some() {
        let order = match plan.order {
            Some(Order::DayFirst) => ", day first",
            Some(Order::MonthFirst) => ", month first",
            None => "",
        };
        let zone = plan.zone.iana_name().unwrap_or("UTC");
        say(&format!("times without an offset are read in {zone}{order}"));
    } else if plan.date.is_none() {
        say("no column has dates: the responses get the time of the import; --date says otherwise");
    }
    Ok(())
}

fn format(reader: &Reader<'_>) -> String {
    let (found, plan) = (reader.table.found, reader.plan);
    let format = match reader.table.format {
        Format::JsonLines => "JSON Lines".to_owned(),
        Format::Csv { delimiter: b'\t' } => "CSV with tabs".to_owned(),
        Format::Csv { delimiter: b',' } => "CSV with commas".to_owned(),
        Format::Csv { delimiter: b';' } => "CSV with semicolons".to_owned(),
        Format::Csv { delimiter } => format!("CSV with {}", char::from(delimiter)),
    };
    let shape = plan.shape.map(|shape| format!(", shaped after {}", shape.about));
    let (encoding, shape) = (found.encoding.name(), shape.unwrap_or_default());
    format!("{format}, {encoding}{shape}; survey {}, channel {}", plan.survey.key, plan.channel)
}

/// A line for each column.
pub fn columns(plan: &Plan) {
    let rows = plan.columns.iter().zip(&plan.mapping.targets).map(|(column, target)| {
        let name = if column.name.is_empty() { "(no name)" } else { column.name.as_str() };
        let (becomes, because) = match target {
            Some((Target::Ignored, because)) => ("not imported".to_owned(), because.as_str()),
            Some((target, because)) => (target.name(&plan.survey), because.as_str()),
            None => ("not imported".to_owned(), ""),
        };
        vec![format!("  {}", shown(name)), becomes, because.to_owned()]
    });
    let head = ["  column", "becomes", "because"].map(str::to_owned).to_vec();
    print!("{}", table(&std::iter::once(head).chain(rows).collect::<Vec<_>>()));
}

pub fn outcome(
    reader: &Reader<'_>,
    args: &Import,
    checked: &Checked,
    outcome: &Outcome,
    printer: Printer,
) -> Result<()> {
    let mut issues = checked.issues.clone();
    let mut answer = json!({"file": args.file, "encoding": reader.table.found.encoding.name(),
        "shape": reader.plan.shape.map(|shape| shape.name), "survey": reader.plan.survey.key,
        "channel": reader.plan.channel, "columns": columns_json(reader.plan),
        "dry_run": args.dry_run, "checked": checked.totals, "codes": checked.codes});
    if let Outcome::Sent(sent) = outcome {
        answer["sent"] = json!(sent);
        issues.extend(sent.issues.iter().cloned());
        issues.truncate(ISSUES_MAX);
    }
    if let Outcome::Undone(erased) = outcome {
        answer["erased"] = json!(erased);
    }
    answer["issues"] = json!(issues);
    answer["scales"] = checked.scales.iter().map(|scale| json!({"question": scale.0, "file": scale.1.to_string(), "question_scale": scale.2.to_string()})).collect();
    printer.print(&answer, |_| lines(args, checked, outcome, &issues));
    Ok(())
}

fn lines(args: &Import, checked: &Checked, outcome: &Outcome, issues: &[Issue]) -> String {
    let mut text = String::new();
    for issue in issues {
        let _ = writeln!(text, "{}", issue_line(issue));
    }
    let all: u64 = checked.codes.values().sum();
    if all > issues.len() as u64 {
        let more = all - issues.len() as u64;
        let hint = if args.report.is_some() { "" } else { "; --report FILE writes all" };
        let _ = writeln!(text, "and {more} more mistakes{hint}");
    }
    for (key, file, question) in &checked.scales {
        let _ = writeln!(
            text,
            "{key} is on {question}, the file has {file}: say --scale {key}={file} to convert, or {key}={question} if those are mistakes"
        );
    }
    let totals = checked.totals;
    let _ = writeln!(
        text,
        "{} rows: {} right, {} with mistakes, {} left out",
        totals.rows, totals.right, totals.refused, totals.left_out
    );
    let _ = match outcome {
        Outcome::DryRun => writeln!(text, "a dry run: nothing was stored"),
        Outcome::Stopped if !checked.scales.is_empty() => {
            writeln!(text, "nothing was stored: the scale has to be told")
        }
        Outcome::Stopped => {
            writeln!(text, "nothing was stored; --on-error skip takes what is right")
        }
        Outcome::Sent(sent) => writeln!(
            text,
            "{} stored, {} were there before, {} refused",
            sent.stored,
            sent.already,
            sent.refused + totals.refused
        ),
        Outcome::Undone(erased) => writeln!(
            text,
            "{erased} responses erased; they stay away: to bring the file in again say another --source"
        ),
    };
    text
}

fn issue_line(issue: &Issue) -> String {
    let mut line = format!("line {}", issue.line);
    if let Some(column) = &issue.column {
        let _ = write!(line, ", {}", shown(column));
    }
    let _ = write!(line, ": {} [{}]", issue.message, issue.code);
    if let Some(value) = &issue.value {
        let _ = write!(line, ": {value}");
    }
    line
}
