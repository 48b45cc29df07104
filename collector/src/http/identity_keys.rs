//! `…/identity-keys`: what a site's own server signs with that it knows its visitors.

use super::auth::Owner;
use super::body::{BODY_BYTES_MAX, Json};
use super::error::ApiError;
use super::router::App;
use crate::change;
use crate::clock;
use crate::identity::{Algorithm, IdentityKey, read_public_key};
use crate::secret::identity_secret;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::decode::Fields;
use shared::{Timestamp, Violations};
use std::sync::Arc;

#[derive(Serialize, Deserialize, utoipa::ToSchema)]
pub struct IdentityKeyOut {
    /// `ik_1`: a token may have it as its `kid`.
    pub key: String,
    /// `HS256`, `ES256` or `RS256`.
    pub algorithm: String,
    pub made_at: String,
}

#[derive(Serialize, Deserialize, utoipa::ToSchema)]
pub struct IdentityKeyCreated {
    #[serde(flatten)]
    pub key: IdentityKeyOut,
    /// What tokens are signed with, all of its characters; shown once, stored nowhere. Absent where
    /// the owner signs with a key of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// What tokens have as their `aud`: the site's public key.
    pub audience: String,
}

#[derive(Serialize, Deserialize, utoipa::ToSchema)]
pub struct IdentityKeysOut {
    pub keys: Vec<IdentityKeyOut>,
}

fn out(key: &IdentityKey) -> IdentityKeyOut {
    IdentityKeyOut {
        key: key.name(),
        algorithm: key.algorithm.as_str().to_owned(),
        made_at: clock::format(Timestamp::from_millis(key.made_ms)),
    }
}

/// Makes a key for signing who a visitor is: a secret, or of a public key in PEM (P-256 for ES256,
/// RSA for RS256). Two are valid at a time, so that one can follow the other.
#[utoipa::path(post, path = "/v1/sites/{site}/identity-keys", tag = "owner", params(("site" = String, Path)),
    request_body(content = Object, description = "{\"public_key\"?: \"-----BEGIN PUBLIC KEY-----…\"}"),
    responses((status = 201, body = IdentityKeyCreated), (status = 400, body = shared::Problem),
        (status = 401, body = shared::Problem), (status = 403, body = shared::Problem),
        (status = 404, body = shared::Problem), (status = 409, body = shared::Problem),
        (status = 413, body = shared::Problem), (status = 415, body = shared::Problem),
        (status = 422, body = shared::Problem), (status = 503, body = shared::Problem)))]
pub async fn create(
    State(app): State<Arc<App>>,
    owner: Owner,
    Json(value): Json<BODY_BYTES_MAX>,
) -> Result<(StatusCode, axum::Json<IdentityKeyCreated>), ApiError> {
    let public = read(&value).map_err(ApiError::Invalid)?;
    let (number, now) = (owner.site.number, clock::now());
    let make = move |t: &mut crate::log::Transaction<'_>| {
        Ok(change::create_identity_key(t, number, public, now))
    };
    let key = app.writer.change(make).await?.ok_or(ApiError::Conflict(
        "the site has two identity keys; delete the one that is no longer in use",
    ))?;
    let own = key.algorithm == Algorithm::Hs256;
    let created = IdentityKeyCreated {
        secret: own.then(|| identity_secret(&app.writer.state().secret, number, key.number)),
        audience: owner.site.record.public_key.clone(),
        key: out(&key),
    };
    Ok((StatusCode::CREATED, axum::Json(created)))
}

fn read(value: &Value) -> Result<Option<(Algorithm, String)>, Violations> {
    let mut bad = Violations::default();
    let Some(mut fields) = Fields::of(value, "", &mut bad) else { return Err(bad) };
    let pem = fields.string("public_key", &mut bad);
    fields.finish(&mut bad);
    let public = pem.map(|pem| read_public_key(&pem)).transpose();
    let public = public.map_err(|error| bad.add("public_key", "invalid", error.to_string()));
    if bad.is_empty() { Ok(public.unwrap_or_default()) } else { Err(bad) }
}

/// The site's identity keys, without their secrets.
#[utoipa::path(get, path = "/v1/sites/{site}/identity-keys", tag = "owner", params(("site" = String, Path)),
    responses((status = 200, body = IdentityKeysOut), (status = 401, body = shared::Problem),
        (status = 403, body = shared::Problem), (status = 404, body = shared::Problem)))]
pub async fn list(owner: Owner) -> axum::Json<IdentityKeysOut> {
    axum::Json(IdentityKeysOut { keys: owner.site.record.identity.keys.iter().map(out).collect() })
}

/// Takes a key away: what it signed is refused at once.
#[utoipa::path(delete, path = "/v1/sites/{site}/identity-keys/{key}", tag = "owner",
    params(("site" = String, Path), ("key" = String, Path)),
    responses((status = 204), (status = 401, body = shared::Problem), (status = 403, body = shared::Problem),
        (status = 404, body = shared::Problem), (status = 503, body = shared::Problem)))]
pub async fn delete(
    State(app): State<Arc<App>>,
    owner: Owner,
    Path((_, key)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    let number = owner.site.number;
    match app.writer.change(move |t| Ok(change::delete_identity_key(t, number, &key))).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(ApiError::NotFound("there is no such identity key")),
    }
}
