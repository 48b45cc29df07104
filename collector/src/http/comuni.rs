//! The rating of pages for Italian municipalities, in the page's own markup: a script, a style, and
//! the markup that an owner copies. Needs nothing else of the widget.

use super::error::ApiError;
use super::etag;
use super::headers::RESOURCE_POLICY;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

const CACHE: &str = "public, max-age=300";

pub async fn script(headers: HeaderMap) -> Result<Response, ApiError> {
    answer(&headers, "text/javascript; charset=utf-8", include_str!("comuni.js"))
}

pub async fn style(headers: HeaderMap) -> Result<Response, ApiError> {
    answer(&headers, "text/css; charset=utf-8", include_str!("comuni.css"))
}

pub async fn markup(headers: HeaderMap) -> Result<Response, ApiError> {
    answer(&headers, "text/plain; charset=utf-8", include_str!("comuni.html"))
}

fn answer(
    request: &HeaderMap,
    kind: &'static str,
    text: &'static str,
) -> Result<Response, ApiError> {
    let tag = etag::of(text.as_bytes(), None);
    let mut response = match etag::is_known(request, &tag) {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => ([(header::CONTENT_TYPE, kind)], text).into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(header::ETAG, tag);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(CACHE));
    // Pages of another origin embed it.
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
    Ok(response)
}
