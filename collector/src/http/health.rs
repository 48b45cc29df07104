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

/// Responses are taken: the store can write, and the collector was not told to stop.
#[utoipa::path(get, path = "/readyz", tag = "operation", responses(
    (status = 200, body = String), (status = 503, body = String)))]
pub async fn readyz(State(app): State<Arc<App>>) -> (StatusCode, &'static str) {
    let unready = if !app.writer.is_healthy() {
        "the store no longer takes writes"
    } else if app.writer.has_room().is_err() {
        "the disk is nearly full"
    } else if app.doors.is_stopping() {
        "the collector is stopping"
    } else {
        return (StatusCode::OK, "ready");
    };
    (StatusCode::SERVICE_UNAVAILABLE, unready)
}
