//! What the visitor sees. Every element is made once; what changes is hidden, shown or renamed,
//! which is less code than taking elements out and putting them back.
//!
//! Static words are written `{…}`: a bare literal would go in as HTML, which pages with Trusted
//! Types refuse. Nothing listens here: the core does, once for the whole panel.

mod inputs;

use crate::form::Form;
use leptos::prelude::*;
use leptos::tachys::view::{Mountable, Render};
use shared::survey::Question;
use wasm_bindgen::{JsCast, JsValue};

type Asked = Question<String>;

/// Makes the elements. Without `leptos::mount`, which would bring along what runs its signals.
pub fn put_at_end(root: JsValue, view: impl Render) {
    let mut made = view.build();
    made.mount(root.unchecked_ref(), None);
    // They stay for as long as the page has them.
    std::mem::forget(made);
}

/// The panel: a dialog that leaves the page usable.
pub fn panel(form: &Form) -> impl Render {
    let Form { answering, page } = form;
    let title = answering.survey.title.clone().unwrap_or_else(|| page.text("title"));
    let questions: Vec<_> =
        answering.survey.questions.iter().map(|asked| question(form, asked)).collect();
    view! {
        <section part="panel" role="dialog" aria-labelledby="title" tabindex="-1" hidden>
            <div class="head">
                <h2 id="title">{title}</h2>
                <button type="button" part="close" aria-label=page.text("close")></button>
            </div>
            <form novalidate>
                <fieldset class="all">
                    <p class="at" tabindex={"-1"}></p>
                    <progress max={"100"} aria-hidden="true"></progress>
                    {questions}
                </fieldset>
                // Nobody sees it: what fills it in is a program.
                <input class="trap" name={"homepage"} tabindex="-1" autocomplete="off" aria-hidden="true" />
                <div class="foot">
                    <p role={"status"}></p>
                    <button type="button" part="back">{page.text("back")}</button>
                    <button type={"submit"}></button>
                    <button type="button" part="retry">{page.text("retry")}</button>
                    <button type="button" part="take-back">{page.text("take-back")}</button>
                </div>
            </form>
        </section>
    }
}

fn question(form: &Form, asked: &Asked) -> impl IntoView + use<> {
    let id = |of: &str| [of, &asked.key].concat();
    let mark = match asked.required {
        _ if asked.is_statement() => String::new(),
        true => form.page.text("required"),
        false => form.page.text("optional"),
    };
    let ends = match asked.kind.score_range() {
        Some(_) => [" ends-", &asked.key].concat(),
        None => String::new(),
    };
    view! {
        <fieldset
            data-question=asked.key.clone()
            aria-describedby=["hint-", &asked.key, " fault-", &asked.key, &ends].concat()
        >
            <legend id=id("legend-")>{asked.text.clone()}<small>{mark}</small></legend>
            <p class="hint" id=id("hint-")>{asked.hint.clone().unwrap_or_default()}</p>
            {inputs::of(form, asked)}
            <p class="fault" id=id("fault-")></p>
        </fieldset>
    }
}
