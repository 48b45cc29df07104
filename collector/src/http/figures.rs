//! `GET /metrics`: the collector's figures as Prometheus reads them.

use super::auth::credentials;
use super::error::ApiError;
use super::router::App;
use crate::secret::is_same_secret;
use crate::settings::MetricsAccess;
use crate::state::Role;
use axum::extract::{Request, State};
use axum::http::header;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The collector's figures in Prometheus' text format, to whom the setting `metrics` allows it:
/// by default the administrator's token or the one of the setting `metrics_token`.
#[utoipa::path(get, path = "/metrics", tag = "operation",
    responses((status = 200, body = String), (status = 401, body = shared::Problem),
        (status = 403, body = shared::Problem), (status = 404, body = shared::Problem)))]
pub async fn metrics(State(app): State<Arc<App>>, request: Request) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let off = ApiError::NotFound("the figures are off");
    let figures = app.doors.figures.as_ref().ok_or(off)?;
    match app.doors.settings.metrics {
        MetricsAccess::Public => {}
        MetricsAccess::Token => may_read(&parts, &app)?,
        MetricsAccess::Off => return Err(ApiError::NotFound("the figures are off")),
    }
    Ok(([(header::CONTENT_TYPE, TEXT)], figures.render()).into_response())
}

/// Not by address: behind a proxy on the same machine everyone would seem to be local.
fn may_read(parts: &Parts, app: &App) -> Result<(), ApiError> {
    let bearer = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let words = bearer.and_then(|value| value.strip_prefix("Bearer "));
    let expected = app.doors.settings.metrics_token.as_deref();
    if let (Some(words), Some(expected)) = (words, expected)
        && is_same_secret(words, expected)
    {
        return Ok(());
    }
    match credentials(parts, app)?.role {
        Role::Admin => Ok(()),
        _ => Err(ApiError::Forbidden("the figures are the collector's, not a site's")),
    }
}
