//! Who is looking: signs in by link or token, then shows the dashboard. Language and theme are
//! chosen here, for both.

use super::dashboard::Dashboard;
use super::sign_in::SignIn;
use crate::api::{self, Credential, Failure};
use crate::browser;
use crate::texts::Language;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::page::SessionOut;

#[derive(Clone, PartialEq)]
pub enum Session {
    /// Not known yet.
    Asking,
    /// With what went wrong, if anything did.
    SignedOut(Option<SignInFailure>),
    SignedIn(SessionOut),
}

#[derive(Clone, PartialEq)]
pub enum SignInFailure {
    LinkRefused,
    TokenRefused,
    Other(Failure),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    System,
    Light,
    Dark,
}

impl Theme {
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    pub const fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    pub fn parse(name: &str) -> Self {
        Self::ALL.into_iter().find(|theme| theme.name() == name).unwrap_or(Self::System)
    }
}

/// What every view may read and change, whoever is signed in.
#[derive(Clone, Copy)]
pub struct Shell {
    pub session: RwSignal<Session>,
    pub language: RwSignal<Language>,
    pub theme: RwSignal<Theme>,
}

/// Who writes answers down reads no results.
const AGENT: &str = "agent";
const DESK: &str = "/desk";

const LANGUAGE_KEY: &str = "ascolto-language";
const THEME_KEY: &str = "ascolto-theme";

impl Shell {
    fn new() -> Self {
        let theme = browser::stored(THEME_KEY).map_or(Theme::System, |name| Theme::parse(&name));
        let shell = Self {
            session: RwSignal::new(Session::Asking),
            language: RwSignal::new(preferred_language()),
            theme: RwSignal::new(theme),
        };
        Effect::new(move |_| shell.mark_document());
        shell
    }

    fn mark_document(&self) {
        let (language, theme) = (self.language.get(), self.theme.get());
        let Some(root) = browser::root() else { return };
        drop(root.set_attribute("lang", language.tag()));
        drop(match theme {
            Theme::System => root.remove_attribute("data-theme"),
            chosen => root.set_attribute("data-theme", chosen.name()),
        });
        let site = self.session.with(|session| match session {
            Session::SignedIn(session) => format!(" · {}", session.site.name),
            _ => String::new(),
        });
        browser::set_title(&format!("{}{site} · Ascolto", language.texts().title));
    }

    pub fn choose_language(&self, language: Language) {
        browser::store(LANGUAGE_KEY, Some(language.tag()));
        self.language.set(language);
    }

    pub fn choose_theme(&self, theme: Theme) {
        browser::store(THEME_KEY, (theme != Theme::System).then(|| theme.name()));
        self.theme.set(theme);
    }

    /// Only on the collector's word: until then the cookie is still good.
    pub fn sign_out(self, failed: RwSignal<bool>) {
        spawn_local(async move {
            match api::sign_out().await {
                Ok(()) | Err(Failure::SignedOut) => self.session.set(Session::SignedOut(None)),
                Err(_) => failed.set(true),
            }
        });
    }
}

fn preferred_language() -> Language {
    let stored = browser::stored(LANGUAGE_KEY);
    let wanted = stored.into_iter().chain(browser::languages());
    wanted.filter_map(|tag| Language::parse(&tag)).next().unwrap_or(Language::English)
}

#[component]
pub fn App() -> impl IntoView {
    let shell = Shell::new();
    provide_context(shell);
    spawn_local(async move { shell.session.set(begin().await) });
    move || match shell.session.get() {
        Session::Asking => {
            view! { <div class="waiting" role="status" aria-label="Ascolto"></div> }.into_any()
        }
        Session::SignedOut(failure) => view! { <SignIn shell failure /> }.into_any(),
        Session::SignedIn(session) if session.role == AGENT => {
            browser::go_to(DESK);
            view! { <div class="waiting" role="status" aria-label="Ascolto"></div> }.into_any()
        }
        Session::SignedIn(session) => view! { <Dashboard shell session /> }.into_any(),
    }
}

/// By the one-time link if the page was opened with one, else by the cookie of an earlier visit,
/// which also serves whoever opens a used link again.
async fn begin() -> Session {
    let code = browser::take_sign_in_code();
    let by_link = code.is_some();
    if let Some(code) = code
        && let Ok(session) = api::sign_in(&Credential::Code(code)).await
    {
        return Session::SignedIn(session);
    }
    match api::session().await {
        Ok(session) => Session::SignedIn(session),
        Err(Failure::SignedOut) if by_link => Session::SignedOut(Some(SignInFailure::LinkRefused)),
        Err(Failure::SignedOut) => Session::SignedOut(None),
        Err(failure) => Session::SignedOut(Some(SignInFailure::Other(failure))),
    }
}
