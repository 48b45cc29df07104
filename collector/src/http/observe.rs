//! One line in the log and the figures of each request. A route is told by its template alone:
//! paths hold public keys and receipts. No address, no token and no answer is ever written.

use super::router::App;
use crate::doors::{Held, Seen};
use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use metrics::{counter, histogram};
use std::sync::Arc;
use std::time::Instant;
use tracing::{Instrument, Span};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const REQUEST_ID_LENGTH: std::ops::RangeInclusive<usize> = 8..=64;
/// What is said of a client that went away before its answer began.
const CLIENT_GONE: u16 = 499;

pub async fn observe(State(_): State<Arc<App>>, request: Request, next: Next) -> Response {
    let id = request_id(request.headers());
    // At every level: what goes wrong in a request can then be told from the others.
    let span = tracing::error_span!("request", id);
    let mut access = Access::begin(&request, span.clone());
    let response = next.run(request).instrument(span).await;
    access.answered(response.status().as_u16());
    let mut response = response.map(|body| Body::new(Held::new(body, access)));
    if let Ok(id) = HeaderValue::try_from(id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// The id that came along where it looks like one (hexadecimal, as proxies make them: nothing that
/// means anything fits), else a new one.
fn request_id(headers: &HeaderMap) -> String {
    let given = headers.get(REQUEST_ID).and_then(|id| id.to_str().ok());
    let sane = |id: &&str| {
        REQUEST_ID_LENGTH.contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
    };
    given.filter(sane).map_or_else(|| format!("{:032x}", fastrand::u128(..)), str::to_owned)
}

/// One request, until its answer is sent or given up: then it is written.
struct Access {
    span: Span,
    method: &'static str,
    route: Option<MatchedPath>,
    started: Instant,
    status: Option<u16>,
    bytes: usize,
}

impl Access {
    fn begin(request: &Request, span: Span) -> Self {
        Self {
            span,
            method: method(request.method()),
            route: request.extensions().get().cloned(),
            started: Instant::now(),
            status: None,
            bytes: 0,
        }
    }

    fn answered(&mut self, status: u16) {
        self.status = Some(status);
        let (method, route) = (self.method, self.route().to_owned());
        histogram!("ascolto_http_request_seconds", "method" => method, "route" => route)
            .record(self.started.elapsed().as_secs_f64());
    }

    fn route(&self) -> &str {
        match (&self.route, self.status) {
            (Some(route), _) => route.as_str(),
            (None, Some(404 | 405) | None) => "(nothing)",
            (None, Some(_)) => "(file)",
        }
    }
}

impl Seen for Access {
    fn seen(&mut self, bytes: usize) {
        self.bytes += bytes;
    }
}

impl Drop for Access {
    fn drop(&mut self) {
        let Self { method, bytes, .. } = *self;
        let (route, status) = (self.route(), self.status.unwrap_or(CLIENT_GONE));
        let microseconds = u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX);
        tracing::info!(parent: &self.span, method, route, status, microseconds, bytes, "answered");
        let (route, status) = (route.to_owned(), status.to_string());
        counter!("ascolto_http_requests_total", "method" => method, "route" => route, "status" => status)
            .increment(1);
    }
}

/// One of a few: a method that a client made up must not grow the figures.
fn method(method: &Method) -> &'static str {
    const KNOWN: [(Method, &str); 7] = [
        (Method::GET, "GET"),
        (Method::POST, "POST"),
        (Method::DELETE, "DELETE"),
        (Method::OPTIONS, "OPTIONS"),
        (Method::HEAD, "HEAD"),
        (Method::PUT, "PUT"),
        (Method::PATCH, "PATCH"),
    ];
    KNOWN.iter().find(|(known, _)| known == method).map_or("other", |(_, name)| name)
}
