//! The keys that a site's server signs with: words that were made here, or the public half of a key
//! of the owner's own.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Valid at a time: the one in use and the next.
pub const KEYS_MAX: usize = 2;

const PEM_LENGTH_MAX: usize = 4_096;
const RSA_BYTES_MIN: usize = 256;
const RSA_BYTES_MAX: usize = 1_024;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Algorithm {
    Hs256,
    Es256,
    Rs256,
}

impl Algorithm {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        [Self::Hs256, Self::Es256, Self::Rs256].into_iter().find(|known| known.as_str() == name)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityKey {
    /// Of the site: never used again. The words of `Hs256` are derived from it, and stored nowhere.
    pub number: u32,
    pub algorithm: Algorithm,
    /// As the signatures' library takes it, in base64; of `Es256` and `Rs256`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public: Option<String>,
    pub made_ms: i64,
}

impl IdentityKey {
    /// `ik_1`: what a token may have as its `kid`.
    pub fn name(&self) -> String {
        format!("ik_{}", self.number)
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityKeys {
    /// The last number that was given.
    pub last: u32,
    pub keys: Vec<IdentityKey>,
}

impl IdentityKeys {
    /// Those of an algorithm; of these the one with this name, where one is given.
    pub fn of<'a>(
        &'a self,
        algorithm: Algorithm,
        name: Option<&'a str>,
    ) -> impl Iterator<Item = &'a IdentityKey> {
        let named = move |key: &&IdentityKey| name.is_none_or(|name| key.name() == name);
        self.keys.iter().filter(move |key| key.algorithm == algorithm).filter(named)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum WrongKey {
    #[error("is not a public key in PEM (-----BEGIN PUBLIC KEY-----)")]
    NotPem,
    #[error("is neither a key of the curve P-256 nor of RSA with 2,048 to 8,192 bits")]
    Kind,
}

/// A public key in PEM (RFC 7468, SubjectPublicKeyInfo): its algorithm, and what `IdentityKey`
/// stores of it.
pub fn read_public_key(pem: &str) -> Result<(Algorithm, String), WrongKey> {
    const BEGIN: &str = "-----BEGIN PUBLIC KEY-----";
    const END: &str = "-----END PUBLIC KEY-----";
    let inner = pem.trim().strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix(END));
    let text: String = inner
        .filter(|_| pem.len() <= PEM_LENGTH_MAX)
        .ok_or(WrongKey::NotPem)?
        .split_ascii_whitespace()
        .collect();
    let info = STANDARD.decode(text).map_err(|_| WrongKey::NotPem)?;
    let (algorithm, key) = read_info(&info).ok_or(WrongKey::Kind)?;
    Ok((algorithm, STANDARD.encode(key)))
}

/// The bytes of a stored key.
pub(super) fn der_of(stored: &str) -> Option<Vec<u8>> {
    STANDARD.decode(stored).ok()
}

const SEQUENCE: u8 = 0x30;
const BIT_STRING: u8 = 0x03;
const INTEGER: u8 = 0x02;
/// The algorithm of ecPublicKey on prime256v1, and of rsaEncryption, as they are always written
/// (RFC 5480, RFC 3279).
const P256: &[u8] = &[
    0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d,
    0x03, 0x01, 0x07,
];
const RSA: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];

fn read_info(info: &[u8]) -> Option<(Algorithm, &[u8])> {
    let (info, rest) = element(info, SEQUENCE)?;
    let (algorithm, bits) = element(info, SEQUENCE)?;
    let (key, after) = element(bits, BIT_STRING)?;
    // No unused bits.
    let key = key.strip_prefix(&[0])?;
    let is_point = key.len() == 65 && key[0] == 4;
    match algorithm {
        _ if !rest.is_empty() || !after.is_empty() => None,
        P256 => is_point.then_some((Algorithm::Es256, key)),
        RSA => is_rsa(key).then_some((Algorithm::Rs256, key)),
        _ => None,
    }
}

fn is_rsa(key: &[u8]) -> bool {
    let modulus = element(key, SEQUENCE).and_then(|(pair, _)| element(pair, INTEGER));
    let bytes = modulus.map_or(0, |(modulus, _)| modulus.iter().skip_while(|b| **b == 0).count());
    (RSA_BYTES_MIN..=RSA_BYTES_MAX).contains(&bytes)
}

/// The content of the DER element that `bytes` begin with, where it has this tag, and what follows.
fn element(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&length, rest) = bytes.strip_prefix(&[tag])?.split_first()?;
    let more = usize::from(length.saturating_sub(0x80));
    let (long, rest) = rest.split_at_checked(more).filter(|_| more <= 2)?;
    let length = match more {
        0 => usize::from(length),
        _ => long.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)),
    };
    rest.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_keys_are_read_and_others_refused() {
        let pem = |der: &[u8]| {
            format!(
                "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
                STANDARD.encode(der)
            )
        };
        let wrap = |tag: u8, content: &[u8]| {
            let length = u16::try_from(content.len()).unwrap().to_be_bytes();
            [&[tag, 0x82, length[0], length[1]], content].concat()
        };
        let info = |algorithm: &[u8], key: &[u8]| {
            let bits = wrap(BIT_STRING, &[&[0], key].concat());
            wrap(SEQUENCE, &[wrap(SEQUENCE, algorithm), bits].concat())
        };
        let point = [&[4_u8], [7; 64].as_slice()].concat();
        let rsa = |bytes: usize| {
            let modulus = wrap(INTEGER, &[&[0], vec![0x99; bytes].as_slice()].concat());
            wrap(SEQUENCE, &[modulus, vec![INTEGER, 3, 1, 0, 1]].concat())
        };
        let kind = |der: &[u8]| read_public_key(&pem(der)).map(|(algorithm, _)| algorithm);
        assert_eq!(kind(&info(P256, &point)), Ok(Algorithm::Es256));
        assert_eq!(kind(&info(RSA, &rsa(256))), Ok(Algorithm::Rs256));
        for wrong in
            [info(P256, &point[1..]), info(RSA, &rsa(128)), info(&RSA[1..], &rsa(256)), vec![]]
        {
            assert_eq!(kind(&wrong), Err(WrongKey::Kind));
        }
        let whole = info(RSA, &rsa(256));
        assert!((0..whole.len()).all(|end| kind(&whole[..end]).is_err()));
        assert_eq!(read_public_key("pk"), Err(WrongKey::NotPem));
        assert_eq!(read_public_key(&pem(&whole).replace('M', "!")), Err(WrongKey::NotPem));
    }
}
