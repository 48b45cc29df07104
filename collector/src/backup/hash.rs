//! Names of backups and of their blocks, as hexadecimal text outside of the program.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use std::fmt;

/// SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash(pub [u8; 32]);

/// Of a backup: made at random.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(pub [u8; 16]);

impl Hash {
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

macro_rules! as_hexadecimal {
    ($kind:ident) => {
        impl $kind {
            pub fn parse(text: &str) -> Option<Self> {
                read_hexadecimal(text).map(Self)
            }
        }

        impl fmt::Display for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl Serialize for $kind {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $kind {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::parse(&text).ok_or_else(|| serde::de::Error::custom("is not hexadecimal"))
            }
        }
    };
}

as_hexadecimal!(Hash);
as_hexadecimal!(Id);

/// Lower case alone: each value has one text.
fn read_hexadecimal<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let (digits, rest) = text.as_bytes().as_chunks::<2>();
    let mut bytes = [0; N];
    if digits.len() != N || !rest.is_empty() {
        return None;
    }
    for (byte, [high, low]) in bytes.iter_mut().zip(digits) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_and_nothing_else_does() {
        let hash = Hash::of(b"Tutto bene");
        assert_eq!(Hash::parse(&hash.to_string()), Some(hash));
        let text = Id([0xa5; 16]).to_string();
        for wrong in ["", &text[1..], &text.to_uppercase(), &format!("{text}0"), "0é"] {
            assert_eq!(Id::parse(wrong), None, "{wrong}");
        }
    }
}
