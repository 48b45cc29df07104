//! The page that ends invitations, and takes that back. It says who sends them, and nothing of whom.

use super::page::{Frame, document};
use maud::html;

/// What can be done on the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    Stop,
    /// To get invitations after all.
    Again,
}

impl Wish {
    /// The button's value.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Again => "again",
        }
    }
}

pub struct Stop<'a> {
    pub frame: Frame<'a>,
    /// Whether invitations are over.
    pub is_over: bool,
    /// Somebody has just pressed a button.
    pub is_done: bool,
    pub action: &'a str,
}

pub fn stop(page: &Stop<'_>) -> String {
    let Stop { frame, is_over, is_done, action } = page;
    let speech = frame.speech;
    let (says, button, wish) = match (is_over, is_done) {
        (true, _) => ("stop.over", "stop.again", Wish::Again),
        (false, false) => ("stop.ask", "stop.do", Wish::Stop),
        (false, true) => ("stop.not-over", "stop.do", Wish::Stop),
    };
    let says = speech.text(says).replace("{site}", frame.site);
    let body = html! {
        p class="site" { bdi { (frame.site) } }
        @if *is_over { p class="mark" aria-hidden="true" { "✓" } }
        h1 { (says) }
        form method="post" action=(action) {
            div class="buttons" {
                button type="submit" name="go" value=(wish.name()) class=[(wish == Wish::Again || *is_done).then_some("quiet")] {
                    (speech.text(button))
                }
            }
        }
    };
    document(frame, &says, &body)
}
