//! What the visitor sees. Every element is made once; what changes is hidden, shown or renamed,
//! which is less code than taking elements out and putting them back.
//!
//! Static words are written `{…}`, and one attribute of every element that would otherwise be all
//! literals: those would go in as HTML, which pages with Trusted Types refuse. The form listens once for all its inputs. Listeners are `:capture` because that
//! leaves out the code for delegated events, which makes no difference to what they do here.

mod inputs;

use crate::answering::State;
use crate::form::Form;
use leptos::ev::{Event, KeyboardEvent, SubmitEvent};
use leptos::prelude::*;
use shared::survey::Question;

type Asked = Question<String>;

/// The panel: a dialog that leaves the page usable.
pub fn panel(form: Form) -> impl IntoView {
    let page = form.page();
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        form.submit();
    };
    // What is typed here is not for the page's own shortcuts.
    let keys = move |event: KeyboardEvent| {
        event.stop_propagation();
        if event.key() == "Escape" {
            form.page().close();
        }
    };
    let title = form.read().survey.title.clone().unwrap_or_else(|| page.text("title"));
    let questions: Vec<_> =
        form.read().survey.questions.iter().map(|asked| question(form, asked)).collect();
    view! {
        <section
            part="panel"
            role="dialog"
            aria-labelledby="title"
            tabindex="-1"
            hidden
            data-state=move || form.state()
            on:keydown:capture=keys
            on:outcome:capture=move |event: Event| form.settle(&event)
        >
            <div class="head">
                <h2 id="title">{title}</h2>
                <button
                    type="button"
                    part="close"
                    aria-label=page.text("close")
                    on:click:capture=move |_| form.page().close()
                ></button>
            </div>
            <form novalidate on:submit:capture=submit>
                <fieldset
                    class="all"
                    disabled=move || form.read().state != State::Asking
                    on:input:capture=move |event: Event| form.fill(&event)
                    on:change:capture=move |event: Event| form.page().answered(&event)
                >
                    <p class="at" tabindex={"-1"}></p>
                    {questions}
                </fieldset>
                // Nobody sees it: what fills it in is a program.
                <input class="trap" name={"homepage"} tabindex="-1" autocomplete="off" aria-hidden="true" />
                <div class="foot">
                    <p role="status">{move || form.read().status.clone()}</p>
                    <button type="button" part="back" on:click:capture=move |_| form.turn(false)>
                        {page.text("back")}
                    </button>
                    <button type={"submit"}></button>
                    <button type="button" part="retry" on:click:capture=move |_| form.page().post("")>
                        {page.text("retry")}
                    </button>
                    <button type="button" part="take-back" on:click:capture=move |_| form.page().take_back()>
                        {page.text("take-back")}
                    </button>
                </div>
            </form>
        </section>
    }
}

fn question(form: Form, asked: &Asked) -> impl IntoView + use<> {
    let key = asked.key.clone();
    let faulty = asked.key.clone();
    let id = |of: &str| [of, &asked.key].concat();
    let fault = move || match form.read().fault(&faulty) {
        Some(code) => form.page().violation(code),
        None => String::new(),
    };
    let mark = match asked.required {
        _ if asked.is_statement() => String::new(),
        true => form.page().text("required"),
        false => form.page().text("optional"),
    };
    view! {
        <fieldset
            data-question=asked.key.clone()
            aria-describedby=["hint-", &asked.key, " fault-", &asked.key].concat()
            hidden=move || !form.read().is_shown(&key)
        >
            <legend id=id("legend-")>{asked.text.clone()}<small>{mark}</small></legend>
            <p class="hint" id=id("hint-")>{asked.hint.clone().unwrap_or_default()}</p>
            {inputs::of(form, asked)}
            <p class="fault" id=id("fault-")>{fault}</p>
        </fieldset>
    }
}
