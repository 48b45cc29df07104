//! `…/responses`: a visitor's answer in, a manager's pages out, and taking back.

use super::auth::{Manager, Owner, Sender};
use super::body::{BATCH_BYTES_MAX, BODY_BYTES_MAX, Json, Raw};
use super::error::ApiError;
use super::query::{self, FilterParams, Pairs};
use super::router::App;
use crate::change::{self, Append, Appended, Erased};
use crate::listing::{self, Cursor};
use crate::secret::{read_receipt, receipt};
use crate::state::Site;
use crate::{clock, intake};
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use shared::page::{Acknowledgement, ResponsesPage};
use shared::submission;
use shared::{ResponseId, SubmissionDraft, Violation, Violations};
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
    Json(value): Json<BODY_BYTES_MAX>,
) -> Result<(StatusCode, axum::Json<Acknowledgement>), ApiError> {
    let state = app.writer.state();
    let site = state.site_by_public_key(&key).ok_or(ApiError::NotFound("there is no such site"))?;
    let sender = submission::Sender::Visitor;
    let append = intake::read(&value, site, &state.secret, sender, clock::now())
        .map_err(ApiError::Invalid)?;
    let id = append.submission.id;
    let number = site.number;
    let appended = app.writer.change(move |t| change::append(t, number, append)).await?;
    let (status, received) = match appended {
        Appended::Stored { received } => (StatusCode::CREATED, received),
        Appended::Duplicate { received } => (StatusCode::OK, received),
        refused => return Err(refusal(refused)),
    };
    let acknowledgement = Acknowledgement {
        id: id.to_string(),
        receipt: receipt(&state.secret, number, id),
        received_at: clock::format(received),
    };
    Ok((status, axum::Json(acknowledgement)))
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
    sender: Sender,
    Raw(bytes): Raw<BATCH_BYTES_MAX>,
) -> Result<Response, ApiError> {
    let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    if lines.len() > BATCH_LINES_MAX {
        let message = format!("takes {BATCH_LINES_MAX} lines at most");
        return Err(ApiError::violation("body", "too_many", message));
    }
    let mut out = String::new();
    let numbered: Vec<_> =
        (1..).zip(lines).filter(|(_, line)| !line.trim_ascii().is_empty()).collect();
    for chunk in numbered.chunks(JOB_LINES_MAX) {
        for line in store_lines(&app, &sender.site, chunk).await? {
            out.push_str(&serde_json::to_string(&line).map_err(|e| ApiError::Internal(e.into()))?);
            out.push('\n');
        }
    }
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], out).into_response())
}

async fn store_lines(
    app: &App,
    site: &Site,
    lines: &[(usize, &[u8])],
) -> Result<Vec<LineOut>, ApiError> {
    let secret = app.writer.state().secret;
    let read: Vec<_> = lines.iter().map(|(_, line)| read_line(line, site, &secret)).collect();
    let ids: Vec<_> = read
        .iter()
        .map(|r| r.as_ref().ok().map(|append| append.submission.id.to_string()))
        .collect();
    let number = site.number;
    let outcomes = app
        .writer
        .change(move |t| {
            let each = read.into_iter().map(|line| match line {
                Ok(append) => Ok(Ok(change::append(t, number, append)?)),
                Err(bad) => Ok(Err(bad)),
            });
            each.collect::<Result<Vec<Result<Appended, Violations>>, _>>()
        })
        .await?;
    let numbered = lines.iter().zip(ids).zip(outcomes);
    Ok(numbered.map(|(((line, _), id), outcome)| line_out(*line, id, outcome)).collect())
}

fn read_line(line: &[u8], site: &Site, secret: &[u8; 32]) -> Result<Append, Violations> {
    let refuse = |code, message: String| {
        let mut bad = Violations::default();
        bad.add("", code, message);
        bad
    };
    if line.len() > BODY_BYTES_MAX {
        return Err(refuse("too_long", format!("a line takes {BODY_BYTES_MAX} bytes at most")));
    }
    let value = serde_json::from_slice(line)
        .map_err(|error| refuse("not_json", format!("is not JSON: {error}")))?;
    intake::read(&value, site, secret, submission::Sender::Trusted, clock::now())
}

fn line_out(line: usize, id: Option<String>, outcome: Result<Appended, Violations>) -> LineOut {
    let (status, violations) = match outcome {
        Ok(Appended::Stored { .. }) => ("stored", Vec::new()),
        Ok(Appended::Duplicate { .. }) => ("duplicate", Vec::new()),
        Ok(refused) => {
            let problem = refusal(refused).problem();
            let told = Violation {
                path: "id".into(),
                code: "conflict".into(),
                message: problem.detail.unwrap_or_default(),
            };
            let violations = problem.violations;
            ("refused", if violations.is_empty() { vec![told] } else { violations })
        }
        Err(bad) => ("refused", bad.into_vec()),
    };
    LineOut { line, id, status, violations }
}

/// Responses, newest first. `q`: words in the texts; `comments=true`: only responses with a text.
#[utoipa::path(get, path = "/v1/sites/{site}/responses", tag = "responses",
    params(("site" = String, Path), ("cursor" = Option<String>, Query), ("limit" = Option<u32>, Query),
        ("q" = Option<String>, Query), ("comments" = Option<bool>, Query), FilterParams),
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
    let filters =
        query::filters(&pairs, &site, |name, value, bad| read_own(&mut query, name, value, bad))?;
    query.range = filters.range;
    query.survey.clone_from(&filters.survey);
    query.metric.clone_from(&filters.metric);
    query.question.clone_from(&filters.question);
    let selection = filters.select(&site);
    let task = tokio::task::spawn_blocking(move || {
        listing::page(app.writer.disk(), &site, &query, |key| selection.matches_place(key))
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
        "comments" => match value {
            "true" => query.comments = true,
            "false" => query.comments = false,
            _ => bad.add("comments", "wrong_type", "is true or false"),
        },
        "q" => query.words = value.to_lowercase().split_whitespace().map(str::to_owned).collect(),
        _ => return false,
    }
    true
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
