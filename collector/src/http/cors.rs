//! Which pages may talk to the public side: those of the site's allowed origins. A request
//! without `Origin` does not come from a page's script and is taken.

use super::around::PathKeys;
use super::error::ApiError;
use super::router::App;
use crate::secret::read_receipt;
use crate::state::Site;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// Seconds for which a browser may remember a preflight.
const PREFLIGHT_MAX_AGE_S: u32 = 7_200;

/// What a request on a site's public side is to a browser: where it comes from, and whether that
/// page may read the answer.
pub struct Cors {
    /// `None`: not a page's script.
    origin: Option<HeaderValue>,
    foreign: bool,
}

impl Cors {
    /// `None` on the owner's side.
    pub fn of(request: &Request, path: &PathKeys, app: &App) -> Option<Self> {
        let site = public_site(path, app)?;
        let origin = request.headers().get(header::ORIGIN).cloned();
        let foreign = origin.as_ref().is_some_and(|origin| !is_allowed(&site, origin, app));
        Some(Self { origin, foreign })
    }

    /// What is answered without asking anybody else: a refusal, or a browser's `OPTIONS`.
    pub fn answer(&self, method: &Method) -> Option<Response> {
        match method {
            _ if self.foreign => Some(ApiError::ForeignOrigin.into_response()),
            &Method::OPTIONS if self.origin.is_some() => Some(preflight()),
            _ => None,
        }
    }

    pub fn complete(self, headers: &mut HeaderMap) {
        // Without it a shared cache would hand one origin the answer to another.
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
        if let Some(origin) = self.origin.filter(|_| !self.foreign) {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            if headers.contains_key(header::RETRY_AFTER) {
                let exposed = HeaderValue::from_static("Retry-After");
                headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
            }
        }
    }
}

/// The site whose public side the path is on; `None` on the owner's side.
fn public_site(path: &PathKeys, app: &App) -> Option<Arc<Site>> {
    if path.site.is_none() && path.receipt.is_none() {
        return None;
    }
    let state = app.writer.state();
    if let Some(key) = &path.site {
        return state.site_by_public_key(key).cloned();
    }
    let (site, _) = read_receipt(&state.secret, path.receipt.as_ref()?)?;
    state.sites.get(&site).cloned()
}

fn is_allowed(site: &Site, origin: &HeaderValue, app: &App) -> bool {
    let Ok(origin) = origin.to_str() else { return false };
    // Our own pages, such as the hosted form.
    origin == app.public_url || site.record.origins.iter().any(|allowed| allowed == origin)
}

fn preflight() -> Response {
    let mut headers = HeaderMap::new();
    let methods = HeaderValue::from_static("GET, POST, DELETE");
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
    // The theme of the municipalities sends the second.
    let names = HeaderValue::from_static("Content-Type, Cache-Control");
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, names);
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from(PREFLIGHT_MAX_AGE_S));
    (StatusCode::NO_CONTENT, headers).into_response()
}
