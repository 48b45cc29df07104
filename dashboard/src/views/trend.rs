//! A score over time: line, interval, volume. Pointer, touch and arrow keys read each point; the
//! same numbers are a table for who cannot see the drawing.

use super::parts::{Empty, Panel, shown};
use crate::calendar::Date;
use crate::charts::trend::{Layout, Point, layout, points};
use crate::filters::Bucket;
use crate::format;
use crate::measure::Measure;
use crate::page::Page;
use crate::texts::{Texts, fill};
use leptos::ev::KeyboardEvent;
use leptos::html::Div;
use leptos::prelude::*;
use shared::summary::{TrendOut, TrendPoint};
use std::sync::Arc;
use wasm_bindgen::prelude::{Closure, JsCast};
use web_sys::{PointerEvent, ResizeObserver};

#[component]
pub fn Trend(page: Page, t: &'static Texts) -> impl IntoView {
    let aside = view! { <Buckets page t /> }.into_any();
    view! {
        <Panel id="trend" title=t.trend.to_owned() aside>
            {shown(page.trend, "chart", move |out| draw(t, &out))}
        </Panel>
    }
}

#[component]
fn Buckets(page: Page, t: &'static Texts) -> impl IntoView {
    let button = move |bucket| {
        view! {
            <button type="button" aria-pressed=move || (page.bucket() == bucket).to_string()
                on:click=move |_| page.go(|filters| filters.bucket = Some(bucket))>
                {t.bucket(bucket)}
            </button>
        }
    };
    let suiting = move || {
        Bucket::ALL.into_iter().filter(|b| b.suits(page.range())).map(button).collect_view()
    };
    view! { <div class="segments small" role="group" aria-label=t.by>{suiting}</div> }
}

fn draw(t: &'static Texts, out: &TrendOut) -> AnyView {
    let measure = out.points.iter().find_map(|point| Measure::first_in(&point.summary));
    let Some(measure) = measure else {
        let hint = t.empty_hint_period.to_owned();
        return view! { <Empty title=t.empty.to_owned() hint /> }.into_any();
    };
    let series = Arc::new(Series::new(t, measure, out));
    view! {
        <p class="lead chart-caption">
            <strong>{t.measure(measure)}</strong>" "
            <span class="faint">{t.band_is}</span>
        </p>
        <Chart series=series.clone() />
        {table(&series)}
    }
    .into_any()
}

/// What is drawn, with the words for each point.
struct Series {
    t: &'static Texts,
    measure: Measure,
    bucket: Bucket,
    points: Vec<Point>,
    dates: Vec<Option<(Date, Date)>>,
}

impl Series {
    fn new(t: &'static Texts, measure: Measure, out: &TrendOut) -> Self {
        let summaries: Vec<_> = out.points.iter().map(|point| &point.summary).collect();
        let dates = |p: &TrendPoint| Date::parse(&p.from).zip(Date::parse(&p.to));
        Self {
            t,
            measure,
            bucket: Bucket::ALL.into_iter().find(|b| b.name() == out.bucket).unwrap_or(Bucket::Day),
            points: points(measure, &summaries),
            dates: out.points.iter().map(dates).collect(),
        }
    }

    fn when(&self, i: usize) -> String {
        self.dates[i].map(|range| format::days(self.t, range)).unwrap_or_default()
    }

    fn tick(&self, i: usize) -> String {
        let Some((from, _)) = self.dates[i] else { return String::new() };
        match self.bucket {
            Bucket::Month => format::month(self.t, from),
            Bucket::Day | Bucket::Week => format::day_and_month(self.t, from),
        }
    }

    fn score(&self, value: f64) -> String {
        format::score(self.t, self.measure, value)
    }

    fn interval(&self, i: usize) -> Option<String> {
        let estimate = self.points[i].estimate?;
        Some(format::interval(self.t, self.measure, estimate.low, estimate.high))
    }
}

/// Until the room is measured.
const WIDTH_GUESS: f64 = 800.0;

#[component]
fn Chart(series: Arc<Series>) -> impl IntoView {
    let t = series.t;
    let room = NodeRef::<Div>::new();
    let width = measured_width(room);
    let active = RwSignal::new(None::<usize>);
    let plan = {
        let series = series.clone();
        Memo::new(move |_| layout(&series.points, series.measure, width.get()))
    };
    let last = series.points.len().saturating_sub(1);
    let point_at = move |event: PointerEvent| {
        let left = room.get_untracked().map_or(0.0, |room| room.get_bounding_client_rect().left());
        active.set(plan.with_untracked(|plan| plan.nearest(f64::from(event.client_x()) - left)));
    };
    let step = move |event: KeyboardEvent| {
        let now = active.get_untracked();
        let next = match event.key().as_str() {
            "ArrowLeft" => Some(now.map_or(last, |i| i.saturating_sub(1))),
            "ArrowRight" => Some(now.map_or(0, |i| (i + 1).min(last))),
            "Home" => Some(0),
            "End" => Some(last),
            "Escape" => None,
            _ => return,
        };
        event.prevent_default();
        active.set(next);
    };
    let (drawn, marked, told) = (series.clone(), series.clone(), series.clone());
    view! {
        <div class="chart" node_ref=room tabindex="0" role="group" aria-label=fill(t.trend_of, &[t.measure(series.measure)])
            aria-describedby="trend-help"
            on:pointermove=point_at on:pointerdown=point_at
            on:pointerleave=move |_| active.set(None) on:blur=move |_| active.set(None) on:keydown=step>
            <svg aria-hidden="true" focusable="false" width="100%" height=move || plan.with(|p| p.frame.height)>
                {move || plan.with(|plan| picture(&drawn, plan))}
                {move || active.get().map(|i| plan.with(|plan| mark(&marked, plan, i)))}
            </svg>
            <div aria-live="polite">{move || active.get().map(|i| plan.with(|plan| readout(&told, plan, i)))}</div>
            <p id="trend-help" class="hidden">{t.trend_help}</p>
        </div>
    }
}

fn picture(series: &Series, plan: &Layout) -> AnyView {
    let frame = plan.frame;
    let grid = plan.axis.ticks.iter().map(|tick| {
        let y = plan.y.at(*tick);
        let class = if *tick == 0.0 { "zero" } else { "grid" };
        view! {
            <line class=class x1=frame.left x2=frame.right y1=y y2=y />
            <text x=frame.left - 8.0 y=y + 4.0 text-anchor="end">{series.score(*tick)}</text>
        }
    });
    let dates = plan.labelled.iter().map(|i| {
        view! { <text x=plan.xs[*i] y=frame.score_bottom + 20.0 text-anchor="middle">{series.tick(*i)}</text> }
    });
    let bars = plan.bars.iter().map(|bar| {
        view! { <rect class="volume" x=bar.x y=bar.y width=bar.width height=bar.height /> }
    });
    view! {
        {grid.collect_view()}
        <path class="band" d=plan.band.clone() />
        <path class="line" d=plan.line.clone() />
        {dots(series, plan)}
        {dates.collect_view()}
        {bars.collect_view()}
        <line class="zero" x1=frame.left x2=frame.right y1=frame.volume_bottom y2=frame.volume_bottom />
        <text class="volume-label" x=frame.left y=frame.volume_bottom + 18.0>
            {format!("{} ({} {})", capitalised(series.t.responses), series.t.at_most, format::count(series.t, plan.responses_max))}
        </text>
    }
    .into_any()
}

/// A dot for each point, hollow where it stands on few answers; the newest carries its number.
fn dots(series: &Series, plan: &Layout) -> impl IntoView + use<> {
    let radius = if series.points.len() > 60 { 1.8 } else { 3.2 };
    let estimates = series.points.iter().zip(&plan.xs);
    let dots = estimates.filter_map(|(point, x)| {
        let estimate = point.estimate?;
        let class = if estimate.reliable { "point" } else { "point hollow" };
        Some(view! { <circle class=class cx=*x cy=plan.y.at(estimate.value) r=radius /> })
    });
    let newest = series.points.iter().zip(&plan.xs).rev().find_map(|(point, x)| {
        let value = point.estimate?.value;
        Some(view! { <text class="newest" x=x + 10.0 y=plan.y.at(value) + 5.0>{series.score(value)}</text> })
    });
    (dots.collect_view(), newest)
}

fn mark(series: &Series, plan: &Layout, i: usize) -> impl IntoView + use<> {
    let (x, frame) = (plan.xs.get(i).copied().unwrap_or_default(), plan.frame);
    let dot = series.points.get(i).and_then(|point| point.estimate).map(|estimate| {
        view! { <circle class="active" cx=x cy=plan.y.at(estimate.value) r="6" /> }
    });
    view! {
        <line class="cursor" x1=x x2=x y1=frame.score_top y2=frame.volume_bottom />
        {dot}
    }
}

fn readout(series: &Series, plan: &Layout, i: usize) -> impl IntoView + use<> {
    let x = plan.xs.get(i).copied().unwrap_or_default();
    // Shifted back by as much of its own width as it is to the right: so it stays inside.
    let part = (x / plan.frame.width).clamp(0.0, 1.0) * 100.0;
    let point = series.points[i];
    let none = if point.answered > 0 { series.t.too_few } else { series.t.no_answers_then };
    let value = point.estimate.map_or_else(|| none.to_owned(), |e| series.score(e.value));
    let answers = (point.answered > 0).then(|| format::answers(series.t, point.answered));
    view! {
        <div class="readout" style:left=format!("{part:.2}%") style:transform=format!("translateX(-{part:.2}%)")>
            <span>{series.when(i)}</span>
            <strong>{value}</strong>
            <span>{series.interval(i)}</span>
            <span>{answers}</span>
        </div>
    }
}

fn table(series: &Series) -> impl IntoView + use<> {
    let t = series.t;
    let rows = (0..series.points.len()).map(|i| {
        let estimate = series.points[i].estimate;
        view! {
            <tr>
                <th scope="row">{series.when(i)}</th>
                <td>{estimate.map(|e| series.score(e.value))}</td>
                <td>{series.interval(i)}</td>
                <td>{format::count(t, series.points[i].answered)}</td>
            </tr>
        }
    });
    view! {
        // A table grows to its content whatever its width: what hides it is around it.
        <div class="hidden">
            <table>
                <caption>{fill(t.trend_of, &[t.measure(series.measure)])}</caption>
                <thead><tr>
                    <th scope="col">{t.period}</th>
                    <th scope="col">{t.measure(series.measure)}</th>
                    <th scope="col">{t.interval}</th>
                    <th scope="col">{t.sort_answers}</th>
                </tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
    }
}

fn capitalised(word: &str) -> String {
    format::humanise(word)
}

/// The width of an element, now and whenever it changes.
fn measured_width(room: NodeRef<Div>) -> ReadSignal<f64> {
    let (width, set_width) = signal(WIDTH_GUESS);
    let watching = StoredValue::new_local(None::<(ResizeObserver, Closure<dyn FnMut()>)>);
    Effect::new(move |_| {
        let Some(element) = room.get() else { return };
        set_width.set(f64::from(element.client_width()).max(1.0));
        let seen = element.clone();
        let changed = Closure::<dyn FnMut()>::new(move || {
            let now = f64::from(seen.client_width());
            // Hidden, an element has no width; the same width again is no change.
            if now > 0.0 && width.try_get_untracked().is_some_and(|before| before != now) {
                set_width.set(now);
            }
        });
        if let Ok(observer) = ResizeObserver::new(changed.as_ref().unchecked_ref()) {
            observer.observe(&element);
            watching.set_value(Some((observer, changed)));
        }
    });
    on_cleanup(move || {
        watching.try_update_value(|watching| {
            watching.take().map(|(observer, _)| observer.disconnect())
        });
    });
    width
}
