//! The columns: some that every response has, then one for each question of each survey of the
//! site, over all versions. They do not depend on what is exported.

use crate::clock;
use crate::state::Site;
use shared::page::ResponseOut;
use shared::submission::Assurance;
use shared::survey::{Kind, OTHER, Question};
use shared::{Answer, Timestamp};

pub struct Column {
    /// `survey.question` for answers.
    pub name: String,
    pub kind: CellKind,
    source: Source,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellKind {
    Text,
    Number,
    Flag,
    Time,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    Nothing,
    Text(String),
    Number(i64),
    Flag(bool),
    Time(Timestamp),
}

type ReadCell = fn(&ResponseOut) -> Cell;

enum Source {
    Fixed(ReadCell),
    Answer {
        survey: String,
        question: String,
    },
    /// The free words of a choice.
    Other {
        survey: String,
        question: String,
    },
}

/// What every response has. Several values in one cell are joined.
const FIXED: [(&str, CellKind, ReadCell); 24] = {
    use CellKind::{Flag, Number, Text, Time};
    [
        ("id", Text, |r| text(&r.id)),
        ("occurred_at", Time, |r| time(&r.occurred_at)),
        ("received_at", Time, |r| time(&r.received_at)),
        ("survey", Text, |r| text(&r.survey)),
        ("survey_version", Number, |r| Cell::Number(r.survey_version.into())),
        ("channel", Text, |r| text(&r.channel)),
        ("class", Text, |r| text(r.class.as_str())),
        ("service", Text, |r| optional(r.service.as_deref())),
        ("level", Text, |r| optional(r.level.map(|level| level.as_str()))),
        ("locale", Text, |r| optional(r.locale.as_deref())),
        ("device", Text, |r| optional(r.context.device.as_deref())),
        ("page", Text, |r| optional(r.context.page.as_deref())),
        ("referrer", Text, |r| optional(r.context.referrer.as_deref())),
        ("tags", Text, |r| joined(&r.context.tags)),
        ("attributes", Text, attributes),
        ("identity", Text, |r| text(r.identity.as_str())),
        ("assurance", Text, |r| optional(r.assurance.map(Assurance::as_str))),
        ("reference", Text, |r| optional(r.service_event.reference.as_deref())),
        ("waited_s", Number, |r| number(r.service_event.waited_s)),
        ("served_s", Number, |r| number(r.service_event.served_s)),
        ("resolved_first_contact", Flag, |r| flag(r.service_event.resolved_first_contact)),
        ("skipped", Text, |r| joined(&r.skipped)),
        ("held", Flag, |r| Cell::Flag(r.held.is_some())),
        ("held_because", Text, |r| optional(r.held.as_deref())),
    ]
};

/// Between several values in one cell.
const JOINT: &str = ";";

pub fn columns(site: &Site) -> Vec<Column> {
    let fixed = FIXED.map(|(name, kind, read)| Column {
        name: name.to_owned(),
        kind,
        source: Source::Fixed(read),
    });
    let mut columns = Vec::from(fixed);
    for (survey, versions) in site.surveys.iter() {
        for version in versions {
            for question in &version.questions {
                add(&mut columns, survey, question);
            }
        }
    }
    columns
}

/// Adds the columns of a question that are not there yet.
fn add(columns: &mut Vec<Column>, survey: &str, question: &Question) {
    if question.is_statement() {
        return;
    }
    let name = format!("{survey}.{}", question.key);
    let kind = match question.kind.score_range() {
        Some(_) => CellKind::Number,
        None => CellKind::Text,
    };
    let (survey, question_key) = (survey.to_owned(), question.key.clone());
    match columns.iter_mut().find(|column| column.name == name) {
        // Another version asked for something else: words hold both.
        Some(known) if known.kind != kind => known.kind = CellKind::Text,
        Some(_) => {}
        None => {
            let source = Source::Answer { survey: survey.clone(), question: question_key.clone() };
            columns.push(Column { name: name.clone(), kind, source });
        }
    }
    let other = format!("{name}.{OTHER}");
    if let Kind::Choice { other: true, .. } = question.kind
        && columns.iter().all(|column| column.name != other)
    {
        let source = Source::Other { survey, question: question_key };
        columns.push(Column { name: other, kind: CellKind::Text, source });
    }
}

impl Column {
    pub fn cell(&self, response: &ResponseOut) -> Cell {
        match &self.source {
            Source::Fixed(read) => read(response),
            Source::Answer { survey, question } => {
                answer_to(response, survey, question).map_or(Cell::Nothing, |a| self.answer(a))
            }
            Source::Other { survey, question } => match answer_to(response, survey, question) {
                Some(Answer::WithOther { other, .. }) => text(other),
                _ => Cell::Nothing,
            },
        }
    }

    fn answer(&self, answer: &Answer) -> Cell {
        match answer {
            Answer::Score(score) if self.kind == CellKind::Number => Cell::Number(*score),
            Answer::Score(score) => Cell::Text(score.to_string()),
            Answer::Text(words) => text(words),
            Answer::Options(keys) | Answer::WithOther { selected: keys, .. } => joined(keys),
        }
    }
}

fn answer_to<'a>(response: &'a ResponseOut, survey: &str, question: &str) -> Option<&'a Answer> {
    response.answers.get(question).filter(|_| response.survey == survey)
}

fn text(words: &str) -> Cell {
    Cell::Text(words.to_owned())
}

fn optional(words: Option<&str>) -> Cell {
    words.map_or(Cell::Nothing, text)
}

fn joined(words: &[String]) -> Cell {
    if words.is_empty() { Cell::Nothing } else { Cell::Text(words.join(JOINT)) }
}

fn number(number: Option<u32>) -> Cell {
    number.map_or(Cell::Nothing, |number| Cell::Number(number.into()))
}

fn flag(flag: Option<bool>) -> Cell {
    flag.map_or(Cell::Nothing, Cell::Flag)
}

fn time(text: &str) -> Cell {
    clock::parse(text).map_or(Cell::Nothing, Cell::Time)
}

/// Names are the owner's own, and many: they share a cell, as JSON.
fn attributes(response: &ResponseOut) -> Cell {
    let attributes = &response.context.attributes;
    let json = serde_json::to_string(attributes).ok().filter(|_| !attributes.is_empty());
    json.map_or(Cell::Nothing, Cell::Text)
}
