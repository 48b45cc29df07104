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

/// Tries that the form makes by itself after the visitor's own, where the browser keeps nothing:
/// what is kept is tried as long as the page is there.
const RETRIES_MAX: u32 = 5;
const RETRY_FIRST_MS: u32 = 2_000;
/// However long the collector asks for.
const WAIT_S_MAX: u32 = 3_600;
/// No pause of our own is longer than the first one, so often doubled: about four minutes.
const DOUBLINGS_MAX: u32 = 7;

/// The form on its page: the one signal of the view, and the page's functions.
#[derive(Clone, Copy)]
pub struct Form {
    answering: RwSignal<Answering>,
    page: StoredValue<Page, LocalStorage>,
}

enum Outcome {
    Stored {
        receipt: Option<String>,
    },
    Invalid(Vec<Fault>),
    /// The collector will not take it; the HTTP status.
    Refused(u32),
    /// Not reached, or not able just now: when to come back at the earliest, and whether the
    /// browser has kept the answer.
    Unsent {
        wait_s: u32,
        kept: bool,
    },
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
        let filled = bridge::filled(event, &self.page().options);
        let key = bridge::string(&filled, "key").unwrap_or_default();
        let words = bridge::string(&filled, "words").unwrap_or_default();
        let ticked = bridge::strings(&filled, "ticked");
        self.answering.update(|answering| answering.fill(&key, ticked, words));
    }

    /// Tells the page which question has been answered, once the visitor is done with an input.
    pub fn answered(self, event: &JsValue) {
        let page = self.page();
        let filled = bridge::filled(event, &page.options);
        page.emit("answer", "question", &bridge::string(&filled, "key").unwrap_or_default(), None);
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
            let letter = Letter { id, body, receipt: None };
            self.answering.update(|answering| answering.letter = letter);
            self.send();
        } else {
            self.correct(faults);
        }
    }

    /// Sends what is waiting, now; if it cannot be, tries again by itself.
    pub fn send(self) {
        self.answering.update(|answering| answering.round += 1);
        self.show(State::Sending, self.page().text("sending"));
        self.page().focus("[part=panel]");
        let round = self.read().round;
        spawn_local(async move {
            let mut retry = 0;
            loop {
                let outcome = self.try_once().await;
                if self.read().round != round {
                    break;
                }
                let Some((wait_s, kept)) = self.settle(outcome, retry) else { break };
                bridge::sleep(pause_ms(retry).max(wait_s.min(WAIT_S_MAX) * 1_000)).await;
                let is_over = !kept && (retry == RETRIES_MAX || !self.page().is_open());
                if self.read().round != round || is_over {
                    break;
                }
                retry += 1;
            }
        });
    }

    /// Takes back what was sent.
    pub fn take_back(self) {
        spawn_local(async move {
            let page = self.page();
            let receipt = self.read().letter.receipt.clone().unwrap_or_default();
            if bridge::take_back(&page.options, &receipt).await.is_truthy() {
                self.show(State::TakenBack, page.text("taken-back"));
                page.focus("[part=panel]");
            } else {
                self.show(State::Sent, page.text("not-taken-back"));
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

    async fn try_once(self) -> Outcome {
        let page = self.page();
        let (id, body) = {
            let letter = &self.read().letter;
            (letter.id.clone(), letter.body.clone())
        };
        let answer = bridge::post(&page.root, &page.options, &id, &body).await;
        match bridge::number(&answer, "status").unwrap_or_default() {
            _ if bridge::get(&answer, "open").is_truthy() => Outcome::Unsent {
                wait_s: bridge::number(&answer, "wait_s").unwrap_or_default(),
                kept: bridge::get(&answer, "kept").is_truthy(),
            },
            200 | 201 => Outcome::Stored { receipt: bridge::string(&answer, "receipt") },
            422 => Outcome::Invalid(violations(&answer)),
            status => Outcome::Refused(status),
        }
    }

    /// Shows the outcome; where another try may do better, when at the earliest and whether the
    /// browser keeps the answer. The focus is moved only after the visitor's own press, not while
    /// they may be reading.
    fn settle(self, outcome: Outcome, retry: u32) -> Option<(u32, bool)> {
        let page = self.page();
        let (state, words, event, again) = match outcome {
            Outcome::Stored { receipt } => {
                self.thank(receipt);
                return None;
            }
            Outcome::Invalid(faults) => {
                self.correct(faults);
                return None;
            }
            // The same again would be refused again; sent anew it is another response.
            Outcome::Refused(409) => (State::Asking, page.text("conflict"), "conflict", None),
            Outcome::Refused(status) => {
                let words = page.filled_text("refused", &status.to_string(), "");
                (State::Asking, words, "refused", None)
            }
            Outcome::Unsent { wait_s, kept: true } => {
                (State::Saved, page.text("saved"), "queued", Some((wait_s, true)))
            }
            Outcome::Unsent { wait_s, .. } => {
                (State::Failed, page.text("unsent"), "unsent", Some((wait_s, false)))
            }
        };
        self.show(state, words);
        match state {
            State::Saved if retry > 0 => {}
            State::Saved => page.emit("queued", "id", &self.read().letter.id, None),
            _ => page.emit("failed", "reason", event, None),
        }
        if retry == 0 {
            page.focus("[part=retry]");
        }
        again
    }

    fn thank(self, receipt: Option<String>) {
        let thanks = self.read().survey.thanks.clone();
        self.page().emit("sent", "id", &self.read().letter.id, receipt.as_deref());
        self.answering.update(|answering| answering.letter.receipt = receipt);
        self.show(State::Sent, thanks.unwrap_or_else(|| self.page().text("sent")));
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
    (RETRY_FIRST_MS << retry.min(DOUBLINGS_MAX)) / 256 * (128 + u32::from(chance))
}
