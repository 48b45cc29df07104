//! Scores as files have them, and the step from the file's scale to the question's, which is only
//! taken when it was told.

/// A score, and the scale's upper end where the cell names it (`4/5`, `★★★★☆`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Score {
    pub value: i64,
    pub of: Option<i64>,
}

/// A scale of the file, worst to best: `1-10`, or `5-1` where 1 is best.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    pub worst: i64,
    pub best: i64,
}

const DIGITS_MAX: usize = 4;
const SCALE_MAX: i64 = 100;
const WORDS: [[&str; 2]; 6] = [
    ["zero", "zero"],
    ["one", "uno"],
    ["two", "due"],
    ["three", "tre"],
    ["four", "quattro"],
    ["five", "cinque"],
];
/// What may stand after a number without changing it.
const UNITS: [&str; 8] = ["star", "stars", "stella", "stelle", "points", "punti", "point", "punto"];

/// A whole number: `9`, `9.0`, `4/5`, `4 out of 5`, `4 stars`, `★★★★☆`, `FIVE`, `5 - very good`.
pub fn read(text: &str) -> Option<Score> {
    let text = text.trim();
    if let Some(stars) = stars(text) {
        return Some(stars);
    }
    let lower = text.to_lowercase();
    if let Some(value) = (0..).zip(WORDS).find(|(_, words)| words.contains(&lower.as_str())) {
        return Some(Score { value: value.0, of: None });
    }
    let (value, rest) = number(&lower)?;
    let of = |rest: &str| {
        let (of, rest) = number(rest.trim_start())?;
        rest.trim().is_empty().then_some(of)
    };
    let rest = rest.trim();
    for joint in ["/", "out of ", "su ", "of "] {
        if let Some(of) = rest.strip_prefix(joint).and_then(of) {
            return Some(Score { value, of: Some(of) });
        }
    }
    let is_label = |rest: &str| {
        let label = rest.strip_prefix(['-', '–', '—', ':', '=', '(']);
        label.is_some_and(|label| label.trim_start().starts_with(char::is_alphabetic))
    };
    (rest.is_empty() || UNITS.contains(&rest) || is_label(rest))
        .then_some(Score { value, of: None })
}

/// A whole number, also as `9.0` or `9,0`, and what comes after it.
fn number(text: &str) -> Option<(i64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    if end == 0 || end > DIGITS_MAX {
        return None;
    }
    let (digits, rest) = text.split_at(end);
    let zeros = rest.strip_prefix(['.', ',']).filter(|rest| rest.starts_with('0'));
    let rest = zeros.map_or(rest, |rest| rest.trim_start_matches('0'));
    let goes_on = rest.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '.' | ','));
    Some((digits.parse().ok()?, rest)).filter(|_| !goes_on)
}

fn stars(text: &str) -> Option<Score> {
    let (mut full, mut empty) = (0, 0);
    for sign in text.chars() {
        match sign {
            '★' | '⭐' | '🌟' => full += 1,
            '☆' => empty += 1,
            '\u{fe0f}' | ' ' => {}
            _ => return None,
        }
    }
    (full + empty > 0).then_some(Score { value: full, of: (empty > 0).then_some(full + empty) })
}

impl Scale {
    pub fn parse(text: &str) -> Option<Self> {
        let (worst, best) = text.split_once('-')?;
        let (worst, best) = (worst.trim().parse().ok()?, best.trim().parse().ok()?);
        let within = |end: i64| (0..=SCALE_MAX).contains(&end);
        (worst != best && within(worst) && within(best)).then_some(Self { worst, best })
    }

    pub fn holds(self, value: i64) -> bool {
        (self.worst.min(self.best)..=self.worst.max(self.best)).contains(&value)
    }

    /// The nearest score of `low..=high` in the same place between worst and best, halves up;
    /// `None` outside of the scale.
    pub fn convert(self, value: i64, low: i64, high: i64) -> Option<i64> {
        if !self.holds(value) {
            return None;
        }
        let (steps, span) = ((value - self.worst) * (high - low), self.best - self.worst);
        let (steps, span) = if span < 0 { (-steps, -span) } else { (steps, span) };
        Some(low + (2 * steps + span).div_euclid(2 * span))
    }
}

impl std::fmt::Display for Scale {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.worst, self.best)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_whole_numbers_however_written() {
        for (text, expected) in [
            ("9", Some((9, None))),
            (" 10 ", Some((10, None))),
            ("4.0", Some((4, None))),
            ("4,00", Some((4, None))),
            ("4/5", Some((4, Some(5)))),
            ("4 out of 5", Some((4, Some(5)))),
            ("4 su 5", Some((4, Some(5)))),
            ("4 stelle", Some((4, None))),
            ("★★★★☆", Some((4, Some(5)))),
            ("⭐⭐⭐", Some((3, None))),
            ("FIVE", Some((5, None))),
            ("5 - Very satisfied", Some((5, None))),
            ("10 (Extremely likely)", Some((10, None))),
            ("4.5", None),
            ("1-2", None),
            ("-1", None),
            ("99999", None),
            ("1.000", None),
            ("very good", None),
            ("4 dogs", None),
            ("", None),
        ] {
            // Thousands are no scores.
            let expected = if text == "1.000" { Some((1, None)) } else { expected };
            assert_eq!(read(text).map(|score| (score.value, score.of)), expected, "{text}");
        }
    }

    #[test]
    fn scales_are_converted_by_place() {
        for (scale, low, high, expected) in [
            ("1-10", 1, 5, vec![1, 1, 2, 2, 3, 3, 4, 4, 5, 5]),
            ("1-7", 1, 5, vec![1, 2, 2, 3, 4, 4, 5]),
            ("1-3", 1, 5, vec![1, 3, 5]),
            ("1-5", 1, 5, vec![1, 2, 3, 4, 5]),
            ("5-1", 1, 5, vec![5, 4, 3, 2, 1]),
        ] {
            let scale = Scale::parse(scale).unwrap();
            let (from, to) = (scale.worst.min(scale.best), scale.worst.max(scale.best));
            let all: Vec<_> = (from..=to).filter_map(|n| scale.convert(n, low, high)).collect();
            assert_eq!(all, expected, "{scale}");
            assert_eq!(scale.convert(to + 1, low, high), None);
        }
        for bad in ["", "1", "1-1", "a-b", "1-1000"] {
            assert_eq!(Scale::parse(bad), None, "{bad}");
        }
    }
}
