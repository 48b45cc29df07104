//! From the file's rows to messages, some at a time: who can be asked by which way, was not asked
//! before, and wants to be asked; with links that the collector makes.

use super::super::client::{Client, segment};
use super::args::{Again, Channel, Send};
use super::delivery::{Message, Ready};
use super::gateway::Sms;
use super::journal::{Fate, Journal, Key, PEOPLE_MAX};
use crate::http::{InvitationOut, InvitationsOut};
use crate::import::rows::Rows;
use crate::import::{Issue, Table};
use crate::invite::mail::{self, Sender};
use crate::invite::{Campaign, Columns, Letter, Person, Words, sms};
use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use shared::Survey;
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

/// Prepared together. Of those that are sent few, so that links are young and a change of mind
/// between is seen.
const CHECKED_AT_ONCE: usize = 500;
const SENT_AT_ONCE: usize = 50;

/// Everything that is the same for all.
pub struct Office<'a> {
    pub args: &'a Send,
    pub client: &'a Client,
    pub campaign: &'a Campaign,
    pub sender: Option<Sender>,
    pub table: &'a Table,
    pub columns: &'a Columns,
    /// By language.
    pub surveys: RefCell<HashMap<String, Survey<String>>>,
}

/// What becomes of a row.
pub enum Item {
    Ready(Box<Ready>),
    LeftOut(u64, LeftOut),
    Refused(Vec<Issue>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeftOut {
    Already,
    FailedBefore,
    UnknownBefore,
    Duplicate,
    OptedOut,
}

impl LeftOut {
    pub const fn status(self) -> &'static str {
        match self {
            Self::Already => "already",
            Self::FailedBefore => "failed_before",
            Self::UnknownBefore => "unknown_before",
            Self::Duplicate => "duplicate",
            Self::OptedOut => "opted_out",
        }
    }

    pub const fn says(self) -> &'static str {
        match self {
            Self::Already => "was asked before",
            Self::FailedBefore => "was refused for good before; --again failed tries once more",
            Self::UnknownBefore => "may have arrived before; --again unknown sends it once more",
            Self::Duplicate => "stands in the file before",
            Self::OptedOut => "wants no more invitations",
        }
    }
}

/// Somebody, and the way to them.
struct Asked {
    person: Person,
    channel: Channel,
    key: Key,
}

pub struct Reader<'a> {
    office: &'a Office<'a>,
    rows: Rows,
    seen: HashSet<Key>,
    /// Links lead nowhere, and nothing is stored.
    dry_run: bool,
}

impl<'a> Reader<'a> {
    pub fn new(office: &'a Office<'a>, dry_run: bool) -> Result<Self> {
        Ok(Self { office, rows: office.table.rows()?, seen: HashSet::new(), dry_run })
    }

    /// Bytes of the file so far.
    pub fn bytes(&self) -> u64 {
        self.rows.bytes()
    }

    /// The next rows; `None` after the last.
    pub fn next(&mut self, journal: &Journal) -> Result<Option<Vec<Item>>> {
        let room = if self.dry_run { CHECKED_AT_ONCE } else { SENT_AT_ONCE };
        let (mut items, mut asked) = (Vec::new(), Vec::new());
        while asked.len() < room && items.len() < room {
            let Some(row) = self.rows.next() else { break };
            let row = match row {
                Ok(row) if row.is_blank() => continue,
                Ok(row) => row,
                Err(issue) => {
                    items.push(Item::Refused(vec![issue]));
                    continue;
                }
            };
            let read = self.office.columns.read(&row, self.office.country_code());
            match read.and_then(|person| self.office.way(person, journal)) {
                Ok(one) => match self.left_out(&one, journal)? {
                    Some(why) => items.push(Item::LeftOut(one.person.line, why)),
                    None => asked.push(one),
                },
                Err(issues) => items.push(Item::Refused(issues)),
            }
        }
        if asked.is_empty() && items.is_empty() {
            return Ok(None);
        }
        items.extend(self.office.prepare(asked, self.dry_run)?);
        Ok(Some(items))
    }

    fn left_out(&mut self, one: &Asked, journal: &Journal) -> Result<Option<LeftOut>> {
        if !self.seen.insert(one.key) {
            return Ok(Some(LeftOut::Duplicate));
        }
        if self.seen.len() > PEOPLE_MAX {
            bail!("the file has more than {PEOPLE_MAX} people; make several of it");
        }
        let again = &self.office.args.again;
        Ok(match journal.fate(&one.key) {
            Some(Fate::Sent) => Some(LeftOut::Already),
            Some(Fate::Failed) if !again.contains(&Again::Failed) => Some(LeftOut::FailedBefore),
            Some(Fate::Sending) if !again.contains(&Again::Unknown) => Some(LeftOut::UnknownBefore),
            _ => None,
        })
    }
}

impl Office<'_> {
    fn country_code(&self) -> Option<&str> {
        self.campaign.sms.as_ref()?.country_code.as_deref()
    }

    /// By which way somebody is asked, and the invitation's key.
    fn way(&self, mut person: Person, journal: &Journal) -> Result<Asked, Vec<Issue>> {
        let by_mail = self.campaign.mail.is_some() && person.email.is_some();
        let by_sms = self.campaign.sms.is_some() && person.phone.is_some();
        let channel = match (self.args.channel, by_mail, by_sms) {
            (None | Some(Channel::Email), true, _) => Channel::Email,
            (None | Some(Channel::Sms), _, true) => Channel::Sms,
            (wanted, ..) => {
                let message = match wanted {
                    Some(Channel::Email) => "has no e-mail address",
                    Some(Channel::Sms) => "has no telephone number",
                    None if person.email.is_some() => {
                        "has an e-mail address alone, and the campaign no [mail]"
                    }
                    None => "has a telephone number alone, and the campaign no [sms]",
                };
                return Err(vec![Issue::of_row(person.line, "no_channel", message)]);
            }
        };
        person.service = person.service.or_else(|| self.args.service.clone());
        let to = match channel {
            Channel::Email => {
                person.email.as_ref().map(|email| email.to_string().to_ascii_lowercase())
            }
            Channel::Sms => person.phone.as_ref().map(|phone| phone.as_str().to_owned()),
        };
        let word = |word: &Option<String>| word.clone().unwrap_or_default();
        let (service, reference) = (word(&person.service), word(&person.reference));
        let parts =
            [channel.name(), &to.unwrap_or_default(), &self.args.survey, &service, &reference];
        let key = journal.key(&parts);
        Ok(Asked { person, channel, key })
    }

    fn prepare(&self, asked: Vec<Asked>, dry_run: bool) -> Result<Vec<Item>> {
        if asked.is_empty() {
            return Ok(Vec::new());
        }
        let path = format!("/v1/sites/{}/invitations", segment(&self.args.site));
        let body = self.request(&asked, dry_run);
        let answer = self.client.post_lines(&path, &serde_json::to_vec(&body)?)?;
        let made: InvitationsOut = serde_json::from_slice(&answer)?;
        if made.invitations.len() != asked.len() {
            bail!("the collector answers for other people than those that were asked for");
        }
        let each = asked.into_iter().zip(&made.invitations);
        each.map(|(one, invitation)| self.item(one, invitation, &made)).collect()
    }

    fn request(&self, asked: &[Asked], dry_run: bool) -> Value {
        let invitations = asked.iter().map(|Asked { person, channel, .. }| {
            let mut one = json!({"recipients": person.recipients(), "channel": channel.name(),
                "short": *channel == Channel::Sms || !self.args.no_short});
            let words = [
                ("locale", person.locale.as_ref().or(self.args.locale.as_ref())),
                ("service", person.service.as_ref()),
                ("level", person.level.as_ref()),
                ("reference", person.reference.as_ref()),
            ];
            for (name, word) in words {
                if let Some(word) = word {
                    one[name] = json!(word);
                }
            }
            one
        });
        json!({"survey": self.args.survey, "uses": self.args.uses, "dry_run": dry_run,
            "expires_days": self.args.expires, "invitations": invitations.collect::<Vec<_>>()})
    }

    fn item(&self, asked: Asked, made: &InvitationOut, all: &InvitationsOut) -> Result<Item> {
        let line = asked.person.line;
        match made.status.as_str() {
            "ready" => {}
            "opted_out" => return Ok(Item::LeftOut(line, LeftOut::OptedOut)),
            _ => {
                let issues = made.violations.iter().map(|violation| Issue {
                    column: Some(violation.path.clone()),
                    ..Issue::of_row(line, &violation.code, &violation.message)
                });
                return Ok(Item::Refused(issues.collect()));
            }
        }
        let refused =
            |code, message: String| Ok(Item::Refused(vec![Issue::of_row(line, code, message)]));
        let locale = asked.person.locale.as_ref().or(self.args.locale.as_ref());
        let locale = locale.unwrap_or(&all.locale);
        let Some(words) = Words::of(locale, &self.campaign.texts) else {
            return refused("bad_locale", format!("there are no words in {locale}"));
        };
        self.fetch_survey(locale, &all.public_key)?;
        let surveys = self.surveys.borrow();
        let survey = surveys.get(locale).context("the survey is missing")?;
        let url = made.url.as_deref().context("the collector made no link")?;
        let letter = Letter {
            words: &words,
            survey,
            site: &all.site,
            name: asked.person.name.as_deref(),
            url,
            short_url: made.short_url.as_deref().unwrap_or(url),
            opt_out_url: made.opt_out_url.as_deref().context("the collector made no opt-out")?,
        };
        match self.message(&letter, &asked)? {
            Ok(message) => {
                let place = (asked.channel.name().to_owned(), asked.person.service.clone());
                Ok(Item::Ready(Box::new(Ready { line, key: asked.key, place, message })))
            }
            Err(message) => refused("too_long", message),
        }
    }

    /// The inner error: it is too long.
    fn message(&self, letter: &Letter<'_>, asked: &Asked) -> Result<Result<Message, String>> {
        let id = URL_SAFE_NO_PAD.encode(asked.key);
        if asked.channel == Channel::Sms {
            let number = asked.person.phone.as_ref().context("there is no number")?;
            let number = number.as_str().to_owned();
            return Ok(match sms::text(letter) {
                Ok(text) => Ok(Message::Sms(Sms { number, text, id })),
                Err(error) => Err(error.to_string()),
            });
        }
        let sender = self.sender.as_ref().context("there is no sender")?;
        let to = asked.person.email.as_ref().context("there is no address")?;
        Ok(match mail::message(letter, sender, to, &id) {
            Ok(mail) => {
                Ok(Message::Mail { envelope: mail.envelope().clone(), bytes: mail.formatted() })
            }
            Err(error @ mail::MailError::TooLong(_)) => Err(error.to_string()),
            Err(error) => return Err(error.into()),
        })
    }

    fn fetch_survey(&self, locale: &str, public_key: &str) -> Result<()> {
        if self.surveys.borrow().contains_key(locale) {
            return Ok(());
        }
        let (key, survey) = (segment(public_key), segment(&self.args.survey));
        let path = format!("/v1/sites/{key}/surveys/{survey}?locale={}", segment(locale));
        let survey: Survey<String> = self.client.get(&path)?;
        self.surveys.borrow_mut().insert(locale.to_owned(), survey);
        Ok(())
    }
}
