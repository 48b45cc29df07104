//! `…/surveys`: to the widget in one locale, to the owner whole.

use super::auth::{Manager, Owner};
use super::body::{Json, SURVEY_BYTES_MAX};
use super::compressed::{self, BROTLI};
use super::error::ApiError;
use super::etag;
use super::router::App;
use super::theme;
use crate::change::{self, Put};
use crate::log::VALUE_BYTES_MAX;
use crate::state::NO_SURVEY;
use axum::extract::{FromRequestParts, Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use shared::page::SurveysOut;
use shared::{Survey, decode};
use std::sync::Arc;

/// How long a browser may use a survey without asking again, in seconds.
const SURVEY_MAX_AGE_S: u32 = 60;

#[derive(Deserialize)]
pub struct Locale {
    locale: Option<String>,
}

/// What a form needs.
#[derive(Serialize)]
struct FormOut {
    #[serde(flatten)]
    survey: Survey<String>,
    /// The survey's colours as a style sheet for the form.
    #[serde(skip_serializing_if = "Option::is_none")]
    style: Option<String>,
    /// Whether a device has to ask for a challenge before it sends.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    proof_of_work: bool,
}

/// A survey: by public key with the texts of one locale, as a form needs it; by the owner's site
/// id and a token, whole.
#[utoipa::path(get, path = "/v1/sites/{site}/surveys/{survey}", tag = "public",
    params(("site" = String, Path, description = "pk_…, or st_… with a token"), ("survey" = String, Path),
        ("locale" = Option<String>, Query)),
    responses((status = 200, description = "the survey", body = Object), (status = 304), (status = 401, body = shared::Problem),
        (status = 403, body = shared::Problem), (status = 404, body = shared::Problem)))]
pub async fn show(
    State(app): State<Arc<App>>,
    Path((site, survey)): Path<(String, String)>,
    Query(Locale { locale }): Query<Locale>,
    request: Request,
) -> Result<Response, ApiError> {
    let (mut parts, _) = request.into_parts();
    let state = app.writer.state();
    let unknown = ApiError::NotFound(NO_SURVEY);
    let Some(site) = state.site_by_public_key(&site) else {
        let manager = Manager::from_request_parts(&mut parts, &app).await?;
        let survey = manager.site.survey(&survey).ok_or(unknown)?;
        return Ok(axum::Json(survey.as_ref()).into_response());
    };
    let survey = site.survey(&survey).ok_or(unknown)?;
    let mut localized = survey.localize(survey.negotiate(locale.as_deref()));
    let style = localized.theme.take().map(|theme| theme::style(":host", &theme));
    let proof_of_work = app.doors.proofs.is_some();
    let form = FormOut { survey: localized, style, proof_of_work };
    let body = serde_json::to_vec(&form).map_err(|error| ApiError::Internal(error.into()))?;
    cached(&parts.headers, body)
}

fn cached(request: &HeaderMap, body: Vec<u8>) -> Result<Response, ApiError> {
    let coding = compressed::is_taken(request, BROTLI).then_some(BROTLI);
    let tag = etag::of(&body, coding);
    let mut response = match (etag::is_known(request, &tag), coding) {
        (true, _) => StatusCode::NOT_MODIFIED.into_response(),
        (false, None) => body.into_response(),
        (false, Some(coding)) => {
            ([(header::CONTENT_ENCODING, coding)], compressed::kept(&body)).into_response()
        }
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    headers.insert(header::ETAG, tag);
    let max_age = HeaderValue::try_from(format!("public, max-age={SURVEY_MAX_AGE_S}"));
    let max_age = max_age.map_err(|error| ApiError::Internal(error.into()))?;
    headers.insert(header::CACHE_CONTROL, max_age);
    Ok(response)
}

/// The current version of each survey, with all its texts.
#[utoipa::path(get, path = "/v1/sites/{site}/surveys", tag = "owner", params(("site" = String, Path)),
    responses((status = 200, description = "{\"surveys\": […]}", body = Object), (status = 401, body = shared::Problem),
        (status = 403, body = shared::Problem), (status = 404, body = shared::Problem)))]
pub async fn list(manager: Manager) -> axum::Json<SurveysOut> {
    let current = manager.site.surveys.values().filter_map(|versions| versions.last());
    axum::Json(SurveysOut { surveys: current.map(|survey| Survey::clone(survey)).collect() })
}

#[derive(Serialize, Deserialize, utoipa::ToSchema)]
pub struct SurveyPut {
    pub survey: String,
    pub version: u32,
}

/// Puts a survey. 201 makes the next version; 200 says that nothing changed.
#[utoipa::path(post, path = "/v1/sites/{site}/surveys", tag = "owner", params(("site" = String, Path)),
    request_body(content = Object, description = "a survey file as JSON"),
    responses((status = 201, body = SurveyPut), (status = 200, body = SurveyPut),
        (status = 400, body = shared::Problem), (status = 401, body = shared::Problem),
        (status = 403, body = shared::Problem), (status = 404, body = shared::Problem),
        (status = 409, body = shared::Problem), (status = 413, body = shared::Problem),
        (status = 415, body = shared::Problem), (status = 422, body = shared::Problem),
        (status = 503, body = shared::Problem)))]
pub async fn put(
    State(app): State<Arc<App>>,
    owner: Owner,
    Json(value): Json<SURVEY_BYTES_MAX>,
) -> Result<(StatusCode, axum::Json<SurveyPut>), ApiError> {
    let survey = decode::survey(&value).map_err(ApiError::Invalid)?;
    let (key, number) = (survey.key.clone(), owner.site.number);
    let put = app.writer.change(move |t| Ok(change::put_survey(t, number, survey))).await?;
    let (version, new) = match put {
        Put::Done { version, new } => (version, new),
        Put::TooLarge => return Err(ApiError::TooLarge(VALUE_BYTES_MAX)),
        Put::TooMany => return Err(ApiError::Conflict("the site has as many surveys as it may")),
        Put::Gone => return Err(ApiError::NotFound("the site is gone")),
    };
    let status = if new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, axum::Json(SurveyPut { survey: key, version })))
}
