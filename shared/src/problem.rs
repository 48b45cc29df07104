//! What was wrong: RFC 9457 problem details with every violation at once.

use serde::{Deserialize, Serialize};

/// One broken rule. `path` names the field as in the JSON that was sent (`answers.recommend`,
/// `questions[2].text.en`); `code` is stable, `message` is for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Violation {
    pub path: String,
    pub code: String,
    pub message: String,
}

impl Violation {
    /// The key of the question in `answers.KEY` and `answers.KEY.other`.
    pub fn question(&self) -> Option<&str> {
        let path = self.path.strip_prefix("answers.")?;
        Some(path.strip_suffix(".other").unwrap_or(path))
    }
}

/// Told at once; what comes after is only hinted at.
const VIOLATIONS_MAX: usize = 100;

/// All violations of one input, in the order in which they were met, up to a bound.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Violations(Vec<Violation>);

impl Violations {
    pub fn add(&mut self, path: impl Into<String>, code: &str, message: impl Into<String>) {
        self.push(path.into(), code, message.into());
    }
    fn push(&mut self, path: String, code: &str, message: String) {
        let (path, code, message) = match self.0.len() {
            n if n < VIOLATIONS_MAX => (path, code, message),
            VIOLATIONS_MAX => (String::new(), "and_more", "there are more mistakes".to_owned()),
            _ => return,
        };
        self.0.push(Violation { path, code: code.to_owned(), message });
    }
    /// The same, with words that have to be made. The form has its own, in the visitor's language,
    /// and making these is kilobytes of code: they are left out there.
    pub fn add_made(
        &mut self,
        path: impl Into<String>,
        code: &str,
        message: impl FnOnce() -> String,
    ) {
        let message = if cfg!(feature = "json") { message() } else { String::new() };
        self.add(path, code, message);
    }
    pub fn extend(&mut self, others: Violations) {
        others.0.into_iter().for_each(|v| self.add(v.path, &v.code, v.message));
    }
    pub fn retain(&mut self, wanted: impl FnMut(&Violation) -> bool) {
        self.0.retain(wanted);
    }
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    pub fn has_path(&self, path: &str) -> bool {
        self.0.iter().any(|v| v.path == path)
    }
    pub fn as_slice(&self) -> &[Violation] {
        &self.0
    }
    pub fn into_vec(self) -> Vec<Violation> {
        self.0
    }
}

/// `application/problem+json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    pub status: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub violations: Vec<Violation>,
}
