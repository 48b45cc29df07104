//! The way in without a link: an access token.

use super::app::{Session, Shell, SignInFailure};
use super::top_bar::Preferences;
use crate::api::{self, Credential, Failure};
use crate::browser;
use crate::texts::Texts;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;

const TOKEN_ID: &str = "token";

#[component]
pub fn SignIn(shell: Shell, failure: Option<SignInFailure>) -> impl IntoView {
    move || {
        let t = shell.language.get().texts();
        view! { <Form shell t failure=failure.clone() /> }
    }
}

#[component]
fn Form(shell: Shell, t: &'static Texts, failure: Option<SignInFailure>) -> impl IntoView {
    let token = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let problem = RwSignal::new(failure.map(|failure| words(t, &failure)));
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let typed = token.get_untracked().trim().to_owned();
        if typed.is_empty() {
            problem.set(Some(t.token_missing.to_owned()));
            browser::focus(TOKEN_ID);
        } else if !busy.get_untracked() {
            busy.set(true);
            spawn_local(try_token(shell, t, typed, busy, problem));
        }
    };
    let described = move || {
        if problem.with(Option::is_some) { "token-hint token-problem" } else { "token-hint" }
    };
    view! {
        <div class="sign-in">
            <main class="sign-in-card">
                <p class="wordmark">{"Ascolto"}</p>
                <h1>{t.sign_in}</h1>
                <p class="faint">{t.sign_in_hint}</p>
                <form on:submit=submit novalidate=true class:wrong=move || problem.with(Option::is_some)>
                    <label for=TOKEN_ID>{t.access_token}</label>
                    <p id="token-hint" class="hint">{t.access_token_hint}</p>
                    <p id="token-problem" class="problem" role="alert">{move || problem.get()}</p>
                    <input
                        id=TOKEN_ID
                        type="password"
                        autocomplete="current-password"
                        spellcheck="false"
                        aria-describedby=described
                        aria-invalid=move || problem.with(Option::is_some).to_string()
                        prop:value=token
                        on:input=move |event| token.set(event_target_value(&event))
                    />
                    <button type="submit" class="primary" aria-disabled=move || busy.get().to_string()>
                        {t.sign_in}
                    </button>
                </form>
            </main>
            <footer class="sign-in-foot"><Preferences shell t /></footer>
        </div>
    }
}

async fn try_token(
    shell: Shell,
    t: &'static Texts,
    token: String,
    busy: RwSignal<bool>,
    problem: RwSignal<Option<String>>,
) {
    match api::sign_in(&Credential::Token(token)).await {
        Ok(session) => shell.session.set(Session::SignedIn(session)),
        Err(failure) => {
            let failure = match failure {
                Failure::SignedOut => SignInFailure::TokenRefused,
                other => SignInFailure::Other(other),
            };
            busy.set(false);
            problem.set(Some(words(t, &failure)));
            browser::focus(TOKEN_ID);
        }
    }
}

fn words(t: &Texts, failure: &SignInFailure) -> String {
    match failure {
        SignInFailure::LinkRefused => t.link_refused.to_owned(),
        SignInFailure::TokenRefused => t.token_refused.to_owned(),
        SignInFailure::Other(failure) => t.failure(failure),
    }
}
