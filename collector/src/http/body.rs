//! Bodies: JSON within a bound, told apart from everything else by its own status.

use super::error::ApiError;
use crate::doors::BodyDeadline;
use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use http_body_util::BodyExt;
use serde_json::Value;
use tokio::time::timeout_at;

/// Of one response or one survey.
pub const BODY_BYTES_MAX: usize = 32 * 1024;
/// Of a batch of events.
pub const EVENTS_BYTES_MAX: usize = 16 * 1024;
/// Of a survey file, with its texts in many languages.
pub const SURVEY_BYTES_MAX: usize = 256 * 1024;
/// Of a batch of responses.
pub const BATCH_BYTES_MAX: usize = 4 * 1024 * 1024;

/// What is read of a body past its bound.
const PAST_BYTES_MAX: usize = 1024 * 1024;

/// Any JSON value of at most `MAX` bytes.
pub struct Json<const MAX: usize>(pub Value);

/// What says that it is JSON, not looked at yet; at most `MAX` bytes.
pub struct JsonText<const MAX: usize>(pub Vec<u8>);

/// JSON that may also call itself plain text, as browsers send it when a page is left: JSON would
/// need a question first.
pub struct BeaconText<const MAX: usize>(pub Vec<u8>);

/// Raw bytes, at most `MAX`.
pub struct Raw<const MAX: usize>(pub Vec<u8>);

impl<S: Send + Sync, const MAX: usize> FromRequest<S> for Json<MAX> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let JsonText(text) = JsonText::<MAX>::from_request(request, state).await?;
        serde_json::from_slice(&text).map(Self).map_err(|error| not_json(&error))
    }
}

impl<S: Send + Sync, const MAX: usize> FromRequest<S> for JsonText<MAX> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        if !is_json(request.headers()) {
            return Err(ApiError::UnsupportedMediaType("takes application/json"));
        }
        let Raw(bytes) = Raw::<MAX>::from_request(request, state).await?;
        Ok(Self(bytes))
    }
}

impl<S: Send + Sync, const MAX: usize> FromRequest<S> for BeaconText<MAX> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        if !["application/json", "text/plain"].contains(&essence(request.headers()).as_str()) {
            return Err(ApiError::UnsupportedMediaType("takes application/json or text/plain"));
        }
        let Raw(bytes) = Raw::<MAX>::from_request(request, state).await?;
        Ok(Self(bytes))
    }
}

pub fn not_json(error: &serde_json::Error) -> ApiError {
    ApiError::BadRequest(format!("the body is not JSON: {error}"))
}

impl<S: Sync, const MAX: usize> FromRequest<S> for Raw<MAX> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let deadline = request.extensions().get::<BodyDeadline>().copied();
        let reading = read(request.into_body(), MAX);
        let read = match deadline {
            Some(BodyDeadline(at)) => {
                timeout_at(at, reading).await.map_err(|_| ApiError::TooSlow)?
            }
            None => reading.await,
        };
        read.map(Self)
    }
}

/// Reads on for a while past the bound, without keeping anything: a sender that is cut off in the
/// middle of its body sees a broken connection in the place of the answer.
async fn read(mut body: Body, max: usize) -> Result<Vec<u8>, ApiError> {
    let mut kept = Vec::new();
    let mut seen = 0;
    while let Some(frame) = body.frame().await {
        let broken = |_| ApiError::BadRequest("the body could not be read".into());
        let Ok(data) = frame.map_err(broken)?.into_data() else { continue };
        seen += data.len();
        if seen <= max {
            kept.extend_from_slice(&data);
        } else if seen > max + PAST_BYTES_MAX {
            break;
        }
    }
    if seen > max { Err(ApiError::TooLarge(max)) } else { Ok(kept) }
}

fn is_json(headers: &HeaderMap) -> bool {
    essence(headers) == "application/json"
}

/// The media type without its parameters, in lower case.
fn essence(headers: &HeaderMap) -> String {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default();
    essence.trim().to_ascii_lowercase()
}
