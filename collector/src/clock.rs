//! Instants in and out of text, and the current one.

use shared::Timestamp;

pub fn now() -> Timestamp {
    Timestamp::from_millis(jiff::Timestamp::now().as_millisecond())
}

/// RFC 3339, any offset. `None` also outside the years 1970 to 2999.
pub fn parse(text: &str) -> Option<Timestamp> {
    const YEAR_3000_MS: i64 = 32_503_680_000_000;
    let time: jiff::Timestamp = text.parse().ok()?;
    let millis = time.as_millisecond();
    (0..YEAR_3000_MS).contains(&millis).then_some(Timestamp::from_millis(millis))
}

/// RFC 3339 in UTC with milliseconds.
pub fn format(time: Timestamp) -> String {
    let instant = jiff::Timestamp::from_millisecond(time.millis()).unwrap_or_default();
    format!("{instant:.3}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_in_and_out() {
        for (text, printed) in [
            ("2026-11-22T10:00:00Z", Some("2026-11-22T10:00:00.000Z")),
            ("2026-11-22T11:00:00.5+01:00", Some("2026-11-22T10:00:00.500Z")),
            ("2026-11-22", None),
            ("1969-12-31T23:59:59Z", None),
            ("9999-12-31T23:59:59Z", None),
            ("yesterday", None),
        ] {
            assert_eq!(parse(text).map(format).as_deref(), printed, "{text}");
        }
    }
}
