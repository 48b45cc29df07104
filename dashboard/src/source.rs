//! Data that follows a request: a new request asks again, an older answer is dropped, and what was
//! there stays until the new one has come.

use crate::api::Failure;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::sync::Arc;
use web_sys::{AbortController, AbortSignal};

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

impl<T: Send + Sync + 'static> Source<T> {
    /// Fetches whenever the request changes or `again` does.
    pub fn new<R, F>(
        request: Memo<R>,
        again: RwSignal<u32>,
        fetch: impl Fn(R, AbortSignal) -> F + Copy + 'static,
    ) -> Self
    where
        R: Clone + PartialEq + Send + Sync + 'static,
        F: Future<Output = Result<T, Failure>> + 'static,
    {
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
            let controller = AbortController::new().ok()?;
            source.follow(fetch(request.get(), controller.signal()), controller.signal());
            Some(controller)
        });
        source
    }

    fn follow(
        self,
        answer: impl Future<Output = Result<T, Failure>> + 'static,
        abort: AbortSignal,
    ) {
        self.pending.set(true);
        spawn_local(async move {
            let answer = answer.await;
            if !abort.aborted() {
                self.take(answer);
            }
        });
    }

    /// The page may be gone by now, signed out while the answer was on its way: hence `try_set`.
    fn take(self, answer: Result<T, Failure>) {
        let _ = self.pending.try_set(false);
        let failure = match answer {
            Ok(data) => {
                let _ = self.data.try_set(Some(Arc::new(data)));
                None
            }
            Err(failure) => Some(failure),
        };
        let _ = self.failure.try_set(failure);
    }
}
