//! The page's state: its filters, which are also its address, and the data that follows them.

use crate::api::{self, Failure};
use crate::browser;
use crate::calendar::Date;
use crate::comments::Comment;
use crate::feed::{self, Feed, Request};
use crate::filters::{Bucket, Field, Filters, Range, range_before};
use crate::held::{Decision, Held, Outcome};
use crate::live::Live;
use crate::source::Source;
use crate::texts::Language;
use futures_util::future::try_join;
use leptos::prelude::*;
use serde::de::DeserializeOwned;
use shared::page::{SiteOut, SurveysOut};
use shared::summary::{ByOut, ChannelsOut, FunnelOut, SummaryOut, TrendOut};
use web_sys::AbortSignal;

#[derive(Clone, Copy)]
pub struct Page {
    pub filters: RwSignal<Filters>,
    pub site: StoredValue<SiteOut>,
    pub today: Date,
    pub overview: Source<Overview>,
    pub trend: Source<TrendOut>,
    /// Without the filter by channel: a channel alone cannot be compared.
    pub channels: Source<ChannelsOut>,
    /// Without the filter by service.
    pub services: Source<ByOut>,
    pub funnel: Source<FunnelOut>,
    pub surveys: Source<SurveysOut>,
    pub comments: Feed<Comment>,
    /// Whatever the filters are: what is to be decided hides behind no period.
    pub held: Feed<Held>,
    pub live: Live,
    again: RwSignal<u32>,
    /// Apart from `again`, so that what comes in moves nothing that is being read.
    comments_again: RwSignal<u32>,
    /// Apart from `again`, so that a decision does not take the reader back to the first page.
    held_again: RwSignal<u32>,
}

/// The numbers of a period and of as many days just before, which belong together.
pub struct Overview {
    pub range: Option<Range>,
    pub now: SummaryOut,
    /// `None` where the period has no bounds.
    pub before: Option<SummaryOut>,
}

impl Page {
    pub fn new(site: SiteOut, language: Signal<Language>) -> Self {
        let today = browser::today(&site.timezone);
        let filters = RwSignal::new(Filters::from_query(&browser::query()));
        let [again, comments_again, held_again] = [0; 3].map(RwSignal::new);
        let paths = Paths { filters, base: StoredValue::new(base(&site)), today };
        let surveys = Source::new(paths.of(|_, _| "/surveys".to_owned()), again, get);
        Self {
            overview: Source::new(paths.overview(), again, get_overview),
            trend: Source::new(paths.of(trend), again, get),
            channels: Source::new(paths.of(channels), again, get),
            services: Source::new(paths.of(services), again, get),
            funnel: Source::new(paths.of(funnel), again, get),
            comments: Feed::new(
                feed_request(paths.of(responses), surveys, language),
                comments_again,
            ),
            held: Feed::new(feed_request(paths.of(held), surveys, language), held_again),
            site: StoredValue::new(site),
            filters,
            today,
            surveys,
            live: Live::new(paths.of(stream), again),
            again,
            comments_again,
            held_again,
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
        self.ask_again();
        self.held_again.update(|times| *times += 1);
    }

    fn ask_again(&self) {
        let _ = self.again.try_update(|times| *times += 1);
        self.show_new();
    }

    /// Shows the comments anew, with those that came meanwhile.
    pub fn show_new(&self) {
        let _ = self.live.new.try_set(0);
        let _ = self.comments_again.try_update(|times| *times += 1);
    }

    /// Lets a held response count, or erases it; then the numbers are asked for again.
    pub async fn decide(&self, id: &str, decision: Decision) -> Result<Outcome, Failure> {
        let response = self.site.with_value(|site| format!("{}/responses/{id}", base(site)));
        let answer = match decision {
            Decision::Count => api::post(&format!("{response}/accept")).await,
            Decision::Erase => api::delete(&response).await,
        };
        let outcome = decision.outcome(answer)?;
        self.ask_again();
        Ok(outcome)
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
    fn of(self, path: fn(&Filters, Option<Range>) -> String) -> Memo<String> {
        Memo::new(move |_| {
            self.filters.with(|f| self.absolute(&path(f, f.period.range(self.today))))
        })
    }

    fn overview(self) -> Memo<OverviewRequest> {
        Memo::new(move |_| {
            self.filters.with(|filters| {
                let range = filters.period.range(self.today);
                let path = |range| self.absolute(&summary(filters, range));
                let before = range.map(|range| path(Some(range_before(range))));
                OverviewRequest { range, now: path(range), before }
            })
        })
    }

    fn absolute(self, path: &str) -> String {
        self.base.with_value(|base| format!("{base}{path}"))
    }
}

#[derive(Clone, PartialEq)]
struct OverviewRequest {
    range: Option<Range>,
    now: String,
    before: Option<String>,
}

async fn get_overview(request: OverviewRequest, abort: AbortSignal) -> Result<Overview, Failure> {
    let before = async {
        match &request.before {
            Some(path) => api::get(path, &abort).await.map(Some),
            None => Ok(None),
        }
    };
    let (now, before) = try_join(api::get(&request.now, &abort), before).await?;
    Ok(Overview { range: request.range, now, before })
}

async fn get<T: DeserializeOwned>(path: String, abort: AbortSignal) -> Result<T, Failure> {
    api::get(&path, &abort).await
}

fn summary(filters: &Filters, range: Option<Range>) -> String {
    format!("/summary{}", filters.request_query(range, &[]))
}

fn trend(filters: &Filters, range: Option<Range>) -> String {
    let bucket = filters.bucket_over(range).name();
    format!("/summary/trend{}", filters.request_query(range, &[("bucket", bucket)]))
}

fn channels(filters: &Filters, range: Option<Range>) -> String {
    format!("/summary/channels{}", filters.without(Field::Channel).request_query(range, &[]))
}

fn services(filters: &Filters, range: Option<Range>) -> String {
    format!("/summary/by/service{}", filters.without(Field::Service).request_query(range, &[]))
}

fn funnel(filters: &Filters, range: Option<Range>) -> String {
    format!("/summary/funnel{}", filters.request_query(range, &[]))
}

fn stream(filters: &Filters, range: Option<Range>) -> String {
    format!("/stream{}", filters.request_query(range, &[]))
}

fn responses(filters: &Filters, range: Option<Range>) -> String {
    let words = Some(("q", filters.words.as_str())).filter(|(_, words)| !words.is_empty());
    let more: Vec<_> = [feed::LIMIT].into_iter().chain(words).collect();
    format!("/responses{}", filters.request_query(range, &more))
}

fn held(_: &Filters, _: Option<Range>) -> String {
    format!(
        "/responses{}",
        Filters::default().request_query(None, &[("held", "true"), feed::LIMIT])
    )
}

/// The lists wait for the surveys, which tell words from options.
fn feed_request(
    path: Memo<String>,
    surveys: Source<SurveysOut>,
    language: Signal<Language>,
) -> Signal<Option<Request>> {
    Memo::new(move |_| {
        let surveys = surveys.data.get()?.surveys.clone();
        Some(Request { path: path.get(), surveys, locale: language.get().tag() })
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
            (
                funnel(&filters, range),
                format!("/summary/funnel?{days}&channel=phone&service=anagrafe"),
            ),
            (stream(&filters, range), format!("/stream?{days}&channel=phone&service=anagrafe")),
            (held(&filters, range), "/responses?held=true&limit=50".to_owned()),
        ] {
            assert_eq!(path, expected);
        }
    }
}
