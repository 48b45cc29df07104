//! The filters of a request, read and checked.

use super::Range;
use super::selection::{Narrowed, Selection};
use crate::clock;
use crate::fold::{Measure, day_number};
use crate::index::{CodeRange, DEVICES, Layout, page_path, resolved_number};
use crate::state::{Label, NO_SURVEY, Site};
use shared::submission::{Assurance, IdentityLevel, ServiceLevel};
use shared::summary::{WAIT_BAND_ENDS_S, WAIT_BANDS};
use shared::{Channel, ChannelClass, Timestamp, Violations};
use std::collections::BTreeSet;

/// As they stand in the query, read against the site's time zone.
#[derive(Clone, Debug, Default)]
pub struct Filters {
    pub survey: Option<String>,
    pub metric: Option<String>,
    pub question: Option<String>,
    pub channel: Option<Channel>,
    pub class: Option<ChannelClass>,
    pub service: Option<String>,
    pub range: Range,
    level: Option<ServiceLevel>,
    locale: Option<String>,
    device: Option<usize>,
    identity: Option<IdentityLevel>,
    assurance: Option<Assurance>,
    resolved: Option<bool>,
    /// Place in `WAIT_BANDS`.
    waiting: Option<usize>,
    page: Option<String>,
    labels: Vec<Label>,
    min: Option<u8>,
    max: Option<u8>,
}

/// Filters of the contract that need the analysis of texts: refused until it is there, because a
/// filter that is silently ignored gives a wrong number.
const NOT_YET: [&str; 2] = ["theme", "sentiment"];
/// The measure that `min` and `max` are about where neither metric nor question is named.
const SCORED: &str = "nps";
const TOO_MANY: &str = "has more different values than the index tells apart";

impl Filters {
    /// Reads one query parameter; false where the name is not a filter's.
    pub fn read(&mut self, name: &str, value: &str, site: &Site, bad: &mut Violations) -> bool {
        match name {
            "survey" if site.survey(value).is_none() => {
                bad.add("survey", "unknown_survey", NO_SURVEY);
            }
            "survey" => self.survey = Some(value.to_owned()),
            "metric" => self.metric = Some(value.to_owned()),
            "question" => self.question = Some(value.to_owned()),
            "service" => self.service = Some(value.to_owned()),
            "channel" => match Channel::parse(value) {
                Some(channel) => self.channel = Some(channel),
                None => bad.add("channel", "unknown_channel", "is not a channel"),
            },
            "class" => match ChannelClass::parse(value) {
                Some(class) => self.class = Some(class),
                None => bad.add("class", "unknown_class", "is not a class of channels"),
            },
            "from" => match read_time(value, site, 0) {
                Some(time) => self.range.from = Some(time),
                None => bad.add("from", "invalid_time", "takes a date or an RFC 3339 time"),
            },
            "to" => match read_time(value, site, 1) {
                Some(time) => self.range.to = Some(time),
                None => bad.add("to", "invalid_time", "takes a date or an RFC 3339 time"),
            },
            "level" => match ServiceLevel::parse(value) {
                Some(level) => self.level = Some(level),
                None => {
                    bad.add(name, "unknown_level", "is informative, relational or transactional")
                }
            },
            "device" => match DEVICES.iter().position(|known| *known == value) {
                Some(device) => self.device = Some(device),
                None => bad.add(name, "unknown_device", "is phone, tablet, desktop or kiosk"),
            },
            "identity" => match IdentityLevel::parse(value) {
                Some(identity) => self.identity = Some(identity),
                None => {
                    bad.add(
                        name,
                        "unknown_level",
                        "is anonymous, declared, registered or verified",
                    );
                }
            },
            "assurance" => match Assurance::parse(value) {
                Some(assurance) => self.assurance = Some(assurance),
                None => bad.add(name, "unknown_assurance", "is low, substantial or high"),
            },
            "resolved" => match value.parse() {
                Ok(resolved) => self.resolved = Some(resolved),
                Err(_) => bad.add(name, "wrong_type", "takes true or false"),
            },
            "waiting" => match WAIT_BANDS.iter().position(|known| *known == value) {
                Some(band) => self.waiting = Some(band),
                None => bad.add(name, "unknown_band", format!("is {}", WAIT_BANDS.join(", "))),
            },
            "locale" => {
                let told =
                    !site.names.are_locales_full() || site.names.locale_number(value).is_some();
                refuse_unless(told, name, bad);
                self.locale = Some(value.to_owned());
            }
            "page" => {
                let path = page_path(value);
                let told = !site.names.are_pages_full() || site.names.page_number(path).is_some();
                refuse_unless(told, name, bad);
                self.page = Some(path.to_owned());
            }
            "tag" => self.label(Label::Tag(value.to_owned()), name, site, bad),
            "min" => self.min = read_score(name, value, bad),
            "max" => self.max = read_score(name, value, bad),
            name if NOT_YET.contains(&name) => {
                bad.add(name, "unsupported_filter", "this filter is not available yet");
            }
            name => match name.strip_prefix("attribute.") {
                Some(of) => {
                    let label = Label::Attribute(of.to_owned(), value.to_owned());
                    self.label(label, name, site, bad);
                }
                None => return false,
            },
        }
        true
    }

    fn label(&mut self, label: Label, parameter: &str, site: &Site, bad: &mut Violations) {
        let full = match &label {
            Label::Tag(_) => site.names.are_tags_full(),
            Label::Attribute(name, _) => site.names.is_attribute_full(name),
        };
        refuse_unless(!full || site.names.label_number(&label).is_some(), parameter, bad);
        self.labels.push(label);
    }

    /// What can be wrong with the filters together.
    pub fn check(&self, bad: &mut Violations) {
        if self.range.from.zip(self.range.to).is_some_and(|(from, to)| from > to) {
            bad.add("to", "out_of_range", "is before from");
        }
        if self.min.zip(self.max).is_some_and(|(min, max)| min > max) {
            bad.add("max", "out_of_range", "is below min");
        }
    }

    /// Notes what events cannot answer: they are counted by survey, day, channel and service alone.
    pub fn check_for_events(&self, site: &Site, bad: &mut Violations) {
        let given = [
            ("metric", self.metric.is_some()),
            ("question", self.question.is_some()),
            ("level", self.level.is_some()),
            ("locale", self.locale.is_some()),
            ("device", self.device.is_some()),
            ("identity", self.identity.is_some()),
            ("assurance", self.assurance.is_some()),
            ("resolved", self.resolved.is_some()),
            ("waiting", self.waiting.is_some()),
            ("page", self.page.is_some()),
            ("min", self.min.is_some()),
            ("max", self.max.is_some()),
        ];
        let mut refuse = |name: &str| {
            let message = "impressions are counted by survey, day, channel and service alone";
            bad.add(name, "unsupported_filter", message);
        };
        given.iter().filter(|(_, given)| *given).for_each(|(name, _)| refuse(name));
        for label in &self.labels {
            match label {
                Label::Tag(_) => refuse("tag"),
                Label::Attribute(name, _) => refuse(&format!("attribute.{name}")),
            }
        }
        for (name, time) in [("from", self.range.from), ("to", self.range.to)] {
            if time.is_some_and(|time| !begins_day(site, time)) {
                let message = "takes a date here, or the instant at which a day begins";
                bad.add(name, "unsupported_filter", message);
            }
        }
    }

    pub fn select(&self, site: &Site) -> Selection {
        let names = &site.names;
        let survey = self.survey.as_ref().map(|key| names.survey_number(key));
        let asked = |measure: &Measure| {
            let metric = self.metric.as_deref().is_none_or(|m| measure.metric() == Some(m));
            let question = self.question.as_deref().is_none_or(|q| measure.question() == Some(q));
            metric && question
        };
        let narrowed = self.metric.is_some() || self.question.is_some();
        let surveys_asked: BTreeSet<u32> =
            names.measures().filter(|(_, m)| asked(m)).map(|(_, m)| m.survey).collect();
        let wanted = |measure: &Measure| {
            let of_survey = survey.is_none_or(|number| number == Some(measure.survey));
            of_survey
                && match measure.kind.is_of_response() {
                    true => !narrowed || surveys_asked.contains(&measure.survey),
                    false => asked(measure),
                }
        };
        let of_measures = names.measures().filter(|(_, m)| wanted(m)).map(|(number, _)| number);
        let mut measures = Vec::new();
        for number in of_measures {
            let place = number as usize;
            measures.resize(measures.len().max(place + 1), false);
            measures[place] = true;
        }
        Selection {
            range: self.range,
            measures,
            channels: self.channels(site),
            service: self.service.as_ref().map(|service| names.service_number(service)),
            metric: self.metric.clone(),
            narrowed: self.narrow(site),
        }
    }

    /// What cells do not hold.
    fn narrow(&self, site: &Site) -> Option<Narrowed> {
        let names = &site.names;
        let number = |place: Option<usize>| place.and_then(|place| u8::try_from(place + 1).ok());
        let level = self.level.and_then(|l| ServiceLevel::ALL.iter().position(|known| *known == l));
        let locale = self.locale.as_ref().map(|locale| names.locale_number(locale));
        let page = self.page.as_ref().map(|page| names.page_number(page));
        let labels: Vec<_> = self.labels.iter().map(|label| names.label_number(label)).collect();
        let unknown = locale == Some(None) || page == Some(None) || labels.contains(&None);
        let scores = (self.min.is_some() || self.max.is_some()).then(|| self.score_ranges(site));
        let narrowed = Narrowed {
            level: number(level),
            device: number(self.device),
            identity: self.identity,
            assurance: self.assurance,
            resolved: self.resolved.map(resolved_number),
            waited_s: self.waiting.map(wait_range),
            locale: locale.flatten(),
            page: page.flatten(),
            labels: labels.into_iter().flatten().collect(),
            scores,
            unknown,
        };
        (narrowed != Narrowed::default()).then_some(narrowed)
    }

    /// For each layout, the questions that `min` and `max` are about, and their codes.
    fn score_ranges(&self, site: &Site) -> Vec<(Layout, Vec<CodeRange>)> {
        let metric = match (&self.metric, &self.question) {
            (None, None) => Some(SCORED),
            (metric, _) => metric.as_deref(),
        };
        let asked = |question: &shared::survey::Question| {
            metric.is_none_or(|metric| question.measures() == Some(metric))
                && self.question.as_ref().is_none_or(|key| question.key == *key)
        };
        let layouts = site.rows.shelves().map(|(layout, _)| *layout);
        let ranges = layouts.map(|layout| {
            let questions = site.version_of(layout).map(|survey| survey.questions.as_slice());
            let asked = questions.unwrap_or_default().iter().enumerate().filter(|(_, q)| asked(q));
            (
                layout,
                asked.filter_map(|(place, q)| Some((place, self.codes(q)?))).map(flat).collect(),
            )
        });
        ranges.collect()
    }

    /// First and last code of the scores within `min` and `max`.
    fn codes(&self, question: &shared::survey::Question) -> Option<(u8, u8)> {
        let (low, high) = question.kind.score_range()?;
        let (min, max) = (self.min.unwrap_or(low).max(low), self.max.unwrap_or(high).min(high));
        let code = |score: u8| 1 + crate::fold::SCORES as u8 + score - low;
        (min <= max).then(|| (code(min), code(max)))
    }

    /// Numbers of the channels that match; `None` for all.
    fn channels(&self, site: &Site) -> Option<BTreeSet<u32>> {
        if self.channel.is_none() && self.class.is_none() {
            return None;
        }
        let matches = |name: &str| {
            self.channel.as_ref().is_none_or(|channel| channel.as_str() == name)
                && self.class.is_none_or(|class| site.class_of(name) == class)
        };
        let all = site.names.channels();
        Some(all.filter(|(_, name)| matches(name)).map(|(number, _)| number).collect())
    }
}

/// From the first second of a band up to, not including, the last.
fn wait_range(band: usize) -> (u32, u32) {
    let end = WAIT_BAND_ENDS_S.get(band).copied().unwrap_or(u32::MAX);
    (band.checked_sub(1).map_or(0, |before| WAIT_BAND_ENDS_S[before]), end)
}

/// A date is the beginning of that day plus `days`; an instant is itself.
fn read_time(text: &str, site: &Site, days: i32) -> Option<Timestamp> {
    if let Some(time) = clock::parse(text) {
        return Some(time);
    }
    // jiff also reads a date out of longer texts, such as a time without its offset.
    let date: jiff::civil::Date = text.parse().ok().filter(|_| text.len() == "2026-11-22".len())?;
    (1970..3000).contains(&date.year()).then(|| site.zone.day_start(day_number(date) + days))
}

pub(super) fn begins_day(site: &Site, time: Timestamp) -> bool {
    site.zone.split(time).1 == 0
}

const fn flat((place, (first, last)): (usize, (u8, u8))) -> CodeRange {
    (place, first, last)
}

fn refuse_unless(told: bool, parameter: &str, bad: &mut Violations) {
    if !told {
        bad.add(parameter, "too_many_values", TOO_MANY);
    }
}

fn read_score(name: &str, value: &str, bad: &mut Violations) -> Option<u8> {
    let score = value.parse().ok();
    if score.is_none() {
        bad.add(name, "wrong_type", "takes a score, a whole number");
    }
    score
}
