//! What the page shows, and its form in the URL: `?period=30d&channel=phone`. Everything that
//! changes what is shown is here, so that a copied address shows the same page.

use crate::calendar::Date;
use form_urlencoded::{Serializer, parse};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Period {
    Days7,
    Days30,
    #[default]
    Days90,
    Months12,
    All,
    /// First and last day, both included.
    Custom(Date, Date),
}

/// Consecutive days, first and last included.
pub type Range = (Date, Date);

impl Period {
    /// Those that need no dates, in the order of the picker.
    pub const NAMED: [Self; 5] =
        [Self::Days7, Self::Days30, Self::Days90, Self::Months12, Self::All];

    const fn name(self) -> Option<&'static str> {
        match self {
            Self::Days7 => Some("7d"),
            Self::Days30 => Some("30d"),
            Self::Days90 => Some("90d"),
            Self::Months12 => Some("12m"),
            Self::All => Some("all"),
            Self::Custom(..) => None,
        }
    }

    fn parse(name: &str) -> Option<Self> {
        Self::NAMED.into_iter().find(|period| period.name() == Some(name))
    }

    /// The days it covers; `None` where it has no bounds.
    pub fn range(self, today: Date) -> Option<Range> {
        match self {
            Self::Days7 => Some((today.plus_days(-6), today)),
            Self::Days30 => Some((today.plus_days(-29), today)),
            Self::Days90 => Some((today.plus_days(-89), today)),
            Self::Months12 => Some((today.minus_months(12).plus_days(1), today)),
            Self::All => None,
            Self::Custom(from, to) => Some((from, to)),
        }
    }
}

/// The days just before a range, as many as it has.
pub fn range_before((from, to): Range) -> Range {
    (from.plus_days(-days(from, to)), from.plus_days(-1))
}

fn days(from: Date, to: Date) -> i32 {
    to.days_since(from) + 1
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bucket {
    Day,
    Week,
    Month,
}

impl Bucket {
    pub const ALL: [Self; 3] = [Self::Day, Self::Week, Self::Month];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|bucket| bucket.name() == name)
    }

    /// Whether a line over these days has a readable number of points.
    pub fn suits(self, range: Option<Range>) -> bool {
        match (self, range.map(|(from, to)| days(from, to))) {
            (Self::Day, length) => length.is_some_and(|days| days <= 120),
            (Self::Week, length) => length.is_none_or(|days| (14..=800).contains(&days)),
            (Self::Month, length) => length.is_none_or(|days| days >= 60),
        }
    }

    /// What is shown unless the manager says otherwise: at most some thirty points.
    pub fn suggested(range: Option<Range>) -> Self {
        match range.map(|(from, to)| days(from, to)) {
            Some(..=31) => Self::Day,
            Some(32..=200) => Self::Week,
            _ => Self::Month,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    #[default]
    Score,
    Answers,
}

impl Sort {
    pub const ALL: [Self; 2] = [Self::Score, Self::Answers];
}

/// The filters that narrow the answers, apart from the period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    Survey,
    Channel,
    Service,
}

impl Field {
    pub const ALL: [Self; 3] = [Self::Survey, Self::Channel, Self::Service];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Survey => "survey",
            Self::Channel => "channel",
            Self::Service => "service",
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filters {
    pub period: Period,
    pub survey: Option<String>,
    pub channel: Option<String>,
    pub service: Option<String>,
    /// `None`: as the period suggests.
    pub bucket: Option<Bucket>,
    pub sort: Sort,
    /// Words looked for in comments.
    pub words: String,
}

impl Filters {
    /// From the page's query, with or without `?`; what it does not know it leaves alone.
    pub fn from_query(query: &str) -> Self {
        let mut filters = Self::default();
        let (mut from, mut to) = (None, None);
        for (name, value) in parse(query.trim_start_matches('?').as_bytes()) {
            let value = value.trim();
            match &*name {
                "period" => filters.period = Period::parse(value).unwrap_or_default(),
                "from" => from = Date::parse(value),
                "to" => to = Date::parse(value),
                "bucket" => filters.bucket = Bucket::parse(value),
                "sort" if value == "answers" => filters.sort = Sort::Answers,
                "q" => filters.words = value.to_owned(),
                other => filters.read_field(other, value),
            }
        }
        if let (Some(from), Some(to)) = (from, to) {
            filters.period = Period::Custom(from.min(to), from.max(to));
        }
        filters
    }

    fn read_field(&mut self, name: &str, value: &str) {
        if let Some(field) = Field::ALL.into_iter().find(|field| field.name() == name) {
            self.set(field, Some(value.to_owned()).filter(|value| !value.is_empty()));
        }
    }

    pub fn get(&self, field: Field) -> Option<&str> {
        match field {
            Field::Survey => self.survey.as_deref(),
            Field::Channel => self.channel.as_deref(),
            Field::Service => self.service.as_deref(),
        }
    }

    pub fn set(&mut self, field: Field, value: Option<String>) {
        match field {
            Field::Survey => self.survey = value,
            Field::Channel => self.channel = value,
            Field::Service => self.service = value,
        }
    }

    pub fn without(&self, field: Field) -> Self {
        let mut filters = self.clone();
        filters.set(field, None);
        filters
    }

    /// The page's query, empty for the defaults, else with `?` in front.
    pub fn to_query(&self) -> String {
        let mut query = Serializer::new(String::new());
        match self.period {
            Period::Custom(from, to) => {
                query.append_pair("from", &from.to_string());
                query.append_pair("to", &to.to_string());
            }
            period if period == Period::default() => {}
            period => {
                query.append_pair("period", period.name().unwrap_or_default());
            }
        }
        self.append_fields(&mut query);
        if let Some(bucket) = self.bucket {
            query.append_pair("bucket", bucket.name());
        }
        if self.sort == Sort::Answers {
            query.append_pair("sort", "answers");
        }
        if !self.words.is_empty() {
            query.append_pair("q", &self.words);
        }
        prefixed(query.finish())
    }

    /// The query of a request over these days, with `more` parameters, with `?` where not empty.
    pub fn request_query(&self, range: Option<Range>, more: &[(&str, &str)]) -> String {
        let mut query = Serializer::new(String::new());
        if let Some((from, to)) = range {
            query.append_pair("from", &from.to_string());
            query.append_pair("to", &to.to_string());
        }
        self.append_fields(&mut query);
        query.extend_pairs(more);
        prefixed(query.finish())
    }

    fn append_fields(&self, query: &mut Serializer<'_, String>) {
        for field in Field::ALL {
            if let Some(value) = self.get(field) {
                query.append_pair(field.name(), value);
            }
        }
    }

    /// The bucket of the trend over these days.
    pub fn bucket_over(&self, range: Option<Range>) -> Bucket {
        self.bucket.filter(|b| b.suits(range)).unwrap_or_else(|| Bucket::suggested(range))
    }
}

fn prefixed(query: String) -> String {
    if query.is_empty() { query } else { format!("?{query}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        Date::parse(text).expect(text)
    }

    #[test]
    fn a_query_survives_the_round_trip() {
        for query in [
            "",
            "?period=7d",
            "?period=all&channel=phone",
            "?from=2026-10-01&to=2026-10-31&survey=post-service&service=carta-identita",
            "?bucket=month&sort=answers&q=troppa+attesa+%26+fila",
        ] {
            assert_eq!(Filters::from_query(query).to_query(), query);
        }
    }

    #[test]
    fn what_makes_no_sense_is_left_out() {
        for (query, expected) in [
            ("?period=90d", ""),
            ("?period=17d&foo=bar&channel=", ""),
            ("?from=2026-10-01", ""),
            ("?from=2026-02-30&to=2026-03-01", ""),
            ("?from=2026-10-31&to=2026-10-01", "?from=2026-10-01&to=2026-10-31"),
            ("?bucket=hour&sort=name", ""),
        ] {
            assert_eq!(Filters::from_query(query).to_query(), expected, "{query}");
        }
    }

    #[test]
    fn periods_and_the_days_before_them() {
        let today = date("2026-11-22");
        for (period, from, before) in [
            (Period::Days7, "2026-11-16", "2026-11-09"),
            (Period::Days30, "2026-10-24", "2026-09-24"),
            (Period::Days90, "2026-08-25", "2026-05-27"),
            (Period::Months12, "2025-11-23", "2024-11-23"),
        ] {
            let range = period.range(today).unwrap();
            assert_eq!(range, (date(from), today));
            assert_eq!(range_before(range), (date(before), date(from).plus_days(-1)));
        }
        assert_eq!(Period::All.range(today), None);
    }

    #[test]
    fn requests_carry_days_and_filters() {
        let filters = Filters::from_query("?channel=phone&q=fila&bucket=day");
        let range = Some((date("2026-11-01"), date("2026-11-22")));
        assert_eq!(
            filters.request_query(range, &[("bucket", "day")]),
            "?from=2026-11-01&to=2026-11-22&channel=phone&bucket=day"
        );
        assert_eq!(filters.without(Field::Channel).request_query(None, &[]), "");
    }

    #[test]
    fn the_bucket_follows_the_period() {
        let today = date("2026-11-22");
        for (period, bucket) in [
            (Period::Days7, Bucket::Day),
            (Period::Days30, Bucket::Day),
            (Period::Days90, Bucket::Week),
            (Period::Months12, Bucket::Month),
            (Period::All, Bucket::Month),
        ] {
            assert_eq!(Filters::default().bucket_over(period.range(today)), bucket);
        }
        let daily = Filters { bucket: Some(Bucket::Day), ..Filters::default() };
        assert_eq!(daily.bucket_over(Period::Days90.range(today)), Bucket::Day);
        assert_eq!(daily.bucket_over(None), Bucket::Month);
    }
}
