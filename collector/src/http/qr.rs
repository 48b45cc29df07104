//! `…/links/{code}/qr`: a short link as a QR code, to be printed.

use super::auth::MayLink;
use super::error::ApiError;
use super::links;
use super::router::App;
use crate::{clock, qr};
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use std::sync::Arc;

const SIZES: std::ops::RangeInclusive<usize> = 64..=4_096;
const SIZE_DEFAULT: usize = 1_024;

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Picture {
    /// `svg` unless told, or `png`.
    format: Option<String>,
    /// Of a PNG, in pixels a side at most: 64 to 4,096; 1,024 unless told.
    size: Option<i64>,
}

/// The link as a QR code: SVG, or PNG.
#[utoipa::path(get, path = "/v1/sites/{site}/links/{code}/qr", tag = "owner",
    params(("site" = String, Path), ("code" = String, Path), Picture),
    responses((status = 200, content((String = "image/svg+xml"), (String = "image/png"))),
        (status = 401, body = shared::Problem), (status = 403, body = shared::Problem),
        (status = 404, body = shared::Problem), (status = 410, body = shared::Problem),
        (status = 422, body = shared::Problem)))]
pub async fn draw(
    State(app): State<Arc<App>>,
    linking: MayLink,
    Path((_, code)): Path<(String, String)>,
    Query(Picture { format, size }): Query<Picture>,
) -> Result<Response, ApiError> {
    let size = size.map_or(Ok(SIZE_DEFAULT), usize::try_from).ok();
    let size = size.filter(|size| SIZES.contains(size));
    let size =
        size.ok_or_else(|| ApiError::violation("size", "out_of_range", "takes 64 to 4096"))?;
    let link = links::of_site(&app, linking.site.number, &code)?;
    let link = link.ok_or(ApiError::NotFound("there is no such link"))?;
    if link.is_over(clock::now()) {
        return Err(ApiError::Gone("this link's time is over"));
    }
    let address = format!("{}/s/{code}", app.public_url);
    let failed = |error: qr::QrError| ApiError::Internal(error.into());
    match format.as_deref().unwrap_or("svg") {
        "svg" => {
            let svg = qr::svg(&address).map_err(failed)?;
            Ok(([(header::CONTENT_TYPE, "image/svg+xml")], svg).into_response())
        }
        "png" => {
            let png = qr::png(&address, size).map_err(failed)?;
            Ok(([(header::CONTENT_TYPE, "image/png")], png).into_response())
        }
        _ => Err(ApiError::violation("format", "invalid", "is svg or png")),
    }
}
