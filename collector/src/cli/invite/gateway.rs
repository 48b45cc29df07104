//! Any gateway that takes an SMS as one HTTP request: address, headers and body are the owner's, with
//! gaps for the number and the text.

use super::super::client::agent;
use super::delivery::Outcome;
use crate::invite::campaign::{BodyKind, SmsSettings};
use crate::invite::gaps;
use anyhow::{Context, Result, bail};
use std::io;
use std::path::Path;
use std::time::Duration;
use ureq::http::{Request, Response, header};

const ANSWER_BYTES_MAX: u64 = 64 << 10;
const SHOWN_CHARS: usize = 200;
const TIMEOUT: Duration = Duration::from_secs(30);
const TOKEN: &str = "ASCOLTO_SMS_TOKEN";

pub struct Gateway<'a> {
    settings: &'a SmsSettings,
    method: String,
    token: Option<String>,
    agent: ureq::Agent,
}

/// What fills the gaps of a request.
pub struct Sms {
    pub number: String,
    pub text: String,
    /// The same for the same invitation, for gateways that send what they know only once.
    pub id: String,
}

impl<'a> Gateway<'a> {
    pub fn new(settings: &'a SmsSettings, ca: Option<&Path>) -> Result<Self> {
        let token = match &settings.bearer_file {
            Some(file) => {
                let token = std::fs::read_to_string(file);
                Some(token.with_context(|| format!("cannot read {}", file.display()))?)
            }
            None => std::env::var(TOKEN).ok(),
        };
        Ok(Self {
            settings,
            method: settings.method.clone().unwrap_or_else(|| "POST".to_owned()),
            token: token.map(|token| token.trim().to_owned()).filter(|token| !token.is_empty()),
            agent: agent(&settings.url, ca, false)?,
        })
    }

    /// `hand` is called when the message can have arrived from then on.
    pub fn send(&self, sms: &Sms, hand: &mut dyn FnMut() -> Result<()>) -> Result<Outcome> {
        let request = self.request(sms)?;
        let request = self.agent.configure_request(request).max_redirects(0);
        let request = request.timeout_global(Some(TIMEOUT)).build();
        hand()?;
        match self.agent.run(request) {
            Ok(answer) => self.outcome(answer),
            Err(error) if was_not_sent(&error) => Ok(Outcome::Unreachable(error.to_string())),
            Err(error) => Ok(Outcome::Unknown(error.to_string())),
        }
    }

    fn request(&self, sms: &Sms) -> Result<Request<Vec<u8>>> {
        let headers = &self.settings.headers;
        // Without a kind nothing is filled in: the campaign would have been refused.
        let escape = match self.settings.body_kind() {
            Some(BodyKind::Json) => escaped_json,
            Some(BodyKind::Form) => escaped_form,
            Some(BodyKind::Xml) => escaped_xml,
            Some(BodyKind::Plain) | None => str::to_owned,
        };
        let uri = filled(&self.settings.url, sms, escaped_form);
        let mut request = Request::builder().method(self.method.as_str()).uri(uri);
        for (name, value) in headers {
            request = request.header(name, filled(value, sms, str::to_owned));
        }
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let body = filled(&self.settings.body, sms, escape).into_bytes();
        request.body(body).context("sms: the request cannot be made")
    }

    fn outcome(&self, answer: Response<ureq::Body>) -> Result<Outcome> {
        let status = answer.status().as_u16();
        let wait = answer.headers().get(header::RETRY_AFTER);
        let wait = wait.and_then(|wait| wait.to_str().ok()?.parse().ok()).map(Duration::from_secs);
        let body = answer.into_body().into_with_config().limit(ANSWER_BYTES_MAX).read_to_vec();
        let body = String::from_utf8_lossy(&body.unwrap_or_default()).into_owned();
        let words: Vec<&str> = body.split_whitespace().collect();
        let shown: String = words.join(" ").chars().take(SHOWN_CHARS).collect();
        let said = format!("{status} {shown}").trim_end().to_owned();
        Ok(match status {
            200..=299 => Outcome::Sent,
            425 | 429 | 503 => Outcome::Later { said, wait },
            // What stood behind it may have taken the message all the same.
            408 | 500..=599 => Outcome::Unknown(said),
            300..=399 | 401 | 403..=405 => {
                bail!("the SMS gateway answers {said}: are sms.url and the token right?")
            }
            _ => Outcome::Refused(said),
        })
    }
}

/// Nothing has left: there was no connection.
fn was_not_sent(error: &ureq::Error) -> bool {
    match error {
        ureq::Error::HostNotFound | ureq::Error::ConnectionFailed | ureq::Error::Tls(_) => true,
        ureq::Error::Timeout(limit) => {
            matches!(limit, ureq::Timeout::Connect | ureq::Timeout::Resolve)
        }
        ureq::Error::Io(error) => error.kind() == io::ErrorKind::ConnectionRefused,
        _ => false,
    }
}

fn filled(template: &str, sms: &Sms, escape: fn(&str) -> String) -> String {
    gaps::filled(template, |gap| match gap {
        "number" => Some(escape(&sms.number)),
        "text" => Some(escape(&sms.text)),
        "id" => Some(escape(&sms.id)),
        _ => None,
    })
}

fn escaped_json(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

fn escaped_form(text: &str) -> String {
    super::super::client::segment(text)
}

fn escaped_xml(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;").replace('\'', "&apos;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_filled_once_and_escaped_as_they_need() {
        let text = "say \"{number}\" & go".to_owned();
        let sms = Sms { number: "+39333".into(), text, id: "a".into() };
        for (template, escape, expected) in [
            (
                r#"{"to":"{number}","x":{}}"#,
                escaped_json as fn(&str) -> String,
                r#"{"to":"+39333","x":{}}"#,
            ),
            (r#"{"t":"{text}"}"#, escaped_json, r#"{"t":"say \"{number}\" & go"}"#),
            (
                "n={number}&t={text}",
                escaped_form,
                "n=%2B39333&t=say%20%22%7Bnumber%7D%22%20%26%20go",
            ),
            ("<t>{text}</t>", escaped_xml, "<t>say &quot;{number}&quot; &amp; go</t>"),
            ("{id}{", str::to_owned, "a{"),
        ] {
            assert_eq!(filled(template, &sms, escape), expected);
        }
    }
}
