//! Buckets of time: hours in UTC, days in the site's time zone.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use shared::Timestamp;

const HOUR_MS: i64 = 3_600_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Granularity {
    Hour = 0,
    Day = 1,
}

/// `start` counts hours since 1970 in UTC, or days since 1970-01-01 in the site's zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bucket {
    pub granularity: Granularity,
    pub start: i32,
}

impl Bucket {
    pub fn hour(time: Timestamp) -> Self {
        Self { granularity: Granularity::Hour, start: clamp(time.millis().div_euclid(HOUR_MS)) }
    }

    pub fn day(time: Timestamp, zone: &Zone) -> Self {
        Self { granularity: Granularity::Day, start: zone.day_of(time) }
    }

    pub const fn of_day(day: i32) -> Self {
        Self { granularity: Granularity::Day, start: day }
    }

    /// The first hour that begins at `time` or later.
    pub fn first_hour_from(time: Timestamp) -> i32 {
        clamp(-(-time.millis()).div_euclid(HOUR_MS))
    }

    pub fn hour_start(hour: i32) -> Timestamp {
        Timestamp::from_millis(i64::from(hour) * HOUR_MS)
    }

    pub const fn of_hour(hour: i32) -> Self {
        Self { granularity: Granularity::Hour, start: hour }
    }
}

/// A time zone of the tz database, with its name.
#[derive(Clone, Debug)]
pub struct Zone(TimeZone);

impl Zone {
    /// `None` where the name is not in the tz database.
    pub fn named(name: &str) -> Option<Self> {
        TimeZone::get(name).ok().map(Self)
    }

    pub fn day_of(&self, time: Timestamp) -> i32 {
        day_number(self.0.to_datetime(instant(time)).date())
    }

    /// The instant at which a day begins, also where the clocks change at midnight.
    pub fn day_start(&self, day: i32) -> Timestamp {
        let start = date_of_day(day).to_zoned(self.0.clone());
        start.map_or(Timestamp::from_millis(i64::from(day) * 24 * HOUR_MS), |zoned| {
            Timestamp::from_millis(zoned.timestamp().as_millisecond())
        })
    }
}

pub fn date_of_day(day: i32) -> Date {
    let epoch = jiff::civil::date(1970, 1, 1);
    epoch.saturating_add(jiff::Span::new().days(i64::from(day)))
}

pub fn day_number(date: Date) -> i32 {
    let since = jiff::civil::date(1970, 1, 1).until(date);
    since.map_or(0, |span| span.get_days())
}

fn instant(time: Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_millisecond(time.millis()).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
}

fn clamp(number: i64) -> i32 {
    i32::try_from(number).unwrap_or(if number < 0 { i32::MIN } else { i32::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_begin_where_the_zone_says() {
        for (zone, utc, date) in [
            ("Europe/Rome", "2026-11-21T22:59:59Z", "2026-11-21"),
            ("Europe/Rome", "2026-11-21T23:00:00Z", "2026-11-22"),
            ("Europe/Rome", "2026-07-01T22:00:00Z", "2026-07-02"),
            ("Asia/Kolkata", "2026-11-21T18:30:00Z", "2026-11-22"),
            ("UTC", "1969-12-31T23:59:59Z", "1969-12-31"),
        ] {
            let zone = Zone::named(zone).unwrap();
            let time: jiff::Timestamp = utc.parse().unwrap();
            let time = Timestamp::from_millis(time.as_millisecond());
            let day = zone.day_of(time);
            assert_eq!(date_of_day(day).to_string(), date, "{utc}");
            assert_eq!(day_number(date_of_day(day)), day);
            assert!(zone.day_start(day) <= time && time < zone.day_start(day + 1));
        }
        assert!(Zone::named("Europe/Atlantis").is_none());
    }

    #[test]
    fn hours() {
        for (ms, bucket, first_from) in [(0, 0, 0), (1, 0, 1), (HOUR_MS, 1, 1), (-1, -1, 0)] {
            let time = Timestamp::from_millis(ms);
            assert_eq!(Bucket::hour(time).start, bucket, "{ms}");
            assert_eq!(Bucket::first_hour_from(time), first_from, "{ms}");
        }
    }
}
