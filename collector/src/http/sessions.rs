//! `/v1/session`: the dashboard and the desk sign in with a one-time link or a token, and is known by an
//! HttpOnly cookie from then on.

use super::auth::{SESSION_COOKIE, credentials, known_token, require_client, session_cookie};
use super::body::{BODY_BYTES_MAX, Json};
use super::error::ApiError;
use super::router::App;
use crate::change::{self, NewToken};
use crate::clock;
use crate::secret::hash_token;
use crate::state::{Role, TokenKind, TokenRecord};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use shared::decode::Fields;
use shared::page::SessionOut;
use shared::{Timestamp, Violations};
use std::sync::Arc;

/// A week: managers come back, and a token can be revoked at any time.
const SESSION_S: i64 = 7 * 24 * 3600;

enum Proof {
    Code(String),
    Token(String),
}

/// Signs in with `{"code": …}` of a one-time link, or `{"token": …}` of an owner, manager or agent.
#[utoipa::path(post, path = "/v1/session", tag = "dashboard",
    request_body(content = Object, description = "{\"code\"} or {\"token\"}"),
    responses((status = 200, body = SessionOut), (status = 400, body = shared::Problem),
        (status = 401, body = shared::Problem), (status = 413, body = shared::Problem),
        (status = 415, body = shared::Problem), (status = 422, body = shared::Problem),
        (status = 503, body = shared::Problem)))]
pub async fn sign_in(
    State(app): State<Arc<App>>,
    Json(value): Json<BODY_BYTES_MAX>,
) -> Result<Response, ApiError> {
    let now = clock::now();
    let expires = Timestamp::from_millis(now.millis() + SESSION_S * 1_000);
    let words = match read(&value).map_err(ApiError::Invalid)? {
        Proof::Code(code) => {
            let hash = hash_token(&code);
            app.writer.change(move |t| Ok(change::redeem_login(t, hash, now, expires))).await?
        }
        Proof::Token(token) => {
            let token = known_token(&app, &token, TokenKind::Bearer);
            let token = token.filter(|token| may_sign_in(token.role));
            let TokenRecord { id, site, role, expires: ends, .. } =
                token.ok_or(ApiError::Unauthorized)?;
            let new = NewToken {
                site,
                role,
                kind: TokenKind::Session,
                now,
                expires: Some(ends.map_or(expires, |ends| ends.min(expires))),
                parent: Some(id),
            };
            let created = app.writer.change(move |t| Ok(change::create_token(t, new))).await?;
            created.map(|(words, _)| words)
        }
    };
    let words = words.ok_or(ApiError::Unauthorized)?;
    let token = known_token(&app, &words, TokenKind::Session).ok_or(ApiError::Unauthorized)?;
    let session = session_out(&app, &token)?;
    Ok(([(header::SET_COOKIE, cookie(&app, &words, SESSION_S))], axum::Json(session))
        .into_response())
}

fn read(value: &Value) -> Result<Proof, Violations> {
    let mut bad = Violations::default();
    let Some(mut fields) = Fields::of(value, "", &mut bad) else { return Err(bad) };
    let code = fields.string("code", &mut bad);
    let token = fields.string("token", &mut bad);
    fields.finish(&mut bad);
    match (code, token) {
        (Some(code), None) if bad.is_empty() => Ok(Proof::Code(code)),
        (None, Some(token)) if bad.is_empty() => Ok(Proof::Token(token)),
        _ => {
            if bad.is_empty() {
                bad.add("", "required", "takes either code or token");
            }
            Err(bad)
        }
    }
}

/// Who is signed in.
#[utoipa::path(get, path = "/v1/session", tag = "dashboard",
    responses((status = 200, body = SessionOut), (status = 401, body = shared::Problem),
        (status = 403, body = shared::Problem)))]
pub async fn show(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<axum::Json<SessionOut>, ApiError> {
    let (parts, _) = request.into_parts();
    session_out(&app, &credentials(&parts, &app)?).map(axum::Json)
}

/// Signs out.
#[utoipa::path(delete, path = "/v1/session", tag = "dashboard",
    responses((status = 204), (status = 401, body = shared::Problem), (status = 403, body = shared::Problem),
        (status = 503, body = shared::Problem)))]
pub async fn sign_out(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let words = session_cookie(&headers).ok_or(ApiError::Unauthorized)?;
    known_token(&app, words, TokenKind::Session).ok_or(ApiError::Unauthorized)?;
    require_client(&headers)?;
    let hash = hash_token(words);
    app.writer.change(move |t| Ok(t.remove_token(&hash))).await?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie(&app, "", 0))]).into_response())
}

fn session_out(app: &App, token: &TokenRecord) -> Result<SessionOut, ApiError> {
    if !may_sign_in(token.role) {
        return Err(ApiError::Forbidden("programs do not sign in"));
    }
    let state = app.writer.state();
    let site = token.site.and_then(|number| state.sites.get(&number));
    let site = site.ok_or(ApiError::Forbidden("this token is not for a site"))?;
    Ok(SessionOut { site: site.out(), role: token.role.as_str().to_owned() })
}

const fn may_sign_in(role: Role) -> bool {
    matches!(role, Role::Owner | Role::Manager | Role::Agent)
}

fn cookie(app: &App, words: &str, max_age_s: i64) -> String {
    let secure = if app.public_url.starts_with("https://") { "; Secure" } else { "" };
    format!(
        "{SESSION_COOKIE}={words}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Strict{secure}"
    )
}
