//! The survey as pages that work without scripts: what they say, which step comes next, what was
//! filled in. Knows no HTTP and no store.

mod page;
mod posted;
mod questions;
mod speech;
mod steps;
mod ticket;

pub use page::{Form, Frame, Notice, form, notice, title_of};
pub use posted::{Go, Look, Posted, pairs_of, version};
pub use speech::Speech;
pub use steps::Steps;
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
    let questions = include_str!("../../../widget/style/form.css");
    // There is no shadow root here: the variables are the page's.
    let questions = questions.replace(":host {", ":root {");
    [questions.as_str(), include_str!("style.css")].concat()
});

/// The style's address changes with its content.
pub static STYLE_URL: LazyLock<String> = LazyLock::new(|| {
    let hash = URL_SAFE_NO_PAD.encode(&fingerprint(STYLE.as_bytes())[..6]);
    format!("/f/style.css?{hash}")
});
