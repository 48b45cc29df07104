//! Counts as bars: a histogram of scores, the three groups of the NPS, a list of choices.

use crate::format;
use crate::texts::Texts;
use leptos::prelude::*;

/// One bar of a histogram.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Column {
    pub score: usize,
    pub count: u64,
    /// Part of all answers, 0 to 1.
    pub share: f64,
    /// Part of the tallest bar, 0 to 1.
    pub height: f64,
}

/// Scores from `first` on.
pub fn columns(histogram: &[u64], first: usize) -> Vec<Column> {
    let total = histogram.iter().sum();
    let most = histogram.iter().copied().max().unwrap_or(0);
    let column = |(i, count): (usize, &u64)| Column {
        score: first + i,
        count: *count,
        share: format::ratio(*count, total),
        height: format::ratio(*count, most),
    };
    histogram.iter().enumerate().map(column).collect()
}

/// Bars with their share above and their score below; `class_of` colours a score.
#[component]
pub fn Histogram(
    t: &'static Texts,
    histogram: Vec<u64>,
    first: usize,
    class_of: impl Fn(usize) -> &'static str,
) -> impl IntoView {
    let columns = columns(&histogram, first);
    let spoken: Vec<_> =
        columns.iter().map(|c| format!("{}: {}", c.score, format::answers(t, c.count))).collect();
    view! {
        <div class="histogram" role="img" aria-label=format!("{}. {}", t.answers_by_score, spoken.join(", "))>
            {columns.into_iter().map(|column| draw_column(t, column, class_of(column.score))).collect_view()}
        </div>
    }
}

fn draw_column(t: &'static Texts, column: Column, class: &'static str) -> impl IntoView {
    let height = format!("{:.2}%", column.height * 100.0);
    view! {
        <div class="column" title=format!("{}: {}", column.score, format::answers(t, column.count))>
            <div class="column-room">
                <span class="column-share">{format::share(t, column.share)}</span>
                <span class=class style:height=height></span>
            </div>
            <span class="column-score">{column.score}</span>
        </div>
    }
}

/// A part of a whole, with a class that colours it.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    pub class: &'static str,
    pub name: &'static str,
    pub scores: &'static str,
    pub count: u64,
}

/// The parts side by side, each labelled under the bar in the same order.
#[component]
pub fn Stacked(t: &'static Texts, parts: Vec<Part>) -> impl IntoView {
    let total = parts.iter().map(|part| part.count).sum();
    let bar = parts
        .iter()
        .filter(|part| part.count > 0)
        .map(|part| view! { <span class=part.class style:flex-grow=part.count.to_string()></span> })
        .collect_view();
    let label = |part: Part| {
        view! {
            <li>
                <span class="part-name"><i class=part.class></i>{part.name}</span>
                <span class="part-scores">{part.scores}</span>
                <strong>{format::share(t, format::ratio(part.count, total))}</strong>
                <span class="part-count">{format::count(t, part.count)}</span>
            </li>
        }
    };
    view! {
        <div class="stacked" aria-hidden="true">{bar}</div>
        <ul class="parts">{parts.into_iter().map(label).collect_view()}</ul>
    }
}

/// A labelled bar for each item, `share` from 0 to 1.
#[component]
pub fn Ranking(t: &'static Texts, items: Vec<(String, u64, f64)>) -> impl IntoView {
    let row = move |(name, count, share): (String, u64, f64)| {
        // The room is everybody: half of them fill half of it.
        let width = share * 100.0;
        view! {
            <li>
                <span class="rank-name">{name}</span>
                <span class="rank-room" aria-hidden="true"><i style:width=format!("{width:.2}%")></i></span>
                <strong>{format::share(t, share)}</strong>
                <span class="rank-count">{format::count(t, count)}</span>
            </li>
        }
    };
    view! { <ul class="ranking">{items.into_iter().map(row).collect_view()}</ul> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_shares_of_all_and_of_the_tallest() {
        let columns = columns(&[0, 10, 30], 1);
        assert_eq!(columns.iter().map(|c| c.score).collect::<Vec<_>>(), [1, 2, 3]);
        assert!((columns[1].share - 0.25).abs() < 1e-9);
        assert!((columns[1].height - 1.0 / 3.0).abs() < 1e-9);
        assert!((columns[2].height - 1.0).abs() < 1e-9);
    }

    #[test]
    fn nothing_answered_draws_nothing() {
        assert!(columns(&[0; 11], 0).iter().all(|c| c.share == 0.0 && c.height == 0.0));
    }
}
