//! Invitations: who is asked, and the words of it, as an e-mail or an SMS. Knows a file's rows, a
//! survey and links; neither the collector's interface nor how anything is sent.

pub mod campaign;
pub mod gaps;
pub mod gsm;
mod html;
pub mod mail;
mod plain;
pub mod recipients;
pub mod sms;
pub mod words;

pub use campaign::Campaign;
pub use recipients::{Columns, Person};
pub use words::Words;

use shared::Survey;
use shared::survey::{Kind, Question};

/// What an invitation says: one person's, in one language.
pub struct Letter<'a> {
    pub words: &'a Words<'a>,
    /// In the person's language, as far as it speaks that.
    pub survey: &'a Survey<String>,
    /// Who asks.
    pub site: &'a str,
    pub name: Option<&'a str>,
    /// To the survey; `&score=9` may follow.
    pub url: &'a str,
    /// The same, to be read and typed.
    pub short_url: &'a str,
    pub opt_out_url: &'a str,
}

impl<'a> Letter<'a> {
    /// The question whose score can be chosen in the letter, with its lowest and highest.
    fn scored(&self) -> Option<(&'a Question<String>, u8, u8)> {
        let scored = |question: &'a Question<String>| {
            let (low, high) = question.kind.score_range()?;
            Some((question, low, high))
        };
        self.survey.questions.iter().find_map(scored)
    }

    /// What the lowest and the highest score mean.
    fn ends(&self, question: &Question<String>, low: u8, high: u8) -> [String; 2] {
        let kind = match (&question.kind, question.metric.as_deref()) {
            (Kind::Nps, _) => "nps",
            (Kind::Ces, _) => "ces",
            (_, Some("csat")) => "csat",
            _ => "rating",
        };
        let speech = &self.words.speech;
        [("low", low), ("high", high)].map(|(end, score)| {
            let words = speech.filled(&format!("{kind}.{end}"), score, high);
            // Some have their number already.
            if kind == "nps" { words } else { format!("{score} – {words}") }
        })
    }

    fn greeting(&self) -> String {
        match self.name {
            Some(name) => self.words.text("hello").replace("{name}", name),
            None => self.words.text("hello_all").to_owned(),
        }
    }

    /// Words about whoever asks.
    fn said(&self, key: &str) -> String {
        self.words.text(key).replace("{site}", self.site)
    }
}
