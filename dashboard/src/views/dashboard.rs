//! The page of someone who is signed in: filters on top, then the numbers from the most to the
//! least general.

use super::app::{Session, Shell};
use super::comments::Comments;
use super::comparison::{Compared, Dimension};
use super::filter_bar::FilterBar;
use super::funnel::Funnel;
use super::held::ToLookAt;
use super::news::News;
use super::nps::Nps;
use super::parts::shown;
use super::reasons::Reasons;
use super::satisfaction::Satisfaction;
use super::simulation::Simulation;
use super::top_bar::TopBar;
use super::trend::Trend;
use super::waiting::Waiting;
use crate::api::Failure;
use crate::filters::{Field, Filters, Period};
use crate::format;
use crate::page::{Overview, Page};
use crate::texts::{Texts, fill};
use leptos::prelude::*;
use shared::page::SessionOut;
use std::sync::Arc;

#[component]
pub fn Dashboard(shell: Shell, session: SessionOut) -> impl IntoView {
    let may_erase = session.role == "owner";
    let page = Page::new(session.site, shell.language.into());
    let back = window_event_listener(leptos::ev::popstate, move |_| page.follow_address());
    on_cleanup(move || back.remove());
    Effect::new(move |_| {
        if failure(page) == Some(Failure::SignedOut) {
            shell.session.set(Session::SignedOut(None));
        }
    });
    move || {
        let t = shell.language.get().texts();
        view! { <Sections shell page t may_erase /> }
    }
}

#[component]
fn Sections(shell: Shell, page: Page, t: &'static Texts, may_erase: bool) -> impl IntoView {
    // One message says so; sections that could only repeat it are left out.
    let nothing = move || {
        page.overview.data.with(|o| o.as_ref().is_some_and(|o| o.now.summary.responses == 0))
    };
    view! {
        <a class="skip" href="#results">{t.skip_to_content}</a>
        <div class="progress" class:on=move || is_pending(page) aria-hidden="true"></div>
        <TopBar shell t site=page.site.with_value(|site| site.name.clone()) />
        <FilterBar page t />
        <main id="results" tabindex="-1">
            <Problem page t />
            {shown(page.overview, "line", move |overview| headline(t, &overview))}
            {shown(page.overview, "tall", move |overview| scores(page, t, &overview))}
            <div class="sections" hidden=nothing><Trend page t /></div>
            <Compared page t dimension=Dimension::Channel />
            <Compared page t dimension=Dimension::Service />
            <div class="sections" hidden=nothing><Waiting page t /></div>
            <Funnel page t />
            <div class="sections" hidden=nothing><Reasons page t /></div>
            <ToLookAt shell page t may_erase />
            <div class="sections" hidden=nothing><Comments page t /></div>
            <div class="sections"><Simulation page t /></div>
        </main>
        <News page t />
    }
}

/// What failed, and the button that asks for everything again. The older numbers stay.
#[component]
fn Problem(page: Page, t: &'static Texts) -> impl IntoView {
    move || {
        let failure = failure(page)?;
        let old = page.overview.data.with(Option::is_some).then_some(t.old_numbers);
        Some(view! {
            <div class="banner" role="alert">
                <p><strong>{t.failed}</strong>" "{t.failure(&failure)}" "{old}</p>
                <button type="button" class="primary" on:click=move |_| page.try_again()>{t.try_again}</button>
            </div>
        })
    }
}

fn failure(page: Page) -> Option<Failure> {
    [
        page.overview.failure,
        page.trend.failure,
        page.channels.failure,
        page.services.failure,
        page.funnel.failure,
        page.surveys.failure,
        page.comments.failure,
        page.held.failure,
    ]
    .into_iter()
    .find_map(|failure| failure.get())
}

fn is_pending(page: Page) -> bool {
    [
        page.overview.pending,
        page.surveys.pending,
        page.trend.pending,
        page.channels.pending,
        page.services.pending,
        page.funnel.pending,
        page.comments.pending,
        page.held.pending,
    ]
    .into_iter()
    .any(|pending| pending.get())
}

/// "4,127 responses, 25 Aug – 22 Nov 2026", and how many more or fewer than before.
fn headline(t: &'static Texts, overview: &Overview) -> impl IntoView + use<> {
    let now = overview.now.summary.responses;
    let noun = if now == 1 { t.response } else { t.responses };
    let dates = overview.range.map_or_else(|| t.no_dates.to_owned(), |r| format::days(t, r));
    view! {
        <p class="headline">
            <span><strong>{format::count(t, now)}</strong>" "{noun}</span>
            <span>{dates}</span>
            {than_before(t, overview).map(|text| view! { <span class="faint">{text}</span> })}
        </p>
    }
}

const TIMES_MAX: f64 = 10.0;

fn than_before(t: &'static Texts, overview: &Overview) -> Option<String> {
    let (from, to) = overview.range?;
    let now = overview.now.summary.responses;
    let before = overview.before.as_ref()?.summary.responses;
    let days = (to.days_since(from) + 1).to_string();
    let times = format::ratio(now, before);
    if before == 0 || times == 0.0 {
        return None;
    }
    // Percents of a handful say nothing: then the count itself.
    if times > TIMES_MAX {
        return Some(fill(t.as_many_before, &[&format::count(t, before), &days]));
    }
    Some(match format::signed(t, (times - 1.0) * 100.0, 0) {
        same if format::is_nothing(&same) => fill(t.as_many_as_before, &[&days]),
        changed => fill(t.than_before, &[&format!("{changed}%"), &days]),
    })
}

fn scores(page: Page, t: &'static Texts, overview: &Arc<Overview>) -> impl IntoView + use<> {
    if overview.now.summary.responses == 0 {
        return view! { <div class="panel"><NoResponses page t /></div> }.into_any();
    }
    view! {
        <div class="scores">
            <Nps t overview=overview.clone() />
            <Satisfaction t overview=overview.clone() />
        </div>
    }
    .into_any()
}

/// Says what to do: take filters away, or look at a longer period.
#[component]
fn NoResponses(page: Page, t: &'static Texts) -> impl IntoView {
    let filtered = move || {
        page.filters
            .with(|filters| Field::ALL.into_iter().any(|field| filters.get(field).is_some()))
    };
    let bounded = move || page.filters.with(|filters| filters.period != Period::All);
    let all_time = move |_| page.go(|filters| filters.period = Period::All);
    let unfiltered = move |_| page.go(|f| *f = Filters { period: f.period, ..Filters::default() });
    view! {
        <div class="empty">
            <p class="empty-title">{t.empty}</p>
            <p>{move || if filtered() { t.empty_filtered } else { t.empty_period }}</p>
            <div class="actions">
                {move || filtered().then(|| view! {
                    <button type="button" class="primary" on:click=unfiltered>{t.remove_all_filters}</button>
                })}
                {move || bounded().then(|| view! {
                    <button type="button" class="secondary" on:click=all_time>{t.show_all_time}</button>
                })}
            </div>
        </div>
    }
}
