//! A site's numbered lists: surveys, channels, services and measures, so that keys and records
//! hold small numbers in the place of names. Numbers are never used again.

use crate::fold::Measure;
use rpds::{RedBlackTreeMapSync, VectorSync};
use serde::{Deserialize, Serialize};
use shared::submission::Sender;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Bounds of the names that senders bring along.
const SERVICES_MAX: usize = 2_000;
const OWN_CHANNELS_MAX: usize = 200;
/// Bounds of what can be filtered by. Past a bound the responses are taken all the same, but the
/// index no longer tells the values apart, and filters by them are refused.
const LOCALES_MAX: usize = 500;
const PAGES_MAX: usize = 5_000;
const TAGS_MAX: usize = 1_000;
const ATTRIBUTES_MAX: usize = 100;
const VALUES_MAX: usize = 1_000;

/// The number of every value past its bound.
pub const OVER: u32 = u32::MAX;

/// Something that a response can be labelled with.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Label {
    Tag(String),
    Attribute(String, String),
}

impl Label {
    pub fn value(&self) -> &str {
        let (Self::Tag(value) | Self::Attribute(_, value)) = self;
        value
    }
}

/// Visitors can take half of the room: the rest stays for those with a token, whatever a
/// mischievous visitor sends.
const fn share(max: usize, sender: Sender) -> usize {
    match sender {
        Sender::Visitor => max / 2,
        Sender::Trusted => max,
    }
}

#[derive(Clone, Debug, Default)]
pub struct Names {
    surveys: List<String>,
    channels: List<String>,
    services: List<String>,
    measures: List<Measure>,
    locales: List<String>,
    pages: List<String>,
    labels: List<Label>,
    /// How many labels there are of each attribute, and of tags.
    label_counts: Arc<BTreeMap<Option<String>, usize>>,
    added: Vec<Added>,
}

/// A name that is not on disk yet: list, number, and the name as JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Added {
    pub list: u8,
    pub number: u32,
    pub name: Vec<u8>,
}

const SURVEYS: u8 = 0;
const CHANNELS: u8 = 1;
const SERVICES: u8 = 2;
const MEASURES: u8 = 3;
const LOCALES: u8 = 4;
const PAGES: u8 = 5;
const LABELS: u8 = 6;

/// Numbers from 1, so that 0 can mean none.
#[derive(Clone, Debug)]
struct List<T: Ord> {
    /// Persistent: a new name does not copy the thousands before it.
    names: VectorSync<T>,
    numbers: RedBlackTreeMapSync<T, u32>,
}

impl<T: Ord> Default for List<T> {
    fn default() -> Self {
        Self { names: VectorSync::new_sync(), numbers: RedBlackTreeMapSync::new_sync() }
    }
}

impl<T: Clone + Ord> List<T> {
    fn number(&self, name: &T) -> Option<u32> {
        self.numbers.get(name).copied()
    }
    fn name(&self, number: u32) -> Option<&T> {
        self.names.get(usize::try_from(number).ok()?.checked_sub(1)?)
    }
    fn push(&mut self, name: T) -> u32 {
        self.names.push_back_mut(name.clone());
        let number = u32::try_from(self.names.len()).expect("lists are bounded far below 2^32");
        self.numbers.insert_mut(name, number);
        number
    }
}

impl List<String> {
    /// The name's number and whether it is new; `OVER` where it is new and there is no room.
    fn number_or_push(&mut self, name: &str, room: bool) -> (u32, bool) {
        match self.numbers.get(name) {
            Some(number) => (*number, false),
            None if room => (self.push(name.to_owned()), true),
            None => (OVER, false),
        }
    }
}

impl Names {
    pub fn survey(&mut self, key: &str) -> u32 {
        let number = self.surveys.number_or_push(key, true);
        self.noted(SURVEYS, number, &key)
    }

    pub fn measure(&mut self, measure: Measure) -> u32 {
        if let Some(number) = self.measures.number(&measure) {
            return number;
        }
        let number = self.measures.push(measure.clone());
        self.note(MEASURES, number, &measure);
        number
    }

    pub fn locale(&mut self, name: &str) -> u32 {
        let room = self.locales.names.len() < LOCALES_MAX;
        let number = self.locales.number_or_push(name, room);
        self.noted(LOCALES, number, &name)
    }

    pub fn page(&mut self, path: &str) -> u32 {
        let room = self.pages.names.len() < PAGES_MAX;
        let number = self.pages.number_or_push(path, room);
        self.noted(PAGES, number, &path)
    }

    pub fn tag(&mut self, tag: &str) -> u32 {
        self.label(Label::Tag(tag.to_owned()))
    }

    pub fn attribute(&mut self, name: &str, value: &str) -> u32 {
        self.label(Label::Attribute(name.to_owned(), value.to_owned()))
    }

    fn label(&mut self, label: Label) -> u32 {
        if let Some(number) = self.labels.number(&label) {
            return number;
        }
        if !self.has_room_for_label(&label) {
            return OVER;
        }
        let number = self.push_label(label.clone());
        self.note(LABELS, number, &label);
        number
    }

    fn push_label(&mut self, label: Label) -> u32 {
        let of = match &label {
            Label::Tag(_) => None,
            Label::Attribute(name, _) => Some(name.clone()),
        };
        *Arc::make_mut(&mut self.label_counts).entry(of).or_default() += 1;
        self.labels.push(label)
    }

    fn count_of(&self, attribute: Option<&str>) -> usize {
        self.label_counts.get(&attribute.map(str::to_owned)).copied().unwrap_or_default()
    }

    /// Whether there is room for one attribute more.
    fn has_room_for_attribute(&self) -> bool {
        let attributes = self.label_counts.keys().filter(|of| of.is_some()).count();
        attributes < ATTRIBUTES_MAX
    }

    fn has_room_for_label(&self, label: &Label) -> bool {
        match label {
            Label::Tag(_) => !self.are_tags_full(),
            Label::Attribute(name, _) => !self.is_attribute_full(name),
        }
    }

    /// Whether tags were dropped from the index because there are too many.
    pub fn are_tags_full(&self) -> bool {
        self.count_of(None) >= TAGS_MAX
    }

    /// Whether values of this attribute were dropped from the index because there are too many.
    pub fn is_attribute_full(&self, name: &str) -> bool {
        let known = self.count_of(Some(name));
        known >= VALUES_MAX || known == 0 && !self.has_room_for_attribute()
    }

    pub fn are_pages_full(&self) -> bool {
        self.pages.names.len() >= PAGES_MAX
    }

    pub fn are_locales_full(&self) -> bool {
        self.locales.names.len() >= LOCALES_MAX
    }

    pub fn channel(&mut self, name: &str) -> u32 {
        let number = self.channels.number_or_push(name, true);
        self.noted(CHANNELS, number, &name)
    }

    pub fn service(&mut self, name: &str) -> u32 {
        let number = self.services.number_or_push(name, true);
        self.noted(SERVICES, number, &name)
    }

    /// Whether the site takes one more channel. The contract's own are always taken.
    pub fn has_room_for_channel(&self, name: &str, sender: Sender) -> bool {
        let own = |name: &str| name.starts_with("x-");
        let count = || self.channels.names.iter().filter(|name| own(name)).count();
        !own(name)
            || self.channel_number(name).is_some()
            || count() < share(OWN_CHANNELS_MAX, sender)
    }

    /// Whether the site takes one more service.
    pub fn has_room_for_service(&self, name: &str, sender: Sender) -> bool {
        self.service_number(name).is_some()
            || self.services.names.len() < share(SERVICES_MAX, sender)
    }

    fn noted(&mut self, list: u8, (number, new): (u32, bool), name: &&str) -> u32 {
        if new {
            self.note(list, number, name);
        }
        number
    }

    fn note<T: Serialize>(&mut self, list: u8, number: u32, name: &T) {
        let name = serde_json::to_vec(name).expect("names are plain data");
        self.added.push(Added { list, number, name });
    }

    pub fn has_added(&self) -> bool {
        !self.added.is_empty()
    }

    /// What has been added since the last call, to be written in the same commit.
    pub fn take_added(&mut self) -> Vec<Added> {
        std::mem::take(&mut self.added)
    }

    /// Puts a name back that was read from disk; numbers come in order. `None` if they do not.
    pub fn restore(&mut self, list: u8, number: u32, name: &[u8]) -> Option<()> {
        let text = || serde_json::from_slice::<String>(name).ok();
        let given = match list {
            SURVEYS => self.surveys.push(text()?),
            CHANNELS => self.channels.push(text()?),
            SERVICES => self.services.push(text()?),
            MEASURES => self.measures.push(serde_json::from_slice(name).ok()?),
            LOCALES => self.locales.push(text()?),
            PAGES => self.pages.push(text()?),
            LABELS => self.push_label(serde_json::from_slice(name).ok()?),
            _ => return None,
        };
        (given == number).then_some(())
    }

    pub fn locale_number(&self, name: &str) -> Option<u32> {
        self.locales.numbers.get(name).copied()
    }
    pub fn page_number(&self, path: &str) -> Option<u32> {
        self.pages.numbers.get(path).copied()
    }
    pub fn label_number(&self, label: &Label) -> Option<u32> {
        self.labels.number(label)
    }
    pub fn locale_name(&self, number: u32) -> Option<&str> {
        self.locales.name(number).map(String::as_str)
    }
    pub fn page_path(&self, number: u32) -> Option<&str> {
        self.pages.name(number).map(String::as_str)
    }
    pub fn label_of(&self, number: u32) -> Option<&Label> {
        self.labels.name(number)
    }
    pub fn survey_number(&self, key: &str) -> Option<u32> {
        self.surveys.numbers.get(key).copied()
    }
    pub fn channel_number(&self, name: &str) -> Option<u32> {
        self.channels.numbers.get(name).copied()
    }
    pub fn service_number(&self, name: &str) -> Option<u32> {
        self.services.numbers.get(name).copied()
    }
    pub fn survey_key(&self, number: u32) -> Option<&str> {
        self.surveys.name(number).map(String::as_str)
    }
    pub fn channel_name(&self, number: u32) -> Option<&str> {
        self.channels.name(number).map(String::as_str)
    }
    pub fn service_name(&self, number: u32) -> Option<&str> {
        self.services.name(number).map(String::as_str)
    }
    pub fn measure_of(&self, number: u32) -> Option<&Measure> {
        self.measures.name(number)
    }
    pub fn measure_number(&self, measure: &Measure) -> Option<u32> {
        self.measures.number(measure)
    }
    /// All channels with their numbers.
    pub fn channels(&self) -> impl Iterator<Item = (u32, &str)> {
        (1..).zip(self.channels.names.iter().map(String::as_str))
    }
    /// All services, in the order in which they were first named.
    pub fn services(&self) -> impl Iterator<Item = &str> {
        self.services.names.iter().map(String::as_str)
    }
    /// All measures with their numbers.
    pub fn measures(&self) -> impl Iterator<Item = (u32, &Measure)> {
        (1..).zip(self.measures.names.iter())
    }
}
