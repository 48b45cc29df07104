//! What an owner says of a round of invitations, once: by which server or gateway, from whom, in
//! which words. Read from TOML, checked whole before anybody is asked.

use super::mail::Sender;
use super::words::KEYS;
use lettre::message::Mailbox;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

const TEXT_CHARS_MAX: usize = 1_000;
const ACCENT: &str = "#1d4ed8";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Campaign {
    pub mail: Option<MailSettings>,
    pub sms: Option<SmsSettings>,
    /// By language, then by name.
    #[serde(default)]
    pub texts: BTreeMap<String, BTreeMap<String, String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailSettings {
    /// `Name <address>`.
    pub from: String,
    pub reply_to: Option<String>,
    pub server: String,
    pub port: Option<u16>,
    #[serde(default)]
    pub security: Security,
    pub user: Option<String>,
    /// Else the variable `ASCOLTO_SMTP_PASSWORD` has it.
    pub password_file: Option<PathBuf>,
    pub rate: Option<String>,
    pub accent: Option<String>,
    #[serde(default)]
    pub imprint: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    #[default]
    Starttls,
    Tls,
    None,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmsSettings {
    /// `{number}`, `{text}` and `{id}` may stand in it, in the headers and in the body.
    pub url: String,
    pub method: Option<String>,
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    #[serde(default)]
    pub body: String,
    /// Sends `Authorization: Bearer …`; else the variable `ASCOLTO_SMS_TOKEN` has it, if anything.
    pub bearer_file: Option<PathBuf>,
    pub rate: Option<String>,
    /// Of numbers without one, such as +39.
    pub country_code: Option<String>,
}

impl Campaign {
    /// Every mistake, as one text.
    pub fn read(toml: &str) -> Result<Self, String> {
        let campaign: Self = toml::from_str(toml).map_err(|error| error.to_string())?;
        let mut wrong = campaign.wrong_texts();
        if campaign.mail.is_none() && campaign.sms.is_none() {
            wrong.push("neither [mail] nor [sms] says how to send anything".to_owned());
        }
        if let Some(mail) = &campaign.mail {
            wrong.extend(mail.sender().err());
            wrong.extend(mail.pace().err());
            let is_near = matches!(mail.server.as_str(), "localhost" | "127.0.0.1" | "::1");
            if mail.security == Security::None && mail.user.is_some() && !is_near {
                wrong.push("mail.security: none would send the password in the clear".to_owned());
            }
        }
        if let Some(sms) = &campaign.sms {
            wrong.extend(sms.pace().err());
            wrong.extend(sms.wrong_template());
            wrong.extend(sms.wrong_body());
        }
        if wrong.is_empty() { Ok(campaign) } else { Err(wrong.join("; ")) }
    }

    fn wrong_texts(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for (language, texts) in &self.texts {
            for (name, text) in texts {
                if !KEYS.iter().any(|(known, _)| known == name) {
                    let known = KEYS.map(|(name, _)| name).join(", ");
                    wrong.push(format!("texts.{language}.{name}: is none of {known}"));
                }
                if text.chars().count() > TEXT_CHARS_MAX {
                    wrong.push(format!(
                        "texts.{language}.{name}: takes {TEXT_CHARS_MAX} characters"
                    ));
                }
                if name == "sms" && !text.contains("{link}") {
                    wrong.push(format!("texts.{language}.sms: {{link}} is missing"));
                }
                if name == "subject" && text.contains(['\r', '\n']) {
                    wrong.push(format!("texts.{language}.subject: is one line"));
                }
            }
        }
        wrong
    }
}

impl MailSettings {
    pub fn sender(&self) -> Result<Sender, String> {
        let mailbox = |name: &str, text: &str| {
            text.parse::<Mailbox>().map_err(|error| format!("mail.{name}: {text}: {error}"))
        };
        let accent = self.accent.as_deref().unwrap_or(ACCENT);
        let on_accent = readable_on(accent).ok_or("mail.accent: takes a colour such as #1d4ed8")?;
        Ok(Sender {
            from: mailbox("from", &self.from)?,
            reply_to: self.reply_to.as_deref().map(|text| mailbox("reply_to", text)).transpose()?,
            accent: accent.to_owned(),
            on_accent,
            imprint: self.imprint.clone(),
        })
    }

    pub fn port(&self) -> u16 {
        self.port.unwrap_or(match self.security {
            Security::Starttls => 587,
            Security::Tls => 465,
            Security::None => 25,
        })
    }

    pub fn pace(&self) -> Result<Duration, String> {
        pace("mail.rate", self.rate.as_deref().unwrap_or("10/s"))
    }
}

/// How number and text have to be written into a request's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyKind {
    Json,
    Form,
    Xml,
    Plain,
}

impl SmsSettings {
    /// By its `Content-Type`; `None` where that is missing or another.
    pub fn body_kind(&self) -> Option<BodyKind> {
        let mut headers = self.headers.iter();
        let (_, kind) = headers.find(|(name, _)| name.eq_ignore_ascii_case("content-type"))?;
        match kind.to_ascii_lowercase() {
            kind if kind.contains("json") => Some(BodyKind::Json),
            kind if kind.contains("x-www-form-urlencoded") => Some(BodyKind::Form),
            kind if kind.contains("xml") => Some(BodyKind::Xml),
            kind if kind.starts_with("text/plain") => Some(BodyKind::Plain),
            _ => None,
        }
    }

    /// A person's name must not become another part of the request.
    fn wrong_body(&self) -> Option<String> {
        let is_filled = ["{number}", "{text}", "{id}"].iter().any(|gap| self.body.contains(gap));
        (is_filled && self.body_kind().is_none()).then(|| {
            "sms.headers: needs a Content-Type of JSON, a form, XML or text/plain, by which body is filled"
                .to_owned()
        })
    }

    pub fn pace(&self) -> Result<Duration, String> {
        pace("sms.rate", self.rate.as_deref().unwrap_or("5/s"))
    }

    fn wrong_template(&self) -> Option<String> {
        let everything = self.headers.values().chain([&self.url, &self.body]);
        let everything: String = everything.map(String::as_str).collect();
        let missing = ["{number}", "{text}"].into_iter().find(|gap| !everything.contains(gap))?;
        Some(format!("sms: {missing} stands neither in url nor in headers nor in body"))
    }
}

/// `10/s` or `600/m`, as the time from one to the next.
fn pace(name: &str, text: &str) -> Result<Duration, String> {
    let read = text.split_once('/').and_then(|(count, unit)| {
        let count: u32 = count.trim().parse().ok().filter(|count| (1..=10_000).contains(count))?;
        let unit = match unit.trim() {
            "s" => 1,
            "m" => 60,
            _ => return None,
        };
        Some(Duration::from_secs(unit) / count)
    });
    read.ok_or_else(|| {
        format!("{name}: takes a number a second or a minute, such as 10/s or 600/m")
    })
}

/// Black or white, whichever has more contrast on `#rrggbb` (WCAG 2.2, relative luminance).
fn readable_on(colour: &str) -> Option<&'static str> {
    let digits = colour.strip_prefix('#').filter(|d| d.len() == 6 && d.is_ascii())?;
    let part =
        |at: usize| Some(f64::from(u8::from_str_radix(&digits[at..at + 2], 16).ok()?) / 255.0);
    let linear = |c: f64| if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) };
    let [r, g, b] = [part(0)?, part(2)?, part(4)?].map(linear);
    let luminance = 0.2126 * r + 0.7152 * g + 0.0722 * b;
    Some(if luminance > 0.179 { "#000000" } else { "#ffffff" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_of_a_campaign_is_told() {
        for (toml, expected) in [
            ("", "neither [mail] nor [sms]"),
            ("[mail]\nfrom = 'nobody'\nserver = 'a'", "mail.from: nobody"),
            ("[mail]\nfrom = 'a@b.it'\nserver = 'a'\nrate = 'fast'", "mail.rate: takes"),
            ("[mail]\nfrom = 'a@b.it'\nserver = 'a'\ncolour = 'red'", "unknown field"),
            ("[mail]\nfrom = 'a@b.it'\nserver = 'a'\naccent = 'red'", "mail.accent: takes"),
            (
                "[mail]\nfrom = 'a@b.it'\nserver = 'a'\nsecurity = 'none'\nuser = 'u'",
                "in the clear",
            ),
            ("[sms]\nurl = 'https://a/{number}'", "{text} stands neither"),
            (
                "[sms]\nurl = 'https://a/{number}/{text}'\n[texts.it]\nsms = 'ciao'",
                "{link} is missing",
            ),
            (
                "[sms]\nurl = 'https://a/{number}/{text}'\n[texts.it]\nword = 'ciao'",
                "texts.it.word",
            ),
        ] {
            let error = Campaign::read(toml).unwrap_err();
            assert!(error.contains(expected), "{toml}: {error}");
        }
        let right = Campaign::read("[mail]\nfrom = 'A B <a@b.it>'\nserver = 'a'\nrate = '30/m'");
        let mail = right.unwrap().mail.unwrap();
        assert_eq!((mail.port(), mail.pace()), (587, Ok(Duration::from_secs(2))));
        assert_eq!(mail.sender().unwrap().on_accent, "#ffffff");
        assert_eq!(readable_on("#ffdd00"), Some("#000000"));
    }
}
