//! Proof of work in ALTCHA's form (version 1, SHA-256): the server asks for a number that only
//! trying finds, signs its question so that it need not remember it, and takes each answer once.
//! No third party, no picture, nothing to see or to click: a visitor's device computes for a
//! moment, a sender of many computes for long.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::{Mutex, PoisonError};
use subtle::ConstantTimeEq;
use thiserror::Error;

const ALGORITHM: &str = "SHA-256";
/// How long a question can be answered.
const LIFETIME_S: u64 = 600;
/// Answers of 24 bytes that are remembered until their question ends.
const USED_MAX: usize = 1 << 16;
/// Answers that share a lock and compete for room.
const WAYS: usize = 8;
/// Of an answer, in base64.
pub const PROOF_BYTES_MAX: usize = 1_024;

/// What a visitor's device is asked: the `number` from 0 to `maxnumber` with which the SHA-256 of
/// `salt` and the number, as text behind each other, is `challenge`.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Challenge {
    pub algorithm: String,
    pub challenge: String,
    pub maxnumber: u32,
    pub salt: String,
    pub signature: String,
}

/// What it answers: base64 of this as JSON.
#[derive(Deserialize)]
struct Proof {
    algorithm: String,
    challenge: String,
    number: u32,
    salt: String,
    signature: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ProofError {
    #[error("is not a proof of work")]
    Malformed,
    #[error("does not answer a question of this site")]
    Wrong,
    #[error("came too late; ask for another question")]
    Expired,
    #[error("was used for another response")]
    Used,
}

pub struct Proofs {
    maxnumber: u32,
    used: Vec<Mutex<[Used; WAYS]>>,
    hasher: RandomState,
}

#[derive(Clone, Copy, Default)]
struct Used {
    proof: u64,
    /// What it was used for: a retry of the same is no second use.
    purpose: u64,
    until_s: u64,
}

impl Proofs {
    /// `None` where no work is asked for. On average half of `maxnumber` are tried.
    pub fn new(maxnumber: u32) -> Option<Self> {
        let used = || (0..USED_MAX / WAYS).map(|_| Mutex::default()).collect();
        (maxnumber > 0).then(|| Self { maxnumber, used: used(), hasher: RandomState::new() })
    }

    /// A new question, signed with a key that is the site's own.
    pub fn challenge(&self, key: &[u8; 32], random: [u8; 12], now_s: u64) -> Challenge {
        // The last separator keeps digits of the number from passing for digits of the time.
        let salt = format!("{}?expires={}&", hex(&random), now_s + LIFETIME_S);
        let challenge = answer(&salt, secret_number(key, &salt, self.maxnumber));
        let signature = hex(&sign(key, &challenge));
        let algorithm = ALGORITHM.to_owned();
        Challenge { algorithm, challenge, maxnumber: self.maxnumber, salt, signature }
    }

    /// Takes an answer for one purpose, such as a response's id; again for the same one, but for
    /// no other.
    pub fn accept(
        &self,
        key: &[u8; 32],
        proof: &str,
        purpose: &[u8],
        now_s: u64,
    ) -> Result<(), ProofError> {
        let proof = read(proof).ok_or(ProofError::Malformed)?;
        let right = proof.algorithm == ALGORITHM
            && answer(&proof.salt, proof.number) == proof.challenge
            && is_signed(key, &proof);
        if !right {
            return Err(ProofError::Wrong);
        }
        let until_s = expires(&proof.salt).ok_or(ProofError::Malformed)?;
        if until_s <= now_s {
            return Err(ProofError::Expired);
        }
        self.use_up(&proof.signature, purpose, until_s, now_s)
    }

    /// Where a set is full of answers that could come again, the one that ends first is forgotten:
    /// whoever wants to use it twice has worked for all the others.
    fn use_up(
        &self,
        signature: &str,
        purpose: &[u8],
        until_s: u64,
        now_s: u64,
    ) -> Result<(), ProofError> {
        let (proof, purpose) = (self.hasher.hash_one(signature), self.hasher.hash_one(purpose));
        let place = usize::try_from(proof % self.used.len() as u64).unwrap_or_default();
        let mut set = self.used[place].lock().unwrap_or_else(PoisonError::into_inner);
        match set.iter().find(|used| used.proof == proof && used.until_s > now_s) {
            Some(used) if used.purpose == purpose => Ok(()),
            Some(_) => Err(ProofError::Used),
            None => {
                let first = (0..WAYS).min_by_key(|at| set[*at].until_s).unwrap_or_default();
                set[first] = Used { proof, purpose, until_s };
                Ok(())
            }
        }
    }
}

fn read(proof: &str) -> Option<Proof> {
    let bounded = Some(proof).filter(|proof| proof.len() <= PROOF_BYTES_MAX)?;
    serde_json::from_slice(&STANDARD.decode(bounded).ok()?).ok()
}

fn expires(salt: &str) -> Option<u64> {
    let (_, parameters) = salt.split_once('?')?;
    let mut pairs =
        parameters.strip_suffix('&')?.split('&').filter_map(|pair| pair.split_once('='));
    pairs.find(|(name, _)| *name == "expires")?.1.parse().ok()
}

fn answer(salt: &str, number: u32) -> String {
    hex(&Sha256::digest(format!("{salt}{number}")))
}

fn sign(key: &[u8; 32], challenge: &str) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(key).expect("any length is a key");
    mac.update(challenge.as_bytes());
    mac.finalize().into_bytes().into()
}

fn is_signed(key: &[u8; 32], proof: &Proof) -> bool {
    let expected = hex(&sign(key, &proof.challenge));
    expected.as_bytes().ct_eq(proof.signature.as_bytes()).into()
}

/// The number to find follows from key and salt: nobody without the key can know it.
fn secret_number(key: &[u8; 32], salt: &str, maxnumber: u32) -> u32 {
    let [a, b, c, d, e, f, g, h, ..] = sign(key, salt);
    let number = u64::from_be_bytes([a, b, c, d, e, f, g, h]) % (u64::from(maxnumber) + 1);
    u32::try_from(number).unwrap_or(maxnumber)
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 32] = [7; 32];
    const NOW_S: u64 = 1_790_000_000;

    fn proofs() -> Proofs {
        Proofs::new(500).unwrap()
    }

    /// As a visitor's device does.
    fn solve(challenge: &Challenge) -> serde_json::Value {
        let right = |number: &u32| answer(&challenge.salt, *number) == challenge.challenge;
        let number = (0..=challenge.maxnumber).find(right).expect("there is an answer");
        let Challenge { algorithm, challenge, salt, signature, .. } = challenge;
        serde_json::json!({"algorithm": algorithm, "challenge": challenge, "number": number,
            "salt": salt, "signature": signature, "took": 12})
    }

    fn encode(proof: &serde_json::Value) -> String {
        STANDARD.encode(proof.to_string())
    }

    #[test]
    fn an_answer_is_taken_once() {
        let proofs = proofs();
        let question = |random| proofs.challenge(&KEY, [random; 12], NOW_S);
        let proof = encode(&solve(&question(1)));
        assert_eq!(proofs.accept(&KEY, &proof, b"first", NOW_S), Ok(()));
        assert_eq!(proofs.accept(&KEY, &proof, b"first", NOW_S + 9), Ok(()), "a retry");
        assert_eq!(proofs.accept(&KEY, &proof, b"second", NOW_S), Err(ProofError::Used));
        let other = encode(&solve(&question(2)));
        assert_eq!(proofs.accept(&KEY, &other, b"second", NOW_S), Ok(()));
        let late = NOW_S + LIFETIME_S;
        assert_eq!(proofs.accept(&KEY, &proof, b"first", late), Err(ProofError::Expired));
    }

    #[test]
    fn what_was_not_asked_is_no_answer() {
        let proofs = proofs();
        let challenge = proofs.challenge(&KEY, [1; 12], NOW_S);
        let right = solve(&challenge);
        let number = right["number"].as_u64().unwrap();
        let with = |name: &str, value: serde_json::Value| {
            let mut changed = right.clone();
            changed[name] = value;
            encode(&changed)
        };
        let cases = [
            (String::new(), ProofError::Malformed),
            ("!".repeat(20), ProofError::Malformed),
            (" ".repeat(PROOF_BYTES_MAX + 1), ProofError::Malformed),
            (with("number", (-1).into()), ProofError::Malformed),
            (with("number", (number + 1).into()), ProofError::Wrong),
            (with("salt", "0?expires=9999999999&".into()), ProofError::Wrong),
            (with("algorithm", "SHA-1".into()), ProofError::Wrong),
            (with("signature", "00".into()), ProofError::Wrong),
            (with("challenge", answer("own", 1).into()), ProofError::Wrong),
        ];
        for (proof, error) in cases {
            assert_eq!(proofs.accept(&KEY, &proof, b"a", NOW_S), Err(error), "{proof}");
        }
        let of_another_site = proofs.accept(&[8; 32], &encode(&right), b"a", NOW_S);
        assert_eq!(of_another_site, Err(ProofError::Wrong));
        assert_eq!(proofs.accept(&KEY, &encode(&right), b"a", NOW_S), Ok(()));
    }

    #[test]
    fn digits_of_the_number_do_not_pass_for_time() {
        let proofs = proofs();
        let spliced = (0..=u8::MAX).find_map(|random| {
            let mut right = solve(&proofs.challenge(&KEY, [random; 12], NOW_S));
            let digits = right["number"].to_string();
            let (first, rest) = digits.split_at(1);
            let number: u32 = rest.parse().ok().filter(|_| !rest.starts_with('0'))?;
            right["salt"] = format!("{}{first}", right["salt"].as_str()?).into();
            right["number"] = number.into();
            Some(right)
        });
        let spliced = encode(&spliced.expect("most numbers have such digits"));
        assert_eq!(proofs.accept(&KEY, &spliced, b"a", NOW_S), Err(ProofError::Malformed));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let proofs = proofs();
        for used in 0..USED_MAX * 2 {
            let taken = proofs.use_up(&used.to_string(), b"a", NOW_S + used as u64, NOW_S);
            assert!(taken.is_ok(), "{used}");
        }
        assert_eq!(proofs.used.len() * WAYS, USED_MAX);
        let last = (USED_MAX * 2 - 1).to_string();
        assert_eq!(proofs.use_up(&last, b"b", NOW_S + 1, NOW_S), Err(ProofError::Used));
        assert!(Proofs::new(0).is_none());
    }
}
