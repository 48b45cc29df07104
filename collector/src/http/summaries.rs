//! `GET /v1/sites/{site}/summary…`

use super::auth::Manager;
use super::error::ApiError;
use super::query::{self, FilterParams, Pairs};
use super::router::App;
use crate::state::Site;
use crate::summary::{self, Dimension, Period, ReadError, Selection, Source};
use axum::Json;
use axum::extract::{Path, Query, State};
use shared::summary::{ByOut, ChannelsOut, SummaryOut, TrendOut};
use std::sync::Arc;

/// NPS, CSAT and CES of everything that the filters match.
#[utoipa::path(get, path = "/v1/sites/{site}/summary", tag = "summaries",
    params(("site" = String, Path), FilterParams),
    responses((status = 200, body = SummaryOut), (status = 401, body = shared::Problem),
        (status = 403, body = shared::Problem), (status = 404, body = shared::Problem),
        (status = 422, body = shared::Problem)))]
pub async fn summary(
    State(app): State<Arc<App>>,
    manager: Manager,
    Query(pairs): Query<Pairs>,
) -> Result<Json<SummaryOut>, ApiError> {
    let selection = query::selection(&pairs, &manager.site)?;
    read(app, manager.site, selection, summary::summary).await
}

/// Each channel beside the others, with the differences that are real.
#[utoipa::path(get, path = "/v1/sites/{site}/summary/channels", tag = "summaries",
    params(("site" = String, Path), FilterParams),
    responses((status = 200, body = ChannelsOut), (status = 401, body = shared::Problem),
        (status = 403, body = shared::Problem), (status = 404, body = shared::Problem),
        (status = 422, body = shared::Problem)))]
pub async fn channels(
    State(app): State<Arc<App>>,
    manager: Manager,
    Query(pairs): Query<Pairs>,
) -> Result<Json<ChannelsOut>, ApiError> {
    let selection = query::selection(&pairs, &manager.site)?;
    read(app, manager.site, selection, summary::channels).await
}

/// Each service, survey, channel or class beside the others.
#[utoipa::path(get, path = "/v1/sites/{site}/summary/by/{dimension}", tag = "summaries",
    params(("site" = String, Path), ("dimension" = String, Path), FilterParams),
    responses((status = 200, body = ByOut), (status = 401, body = shared::Problem),
        (status = 403, body = shared::Problem), (status = 404, body = shared::Problem),
        (status = 422, body = shared::Problem)))]
pub async fn by(
    State(app): State<Arc<App>>,
    manager: Manager,
    Path((_, dimension)): Path<(String, String)>,
    Query(pairs): Query<Pairs>,
) -> Result<Json<ByOut>, ApiError> {
    let dimension = Dimension::parse(&dimension).ok_or_else(|| {
        let message = "groups by channel, class, service and survey are available";
        ApiError::violation("dimension", "unsupported_dimension", message)
    })?;
    let selection = query::selection(&pairs, &manager.site)?;
    read(app, manager.site, selection, move |source, selection| {
        summary::by(source, selection, dimension)
    })
    .await
}

/// Consecutive days, weeks or months in the site's time zone.
#[utoipa::path(get, path = "/v1/sites/{site}/summary/trend", tag = "summaries",
    params(("site" = String, Path), ("bucket" = Option<String>, Query, description = "day, week or month"), FilterParams),
    responses((status = 200, body = TrendOut), (status = 401, body = shared::Problem),
        (status = 403, body = shared::Problem), (status = 404, body = shared::Problem),
        (status = 422, body = shared::Problem)))]
pub async fn trend(
    State(app): State<Arc<App>>,
    manager: Manager,
    Query(pairs): Query<Pairs>,
) -> Result<Json<TrendOut>, ApiError> {
    let mut period = Period::default();
    let filters = query::filters(&pairs, &manager.site, |name, value, bad| {
        if name == "bucket" {
            match Period::parse(value) {
                Some(asked) => period = asked,
                None => bad.add("bucket", "unknown_bucket", "is day, week or month"),
            }
        }
        name == "bucket"
    })?;
    let selection = filters.select(&manager.site);
    let Json(trend) = read(app, manager.site, selection, move |source, selection| {
        summary::trend(source, selection, period)
    })
    .await?;
    let too_many =
        || ApiError::violation("bucket", "too_many", "more points than 1500; take a longer bucket");
    trend.map(Json).ok_or_else(too_many)
}

/// Computes away from the threads that serve connections.
async fn read<T: Send + 'static>(
    app: Arc<App>,
    site: Arc<Site>,
    selection: Selection,
    compute: impl FnOnce(Source<'_>, &Selection) -> Result<T, ReadError> + Send + 'static,
) -> Result<Json<T>, ApiError> {
    let task = tokio::task::spawn_blocking(move || {
        compute(Source { disk: app.writer.disk(), site: &site }, &selection)
    });
    let computed = task.await.map_err(|error| ApiError::Internal(error.into()))?;
    Ok(Json(computed?))
}
