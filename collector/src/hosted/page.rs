//! The pages: a step of the form, and pages that only say something. Every word goes in escaped.

use super::posted::pairs_of;
use super::questions::{first_input, question};
use super::{Answers, STYLE_URL, Speech, Steps};
use maud::{DOCTYPE, Markup, html};
use shared::Violations;
use shared::survey::Survey;

/// What is around every page.
pub struct Frame<'a> {
    pub speech: &'a Speech,
    /// Who asks; empty where that is not known.
    pub site: &'a str,
    /// `light` or `dark`; else the visitor's system says.
    pub theme: Option<&'a str>,
    /// In a frame of the host's page, which has said who asks, and what.
    pub is_part: bool,
}

/// One step of the form, with what was answered on all of them.
pub struct Form<'a> {
    pub frame: Frame<'a>,
    /// In the language of the page, as far as it has it.
    pub survey: &'a Survey<String>,
    /// Past the last one: everything was asked, and is only to be sent.
    pub step: usize,
    pub answers: &'a Answers,
    pub ticket: &'a str,
    /// Where the form goes, and what goes along as it is.
    pub action: &'a str,
    pub along: &'a [(&'static str, String)],
    pub faults: &'a Violations,
    /// The text that says why it was not sent, where that is none of the answers' fault.
    pub trouble: Option<&'static str>,
    /// Where whoever was invited ends invitations.
    pub stop: Option<&'a str>,
}

/// A page that says something, and offers what can be done about it.
pub struct Notice<'a> {
    pub frame: Frame<'a>,
    /// The sentence that the page is for.
    pub says: &'a str,
    /// Good news have a mark.
    pub is_good: bool,
    pub details: Vec<String>,
    /// Where the answer is taken back.
    pub take_back: Option<&'a str>,
    /// Where another one can be given.
    pub anew: Option<&'a str>,
}

/// The survey's own title, else the widget's.
pub fn title_of<'a>(survey: &'a Survey<String>, speech: &Speech) -> &'a str {
    survey.title.as_deref().unwrap_or_else(|| speech.text("title"))
}

pub fn document(frame: &Frame<'_>, title: &str, body: &Markup) -> String {
    let speech = frame.speech;
    let title = match frame.site {
        "" => title.to_owned(),
        site => format!("{title} – {site}"),
    };
    let page = html! {
        (DOCTYPE)
        html lang=(speech.locale()) dir=(speech.direction()) data-theme=[frame.theme]
            data-part[frame.is_part] {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex, nofollow";
                title { (title) }
                link rel="stylesheet" href=(*STYLE_URL);
                link rel="icon" href="data:,";
            }
            body { main { (body) } }
        }
    };
    page.into_string()
}

pub fn form(form: &Form<'_>) -> String {
    let Form { frame, survey, step, answers, .. } = form;
    let speech = frame.speech;
    let (steps, title) = (Steps::of(*survey), title_of(survey, speech));
    let (n, max) = steps.progress(*step, answers);
    let progress = (max > 1 && *step < steps.count()).then(|| speech.filled("page", n, max));
    let shown = steps.shown(*step, answers);
    let has_trouble = !form.faults.is_empty() || form.trouble.is_some();
    let (lang, dir) = speech.of_survey();
    let body = html! {
        (asking(frame))
        h1 class="title" lang=[survey.title.as_ref().and(lang)] dir=[survey.title.as_ref().and(dir)] { (title) }
        @if let Some(progress) = &progress {
            p class="at" { (progress) }
            progress max=(max) value=(n) aria-hidden="true" {}
        }
        @if has_trouble { (summary(form)) }
        form method="post" action=(form.action) novalidate {
            (state(form))
            @if shown.is_empty() { p class="last" { (speech.text("last")) } }
            div class="all" {
                @for asked in &shown {
                    (question(asked, speech, answers.get(&asked.key), form.faults))
                }
            }
            // Nobody sees it: what fills it in is a program.
            input class="trap" name="homepage" tabindex="-1" autocomplete="off" aria-hidden="true";
            (buttons(form, &steps))
        }
        @if let Some(address) = form.stop {
            p class="stop" { a href=(address) { (speech.text("stop.link")) } }
        }
    };
    let parts = [has_trouble.then(|| speech.text("error")), Some(title), progress.as_deref()];
    let title = parts.into_iter().flatten().collect::<Vec<_>>();
    let title = match has_trouble {
        true => format!("{}: {}", title[0], title[1..].join(" – ")),
        false => title.join(" – "),
    };
    document(frame, &title, &body)
}

/// Who asks, in whatever direction that is written.
fn asking(frame: &Frame<'_>) -> Markup {
    html! { @if !frame.site.is_empty() { p class="site" { bdi { (frame.site) } } } }
}

/// What is wrong, with a link to each question; a reader of the screen begins here.
fn summary(form: &Form<'_>) -> Markup {
    let speech = form.frame.speech;
    let (lang, dir) = speech.of_survey();
    let by_question = form.faults.as_slice().iter().filter_map(|fault| {
        let question = form.survey.question(fault.question()?)?;
        Some((question, speech.violation(&fault.code)))
    });
    let by_question: Vec<_> = by_question.collect();
    let says = match (form.trouble, by_question.is_empty()) {
        (Some(trouble), _) => trouble,
        (None, false) => "check",
        (None, true) => "empty",
    };
    html! {
        div class="summary" role="alert" tabindex="-1" autofocus {
            p { strong { (speech.text(says)) } }
            @if !by_question.is_empty() {
                ul {
                    @for (question, says) in &by_question {
                        li {
                            a href={ "#" (first_input(&question.key)) } {
                                span lang=[lang] dir=[dir] { (question.text) } " – " (says)
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Everything that the next page has to know: there is no cookie.
fn state(form: &Form<'_>) -> Markup {
    let steps = Steps::of(form.survey);
    let elsewhere =
        form.answers.iter().filter(|(key, _)| !is_on(&steps, key, form.step, form.answers));
    let elsewhere = elsewhere.flat_map(|(key, answer)| pairs_of(key, answer));
    let own = [
        ("ticket", form.ticket.to_owned()),
        ("version", form.survey.version.to_string()),
        ("step", form.step.to_string()),
    ];
    html! {
        @for (name, value) in own.iter().chain(form.along) {
            input type="hidden" name=(name) value=(value);
        }
        @for (name, value) in elsewhere {
            input type="hidden" name=(name) value=(value);
        }
    }
}

fn is_on(steps: &Steps<'_, String>, key: &str, step: usize, answers: &Answers) -> bool {
    steps.shown(step, answers).iter().any(|question| question.key == key)
}

/// The way on comes first: it is what the Enter key presses.
fn buttons(form: &Form<'_>, steps: &Steps<'_, String>) -> Markup {
    let speech = form.frame.speech;
    let (go, says) = match steps.may_follow(form.step, form.answers) {
        true => ("next", speech.text("next")),
        false => ("send", speech.text("send")),
    };
    let before = steps.previous(form.step, form.answers);
    html! {
        div class="buttons" {
            button type="submit" name="go" value=(go) { (says) }
            @if before.is_some() {
                button type="submit" name="go" value="back" class="quiet" { (speech.text("back")) }
            }
        }
    }
}

pub fn notice(notice: &Notice<'_>) -> String {
    let Notice { frame, says, .. } = notice;
    let speech = frame.speech;
    let body = html! {
        (asking(frame))
        @if notice.is_good { p class="mark" aria-hidden="true" { "✓" } }
        h1 { (says) }
        @for detail in &notice.details { p class="hint" { (detail) } }
        @if let Some(action) = notice.take_back {
            form method="post" action=(action) {
                button type="submit" class="quiet" { (speech.text("take-back")) }
            }
        }
        @if let Some(address) = notice.anew {
            p { a href=(address) { (speech.text("anew")) } }
        }
    };
    document(frame, says, &body)
}
