//! Responses as managers read them: page by page, newest first, or all, oldest first.

use crate::clock;
use crate::index::Row;
use crate::log::record::{self, StoredAnswer, StoredResponse};
use crate::log::{Arrived, Disk, ReadError, keys};
use crate::state::Site;
use crate::summary::{Filters, Range, Selection};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use shared::page::{ResponseOut, ResponsesPage};
use shared::survey::{Kind, Question};
use shared::{Answer, ResponseId, Survey, Timestamp};
use std::collections::BTreeMap;

pub const LIMIT_DEFAULT: usize = 50;
pub const LIMIT_MAX: usize = 500;
/// Responses read for one page: a rare word does not read the whole log, the page just ends early.
const READ_MAX: usize = 20_000;

/// What a page shows.
#[derive(Clone, Debug, Default)]
pub struct Query {
    pub range: Range,
    pub survey: Option<String>,
    pub metric: Option<String>,
    pub question: Option<String>,
    /// Words that all must occur in the texts, in lower case.
    pub words: Vec<String>,
    /// Only responses with a text.
    pub comments: bool,
    /// Whether only responses that are held, or only those that count; `None` for both.
    pub held: Option<bool>,
    pub after: Option<Cursor>,
    pub limit: usize,
}

/// Where the last page ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    time: Timestamp,
    id: ResponseId,
}

impl Cursor {
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (time, id) = bytes.split_first_chunk::<8>()?;
        Some(Self {
            time: Timestamp::from_millis(i64::from_be_bytes(*time)),
            id: ResponseId::from_bytes(id.try_into().ok()?),
        })
    }

    fn print(self) -> String {
        let mut bytes = self.time.millis().to_be_bytes().to_vec();
        bytes.extend_from_slice(self.id.as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }
}

/// A page of the responses that the selection matches, newest first.
pub fn page(
    disk: &Disk,
    site: &Site,
    query: &Query,
    selection: &Selection,
) -> Result<ResponsesPage, ReadError> {
    let (first, to) = bounds(site, query);
    let end = match query.after {
        Some(Cursor { time, id }) => keys::response(site.number, time, id).min(to),
        None => to,
    };
    let mut responses = Vec::new();
    let mut last = None;
    let newest_first: Box<dyn Iterator<Item = Pair>> = match query.held {
        Some(true) => Box::new(held(disk, site, first, end)),
        _ => Box::new(range(disk, &first, &end).into_iter().flat_map(Iterator::rev)),
    };
    for (read, response) in matching(disk, site, query, selection, newest_first).enumerate() {
        if responses.len() == query.limit || read == READ_MAX {
            return Ok(ResponsesPage { responses, next_cursor: last.map(Cursor::print) });
        }
        let (place, response) = response?;
        last = Some(place);
        responses.extend(response);
    }
    Ok(ResponsesPage { responses, next_cursor: None })
}

/// Every response of the period, oldest first, for as long as someone asks for the next: `None`
/// where the selection does not match it.
pub fn all<'a>(
    disk: &'a Disk,
    site: &'a Site,
    query: &'a Query,
    selection: &'a Selection,
) -> impl Iterator<Item = Result<Option<ResponseOut>, ReadError>> + use<'a> {
    let (first, end) = bounds(site, query);
    let oldest_first = range(disk, &first, &end).into_iter().flatten();
    let read = matching(disk, site, query, selection, oldest_first);
    read.map(|read| read.map(|(_, response)| response))
}

/// Those of these responses that the selection matches, in the order given; what is gone is left out.
pub fn these(
    disk: &Disk,
    site: &Site,
    query: &Query,
    selection: &Selection,
    arrived: &[Arrived],
) -> Result<Vec<ResponseOut>, ReadError> {
    let (first, end) = bounds(site, query);
    let keys = arrived.iter().map(|arrived| keys::response(site.number, arrived.time, arrived.id));
    let found = keys.filter(|key| (&first..&end).contains(&key)).filter_map(|key| {
        let value = disk.get(&key).transpose()?;
        Some(value.map(|value| (key, value)))
    });
    let read = matching(disk, site, query, selection, found);
    read.filter_map(|read| read.map(|(_, response)| response).transpose()).collect()
}

/// The keys of the period: from the first one to the one after the last.
fn bounds(site: &Site, query: &Query) -> (Vec<u8>, Vec<u8>) {
    let from = query.range.from.unwrap_or(Timestamp::from_millis(i64::MIN));
    let to = query.range.to.unwrap_or(Timestamp::from_millis(i64::MAX));
    (keys::responses_from(site.number, from), keys::responses_from(site.number, to))
}

type Pair = Result<(Vec<u8>, Vec<u8>), sled::Error>;

/// The responses of those moments at which one is held, newest first: they are few among many, and
/// the index knows them.
fn held<'a>(
    disk: &'a Disk,
    site: &'a Site,
    first: Vec<u8>,
    end: Vec<u8>,
) -> impl Iterator<Item = Pair> + use<'a> {
    let mut moments = site.rows.held_moments();
    moments.sort_unstable_by(|a, b| b.cmp(a));
    moments.dedup();
    let key = |ms: i64| keys::responses_from(site.number, Timestamp::from_millis(ms));
    moments.into_iter().flat_map(move |(day, ms)| {
        let time_ms = site.zone.day_start(day).millis() + i64::from(ms);
        let (from, to) = (key(time_ms).max(first.clone()), key(time_ms + 1).min(end.clone()));
        range(disk, &from, &to).into_iter().flat_map(Iterator::rev)
    })
}

/// `None` where the range is empty: the store takes no range that ends before it begins.
fn range(
    disk: &Disk,
    first: &[u8],
    end: &[u8],
) -> Option<impl DoubleEndedIterator<Item = Pair> + use<>> {
    (first < end).then(|| disk.range(first, end))
}

/// Each response with its place; without the response where the selection does not match it.
fn matching<'a>(
    disk: &'a Disk,
    site: &'a Site,
    query: &'a Query,
    selection: &'a Selection,
    pairs: impl Iterator<Item = Pair> + 'a,
) -> impl Iterator<Item = Result<(Cursor, Option<ResponseOut>), ReadError>> + 'a {
    // Names that later responses bring are no concern of this reader.
    let mut names = site.names.clone();
    pairs.map(move |pair| {
        let (key, value) = pair?;
        let (time, id) = keys::read_response(&key).ok_or(record::Unreadable)?;
        let stored = disk.decode(&value)?;
        let mut narrowed = |stored: &StoredResponse, survey: &Survey| {
            !selection.needs_index()
                || selection.matches_row(&Row::of(stored, time, survey, &site.zone, &mut names))
        };
        let survey = survey_of(site, &stored).filter(|survey| {
            selection.matches_place(stored.channel, stored.service)
                && site.names.channel_name(stored.channel).is_some()
                && query.matches(&stored, survey)
                && narrowed(&stored, survey)
        });
        let response = survey.map(|survey| out(site, survey, stored, time, id));
        Ok((Cursor { time, id }, response))
    })
}

fn survey_of<'a>(site: &'a Site, stored: &StoredResponse) -> Option<&'a Survey> {
    let key = site.names.survey_key(stored.survey)?;
    site.survey_version(key, stored.survey_version).map(AsRef::as_ref)
}

impl Query {
    /// Takes over what the filters say of single responses.
    pub fn narrow(&mut self, filters: &Filters) {
        self.range = filters.range;
        self.survey.clone_from(&filters.survey);
        self.metric.clone_from(&filters.metric);
        self.question.clone_from(&filters.question);
    }

    fn matches(&self, stored: &StoredResponse, survey: &Survey) -> bool {
        let answered = |asked: &dyn Fn(&Question) -> bool| {
            let mut questions =
                stored.answers.iter().filter_map(|(p, _)| survey.questions.get(usize::from(*p)));
            questions.any(asked)
        };
        let texts = || stored.answers.iter().filter_map(|(_, answer)| answer.text());
        let text = || texts().map(String::as_str).collect::<Vec<_>>().join("\n").to_lowercase();
        self.held.is_none_or(|held| held == stored.held.is_some())
            && self.survey.as_ref().is_none_or(|key| survey.key == *key)
            && self.metric.as_deref().is_none_or(|m| answered(&|q| q.measures() == Some(m)))
            && self.question.as_ref().is_none_or(|key| answered(&|q| q.key == *key))
            && (!self.comments || texts().next().is_some())
            && (self.words.is_empty() || {
                let text = text();
                self.words.iter().all(|word| text.contains(word))
            })
    }
}

fn out(
    site: &Site,
    survey: &Survey,
    stored: StoredResponse,
    time: Timestamp,
    id: ResponseId,
) -> ResponseOut {
    let key_of = |position: u16| {
        survey.questions.get(usize::from(position)).map(|question| question.key.clone())
    };
    let answers: BTreeMap<String, Answer> = stored
        .answers
        .into_iter()
        .filter_map(|(position, answer)| {
            let question = survey.questions.get(usize::from(position))?;
            Some((question.key.clone(), answer_out(question, answer)))
        })
        .collect();
    let channel = site.names.channel_name(stored.channel).unwrap_or_default();
    ResponseOut {
        id: id.to_string(),
        survey: survey.key.clone(),
        survey_version: survey.version,
        channel: channel.to_owned(),
        class: site.class_of(channel),
        service: site.names.service_name(stored.service).map(str::to_owned),
        level: stored.level,
        locale: stored.locale,
        answers,
        skipped: stored.skipped.into_iter().filter_map(key_of).collect(),
        context: stored.context,
        identity: stored.identity,
        assurance: stored.assurance,
        service_event: stored.service_event,
        occurred_at: clock::format(time),
        received_at: clock::format(Timestamp::from_millis(stored.received_ms)),
        held: stored.held.map(|held| held.as_str().to_owned()),
    }
}

fn answer_out(question: &Question, answer: StoredAnswer) -> Answer {
    match answer {
        StoredAnswer::Score(score) => Answer::Score(i64::from(score)),
        StoredAnswer::Text(text) => Answer::Text(text),
        StoredAnswer::Choice { options: positions, other } => {
            let Kind::Choice { multiple, options, .. } = &question.kind else {
                return Answer::Options(Vec::new());
            };
            let keys = positions.iter().filter_map(|p| options.get(usize::from(*p)));
            let mut selected: Vec<String> = keys.map(|option| option.key.clone()).collect();
            match other {
                Some(other) => Answer::WithOther { selected, other },
                None if !multiple && selected.len() == 1 => Answer::Text(selected.remove(0)),
                None => Answer::Options(selected),
            }
        }
    }
}
