//! Channels: where an answer was given, and the class each channel belongs to.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The kind of contact that a channel is, as the surveys of public bodies group them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ChannelClass {
    Traditional,
    Physical,
    Technological,
    Interactive,
}

impl ChannelClass {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Traditional => "traditional",
            Self::Physical => "physical",
            Self::Technological => "technological",
            Self::Interactive => "interactive",
        }
    }
    pub const ALL: [Self; 4] =
        [Self::Traditional, Self::Physical, Self::Technological, Self::Interactive];

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.as_str() == text)
    }
}

/// Name, class, and whether a visitor can be on it without a token.
const KNOWN: [(&str, ChannelClass, bool); 18] = [
    ("web", ChannelClass::Interactive, true),
    ("app", ChannelClass::Interactive, true),
    ("email", ChannelClass::Technological, true),
    ("sms", ChannelClass::Technological, true),
    ("whatsapp", ChannelClass::Interactive, true),
    ("qr", ChannelClass::Physical, true),
    ("kiosk", ChannelClass::Physical, true),
    ("counter", ChannelClass::Physical, false),
    ("phone", ChannelClass::Technological, false),
    ("ivr", ChannelClass::Technological, false),
    ("chat", ChannelClass::Interactive, true),
    ("social", ChannelClass::Interactive, false),
    ("review", ChannelClass::Interactive, false),
    ("mail", ChannelClass::Traditional, false),
    ("fax", ChannelClass::Technological, false),
    ("tv", ChannelClass::Traditional, false),
    ("radio", ChannelClass::Traditional, false),
    ("press", ChannelClass::Traditional, false),
];

/// Answers loaded from a file whose own channel is not known.
const IMPORT: &str = "import";
const OWN_LENGTH_MAX: usize = 40;

/// A channel of the contract's list, or the owner's own `x-…`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Channel(String);

impl Channel {
    pub fn web() -> Self {
        Self("web".to_owned())
    }

    /// `None` where the name is neither known nor of the form `x-[a-z0-9-]+` (40 bytes at most).
    pub fn parse(name: &str) -> Option<Self> {
        let own = name.strip_prefix("x-").is_some_and(|rest| {
            !rest.is_empty()
                && name.len() <= OWN_LENGTH_MAX
                && rest.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        });
        (own || name == IMPORT || KNOWN.iter().any(|known| known.0 == name))
            .then(|| Self(name.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the public side takes it; the others need a token.
    pub fn is_public(&self) -> bool {
        self.is_own() || KNOWN.iter().any(|known| known.0 == self.0 && known.2)
    }

    /// Whether it is an owner's own.
    pub fn is_own(&self) -> bool {
        self.0.starts_with("x-")
    }

    /// The class it has unless the site says otherwise; an owner's own channel counts as interactive.
    pub fn class(&self) -> ChannelClass {
        KNOWN
            .iter()
            .find(|known| known.0 == self.0)
            .map_or(ChannelClass::Interactive, |known| known.1)
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (name, public) in [
            ("web", Some(true)),
            ("kiosk", Some(true)),
            ("x-desk-2", Some(true)),
            ("counter", Some(false)),
            ("import", Some(false)),
            ("x-", None),
            ("x-Desk", None),
            ("Web", None),
            ("telegraph", None),
            ("", None),
        ] {
            assert_eq!(Channel::parse(name).map(|c| c.is_public()), public, "{name}");
        }
    }
}
