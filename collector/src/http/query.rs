//! Query parameters: the common filters, and what a single request has besides. Unknown ones are
//! refused: a misspelt filter must not give the numbers of another question.

use super::error::ApiError;
use crate::state::Site;
use crate::summary::{Filters, Selection};
use shared::Violations;

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
    for (name, value) in pairs {
        // An empty value is a form field left empty.
        if value.is_empty() {
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
