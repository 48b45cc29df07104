//! One connection to a mail server, command by command: what came of a message has to be known
//! exactly, and before its last line it was certainly not taken.

use super::delivery::Outcome;
use crate::invite::campaign::{MailSettings, Security};
use anyhow::{Context, Result, bail};
use lettre::address::Envelope;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{
    Certificate, CertificateStore, SmtpConnection, TlsParameters,
};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::ClientId;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(60);
/// Of the answer to a whole message (RFC 5321, 4.5.3.2.6).
const MESSAGE_TIMEOUT: Duration = Duration::from_secs(600);
const PASSWORD: &str = "ASCOLTO_SMTP_PASSWORD";

pub struct Smtp {
    server: String,
    port: u16,
    security: Security,
    tls: TlsParameters,
    hello: ClientId,
    login: Option<Credentials>,
    connection: Option<SmtpConnection>,
}

/// Why a message was not handed over, and certainly not taken.
enum Before {
    /// The connection is gone.
    Broken(Error),
    Outcome(Outcome),
}

impl Smtp {
    /// `ca`: certificates to believe in the place of the system's.
    pub fn new(settings: &MailSettings, sender_domain: &str, ca: Option<&Path>) -> Result<Self> {
        let mut tls = TlsParameters::builder(settings.server.clone());
        if let Some(ca) = ca {
            let pem = std::fs::read(ca).with_context(|| format!("cannot read {}", ca.display()))?;
            let certificate = Certificate::from_pem(&pem);
            tls = tls.certificate_store(CertificateStore::None).add_root_certificate(
                certificate.with_context(|| format!("{} has no certificate", ca.display()))?,
            );
        }
        Ok(Self {
            server: settings.server.clone(),
            port: settings.port(),
            security: settings.security,
            tls: tls.build_rustls()?,
            hello: ClientId::Domain(sender_domain.to_owned()),
            login: login(settings)?,
            connection: None,
        })
    }

    /// Hands a message over. `hand` is called when it can have arrived from then on.
    pub fn send(
        &mut self,
        envelope: &Envelope,
        message: &[u8],
        hand: &mut dyn FnMut() -> Result<()>,
    ) -> Result<Outcome> {
        // A connection that was kept may be gone by now: that is found out by using it.
        let was_kept = self.connection.is_some();
        let ready = match self.begin(envelope)? {
            Err(Before::Broken(_)) if was_kept => self.begin(envelope)?,
            other => other,
        };
        let connection = match (ready, &mut self.connection) {
            (Ok(()), Some(connection)) => connection,
            (Err(Before::Outcome(outcome)), _) => return Ok(outcome),
            (Err(Before::Broken(error)), _) => return Ok(Outcome::later(said(&error))),
            (Ok(()), None) => bail!("there is no connection"),
        };
        hand()?;
        connection.set_timeout(Some(MESSAGE_TIMEOUT))?;
        let answered = connection.message(message);
        connection.set_timeout(Some(TIMEOUT))?;
        Ok(match answered {
            Ok(_) => Outcome::Sent,
            Err(error) if error.is_transient() => {
                self.after(&error);
                Outcome::later(said(&error))
            }
            Err(error) if error.is_permanent() => Outcome::Refused(said(&error)),
            Err(error) => {
                self.connection = None;
                Outcome::Unknown(said(&error))
            }
        })
    }

    /// Up to where the message itself follows.
    fn begin(&mut self, envelope: &Envelope) -> Result<Result<(), Before>> {
        if self.connection.is_none() {
            match self.connect()? {
                Ok(connection) => self.connection = Some(connection),
                Err(error) => return Ok(Err(Before::Outcome(Outcome::Unreachable(said(&error))))),
            }
        }
        let Some(connection) = &mut self.connection else { bail!("there is no connection") };
        if let Err(error) = connection.command(Mail::new(envelope.from().cloned(), Vec::new())) {
            if error.is_permanent() {
                let from = envelope.from().map_or("", AsRef::as_ref);
                bail!("{} takes no mail from {from}: {}", self.server, said(&error));
            }
            return Ok(Err(self.not_taken(error)));
        }
        for to in envelope.to() {
            if let Err(error) = connection.command(Rcpt::new(to.clone(), Vec::new())) {
                return Ok(Err(self.not_taken(error)));
            }
        }
        match connection.command(Data) {
            Ok(_) => Ok(Ok(())),
            Err(error) => Ok(Err(self.not_taken(error))),
        }
    }

    fn not_taken(&mut self, error: Error) -> Before {
        if error.is_permanent() {
            self.after(&error);
            return Before::Outcome(Outcome::Refused(said(&error)));
        }
        if error.is_transient() {
            self.after(&error);
            return Before::Outcome(Outcome::later(said(&error)));
        }
        self.connection = None;
        Before::Broken(error)
    }

    /// The connection goes on with the next message, unless the server has closed it.
    fn after(&mut self, error: &Error) {
        let closes = error.status().is_some_and(|code| u16::from(code) == 421);
        let goes_on = !closes
            && self.connection.as_mut().is_some_and(|connection| connection.command(Rset).is_ok());
        if !goes_on {
            self.connection = None;
        }
    }

    /// The inner error passes; the outer one does not: nobody would get anything.
    fn connect(&self) -> Result<Result<SmtpConnection, Error>> {
        let wrapped = (self.security == Security::Tls).then_some(&self.tls);
        let server = (self.server.as_str(), self.port);
        let connected = SmtpConnection::connect(server, Some(TIMEOUT), &self.hello, wrapped, None);
        let mut connection = match connected {
            Ok(connection) => connection,
            Err(error) => return self.passing(error, "does not let us in"),
        };
        if self.security == Security::Starttls {
            if !connection.can_starttls() {
                bail!("{} offers no STARTTLS: nothing is sent in the clear", self.server);
            }
            if let Err(error) = connection.starttls(&self.tls, &self.hello) {
                return self.passing(error, "cannot be spoken to safely");
            }
        }
        if let Some(login) = &self.login
            && let Err(error) = connection.auth(DEFAULT_MECHANISMS, login)
        {
            return self.passing(error, "does not take the user and the password");
        }
        Ok(Ok(connection))
    }

    fn passing<T>(&self, error: Error, what: &str) -> Result<Result<T, Error>> {
        if error.is_permanent() || error.is_client() || is_about_safety(&error) {
            bail!("{} {what}: {}", self.server, said(&error));
        }
        Ok(Err(error))
    }
}

impl Drop for Smtp {
    fn drop(&mut self) {
        if let Some(mut connection) = self.connection.take() {
            // Everything was answered for; a server that does not say goodbye has it all.
            let _ = connection.quit();
        }
    }
}

fn login(settings: &MailSettings) -> Result<Option<Credentials>> {
    let Some(user) = settings.user.clone() else { return Ok(None) };
    let password = match &settings.password_file {
        Some(file) => std::fs::read_to_string(file)
            .with_context(|| format!("cannot read {}", file.display()))?,
        None => std::env::var(PASSWORD)
            .with_context(|| format!("mail.user has no password: password_file, or {PASSWORD}"))?,
    };
    Ok(Some(Credentials::new(user, password.trim_end_matches(['\r', '\n']).to_owned())))
}

/// A certificate that is not believed, or no common way to encrypt: time does not help.
fn is_about_safety(error: &Error) -> bool {
    error.is_tls() || io_kind(error) == Some(ErrorKind::InvalidData)
}

/// What lies at the bottom of it.
fn io_kind(error: &Error) -> Option<ErrorKind> {
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        if let Some(io) = inner.downcast_ref::<std::io::Error>() {
            return Some(io.kind());
        }
        source = inner.source();
    }
    None
}

/// What the server said, in a line.
fn said(error: &Error) -> String {
    if let Some(ErrorKind::WouldBlock | ErrorKind::TimedOut) = io_kind(error) {
        return "no answer in time".to_owned();
    }
    let mut said = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        let words = inner.to_string();
        if !said.contains(&words) {
            said = format!("{said}: {words}");
        }
        source = inner.source();
    }
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}
