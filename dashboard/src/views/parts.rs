//! Pieces that several sections have in common: the section itself, badges, notes on precision.

use super::icons::{Glyph, Icon};
use crate::format;
use crate::measure::{Estimate, Measure};
use crate::source::Source;
use crate::texts::{Texts, fill};
use leptos::prelude::*;
use shared::scoring::NpsGroup;
use std::sync::Arc;

/// A section with its heading; `id` also names the heading, which a script may focus.
#[component]
pub fn Panel(
    id: &'static str,
    #[prop(into)] title: Signal<String>,
    #[prop(optional)] class: &'static str,
    /// Beside the heading.
    #[prop(optional, into)]
    aside: Option<AnyView>,
    children: Children,
) -> impl IntoView {
    let (heading, labelled_by) = (format!("{id}-heading"), format!("{id}-heading"));
    view! {
        <section id=id class=format!("panel {class}") aria-labelledby=labelled_by>
            <header class="panel-head"><h2 id=heading tabindex="-1">{title}</h2>{aside}</header>
            {children()}
        </section>
    }
}

/// The data of a source once it is there, dimmed while newer data is on its way; before that, a
/// shape as tall as the data will be.
pub fn shown<T, V>(
    source: Source<T>,
    height: &'static str,
    draw: impl Fn(Arc<T>) -> V + Send + Sync + 'static,
) -> impl IntoView
where
    T: Send + Sync + 'static,
    V: IntoView + 'static,
{
    view! {
        <div class="data" class:stale=move || source.pending.get() aria-busy=move || source.pending.get().to_string()>
            {move || match source.data.get() {
                Some(data) => draw(data).into_any(),
                None if source.failure.with(Option::is_some) => ().into_any(),
                None => view! { <div class=format!("skeleton {height}")></div> }.into_any(),
            }}
        </div>
    }
}

/// Nothing to show, and what to do about it.
#[component]
pub fn Empty(title: String, hint: String) -> impl IntoView {
    view! {
        <div class="empty">
            <p class="empty-title">{title}</p>
            <p>{hint}</p>
        </div>
    }
}

/// "Indicative" and "wide interval", where they hold.
#[component]
pub fn Precision(t: &'static Texts, estimate: Estimate, measure: Measure) -> impl IntoView {
    let wide = measure != Measure::Ces && estimate.is_wide();
    view! {
        <span class="notes">
            {(!estimate.reliable).then(|| note(t.indicative, t.indicative_why))}
            {wide.then(|| note(t.wide_interval, t.wide_interval_why))}
        </span>
    }
}

fn note(word: &'static str, why: &'static str) -> impl IntoView {
    view! { <span class="note"><Glyph icon=Icon::Warning />{word}<small>{why}</small></span> }
}

/// How a score compares with the days before: a real change only where the intervals are apart.
#[component]
pub fn Change(
    t: &'static Texts,
    measure: Measure,
    now: Estimate,
    before: Option<Estimate>,
    /// Which days these were.
    #[prop(into)]
    days_before: String,
) -> impl IntoView {
    let Some(before) = before else {
        return view! { <p class="change faint">{t.nothing_before}</p> }.into_any();
    };
    let points = now.value - before.value;
    let (icon, class, word) = match (now.overlaps(&before), points > 0.0) {
        (true, _) => (Icon::Same, "badge", t.within_chance),
        (false, true) => (Icon::Up, "badge better", t.beyond_chance),
        (false, false) => (Icon::Down, "badge worse", t.beyond_chance),
    };
    view! {
        <p class="change" title=fill(t.compared_with, &[&days_before])>
            <span>{fill(t.change, &[&format::difference(t, measure, points)])}</span>
            <span class=class><Glyph icon />{word}</span>
        </p>
    }
    .into_any()
}

pub const fn group_class(group: NpsGroup) -> &'static str {
    match group {
        NpsGroup::Detractor => "detractor",
        NpsGroup::Passive => "passive",
        NpsGroup::Promoter => "promoter",
    }
}
