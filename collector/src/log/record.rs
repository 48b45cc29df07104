//! A response as it lies on disk: compact, versioned, with numbers in the place of names.

use serde::{Deserialize, Serialize};
use shared::submission::{Context, IdentityLevel, ServiceEvent};
use thiserror::Error;

const VERSION: u8 = 1;

/// Names are numbers of the site's lists; questions and options are positions in the survey's
/// version, which never changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredResponse {
    pub survey: u32,
    pub survey_version: u32,
    pub channel: u32,
    /// 0 for none.
    pub service: u32,
    pub locale: Option<String>,
    pub answers: Vec<(u16, StoredAnswer)>,
    pub skipped: Vec<u16>,
    pub context: StoredContext,
    pub identity: IdentityLevel,
    /// A keyed hash, never the subject itself.
    pub subject: Option<[u8; 16]>,
    pub service_event: StoredEvent,
    pub received_ms: i64,
}

/// `Context` and `ServiceEvent` leave out empty fields in JSON, which a format without field
/// names cannot do; here every field has its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredContext {
    page: Option<String>,
    referrer: Option<String>,
    device: Option<String>,
    tags: Vec<String>,
    attributes: Vec<(String, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Durations {
    pub waited_s: Option<u32>,
    pub served_s: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredEvent {
    reference: Option<String>,
    waited_s: Option<u32>,
    served_s: Option<u32>,
    resolved_first_contact: Option<bool>,
}

impl From<Context> for StoredContext {
    fn from(context: Context) -> Self {
        let Context { page, referrer, device, tags, attributes } = context;
        Self { page, referrer, device, tags, attributes: attributes.into_iter().collect() }
    }
}

impl From<StoredContext> for Context {
    fn from(stored: StoredContext) -> Self {
        let StoredContext { page, referrer, device, tags, attributes } = stored;
        Self { page, referrer, device, tags, attributes: attributes.into_iter().collect() }
    }
}

impl From<ServiceEvent> for StoredEvent {
    fn from(event: ServiceEvent) -> Self {
        let ServiceEvent { reference, waited_s, served_s, resolved_first_contact } = event;
        Self { reference, waited_s, served_s, resolved_first_contact }
    }
}

impl From<StoredEvent> for ServiceEvent {
    fn from(stored: StoredEvent) -> Self {
        let StoredEvent { reference, waited_s, served_s, resolved_first_contact } = stored;
        Self { reference, waited_s, served_s, resolved_first_contact }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StoredAnswer {
    Score(u8),
    Text(String),
    Choice { options: Vec<u16>, other: Option<String> },
}

/// What is kept of an id for ever: enough to answer a retry with the same words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum IdEntry {
    Stored {
        /// Under which time the response lies.
        time_ms: i64,
        received_ms: i64,
        fingerprint: [u8; 16],
    },
    /// Taken back; no trace of the content.
    Erased,
}

#[derive(Debug, Error)]
#[error("a stored record cannot be read")]
pub struct Unreadable;

/// postcard behind a version byte.
pub fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    let bytes = vec![VERSION];
    postcard::to_extend(value, bytes)
        .expect("memory is the only thing that postcard can run out of")
}

pub fn decode<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Unreadable> {
    match bytes.split_first() {
        Some((&VERSION, rest)) => postcard::from_bytes(rest).map_err(|_| Unreadable),
        _ => Err(Unreadable),
    }
}

impl StoredResponse {
    pub const fn durations(&self) -> Durations {
        Durations { waited_s: self.service_event.waited_s, served_s: self.service_event.served_s }
    }
}
