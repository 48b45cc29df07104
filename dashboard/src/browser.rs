//! What the page asks of the browser: its address, its clock, its store. No logic of ours.

use crate::calendar::Date;
use js_sys::{Object, Reflect, global};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, Storage, Window};

pub fn window() -> Window {
    global().unchecked_into()
}

/// The query of the address, with its `?`.
pub fn query() -> String {
    window().location().search().unwrap_or_default()
}

/// Where this page, and so the collector, is.
pub fn origin() -> String {
    window().location().origin().unwrap_or_default()
}

/// The code of a one-time sign-in link. It is taken out of the address at once, so that it
/// is in no bookmark and no history.
pub fn take_sign_in_code() -> Option<String> {
    let fragment = window().location().hash().ok()?;
    let code = fragment.strip_prefix("#code=")?.to_owned();
    replace_query(&query());
    Some(code)
}

/// Leaves this page for another one of the collector's, which takes its place in the history.
pub fn go_to(path: &str) {
    drop(window().location().replace(path));
}

/// A new entry in the history.
pub fn push_query(query: &str) {
    let history = window().history();
    let pushed =
        history.and_then(|h| h.push_state_with_url(&JsValue::NULL, "", Some(&address(query))));
    drop(pushed);
}

/// The same entry, changed.
pub fn replace_query(query: &str) {
    let history = window().history();
    let replaced =
        history.and_then(|h| h.replace_state_with_url(&JsValue::NULL, "", Some(&address(query))));
    drop(replaced);
}

fn address(query: &str) -> String {
    format!("{}{query}", window().location().pathname().unwrap_or_default())
}

/// The reader's languages, the preferred first.
pub fn languages() -> Vec<String> {
    window().navigator().languages().iter().filter_map(|tag| tag.as_string()).collect()
}

/// `None` where it is not set, or the browser keeps nothing.
pub fn stored(key: &str) -> Option<String> {
    storage()?.get_item(key).ok()?
}

/// `None` forgets it. A browser that keeps nothing is no error: the choice then ends with the page.
pub fn store(key: &str, value: Option<&str>) {
    let Some(storage) = storage() else { return };
    drop(match value {
        Some(value) => storage.set_item(key, value),
        None => storage.remove_item(key),
    });
}

fn storage() -> Option<Storage> {
    window().local_storage().ok()?
}

pub fn root() -> Option<Element> {
    window().document()?.document_element()
}

pub fn set_title(title: &str) {
    if let Some(document) = window().document() {
        document.set_title(title);
    }
}

pub fn element(id: &str) -> Option<Element> {
    window().document()?.get_element_by_id(id)
}

/// Whether the page is on a screen.
pub fn is_seen() -> bool {
    window().document().is_some_and(|document| !document.hidden())
}

pub fn focus(id: &str) {
    if let Some(element) = element(id).and_then(|e| e.dyn_into::<web_sys::HtmlElement>().ok()) {
        drop(element.focus());
    }
}

/// Whether the focus is on an element or on something in it.
pub fn holds_focus(id: &str) -> bool {
    let focused = window().document().and_then(|document| document.active_element());
    element(id).zip(focused).is_some_and(|(element, focused)| element.contains(Some(&focused)))
}

/// Today in a time zone such as `Europe/Rome`.
pub fn today(timezone: &str) -> Date {
    let today = in_zone("sv-SE", timezone, &[("dateStyle", "short")], now_ms());
    Date::parse(&today).unwrap_or_else(|| {
        Date::parse("1970-01-01").expect("a date").plus_days((now_ms() / 86_400_000.0) as i32)
    })
}

/// Milliseconds since 1970.
pub fn now_ms() -> f64 {
    js_sys::Date::now()
}

/// `None` where it is no instant.
pub fn parse_instant_ms(text: &str) -> Option<f64> {
    Some(js_sys::Date::parse(text)).filter(|ms| ms.is_finite())
}

/// Date and time to the minute, in the language and in the site's time zone.
pub fn date_and_time(language: &str, timezone: &str, ms: f64) -> String {
    in_zone(language, timezone, &[("dateStyle", "long"), ("timeStyle", "short")], ms)
}

fn in_zone(language: &str, timezone: &str, styles: &[(&str, &str)], ms: f64) -> String {
    let options = Object::new();
    for (name, value) in styles.iter().chain(&[("timeZone", timezone)]) {
        drop(Reflect::set(&options, &JsValue::from_str(name), &JsValue::from_str(value)));
    }
    let date = js_sys::Date::new(&JsValue::from_f64(ms));
    date.to_locale_string(language, &options).into()
}
