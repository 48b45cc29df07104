//! Whether the process lives, and whether it takes responses.

use super::router::App;
use axum::extract::State;
use axum::http::StatusCode;
use std::sync::Arc;

/// The process is alive.
#[utoipa::path(get, path = "/healthz", tag = "operation", responses((status = 200, body = String)))]
pub async fn healthz() -> &'static str {
    "ok"
}

/// Responses are taken: the store can write.
#[utoipa::path(get, path = "/readyz", tag = "operation", responses(
    (status = 200, body = String), (status = 503, body = String)))]
pub async fn readyz(State(app): State<Arc<App>>) -> (StatusCode, &'static str) {
    match (app.writer.is_healthy(), app.writer.has_room()) {
        (true, Ok(())) => (StatusCode::OK, "ready"),
        (true, Err(_)) => (StatusCode::SERVICE_UNAVAILABLE, "the disk is nearly full"),
        (false, _) => (StatusCode::SERVICE_UNAVAILABLE, "the store no longer takes writes"),
    }
}
