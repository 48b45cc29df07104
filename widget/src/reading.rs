//! The survey, from the collector's JSON as the browser parsed it.
//!
//! Reads what `shared` writes for `Survey<String>`. A kind of question that this widget does not
//! know makes the survey unreadable: better no form than half a form.

use crate::bridge::{get, list, number, string};
use shared::survey::{ChoiceOption, Kind, Question, Shape, ShowIf, Survey, limits};
use wasm_bindgen::JsValue;

pub fn survey(value: &JsValue) -> Option<Survey<String>> {
    Some(Survey {
        key: string(value, "key")?,
        version: number(value, "version").unwrap_or_default(),
        locales: Vec::new(),
        title: string(value, "title"),
        questions: all(value, "questions", question)?,
        thanks: string(value, "thanks"),
        theme: None,
    })
}

fn question(value: &JsValue) -> Option<Question<String>> {
    Some(Question {
        key: string(value, "key")?,
        kind: kind(value)?,
        text: string(value, "text")?,
        hint: string(value, "hint"),
        required: get(value, "required").is_truthy(),
        starts_page: get(value, "starts_page").is_truthy(),
        metric: string(value, "metric"),
        show_if: show_if(&get(value, "show_if")),
    })
}

fn kind(value: &JsValue) -> Option<Kind<String>> {
    Some(match string(value, "kind")?.as_str() {
        "nps" => Kind::Nps,
        "ces" => Kind::Ces,
        "rating" => Kind::Rating { scale: number(value, "scale")? as u8, shape: shape(value) },
        "choice" => Kind::Choice {
            multiple: get(value, "multiple").is_truthy(),
            other: get(value, "other").is_truthy(),
            options: all(value, "options", option)?,
        },
        "text" => Kind::Text {
            max_chars: number(value, "max_chars").unwrap_or(limits::ANSWER_CHARS_DEFAULT),
        },
        "statement" => Kind::Statement,
        _ => return None,
    })
}

fn shape(value: &JsValue) -> Shape {
    match string(value, "shape").as_deref() {
        Some("star") => Shape::Star,
        Some("face") => Shape::Face,
        _ => Shape::Number,
    }
}

fn option(value: &JsValue) -> Option<ChoiceOption<String>> {
    Some(ChoiceOption { key: string(value, "key")?, text: string(value, "text")? })
}

fn show_if(value: &JsValue) -> Option<ShowIf> {
    Some(ShowIf {
        question: string(value, "question")?,
        min: number(value, "min").map(|min| min as u8),
        max: number(value, "max").map(|max| max as u8),
        any_of: all(value, "any_of", JsValue::as_string)?,
    })
}

/// Every element of a list, or nothing where one cannot be read.
fn all<T>(value: &JsValue, key: &str, read: fn(&JsValue) -> Option<T>) -> Option<Vec<T>> {
    list(&get(value, key)).iter().map(read).collect()
}
