//! Responses as a manager reads them, newest first, page by page.

use crate::Survey;
use crate::channel::ChannelClass;
use crate::submission::{Answer, Assurance, Context, IdentityLevel, ServiceEvent, ServiceLevel};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ResponsesPage {
    pub responses: Vec<ResponseOut>,
    /// Where the next page begins; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ResponseOut {
    pub id: String,
    pub survey: String,
    pub survey_version: u32,
    pub channel: String,
    /// Of the channel, as the site has it now.
    pub class: ChannelClass,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<ServiceLevel>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    pub answers: BTreeMap<String, Answer>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<String>,
    #[serde(default, skip_serializing_if = "is_empty_context")]
    pub context: Context,
    pub identity: IdentityLevel,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assurance: Option<Assurance>,
    #[serde(default, skip_serializing_if = "is_empty_event")]
    pub service_event: ServiceEvent,
    /// When it happened, as far as known; RFC 3339 in UTC.
    pub occurred_at: String,
    pub received_at: String,
    /// Why it is left out of every score until someone has looked at it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<String>,
}

/// The answer to `POST responses`: the response is on disk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Acknowledgement {
    pub id: String,
    /// Takes the response back: `DELETE /v1/receipts/{receipt}`.
    pub receipt: String,
    pub received_at: String,
}

/// Who is signed in, and what the dashboard and the desk need to know of the site.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionOut {
    pub site: SiteOut,
    /// `owner`, `manager` or `agent`.
    pub role: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SiteOut {
    /// `st_…`: names the site in the owner's interface.
    pub site: String,
    /// `pk_…`: names it in the public one.
    pub public_key: String,
    pub name: String,
    pub origins: Vec<String>,
    pub locale: String,
    pub timezone: String,
    /// Days for which responses are kept; absent where that is for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention_days: Option<u32>,
    /// Whether their counts stay when they go.
    #[serde(default)]
    pub keep_statistics: bool,
    /// The class of channels where it is not the usual one, and of those of the owner's own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub channels: BTreeMap<String, ChannelClass>,
}

/// `GET /v1/sites/{site}/surveys`: the current version of each survey, with all its texts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SurveysOut {
    pub surveys: Vec<Survey>,
}

fn is_empty_context(context: &Context) -> bool {
    *context == Context::default()
}
fn is_empty_event(event: &ServiceEvent) -> bool {
    *event == ServiceEvent::default()
}
