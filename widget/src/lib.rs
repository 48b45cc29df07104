//! The visitor's form: one panel of questions inside the shadow root that the loader made.
//!
//! It asks and checks. How the panel is opened, what the visitor does in it and how answers are sent
//! is the core's (`../core`). Bytes matter here: JSON is read and written without serde, and what a
//! browser does in one line stays in the core.

mod answering;
mod bridge;
mod form;
mod json;
mod reading;
mod view;

use answering::Answering;
use bridge::Page;
use form::Form;
use std::cell::RefCell;
use wasm_bindgen::prelude::*;

#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: small_alloc::SmallAlloc<small_alloc::Pages> =
    small_alloc::SmallAlloc::new(small_alloc::Pages);

thread_local! {
    /// Those that are in the page, by number.
    static FORMS: RefCell<Vec<Form>> = const { RefCell::new(Vec::new()) };
}

/// Puts a form, hidden, at the end of `root`. `page` comes from the core. Gives the form's number.
#[wasm_bindgen]
pub fn mount(root: JsValue, page: JsValue) -> Result<usize, JsValue> {
    let survey = reading::survey(&bridge::get(&page, "survey")).ok_or("unknown survey")?;
    let left_at = bridge::number(&page, "at").map(|number| number as usize);
    let form = Form { answering: Answering::new(survey, left_at), page: Page(page) };
    view::put_at_end(root, view::panel(&form));
    form.show();
    Ok(FORMS.with_borrow_mut(|forms| {
        forms.push(form);
        forms.len() - 1
    }))
}

/// What is now filled in at one question: `key`, `ticked` (values), `words`.
#[wasm_bindgen]
pub fn fill(form: usize, filled: JsValue) {
    with(form, |form| form.fill(&filled));
}

/// The visitor wants to go on: to the next page, or to send.
#[wasm_bindgen]
pub fn submit(form: usize) {
    with(form, Form::submit);
}

/// To the page before.
#[wasm_bindgen]
pub fn back(form: usize) {
    with(form, |form| form.turn(false));
}

/// How far sending has come: `state`, `status`, `violations`, `focus`.
#[wasm_bindgen]
pub fn settle(form: usize, outcome: JsValue) {
    with(form, |form| form.settle(&outcome));
}

/// Nothing of what is done here may call the module again: it would find the forms lent out.
fn with(form: usize, act: impl FnOnce(&mut Form)) {
    FORMS.with_borrow_mut(|forms| forms.get_mut(form).map(act));
}
