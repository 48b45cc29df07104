//! `…/events`: what visitors did with a survey, as their browsers tell it when they leave the page.

use super::auth::{MaySend, path_parameter};
use super::body::{self, BeaconText, EVENTS_BYTES_MAX};
use super::error::ApiError;
use super::headers::RESOURCE_POLICY;
use super::limits::PUBLIC_KEY;
use super::router::App;
use crate::clock;
use crate::events::{self, Added, Unread};
use crate::state::Site;
use axum::extract::{FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::IntoResponse;
use metrics::counter;
use shared::events::{EventsDraft, Happening};
use shared::submission::Sender;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The site of the path: by its public key anyone's, else for a token that may send.
pub struct Telling {
    site: Arc<Site>,
    sender: Sender,
}

impl FromRequestParts<Arc<App>> for Telling {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let name = path_parameter(parts, "site").await.unwrap_or_default();
        if !name.starts_with(PUBLIC_KEY) {
            let site = MaySend::from_request_parts(parts, app).await?.site;
            return Ok(Self { site, sender: Sender::Trusted });
        }
        let state = app.writer.state();
        let unknown = ApiError::NotFound("there is no such site");
        let site = state.site_by_public_key(&name).cloned().ok_or(unknown)?;
        Ok(Self { site, sender: Sender::Visitor })
    }
}

/// Counts impressions, opens, starts, answers and dismissals of a survey. The body is JSON, also as
/// `text/plain`, for beacons. 202: counted within about a second; the same batch again counts once
/// as long as it is among the latest 65,536. With the site's name and a token in the place of the
/// public key, any channel is taken, and `count` says how often something happened.
#[utoipa::path(post, path = "/v1/sites/{site}/events", tag = "public",
    params(("site" = String, Path, description = "the site's public key, pk_…; with a token its name")),
    request_body(content((EventsDraft = "application/json"), (String = "text/plain"))),
    responses((status = 202), (status = 400, body = shared::Problem), (status = 401, body = shared::Problem),
        (status = 403, body = shared::Problem), (status = 404, body = shared::Problem),
        (status = 413, body = shared::Problem), (status = 415, body = shared::Problem),
        (status = 422, body = shared::Problem), (status = 503, body = shared::Problem)))]
pub async fn tell(
    State(app): State<Arc<App>>,
    telling: Telling,
    body: Result<BeaconText<EVENTS_BYTES_MAX>, ApiError>,
) -> Result<impl IntoResponse, ApiError> {
    let taken = body.and_then(|BeaconText(text)| take(&app, &telling, &text));
    let outcome = match &taken {
        Ok(Added::Counted) => "taken",
        Ok(Added::Repeated) => "repeated",
        Err(refused) => refused.reason(),
    };
    counter!("ascolto_event_batches_total", "outcome" => outcome).increment(1);
    // A real beacon is sent without CORS: without this its page's console would have an error.
    taken.map(|_| (StatusCode::ACCEPTED, [(RESOURCE_POLICY, "cross-origin")]))
}

fn take(app: &App, Telling { site, sender }: &Telling, text: &[u8]) -> Result<Added, ApiError> {
    app.writer.has_room()?;
    let read = events::read(text, site, *sender, clock::now());
    let (events, day) = read.map_err(|unread| match unread {
        Unread::NotJson(error) => body::not_json(&error),
        Unread::Violates(violations) => ApiError::Invalid(violations),
    })?;
    let counts = events.counts.clone();
    let added = app.pending.add(site, day, *sender, events)?;
    if added == Added::Counted {
        count(&counts);
    }
    Ok(added)
}

fn count(counts: &BTreeMap<Happening, u64>) {
    for (happening, by) in counts {
        let kind = match happening {
            Happening::Impression => "impression",
            Happening::Open => "open",
            Happening::Start => "start",
            Happening::Answered(_) => "answer",
            Happening::Dismissal => "dismissal",
            // A dismissal's own.
            Happening::LeftAfter(_) => continue,
        };
        counter!("ascolto_events_total", "kind" => kind).increment(*by);
    }
}
