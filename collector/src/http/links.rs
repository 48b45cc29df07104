//! `…/links` and `/s/…`: links to the hosted form. A signed one carries what it says and is good for
//! one answer; a short one is stored under a code.

use super::auth::{Manager, MayLink};
use super::body::{BATCH_BYTES_MAX, BODY_BYTES_MAX, Json};
use super::error::ApiError;
use super::router::App;
use crate::change::{self, Shortened};
use crate::clock;
use crate::link::{Given, Link, Uses};
use crate::log::record::{self, ShortLink};
use crate::log::{ReadError, keys};
use crate::secret::random;
use crate::state::{NO_SURVEY, Site, SiteNo};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::decode::Fields;
use shared::submission::Sender;
use shared::{Timestamp, Violations};
use std::sync::Arc;

pub(super) const DAY_MS: i64 = 24 * 3600 * 1000;
pub(super) const DAYS_MAX: u32 = 3_650;
/// Made at once: a job of the writer.
const LINKS_AT_ONCE: usize = 1_000;
const LISTED_MAX: usize = 1_000;

#[derive(Serialize, Deserialize, utoipa::ToSchema)]
pub struct LinkMade {
    /// To be opened.
    pub url: String,
    /// Of a short link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
}

#[derive(Serialize, Deserialize, utoipa::ToSchema)]
pub struct LinksMade {
    /// In the order of what was asked for.
    pub links: Vec<LinkMade>,
}

/// A short link.
#[derive(Serialize, Deserialize, utoipa::ToSchema)]
pub struct LinkOut {
    pub code: String,
    pub url: String,
    /// Where it leads.
    pub to: String,
    pub created_at: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
}

#[derive(Serialize, Deserialize, utoipa::ToSchema)]
pub struct LinksOut {
    pub links: Vec<LinkOut>,
    /// Where the next page begins; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A link that is to be made.
struct Asked {
    survey: String,
    given: Given,
    /// `None`: not signed.
    uses: Option<Uses>,
    expires: Option<Timestamp>,
    short: bool,
}

/// Makes a link to the hosted form: a short one, or with `"signed": true` one that is good for one
/// answer (`uses`: `once`, `once-per-reference` or `many`), which may be short too.
#[utoipa::path(post, path = "/v1/sites/{site}/links", tag = "owner", params(("site" = String, Path)),
    request_body(content = Object, description = "{\"survey\", \"channel\"?, \"service\"?, \"level\"?, \"reference\"?, \"locale\"?, \"score\"?, \"signed\"?, \"uses\"?, \"expires_days\"?, \"short\"?}"),
    responses((status = 201, body = LinkMade), (status = 400, body = shared::Problem),
        (status = 401, body = shared::Problem), (status = 403, body = shared::Problem),
        (status = 404, body = shared::Problem), (status = 409, body = shared::Problem),
        (status = 413, body = shared::Problem), (status = 415, body = shared::Problem),
        (status = 422, body = shared::Problem), (status = 503, body = shared::Problem)))]
pub async fn create(
    State(app): State<Arc<App>>,
    linking: MayLink,
    Json(value): Json<BODY_BYTES_MAX>,
) -> Result<(StatusCode, axum::Json<LinkMade>), ApiError> {
    let mut bad = Violations::default();
    let asked = read(&value, "", &linking.site, &mut bad);
    let Some(asked) = asked.filter(|_| bad.is_empty()) else { return Err(ApiError::Invalid(bad)) };
    let made = make(&app, &linking.site, vec![asked]).await?.into_iter().next();
    let made = made.ok_or_else(|| ApiError::Internal(anyhow::anyhow!("no link was made")))?;
    Ok((StatusCode::CREATED, axum::Json(made)))
}

/// Makes up to a thousand links, or none where one of them is wrong.
#[utoipa::path(post, path = "/v1/sites/{site}/links/batch", tag = "owner", params(("site" = String, Path)),
    request_body(content = Object, description = "{\"links\": […]}"),
    responses((status = 201, body = LinksMade), (status = 400, body = shared::Problem),
        (status = 401, body = shared::Problem), (status = 403, body = shared::Problem),
        (status = 404, body = shared::Problem), (status = 409, body = shared::Problem),
        (status = 413, body = shared::Problem), (status = 415, body = shared::Problem),
        (status = 422, body = shared::Problem), (status = 503, body = shared::Problem)))]
pub async fn create_many(
    State(app): State<Arc<App>>,
    linking: MayLink,
    Json(value): Json<BATCH_BYTES_MAX>,
) -> Result<(StatusCode, axum::Json<LinksMade>), ApiError> {
    let mut bad = Violations::default();
    let asked = read_many(&value, &linking.site, &mut bad);
    if !bad.is_empty() {
        return Err(ApiError::Invalid(bad));
    }
    let links = make(&app, &linking.site, asked).await?;
    Ok((StatusCode::CREATED, axum::Json(LinksMade { links })))
}

fn read_many(value: &Value, site: &Site, bad: &mut Violations) -> Vec<Asked> {
    let Some(mut fields) = Fields::of(value, "", bad) else { return Vec::new() };
    fields.require("links", bad);
    let links = fields.optional("links", "a list of links", bad, Value::as_array);
    fields.finish(bad);
    let links = links.map_or(&[][..], Vec::as_slice);
    if links.len() > LINKS_AT_ONCE {
        bad.add("links", "too_many", format!("takes {LINKS_AT_ONCE} at most"));
        return Vec::new();
    }
    let each = links.iter().enumerate();
    each.filter_map(|(i, link)| read(link, &format!("links[{i}]"), site, bad)).collect()
}

fn read(value: &Value, path: &str, site: &Site, bad: &mut Violations) -> Option<Asked> {
    let mut fields = Fields::of(value, path, bad)?;
    fields.require("survey", bad);
    let survey = fields.string("survey", bad).unwrap_or_default();
    let score = fields.whole("score", bad).map(|score| u8::try_from(score).unwrap_or(u8::MAX));
    let given = Given {
        channel: fields.string("channel", bad),
        service: fields.string("service", bad),
        level: fields.string("level", bad),
        reference: fields.string("reference", bad),
        locale: fields.string("locale", bad),
        score,
    };
    let signed = fields.boolean("signed", bad).unwrap_or_default();
    let known = "once, once-per-reference or many";
    let uses = fields.optional("uses", known, bad, |v| v.as_str().and_then(Uses::parse));
    let days = fields.whole("expires_days", bad);
    let short = fields.boolean("short", bad).unwrap_or(!signed);
    let at = |name| fields.path(name);
    if days.is_some_and(|days| !(1..=DAYS_MAX).contains(&days)) {
        bad.add(at("expires_days"), "out_of_range", format!("takes 1 to {DAYS_MAX}"));
    }
    if days.is_some() && !signed && !short {
        bad.add(
            at("expires_days"),
            "not_kept",
            "a link that is neither signed nor short has no end",
        );
    }
    if uses.is_some() && !signed {
        bad.add(at("uses"), "unsigned", "only signed links count their answers");
    }
    if uses == Some(Uses::OncePerReference) && given.reference.is_none() {
        bad.add(at("reference"), "required", "is what the link is good for once");
    }
    match site.survey(&survey) {
        Some(survey) => {
            let sender = if signed { Sender::Trusted } else { Sender::Visitor };
            let mut wrong = Violations::default();
            given.check(survey, sender, &mut wrong);
            for violation in wrong.into_vec() {
                let path =
                    format!("{path}{}{}", if path.is_empty() { "" } else { "." }, violation.path);
                bad.add(path, &violation.code, violation.message);
            }
        }
        None if !survey.is_empty() => {
            bad.add(at("survey"), "unknown_survey", NO_SURVEY);
        }
        None => {}
    }
    fields.finish(bad);
    let now = clock::now().millis();
    let expires = days.map(|days| Timestamp::from_millis(now + i64::from(days) * DAY_MS));
    let uses = signed.then(|| uses.unwrap_or_default());
    Some(Asked { survey, given, uses, expires, short })
}

/// The links' addresses; codes are made and stored where they are to be short, all in one write.
async fn make(app: &App, site: &Arc<Site>, asked: Vec<Asked>) -> Result<Vec<LinkMade>, ApiError> {
    let (now, secret) = (clock::now(), app.writer.state().secret);
    let paths: Vec<String> = asked.iter().map(|link| path_of(link, site, &secret, now)).collect();
    let to_store: Vec<(ShortLink, bool)> = asked
        .iter()
        .zip(&paths)
        .filter(|(link, _)| link.short)
        .map(|(link, to)| {
            let expires_ms = link.expires.map(Timestamp::millis);
            let short = ShortLink { to: to.clone(), made_ms: now.millis(), expires_ms };
            (short, link.uses.is_some())
        })
        .collect();
    let mut codes = match to_store.is_empty() {
        true => Vec::new(),
        false => stored(app, site.number, to_store).await?,
    }
    .into_iter();
    let made = asked.iter().zip(&paths).map(|(link, path)| {
        let code = if link.short { codes.next() } else { None };
        let path = code.as_ref().map_or_else(|| path.clone(), |code| format!("/s/{code}"));
        let expires_at = link.expires.map(clock::format);
        LinkMade { url: format!("{}{path}", app.public_url), code, expires_at }
    });
    Ok(made.collect())
}

/// The codes of these links, all stored in one write.
pub(super) async fn stored(
    app: &App,
    site: SiteNo,
    links: Vec<(ShortLink, bool)>,
) -> Result<Vec<String>, ApiError> {
    match app.writer.change(move |t| change::shorten(t, site, &links)).await? {
        Shortened::Done(codes) => Ok(codes),
        Shortened::TooMany => Err(ApiError::Conflict("the site has as many links as it may")),
        Shortened::Gone => Err(ApiError::NotFound("the site is gone")),
    }
}

fn path_of(link: &Asked, site: &Site, secret: &[u8; 32], now: Timestamp) -> String {
    let Some(uses) = link.uses else {
        let path = format!("/f/{}/{}", site.record.public_key, link.survey);
        return super::hosted::address(&path, &link.given.pairs());
    };
    let signed = Link {
        made_s: seconds(now),
        expires_s: link.expires.map(seconds),
        nonce: random(),
        uses,
        survey: link.survey.clone(),
        given: link.given.clone(),
    };
    format!("/l/{}", signed.sign(secret, site.number))
}

/// As a link holds a time.
pub(super) fn seconds(time: Timestamp) -> u32 {
    u32::try_from(time.millis() / 1_000).unwrap_or(u32::MAX)
}

#[derive(Deserialize)]
pub struct Page {
    cursor: Option<String>,
}

/// Short links, by their codes, a thousand at a time.
#[utoipa::path(get, path = "/v1/sites/{site}/links", tag = "owner",
    params(("site" = String, Path), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = LinksOut), (status = 401, body = shared::Problem),
        (status = 403, body = shared::Problem), (status = 404, body = shared::Problem)))]
pub async fn list(
    State(app): State<Arc<App>>,
    manager: Manager,
    Query(Page { cursor }): Query<Page>,
) -> Result<axum::Json<LinksOut>, ApiError> {
    let number = manager.site.number;
    let from = keys::link(number, &cursor.unwrap_or_default());
    let stored = app.writer.disk().range(&from, &keys::of_site(keys::LINKS, number + 1));
    let mut links = Vec::new();
    for pair in stored.take(LISTED_MAX + 1) {
        let (key, value) = pair.map_err(ReadError::from)?;
        let link: ShortLink = record::decode(&value).map_err(ReadError::from)?;
        let code = keys::read_link(&key).unwrap_or_default().to_owned();
        links.push(LinkOut {
            url: format!("{}/s/{code}", app.public_url),
            code,
            to: link.to,
            created_at: clock::format(Timestamp::from_millis(link.made_ms)),
            expires_at: link.expires_ms.map(|ms| clock::format(Timestamp::from_millis(ms))),
        });
    }
    let next_cursor = links.get(LISTED_MAX).map(|link| link.code.clone());
    links.truncate(LISTED_MAX);
    Ok(axum::Json(LinksOut { links, next_cursor }))
}

/// Removes a short link. What it leads to stays as it was.
#[utoipa::path(delete, path = "/v1/sites/{site}/links/{code}", tag = "owner",
    params(("site" = String, Path), ("code" = String, Path)),
    responses((status = 204), (status = 401, body = shared::Problem), (status = 403, body = shared::Problem),
        (status = 404, body = shared::Problem), (status = 503, body = shared::Problem)))]
pub async fn delete(
    State(app): State<Arc<App>>,
    manager: Manager,
    Path((_, code)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    let number = manager.site.number;
    match app.writer.change(move |t| change::remove_link(t, number, &code)).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(ApiError::NotFound("there is no such link")),
    }
}

/// Leads to the hosted form. Upper or lower case, and letters that look like digits, are the same.
#[utoipa::path(get, path = "/s/{code}", tag = "pages", params(("code" = String, Path)),
    responses((status = 302), (status = 404), (status = 410)))]
pub async fn follow(
    State(app): State<Arc<App>>,
    Path(code): Path<String>,
) -> Result<Response, ApiError> {
    let link = find(&app, &as_made(&code))?;
    let link = link.ok_or(ApiError::NotFound("there is no such link"))?;
    if link.is_over(clock::now()) {
        return Err(ApiError::Gone("this link's time is over"));
    }
    let to = HeaderValue::try_from(link.to).map_err(|error| ApiError::Internal(error.into()))?;
    Ok((StatusCode::FOUND, [(header::LOCATION, to)]).into_response())
}

fn find(app: &App, code: &str) -> Result<Option<ShortLink>, ReadError> {
    let disk = app.writer.disk();
    let site = disk.get(&keys::code(code))?.and_then(|bytes| bytes.try_into().ok());
    let Some(site) = site.map(SiteNo::from_be_bytes) else { return Ok(None) };
    if !app.writer.state().sites.contains_key(&site) {
        return Ok(None);
    }
    of_site(app, site, code)
}

/// A short link of this site, by its code as it was made.
pub(super) fn of_site(app: &App, site: SiteNo, code: &str) -> Result<Option<ShortLink>, ReadError> {
    let bytes = app.writer.disk().get(&keys::link(site, code))?;
    Ok(bytes.map(|bytes| record::decode(&bytes)).transpose()?)
}

/// A code as it was made, whatever was read from the paper.
fn as_made(code: &str) -> String {
    let read = |letter: char| match letter.to_ascii_lowercase() {
        'o' => '0',
        'i' | 'l' => '1',
        letter => letter,
    };
    code.chars().map(read).collect()
}
