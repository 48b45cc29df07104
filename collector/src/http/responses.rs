//! `…/responses`: a visitor's answer in, a manager's pages out, and taking back.

use super::auth::{Manager, MaySend, Owner};
use super::body::{self, BATCH_BYTES_MAX, BODY_BYTES_MAX, Json, JsonText, Raw};
use super::error::ApiError;
use super::query::{self, FilterParams, Pairs};
use super::router::App;
use crate::change::{self, Accepted, Append, Appended, Erased};
use crate::intake::Rejected;
use crate::listing::{self, Cursor};
use crate::log::Broken;
use crate::log::ReadError;
use crate::secret::{hash_subject, read_receipt, receipt};
use crate::state::{Site, SiteNo};
use crate::{clock, intake};
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::decode::Fields;
use shared::page::{Acknowledgement, ResponsesPage};
use shared::submission::Sender;
use shared::{ResponseId, SubmissionDraft, Timestamp, Violation, Violations};
use std::sync::Arc;

/// Takes a visitor's response. 201 once it is on disk; the same again is 200 with the same body.
#[utoipa::path(post, path = "/v1/sites/{site}/responses", tag = "public",
    params(("site" = String, Path, description = "the site's public key, pk_…")),
    request_body = SubmissionDraft,
    responses((status = 201, body = Acknowledgement), (status = 200, body = Acknowledgement),
        (status = 400, body = shared::Problem), (status = 403, body = shared::Problem),
        (status = 404, body = shared::Problem), (status = 409, body = shared::Problem),
        (status = 413, body = shared::Problem), (status = 415, body = shared::Problem),
        (status = 422, body = shared::Problem), (status = 503, body = shared::Problem)))]
pub async fn submit(
    State(app): State<Arc<App>>,
    Path(key): Path<String>,
    JsonText(text): JsonText<BODY_BYTES_MAX>,
) -> Result<Taken, ApiError> {
    app.writer.has_room()?;
    let state = app.writer.state();
    let site = state.site_by_public_key(&key).ok_or(ApiError::NotFound("there is no such site"))?;
    take(&app, site, &text, Sender::Visitor).await
}

/// What is acknowledged, and whether it is new (201) or was here already (200).
pub(super) type Taken = (StatusCode, axum::Json<Acknowledgement>);

/// Reads, checks and stores one response.
pub(super) async fn take(
    app: &App,
    site: &Site,
    text: &[u8],
    sender: Sender,
) -> Result<Taken, ApiError> {
    let secret = app.writer.state().secret;
    let read = intake::read(text, site, &secret, app.guards(), sender, clock::now());
    let (id, status, received) = match read {
        Ok(append) => store(app, site, append).await?,
        Err(Rejected::NotJson(error)) => return Err(body::not_json(&error)),
        Err(Rejected::Violates { violations, sent }) => {
            let before = |sent| intake::received_before(app.writer.disk(), site, sent);
            match sent.map(|sent| Ok::<_, ReadError>((sent.0, before(sent)?))).transpose()? {
                Some((id, Some(received))) => (id, StatusCode::OK, received),
                _ => return Err(ApiError::Invalid(violations)),
            }
        }
    };
    let acknowledgement = Acknowledgement {
        id: id.to_string(),
        receipt: receipt(&secret, site.number, id),
        received_at: clock::format(received),
    };
    Ok((status, axum::Json(acknowledgement)))
}

pub(super) async fn store(
    app: &App,
    site: &Site,
    append: Append,
) -> Result<(ResponseId, StatusCode, Timestamp), ApiError> {
    let (id, number) = (append.submission.id, site.number);
    match app.writer.change(move |t| change::append(t, number, append)).await? {
        Appended::Stored { received } => Ok((id, StatusCode::CREATED, received)),
        Appended::Duplicate { received } => Ok((id, StatusCode::OK, received)),
        refused => Err(refusal(refused)),
    }
}

fn refusal(refused: Appended) -> ApiError {
    match refused {
        Appended::Conflict => ApiError::Conflict("this id was used for another response"),
        Appended::TakenBack => ApiError::Conflict("this response was taken back"),
        Appended::TooManyChannels => {
            ApiError::violation("channel", "too_many", "the site has as many channels as it may")
        }
        Appended::TooManyServices => {
            ApiError::violation("service", "too_many", "the site has as many services as it may")
        }
        Appended::Gone | Appended::Stored { .. } | Appended::Duplicate { .. } => {
            ApiError::NotFound("the site or the survey is gone")
        }
    }
}

/// Responses of one writer job: other senders get their turn between them.
const JOB_LINES_MAX: usize = 128;
const BATCH_LINES_MAX: usize = 10_000;

/// What became of one line of a batch.
#[derive(Serialize, utoipa::ToSchema)]
struct LineOut {
    /// From 1.
    line: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// `stored`, `duplicate` or `refused`.
    status: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    violations: Vec<Violation>,
}

/// Takes responses of any channel, one JSON object a line; answers with a line for each.
#[utoipa::path(post, path = "/v1/sites/{site}/responses/batch", tag = "responses",
    params(("site" = String, Path)),
    request_body(content = String, content_type = "application/x-ndjson"),
    responses((status = 200, body = LineOut, content_type = "application/x-ndjson"),
        (status = 401, body = shared::Problem), (status = 403, body = shared::Problem),
        (status = 404, body = shared::Problem), (status = 413, body = shared::Problem),
        (status = 422, body = shared::Problem), (status = 503, body = shared::Problem)))]
pub async fn batch(
    State(app): State<Arc<App>>,
    owned: MaySend,
    Raw(bytes): Raw<BATCH_BYTES_MAX>,
) -> Result<Response, ApiError> {
    app.writer.has_room()?;
    let lines: Vec<Line> = (1..)
        .zip(bytes.split(|byte| *byte == b'\n'))
        .filter(|(_, line)| !line.trim_ascii().is_empty())
        .map(|(number, line)| (number, line.to_vec()))
        .collect();
    if lines.len() > BATCH_LINES_MAX {
        let message = format!("takes {BATCH_LINES_MAX} lines at most");
        return Err(ApiError::violation("body", "too_many", message));
    }
    let mut out = String::new();
    for chunk in lines.chunks(JOB_LINES_MAX) {
        for line in store_lines(&app, &owned.site, chunk.to_vec()).await? {
            out.push_str(&serde_json::to_string(&line).map_err(|e| ApiError::Internal(e.into()))?);
            out.push('\n');
        }
    }
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], out).into_response())
}

/// A line's number, from 1, and its bytes.
type Line = (usize, Vec<u8>);
/// What a line became: an append on its way, or the end of it.
type ReadLine = (usize, Option<ResponseId>, Result<Append, LineEnd>);

enum LineEnd {
    /// Stored before, under an older version of its survey.
    Duplicate,
    Refused(Violations),
}

async fn store_lines(
    app: &Arc<App>,
    site: &Arc<Site>,
    lines: Vec<Line>,
) -> Result<Vec<LineOut>, ApiError> {
    let (reader, of_site, number) = (Arc::clone(app), Arc::clone(site), site.number);
    // Parsing takes its time: away from the threads that serve connections.
    let reading = tokio::task::spawn_blocking(move || {
        let read = |(number, line): Line| read_line(&reader, &of_site, number, &line);
        lines.into_iter().map(read).collect::<Result<Vec<ReadLine>, ReadError>>()
    });
    let read = reading.await.map_err(|error| ApiError::Internal(error.into()))??;
    let stored = app
        .writer
        .change(move |t| {
            let each = read.into_iter().map(|(line, id, read)| match read {
                Ok(append) => Ok((line, id, Ok(change::append(t, number, append)?))),
                Err(end) => Ok((line, id, Err(end))),
            });
            each.collect::<Result<Vec<_>, Broken>>()
        })
        .await?;
    Ok(stored.into_iter().map(|(line, id, outcome)| line_out(line, id, outcome)).collect())
}

fn read_line(app: &App, site: &Site, number: usize, line: &[u8]) -> Result<ReadLine, ReadError> {
    let refuse = |code, message: String| {
        let mut bad = Violations::default();
        bad.add("", code, message);
        Ok((number, None, Err(LineEnd::Refused(bad))))
    };
    if line.len() > BODY_BYTES_MAX {
        return refuse("too_long", format!("a line takes {BODY_BYTES_MAX} bytes at most"));
    }
    let secret = app.writer.state().secret;
    Ok(match intake::read(line, site, &secret, app.guards(), Sender::Trusted, clock::now()) {
        Ok(append) => (number, Some(append.submission.id), Ok(append)),
        Err(Rejected::NotJson(error)) => {
            return refuse("not_json", format!("is not JSON: {error}"));
        }
        Err(Rejected::Violates { violations, sent }) => {
            let before = sent.map(|sent| intake::received_before(app.writer.disk(), site, sent));
            let id = sent.map(|(id, _)| id);
            match before.transpose()?.flatten() {
                Some(_) => (number, id, Err(LineEnd::Duplicate)),
                None => (number, id, Err(LineEnd::Refused(violations))),
            }
        }
    })
}

fn line_out(line: usize, id: Option<ResponseId>, outcome: Result<Appended, LineEnd>) -> LineOut {
    let (status, violations) = match outcome {
        Ok(Appended::Stored { .. }) => ("stored", Vec::new()),
        Ok(Appended::Duplicate { .. }) | Err(LineEnd::Duplicate) => ("duplicate", Vec::new()),
        Ok(refused) => ("refused", line_refusal(refused)),
        Err(LineEnd::Refused(bad)) => ("refused", bad.into_vec()),
    };
    LineOut { line, id: id.map(|id| id.to_string()), status, violations }
}

fn line_refusal(refused: Appended) -> Vec<Violation> {
    let problem = refusal(refused).problem();
    if !problem.violations.is_empty() {
        return problem.violations;
    }
    let message = problem.detail.unwrap_or_default();
    vec![Violation { path: "id".into(), code: "conflict".into(), message }]
}

/// Responses, newest first. `q`: words in the texts; `comments=true`: only responses with a text.
#[utoipa::path(get, path = "/v1/sites/{site}/responses", tag = "responses",
    params(("site" = String, Path), ("cursor" = Option<String>, Query), ("limit" = Option<u32>, Query),
        ("q" = Option<String>, Query), ("comments" = Option<bool>, Query),
        ("held" = Option<bool>, Query, description = "those left out of every score until someone has looked at them"), FilterParams),
    responses((status = 200, body = ResponsesPage), (status = 401, body = shared::Problem),
        (status = 403, body = shared::Problem), (status = 404, body = shared::Problem),
        (status = 422, body = shared::Problem)))]
pub async fn list(
    State(app): State<Arc<App>>,
    manager: Manager,
    Query(pairs): Query<Pairs>,
) -> Result<axum::Json<ResponsesPage>, ApiError> {
    let site = manager.site;
    let mut query = listing::Query { limit: listing::LIMIT_DEFAULT, ..listing::Query::default() };
    query.held = Some(false);
    let filters =
        query::filters(&pairs, &site, |name, value, bad| read_own(&mut query, name, value, bad))?;
    query.narrow(&filters);
    let selection = filters.select(&site);
    let task = tokio::task::spawn_blocking(move || {
        listing::page(app.writer.disk(), &site, &query, &selection)
    });
    let page = task.await.map_err(|error| ApiError::Internal(error.into()))?;
    Ok(axum::Json(page?))
}

/// The parameters that only this request has.
fn read_own(query: &mut listing::Query, name: &str, value: &str, bad: &mut Violations) -> bool {
    match name {
        "limit" => match value.parse() {
            Ok(limit) if (1..=listing::LIMIT_MAX).contains(&limit) => query.limit = limit,
            _ => bad.add("limit", "out_of_range", format!("takes 1 to {}", listing::LIMIT_MAX)),
        },
        "cursor" => match Cursor::parse(value) {
            Some(cursor) => query.after = Some(cursor),
            None => bad.add("cursor", "invalid", "takes what next_cursor said"),
        },
        _ => return read_shown(query, name, value, bad),
    }
    true
}

/// The parameters that choose among responses, beside the filters.
pub(super) fn read_shown(
    query: &mut listing::Query,
    name: &str,
    value: &str,
    bad: &mut Violations,
) -> bool {
    match name {
        "comments" => query.comments = read_flag(name, value, bad).unwrap_or_default(),
        "held" => query.held = read_flag(name, value, bad),
        "q" => query.words = value.to_lowercase().split_whitespace().map(str::to_owned).collect(),
        _ => return false,
    }
    true
}

pub(super) fn read_flag(name: &str, value: &str, bad: &mut Violations) -> Option<bool> {
    let flag = value.parse().ok();
    if flag.is_none() {
        bad.add(name, "wrong_type", "is true or false");
    }
    flag
}

/// Erases one response: from the log and from every count.
#[utoipa::path(delete, path = "/v1/sites/{site}/responses/{id}", tag = "responses",
    params(("site" = String, Path), ("id" = String, Path)),
    responses((status = 204), (status = 401, body = shared::Problem), (status = 403, body = shared::Problem),
        (status = 404, body = shared::Problem), (status = 503, body = shared::Problem)))]
pub async fn erase(
    State(app): State<Arc<App>>,
    owner: Owner,
    Path((_, id)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    let unknown = ApiError::NotFound("there is no such response");
    let Ok(id) = ResponseId::parse(&id) else { return Err(unknown) };
    let number = owner.site.number;
    match app.writer.change(move |t| change::erase(t, number, id)).await? {
        Erased::Done => Ok(StatusCode::NO_CONTENT),
        Erased::Already | Erased::Unknown => Err(unknown),
    }
}

/// Someone has looked at a response that was held: it counts from now on.
#[utoipa::path(post, path = "/v1/sites/{site}/responses/{id}/accept", tag = "responses",
    params(("site" = String, Path), ("id" = String, Path)),
    responses((status = 204), (status = 401, body = shared::Problem), (status = 403, body = shared::Problem),
        (status = 404, body = shared::Problem), (status = 503, body = shared::Problem)))]
pub async fn accept(
    State(app): State<Arc<App>>,
    manager: Manager,
    Path((_, id)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    let unknown = ApiError::NotFound("there is no such response");
    let Ok(id) = ResponseId::parse(&id) else { return Err(unknown) };
    let number = manager.site.number;
    match app.writer.change(move |t| change::accept(t, number, id)).await? {
        Accepted::Done | Accepted::Already => Ok(StatusCode::NO_CONTENT),
        Accepted::Unknown => Err(unknown),
    }
}

#[derive(Serialize, Deserialize, utoipa::ToSchema)]
pub struct ErasedOut {
    /// Responses that were erased.
    pub erased: usize,
}

/// Ids that one request erases.
pub const ERASE_IDS_MAX: usize = 500;

/// Erases every response of one subject, or those with the given ids (500 at most; those that are
/// not there are passed over). They are in the body, which is logged nowhere.
#[utoipa::path(post, path = "/v1/sites/{site}/erase", tag = "responses", params(("site" = String, Path)),
    request_body(content = Object, description = "{\"subject\"} or {\"responses\": [id, …]}"),
    responses((status = 200, body = ErasedOut), (status = 400, body = shared::Problem),
        (status = 401, body = shared::Problem), (status = 403, body = shared::Problem),
        (status = 404, body = shared::Problem), (status = 413, body = shared::Problem),
        (status = 415, body = shared::Problem), (status = 422, body = shared::Problem),
        (status = 503, body = shared::Problem)))]
pub async fn erase_many(
    State(app): State<Arc<App>>,
    owner: Owner,
    Json(value): Json<BODY_BYTES_MAX>,
) -> Result<axum::Json<ErasedOut>, ApiError> {
    let number = owner.site.number;
    let erased = match read_erase(&value)? {
        Erase::Subject(subject) => erase_subject(&app, number, &subject).await?,
        Erase::Responses(ids) => erase_ids(&app, number, ids).await?,
    };
    Ok(axum::Json(ErasedOut { erased }))
}

enum Erase {
    Subject(String),
    Responses(Vec<ResponseId>),
}

fn read_erase(value: &Value) -> Result<Erase, ApiError> {
    let mut bad = Violations::default();
    let mut read = None;
    if let Some(mut fields) = Fields::of(value, "", &mut bad) {
        read = match fields.get("responses") {
            Some(ids) => Some(Erase::Responses(read_ids(ids, &mut bad))),
            None => {
                fields.require("subject", &mut bad);
                fields.string("subject", &mut bad).map(Erase::Subject)
            }
        };
        fields.finish(&mut bad);
    }
    read.filter(|_| bad.is_empty()).ok_or(ApiError::Invalid(bad))
}

fn read_ids(ids: &Value, bad: &mut Violations) -> Vec<ResponseId> {
    let Some(ids) = ids.as_array().filter(|ids| ids.len() <= ERASE_IDS_MAX) else {
        bad.add("responses", "wrong_type", format!("is a list of at most {ERASE_IDS_MAX} ids"));
        return Vec::new();
    };
    let mut read = Vec::with_capacity(ids.len());
    for (place, id) in ids.iter().enumerate() {
        match id.as_str().map(ResponseId::parse) {
            Some(Ok(id)) => read.push(id),
            _ => bad.add(format!("responses[{place}]"), "invalid", "is a UUIDv7"),
        }
    }
    read
}

async fn erase_subject(app: &App, site: SiteNo, subject: &str) -> Result<usize, ApiError> {
    let subject = hash_subject(&app.writer.state().secret, site, subject);
    let mut erased = 0;
    loop {
        let some = app.writer.change(move |t| change::erase_subject(t, site, &subject)).await?;
        erased += some;
        if some < change::ERASED_AT_ONCE {
            return Ok(erased);
        }
    }
}

async fn erase_ids(app: &App, site: SiteNo, ids: Vec<ResponseId>) -> Result<usize, ApiError> {
    let mut erased = 0;
    for some in ids.chunks(change::ERASED_AT_ONCE) {
        let some = some.to_vec();
        erased += app.writer.change(move |t| change::erase_all(t, site, &some)).await?;
    }
    Ok(erased)
}

/// The visitor takes the response back, with the receipt that came with the acknowledgement.
#[utoipa::path(delete, path = "/v1/receipts/{receipt}", tag = "public",
    params(("receipt" = String, Path)),
    responses((status = 204), (status = 404, body = shared::Problem), (status = 503, body = shared::Problem)))]
pub async fn take_back(
    State(app): State<Arc<App>>,
    Path(receipt): Path<String>,
) -> Result<StatusCode, ApiError> {
    let unknown = ApiError::NotFound("there is no such receipt");
    let secret = app.writer.state().secret;
    let Some((site, id)) = read_receipt(&secret, &receipt) else { return Err(unknown) };
    match app.writer.change(move |t| change::erase(t, site, id)).await? {
        Erased::Done | Erased::Already => Ok(StatusCode::NO_CONTENT),
        Erased::Unknown => Err(unknown),
    }
}
