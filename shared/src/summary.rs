//! What leaves: summaries, as managers and programs read them. Counts are exact; scores and
//! intervals are computed from them and not rounded here.

use crate::channel::ChannelClass;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A confidence interval in the unit of what it surrounds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Interval {
    pub low: f64,
    pub high: f64,
    /// 0.95.
    pub level: f64,
    /// `adjusted-wald`, `wilson` or `t`.
    pub method: String,
}

/// `S` of the contract: only the measures that the filters match are there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Summary {
    pub responses: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nps: Option<NpsSummary>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub csat: Option<RatingSummary>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ces: Option<CesSummary>,
    /// Ratings under a metric of the owner's own, by that word.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metrics: BTreeMap<String, RatingSummary>,
    /// Questions of kind `nps` under a metric of the owner's own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub nps_metrics: BTreeMap<String, NpsSummary>,
    /// Questions of kind `ces` under a metric of the owner's own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ces_metrics: BTreeMap<String, CesSummary>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NpsSummary {
    pub answered: u64,
    /// Shown and left empty; in no denominator.
    pub skipped: u64,
    pub promoters: u64,
    pub passives: u64,
    pub detractors: u64,
    /// -100 to 100; absent where nobody answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
    /// 30 answers or more.
    pub reliable: bool,
    /// Answers for each score from 0 to 10.
    pub histogram: Vec<u64>,
}

/// Satisfaction: the share of the top scores (two of five) with a Wilson interval.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RatingSummary {
    pub answered: u64,
    pub skipped: u64,
    pub satisfied: u64,
    /// 0 to 100; absent where nobody answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
    /// Absent where scales were mixed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean: Option<f64>,
    /// Answers for each score from 1; empty where scales were mixed.
    pub histogram: Vec<u64>,
    pub reliable: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CesSummary {
    pub answered: u64,
    pub skipped: u64,
    /// 1 to 7.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean: Option<f64>,
    /// t interval of the mean.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
    /// Share that answers 5 to 7, 0 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agree_percent: Option<f64>,
    /// Answers for each score from 1 to 7.
    pub histogram: Vec<u64>,
    pub reliable: bool,
}

/// `GET summary`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SummaryOut {
    #[serde(flatten)]
    pub summary: Summary,
    /// What was chosen in the choice questions, by survey and question.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<ChoiceSummary>,
    /// Responses whose time was over: their counts stay, but this request cannot be answered from
    /// counts alone. Absent where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_out: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChoiceSummary {
    pub survey: String,
    pub question: String,
    pub answered: u64,
    pub skipped: u64,
    /// Times each option was chosen, most first; the free "other" has the key `other`.
    pub options: Vec<OptionCount>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OptionCount {
    pub key: String,
    pub count: u64,
}

/// `GET summary/trend`: consecutive periods in the site's time zone, empty ones included.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TrendOut {
    /// `day`, `week` or `month`.
    pub bucket: String,
    pub points: Vec<TrendPoint>,
    /// As in the summary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_out: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TrendPoint {
    /// First date of the period, `2026-11-16`.
    pub from: String,
    /// Last date of the period, included.
    pub to: String,
    #[serde(flatten)]
    pub summary: Summary,
}

/// `GET summary/channels`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChannelsOut {
    pub overall: Summary,
    /// The metric that the differences compare: `nps`, `csat`, `ces`, or a word of the owner's.
    pub compared: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heterogeneity: Option<Heterogeneity>,
    pub channels: Vec<ChannelRow>,
    /// What people say by how long they have waited, where that is known of any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<WaitingOut>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_first_contact: Option<ResolvedSummary>,
    /// As in the summary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_out: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChannelRow {
    pub channel: String,
    pub class: ChannelClass,
    #[serde(flatten)]
    pub group: Group,
    #[serde(flatten)]
    pub reach: Reach,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mix_adjusted: Option<MixAdjusted>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waited_s: Option<DurationSummary>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub served_s: Option<DurationSummary>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_first_contact: Option<ResolvedSummary>,
}

/// Responses of which it is known whether the matter was resolved at the first contact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ResolvedSummary {
    pub known: u64,
    pub resolved: u64,
    /// 0 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
}

/// Responses by how long people waited: how many, and what they said, each band beside all others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WaitingOut {
    /// Responses whose waiting time is known.
    pub known: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heterogeneity: Option<Heterogeneity>,
    /// All of `WAIT_BANDS`, in order.
    pub bands: Vec<WaitingBand>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WaitingBand {
    /// Minutes: `0-5`, `5-15`, `15-30`, `30-60` or `over-60`; also the filter's value.
    pub band: String,
    /// Included.
    pub from_s: u32,
    /// Not included; absent for the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_s: Option<u32>,
    #[serde(flatten)]
    pub group: Group,
}

/// How many of those who were asked have answered. Empty where no impressions are known.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Reach {
    /// How often the survey came before someone's eyes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impressions: Option<u64>,
    /// Responses by impressions, 0 to 1; absent where there are more responses: then not all
    /// impressions were told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_rate: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_rate_interval: Option<Interval>,
    /// The first date of which both are counted, where the period begins before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impressions_since: Option<String>,
}

/// `GET summary/funnel`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FunnelOut {
    /// Of everything that has impressions.
    pub overall: Funnel,
    /// Most impressions first, then most responses; those without impressions have their responses
    /// alone.
    pub channels: Vec<FunnelRow>,
    /// As in the summary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_out: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FunnelRow {
    pub channel: String,
    pub class: ChannelClass,
    #[serde(flatten)]
    pub funnel: Funnel,
}

/// From the first sight to the answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Funnel {
    #[serde(flatten)]
    pub reach: Reach,
    /// Times that someone turned to the survey.
    pub opens: u64,
    /// Times that someone began to fill it in.
    pub starts: u64,
    /// Since impressions are known, for each survey and channel that has any.
    pub responses: u64,
    /// Times that someone left it without sending.
    pub dismissals: u64,
    /// Where people leave; questions that nobody has answered are not here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub questions: Vec<DropOff>,
}

/// In the order of the survey's questions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DropOff {
    pub survey: String,
    pub question: String,
    /// Times that it was answered, whether or not the answers were sent.
    pub answered: u64,
    /// Times that it was the last one that was answered before someone left.
    pub left: u64,
    /// `left` by `answered`, 0 to 1; absent where that is no share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drop_off: Option<f64>,
}

/// `GET summary/by/{dimension}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ByOut {
    pub dimension: String,
    pub overall: Summary,
    pub compared: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heterogeneity: Option<Heterogeneity>,
    pub groups: Vec<ByRow>,
    /// As in the summary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_out: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ByRow {
    /// The group's value in the dimension; absent for responses that carry none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    #[serde(flatten)]
    pub group: Group,
}

/// One group beside the others. What fewer than 10 have answered is left out of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Group {
    #[serde(flatten)]
    pub summary: Summary,
    /// Share of all responses, 0 to 1.
    pub share: f64,
    /// Against all other groups pooled; absent where either side has fewer than 10 answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference: Option<Difference>,
    /// Why there is no difference: `too_few_answers` or `nothing_to_compare`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withheld: Option<String>,
}

/// Group minus rest, in points of the score (NPS, percent, or the CES mean).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Difference {
    pub points: f64,
    pub low: f64,
    pub high: f64,
    pub p: f64,
    /// Benjamini-Hochberg over the groups of this answer.
    pub p_adjusted: f64,
    /// `p_adjusted` at most 0.05.
    pub significant: bool,
}

/// Cochran's Q: do the groups differ at all?
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Heterogeneity {
    pub q: f64,
    pub df: u32,
    pub p: f64,
}

/// The channel's NPS if it carried the site's mix of services.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MixAdjusted {
    pub score: f64,
    pub low: f64,
    pub high: f64,
    /// Services of the site that the channel has no answers for.
    pub missing_services: u32,
}

/// Waiting or serving times.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DurationSummary {
    pub known: u64,
    /// Seconds.
    pub mean: f64,
    /// Responses in each band; band i ends below `BAND_ENDS_S[i]`, the last has no end.
    pub histogram: Vec<u64>,
}

/// Ends of the bands of waiting and serving times, in seconds: 1, 5, 10, 20, 30, 60 minutes.
pub const BAND_ENDS_S: [u32; 6] = [60, 300, 600, 1_200, 1_800, 3_600];

/// Bands of waiting times that opinions are told by, in minutes.
pub const WAIT_BANDS: [&str; 5] = ["0-5", "5-15", "15-30", "30-60", "over-60"];

/// Their ends, in seconds; the last has none.
pub const WAIT_BAND_ENDS_S: [u32; 4] = [300, 900, 1_800, 3_600];
