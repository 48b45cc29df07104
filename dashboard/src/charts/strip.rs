//! A score with its interval on a horizontal line: the row of a dot plot.
//!
//! Places are percentages, so that a row is as wide as its cell without being measured.

use super::scale::{Axis, Linear};
use crate::measure::Estimate;
use leptos::prelude::*;

/// How a dot is coloured; a word beside it says the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    #[default]
    Plain,
    Better,
    Worse,
    /// The period before, or a group of few.
    Faint,
}

impl Tone {
    const fn class(self) -> &'static str {
        match self {
            Self::Plain => "dot plain",
            Self::Better => "dot better",
            Self::Worse => "dot worse",
            Self::Faint => "dot faint",
        }
    }
}

/// One row; decorative for a screen reader, which reads the numbers beside it.
#[component]
pub fn Strip(
    axis: Axis,
    estimate: Option<Estimate>,
    #[prop(optional)] tone: Tone,
    /// A line through all rows, such as the score of all together.
    #[prop(optional_no_strip)]
    reference: Option<f64>,
) -> impl IntoView {
    let scale = Linear::percent(axis.low, axis.high);
    let at = move |value: f64| format!("{:.2}%", scale.at(value));
    view! {
        <svg class="strip" aria-hidden="true" focusable="false">
            {axis
                .ticks
                .iter()
                .map(|tick| vertical(if *tick == 0.0 { "zero" } else { "grid" }, at(*tick)))
                .collect_view()}
            {reference.map(|value| vertical("reference", at(value)))}
            {estimate.map(|e| view! {
                <g class=tone.class()>
                    <line class="whisker" x1=at(e.low) x2=at(e.high) y1="50%" y2="50%" />
                    <circle cx=at(e.value) cy="50%" r="5" />
                </g>
            })}
        </svg>
    }
}

fn vertical(class: &'static str, x: String) -> impl IntoView {
    view! { <line class=class x1=x.clone() x2=x y1="0" y2="100%" /> }
}

/// The numbers above the rows of a dot plot.
#[component]
pub fn StripAxis(axis: Axis, label: impl Fn(f64) -> String) -> impl IntoView {
    let scale = Linear::percent(axis.low, axis.high);
    let tick = |tick: &f64| {
        view! {
            <text x=format!("{:.2}%", scale.at(*tick)) y="12" text-anchor="middle">{label(*tick)}</text>
        }
    };
    view! {
        <svg class="strip-axis" aria-hidden="true" focusable="false">
            {axis.ticks.iter().map(tick).collect_view()}
        </svg>
    }
}
