//! The Net Promoter Score: number, precision, change, and what it is made of.

use super::parts::{Change, Panel, Precision, group_class};
use crate::charts::bars::{Histogram, Part, Stacked};
use crate::charts::scale::Axis;
use crate::charts::strip::{Strip, StripAxis, Tone};
use crate::filters::range_before;
use crate::format;
use crate::measure::{Estimate, Measure};
use crate::page::Overview;
use crate::texts::{Texts, fill};
use leptos::prelude::*;
use shared::scoring::{NpsGroup, nps_group};
use shared::summary::NpsSummary;
use std::sync::Arc;

#[component]
pub fn Nps(t: &'static Texts, overview: Arc<Overview>) -> impl IntoView {
    let summary = &overview.now.summary;
    let aside = view! { <p class="faint">{t.nps_asks}</p> }.into_any();
    let body = match (Measure::Nps.of(summary), summary.nps.clone()) {
        (Some(estimate), Some(nps)) => view! {
            <div class="nps-parts">
                {score_head(t, Measure::Nps, &overview, estimate, nps.skipped)}
                <div class="shape">{shape(t, nps)}</div>
            </div>
        }
        .into_any(),
        _ => view! { <p class="faint">{t.not_asked}</p> }.into_any(),
    };
    view! { <Panel id="nps" title=t.nps.to_owned() class="score nps" aside>{body}</Panel> }
}

fn shape(t: &'static Texts, nps: NpsSummary) -> impl IntoView {
    let part = |group, scores, count| Part {
        class: group_class(group),
        name: t.groups(group),
        scores,
        count,
    };
    let parts = vec![
        part(NpsGroup::Detractor, "0\u{2013}6", nps.detractors),
        part(NpsGroup::Passive, "7\u{2013}8", nps.passives),
        part(NpsGroup::Promoter, "9\u{2013}10", nps.promoters),
    ];
    let class_of = |score: usize| u8::try_from(score).map_or("", |s| group_class(nps_group(s)));
    view! {
        <Stacked t parts />
        <Histogram t histogram=nps.histogram first=0 class_of />
    }
}

/// The big number with its interval in words and as a line, the days before, and n.
pub fn score_head(
    t: &'static Texts,
    measure: Measure,
    overview: &Overview,
    estimate: Estimate,
    skipped: u64,
) -> impl IntoView + use<> {
    let before = overview.before.as_ref().and_then(|before| measure.of(&before.summary));
    let change = overview.range.map(|range| {
        let days_before = format::days(t, range_before(range));
        view! { <Change t measure now=estimate before days_before /> }
    });
    let say = move |value| format::score(t, measure, value);
    view! {
        <div class="score-head">
            <p class="figure">
                <strong class="big">{say(estimate.value)}</strong>
                {unit(t, measure).map(|unit| view! { <span class="unit">{unit}</span> })}
            </p>
            <p class="likely" title=t.interval>
                {fill(t.likely_between, &[&say(estimate.low), &say(estimate.high)])}
            </p>
            <p class="n">
                <strong>{format::answers(t, estimate.answered)}</strong>
                {(skipped > 0).then(|| view! {
                    <span class="faint">", "{fill(t.skipped, &[&format::count(t, skipped)])}</span>
                })}
            </p>
            <Precision t estimate measure />
            {change}
            {scale(t, measure, estimate, before)}
        </div>
    }
}

const fn unit(t: &'static Texts, measure: Measure) -> Option<&'static str> {
    match measure {
        Measure::Nps => None,
        Measure::Csat => Some(t.csat_unit),
        Measure::Ces => Some(t.ces_unit),
    }
}

/// Now and before on the whole scale, so that it shows where on it they stand.
fn scale(
    t: &'static Texts,
    measure: Measure,
    now: Estimate,
    before: Option<Estimate>,
) -> impl IntoView {
    let (low, high) = measure.bounds();
    let axis = Axis { low, high, ticks: vec![low, f64::midpoint(low, high), high] };
    let row = |name: &'static str, estimate, tone| {
        view! {
            <span class="scale-name">{name}</span>
            <Strip axis=axis.clone() estimate=Some(estimate) tone />
        }
    };
    let label = move |value| match measure {
        Measure::Ces => format::number(t, value, 0),
        _ => format::score(t, measure, value),
    };
    view! {
        <div class="scale" aria-hidden="true">
            {row(t.now, now, Tone::Plain)}
            {before.map(|before| row(t.before, before, Tone::Faint))}
            <span></span>
            <StripAxis axis=axis.clone() label />
        </div>
    }
}
