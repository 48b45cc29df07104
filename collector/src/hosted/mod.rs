//! The survey as pages that work without scripts: what they say, which step comes next, what was
//! filled in. Knows no HTTP and no store.

mod page;
mod posted;
mod questions;
mod speech;
mod steps;
mod stop;
mod ticket;

pub use page::{Form, Frame, Notice, form, notice, title_of};
pub use posted::{Go, Look, Posted, pairs_of, value, version};
pub use speech::Speech;
pub use steps::Steps;
pub use stop::{Stop, Wish, stop};
pub use ticket::Ticket;

use crate::secret::fingerprint;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use shared::Answer;
use std::collections::BTreeMap;
use std::sync::LazyLock;

pub type Answers = BTreeMap<String, Answer>;

/// Questions look as they do in the widget; what is around them follows.
pub static STYLE: LazyLock<String> = LazyLock::new(|| {
    let questions = of_page(include_str!("../../../widget/style/form.css"));
    [questions.as_str(), include_str!("style.css")].concat()
});

/// There is no shadow root here: what its host is there, the page's root is here.
fn of_page(style: &str) -> String {
    let mut parts = style.split(":host");
    let mut page = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let condition = part.strip_prefix('(').and_then(|part| part.split_once(')'));
        let (condition, rest) = condition.unwrap_or(("", part));
        page.extend([":root", condition, rest]);
    }
    page
}

/// The style's address changes with its content.
pub static STYLE_URL: LazyLock<String> = LazyLock::new(|| {
    let hash = URL_SAFE_NO_PAD.encode(&fingerprint(STYLE.as_bytes())[..6]);
    format!("/f/style.css?{hash}")
});

#[cfg(test)]
mod tests {
    #[test]
    fn the_widgets_style_is_a_pages() {
        for (style, page) in [
            ("p { color: red; }", "p { color: red; }"),
            (":host { --ink: #000; }", ":root { --ink: #000; }"),
            (":host([dir=\"rtl\"]) p {} a {}", ":root[dir=\"rtl\"] p {} a {}"),
        ] {
            assert_eq!(super::of_page(style), page);
        }
    }
}
