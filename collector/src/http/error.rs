//! The one shape of every error: problem details (RFC 9457). What went wrong inside is logged,
//! never sent.

use crate::log::ReadError;
use crate::log::Refused;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use metrics::counter;
use shared::{Problem, Violations};
use std::time::Duration;

/// Seconds after which a refused request may be tried again.
const RETRY_AFTER_S: u64 = 2;

#[derive(Debug)]
pub enum ApiError {
    BadRequest(String),
    Unauthorized,
    Forbidden(&'static str),
    /// The page's origin is not one of the site's.
    ForeignOrigin,
    NotFound(&'static str),
    /// It was there, and its time is over.
    Gone(&'static str),
    MethodNotAllowed,
    NotAcceptable,
    /// The body did not come in time.
    TooSlow,
    Conflict(&'static str),
    TooLarge(usize),
    UnsupportedMediaType(&'static str),
    Invalid(Violations),
    TooMany {
        reason: &'static str,
        wait: Duration,
    },
    Unavailable(Refused),
    Internal(anyhow::Error),
}

impl ApiError {
    pub fn violation(path: &str, code: &str, message: impl Into<String>) -> Self {
        let mut bad = Violations::default();
        bad.add(path, code, message);
        Self::Invalid(bad)
    }

    const fn status(&self) -> StatusCode {
        match self {
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden(_) | Self::ForeignOrigin => StatusCode::FORBIDDEN,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Gone(_) => StatusCode::GONE,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn detail(&self) -> Option<String> {
        match self {
            Self::BadRequest(detail) => Some(detail.clone()),
            Self::Unauthorized => Some("a valid token is needed".into()),
            Self::Forbidden(detail)
            | Self::NotFound(detail)
            | Self::Gone(detail)
            | Self::Conflict(detail)
            | Self::UnsupportedMediaType(detail) => Some((*detail).into()),
            Self::ForeignOrigin => Some("the site does not allow this origin".into()),
            Self::TooSlow => Some("the body did not come in time".into()),
            Self::TooMany { .. } => Some("too many requests; try again later".into()),
            Self::TooLarge(max) => Some(format!("the body takes {max} bytes at most")),
            Self::Unavailable(refused) => Some(refused.to_string()),
            Self::MethodNotAllowed | Self::NotAcceptable | Self::Invalid(_) | Self::Internal(_) => {
                None
            }
        }
    }

    /// What the figures call it.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::BadRequest(_) => "bad_request",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden(_) => "role",
            Self::ForeignOrigin => "origin",
            Self::NotFound(_) => "not_found",
            Self::Gone(_) => "gone",
            Self::MethodNotAllowed => "method",
            Self::NotAcceptable => "accept",
            Self::TooSlow => "too_slow",
            Self::Conflict(_) => "conflict",
            Self::TooLarge(_) => "too_large",
            Self::UnsupportedMediaType(_) => "media_type",
            Self::Invalid(_) => "invalid",
            Self::TooMany { reason, .. } => reason,
            Self::Unavailable(Refused::Full) => "queue_full",
            Self::Unavailable(Refused::DiskFull) => "disk_full",
            Self::Unavailable(Refused::Stopped) => "stopped",
            Self::Internal(_) => "internal",
        }
    }

    /// Seconds after which the same request may do better.
    fn retry_after_s(&self) -> Option<u64> {
        match self {
            Self::Unavailable(_) => Some(RETRY_AFTER_S),
            Self::TooMany { wait, .. } => Some(wait.as_millis().div_ceil(1_000).max(1) as u64),
            _ => None,
        }
    }

    pub fn problem(&self) -> Problem {
        let status = self.status();
        let violations = match self {
            Self::Invalid(violations) => violations.as_slice().to_vec(),
            _ => Vec::new(),
        };
        Problem {
            kind: "about:blank".into(),
            title: status.canonical_reason().unwrap_or_default().into(),
            status: status.as_u16(),
            detail: self.detail(),
            violations,
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if let Self::Internal(error) = &self {
            tracing::error!("request failed: {error:#}");
        }
        counter!("ascolto_refusals_total", "reason" => self.reason()).increment(1);
        let problem = self.problem();
        let mut response = (self.status(), Json(&problem)).into_response();
        // For people it is made a page.
        response.extensions_mut().insert(problem);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Self::Unauthorized = self {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry_after_s() {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Self::TooSlow = self {
            // What is left of the body is not waited for.
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

impl From<Refused> for ApiError {
    fn from(refused: Refused) -> Self {
        Self::Unavailable(refused)
    }
}

impl From<ReadError> for ApiError {
    fn from(error: ReadError) -> Self {
        Self::Internal(error.into())
    }
}
