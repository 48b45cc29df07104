//! The part of wasm-streams' interface that Leptos's server functions are compiled against.
//!
//! We have no server functions. The real crate exports JavaScript classes, and what is exported
//! is kept whether it is used or not: 15 KB of every visitor's wasm. Whoever calls this is told.

use futures_core::Stream;
use std::pin::Pin;
use std::task::{Context, Poll};
use wasm_bindgen::{JsValue, throw_str};

const LEFT_OUT: &str = "streams are left out of this build: see widget/no-streams";

pub struct ReadableStream(web_sys::ReadableStream);

impl ReadableStream {
    pub const fn from_raw(raw: web_sys::ReadableStream) -> Self {
        Self(raw)
    }
    pub fn into_raw(self) -> web_sys::ReadableStream {
        self.0
    }
    pub fn from_stream(_: impl Stream<Item = Result<JsValue, JsValue>> + 'static) -> Self {
        throw_str(LEFT_OUT)
    }
    pub fn into_stream(self) -> IntoStream {
        IntoStream { told: false }
    }
}

/// One error, then the end.
pub struct IntoStream {
    told: bool,
}

impl Stream for IntoStream {
    type Item = Result<JsValue, JsValue>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let told = std::mem::replace(&mut self.told, true);
        Poll::Ready((!told).then(|| Err(JsValue::from_str(LEFT_OUT))))
    }
}
