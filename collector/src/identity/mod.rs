//! Who a visitor is, as the site's own server has signed it: a JWT becomes a subject, a level and an
//! assurance, or is refused. Knows neither HTTP nor the store.

mod jwt;
mod keys;

pub use keys::{Algorithm, IdentityKey, IdentityKeys, KEYS_MAX, WrongKey, read_public_key};

use crate::secret::identity_secret;
use crate::state::Site;
use serde_json::{Map, Value};
use shared::Timestamp;
use shared::submission::{Assurance, Identity, IdentityLevel, SUBJECT_LENGTH_MAX};
use thiserror::Error;

/// A token that is valid for longer is as good as a password in a page.
const LIFETIME_S_MAX: i64 = 24 * 3600;
/// By so much the clocks of two servers may differ.
const LEEWAY_S: i64 = 60;

/// Why a token is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refused {
    #[error(
        "is not a signed token (JWT): three parts, base64url, signed with HS256, ES256 or RS256"
    )]
    Malformed,
    #[error("cannot be checked: the site has no identity key of this kind")]
    NoKey,
    #[error("is signed with none of the site's identity keys")]
    Signature,
    #[error("is over: the site's server has to sign a new one")]
    Expired,
    #[error("is not valid yet")]
    Early,
    #[error("is valid for more than 24 hours: exp has to be sooner")]
    Long,
    #[error("is for another site: aud has to be the site's public key or its id")]
    Audience,
    #[error("lacks {0}, or it is not what docs/identity.md says")]
    Claim(&'static str),
    #[error("is about another subject than identity.subject")]
    Subject,
    #[error("says another level or assurance than identity does")]
    Level,
}

impl Refused {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "malformed_token",
            Self::NoKey => "no_identity_key",
            Self::Signature => "wrong_signature",
            Self::Expired => "expired_token",
            Self::Early => "early_token",
            Self::Long => "long_token",
            Self::Audience => "wrong_audience",
            Self::Claim(_) => "wrong_claim",
            Self::Subject => "other_subject",
            Self::Level => "other_level",
        }
    }
}

/// What the token says, once it is believed. `claimed`: what stands beside it, which may not differ.
pub fn attest(
    token: &str,
    claimed: &Identity,
    site: &Site,
    secret: &[u8; 32],
    now: Timestamp,
) -> Result<Identity, Refused> {
    let parts = jwt::split(token).ok_or(Refused::Malformed)?;
    let mut keys = site.record.identity.of(parts.algorithm, parts.key.as_deref()).peekable();
    keys.peek().ok_or(Refused::NoKey)?;
    let own = |key: &IdentityKey| identity_secret(secret, site.number, key.number);
    if !keys.any(|key| jwt::is_signed(&parts, &own(key), key)) {
        return Err(Refused::Signature);
    }
    let claims = &parts.claims;
    check_times(claims, now.millis().div_euclid(1_000))?;
    check_audience(claims, site)?;
    let identity = read(claims)?;
    let differs = |subject: &String| Some(subject) != identity.subject.as_ref();
    if claimed.subject.as_ref().is_some_and(differs) {
        return Err(Refused::Subject);
    }
    let level = claimed.level != IdentityLevel::Anonymous && claimed.level != identity.level;
    let assurance = claimed.assurance.is_some() && claimed.assurance != identity.assurance;
    if level || assurance { Err(Refused::Level) } else { Ok(identity) }
}

/// Seconds since 1970; parts of seconds are cut off.
fn time(claims: &Map<String, Value>, name: &'static str) -> Result<Option<i64>, Refused> {
    let Some(value) = claims.get(name) else { return Ok(None) };
    let seconds = value.as_i64().or_else(|| {
        #[expect(clippy::cast_possible_truncation, reason = "saturates, and is then refused")]
        value.as_f64().map(|seconds| seconds as i64)
    });
    seconds.map(Some).ok_or(Refused::Claim(name))
}

fn check_times(claims: &Map<String, Value>, now_s: i64) -> Result<(), Refused> {
    let ends = time(claims, "exp")?.ok_or(Refused::Claim("exp"))?;
    let begins = time(claims, "nbf")?.max(time(claims, "iat")?);
    if ends.saturating_add(LEEWAY_S) <= now_s {
        return Err(Refused::Expired);
    }
    if begins.is_some_and(|begins| begins.saturating_sub(LEEWAY_S) > now_s) {
        return Err(Refused::Early);
    }
    if ends.saturating_sub(now_s) > LIFETIME_S_MAX + LEEWAY_S { Err(Refused::Long) } else { Ok(()) }
}

fn check_audience(claims: &Map<String, Value>, site: &Site) -> Result<(), Refused> {
    let ours = |value: &Value| {
        let audience = value.as_str();
        audience == Some(&*site.record.public_key) || audience == Some(&*site.record.site)
    };
    let is_ours = match claims.get("aud") {
        Some(Value::Array(many)) => many.iter().any(ours),
        Some(one) => ours(one),
        None => false,
    };
    is_ours.then_some(()).ok_or(Refused::Audience)
}

fn read(claims: &Map<String, Value>) -> Result<Identity, Refused> {
    let subject = claims
        .get("sub")
        .and_then(Value::as_str)
        .filter(|subject| !subject.is_empty() && subject.chars().count() <= SUBJECT_LENGTH_MAX);
    let subject = subject.ok_or(Refused::Claim("sub"))?.to_owned();
    let assurance = match claims.get("assurance").or_else(|| claims.get("acr")) {
        Some(value) => {
            let assurance = value.as_str().and_then(assurance);
            Some(assurance.ok_or(Refused::Claim("assurance"))?)
        }
        None => None,
    };
    let level = match (claims.get("level").map(Value::as_str), assurance) {
        (None, None) | (Some(Some("registered")), None) => IdentityLevel::Registered,
        (None | Some(Some("verified")), Some(_)) => IdentityLevel::Verified,
        (Some(Some("verified")), None) => return Err(Refused::Claim("assurance")),
        _ => return Err(Refused::Claim("level")),
    };
    Ok(Identity { level, assurance, subject: Some(subject), token: None })
}

/// eIDAS' levels (Commission Implementing Regulation 2015/1502), by their words or their addresses,
/// and the levels of SPID and CIE that were notified as them, as `SpidL2` or by their addresses.
fn assurance(name: &str) -> Option<Assurance> {
    let last = name.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    match last.as_str() {
        "low" | "spidl1" | "ciel1" => Some(Assurance::Low),
        "substantial" | "spidl2" | "ciel2" => Some(Assurance::Substantial),
        "high" | "spidl3" | "ciel3" => Some(Assurance::High),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn levels_and_assurances_are_read_or_refused() {
        use Assurance::{High, Low, Substantial};
        use IdentityLevel::{Registered, Verified};
        for (claims, expected) in [
            (json!({}), Ok((Registered, None))),
            (json!({"level": "registered"}), Ok((Registered, None))),
            (json!({"assurance": "low"}), Ok((Verified, Some(Low)))),
            (
                json!({"level": "verified", "assurance": "SpidL2"}),
                Ok((Verified, Some(Substantial))),
            ),
            (json!({"acr": "https://www.spid.gov.it/SpidL3"}), Ok((Verified, Some(High)))),
            (
                json!({"acr": "http://eidas.europa.eu/LoA/substantial"}),
                Ok((Verified, Some(Substantial))),
            ),
            (json!({"assurance": "CieL3"}), Ok((Verified, Some(High)))),
            (json!({"level": "verified"}), Err(Refused::Claim("assurance"))),
            (json!({"assurance": "gold"}), Err(Refused::Claim("assurance"))),
            (json!({"assurance": 3}), Err(Refused::Claim("assurance"))),
            (json!({"level": "registered", "assurance": "low"}), Err(Refused::Claim("level"))),
            (json!({"level": "anonymous"}), Err(Refused::Claim("level"))),
            (json!({"level": 7}), Err(Refused::Claim("level"))),
        ] {
            let mut claims = claims.as_object().unwrap().clone();
            claims.insert("sub".into(), json!("A-1"));
            let told = read(&claims).map(|identity| (identity.level, identity.assurance));
            assert_eq!(told, expected, "{claims:?}");
        }
        for subject in [json!(""), json!(7), json!("a".repeat(201))] {
            let claims = json!({"sub": subject});
            assert_eq!(read(claims.as_object().unwrap()), Err(Refused::Claim("sub")));
        }
    }

    #[test]
    fn a_token_lives_for_a_day_at_most() {
        for (claims, expected) in [
            (json!({"exp": 1_000}), Ok(())),
            (json!({"exp": 1_000.7, "iat": 900, "nbf": 950}), Ok(())),
            (json!({"exp": 940}), Err(Refused::Expired)),
            (json!({"exp": 941}), Ok(())),
            (json!({"exp": 1_000 + 86_460}), Ok(())),
            (json!({"exp": 1_001 + 86_460}), Err(Refused::Long)),
            (json!({"exp": 9e300}), Err(Refused::Long)),
            (json!({"exp": 2_000, "iat": 1_061}), Err(Refused::Early)),
            (json!({"exp": 2_000, "nbf": 1_061, "iat": 5}), Err(Refused::Early)),
            (json!({"exp": "soon"}), Err(Refused::Claim("exp"))),
            (json!({}), Err(Refused::Claim("exp"))),
        ] {
            assert_eq!(check_times(claims.as_object().unwrap(), 1_000), expected, "{claims}");
        }
    }
}
