//! `/kiosk/…`: the page of a totem. `cargo xtask web` made it (`stations/kiosk`); what it has to know
//! of its survey before it can ask anything is written into it here, so that it is whole off line.

use super::error::ApiError;
use super::etag;
use super::router::App;
use super::web::{self, PAGE_POLICY};
use crate::link::Given;
use crate::state::NO_SURVEY;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use maud::html;
use shared::Violations;
use shared::submission::Sender;
use std::sync::Arc;

const TEMPLATE: &str = "/kiosk/index.html";
/// Where the template takes what is known of the survey.
const PLACE: &str = "<!-- survey -->";
const NOT_BUILT: ApiError =
    ApiError::NotFound("this collector was built without its pages; build with cargo xtask build");

/// One question at a time in large touch targets, for a device that stands by itself. It keeps
/// answers while there is no network, and begins anew after each.
#[utoipa::path(get, path = "/kiosk/{pk}/{survey}", tag = "pages",
    params(("pk" = String, Path, description = "the site's public key, pk_…"), ("survey" = String, Path),
        ("service" = Option<String>, Query), ("level" = Option<String>, Query),
        ("channel" = Option<String>, Query, description = "kiosk unless told"),
        ("locale" = Option<String>, Query, description = "the language that it begins in"),
        ("idle" = Option<u32>, Query, description = "seconds without a touch after which it begins anew; 10 to 600, 30 unless told"),
        ("text" = Option<bool>, Query, description = "whether it asks for words too")),
    responses((status = 200, body = String, content_type = "text/html"), (status = 304), (status = 404), (status = 422)))]
pub async fn show(
    State(app): State<Arc<App>>,
    Path((pk, key)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let state = app.writer.state();
    let site = state.site_by_public_key(&pk).ok_or(ApiError::NotFound("there is no such site"))?;
    let survey = site.survey(&key).ok_or(ApiError::NotFound(NO_SURVEY))?;
    let pairs = super::hosted::pairs_of(query.unwrap_or_default().as_bytes());
    let mut bad = Violations::default();
    Given::of_pairs(&pairs, &mut bad).check(survey, Sender::Visitor, &mut bad);
    if !bad.is_empty() {
        return Err(ApiError::Invalid(bad));
    }
    let known = html! {
        meta name="ascolto-site" content=(site.record.name);
        meta name="ascolto-locale" content=(survey.negotiate(Some(&site.record.locale)));
        meta name="ascolto-locales" content=(survey.locales.join(" "));
    };
    let template = web::body_of(TEMPLATE).and_then(|body| std::str::from_utf8(body).ok());
    let page = template.ok_or(NOT_BUILT)?.replace(PLACE, &known.into_string());
    Ok(answer(page, &headers))
}

fn answer(page: String, request: &HeaderMap) -> Response {
    let tag = etag::of(page.as_bytes(), None);
    let mut response = match etag::is_known(request, &tag) {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => page.into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(header::ETAG, tag);
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache"),
        (header::CONTENT_SECURITY_POLICY, PAGE_POLICY),
        (header::REFERRER_POLICY, "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
