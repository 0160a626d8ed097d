//! A customer's account.

use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::person::{Email, Person, PersonId};
use crate::pin::PinVerifier;

/// The number that names an account: 1 to 24 ASCII letters, digits and inner hyphens; letters are kept in upper case.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccountNumber(String);

impl AccountNumber {
    /// The number as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccountNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is no account number.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("an account number is 1 to 24 letters, digits and hyphens, and starts and ends with a letter or digit")]
pub struct BadAccountNumber;

impl FromStr for AccountNumber {
    type Err = BadAccountNumber;

    fn from_str(text: &str) -> Result<Self, BadAccountNumber> {
        let text = text.trim().to_ascii_uppercase();
        let is_plain = text.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-');
        let is_number = is_plain && (1..=24).contains(&text.len()) && !text.starts_with('-') && !text.ends_with('-');
        is_number.then_some(Self(text)).ok_or(BadAccountNumber)
    }
}

impl TryFrom<String> for AccountNumber {
    type Error = BadAccountNumber;

    fn try_from(text: String) -> Result<Self, BadAccountNumber> {
        text.parse()
    }
}

impl From<AccountNumber> for String {
    fn from(number: AccountNumber) -> Self {
        number.0
    }
}

/// Whether an account takes changes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AccountStatus {
    /// In service.
    Active,
    /// Ended; takes no changes.
    Closed,
}

impl AccountStatus {
    /// The word for it in files and reports: `active`, `closed`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Closed => "closed",
        }
    }
}

impl FromStr for AccountStatus {
    type Err = BadAccountStatus;

    fn from_str(text: &str) -> Result<Self, BadAccountStatus> {
        [Self::Active, Self::Closed].into_iter().find(|it| it.word() == text).ok_or(BadAccountStatus)
    }
}

/// The text is no account status.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("an account's status is `active` or `closed`")]
pub struct BadAccountStatus;

/// How long an address must have been on an account for notices to go to it, in days (47 CFR 64.2003(b)).
pub const ADDRESS_OF_RECORD_DAYS: u32 = 30;

/// A customer's account with everyone on it.
#[derive(Clone, Debug, PartialEq)]
pub struct Account {
    /// Its number.
    pub number: AccountNumber,
    /// The customer's name.
    pub name: String,
    /// Whether it takes changes.
    pub status: AccountStatus,
    /// The primary billing email: where bills go, and from where an email may ask for changes.
    pub billing_email: Email,
    /// Since when; `None`: since before the account came here.
    pub billing_since: Option<Timestamp>,
    /// The address of record before it, where there was one.
    pub billing_before: Option<Email>,
    /// What is kept of the Security PIN.
    pub pin: PinVerifier,
    /// Everyone on it, by number; former Authorized Users stay as plain users.
    pub people: Vec<Person>,
    /// Counts every change; a decision holds only for the revision it was made on.
    pub revision: u64,
}

impl Account {
    /// The part of an account that is printed on its blanks.
    pub fn header(&self) -> AccountHeader {
        AccountHeader {
            number: self.number.clone(),
            name: self.name.clone(),
            billing_email: self.billing_email.clone(),
        }
    }

    /// Where notices of changes go: an address that has been on the account for at least [`ADDRESS_OF_RECORD_DAYS`]; the one
    /// before where the billing email is younger (47 CFR 64.2003(b), 64.2010(f)).
    pub fn address_of_record(&self, now: Timestamp) -> &Email {
        match &self.billing_before {
            Some(before) if !self.is_billing_email_older_than(ADDRESS_OF_RECORD_DAYS, now) => before,
            _ => &self.billing_email,
        }
    }

    /// Whether the billing email has been on the account for so many days.
    pub fn is_billing_email_older_than(&self, days: u32, now: Timestamp) -> bool {
        let least = SignedDuration::from_hours(24 * i64::from(days));
        self.billing_since.is_none_or(|since| now.duration_since(since) >= least)
    }

    /// Replaces the billing email. Whoever changes it twice in a row does not thereby lose the address of record.
    pub(crate) fn set_billing_email(&mut self, email: Email, at: Timestamp) {
        let is_of_record = self.is_billing_email_older_than(ADDRESS_OF_RECORD_DAYS, at);
        let before = std::mem::replace(&mut self.billing_email, email);
        if is_of_record {
            self.billing_before = Some(before);
        }
        self.billing_since = Some(at);
    }

    /// The person with this number.
    pub fn person(&self, id: PersonId) -> Option<&Person> {
        self.people.iter().find(|it| it.id == id)
    }

    /// The number that the next person gets.
    pub fn next_person_id(&self) -> PersonId {
        PersonId(self.people.iter().map(|it| it.id.0).max().unwrap_or(0) + 1)
    }
}

/// The part of an account that is printed on its blanks.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AccountHeader {
    /// Its number.
    pub number: AccountNumber,
    /// The customer's name.
    pub name: String,
    /// The primary billing email.
    pub billing_email: Email,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_number_is_plain_and_in_upper_case() {
        for (text, expected) in [("a-1002947", Some("A-1002947")), (" 77 ", Some("77")), ("", None), ("-1", None)] {
            assert_eq!(text.parse::<AccountNumber>().ok().as_ref().map(AccountNumber::as_str), expected, "{text}");
        }
        for bad in ["A 1", "Ａ1", "A/1", "=1+1", &"1".repeat(25)] {
            assert!(bad.parse::<AccountNumber>().is_err(), "{bad}");
        }
    }
}
