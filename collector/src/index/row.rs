//! A response as the index holds it: what can be counted and what can be filtered by, as numbers.

use crate::fold::{OPTIONS, Zone};
use crate::log::record::{StoredAnswer, StoredResponse};
use crate::state::Names;
use serde::{Deserialize, Serialize};
use shared::submission::{Assurance, IdentityLevel, ServiceLevel};
use shared::survey::{Kind, Question};
use shared::{Survey, Timestamp};

/// In the order of their numbers, from 1.
pub const DEVICES: [&str; 4] = ["phone", "tablet", "desktop", "kiosk"];

/// A version of a survey: rows of one layout have the same questions.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Layout {
    pub survey: u32,
    pub version: u32,
}

/// What few different values have, so that whole profiles are worth a number. 0 is none.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Profile {
    pub channel: u32,
    pub service: u32,
    pub locale: u32,
    pub level: u8,
    pub device: u8,
    /// From 1: the levels, then `verified` with each assurance.
    pub identity: u8,
    /// Whether the matter was resolved at the first contact: 0 is not known, 1 no, 2 yes.
    pub resolved: u8,
    /// Left out of every score until someone has looked at it.
    pub held: bool,
}

impl Profile {
    /// Whether the matter was resolved at the first contact, where that is known.
    pub const fn resolved(&self) -> Option<bool> {
        match self.resolved {
            0 => None,
            number => Some(number == resolved_number(true)),
        }
    }
}

/// Changes with what a row holds: rows of another format are made again from the responses.
pub const ROW_FORMAT: u8 = 3;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    pub layout: Layout,
    /// In the site's time zone, from 1970-01-01.
    pub day: i32,
    /// Since the day began.
    pub ms: u32,
    pub profile: Profile,
    /// Numbers of the site's lists; 0 is none.
    pub page: u32,
    /// Tags and attributes, sorted.
    pub labels: Vec<u32>,
    pub waited_s: Option<u32>,
    pub served_s: Option<u32>,
    pub answers: Answers,
}

/// What was answered. Many responses have the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Answers {
    /// By question: 0 where it was not asked, else one more than the position in its cell that
    /// the answer counts for.
    pub codes: Vec<u8>,
    /// The options chosen, for choice questions that were answered.
    pub picks: Vec<(u16, Vec<u16>)>,
}

impl Answers {
    /// Calls `take` with the question and the position in its cell for everything that counts.
    pub fn each(&self, mut take: impl FnMut(usize, usize)) {
        for (question, code) in self.codes.iter().enumerate().filter(|(_, code)| **code != 0) {
            take(question, usize::from(*code) - 1);
        }
        for (question, options) in &self.picks {
            options.iter().for_each(|o| take(usize::from(*question), OPTIONS + usize::from(*o)));
        }
    }

    /// Whether any of the questions was answered within its range of codes.
    pub fn is_within(&self, ranges: &[CodeRange]) -> bool {
        ranges.iter().any(|(question, first, last)| {
            self.codes.get(*question).is_some_and(|code| (first..=last).contains(&code))
        })
    }
}

/// The question's position, and the codes that are wanted, first and last.
pub type CodeRange = (usize, u8, u8);

impl Row {
    /// Names that the site does not know yet are added to `names`.
    pub fn of(
        stored: &StoredResponse,
        time: Timestamp,
        survey: &Survey,
        zone: &Zone,
        names: &mut Names,
    ) -> Self {
        let (day, ms) = zone.split(time);
        Self {
            layout: Layout { survey: stored.survey, version: stored.survey_version },
            day,
            ms,
            profile: profile(stored, names),
            page: stored.context.page.as_deref().map_or(0, |page| names.page(page_path(page))),
            labels: labels(stored, names),
            waited_s: stored.service_event.waited_s,
            served_s: stored.service_event.served_s,
            answers: answers(stored, survey),
        }
    }
}

fn profile(stored: &StoredResponse, names: &mut Names) -> Profile {
    let number = |place: Option<usize>| place.and_then(|place| u8::try_from(place + 1).ok());
    let device = stored.context.device.as_deref();
    let device = device.and_then(|device| DEVICES.iter().position(|known| *known == device));
    let level = stored.level.and_then(|l| ServiceLevel::ALL.iter().position(|known| *known == l));
    Profile {
        channel: stored.channel,
        service: stored.service,
        locale: stored.locale.as_deref().map_or(0, |locale| names.locale(locale)),
        level: number(level).unwrap_or_default(),
        device: number(device).unwrap_or_default(),
        identity: identity_number(stored.identity, stored.assurance),
        resolved: stored.service_event.resolved_first_contact.map_or(0, resolved_number),
        held: stored.held.is_some(),
    }
}

/// As a profile has it.
pub fn identity_number(level: IdentityLevel, assurance: Option<Assurance>) -> u8 {
    let levels = IdentityLevel::ALL.iter().map(|level| (*level, None));
    let assured = Assurance::ALL.iter().map(|a| (IdentityLevel::Verified, Some(*a)));
    let place = levels.chain(assured).position(|known| known == (level, assurance));
    place.and_then(|place| u8::try_from(place + 1).ok()).unwrap_or_default()
}

/// The level and the assurance of a profile's number; `None` for one that is no identity's.
pub fn identity_of(number: u8) -> Option<(IdentityLevel, Option<Assurance>)> {
    let place = usize::from(number).checked_sub(1)?;
    match IdentityLevel::ALL.get(place) {
        Some(level) => Some((*level, None)),
        None => {
            let assurance = Assurance::ALL.get(place - IdentityLevel::ALL.len())?;
            Some((IdentityLevel::Verified, Some(*assurance)))
        }
    }
}

/// As a profile has it.
pub const fn resolved_number(resolved: bool) -> u8 {
    if resolved { 2 } else { 1 }
}

fn labels(stored: &StoredResponse, names: &mut Names) -> Vec<u32> {
    let tags = stored.context.tags.iter().map(|tag| names.tag(tag));
    let mut labels: Vec<u32> = tags.collect();
    let attributes = stored.context.attributes.iter();
    labels.extend(attributes.map(|(name, value)| names.attribute(name, value)));
    labels.sort_unstable();
    labels.dedup();
    labels
}

fn answers(stored: &StoredResponse, survey: &Survey) -> Answers {
    let mut codes = vec![0; survey.questions.len()];
    let mut picks = Vec::new();
    for position in &stored.skipped {
        if let Some(code) = codes.get_mut(usize::from(*position)) {
            *code = 1 + crate::fold::SKIPPED as u8;
        }
    }
    for (position, answer) in &stored.answers {
        let place = usize::from(*position);
        let (Some(code), Some(question)) = (codes.get_mut(place), survey.questions.get(place))
        else {
            continue;
        };
        *code = answer_code(question, answer);
        if let StoredAnswer::Choice { options, other } = answer {
            let chosen = chosen(question, options, other.is_some());
            picks.extend((!chosen.is_empty()).then_some((*position, chosen)));
        }
    }
    Answers { codes, picks }
}

fn answer_code(question: &Question, answer: &StoredAnswer) -> u8 {
    let low = question.kind.score_range().map_or(0, |(low, _)| low);
    match answer {
        StoredAnswer::Score(score) => 1 + crate::fold::SCORES as u8 + score.saturating_sub(low),
        StoredAnswer::Text(_) | StoredAnswer::Choice { .. } => 1 + crate::fold::ANSWERED as u8,
    }
}

/// The free "other" counts as one option more.
fn chosen(question: &Question, options: &[u16], other: bool) -> Vec<u16> {
    let mut chosen = options.to_vec();
    if let (true, Kind::Choice { options: all, .. }) = (other, &question.kind) {
        chosen.extend(u16::try_from(all.len()));
    }
    chosen
}

/// A page without its query and fragment, which can name a person.
pub fn page_path(page: &str) -> &str {
    page.split(['?', '#']).next().unwrap_or_default()
}
