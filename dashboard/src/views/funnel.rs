//! From seeing the survey to answering it: in all, by channel, and the questions at which people
//! leave.

use super::parts::{Empty, Panel, shown};
use crate::calendar::Date;
use crate::charts::bars::Ranking;
use crate::format;
use crate::funnel::{Step, has_any, steps, unknown};
use crate::page::Page;
use crate::texts::{Texts, fill};
use leptos::prelude::*;
use shared::summary::{DropOff, FunnelOut, FunnelRow, Reach};
use std::sync::Arc;

#[component]
pub fn Funnel(page: Page, t: &'static Texts) -> impl IntoView {
    view! {
        <Panel id="funnel" title=t.funnel.to_owned()>
            {shown(page.funnel, "middle", move |funnel| draw(page, t, &funnel))}
        </Panel>
    }
}

fn draw(page: Page, t: &'static Texts, funnel: &Arc<FunnelOut>) -> AnyView {
    if !has_any(&funnel.overall) {
        let (title, hint) = (t.funnel_empty.to_owned(), t.funnel_empty_hint.to_owned());
        return view! { <Empty title hint /> }.into_any();
    }
    let rows: Vec<_> = funnel.channels.iter().filter(|row| has_any(&row.funnel)).cloned().collect();
    view! {
        <div class="funnel">
            <div>
                <ul class="steps">{steps(&funnel.overall).map(|step| draw_step(t, &step)).into_iter().collect_view()}</ul>
                <p class="lead">{rate_in_words(t, &funnel.overall.reach)}</p>
            </div>
            {leaving(page, t, funnel.overall.questions.clone())}
        </div>
        {(rows.len() > 1).then(|| table(t, &rows))}
        <p class="lead">{unknown_in_words(t, &unknown(funnel))}</p>
        <details class="how">
            <summary>{t.how_to_read}</summary>
            <p>{t.how_funnel}</p>
            <p>{t.how_rate}</p>
        </details>
    }
    .into_any()
}

fn draw_step(t: &'static Texts, step: &Step) -> impl IntoView + use<> {
    view! {
        <li>
            <span class="rank-name">{t.step(step.kind)}</span>
            <span class="step-count">{format::count(t, step.count)}</span>
            <strong>{format::share(t, step.share)}</strong>
            <span class="rank-room" aria-hidden="true"><i style:width=format!("{:.2}%", step.share.min(1.0) * 100.0)></i></span>
        </li>
    }
}

/// "11.5% of those who saw it answered, likely between …; counted since …".
fn rate_in_words(t: &'static Texts, reach: &Reach) -> String {
    let Some((rate, interval)) = reach.response_rate.zip(reach.response_rate_interval.as_ref())
    else {
        return t.rate_unknown.to_owned();
    };
    let [rate, low, high] = [rate, interval.low, interval.high].map(|part| percent(t, part));
    let since = reach.impressions_since.as_deref().and_then(Date::parse);
    let since = since.map(|since| fill(t.counted_since, &[&format::date(t, since)]));
    let words = fill(t.rate_is, &[&rate, &low, &high]);
    [Some(words), since].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// With a decimal: rates are small.
pub fn percent(t: &Texts, part: f64) -> String {
    format!("{}%", format::number(t, part * 100.0, 1))
}

fn table(t: &'static Texts, rows: &[FunnelRow]) -> impl IntoView + use<> {
    let heads = [t.channel, t.impressions, t.opens, t.starts, t.responses_sent, t.response_rate];
    view! {
        <table class="funnel-table" aria-label=t.funnel_by_channel>
            <thead><tr>{heads.map(|head| view! { <th scope="col">{head}</th> }).into_iter().collect_view()}</tr></thead>
            <tbody>{rows.iter().map(|row| draw_row(t, row)).collect_view()}</tbody>
        </table>
    }
}

fn draw_row(t: &'static Texts, row: &FunnelRow) -> impl IntoView + use<> {
    let cells = steps(&row.funnel).map(|step| {
        let share = (step.share < 1.0).then(|| format::share(t, step.share));
        view! {
            <td data-label=t.step(step.kind)>
                {format::count(t, step.count)}" "<span class="faint">{share}</span>
            </td>
        }
    });
    let reach = &row.funnel.reach;
    let interval = reach.response_rate_interval.as_ref();
    let interval = interval.map(|i| fill(t.range, &[&percent(t, i.low), &percent(t, i.high)]));
    view! {
        <tr>
            <th scope="row">{format::channel(t, &row.channel)}</th>
            {cells.into_iter().collect_view()}
            <td data-label=t.response_rate>
                <strong>{reach.response_rate.map(|rate| percent(t, rate))}</strong>" "
                <span class="faint">{interval}</span>
            </td>
        </tr>
    }
}

/// Channels whose impressions nobody told.
fn unknown_in_words(t: &'static Texts, rows: &[(String, u64)]) -> Option<String> {
    let name = |(channel, responses): &(String, u64)| {
        format!("{} ({})", format::channel(t, channel), format::count(t, *responses))
    };
    let names: Vec<_> = rows.iter().map(name).collect();
    (!names.is_empty()).then(|| fill(t.impressions_unknown, &[&names.join(", ")]))
}

/// The questions in the words that the visitors read, which may come later than the counts.
fn leaving(page: Page, t: &'static Texts, questions: Vec<DropOff>) -> impl IntoView {
    let left = questions.into_iter().filter(|question| question.left > 0).collect::<Vec<_>>();
    (!left.is_empty()).then(|| {
        let items = move || {
            let surveys = page.surveys.data.get();
            let surveys = surveys.as_ref().map_or(&[][..], |out| &out.surveys);
            let item = |q: &DropOff| {
                (
                    super::reasons::question_text(t, surveys, &q.survey, &q.question),
                    q.left,
                    q.drop_off.unwrap_or_default(),
                )
            };
            left.iter().map(item).collect::<Vec<_>>()
        };
        view! {
            <div class="question">
                <h3>{t.leaving}</h3>
                <p class="faint">{t.leaving_hint}</p>
                {move || view! { <Ranking t items=items() /> }}
            </div>
        }
    })
}
