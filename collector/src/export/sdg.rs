//! Feedback on information pages as one JSON document, shaped after Regulation (EU) 2018/1724 and
//! Implementing Regulation (EU) 2020/1121: identifiable by its id, in UTC, and without free text.

use super::Rows;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use shared::Answer;
use shared::page::ResponseOut;
use std::io::{self, Write};

/// The survey, and its questions that are handed on.
pub const SURVEY: &str = "sdg";
const FOUND: &str = "found";
const QUALITY: &str = "quality";

/// Names in the document. The Commission's own schema was not at hand: they stand in one file.
const NAMES: &str = include_str!("sdg.json");

#[derive(Deserialize)]
struct Names {
    list: String,
    id: String,
    occurred_at: String,
    page: String,
    locale: String,
    found: String,
    quality: String,
}

pub struct Sdg<W> {
    names: Names,
    first: bool,
    into: W,
}

impl<W: Write> Sdg<W> {
    pub fn begin(mut into: W) -> io::Result<Self> {
        let names: Names = serde_json::from_str(NAMES)?;
        write!(into, "{{{}:[", json!(names.list))?;
        Ok(Self { names, first: true, into })
    }

    fn feedback(&self, response: &ResponseOut) -> Value {
        let Names { id, occurred_at, page, locale, found, quality, .. } = &self.names;
        let answer = |key: &str| match response.answers.get(key)? {
            Answer::Score(score) => Some(json!(score)),
            Answer::Text(option) => Some(json!(option)),
            // Anything else is no choice of one, and no score.
            Answer::Options(_) | Answer::WithOther { .. } => None,
        };
        let fields = [
            (id, Some(json!(response.id))),
            (occurred_at, Some(json!(response.occurred_at))),
            (page, response.context.page.as_ref().map(|page| json!(page))),
            (locale, response.locale.as_ref().map(|locale| json!(locale))),
            (found, answer(FOUND)),
            (quality, answer(QUALITY)),
        ];
        let told = fields.into_iter().filter_map(|(name, value)| Some((name.clone(), value?)));
        Value::Object(told.collect::<Map<_, _>>())
    }
}

impl<W: Write> Rows for Sdg<W> {
    fn write(&mut self, response: &ResponseOut) -> io::Result<()> {
        if !std::mem::take(&mut self.first) {
            self.into.write_all(b",")?;
        }
        self.into.write_all(b"\n")?;
        let feedback = self.feedback(response);
        Ok(serde_json::to_writer(&mut self.into, &feedback)?)
    }

    fn end(mut self: Box<Self>) -> io::Result<()> {
        self.into.write_all(b"\n]}\n")?;
        self.into.flush()
    }
}
