//! Who is asking: a handler's signature says who may call it.

use super::error::ApiError;
use super::router::App;
use crate::clock;
use crate::secret::hash_token;
use crate::state::{Role, Site, TokenKind, TokenRecord};
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::Arc;

pub const SESSION_COOKIE: &str = "ascolto_session";
const CLIENT_HEADER: &str = "x-ascolto-client";

pub trait Allowed: Send + Sync {
    const ROLES: &'static [Role];
}

pub struct ToManage;
pub struct ToOwn;
pub struct ToSend;
pub struct ToLink;
pub struct ToServe;

impl Allowed for ToManage {
    const ROLES: &'static [Role] = &[Role::Manager, Role::Owner, Role::Admin];
}
impl Allowed for ToOwn {
    const ROLES: &'static [Role] = &[Role::Owner, Role::Admin];
}
impl Allowed for ToSend {
    const ROLES: &'static [Role] = &[Role::Ingest, Role::Agent, Role::Owner, Role::Admin];
}
impl Allowed for ToLink {
    const ROLES: &'static [Role] = &[Role::Ingest, Role::Manager, Role::Owner, Role::Admin];
}

impl Allowed for ToServe {
    const ROLES: &'static [Role] = &[Role::Agent, Role::Owner, Role::Admin];
}

/// The `{site}` of the path, for someone whose role is allowed on it.
pub struct SiteOf<A> {
    pub site: Arc<Site>,
    /// By which it was shown.
    pub token: TokenRecord,
    allowed: PhantomData<A>,
}

pub type Manager = SiteOf<ToManage>;
pub type Owner = SiteOf<ToOwn>;
pub type MaySend = SiteOf<ToSend>;
pub type MayLink = SiteOf<ToLink>;
/// Whoever serves visitors, and writes down what they say.
pub type Agent = SiteOf<ToServe>;

impl<A: Allowed> FromRequestParts<Arc<App>> for SiteOf<A> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let token = credentials(parts, app)?;
        Self::of_path(token, parts, app).await
    }
}

impl<A: Allowed> SiteOf<A> {
    /// The site of the path for whoever has shown this token, however it was shown.
    pub async fn of_path(
        token: TokenRecord,
        parts: &mut Parts,
        app: &Arc<App>,
    ) -> Result<Self, ApiError> {
        if !A::ROLES.contains(&token.role) {
            return Err(ApiError::Forbidden("this token's role may not do this"));
        }
        let name = path_parameter(parts, "site").await.unwrap_or_default();
        let state = app.writer.state();
        let found = state.site(&name).cloned();
        let site = match (token.site, found) {
            (Some(own), Some(site)) if site.number == own => site,
            (None, Some(site)) => site,
            (None, None) => {
                return Err(ApiError::NotFound(
                    "there is no such site; ascolto site list shows them",
                ));
            }
            // A token of one site learns nothing of the others, not even whether they exist.
            (Some(_), _) => return Err(ApiError::Forbidden("this token is not for this site")),
        };
        Ok(Self { site, token, allowed: PhantomData })
    }
}

/// The collector's own administrator.
pub struct Admin;

impl FromRequestParts<Arc<App>> for Admin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        match credentials(parts, app)?.role {
            Role::Admin => Ok(Self),
            _ => Err(ApiError::Forbidden("only the collector's administrator may do this")),
        }
    }
}

/// The token of a request: a bearer, or the dashboard's cookie.
pub fn credentials(parts: &Parts, app: &App) -> Result<TokenRecord, ApiError> {
    let bearer = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let (words, kind) = match bearer {
        Some(value) => {
            let (scheme, words) = value.split_once(' ').ok_or(ApiError::Unauthorized)?;
            if !scheme.eq_ignore_ascii_case("Bearer") {
                return Err(ApiError::Unauthorized);
            }
            (words.trim(), TokenKind::Bearer)
        }
        None => (session_cookie(&parts.headers).ok_or(ApiError::Unauthorized)?, TokenKind::Session),
    };
    let token = known_token(app, words, kind).ok_or(ApiError::Unauthorized)?;
    if kind == TokenKind::Session && !parts.method.is_safe() {
        require_client(&parts.headers)?;
    }
    Ok(token)
}

/// A change by cookie alone could come from a page of another origin; this header cannot.
pub fn require_client(headers: &HeaderMap) -> Result<(), ApiError> {
    match headers.contains_key(CLIENT_HEADER) {
        true => Ok(()),
        false => Err(ApiError::Forbidden("a change by cookie needs the header X-Ascolto-Client")),
    }
}

/// The valid token of this kind with these words.
pub fn known_token(app: &App, words: &str, kind: TokenKind) -> Option<TokenRecord> {
    let state = app.writer.state();
    let token = state.tokens.get(&hash_token(words))?;
    (token.kind == kind && token.is_valid_at(clock::now())).then(|| token.clone())
}

pub fn session_cookie(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs =
        cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == SESSION_COOKIE).map(|(_, value)| value)
}

pub async fn path_parameter(parts: &mut Parts, name: &str) -> Option<String> {
    let path = Path::<HashMap<String, String>>::from_request_parts(parts, &()).await.ok()?;
    path.0.get(name).cloned()
}
