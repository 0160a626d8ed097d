//! An authorization in force, and the changes of an account that begin and end one.

use jiff::Timestamp;

use crate::account::{Account, AccountNumber, AccountStatus};
use crate::person::{Person, PersonId, PersonStanding};
use crate::pin::PinVerifier;
use crate::submission::SubmissionId;

/// Who has been an Authorized User of which account, since when, by whose word.
#[derive(Clone, Debug, PartialEq)]
pub struct Grant {
    /// The account.
    pub account: AccountNumber,
    /// Who.
    pub person: PersonId,
    /// Since when; `None`: since before the account came here.
    pub since: Option<Timestamp>,
    /// The person whose signature granted it; `None` for what was imported or set by the staff.
    pub granted_by: Option<PersonId>,
    /// The submission that asked for it, where there is one.
    pub submission: Option<SubmissionId>,
    /// When it ended, and by which submission.
    pub ended: Option<(Timestamp, Option<SubmissionId>)>,
}

/// One change of an account.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// A new person; as an Authorized User this begins a grant.
    AddPerson(Person),
    /// A plain user becomes an Authorized User; begins a grant.
    Authorize {
        /// Who.
        person: PersonId,
        /// Their PIN for phone calls.
        pin: PinVerifier,
    },
    /// An Authorized User becomes a plain user; ends their grant.
    Deauthorize {
        /// Who.
        person: PersonId,
    },
    /// The account is closed.
    Close,
}

/// A change does not fit the account it is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BadChange {
    /// The number of a new person is in use.
    #[error("person {0:?} exists already")]
    PersonExists(PersonId),
    /// Nobody has this number.
    #[error("person {0:?} does not exist")]
    NoSuchPerson(PersonId),
    /// The person's standing is not the one that the change ends.
    #[error("person {0:?} does not have the standing that the change ends")]
    WrongStanding(PersonId),
    /// The account is closed.
    #[error("the account is closed")]
    Closed,
}

impl Account {
    /// Makes one change at the given moment and counts the revision.
    pub fn make(&mut self, change: &Change, at: Timestamp) -> Result<(), BadChange> {
        if self.status == AccountStatus::Closed {
            return Err(BadChange::Closed);
        }
        match change {
            Change::AddPerson(person) if self.person(person.id).is_some() => {
                return Err(BadChange::PersonExists(person.id));
            }
            Change::AddPerson(person) => self.people.push(person.clone()),
            Change::Authorize { person, pin } => {
                let person = self.person_mut(*person, |it| it == PersonStanding::User)?;
                person.standing = PersonStanding::AuthorizedUser { since: Some(at) };
                person.pin = Some(pin.clone());
            }
            Change::Deauthorize { person } => {
                let is_authorized_user = |it| matches!(it, PersonStanding::AuthorizedUser { .. });
                let person = self.person_mut(*person, is_authorized_user)?;
                person.standing = PersonStanding::User;
                person.pin = None;
            }
            Change::Close => self.status = AccountStatus::Closed,
        }
        self.revision += 1;
        Ok(())
    }

    fn person_mut(&mut self, id: PersonId, fits: impl Fn(PersonStanding) -> bool) -> Result<&mut Person, BadChange> {
        let person = self.people.iter_mut().find(|it| it.id == id).ok_or(BadChange::NoSuchPerson(id))?;
        if fits(person.standing) { Ok(person) } else { Err(BadChange::WrongStanding(id)) }
    }
}
