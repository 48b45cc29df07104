//! What people wrote, taken out of their responses. The words stay text; nothing here is markup.

use crate::feed::Entry;
use shared::page::ResponseOut;
use shared::scoring::{NpsGroup, nps_group};
use shared::survey::Kind;
use shared::{Answer, Survey};

#[derive(Clone, Debug, PartialEq)]
pub struct Comment {
    pub id: String,
    pub score: Option<Score>,
    pub words: Vec<Words>,
    pub channel: String,
    pub service: Option<String>,
    /// RFC 3339 in UTC.
    pub occurred_at: String,
}

/// The score that the same person gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Score {
    pub value: i64,
    pub highest: u8,
    /// Only of an NPS question.
    pub group: Option<NpsGroup>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// The question in the reader's language, where the comment needs it to be understood.
    pub question: Option<String>,
    pub text: String,
}

impl Comment {
    /// Without words where the visitor wrote nothing.
    pub fn from_response(response: &ResponseOut, surveys: &[Survey], locale: &str) -> Self {
        let survey = surveys.iter().find(|survey| survey.key == response.survey);
        let survey = survey.map(|survey| survey.localize(survey.negotiate(Some(locale))));
        Self {
            id: response.id.clone(),
            score: survey.as_ref().and_then(|survey| score(response, survey)),
            words: words(response, survey.as_ref()),
            channel: response.channel.clone(),
            service: response.service.clone(),
            occurred_at: response.occurred_at.clone(),
        }
    }
}

impl Entry for Comment {
    const STEP: usize = 10;

    fn of(response: &ResponseOut, surveys: &[Survey], locale: &str) -> Option<Self> {
        let comment = Self::from_response(response, surveys, locale);
        (!comment.words.is_empty()).then_some(comment)
    }

    fn id(&self) -> &str {
        &self.id
    }
}

type Localized = Survey<String>;

fn words(response: &ResponseOut, survey: Option<&Localized>) -> Vec<Words> {
    let mut written: Vec<_> = response
        .answers
        .iter()
        .filter_map(|(key, answer)| written(key, answer, survey).map(|text| (key, text)))
        .collect();
    let place = |key: &str| survey.and_then(|s| s.questions.iter().position(|q| q.key == key));
    written.sort_by_key(|(key, _)| place(key));
    let alone = written.len() == 1;
    let question = |key: &str| survey.and_then(|s| s.question(key));
    written
        .into_iter()
        .map(|(key, text)| Words {
            question: question(key)
                .filter(|q| !alone || !matches!(q.kind, Kind::Text { .. }))
                .map(|q| q.text.clone()),
            text: text.trim().to_owned(),
        })
        .collect()
}

/// The free words of an answer. A single choice is a string too, but names an option.
fn written<'a>(key: &str, answer: &'a Answer, survey: Option<&Localized>) -> Option<&'a str> {
    let is_choice = || {
        let question = survey.and_then(|survey| survey.question(key));
        question.is_some_and(|question| matches!(question.kind, Kind::Choice { .. }))
    };
    match answer {
        Answer::Text(text) if !text.trim().is_empty() && !is_choice() => Some(text),
        Answer::WithOther { other, .. } if !other.trim().is_empty() => Some(other),
        _ => None,
    }
}

/// The NPS if it was asked, else the first other score.
fn score(response: &ResponseOut, survey: &Localized) -> Option<Score> {
    let scored = |wanted: fn(&Kind<String>) -> bool| {
        survey.questions.iter().filter(move |q| wanted(&q.kind)).find_map(|question| {
            let Answer::Score(value) = response.answers.get(&question.key)? else { return None };
            let (_, highest) = question.kind.score_range()?;
            let group = matches!(question.kind, Kind::Nps)
                .then(|| u8::try_from(*value).ok().map(nps_group))
                .flatten();
            Some(Score { value: *value, highest, group })
        })
    };
    scored(|kind| matches!(kind, Kind::Nps)).or_else(|| scored(|_| true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn survey() -> Vec<Survey> {
        let text = |words: &str| json!({"en": words});
        serde_json::from_value(json!([{"key": "post", "locales": ["en"], "questions": [
            {"key": "recommend", "kind": "nps", "text": text("Recommend us?")},
            {"key": "stars", "kind": "rating", "scale": 5, "text": text("Satisfied?")},
            {"key": "where", "kind": "choice", "options": [{"key": "home", "text": text("Home")}],
             "other": true, "text": text("Where were you?")},
            {"key": "comment", "kind": "text", "text": text("How could we improve?")},
        ]}]))
        .unwrap()
    }

    fn comment(answers: &Value) -> Option<Comment> {
        let response = serde_json::from_value(json!({
            "id": "1", "survey": "post", "survey_version": 1, "channel": "web", "class": "interactive",
            "answers": answers, "identity": "anonymous",
            "occurred_at": "2026-11-22T10:00:00Z", "received_at": "2026-11-22T10:00:00Z"}))
        .unwrap();
        Comment::of(&response, &survey(), "it")
    }

    #[test]
    fn no_words_no_comment() {
        for answers in [
            json!({"recommend": 9}),
            json!({"recommend": 9, "comment": "  "}),
            json!({"where": "home"}),
            json!({"where": {"selected": ["home"], "other": ""}}),
        ] {
            assert_eq!(comment(&answers), None, "{answers}");
        }
    }

    #[test]
    fn words_come_with_the_score_of_the_same_person() {
        for (answers, value, highest, group) in [
            (json!({"recommend": 9, "stars": 2, "comment": "x"}), 9, 10, Some(NpsGroup::Promoter)),
            (json!({"recommend": 6, "comment": "x"}), 6, 10, Some(NpsGroup::Detractor)),
            (json!({"stars": 2, "comment": "x"}), 2, 5, None),
        ] {
            assert_eq!(comment(&answers).unwrap().score, Some(Score { value, highest, group }));
        }
        assert_eq!(comment(&json!({"comment": "x"})).unwrap().score, None);
    }

    #[test]
    fn the_question_is_told_where_words_alone_are_unclear() {
        let questions = |answers: Value| -> Vec<_> {
            comment(&answers).unwrap().words.into_iter().map(|w| w.question).collect()
        };
        assert_eq!(questions(json!({"comment": "A <b>b</b>"})), [None]);
        assert_eq!(
            questions(json!({"where": {"selected": [], "other": "train"}})),
            [Some("Where were you?".to_owned())]
        );
        assert_eq!(
            questions(json!({"comment": "x", "where": {"selected": [], "other": "train"}})),
            [Some("Where were you?".to_owned()), Some("How could we improve?".to_owned())]
        );
    }
}
