//! One site: its settings, surveys, names and cells.

use super::{Names, SiteNo};
use crate::fold::{Bucket, Partition, Zone};
use rpds::RedBlackTreeMapSync;
use serde::{Deserialize, Serialize};
use shared::Survey;
use shared::page::SiteOut;
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteRecord {
    /// `st_…`.
    pub site: String,
    /// `pk_…`.
    pub public_key: String,
    pub name: String,
    pub origins: Vec<String>,
    pub locale: String,
    pub timezone: String,
}

/// All versions of each survey, oldest first; versions count from 1.
pub type Surveys = BTreeMap<String, Vec<Arc<Survey>>>;

#[derive(Clone)]
pub struct Site {
    pub number: SiteNo,
    pub record: Arc<SiteRecord>,
    pub zone: Zone,
    pub surveys: Arc<Surveys>,
    pub names: Names,
    /// A persistent map: the writer's changes copy one path, readers keep what they hold.
    pub cells: RedBlackTreeMapSync<Bucket, Arc<Partition>>,
}

impl Site {
    /// `None` where the record's time zone is not known to this program.
    pub fn new(number: SiteNo, record: SiteRecord) -> Option<Self> {
        Some(Self {
            number,
            zone: Zone::named(&record.timezone)?,
            record: Arc::new(record),
            surveys: Arc::default(),
            names: Names::default(),
            cells: RedBlackTreeMapSync::default(),
        })
    }

    /// The current version.
    pub fn survey(&self, key: &str) -> Option<&Arc<Survey>> {
        self.surveys.get(key)?.last()
    }

    pub fn survey_version(&self, key: &str, version: u32) -> Option<&Arc<Survey>> {
        self.surveys.get(key)?.iter().find(|survey| survey.version == version)
    }

    pub fn out(&self) -> SiteOut {
        let SiteRecord { site, public_key, name, origins, locale, timezone } =
            (*self.record).clone();
        SiteOut { site, public_key, name, origins, locale, timezone }
    }
}
