//! The managers' dashboard: a client of the owner's HTTP interface, which knows nothing of the
//! store. The modules without a component in them are plain logic and are tested on the host.

mod api;
mod browser;
mod calendar;
mod charts;
mod comments;
mod compare;
mod feed;
mod filters;
mod format;
mod funnel;
mod held;
mod live;
mod measure;
mod page;
mod simulation;
mod source;
mod texts;
mod views;

use wasm_bindgen::prelude::wasm_bindgen;

/// Entry point of the wasm module.
#[wasm_bindgen(start)]
pub fn start() {
    leptos::mount::mount_to_body(views::app::App);
    if let Some(waiting) = browser::element("waiting") {
        waiting.remove();
    }
}
