//! What happens around every handler. One layer: axum boxes and copies a request once for each.

use super::accept::Wanted;
use super::cors::Cors;
use super::error::ApiError;
use super::headers;
use super::hosted::Reader;
use super::limits::Limit;
use super::observe::Access;
use super::router::App;
use axum::RequestExt;
use axum::extract::{RawPathParams, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use tracing::Instrument;

/// What the path says of whose request it is.
#[derive(Default)]
pub struct PathKeys {
    /// A site's name, or its public key.
    pub site: Option<String>,
    pub receipt: Option<String>,
}

impl PathKeys {
    async fn of(request: &mut Request) -> Self {
        let mut keys = Self::default();
        // A path that matches no route, or is not UTF-8, has none.
        let Ok(parameters) = request.extract_parts::<RawPathParams>().await else { return keys };
        for (name, value) in &parameters {
            match name {
                "site" => keys.site = Some(value.to_owned()),
                "receipt" => keys.receipt = Some(value.to_owned()),
                _ => {}
            }
        }
        keys
    }
}

pub async fn around(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let access = Access::begin(&request);
    let reader = Reader::of(&request);
    let mut response = negotiated(&app, request, next).instrument(access.span()).await;
    if let Some(reader) = reader {
        response = reader.page_of(response);
    }
    headers::complete(&app, response.headers_mut());
    access.answered(response)
}

async fn negotiated(app: &App, request: Request, next: Next) -> Response {
    let wanted = match Wanted::of(&request) {
        Ok(wanted) => wanted,
        Err(refused) => return refused.into_response(),
    };
    let response = plain_rejection(guarded(app, request, next).await);
    wanted.answered(&response).map_or_else(IntoResponse::into_response, |()| response)
}

/// The browser's `OPTIONS` is answered before any method is refused, and a page that may read the
/// answer can read a refusal too.
async fn guarded(app: &App, mut request: Request, next: Next) -> Response {
    let path = PathKeys::of(&mut request).await;
    let cors = Cors::of(&request, &path, app);
    let mut response = match cors.as_ref().and_then(|cors| cors.answer(request.method())) {
        Some(answer) => answer,
        None => limited(app, path, request, next).await.unwrap_or_else(IntoResponse::into_response),
    };
    if let Some(cors) = cors {
        cors.complete(response.headers_mut());
    }
    response
}

async fn limited(
    app: &App,
    path: PathKeys,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let limit = Limit::pass(&request, &path, app)?;
    let response = next.run(request).await;
    if let Some(limit) = limit {
        limit.answered(response.status(), app)?;
    }
    Ok(response)
}

/// axum's own rejections (a query that is not a query, a path that is not UTF-8) become problems.
fn plain_rejection(response: Response) -> Response {
    let kind = response.headers().get(header::CONTENT_TYPE);
    let is_text = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/plain"));
    match response.status() {
        StatusCode::BAD_REQUEST if is_text => {
            ApiError::BadRequest("the address cannot be read".into()).into_response()
        }
        _ => response,
    }
}
