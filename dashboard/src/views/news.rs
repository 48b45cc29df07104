//! How many responses came while someone looks: a small button over the page, which moves nothing.

use crate::format;
use crate::page::Page;
use crate::texts::{Texts, fill};
use leptos::prelude::*;

#[component]
pub fn News(page: Page, t: &'static Texts) -> impl IntoView {
    let new = page.live.new;
    let show = move |_| {
        page.show_new();
        // The button is gone with the press.
        crate::browser::focus("comments-heading");
    };
    let words = move || {
        let count = new.get();
        let words = if count == 1 {
            t.one_new.to_owned()
        } else {
            fill(t.many_new, &[&format::count(t, count.into())])
        };
        (count > 0).then_some(words)
    };
    view! {
        <div class="news" role="status">
            {move || words().map(|words| view! {
                <button type="button" on:click=show>{words}<span class="hidden">". "{t.show_new}</span></button>
            })}
        </div>
    }
}
