//! `POST /v1/verify`: proves that the cells are what the responses say.

use super::auth::Admin;
use super::error::ApiError;
use super::router::App;
use crate::verify::{Verification, verify};
use axum::Json;
use axum::extract::State;
use std::sync::Arc;

/// Recounts every cell of every site from its responses.
#[utoipa::path(post, path = "/v1/verify", tag = "operation",
    responses((status = 200, body = Verification), (status = 401, body = shared::Problem),
        (status = 403, body = shared::Problem), (status = 503, body = shared::Problem)))]
pub async fn run(State(app): State<Arc<App>>, _: Admin) -> Result<Json<Verification>, ApiError> {
    Ok(Json(verify(&app.writer).await?))
}
