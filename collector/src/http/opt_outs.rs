//! `…/opt-outs`: who wants no more invitations. Addresses and numbers come in bodies, never in
//! paths, which are logged; only their keyed hashes are kept, so a list can name none of them.

use super::auth::Manager;
use super::body::{BATCH_BYTES_MAX, Json};
use super::error::ApiError;
use super::router::App;
use crate::change::{self, OptedOut};
use crate::clock;
use crate::log::{ReadError, keys};
use crate::opt_out::{Hashed, Recipient};
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::decode::Fields;
use shared::{Timestamp, Violations};
use std::fmt::Write;
use std::sync::Arc;

/// In one request: a job of the writer.
const AT_ONCE: usize = 1_000;
const LISTED_MAX: usize = 1_000;

/// A recipient who wants no more invitations.
#[derive(Serialize, Deserialize, utoipa::ToSchema)]
pub struct OptOutEntry {
    /// Hexadecimal digits of a keyed hash.
    pub recipient: String,
    pub since: String,
}

#[derive(Serialize, Deserialize, utoipa::ToSchema)]
pub struct OptOutsOut {
    pub total: usize,
    pub opt_outs: Vec<OptOutEntry>,
    /// Where the next page begins; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

#[derive(Serialize, Deserialize, utoipa::ToSchema)]
pub struct OptOutChanged {
    /// Recipients that were added, or removed: those that were so before are not counted.
    pub changed: usize,
}

#[derive(Deserialize)]
pub struct Page {
    cursor: Option<String>,
}

/// Everyone who wants no more invitations, as keyed hashes, a thousand at a time.
#[utoipa::path(get, path = "/v1/sites/{site}/opt-outs", tag = "owner",
    params(("site" = String, Path), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = OptOutsOut), (status = 401, body = shared::Problem),
        (status = 403, body = shared::Problem), (status = 404, body = shared::Problem),
        (status = 422, body = shared::Problem)))]
pub async fn list(
    State(app): State<Arc<App>>,
    manager: Manager,
    Query(Page { cursor }): Query<Page>,
) -> Result<axum::Json<OptOutsOut>, ApiError> {
    let number = manager.site.number;
    let cursor = cursor.map(|cursor| {
        unhex(&cursor).ok_or_else(|| ApiError::violation("cursor", "invalid", "is none of ours"))
    });
    let from = cursor.transpose()?.unwrap_or_default();
    let end = keys::of_site(keys::OPT_OUTS, number + 1);
    let stored = app.writer.disk().range(&keys::opt_out(number, &from), &end);
    let mut opt_outs = Vec::new();
    for pair in stored.take(LISTED_MAX + 1) {
        let (key, value) = pair.map_err(ReadError::from)?;
        let since = value.try_into().map(i64::from_be_bytes).unwrap_or_default();
        let since = clock::format(Timestamp::from_millis(since));
        let recipient = hex(keys::read_opt_out(&key).unwrap_or_default());
        opt_outs.push(OptOutEntry { recipient, since });
    }
    let next_cursor = opt_outs.get(LISTED_MAX).map(|entry| entry.recipient.clone());
    opt_outs.truncate(LISTED_MAX);
    Ok(axum::Json(OptOutsOut { total: manager.site.opt_outs, opt_outs, next_cursor }))
}

/// Has up to a thousand addresses and numbers get no more invitations.
#[utoipa::path(post, path = "/v1/sites/{site}/opt-outs", tag = "owner", params(("site" = String, Path)),
    request_body(content = Object, description = "{\"recipients\": [\"anna@example.org\", \"+39…\"]}"),
    responses((status = 200, body = OptOutChanged), (status = 400, body = shared::Problem),
        (status = 401, body = shared::Problem), (status = 403, body = shared::Problem),
        (status = 404, body = shared::Problem), (status = 409, body = shared::Problem),
        (status = 413, body = shared::Problem), (status = 415, body = shared::Problem),
        (status = 422, body = shared::Problem), (status = 503, body = shared::Problem)))]
pub async fn add(
    State(app): State<Arc<App>>,
    manager: Manager,
    Json(value): Json<BATCH_BYTES_MAX>,
) -> Result<axum::Json<OptOutChanged>, ApiError> {
    let (number, recipients) = (manager.site.number, read(&value, &app, &manager)?);
    let now = clock::now();
    match app.writer.change(move |t| change::opt_out(t, number, &recipients, now)).await? {
        OptedOut::Done(changed) => Ok(axum::Json(OptOutChanged { changed })),
        OptedOut::TooMany => Err(ApiError::Conflict("the site has as many opt-outs as it may")),
        OptedOut::Gone => Err(ApiError::NotFound("the site is gone")),
    }
}

/// Has them get invitations again: only for people who have asked for it.
#[utoipa::path(post, path = "/v1/sites/{site}/opt-outs/remove", tag = "owner", params(("site" = String, Path)),
    request_body(content = Object, description = "{\"recipients\": [\"anna@example.org\", \"+39…\"]}"),
    responses((status = 200, body = OptOutChanged), (status = 400, body = shared::Problem),
        (status = 401, body = shared::Problem), (status = 403, body = shared::Problem),
        (status = 404, body = shared::Problem), (status = 413, body = shared::Problem),
        (status = 415, body = shared::Problem), (status = 422, body = shared::Problem),
        (status = 503, body = shared::Problem)))]
pub async fn remove(
    State(app): State<Arc<App>>,
    manager: Manager,
    Json(value): Json<BATCH_BYTES_MAX>,
) -> Result<axum::Json<OptOutChanged>, ApiError> {
    let (number, recipients) = (manager.site.number, read(&value, &app, &manager)?);
    let changed = app.writer.change(move |t| change::opt_in(t, number, &recipients)).await?;
    Ok(axum::Json(OptOutChanged { changed }))
}

fn read(value: &Value, app: &App, manager: &Manager) -> Result<Vec<Hashed>, ApiError> {
    let mut bad = Violations::default();
    let mut recipients = Vec::new();
    if let Some(mut fields) = Fields::of(value, "", &mut bad) {
        fields.require("recipients", &mut bad);
        recipients = fields.strings("recipients", &mut bad);
        fields.finish(&mut bad);
    }
    if recipients.len() > AT_ONCE {
        bad.add("recipients", "too_many", format!("takes {AT_ONCE} at most"));
        return Err(ApiError::Invalid(bad));
    }
    let secret = app.writer.state().secret;
    let mut hashed = Vec::with_capacity(recipients.len());
    for (place, text) in recipients.iter().enumerate() {
        match Recipient::parse(text) {
            Some(recipient) => hashed.push(recipient.hash(&secret, manager.site.number)),
            None => bad.add(format!("recipients[{place}]"), "bad_recipient", NOT_A_RECIPIENT),
        }
    }
    if bad.is_empty() { Ok(hashed) } else { Err(ApiError::Invalid(bad)) }
}

/// Never with what was written there.
pub const NOT_A_RECIPIENT: &str =
    "is neither an e-mail address nor a telephone number with its country's code, such as +39…";

fn hex(bytes: Hashed) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Option<Hashed> {
    let mut bytes = Hashed::default();
    if text.len() != 2 * bytes.len() || !text.is_ascii() {
        return None;
    }
    for (place, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * place..2 * place + 2], 16).ok()?;
    }
    Some(bytes)
}
