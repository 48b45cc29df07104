//! Pages on their way out: what browsers may do with them.

use super::super::error::ApiError;
use crate::state::Site;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");

/// A page of a site's form, which that site's own pages may show in a frame.
pub fn page(site: &Site, status: StatusCode, html: String) -> Response {
    let mut response = (status, html).into_response();
    complete(response.headers_mut(), &site.record.origins);
    response
}

/// `ancestors`: origins whose pages may show it in a frame.
pub fn complete(headers: &mut HeaderMap, ancestors: &[String]) {
    let mut set = |name, value| headers.insert(name, HeaderValue::from_static(value));
    set(header::CONTENT_TYPE, "text/html; charset=utf-8");
    // With less, a browser would hide from us that a form comes from our own page.
    set(header::REFERRER_POLICY, "same-origin");
    set(header::VARY, "Accept-Language");
    set(ROBOTS, "noindex, nofollow");
    let policy = policy(ancestors);
    // Origins are plain ASCII: a site's are checked when it is made.
    let policy = HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static(NOTHING));
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
}

const NOTHING: &str = "default-src 'none'; frame-ancestors 'none'";

fn policy(ancestors: &[String]) -> String {
    let ancestors = if ancestors.is_empty() { "'none'".to_owned() } else { ancestors.join(" ") };
    format!(
        "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; \
         frame-ancestors {ancestors}"
    )
}

/// Going back shows the page as it was left, without asking again.
pub fn kept_for_going_back(mut page: Response) -> Response {
    let cache = HeaderValue::from_static("private, no-cache");
    page.headers_mut().insert(header::CACHE_CONTROL, cache);
    page
}

/// The page, with the status of a refusal and when to come back.
pub fn in_the_place_of(refused: ApiError, mut page: Response) -> Response {
    let refusal = refused.into_response();
    *page.status_mut() = refusal.status();
    if let Some(wait) = refusal.headers().get(header::RETRY_AFTER) {
        page.headers_mut().insert(header::RETRY_AFTER, wait.clone());
    }
    page
}

/// 303: what was posted is done, and a reload does not do it again.
pub fn see(address: &str) -> Response {
    let to = HeaderValue::try_from(address).expect("addresses are made of escaped words");
    (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response()
}
