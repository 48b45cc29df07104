//! The Rust side of `bridge.js`, and the page as the form knows it.

use wasm_bindgen::prelude::*;

/// The names are those of `bridge.js`, which says what each does.
mod js {
    use super::{JsValue, wasm_bindgen};

    #[wasm_bindgen(module = "/src/bridge.js")]
    extern "C" {
        pub fn get(object: &JsValue, key: &str) -> JsValue;
        pub fn list(value: &JsValue) -> Vec<JsValue>;
        pub fn text(texts: &JsValue, key: &str, n: &str, max: &str) -> Option<String>;
        pub fn filled(event: &JsValue, options: &JsValue) -> JsValue;
        pub fn surroundings(script: &JsValue) -> JsValue;
        pub fn now() -> f64;
        pub fn timestamp() -> String;
        pub fn random(bytes: u32) -> Vec<u8>;
        pub async fn sleep(ms: u32);
        pub async fn post(root: &JsValue, options: &JsValue, id: &str, body: &str) -> JsValue;
        pub async fn flush(options: &JsValue);
        #[wasm_bindgen(js_name = takeBack)]
        pub async fn take_back(options: &JsValue, receipt: &str) -> JsValue;
        pub fn restore(root: &JsValue, options: &JsValue);
        pub fn focus(root: &JsValue, selector: &str);
        #[wasm_bindgen(js_name = isOpen)]
        pub fn is_open(root: &JsValue) -> bool;
        pub fn close(options: &JsValue);
        pub fn emit(options: &JsValue, name: &str, field: &str, value: &str, receipt: Option<&str>);
    }
}

pub use js::{
    filled, flush, get, list, now, post, random, restore, sleep, surroundings, take_back, timestamp,
};

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

/// What the loader handed over: the shadow root, and options by name.
#[derive(Clone)]
pub struct Page {
    pub root: JsValue,
    pub options: JsValue,
}

impl Page {
    pub fn close(&self) {
        js::close(&self.options);
    }
    pub fn is_open(&self) -> bool {
        js::is_open(&self.root)
    }
    pub fn focus(&self, selector: &str) {
        js::focus(&self.root, selector);
    }
    /// A DOM event `ascolto:{name}` with one detail, and with the receipt where there is one.
    pub fn emit(&self, name: &str, field: &str, value: &str, receipt: Option<&str>) {
        js::emit(&self.options, name, field, value, receipt);
    }
    pub fn option(&self, name: &str) -> JsValue {
        get(&self.options, name)
    }
    /// One of the script tag's attributes `data-{name}`.
    pub fn data(&self, name: &str) -> Option<String> {
        string(&get(&self.option("script"), "dataset"), name)
    }
    /// One of the widget's own words.
    pub fn text(&self, key: &str) -> String {
        self.filled_text(key, "", "")
    }
    /// The same, with its gaps `{n}` and `{max}` filled.
    pub fn filled_text(&self, key: &str, n: &str, max: &str) -> String {
        js::text(&self.option("texts"), key, n, max).unwrap_or_default()
    }
    /// What is wrong with an answer, by a violation's code.
    pub fn violation(&self, code: &str) -> String {
        let texts = self.option("texts");
        let own = js::text(&texts, &["error.", code].concat(), "", "");
        own.unwrap_or_else(|| self.text("error.invalid"))
    }
}
