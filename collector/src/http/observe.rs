//! One line in the log and the figures of each request. A route is told by its template alone:
//! paths hold public keys and receipts. No address, no token and no answer is ever written.

use crate::doors::{Held, Seen};
use axum::body::Body;
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use axum::response::Response;
use metrics::{counter, histogram};
use std::time::Instant;
use tracing::Span;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const REQUEST_ID_LENGTH: std::ops::RangeInclusive<usize> = 8..=64;
/// What is said of a client that went away before its answer began.
const CLIENT_GONE: u16 = 499;

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
pub struct Access {
    id: String,
    span: Span,
    method: &'static str,
    route: Option<MatchedPath>,
    started: Instant,
    status: Option<u16>,
    bytes: usize,
}

impl Access {
    pub fn begin(request: &Request) -> Self {
        let id = request_id(request.headers());
        Self {
            // At every level: what goes wrong in a request can then be told from the others.
            span: tracing::error_span!("request", id),
            id,
            method: method(request.method()),
            route: request.extensions().get().cloned(),
            started: Instant::now(),
            status: None,
            bytes: 0,
        }
    }

    /// Where what happens for this request is written.
    pub fn span(&self) -> Span {
        self.span.clone()
    }

    /// The answer begins; what this gives back ends the request when it was sent.
    pub fn answered(mut self, mut response: Response) -> Response {
        if let Ok(id) = HeaderValue::try_from(&self.id) {
            response.headers_mut().insert(REQUEST_ID, id);
        }
        self.status = Some(response.status().as_u16());
        let (method, route) = (self.method, self.route().to_owned());
        histogram!("ascolto_http_request_seconds", "method" => method, "route" => route)
            .record(self.started.elapsed().as_secs_f64());
        response.map(|body| Body::new(Held::new(body, self)))
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
