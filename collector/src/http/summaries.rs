//! `GET /v1/sites/{site}/summary…`

use super::auth::Manager;
use super::error::ApiError;
use super::query::{self, FilterParams, Pairs};
use crate::state::Site;
use crate::summary::{self, Dimension, Period, Selection, Source};
use axum::Json;
use axum::extract::{Path, Query};
use shared::summary::{ByOut, ChannelsOut, SummaryOut, TrendOut};
use std::sync::Arc;

/// NPS, CSAT and CES of everything that the filters match.
#[utoipa::path(get, path = "/v1/sites/{site}/summary", tag = "summaries",
    params(("site" = String, Path), FilterParams),
    responses((status = 200, body = SummaryOut), (status = 401, body = shared::Problem),
        (status = 403, body = shared::Problem), (status = 404, body = shared::Problem),
        (status = 422, body = shared::Problem)))]
pub async fn summary(
    manager: Manager,
    Query(pairs): Query<Pairs>,
) -> Result<Json<SummaryOut>, ApiError> {
    let selection = query::selection(&pairs, &manager.site)?;
    read(manager.site, selection, summary::summary).await
}

/// Each channel beside the others, with the differences that are real.
#[utoipa::path(get, path = "/v1/sites/{site}/summary/channels", tag = "summaries",
    params(("site" = String, Path), FilterParams),
    responses((status = 200, body = ChannelsOut), (status = 401, body = shared::Problem),
        (status = 403, body = shared::Problem), (status = 404, body = shared::Problem),
        (status = 422, body = shared::Problem)))]
pub async fn channels(
    manager: Manager,
    Query(pairs): Query<Pairs>,
) -> Result<Json<ChannelsOut>, ApiError> {
    let selection = query::selection(&pairs, &manager.site)?;
    read(manager.site, selection, summary::channels).await
}

/// Groups beside each other: by channel, class, service, survey, locale, level, device, identity,
/// page, tag or attribute:NAME.
#[utoipa::path(get, path = "/v1/sites/{site}/summary/by/{dimension}", tag = "summaries",
    params(("site" = String, Path), ("dimension" = String, Path), FilterParams),
    responses((status = 200, body = ByOut), (status = 401, body = shared::Problem),
        (status = 403, body = shared::Problem), (status = 404, body = shared::Problem),
        (status = 422, body = shared::Problem)))]
pub async fn by(
    manager: Manager,
    Path((_, dimension)): Path<(String, String)>,
    Query(pairs): Query<Pairs>,
) -> Result<Json<ByOut>, ApiError> {
    let dimension = Dimension::parse(&dimension).ok_or_else(|| {
        let message = "groups by channel, class, service, survey, locale, level, device, identity, \
            page, tag and attribute:NAME are available";
        ApiError::violation("dimension", "unsupported_dimension", message)
    })?;
    if !dimension.is_told(&manager.site.names) {
        let message = "has more different values than the index tells apart";
        return Err(ApiError::violation("dimension", "too_many_values", message));
    }
    let selection = query::selection(&pairs, &manager.site)?;
    read(manager.site, selection, move |source, selection| {
        summary::by(source, selection, &dimension)
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
    let Json(trend) = read(manager.site, selection, move |source, selection| {
        summary::trend(source, selection, period)
    })
    .await?;
    let too_many =
        || ApiError::violation("bucket", "too_many", "more points than 1500; take a longer bucket");
    trend.map(Json).ok_or_else(too_many)
}

/// Computes away from the threads that serve connections.
async fn read<T: Send + 'static>(
    site: Arc<Site>,
    selection: Selection,
    compute: impl FnOnce(Source<'_>, &Selection) -> T + Send + 'static,
) -> Result<Json<T>, ApiError> {
    let task = tokio::task::spawn_blocking(move || compute(Source { site: &site }, &selection));
    Ok(Json(task.await.map_err(|error| ApiError::Internal(error.into()))?))
}
