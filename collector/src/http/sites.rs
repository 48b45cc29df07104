//! `/v1/sites`: made and deleted by the collector's administrator, shown to their people.

use super::auth::{Admin, Manager, Owner};
use super::body::{BODY_BYTES_MAX, Json};
use super::error::ApiError;
use super::router::App;
use crate::change::{self, NewToken};
use crate::clock;
use crate::fold::Zone;
use crate::identity::IdentityKeys;
use crate::log::Transaction;
use crate::secret::random_id;
use crate::state::{Retention, Role, SiteRecord, TokenKind};
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::decode::Fields;
use shared::page::SiteOut;
use shared::{Channel, ChannelClass, Violations};
use std::collections::BTreeMap;
use std::sync::Arc;

const ORIGINS_MAX: usize = 100;
const NAME_LENGTH_MAX: usize = 100;
const RETENTION_DAYS_MAX: u32 = 36_500;
const CHANNELS_MAX: usize = 200;

type Channels = BTreeMap<String, ChannelClass>;

#[derive(Serialize, Deserialize, utoipa::ToSchema)]
pub struct SiteCreated {
    pub site: String,
    pub public_key: String,
    /// Shown once, stored hashed.
    pub owner_token: String,
}

#[derive(Serialize, Deserialize, utoipa::ToSchema)]
pub struct SitesOut {
    pub sites: Vec<SiteOut>,
}

/// Makes a site with its first owner's token.
#[utoipa::path(post, path = "/v1/sites", tag = "owner",
    request_body(content = Object, description = "{\"name\", \"origins\": […], \"locale\"?, \"timezone\"?, \"channels\"?: {\"x-bus\": \"physical\"}}"),
    responses((status = 201, body = SiteCreated), (status = 400, body = shared::Problem),
        (status = 401, body = shared::Problem), (status = 403, body = shared::Problem),
        (status = 413, body = shared::Problem), (status = 415, body = shared::Problem),
        (status = 422, body = shared::Problem), (status = 503, body = shared::Problem)))]
pub async fn create(
    State(app): State<Arc<App>>,
    _: Admin,
    Json(value): Json<BODY_BYTES_MAX>,
) -> Result<(StatusCode, axum::Json<SiteCreated>), ApiError> {
    let record = read_record(&value).map_err(ApiError::Invalid)?;
    let (site, public_key) = (record.site.clone(), record.public_key.clone());
    let created = app
        .writer
        .change(move |t| {
            let Some(number) = change::create_site(t, record) else { return Ok(None) };
            let owner = NewToken {
                site: Some(number),
                role: Role::Owner,
                kind: TokenKind::Bearer,
                now: clock::now(),
                expires: None,
                parent: None,
            };
            Ok(change::create_token(t, owner))
        })
        .await?;
    let (owner_token, _) = created.ok_or(ApiError::Conflict("no more tokens can be made"))?;
    Ok((StatusCode::CREATED, axum::Json(SiteCreated { site, public_key, owner_token })))
}

fn read_record(value: &Value) -> Result<SiteRecord, Violations> {
    let mut bad = Violations::default();
    let Some(mut fields) = Fields::of(value, "", &mut bad) else { return Err(bad) };
    fields.require("name", &mut bad);
    let name = fields.string("name", &mut bad).unwrap_or_default();
    let origins = fields.strings("origins", &mut bad);
    let locale = fields.string("locale", &mut bad).unwrap_or_else(|| "en".into());
    let timezone = fields.string("timezone", &mut bad).unwrap_or_else(|| "UTC".into());
    let retention = read_retention(&mut fields, Retention::default(), &mut bad);
    let channels = read_channels(&mut fields, &Channels::new(), &mut bad);
    fields.finish(&mut bad);
    let is_line = !name.trim().is_empty() && !name.contains(char::is_control);
    if name.chars().count() > NAME_LENGTH_MAX || (!is_line && !bad.has_path("name")) {
        bad.add("name", "invalid", format!("takes a line of 1 to {NAME_LENGTH_MAX} characters"));
    }
    if origins.len() > ORIGINS_MAX {
        bad.add("origins", "too_many", format!("takes {ORIGINS_MAX} at most"));
    }
    for (i, origin) in origins.iter().enumerate().filter(|(_, origin)| !is_origin(origin)) {
        let message = format!("{origin} is not an origin such as https://www.example.org");
        bad.add(format!("origins[{i}]"), "invalid", message);
    }
    if Zone::named(&timezone).is_none() {
        bad.add("timezone", "unknown_timezone", "is not in the tz database");
    }
    if locale.is_empty() || locale.len() > 35 {
        bad.add("locale", "invalid_locale", "takes a language tag such as it or en-GB");
    }
    match bad.is_empty() {
        true => Ok(SiteRecord {
            site: random_id("st"),
            public_key: random_id("pk"),
            name,
            origins,
            locale,
            timezone,
            retention,
            channels,
            identity: IdentityKeys::default(),
        }),
        false => Err(bad),
    }
}

/// What is not said stays as it was; `"retention_days": null` keeps everything.
fn read_retention(fields: &mut Fields<'_>, was: Retention, bad: &mut Violations) -> Retention {
    let for_ever = fields.get("retention_days").is_some_and(Value::is_null);
    let days = if for_ever { None } else { fields.whole("retention_days", bad) };
    if days.is_some_and(|days| !(1..=RETENTION_DAYS_MAX).contains(&days)) {
        bad.add("retention_days", "out_of_range", format!("takes 1 to {RETENTION_DAYS_MAX}"));
    }
    Retention {
        days: if for_ever { None } else { days.or(was.days) },
        keep_statistics: fields.boolean("keep_statistics", bad).unwrap_or(was.keep_statistics),
    }
}

/// The owner's classes of channels: those that were there and those that are sent; null takes one
/// away.
fn read_channels(fields: &mut Fields<'_>, was: &Channels, bad: &mut Violations) -> Channels {
    let mut channels = was.clone();
    let wanted = "an object of channels with their classes";
    let sent = fields.optional("channels", wanted, bad, Value::as_object);
    for (name, class) in sent.into_iter().flatten() {
        let path = format!("channels.{name}");
        if Channel::parse(name).is_none() {
            bad.add(path, "unknown_channel", "is not a channel; the owner's own begin with x-");
        } else if class.is_null() {
            channels.remove(name);
        } else if let Some(class) = class.as_str().and_then(ChannelClass::parse) {
            channels.insert(name.clone(), class);
        } else {
            let classes = ChannelClass::ALL.map(ChannelClass::as_str).join(", ");
            bad.add(path, "unknown_class", format!("takes one of {classes}, or null"));
        }
    }
    if channels.len() > CHANNELS_MAX {
        bad.add("channels", "too_many", format!("takes {CHANNELS_MAX} at most"));
    }
    channels
}

/// Changes how long responses are kept, and the class of channels. What is older goes at once;
/// summaries by class follow at once, also for what is there already.
#[utoipa::path(patch, path = "/v1/sites/{site}", tag = "owner", params(("site" = String, Path)),
    request_body(content = Object, description = "{\"retention_days\"?: 1 to 36500 or null, \"keep_statistics\"?, \"channels\"?: {\"kiosk\": \"technological\", \"x-bus\": \"physical\", \"qr\": null}}; channels that are not named stay as they are, null gives one its usual class back"),
    responses((status = 200, body = SiteOut), (status = 400, body = shared::Problem),
        (status = 401, body = shared::Problem), (status = 403, body = shared::Problem),
        (status = 404, body = shared::Problem), (status = 413, body = shared::Problem),
        (status = 415, body = shared::Problem), (status = 422, body = shared::Problem),
        (status = 503, body = shared::Problem)))]
pub async fn update(
    State(app): State<Arc<App>>,
    owner: Owner,
    Json(value): Json<BODY_BYTES_MAX>,
) -> Result<axum::Json<SiteOut>, ApiError> {
    let mut bad = Violations::default();
    apply(&value, &mut SiteRecord::clone(&owner.site.record), &mut bad);
    if !bad.is_empty() {
        return Err(ApiError::Invalid(bad));
    }
    let number = owner.site.number;
    // Upon what the settings are then: another change may have come between.
    let edit = move |record: &mut SiteRecord| apply(&value, record, &mut Violations::default());
    app.writer.change(move |t| Ok(change::edit_site(t, number, edit))).await?;
    let state = app.writer.state();
    let site = state.sites.get(&number).ok_or(ApiError::NotFound("the site is gone"))?;
    Ok(axum::Json(site.out()))
}

fn apply(value: &Value, record: &mut SiteRecord, bad: &mut Violations) {
    let Some(mut fields) = Fields::of(value, "", bad) else { return };
    record.retention = read_retention(&mut fields, record.retention, bad);
    record.channels = read_channels(&mut fields, &record.channels, bad);
    fields.finish(bad);
}

/// Scheme, host and port as a browser sends them: no path, no trailing slash, lower case.
fn is_origin(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    host.is_some_and(|host| {
        let plain = |b: u8| {
            b.is_ascii_lowercase()
                || b.is_ascii_digit()
                || matches!(b, b'.' | b'-' | b':' | b'[' | b']')
        };
        !host.is_empty() && host.bytes().all(plain)
    })
}

/// All sites.
#[utoipa::path(get, path = "/v1/sites", tag = "owner",
    responses((status = 200, body = SitesOut), (status = 401, body = shared::Problem),
        (status = 403, body = shared::Problem)))]
pub async fn list(State(app): State<Arc<App>>, _: Admin) -> axum::Json<SitesOut> {
    let sites = app.writer.state().sites.values().map(|site| site.out()).collect();
    axum::Json(SitesOut { sites })
}

/// One site.
#[utoipa::path(get, path = "/v1/sites/{site}", tag = "owner", params(("site" = String, Path)),
    responses((status = 200, body = SiteOut), (status = 401, body = shared::Problem),
        (status = 403, body = shared::Problem), (status = 404, body = shared::Problem)))]
pub async fn show(manager: Manager) -> axum::Json<SiteOut> {
    axum::Json(manager.site.out())
}

/// Deletes a site with everything that belongs to it.
#[utoipa::path(delete, path = "/v1/sites/{site}", tag = "owner", params(("site" = String, Path)),
    responses((status = 204), (status = 401, body = shared::Problem), (status = 403, body = shared::Problem),
        (status = 404, body = shared::Problem), (status = 503, body = shared::Problem)))]
pub async fn delete(State(app): State<Arc<App>>, owner: Owner) -> Result<StatusCode, ApiError> {
    let number = owner.site.number;
    let delete = move |t: &mut Transaction<'_>| {
        change::delete_site(t, number);
        Ok(())
    };
    app.writer.change(delete).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    #[test]
    fn origins_are_as_browsers_send_them() {
        for (text, ok) in [
            ("https://www.example.org", true),
            ("http://127.0.0.1:8000", true),
            ("http://[::1]:8000", true),
            ("https://www.example.org/", false),
            ("https://WWW.example.org", false),
            ("https://", false),
            ("www.example.org", false),
            ("*", false),
        ] {
            assert_eq!(super::is_origin(text), ok, "{text}");
        }
    }
}
