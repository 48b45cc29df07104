//! Bodies: JSON within a bound, told apart from everything else by its own status.

use super::error::ApiError;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use serde_json::Value;

/// Of one response or one survey.
pub const BODY_BYTES_MAX: usize = 32 * 1024;
/// Of a survey file, with its texts in many languages.
pub const SURVEY_BYTES_MAX: usize = 256 * 1024;
/// Of a batch of responses.
pub const BATCH_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Any JSON value of at most `MAX` bytes.
pub struct Json<const MAX: usize>(pub Value);

/// Raw bytes, at most `MAX`.
pub struct Raw<const MAX: usize>(pub Bytes);

impl<S: Send + Sync, const MAX: usize> FromRequest<S> for Json<MAX> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        if !is_json(request.headers()) {
            return Err(ApiError::UnsupportedMediaType("takes application/json"));
        }
        let Raw(bytes) = Raw::<MAX>::from_request(request, state).await?;
        let parsed = serde_json::from_slice(&bytes);
        parsed
            .map(Self)
            .map_err(|error| ApiError::BadRequest(format!("the body is not JSON: {error}")))
    }
}

impl<S: Send + Sync, const MAX: usize> FromRequest<S> for Raw<MAX> {
    type Rejection = ApiError;

    async fn from_request(mut request: Request, state: &S) -> Result<Self, ApiError> {
        axum::extract::DefaultBodyLimit::max(MAX).apply(&mut request);
        let bytes = Bytes::from_request(request, state).await;
        bytes.map(Self).map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => ApiError::TooLarge(MAX),
            _ => ApiError::BadRequest("the body could not be read".into()),
        })
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}
