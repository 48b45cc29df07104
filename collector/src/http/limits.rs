//! How often one address, or everyone together for one site, may send; and how often one address
//! may be wrong about a secret. A right token is always served: nobody can lock a manager out.

use super::auth::{path_parameter, session_cookie};
use super::error::ApiError;
use super::router::App;
use crate::doors::{Peer, Rates, subscriber};
use crate::state::SiteNo;
use axum::extract::{MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::IpAddr;
use std::sync::Arc;

const SESSION: &str = "/v1/session";
/// What public keys begin with.
const PUBLIC_KEY: &str = "pk_";

pub async fn limit(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let Some(peer) = request.extensions().get::<Peer>().copied() else {
        return next.run(request).await;
    };
    let (mut parts, body) = request.into_parts();
    let client = subscriber(app.doors.proxies.client(peer, &parts.headers));
    let proves = proves(&parts);
    let rates = &app.doors.rates;
    let allowed = match public_change(&mut parts, &app).await {
        Some(site) => may_send(rates, client, site),
        None if proves == Proves::SignIn => may_try(rates, client),
        None => Ok(()),
    };
    if let Err(refused) = allowed {
        return refused.into_response();
    }
    let response = next.run(Request::from_parts(parts, body)).await;
    match proves != Proves::Nothing && response.status() == StatusCode::UNAUTHORIZED {
        true => failed(rates, client).map_or_else(IntoResponse::into_response, |()| response),
        false => response,
    }
}

/// The site that a visitor's change is for (`Some(None)`: of none that there is); `None` where the
/// request is something else.
async fn public_change(parts: &mut Parts, app: &App) -> Option<Option<SiteNo>> {
    if parts.method.is_safe() {
        return None;
    }
    if path_parameter(parts, "receipt").await.is_some() {
        return Some(None);
    }
    let key = path_parameter(parts, "site").await.filter(|key| key.starts_with(PUBLIC_KEY))?;
    Some(app.writer.state().site_by_public_key(&key).map(|site| site.number))
}

fn may_send(rates: &Rates, client: IpAddr, site: Option<SiteNo>) -> Result<(), ApiError> {
    if let Some(addresses) = &rates.addresses {
        let taken = addresses.take(client);
        taken.map_err(|wait| ApiError::TooMany { reason: "rate_address", wait })?;
    }
    if let (Some(sites), Some(site)) = (&rates.sites, site) {
        sites.take(site).map_err(|wait| ApiError::TooMany { reason: "rate_site", wait })?;
    }
    Ok(())
}

fn may_try(rates: &Rates, client: IpAddr) -> Result<(), ApiError> {
    let wait = rates.failures.as_ref().and_then(|failures| failures.wait(client));
    wait.map_or(Ok(()), |wait| Err(ApiError::TooMany { reason: "rate_failures", wait }))
}

fn failed(rates: &Rates, client: IpAddr) -> Result<(), ApiError> {
    let taken = rates.failures.as_ref().map_or(Ok(()), |failures| failures.take(client));
    taken.map_err(|wait| ApiError::TooMany { reason: "rate_failures", wait })
}

/// What a request shows of a secret: only what was shown can be wrong.
#[derive(PartialEq, Eq)]
enum Proves {
    Nothing,
    Token,
    SignIn,
}

fn proves(parts: &Parts) -> Proves {
    let route = parts.extensions.get::<MatchedPath>().map(MatchedPath::as_str);
    if parts.method == Method::POST && route == Some(SESSION) {
        return Proves::SignIn;
    }
    let shown = parts.headers.contains_key(header::AUTHORIZATION)
        || session_cookie(&parts.headers).is_some();
    if shown { Proves::Token } else { Proves::Nothing }
}
