//! Results that the own mail server notes: `Authentication-Results` (RFC 8601).
//!
//! Anybody can write such a field, in anybody's name. One counts only where nobody else can have written it: above the `Received`
//! line with which the own server took the message from outside; or, by configuration, directly below that line, if it is the
//! only one of its name in the whole message. The server must remove fields in its own name that come from outside (RFC 8601, 5).
//!
//! What the field says replaces the question to the DNS and the arithmetic, no more: the signature it names must be there, and
//! cover what a proof rests on.

use countersign_core::policy::ResultsAt;
use jiff::Timestamp;

use super::letter::Letter;
use super::noted::{Entry, is_in_name_of, read};
use super::settings::{OwnResults, Spf};
use super::signature::{Signature, named_domain};
use super::{Boundary, Reason, Settings};
use crate::message::{Field, Header, base64};

const NAME: &str = "Authentication-Results";

/// What the own server's results prove.
pub(super) enum Passed<'r> {
    /// A valid signature of a domain that speaks for the one in From.
    Dkim(Box<Signature<'r>>),
    /// The envelope's domain, and nothing of the message.
    Spf(String),
}

/// Proves the sender by the own server's results.
pub(super) fn prove<'r>(
    letter: &Letter<'r>,
    own: &OwnResults,
    boundary: &Boundary,
    settings: &Settings,
    came_at: Timestamp,
) -> Result<Passed<'r>, Reason> {
    let entries = own_entries(&letter.header, own, boundary)?;
    let passed = |method: &'static str| entries.iter().filter(move |it| it.method == method && it.result == "pass");
    let mut reason = Reason::ResultsNotPassed;
    for entry in passed("dkim") {
        match signature(entry, letter, settings, came_at) {
            Ok(signature) => return Ok(Passed::Dkim(Box::new(signature))),
            Err(Reason::ResultsNotPassed) => {}
            Err(other) => reason = other,
        }
    }
    let envelope = passed("spf").filter_map(|it| it.property("smtp.mailfrom"));
    let domains = envelope.map(|it| it.rsplit_once('@').map_or(it, |(_, domain)| domain).to_ascii_lowercase());
    match domains.into_iter().find(|it| settings.alignment.holds(it, letter.author_domain)) {
        Some(domain) if settings.spf == Spf::Enough => Ok(Passed::Spf(domain)),
        Some(_) if reason == Reason::ResultsNotPassed => Err(Reason::SpfAlone),
        _ => Err(reason),
    }
}

/// The signature that a result speaks of. The field may not say which of several; then each of them must suffice.
fn signature<'r>(
    entry: &Entry,
    letter: &Letter<'r>,
    settings: &Settings,
    came_at: Timestamp,
) -> Result<Signature<'r>, Reason> {
    let domain = entry.property("header.d").or_else(|| entry.property("header.i")?.rsplit_once('@').map(|(_, it)| it));
    let domain = domain.ok_or(Reason::ResultsNotPassed)?.to_ascii_lowercase();
    if !settings.alignment.holds(&domain, letter.author_domain) {
        return Err(Reason::ResultsNotPassed);
    }
    let is_named = |it: &Signature<'_>| {
        let is_selector = entry.property("header.s").is_none_or(|name| name.eq_ignore_ascii_case(&it.selector));
        let begins = |start: &str| it.signature.starts_with(&base64(start.as_bytes()).bytes);
        is_selector && entry.property("header.b").is_none_or(begins)
    };
    let of_domain =
        letter.header.all("DKIM-Signature").filter(|it| named_domain(it).as_deref() == Some(domain.as_str()));
    let mut found = None;
    for signature in of_domain.map(Signature::read) {
        let signature = signature?;
        if is_named(&signature) {
            signature.suffices(letter, came_at, settings.clock_skew)?;
            found = Some(signature);
        }
    }
    found.ok_or(Reason::NoSignature)
}

/// The results that nobody but the own server can have written.
fn own_entries(header: &Header<'_>, own: &OwnResults, boundary: &Boundary) -> Result<Vec<Entry>, Reason> {
    let is_own = |it: &&Field<'_>| it.is(NAME) && is_in_name_of(&own.authserv_id, &it.text());
    let all = header.fields().iter().filter(is_own).count();
    let (above, below) = boundary.cut(header).ok_or(Reason::ResultsMissing)?;
    let zone = match own.at {
        ResultsAt::AboveReceived => above,
        ResultsAt::BelowReceived => below,
    };
    let fields: Vec<&Field<'_>> = zone.iter().filter(is_own).collect();
    match (own.at, fields.len(), all) {
        (_, 0, 0) => return Err(Reason::ResultsMissing),
        (_, 0, _) | (ResultsAt::BelowReceived, _, 2..) => return Err(Reason::ResultsForged),
        _ => {}
    }
    let mut entries = Vec::new();
    for field in fields {
        entries.extend(read(&field.text()).ok_or(Reason::ResultsUnclear)?.1);
    }
    Ok(entries)
}
