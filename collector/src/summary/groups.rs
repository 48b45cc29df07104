//! Summaries side by side: by channel, and by what else the cells are keyed with.

use super::compare::{Compared, compare};
use super::totals::ratio;
use super::{ReadError, Selection, Source, Totals};
use crate::fold::CellKey;
use crate::state::Names;
use shared::stats::mix_adjusted;
use shared::summary::{ByOut, ByRow, ChannelRow, ChannelsOut, MixAdjusted};
use shared::{Channel, ChannelClass};
use std::collections::BTreeMap;

/// What responses can be grouped by without reading them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dimension {
    Channel,
    Class,
    Service,
    Survey,
}

impl Dimension {
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Channel, Self::Class, Self::Service, Self::Survey]
            .into_iter()
            .find(|dimension| dimension.name() == name)
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Channel => "channel",
            Self::Class => "class",
            Self::Service => "service",
            Self::Survey => "survey",
        }
    }

    /// The number that a cell is grouped by: cheap to compare.
    fn number(self, key: &CellKey, names: &Names) -> u32 {
        match self {
            Self::Channel | Self::Class => key.channel,
            Self::Service => key.service,
            Self::Survey => names.measure_of(key.measure).map_or(0, |measure| measure.survey),
        }
    }

    /// The value that a number stands for; `None` for responses that carry none.
    fn value(self, number: u32, names: &Names) -> Option<String> {
        let value = match self {
            Self::Channel => names.channel_name(number),
            Self::Class => Some(class_of(number, names).as_str()),
            Self::Service => names.service_name(number),
            Self::Survey => names.survey_key(number),
        };
        value.map(str::to_owned)
    }
}

pub fn by(
    source: Source<'_>,
    selection: &Selection,
    dimension: Dimension,
) -> Result<ByOut, ReadError> {
    let names = &source.site.names;
    let numbered = source.totals(selection, |_, key| dimension.number(key, names))?;
    let mut groups: BTreeMap<Option<String>, Totals> = BTreeMap::new();
    for (number, totals) in &numbered {
        groups.entry(dimension.value(*number, names)).or_default().merge(totals);
    }
    let (values, totals) = most_first(groups, names, Clone::clone);
    let overall = sum(&totals).summary(names);
    let compared = Compared::choose(selection.metric.as_deref(), &overall);
    let (rows, heterogeneity) = compare(&totals, &compared, names);
    Ok(ByOut {
        dimension: dimension.name().to_owned(),
        overall,
        compared: compared.name().to_owned(),
        heterogeneity,
        groups: values.into_iter().zip(rows).map(|(value, group)| ByRow { value, group }).collect(),
    })
}

pub fn channels(source: Source<'_>, selection: &Selection) -> Result<ChannelsOut, ReadError> {
    let names = &source.site.names;
    let cross = source.totals(selection, |_, key| (key.channel, key.service))?;
    let (mut by_channel, mut by_service) = (BTreeMap::new(), BTreeMap::new());
    for ((channel, service), totals) in &cross {
        by_channel.entry(*channel).or_insert_with(Totals::default).merge(totals);
        by_service.entry(*service).or_insert_with(Totals::default).merge(totals);
    }
    let (channels, totals) =
        most_first(by_channel, names, |number| names.channel_name(*number).map(str::to_owned));
    let overall = sum(&totals).summary(names);
    let compared = Compared::choose(selection.metric.as_deref(), &overall);
    let (groups, heterogeneity) = compare(&totals, &compared, names);
    let rows =
        channels.iter().zip(&totals).zip(groups).map(|((channel, totals), group)| ChannelRow {
            channel: names.channel_name(*channel).unwrap_or_default().to_owned(),
            class: class_of(*channel, names),
            group,
            mix_adjusted: mix(*channel, &cross, &by_service, names),
            waited_s: totals.waited(names),
            served_s: totals.served(names),
        });
    Ok(ChannelsOut {
        overall,
        compared: compared.name().to_owned(),
        heterogeneity,
        channels: rows.collect(),
    })
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

fn class_of(channel: u32, names: &Names) -> ChannelClass {
    let known = names.channel_name(channel).and_then(Channel::parse);
    known.unwrap_or_else(Channel::web).class()
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
