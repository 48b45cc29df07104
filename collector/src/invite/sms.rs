//! The words of an SMS: one message, or none.

use super::Letter;
use super::gaps;
use super::gsm::{Length, with_plain_signs};
use thiserror::Error;

/// What takes more than one message.
#[derive(Debug, PartialEq, Eq, Error)]
#[error("the text takes {used} of {max} {unit}{because}: {text}")]
pub struct TooLong {
    used: usize,
    max: usize,
    unit: &'static str,
    because: String,
    text: String,
}

/// The text with its link. Where our own words do not fit, who asks and the link alone.
pub fn text(letter: &Letter<'_>) -> Result<String, TooLong> {
    let whole = filled(letter.words.text("sms"), letter);
    let length = Length::of(&whole);
    if length.fits() {
        return Ok(whole);
    }
    if !letter.words.is_own("sms") {
        let least = filled("{site}: {link}", letter);
        if Length::of(&least).fits() {
            return Ok(least);
        }
    }
    let (unit, because) = match length.foreign {
        None => ("septets", String::new()),
        Some(c) => ("UCS-2 units", format!(", because of {c:?}, which is not in GSM 03.38")),
    };
    Err(TooLong { used: length.used, max: length.max, unit, because, text: whole })
}

fn filled(template: &str, letter: &Letter<'_>) -> String {
    gaps::filled(&with_plain_signs(template), |gap| match gap {
        "site" => Some(with_plain_signs(letter.site)),
        "name" => Some(with_plain_signs(letter.name.unwrap_or_default())),
        // Addresses are left as they are.
        "link" => Some(letter.short_url.to_owned()),
        "stop" => Some(letter.opt_out_url.to_owned()),
        _ => None,
    })
}
