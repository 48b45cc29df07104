//! A survey in steps: its own pages, and more where they branch. Without scripts a page cannot show a follow-up when its condition is ticked, so
//! a question is never on the same step as what it depends on: the condition is asked first, the
//! collector decides what comes next. That works in every browser, and with a reader of the screen;
//! hiding by style (`:has()`) would show follow-ups that do not apply wherever the style is missing.

use super::Answers;
use shared::survey::{Question, Survey};

/// Steps by number, from 0, in the survey's order. Which questions a step has does not depend on the
/// answers; which of them are shown does.
pub struct Steps<'a, T> {
    survey: &'a Survey<T>,
    /// Of each question.
    numbers: Vec<usize>,
}

impl<'a, T> Steps<'a, T> {
    pub fn of(survey: &'a Survey<T>) -> Self {
        let mut numbers: Vec<usize> = Vec::with_capacity(survey.questions.len());
        for question in &survey.questions {
            let last = numbers.last().copied().unwrap_or_default();
            let depends = question.show_if.as_ref().is_some_and(|rule| {
                let on = survey.questions.iter().position(|earlier| earlier.key == rule.question);
                on.and_then(|on| numbers.get(on)) == Some(&last)
            });
            let begins = depends || (question.starts_page && !numbers.is_empty());
            numbers.push(last + usize::from(begins));
        }
        Self { survey, numbers }
    }

    /// As many as there are when everything is asked.
    pub fn count(&self) -> usize {
        self.numbers.last().map_or(0, |last| last + 1)
    }

    /// The step of a question.
    pub fn number(&self, key: &str) -> Option<usize> {
        let place = self.survey.questions.iter().position(|question| question.key == key)?;
        self.numbers.get(place).copied()
    }

    /// What a visitor with these answers is asked on a step.
    pub fn shown(&self, step: usize, answers: &Answers) -> Vec<&'a Question<T>> {
        let shown = self.survey.shown(answers).into_iter();
        shown.filter(|question| self.number(&question.key) == Some(step)).collect()
    }

    /// The first step after this one that asks something.
    pub fn next(&self, step: usize, answers: &Answers) -> Option<usize> {
        (step + 1..self.count()).find(|later| !self.shown(*later, answers).is_empty())
    }

    /// The last step before this one that asks something.
    pub fn previous(&self, step: usize, answers: &Answers) -> Option<usize> {
        (0..step).rev().find(|earlier| !self.shown(*earlier, answers).is_empty())
    }

    /// Whether something may be asked after this step, whatever is answered on it.
    pub fn may_follow(&self, step: usize, answers: &Answers) -> bool {
        self.steps_that_may_follow(step, answers) > 0
    }

    /// Which one this is, from 1, and how many there may be.
    pub fn progress(&self, step: usize, answers: &Answers) -> (usize, usize) {
        let asked = (0..=step).filter(|earlier| !self.shown(*earlier, answers).is_empty());
        let done = asked.count();
        (done, done + self.steps_that_may_follow(step, answers))
    }

    fn steps_that_may_follow(&self, step: usize, answers: &Answers) -> usize {
        let shown = self.survey.shown(answers);
        let is_shown = |key: &str| shown.iter().any(|question| question.key == key);
        let mut open: Vec<&str> = Vec::new();
        let mut steps = Vec::new();
        for (question, number) in self.survey.questions.iter().zip(&self.numbers) {
            let depends_on_open =
                question.show_if.as_ref().is_none_or(|rule| open.contains(&rule.question.as_str()));
            match *number {
                earlier if earlier < step => {}
                now if now == step && is_shown(&question.key) => open.push(&question.key),
                later if later > step && (depends_on_open || is_shown(&question.key)) => {
                    open.push(&question.key);
                    steps.push(later);
                }
                _ => {}
            }
        }
        steps.dedup();
        steps.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use shared::decode;

    /// Two scores, why for the low ones, a text on why, and an end for everyone.
    fn survey() -> Survey {
        let question = |key: &str, kind: &str, rule: Value| json!({"key": key, "kind": kind, "text": {"en": "a"}, "show_if": rule});
        let low = json!({"question": "recommend", "max": 6});
        let mut reason = question("reason", "nps", low);
        reason["metric"] = json!("reason");
        let questions = [
            question("recommend", "nps", Value::Null),
            question("effort", "ces", Value::Null),
            reason,
            question("end", "text", Value::Null),
            question("more", "text", json!({"question": "reason", "max": 3})),
        ];
        survey_of(&questions)
    }

    fn survey_of(questions: &[Value]) -> Survey {
        let value = json!({"key": "s", "locales": ["en"], "questions": questions});
        decode::survey(&value).expect("a right survey")
    }

    #[test]
    fn the_owners_pages_are_steps_too() {
        let page = |key: &str, kind: &str, starts_page: bool| json!({"key": key, "kind": kind, "text": {"en": "a"}, "starts_page": starts_page});
        let mut why = page("why", "text", false);
        why["show_if"] = json!({"question": "score", "max": 6});
        let survey = survey_of(&[
            page("welcome", "statement", true),
            page("score", "nps", true),
            why,
            page("end", "text", true),
        ]);
        let steps = Steps::of(&survey);
        let numbers = survey.questions.iter().map(|q| steps.number(&q.key).unwrap());
        assert_eq!(numbers.collect::<Vec<_>>(), [0, 1, 2, 3]);
    }

    fn answers(value: &Value) -> Answers {
        serde_json::from_value(value.clone()).expect("answers")
    }

    #[test]
    fn what_depends_on_an_answer_is_asked_after_it() {
        let survey = survey();
        let steps = Steps::of(&survey);
        let numbers = survey.questions.iter().map(|q| steps.number(&q.key).unwrap());
        assert_eq!(numbers.collect::<Vec<_>>(), [0, 0, 1, 1, 2]);
        assert_eq!(steps.count(), 3);
    }

    #[test]
    fn the_way_through_follows_the_answers() {
        let survey = survey();
        let steps = Steps::of(&survey);
        for (given, step, keys, next, progress) in [
            (json!({}), 0, &["recommend", "effort"][..], Some(1), (1, 3)),
            (json!({"recommend": 9}), 1, &["end"], None, (2, 2)),
            (json!({"recommend": 2}), 1, &["reason", "end"], None, (2, 3)),
            (json!({"recommend": 2, "reason": 3}), 1, &["reason", "end"], Some(2), (2, 3)),
            (json!({"recommend": 2, "reason": 3}), 2, &["more"], None, (3, 3)),
            (json!({"recommend": 9}), 2, &[], None, (2, 2)),
        ] {
            let given = answers(&given);
            let shown: Vec<_> = steps.shown(step, &given).iter().map(|q| q.key.clone()).collect();
            assert_eq!(shown, keys, "{given:?}");
            assert_eq!(steps.next(step, &given), next, "{given:?}");
            assert_eq!(steps.progress(step, &given), progress, "{given:?}");
            assert_eq!(steps.may_follow(step, &given), progress.1 > progress.0, "{given:?}");
        }
        assert_eq!(steps.previous(2, &answers(&json!({"recommend": 2}))), Some(1));
        assert_eq!(steps.previous(0, &answers(&json!({}))), None);
    }
}
