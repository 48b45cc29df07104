//! `…/tokens`: an owner gives and takes access to the site.

use super::auth::Owner;
use super::body::{BODY_BYTES_MAX, Json};
use super::error::ApiError;
use super::router::App;
use crate::change::{self, LINK_MS, NewToken};
use crate::clock;
use crate::state::{Role, TokenKind};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::decode::Fields;
use shared::{Timestamp, Violations};
use std::sync::Arc;

const DAY_MS: i64 = 24 * 3600 * 1000;
const DAYS_MAX: u32 = 3_650;

#[derive(Serialize, Deserialize, utoipa::ToSchema)]
pub struct TokenCreated {
    pub id: String,
    /// Shown once, stored hashed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// A one-time link to the dashboard, or an agent's to the desk, where that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

#[derive(Serialize, Deserialize, utoipa::ToSchema)]
pub struct TokenOut {
    pub id: String,
    pub role: String,
    /// `bearer`, `link` or `session`.
    pub kind: String,
    pub created_at: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
}

#[derive(Serialize, Deserialize, utoipa::ToSchema)]
pub struct TokensOut {
    pub tokens: Vec<TokenOut>,
}

struct Asked {
    role: Role,
    days: Option<u32>,
    link: bool,
}

/// Makes a token, or with `"link": true` a one-time link that signs in to the dashboard,
/// an agent to the desk.
#[utoipa::path(post, path = "/v1/sites/{site}/tokens", tag = "owner", params(("site" = String, Path)),
    request_body(content = Object, description = "{\"role\": \"owner|manager|agent|ingest\", \"expires_days\"?, \"link\"?}"),
    responses((status = 201, body = TokenCreated), (status = 400, body = shared::Problem),
        (status = 401, body = shared::Problem), (status = 403, body = shared::Problem),
        (status = 404, body = shared::Problem), (status = 409, body = shared::Problem),
        (status = 413, body = shared::Problem), (status = 415, body = shared::Problem),
        (status = 422, body = shared::Problem), (status = 503, body = shared::Problem)))]
pub async fn create(
    State(app): State<Arc<App>>,
    owner: Owner,
    Json(value): Json<BODY_BYTES_MAX>,
) -> Result<(StatusCode, axum::Json<TokenCreated>), ApiError> {
    let Asked { role, days, link } = read(&value).map_err(ApiError::Invalid)?;
    let now = clock::now();
    let lasts = if link { Some(LINK_MS) } else { days.map(|days| i64::from(days) * DAY_MS) };
    let new = NewToken {
        site: Some(owner.site.number),
        role,
        kind: if link { TokenKind::Login } else { TokenKind::Bearer },
        now,
        expires: lasts.map(|ms| Timestamp::from_millis(now.millis() + ms)),
        parent: None,
    };
    let created = app.writer.change(move |t| Ok(change::create_token(t, new))).await?;
    let (words, id) = created.ok_or(ApiError::Conflict("the site has as many tokens as it may"))?;
    let created = match link {
        true => TokenCreated { id, token: None, link: Some(app.sign_in_link(role, &words)) },
        false => TokenCreated { id, token: Some(words), link: None },
    };
    Ok((StatusCode::CREATED, axum::Json(created)))
}

fn read(value: &Value) -> Result<Asked, Violations> {
    let mut bad = Violations::default();
    let Some(mut fields) = Fields::of(value, "", &mut bad) else { return Err(bad) };
    fields.require("role", &mut bad);
    let wanted = "owner, manager, agent or ingest";
    let role = fields.optional("role", wanted, &mut bad, |v| v.as_str().and_then(Role::parse));
    let days = fields.whole("expires_days", &mut bad);
    let link = fields.boolean("link", &mut bad).unwrap_or_default();
    fields.finish(&mut bad);
    if days.is_some_and(|days| !(1..=DAYS_MAX).contains(&days)) {
        bad.add("expires_days", "out_of_range", format!("takes 1 to {DAYS_MAX}"));
    }
    if link && role == Some(Role::Ingest) {
        bad.add("role", "wrong_role", "programs do not sign in");
    }
    match role {
        Some(role) if bad.is_empty() => Ok(Asked { role, days, link }),
        _ => Err(bad),
    }
}

/// The site's tokens, without their words.
#[utoipa::path(get, path = "/v1/sites/{site}/tokens", tag = "owner", params(("site" = String, Path)),
    responses((status = 200, body = TokensOut), (status = 401, body = shared::Problem),
        (status = 403, body = shared::Problem), (status = 404, body = shared::Problem)))]
pub async fn list(State(app): State<Arc<App>>, owner: Owner) -> axum::Json<TokensOut> {
    let state = app.writer.state();
    let of_site = state.tokens.values().filter(|token| token.site == Some(owner.site.number));
    let mut tokens: Vec<_> = of_site.collect();
    tokens.sort_by_key(|token| (token.created, token.id.clone()));
    let out = tokens.into_iter().map(|token| TokenOut {
        id: token.id.clone(),
        role: token.role.as_str().to_owned(),
        kind: token.kind.as_str().to_owned(),
        created_at: clock::format(token.created),
        expires_at: token.expires.map(clock::format),
    });
    axum::Json(TokensOut { tokens: out.collect() })
}

/// Revokes a token at once.
#[utoipa::path(delete, path = "/v1/sites/{site}/tokens/{id}", tag = "owner",
    params(("site" = String, Path), ("id" = String, Path)),
    responses((status = 204), (status = 401, body = shared::Problem), (status = 403, body = shared::Problem),
        (status = 404, body = shared::Problem), (status = 503, body = shared::Problem)))]
pub async fn revoke(
    State(app): State<Arc<App>>,
    owner: Owner,
    Path((_, id)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    let number = owner.site.number;
    match app.writer.change(move |t| Ok(change::revoke_token(t, number, &id))).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(ApiError::NotFound("there is no such token")),
    }
}
