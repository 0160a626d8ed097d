//! Accounts in one line: `account("A-1001").owner("Ann", "Lee").authorized_user("Bo", "Kim").build()`.

use countersign_core::account::{Account, AccountNumber, AccountStatus};
use countersign_core::person::{Email, Person, PersonName, PersonStanding, Phone};
use countersign_core::pin::PinVerifier;
use jiff::Timestamp;

use crate::{account_verifier, person_verifier};

/// Security PIN of an account whose builder was told no other.
pub const ACCOUNT_PIN: &str = "830514";

/// An account number.
///
/// # Panics
/// When the text is none.
pub fn number(text: &str) -> AccountNumber {
    text.parse().expect("an account number in a test is one")
}

/// Begins an account: active, Security PIN `830514`, nobody on it, billing email `billing@<number>.example`.
///
/// # Panics
/// When the text is no account number.
pub fn account(text: &str) -> AccountBuilder {
    let number = number(text);
    let email = format!("billing@{}.example", number.as_str().to_ascii_lowercase());
    let account = Account {
        name: format!("Customer {number}"),
        status: AccountStatus::Active,
        billing_email: email.parse().expect("an account number is a label of a domain"),
        billing_since: None,
        billing_before: None,
        pin: account_verifier(&number, ACCOUNT_PIN),
        people: Vec::new(),
        revision: 0,
        number,
    };
    AccountBuilder { account }
}

/// An account in the making; see [`account`].
#[derive(Clone, Debug)]
#[must_use]
pub struct AccountBuilder {
    account: Account,
}

impl AccountBuilder {
    /// The customer's name.
    pub fn name(mut self, name: &str) -> Self {
        name.clone_into(&mut self.account.name);
        self
    }

    /// The Security PIN.
    pub fn pin(self, digits: &str) -> Self {
        let verifier = account_verifier(&self.account.number, digits);
        self.sealed_pin(verifier)
    }

    /// The Security PIN as a verifier made elsewhere.
    pub fn sealed_pin(mut self, pin: PinVerifier) -> Self {
        self.account.pin = pin;
        self
    }

    /// The primary billing email.
    pub fn billing_email(mut self, email: &str) -> Self {
        self.account.billing_email = address(email);
        self
    }

    /// Adds the Account Owner.
    pub fn owner(self, first: &str, last: &str) -> Self {
        self.person(first, last, PersonStanding::Owner)
    }

    /// Adds an Authorized User from before the account came here.
    pub fn authorized_user(self, first: &str, last: &str) -> Self {
        self.person(first, last, PersonStanding::AuthorizedUser { since: None })
    }

    /// Adds an Authorized User since a moment, with the PIN for phone calls `7193`.
    pub fn authorized_user_since(self, first: &str, last: &str, since: Timestamp) -> Self {
        let mut built = self.person(first, last, PersonStanding::AuthorizedUser { since: Some(since) });
        let pin = person_verifier(&built.account.number, "7193");
        built.last_person().pin = Some(pin);
        built
    }

    /// Adds a person without privileges.
    pub fn user(self, first: &str, last: &str) -> Self {
        self.person(first, last, PersonStanding::User)
    }

    /// The email of the person added last.
    pub fn email(mut self, email: &str) -> Self {
        self.last_person().email = Some(address(email));
        self
    }

    /// The phone number of the person added last.
    pub fn phone(mut self, phone: &str) -> Self {
        let phone: Phone = phone.parse().expect("a phone number in a test is one");
        self.last_person().phone = Some(phone);
        self
    }

    /// What the person added last does at the customer's.
    pub fn job(mut self, job: &str) -> Self {
        job.clone_into(&mut self.last_person().job);
        self
    }

    /// Closes the account.
    pub fn closed(mut self) -> Self {
        self.account.status = AccountStatus::Closed;
        self
    }

    /// The account.
    #[must_use]
    pub fn build(self) -> Account {
        self.account
    }

    fn person(mut self, first: &str, last: &str, standing: PersonStanding) -> Self {
        let id = self.account.next_person_id();
        let name = PersonName::new(first, last).expect("a name in a test is one");
        let person = Person { id, name, email: None, phone: None, standing, job: String::new(), pin: None, code: None };
        self.account.people.push(person);
        self
    }

    fn last_person(&mut self) -> &mut Person {
        self.account.people.last_mut().expect("a person is added before something is said of them")
    }
}

fn address(text: &str) -> Email {
    text.parse().expect("an email address in a test is one")
}

#[cfg(test)]
mod tests {
    use countersign_core::person::PersonId;

    use super::*;

    #[test]
    fn people_are_numbered_as_they_are_added() {
        let account =
            account("a-1001").owner("Ann", "Lee").authorized_user("Bo", "Kim").email("bo@kim.example").build();
        assert_eq!(account.number.as_str(), "A-1001");
        assert_eq!(account.people.iter().map(|it| it.id).collect::<Vec<_>>(), [PersonId(1), PersonId(2)]);
        assert_eq!(account.people[1].email.as_ref().map(Email::as_str), Some("bo@kim.example"));
    }
}
