//! The comments that are loaded so far: page by page, from the newest back.

use crate::api::{self, Failure};
use crate::comments::{Comment, comment_of};
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::Survey;
use shared::page::ResponsesPage;
use web_sys::{AbortController, AbortSignal};

/// Comments that one press of the button brings, if so many are found soon enough.
const STEP: usize = 10;
/// Most responses carry no comment: look through so many pages before asking the reader again.
const PAGES_MAX: usize = 4;
const PAGE_SIZE: &str = "50";

#[derive(Clone, Copy)]
pub struct Feed {
    /// All that are loaded.
    comments: RwSignal<Vec<Comment>>,
    /// How many of them are on the page.
    shown: RwSignal<usize>,
    /// Whether a first answer has come.
    pub loaded: RwSignal<bool>,
    pub pending: RwSignal<bool>,
    pub failure: RwSignal<Option<Failure>>,
    /// Where the next page begins; `None` after the last.
    next: RwSignal<Option<String>>,
    request: Signal<Option<Request>>,
    abort: StoredValue<Option<AbortController>, LocalStorage>,
}

/// What the feed needs to know before it can ask.
#[derive(Clone, PartialEq)]
pub struct Request {
    /// The path with all its filters and without a cursor; has a query.
    pub path: String,
    pub surveys: Vec<Survey>,
    /// Of the reader, for the words of the questions.
    pub locale: &'static str,
}

impl Feed {
    /// The size of a page, for the path of a request.
    pub const LIMIT: (&'static str, &'static str) = ("limit", PAGE_SIZE);

    /// Begins anew whenever the request changes or `again` does.
    pub fn new(request: Signal<Option<Request>>, again: RwSignal<u32>) -> Self {
        let feed = Self {
            comments: RwSignal::new(Vec::new()),
            shown: RwSignal::new(STEP),
            loaded: RwSignal::new(false),
            pending: RwSignal::new(false),
            failure: RwSignal::new(None),
            next: RwSignal::new(None),
            request,
            abort: StoredValue::new_local(None),
        };
        Effect::new(move |_| {
            again.track();
            if let Some(request) = request.get() {
                feed.load(request, None);
            }
        });
        feed
    }

    pub fn on_page(self) -> Vec<Comment> {
        self.comments.with(|comments| comments.iter().take(self.shown.get()).cloned().collect())
    }

    pub fn is_empty(self) -> bool {
        self.comments.with(Vec::is_empty)
    }

    pub fn has_more(self) -> bool {
        self.next.with(Option::is_some) || self.comments.with(Vec::len) > self.shown.get()
    }

    /// Puts more on the page, and goes on from where the last page ended where that needs it.
    pub fn show_more(self) {
        self.shown.update(|shown| *shown += STEP);
        if self.comments.with_untracked(Vec::len) >= self.shown.get_untracked() {
            return;
        }
        let next = self.next.get_untracked();
        if let (Some(request), Some(_)) = (self.request.get_untracked(), &next) {
            self.load(request, next);
        }
    }

    fn load(self, request: Request, cursor: Option<String>) {
        let Ok(controller) = AbortController::new() else { return };
        let abort = controller.signal();
        if let Some(before) = self.abort.try_update_value(|a| a.replace(controller)).flatten() {
            before.abort();
        }
        self.pending.set(true);
        spawn_local(async move {
            let found = find(&request, cursor.clone(), &abort).await;
            if !abort.aborted() {
                self.take(found, cursor.is_none());
            }
        });
    }

    fn take(self, found: Result<Found, Failure>, anew: bool) {
        // The page may be gone by now: signed out while the answer was on its way.
        let _ = self.pending.try_set(false);
        let found = match found {
            Ok(found) => found,
            Err(failure) => {
                let _ = self.failure.try_set(Some(failure));
                return;
            }
        };
        let _ = self.failure.try_set(None);
        let _ = self.next.try_set(found.next);
        let _ = self.comments.try_update(|comments| {
            if anew {
                comments.clear();
                let _ = self.shown.try_set(STEP);
            }
            comments.extend(found.comments);
        });
        let _ = self.loaded.try_set(true);
    }
}

struct Found {
    comments: Vec<Comment>,
    next: Option<String>,
}

async fn find(
    request: &Request,
    mut cursor: Option<String>,
    abort: &AbortSignal,
) -> Result<Found, Failure> {
    let mut comments = Vec::new();
    for _ in 0..PAGES_MAX {
        let page: ResponsesPage = api::get(&at(&request.path, cursor.as_deref()), abort).await?;
        let written = |r| comment_of(r, &request.surveys, request.locale);
        comments.extend(page.responses.iter().filter_map(written));
        cursor = page.next_cursor;
        if cursor.is_none() || comments.len() >= STEP {
            break;
        }
    }
    Ok(Found { comments, next: cursor })
}

fn at(path: &str, cursor: Option<&str>) -> String {
    cursor.map_or_else(
        || path.to_owned(),
        |cursor| {
            let encoded: String = form_urlencoded::byte_serialize(cursor.as_bytes()).collect();
            format!("{path}&cursor={encoded}")
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_carried_as_it_is() {
        assert_eq!(at("/r?limit=50", None), "/r?limit=50");
        assert_eq!(at("/r?limit=50", Some("a+b/c=")), "/r?limit=50&cursor=a%2Bb%2Fc%3D");
    }
}
