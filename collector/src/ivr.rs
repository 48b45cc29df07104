//! A survey by the keys of a telephone: which question comes next, what a key means, and what is said.
//! Knows neither HTTP nor the store; `http/ivr.rs` speaks with the telephony gateway.

use crate::hosted::Speech;
use maud::{Markup, PreEscaped, html};
use shared::Survey;
use shared::submission::Answer;
use shared::survey::{Kind, Question};
use std::collections::BTreeMap;

/// So often a question is said before it is left out.
pub const TRIES_MAX: u8 = 3;
/// Seconds in which a key is waited for.
const KEY_S: u8 = 6;
/// A keypad has nine keys for options, and 0.
const OPTIONS_MAX: usize = 9;

pub type Answers = BTreeMap<String, Answer>;
/// What a key means where the owner's own announcement says so: by key, the score or the option.
pub type Mapping = BTreeMap<String, String>;

/// Whether a question can be answered by keys.
pub fn has_keys(question: &Question<String>) -> bool {
    match &question.kind {
        Kind::Nps | Kind::Rating { .. } | Kind::Ces => true,
        Kind::Choice { options, .. } => options.len() <= OPTIONS_MAX,
        Kind::Text { .. } | Kind::Statement => false,
    }
}

/// The first question that is asked after these answers, was not gone through, and has keys.
pub fn next<'a>(
    survey: &'a Survey<String>,
    answers: &Answers,
    passed: &[String],
) -> Option<&'a Question<String>> {
    let shown = survey.shown(answers).into_iter();
    shown.filter(|question| has_keys(question)).find(|question| !passed.contains(&question.key))
}

/// What was pressed as an answer; `None` where it is none. `10`, or `*`, is ten.
pub fn answer(question: &Question<String>, digits: &str, mapping: &Mapping) -> Option<Answer> {
    let digits = digits.trim().trim_end_matches('#');
    let meant = mapping.get(digits).map(String::as_str);
    if !mapping.is_empty() && meant.is_none() {
        return None;
    }
    match (&question.kind, question.kind.score_range()) {
        (Kind::Choice { multiple, options, .. }, _) => {
            let by_key = |key: &str| options.iter().find(|option| option.key == key);
            let by_digit =
                |digit: char| options.get((digit.to_digit(10)? as usize).checked_sub(1)?);
            let chosen: Option<Vec<String>> = match meant {
                Some(key) => by_key(key).map(|option| vec![option.key.clone()]),
                None => digits.chars().map(|d| Some(by_digit(d)?.key.clone())).collect(),
            };
            let pressed = chosen.filter(|chosen| !chosen.is_empty())?;
            let mut chosen: Vec<String> = Vec::new();
            for key in pressed {
                if !chosen.contains(&key) {
                    chosen.push(key);
                }
            }
            match (multiple, &chosen[..]) {
                (true, _) => Some(Answer::Options(chosen)),
                (false, [one]) => Some(Answer::Text(one.clone())),
                (false, _) => None,
            }
        }
        (_, Some((low, high))) => {
            let ten = |digits: &str| if digits == "*" { Some(10) } else { digits.parse().ok() };
            let score: i64 = ten(meant.unwrap_or(digits))?;
            (i64::from(low)..=i64::from(high)).contains(&score).then_some(Answer::Score(score))
        }
        _ => None,
    }
}

/// The most keys that an answer has.
fn keys_max(question: &Question<String>) -> usize {
    match (&question.kind, question.kind.score_range()) {
        (Kind::Choice { multiple: true, options, .. }, _) => options.len(),
        (_, Some((_, high))) if high >= 10 => 2,
        _ => 1,
    }
}

/// What is said around a survey's own words.
struct Phrases {
    /// With `{low}` and `{high}`.
    scale: &'static str,
    /// With `{option}` and `{key}`.
    option: &'static str,
    pound: &'static str,
    wrong: &'static str,
}

/// Languages without phrases of their own are spoken to in English.
const PHRASES: [(&str, &str, Phrases); 6] = [
    (
        "en",
        "en-GB",
        Phrases {
            scale: "Press a number from {low} to {high}.",
            option: "For {option}, press {key}.",
            pound: "Then press the hash key.",
            wrong: "That is not one of the answers.",
        },
    ),
    (
        "it",
        "it-IT",
        Phrases {
            scale: "Premi un numero da {low} a {high}.",
            option: "Per {option}, premi {key}.",
            pound: "Poi premi cancelletto.",
            wrong: "Questa non è una delle risposte.",
        },
    ),
    (
        "de",
        "de-DE",
        Phrases {
            scale: "Drücken Sie eine Zahl von {low} bis {high}.",
            option: "Für {option} drücken Sie die {key}.",
            pound: "Drücken Sie danach die Raute-Taste.",
            wrong: "Das ist keine der Antworten.",
        },
    ),
    (
        "fr",
        "fr-FR",
        Phrases {
            scale: "Tapez un chiffre de {low} à {high}.",
            option: "Pour {option}, tapez {key}.",
            pound: "Puis tapez dièse.",
            wrong: "Ce n’est pas une des réponses.",
        },
    ),
    (
        "es",
        "es-ES",
        Phrases {
            scale: "Pulse un número del {low} al {high}.",
            option: "Para {option}, pulse {key}.",
            pound: "Después pulse almohadilla.",
            wrong: "Esa no es una de las respuestas.",
        },
    ),
    (
        "sl",
        "sl-SI",
        Phrases {
            scale: "Pritisnite številko od {low} do {high}.",
            option: "Za {option} pritisnite {key}.",
            pound: "Nato pritisnite lojtro.",
            wrong: "To ni eden od odgovorov.",
        },
    ),
];

/// The voice that a page's language has.
pub struct Voice {
    speech: Speech,
    language: &'static str,
    phrases: &'static Phrases,
}

impl Voice {
    pub fn of(speech: Speech) -> Self {
        let locale = &speech.survey_locale;
        let speaks = |tag: &str| locale.split('-').next() == Some(tag);
        let known = PHRASES.iter().find(|(tag, ..)| speaks(tag)).unwrap_or(&PHRASES[0]);
        Self { language: known.1, phrases: &known.2, speech }
    }

    fn say(&self, words: &str) -> Markup {
        html! { (PreEscaped("<Say language=\"")) (self.language) (PreEscaped("\">")) (words) (PreEscaped("</Say>")) }
    }

    /// Asks, and has what is pressed posted to `action`; after a silence posts to `silent`.
    pub fn ask(
        &self,
        question: &Question<String>,
        mapping: &Mapping,
        was_wrong: bool,
        action: &str,
        silent: &str,
    ) -> String {
        let keys = keys_max(question);
        let mut words = vec![question.text.clone()];
        if was_wrong {
            words.insert(0, self.phrases.wrong.to_owned());
        }
        if mapping.is_empty() {
            words.extend(self.keys_of(question));
        }
        if keys > 1 {
            words.push(self.phrases.pound.to_owned());
        }
        let markup = html! {
            (PreEscaped("<Gather input=\"dtmf\" method=\"POST\" finishOnKey=\"#\" timeout=\""))
            (KEY_S) (PreEscaped("\" numDigits=\"")) (keys)
            (PreEscaped("\" action=\"")) (action) (PreEscaped("\">"))
            (self.say(&words.join(" ")))
            (PreEscaped("</Gather><Redirect method=\"POST\">")) (silent) (PreEscaped("</Redirect>"))
        };
        document(&markup)
    }

    /// Says thanks (or, where nothing was answered, nothing), and ends the call.
    pub fn end(&self, thanks: Option<&str>) -> String {
        let words = thanks.map(|own| if own.is_empty() { self.speech.text("sent") } else { own });
        document(&html! {
            @if let Some(words) = words { (self.say(words)) }
            (PreEscaped("<Hangup/>"))
        })
    }

    fn keys_of(&self, question: &Question<String>) -> Vec<String> {
        if let Kind::Choice { options, .. } = &question.kind {
            let say = |(key, option): (usize, &shared::survey::ChoiceOption<String>)| {
                let words = self.phrases.option.replace("{option}", &option.text);
                words.replace("{key}", &key.to_string())
            };
            return (1..).zip(options).map(say).collect();
        }
        let (low, high) = question.kind.score_range().unwrap_or_default();
        let scale = self.phrases.scale.replace("{low}", &low.to_string());
        vec![scale.replace("{high}", &high.to_string())]
    }
}

fn document(content: &Markup) -> String {
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response>{}</Response>", content.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn question(value: &serde_json::Value) -> Question<String> {
        serde_json::from_value(value.clone()).unwrap()
    }

    #[test]
    fn keys_and_what_they_mean() {
        let nps = question(&json!({"key": "q", "kind": "nps", "text": "?"}));
        let faces = question(&json!({"key": "q", "kind": "rating", "scale": 3, "text": "?"}));
        let ten = question(&json!({"key": "q", "kind": "rating", "scale": 10, "text": "?"}));
        let options = json!([{"key": "a", "text": "A"}, {"key": "b", "text": "B"}]);
        let one = question(&json!({"key": "q", "kind": "choice", "options": options, "text": "?"}));
        let many = question(&json!({"key": "q", "kind": "choice", "multiple": true,
            "options": options, "text": "?"}));
        let none = Mapping::new();
        let mapped: Mapping =
            [("1", "3"), ("2", "2"), ("3", "1")].map(|(k, v)| (k.into(), v.into())).into();
        for (question, digits, mapping, expected) in [
            (&nps, "0", &none, json!(0)),
            (&nps, "10", &none, json!(10)),
            (&nps, "*", &none, json!(10)),
            (&nps, "9#", &none, json!(9)),
            (&nps, "11", &none, json!(null)),
            (&nps, "", &none, json!(null)),
            (&nps, "-1", &none, json!(null)),
            (&faces, "3", &none, json!(3)),
            (&faces, "4", &none, json!(null)),
            (&faces, "0", &none, json!(null)),
            (&faces, "1", &mapped, json!(3)),
            (&faces, "4", &mapped, json!(null)),
            (&ten, "*", &none, json!(10)),
            (&one, "2", &none, json!("b")),
            (&one, "3", &none, json!(null)),
            (&one, "12", &none, json!(null)),
            (&one, "0", &none, json!(null)),
            (&many, "12", &none, json!(["a", "b"])),
            (&many, "11", &none, json!(["a"])),
            (&many, "121", &none, json!(["a", "b"])),
            (&many, "13", &none, json!(null)),
        ] {
            let found = json!(answer(question, digits, mapping));
            assert_eq!(found, expected, "{digits} for {}", question.kind.name());
        }
    }
}
