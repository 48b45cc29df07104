//! The page's state: its filters, which are also its address, and the data that follows them.

use crate::browser;
use crate::calendar::Date;
use crate::feed::{Feed, Request};
use crate::filters::{Bucket, Field, Filters, Range, range_before};
use crate::source::Source;
use crate::texts::Language;
use leptos::prelude::*;
use shared::page::{SiteOut, SurveysOut};
use shared::summary::{ByOut, ChannelsOut, SummaryOut, TrendOut};

#[derive(Clone, Copy)]
pub struct Page {
    pub filters: RwSignal<Filters>,
    pub site: StoredValue<SiteOut>,
    pub today: Date,
    pub summary: Source<SummaryOut>,
    /// Of as many days just before; empty where the period has no bounds.
    pub before: Source<SummaryOut>,
    pub trend: Source<TrendOut>,
    /// Without the filter by channel: a channel alone cannot be compared.
    pub channels: Source<ChannelsOut>,
    /// Without the filter by service.
    pub services: Source<ByOut>,
    pub surveys: Source<SurveysOut>,
    pub comments: Feed,
    again: RwSignal<u32>,
}

impl Page {
    pub fn new(site: SiteOut, language: Signal<Language>) -> Self {
        let today = browser::today(&site.timezone);
        let filters = RwSignal::new(Filters::from_query(&browser::query()));
        let again = RwSignal::new(0);
        let paths = Paths { filters, base: StoredValue::new(base(&site)), today };
        let surveys = Source::new(paths.of(|_, _| Some("/surveys".to_owned())), again);
        let comments = Feed::new(feed_request(paths, surveys, language), again);
        Self {
            summary: Source::new(paths.of(summary), again),
            before: Source::new(paths.of(summary_before), again),
            trend: Source::new(paths.of(trend), again),
            channels: Source::new(paths.of(channels), again),
            services: Source::new(paths.of(services), again),
            site: StoredValue::new(site),
            filters,
            today,
            surveys,
            comments,
            again,
        }
    }

    pub fn range(&self) -> Option<Range> {
        self.filters.with(|filters| filters.period.range(self.today))
    }

    pub fn bucket(&self) -> Bucket {
        let range = self.range();
        self.filters.with(|filters| filters.bucket_over(range))
    }

    /// A step that the browser's "back" undoes.
    pub fn go(&self, change: impl FnOnce(&mut Filters)) {
        let before = self.filters.get_untracked();
        let mut after = before.clone();
        change(&mut after);
        if after != before {
            browser::push_query(&after.to_query());
            self.filters.set(after);
        }
    }

    /// A change as it is being typed: no step of its own.
    pub fn refine(&self, change: impl FnOnce(&mut Filters)) {
        let mut after = self.filters.get_untracked();
        change(&mut after);
        browser::replace_query(&after.to_query());
        self.filters.set(after);
    }

    /// The address has changed: back or forward.
    pub fn follow_address(&self) {
        self.filters.set(Filters::from_query(&browser::query()));
    }

    pub fn try_again(&self) {
        self.again.update(|times| *times += 1);
    }
}

fn base(site: &SiteOut) -> String {
    format!("/v1/sites/{}", site.site)
}

/// Turns filters into the paths of requests.
#[derive(Clone, Copy)]
struct Paths {
    filters: RwSignal<Filters>,
    base: StoredValue<String>,
    today: Date,
}

impl Paths {
    fn of(self, path: fn(&Filters, Option<Range>) -> Option<String>) -> Signal<Option<String>> {
        Memo::new(move |_| {
            let path = self.filters.with(|f| path(f, f.period.range(self.today)))?;
            Some(self.base.with_value(|base| base.clone() + &path))
        })
        .into()
    }
}

fn summary(filters: &Filters, range: Option<Range>) -> Option<String> {
    Some(format!("/summary{}", filters.request_query(range, &[])))
}

fn summary_before(filters: &Filters, range: Option<Range>) -> Option<String> {
    summary(filters, Some(range_before(range?)))
}

fn trend(filters: &Filters, range: Option<Range>) -> Option<String> {
    let bucket = filters.bucket_over(range).name();
    Some(format!("/summary/trend{}", filters.request_query(range, &[("bucket", bucket)])))
}

fn channels(filters: &Filters, range: Option<Range>) -> Option<String> {
    let query = filters.without(Field::Channel).request_query(range, &[]);
    Some(format!("/summary/channels{query}"))
}

fn services(filters: &Filters, range: Option<Range>) -> Option<String> {
    let query = filters.without(Field::Service).request_query(range, &[]);
    Some(format!("/summary/by/service{query}"))
}

fn responses(filters: &Filters, range: Option<Range>) -> Option<String> {
    let words = Some(("q", filters.words.as_str())).filter(|(_, words)| !words.is_empty());
    let more: Vec<_> = [Feed::LIMIT].into_iter().chain(words).collect();
    Some(format!("/responses{}", filters.request_query(range, &more)))
}

/// The comments wait for the surveys, which tell words from options.
fn feed_request(
    paths: Paths,
    surveys: Source<SurveysOut>,
    language: Signal<Language>,
) -> Signal<Option<Request>> {
    let path = paths.of(responses);
    Memo::new(move |_| {
        let surveys = surveys.data.get()?.surveys.clone();
        Some(Request { path: path.get()?, surveys, locale: language.get().tag() })
    })
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_asks_with_the_filters_that_concern_it() {
        let filters = Filters::from_query(
            "?from=2026-11-01&to=2026-11-22&channel=phone&service=anagrafe&q=fila",
        );
        let range = filters.period.range(Date::parse("2026-11-22").unwrap());
        let days = "from=2026-11-01&to=2026-11-22";
        for (path, expected) in [
            (summary(&filters, range), format!("/summary?{days}&channel=phone&service=anagrafe")),
            (
                summary_before(&filters, range),
                "/summary?from=2026-10-10&to=2026-10-31&channel=phone&service=anagrafe".to_owned(),
            ),
            (channels(&filters, range), format!("/summary/channels?{days}&service=anagrafe")),
            (services(&filters, range), format!("/summary/by/service?{days}&channel=phone")),
            (
                trend(&filters, range),
                format!("/summary/trend?{days}&channel=phone&service=anagrafe&bucket=day"),
            ),
            (
                responses(&filters, range),
                format!("/responses?{days}&channel=phone&service=anagrafe&limit=50&q=fila"),
            ),
        ] {
            assert_eq!(path, Some(expected));
        }
        assert_eq!(summary_before(&filters, None), None);
    }
}
