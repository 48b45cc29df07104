//! `POST /v1/backup`: the whole collector in one file, while it goes on working.

use super::auth::Admin;
use super::body::Json;
use super::error::ApiError;
use super::pieces::Pieces;
use super::router::App;
use crate::backup::{self, BASES_MAX, Base, Ended, Hash, Wanted};
use crate::clock;
use crate::log::{Recording, Refused};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use shared::Violations;
use shared::decode::Fields;
use std::collections::HashSet;
use std::sync::Arc;

/// Room for the hashes of 240,000 blocks.
const KNOWN_BYTES_MAX: usize = 16 << 20;

/// A backup of everything, as a file for `ascolto restore`. It holds every text in the clear.
/// `known`: the hashes (SHA-256, hexadecimal) of blocks that the backups in `bases` hold; they are
/// left out, and restoring needs those files too.
#[utoipa::path(post, path = "/v1/backup", tag = "operation",
    request_body(content = Object, description = "{\"bases\"?: [{\"id\", \"made_at\"}], \"known\"?: [\"…\"]}"),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 400, body = shared::Problem), (status = 401, body = shared::Problem),
        (status = 403, body = shared::Problem), (status = 409, body = shared::Problem),
        (status = 413, body = shared::Problem), (status = 415, body = shared::Problem),
        (status = 422, body = shared::Problem), (status = 503, body = shared::Problem)))]
pub async fn make(
    State(app): State<Arc<App>>,
    _: Admin,
    Json(value): Json<KNOWN_BYTES_MAX>,
) -> Result<Response, ApiError> {
    let wanted = read(&value).map_err(ApiError::Invalid)?;
    let recorder = Arc::clone(&app);
    let recording = tokio::task::spawn_blocking(move || recorder.writer.record());
    let recording = recording.await.map_err(|error| ApiError::Internal(error.into()))?;
    let recording = recording.map_err(|error| ApiError::Internal(error.into()))?;
    let recording = recording.ok_or(ApiError::Conflict("another backup is being made"))?;
    if !app.writer.is_healthy() {
        return Err(ApiError::Unavailable(Refused::Stopped));
    }
    let (pieces, body) = Pieces::channel();
    tokio::task::spawn_blocking(move || send(&app, recording, wanted, pieces));
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"ascolto-{}.backup\"", date()),
        ),
    ];
    Ok((headers, body).into_response())
}

fn send(app: &App, recording: Recording, wanted: Wanted, pieces: Pieces) {
    let made = backup::make(recording, wanted, |bytes| match app.doors.is_stopping() {
        true => Err(Ended::Gone),
        false => pieces.send(bytes).map_err(|_| Ended::Gone),
    });
    match made {
        Ok(manifest) => {
            pieces.end();
            tracing::info!("a backup was made, up to commit {}", manifest.commit);
        }
        Err(error) => tracing::warn!("a backup was not finished: {error}"),
    }
}

fn date() -> String {
    clock::format(clock::now())[.."2026-11-22".len()].to_owned()
}

fn read(value: &Value) -> Result<Wanted, Violations> {
    let mut bad = Violations::default();
    let Some(mut fields) = Fields::of(value, "", &mut bad) else { return Err(bad) };
    let bases = fields.optional("bases", "a list of at most 100 backups", &mut bad, |value| {
        let bases: Vec<Base> = serde_json::from_value(value.clone()).ok()?;
        (bases.len() <= BASES_MAX).then_some(bases)
    });
    let known = fields.optional("known", "a list of hashes", &mut bad, |value| {
        let hashes = value.as_array()?.iter().map(|hash| Hash::parse(hash.as_str()?));
        hashes.collect::<Option<HashSet<Hash>>>()
    });
    fields.finish(&mut bad);
    match bad.is_empty() {
        true => Ok(Wanted { bases: bases.unwrap_or_default(), known: known.unwrap_or_default() }),
        false => Err(bad),
    }
}
