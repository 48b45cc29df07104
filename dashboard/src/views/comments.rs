//! The latest comments, with the score of the same person. What people wrote is shown as text
//! and never as markup.

use super::icons::{Glyph, Icon};
use super::parts::{Empty, Panel, group_class};
use crate::browser;
use crate::comments::{Comment, Score, Words};
use crate::format;
use crate::page::Page;
use crate::texts::{Texts, fill};
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use std::time::Duration;

#[component]
pub fn Comments(page: Page, t: &'static Texts) -> impl IntoView {
    let feed = page.comments;
    let aside = view! { <Search page t /> }.into_any();
    view! {
        <Panel id="comments" title=t.comments.to_owned() aside>
            <div class="data" class:stale=move || feed.pending.get() aria-busy=move || feed.pending.get().to_string()>
                {move || (!feed.loaded.get() && feed.failure.with(Option::is_none) && page.surveys.failure.with(Option::is_none)).then(|| view! { <div class="skeleton tall"></div> })}
                <ul class="comments">
                    <For each=move || feed.on_page() key=|comment| comment.id.clone() let:comment>
                        <li class="comment">{draw(page, t, comment)}</li>
                    </For>
                </ul>
                <div role="status">{move || (feed.loaded.get() && feed.is_empty()).then(|| none(page, t))}</div>
            </div>
            {move || (feed.loaded.get() && feed.has_more()).then(|| view! {
                <button type="button" class="secondary more" aria-disabled=move || feed.pending.get().to_string()
                    on:click=move |_| if !feed.pending.get_untracked() { feed.show_more() }>
                    {move || match (feed.pending.get(), feed.is_empty()) {
                        (true, _) => t.loading,
                        (false, false) => t.load_more,
                        (false, true) => t.search_older,
                    }}
                </button>
            })}
        </Panel>
    }
}

fn none(page: Page, t: &'static Texts) -> impl IntoView {
    let words = page.filters.with(|filters| filters.words.clone());
    let (title, hint) = if words.is_empty() {
        (t.no_comments.to_owned(), t.no_comments_hint)
    } else {
        (fill(t.no_match, &[&words]), t.no_match_hint)
    };
    view! { <Empty title hint=hint.to_owned() /> }
}

/// How long after the last key the search begins.
const TYPING_PAUSE: Duration = Duration::from_millis(350);

#[component]
fn Search(page: Page, t: &'static Texts) -> impl IntoView {
    let typed = RwSignal::new(page.filters.with_untracked(|filters| filters.words.clone()));
    // Back, forward, or the chip: the field follows the address, unless only blanks differ.
    Effect::new(move |_| {
        let words = page.filters.with(|filters| filters.words.clone());
        if typed.with_untracked(|typed| typed.trim() != words) {
            typed.set(words);
        }
    });
    let search = move || {
        let words = typed.get_untracked().trim().to_owned();
        if page.filters.with_untracked(|filters| filters.words != words) {
            page.refine(|filters| filters.words = words);
        }
    };
    let waiting = StoredValue::new(None::<TimeoutHandle>);
    let stop = move || {
        if let Some(Some(waiting)) = waiting.try_update_value(Option::take) {
            waiting.clear();
        }
    };
    on_cleanup(stop);
    let input = move |event| {
        typed.set(event_target_value(&event));
        stop();
        waiting.set_value(set_timeout_with_handle(search, TYPING_PAUSE).ok());
    };
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        stop();
        search();
    };
    view! {
        <form class="search" role="search" on:submit=submit>
            <Glyph icon=Icon::Search />
            <input type="search" aria-label=t.search_comments placeholder=t.search_comments
                autocomplete="off" maxlength="200" prop:value=typed on:input=input />
        </form>
    }
}

fn draw(page: Page, t: &'static Texts, comment: Comment) -> impl IntoView {
    let meta = meta(page, t, &comment);
    view! {
        {comment.score.map(|score| badge(t, score))}
        <div class="comment-body">
            {comment.words.into_iter().map(words).collect_view()}
            {meta}
        </div>
    }
}

/// Where and when it was said.
pub fn meta(page: Page, t: &'static Texts, comment: &Comment) -> impl IntoView + use<> {
    let service = comment.service.as_deref().map(format::humanise);
    view! {
        <p class="meta">
            <span>{format::channel(t, &comment.channel)}</span>
            {service.map(|service| view! { <span>{service}</span> })}
            {when(page, t, comment.occurred_at.clone())}
        </p>
    }
}

pub fn words(words: Words) -> impl IntoView {
    view! {
        {words.question.map(|question| view! { <p class="asked">{question}</p> })}
        <p class="words">{words.text}</p>
    }
}

pub fn badge(t: &'static Texts, score: Score) -> impl IntoView {
    let class = score.group.map_or("passive", group_class);
    let spoken = fill(t.score_of, &[&score.value.to_string(), &score.highest.to_string()]);
    let word = score.group.map_or_else(|| spoken.clone(), |group| t.group(group).to_owned());
    view! {
        <p class=format!("score-badge {class}")>
            <strong aria-hidden="true">{score.value}</strong>
            <span class="hidden">{spoken}" "</span>
            <span>{word}</span>
        </p>
    }
}

fn when(page: Page, t: &'static Texts, instant: String) -> impl IntoView {
    let ms = browser::parse_instant_ms(&instant)?;
    let exact = exact(page, t, ms);
    let ago = format::ago(t, browser::now_ms() - ms);
    let title = exact.clone();
    Some(
        view! { <time datetime=instant title=title>{ago}<span class="hidden">" ("{exact}")"</span></time> },
    )
}

/// Date and time where the site is.
pub fn exact(page: Page, t: &'static Texts, ms: f64) -> String {
    page.site.with_value(|site| browser::date_and_time(t.tag, &site.timezone, ms))
}
