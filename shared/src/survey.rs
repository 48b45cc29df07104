//! A survey: versioned questions of one site, with branching and texts in several languages.
//!
//! `Survey` (texts by locale) is what an owner writes and the collector stores;
//! `Survey<String>` (one locale) is what a visitor's form needs.

use crate::submission::{Answer, Given};
use crate::theme::Theme;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Locale to words.
pub type Texts = BTreeMap<String, String>;

/// Under which a free "other" answer is counted beside the options.
pub const OTHER: &str = "other";

/// Bounds of a survey's definition.
pub mod limits {
    pub const QUESTIONS_MAX: usize = 50;
    pub const OPTIONS_MAX: usize = 50;
    pub const LOCALES_MAX: usize = 40;
    pub const KEY_LENGTH_MAX: usize = 64;
    pub const TEXT_LENGTH_MAX: usize = 1_000;
    pub const ANSWER_CHARS_MAX: u32 = 10_000;
    pub const ANSWER_CHARS_DEFAULT: u32 = 2_000;
    pub const OTHER_CHARS_MAX: u32 = 200;
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Survey<T = Texts> {
    pub key: String,
    /// Given by the collector, from 1; 0 in a file that is not stored yet.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub version: u32,
    /// The first is the fallback.
    pub locales: Vec<String>,
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    pub title: Option<T>,
    pub questions: Vec<Question<T>>,
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    pub thanks: Option<T>,
    /// The form's colours, where the owner has chosen some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub theme: Option<Theme>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question<T = Texts> {
    pub key: String,
    #[serde(flatten)]
    pub kind: Kind<T>,
    pub text: T,
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    pub hint: Option<T>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub required: bool,
    /// Whether a new page of the form begins here. Without any, all is asked on one.
    #[serde(default, skip_serializing_if = "is_false")]
    pub starts_page: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub show_if: Option<ShowIf>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Kind<T = Texts> {
    /// 0-10.
    Nps,
    /// 1 to `scale`, which is 3, 5, 7 or 10.
    Rating {
        scale: u8,
        #[serde(default)]
        shape: Shape,
    },
    /// 1-7, agreement with "made it easy".
    Ces,
    Choice {
        #[serde(default, skip_serializing_if = "is_false")]
        multiple: bool,
        /// Offers a free "other".
        #[serde(default, skip_serializing_if = "is_false")]
        other: bool,
        options: Vec<ChoiceOption<T>>,
    },
    Text {
        /// Unicode scalar values.
        #[serde(default = "answer_chars_default")]
        max_chars: u32,
    },
    /// Words alone: there is nothing to answer.
    Statement,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shape {
    Star,
    Face,
    #[default]
    Number,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChoiceOption<T = Texts> {
    pub key: String,
    pub text: T,
}

/// Shows a question only after an earlier one was answered within `min..=max` (scores)
/// or with one of `any_of` (choices; `other` is the free answer).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowIf {
    pub question: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<u8>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<u8>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub any_of: Vec<String>,
}

impl<T> Survey<T> {
    pub fn question(&self, key: &str) -> Option<&Question<T>> {
        self.questions.iter().find(|question| question.key == key)
    }

    /// The questions that a visitor with these answers is asked, in order. A question whose
    /// condition names a hidden question is hidden too.
    pub fn shown<'a>(&'a self, answers: &impl Given) -> Vec<&'a Question<T>> {
        let mut shown: Vec<&Question<T>> = Vec::with_capacity(self.questions.len());
        for question in &self.questions {
            let visible = question.show_if.as_ref().is_none_or(|rule| {
                shown.iter().any(|earlier| earlier.key == rule.question)
                    && answers.answer(&rule.question).is_some_and(|answer| rule.holds(answer))
            });
            if visible {
                shown.push(question);
            }
        }
        shown
    }

    /// The number, from 0, of the page that a question of this survey stands on.
    pub fn page_of(&self, key: &str) -> usize {
        let mut page = 0;
        for question in &self.questions {
            page += usize::from(question.starts_page);
            if question.key == key {
                break;
            }
        }
        page
    }

    /// The numbers of the pages that a visitor with these answers goes through, in order. Where
    /// nothing is shown there is no page.
    pub fn pages(&self, answers: &impl Given) -> Vec<usize> {
        let mut pages = Vec::new();
        for question in self.shown(answers) {
            let page = self.page_of(&question.key);
            if pages.last() != Some(&page) {
                pages.push(page);
            }
        }
        pages
    }
}

impl<T> Question<T> {
    pub const fn is_statement(&self) -> bool {
        matches!(self.kind, Kind::Statement)
    }

    /// What the answers measure: the owner's word, else `nps` and `ces` for their kinds, else
    /// the question's own key. Choices, texts and statements measure nothing.
    pub fn measures(&self) -> Option<&str> {
        match (&self.metric, &self.kind) {
            (_, Kind::Choice { .. } | Kind::Text { .. } | Kind::Statement) => None,
            (Some(metric), _) => Some(metric),
            (None, Kind::Nps) => Some("nps"),
            (None, Kind::Ces) => Some("ces"),
            (None, Kind::Rating { .. }) => Some(&self.key),
        }
    }
}

impl<T> Kind<T> {
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Nps => "nps",
            Self::Rating { .. } => "rating",
            Self::Ces => "ces",
            Self::Choice { .. } => "choice",
            Self::Text { .. } => "text",
            Self::Statement => "statement",
        }
    }

    /// Lowest and highest score, both included; `None` for kinds without a score.
    pub const fn score_range(&self) -> Option<(u8, u8)> {
        match self {
            Self::Nps => Some((0, 10)),
            Self::Rating { scale, .. } => Some((1, *scale)),
            Self::Ces => Some((1, 7)),
            Self::Choice { .. } | Self::Text { .. } | Self::Statement => None,
        }
    }
}

impl ShowIf {
    pub fn holds(&self, answer: &Answer) -> bool {
        match answer {
            Answer::Score(score) => {
                self.min.is_none_or(|min| *score >= i64::from(min))
                    && self.max.is_none_or(|max| *score <= i64::from(max))
            }
            Answer::Text(one) => self.any_of.is_empty() || self.any_of.contains(one),
            Answer::Options(many) => self.names_one_of(many),
            Answer::WithOther { selected, .. } => {
                self.names_one_of(selected) || self.any_of.iter().any(|key| key == OTHER)
            }
        }
    }

    fn names_one_of(&self, options: &[String]) -> bool {
        self.any_of.is_empty() || options.iter().any(|key| self.any_of.contains(key))
    }
}

impl Survey {
    /// The survey's locale for a requested one: the same, else the same language, else the first.
    pub fn negotiate(&self, requested: Option<&str>) -> &str {
        let fallback = self.locales.first().map_or("en", String::as_str);
        let Some(requested) = requested else { return fallback };
        let language = |tag: &str| tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
        self.locales
            .iter()
            .find(|locale| locale.eq_ignore_ascii_case(requested))
            .or_else(|| self.locales.iter().find(|locale| language(locale) == language(requested)))
            .map_or(fallback, String::as_str)
    }

    /// The survey with the texts of one locale alone.
    pub fn localize(&self, locale: &str) -> Survey<String> {
        let pick = |texts: &Texts| {
            let fallback = self.locales.first().and_then(|first| texts.get(first));
            texts.get(locale).or(fallback).cloned().unwrap_or_default()
        };
        Survey {
            key: self.key.clone(),
            version: self.version,
            locales: vec![locale.to_owned()],
            title: self.title.as_ref().map(pick),
            questions: self.questions.iter().map(|question| question.map_texts(&pick)).collect(),
            thanks: self.thanks.as_ref().map(pick),
            theme: self.theme,
        }
    }
}

impl Question {
    fn map_texts(&self, pick: &impl Fn(&Texts) -> String) -> Question<String> {
        Question {
            key: self.key.clone(),
            kind: match &self.kind {
                Kind::Nps => Kind::Nps,
                Kind::Rating { scale, shape } => Kind::Rating { scale: *scale, shape: *shape },
                Kind::Ces => Kind::Ces,
                Kind::Choice { multiple, other, options } => Kind::Choice {
                    multiple: *multiple,
                    other: *other,
                    options: options
                        .iter()
                        .map(|o| ChoiceOption { key: o.key.clone(), text: pick(&o.text) })
                        .collect(),
                },
                Kind::Text { max_chars } => Kind::Text { max_chars: *max_chars },
                Kind::Statement => Kind::Statement,
            },
            text: pick(&self.text),
            hint: self.hint.as_ref().map(pick),
            required: self.required,
            starts_page: self.starts_page,
            metric: self.metric.clone(),
            show_if: self.show_if.clone(),
        }
    }
}

fn none<T>() -> Option<T> {
    None
}
fn is_false(flag: &bool) -> bool {
    !flag
}
fn is_zero(number: &u32) -> bool {
    *number == 0
}
const fn answer_chars_default() -> u32 {
    limits::ANSWER_CHARS_DEFAULT
}
