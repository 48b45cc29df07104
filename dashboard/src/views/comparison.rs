//! Groups compared: a dot plot with intervals whose rows are the rows of a table, and a mark on
//! the differences that are real. The same for channels and services.

use super::funnel::percent;
use super::icons::{Glyph, Icon};
use super::parts::{Panel, shown};
use crate::charts::scale::{Axis, axis_for};
use crate::charts::strip::{Strip, StripAxis, Tone};
use crate::compare::{Comparison, Row, Verdict};
use crate::filters::{Field, Sort};
use crate::format;
use crate::page::Page;
use crate::texts::{Texts, fill};
use leptos::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dimension {
    Channel,
    Service,
}

impl Dimension {
    const fn field(self) -> Field {
        match self {
            Self::Channel => Field::Channel,
            Self::Service => Field::Service,
        }
    }

    pub fn name(self, t: &'static Texts, key: Option<&str>) -> String {
        match (self, key) {
            (Self::Channel, Some(key)) => format::channel(t, key),
            (Self::Service, Some(key)) => format::humanise(key),
            (_, None) => t.no_service.to_owned(),
        }
    }

    const fn column(self, t: &'static Texts) -> &'static str {
        match self {
            Self::Channel => t.channel,
            Self::Service => t.service,
        }
    }

    /// Whether the groups differ at all, in words.
    const fn finding(self, t: &'static Texts, differ: bool) -> &'static str {
        match (self, differ) {
            (Self::Channel, true) => t.groups_differ_channels,
            (Self::Channel, false) => t.groups_alike_channels,
            (Self::Service, true) => t.groups_differ_services,
            (Self::Service, false) => t.groups_alike_services,
        }
    }
}

#[component]
pub fn Compared(page: Page, t: &'static Texts, dimension: Dimension) -> impl IntoView {
    let (id, title) = match dimension {
        Dimension::Channel => ("channels", t.channels),
        Dimension::Service => ("services", t.services),
    };
    let draw = move |mut comparison: Comparison| {
        comparison.sort(page.filters.with(|filters| filters.sort));
        draw(page, t, dimension, comparison)
    };
    let body = match dimension {
        Dimension::Channel => {
            shown(page.channels, "tall", move |out| draw(Comparison::of_channels(&out))).into_any()
        }
        Dimension::Service => {
            shown(page.services, "tall", move |out| draw(Comparison::of_groups(&out))).into_any()
        }
    };
    let aside = view! { <SortBy page t /> }.into_any();
    let nothing = move || match dimension {
        Dimension::Channel => {
            page.channels.data.with(|out| out.as_ref().is_some_and(|out| out.channels.is_empty()))
        }
        Dimension::Service => {
            page.services.data.with(|out| out.as_ref().is_some_and(|out| out.groups.is_empty()))
        }
    };
    view! {
        <div class="sections" hidden=nothing>
            <Panel id title=title.to_owned() class="compared" aside>{body}</Panel>
        </div>
    }
}

#[component]
fn SortBy(page: Page, t: &'static Texts) -> impl IntoView {
    let name = |sort| if sort == Sort::Score { t.sort_score } else { t.sort_answers };
    let is = move |sort| page.filters.with(|filters| filters.sort == sort);
    view! {
        <div class="labelled">
            <span aria-hidden="true">{t.sort_by}</span>
            <div class="segments small" role="group" aria-label=t.sort_by>
                {Sort::ALL.map(|sort| view! {
                    <button type="button" aria-pressed=move || is(sort).to_string()
                        on:click=move |_| page.go(|filters| filters.sort = sort)>
                        {name(sort)}
                    </button>
                }).collect_view()}
            </div>
        </div>
    }
}

fn draw(page: Page, t: &'static Texts, dimension: Dimension, all: Comparison) -> AnyView {
    let estimates: Vec<_> = all.rows.iter().filter_map(|row| row.estimate).collect();
    let table = Table {
        page,
        t,
        dimension,
        axis: axis_for(all.measure, &estimates, 6),
        has_mix: all.rows.iter().any(|row| row.same_mix.is_some()),
        has_rates: all.rows.iter().any(|row| row.reach.response_rate.is_some()),
        has_waits: all.rows.iter().any(|row| row.waited_s.is_some()),
        all,
    };
    let how_mix = table.has_mix.then(|| view! { <p>{t.how_mix}</p> });
    view! {
        {table.all.differ().map(|differ| view! { <p class="lead">{dimension.finding(t, differ)}</p> })}
        {table.draw()}
        <details class="how">
            <summary>{t.how_to_read}</summary>
            <p>{t.how_difference}</p>
            <p>{t.how_adjusted}</p>
            {how_mix}
        </details>
    }
    .into_any()
}

/// Rows are grids, so that the plot's cells line up and become cards where there is little room;
/// the roles keep the table a table for who listens to it.
struct Table {
    page: Page,
    t: &'static Texts,
    dimension: Dimension,
    axis: Axis,
    has_mix: bool,
    has_rates: bool,
    has_waits: bool,
    all: Comparison,
}

impl Table {
    fn draw(&self) -> AnyView {
        let rows = self.all.rows.iter().map(|row| self.row(row)).collect_view();
        view! {
            <div
                class="compare" class:with-mix=self.has_mix class:with-rates=self.has_rates class:with-waits=self.has_waits
                role="table" aria-labelledby=format!("{}s-heading", self.dimension.field().name())
            >
                <div class="compare-head" role="row">{self.head()}</div>
                {rows}
                {self.together()}
            </div>
        }
        .into_any()
    }

    fn head(&self) -> AnyView {
        let (t, measure) = (self.t, self.all.measure);
        let column = |class: &'static str, text: &'static str| {
            view! { <span class=class role="columnheader">{text}</span> }
        };
        let tick = move |value| match measure {
            crate::measure::Measure::Ces => format::number(t, value, 1),
            _ => format::score(t, measure, value),
        };
        view! {
            {column("c-name", self.dimension.column(t))}
            {column("c-n", t.sort_answers)}
            <span class="c-plot" role="columnheader">
                <span class="hidden">{t.interval}</span>
                <StripAxis axis=self.axis.clone() label=tick />
            </span>
            {column("c-score", t.measure(measure))}
            {column("c-verdict", t.verdict)}
            {column("c-difference", t.difference)}
            {column("c-p", t.p_adjusted)}
            {self.has_mix.then(|| column("c-mix", t.same_mix))}
            {self.has_rates.then(|| column("c-rate", t.response_rate))}
            {self.has_waits.then(|| column("c-wait", t.mean_wait))}
        }
        .into_any()
    }

    fn row(&self, row: &Row) -> AnyView {
        let t = self.t;
        let key = row.key.clone();
        let field = self.dimension.field();
        let page = self.page;
        let selected =
            move || key.is_some() && page.filters.with(|f| f.get(field) == key.as_deref());
        let is_selected = selected.clone();
        view! {
            <div class="compare-row" role="row" class:selected=is_selected>
                <span class="c-name" role="rowheader">{self.name(row, selected)}</span>
                <span class="c-n" role="cell">
                    {format::count(t, row.answered)}
                    <span class="c-label">" "{t.answers}</span>
                    <span class="faint">{format::share(t, row.share)}</span>
                </span>
                <span class="c-plot" role="cell">{self.plot(row)}</span>
                <span class="c-score" role="cell">{self.score(row.estimate)}</span>
                <span class="c-verdict" role="cell">{badge(t, row.verdict)}</span>
                <span class="c-difference" role="cell">{self.difference(row)}</span>
                <span class="c-p" role="cell" data-label=t.p_adjusted>
                    {row.difference.as_ref().map(|d| format::p_value(t, d.p_adjusted))}
                </span>
                {self.has_mix.then(|| self.same_mix(row))}
                {self.has_rates.then(|| self.rate(row))}
                {self.has_waits.then(|| view! {
                    <span class="c-wait" role="cell" data-label=t.mean_wait>{row.waited_s.map(format::duration)}</span>
                })}
            </div>
        }
        .into_any()
    }

    /// The group's name; pressing it filters by the group, pressing it again takes that back.
    fn name(
        &self,
        row: &Row,
        selected: impl Fn() -> bool + Clone + Send + Sync + 'static,
    ) -> AnyView {
        let (page, t, field) = (self.page, self.t, self.dimension.field());
        let name = self.dimension.name(t, row.key.as_deref());
        let Some(key) = row.key.clone() else {
            return view! { <span class="group-name">{name}</span> }.into_any();
        };
        let (is_pressed, is_titled, title_name) =
            (selected.clone(), selected.clone(), name.clone());
        let toggle = move |_| {
            let value = (!selected()).then(|| key.clone());
            page.go(|filters| filters.set(field, value));
        };
        let title = move || {
            let words = if is_titled() { t.show_all_again } else { t.show_only };
            fill(words, &[&title_name])
        };
        view! {
            <button type="button" class="group-name" title=title aria-pressed=move || is_pressed().to_string() on:click=toggle>
                {name}
            </button>
        }
        .into_any()
    }

    fn plot(&self, row: &Row) -> impl IntoView + use<> {
        let tone = match row.verdict {
            Verdict::Better => Tone::Better,
            Verdict::Worse => Tone::Worse,
            Verdict::TooFewAnswers => Tone::Faint,
            Verdict::NoDifference | Verdict::NothingToCompare => Tone::Plain,
        };
        let reference = self.all.overall.map(|overall| overall.value);
        view! { <Strip axis=self.axis.clone() estimate=row.estimate tone reference /> }
    }

    fn score(&self, estimate: Option<crate::measure::Estimate>) -> AnyView {
        let (t, measure) = (self.t, self.all.measure);
        estimate
            .map(|e| {
                view! {
                    <strong>{format::score(t, measure, e.value)}</strong>
                    <span class="faint">{format::interval(t, measure, e.low, e.high)}</span>
                    {(!e.reliable).then(|| view! { <span class="indicative">{t.indicative}</span> })}
                }
            })
            .into_any()
    }

    fn difference(&self, row: &Row) -> impl IntoView + use<> {
        let (t, measure) = (self.t, self.all.measure);
        row.difference.as_ref().map(|d| {
            let say = |points| format::difference(t, measure, points);
            view! {
                <span>{say(d.points)}</span>
                <span class="faint">{fill(t.range, &[&say(d.low), &say(d.high)])}</span>
                <span class="c-against faint">{t.difference_short}</span>
            }
        })
    }

    fn same_mix(&self, row: &Row) -> impl IntoView + use<> {
        let (t, measure) = (self.t, self.all.measure);
        let missing = row.same_mix.as_ref().map_or(0, |mix| mix.missing_services);
        let title = (missing > 0).then(|| fill(t.missing_services, &[&missing.to_string()]));
        view! {
            <span class="c-mix" role="cell" data-label=t.same_mix title=title>
                {row.same_mix.as_ref().map(|mix| format::score(t, measure, mix.score))}
                {(missing > 0).then_some("*")}
            </span>
        }
    }

    fn rate(&self, row: &Row) -> impl IntoView + use<> {
        let t = self.t;
        let reach = &row.reach;
        let interval = reach.response_rate_interval.as_ref();
        let title = interval.map(|i| {
            let impressions = format::count(t, reach.impressions.unwrap_or_default());
            fill(t.rate_of, &[&impressions, &percent(t, i.low), &percent(t, i.high)])
        });
        view! {
            <span class="c-rate" role="cell" data-label=t.response_rate title=title>
                {reach.response_rate.map(|rate| percent(t, rate))}
            </span>
        }
    }

    /// All groups together: what the line through the rows stands for.
    fn together(&self) -> impl IntoView + use<> {
        let t = self.t;
        let overall = self.all.overall;
        view! {
            <div class="compare-row together" role="row">
                <span class="c-name" role="rowheader"><span class="group-name">{t.everything}</span></span>
                <span class="c-n" role="cell">{overall.map(|e| format::count(t, e.answered))}</span>
                <span class="c-plot" role="cell">
                    <Strip axis=self.axis.clone() estimate=overall reference=overall.map(|e| e.value) />
                </span>
                <span class="c-score" role="cell">{self.score(overall)}</span>
            </div>
        }
    }
}

/// What may be said of a group, with its sign.
pub fn badge(t: &'static Texts, verdict: Verdict) -> impl IntoView {
    let (icon, class, word) = match verdict {
        Verdict::Better => (Some(Icon::Up), "badge better", t.better),
        Verdict::Worse => (Some(Icon::Down), "badge worse", t.worse),
        Verdict::NoDifference => (None, "verdict", t.no_difference),
        Verdict::TooFewAnswers => (None, "verdict", t.too_few),
        Verdict::NothingToCompare => (None, "verdict", t.alone),
    };
    view! { <span class=class>{icon.map(|icon| view! { <Glyph icon /> })}{word}</span> }
}
