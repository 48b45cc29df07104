//! What happened in the generated year: people of a town rate six services on nine channels.
//! The telephone is clearly worse (long waits), the school canteen improves month by month, and
//! the few answers by SMS differ from the rest by nothing but chance.

use super::comments::comment;
use crate::fold::Zone;
use fastrand::Rng;
use shared::submission::{Assurance, Context, Identity, IdentityLevel, ServiceEvent};
use shared::{Answer, ResponseId, SubmissionDraft, Timestamp};
use std::collections::BTreeMap;

const SEED: u64 = 0x00A5_C017;

/// A channel with its share of the responses in thousandths, its effect on the score, and the
/// mean wait in seconds where people wait.
pub struct ChannelStory {
    pub name: &'static str,
    share: u32,
    effect: f64,
    wait_s: Option<f64>,
}

const fn channel(name: &'static str, share: u32, effect: f64, wait_s: Option<f64>) -> ChannelStory {
    ChannelStory { name, share, effect, wait_s }
}

pub const CHANNELS: [ChannelStory; 9] = [
    channel("web", 330, 0.10, None),
    channel("counter", 190, 0.45, Some(720.0)),
    channel("phone", 130, -1.55, Some(1_150.0)),
    channel("email", 110, -0.10, None),
    channel("app", 90, 0.20, None),
    channel("kiosk", 70, 0.00, Some(240.0)),
    channel("qr", 50, 0.15, None),
    channel("chat", 27, 0.05, Some(90.0)),
    // Too few to tell its difference from chance.
    channel("sms", 3, 0.05, None),
];

/// A service with its share in thousandths, its effect, and how much better it gets over the year.
struct ServiceStory {
    name: &'static str,
    share: u32,
    effect: f64,
    improves: f64,
}

const fn service(name: &'static str, share: u32, effect: f64, improves: f64) -> ServiceStory {
    ServiceStory { name, share, effect, improves }
}

const SERVICES: [ServiceStory; 6] = [
    service("carta-identita", 290, 0.25, 0.0),
    service("anagrafe", 230, 0.10, 0.0),
    service("tributi", 180, -0.45, 0.0),
    service("mensa-scolastica", 130, -1.30, 2.40),
    service("raccolta-rifiuti", 110, -0.15, 0.0),
    service("biblioteca", 60, 1.00, 0.0),
];

/// The drafts of the year, oldest first; the same arguments give the same drafts.
pub struct Story {
    rng: Rng,
    times: std::vec::IntoIter<(Timestamp, f64)>,
}

impl Story {
    pub fn new(zone: &Zone, last_day: i32, responses: u32) -> Self {
        let mut rng = Rng::with_seed(SEED);
        let first_day = super::year_start(last_day);
        let days = last_day - first_day + 1;
        let mut times: Vec<(Timestamp, f64)> =
            (0..responses).map(|_| time(&mut rng, zone, first_day, days)).collect();
        times.sort_by_key(|(time, _)| *time);
        Self { rng, times: times.into_iter() }
    }
}

/// A moment in office hours mostly, on weekdays mostly, and how far into the year it is (0 to 1).
fn time(rng: &mut Rng, zone: &Zone, first_day: i32, days: i32) -> (Timestamp, f64) {
    let day = loop {
        let day = first_day + rng.i32(0..days);
        // 1970-01-01 was a Thursday.
        let weekend = matches!((day + 3).rem_euclid(7), 5 | 6);
        if !weekend || rng.f64() < 0.3 {
            break day;
        }
    };
    let hour = 8.0 + 12.0 * (rng.f64() + rng.f64()) / 2.0;
    let millis = (hour * 3_600_000.0) as i64 + rng.i64(0..60_000);
    let time = Timestamp::from_millis(zone.day_start(day).millis() + millis);
    (time, f64::from(day - first_day) / f64::from(days.max(1)))
}

impl Iterator for Story {
    type Item = SubmissionDraft;

    fn next(&mut self) -> Option<SubmissionDraft> {
        let (time, year_part) = self.times.next()?;
        Some(draft(&mut self.rng, time, year_part))
    }
}

fn draft(rng: &mut Rng, time: Timestamp, year_part: f64) -> SubmissionDraft {
    let channel = pick(rng, &CHANNELS, |channel| channel.share);
    let service = pick(rng, &SERVICES, |service| service.share);
    let wait_s = channel.wait_s.map(|mean| wait(rng, mean));
    // Each ten minutes beyond the usual cost a third of a point.
    let impatience =
        wait_s.map_or(0.0, |s| (f64::from(s) - channel.wait_s.unwrap_or(0.0)) / 1_800.0);
    let mood = 8.15 + channel.effect + service.effect + service.improves * year_part
        - impatience.clamp(-0.3, 1.5)
        + noise(rng) * 2.05;
    let recommend = score(mood, 0, 10);
    let italian = rng.f64() < 0.88;
    let mut answers = BTreeMap::from([("recommend".to_owned(), Answer::Score(recommend))]);
    if rng.f64() < 0.93 {
        let satisfaction = score(1.0 + mood * 0.4 + noise(rng) * 0.5, 1, 5);
        answers.insert("satisfaction".into(), Answer::Score(satisfaction));
    }
    if let Some((question, reasons)) = reasons(rng, recommend, channel) {
        answers.insert(question.into(), Answer::Options(reasons));
    }
    let eager = if recommend <= 6 { 0.24 } else { 0.13 };
    if rng.f64() < eager {
        let words = comment(rng, recommend, service.name, channel.wait_s.is_some(), italian);
        answers.insert("comment".into(), Answer::Text(words));
    }
    SubmissionDraft {
        id: ResponseId::new(time.millis().unsigned_abs(), std::array::from_fn(|_| rng.u8(..)))
            .to_string(),
        survey: "post-service".into(),
        survey_version: Some(1),
        channel: Some(channel.name.into()),
        service: Some(service.name.into()),
        level: None,
        locale: Some(if italian { "it" } else { "en" }.into()),
        answers,
        context: context(rng, channel.name),
        identity: identity(time, channel.name),
        service_event: wait_s.map(|waited_s| ServiceEvent {
            waited_s: Some(waited_s),
            served_s: Some(120 + rng.u32(0..600)),
            resolved_first_contact: Some(rng.f64() < 0.8),
            reference: None,
        }),
        occurred_at: Some(time),
        form: None,
    }
}

/// In the app everybody is signed in, on the web some are, and these by SPID or CIE.
fn identity(time: Timestamp, channel: &str) -> Option<Identity> {
    let (level, assurance) = match (channel, time.millis().rem_euclid(10)) {
        ("app", _) => (IdentityLevel::Registered, None),
        ("web", 0..2) => (IdentityLevel::Verified, Some(Assurance::Substantial)),
        ("web", 2) => (IdentityLevel::Verified, Some(Assurance::High)),
        _ => return None,
    };
    Some(Identity { level, assurance, ..Identity::default() })
}

fn context(rng: &mut Rng, channel: &str) -> Option<Context> {
    let device = match channel {
        "web" if rng.f64() < 0.45 => "desktop",
        "web" | "app" | "qr" | "sms" => "phone",
        "kiosk" => "kiosk",
        _ => return None,
    };
    Some(Context { device: Some(device.into()), ..Context::default() })
}

/// Why: one or two of the options, the wait first where people wait.
fn reasons(
    rng: &mut Rng,
    recommend: i64,
    channel: &ChannelStory,
) -> Option<(&'static str, Vec<String>)> {
    let waits = channel.wait_s.is_some_and(|wait| wait > 600.0);
    let (question, options): (_, &[(&str, u32)]) = match recommend {
        0..=6 if waits => (
            "reasons",
            &[
                ("waiting", 55),
                ("unresolved", 18),
                ("staff", 12),
                ("unclear", 12),
                ("technical", 3),
            ],
        ),
        0..=6 => (
            "reasons",
            &[
                ("unclear", 32),
                ("technical", 27),
                ("unresolved", 22),
                ("waiting", 14),
                ("staff", 5),
            ],
        ),
        9.. if waits => {
            ("praise", &[("staff", 50), ("resolved", 22), ("clear", 14), ("fast", 8), ("easy", 6)])
        }
        9.. => {
            ("praise", &[("easy", 34), ("fast", 32), ("clear", 18), ("resolved", 12), ("staff", 4)])
        }
        _ => return None,
    };
    if rng.f64() < 0.15 {
        return None;
    }
    let mut chosen = vec![pick(rng, options, |(_, share)| *share).0.to_owned()];
    let second = pick(rng, options, |(_, share)| *share).0;
    if rng.f64() < 0.3 && chosen[0] != second {
        chosen.push(second.to_owned());
    }
    Some((question, chosen))
}

fn pick<'a, T>(rng: &mut Rng, items: &'a [T], share: impl Fn(&T) -> u32) -> &'a T {
    let mut left = rng.u32(0..items.iter().map(&share).sum());
    for item in items {
        match left.checked_sub(share(item)) {
            Some(rest) => left = rest,
            None => return item,
        }
    }
    &items[0]
}

/// Mostly near the mean, sometimes much longer.
fn wait(rng: &mut Rng, mean_s: f64) -> u32 {
    (mean_s * (0.25 - rng.f64().max(1e-9).ln() * 0.75)).min(10_800.0) as u32
}

/// About standard normal: twelve uniforms.
fn noise(rng: &mut Rng) -> f64 {
    (0..12).map(|_| rng.f64()).sum::<f64>() - 6.0
}

fn score(value: f64, low: i64, high: i64) -> i64 {
    (value.round() as i64).clamp(low, high)
}
