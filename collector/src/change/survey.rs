//! Puts a survey: the first version, the next one, or nothing new.

use crate::log::{Transaction, VALUE_BYTES_MAX, keys};
use crate::state::SiteNo;
use shared::Survey;
use std::sync::Arc;

/// Bounds of one site's surveys.
const SURVEYS_MAX: usize = 500;
const VERSIONS_MAX: u32 = 10_000;

/// What became of a put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// The survey's version after the put, and whether it is a new one.
    Done { version: u32, new: bool },
    /// With its texts it is larger than the store takes.
    TooLarge,
    /// The site is at its bound of surveys or versions.
    TooMany,
    /// The site is gone.
    Gone,
}

pub fn put_survey(
    transaction: &mut Transaction<'_>,
    site_number: SiteNo,
    mut survey: Survey,
) -> Put {
    let Some(site) = transaction.site_mut(site_number) else { return Put::Gone };
    let current = site.survey(&survey.key);
    let last = current.map(|current| current.version);
    survey.version = last.unwrap_or(0);
    if current.is_some_and(|same| **same == survey) {
        return Put::Done { version: survey.version, new: false };
    }
    if site.surveys.len() >= SURVEYS_MAX && last.is_none() || last == Some(VERSIONS_MAX) {
        return Put::TooMany;
    }
    survey.version += 1;
    let version = survey.version;
    let json = serde_json::to_vec(&survey).expect("a survey is plain data");
    if json.len() > VALUE_BYTES_MAX {
        return Put::TooLarge;
    }
    let key = keys::survey(site_number, &survey.key, version);
    let versions = Arc::make_mut(&mut site.surveys).entry(survey.key.clone()).or_default();
    versions.push(Arc::new(survey));
    transaction.put(key, json);
    Put::Done { version, new: true }
}
