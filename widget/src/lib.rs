//! The visitor's form: one panel of questions inside the shadow root that the loader made.
//!
//! It does not know how answers are stored, nor how the panel is opened and closed: that is the
//! loader's. Bytes matter here: JSON is read and written without serde, what a browser does in
//! one line stays in `bridge.js`, and the view has one signal.

mod answering;
mod bridge;
mod json;
mod reading;
mod sending;
mod view;

use answering::Answering;
use leptos::task::spawn_local;
use sending::Form;
use wasm_bindgen::prelude::*;

/// Puts the form, hidden, at the end of `root`. `options` comes from the loader: `script`,
/// `locale`, `texts`, `survey`, `url`, `emit`, `close`.
#[wasm_bindgen]
pub fn mount(root: JsValue, options: JsValue) -> Result<(), JsValue> {
    let survey = reading::survey(&bridge::get(&options, "survey")).ok_or("unknown survey")?;
    let parent = root.clone().unchecked_into();
    let page = bridge::Page { root: root.clone(), options: options.clone() };
    let view = move || view::panel(Form::new(Answering::new(survey), page));
    leptos::mount::mount_to(parent, view).forget();
    bridge::restore(&root, &options);
    spawn_local(async move { bridge::flush(&options).await });
    Ok(())
}
