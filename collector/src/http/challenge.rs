//! `GET …/challenge`: what a visitor's device has to work on before it sends.

use super::error::ApiError;
use super::router::App;
use crate::clock;
use crate::doors::Challenge;
use crate::secret::{proof_key, random};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// A question for work, in ALTCHA's form; 204 where none is asked for.
#[utoipa::path(get, path = "/v1/sites/{site}/challenge", tag = "public",
    params(("site" = String, Path, description = "the site's public key, pk_…")),
    responses((status = 200, body = Challenge), (status = 204), (status = 404, body = shared::Problem)))]
pub async fn ask(
    State(app): State<Arc<App>>,
    Path(key): Path<String>,
) -> Result<Response, ApiError> {
    let state = app.writer.state();
    let site = state.site_by_public_key(&key).ok_or(ApiError::NotFound("there is no such site"))?;
    let Some(proofs) = &app.doors.proofs else { return Ok(StatusCode::NO_CONTENT.into_response()) };
    let now_s = u64::try_from(clock::now().millis() / 1_000).unwrap_or_default();
    let key = proof_key(&state.secret, site.number);
    Ok(axum::Json(proofs.challenge(&key, random(), now_s)).into_response())
}
