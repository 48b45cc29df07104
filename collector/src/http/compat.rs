//! `…/compat/comuni`: what the municipalities' WordPress theme sends, so that each install is a client
//! with one changed line.

use super::body::{BODY_BYTES_MAX, Raw};
use super::error::ApiError;
use super::responses::store;
use super::router::App;
use crate::clock;
use crate::import::choices::Options;
use crate::intake::{self, Rejected};
use crate::secret::{fingerprint, random};
use crate::state::Site;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shared::submission::Sender;
use shared::survey::Kind;
use shared::{ResponseId, Survey};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

const FORM: &str = "application/x-www-form-urlencoded";
const ACTION: &str = "save_rating";
/// What the theme writes where there is nothing.
const NOTHING: &str = "null";
/// The survey where the address names none.
const SURVEY: &str = "comuni";
const ATTRIBUTE_CHARS_MAX: usize = 200;

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Of {
    /// `comuni` unless told, or `comuni-service`.
    survey: Option<String>,
    service: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct SavedOut {
    success: bool,
    rating: RatingOut,
}

#[derive(Serialize, utoipa::ToSchema)]
struct RatingOut {
    id: String,
}

/// Takes the rating of a page as the theme of Italian municipalities sends it: `action=save_rating`,
/// `title`, `star`, `radioResponse`, `freeText`, `page`. The same once more within seconds is 200.
#[utoipa::path(post, path = "/v1/sites/{site}/compat/comuni", tag = "public",
    params(("site" = String, Path, description = "the site's public key, pk_…"), Of),
    request_body(content = Rating, content_type = "application/x-www-form-urlencoded"),
    responses((status = 201, body = SavedOut), (status = 200, body = SavedOut),
        (status = 400, body = shared::Problem), (status = 403, body = shared::Problem),
        (status = 404, body = shared::Problem), (status = 413, body = shared::Problem),
        (status = 415, body = shared::Problem), (status = 422, body = shared::Problem),
        (status = 503, body = shared::Problem)))]
pub async fn comuni(
    State(app): State<Arc<App>>,
    Path(key): Path<String>,
    Query(of): Query<Of>,
    headers: HeaderMap,
    Raw(body): Raw<BODY_BYTES_MAX>,
) -> Result<(StatusCode, axum::Json<SavedOut>), ApiError> {
    app.writer.has_room()?;
    let state = app.writer.state();
    let site = state.site_by_public_key(&key).ok_or(ApiError::NotFound("there is no such site"))?;
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if !kind.is_some_and(|kind| kind.to_ascii_lowercase().starts_with(FORM)) {
        return Err(ApiError::UnsupportedMediaType("takes application/x-www-form-urlencoded"));
    }
    let rating = Rating::read(&body);
    if rating.action.as_deref() != Some(ACTION) {
        return Err(ApiError::violation("action", "invalid", "is save_rating"));
    }
    let mut draft = rating.draft(site, &of)?;
    draft["id"] = json!(recent_id(site, &draft));
    let text = serde_json::to_vec(&draft).map_err(|error| ApiError::Internal(error.into()))?;
    let read =
        intake::read(&text, site, &state.secret, app.guards(), Sender::Visitor, clock::now());
    let (id, status, _) = match read {
        Ok(append) => store(&app, site, append).await?,
        Err(Rejected::Violates { violations, .. }) => return Err(ApiError::Invalid(violations)),
        Err(Rejected::NotJson(error)) => return Err(ApiError::Internal(error.into())),
    };
    let rating = RatingOut { id: id.to_string() };
    Ok((status, axum::Json(SavedOut { success: true, rating })))
}

/// What the theme's form has.
#[derive(Default, utoipa::ToSchema)]
struct Rating {
    /// `save_rating`
    #[schema(required)]
    action: Option<String>,
    title: Option<String>,
    /// 1 to 5
    star: Option<String>,
    /// The answer that was chosen to what the stars ask next.
    #[schema(rename = "radioResponse")]
    chosen: Option<String>,
    #[schema(rename = "freeText")]
    words: Option<String>,
    page: Option<String>,
}

impl Rating {
    /// Other fields are the theme's own matter.
    fn read(body: &[u8]) -> Self {
        let mut rating = Self::default();
        for (name, value) in form_urlencoded::parse(body) {
            let field = match name.as_ref() {
                "action" => &mut rating.action,
                "title" => &mut rating.title,
                "star" => &mut rating.star,
                "radioResponse" => &mut rating.chosen,
                "freeText" => &mut rating.words,
                "page" => &mut rating.page,
                _ => continue,
            };
            let value = value.trim();
            *field = (!value.is_empty() && value != NOTHING).then(|| value.to_owned());
        }
        rating
    }

    fn draft(&self, site: &Site, of: &Of) -> Result<Value, ApiError> {
        let key = of.survey.as_deref().unwrap_or(SURVEY);
        let unknown = || {
            let hint = "the site has no such survey; put one with ascolto survey put preset:comuni";
            ApiError::violation("survey", "unknown_survey", hint)
        };
        let survey = site.survey(key).ok_or_else(unknown)?;
        let mut attributes = json!({});
        let mut answers = json!({});
        let star: Option<i64> = self.star.as_deref().and_then(|star| star.parse().ok());
        for question in &survey.questions {
            match (&question.kind, star, &self.words) {
                (Kind::Rating { .. }, Some(star), _) => answers[&question.key] = json!(star),
                (Kind::Text { .. }, _, Some(words)) => answers[&question.key] = json!(words),
                _ => {}
            }
        }
        if let Some(chosen) = &self.chosen {
            match option(survey, star, chosen) {
                Some((question, option)) => answers[question] = json!(option),
                // An owner's own words: kept, though no option has them.
                None => attributes["radioResponse"] = json!(cut(chosen)),
            }
        }
        if let Some(title) = &self.title {
            attributes["title"] = json!(cut(title));
        }
        let mut context = json!({"attributes": attributes});
        if let Some(page) = &self.page {
            context["page"] = json!(page);
        }
        let mut draft = json!({"survey": key, "channel": "web", "locale": "it",
            "answers": answers, "context": context});
        if let Some(service) = &of.service {
            draft["service"] = json!(service);
        }
        Ok(draft)
    }
}

/// The question that is asked after these stars, and the key of the option with these words.
fn option<'a>(survey: &'a Survey, star: Option<i64>, words: &str) -> Option<(&'a str, String)> {
    let star = star?;
    survey.questions.iter().find_map(|question| {
        let rule = question.show_if.as_ref();
        let asked = rule.is_none_or(|rule| rule.holds(&shared::Answer::Score(star)));
        let options = Options::of(question).filter(|_| asked)?;
        Some((question.key.as_str(), options.find(words)?.to_owned()))
    })
}

fn cut(words: &str) -> String {
    words.chars().take(ATTRIBUTE_CHARS_MAX).collect()
}

/// The theme sends no id. The same content once more within this time is a second click.
const AGAIN_WITHIN: Duration = Duration::from_secs(5);
const RECENT_MAX: usize = 1_024;
static RECENT: Mutex<VecDeque<Recent>> = Mutex::new(VecDeque::new());

struct Recent {
    at: Instant,
    content: [u8; 16],
    id: ResponseId,
}

fn recent_id(site: &Site, draft: &Value) -> String {
    let content = fingerprint(format!("{} {draft}", site.record.site).as_bytes());
    let mut recent = RECENT.lock().unwrap_or_else(PoisonError::into_inner);
    while recent.front().is_some_and(|first| first.at.elapsed() > AGAIN_WITHIN)
        || recent.len() >= RECENT_MAX
    {
        recent.pop_front();
    }
    if let Some(known) = recent.iter().find(|known| known.content == content) {
        return known.id.to_string();
    }
    let now_ms = u64::try_from(clock::now().millis()).unwrap_or_default();
    let id = ResponseId::new(now_ms, random());
    recent.push_back(Recent { at: Instant::now(), content, id });
    id.to_string()
}
