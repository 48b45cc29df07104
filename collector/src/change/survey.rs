//! Puts a survey: the first version, the next one, or nothing new.

use crate::log::{Transaction, keys};
use crate::state::SiteNo;
use shared::Survey;
use std::sync::Arc;

/// Bounds of one site's surveys.
const SURVEYS_MAX: usize = 500;
const VERSIONS_MAX: u32 = 10_000;

/// The survey's version after the put, and whether it is a new one. `None` where the site is gone
/// or at its bound of surveys.
pub fn put_survey(
    transaction: &mut Transaction<'_>,
    site_number: SiteNo,
    mut survey: Survey,
) -> Option<(u32, bool)> {
    let site = transaction.site_mut(site_number)?;
    let current = site.survey(&survey.key).map(|current| current.version);
    if let Some(version) = current {
        survey.version = version;
        if site.survey(&survey.key).is_some_and(|same| **same == survey) {
            return Some((version, false));
        }
    }
    if site.surveys.len() >= SURVEYS_MAX && current.is_none() || current == Some(VERSIONS_MAX) {
        return None;
    }
    let version = current.unwrap_or(0) + 1;
    survey.version = version;
    let key = keys::survey(site_number, &survey.key, version);
    let json = serde_json::to_vec(&survey).expect("a survey is plain data");
    let versions = Arc::make_mut(&mut site.surveys).entry(survey.key.clone()).or_default();
    versions.push(Arc::new(survey));
    transaction.put(key, json);
    Some((version, true))
}
