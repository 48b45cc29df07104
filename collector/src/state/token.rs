//! Who may do what. Tokens are known by their SHA-256 alone; the words are shown once.

use super::SiteNo;
use serde::{Deserialize, Serialize};
use shared::Timestamp;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Of the whole collector: makes and deletes sites.
    Admin,
    Owner,
    Manager,
    Agent,
    Ingest,
}

impl Role {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Owner => "owner",
            Self::Manager => "manager",
            Self::Agent => "agent",
            Self::Ingest => "ingest",
        }
    }

    /// The roles that an owner can give.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Owner, Self::Manager, Self::Agent, Self::Ingest]
            .into_iter()
            .find(|role| role.as_str() == name)
    }

    /// Before the underscore of a token, so that people can tell them apart.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Admin => "ad",
            Self::Owner => "ot",
            Self::Manager => "mt",
            Self::Agent => "at",
            Self::Ingest => "it",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenKind {
    /// Sent with every request.
    Bearer,
    /// A one-time link to the dashboard: exchanged once for a session.
    Login,
    /// The dashboard's cookie.
    Session,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRecord {
    /// `tk_…`: names the token in lists; not a secret.
    pub id: String,
    /// `None` for the collector's own.
    pub site: Option<SiteNo>,
    pub role: Role,
    pub kind: TokenKind,
    pub created: Timestamp,
    pub expires: Option<Timestamp>,
    /// The id of the token that it stands on.
    #[serde(default)]
    pub parent: Option<String>,
}

impl TokenKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bearer => "bearer",
            Self::Login => "link",
            Self::Session => "session",
        }
    }
}

impl TokenRecord {
    pub fn is_valid_at(&self, now: Timestamp) -> bool {
        self.expires.is_none_or(|expires| now < expires)
    }
}
