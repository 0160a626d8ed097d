//! Who sent a message: proof that the domain in From sent it, as it is.
//!
//! A wrong proof hands a stranger an account, so a message is proved only if nothing is in doubt:
//!
//! 1. it can be read in one way only ([`Reason::MessageMalformed`], [`Reason::HeaderRepeated`]) and names one author;
//! 2. a DKIM signature (RFC 6376) of the author's own domain covers From, Date, Subject and the whole body, and how the body is
//!    divided; it had not expired when the message came;
//! 3. the signature is valid, which is found out here with the key that the domain publishes, or by the own mail server, whose
//!    notes are believed only where nobody else can have written them.
//!
//! That a domain sent a message says that its servers let this user write this address; who sat at the keyboard, nobody can say.
//! A proved message can be sent again by anybody who has it: [`Proof::fingerprint`] is the same each time, and
//! [`Proof::written_at`] does not change.
//!
//! The arithmetic of signatures is mail-auth's. What it is lenient about is decided here before it is asked: see `signature.rs`,
//! `tags.rs`, `canonical.rs` and `key.rs`. ARC (RFC 8617) proves nothing here: it says what servers on the way believe.

mod boundary;
mod canonical;
mod dkim;
mod dns;
mod key;
mod letter;
mod noted;
mod reason;
mod results;
mod settings;
mod signature;
mod structure;
mod tags;

use jiff::Timestamp;

use crate::mailbox::Container;
use crate::message::Message;

pub use boundary::{Arrival, Boundary};
pub use dns::SystemDns;
pub use key::{DnsFailure, TextRecords};
pub use reason::Reason;
pub use settings::{OwnResults, Settings, Spf};

use letter::Letter;
use results::Passed;
use signature::Signature;

/// Whether the sender of a message is proved.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SenderProof {
    /// The domain in From sent the message.
    Proved(Proof),
    /// It may have, or not.
    NotProved(NotProved),
}

/// What is proved.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Proof {
    /// The domain that vouches for the message. With [`Alignment::Relaxed`](countersign_core::policy::Alignment::Relaxed) it may be one above the domain in From.
    pub domain: String,
    /// By what.
    pub by: ProvedBy,
    /// The `Date` of the message, which the signature covers.
    pub written_at: Timestamp,
    /// When it was signed, if the signature says so.
    pub signed_at: Option<Timestamp>,
    /// Until when the signature is valid, if it says so.
    pub expires_at: Option<Timestamp>,
    /// When the message came.
    pub arrival: Arrival,
    /// The same for every copy of the message, however often and by whomever it is sent again: SHA-256 of sender, date, subject
    /// and body. A message with a fingerprint that was seen before is a repetition.
    pub fingerprint: [u8; 32],
    covered: Vec<String>,
}

impl Proof {
    /// Whether the proof covers a header field of that name. `Reply-To`, for one, counts only if so.
    pub fn covers(&self, name: &str) -> bool {
        self.covered.iter().any(|it| it.eq_ignore_ascii_case(name))
    }
}

/// By what a sender is proved.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ProvedBy {
    /// A signature that was checked here.
    Dkim,
    /// A signature that the own mail server checked.
    DkimByOwnServer,
    /// The own mail server took the message from a server of the domain. Nothing of the message is covered.
    SpfByOwnServer,
}

/// Why a sender is not proved.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NotProved {
    /// The reason that weighs most.
    pub reason: Reason,
    /// The signatures that were looked at, and what is wrong with each.
    pub attempts: Vec<Attempt>,
    /// When the message came.
    pub arrival: Arrival,
}

/// A signature that proves nothing.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Attempt {
    /// The domain that it names, if it can be read.
    pub domain: Option<String>,
    /// The name of its key.
    pub selector: Option<String>,
    /// What is wrong with it.
    pub reason: Reason,
}

/// The fingerprint that a [`Proof`] of this message has, whether or not there is one; `None` where the message can be read in more than
/// one way. It tells whether this is the message that was proved once, not whether it is proved.
pub fn fingerprint(message: &Message<'_>) -> Option<[u8; 32]> {
    let sent = letter::as_sent(message.raw()).ok()?;
    Letter::read(&sent, message).ok().map(|it| it.fingerprint())
}

/// Finds out whether the domain in From sent the message.
///
/// The own server's results are looked at first, if the settings name them; what they do not prove may still be proved by asking
/// `records`. `now` stands for the moment the message came where the own servers' lines do not say it. Without `records` and
/// without results nothing is ever proved.
pub fn authenticate(
    message: &Message<'_>,
    container: Container,
    settings: &Settings,
    records: Option<&dyn TextRecords>,
    now: Timestamp,
) -> SenderProof {
    // A stranger can write any line above a message that is cut out of another one's text.
    let boundary =
        settings.boundary.as_ref().filter(|it| container == Container::Delivered && it.is_crossed_by(message));
    let arrival = Arrival::of(message, boundary);
    let mut attempts = Vec::new();
    let came_at = arrival.known().unwrap_or(now);
    match proved(message, boundary, settings, records, (arrival, came_at), &mut attempts) {
        Ok(proof) => SenderProof::Proved(proof),
        Err(reason) => SenderProof::NotProved(NotProved { reason, attempts, arrival }),
    }
}

fn proved(
    message: &Message<'_>,
    boundary: Option<&Boundary>,
    settings: &Settings,
    records: Option<&dyn TextRecords>,
    (arrival, came_at): (Arrival, Timestamp),
    attempts: &mut Vec<Attempt>,
) -> Result<Proof, Reason> {
    let sent = letter::as_sent(message.raw())?;
    let letter = Letter::read(&sent, message)?;
    let signed = |signature: &Signature<'_>, by| Proof {
        domain: signature.domain.clone(),
        by,
        written_at: letter.date,
        signed_at: signature.signed_at,
        expires_at: signature.expires_at,
        arrival,
        fingerprint: letter.fingerprint(),
        covered: signature.covered_throughout(&letter),
    };
    let by_results = settings.results.as_ref().map(|own| {
        let boundary = boundary.ok_or(Reason::ResultsMissing)?;
        Ok(match results::prove(&letter, own, boundary, settings, came_at)? {
            Passed::Dkim(signature) => signed(&signature, ProvedBy::DkimByOwnServer),
            Passed::Spf(domain) => Proof {
                domain,
                by: ProvedBy::SpfByOwnServer,
                written_at: letter.date,
                signed_at: None,
                expires_at: None,
                arrival,
                fingerprint: letter.fingerprint(),
                covered: Vec::new(),
            },
        })
    });
    match (by_results, records) {
        (Some(Ok(proof)), _) => Ok(proof),
        (Some(Err(reason)), None) => Err(reason),
        (_, Some(records)) => {
            let signature = dkim::prove(&letter, settings, came_at, records, attempts)?;
            Ok(signed(&signature, ProvedBy::Dkim))
        }
        (None, None) => Err(Reason::ResultsMissing),
    }
}
