//! The demo: one site and a year of generated responses, taken in by the same door as real ones.
//! The same day of the first start gives the same responses; a later start goes on with them.

mod asked;
mod comments;
mod story;

use crate::change::{self, Append, Appended, LINK_MS, NewToken, Put};
use crate::clock;
use crate::events::{Counts, Place};
use crate::fold::{Zone, date_of_day, day_number};
use crate::http::App;
use crate::identity::IdentityKeys;
use crate::log::{Broken, Transaction};
use crate::secret::fingerprint;
use crate::server::Stop;
use crate::state::{Retention, Role, Site, SiteNo, SiteRecord, TokenKind};
use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use shared::presets::Preset;
use shared::submission::Sender;
use shared::{SubmissionDraft, Timestamp};
use std::collections::BTreeMap;
use std::sync::Arc;
use story::Story;

pub const RESPONSES: u32 = 50_000;
pub const PUBLIC_KEY: &str = "pk_demo";
const SITE: &str = "st_demo";
/// How far the seeding has come; its value is `Progress` as JSON.
const PROGRESS: &[u8] = b"Mdemo";
/// Responses of one commit.
const COMMIT_RESPONSES: usize = 256;

#[derive(serde::Serialize, serde::Deserialize)]
struct Progress {
    /// The last day of the generated year.
    last_day: i32,
    responses: u32,
    done: bool,
}

/// Makes the demo site and its responses where they are missing. False where `stop` came first.
pub async fn prepare(app: &Arc<App>, responses: u32, stop: &mut Stop) -> Result<bool> {
    let state = app.writer.state();
    if state.sites.values().any(|site| site.record.public_key != PUBLIC_KEY) {
        bail!("this data folder has sites of its own; give the demo another one with --data");
    }
    let progress = match app.writer.disk().get(PROGRESS)? {
        Some(json) => {
            serde_json::from_slice(&json).context("the demo's progress cannot be read")?
        }
        None => create(app, responses).await?,
    };
    if progress.done {
        return Ok(true);
    }
    tokio::select! {
        seeded = seed(app, &progress) => seeded.map(|()| true),
        () = stop.wait() => Ok(false),
    }
}

/// A link to the dashboard that signs in once.
pub async fn dashboard_link(app: &Arc<App>) -> Result<String> {
    let state = app.writer.state();
    let site = state.site(SITE).context("the demo site is missing")?;
    let now = clock::now();
    let login = NewToken {
        site: Some(site.number),
        role: Role::Owner,
        kind: TokenKind::Login,
        now,
        expires: Some(Timestamp::from_millis(now.millis() + LINK_MS)),
        parent: None,
    };
    let created = app.writer.change(move |t| Ok(change::create_token(t, login))).await?;
    let (words, _) = created.context("no more tokens can be made")?;
    Ok(app.sign_in_link(Role::Owner, &words))
}

async fn create(app: &Arc<App>, responses: u32) -> Result<Progress> {
    let port = app.public_url.rsplit(':').next().unwrap_or("8080").to_owned();
    let record = SiteRecord {
        site: SITE.into(),
        public_key: PUBLIC_KEY.into(),
        name: "Comune di Valdora".into(),
        origins: vec![app.public_url.clone(), format!("http://localhost:{port}")],
        locale: "it".into(),
        timezone: "Europe/Rome".into(),
        retention: Retention::default(),
        channels: BTreeMap::new(),
        identity: IdentityKeys::default(),
    };
    let zone = Zone::named(&record.timezone).context("the time zone is missing")?;
    // Today is left to the visitor of the demo.
    let last_day = zone.day_of(clock::now()) - 1;
    let progress = Progress { last_day, responses, done: false };
    let written = serde_json::to_vec(&progress)?;
    let survey = Preset::named("post-service").context("the preset is missing")?.survey();
    let created = app.writer.change(move |t| {
        t.put(PROGRESS.to_vec(), written);
        let number = change::create_site(t, record);
        Ok(number.map(|number| change::put_survey(t, number, survey)))
    });
    match created.await? {
        Some(Put::Done { .. }) => {}
        _ => bail!("the demo site could not be made"),
    }
    Ok(progress)
}

async fn seed(app: &Arc<App>, progress: &Progress) -> Result<()> {
    let state = app.writer.state();
    let site = state.site(SITE).context("the demo site is missing")?;
    let story = Story::new(&site.zone, progress.last_day, progress.responses);
    let bar = bar(progress);
    let survey = site.survey("post-service").context("the demo's survey is missing")?;
    let mut appends = Vec::with_capacity(COMMIT_RESPONSES);
    for draft in story {
        let asked = asked::asked(&draft, survey);
        appends.push((check(draft, site)?, asked));
        if appends.len() == COMMIT_RESPONSES {
            commit(app, site, std::mem::take(&mut appends), &bar).await?;
        }
    }
    commit(app, site, appends, &bar).await?;
    let done = serde_json::to_vec(&Progress { done: true, ..*progress })?;
    app.writer
        .change(move |t| {
            t.put(PROGRESS.to_vec(), done);
            Ok(())
        })
        .await?;
    bar.finish_and_clear();
    println!(
        "{} responses of the year up to {} are in place",
        progress.responses,
        date_of_day(progress.last_day)
    );
    Ok(())
}

fn bar(progress: &Progress) -> ProgressBar {
    println!(
        "Generating a year of {} responses on {} channels",
        progress.responses,
        story::CHANNELS.len()
    );
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} {eta}");
    ProgressBar::new(u64::from(progress.responses))
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn check(draft: SubmissionDraft, site: &Site) -> Result<Append> {
    let survey = site.survey(&draft.survey).context("the demo's survey is missing")?;
    let fingerprint = fingerprint(&serde_json::to_vec(&draft)?);
    let time = draft.occurred_at.context("generated responses have a time")?;
    let submission = draft.check(survey, Sender::Trusted);
    let submission =
        submission.map_err(|bad| anyhow::anyhow!("a generated response is wrong: {bad:?}"))?;
    let sender = Sender::Trusted;
    Ok(Append { submission, sender, fingerprint, time, received: time, subject: None, held: None })
}

async fn commit(
    app: &Arc<App>,
    site: &Site,
    appends: Vec<(Append, Option<Counts>)>,
    bar: &ProgressBar,
) -> Result<()> {
    let (number, count) = (site.number, appends.len() as u64);
    let zone = site.zone.clone();
    let write = move |t: &mut Transaction<'_>| -> Result<(), Broken> {
        let mut places = Vec::new();
        for (append, asked) in appends {
            let place = place_of(number, &zone, &append);
            // What an earlier start has stored, it has counted too.
            if matches!(change::append(t, number, append)?, Appended::Stored { .. }) {
                places.extend(asked.map(|counts| (place, counts)));
            }
        }
        change::count_events(t, places)
    };
    app.writer.change(write).await?;
    bar.inc(count);
    Ok(())
}

/// Where and when a response was asked for.
fn place_of(site: SiteNo, zone: &Zone, append: &Append) -> Place {
    let submission = &append.submission;
    Place {
        site,
        day: zone.day_of(append.time),
        survey: submission.survey.clone(),
        survey_version: submission.survey_version,
        channel: submission.channel.as_str().to_owned(),
        service: submission.service.clone(),
        trusted: true,
    }
}

/// For the story: the day's number as a fraction of the year that ends with `last_day`.
fn year_start(last_day: i32) -> i32 {
    let last = date_of_day(last_day);
    day_number(last.saturating_sub(jiff::Span::new().years(1))) + 1
}
