//! Responses that look as if a program sent them, and the two buttons that decide: count, erase.
//! Shown only where there are any.

use super::app::{Session, Shell};
use super::comments::{badge, exact, meta, words};
use super::icons::{Glyph, Icon};
use super::parts::Panel;
use crate::api::Failure;
use crate::browser;
use crate::format;
use crate::held::{Decision, Held, Outcome};
use crate::page::Page;
use crate::texts::{Texts, fill};
use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// What the panel and its items have in common.
#[derive(Clone, Copy)]
struct Desk {
    shell: Shell,
    page: Page,
    t: &'static Texts,
    may_erase: bool,
    /// Whether there is anything to look at.
    any: Memo<bool>,
    /// What became of the last one that was decided.
    said: RwSignal<Option<&'static str>>,
}

const HEADING_ID: &str = "held-heading";
const SAID_ID: &str = "held-said";

#[component]
pub fn ToLookAt(shell: Shell, page: Page, t: &'static Texts, may_erase: bool) -> impl IntoView {
    let any = Memo::new(move |_| !page.held.is_empty() || page.held.has_more());
    let desk = Desk { shell, page, t, may_erase, any, said: RwSignal::new(None) };
    // What is said stays when the panel goes: it is the answer to the press of a button.
    view! {
        <div class="sections" hidden=move || !any.get() && desk.said.with(Option::is_none)>
            {move || any.get().then(|| panel(desk))}
            <p id=SAID_ID class="held-said" class:hidden=any role="status" tabindex="-1">
                {move || desk.said.get()}
                {move || (!any.get()).then_some(" ")}
                {move || (!any.get()).then_some(t.nothing_held)}
            </p>
        </div>
    }
}

fn panel(desk: Desk) -> impl IntoView {
    let Desk { page, t, .. } = desk;
    let feed = page.held;
    let title = Signal::derive(move || {
        let (loaded, more) = feed.loaded_so_far();
        fill(t.held, &[&format::count_so_far(t, loaded as u64, more)])
    });
    view! {
        <Panel id="held" title>
            <p class="lead">{t.held_hint}" "{(!desk.may_erase).then_some(t.held_owner_erases)}</p>
            <div class="comments">
                <For each=move || feed.on_page() key=|held| held.comment.id.clone() let:held>
                    <Item desk held />
                </For>
            </div>
            {move || feed.has_more().then(|| view! {
                <button type="button" class="secondary more" aria-disabled=move || feed.pending.get().to_string()
                    on:click=move |_| if !feed.pending.get_untracked() { feed.show_more() }>
                    {move || if feed.pending.get() { t.loading } else { t.show_more }}
                </button>
            })}
        </Panel>
    }
}

/// One response, and how far its decision is.
#[derive(Clone, Copy)]
struct Case {
    id: StoredValue<String>,
    /// "The answer of …", for who hears the buttons one by one.
    name: StoredValue<String>,
    /// Whether to erase it is asked once more.
    asking: RwSignal<bool>,
    busy: RwSignal<bool>,
    problem: RwSignal<Option<String>>,
}

impl Case {
    fn element_id(self, part: &str) -> String {
        self.id.with_value(|id| element_id(part, id))
    }

    /// Asks once more, or no longer; the focus follows to the harmless one of the new buttons.
    fn ask(self, asking: bool) {
        if self.busy.get_untracked() {
            return;
        }
        self.asking.set(asking);
        self.problem.set(None);
        let target = self.element_id(if asking { "cancel" } else { "erase" });
        request_animation_frame(move || browser::focus(&target));
    }
}

fn element_id(part: &str, id: &str) -> String {
    format!("held-{part}-{id}")
}

#[component]
fn Item(desk: Desk, held: Held) -> impl IntoView {
    let Desk { page, t, .. } = desk;
    let Held { comment, reason } = held;
    let time = browser::parse_instant_ms(&comment.occurred_at).map(|ms| exact(page, t, ms));
    let time = time.unwrap_or_else(|| comment.occurred_at.clone());
    let case = Case {
        id: StoredValue::new(comment.id.clone()),
        name: StoredValue::new(fill(t.answer_of, &[&time])),
        asking: RwSignal::new(false),
        busy: RwSignal::new(false),
        problem: RwSignal::new(None),
    };
    let meta = meta(page, t, &comment);
    let silent = comment.words.is_empty();
    view! {
        <article id=case.element_id("item") class="comment" tabindex="-1" aria-label=time>
            {comment.score.map(|score| badge(t, score))}
            <div class="comment-body">
                {silent.then(|| view! { <p class="faint">{t.no_words}</p> })}
                {comment.words.into_iter().map(words).collect_view()}
                {meta}
                <p class="reason"><Glyph icon=Icon::Warning />{t.reason(reason)}</p>
                {move || if case.asking.get() { question(desk, case).into_any() } else { choice(desk, case).into_any() }}
                <p class="problem" role="alert">{move || case.problem.get()}</p>
            </div>
        </article>
    }
}

fn choice(desk: Desk, case: Case) -> impl IntoView {
    let t = desk.t;
    let erase = desk.may_erase.then(|| {
        let id = case.element_id("erase");
        button(case, id, "secondary", t.erase, move || case.ask(true))
    });
    let count = move || desk.decide(case, Decision::Count);
    view! {
        <div class="decision">
            {button(case, case.element_id("count"), "secondary", t.count_it, count)}
            {erase}
        </div>
    }
}

/// Stands where the first two buttons were, words first: a second click in haste hits nothing.
fn question(desk: Desk, case: Case) -> impl IntoView {
    let t = desk.t;
    let escape = move |event: KeyboardEvent| {
        if event.key() == "Escape" {
            case.ask(false);
        }
    };
    let erase = move || desk.decide(case, Decision::Erase);
    view! {
        <div class="decision" role="group" aria-label=t.erase_question on:keydown=escape>
            <p>{t.erase_question}</p>
            {button(case, case.element_id("cancel"), "secondary", t.cancel, move || case.ask(false))}
            {button(case, case.element_id("erase-for-ever"), "danger", t.erase_for_ever, erase)}
        </div>
    }
}

/// Its name tells which response it is for.
fn button(
    case: Case,
    id: String,
    class: &'static str,
    words: &'static str,
    press: impl Fn() + 'static,
) -> impl IntoView {
    view! {
        <button type="button" id=id class=class aria-disabled=move || case.busy.get().to_string() on:click=move |_| press()>
            {words}<span class="hidden">": "{case.name.get_value()}</span>
        </button>
    }
}

impl Desk {
    fn decide(self, case: Case, decision: Decision) {
        if case.busy.get_untracked() {
            return;
        }
        case.busy.set(true);
        case.problem.set(None);
        // The same words again would be no news to a screen reader.
        self.said.set(None);
        let id = case.id.get_value();
        spawn_local(async move {
            let outcome = self.page.decide(&id, decision).await;
            // The item may be gone by now: another language, signed out. Hence `try_set`.
            let _ = case.busy.try_set(false);
            match outcome {
                Ok(outcome) => self.take_off(&id, outcome),
                Err(Failure::SignedOut) => self.shell.session.set(Session::SignedOut(None)),
                Err(failure) => {
                    let _ = case.problem.try_set(Some(self.t.failure(&failure)));
                }
            }
        });
    }

    /// Whoever had the focus in what goes finds it on what comes next.
    fn take_off(self, id: &str, outcome: Outcome) {
        let had_focus = browser::holds_focus(&element_id("item", id));
        let next = self.page.held.remove(id);
        let _ = self.said.try_set(Some(self.t.outcome(outcome)));
        if !had_focus {
            return;
        }
        let target = match next {
            Some(next) => element_id("item", &next),
            None if self.any.try_get_untracked() == Some(true) => HEADING_ID.to_owned(),
            None => SAID_ID.to_owned(),
        };
        request_animation_frame(move || browser::focus(&target));
    }
}
