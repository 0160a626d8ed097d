//! Who the signer is on the account, and whether they may ask for what they ask for: now and on the date signed.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use crate::account::Account;
use crate::name_match::{NameKey, NameMatch};
use crate::person::{Person, PersonName, PersonStanding};
use crate::policy::{Action, Policy};
use crate::reason::{Reason, ReasonCode};
use crate::submission::{Claim, Request, SignerRole};

/// The field that reasons about the signer name.
const SIGNER: &str = "signer";

/// Finds the signer among those who may sign, or says why nobody is.
pub fn find_signer<'a>(claim: &Claim, account: &'a Account) -> Result<&'a Person, Reason> {
    let not_listed = || Reason::of_field(ReasonCode::SignerNotListed, SIGNER);
    let key = NameKey::of(claim.signer.as_ref().ok_or_else(not_listed)?);
    let fitting = |wanted: NameMatch| -> Vec<&'a Person> {
        account.people.iter().filter(|it| NameKey::of(&it.name).compare(&key) == wanted).collect()
    };
    let same = fitting(NameMatch::Same);
    let authorized: Vec<&Person> = same.iter().copied().filter(|it| it.standing.is_authorized()).collect();
    match authorized[..] {
        [person] if is_rather_a_namesake(claim, person, &same) => {
            Err(doubt("email or phone is that of someone with this name who may not sign"))
        }
        [person] if is_vouched_for(claim, account) => match same.len() {
            1 => Ok(person),
            _ => Err(doubt("several people have this name, the message does not tell which of them wrote it")),
        },
        [person] => confirm_contact(claim, person),
        [_, _, ..] => pick_by_contact(claim, &authorized),
        [] if !same.is_empty() => Err(Reason::of_field(ReasonCode::SignerInactive, SIGNER)),
        [] if fitting(NameMatch::Near).iter().any(|it| it.standing.is_authorized()) => {
            Err(Reason::of_field(ReasonCode::SignerAmbiguous, SIGNER)
                .because("the name is close to that of someone who may sign"))
        }
        [] => Err(not_listed()),
    }
}

/// Those who may sign and whose name is the same as, or close to, the one on a submission.
pub fn possible_signers<'a>(name: &PersonName, account: &'a Account) -> impl Iterator<Item = &'a Person> {
    let key = NameKey::of(name);
    let is_named_alike = move |it: &&Person| NameKey::of(&it.name).compare(&key) != NameMatch::Different;
    account.people.iter().filter(|it| it.standing.is_authorized()).filter(is_named_alike)
}

/// Everything against this signer's asking for this.
pub fn check_authority(
    claim: &Claim,
    signer: &Person,
    requests: &[Request],
    signed_on: Option<Date>,
    policy: &Policy,
) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let role = role_of(signer);
    if claim.role.is_some_and(|it| it != role) {
        reasons.push(Reason::of_field(ReasonCode::SignerRoleMismatch, SIGNER));
    }
    if signed_on.is_some_and(|it| !was_authorized_on(signer, it)) {
        reasons.push(Reason::of_field(ReasonCode::SignerInactive, SIGNER).because("not authorized on the date signed"));
    }
    for request in requests {
        let action = match request {
            Request::Add { .. } => Action::Add,
            Request::Remove { .. } => Action::Remove,
        };
        if !policy.permits(role, action) {
            reasons.push(Reason::of_field(ReasonCode::ActionNotPermitted, request.field()));
        }
    }
    reasons
}

/// The role in which a person with full privileges signs.
pub fn role_of(signer: &Person) -> SignerRole {
    match signer.standing {
        PersonStanding::Owner => SignerRole::Owner,
        PersonStanding::AuthorizedUser { .. } | PersonStanding::User => SignerRole::AuthorizedUser,
    }
}

/// Whether a person's privileges had begun on a day, wherever on Earth the day was written down: the local date
/// behind UTC is at most twelve hours behind.
fn was_authorized_on(person: &Person, day: Date) -> bool {
    match person.standing {
        PersonStanding::Owner | PersonStanding::AuthorizedUser { since: None } => true,
        PersonStanding::AuthorizedUser { since: Some(since) } => earliest_date(since) <= day,
        PersonStanding::User => false,
    }
}

/// The date that it is at this moment where it is earliest (UTC-12).
pub fn earliest_date(at: Timestamp) -> Date {
    utc_date(at, SignedDuration::from_hours(-12))
}

/// The date that it is at this moment where it is latest (UTC+14).
pub fn latest_date(at: Timestamp) -> Date {
    utc_date(at, SignedDuration::from_hours(14))
}

fn utc_date(at: Timestamp, offset: SignedDuration) -> Date {
    let moved = at.checked_add(offset).unwrap_or(at);
    jiff::tz::TimeZone::UTC.to_datetime(moved).date()
}

/// Whether what the claim says of email and phone speaks for this person, against them, or neither.
fn contact_fits(claim: &Claim, person: &Person) -> Option<bool> {
    match (email_fits(claim, person), phone_fits(claim, person)) {
        (None, None) => None,
        (email, phone) => Some(email == Some(true) || phone == Some(true)),
    }
}

fn email_fits(claim: &Claim, person: &Person) -> Option<bool> {
    claim.email.as_ref().zip(person.email.as_ref()).map(|(it, on_record)| it.is_same_mailbox(on_record))
}

fn phone_fits(claim: &Claim, person: &Person) -> Option<bool> {
    claim.phone.as_ref().zip(person.phone.as_ref()).map(|(it, on_record)| it.is_same_line(on_record))
}

/// Whether the contact speaks for a person of the same name without privileges, and the email not for `person`: of
/// father and son, one may sign.
fn is_rather_a_namesake(claim: &Claim, person: &Person, same: &[&Person]) -> bool {
    let is_namesake = |it: &&Person| !it.standing.is_authorized() && contact_fits(claim, it) == Some(true);
    email_fits(claim, person) != Some(true) && same.iter().any(is_namesake)
}

/// Whether the account's billing email stands for email and phone of the signer, as on requests that are written from it.
fn is_vouched_for(claim: &Claim, account: &Account) -> bool {
    claim.sender.as_ref().is_some_and(|it| it.is_same_mailbox(&account.billing_email))
}

fn confirm_contact<'a>(claim: &Claim, person: &'a Person) -> Result<&'a Person, Reason> {
    let has_contact = person.email.is_some() || person.phone.is_some();
    match contact_fits(claim, person) {
        Some(true) => Ok(person),
        None if !has_contact => Ok(person),
        Some(false) => Err(doubt("neither email nor phone is the one on record for this name")),
        None => Err(doubt("the account has an email or a phone number for this name, the form gives neither")),
    }
}

fn pick_by_contact<'a>(claim: &Claim, people: &[&'a Person]) -> Result<&'a Person, Reason> {
    let with = |fits: fn(&Claim, &Person) -> Option<bool>| -> Vec<&'a Person> {
        people.iter().copied().filter(|it| fits(claim, it) == Some(true)).collect()
    };
    let (by_email, by_phone) = (with(email_fits), with(phone_fits));
    match (&by_email[..], &by_phone[..]) {
        ([person], []) | ([], [person]) => Ok(person),
        // A number that they share says nothing; another's number speaks against them.
        ([person], phone) if phone.iter().any(|it| it.id == person.id) => Ok(person),
        _ => Err(doubt("several people with this name may sign")),
    }
}

fn doubt(detail: &str) -> Reason {
    Reason::of_field(ReasonCode::SignerAmbiguous, SIGNER).because(detail)
}
