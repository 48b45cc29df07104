//! `…/desk`: what an operator needs to write down a visitor's answers, and the answers in. The page
//! itself is `/desk` (`stations/desk`).

use super::auth::Agent;
use super::body::{BODY_BYTES_MAX, JsonText};
use super::error::ApiError;
use super::responses::{Taken, take};
use super::router::App;
use axum::extract::State;
use serde::Serialize;
use shared::page::Acknowledgement;
use shared::submission::Sender;
use shared::{SubmissionDraft, Survey};
use std::sync::Arc;

/// Services that are proposed; others can be written all the same.
const SERVICES_MAX: usize = 500;

/// What can be entered at a desk.
#[derive(Serialize, utoipa::ToSchema)]
pub struct DeskOut {
    /// The current version of each survey, with all its texts.
    #[schema(value_type = Vec<Object>)]
    surveys: Vec<Survey>,
    /// Services that answers were given about, by name; 500 at most.
    services: Vec<String>,
    /// The owner's own channels (`x-…`): declared, or such that answers came on.
    channels: Vec<String>,
}

/// Surveys, services and the owner's own channels, for whoever enters answers.
#[utoipa::path(get, path = "/v1/sites/{site}/desk", tag = "desk", params(("site" = String, Path)),
    responses((status = 200, body = DeskOut), (status = 401, body = shared::Problem),
        (status = 403, body = shared::Problem), (status = 404, body = shared::Problem)))]
pub async fn show(agent: Agent) -> axum::Json<DeskOut> {
    let site = agent.site;
    let current = site.surveys.values().filter_map(|versions| versions.last());
    let surveys = current.map(|survey| Survey::clone(survey)).collect();
    let mut services: Vec<String> = site.names.services().map(str::to_owned).collect();
    services.sort_unstable();
    services.truncate(SERVICES_MAX);
    let named = site.names.channels().map(|(_, name)| name);
    let declared = site.record.channels.keys().map(String::as_str);
    let own = named.chain(declared).filter(|name| name.starts_with("x-"));
    let mut channels: Vec<String> = own.map(str::to_owned).collect();
    channels.sort_unstable();
    channels.dedup();
    axum::Json(DeskOut { surveys, services, channels })
}

/// Takes one response on behalf of a visitor, on any channel and of any day. 201 once it is on disk;
/// the same again is 200 with the same body. The receipt takes it back (`DELETE /v1/receipts/…`).
#[utoipa::path(post, path = "/v1/sites/{site}/desk", tag = "desk", params(("site" = String, Path)),
    request_body = SubmissionDraft,
    responses((status = 201, body = Acknowledgement), (status = 200, body = Acknowledgement),
        (status = 400, body = shared::Problem), (status = 401, body = shared::Problem),
        (status = 403, body = shared::Problem), (status = 404, body = shared::Problem),
        (status = 409, body = shared::Problem), (status = 413, body = shared::Problem),
        (status = 415, body = shared::Problem), (status = 422, body = shared::Problem),
        (status = 503, body = shared::Problem)))]
pub async fn enter(
    State(app): State<Arc<App>>,
    agent: Agent,
    JsonText(text): JsonText<BODY_BYTES_MAX>,
) -> Result<Taken, ApiError> {
    app.writer.has_room()?;
    take(&app, &agent.site, &text, Sender::Trusted).await
}
