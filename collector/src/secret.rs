//! Randomness, token hashes, receipts, hashed subjects, and what signs links and forms.

use crate::state::SiteNo;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use shared::ResponseId;
use subtle::ConstantTimeEq;

const RECEIPT_PREFIX: &str = "rc_";
const RECEIPT_MAC_BYTES: usize = 12;

/// # Panics
/// Where the operating system has no randomness: nothing safe can be done then.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives randomness");
    bytes
}

/// `prefix_` and 20 characters (120 bits): names that are not secret.
pub fn random_id(prefix: &str) -> String {
    let text = URL_SAFE_NO_PAD.encode(random::<24>());
    let plain: String = text.chars().filter(char::is_ascii_alphanumeric).take(20).collect();
    format!("{prefix}_{}", plain.to_ascii_lowercase())
}

/// `prefix_` and 256 bits.
pub fn new_token(prefix: &str) -> String {
    format!("{prefix}_{}", URL_SAFE_NO_PAD.encode(random::<32>()))
}

/// Tokens are looked up by this hash, so that no comparison runs over their secret words.
pub fn hash_token(words: &str) -> [u8; 32] {
    Sha256::digest(words).into()
}

/// Compares without telling by its time how much is right.
pub fn is_same_secret(given: &str, expected: &str) -> bool {
    hash_token(given).ct_eq(&hash_token(expected)).into()
}

/// The first 16 bytes of the SHA-256 of what was sent.
pub fn fingerprint(canonical: &[u8]) -> [u8; 16] {
    first(&Sha256::digest(canonical))
}

/// A subject as it is stored: the same subject of the same site gives the same hash, nothing else
/// can be learned from it without the key.
pub fn hash_subject(secret: &[u8; 32], site: SiteNo, subject: &str) -> [u8; 16] {
    first(&mac(secret, b"subject", &[&site.to_be_bytes(), subject.as_bytes()]))
}

/// What a site's server signs with that it knows its visitors: derived from the key's number, so that
/// it is stored nowhere.
pub fn identity_secret(secret: &[u8; 32], site: SiteNo, key: u32) -> String {
    let mac = mac(secret, b"identity", &[&site.to_be_bytes(), &key.to_be_bytes()]);
    format!("is_{}", URL_SAFE_NO_PAD.encode(mac))
}

/// What a site's questions for work are signed with.
pub fn proof_key(secret: &[u8; 32], site: SiteNo) -> [u8; 32] {
    mac(secret, b"proof", &[&site.to_be_bytes()])
}

/// With this the visitor takes the response back. Derived, so that a retry gets the same one.
pub fn receipt(secret: &[u8; 32], site: SiteNo, id: ResponseId) -> String {
    let mut bytes = site.to_be_bytes().to_vec();
    bytes.extend_from_slice(id.as_bytes());
    bytes.extend_from_slice(&receipt_mac(secret, site, id));
    format!("{RECEIPT_PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
}

/// The response that a receipt is for; `None` where it was not made here.
pub fn read_receipt(secret: &[u8; 32], receipt: &str) -> Option<(SiteNo, ResponseId)> {
    let bytes = URL_SAFE_NO_PAD.decode(receipt.strip_prefix(RECEIPT_PREFIX)?).ok()?;
    let (site, rest) = bytes.split_first_chunk::<4>()?;
    let (id, given) = rest.split_first_chunk::<16>()?;
    let (site, id) = (u32::from_be_bytes(*site), ResponseId::from_bytes(*id));
    bool::from(receipt_mac(secret, site, id).as_slice().ct_eq(given)).then_some((site, id))
}

fn receipt_mac(secret: &[u8; 32], site: SiteNo, id: ResponseId) -> [u8; RECEIPT_MAC_BYTES] {
    first(&mac(secret, b"receipt", &[&site.to_be_bytes(), id.as_bytes()]))
}

/// What makes a signed link one of ours.
pub fn link_mac<const N: usize>(secret: &[u8; 32], link: &[u8]) -> [u8; N] {
    first(&mac(secret, b"link", &[link]))
}

/// The random part of the id of the answer that a link is for. Nobody can use it up from outside.
pub fn link_id(secret: &[u8; 32], parts: &[&[u8]]) -> [u8; 10] {
    first(&mac(secret, b"answer", parts))
}

/// What makes a hosted form one that was made here.
pub fn ticket_mac<const N: usize>(secret: &[u8; 32], site: SiteNo, ticket: &[u8]) -> [u8; N] {
    first(&mac(secret, b"ticket", &[&site.to_be_bytes(), ticket]))
}

fn mac(secret: &[u8; 32], purpose: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(secret).expect("any length is a key");
    mac.update(purpose);
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

fn first<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut out = [0; N];
    out.copy_from_slice(&bytes[..N]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn receipts_name_one_response_and_cannot_be_made_up() {
        let (secret, id) = ([1; 32], ResponseId::new(9, [3; 10]));
        let words = receipt(&secret, 7, id);
        assert_eq!(read_receipt(&secret, &words), Some((7, id)));
        assert_eq!(read_receipt(&[2; 32], &words), None);
        let mut forged = words.clone().into_bytes();
        forged[10] ^= 1;
        assert_eq!(read_receipt(&secret, &String::from_utf8(forged).unwrap()), None);
        for bad in ["", "rc_", "rc_!!", &words[..20], &words[3..]] {
            assert_eq!(read_receipt(&secret, bad), None, "{bad}");
        }
        assert_eq!(random_id("st").len(), 23);
    }
}
