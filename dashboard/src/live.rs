//! What comes in while someone looks: the numbers are asked for again, quietly, and the responses
//! that the lists do not show yet are counted. A collector that refuses the stream changes nothing.
//! A page that nobody sees follows nothing: a browser has few connections to one server.

use crate::browser;
use leptos::prelude::*;
use std::time::Duration;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::EventSource;

/// Between two times that the numbers are asked for.
const PAUSE: Duration = Duration::from_secs(8);

#[derive(Clone, Copy)]
pub struct Live {
    /// Responses that match the filters and came since the lists were loaded.
    pub new: RwSignal<u32>,
    /// What has the numbers asked for again.
    again: RwSignal<u32>,
    following: StoredValue<Option<Following>, LocalStorage>,
    /// Set while the numbers are not to be asked for yet.
    waiting: StoredValue<Option<TimeoutHandle>>,
    /// Whether something has changed meanwhile.
    is_due: StoredValue<bool>,
}

/// An open stream; dropping it closes it.
struct Following {
    source: EventSource,
    _react: [Closure<dyn FnMut()>; 2],
}

impl Drop for Following {
    fn drop(&mut self) {
        self.source.close();
    }
}

impl Live {
    /// Follows `path` whenever that changes, as long as the page is seen.
    pub fn new(path: Memo<String>, again: RwSignal<u32>) -> Self {
        let live = Self {
            new: RwSignal::new(0),
            again,
            following: StoredValue::new_local(None),
            waiting: StoredValue::new(None),
            is_due: StoredValue::new(false),
        };
        let seen = RwSignal::new(browser::is_seen());
        let watching = window_event_listener_untyped("visibilitychange", move |_| {
            seen.set(browser::is_seen());
        });
        Effect::new(move |before: Option<String>| {
            let path = path.get();
            let is_other = before.as_ref() != Some(&path);
            if is_other {
                live.new.set(0);
            }
            // What was asked for just now is what the first summary tells.
            let following = seen.get().then(|| live.follow(&path, is_other)).flatten();
            live.following.set_value(following);
            path
        });
        on_cleanup(move || {
            watching.remove();
            live.following.set_value(None);
            live.stop_waiting();
        });
        live
    }

    fn follow(self, path: &str, mut is_known: bool) -> Option<Following> {
        let source = EventSource::new(path).ok()?;
        let came = Closure::<dyn FnMut()>::new(move || {
            let _ = self.new.try_update(|new| *new += 1);
        });
        let changed = Closure::<dyn FnMut()>::new(move || {
            if !std::mem::take(&mut is_known) {
                self.refresh();
            }
        });
        for (name, react) in [("response", &came), ("summary", &changed)] {
            let react = react.as_ref().unchecked_ref();
            source.add_event_listener_with_callback(name, react).ok()?;
        }
        Some(Following { source, _react: [came, changed] })
    }

    /// At once, or when the pause since the last time is over.
    fn refresh(self) {
        if self.waiting.try_with_value(Option::is_some).unwrap_or(true) {
            let _ = self.is_due.try_set_value(true);
            return;
        }
        let _ = self.again.try_update(|times| *times += 1);
        let rest = move || {
            let _ = self.waiting.try_set_value(None);
            if self.is_due.try_update_value(std::mem::take) == Some(true) {
                self.refresh();
            }
        };
        let _ = self.waiting.try_set_value(set_timeout_with_handle(rest, PAUSE).ok());
    }

    fn stop_waiting(self) {
        if let Some(Some(waiting)) = self.waiting.try_update_value(Option::take) {
            waiting.clear();
        }
    }
}
