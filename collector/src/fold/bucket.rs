//! Buckets of time: days and months in the site's time zone.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use shared::Timestamp;

const DAY_MS: i64 = 24 * 3_600_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Granularity {
    Day = 1,
    Month = 2,
}

/// `start`: the bucket's first day, counted from 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bucket {
    pub granularity: Granularity,
    pub start: i32,
}

impl Bucket {
    pub const fn of_day(day: i32) -> Self {
        Self { granularity: Granularity::Day, start: day }
    }

    /// The month that begins with a day.
    pub const fn of_months(start: i32) -> Self {
        Self { granularity: Granularity::Month, start }
    }

    /// The month that holds a day.
    pub fn month_of(day: i32) -> Self {
        let start = day_number(date_of_day(day).first_of_month());
        Self { granularity: Granularity::Month, start }
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

    /// The day of an instant and the milliseconds since that day began.
    pub fn split(&self, time: Timestamp) -> (i32, u32) {
        let day = self.day_of(time);
        let ms = time.millis() - self.day_start(day).millis();
        // A day has at most 25 hours and a little.
        (day, u32::try_from(ms).unwrap_or_default())
    }

    /// The instant at which a day begins, also where the clocks change at midnight.
    pub fn day_start(&self, day: i32) -> Timestamp {
        let start = date_of_day(day).to_zoned(self.0.clone());
        start.map_or(Timestamp::from_millis(i64::from(day) * DAY_MS), |zoned| {
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
    fn months() {
        for (date, first) in [
            ("2026-11-22", "2026-11-01"),
            ("2024-02-29", "2024-02-01"),
            ("1970-01-01", "1970-01-01"),
        ] {
            let day = day_number(date.parse().unwrap());
            assert_eq!(date_of_day(Bucket::month_of(day).start).to_string(), first);
        }
    }
}
