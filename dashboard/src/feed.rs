//! The responses of a list that are loaded so far: page by page, from the newest back.

use crate::api::{self, Failure};
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::Survey;
use shared::page::{ResponseOut, ResponsesPage};
use web_sys::{AbortController, AbortSignal};

/// The size of a page, for the path of a request.
pub const LIMIT: (&str, &str) = ("limit", "50");
/// Most responses carry no comment: look through so many pages before asking the reader again.
const PAGES_MAX: usize = 4;

/// What a list shows of a response.
pub trait Entry: Clone + Send + Sync + 'static {
    /// Entries that one press of the button brings, if so many are found soon enough.
    const STEP: usize;

    /// `None` where the response is not for this list.
    fn of(response: &ResponseOut, surveys: &[Survey], locale: &str) -> Option<Self>;

    /// The response's.
    fn id(&self) -> &str;
}

pub struct Feed<E: Entry> {
    /// All that are loaded.
    entries: RwSignal<Vec<E>>,
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

impl<E: Entry> Clone for Feed<E> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<E: Entry> Copy for Feed<E> {}

/// What the feed needs to know before it can ask.
#[derive(Clone, PartialEq)]
pub struct Request {
    /// The path with all its filters and without a cursor; has a query.
    pub path: String,
    pub surveys: Vec<Survey>,
    /// Of the reader, for the words of the questions.
    pub locale: &'static str,
}

impl<E: Entry> Feed<E> {
    /// Begins anew whenever the request changes or `again` does.
    pub fn new(request: Signal<Option<Request>>, again: RwSignal<u32>) -> Self {
        let feed = Self {
            entries: RwSignal::new(Vec::new()),
            shown: RwSignal::new(E::STEP),
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

    pub fn on_page(self) -> Vec<E> {
        self.entries.with(|entries| entries.iter().take(self.shown.get()).cloned().collect())
    }

    /// How many are loaded, and whether there are more to load.
    pub fn loaded_so_far(self) -> (usize, bool) {
        (self.entries.with(Vec::len), self.next.with(Option::is_some))
    }

    pub fn is_empty(self) -> bool {
        self.entries.with(Vec::is_empty)
    }

    pub fn has_more(self) -> bool {
        self.next.with(Option::is_some) || self.entries.with(Vec::len) > self.shown.get()
    }

    /// Puts more on the page.
    pub fn show_more(self) {
        self.shown.update(|shown| *shown += E::STEP);
        self.fill();
    }

    /// Takes one off the page. The next one, if any, takes its place: its id.
    pub fn remove(self, id: &str) -> Option<String> {
        let next = self.entries.try_update(|entries| remove(entries, id))?;
        self.fill();
        next
    }

    /// Goes on from where the last page ended, where fewer are loaded than may be on the page.
    fn fill(self) {
        if self.entries.with_untracked(Vec::len) >= self.shown.get_untracked() {
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

    fn take(self, found: Result<Found<E>, Failure>, anew: bool) {
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
        let _ = self.entries.try_update(|entries| {
            if anew {
                entries.clear();
                let _ = self.shown.try_set(E::STEP);
            }
            entries.extend(found.entries);
        });
        let _ = self.loaded.try_set(true);
    }
}

struct Found<E> {
    entries: Vec<E>,
    next: Option<String>,
}

async fn find<E: Entry>(
    request: &Request,
    mut cursor: Option<String>,
    abort: &AbortSignal,
) -> Result<Found<E>, Failure> {
    let mut entries = Vec::new();
    for _ in 0..PAGES_MAX {
        let page: ResponsesPage = api::get(&at(&request.path, cursor.as_deref()), abort).await?;
        let entry = |response| E::of(response, &request.surveys, request.locale);
        entries.extend(page.responses.iter().filter_map(entry));
        cursor = page.next_cursor;
        if cursor.is_none() || entries.len() >= E::STEP {
            break;
        }
    }
    Ok(Found { entries, next: cursor })
}

fn remove<E: Entry>(entries: &mut Vec<E>, id: &str) -> Option<String> {
    let place = entries.iter().position(|entry| entry.id() == id)?;
    entries.remove(place);
    entries.get(place).map(|entry| entry.id().to_owned())
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

    #[derive(Clone)]
    struct Named(&'static str);

    impl Entry for Named {
        const STEP: usize = 1;

        fn of(_: &ResponseOut, _: &[Survey], _: &str) -> Option<Self> {
            None
        }
        fn id(&self) -> &str {
            self.0
        }
    }

    #[test]
    fn the_next_takes_the_place_of_what_is_removed() {
        for (id, next, left) in
            [("a", Some("b"), "bc"), ("b", Some("c"), "ac"), ("c", None, "ab"), ("x", None, "abc")]
        {
            let mut entries = vec![Named("a"), Named("b"), Named("c")];
            assert_eq!(remove(&mut entries, id).as_deref(), next, "{id}");
            assert_eq!(entries.iter().map(Entry::id).collect::<String>(), left, "{id}");
        }
    }

    #[test]
    fn a_cursor_is_carried_as_it_is() {
        assert_eq!(at("/r?limit=50", None), "/r?limit=50");
        assert_eq!(at("/r?limit=50", Some("a+b/c=")), "/r?limit=50&cursor=a%2Bb%2Fc%3D");
    }
}
