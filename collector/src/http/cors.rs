//! Which pages may talk to the public side: those of the site's allowed origins. A request
//! without `Origin` does not come from a page's script and is taken.

use super::auth::path_parameter;
use super::error::ApiError;
use super::router::App;
use crate::secret::read_receipt;
use crate::state::Site;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// Seconds for which a browser may remember a preflight.
const PREFLIGHT_MAX_AGE_S: u32 = 7_200;

pub async fn guard(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let site = public_site(&mut parts, &app).await;
    let origin = parts.headers.get(header::ORIGIN).cloned();
    let request = Request::from_parts(parts, body);
    let Some(site) = site else { return next.run(request).await };
    let mut response = match origin {
        None => next.run(request).await,
        Some(origin) => match is_allowed(&site, &origin, &app) {
            true => answer_to(origin, request, next).await,
            false => ApiError::ForeignOrigin.into_response(),
        },
    };
    // Without it a shared cache would hand one origin the answer to another.
    response.headers_mut().append(header::VARY, HeaderValue::from_static("Origin"));
    response
}

async fn answer_to(origin: HeaderValue, request: Request, next: Next) -> Response {
    let mut response = match *request.method() {
        Method::OPTIONS => preflight(),
        _ => next.run(request).await,
    };
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    let exposed = HeaderValue::from_static("Retry-After");
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
    response
}

/// The site whose public side the path is on; `None` on the owner's side.
async fn public_site(parts: &mut axum::http::request::Parts, app: &App) -> Option<Arc<Site>> {
    let state = app.writer.state();
    if let Some(key) = path_parameter(parts, "site").await {
        return state.site_by_public_key(&key).cloned();
    }
    let receipt = path_parameter(parts, "receipt").await?;
    let (site, _) = read_receipt(&state.secret, &receipt)?;
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
    let names = HeaderValue::from_static("Content-Type");
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, names);
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from(PREFLIGHT_MAX_AGE_S));
    (StatusCode::NO_CONTENT, headers).into_response()
}
