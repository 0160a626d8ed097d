//! Requests that are written in a message: what is known of where one came from, and what speaks against taking it.
//!
//! A domain's proof says that its servers sent the message for this address. So the address must be the account's primary billing
//! email, and must have been that for a while: whoever takes over an account begins with its address.

use jiff::{SignedDuration, Timestamp};

use crate::account::Account;
use crate::decision::Terms;
use crate::lookalike::{Likeness, looks_like};
use crate::person::Email;
use crate::reason::{Reason, ReasonCode};

/// Where a request in words came from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EmailClaim {
    /// The address in From; `None` where the message does not name exactly one sender.
    pub sender: Option<Email>,
    /// Whether the sender's domain sent it as it is.
    pub proof: Proof,
    /// When it says it was written; a proof covers that.
    pub written_at: Option<Timestamp>,
}

/// Whether the sender of a message is proved.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Proof {
    /// The domain in From sent the message.
    Proved,
    /// It may have, or not: why, for the staff.
    NotProved(String),
}

impl EmailClaim {
    /// The sender, where it is proved.
    pub fn proved_sender(&self) -> Option<&Email> {
        self.sender.as_ref().filter(|_| self.proof == Proof::Proved)
    }
}

/// What is against the message as such.
pub(crate) fn check_message(email: &EmailClaim, terms: Terms<'_>) -> Vec<Reason> {
    match (&email.proof, email.written_at) {
        (Proof::NotProved(why), _) => vec![Reason::of_form(ReasonCode::SenderNotProved).because(why)],
        (Proof::Proved, Some(at)) => check_age(at, terms).into_iter().collect(),
        (Proof::Proved, None) => vec![Reason::of_form(ReasonCode::MessageTooOld).because("it has no date")],
    }
}

/// A proved message stays proved for ever, and anybody who has a copy can send it again: it counts for a few days.
fn check_age(written_at: Timestamp, terms: Terms<'_>) -> Option<Reason> {
    let days = terms.policy.emails.max_age_days;
    let oldest = terms.now - SignedDuration::from_hours(24 * i64::from(days));
    let old = || Reason::of_form(ReasonCode::MessageTooOld).because(format!("the policy takes the last {days} days"));
    (written_at < oldest).then(old)
}

/// What is against its sender, as one who may ask for changes of this account. A sender who is not proved is nobody.
pub(crate) fn check_sender(email: &EmailClaim, account: &Account, terms: Terms<'_>) -> Vec<Reason> {
    let Some(sender) = email.proved_sender() else { return Vec::new() };
    if !sender.is_same_mailbox(&account.billing_email) {
        let likeness = looks_like(sender.as_str(), account.billing_email.as_str());
        return vec![match likeness.filter(|it| it.is_suspicious()) {
            Some(it) => Reason::of_form(ReasonCode::SenderLookalike).because(it.word()),
            None => Reason::of_form(ReasonCode::SenderNotBillingAddress).because(likeness.map_or("", Likeness::word)),
        }];
    }
    let days = terms.policy.emails.billing_address_days;
    if account.is_billing_email_older_than(days, terms.now) {
        return Vec::new();
    }
    let since = account.billing_since.map(|it| it.to_string()).unwrap_or_default();
    vec![
        Reason::of_form(ReasonCode::BillingEmailTooNew)
            .because(format!("since {since}; the policy asks for {days} days")),
    ]
}
