//! `GET /v1/sites/{site}/summary…`

use super::auth::Manager;
use super::error::ApiError;
use super::query::{self, FilterParams, Pairs};
use crate::state::Site;
use crate::summary::{self, Dimension, Period, Selection, Source};
use axum::extract::{Path, Query};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use shared::Violations;
use shared::summary::{ByOut, ChannelsOut, FunnelOut, SummaryOut, TrendOut};
use std::sync::Arc;

/// Room for most summaries.
const JSON_BYTES: usize = 16 << 10;

/// NPS, CSAT and CES of everything that the filters match.
#[utoipa::path(get, path = "/v1/sites/{site}/summary", tag = "summaries",
    params(("site" = String, Path), FilterParams),
    responses((status = 200, body = SummaryOut), (status = 401, body = shared::Problem),
        (status = 403, body = shared::Problem), (status = 404, body = shared::Problem),
        (status = 422, body = shared::Problem)))]
pub async fn summary(manager: Manager, Query(pairs): Query<Pairs>) -> Result<Response, ApiError> {
    let selection = query::selection(&pairs, &manager.site)?;
    read(manager.site, selection, summary::summary).await
}

/// Each channel beside the others, with the differences that are real.
#[utoipa::path(get, path = "/v1/sites/{site}/summary/channels", tag = "summaries",
    params(("site" = String, Path), FilterParams),
    responses((status = 200, body = ChannelsOut), (status = 401, body = shared::Problem),
        (status = 403, body = shared::Problem), (status = 404, body = shared::Problem),
        (status = 422, body = shared::Problem)))]
pub async fn channels(manager: Manager, Query(pairs): Query<Pairs>) -> Result<Response, ApiError> {
    let selection = query::selection(&pairs, &manager.site)?;
    read(manager.site, selection, summary::channels).await
}

/// Groups beside each other: by channel, class, service, survey, locale, level, device, identity,
/// assurance, resolved, page, tag or attribute:NAME.
#[utoipa::path(get, path = "/v1/sites/{site}/summary/by/{dimension}", tag = "summaries",
    params(("site" = String, Path), ("dimension" = String, Path), FilterParams),
    responses((status = 200, body = ByOut), (status = 401, body = shared::Problem),
        (status = 403, body = shared::Problem), (status = 404, body = shared::Problem),
        (status = 422, body = shared::Problem)))]
pub async fn by(
    manager: Manager,
    Path((_, dimension)): Path<(String, String)>,
    Query(pairs): Query<Pairs>,
) -> Result<Response, ApiError> {
    let dimension = Dimension::parse(&dimension).ok_or_else(|| {
        let message = "groups by channel, class, service, survey, locale, level, device, identity, \
            assurance, resolved, page, tag and attribute:NAME are available";
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
pub async fn trend(manager: Manager, Query(pairs): Query<Pairs>) -> Result<Response, ApiError> {
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
    let too_many =
        || ApiError::violation("bucket", "too_many", "more points than 1500; take a longer bucket");
    read_or(manager.site, selection, move |source, selection| {
        summary::trend(source, selection, period).ok_or_else(too_many)
    })
    .await
}

/// From impressions to responses, in all and by channel, and the questions at which people leave.
/// Takes the filters `survey`, `channel`, `class`, `service`, and `from` and `to` as dates.
#[utoipa::path(get, path = "/v1/sites/{site}/summary/funnel", tag = "summaries",
    params(("site" = String, Path), ("survey" = Option<String>, Query), ("channel" = Option<String>, Query),
        ("class" = Option<String>, Query), ("service" = Option<String>, Query),
        ("from" = Option<String>, Query), ("to" = Option<String>, Query)),
    responses((status = 200, body = FunnelOut), (status = 401, body = shared::Problem),
        (status = 403, body = shared::Problem), (status = 404, body = shared::Problem),
        (status = 422, body = shared::Problem)))]
pub async fn funnel(manager: Manager, Query(pairs): Query<Pairs>) -> Result<Response, ApiError> {
    let site = manager.site;
    let filters = query::filters(&pairs, &site, |_, _, _| false)?;
    let mut bad = Violations::default();
    filters.check_for_events(&site, &mut bad);
    if !bad.is_empty() {
        return Err(ApiError::Invalid(bad));
    }
    let unanswered = || ApiError::Internal(anyhow::anyhow!("a filter of events was not refused"));
    let selection = filters.select(&site);
    read_or(site, selection, move |source, selection| {
        summary::funnel(source, selection).ok_or_else(unanswered)
    })
    .await
}

async fn read<T: Serialize + 'static>(
    site: Arc<Site>,
    selection: Selection,
    compute: impl FnOnce(Source<'_>, &Selection) -> T + Send + 'static,
) -> Result<Response, ApiError> {
    read_or(site, selection, move |source, selection| Ok(compute(source, selection))).await
}

/// Computes and writes out away from the threads that serve connections: a year by days is 200 KB.
async fn read_or<T: Serialize + 'static>(
    site: Arc<Site>,
    selection: Selection,
    compute: impl FnOnce(Source<'_>, &Selection) -> Result<T, ApiError> + Send + 'static,
) -> Result<Response, ApiError> {
    let task = tokio::task::spawn_blocking(move || {
        let summary = compute(Source { site: &site }, &selection)?;
        let mut json = Vec::with_capacity(JSON_BYTES);
        serde_json::to_writer(&mut json, &summary)
            .map_err(|error| ApiError::Internal(error.into()))?;
        Ok::<_, ApiError>(json)
    });
    let json = task.await.map_err(|error| ApiError::Internal(error.into()))??;
    Ok(([(CONTENT_TYPE, "application/json")], json).into_response())
}
