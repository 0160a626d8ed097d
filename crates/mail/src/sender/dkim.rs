//! Signatures checked here: those of the domain in From, with the keys that the domain publishes.

use jiff::Timestamp;

use super::key::{self, TextRecords};
use super::letter::Letter;
use super::signature::{Signature, named_domain};
use super::{Attempt, Reason, Settings};

/// How many signatures of the right domain are looked at; each may cost a question to a server that its sender chose.
const MOST: usize = 4;

/// Looks for a valid signature that proves the sender. What was tried is noted.
pub(super) fn prove<'r>(
    letter: &Letter<'r>,
    settings: &Settings,
    came_at: Timestamp,
    records: &dyn TextRecords,
    attempts: &mut Vec<Attempt>,
) -> Result<Signature<'r>, Reason> {
    let mut looked_at = 0;
    for field in letter.header.all("DKIM-Signature") {
        let domain = named_domain(field);
        if !domain.as_deref().is_some_and(|it| settings.alignment.holds(it, letter.author_domain)) {
            let reason = if domain.is_some() { Reason::NotAligned } else { Reason::SignatureMalformed };
            attempts.push(Attempt { domain, selector: None, reason });
            continue;
        }
        looked_at += 1;
        let signature = if looked_at > MOST { Err(Reason::TooManySignatures) } else { Signature::read(field) };
        let selector = signature.as_ref().ok().map(|it| it.selector.clone());
        match signature.and_then(|it| valid(it, letter, settings, came_at, records)) {
            Ok(signature) => return Ok(signature),
            Err(reason) => attempts.push(Attempt { domain, selector, reason }),
        }
    }
    Err(weightiest(attempts))
}

fn valid<'r>(
    signature: Signature<'r>,
    letter: &Letter<'r>,
    settings: &Settings,
    came_at: Timestamp,
    records: &dyn TextRecords,
) -> Result<Signature<'r>, Reason> {
    signature.suffices(letter, came_at, settings.clock_skew)?;
    if signature.body_form.body_digest(letter.header.body()) != *signature.body_digest {
        return Err(Reason::SignatureBroken);
    }
    key::verify(&signature, &signature.signed_bytes(letter), records, settings.least_rsa_bits)?;
    Ok(signature)
}

/// The one reason to tell: what may pass first, as then nothing is decided yet; then what stands against the right domain's
/// signatures; then that there are only others.
fn weightiest(attempts: &[Attempt]) -> Reason {
    let reasons = || attempts.iter().map(|it| it.reason);
    let is_lesser = |it: &Reason| matches!(it, Reason::NotAligned | Reason::TooManySignatures);
    reasons()
        .find(|it| it.is_passing())
        .or_else(|| reasons().find(|it| !is_lesser(it)))
        .or_else(|| reasons().next())
        .unwrap_or(Reason::NoSignature)
}
