//! The top of the page: whose feedback it is, and the reader's own choices.

use super::app::{Shell, Theme};
use crate::texts::{Language, Texts};
use leptos::prelude::*;

#[component]
pub fn TopBar(shell: Shell, t: &'static Texts, site: String) -> impl IntoView {
    let failed = RwSignal::new(false);
    let sign_out = move |_| {
        failed.set(false);
        shell.sign_out(failed);
    };
    view! {
        <header class="top-bar">
            <div class="top-bar-inner">
                <p class="wordmark">{"Ascolto"}</p>
                <h1>{site}</h1>
                <div class="top-bar-end">
                    <Preferences shell t />
                    <button type="button" class="quiet" on:click=sign_out>{t.sign_out}</button>
                </div>
                <p class="top-bar-problem" role="alert">{move || failed.get().then_some(t.sign_out_failed)}</p>
            </div>
        </header>
    }
}

/// Language and colours.
#[component]
pub fn Preferences(shell: Shell, t: &'static Texts) -> impl IntoView {
    let choose_language = move |event| {
        if let Some(language) = Language::parse(&event_target_value(&event)) {
            shell.choose_language(language);
            // The page was built anew in the other language: stay on the same control.
            request_animation_frame(|| crate::browser::focus("language"));
        }
    };
    let choose_theme = move |event| shell.choose_theme(Theme::parse(&event_target_value(&event)));
    let theme_name = move |theme| match theme {
        Theme::System => t.theme_system,
        Theme::Light => t.theme_light,
        Theme::Dark => t.theme_dark,
    };
    view! {
        <div class="preferences">
            <label class="field compact">
                <span>{t.language}</span>
                <select id="language" on:change=choose_language>
                    {Language::ALL.map(|language| view! {
                        <option value=language.tag() lang=language.tag() selected=language == t.language()>
                            {language.name()}
                        </option>
                    }).collect_view()}
                </select>
            </label>
            <label class="field compact">
                <span>{t.theme}</span>
                <select on:change=choose_theme>
                    {Theme::ALL.map(|theme| view! {
                        <option value=theme.name() selected=move || shell.theme.get() == theme>
                            {theme_name(theme)}
                        </option>
                    }).collect_view()}
                </select>
            </label>
        </div>
    }
}
