//! JSON Web Tokens (RFC 7519) in their compact form: taken apart, and their signature checked. An
//! algorithm is the key's, never the token's own word.

use super::keys::{Algorithm, IdentityKey, der_of};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use ring::signature::{ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use serde_json::{Map, Value};
use sha2::Sha256;

const LENGTH_MAX: usize = 4_096;

pub struct Parts<'a> {
    pub algorithm: Algorithm,
    /// `kid`: which of the site's keys.
    pub key: Option<String>,
    /// Not to be believed before `is_signed`.
    pub claims: Map<String, Value>,
    signed: &'a str,
    signature: Vec<u8>,
}

/// `None` where it is no token, or of a kind that is not taken.
pub fn split(token: &str) -> Option<Parts<'_>> {
    let (signed, signature) = token.rsplit_once('.').filter(|_| token.len() <= LENGTH_MAX)?;
    let (header, claims) = signed.split_once('.')?;
    let header = object(header)?;
    // What is critical and not known has to be refused (RFC 7515, 4.1.11).
    let plain = !header.contains_key("crit") && !header.contains_key("b64");
    Some(Parts {
        algorithm: Algorithm::parse(header.get("alg")?.as_str()?).filter(|_| plain)?,
        key: header.get("kid").and_then(Value::as_str).map(str::to_owned),
        claims: object(claims)?,
        signed,
        signature: URL_SAFE_NO_PAD.decode(signature).ok()?,
    })
}

fn object(part: &str) -> Option<Map<String, Value>> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

/// `own`: the words that were made for the key, where it is not a public one.
pub fn is_signed(parts: &Parts<'_>, own: &str, key: &IdentityKey) -> bool {
    let (signed, signature) = (parts.signed.as_bytes(), parts.signature.as_slice());
    let by_public = |algorithm| {
        let der = key.public.as_deref().and_then(der_of).unwrap_or_default();
        UnparsedPublicKey::new(algorithm, der).verify(signed, signature).is_ok()
    };
    match key.algorithm {
        Algorithm::Hs256 => {
            let mac = <Hmac<Sha256> as Mac>::new_from_slice(own.as_bytes());
            mac.is_ok_and(|mac| mac.chain_update(signed).verify_slice(signature).is_ok())
        }
        Algorithm::Es256 => {
            by_public(&ECDSA_P256_SHA256_FIXED as &dyn ring::signature::VerificationAlgorithm)
        }
        Algorithm::Rs256 => by_public(&RSA_PKCS1_2048_8192_SHA256),
    }
}
