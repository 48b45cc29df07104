//! Handing messages over: by mail server or gateway, at a pace, and what can come of it.

use super::gateway::{Gateway, Sms};
use super::journal::{Key, Place};
use super::smtp::Smtp;
use crate::invite::Campaign;
use anyhow::{Context, Result};
use lettre::address::Envelope;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// What came of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Sent,
    /// Refused for the moment; certainly not taken.
    Later {
        said: String,
        wait: Option<Duration>,
    },
    /// Nobody was there to take it.
    Unreachable(String),
    /// Refused for good.
    Refused(String),
    /// It was handed over, and no answer came.
    Unknown(String),
}

impl Outcome {
    pub const fn later(said: String) -> Self {
        Self::Later { said, wait: None }
    }
}

/// A message to somebody.
pub struct Ready {
    pub line: u64,
    pub key: Key,
    pub place: Place,
    pub message: Message,
}

pub enum Message {
    Mail { envelope: Envelope, bytes: Vec<u8> },
    Sms(Sms),
}

pub struct Carriers<'a> {
    mail: Option<(Smtp, Pace)>,
    sms: Option<(Gateway<'a>, Pace)>,
}

impl<'a> Carriers<'a> {
    pub fn new(campaign: &'a Campaign, ca: Option<&Path>) -> Result<Self> {
        let wrong = anyhow::Error::msg;
        let mail = campaign.mail.as_ref().map(|mail| {
            let sender = mail.sender().map_err(wrong)?;
            let smtp = Smtp::new(mail, sender.from.email.domain(), ca)?;
            Ok::<_, anyhow::Error>((smtp, Pace::new(mail.pace().map_err(wrong)?)))
        });
        let sms = campaign.sms.as_ref().map(|sms| {
            let gateway = Gateway::new(sms, ca)?;
            Ok::<_, anyhow::Error>((gateway, Pace::new(sms.pace().map_err(wrong)?)))
        });
        Ok(Self { mail: mail.transpose()?, sms: sms.transpose()? })
    }

    /// Waits for its turn. `hand` is called when it can have arrived from then on; an error means
    /// that nothing more can be sent at all.
    pub fn send(
        &mut self,
        message: &Message,
        hand: &mut dyn FnMut() -> Result<()>,
    ) -> Result<Outcome> {
        match message {
            Message::Mail { envelope, bytes } => {
                let (smtp, pace) = self.mail.as_mut().context("there is no mail server")?;
                pace.wait();
                smtp.send(envelope, bytes, hand)
            }
            Message::Sms(sms) => {
                let (gateway, pace) = self.sms.as_mut().context("there is no SMS gateway")?;
                pace.wait();
                gateway.send(sms, hand)
            }
        }
    }
}

/// No more than one in a time.
struct Pace {
    every: Duration,
    next: Option<Instant>,
}

impl Pace {
    const fn new(every: Duration) -> Self {
        Self { every, next: None }
    }

    fn wait(&mut self) {
        let now = Instant::now();
        let at = self.next.map_or(now, |next| next.max(now));
        thread::sleep(at - now);
        self.next = Some(at + self.every);
    }
}
