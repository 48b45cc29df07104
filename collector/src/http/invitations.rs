//! `…/invitations`: personal links for people who are to be asked, unless they want no more
//! invitations. Who they are is looked up by a keyed hash, and not kept.

use super::auth::MayLink;
use super::body::{BATCH_BYTES_MAX, Json};
use super::error::ApiError;
use super::links::{DAY_MS, DAYS_MAX, seconds, stored};
use super::opt_outs::NOT_A_RECIPIENT;
use super::router::App;
use crate::clock;
use crate::link::{Given, Link, Uses};
use crate::log::record::ShortLink;
use crate::log::{Disk, ReadError, keys};
use crate::opt_out::{Hashed, OptOut, RECIPIENTS_MAX, Recipient};
use crate::secret::random;
use crate::state::{NO_SURVEY, Site};
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::decode::Fields;
use shared::submission::Sender;
use shared::{Survey, Timestamp, Violation, Violations};
use std::sync::Arc;

/// Prepared at once: a job of the writer.
const AT_ONCE: usize = 1_000;
/// Stands in a dry run where a code would: as long as one, and none that there is.
const NO_CODE: &str = "0000000000000";

#[derive(Serialize, Deserialize, utoipa::ToSchema)]
pub struct InvitationsOut {
    /// Who asks.
    pub site: String,
    pub public_key: String,
    /// The site's language.
    pub locale: String,
    /// In the order of what was asked for.
    pub invitations: Vec<InvitationOut>,
}

/// What became of an invitation. `status`: `ready`, `opted_out` or `refused`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct InvitationOut {
    pub status: String,
    /// To the survey: one person's, and good for one answer. `&score=9` may follow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Leads there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub short_url: Option<String>,
    /// Where the person can say that no more invitations are wanted; takes RFC 8058's request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opt_out_url: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub violations: Vec<Violation>,
}

/// What all invitations of a request have in common.
struct Round {
    survey: Arc<Survey>,
    uses: Uses,
    now: Timestamp,
    expires: Option<Timestamp>,
    /// Nothing is stored, and the short addresses lead nowhere.
    dry_run: bool,
}

struct Invitation {
    given: Given,
    recipients: Vec<Hashed>,
    short: bool,
}

/// Makes personal links for up to a thousand people: to the survey, with what is known of the
/// service event, and to say that no more invitations are wanted. Each line is answered by itself.
/// Addresses and numbers are compared with those of people who have said so, and not kept.
#[utoipa::path(post, path = "/v1/sites/{site}/invitations", tag = "owner", params(("site" = String, Path)),
    request_body(content = Object, description = "{\"survey\", \"uses\"?, \"expires_days\"?, \"dry_run\"?, \"invitations\": [{\"recipients\": [\"anna@example.org\"], \"channel\", \"service\"?, \"level\"?, \"reference\"?, \"locale\"?, \"short\"?}]}"),
    responses((status = 200, body = InvitationsOut), (status = 400, body = shared::Problem),
        (status = 401, body = shared::Problem), (status = 403, body = shared::Problem),
        (status = 404, body = shared::Problem), (status = 409, body = shared::Problem),
        (status = 413, body = shared::Problem), (status = 415, body = shared::Problem),
        (status = 422, body = shared::Problem), (status = 503, body = shared::Problem)))]
pub async fn prepare(
    State(app): State<Arc<App>>,
    linking: MayLink,
    Path(_): Path<String>,
    Json(value): Json<BATCH_BYTES_MAX>,
) -> Result<axum::Json<InvitationsOut>, ApiError> {
    let site = &linking.site;
    let mut bad = Violations::default();
    let (round, lines) = read(&value, site, &mut bad);
    let Some(round) = round.filter(|_| bad.is_empty()) else { return Err(ApiError::Invalid(bad)) };
    let secret = app.writer.state().secret;
    let asked: Vec<_> = lines.iter().map(|line| read_line(line, &round, site, &secret)).collect();
    let invitations = answer(&app, site, &round, asked).await?;
    let record = &site.record;
    Ok(axum::Json(InvitationsOut {
        site: record.name.clone(),
        public_key: record.public_key.clone(),
        locale: record.locale.clone(),
        invitations,
    }))
}

fn read<'a>(value: &'a Value, site: &Site, bad: &mut Violations) -> (Option<Round>, &'a [Value]) {
    let Some(mut fields) = Fields::of(value, "", bad) else { return (None, &[]) };
    fields.require("survey", bad);
    fields.require("invitations", bad);
    let survey = fields.string("survey", bad).unwrap_or_default();
    let known = "once, once-per-reference or many";
    let uses = fields.optional("uses", known, bad, |v| v.as_str().and_then(Uses::parse));
    let days = fields.whole("expires_days", bad);
    let dry_run = fields.boolean("dry_run", bad).unwrap_or_default();
    let lines = fields.optional("invitations", "a list of invitations", bad, Value::as_array);
    let lines = lines.map_or(&[][..], Vec::as_slice);
    fields.finish(bad);
    if days.is_some_and(|days| !(1..=DAYS_MAX).contains(&days)) {
        bad.add("expires_days", "out_of_range", format!("takes 1 to {DAYS_MAX}"));
    }
    if lines.len() > AT_ONCE {
        bad.add("invitations", "too_many", format!("takes {AT_ONCE} at most"));
    }
    let Some(survey) = site.survey(&survey).cloned() else {
        if !survey.is_empty() {
            bad.add("survey", "unknown_survey", NO_SURVEY);
        }
        return (None, &[]);
    };
    let now = clock::now();
    let end = |days| Timestamp::from_millis(now.millis() + i64::from(days) * DAY_MS);
    let uses = uses.unwrap_or_default();
    (Some(Round { survey, uses, now, expires: days.map(end), dry_run }), lines)
}

fn read_line(
    line: &Value,
    round: &Round,
    site: &Site,
    secret: &[u8; 32],
) -> Result<Invitation, Violations> {
    let mut bad = Violations::default();
    let Some(mut fields) = Fields::of(line, "", &mut bad) else { return Err(bad) };
    fields.require("recipients", &mut bad);
    fields.require("channel", &mut bad);
    let recipients = fields.strings("recipients", &mut bad);
    let given = Given {
        channel: fields.string("channel", &mut bad),
        service: fields.string("service", &mut bad),
        level: fields.string("level", &mut bad),
        reference: fields.string("reference", &mut bad),
        locale: fields.string("locale", &mut bad),
        score: None,
    };
    let short = fields.boolean("short", &mut bad).unwrap_or_default();
    fields.finish(&mut bad);
    if round.uses == Uses::OncePerReference && given.reference.is_none() {
        bad.add("reference", "required", "is what the link is good for once");
    }
    given.check(&round.survey, Sender::Trusted, &mut bad);
    let hashed = recipients.iter().map(|text| Recipient::parse(text));
    let hashed: Option<Vec<Hashed>> =
        hashed.map(|recipient| Some(recipient?.hash(secret, site.number))).collect();
    match hashed {
        Some(hashed) if (1..=RECIPIENTS_MAX).contains(&hashed.len()) && bad.is_empty() => {
            return Ok(Invitation { given, recipients: hashed, short });
        }
        Some(hashed) if !(1..=RECIPIENTS_MAX).contains(&hashed.len()) => {
            bad.add("recipients", "out_of_range", "takes an address, a number, or both");
        }
        Some(_) => {}
        None => bad.add("recipients", "bad_recipient", NOT_A_RECIPIENT),
    }
    Err(bad)
}

async fn answer(
    app: &App,
    site: &Arc<Site>,
    round: &Round,
    asked: Vec<Result<Invitation, Violations>>,
) -> Result<Vec<InvitationOut>, ApiError> {
    let secret = app.writer.state().secret;
    let (mut out, mut to_shorten) = (Vec::with_capacity(asked.len()), Vec::new());
    for line in asked {
        let invitation = match line {
            Ok(invitation) => invitation,
            Err(bad) => {
                out.push(InvitationOut { violations: bad.into_vec(), ..with_status("refused") });
                continue;
            }
        };
        if has_opted_out(app.writer.disk(), site, &invitation.recipients)? {
            out.push(with_status("opted_out"));
            continue;
        }
        let stop = OptOut { site: site.number, recipients: invitation.recipients };
        let stop = stop.sign(&secret);
        let path = survey_path(round, invitation.given, &stop, site, &secret);
        if invitation.short {
            to_shorten.push((out.len(), path.clone()));
        }
        out.push(InvitationOut {
            url: Some(format!("{}{path}", app.public_url)),
            opt_out_url: Some(format!("{}/o/{stop}", app.public_url)),
            ..with_status("ready")
        });
    }
    let (places, paths): (Vec<usize>, Vec<String>) = to_shorten.into_iter().unzip();
    let codes = shortened(app, site, round, paths).await?;
    for (place, code) in places.into_iter().zip(codes) {
        out[place].short_url = Some(format!("{}/s/{code}", app.public_url));
    }
    Ok(out)
}

fn with_status(status: &str) -> InvitationOut {
    InvitationOut { status: status.to_owned(), ..InvitationOut::default() }
}

fn has_opted_out(disk: &Disk, site: &Site, recipients: &[Hashed]) -> Result<bool, ReadError> {
    for recipient in recipients {
        if disk.get(&keys::opt_out(site.number, recipient))?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The form offers to end invitations too: in an SMS there is no room for a second link.
fn survey_path(round: &Round, given: Given, stop: &str, site: &Site, secret: &[u8; 32]) -> String {
    let link = Link {
        made_s: seconds(round.now),
        expires_s: round.expires.map(seconds),
        nonce: random(),
        uses: round.uses,
        survey: round.survey.key.clone(),
        given,
    };
    format!("/l/{}?stop={stop}", link.sign(secret, site.number))
}

async fn shortened(
    app: &App,
    site: &Arc<Site>,
    round: &Round,
    paths: Vec<String>,
) -> Result<Vec<String>, ApiError> {
    if round.dry_run || paths.is_empty() {
        return Ok(vec![NO_CODE.to_owned(); paths.len()]);
    }
    let (made_ms, expires_ms) = (round.now.millis(), round.expires.map(Timestamp::millis));
    let links = paths.into_iter().map(|to| (ShortLink { to, made_ms, expires_ms }, true));
    stored(app, site.number, links.collect()).await
}
