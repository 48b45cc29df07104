//! The inputs of one question: native radio buttons, checkboxes and text fields, which bring
//! their keyboard with them.

use super::Asked;
use crate::form::Form;
use crate::json::digits;
use leptos::either::EitherOf3;
use leptos::prelude::*;
use shared::survey::{ChoiceOption, Kind, OTHER, Shape};

pub fn of(form: &Form, asked: &Asked) -> impl IntoView + use<> {
    match &asked.kind {
        Kind::Choice { multiple, other, options } => {
            EitherOf3::A(choice(form, &asked.key, *multiple, *other, options))
        }
        Kind::Statement => EitherOf3::A(choice(form, &asked.key, false, false, &[])),
        Kind::Text { .. } => EitherOf3::B(words(&asked.key)),
        _ => EitherOf3::C(scale(form, asked)),
    }
}

/// NPS, ratings, CES: radio buttons in a row, with words at both ends.
fn scale(form: &Form, asked: &Asked) -> impl IntoView + use<> {
    let page = &form.page;
    let (low, high) = asked.kind.score_range().unwrap_or_default();
    let look = look(&asked.kind);
    let top = digits(i64::from(high));
    let scores: Vec<_> = (low..=high)
        .map(|score| {
            let number = digits(i64::from(score));
            let name = page.filled_text("score", &number, &top);
            // Stars and faces are drawn by the style.
            let seen = if look == "number" { page.written(&number) } else { String::new() };
            row("radio", &asked.key, number, Some(name), seen)
        })
        .collect();
    let ends = ends(asked);
    view! {
        <div class=["scale ", look, " s", &top].concat()>{scores}</div>
        <div class="ends" id=["ends-", &asked.key].concat()>
            <span>{page.filled_text(&[ends, "low"].concat(), "0", "")}</span>
            <span>{page.filled_text(&[ends, "high"].concat(), &top, "")}</span>
        </div>
    }
}

fn choice(
    form: &Form,
    key: &str,
    multiple: bool,
    other: bool,
    options: &[ChoiceOption<String>],
) -> impl IntoView + use<> {
    let kind = if multiple { "checkbox" } else { "radio" };
    let mut rows: Vec<_> = options
        .iter()
        .map(|option| row(kind, key, option.key.clone(), None, option.text.clone()))
        .collect();
    if other {
        rows.push(row(kind, key, OTHER.to_owned(), None, form.page.text("other")));
    }
    // The style shows the line when "other" is ticked.
    let line = other.then(|| {
        let label = form.page.text("other.text");
        view! { <input type="text" maxlength="200" aria-label=label.clone() placeholder=label /> }
    });
    view! { <div class="options">{rows}{line}</div> }
}

/// Free text, with a count of the characters that are left.
fn words(key: &str) -> impl IntoView + use<> {
    let id = |of: &str| [of, key].concat();
    view! {
        <textarea
            rows="3"
            name=key.to_owned()
            aria-labelledby=id("legend-")
            aria-describedby=["hint-", key, " left-", key, " fault-", key].concat()
        ></textarea>
        <p class="left" id=id("left-")></p>
    }
}

/// One thing to tick. `name` is what is read out where what is seen does not say it.
fn row(
    kind: &'static str,
    question: &str,
    value: String,
    name: Option<String>,
    seen: String,
) -> impl IntoView + use<> {
    view! {
        <label>
            <input type=kind name=question.to_owned() value=value aria-label=name />
            <span>{seen}</span>
        </label>
    }
}

/// Which of the widget's texts stand at the ends of the scale.
fn ends(asked: &Asked) -> &'static str {
    match (&asked.kind, asked.measures()) {
        (Kind::Nps, _) => "nps.",
        (Kind::Ces, _) => "ces.",
        (_, Some("csat")) => "csat.",
        _ => "rating.",
    }
}

fn look(kind: &Kind<String>) -> &'static str {
    match kind {
        Kind::Rating { shape: Shape::Star, .. } => "star",
        Kind::Rating { shape: Shape::Face, scale: 3 | 5 } => "face",
        _ => "number",
    }
}
