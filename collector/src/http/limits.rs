//! How often one address, or everyone together for one site, may send; and how often one address
//! may be wrong about a secret. A right token is always served: nobody can lock a manager out.

use super::around::PathKeys;
use super::auth::session_cookie;
use super::error::ApiError;
use super::hosted::pairs_of;
use super::router::App;
use crate::doors::{Peer, Rates, subscriber};
use crate::state::SiteNo;
use axum::extract::{MatchedPath, Request};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, header};
use std::net::IpAddr;

const SESSION: &str = "/v1/session";
/// What public keys begin with.
pub const PUBLIC_KEY: &str = "pk_";

/// Who is asking, and what a wrong answer to that costs.
pub struct Limit {
    client: IpAddr,
    proves: Proves,
}

impl Limit {
    /// Counts the request; an error where it is one too many.
    pub fn pass(request: &Request, path: &PathKeys, app: &App) -> Result<Option<Self>, ApiError> {
        let Some(peer) = request.extensions().get::<Peer>().copied() else { return Ok(None) };
        let client = subscriber(app.doors.proxies.client(peer, request.headers()));
        let proves = proves(request);
        let rates = &app.doors.rates;
        match public_change(request, path, app) {
            Some(site) => may_send(rates, client, site)?,
            None if proves == Proves::SignIn => may_try(rates, client)?,
            None => {}
        }
        Ok(Some(Self { client, proves }))
    }

    /// A wrong secret counts; an error in the place of the answer where it is one too many.
    pub fn answered(&self, status: StatusCode, app: &App) -> Result<(), ApiError> {
        match self.proves != Proves::Nothing && status == StatusCode::UNAUTHORIZED {
            true => failed(&app.doors.rates, self.client),
            false => Ok(()),
        }
    }
}

/// Counts a hosted form that is sent, as a visitor's answer is counted: by its handler, so that a
/// refusal shows the form again.
pub fn pass_form(parts: &Parts, site: SiteNo, app: &App) -> Result<(), ApiError> {
    let Some(peer) = parts.extensions.get::<Peer>().copied() else { return Ok(()) };
    let client = subscriber(app.doors.proxies.client(peer, &parts.headers));
    may_send(&app.doors.rates, client, Some(site))
}

/// The site that a visitor's change is for (`Some(None)`: of none that there is); `None` where the
/// request is something else.
fn public_change(request: &Request, path: &PathKeys, app: &App) -> Option<Option<SiteNo>> {
    if request.method().is_safe() {
        return None;
    }
    if path.receipt.is_some() {
        return Some(None);
    }
    let key = path.site.as_ref().filter(|key| key.starts_with(PUBLIC_KEY))?;
    Some(app.writer.state().site_by_public_key(key).map(|site| site.number))
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

fn proves(request: &Request) -> Proves {
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    if request.method() == Method::POST && route == Some(SESSION) {
        return Proves::SignIn;
    }
    let headers = request.headers();
    // Gateways of telephones may have it in the address.
    let pairs = pairs_of(request.uri().query().unwrap_or_default().as_bytes());
    let in_address = pairs.iter().any(|(name, _)| name == "token");
    let in_headers =
        headers.contains_key(header::AUTHORIZATION) || session_cookie(headers).is_some();
    let shown = in_headers || in_address;
    if shown { Proves::Token } else { Proves::Nothing }
}
