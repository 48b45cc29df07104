//! What counts are grouped by, as numbers: the same for cells and for rows.

use super::range::Finest;
use crate::fold::CellKey;
use crate::index::{Group, Layout, Profile, identity_number, identity_of};
use crate::state::{Label, Names};

/// A grouping by number; 0 is for responses that carry nothing of it.
type Labels<'a> = Box<dyn Fn(&[u32]) -> Vec<u64> + Sync + 'a>;
type ByDay<'a> = Box<dyn Fn(i32) -> u64 + Sync + 'a>;

pub enum GroupBy<'a> {
    One,
    /// Channel and service: `place` reads the number.
    Place,
    Survey,
    /// Something of each day; the second says how fine it is.
    Day(ByDay<'a>, Finest),
    Locale,
    Level,
    Device,
    Identity,
    Assurance,
    Resolved,
    Page,
    Labels(Labels<'a>),
}

impl<'a> GroupBy<'a> {
    pub fn tag(names: &'a Names) -> Self {
        Self::Labels(Box::new(|labels| {
            let is_tag = |label: &&u32| matches!(names.label_of(**label), Some(Label::Tag(_)));
            let tags: Vec<u64> = labels.iter().filter(is_tag).map(|l| u64::from(*l)).collect();
            if tags.is_empty() { vec![0] } else { tags }
        }))
    }

    pub fn attribute(names: &'a Names, name: &'a str) -> Self {
        Self::Labels(Box::new(move |labels| {
            let is_it = |label: &&u32| matches!(names.label_of(**label), Some(Label::Attribute(known, _)) if known == name);
            vec![labels.iter().find(is_it).copied().map_or(0, u64::from)]
        }))
    }

    /// Whether cells do not hold it.
    pub const fn needs_index(&self) -> bool {
        !matches!(self, Self::One | Self::Place | Self::Survey | Self::Day(..))
    }

    pub const fn finest(&self) -> Finest {
        match self {
            Self::Day(_, finest) => *finest,
            _ => Finest::Month,
        }
    }

    /// What a day belongs to, where that is what counts are grouped by.
    pub fn of_day(&self, day: i32) -> u64 {
        match self {
            Self::Day(of, _) => of(day),
            _ => 0,
        }
    }

    pub fn of_cell(&self, of_day: u64, key: &CellKey, names: &Names) -> u64 {
        match self {
            Self::Place => place_number(key.channel, key.service),
            Self::Survey => names.measure_of(key.measure).map_or(0, |m| u64::from(m.survey)),
            _ => of_day,
        }
    }

    pub fn of_rows(&self) -> Group<'_> {
        match self {
            Self::One => Group::One,
            Self::Place => Group::Profile(&|p: &Profile| place_number(p.channel, p.service)),
            Self::Survey => Group::Layout(&|layout: Layout| u64::from(layout.survey)),
            Self::Day(of, _) => Group::Day(of),
            Self::Locale => Group::Profile(&|p: &Profile| u64::from(p.locale)),
            Self::Level => Group::Profile(&|p: &Profile| u64::from(p.level)),
            Self::Device => Group::Profile(&|p: &Profile| u64::from(p.device)),
            // The level alone: its own number.
            Self::Identity => Group::Profile(&|p: &Profile| {
                let level = identity_of(p.identity).map(|(level, _)| identity_number(level, None));
                u64::from(level.unwrap_or_default())
            }),
            Self::Assurance => Group::Profile(&|p: &Profile| match identity_of(p.identity) {
                Some((_, Some(_))) => u64::from(p.identity),
                _ => 0,
            }),
            Self::Resolved => Group::Profile(&|p: &Profile| u64::from(p.resolved)),
            Self::Page => Group::Page,
            Self::Labels(of) => Group::Labels(of),
        }
    }
}

fn place_number(channel: u32, service: u32) -> u64 {
    u64::from(channel) << 32 | u64::from(service)
}

/// Channel and service of `GroupBy::Place`.
pub fn place(number: u64) -> (u32, u32) {
    ((number >> 32) as u32, (number & 0xffff_ffff) as u32)
}
