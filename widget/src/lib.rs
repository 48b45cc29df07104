//! The visitor's form.

use leptos::prelude::*;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
pub fn mount() {
    leptos::mount::mount_to_body(|| view! { <p>{"hello"}</p> });
}
