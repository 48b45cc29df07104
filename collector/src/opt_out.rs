//! Who wants no more invitations: kept as a keyed hash of an address or a number, and the link by
//! which a recipient says so, which holds the hash alone. Knows no HTTP and no store.

use crate::secret::{hash_recipient, opt_out_mac};
use crate::state::SiteNo;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

/// Before what is signed, so that it can change.
const VERSION: u8 = 1;
const MAC_BYTES: usize = 10;
/// Longer words are no link of ours.
const TOKEN_LENGTH_MAX: usize = 200;
/// Of one person: an address and a number.
pub const RECIPIENTS_MAX: usize = 2;
/// RFC 5321, 4.5.3.1.3, without the angle brackets.
const ADDRESS_LENGTH_MAX: usize = 254;
/// E.164.
const DIGITS: std::ops::RangeInclusive<usize> = 6..=15;

/// A recipient as it is kept.
pub type Hashed = [u8; 10];

/// An e-mail address in small letters, or a telephone number as `+` and digits: however it was
/// written, it is the same one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Recipient(String);

impl Recipient {
    /// `None` where it is neither an address nor a number with its country's code.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.contains('@') { Self::address(text) } else { Self::number(text) }
    }

    fn address(text: &str) -> Option<Self> {
        let (local, domain) = text.rsplit_once('@')?;
        let is_whole = !local.is_empty() && !domain.is_empty() && text.len() <= ADDRESS_LENGTH_MAX;
        let is_plain = text.chars().all(|c| c.is_ascii_graphic());
        (is_whole && is_plain).then(|| Self(text.to_ascii_lowercase()))
    }

    fn number(text: &str) -> Option<Self> {
        let between = |c: char| matches!(c, ' ' | '\u{a0}' | '-' | '.' | '/' | '(' | ')');
        let plain: String = text.chars().filter(|c| !between(*c)).collect();
        let digits = plain.strip_prefix('+').or_else(|| plain.strip_prefix("00"))?;
        let is_right = digits.bytes().all(|digit| digit.is_ascii_digit())
            && !digits.starts_with('0')
            && DIGITS.contains(&digits.len());
        is_right.then(|| Self(format!("+{digits}")))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn hash(&self, secret: &[u8; 32], site: SiteNo) -> Hashed {
        hash_recipient(secret, site, &self.0)
    }
}

/// What a link that ends invitations says: of which site, and for whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OptOut {
    pub site: SiteNo,
    pub recipients: Vec<Hashed>,
}

impl OptOut {
    pub fn sign(&self, secret: &[u8; 32]) -> String {
        let mut bytes = vec![VERSION];
        bytes.extend(postcard::to_allocvec(self).expect("a link is plain data"));
        let mac: [u8; MAC_BYTES] = opt_out_mac(secret, &bytes);
        bytes.extend_from_slice(&mac);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// `None` where the words were not made here.
    pub fn read(secret: &[u8; 32], token: &str) -> Option<Self> {
        if token.len() > TOKEN_LENGTH_MAX {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (signed, given) = bytes.split_last_chunk::<MAC_BYTES>()?;
        let expected: [u8; MAC_BYTES] = opt_out_mac(secret, signed);
        if !bool::from(expected.ct_eq(given)) {
            return None;
        }
        postcard::from_bytes(signed.strip_prefix(&[VERSION])?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recipient_is_the_same_however_it_is_written() {
        for (text, expected) in [
            (" Anna.Rossi@Example.IT ", Some("anna.rossi@example.it")),
            ("+39 333 123-45.67", Some("+393331234567")),
            ("0039 (333) 1234567", Some("+393331234567")),
            ("333 1234567", None),
            ("+39", None),
            ("+0391234567", None),
            ("+39 333 12 34 56 78 90 12", None),
            ("anna@", None),
            ("@example.it", None),
            ("an na@example.it", None),
            ("", None),
        ] {
            let found = Recipient::parse(text);
            assert_eq!(found.as_ref().map(Recipient::as_str), expected, "{text:?}");
        }
    }

    #[test]
    fn a_link_holds_hashes_alone_and_cannot_be_made_up() {
        let secret = [1; 32];
        let recipients = ["anna@example.it", "+393331234567"];
        let recipients = recipients.map(|r| Recipient::parse(r).unwrap().hash(&secret, 7));
        assert_ne!(recipients[0], Recipient::parse("anna@example.it").unwrap().hash(&secret, 8));
        let link = OptOut { site: 7, recipients: recipients.to_vec() };
        let words = link.sign(&secret);
        assert!(words.len() < 50, "{} characters", words.len());
        assert_eq!(OptOut::read(&secret, &words), Some(link));
        assert_eq!(OptOut::read(&[2; 32], &words), None);
        for bad in ["", "AQ", &words[1..], &words[..20], &"A".repeat(5_000)] {
            assert_eq!(OptOut::read(&secret, bad), None, "{bad}");
        }
    }
}
