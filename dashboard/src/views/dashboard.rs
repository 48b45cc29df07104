//! The page of someone who is signed in: filters on top, then the numbers from the most to the
//! least general.

use super::app::{Session, Shell};
use super::comments::Comments;
use super::comparison::{Compared, Dimension};
use super::filter_bar::FilterBar;
use super::nps::Nps;
use super::parts::{Empty, shown};
use super::reasons::Reasons;
use super::satisfaction::Satisfaction;
use super::top_bar::TopBar;
use super::trend::Trend;
use crate::api::Failure;
use crate::filters::{Field, Filters, Period};
use crate::format;
use crate::page::Page;
use crate::texts::{Texts, fill};
use leptos::prelude::*;
use shared::page::SessionOut;
use shared::summary::SummaryOut;

#[component]
pub fn Dashboard(shell: Shell, session: SessionOut) -> impl IntoView {
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
        view! { <Sections shell page t /> }
    }
}

#[component]
fn Sections(shell: Shell, page: Page, t: &'static Texts) -> impl IntoView {
    view! {
        <a class="skip" href="#results">{t.skip_to_content}</a>
        <div class="progress" class:on=move || is_pending(page) aria-hidden="true"></div>
        <TopBar shell t site=page.site.with_value(|site| site.name.clone()) />
        <FilterBar page t />
        <main id="results" tabindex="-1">
            <Problem page t />
            {shown(page.summary, "line", move |summary| headline(page, t, &summary))}
            {shown(page.summary, "tall", move |summary| scores(page, t, &summary))}
            <Trend page t />
            <Compared page t dimension=Dimension::Channel />
            <Compared page t dimension=Dimension::Service />
            <Reasons page t />
            <Comments page t />
        </main>
    }
}

/// What failed, and the button that asks for everything again. The older numbers stay.
#[component]
fn Problem(page: Page, t: &'static Texts) -> impl IntoView {
    move || {
        let failure = failure(page)?;
        let old = page.summary.data.with(Option::is_some).then_some(t.old_numbers);
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
        page.summary.failure,
        page.before.failure,
        page.trend.failure,
        page.channels.failure,
        page.services.failure,
        page.surveys.failure,
        page.comments.failure,
    ]
    .into_iter()
    .find_map(|failure| failure.get())
}

fn is_pending(page: Page) -> bool {
    [
        page.summary.pending,
        page.before.pending,
        page.trend.pending,
        page.channels.pending,
        page.services.pending,
        page.comments.pending,
    ]
    .into_iter()
    .any(|pending| pending.get())
}

/// "4,127 responses, 25 Aug – 22 Nov 2026", and how many more or fewer than before.
fn headline(page: Page, t: &'static Texts, summary: &SummaryOut) -> impl IntoView + use<> {
    let now = summary.summary.responses;
    let noun = if now == 1 { t.response } else { t.responses };
    let dates = move || page.range().map_or_else(|| t.no_dates.to_owned(), |r| format::days(t, r));
    let than_before = move || {
        let before = page.before.data.get()?.summary.responses;
        let percent = (format::ratio(now, before) - 1.0) * 100.0;
        (before > 0 && now > 0).then(|| match format::signed(t, percent, 0) {
            same if same == "0" => t.as_many_as_before.to_owned(),
            changed => fill(t.than_before, &[&format!("{changed}%")]),
        })
    };
    view! {
        <p class="headline">
            <span><strong>{format::count(t, now)}</strong>" "{noun}</span>
            <span>{dates}</span>
            {move || than_before().map(|text| view! { <span class="faint">{text}</span> })}
        </p>
    }
}

fn scores(page: Page, t: &'static Texts, summary: &SummaryOut) -> impl IntoView + use<> {
    if summary.summary.responses == 0 {
        return view! { <div class="panel"><NoResponses page t /></div> }.into_any();
    }
    view! {
        <div class="scores">
            <Nps page t summary=summary.summary.clone() />
            <Satisfaction page t summary=summary.summary.clone() />
        </div>
    }
    .into_any()
}

/// Says what to do: take filters away, or look at a longer period.
#[component]
pub fn NoResponses(page: Page, t: &'static Texts) -> impl IntoView {
    let filtered = Field::ALL.into_iter().any(|f| page.filters.with(|now| now.get(f).is_some()));
    let hint = if filtered { t.empty_filtered } else { t.empty_period };
    let all_time = move |_| page.go(|filters| filters.period = Period::All);
    let unfiltered = move |_| page.go(|f| *f = Filters { period: f.period, ..Filters::default() });
    let action = view! {
        <div class="actions">
            {filtered.then(|| view! {
                <button type="button" class="primary" on:click=unfiltered>{t.remove_all_filters}</button>
            })}
            {move || (page.filters.with(|f| f.period) != Period::All).then(|| view! {
                <button type="button" class="secondary" on:click=all_time>{t.show_all_time}</button>
            })}
        </div>
    };
    view! { <Empty title=t.empty.to_owned() hint=hint.to_owned() action=action.into_any() /> }
}
