//! Data that follows a request's path: a new path asks again, the older answer is dropped, and
//! what was there stays until the new one has come.

use crate::api::{self, Failure};
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use web_sys::AbortController;

pub struct Source<T: Send + Sync + 'static> {
    pub data: RwSignal<Option<Arc<T>>>,
    pub pending: RwSignal<bool>,
    pub failure: RwSignal<Option<Failure>>,
}

impl<T: Send + Sync + 'static> Clone for Source<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T: Send + Sync + 'static> Copy for Source<T> {}

impl<T: DeserializeOwned + Send + Sync + 'static> Source<T> {
    /// Asks for `path` whenever it changes or `again` does; `None` asks for nothing.
    pub fn new(path: Signal<Option<String>>, again: RwSignal<u32>) -> Self {
        let source = Self {
            data: RwSignal::new(None),
            pending: RwSignal::new(true),
            failure: RwSignal::new(None),
        };
        Effect::new(move |before: Option<Option<AbortController>>| {
            if let Some(before) = before.flatten() {
                before.abort();
            }
            again.track();
            source.ask(path.get())
        });
        source
    }

    fn ask(self, path: Option<String>) -> Option<AbortController> {
        let controller = path.as_ref().and_then(|_| AbortController::new().ok());
        let (Some(path), Some(abort)) = (path, controller.as_ref().map(AbortController::signal))
        else {
            self.data.set(None);
            self.pending.set(false);
            self.failure.set(None);
            return None;
        };
        self.pending.set(true);
        spawn_local(async move {
            let answer = api::get::<T>(&path, &abort).await;
            if !abort.aborted() {
                self.take(answer);
            }
        });
        controller
    }

    fn take(self, answer: Result<T, Failure>) {
        // The page may be gone by now: signed out while the answer was on its way.
        let _ = self.pending.try_set(false);
        match answer {
            Ok(data) => {
                let _ = self.data.try_set(Some(Arc::new(data)));
                let _ = self.failure.try_set(None);
            }
            Err(failure) => {
                let _ = self.failure.try_set(Some(failure));
            }
        }
    }
}
