//! `…/ivr/…`: a survey by telephone, asked by a gateway that posts what callers press. Nothing is kept
//! between two posts: what was answered so far stands in the address that the next one goes to.

use super::auth::{SiteOf, ToSend, credentials, known_token};
use super::body::{BODY_BYTES_MAX, Raw};
use super::error::ApiError;
use super::hosted::{Pairs, address, is_form, pairs_of};
use super::responses::store;
use super::router::App;
use crate::clock;
use crate::hosted::Speech;
use crate::intake::{self, Rejected};
use crate::ivr::{self, Answers, Mapping, TRIES_MAX, Voice};
use crate::link::Given;
use crate::secret::link_id;
use crate::state::{NO_SURVEY, Site, TokenKind, TokenRecord};
use axum::extract::{FromRequest, Path, Request, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use shared::submission::Sender;
use shared::survey::Question;
use shared::{ResponseId, Survey, Violations};
use std::sync::Arc;

const CHANNEL: &str = "ivr";
/// What gateways call the id of a call.
const CALL_IDS: [&str; 4] = ["CallSid", "CallUUID", "call_id", "uuid"];
const CALL_ID_LENGTH_MAX: usize = 200;
const DIGITS: [&str; 2] = ["Digits", "digits"];
/// Before a question's key: what was pressed for it before, and what its keys mean.
const PRESSED: &str = "answers.";
const MEANS: &str = "keys.";

/// One step of a call. Who calls is in other fields, which nothing looks at.
struct Call {
    /// All that came, address first.
    pairs: Pairs,
    id: String,
    digits: Option<String>,
    given: Given,
    tries: u8,
    /// Whether the gateway asks by itself and wants no answer but 204.
    is_silent: bool,
}

/// Takes one step of a call: what was pressed, as telephony gateways post it (`CallSid`, `Digits`).
/// Answers what to say and ask next, as TwiML; with `reply=none` stores what was pressed, 204.
#[utoipa::path(post, path = "/v1/sites/{site}/ivr/{survey}", tag = "responses",
    params(("site" = String, Path), ("survey" = String, Path),
        ("token" = Option<String>, Query, description = "where the gateway cannot send a password"),
        ("reply" = Option<String>, Query, description = "none: the gateway asks by itself"),
        ("question" = Option<String>, Query, description = "what the digits answer; the first unless told"),
        ("service" = Option<String>, Query), ("level" = Option<String>, Query),
        ("ref" = Option<String>, Query), ("locale" = Option<String>, Query)),
    request_body(content = BTreeMap<String, String>, content_type = "application/x-www-form-urlencoded",
        example = json!({"CallSid": "CA0123456789", "Digits": "5"})),
    responses((status = 200, body = String, content_type = "application/xml"), (status = 204),
        (status = 401, body = shared::Problem), (status = 403, body = shared::Problem),
        (status = 404, body = shared::Problem), (status = 409, body = shared::Problem),
        (status = 413, body = shared::Problem), (status = 415, body = shared::Problem),
        (status = 422, body = shared::Problem), (status = 503, body = shared::Problem)))]
pub async fn call(
    State(app): State<Arc<App>>,
    Path((_, key)): Path<(String, String)>,
    request: Request,
) -> Result<Response, ApiError> {
    let (mut parts, body) = request.into_parts();
    let mut pairs = pairs_of(parts.uri.query().unwrap_or_default().as_bytes());
    let token = token_of(&parts, &pairs, &app)?;
    let site = SiteOf::<ToSend>::of_path(token, &mut parts, &app).await?.site;
    if !is_form(&parts.headers) {
        return Err(ApiError::UnsupportedMediaType("takes application/x-www-form-urlencoded"));
    }
    let survey = site.survey(&key).ok_or(ApiError::NotFound(NO_SURVEY))?;
    let Raw(body) =
        Raw::<BODY_BYTES_MAX>::from_request(Request::from_parts(parts, body), &app).await?;
    pairs.extend(pairs_of(&body));
    let call = Call::read(pairs, survey).map_err(ApiError::Invalid)?;
    Step::of(&app, &site, survey, call)?.go().await
}

/// A token in the address, as a password, or as everywhere else.
fn token_of(parts: &Parts, pairs: &Pairs, app: &App) -> Result<TokenRecord, ApiError> {
    let header = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let basic = header.and_then(|value| value.split_once(' '));
    let basic = basic.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("Basic"));
    let words = match (basic, word(pairs, &["token"])) {
        (Some((_, encoded)), _) => password_of(encoded).ok_or(ApiError::Unauthorized)?,
        (None, Some(token)) => token,
        (None, None) => return credentials(parts, app),
    };
    known_token(app, &words, TokenKind::Bearer).ok_or(ApiError::Unauthorized)
}

fn password_of(encoded: &str) -> Option<String> {
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    decoded.split_once(':').map(|(_, password)| password.to_owned())
}

/// The first of these names that says something.
fn word(pairs: &Pairs, names: &[&str]) -> Option<String> {
    let mut found =
        pairs.iter().filter(|(name, value)| names.contains(&&**name) && !value.is_empty());
    found.next().map(|(_, value)| value.clone())
}

impl Call {
    fn read(pairs: Pairs, survey: &Survey) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        // A gateway's own fields may have such names.
        let given = Given::of_pairs(&pairs, &mut Violations::default());
        let given = Given { channel: Some(CHANNEL.to_owned()), score: None, ..given };
        given.check(survey, Sender::Trusted, &mut bad);
        // In this order: a gateway may have more than one of them.
        let id = CALL_IDS.iter().find_map(|name| word(&pairs, &[*name])).unwrap_or_default();
        if id.is_empty() || id.len() > CALL_ID_LENGTH_MAX {
            let message = format!("is the call's own id, of 1 to {CALL_ID_LENGTH_MAX} bytes");
            bad.add(CALL_IDS[0], "required", message);
        }
        let call = Self {
            id,
            digits: word(&pairs, &DIGITS),
            given,
            tries: word(&pairs, &["tries"])
                .and_then(|tries| tries.parse().ok())
                .map_or(0, |tries: u8| tries.min(TRIES_MAX)),
            is_silent: word(&pairs, &["reply"]).as_deref() == Some("none"),
            pairs,
        };
        if bad.is_empty() { Ok(call) } else { Err(bad) }
    }

    /// What the keys of a question mean: `keys.KEY=1:5,2:3`.
    fn mapping(&self, question: &str) -> Mapping {
        let text = word(&self.pairs, &[&[MEANS, question].concat()]).unwrap_or_default();
        let each = text.split(',').filter_map(|pair| pair.split_once(':'));
        each.map(|(key, means)| (key.trim().to_owned(), means.trim().to_owned())).collect()
    }
}

/// Where a call is.
struct Step<'a> {
    app: &'a App,
    site: &'a Site,
    survey: Survey<String>,
    voice: Voice,
    call: Call,
    answers: Answers,
    /// Questions that were answered or left out, with what was pressed.
    passed: Vec<(String, String)>,
    /// The digits were no answer.
    was_wrong: bool,
}

impl<'a> Step<'a> {
    fn of(app: &'a App, site: &'a Site, survey: &Survey, call: Call) -> Result<Self, ApiError> {
        let speech = Speech::choose(call.given.locale.as_deref(), "", &site.record.locale, survey);
        let localized = survey.localize(&speech.survey_locale);
        let needs_words = |question: &Question<String>| {
            question.required && question.show_if.is_none() && !ivr::has_keys(question)
        };
        if localized.questions.iter().any(needs_words) {
            let message = "asks for something that keys cannot say";
            return Err(ApiError::violation("survey", "needs_words", message));
        }
        let mut step = Self {
            app,
            site,
            survey: localized,
            voice: Voice::of(speech),
            call,
            answers: Answers::new(),
            passed: Vec::new(),
            was_wrong: false,
        };
        step.recall();
        step.hear()?;
        Ok(step)
    }

    /// What was pressed before.
    fn recall(&mut self) {
        let before = self.call.pairs.iter().filter_map(|(name, digits)| {
            Some((name.strip_prefix(PRESSED)?.to_owned(), digits.clone()))
        });
        self.passed = before.collect();
        for (key, digits) in &self.passed {
            let mapping = self.call.mapping(key);
            let question = self.survey.question(key).filter(|question| ivr::has_keys(question));
            if let Some(answer) = question.and_then(|q| ivr::answer(q, digits, &mapping)) {
                self.answers.insert(key.clone(), answer);
            }
        }
    }

    /// What was pressed now, or that nothing was.
    fn hear(&mut self) -> Result<(), ApiError> {
        let named = word(&self.call.pairs, &["question"]);
        let Some(digits) = self.call.digits.clone() else {
            if let Some(key) = named.filter(|_| self.call.tries >= TRIES_MAX) {
                self.passed.push((key, String::new()));
                self.call.tries = 0;
            }
            return Ok(());
        };
        let question = match &named {
            Some(key) => self.survey.question(key).filter(|question| ivr::has_keys(question)),
            None => ivr::next(&self.survey, &self.answers, &self.passed()),
        };
        let Some(question) = question else {
            return Err(ApiError::violation("question", "unknown_question", "has no keys"));
        };
        let key = question.key.clone();
        match ivr::answer(question, &digits, &self.call.mapping(&key)) {
            Some(answer) => {
                self.answers.insert(key.clone(), answer);
                self.passed.push((key, digits));
                self.call.tries = 0;
            }
            None if self.call.is_silent => {
                let message = "is none of the answers";
                return Err(ApiError::violation("Digits", "out_of_range", message));
            }
            None => {
                self.was_wrong = true;
                self.call.tries += 1;
                if self.call.tries >= TRIES_MAX {
                    self.passed.push((key, String::new()));
                    (self.call.tries, self.was_wrong) = (0, false);
                }
            }
        }
        Ok(())
    }

    fn passed(&self) -> Vec<String> {
        self.passed.iter().map(|(key, _)| key.clone()).collect()
    }

    async fn go(self) -> Result<Response, ApiError> {
        if self.call.is_silent {
            self.keep().await?;
            return Ok(StatusCode::NO_CONTENT.into_response());
        }
        if let Some(question) = ivr::next(&self.survey, &self.answers, &self.passed()) {
            let mapping = self.call.mapping(&question.key);
            let [action, silent] = [self.call.tries, self.call.tries + 1]
                .map(|tries| self.address_of(&question.key, tries));
            return Ok(xml(self.voice.ask(question, &mapping, self.was_wrong, &action, &silent)));
        }
        let thanks = match self.keep().await {
            Ok(()) => Some(self.survey.thanks.as_deref().unwrap_or_default()),
            // Nothing was answered, or not enough: there is nothing to thank for.
            Err(ApiError::Invalid(bad)) => {
                tracing::info!(violations = ?bad, "a call ended without a whole answer");
                None
            }
            // The call has its answer already.
            Err(ApiError::Conflict(_)) => Some(self.survey.thanks.as_deref().unwrap_or_default()),
            Err(error) => return Err(error),
        };
        Ok(xml(self.voice.end(thanks)))
    }

    /// Where the next step of the call is posted: the last part of this address, so that whatever the
    /// gateway has before it (a password too) stays.
    fn address_of(&self, question: &str, tries: u8) -> String {
        let is_ours = |name: &str| {
            name.starts_with(MEANS)
                || ["token", "service", "level", "ref", "locale"].contains(&name)
        };
        let kept = self.call.pairs.iter().filter(|(name, _)| is_ours(name)).cloned();
        let passed =
            self.passed.iter().map(|(key, digits)| ([PRESSED, key].concat(), digits.clone()));
        let mut pairs: Pairs = kept.chain(passed).collect();
        pairs.push(("question".to_owned(), question.to_owned()));
        if tries > 0 {
            pairs.push(("tries".to_owned(), tries.to_string()));
        }
        let pairs: Vec<(&str, String)> =
            pairs.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        address(&self.survey.key, &pairs)
    }

    /// Stores what was answered. The id is made of the call's: a call counts once.
    async fn keep(&self) -> Result<(), ApiError> {
        self.app.writer.has_room()?;
        let state = self.app.writer.state();
        let survey = self.site.survey(&self.survey.key);
        let survey = survey.ok_or(ApiError::NotFound(NO_SURVEY))?;
        if self.answers.is_empty() {
            return Err(ApiError::violation("Digits", "required", "nothing was pressed"));
        }
        let parts: [&[u8]; 4] = [
            b"call",
            &self.site.number.to_be_bytes(),
            self.survey.key.as_bytes(),
            self.call.id.as_bytes(),
        ];
        let id = ResponseId::new(0, link_id(&state.secret, &parts));
        let shown = self.survey.shown(&self.answers).into_iter();
        let asked = shown.filter_map(|q| Some((q.key.clone(), self.answers.get(&q.key)?.clone())));
        let mut draft = self.call.given.draft(id, survey, asked.collect());
        draft.locale = Some(self.survey.locales.concat());
        let text = serde_json::to_vec(&draft).map_err(|error| ApiError::Internal(error.into()))?;
        let guards = self.app.guards();
        let now = clock::now();
        match intake::read(&text, self.site, &state.secret, guards, Sender::Trusted, now) {
            Ok(append) => store(self.app, self.site, append).await.map(drop),
            Err(Rejected::Violates { violations, .. }) => Err(ApiError::Invalid(violations)),
            Err(Rejected::NotJson(error)) => Err(ApiError::Internal(error.into())),
        }
    }
}

fn xml(text: String) -> Response {
    ([(header::CONTENT_TYPE, "application/xml; charset=utf-8")], text).into_response()
}
