//! A site's numbered lists: surveys, channels, services and measures, so that keys and records
//! hold small numbers in the place of names. Numbers are never used again.

use crate::fold::Measure;
use shared::submission::Sender;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Bounds of the names that senders bring along.
const SERVICES_MAX: usize = 2_000;
const OWN_CHANNELS_MAX: usize = 200;

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

/// Numbers from 1, so that 0 can mean none.
#[derive(Clone, Debug)]
struct List<T> {
    names: Arc<Vec<T>>,
    numbers: Arc<BTreeMap<T, u32>>,
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self { names: Arc::new(Vec::new()), numbers: Arc::new(BTreeMap::new()) }
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
        let names = Arc::make_mut(&mut self.names);
        names.push(name.clone());
        let number = u32::try_from(names.len()).expect("lists are bounded far below 2^32");
        Arc::make_mut(&mut self.numbers).insert(name, number);
        number
    }
}

impl Names {
    pub fn survey(&mut self, key: &str) -> u32 {
        let key = key.to_owned();
        if let Some(number) = self.surveys.number(&key) {
            return number;
        }
        let number = self.surveys.push(key.clone());
        self.note(SURVEYS, number, &key);
        number
    }

    pub fn measure(&mut self, measure: Measure) -> u32 {
        if let Some(number) = self.measures.number(&measure) {
            return number;
        }
        let number = self.measures.push(measure.clone());
        self.note(MEASURES, number, &measure);
        number
    }

    pub fn channel(&mut self, name: &str) -> u32 {
        let name = name.to_owned();
        if let Some(number) = self.channels.number(&name) {
            return number;
        }
        let number = self.channels.push(name.clone());
        self.note(CHANNELS, number, &name);
        number
    }

    pub fn service(&mut self, name: &str) -> u32 {
        let name = name.to_owned();
        if let Some(number) = self.services.number(&name) {
            return number;
        }
        let number = self.services.push(name.clone());
        self.note(SERVICES, number, &name);
        number
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

    fn note<T: serde::Serialize>(&mut self, list: u8, number: u32, name: &T) {
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
            _ => return None,
        };
        (given == number).then_some(())
    }

    pub fn survey_number(&self, key: &str) -> Option<u32> {
        self.surveys.number(&key.to_owned())
    }
    pub fn channel_number(&self, name: &str) -> Option<u32> {
        self.channels.number(&name.to_owned())
    }
    pub fn service_number(&self, name: &str) -> Option<u32> {
        self.services.number(&name.to_owned())
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
    /// All channels with their numbers.
    pub fn channels(&self) -> impl Iterator<Item = (u32, &str)> {
        (1..).zip(self.channels.names.iter().map(String::as_str))
    }
    /// All measures with their numbers.
    pub fn measures(&self) -> impl Iterator<Item = (u32, &Measure)> {
        (1..).zip(self.measures.names.iter())
    }
}
