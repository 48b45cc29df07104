//! Numbers, dates and names as people read them: rounded, in the reader's language.

use crate::calendar::Date;
use crate::filters::Range;
use crate::measure::Measure;
use crate::texts::{Texts, fill};

/// U+2212, as wide as the plus.
const MINUS: char = '\u{2212}';

/// `4,127`.
pub fn count(t: &Texts, n: u64) -> String {
    let digits = n.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(t.thousands);
        }
        grouped.push(digit);
    }
    grouped
}

/// `50`, or `50+` where there are more.
pub fn count_so_far(t: &Texts, n: u64, more: bool) -> String {
    format!("{}{}", count(t, n), if more { "+" } else { "" })
}

/// "4,127 answers", "1 answer".
pub fn answers(t: &Texts, n: u64) -> String {
    format!("{} {}", count(t, n), if n == 1 { t.answer } else { t.answers })
}

/// With so many decimals, halves away from zero, the language's separator and a true minus;
/// never "−0".
pub fn number(t: &Texts, value: f64, decimals: usize) -> String {
    let scale = 10f64.powi(i32::try_from(decimals).unwrap_or(0));
    let text = format!("{:.*}", decimals, (value.abs() * scale).round() / scale);
    let text = text.replace('.', &t.decimal.to_string());
    if value < 0.0 && !is_nothing(&text) { format!("{MINUS}{text}") } else { text }
}

/// The same with a plus before what is above zero.
pub fn signed(t: &Texts, value: f64, decimals: usize) -> String {
    let text = number(t, value, decimals);
    if value > 0.0 && !is_nothing(&text) { format!("+{text}") } else { text }
}

/// Whether a number was rounded to nothing.
pub fn is_nothing(number: &str) -> bool {
    !number.bytes().any(|byte| matches!(byte, b'1'..=b'9'))
}

/// A score in its own unit: NPS `+31`, satisfaction `82%`, ease `5.4`.
pub fn score(t: &Texts, measure: Measure, value: f64) -> String {
    match measure {
        Measure::Nps => signed(t, value, 0),
        Measure::Csat => format!("{}%", number(t, value, 0)),
        Measure::Ces => number(t, value, 1),
    }
}

/// A difference of two scores: points, or tenths of the mean.
pub fn difference(t: &Texts, measure: Measure, points: f64) -> String {
    signed(t, points, if measure == Measure::Ces { 1 } else { 0 })
}

/// "+28 to +34".
pub fn interval(t: &Texts, measure: Measure, low: f64, high: f64) -> String {
    fill(t.range, &[&score(t, measure, low), &score(t, measure, high)])
}

/// A share, 0 to 1, as `18%`; what is there but rounds to nothing is `<1%`.
pub fn share(t: &Texts, share: f64) -> String {
    let percent = share * 100.0;
    if percent > 0.0 && percent < 0.5 {
        return "<1%".to_owned();
    }
    format!("{}%", number(t, percent, 0))
}

/// Part of a whole, 0 to 1; 0 where there is no whole.
pub fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// `<0.001`, `0.02`.
pub fn p_value(t: &Texts, p: f64) -> String {
    if p < 0.001 {
        return format!("<{}", number(t, 0.001, 3));
    }
    number(t, p, if p < 0.01 { 3 } else { 2 })
}

/// `45 s`, `9 min`, `1 h 5 min`.
pub fn duration(seconds: f64) -> String {
    let seconds = seconds.max(0.0).round() as u64;
    let minutes = (seconds + 30) / 60;
    match (seconds, minutes) {
        (..60, _) => format!("{seconds} s"),
        (_, ..60) => format!("{minutes} min"),
        (_, minutes) if minutes % 60 == 0 => format!("{} h", minutes / 60),
        (_, minutes) => format!("{} h {} min", minutes / 60, minutes % 60),
    }
}

/// `22 Nov 2026`.
pub fn date(t: &Texts, date: Date) -> String {
    format!("{} {}", day_and_month(t, date), date.parts().0)
}

/// `22 Nov`.
pub fn day_and_month(t: &Texts, date: Date) -> String {
    let (_, month, day) = date.parts();
    format!("{day} {}", month_name(t, month))
}

/// `Nov 2026`.
pub fn month(t: &Texts, date: Date) -> String {
    let (year, month, _) = date.parts();
    format!("{} {year}", month_name(t, month))
}

fn month_name(t: &Texts, month: u32) -> &'static str {
    t.months.get(month as usize - 1).copied().unwrap_or_default()
}

/// `16–22 Nov 2026`, with no more repeated than needed.
pub fn days(t: &Texts, (from, to): Range) -> String {
    let ((from_year, from_month, from_day), (to_year, to_month, _)) = (from.parts(), to.parts());
    if from == to {
        date(t, to)
    } else if (from_year, from_month) == (to_year, to_month) {
        format!("{from_day}\u{2013}{}", date(t, to))
    } else if from_year == to_year {
        format!("{} \u{2013} {}", day_and_month(t, from), date(t, to))
    } else {
        format!("{} \u{2013} {}", date(t, from), date(t, to))
    }
}

/// "3 days ago", for the time that has gone by.
pub fn ago(t: &Texts, elapsed_ms: f64) -> String {
    const MINUTE_MS: f64 = 60_000.0;
    const DAY_MS: f64 = 1_440.0 * MINUTE_MS;
    const UNITS_MS: [f64; 6] =
        [MINUTE_MS, 60.0 * MINUTE_MS, DAY_MS, 7.0 * DAY_MS, 30.44 * DAY_MS, 365.25 * DAY_MS];
    let Some(unit) = UNITS_MS.iter().rposition(|unit| elapsed_ms >= *unit) else {
        return t.just_now.to_owned();
    };
    match ((elapsed_ms / UNITS_MS[unit]).floor() as u64, t.ago[unit]) {
        (1, (one, _)) => one.to_owned(),
        (n, (_, many)) => fill(many, &[&n.to_string()]),
    }
}

/// A key that has no words of its own, made readable: `carta-identita` is "Carta identita".
pub fn humanise(key: &str) -> String {
    let words = key.replace(['-', '_'], " ");
    let mut letters = words.trim().chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// The channel's name, or the owner's own word for it.
pub fn channel(t: &Texts, key: &str) -> String {
    t.channel_names
        .iter()
        .find(|(known, _)| *known == key)
        .map_or_else(|| humanise(key.strip_prefix("x-").unwrap_or(key)), |(_, name)| (*name).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::Language;

    fn en() -> &'static Texts {
        Language::English.texts()
    }
    fn it() -> &'static Texts {
        Language::Italian.texts()
    }

    #[test]
    fn counts_are_grouped() {
        for (n, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(count(en(), n), text);
        }
        assert_eq!(count(it(), 4_127), "4.127");
        assert_eq!(count_so_far(en(), 50, true), "50+");
        assert_eq!(count_so_far(en(), 3, false), "3");
        assert_eq!(answers(en(), 1), "1 answer");
        assert_eq!(answers(it(), 2), "2 risposte");
    }

    #[test]
    fn scores_are_rounded_for_reading() {
        for (measure, value, text) in [
            (Measure::Nps, 30.8421, "+31"),
            (Measure::Nps, -4.4, "−4"),
            (Measure::Nps, -0.4, "0"),
            (Measure::Nps, 0.3, "0"),
            (Measure::Nps, 100.0, "+100"),
            (Measure::Nps, 30.5, "+31"),
            (Measure::Csat, 0.5, "1%"),
            (Measure::Csat, 82.49, "82%"),
            (Measure::Ces, 5.43, "5.4"),
        ] {
            assert_eq!(score(en(), measure, value), text, "{value}");
        }
        assert_eq!(score(it(), Measure::Ces, 5.43), "5,4");
        assert_eq!(difference(it(), Measure::Ces, -0.25), "−0,3");
        assert_eq!(interval(en(), Measure::Nps, -3.2, 2.7), "−3 to +3");
        assert_eq!(interval(it(), Measure::Nps, 28.1, 34.4), "da +28 a +34");
    }

    #[test]
    fn shares_and_p_values() {
        for (value, text) in [(0.0, "0%"), (0.004, "<1%"), (0.005, "1%"), (0.184, "18%")] {
            assert_eq!(share(en(), value), text);
        }
        for (p, text) in [(2.2e-5, "<0.001"), (0.0041, "0.004"), (0.0413, "0.04"), (1.0, "1.00")] {
            assert_eq!(p_value(en(), p), text);
        }
        assert_eq!(p_value(it(), 0.0001), "<0,001");
        assert_eq!(ratio(1, 0).to_bits(), 0);
    }

    #[test]
    fn durations_and_times_gone_by() {
        for (seconds, text) in [
            (45.2, "45 s"),
            (60.0, "1 min"),
            (540.0, "9 min"),
            (3_600.0, "1 h"),
            (3_900.0, "1 h 5 min"),
        ] {
            assert_eq!(duration(seconds), text);
        }
        for (minutes, text) in [
            (0.5, "just now"),
            (1.0, "1 minute ago"),
            (125.0, "2 hours ago"),
            (1_500.0, "yesterday"),
            (3.0 * 1_440.0, "3 days ago"),
            (20.0 * 1_440.0, "2 weeks ago"),
            (400.0 * 1_440.0, "1 year ago"),
        ] {
            assert_eq!(ago(en(), minutes * 60_000.0), text);
        }
        assert_eq!(ago(it(), 3.0 * 3_600_000.0), "3 ore fa");
    }

    #[test]
    fn days_repeat_no_more_than_needed() {
        for (from, to, text) in [
            ("2026-11-22", "2026-11-22", "22 Nov 2026"),
            ("2026-11-16", "2026-11-22", "16–22 Nov 2026"),
            ("2026-10-26", "2026-11-01", "26 Oct – 1 Nov 2026"),
            ("2025-12-29", "2026-01-04", "29 Dec 2025 – 4 Jan 2026"),
        ] {
            let range = (Date::parse(from).unwrap(), Date::parse(to).unwrap());
            assert_eq!(days(en(), range), text);
        }
    }

    #[test]
    fn keys_become_names() {
        assert_eq!(humanise("carta-identita"), "Carta identita");
        assert_eq!(humanise(""), "");
        assert_eq!(channel(it(), "counter"), "Sportello");
        assert_eq!(channel(en(), "x-mobile_desk"), "Mobile desk");
    }
}
