//! `GET …/stream`: what comes in while a manager looks, as Server-Sent Events. A stream has a
//! place among few, an end, and no patience with slow readers: whoever comes again misses nothing
//! that the other requests do not tell.

use super::auth::Manager;
use super::error::ApiError;
use super::pieces::{Gone, Pieces};
use super::query::{self, FilterParams, Pairs};
use super::router::App;
use crate::clock;
use crate::doors::{Crowd, OfCrowd};
use crate::listing;
use crate::log::{Arrived, News, ReadError};
use crate::state::{Site, SiteNo};
use crate::summary::{self, Filters, Source};
use axum::extract::{Query, State};
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Response};
use metrics::{counter, gauge};
use serde::Serialize;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, interval, sleep_until};

/// Streams at once: of all sites, of one site, of one token or session.
const STREAMS_MAX: u32 = 256;
const STREAMS_OF_SITE_MAX: u32 = 64;
const STREAMS_OF_TOKEN_MAX: u32 = 8;
const RETRY_AFTER: Duration = Duration::from_secs(30);
/// Then the browser comes again by itself; the place is free meanwhile.
const SECONDS_MAX: u64 = 900;
/// How long a browser waits before it comes again.
const RECONNECT_MS: u32 = 5_000;
/// So that whoever stands between does not take it for dead, and that a revoked token is noticed.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Between two summaries.
const SUMMARY_PAUSE: Duration = Duration::from_secs(3);
/// Between two lots of responses, and how many there are in one: of more, the newest.
const RESPONSES_PAUSE: Duration = Duration::from_millis(500);
const RESPONSES_MAX: usize = 20;
/// Pieces that may wait for the reader: one lot, a summary and a heartbeat.
const WAITING_MAX: usize = 2 * RESPONSES_MAX;
/// Proxies would keep it until there is more.
const UNBUFFERED: (HeaderName, &str) = (HeaderName::from_static("x-accel-buffering"), "no");

/// The places that streams have.
pub struct Streams {
    all: Arc<Crowd<()>>,
    sites: Arc<Crowd<SiteNo>>,
    tokens: Arc<Crowd<String>>,
}

impl Default for Streams {
    fn default() -> Self {
        Self {
            all: Crowd::of(STREAMS_MAX),
            sites: Crowd::of(STREAMS_OF_SITE_MAX),
            tokens: Crowd::of(STREAMS_OF_TOKEN_MAX),
        }
    }
}

/// Held until the stream ends.
struct Place {
    _of_all: OfCrowd<()>,
    _of_site: OfCrowd<SiteNo>,
    _of_token: OfCrowd<String>,
}

impl Streams {
    fn enter(&self, site: SiteNo, token: &str) -> Option<Place> {
        let place = Place {
            _of_all: self.all.enter(())?,
            _of_site: self.sites.enter(site)?,
            _of_token: self.tokens.enter(token.to_owned())?,
        };
        gauge!("ascolto_streams").increment(1.0);
        Some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        gauge!("ascolto_streams").decrement(1.0);
    }
}

/// Server-Sent Events: `summary`, as in `…/summary`, at once and after changes, every 3 seconds at
/// most; `response`, each one that counts from now on, as in the list of responses, 20 of them each
/// half second at most. Both of what the filters match. It ends after `seconds` (900 unless told, 0:
/// after the first summary), when the token ends, or where the reader is too slow.
#[utoipa::path(get, path = "/v1/sites/{site}/stream", tag = "responses",
    params(("site" = String, Path), ("seconds" = Option<u64>, Query, description = "0 to 900"), FilterParams),
    responses((status = 200, body = String, content_type = "text/event-stream"),
        (status = 401, body = shared::Problem), (status = 403, body = shared::Problem),
        (status = 404, body = shared::Problem), (status = 422, body = shared::Problem)))]
pub async fn stream(
    State(app): State<Arc<App>>,
    manager: Manager,
    Query(pairs): Query<Pairs>,
) -> Result<Response, ApiError> {
    let mut seconds = SECONDS_MAX;
    let filters = query::filters(&pairs, &manager.site, |name, value, bad| {
        if name == "seconds" {
            match value.parse() {
                Ok(asked) if asked <= SECONDS_MAX => seconds = asked,
                _ => bad.add(name, "out_of_range", format!("takes 0 to {SECONDS_MAX}")),
            }
        }
        name == "seconds"
    })?;
    let (site, token) = (manager.site.number, manager.token.id);
    let busy = ApiError::TooMany { reason: "streams", wait: RETRY_AFTER };
    let place = app.streams.enter(site, &token).ok_or(busy)?;
    let (pieces, body) = Pieces::channel_of(WAITING_MAX);
    // Watched from before the first summary is made: nothing falls between.
    let news = app.writer.news();
    let end = Instant::now() + Duration::from_secs(seconds);
    let watching = Watching { app, site, token, filters, pieces, waiting: Vec::new() };
    tokio::spawn(watching.run(news, end, place));
    let kind = (header::CONTENT_TYPE, "text/event-stream");
    Ok(([kind, UNBUFFERED], body).into_response())
}

struct Watching {
    app: Arc<App>,
    site: SiteNo,
    /// The token's id.
    token: String,
    filters: Filters,
    pieces: Pieces,
    /// Responses for the next lot.
    waiting: Vec<Arrived>,
}

/// Why a stream ends.
enum Over {
    /// Its time, the collector's, the token's or the site's is over.
    Well,
    /// Nobody reads, or too slowly.
    Unread,
    /// Something of ours failed.
    Broken,
}

impl From<Gone> for Over {
    fn from(_: Gone) -> Self {
        Self::Unread
    }
}

impl Watching {
    async fn run(mut self, news: Receiver<Arc<News>>, end: Instant, place: Place) {
        let Err(over) = self.watch(news, end).await;
        drop(place);
        match over {
            Over::Well => self.pieces.try_end(),
            // The answer breaks off: whoever reads it sees that.
            Over::Broken => {}
            Over::Unread => counter!("ascolto_streams_dropped_total").increment(1),
        }
    }

    async fn watch(
        &mut self,
        mut news: Receiver<Arc<News>>,
        end: Instant,
    ) -> Result<Infallible, Over> {
        let app = Arc::clone(&self.app);
        let stopped = app.doors.stopped();
        tokio::pin!(stopped);
        let mut heartbeat = interval(HEARTBEAT);
        heartbeat.reset();
        self.send(format!("retry: {RECONNECT_MS}\n\n"))?;
        self.summary().await?;
        let (mut next_lot, mut next_summary) = (Instant::now(), Instant::now() + SUMMARY_PAUSE);
        let mut changed = false;
        loop {
            tokio::select! {
                () = &mut stopped => return Err(Over::Well),
                () = sleep_until(end) => return Err(Over::Well),
                () = self.pieces.unwanted() => return Err(Over::Unread),
                told = news.recv() => changed |= self.hear(told)?,
                _ = heartbeat.tick() => self.beat()?,
                () = sleep_until(next_lot), if !self.waiting.is_empty() => {
                    self.responses().await?;
                    next_lot = Instant::now() + RESPONSES_PAUSE;
                }
                () = sleep_until(next_summary), if changed => {
                    changed = false;
                    self.summary().await?;
                    next_summary = Instant::now() + SUMMARY_PAUSE;
                }
            }
        }
    }

    /// Whether the site's numbers may have changed.
    fn hear(&mut self, told: Result<Arc<News>, RecvError>) -> Result<bool, Over> {
        match told {
            Ok(news) => {
                let own = news.arrived.iter().filter(|arrived| arrived.site == self.site);
                self.waiting.extend(own);
                let surplus = self.waiting.len().saturating_sub(RESPONSES_MAX);
                self.waiting.drain(..surplus);
                Ok(news.changed.contains(&self.site))
            }
            Err(RecvError::Lagged(_)) => Ok(true),
            Err(RecvError::Closed) => Err(Over::Well),
        }
    }

    fn beat(&self) -> Result<(), Over> {
        let (state, now) = (self.app.writer.state(), clock::now());
        let mut tokens = state.tokens.values();
        match tokens.any(|token| token.id == self.token && token.is_valid_at(now)) {
            true => self.send(":\n\n".to_owned()),
            false => Err(Over::Well),
        }
    }

    async fn responses(&mut self) -> Result<(), Over> {
        let (app, filters) = (Arc::clone(&self.app), self.filters.clone());
        let arrived = std::mem::take(&mut self.waiting);
        let read = self.off_thread(move |site| {
            let mut query = listing::Query { held: Some(false), ..listing::Query::default() };
            query.narrow(&filters);
            listing::these(app.writer.disk(), site, &query, &filters.select(site), &arrived)
        });
        for response in read.await? {
            self.event("response", &response)?;
        }
        Ok(())
    }

    async fn summary(&self) -> Result<(), Over> {
        let filters = self.filters.clone();
        let made = self
            .off_thread(move |site| Ok(summary::summary(Source { site }, &filters.select(site))));
        self.event("summary", &made.await?)
    }

    /// Away from the threads that serve connections.
    async fn off_thread<T: Send + 'static>(
        &self,
        make: impl FnOnce(&Site) -> Result<T, ReadError> + Send + 'static,
    ) -> Result<T, Over> {
        let site = self.app.writer.state().sites.get(&self.site).cloned().ok_or(Over::Well)?;
        let made = tokio::task::spawn_blocking(move || make(&site)).await;
        made.map_err(anyhow::Error::from).and_then(|made| Ok(made?)).map_err(|error| {
            tracing::error!("a stream was not finished: {error}");
            Over::Broken
        })
    }

    /// JSON has no line breaks of its own.
    fn event<T: Serialize>(&self, name: &str, data: &T) -> Result<(), Over> {
        let json = serde_json::to_string(data).map_err(|_| Over::Broken)?;
        self.send(format!("event: {name}\ndata: {json}\n\n"))
    }

    fn send(&self, text: String) -> Result<(), Over> {
        Ok(self.pieces.try_send(text.into_bytes())?)
    }
}
