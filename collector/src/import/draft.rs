//! From a row to a response that the collector would take, or to everything that is wrong with it.

use super::choices::{self, Options};
use super::dates::{self, Order};
use super::mapping::{Mapping, Target};
use super::rows::{Column, Row};
use super::scores::{self, Scale};
use super::shapes::Shape;
use super::{Issue, MapError, words};
use crate::clock;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use shared::submission::{Context, Identity, IdentityLevel, Sender, ServiceEvent};
use shared::survey::Kind;
use shared::{Answer, Channel, ResponseId, SubmissionDraft, Survey, Timestamp, Violation};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A row's time may be ahead of the collector's by this much.
const AHEAD_MS: i64 = 5 * 60 * 1_000;

/// All that a row needs to become a response.
pub struct Plan {
    pub survey: Survey,
    pub columns: Arc<[Column]>,
    pub mapping: Mapping,
    pub shape: Option<&'static Shape>,
    pub zone: TimeZone,
    pub order: Option<Order>,
    /// Of rows that have no date.
    pub date: Option<Timestamp>,
    /// Of rows that have no channel.
    pub channel: Channel,
    pub service: Option<String>,
    /// By the question's place.
    pub scales: BTreeMap<usize, Scale>,
    /// By the question's place.
    options: BTreeMap<usize, Options>,
}

/// What becomes of a row.
pub enum Read {
    Response(Box<SubmissionDraft>),
    /// It is no response of this survey: blank, of another survey, or a test.
    LeftOut,
}

impl Plan {
    pub fn new(survey: Survey, columns: Arc<[Column]>, mapping: Mapping) -> Self {
        let options = survey.questions.iter().enumerate();
        let options = options.filter_map(|(place, q)| Some((place, Options::of(q)?))).collect();
        Self {
            survey,
            columns,
            mapping,
            shape: None,
            zone: TimeZone::UTC,
            order: None,
            date: None,
            channel: Channel::parse("import").unwrap_or_else(Channel::web),
            service: None,
            scales: BTreeMap::new(),
            options,
        }
    }

    /// `question=1-10` as told.
    pub fn add_scale(&mut self, key: &str, scale: Scale) -> Result<(), MapError> {
        let place = self.survey.questions.iter().position(|question| question.key == key);
        let place = place.ok_or_else(|| MapError::NoQuestion(key.to_owned()))?;
        let range = self.survey.questions[place].kind.score_range();
        let (low, high) = range.ok_or_else(|| MapError::NoScore(key.to_owned()))?;
        let same = scale.worst == i64::from(low) && scale.best == i64::from(high);
        if matches!(self.survey.questions[place].kind, Kind::Nps) && !same {
            return Err(MapError::NpsScale);
        }
        self.scales.insert(place, scale);
        Ok(())
    }

    /// The response under the id that `id` makes, checked against the survey.
    pub fn read(&self, row: &Row, id: ResponseId, now: Timestamp) -> Result<Read, Vec<Issue>> {
        if row.is_blank() || self.is_left_out(row) {
            return Ok(Read::LeftOut);
        }
        let mut reading = Reading { plan: self, row, bad: Vec::new(), draft: self.empty(id) };
        reading.cells();
        reading.time(now);
        let Reading { mut bad, draft, .. } = reading;
        if bad.is_empty()
            && let Err(violations) = draft.clone().check(&self.survey, Sender::Trusted)
        {
            bad =
                violations.into_vec().iter().map(|violation| self.issue(row, violation)).collect();
        }
        if bad.is_empty() { Ok(Read::Response(Box::new(draft))) } else { Err(bad) }
    }

    fn empty(&self, id: ResponseId) -> SubmissionDraft {
        SubmissionDraft {
            id: id.to_string(),
            survey: self.survey.key.clone(),
            channel: Some(self.channel.to_string()),
            service: self.service.clone(),
            occurred_at: self.date,
            ..SubmissionDraft::default()
        }
    }

    fn is_left_out(&self, row: &Row) -> bool {
        let cell =
            |column: usize| row.cells.get(column).map(|cell| cell.trim()).unwrap_or_default();
        let survey = self.mapping.column_of(&Target::Survey).map(cell);
        if survey.is_some_and(|survey| !survey.is_empty() && survey != self.survey.key) {
            return true;
        }
        let Some((name, words)) = self.shape.and_then(|shape| shape.left_out) else { return false };
        let column = self.columns.iter().position(|column| column.name == name);
        column.is_some_and(|column| words.contains(&cell(column).to_lowercase().as_str()))
    }

    /// A broken rule of the response, said of the row's column.
    fn issue(&self, row: &Row, violation: &Violation) -> Issue {
        let path = violation.path.as_str();
        let named = |(target, _): &(Target, _)| {
            let name = target.name(&self.survey);
            name == path
                || path.strip_prefix(&name).is_some_and(|rest| rest.starts_with(['.', '[']))
        };
        let column = self.mapping.targets.iter().position(|t| t.as_ref().is_some_and(named));
        let issue = Issue::of_row(row.line, &violation.code, &violation.message);
        match column {
            Some(column) => issue.in_cell(&self.columns[column], &row.cells[column]),
            None if path.is_empty() => issue,
            None => Issue { column: Some(path.to_owned()), ..issue },
        }
    }

    /// The score's own range, and the file's where it was told.
    pub fn range(&self, question: usize) -> Option<(i64, i64)> {
        let (low, high) = self.survey.questions.get(question)?.kind.score_range()?;
        Some((low.into(), high.into()))
    }
}

struct Reading<'a> {
    plan: &'a Plan,
    row: &'a Row,
    bad: Vec<Issue>,
    draft: SubmissionDraft,
}

impl Reading<'_> {
    fn cells(&mut self) {
        let plan = self.plan;
        for (place, target) in plan.mapping.targets.iter().enumerate() {
            let Some((target, _)) = target else { continue };
            let cell = self.row.cells.get(place).map_or("", |cell| cell.trim());
            let cell = self.armed(cell);
            if cell.is_empty() {
                continue;
            }
            if let Err((code, message)) = self.take(target, cell) {
                let issue = Issue::of_row(self.row.line, code, message);
                self.bad.push(issue.in_cell(&plan.columns[place], cell));
            }
        }
    }

    /// Our own export puts a quote in front of what a spreadsheet would run.
    fn armed<'a>(&self, cell: &'a str) -> &'a str {
        let defused = self.plan.shape.is_some_and(|shape| shape.defused);
        let rest = cell.strip_prefix('\'').filter(|_| defused);
        rest.filter(|rest| rest.starts_with(['=', '+', '-', '@'])).unwrap_or(cell)
    }

    fn take(&mut self, target: &Target, cell: &str) -> Result<(), (&'static str, String)> {
        let text = || Some(cell.to_owned());
        match target {
            // Read elsewhere.
            Target::Id | Target::Date | Target::Time | Target::Survey | Target::Ignored => {}
            Target::Channel => {
                self.draft.channel = Some(words::channel(cell).ok_or_else(unknown_channel)?);
            }
            Target::Service => self.draft.service = Some(words::slug(cell)),
            Target::Level => self.draft.level = Some(words::level(cell).to_owned()),
            Target::Locale => self.draft.locale = Some(cell.replace('_', "-").to_lowercase()),
            Target::Page => self.context().page = text(),
            Target::Referrer => self.context().referrer = text(),
            Target::Device => self.context().device = Some(words::device(cell)),
            Target::Tags => self.context().tags.extend(choices::list(cell)),
            Target::Attribute(name) => {
                self.context().attributes.insert(name.clone(), cell.to_owned());
            }
            Target::Subject => {
                let (level, subject) = (IdentityLevel::Declared, text());
                let identity = Identity { level, subject, ..Identity::default() };
                self.draft.identity = Some(identity);
            }
            Target::Reference => self.event().reference = text(),
            Target::WaitedS => self.event().waited_s = Some(words::seconds(cell)?),
            Target::ServedS => self.event().served_s = Some(words::seconds(cell)?),
            Target::Resolved => {
                let flag = choices::flag(cell).ok_or(("wrong_type", "is yes or no".to_owned()))?;
                self.event().resolved_first_contact = Some(flag);
            }
            Target::Answer(question) => self.answer(*question, cell)?,
            Target::Option(question, option) if choices::is_chosen(cell) => {
                if let Kind::Choice { options, .. } = &self.plan.survey.questions[*question].kind {
                    self.add(*question, Answer::Options(vec![options[*option].key.clone()]));
                }
            }
            Target::Option(..) => {}
            Target::Other(question) => {
                let other = Answer::WithOther { selected: Vec::new(), other: cell.to_owned() };
                self.add(*question, other);
            }
        }
        Ok(())
    }

    fn context(&mut self) -> &mut Context {
        self.draft.context.get_or_insert_default()
    }

    fn event(&mut self) -> &mut ServiceEvent {
        self.draft.service_event.get_or_insert_default()
    }

    fn answer(&mut self, question: usize, cell: &str) -> Result<(), (&'static str, String)> {
        if let Some((low, high)) = self.plan.range(question) {
            let score = self.score(question, cell, low, high)?;
            self.add(question, Answer::Score(score));
        } else if let Some(options) = self.plan.options.get(&question) {
            let answer = options.read(cell).map_err(|unknown| {
                ("unknown_option", format!("names no option of the question: {}", shown(&unknown)))
            })?;
            self.add(question, answer);
        } else {
            self.add(question, Answer::Text(cell.to_owned()));
        }
        Ok(())
    }

    fn score(
        &self,
        question: usize,
        cell: &str,
        low: i64,
        high: i64,
    ) -> Result<i64, (&'static str, String)> {
        let not_whole = || ("wrong_type", "is not a whole number".to_owned());
        let score = scores::read(cell).ok_or_else(not_whole)?;
        let told = self.plan.scales.get(&question);
        let scale = told.copied().unwrap_or(Scale { worst: low, best: high });
        let end = scale.worst.max(scale.best);
        if score.of.is_some_and(|of| of != end) {
            return Err(("scale", format!("is on another scale than {scale}; say --scale")));
        }
        let outside = || {
            (
                "out_of_range",
                format!("takes a whole number from {} to {}", scale.worst.min(scale.best), end),
            )
        };
        scale.convert(score.value, low, high).ok_or_else(outside)
    }

    /// Joins what several columns say of one question.
    fn add(&mut self, question: usize, answer: Answer) {
        let key = &self.plan.survey.questions[question].key;
        let single = self.plan.options.get(&question).is_some_and(|options| !options.multiple);
        let answer = match (self.draft.answers.remove(key), answer) {
            (Some(Answer::Text(before)), Answer::Text(more)) => {
                Answer::Text(format!("{before}\n{more}"))
            }
            (Some(before), more) => joined(before, more),
            (None, Answer::Options(one)) if single && one.len() == 1 => {
                Answer::Text(one[0].clone())
            }
            (None, answer) => answer,
        };
        self.draft.answers.insert(key.clone(), answer);
    }

    fn time(&mut self, now: Timestamp) {
        let column = |target| {
            let column = self.plan.mapping.column_of(target)?;
            let cell = self.row.cells.get(column)?.trim();
            (!cell.is_empty()).then_some((column, cell))
        };
        let Some((place, date)) = column(&Target::Date) else { return };
        if self.plan.shape.is_some_and(|shape| shape.no_time == Some(date)) {
            return;
        }
        let time = column(&Target::Time).map(|(_, time)| time);
        let whole = time.map_or_else(|| date.to_owned(), |time| format!("{date} {time}"));
        let read = dates::read(&whole, self.plan.order, &self.plan.zone);
        let problem = match read {
            Ok(time) if time.millis() > now.millis() + AHEAD_MS => {
                Some(("in_future", "is in the future"))
            }
            Ok(time) => {
                self.draft.occurred_at = Some(time);
                None
            }
            Err(error) => Some(("date", error.message())),
        };
        if let Some((code, message)) = problem {
            let issue = Issue::of_row(self.row.line, code, message);
            self.bad.push(issue.in_cell(&self.plan.columns[place], &whole));
        }
    }
}

/// One answer of two; the free words of the second.
fn joined(before: Answer, more: Answer) -> Answer {
    let parts = |answer: Answer| match answer {
        Answer::Text(one) => (vec![one], String::new()),
        Answer::Options(many) => (many, String::new()),
        Answer::WithOther { selected, other } => (selected, other),
        Answer::Score(score) => (vec![score.to_string()], String::new()),
    };
    let ((mut selected, other), (more, more_other)) = (parts(before), parts(more));
    for key in more {
        if !selected.contains(&key) {
            selected.push(key);
        }
    }
    let words = [other, more_other];
    let other = words.into_iter().filter(|words| !words.is_empty()).collect::<Vec<_>>().join(", ");
    if other.is_empty() { Answer::Options(selected) } else { Answer::WithOther { selected, other } }
}

fn unknown_channel() -> (&'static str, String) {
    ("unknown_channel", "is not a channel; say --channel for all, or --map -=COLUMN".to_owned())
}

/// A cell as it is shown: short, in one line.
pub fn shown(cell: &str) -> String {
    const CHARS_MAX: usize = 60;
    let mut shown: String =
        cell.chars().take(CHARS_MAX).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if cell.chars().nth(CHARS_MAX).is_some() {
        shown.push('…');
    }
    shown
}

/// The line of a batch.
pub fn line(draft: &SubmissionDraft) -> Value {
    let mut line = json!(draft);
    if let Some(time) = draft.occurred_at {
        line["occurred_at"] = json!(clock::format(time));
    }
    line
}
