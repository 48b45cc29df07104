//! The visitor's form: one panel of questions inside the shadow root that the loader made.
//!
//! It asks and checks. How the panel is opened and how answers are sent is the core's
//! (`../core`). Bytes matter here: JSON is read and written without serde, what a browser does in
//! one line stays in `core/bridge.js`, and the view has one signal.

mod answering;
mod bridge;
mod form;
mod json;
mod reading;
mod view;

use answering::Answering;
use bridge::Page;
use form::Form;
use wasm_bindgen::prelude::*;

#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: small_alloc::SmallAlloc<small_alloc::Pages> =
    small_alloc::SmallAlloc::new(small_alloc::Pages);

/// Puts the form, hidden, at the end of `root`. `page` comes from the core.
#[wasm_bindgen]
pub fn mount(root: JsValue, page: JsValue) -> Result<(), JsValue> {
    let survey = reading::survey(&bridge::get(&page, "survey")).ok_or("unknown survey")?;
    let left_at = bridge::number(&page, "at").map(|number| number as usize);
    let view = move || view::panel(Form::new(Answering::new(survey, left_at), Page(page)));
    leptos::mount::mount_to(root.unchecked_into(), view).forget();
    Ok(())
}
