//! `/f/…/receipts/…`: thanks, and taking the answer back.

use super::super::error::ApiError;
use super::super::limits;
use super::super::router::App;
use super::answer::{frame, receipt_address};
use super::visit::Visit;
use super::{pairs_of, receive, reply};
use crate::change::{self, Erased};
use crate::hosted::{Notice, notice};
use crate::intake;
use crate::log::record::IdEntry;
use crate::secret::read_receipt;
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use shared::ResponseId;
use std::sync::Arc;

const UNKNOWN: ApiError = ApiError::NotFound("there is no such receipt");

/// Says thanks for an answer, or that it was taken back.
#[utoipa::path(get, path = "/f/{pk}/{survey}/receipts/{receipt}", tag = "pages",
    params(("pk" = String, Path), ("survey" = String, Path), ("receipt" = String, Path),
        ("locale" = Option<String>, Query), ("theme" = Option<String>, Query)),
    responses((status = 200, body = String, content_type = "text/html"), (status = 404),
        (status = 422)))]
pub async fn thanks(
    State(app): State<Arc<App>>,
    Path(path): Path<(String, String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let (visit, id) = found(&app, &path, query.as_deref(), &headers)?;
    let entry = intake::known(app.writer.disk(), &visit.site, id)?.ok_or(UNKNOWN)?;
    let thanks = visit.survey.localize(&visit.speech.survey_locale).thanks;
    let says = match entry {
        IdEntry::Erased => visit.speech.text("taken-back"),
        _ => thanks.as_deref().unwrap_or_else(|| visit.speech.text("sent")),
    };
    let back = receipt_address(&visit, id);
    let stored = matches!(entry, IdEntry::Stored { .. });
    let page = notice(&Notice {
        frame: frame(&visit),
        says,
        is_good: !matches!(entry, IdEntry::Erased),
        details: Vec::new(),
        take_back: stored.then_some(back.as_str()),
        anew: None,
    });
    Ok(reply::page(&visit.site, StatusCode::OK, page))
}

/// Takes the answer back, and says so.
#[utoipa::path(post, path = "/f/{pk}/{survey}/receipts/{receipt}", tag = "pages",
    params(("pk" = String, Path), ("survey" = String, Path), ("receipt" = String, Path)),
    responses((status = 303), (status = 403), (status = 404), (status = 413), (status = 415), (status = 422),
        (status = 503)))]
pub async fn take_back(
    State(app): State<Arc<App>>,
    Path(path): Path<(String, String, String)>,
    request: Request,
) -> Result<Response, ApiError> {
    let query = request.uri().query().map(str::to_owned);
    let (parts, _) = receive(&app, request).await?;
    let (visit, id) = found(&app, &path, query.as_deref(), &parts.headers)?;
    let number = visit.site.number;
    limits::pass_form(&parts, number, &app)?;
    match app.writer.change(move |t| change::erase(t, number, id)).await? {
        Erased::Done | Erased::Already => Ok(reply::see(&receipt_address(&visit, id))),
        Erased::Unknown => Err(UNKNOWN),
    }
}

fn found(
    app: &App,
    (key, survey, receipt): &(String, String, String),
    query: Option<&str>,
    headers: &HeaderMap,
) -> Result<(Visit, ResponseId), ApiError> {
    let visit =
        Visit::by_key(app, key, survey, &pairs_of(query.unwrap_or_default().as_bytes()), headers)?;
    let (site, id) = read_receipt(&visit.secret, receipt).ok_or(UNKNOWN)?;
    if site == visit.site.number { Ok((visit, id)) } else { Err(UNKNOWN) }
}
