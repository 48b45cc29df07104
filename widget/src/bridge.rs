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
        pub fn filled(event: &JsValue, page: &JsValue) -> JsValue;
        pub fn answered(event: &JsValue, page: &JsValue);
        pub fn focus(page: &JsValue, selector: &str);
        pub fn turned(page: &JsValue, to: u32);
        pub fn progress(page: &JsValue, place: u32, count: u32);
        pub fn close(page: &JsValue);
        pub fn post(page: &JsValue, answers: &str);
        #[wasm_bindgen(js_name = takeBack)]
        pub fn take_back(page: &JsValue);
    }
}

pub use js::{filled, get, list};

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
#[derive(Clone)]
pub struct Page(pub JsValue);

impl Page {
    pub fn close(&self) {
        js::close(&self.0);
    }
    pub fn focus(&self, selector: &str) {
        js::focus(&self.0, selector);
    }
    /// Tells the page which page of the survey is shown now.
    pub fn turned(&self, to: usize) {
        js::turned(&self.0, to as u32);
    }
    /// Shows which of how many pages this is, and the buttons that go with it.
    pub fn progress(&self, place: usize, count: usize) {
        js::progress(&self.0, place as u32, count as u32);
    }
    /// Tells the page which question has been answered.
    pub fn answered(&self, event: &JsValue) {
        js::answered(event, &self.0);
    }
    /// Sends answers (JSON); without any, what is waiting once more.
    pub fn post(&self, answers: &str) {
        js::post(&self.0, answers);
    }
    /// Takes back what was sent.
    pub fn take_back(&self) {
        js::take_back(&self.0);
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
