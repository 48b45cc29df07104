//! `/f/…` and `/l/…`: the survey as pages that work without scripts. A GET only shows, whoever makes
//! it: mail scanners and previews of links never vote. What is answered stands in the form itself
//! until it is sent, and is sent once however often.

mod answer;
mod problem;
mod receipt;
mod reply;
mod stop;
mod visit;

pub use problem::Reader;
pub use receipt::{__path_take_back, __path_thanks, take_back, thanks};
pub use stop::{__path_ask_to_stop, __path_stop, ask_to_stop, stop};

use super::body::Raw;
use super::error::ApiError;
use super::etag;
use super::router::App;
use crate::hosted::STYLE;
use axum::extract::{FromRequest, Path, RawQuery, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use visit::Visit;

/// What a form sends takes up to three times the room that it has in JSON.
const FORM_BYTES_MAX: usize = 3 * super::body::BODY_BYTES_MAX;
const FORM: &str = "application/x-www-form-urlencoded";
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const STYLE_CACHE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

pub(super) type Pairs = Vec<(String, String)>;

/// The survey's first step. `score` is ticked, nothing is recorded. The language is that of
/// `locale`, else of `Accept-Language`, else the site's.
#[utoipa::path(get, path = "/f/{pk}/{survey}", tag = "pages",
    params(("pk" = String, Path, description = "the site's public key, pk_…"), ("survey" = String, Path),
        ("locale" = Option<String>, Query), ("channel" = Option<String>, Query, description = "one that a visitor can be on"),
        ("service" = Option<String>, Query), ("level" = Option<String>, Query),
        ("ref" = Option<String>, Query, description = "the service event's reference"),
        ("score" = Option<u8>, Query), ("theme" = Option<String>, Query), ("page" = Option<String>, Query)),
    responses((status = 200, body = String, content_type = "text/html"), (status = 404), (status = 422)))]
pub async fn show(
    State(app): State<Arc<App>>,
    Path((pk, survey)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let pairs = pairs_of(query.unwrap_or_default().as_bytes());
    answer::opened(&app, &Visit::by_key(&app, &pk, &survey, &pairs, &headers)?)
}

/// Goes on to the next step, back, or sends: then 303 to the page that says thanks.
#[utoipa::path(post, path = "/f/{pk}/{survey}", tag = "pages",
    params(("pk" = String, Path), ("survey" = String, Path)),
    request_body(content = BTreeMap<String, String>, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, body = String, content_type = "text/html"), (status = 303), (status = 403),
        (status = 404), (status = 409), (status = 413), (status = 415), (status = 422), (status = 503)))]
pub async fn answer(
    State(app): State<Arc<App>>,
    Path((pk, survey)): Path<(String, String)>,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, pairs) = receive(&app, request).await?;
    let visit = Visit::by_key(&app, &pk, &survey, &pairs, &parts.headers)?;
    answer::go_on(&app, visit.with_version_of(&pairs), &parts, &pairs).await
}

/// The same by a signed link, which says what the address would and is good for one answer.
#[utoipa::path(get, path = "/l/{token}", tag = "pages",
    params(("token" = String, Path), ("locale" = Option<String>, Query), ("theme" = Option<String>, Query)),
    responses((status = 200, body = String, content_type = "text/html"), (status = 404), (status = 410), (status = 422)))]
pub async fn show_link(
    State(app): State<Arc<App>>,
    Path(token): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let pairs = pairs_of(query.unwrap_or_default().as_bytes());
    answer::opened(&app, &Visit::by_token(&app, &token, &pairs, &headers)?)
}

/// Goes on, back, or sends.
#[utoipa::path(post, path = "/l/{token}", tag = "pages", params(("token" = String, Path)),
    request_body(content = BTreeMap<String, String>, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, body = String, content_type = "text/html"), (status = 303), (status = 403),
        (status = 404), (status = 409), (status = 410), (status = 413), (status = 415), (status = 422), (status = 503)))]
pub async fn answer_link(
    State(app): State<Arc<App>>,
    Path(token): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, pairs) = receive(&app, request).await?;
    let visit = Visit::by_token(&app, &token, &pairs, &parts.headers)?;
    answer::go_on(&app, visit.with_version_of(&pairs), &parts, &pairs).await
}

/// The style of all these pages; its address changes with it.
pub async fn style(headers: HeaderMap) -> Response {
    let tag = etag::of(STYLE.as_bytes(), None);
    if etag::is_known(&headers, &tag) {
        return axum::http::StatusCode::NOT_MODIFIED.into_response();
    }
    let kind = HeaderValue::from_static("text/css; charset=utf-8");
    let headers =
        [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, STYLE_CACHE), (header::ETAG, tag)];
    (headers, STYLE.as_str()).into_response()
}

/// A form of our own pages: its pairs, and the rest of the request.
async fn receive(app: &Arc<App>, request: Request) -> Result<(Parts, Pairs), ApiError> {
    require_own_page(app, request.headers())?;
    if !is_form(request.headers()) {
        return Err(ApiError::UnsupportedMediaType("takes application/x-www-form-urlencoded"));
    }
    let (parts, body) = request.into_parts();
    let mut reading = Request::new(body);
    // The body has its deadline there.
    *reading.extensions_mut() = parts.extensions.clone();
    let Raw(bytes) = Raw::<FORM_BYTES_MAX>::from_request(reading, app).await?;
    Ok((parts, pairs_of(&bytes)))
}

pub(super) fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let essence = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim();
    essence.eq_ignore_ascii_case(FORM)
}

/// Another site's page cannot answer in its visitors' name. Browsers say where a form comes from;
/// who says nothing is no browser of today.
fn require_own_page(app: &App, headers: &HeaderMap) -> Result<(), ApiError> {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let is_own = match (text(FETCH_SITE), text(header::ORIGIN)) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => {
            let host = origin.split_once("://").map(|(_, host)| host);
            origin == app.public_url || (host.is_some() && host == text(header::HOST))
        }
        (None, None) => true,
    };
    if is_own { Ok(()) } else { Err(ApiError::ForeignOrigin) }
}

pub(super) fn pairs_of(text: &[u8]) -> Pairs {
    form_urlencoded::parse(text).into_owned().collect()
}

/// `path` with a query of these pairs.
pub(super) fn address(path: &str, pairs: &[(&str, String)]) -> String {
    if pairs.is_empty() {
        return path.to_owned();
    }
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    format!("{path}?{query}")
}
