//! One question as HTML. The same elements as the widget's, so that one style fits both: native radio
//! buttons, checkboxes and text fields, which bring their keyboard with them.

use super::Speech;
use super::posted::{ANSWER_PREFIX, OTHER_PREFIX};
use maud::{Markup, html};
use shared::submission::Answer;
use shared::survey::{ChoiceOption, Kind, OTHER, Question, Shape, limits};
use shared::{Violation, Violations};

/// The id of a question's first input, where a link from the summary leads.
pub fn first_input(key: &str) -> String {
    format!("first-{key}")
}

pub fn question(
    asked: &Question<String>,
    speech: &Speech,
    answer: Option<&Answer>,
    faults: &Violations,
) -> Markup {
    if asked.is_statement() {
        return statement(asked, speech);
    }
    let about = |fault: &&Violation| fault.question() == Some(&asked.key);
    let fault = faults.as_slice().iter().find(about);
    let (lang, dir) = speech.of_survey();
    let has_ends = asked.kind.score_range().is_some();
    let described = [
        asked.hint.as_ref().map(|_| "hint-"),
        has_ends.then_some("ends-"),
        fault.map(|_| "fault-"),
    ];
    let described = described.into_iter().flatten().map(|of| [of, &asked.key].concat());
    let described = Some(described.collect::<Vec<_>>().join(" ")).filter(|ids| !ids.is_empty());
    let field = Field { asked, speech, answer, is_faulty: fault.is_some(), described };
    html! {
        fieldset data-question=(asked.key) aria-describedby=[&field.described] {
            legend id={ "legend-" (asked.key) } {
                span lang=[lang] dir=[dir] { (asked.text) }
                " " small { (speech.text(if asked.required { "required" } else { "optional" })) }
            }
            @if let Some(hint) = &asked.hint {
                p class="hint" id={ "hint-" (asked.key) } lang=[lang] dir=[dir] { (hint) }
            }
            @if let Some(fault) = fault {
                p class="fault" id={ "fault-" (asked.key) } { (speech.violation(&fault.code)) }
            }
            (field.inputs())
        }
    }
}

/// Words alone.
fn statement(said: &Question<String>, speech: &Speech) -> Markup {
    let (lang, dir) = speech.of_survey();
    html! {
        div data-question=(said.key) lang=[lang] dir=[dir] {
            p class="statement" { (said.text) }
            @if let Some(hint) = &said.hint { p class="hint" { (hint) } }
        }
    }
}

struct Field<'a> {
    asked: &'a Question<String>,
    speech: &'a Speech,
    answer: Option<&'a Answer>,
    is_faulty: bool,
    /// The ids of what is said about it.
    described: Option<String>,
}

/// One thing to tick.
struct Row<'a> {
    kind: &'static str,
    value: &'a str,
    is_ticked: bool,
    is_first: bool,
    /// What is read out where what is seen does not say it.
    name: Option<String>,
}

impl Field<'_> {
    fn inputs(&self) -> Markup {
        match &self.asked.kind {
            Kind::Choice { multiple, other, options } => self.choice(*multiple, *other, options),
            Kind::Text { max_chars } => self.words(*max_chars),
            Kind::Nps | Kind::Rating { .. } | Kind::Ces => self.scale(),
            Kind::Statement => html! {},
        }
    }

    /// NPS, ratings, CES: radio buttons in a row, with words at both ends.
    fn scale(&self) -> Markup {
        let (low, high) = self.asked.kind.score_range().unwrap_or_default();
        let (look, ends) = (look(&self.asked.kind), ends(self.asked));
        let ends = [("low", low), ("high", high)]
            .map(|(end, score)| self.speech.filled(&[ends, end].concat(), score, ""));
        let ticked = match self.answer {
            Some(Answer::Score(score)) => Some(*score),
            _ => None,
        };
        html! {
            div class={ "scale " (look) " s" (high) } {
                @for score in low..=high {
                    (self.row(
                        &Row {
                            kind: "radio",
                            value: &score.to_string(),
                            is_ticked: ticked == Some(score.into()),
                            is_first: score == low,
                            name: Some(self.speech.filled("score", score, high)),
                        },
                        // Stars and faces are drawn by the style; without it there is the number.
                        &html! { @if look == "number" { (score) } @else { i { (score) } } },
                    ))
                }
            }
            div class="ends" id={ "ends-" (self.asked.key) } {
                span { (ends[0]) } " " span { (ends[1]) }
            }
        }
    }

    fn choice(&self, multiple: bool, other: bool, options: &[ChoiceOption<String>]) -> Markup {
        let kind = if multiple { "checkbox" } else { "radio" };
        let (lang, dir) = self.speech.of_survey();
        let row = |value, is_first| Row {
            kind,
            value,
            is_ticked: self.is_ticked(value),
            is_first,
            name: None,
        };
        html! {
            div class="options" {
                @for (i, option) in options.iter().enumerate() {
                    (self.row(
                        &row(&option.key, i == 0),
                        &html! { span lang=[lang] dir=[dir] { (option.text) } },
                    ))
                }
                @if other {
                    (self.row(&row(OTHER, false), &html! { (self.speech.text("other")) }))
                    (self.other_words())
                }
            }
        }
    }

    /// The style shows the line when "other" is ticked, where the browser's can.
    fn other_words(&self) -> Markup {
        let label = self.speech.text("other.text");
        let words = match self.answer {
            Some(Answer::WithOther { other, .. }) => other.as_str(),
            _ => "",
        };
        html! {
            input type="text" name={ (OTHER_PREFIX) (self.asked.key) } value=(words)
                maxlength=(limits::OTHER_CHARS_MAX) aria-label=(label) placeholder=(label);
        }
    }

    fn words(&self, max_chars: u32) -> Markup {
        let key = &self.asked.key;
        let words = match self.answer {
            Some(Answer::Text(words)) => words.as_str(),
            _ => "",
        };
        html! {
            textarea rows="4" name={ (ANSWER_PREFIX) (key) } id=(first_input(key))
                aria-labelledby={ "legend-" (key) } aria-describedby=[&self.described]
                aria-invalid=[self.is_faulty.then_some("true")] {
                // Browsers leave out one line break after the tag.
                "\n" (words)
            }
            @if self.is_faulty && words.chars().count() > max_chars as usize {
                p class="left" { (self.speech.filled("left", over(words, max_chars), "")) }
            }
        }
    }

    fn row(&self, row: &Row<'_>, seen: &Markup) -> Markup {
        let key = &self.asked.key;
        html! {
            label {
                input type=(row.kind) name={ (ANSWER_PREFIX) (key) } value=(row.value)
                    id=[row.is_first.then(|| first_input(key))] aria-label=[&row.name]
                    checked[row.is_ticked];
                span { (seen) }
            }
        }
    }

    fn is_ticked(&self, option: &str) -> bool {
        match self.answer {
            Some(Answer::Text(one)) => one == option,
            Some(Answer::Options(many)) => many.iter().any(|key| key == option),
            Some(Answer::WithOther { selected, .. }) => {
                option == OTHER || selected.iter().any(|key| key == option)
            }
            Some(Answer::Score(_)) | None => false,
        }
    }
}

/// How many characters are left: fewer than none.
fn over(words: &str, max_chars: u32) -> String {
    // A minus, not a hyphen.
    format!("−{}", words.chars().count().saturating_sub(max_chars as usize))
}

/// Which of the texts stand at the ends of the scale.
fn ends(asked: &Question<String>) -> &'static str {
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
