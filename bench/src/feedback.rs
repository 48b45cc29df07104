//! Responses of a plausible year: the n-th is always the same, so that nothing but its number need
//! be remembered. Nine channels, six services, three locales, three devices, tags, attributes, and
//! a comment on three in ten.

use fastrand::Rng;
use serde_json::{Value, json};
use shared::ResponseId;

/// 2025-11-01T00:00:00Z and a year, in milliseconds.
const YEAR_FROM_MS: u64 = 1_761_955_200_000;
const YEAR_MS: u64 = 365 * 24 * 3_600_000;

/// With their shares in hundredths.
const CHANNELS: [(&str, u32); 9] = [
    ("web", 33),
    ("counter", 19),
    ("phone", 13),
    ("email", 11),
    ("app", 9),
    ("kiosk", 7),
    ("qr", 5),
    ("chat", 2),
    ("sms", 1),
];
const SERVICES: [(&str, u32); 6] = [
    ("carta-identita", 29),
    ("anagrafe", 23),
    ("tributi", 18),
    ("mensa-scolastica", 13),
    ("raccolta-rifiuti", 11),
    ("biblioteca", 6),
];
const LOCALES: [(&str, u32); 3] = [("it", 80), ("en", 15), ("de", 5)];
const DEVICES: [(&str, u32); 3] = [("phone", 60), ("desktop", 32), ("tablet", 8)];
const TAGS: [(&str, u32); 4] = [("pilot", 40), ("evening", 30), ("new-form", 20), ("vip", 10)];
const PLANS: [(&str, u32); 3] = [("basic", 70), ("plus", 25), ("gold", 5)];
const REASONS: [&str; 5] = ["waiting", "staff", "unclear", "unresolved", "technical"];
const WORDS: [&str; 24] = [
    "attesa",
    "troppo",
    "lunga",
    "allo",
    "sportello",
    "personale",
    "gentile",
    "modulo",
    "chiaro",
    "online",
    "appuntamento",
    "rapido",
    "problema",
    "risolto",
    "subito",
    "telefono",
    "nessuno",
    "risponde",
    "grazie",
    "documento",
    "pagamento",
    "orari",
    "comodi",
    "informazioni",
];
const COMMENT_SHARE: f64 = 0.3;

/// Who sends it: the public side takes fewer channels and believes only recent times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    Visitor,
    Owner,
}

impl By {
    /// Odd numbers are visitors'.
    pub const fn of(n: u64) -> Self {
        if n % 2 == 1 { Self::Visitor } else { Self::Owner }
    }
}

/// The id of the n-th response; ids sort by number.
pub fn id(n: u64) -> ResponseId {
    let mut random = [0x5a; 10];
    random[2..].copy_from_slice(&n.to_be_bytes());
    ResponseId::new(YEAR_FROM_MS + n / 1_000, random)
}

/// Which response has this id.
pub fn number(id: &str) -> Option<u64> {
    let id = ResponseId::parse(id).ok()?;
    let bytes = id.as_bytes().last_chunk::<8>()?;
    // The variant's two bits lie over the first of them, which is always zero in a number.
    let mut number = *bytes;
    number[0] = 0;
    Some(u64::from_be_bytes(number)).filter(|number| self::id(*number) == id)
}

fn pick(rng: &mut Rng, from: &[(&'static str, u32)]) -> &'static str {
    let mut at = rng.u32(0..from.iter().map(|(_, share)| share).sum());
    let found = from.iter().find(|(_, share)| match at.checked_sub(*share) {
        Some(less) => {
            at = less;
            false
        }
        None => true,
    });
    found.map_or("", |(name, _)| name)
}

/// The body of the n-th response.
pub fn body(n: u64) -> String {
    value(n).to_string()
}

pub fn value(n: u64) -> Value {
    let by = By::of(n);
    let rng = &mut Rng::with_seed(n.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let channel = loop {
        let channel = pick(rng, &CHANNELS);
        if by == By::Owner || !matches!(channel, "counter" | "phone") {
            break channel;
        }
    };
    let score = rng.u64(0..=10).max(rng.u64(0..=10));
    let mut response = json!({
        "id": id(n).to_string(), "survey": "post-service", "survey_version": 1,
        "channel": channel, "service": pick(rng, &SERVICES), "locale": pick(rng, &LOCALES),
        "answers": answers(rng, score),
        "context": {"device": pick(rng, &DEVICES), "attributes": {"plan": pick(rng, &PLANS)}},
    });
    if rng.f64() < 0.4 {
        response["context"]["tags"] = json!([pick(rng, &TAGS)]);
    }
    if matches!(channel, "counter" | "phone" | "kiosk") {
        response["service_event"] =
            json!({"waited_s": rng.u64(20..2_000), "served_s": rng.u64(60..900)});
    }
    if by == By::Owner {
        response["occurred_at"] = json!(instant(YEAR_FROM_MS + rng.u64(0..YEAR_MS)));
    }
    response
}

fn answers(rng: &mut Rng, score: u64) -> Value {
    let mut answers = json!({"recommend": score});
    if rng.f64() < 0.9 {
        answers["satisfaction"] = json!((1 + score * 2 / 5).min(5));
    }
    if score <= 6 {
        answers["reasons"] = json!([REASONS[rng.usize(0..REASONS.len())]]);
    }
    if rng.f64() < COMMENT_SHARE {
        let words = (0..rng.usize(4..25)).map(|_| WORDS[rng.usize(0..WORDS.len())]);
        answers["comment"] = json!(words.collect::<Vec<_>>().join(" "));
    }
    answers
}

/// RFC 3339 in UTC of a time after 1970.
fn instant(ms: u64) -> String {
    let (days, rest) = (ms / 86_400_000, ms % 86_400_000);
    let (year, month, day) = civil(days);
    let (h, m, s, milli) = (rest / 3_600_000, rest / 60_000 % 60, rest / 1_000 % 60, rest % 1_000);
    format!("{year:04}-{month:02}-{day:02}T{h:02}:{m:02}:{s:02}.{milli:03}Z")
}

/// Days since 1970 as year, month, day (Howard Hinnant's algorithm).
fn civil(days: u64) -> (u64, u64, u64) {
    let z = days + 719_468;
    let era = z / 146_097;
    let of_era = z % 146_097;
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year + era * 400 + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_tells_its_number() {
        for n in [0, 1, 255, 256, 1_000_000, 123_456_789] {
            assert_eq!(number(&id(n).to_string()), Some(n));
        }
        assert_eq!(number("019ab3c4-5d6e-7f80-9abc-def012345678"), None);
    }

    #[test]
    fn times_are_written_as_people_do() {
        assert_eq!(instant(YEAR_FROM_MS), "2025-11-01T00:00:00.000Z");
        assert_eq!(instant(1_709_209_845_678), "2024-02-29T12:30:45.678Z");
    }

    #[test]
    fn a_number_is_always_the_same_response() {
        assert_eq!(body(7), body(7));
        assert_ne!(body(7), body(8));
    }
}
