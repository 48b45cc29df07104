//! An invitation as an e-mail: both parts of it, and the headers by which mail programs offer to end
//! invitations (RFC 2369, RFC 8058).

use super::html::{self, Look};
use super::{Letter, plain};
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};
use thiserror::Error;

/// Gmail shows what is longer only on request, and then not the link in the footer.
const HTML_BYTES_MAX: usize = 102 * 1024;
const ONE_CLICK: &str = "List-Unsubscribe=One-Click";

#[derive(Debug, Error)]
pub enum MailError {
    #[error("the HTML has {0} bytes; mail programs cut off what is past {HTML_BYTES_MAX}")]
    TooLong(usize),
    #[error("cannot be written: {0}")]
    Unwritable(#[from] lettre::error::Error),
}

/// Whose e-mails they are, and how they look.
pub struct Sender {
    pub from: Mailbox,
    pub reply_to: Option<Mailbox>,
    pub accent: String,
    pub on_accent: &'static str,
    /// Who is responsible, in a line.
    pub imprint: String,
}

/// `id`: before the `@` of its Message-ID; the same invitation has the same one.
pub fn message(
    letter: &Letter<'_>,
    sender: &Sender,
    to: &Address,
    id: &str,
) -> Result<Message, MailError> {
    let look =
        Look { accent: &sender.accent, on_accent: sender.on_accent, imprint: &sender.imprint };
    let html = html::page(letter, &look);
    if html.len() > HTML_BYTES_MAX {
        return Err(MailError::TooLong(html.len()));
    }
    let text = plain::text(letter, &sender.imprint);
    let part = |kind, body| SinglePart::builder().header(kind).body(body);
    let parts = MultiPart::alternative()
        .singlepart(part(ContentType::TEXT_PLAIN, text))
        .singlepart(part(ContentType::TEXT_HTML, html));
    let domain = sender.from.email.domain();
    let mut builder = Message::builder()
        .from(sender.from.clone())
        .to(Mailbox::new(letter.name.map(str::to_owned), to.clone()))
        .subject(letter.said("subject"))
        .message_id(Some(format!("<{id}@{domain}>")))
        .date_now();
    if let Some(reply_to) = &sender.reply_to {
        builder = builder.reply_to(reply_to.clone());
    }
    let mut message = builder.multipart(parts)?;
    let mut set = |name: &'static str, value: &str| {
        let name = HeaderName::new_from_ascii_str(name);
        let value = HeaderValue::dangerous_new_pre_encoded(name, value.into(), value.into());
        message.headers_mut().insert_raw(value);
    };
    set("List-Unsubscribe", &format!("<{}>", letter.opt_out_url));
    set("List-Unsubscribe-Post", ONE_CLICK);
    // Nobody's absence is to answer it (RFC 3834).
    set("Auto-Submitted", "auto-generated");
    set("Content-Language", letter.words.speech.locale());
    Ok(message)
}
