//! From "Send" to the collector's acknowledgement: checked here first, sent with one id however
//! often it takes, and thanked for only when it has arrived.

use crate::answering::{Answering, Fault, Letter, State};
use crate::bridge::{self, Page};
use crate::json;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::ResponseId;
use shared::submission::{Context, SubmissionDraft};
use wasm_bindgen::JsValue;

/// Tries that the form makes by itself after the visitor's own.
const RETRIES_MAX: u32 = 5;
const RETRY_FIRST_MS: u32 = 2_000;

/// The form on its page: the one signal of the view, and the page's functions.
#[derive(Clone, Copy)]
pub struct Form {
    answering: RwSignal<Answering>,
    page: StoredValue<Page, LocalStorage>,
}

enum Outcome {
    Stored,
    Invalid(Vec<Fault>),
    /// The collector will not take it; the HTTP status.
    Refused(u32),
    /// Not reached, or not able just now.
    Unsent,
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

    /// Takes over what an input event has changed.
    pub fn fill(self, event: &JsValue) {
        let filled = bridge::filled(event);
        let key = bridge::string(&filled, "key").unwrap_or_default();
        let words = bridge::string(&filled, "words").unwrap_or_default();
        let ticked = bridge::strings(&filled, "ticked");
        self.answering.update(|answering| answering.fill(&key, ticked, words));
    }

    /// Tells the page which question has been answered, once the visitor is done with an input.
    pub fn answered(self, event: &JsValue) {
        let key = bridge::string(&bridge::filled(event), "key").unwrap_or_default();
        self.page().emit("answer", "question", &key);
    }

    /// Checks the answers and sends them, or shows what is wrong.
    pub fn submit(self) {
        if self.read().state != State::Asking {
            return;
        }
        let draft = self.draft();
        let id = draft.id.clone();
        let body = json::body(&draft, &bridge::timestamp());
        let faults = self.read().check(draft);
        if faults.is_empty() {
            self.answering.update(|answering| answering.letter = Letter { id, body });
            self.send();
        } else {
            self.correct(faults);
        }
    }

    /// Sends what is waiting, now; if it cannot be, tries again by itself a few times.
    pub fn send(self) {
        self.answering.update(|answering| answering.round += 1);
        self.show(State::Sending, self.page().text("sending"));
        self.page().focus("[part=panel]");
        let round = self.read().round;
        let body = self.read().letter.body.clone();
        spawn_local(async move {
            for retry in 0..=RETRIES_MAX {
                let outcome = self.try_once(&body).await;
                if self.read().round != round || !self.settle(outcome, retry) {
                    break;
                }
                bridge::sleep(pause_ms(retry)).await;
                if self.read().round != round || !self.page().is_open() {
                    break;
                }
            }
        });
    }

    /// A draft with a new id, of what is shown and nothing else.
    fn draft(self) -> SubmissionDraft {
        let page = self.page();
        let answering = self.read();
        SubmissionDraft {
            id: new_id(),
            survey: answering.survey.key.clone(),
            survey_version: Some(answering.survey.version),
            channel: page.data("channel").or_else(|| Some("web".to_owned())),
            service: page.data("service"),
            locale: page.option("locale").as_string(),
            answers: answering.given(),
            context: Some(context(&page)),
            ..SubmissionDraft::default()
        }
    }

    async fn try_once(self, body: &str) -> Outcome {
        let page = self.page();
        let answer = bridge::post(&page.root, &page.options, body).await;
        match bridge::number(&answer, "status").unwrap_or_default() {
            200 | 201 => Outcome::Stored,
            422 => Outcome::Invalid(violations(&answer)),
            0 | 429 | 500.. => Outcome::Unsent,
            status => Outcome::Refused(status),
        }
    }

    /// Shows the outcome; whether to try again. The focus is moved only after the visitor's own
    /// press, not while they may be reading.
    fn settle(self, outcome: Outcome, retry: u32) -> bool {
        let page = self.page();
        let (words, reason) = match outcome {
            Outcome::Stored => {
                self.thank();
                return false;
            }
            Outcome::Invalid(faults) => {
                self.correct(faults);
                return false;
            }
            Outcome::Refused(409) => (page.text("conflict"), "conflict"),
            Outcome::Refused(status) => {
                (page.filled_text("refused", &status.to_string(), ""), "refused")
            }
            Outcome::Unsent => (page.text("unsent"), "unsent"),
        };
        self.show(State::Failed, words);
        page.emit("failed", "reason", reason);
        if retry == 0 {
            page.focus("[part=retry]");
        }
        reason == "unsent"
    }

    fn thank(self) {
        let thanks = self.read().survey.thanks.clone();
        self.show(State::Sent, thanks.unwrap_or_else(|| self.page().text("sent")));
        self.page().emit("sent", "id", &self.read().letter.id);
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
        let first = answering.first_faulty();
        page.focus(&["[data-question=\"", first, "\"] :is(input,textarea)"].concat());
    }

    fn show(self, state: State, status: String) {
        self.answering.update(|answering| {
            answering.state = state;
            answering.status = status;
        });
    }
}

fn new_id() -> String {
    let mut random = [0; 10];
    random.copy_from_slice(&bridge::random(10));
    ResponseId::new(bridge::now() as u64, random).to_string()
}

fn context(page: &Page) -> Context {
    let value = bridge::surroundings(&page.option("script"));
    let mut context = Context {
        page: bridge::string(&value, "page"),
        referrer: bridge::string(&value, "referrer"),
        device: bridge::string(&value, "device"),
        ..Context::default()
    };
    for pair in bridge::list(&bridge::get(&value, "attributes")) {
        if let (Some(name), Some(value)) = (bridge::string(&pair, "0"), bridge::string(&pair, "1"))
        {
            context.attributes.insert(name, value);
        }
    }
    context
}

fn violations(answer: &JsValue) -> Vec<Fault> {
    bridge::list(&bridge::get(answer, "violations"))
        .iter()
        .filter_map(|v| Some((bridge::string(v, "path")?, bridge::string(v, "code")?)))
        .collect()
}

/// Twice as long each time, and half or one and a half of that by chance, so that visitors who
/// failed together do not come back together.
fn pause_ms(retry: u32) -> u32 {
    let chance = bridge::random(1).first().copied().unwrap_or_default();
    (RETRY_FIRST_MS << retry) / 256 * (128 + u32::from(chance))
}
