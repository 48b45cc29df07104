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

/// All violations of one input, in the order in which they were met.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Violations(Vec<Violation>);

impl Violations {
    pub fn add(&mut self, path: impl Into<String>, code: &str, message: impl Into<String>) {
        self.0.push(Violation {
            path: path.into(),
            code: code.to_owned(),
            message: message.into(),
        });
    }
    pub fn extend(&mut self, others: Violations) {
        self.0.extend(others.0);
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
