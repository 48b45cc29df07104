//! How long people waited and what they said after it, with the share whose matter was resolved at
//! the first contact.

use super::comparison::badge;
use super::parts::{Empty, Panel, shown};
use crate::charts::scale::{Axis, axis_for};
use crate::charts::strip::{Strip, StripAxis, Tone};
use crate::compare::{Comparison, Row, Verdict};
use crate::format;
use crate::measure::Measure;
use crate::page::Page;
use crate::texts::{Texts, fill};
use leptos::prelude::*;
use shared::summary::{ChannelsOut, ResolvedSummary};
use std::sync::Arc;

#[component]
pub fn Waiting(page: Page, t: &'static Texts) -> impl IntoView {
    view! {
        <Panel id="waiting-times" title=t.waiting.to_owned() class="compared">
            {shown(page.channels, "middle", move |out| draw(t, &out))}
        </Panel>
    }
}

fn draw(t: &'static Texts, out: &Arc<ChannelsOut>) -> AnyView {
    let first_contact = out.resolved_first_contact.as_ref().map(|first| resolved(t, first));
    let Some((bands, known)) = Comparison::of_waiting(out).zip(out.waiting.as_ref()) else {
        let (title, hint) = (t.waiting_empty.to_owned(), t.waiting_empty_hint.to_owned());
        return view! { <p class="lead">{first_contact}</p><Empty title hint /> }.into_any();
    };
    let of_all = [known.known, out.overall.responses].map(|n| format::count(t, n));
    view! {
        <p class="lead">{fill(t.waiting_known, &[&of_all[0], &of_all[1]])}" "{first_contact}</p>
        {table(t, &bands)}
        <details class="how">
            <summary>{t.how_to_read}</summary>
            <p>{t.how_waiting}</p>
            <p>{t.how_difference}</p>
        </details>
    }
    .into_any()
}

/// "Resolved at the first contact: 80%, likely between 71% and 87% (of 100)".
fn resolved(t: &'static Texts, first: &ResolvedSummary) -> Option<String> {
    let interval = first.interval.as_ref()?;
    let say = |percent| format::share(t, percent / 100.0);
    let numbers = [say(first.percent?), say(interval.low), say(interval.high)];
    let [percent, low, high] = &numbers;
    Some(fill(t.first_contact, &[percent, low, high, &format::count(t, first.known)]))
}

fn table(t: &'static Texts, bands: &Comparison) -> impl IntoView + use<> {
    let estimates: Vec<_> = bands.rows.iter().filter_map(|row| row.estimate).collect();
    let (measure, axis) = (bands.measure, axis_for(bands.measure, &estimates, 6));
    let most = bands.rows.iter().map(|row| row.share).fold(0.0, f64::max);
    let reference = bands.overall.map(|overall| overall.value);
    let rows = t.wait_bands.iter().zip(&bands.rows).map(|(name, row)| {
        let width = if most > 0.0 { row.share / most } else { 0.0 };
        draw_row(t, measure, &axis, (name, row), width, reference)
    });
    let label = move |value| match measure {
        Measure::Ces => format::number(t, value, 1),
        _ => format::score(t, measure, value),
    };
    view! {
        <table class="waits" aria-labelledby="waiting-times-heading">
            <thead><tr>
                <th scope="col">{t.waited}</th>
                <th scope="col" colspan="2">{t.sort_answers}</th>
                <th scope="col"><span class="hidden">{t.interval}</span><StripAxis axis=axis.clone() label /></th>
                <th scope="col">{t.measure(measure)}</th>
                <th scope="col">{t.verdict}</th>
            </tr></thead>
            <tbody>{rows.collect_view()}</tbody>
        </table>
    }
}

fn draw_row(
    t: &'static Texts,
    measure: Measure,
    axis: &Axis,
    (name, row): (&'static str, &Row),
    width: f64,
    reference: Option<f64>,
) -> impl IntoView + use<> {
    let tone = match row.verdict {
        Verdict::Better => Tone::Better,
        Verdict::Worse => Tone::Worse,
        _ => Tone::Plain,
    };
    let score = row.estimate.map(|e| {
        let interval = format::interval(t, measure, e.low, e.high);
        view! { <strong>{format::score(t, measure, e.value)}</strong>" "<span class="faint">{interval}</span> }
    });
    view! {
        <tr>
            <th scope="row">{name}</th>
            <td class="w-room" aria-hidden="true"><i style:width=format!("{:.2}%", width * 100.0)></i></td>
            <td class="w-n">{format::share(t, row.share)}" "<span class="faint">{format::count(t, row.answered)}</span></td>
            <td class="w-plot"><Strip axis=axis.clone() estimate=row.estimate tone reference /></td>
            <td class="w-score">{score}</td>
            <td class="w-verdict">{(row.answered > 0).then(|| badge(t, row.verdict))}</td>
        </tr>
    }
}
