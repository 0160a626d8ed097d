//! The mail server that takes letters along, spoken to in SMTP (RFC 5321). What concerns a letter is told from what concerns the
//! connection: a wrong password is no reason to give a letter up.

use std::error::Error as _;
use std::io;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, anyhow};
use countersign_core::person::Email;
use lettre::Address;
use lettre::address::Envelope;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{SmtpConnection, TlsParameters};
use lettre::transport::smtp::extension::ClientId;

use super::settings::{RelayConfiguration, Secrecy};

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(60);
/// "Service not available, closing": the letter has nothing to do with it.
const CLOSING: u16 = 421;

/// A relay, connected to when the first letter is handed over.
pub(crate) struct Relay {
    server: (String, u16),
    secrecy: Secrecy,
    tls: Option<TlsParameters>,
    login: Option<Credentials>,
    hello: ClientId,
    from: Address,
    connection: Option<SmtpConnection>,
}

/// What a relay says to a letter.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Reply {
    /// It takes it along; from now on it answers for it.
    Taken,
    /// It never will: 5xx.
    Refused(String),
    /// Not now: 4xx, or the connection broke.
    NotNow(String),
}

impl Relay {
    /// The relay of a home.
    pub(crate) fn of(home: &Path, configuration: &RelayConfiguration, from: &Email) -> anyhow::Result<Self> {
        configuration.check()?;
        let login = configuration.login(home)?;
        let host = configuration.host.clone();
        let tls = match configuration.tls {
            Secrecy::None => None,
            Secrecy::StartTls | Secrecy::Tls => Some(TlsParameters::new(host.clone()).context("cannot set up TLS")?),
        };
        let (_, domain) = from.as_str().rsplit_once('@').expect("an address has a domain");
        Ok(Self {
            server: (host, configuration.port()),
            secrecy: configuration.tls,
            tls,
            login: login.map(|it| Credentials::new(it.user, it.password.as_str().to_owned())),
            hello: ClientId::Domain(domain.to_owned()),
            // Bounces come back to the office: they are marked as what they are, and what is so marked is never answered.
            from: address(from)?,
            connection: None,
        })
    }

    /// Hands a letter over.
    ///
    /// # Errors
    /// When there is no relay to hand it to: nobody answers, the certificate is another's, the password is wrong.
    pub(crate) fn hand_over(&mut self, to: &Email, eml: &[u8]) -> anyhow::Result<Reply> {
        let envelope = Envelope::new(Some(self.from.clone()), vec![address(to)?]).context("cannot address a letter")?;
        let is_fresh = self.connection.is_none();
        let said = self.say(&envelope, eml)?;
        // Some relays take a number of letters on a connection and then want another one.
        let is_closing = |it: &Error| it.status().is_some_and(|it| u16::from(it) == CLOSING);
        let said = match said {
            Err(error) if !is_fresh && is_closing(&error) => self.say(&envelope, eml)?,
            said => said,
        };
        Ok(match said {
            Ok(()) => Reply::Taken,
            Err(error) if error.is_permanent() => Reply::Refused(in_words(&error)),
            Err(error) => Reply::NotNow(in_words(&error)),
        })
    }

    /// Says good-bye.
    pub(crate) fn close(mut self) {
        if let Some(mut connection) = self.connection.take() {
            drop(connection.quit());
        }
    }

    fn say(&mut self, envelope: &Envelope, eml: &[u8]) -> anyhow::Result<Result<(), Error>> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => {
                let (host, port) = &self.server;
                let told = |error: Error| anyhow!("cannot hand letters to {host}, port {port}: {}", in_words(&error));
                self.connect().map_err(told)?
            }
        };
        let said = connection.send(envelope, eml).map(drop);
        // After an error it is closed.
        self.connection = Some(connection).filter(|_| said.is_ok());
        Ok(said)
    }

    fn connect(&self) -> Result<SmtpConnection, Error> {
        let (host, port) = &self.server;
        let from_the_first_byte = self.tls.as_ref().filter(|_| self.secrecy == Secrecy::Tls);
        let server = (host.as_str(), *port);
        let mut connection = SmtpConnection::connect(server, Some(PATIENCE), &self.hello, from_the_first_byte, None)?;
        if let Some(tls) = self.tls.as_ref().filter(|_| self.secrecy == Secrecy::StartTls) {
            connection.starttls(tls, &self.hello)?;
        }
        if let Some(login) = &self.login {
            connection.auth(&[Mechanism::Plain, Mechanism::Login], login)?;
        }
        Ok(connection)
    }
}

fn address(of: &Email) -> anyhow::Result<Address> {
    of.as_str().parse().with_context(|| format!("cannot address a letter to {of}"))
}

/// An error with its causes, on one line.
fn in_words(error: &Error) -> String {
    let mut words = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        next = cause.source();
        // What a socket says when its time is up differs from system to system.
        let kind = cause.downcast_ref::<io::Error>().map(io::Error::kind);
        if matches!(kind, Some(io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock)) {
            return format!("no answer within {} seconds", PATIENCE.as_secs());
        }
        let told = cause.to_string();
        // Most errors repeat their cause.
        if !words.ends_with(&told) {
            words.push_str(&format!(": {told}"));
        }
    }
    words.chars().map(|it| if it.is_control() { ' ' } else { it }).take(1_000).collect()
}
