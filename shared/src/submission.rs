//! What a visitor sent (`SubmissionDraft`) and what can be trusted (`Submission`).
//!
//! The widget and the collector run the same `check`; only the collector can turn JSON of
//! unknown origin into a draft (`decode`).

use crate::survey::{ChoiceOption, Kind, Question, Survey, limits};
use crate::{Channel, ResponseId, Timestamp, Violations};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const SERVICE_LENGTH_MAX: usize = 64;
const LOCALE_LENGTH_MAX: usize = 35;
const URL_LENGTH_MAX: usize = 2_000;
const TAGS_MAX: usize = 20;
const TAG_LENGTH_MAX: usize = 64;
const ATTRIBUTES_MAX: usize = 20;
const ATTRIBUTE_LENGTH_MAX: usize = 200;
/// Characters of a subject.
pub const SUBJECT_LENGTH_MAX: usize = 200;
const REFERENCE_LENGTH_MAX: usize = 100;
/// A week: more than that is a mistake of units.
const DURATION_S_MAX: u32 = 7 * 24 * 3600;

/// One answer as JSON has it: a number, a string (a text, or a single choice), a list of option
/// keys, or `{"selected": […], "other": "…"}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Answer {
    Score(i64),
    Text(String),
    Options(Vec<String>),
    WithOther { selected: Vec<String>, other: String },
}

impl Answer {
    /// Blank words and an empty list are the same as no answer.
    pub fn is_blank(&self) -> bool {
        match self {
            Self::Score(_) => false,
            Self::Text(text) => is_blank(text),
            Self::Options(options) => options.is_empty(),
            Self::WithOther { selected, other } => selected.is_empty() && is_blank(other),
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Context {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub referrer: Option<String>,
    /// `phone`, `tablet`, `desktop` or `kiosk`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum IdentityLevel {
    #[default]
    Anonymous,
    /// The visitor says so.
    Declared,
    /// The site says so, signed.
    Registered,
    /// Signed, with an assurance level as in eIDAS.
    Verified,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Identity {
    pub level: IdentityLevel,
    /// With `verified` alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assurance: Option<Assurance>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// What the site's own server signed: it says subject, level and assurance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// How sure it is who someone is, as eIDAS has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Assurance {
    Low,
    Substantial,
    High,
}

impl Assurance {
    pub const ALL: [Self; 3] = [Self::Low, Self::Substantial, Self::High];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Substantial => "substantial",
            Self::High => "high",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|assurance| assurance.as_str() == text)
    }
}

/// What kind of contact the service was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ServiceLevel {
    Informative,
    Relational,
    Transactional,
}

impl ServiceLevel {
    pub const ALL: [Self; 3] = [Self::Informative, Self::Relational, Self::Transactional];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Informative => "informative",
            Self::Relational => "relational",
            Self::Transactional => "transactional",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == text)
    }
}

impl IdentityLevel {
    pub const ALL: [Self; 4] = [Self::Anonymous, Self::Declared, Self::Registered, Self::Verified];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::Declared => "declared",
            Self::Registered => "registered",
            Self::Verified => "verified",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == text)
    }
}

/// What is known of the service that was just given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ServiceEvent {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waited_s: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub served_s: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_first_contact: Option<bool>,
}

/// What the form noticed while it was filled in: a sign of programs that answer. No part of the
/// response, and never stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FormSigns {
    /// What stands in the field that people do not see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trap: Option<String>,
    /// Milliseconds from showing the form to sending it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elapsed_ms: Option<u32>,
    /// The solved challenge, where the site asks for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<String>,
}

/// Fields of the right types; nothing is known yet of their values.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SubmissionDraft {
    pub id: String,
    pub survey: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub survey_version: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// `informative`, `relational` or `transactional`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    pub answers: BTreeMap<String, Answer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<Context>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_event: Option<ServiceEvent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub occurred_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub form: Option<FormSigns>,
}

/// Who is sending: decides which channels and identity levels are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// A visitor, by the site's public key alone.
    Visitor,
    /// A program or a person of the owner's, with a token.
    Trusted,
}

/// A response that keeps every rule of its survey. Made by `SubmissionDraft::check` alone.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Submission {
    pub id: ResponseId,
    pub survey: String,
    pub survey_version: u32,
    pub channel: Channel,
    pub service: Option<String>,
    pub level: Option<ServiceLevel>,
    pub locale: Option<String>,
    /// By question key; blank answers are gone.
    pub answers: BTreeMap<String, Answer>,
    /// Keys of the questions that were shown and left empty.
    pub skipped: Vec<String>,
    pub context: Context,
    pub identity: Identity,
    pub service_event: ServiceEvent,
    pub occurred_at: Option<Timestamp>,
}

impl SubmissionDraft {
    /// Checks every field against the survey that it names and gives back all violations at once.
    /// `survey` must be the version that the draft was made with.
    pub fn check<T>(self, survey: &Survey<T>, sender: Sender) -> Result<Submission, Violations> {
        let mut bad = Violations::default();
        let id = ResponseId::parse(&self.id)
            .map_err(|error| bad.add("id", "invalid_id", error.to_string()))
            .ok();
        let channel = check_channel(self.channel.as_deref(), sender, &mut bad);
        check_service(self.service.as_deref(), &mut bad);
        let level = self.level.as_deref().and_then(ServiceLevel::parse);
        if self.level.is_some() && level.is_none() {
            bad.add("level", "unknown_level", "is informative, relational or transactional");
        }
        if let Some(locale) = &self.locale {
            check_word(locale, "locale", LOCALE_LENGTH_MAX, &mut bad);
        }
        let context = self.context.unwrap_or_default();
        check_context(&context, &mut bad);
        let identity = self.identity.unwrap_or_default();
        check_identity(&identity, sender, &mut bad);
        let service_event = self.service_event.unwrap_or_default();
        check_service_event(&service_event, &mut bad);
        let (answers, skipped) = check_answers(self.answers, survey, &mut bad);

        match (id, channel, bad.is_empty()) {
            (Some(id), Some(channel), true) => Ok(Submission {
                id,
                survey: survey.key.clone(),
                survey_version: survey.version,
                channel,
                service: self.service,
                level,
                locale: self.locale,
                answers,
                skipped,
                context,
                identity,
                service_event,
                occurred_at: self.occurred_at,
            }),
            _ => Err(bad),
        }
    }
}

pub(crate) fn check_channel(
    name: Option<&str>,
    sender: Sender,
    bad: &mut Violations,
) -> Option<Channel> {
    let Some(name) = name else { return Some(Channel::web()) };
    let Some(channel) = Channel::parse(name) else {
        bad.add("channel", "unknown_channel", "is not a channel; the owner's own begin with x-");
        return None;
    };
    if sender == Sender::Visitor && !channel.is_public() {
        bad.add("channel", "channel_needs_token", format!("{channel} is taken with a token only"));
        return None;
    }
    Some(channel)
}

pub(crate) fn check_service(service: Option<&str>, bad: &mut Violations) {
    if let Some(service) = service {
        check_word(service, "service", SERVICE_LENGTH_MAX, bad);
    }
}

/// A short machine word: letters, digits, `-`, `_`, `.`.
fn check_word(word: &str, path: &str, length_max: usize, bad: &mut Violations) {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    if word.is_empty() || word.len() > length_max || !word.bytes().all(plain) {
        bad.add(
            path,
            "invalid",
            format!("takes 1 to {length_max} letters, digits, hyphens, underscores or dots"),
        );
    }
}

fn check_length(text: &str, path: &str, chars_max: usize, bad: &mut Violations) {
    if text.chars().count() > chars_max {
        bad.add_made(path, "too_long", || format!("takes {chars_max} characters at most"));
    }
}

fn check_context(context: &Context, bad: &mut Violations) {
    for (url, path) in [(&context.page, "context.page"), (&context.referrer, "context.referrer")] {
        if let Some(url) = url {
            check_length(url, path, URL_LENGTH_MAX, bad);
        }
    }
    if let Some(device) = &context.device
        && !matches!(device.as_str(), "phone" | "tablet" | "desktop" | "kiosk")
    {
        bad.add("context.device", "unknown_device", "is phone, tablet, desktop or kiosk");
    }
    if context.tags.len() > TAGS_MAX {
        bad.add("context.tags", "too_many", format!("takes {TAGS_MAX} tags at most"));
    }
    for (i, tag) in context.tags.iter().take(TAGS_MAX).enumerate() {
        check_length(tag, &format!("context.tags[{i}]"), TAG_LENGTH_MAX, bad);
    }
    if context.attributes.len() > ATTRIBUTES_MAX {
        bad.add("context.attributes", "too_many", format!("takes {ATTRIBUTES_MAX} at most"));
    }
    for (name, value) in context.attributes.iter().take(ATTRIBUTES_MAX) {
        let path = format!("context.attributes.{name}");
        check_word(name, &path, TAG_LENGTH_MAX, bad);
        check_length(value, &path, ATTRIBUTE_LENGTH_MAX, bad);
    }
}

fn check_identity(identity: &Identity, sender: Sender, bad: &mut Violations) {
    let signed = matches!(identity.level, IdentityLevel::Registered | IdentityLevel::Verified);
    if sender == Sender::Visitor && signed {
        bad.add("identity.level", "unsigned", "registered and verified need the site's signature");
    }
    if identity.assurance.is_some() && identity.level != IdentityLevel::Verified {
        bad.add("identity.assurance", "not_verified", "goes with the level verified alone");
    }
    if let Some(subject) = &identity.subject {
        check_length(subject, "identity.subject", SUBJECT_LENGTH_MAX, bad);
    }
}

fn check_service_event(event: &ServiceEvent, bad: &mut Violations) {
    if let Some(reference) = &event.reference {
        check_length(reference, "service_event.reference", REFERENCE_LENGTH_MAX, bad);
    }
    let durations =
        [(event.waited_s, "service_event.waited_s"), (event.served_s, "service_event.served_s")];
    for (seconds, path) in durations {
        if seconds.is_some_and(|s| s > DURATION_S_MAX) {
            bad.add(path, "out_of_range", format!("takes 0 to {DURATION_S_MAX} seconds"));
        }
    }
}

type Answers = BTreeMap<String, Answer>;

/// Answers by question: a map, or, in the form, where a map would be kilobytes of code, a list.
pub trait Given {
    fn answer(&self, key: &str) -> Option<&Answer>;
    fn each(&self) -> impl Iterator<Item = (&String, &Answer)>;
}

impl Given for Answers {
    fn answer(&self, key: &str) -> Option<&Answer> {
        self.get(key)
    }
    fn each(&self) -> impl Iterator<Item = (&String, &Answer)> {
        self.iter()
    }
}

/// Each question at most once.
impl Given for Vec<(String, Answer)> {
    fn answer(&self, key: &str) -> Option<&Answer> {
        self.iter().find(|(question, _)| question == key).map(|(_, answer)| answer)
    }
    fn each(&self) -> impl Iterator<Item = (&String, &Answer)> {
        self.iter().map(|(question, answer)| (question, answer))
    }
}

/// Whether there is nothing to read. (`trim` would be half a kilobyte more in the widget.)
pub fn is_blank(text: &str) -> bool {
    text.chars().all(char::is_whitespace)
}

/// The answers that are not blank and the shown questions that were left out; notes in `bad` what
/// is wrong.
pub fn check_answers<T>(
    draft: Answers,
    survey: &Survey<T>,
    bad: &mut Violations,
) -> (Answers, Vec<String>) {
    let answers: Answers = draft.into_iter().filter(|(_, answer)| !answer.is_blank()).collect();
    let skipped = check_given(&answers, survey, bad);
    (answers, skipped)
}

/// The same for answers without blank ones: the shown questions that were left out.
fn check_given<T>(answers: &impl Given, survey: &Survey<T>, bad: &mut Violations) -> Vec<String> {
    let shown = survey.shown(answers);
    for (key, answer) in answers.each() {
        let path = ["answers.", key].concat();
        match shown.iter().find(|question| question.key == *key) {
            Some(question) => check_answer(question, answer, &path, bad),
            None if survey.question(key).is_some() => {
                bad.add(path, "hidden_question", "this question is not asked after these answers");
            }
            None => bad.add(path, "unknown_question", "the survey has no such question"),
        }
    }
    let mut skipped = Vec::new();
    for question in shown.iter().filter(|question| answers.answer(&question.key).is_none()) {
        if question.is_statement() {
            continue;
        }
        if question.required {
            bad.add(["answers.", &question.key].concat(), "required", "needs an answer");
        }
        skipped.push(question.key.clone());
    }
    if answers.each().next().is_none() && bad.is_empty() {
        bad.add("answers", "required", "at least one question needs an answer");
    }
    skipped
}

/// What is wrong with the answers, none of them blank, as far as a page (`Survey::pages`), all
/// earlier ones included; on the last page, and behind it, with everything.
pub fn check_page<T>(answers: &impl Given, survey: &Survey<T>, page: usize) -> Violations {
    let mut bad = Violations::default();
    check_given(answers, survey, &mut bad);
    if survey.pages(answers).last().is_some_and(|last| page < *last) {
        bad.retain(|v| v.question().is_some_and(|key| survey.page_of(key) <= page));
    }
    bad
}

/// Checks one answer against its question; the form uses it as the visitor goes along.
pub fn check_answer<T>(question: &Question<T>, answer: &Answer, path: &str, bad: &mut Violations) {
    match (&question.kind, answer) {
        (Kind::Nps | Kind::Rating { .. } | Kind::Ces, Answer::Score(score)) => {
            let (low, high) = question.kind.score_range().unwrap_or_default();
            if !(i64::from(low)..=i64::from(high)).contains(score) {
                bad.add_made(path, "out_of_range", || {
                    format!("takes a whole number from {low} to {high}")
                });
            }
        }
        (Kind::Text { max_chars }, Answer::Text(text)) => {
            check_length(text, path, *max_chars as usize, bad);
        }
        (Kind::Choice { multiple: false, options, .. }, Answer::Text(one)) => {
            check_options(std::slice::from_ref(one), options, path, bad);
        }
        (Kind::Choice { multiple, options, .. }, Answer::Options(many)) => {
            check_count(*multiple, many.len(), path, bad);
            check_options(many, options, path, bad);
        }
        (
            Kind::Choice { multiple, other: true, options },
            Answer::WithOther { selected, other },
        ) => {
            let free = usize::from(!is_blank(other));
            check_count(*multiple, selected.len() + free, path, bad);
            check_options(selected, options, path, bad);
            check_length(other, &[path, ".other"].concat(), limits::OTHER_CHARS_MAX as usize, bad);
        }
        (kind, _) => {
            let wanted = match kind {
                Kind::Nps | Kind::Rating { .. } | Kind::Ces => "a whole number",
                Kind::Choice { multiple: true, .. } => "a list of option keys",
                Kind::Choice { .. } => "an option key",
                Kind::Text { .. } => "a string",
                Kind::Statement => "no answer",
            };
            bad.add_made(path, "wrong_type", || format!("takes {wanted}"));
        }
    }
}

fn check_count(multiple: bool, count: usize, path: &str, bad: &mut Violations) {
    if !multiple && count > 1 {
        bad.add(path, "too_many", "takes one option");
    }
}

fn check_options<T>(
    selected: &[String],
    options: &[ChoiceOption<T>],
    path: &str,
    bad: &mut Violations,
) {
    for (i, key) in selected.iter().enumerate() {
        if !options.iter().any(|option| option.key == *key) {
            bad.add(path, "unknown_option", "names an option that the question does not have");
        } else if selected[..i].contains(key) {
            bad.add_made(path, "repeated_option", || format!("names {key} twice"));
        }
    }
}
