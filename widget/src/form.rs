//! The form on its page: what is filled in, the check before sending, and what the core tells of
//! how far sending has come. What changes is put into the page here, element by element: Leptos
//! makes them, and its signals would cost every visitor a fifth of the form.

use crate::answering::{Answering, Fault, State};
use crate::bridge::{self, Page};
use crate::json::{self, digits};
use shared::survey::{Kind, Question};
use wasm_bindgen::JsValue;

const INPUT: &str = " :is(input,textarea)";

pub struct Form {
    pub answering: Answering,
    pub page: Page,
}

impl Form {
    /// Takes over what is now filled in at one question: `key`, `ticked`, `words`.
    pub fn fill(&mut self, filled: &JsValue) {
        let key = bridge::string(filled, "key").unwrap_or_default();
        let words = bridge::string(filled, "words").unwrap_or_default();
        self.answering.fill(&key, bridge::strings(filled, "ticked"), words);
        self.show();
    }

    /// Checks the answers of this page and goes on to the next, or has all of them sent, or shows
    /// what is wrong.
    pub fn submit(&mut self) {
        if self.answering.state != State::Asking {
            return;
        }
        let faults = self.answering.check();
        if !faults.is_empty() {
            self.correct(faults);
        } else if self.answering.is_last() {
            self.page.post(&json::answers(&self.answering.given()));
        } else {
            self.turn(true);
        }
    }

    /// To the next page, or the one before.
    pub fn turn(&mut self, forward: bool) {
        self.answering.turn(forward);
        self.answering.state = State::Asking;
        self.answering.status = String::new();
        self.show();
        self.page.turned(self.answering.page);
    }

    /// What the core tells: `state`, `status` (words), `violations`, where the focus goes.
    pub fn settle(&mut self, outcome: &JsValue) {
        let faults: Vec<Fault> = bridge::list(&bridge::get(outcome, "violations"))
            .iter()
            .filter_map(|v| Some((bridge::string(v, "path")?, bridge::string(v, "code")?)))
            .collect();
        if !faults.is_empty() {
            return self.correct(faults);
        }
        self.answering.state = State::named(&bridge::string(outcome, "state").unwrap_or_default());
        self.answering.status = bridge::string(outcome, "status").unwrap_or_default();
        self.show();
        if let Some(focus) = bridge::string(outcome, "focus") {
            self.page.focus(&focus);
        }
    }

    /// Shows the faults beside their questions; what belongs to no question is told in the
    /// status line.
    fn correct(&mut self, faults: Vec<Fault>) {
        let page = &self.page;
        self.answering.status = match faults.iter().find(|fault| !fault.0.starts_with("answers.")) {
            Some((path, _)) if path == "answers" => page.text("empty"),
            Some((path, _)) => page.filled_text("refused", path, ""),
            None => page.text("check"),
        };
        self.answering.state = State::Asking;
        self.answering.correct(faults);
        self.show();
        // The page's first question where it is about none of them.
        let (of, what) = match self.answering.first_faulty() {
            Some(key) if self.answering.lacks_words(key) => {
                (["=\"", key, "\"]"].concat(), " [type=text]")
            }
            Some(key) => (["=\"", key, "\"]"].concat(), INPUT),
            None => ("]:not([hidden])".to_owned(), INPUT),
        };
        self.page.focus(&["[data-question", &of, what].concat());
    }

    /// Puts into the page all that changes there.
    pub fn show(&self) {
        let Self { answering, page } = self;
        page.put("[part=panel]", "data-state", answering.state.name());
        page.put(".all", "disabled", truth(answering.state != State::Asking));
        page.put("[role=status]", "textContent", &answering.status);
        self.show_progress();
        answering.survey.questions.iter().for_each(|asked| self.show_question(asked));
    }

    /// Of a survey of several pages: in words, and in per cent of the way.
    fn show_progress(&self) {
        let Self { answering, page } = self;
        let (place, count) = answering.progress();
        let number = |number: usize| digits(number as i64);
        if count > 1 {
            let words = page.filled_text("page", &number(place + 1), &number(count));
            page.put(".at", "textContent", &words);
            page.put("progress", "value", &number((place + 1) * 100 / count));
        }
        page.put("[part=back]", "hidden", truth(place == 0));
        let on = if answering.is_last() { "send" } else { "next" };
        page.put("[type=submit]", "textContent", &page.text(on));
    }

    fn show_question(&self, asked: &Question<String>) {
        let Self { answering, page } = self;
        let place = ["[data-question=\"", &asked.key, "\"]"].concat();
        page.put(&place, "hidden", truth(!answering.is_shown(&asked.key)));
        let fault = answering.fault(&asked.key).map(|code| page.violation(code));
        page.put(&[&place, " .fault"].concat(), "textContent", &fault.unwrap_or_default());
        if let Kind::Text { max_chars } = asked.kind {
            let left = i64::from(max_chars) - i64::from(answering.length(&asked.key));
            let left = page.filled_text("left", &digits(left), "");
            page.put(&[&place, " .left"].concat(), "textContent", &left);
        }
    }
}

/// As JavaScript takes it.
const fn truth(is: bool) -> &'static str {
    if is { "1" } else { "" }
}
