//! The one shape of every error: problem details (RFC 9457). What went wrong inside is logged,
//! never sent.

use crate::log::ReadError;
use crate::log::Refused;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use shared::{Problem, Violations};

/// Seconds after which a refused request may be tried again.
const RETRY_AFTER_S: u32 = 2;

#[derive(Debug)]
pub enum ApiError {
    BadRequest(String),
    Unauthorized,
    Forbidden(&'static str),
    NotFound(&'static str),
    MethodNotAllowed,
    Conflict(&'static str),
    TooLarge(usize),
    UnsupportedMediaType(&'static str),
    Invalid(Violations),
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
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
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
            | Self::Conflict(detail)
            | Self::UnsupportedMediaType(detail) => Some((*detail).into()),
            Self::TooLarge(max) => Some(format!("the body takes {max} bytes at most")),
            Self::Unavailable(refused) => Some(refused.to_string()),
            Self::MethodNotAllowed | Self::Invalid(_) | Self::Internal(_) => None,
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
        let mut response = (self.status(), Json(self.problem())).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Self::Unauthorized = self {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Self::Unavailable(_) = self {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_S));
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
