//! Satisfaction, ease, and ratings under the owner's own words, where they were asked.

use super::nps::score_head;
use super::parts::Panel;
use crate::charts::bars::Histogram;
use crate::format;
use crate::measure::Measure;
use crate::page::Overview;
use crate::texts::{Texts, fill};
use leptos::prelude::*;
use shared::scoring::{CES_AGREES_FROM, satisfied_from};
use shared::summary::{CesSummary, RatingSummary};
use std::sync::Arc;

#[component]
pub fn Satisfaction(t: &'static Texts, overview: Arc<Overview>) -> impl IntoView {
    let summary = &overview.now.summary;
    let head = |measure: Measure, skipped| {
        let estimate = measure.of(summary)?;
        Some(score_head(t, measure, &overview, estimate, skipped))
    };
    let csat = summary
        .csat
        .clone()
        .and_then(|csat| Some((head(Measure::Csat, csat.skipped)?, rating_shape(t, csat))));
    let ces = summary
        .ces
        .clone()
        .and_then(|ces| Some((head(Measure::Ces, ces.skipped)?, ease_shape(t, ces))));
    let own = summary.metrics.iter().filter(|(_, rating)| rating.answered > 0);
    view! {
        {csat.map(|(head, shape)| view! {
            <Panel id="csat" title=t.csat.to_owned() class="score">{head}<div class="shape">{shape}</div></Panel>
        })}
        {ces.map(|(head, shape)| view! {
            <Panel id="ces" title=t.ces.to_owned() class="score">{head}<div class="shape">{shape}</div></Panel>
        })}
        {own.map(|(metric, rating)| own_metric(t, metric, rating.clone())).collect_view()}
    }
}

fn rating_shape(t: &'static Texts, rating: RatingSummary) -> impl IntoView {
    let scale = rating.histogram.len();
    let mean = rating.mean.filter(|_| scale > 0).map(|mean| {
        format!(
            "{} {}",
            t.mean,
            fill(t.of_five, &[&format::number(t, mean, 1), &scale.to_string()])
        )
    });
    let satisfied_from = usize::from(satisfied_from(u8::try_from(scale).unwrap_or(u8::MAX)));
    let class_of = move |score| if score >= satisfied_from { "promoter" } else { "passive" };
    view! {
        <p class="shape-note">{mean}</p>
        {(scale > 0).then(|| view! { <Histogram t histogram=rating.histogram first=1 class_of /> })}
    }
}

fn ease_shape(t: &'static Texts, ces: CesSummary) -> impl IntoView {
    let agree = ces.agree_percent.map(|p| fill(t.ces_agree, &[&format::share(t, p / 100.0)]));
    let class_of =
        |score| if score >= usize::from(CES_AGREES_FROM) { "promoter" } else { "passive" };
    view! {
        <p class="shape-note">{agree}</p>
        <Histogram t histogram=ces.histogram first=1 class_of />
    }
}

/// A rating that the owner measures by a word of their own: the word is its heading.
fn own_metric(t: &'static Texts, metric: &str, rating: RatingSummary) -> impl IntoView + use<> {
    let percent = rating.percent.map(|percent| format::score(t, Measure::Csat, percent));
    let likely = rating.interval.as_ref().map(|interval| {
        let say = |value| format::score(t, Measure::Csat, value);
        fill(t.likely_between, &[&say(interval.low), &say(interval.high)])
    });
    view! {
        <section class="panel score">
            <header class="panel-head"><h2>{format::humanise(metric)}</h2></header>
            <div class="score-head">
                <p class="figure"><strong class="big">{percent}</strong><span class="unit">{t.csat_unit}</span></p>
                <p class="likely">{likely}</p>
                <p class="n"><strong>{format::answers(t, rating.answered)}</strong></p>
            </div>
            <div class="shape">{rating_shape(t, rating)}</div>
        </section>
    }
}
