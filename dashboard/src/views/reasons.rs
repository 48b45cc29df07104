//! Why: what people chose in the questions that ask for reasons.

use super::parts::{Empty, Panel, shown};
use crate::charts::bars::Ranking;
use crate::format;
use crate::page::Page;
use crate::texts::{Texts, fill};
use leptos::prelude::*;
use shared::Survey;
use shared::summary::ChoiceSummary;
use shared::survey::{Kind, OTHER};

#[component]
pub fn Reasons(page: Page, t: &'static Texts) -> impl IntoView {
    view! {
        <Panel id="reasons" title=t.reasons.to_owned()>
            <p class="lead">{t.reasons_hint}</p>
            {shown(page.overview, "middle", move |overview| {
                let answered = overview.now.choices.iter().filter(|choice| choice.answered > 0);
                let choices: Vec<_> = answered.cloned().collect();
                if choices.is_empty() {
                    let title = t.not_asked.to_owned();
                    return view! { <Empty title hint=t.empty_hint_period.to_owned() /> }.into_any();
                }
                // The words come with the surveys, which may arrive later than the counts.
                (move || {
                    let surveys = page.surveys.data.get();
                    let surveys = surveys.as_ref().map_or(&[][..], |out| &out.surveys);
                    let questions = choices.iter().map(|choice| question(t, choice, surveys)).collect_view();
                    view! { <div class="questions">{questions}</div> }
                })
                .into_any()
            })}
        </Panel>
    }
}

fn question(
    t: &'static Texts,
    choice: &ChoiceSummary,
    surveys: &[Survey],
) -> impl IntoView + use<> {
    let words = Words::of(t, choice, surveys);
    let items = choice
        .options
        .iter()
        .map(|o| (words.option(t, &o.key), o.count, format::ratio(o.count, choice.answered)))
        .collect::<Vec<_>>();
    view! {
        <div class="question">
            <h3>{words.question()}</h3>
            <p class="faint">{fill(t.of_answered, &[&format::count(t, choice.answered)])}</p>
            <Ranking t items />
        </div>
    }
}

/// A question in the reader's language; its key where the survey is not known.
pub fn question_text(t: &Texts, surveys: &[Survey], survey: &str, question: &str) -> String {
    let survey = surveys.iter().find(|known| known.key == survey);
    let asked = survey.map(|s| s.localize(s.negotiate(Some(t.tag))));
    let text = asked.as_ref().and_then(|s| s.question(question)).map(|q| q.text.clone());
    text.unwrap_or_else(|| format::humanise(question))
}

/// The texts of one question in the reader's language; its keys where the survey is not known.
struct Words<'a> {
    choice: &'a ChoiceSummary,
    survey: Option<Survey<String>>,
}

impl<'a> Words<'a> {
    fn of(t: &Texts, choice: &'a ChoiceSummary, surveys: &[Survey]) -> Self {
        let survey = surveys.iter().find(|survey| survey.key == choice.survey);
        Self { choice, survey: survey.map(|s| s.localize(s.negotiate(Some(t.tag)))) }
    }

    fn question(&self) -> String {
        let question = self.survey.as_ref().and_then(|s| s.question(&self.choice.question));
        question.map_or_else(|| format::humanise(&self.choice.question), |q| q.text.clone())
    }

    fn option(&self, t: &Texts, key: &str) -> String {
        let question = self.survey.as_ref().and_then(|s| s.question(&self.choice.question));
        let options = match question.map(|question| &question.kind) {
            Some(Kind::Choice { options, .. }) => options.as_slice(),
            _ => &[],
        };
        match options.iter().find(|option| option.key == key) {
            Some(option) => option.text.clone(),
            None if key == OTHER => t.other.to_owned(),
            None => format::humanise(key),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::Language;
    use serde_json::json;

    #[test]
    fn options_are_named_as_well_as_they_can_be() {
        let surveys: Vec<Survey> = serde_json::from_value(json!([{"key": "post",
            "locales": ["it", "en"], "questions": [{"key": "reasons", "kind": "choice",
            "text": {"it": "Perché?", "en": "Why?"},
            "options": [{"key": "waiting", "text": {"it": "Attesa", "en": "Waiting"}}]}]}]))
        .unwrap();
        let choice = ChoiceSummary {
            survey: "post".into(),
            question: "reasons".into(),
            answered: 1,
            skipped: 0,
            options: Vec::new(),
        };
        let it = Language::Italian.texts();
        let words = Words::of(it, &choice, &surveys);
        assert_eq!(words.question(), "Perché?");
        for (key, name) in [("waiting", "Attesa"), ("other", "Altro"), ("old-key", "Old key")] {
            assert_eq!(words.option(it, key), name);
        }
        assert_eq!(Words::of(it, &choice, &[]).question(), "Reasons");
    }
}
