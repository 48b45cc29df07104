//! The words of invitations: the owner's where there are some, else our own, in one language.

use crate::hosted::Speech;
use std::collections::BTreeMap;

/// What an owner can say otherwise, and what of ours stands there else.
pub const KEYS: [(&str, &str); 9] = [
    ("subject", "mail.subject"),
    ("hello", "mail.hello"),
    ("hello_all", "mail.hello-all"),
    ("intro", "mail.intro"),
    ("click", "mail.click"),
    ("open", "mail.open"),
    ("once", "mail.once"),
    ("why", "mail.why"),
    ("sms", "sms"),
];

pub struct Words<'a> {
    pub speech: Speech,
    own: Option<&'a BTreeMap<String, String>>,
}

impl<'a> Words<'a> {
    /// `None` where we speak no such language. `texts`: the owner's, by language.
    pub fn of(locale: &str, texts: &'a BTreeMap<String, BTreeMap<String, String>>) -> Option<Self> {
        let speech = Speech::speaking(locale)?;
        let own = texts.get(locale).or_else(|| texts.get(speech.locale()));
        Some(Self { speech, own })
    }

    /// By a name of `KEYS`, or by our own key.
    pub fn text(&self, key: &str) -> &str {
        if let Some(own) = self.own.and_then(|own| own.get(key)) {
            return own;
        }
        let ours = KEYS.iter().find(|(name, _)| *name == key).map_or(key, |(_, ours)| ours);
        self.speech.text(ours)
    }

    pub fn is_own(&self, key: &str) -> bool {
        self.own.is_some_and(|own| own.contains_key(key))
    }
}
