//! The filters of a request, and what they select of a site.

use super::Range;
use crate::clock;
use crate::fold::{CellKey, Measure, MeasureKind, day_number};
use crate::state::Site;
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
}

/// Filters of the contract that need the columnar index: refused until it is there, because a
/// filter that is silently ignored gives a wrong number.
const NOT_YET: [&str; 9] =
    ["level", "locale", "device", "identity", "tag", "theme", "sentiment", "min", "max"];

impl Filters {
    /// Reads one query parameter; false where the name is not a filter's.
    pub fn read(&mut self, name: &str, value: &str, site: &Site, bad: &mut Violations) -> bool {
        match name {
            "survey" if site.survey(value).is_none() => {
                bad.add("survey", "unknown_survey", "the site has no such survey");
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
            name if NOT_YET.contains(&name) || name.starts_with("attribute.") => {
                bad.add(name, "unsupported_filter", "this filter is not available yet");
            }
            _ => return false,
        }
        true
    }

    /// What can be wrong with the filters together.
    pub fn check(&self, bad: &mut Violations) {
        if self.range.from.zip(self.range.to).is_some_and(|(from, to)| from > to) {
            bad.add("to", "out_of_range", "is before from");
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
                && match measure.kind {
                    MeasureKind::Responses | MeasureKind::Waited | MeasureKind::Served => {
                        !narrowed || surveys_asked.contains(&measure.survey)
                    }
                    _ => asked(measure),
                }
        };
        Selection {
            range: self.range,
            measures: names.measures().filter(|(_, m)| wanted(m)).map(|(n, _)| n).collect(),
            channels: self.channels(site),
            service: self.service.as_ref().map(|service| names.service_number(service)),
            metric: self.metric.clone(),
        }
    }

    /// Numbers of the channels that match; `None` for all.
    fn channels(&self, site: &Site) -> Option<BTreeSet<u32>> {
        if self.channel.is_none() && self.class.is_none() {
            return None;
        }
        let matches = |name: &str| {
            self.channel.as_ref().is_none_or(|channel| channel.as_str() == name)
                && self.class.is_none_or(|class| {
                    Channel::parse(name).is_some_and(|channel| channel.class() == class)
                })
        };
        let all = site.names.channels();
        Some(all.filter(|(_, name)| matches(name)).map(|(number, _)| number).collect())
    }
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

/// Filters in the numbers of one site.
#[derive(Clone, Debug)]
pub struct Selection {
    pub range: Range,
    pub metric: Option<String>,
    measures: BTreeSet<u32>,
    channels: Option<BTreeSet<u32>>,
    /// `Some(None)`: a service that never had a response.
    service: Option<Option<u32>>,
}

impl Selection {
    pub fn matches(&self, key: &CellKey) -> bool {
        self.measures.contains(&key.measure) && self.matches_place(key)
    }

    /// Channel and service alone.
    pub fn matches_place(&self, key: &CellKey) -> bool {
        self.channels.as_ref().is_none_or(|channels| channels.contains(&key.channel))
            && self.service.is_none_or(|service| service == Some(key.service))
    }
}
