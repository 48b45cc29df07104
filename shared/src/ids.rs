//! The id of a response: a UUIDv7 made by whoever collects the answer, kept through every retry.

use std::fmt;
use thiserror::Error;
use uuid::Uuid;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResponseId([u8; 16]);

#[derive(Debug, Error, PartialEq, Eq)]
#[error("must be a UUIDv7 in lower case, such as 019ab3c4-5d6e-7f80-9abc-def012345678")]
pub struct InvalidId;

impl ResponseId {
    /// Makes an id from the current time and 10 bytes of randomness.
    pub fn new(unix_ms: u64, random: [u8; 10]) -> Self {
        Self(*uuid::Builder::from_unix_timestamp_millis(unix_ms, &random).into_uuid().as_bytes())
    }

    /// Takes the hyphenated lower-case form of a version 7 UUID, nothing else: one id, one spelling.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        if text.len() != 36 || text.bytes().any(|b| b.is_ascii_uppercase()) {
            return Err(InvalidId);
        }
        let uuid = Uuid::try_parse(text).map_err(|_| InvalidId)?;
        match uuid.get_version_num() == 7 && uuid.get_variant() == uuid::Variant::RFC4122 {
            true => Ok(Self(*uuid.as_bytes())),
            false => Err(InvalidId),
        }
    }

    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for ResponseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Uuid::from_bytes(self.0).hyphenated().encode_lower(&mut [0; 36]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_id_has_one_spelling() {
        let id = ResponseId::new(1_763_800_000_000, [7; 10]);
        assert_eq!(ResponseId::parse(&id.to_string()), Ok(id));
        for bad in [
            "",
            "0190",
            "019ab3c4-5d6e-4f80-9abc-def012345678",
            "019AB3C4-5D6E-7F80-9ABC-DEF012345678",
            "019ab3c45d6e7f809abcdef012345678",
            "019ab3c4-5d6e-7f80-1abc-def012345678",
            "{019ab3c4-5d6e-7f80-9abc-def01234567}",
        ] {
            assert_eq!(ResponseId::parse(bad), Err(InvalidId), "{bad}");
        }
    }
}
