//! The Rust side of `core/bridge.js`, and the page as the form knows it.

use wasm_bindgen::prelude::*;

/// The names are those of `bridge.js`, which says what each does.
mod js {
    use super::{JsValue, wasm_bindgen};

    #[wasm_bindgen(module = "/core/bridge.js")]
    extern "C" {
        pub fn get(object: &JsValue, key: &str) -> JsValue;
        pub fn list(value: &JsValue) -> Vec<JsValue>;
        pub fn text(page: &JsValue, key: &str, n: &str, max: &str) -> Option<String>;
        pub fn written(page: &JsValue, n: &str) -> String;
        pub fn put(page: &JsValue, selector: &str, name: &str, value: &str);
        pub fn focus(page: &JsValue, selector: &str);
        pub fn turned(page: &JsValue, to: u32);
        pub fn post(page: &JsValue, answers: &str);
    }
}

pub use js::{get, list};

pub fn string(object: &JsValue, key: &str) -> Option<String> {
    get(object, key).as_string()
}

/// A small whole number.
pub fn number(object: &JsValue, key: &str) -> Option<u32> {
    get(object, key).as_f64().map(|number| number as u32)
}

/// The strings of a list; what is no string is left out.
pub fn strings(object: &JsValue, key: &str) -> Vec<String> {
    list(&get(object, key)).iter().filter_map(JsValue::as_string).collect()
}

/// What the core handed over.
pub struct Page(pub JsValue);

impl Page {
    /// Gives the first element that a selector finds a property, or an attribute.
    pub fn put(&self, selector: &str, name: &str, value: &str) {
        js::put(&self.0, selector, name, value);
    }
    pub fn focus(&self, selector: &str) {
        js::focus(&self.0, selector);
    }
    /// Tells the page which page of the survey is shown now.
    pub fn turned(&self, to: usize) {
        js::turned(&self.0, to as u32);
    }
    /// Sends answers (JSON).
    pub fn post(&self, answers: &str) {
        js::post(&self.0, answers);
    }
    /// A number as it is written in the page's language.
    pub fn written(&self, n: &str) -> String {
        js::written(&self.0, n)
    }
    /// One of the widget's own words.
    pub fn text(&self, key: &str) -> String {
        self.filled_text(key, "", "")
    }
    /// The same, with its gaps `{n}` and `{max}` filled.
    pub fn filled_text(&self, key: &str, n: &str, max: &str) -> String {
        js::text(&self.0, key, n, max).unwrap_or_default()
    }
    /// What is wrong with an answer, by a violation's code.
    pub fn violation(&self, code: &str) -> String {
        let own = js::text(&self.0, &["error.", code].concat(), "", "");
        own.unwrap_or_else(|| self.text("error.invalid"))
    }
}
