//! Query parameters: the common filters, and what a single request has besides. Unknown ones are
//! refused: a misspelt filter must not give the numbers of another question.

use super::error::ApiError;
use crate::state::Site;
use crate::summary::{Filters, Selection};
use shared::Violations;

/// The filters as the interface's document tells them; `Filters` reads them.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only the names, types and words are used")]
pub struct FilterParams {
    survey: Option<String>,
    /// `nps`, `csat`, `ces`, or a word of the owner's.
    metric: Option<String>,
    question: Option<String>,
    /// A date in the site's time zone, or an instant; included.
    from: Option<String>,
    /// A date in the site's time zone, included, or an instant, not included.
    to: Option<String>,
    channel: Option<String>,
    /// `traditional`, `physical`, `technological` or `interactive`.
    class: Option<String>,
    service: Option<String>,
    /// `informative`, `relational` or `transactional`.
    level: Option<String>,
    locale: Option<String>,
    /// `phone`, `tablet`, `desktop` or `kiosk`.
    device: Option<String>,
    /// `anonymous`, `declared`, `registered` or `verified`.
    identity: Option<String>,
    /// Of those who are `verified`: `low`, `substantial` or `high`.
    assurance: Option<String>,
    /// Whether the matter was resolved at the first contact.
    resolved: Option<bool>,
    /// Minutes that people waited: `0-5`, `5-15`, `15-30`, `30-60` or `over-60`.
    waiting: Option<String>,
    /// Without query and fragment.
    page: Option<String>,
    /// Attributes are filtered by `attribute.NAME`.
    tag: Option<String>,
    /// Scores of the metric or question that is named, else of `nps`.
    min: Option<u8>,
    max: Option<u8>,
}

/// Name and value pairs in the order sent.
pub type Pairs = Vec<(String, String)>;

/// Reads the filters; every other parameter goes to `more`, which says whether it knows it.
pub fn filters(
    pairs: &Pairs,
    site: &Site,
    mut more: impl FnMut(&str, &str, &mut Violations) -> bool,
) -> Result<Filters, ApiError> {
    let mut bad = Violations::default();
    let mut filters = Filters::default();
    for (i, (name, value)) in pairs.iter().enumerate() {
        if pairs[..i].iter().any(|(earlier, _)| earlier == name) {
            bad.add(name.as_str(), "repeated", "is given twice");
            continue;
        }
        if !more(name, value, &mut bad) && !filters.read(name, value, site, &mut bad) {
            bad.add(name.as_str(), "unknown_parameter", "is not a parameter of this request");
        }
    }
    filters.check(&mut bad);
    match bad.is_empty() {
        true => Ok(filters),
        false => Err(ApiError::Invalid(bad)),
    }
}

pub fn selection(pairs: &Pairs, site: &Site) -> Result<Selection, ApiError> {
    Ok(filters(pairs, site, |_, _, _| false)?.select(site))
}
