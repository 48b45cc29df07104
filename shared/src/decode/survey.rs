//! A survey file's JSON to a survey, naming every mistake with its path.

use super::fields::Fields;
use crate::Violations;
use crate::survey::{ChoiceOption, Kind, OTHER, Question, Shape, ShowIf, Survey, Texts, limits};
use serde_json::Value;
use std::collections::BTreeSet;

/// Decodes and checks a survey: types, unknown fields, keys, texts in every locale, conditions.
pub fn survey(value: &Value) -> Result<Survey, Violations> {
    let mut bad = Violations::default();
    let survey = read_survey(value, &mut bad);
    match survey {
        Some(survey) if bad.is_empty() => Ok(survey),
        _ => Err(bad),
    }
}

fn read_survey(value: &Value, bad: &mut Violations) -> Option<Survey> {
    let mut fields = Fields::of(value, "", bad)?;
    for name in ["key", "locales", "questions"] {
        fields.require(name, bad);
    }
    // A survey that `show` printed carries its version; `put` gives the next one whatever it says.
    fields.whole("version", bad);
    let key = read_key(&mut fields, bad);
    let locales = read_locales(&mut fields, bad);
    let texts = TextReader { locales: &locales };
    let title = texts.optional(&mut fields, "title", bad);
    let thanks = texts.optional(&mut fields, "thanks", bad);
    let theme = super::theme::read(&mut fields, bad);
    let items = fields.optional("questions", "a list of questions", bad, Value::as_array);
    let questions = read_questions(items.map_or(&[][..], Vec::as_slice), &texts, bad);
    if items.is_some_and(|list| list.is_empty() || list.len() > limits::QUESTIONS_MAX) {
        let message = format!("takes 1 to {} questions", limits::QUESTIONS_MAX);
        bad.add("questions", "out_of_range", message);
    } else if !questions.is_empty() && questions.iter().all(Question::is_statement) {
        bad.add("questions", "nothing_asked", "has statements alone: nothing could be answered");
    }
    fields.finish(bad);
    Some(Survey { key, version: 0, locales, title, questions, thanks, theme })
}

fn check_key(key: &str, path: &str, bad: &mut Violations) {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_');
    if key.is_empty() || key.len() > limits::KEY_LENGTH_MAX || !key.bytes().all(plain) {
        let max = limits::KEY_LENGTH_MAX;
        let message = format!("takes 1 to {max} lower-case letters, digits, hyphens, underscores");
        bad.add(path, "invalid_key", message);
    }
}

/// Empty where it is missing or of the wrong type, which is told elsewhere.
fn read_key(fields: &mut Fields<'_>, bad: &mut Violations) -> String {
    let key = fields.string("key", bad);
    if let Some(key) = &key {
        check_key(key, &fields.path("key"), bad);
    }
    key.unwrap_or_default()
}

fn read_locales(fields: &mut Fields<'_>, bad: &mut Violations) -> Vec<String> {
    let read = |value: &Value| super::fields::string_list(value);
    let locales = fields.optional("locales", "a list of strings", bad, read);
    if let Some(locales) = &locales {
        check_locales(locales, bad);
    }
    locales.unwrap_or_default()
}

fn check_locales(locales: &[String], bad: &mut Violations) {
    if locales.is_empty() || locales.len() > limits::LOCALES_MAX {
        let message = format!("takes 1 to {} locales", limits::LOCALES_MAX);
        bad.add("locales", "out_of_range", message);
    }
    let mut seen = BTreeSet::new();
    for (i, locale) in locales.iter().enumerate() {
        let parts_ok = locale.split('-').enumerate().all(|(n, part)| {
            let length_ok =
                if n == 0 { (2..=3).contains(&part.len()) } else { (1..=8).contains(&part.len()) };
            length_ok && part.bytes().all(|b| b.is_ascii_alphanumeric())
        });
        if !parts_ok || locale.len() > 35 {
            bad.add(
                format!("locales[{i}]"),
                "invalid_locale",
                "takes a language tag such as it or en-GB",
            );
        } else if !seen.insert(locale) {
            bad.add(format!("locales[{i}]"), "repeated", format!("names {locale} twice"));
        }
    }
}

/// Reads texts and checks that each has all of the survey's locales and no other.
struct TextReader<'a> {
    locales: &'a [String],
}

impl TextReader<'_> {
    fn required(&self, fields: &mut Fields<'_>, name: &'static str, bad: &mut Violations) -> Texts {
        fields.require(name, bad);
        self.optional(fields, name, bad).unwrap_or_default()
    }

    fn optional(
        &self,
        fields: &mut Fields<'_>,
        name: &'static str,
        bad: &mut Violations,
    ) -> Option<Texts> {
        let path = fields.path(name);
        let map = fields.optional(name, "a text for each locale", bad, Value::as_object)?;
        let mut texts = Texts::new();
        for (locale, words) in map {
            let path = format!("{path}.{locale}");
            match words.as_str() {
                None => bad.add(path, "wrong_type", "takes a string"),
                Some(words) if words.trim().is_empty() => bad.add(path, "required", "is empty"),
                Some(words) if words.chars().count() > limits::TEXT_LENGTH_MAX => {
                    bad.add(
                        path,
                        "too_long",
                        format!("takes {} characters", limits::TEXT_LENGTH_MAX),
                    );
                }
                Some(_) if !self.locales.contains(locale) => {
                    bad.add(path, "unknown_locale", "is not one of the survey's locales");
                }
                Some(words) => {
                    texts.insert(locale.clone(), words.to_owned());
                }
            }
        }
        for locale in self.locales.iter().filter(|locale| !map.contains_key(*locale)) {
            bad.add(format!("{path}.{locale}"), "required", "is missing");
        }
        Some(texts)
    }
}

fn read_questions(items: &[Value], texts: &TextReader<'_>, bad: &mut Violations) -> Vec<Question> {
    let mut questions: Vec<Question> = Vec::new();
    for (i, item) in items.iter().take(limits::QUESTIONS_MAX).enumerate() {
        let path = format!("questions[{i}]");
        let Some(question) = read_question(item, &path, texts, bad) else { continue };
        if questions.iter().any(|earlier| earlier.key == question.key) {
            bad.add(format!("{path}.key"), "repeated", format!("{} is taken", question.key));
        }
        let measures = question.measures();
        if measures.is_some() && questions.iter().any(|earlier| earlier.measures() == measures) {
            let metric = measures.unwrap_or_default();
            let message =
                format!("{metric} is measured by an earlier question: it would count twice");
            bad.add(format!("{path}.metric"), "repeated", message);
        }
        if let Some(rule) = &question.show_if {
            check_show_if(rule, &questions, &format!("{path}.show_if"), bad);
        }
        questions.push(question);
    }
    questions
}

fn read_question(
    value: &Value,
    path: &str,
    texts: &TextReader<'_>,
    bad: &mut Violations,
) -> Option<Question> {
    let mut fields = Fields::of(value, path, bad)?;
    for name in ["key", "kind"] {
        fields.require(name, bad);
    }
    let key = read_key(&mut fields, bad);
    let text = texts.required(&mut fields, "text", bad);
    let hint = texts.optional(&mut fields, "hint", bad);
    let required = fields.boolean("required", bad).unwrap_or_default();
    let starts_page = fields.boolean("starts_page", bad).unwrap_or_default();
    let metric = fields.string("metric", bad);
    let show_if = fields.get("show_if").and_then(|value| read_show_if(value, path, bad));
    let kind = read_kind(&mut fields, texts, bad);
    if required && matches!(kind, Some(Kind::Statement)) {
        bad.add(fields.path("required"), "wrong_type", "a statement has no answer");
    }
    if let Some(metric) = &metric {
        check_metric(metric, kind.as_ref(), &fields.path("metric"), bad);
    }
    // Without a kind it is not known which fields belong here.
    match kind {
        Some(kind) => {
            fields.finish(bad);
            Some(Question { key, kind, text, hint, required, starts_page, metric, show_if })
        }
        None => None,
    }
}

fn read_kind(
    fields: &mut Fields<'_>,
    texts: &TextReader<'_>,
    bad: &mut Violations,
) -> Option<Kind> {
    let name = fields.string("kind", bad)?;
    Some(match name.as_str() {
        "nps" => Kind::Nps,
        "ces" => Kind::Ces,
        "rating" => read_rating(fields, bad),
        "choice" => read_choice(fields, texts, bad),
        "text" => {
            let max_chars = fields.whole("max_chars", bad).unwrap_or(limits::ANSWER_CHARS_DEFAULT);
            if !(1..=limits::ANSWER_CHARS_MAX).contains(&max_chars) {
                let message = format!("takes 1 to {}", limits::ANSWER_CHARS_MAX);
                bad.add(fields.path("max_chars"), "out_of_range", message);
            }
            Kind::Text { max_chars }
        }
        "statement" => Kind::Statement,
        _ => {
            let message = "is nps, rating, ces, choice, text or statement";
            bad.add(fields.path("kind"), "unknown_kind", message);
            return None;
        }
    })
}

fn read_rating(fields: &mut Fields<'_>, bad: &mut Violations) -> Kind {
    let scale = fields.whole("scale", bad).unwrap_or(5);
    if ![3, 5, 7, 10].contains(&scale) {
        bad.add(fields.path("scale"), "out_of_range", "is 3, 5, 7 or 10");
    }
    let shape = fields
        .optional("shape", "star, face or number", bad, |value| {
            Some(match value.as_str()? {
                "star" => Shape::Star,
                "face" => Shape::Face,
                "number" => Shape::Number,
                _ => return None,
            })
        })
        .unwrap_or_default();
    Kind::Rating { scale: u8::try_from(scale).unwrap_or(5), shape }
}

fn read_choice(fields: &mut Fields<'_>, texts: &TextReader<'_>, bad: &mut Violations) -> Kind {
    let multiple = fields.boolean("multiple", bad).unwrap_or_default();
    let other = fields.boolean("other", bad).unwrap_or_default();
    let options = read_options(fields, texts, bad);
    if other && options.iter().any(|option| option.key == OTHER) {
        bad.add(fields.path("options"), "repeated", "the key other is the free answer's");
    }
    Kind::Choice { multiple, other, options }
}

fn read_options(
    fields: &mut Fields<'_>,
    texts: &TextReader<'_>,
    bad: &mut Violations,
) -> Vec<ChoiceOption> {
    fields.require("options", bad);
    let path = fields.path("options");
    let Some(items) = fields.optional("options", "a list of options", bad, Value::as_array) else {
        return Vec::new();
    };
    if items.is_empty() || items.len() > limits::OPTIONS_MAX {
        bad.add(&path, "out_of_range", format!("takes 1 to {} options", limits::OPTIONS_MAX));
    }
    let mut options: Vec<ChoiceOption> = Vec::new();
    for (i, item) in items.iter().take(limits::OPTIONS_MAX).enumerate() {
        let Some(mut option) = Fields::of(item, format!("{path}[{i}]"), bad) else { continue };
        option.require("key", bad);
        let key = read_key(&mut option, bad);
        if options.iter().any(|earlier| earlier.key == key) {
            bad.add(option.path("key"), "repeated", format!("{key} is taken"));
        }
        let text = texts.required(&mut option, "text", bad);
        option.finish(bad);
        options.push(ChoiceOption { key, text });
    }
    options
}

fn check_metric(metric: &str, kind: Option<&Kind>, path: &str, bad: &mut Violations) {
    check_key(metric, path, bad);
    let reserved = match kind {
        Some(Kind::Choice { .. } | Kind::Text { .. } | Kind::Statement) => {
            Some("is for nps, rating and ces questions")
        }
        Some(Kind::Nps) if matches!(metric, "csat" | "ces") => Some("nps questions measure nps"),
        Some(Kind::Rating { .. }) if matches!(metric, "nps" | "ces") => {
            Some("nps and ces are measured by their own kinds of question")
        }
        Some(Kind::Ces) if matches!(metric, "nps" | "csat") => Some("ces questions measure ces"),
        _ => None,
    };
    if let Some(message) = reserved {
        bad.add(path, "wrong_metric", message);
    }
}

fn read_show_if(value: &Value, question_path: &str, bad: &mut Violations) -> Option<ShowIf> {
    let mut fields = Fields::of(value, format!("{question_path}.show_if"), bad)?;
    fields.require("question", bad);
    let question = fields.string("question", bad)?;
    let mut score = |name| {
        fields.optional(name, "a score", bad, |value| {
            value.as_u64().and_then(|n| u8::try_from(n).ok())
        })
    };
    let (min, max) = (score("min"), score("max"));
    let any_of = fields.strings("any_of", bad);
    fields.finish(bad);
    Some(ShowIf { question, min, max, any_of })
}

fn check_show_if(rule: &ShowIf, earlier: &[Question], path: &str, bad: &mut Violations) {
    let Some(asked) = earlier.iter().find(|question| question.key == rule.question) else {
        bad.add(format!("{path}.question"), "unknown_question", "names no earlier question");
        return;
    };
    let bounds = rule.min.is_some() || rule.max.is_some();
    match (&asked.kind, asked.kind.score_range()) {
        (_, Some((low, high))) => {
            for (bound, name) in [(rule.min, "min"), (rule.max, "max")] {
                if bound.is_some_and(|score| !(low..=high).contains(&score)) {
                    bad.add(
                        format!("{path}.{name}"),
                        "out_of_range",
                        format!("is {low} to {high}"),
                    );
                }
            }
            if rule.min.zip(rule.max).is_some_and(|(min, max)| min > max) {
                bad.add(path, "out_of_range", "min is above max: never shown");
            }
            if !rule.any_of.is_empty() {
                bad.add(format!("{path}.any_of"), "wrong_type", "is for choices; use min and max");
            }
        }
        (Kind::Statement, None) => {
            bad.add(format!("{path}.question"), "wrong_type", "names a statement: no answer");
        }
        (Kind::Choice { other, options, .. }, None) => {
            let known =
                |key: &String| options.iter().any(|o| o.key == *key) || (*other && key == OTHER);
            for key in rule.any_of.iter().filter(|key| !known(key)) {
                bad.add(
                    format!("{path}.any_of"),
                    "unknown_option",
                    format!("{key} is not an option"),
                );
            }
            if bounds {
                bad.add(path, "wrong_type", "min and max are for scores; use any_of");
            }
        }
        (_, None) if bounds || !rule.any_of.is_empty() => {
            bad.add(path, "wrong_type", "a text has neither score nor options");
        }
        (_, None) => {}
    }
}
