//! Summaries side by side: by channel, and by everything else that a response carries.

use super::compare::{Compared, compare, is_shown};
use super::group_by::place;
use super::totals::ratio;
use super::{GroupBy, Selection, Source, Totals};
use crate::index::{DEVICES, identity_of};
use crate::state::{Label, Names, Site};
use shared::ChannelClass;
use shared::stats::mix_adjusted;
use shared::submission::ServiceLevel;
use shared::summary::{
    ByOut, ByRow, ChannelRow, ChannelsOut, Group, MixAdjusted, WAIT_BAND_ENDS_S, WAIT_BANDS,
    WaitingBand, WaitingOut,
};
use std::collections::BTreeMap;

/// What responses can be grouped by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dimension {
    Channel,
    Class,
    Service,
    Survey,
    Locale,
    Level,
    Device,
    Identity,
    Assurance,
    Resolved,
    Page,
    Tag,
    Attribute(String),
}

impl Dimension {
    const PLAIN: [Self; 12] = [
        Self::Channel,
        Self::Class,
        Self::Service,
        Self::Survey,
        Self::Locale,
        Self::Level,
        Self::Device,
        Self::Identity,
        Self::Assurance,
        Self::Resolved,
        Self::Page,
        Self::Tag,
    ];

    pub fn parse(name: &str) -> Option<Self> {
        match name.strip_prefix("attribute:") {
            Some(attribute) => Some(Self::Attribute(attribute.to_owned())),
            None => Self::PLAIN.into_iter().find(|dimension| dimension.name() == name),
        }
    }

    pub fn name(&self) -> String {
        let name = match self {
            Self::Channel => "channel",
            Self::Class => "class",
            Self::Service => "service",
            Self::Survey => "survey",
            Self::Locale => "locale",
            Self::Level => "level",
            Self::Device => "device",
            Self::Identity => "identity",
            Self::Assurance => "assurance",
            Self::Resolved => "resolved",
            Self::Page => "page",
            Self::Tag => "tag",
            Self::Attribute(name) => return format!("attribute:{name}"),
        };
        name.to_owned()
    }

    /// Whether the index tells its values apart.
    pub fn is_told(&self, names: &Names) -> bool {
        match self {
            Self::Locale => !names.are_locales_full(),
            Self::Page => !names.are_pages_full(),
            Self::Tag => !names.are_tags_full(),
            Self::Attribute(name) => !names.is_attribute_full(name),
            _ => true,
        }
    }

    fn group_by<'a>(&'a self, names: &'a Names) -> GroupBy<'a> {
        match self {
            Self::Channel | Self::Class | Self::Service => GroupBy::Place,
            Self::Survey => GroupBy::Survey,
            Self::Locale => GroupBy::Locale,
            Self::Level => GroupBy::Level,
            Self::Device => GroupBy::Device,
            Self::Identity => GroupBy::Identity,
            Self::Assurance => GroupBy::Assurance,
            Self::Resolved => GroupBy::Resolved,
            Self::Page => GroupBy::Page,
            Self::Tag => GroupBy::tag(names),
            Self::Attribute(name) => GroupBy::attribute(names, name),
        }
    }

    /// The value that a group's number stands for; `None` for responses that carry none.
    fn value(&self, number: u64, site: &Site) -> Option<String> {
        let names = &site.names;
        let (channel, service) = place(number);
        let small = u32::try_from(number).unwrap_or_default();
        let listed = (small as usize).checked_sub(1);
        let identity = u8::try_from(small).ok().and_then(identity_of);
        let value = match self {
            Self::Channel => names.channel_name(channel),
            Self::Class => Some(class_of(channel, site).as_str()),
            Self::Service => names.service_name(service),
            Self::Survey => names.survey_key(small),
            Self::Locale => names.locale_name(small),
            Self::Page => names.page_path(small),
            Self::Device => listed.and_then(|place| DEVICES.get(place)).copied(),
            Self::Level => {
                listed.and_then(|place| ServiceLevel::ALL.get(place)).map(|level| level.as_str())
            }
            Self::Identity => identity.map(|(level, _)| level.as_str()),
            Self::Assurance => identity.and_then(|(_, assurance)| Some(assurance?.as_str())),
            Self::Resolved => listed.and_then(|place| ["false", "true"].get(place)).copied(),
            Self::Tag | Self::Attribute(_) => names.label_of(small).map(Label::value),
        };
        value.map(str::to_owned)
    }
}

/// A response with several tags counts in each of their groups, and once in the whole.
pub fn by(source: Source<'_>, selection: &Selection, dimension: &Dimension) -> ByOut {
    let names = &source.site.names;
    let numbered = source.totals(selection, &dimension.group_by(names));
    let mut groups: BTreeMap<Option<String>, Totals> = BTreeMap::new();
    for (number, totals) in &numbered {
        groups.entry(dimension.value(*number, source.site)).or_default().merge(totals);
    }
    let whole = match dimension {
        Dimension::Tag => source.totals(selection, &GroupBy::One).remove(&0),
        _ => None,
    };
    let (values, totals) = most_first(groups, names, Clone::clone);
    let overall = whole.unwrap_or_else(|| sum(&totals)).summary(names);
    let compared = Compared::choose(selection.metric.as_deref(), &overall);
    let (rows, heterogeneity) = compare(&totals, &compared, names);
    ByOut {
        dimension: dimension.name(),
        overall,
        compared: compared.name().to_owned(),
        heterogeneity,
        groups: values.into_iter().zip(rows).map(|(value, group)| ByRow { value, group }).collect(),
        left_out: source.left_out(selection, dimension.group_by(names).needs_index()),
    }
}

pub fn channels(source: Source<'_>, selection: &Selection) -> ChannelsOut {
    let names = &source.site.names;
    let numbered = source.totals(selection, &GroupBy::Place);
    let cross: BTreeMap<(u32, u32), Totals> =
        numbered.into_iter().map(|(number, totals)| (place(number), totals)).collect();
    let (mut by_channel, mut by_service) = (BTreeMap::new(), BTreeMap::new());
    for ((channel, service), totals) in &cross {
        by_channel.entry(*channel).or_insert_with(Totals::default).merge(totals);
        by_service.entry(*service).or_insert_with(Totals::default).merge(totals);
    }
    let (channels, totals) =
        most_first(by_channel, names, |number| names.channel_name(*number).map(str::to_owned));
    let whole = sum(&totals);
    let overall = whole.summary(names);
    let compared = Compared::choose(selection.metric.as_deref(), &overall);
    let (groups, heterogeneity) = compare(&totals, &compared, names);
    let asked = source.asked(selection).unwrap_or_default();
    let from = source.first_day(selection);
    let reach = |channel: &u32| asked.get(channel).map(|asked| asked.reach(from));
    let rows =
        channels.iter().zip(&totals).zip(groups).map(|((channel, totals), group)| ChannelRow {
            channel: names.channel_name(*channel).unwrap_or_default().to_owned(),
            class: class_of(*channel, source.site),
            group,
            reach: reach(channel).unwrap_or_default(),
            mix_adjusted: is_shown(totals.nps_counts(names, "nps").answered())
                .then(|| mix(*channel, &cross, &by_service, names))
                .flatten(),
            waited_s: totals.waited(names).filter(|waited| is_shown(waited.known)),
            served_s: totals.served(names).filter(|served| is_shown(served.known)),
            resolved_first_contact: totals.resolved(names).filter(|first| is_shown(first.known)),
        });
    ChannelsOut {
        overall,
        compared: compared.name().to_owned(),
        heterogeneity,
        channels: rows.collect(),
        waiting: waiting(&whole, &compared, names),
        resolved_first_contact: whole.resolved(names),
        left_out: source.left_out(selection, false),
    }
}

/// Each band of waiting beside the others; `None` where no waiting time is known.
fn waiting(whole: &Totals, compared: &Compared, names: &Names) -> Option<WaitingOut> {
    let bands = whole.by_wait_band(names);
    let known: u64 = bands.iter().map(|totals| totals.responses(names)).sum();
    let (groups, heterogeneity) = compare(&bands, compared, names);
    let band = |(i, group): (usize, Group)| WaitingBand {
        band: WAIT_BANDS[i].to_owned(),
        from_s: if i == 0 { 0 } else { WAIT_BAND_ENDS_S[i - 1] },
        to_s: WAIT_BAND_ENDS_S.get(i).copied(),
        group,
    };
    let bands = groups.into_iter().enumerate().map(band).collect();
    (known > 0).then_some(WaitingOut { known, heterogeneity, bands })
}

/// The channel's NPS with the services weighted as in the whole selection.
fn mix(
    channel: u32,
    cross: &BTreeMap<(u32, u32), Totals>,
    by_service: &BTreeMap<u32, Totals>,
    names: &Names,
) -> Option<MixAdjusted> {
    let counts = |totals: &Totals| totals.nps_counts(names, "nps");
    let whole: u64 = by_service.values().map(|totals| counts(totals).answered()).sum();
    let strata: Vec<_> = by_service
        .iter()
        .map(|(service, totals)| (service, counts(totals).answered()))
        .filter(|(_, answered)| *answered > 0)
        .map(|(service, answered)| {
            let carried = cross.get(&(channel, *service)).map(counts).unwrap_or_default();
            (ratio(answered, whole), carried)
        })
        .collect();
    mix_adjusted(&strata)
}

pub(super) fn class_of(channel: u32, site: &Site) -> ChannelClass {
    site.class_of(site.names.channel_name(channel).unwrap_or_default())
}

/// By responses, then by label.
fn most_first<K, L: Ord>(
    groups: BTreeMap<K, Totals>,
    names: &Names,
    label: impl Fn(&K) -> L,
) -> (Vec<K>, Vec<Totals>) {
    let mut sorted: Vec<_> = groups.into_iter().collect();
    sorted.retain(|(_, totals)| totals.responses(names) > 0);
    sorted.sort_by_cached_key(|(key, totals)| {
        (std::cmp::Reverse(totals.responses(names)), label(key))
    });
    sorted.into_iter().unzip()
}

fn sum(groups: &[Totals]) -> Totals {
    let mut whole = Totals::default();
    groups.iter().for_each(|totals| whole.merge(totals));
    whole
}
