//! Dates and times as people and programs write them. What could be two days is an error until
//! someone has told the order; a time without an offset is read in a stated zone.

use crate::clock;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone};
use shared::Timestamp;

/// The hour of a date without a time: the same day in every zone nearby.
const NOON: Time = Time::constant(12, 0, 0, 0);
/// Words, numbers and signs of a date; more is no date.
const PARTS_MAX: usize = 12;
const LENGTH_MAX: usize = 80;

/// Whether 3/4 is in April or in March.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    DayFirst,
    MonthFirst,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateError {
    Unreadable,
    /// Day first or month first; both are dates.
    Ambiguous,
    ShortYear,
    /// There is no such day, or no such time on it.
    NoSuchDay,
    /// Before 1970, or past 2999.
    OutOfRange,
}

impl DateError {
    pub const fn message(self) -> &'static str {
        match self {
            Self::Unreadable => "is not a date that can be read",
            Self::Ambiguous => "could be two days; say --dates day-first or month-first",
            Self::ShortYear => "needs a year of four digits",
            Self::NoSuchDay => "there is no such day",
            Self::OutOfRange => "takes the years 1970 to 2999",
        }
    }
}

/// An instant. Numbers alone are seconds (10 digits), milliseconds (13) or a day (8) as
/// `20261122`.
pub fn read(text: &str, order: Option<Order>, zone: &TimeZone) -> Result<Timestamp, DateError> {
    let text = text.trim();
    if let Some(time) = clock::parse(text) {
        return Ok(time);
    }
    if let Some(time) = read_count(text) {
        return Ok(time);
    }
    let parts = Parts::of(text)?;
    let date = parts.date.resolve(order)?;
    let time = parts.time.unwrap_or(NOON);
    let zone = parts.offset.map_or_else(|| zone.clone(), TimeZone::fixed);
    let instant = zone.to_timestamp(DateTime::from_parts(date, time));
    let millis = instant.map_err(|_| DateError::OutOfRange)?.as_millisecond();
    // The same bounds as everywhere.
    clock::parse(&clock::format(Timestamp::from_millis(millis))).ok_or(DateError::OutOfRange)
}

/// Which orders a text can be read in; both where it says so itself.
pub fn orders(text: &str) -> [bool; 2] {
    let can = |order| read(text, Some(order), &TimeZone::UTC).is_ok();
    [can(Order::DayFirst), can(Order::MonthFirst)]
}

/// Whether the order would change what it means.
pub fn depends(text: &str) -> bool {
    read(text, None, &TimeZone::UTC) == Err(DateError::Ambiguous)
}

fn read_count(text: &str) -> Option<Timestamp> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: i64 = text.parse().ok()?;
    match text.len() {
        10 => Some(Timestamp::from_millis(number * 1_000)),
        13 => Some(Timestamp::from_millis(number)),
        _ => None,
    }
}

/// What the words and numbers of a text say.
struct Parts {
    date: Written,
    time: Option<Time>,
    offset: Option<Offset>,
}

#[derive(Clone, Copy)]
enum Written {
    Certain {
        year: i16,
        month: i8,
        day: i8,
    },
    /// Two numbers and a year.
    Either {
        first: i8,
        second: i8,
        year: i16,
    },
}

impl Written {
    fn resolve(self, order: Option<Order>) -> Result<Date, DateError> {
        let (year, month, day) = match (self, order) {
            (Self::Certain { year, month, day }, _) => (year, month, day),
            (Self::Either { first, second, year }, Some(Order::DayFirst)) => (year, second, first),
            (Self::Either { first, second, year }, Some(Order::MonthFirst)) => {
                (year, first, second)
            }
            (Self::Either { first, second, year }, None) if first == second => {
                (year, first, second)
            }
            (Self::Either { first, second, year }, None) if first > 12 => (year, second, first),
            (Self::Either { first, second, year }, None) if second > 12 => (year, first, second),
            (Self::Either { .. }, None) => return Err(DateError::Ambiguous),
        };
        Date::new(year, month, day).map_err(|_| DateError::NoSuchDay)
    }
}

impl Parts {
    fn of(text: &str) -> Result<Self, DateError> {
        if text.is_empty() || text.len() > LENGTH_MAX {
            return Err(DateError::Unreadable);
        }
        let mut found = Scan::default();
        let split = |c: char| c.is_whitespace() || c == ',';
        let words = text.split(split).filter(|word| !word.is_empty());
        for (count, word) in words.enumerate() {
            if count == PARTS_MAX {
                return Err(DateError::Unreadable);
            }
            found.take(word)?;
        }
        found.finish()
    }
}

#[derive(Default)]
struct Scan {
    date: Option<Written>,
    day: Option<i8>,
    month: Option<i8>,
    year: Option<i16>,
    time: Option<(i8, i8, i8, i32)>,
    afternoon: Option<bool>,
    offset: Option<Offset>,
}

impl Scan {
    fn take(&mut self, word: &str) -> Result<(), DateError> {
        // 2026-11-22T10:00 in one word, its second half as if it stood alone.
        if let Some((date, time)) = word.split_once(['T', 't'])
            && date.contains('-')
            && date.starts_with(|c: char| c.is_ascii_digit())
        {
            self.take(date)?;
            return self.take(time);
        }
        if word.starts_with(|c: char| c.is_ascii_digit()) {
            return self.take_number(word);
        }
        self.take_word(word)
    }

    fn take_number(&mut self, word: &str) -> Result<(), DateError> {
        if self.date.is_none() && self.month.is_none() {
            match numeric_date(word) {
                Some(Ok(date)) => {
                    self.date = Some(date);
                    return Ok(());
                }
                Some(Err(error)) => return Err(error),
                None => {}
            }
        }
        // The `h` of "9h05", not that of "5th".
        if word.contains([':', '.', 'h']) && !word.ends_with("th") && self.time.is_none() {
            return self.take_time(word);
        }
        let digits = word.trim_end_matches(['°', 'º', '.']);
        let digits = ["st", "nd", "rd", "th"]
            .iter()
            .find_map(|end| digits.strip_suffix(end))
            .unwrap_or(digits);
        // 3pm
        if let Some(hour) = ["am", "pm"].iter().find_map(|half| {
            let hour = word.to_ascii_lowercase().strip_suffix(half)?.parse::<i8>().ok()?;
            Some((hour, *half == "pm"))
        }) {
            (self.time, self.afternoon) = (Some((hour.0, 0, 0, 0)), Some(hour.1));
            return Ok(());
        }
        match (digits.len(), digits.parse::<i16>()) {
            (1 | 2, Ok(day)) if self.day.is_none() => self.day = i8::try_from(day).ok(),
            (4, Ok(year)) if self.year.is_none() => self.year = Some(year),
            (8, _) if self.date.is_none() && digits.bytes().all(|b| b.is_ascii_digit()) => {
                let part = |range: std::ops::Range<usize>| digits[range].parse::<i16>().ok();
                let (year, month, day) = (part(0..4), part(4..6), part(6..8));
                self.date = certain(year, month, day);
            }
            _ => return Err(DateError::Unreadable),
        }
        Ok(())
    }

    fn take_time(&mut self, word: &str) -> Result<(), DateError> {
        let end = word.find(|c: char| !(c.is_ascii_digit() || matches!(c, ':' | '.' | ',')));
        let (time, rest) = word.split_at(end.unwrap_or(word.len()));
        let time = time.replace('.', ":");
        let mut numbers = time.split(':');
        let mut number = || numbers.next().map(str::parse::<i8>);
        let (Some(Ok(hour)), Some(Ok(minute))) = (number(), number()) else {
            return Err(DateError::Unreadable);
        };
        let second = number().transpose().map_err(|_| DateError::Unreadable)?.unwrap_or_default();
        let nanos = numbers.next().map_or(Some(0), fraction).ok_or(DateError::Unreadable)?;
        if numbers.next().is_some() {
            return Err(DateError::Unreadable);
        }
        self.time = Some((hour, minute, second, nanos));
        if rest.is_empty() { Ok(()) } else { self.take_word(rest) }
    }

    fn take_word(&mut self, word: &str) -> Result<(), DateError> {
        let lower = word.to_lowercase();
        let plain: String = lower.chars().filter(|c| *c != '.').collect();
        if let Some(month) = month(&plain) {
            self.month = Some(month);
        } else if let "am" | "pm" = plain.as_str() {
            self.afternoon = Some(plain == "pm");
        } else if let Some(offset) = offset(&plain) {
            self.offset = Some(offset);
        } else if !IGNORED.contains(&plain.as_str()) {
            return Err(DateError::Unreadable);
        }
        Ok(())
    }

    fn finish(self) -> Result<Parts, DateError> {
        let in_words =
            || Some(Written::Certain { year: self.year?, month: self.month?, day: self.day? });
        let date = self.date.or_else(in_words).ok_or(DateError::Unreadable)?;
        let time = match self.time {
            None => None,
            Some((hour, minute, second, nanos)) => {
                let hour = match self.afternoon {
                    None => hour,
                    Some(_) if !(1..=12).contains(&hour) => return Err(DateError::NoSuchDay),
                    Some(afternoon) => hour % 12 + if afternoon { 12 } else { 0 },
                };
                // A leap second is the last one of its minute.
                let time = Time::new(hour, minute, second.min(59), nanos);
                Some(time.map_err(|_| DateError::NoSuchDay)?)
            }
        };
        Ok(Parts { date, time, offset: self.offset })
    }
}

/// Words that say nothing more.
const IGNORED: [&str; 37] = [
    "at",
    "of",
    "the",
    "de",
    "del",
    "alle",
    "ore",
    "il",
    "mon",
    "tue",
    "wed",
    "thu",
    "fri",
    "sat",
    "sun",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "lun",
    "mer",
    "gio",
    "ven",
    "sab",
    "dom",
    "lunedì",
    "martedì",
    "mercoledì",
    "giovedì",
    "venerdì",
    "sabato",
    "domenica",
    "-",
    "h",
];

fn certain(year: Option<i16>, month: Option<i16>, day: Option<i16>) -> Option<Written> {
    let small = |number: Option<i16>| i8::try_from(number?).ok();
    Some(Written::Certain { year: year?, month: small(month)?, day: small(day)? })
}

/// `None` where it is something else.
fn numeric_date(word: &str) -> Option<Result<Written, DateError>> {
    let sign = word.chars().find(|c| matches!(c, '/' | '-' | '.'))?;
    let parts: Vec<&str> = word.split(sign).collect();
    let [first, second, third] = parts[..] else { return None };
    let number = |text: &str| match text.bytes().all(|byte| byte.is_ascii_digit()) {
        true => text.parse::<i16>().ok(),
        false => None,
    };
    let (a, b, c) = (number(first)?, number(second)?, number(third)?);
    let unreadable = Err(DateError::Unreadable);
    if first.len() == 4 {
        return Some(certain(Some(a), Some(b), Some(c)).map_or(unreadable, Ok));
    }
    if first.len() > 2 || second.len() > 2 {
        return Some(unreadable);
    }
    if third.len() != 4 {
        return Some(Err(DateError::ShortYear));
    }
    // With dots the day is first, wherever people write so.
    if sign == '.' {
        return Some(certain(Some(c), Some(b), Some(a)).map_or(unreadable, Ok));
    }
    let (Ok(first), Ok(second)) = (i8::try_from(a), i8::try_from(b)) else {
        return Some(unreadable);
    };
    Some(Ok(Written::Either { first, second, year: c }))
}

/// Nanoseconds of the digits after the seconds.
fn fraction(digits: &str) -> Option<i32> {
    if digits.is_empty() || digits.len() > 9 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    format!("{digits:0<9}").parse().ok()
}

fn month(word: &str) -> Option<i8> {
    const MONTHS: [[&str; 2]; 12] = [
        ["january", "gennaio"],
        ["february", "febbraio"],
        ["march", "marzo"],
        ["april", "aprile"],
        ["may", "maggio"],
        ["june", "giugno"],
        ["july", "luglio"],
        ["august", "agosto"],
        ["september", "settembre"],
        ["october", "ottobre"],
        ["november", "novembre"],
        ["december", "dicembre"],
    ];
    let is_short = word.len() >= 3 && word.is_ascii();
    let alike = |name: &&str| {
        *name == word
            || word == "sept" && name.starts_with(word)
            || is_short && word.len() == 3 && name.starts_with(word)
    };
    let mut months = (1..).zip(MONTHS);
    months.find(|(_, names)| names.iter().any(alike)).map(|(number, _)| number)
}

/// `Z`, `GMT+2`, `UTC-03:30`, `+0200`, and the short names that mean one thing alone.
fn offset(word: &str) -> Option<Offset> {
    let hours = match word {
        "z" | "utc" | "gmt" | "wet" => 0,
        "cet" | "west" => 1,
        "cest" | "eet" => 2,
        "eest" => 3,
        "est" => -5,
        "edt" => -4,
        "pst" => -8,
        "pdt" => -7,
        _ => {
            let rest = word.strip_prefix("gmt").or_else(|| word.strip_prefix("utc"));
            return signed_offset(rest.unwrap_or(word));
        }
    };
    Some(Offset::constant(hours))
}

fn signed_offset(text: &str) -> Option<Offset> {
    let (sign, digits) = match text.strip_prefix('+') {
        Some(digits) => (1, digits),
        None => (-1, text.strip_prefix('-').or_else(|| text.strip_prefix('\u{2212}'))?),
    };
    let (hours, minutes) = match digits.split_once(':') {
        Some(parts) => parts,
        None if digits.len() == 4 && digits.is_ascii() => digits.split_at(2),
        None => (digits, "0"),
    };
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !is_number(hours) || !is_number(minutes) || hours.len() > 2 || minutes.len() > 2 {
        return None;
    }
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    if hours > 14 || minutes > 59 {
        return None;
    }
    Offset::from_seconds(sign * (hours * 3_600 + minutes * 60)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_or_refused() {
        let rome = TimeZone::get("Europe/Rome").unwrap();
        let d = Some(Order::DayFirst);
        let m = Some(Order::MonthFirst);
        for (text, order, expected) in [
            ("2026-11-22T10:00:00Z", None, Ok("2026-11-22T10:00:00.000Z")),
            ("2026-11-22T10:00", None, Ok("2026-11-22T09:00:00.000Z")),
            ("2026-11-22 10:00:05.25", None, Ok("2026-11-22T09:00:05.250Z")),
            ("2026-11-22", None, Ok("2026-11-22T11:00:00.000Z")),
            ("20261122", None, Ok("2026-11-22T11:00:00.000Z")),
            ("1790000000", None, Ok("2026-09-21T14:13:20.000Z")),
            ("1790000000123", None, Ok("2026-09-21T14:13:20.123Z")),
            ("2022/06/22 11:07:29 AM EST", None, Ok("2022-06-22T16:07:29.000Z")),
            ("2022/06/22 1:07:29 PM GMT+2", None, Ok("2022-06-22T11:07:29.000Z")),
            ("2022/06/22 12:07:29 AM GMT-03:30", None, Ok("2022-06-22T03:37:29.000Z")),
            ("12/02/2026 19.07.17", d, Ok("2026-02-12T18:07:17.000Z")),
            ("12/02/2026 19.07.17", m, Ok("2026-12-02T18:07:17.000Z")),
            ("12/02/2026 19.07.17", None, Err(DateError::Ambiguous)),
            ("13/02/2026", None, Ok("2026-02-13T11:00:00.000Z")),
            ("02/13/2026", None, Ok("2026-02-13T11:00:00.000Z")),
            ("02/02/2026", None, Ok("2026-02-02T11:00:00.000Z")),
            ("02/13/2026", d, Err(DateError::NoSuchDay)),
            ("31.12.2025 23:30", None, Ok("2025-12-31T22:30:00.000Z")),
            ("5 marzo 2024", None, Ok("2024-03-05T11:00:00.000Z")),
            ("lunedì 5 marzo 2024 alle ore 9:05", None, Ok("2024-03-05T08:05:00.000Z")),
            ("Mar 5, 2024 3:05pm", None, Ok("2024-03-05T14:05:00.000Z")),
            ("March 5th, 2024", None, Ok("2024-03-05T11:00:00.000Z")),
            ("Tue, 05 Mar 2024 10:11:12 +0000", None, Ok("2024-03-05T10:11:12.000Z")),
            // Both hours of a clock change are one name; the first is taken.
            ("2026-10-25 02:30", None, Ok("2026-10-25T00:30:00.000Z")),
            ("12/02/26", d, Err(DateError::ShortYear)),
            ("30/02/2026", d, Err(DateError::NoSuchDay)),
            ("2026-11-22 25:00", None, Err(DateError::NoSuchDay)),
            ("1969-12-31", None, Err(DateError::OutOfRange)),
            ("yesterday", None, Err(DateError::Unreadable)),
            ("2026-11-22 10:00 CST", None, Err(DateError::Unreadable)),
            ("9", None, Err(DateError::Unreadable)),
            ("", None, Err(DateError::Unreadable)),
        ] {
            let read = read(text, order, &rome).map(clock::format);
            assert_eq!(read.as_deref().map_err(|error| *error), expected, "{text} {order:?}");
        }
    }
}
