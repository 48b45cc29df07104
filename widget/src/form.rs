//! The form on its page: what is filled in, the check before sending, and what the core tells of
//! how far sending has come.

use crate::answering::{Answering, Fault, State};
use crate::bridge::{self, Page};
use crate::json;
use leptos::prelude::*;
use wasm_bindgen::JsValue;

/// The one signal of the view, and the page's functions.
#[derive(Clone, Copy)]
pub struct Form {
    answering: RwSignal<Answering>,
    page: StoredValue<Page, LocalStorage>,
}

impl Form {
    pub fn new(answering: Answering, page: Page) -> Self {
        Self { answering: RwSignal::new(answering), page: StoredValue::new_local(page) }
    }

    pub fn page(self) -> Page {
        self.page.get_value()
    }

    /// Subscribes whoever reads inside an effect.
    pub fn read(self) -> impl std::ops::Deref<Target = Answering> {
        self.answering.read()
    }

    /// The state's name. With each change of it, or of what is answered, the progress may be
    /// another: it is shown from here, where every change comes by.
    pub fn state(self) -> &'static str {
        let answering = self.read();
        let (place, count) = answering.progress();
        self.page().progress(place, count);
        answering.state.name()
    }

    /// Takes over what an input event has changed.
    pub fn fill(self, event: &JsValue) {
        let filled = bridge::filled(event, &self.page().0);
        let key = bridge::string(&filled, "key").unwrap_or_default();
        let words = bridge::string(&filled, "words").unwrap_or_default();
        let ticked = bridge::strings(&filled, "ticked");
        self.answering.update(|answering| answering.fill(&key, ticked, words));
    }

    /// Checks the answers of this page and goes on to the next, or has all of them sent, or shows
    /// what is wrong.
    pub fn submit(self) {
        let (state, last, given, faults) = {
            let answering = self.read();
            (answering.state, answering.is_last(), answering.given(), answering.check())
        };
        if state != State::Asking {
        } else if !faults.is_empty() {
            self.correct(faults);
        } else if last {
            self.page().post(&json::answers(&given));
        } else {
            self.turn(true);
        }
    }

    /// To the next page, or the one before.
    pub fn turn(self, forward: bool) {
        self.answering.update(|answering| answering.turn(forward));
        self.show(State::Asking, String::new());
        self.page().turned(self.read().page);
    }

    /// What the core tells: `state`, `status` (words), `violations`, where the focus goes.
    pub fn settle(self, event: &JsValue) {
        let outcome = bridge::get(event, "detail");
        let faults: Vec<Fault> = bridge::list(&bridge::get(&outcome, "violations"))
            .iter()
            .filter_map(|v| Some((bridge::string(v, "path")?, bridge::string(v, "code")?)))
            .collect();
        if !faults.is_empty() {
            return self.correct(faults);
        }
        let state = State::named(&bridge::string(&outcome, "state").unwrap_or_default());
        self.show(state, bridge::string(&outcome, "status").unwrap_or_default());
        if let Some(focus) = bridge::string(&outcome, "focus") {
            self.page().focus(&focus);
        }
    }

    /// Shows the faults beside their questions; what belongs to no question is told in the
    /// status line.
    fn correct(self, faults: Vec<Fault>) {
        let page = self.page();
        let status = match faults.iter().find(|fault| !fault.0.starts_with("answers.")) {
            Some((path, _)) if path == "answers" => page.text("empty"),
            Some((path, _)) => page.filled_text("refused", path, ""),
            None => page.text("check"),
        };
        self.answering.update(|answering| answering.correct(faults));
        self.show(State::Asking, status);
        let answering = self.read();
        // The page's first question where it is about none of them.
        let of = match answering.first_faulty() {
            Some(key) => ["=\"", key, "\"]"].concat(),
            None => "]:not([hidden])".to_owned(),
        };
        page.focus(&["[data-question", &of, " :is(input,textarea)"].concat());
    }

    fn show(self, state: State, status: String) {
        self.answering.update(|answering| {
            answering.state = state;
            answering.status = status;
        });
    }
}
