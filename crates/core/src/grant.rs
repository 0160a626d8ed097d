//! An authorization in force, and the changes of an account that begin and end one.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::account::{Account, AccountNumber, AccountStatus};
use crate::person::{Email, Person, PersonId, PersonStanding};
use crate::pin::PinVerifier;
use crate::set_up_code::OpenCode;
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

impl Grant {
    /// Whether it was in force at a moment: from its beginning, and no longer when it ended.
    pub fn is_in_force_at(&self, at: Timestamp) -> bool {
        self.since.is_none_or(|since| since <= at) && self.ended.as_ref().is_none_or(|(ended, _)| *ended > at)
    }
}

/// Everyone who has privileges today because `person` signed for them, or somebody whom `person` had let in did, and so on; of
/// what was granted since a moment, or ever. `grants` are all of the account's.
pub fn downstream(person: PersonId, since: Option<Timestamp>, grants: &[Grant]) -> BTreeSet<PersonId> {
    let counts = |it: &&Grant| since.is_none_or(|since| it.since.is_some_and(|began| began >= since));
    let mut reached = BTreeSet::from([person]);
    loop {
        let by_reached = |it: &&Grant| it.granted_by.is_some_and(|by| reached.contains(&by));
        let more: BTreeSet<PersonId> = grants.iter().filter(counts).filter(by_reached).map(|it| it.person).collect();
        if more.is_subset(&reached) {
            break;
        }
        reached.extend(more);
    }
    // Whom somebody else has let in again since then keeps that.
    let by_reached = |it: &&Grant| it.granted_by.is_some_and(|by| reached.contains(&by));
    let in_force = grants.iter().filter(|it| it.ended.is_none()).filter(counts).filter(by_reached);
    in_force.map(|it| it.person).collect()
}

/// On whose word a change is made, and when.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Cause {
    /// When it is made.
    pub at: Timestamp,
    /// The person whose signature it rests on; `None` for the staff.
    pub granted_by: Option<PersonId>,
    /// The submission that asks for it, where there is one.
    pub submission: Option<SubmissionId>,
}

/// One change of an account.
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "one submission has a handful of changes; a box would be in everybody's way"
)]
pub enum Change {
    /// A new person; as an Authorized User this begins a grant.
    AddPerson(Person),
    /// A plain user becomes an Authorized User; begins a grant.
    Authorize {
        /// Who.
        person: PersonId,
        /// Their PIN for phone calls; `None`: they choose one themselves, with a set-up code.
        pin: Option<PinVerifier>,
    },
    /// An Authorized User may choose a PIN with this set-up code, and with no earlier one. A PIN that they have stays good until
    /// they do.
    IssueCode {
        /// Who.
        person: PersonId,
        /// What is kept of the code.
        code: OpenCode,
    },
    /// An Authorized User has chosen their PIN for phone calls; uses their set-up code up.
    ChoosePin {
        /// Who.
        person: PersonId,
        /// Their PIN from now on.
        pin: PinVerifier,
    },
    /// An Authorized User becomes a plain user; ends their grant.
    Deauthorize {
        /// Who.
        person: PersonId,
    },
    /// The primary billing email is another one from now on.
    SetBillingEmail {
        /// The new one.
        email: Email,
    },
    /// The Security PIN is another one from now on.
    SetSecurityPin {
        /// The new one.
        pin: PinVerifier,
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
    /// The person has no set-up code that could be used up, or it has ended.
    #[error("person {0:?} has no open set-up code")]
    NoOpenCode(PersonId),
    /// The account is closed.
    #[error("the account is closed")]
    Closed,
}

impl Change {
    /// The grant that this change begins on `account`; `None` when it begins none.
    pub fn begins(&self, account: &AccountNumber, cause: &Cause) -> Option<Grant> {
        let (person, since) = match self {
            Self::AddPerson(Person { id, standing: PersonStanding::AuthorizedUser { since }, .. }) => (*id, *since),
            Self::Authorize { person, .. } => (*person, Some(cause.at)),
            Self::AddPerson(_)
            | Self::Deauthorize { .. }
            | Self::IssueCode { .. }
            | Self::ChoosePin { .. }
            | Self::SetBillingEmail { .. }
            | Self::SetSecurityPin { .. }
            | Self::Close => return None,
        };
        let Cause { granted_by, submission, .. } = cause.clone();
        Some(Grant { account: account.clone(), person, since, granted_by, submission, ended: None })
    }

    /// Whose grant this change ends; `None` when it ends none.
    pub fn ends(&self) -> Option<PersonId> {
        match self {
            Self::Deauthorize { person } => Some(*person),
            Self::AddPerson(_)
            | Self::Authorize { .. }
            | Self::IssueCode { .. }
            | Self::ChoosePin { .. }
            | Self::SetBillingEmail { .. }
            | Self::SetSecurityPin { .. }
            | Self::Close => None,
        }
    }

    /// The change as the audit trail has it: `add 3`, `authorize 3`, `deauthorize 2`, `issue code 3`, `choose pin 3`,
    /// `set billing email`, `set security pin`, `close`; never a PIN, a code, a name or an address.
    pub fn to_evidence(&self) -> String {
        match self {
            Self::AddPerson(person) => format!("add {}", person.id.0),
            Self::Authorize { person, .. } => format!("authorize {}", person.0),
            Self::Deauthorize { person } => format!("deauthorize {}", person.0),
            Self::IssueCode { person, .. } => format!("issue code {}", person.0),
            Self::ChoosePin { person, .. } => format!("choose pin {}", person.0),
            Self::SetBillingEmail { .. } => "set billing email".to_owned(),
            Self::SetSecurityPin { .. } => "set security pin".to_owned(),
            Self::Close => "close".to_owned(),
        }
    }

    /// Whose entry on the account this change touches; `None` when it concerns nobody in particular.
    pub fn person(&self) -> Option<PersonId> {
        match self {
            Self::AddPerson(person) => Some(person.id),
            Self::Authorize { person, .. }
            | Self::Deauthorize { person }
            | Self::IssueCode { person, .. }
            | Self::ChoosePin { person, .. } => Some(*person),
            Self::SetBillingEmail { .. } | Self::SetSecurityPin { .. } | Self::Close => None,
        }
    }
}

impl Account {
    /// The account after all of `changes`, which leaves this one as it was: all or none.
    pub fn with(&self, changes: &[Change], at: Timestamp) -> Result<Self, BadChange> {
        let mut changed = self.clone();
        changes.iter().try_for_each(|it| changed.make(it, at))?;
        Ok(changed)
    }

    /// The grants of an account that came from elsewhere: one for each Authorized User, without a submission.
    pub fn imported_grants(&self) -> impl Iterator<Item = Grant> {
        self.people.iter().filter_map(|person| {
            let PersonStanding::AuthorizedUser { since } = person.standing else { return None };
            let (account, person) = (self.number.clone(), person.id);
            Some(Grant { account, person, since, granted_by: None, submission: None, ended: None })
        })
    }

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
                (person.pin, person.code) = (pin.clone(), None);
            }
            Change::Deauthorize { person } => {
                let person = self.authorized_user_mut(*person)?;
                person.standing = PersonStanding::User;
                (person.pin, person.code) = (None, None);
            }
            Change::IssueCode { person, code } => self.authorized_user_mut(*person)?.code = Some(code.clone()),
            Change::ChoosePin { person: id, pin } => {
                let person = self.authorized_user_mut(*id)?;
                let code = person.code.take_if(|it| !it.is_over(at));
                code.ok_or(BadChange::NoOpenCode(*id))?;
                person.pin = Some(pin.clone());
            }
            Change::SetBillingEmail { email } => self.set_billing_email(email.clone(), at),
            Change::SetSecurityPin { pin } => self.pin = pin.clone(),
            Change::Close => self.status = AccountStatus::Closed,
        }
        self.revision += 1;
        Ok(())
    }

    fn authorized_user_mut(&mut self, id: PersonId) -> Result<&mut Person, BadChange> {
        self.person_mut(id, |it| matches!(it, PersonStanding::AuthorizedUser { .. }))
    }

    fn person_mut(&mut self, id: PersonId, fits: impl Fn(PersonStanding) -> bool) -> Result<&mut Person, BadChange> {
        let person = self.people.iter_mut().find(|it| it.id == id).ok_or(BadChange::NoSuchPerson(id))?;
        if fits(person.standing) { Ok(person) } else { Err(BadChange::WrongStanding(id)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pin::{Pin, PinCost, PinHasher, PinHolder, PinKind};
    use crate::set_up_code::{CodeHolder, SetUpCode};
    use crate::vault::VaultKey;

    const OWNER: PersonId = PersonId(1);
    const USER: PersonId = PersonId(2);

    fn verifier() -> PinVerifier {
        let (pin, number) = (Pin::parse("8305", PinKind::Person).unwrap(), "A-1".parse().unwrap());
        let holder = PinHolder { account: &number, kind: PinKind::Person };
        let key = VaultKey::from_bytes([1; 32]);
        PinHasher::new().seal(&pin, holder, PinCost::CHEAP_FOR_TESTS, &[2; 40], &key)
    }

    fn person(id: PersonId, standing: PersonStanding) -> Person {
        let name = crate::person::PersonName::new("Ann", "Lee").unwrap();
        Person { id, name, email: None, phone: None, standing, job: String::new(), pin: None, code: None }
    }

    #[test]
    fn what_a_signer_granted_is_followed_downstream() {
        let moment = |seconds| Timestamp::from_second(seconds).unwrap();
        let grant = |person, by: u32, at: i64, ended: Option<i64>| Grant {
            account: "A-1".parse().unwrap(),
            person: PersonId(person),
            since: Some(moment(at)),
            granted_by: Some(PersonId(by)),
            submission: None,
            ended: ended.map(|it| (moment(it), None)),
        };
        // 2 let in 3 and 5, 3 let in 4, 5 was removed and let in again by the owner; 6 is the owner's.
        let grants = [
            grant(2, 1, 10, None),
            grant(3, 2, 20, None),
            grant(4, 3, 30, None),
            grant(5, 2, 40, Some(50)),
            grant(5, 1, 60, None),
            grant(6, 1, 70, None),
        ];
        let check = |person, since: Option<i64>, expected: &[u32]| {
            let found: Vec<u32> =
                downstream(PersonId(person), since.map(moment), &grants).iter().map(|it| it.0).collect();
            assert_eq!(found, expected, "{person} since {since:?}");
        };
        check(2, None, &[3, 4]);
        check(3, None, &[4]);
        check(2, Some(25), &[]);
        check(1, Some(60), &[5, 6]);
        check(4, None, &[]);
        assert!(grants[3].is_in_force_at(moment(40)) && !grants[3].is_in_force_at(moment(50)));
    }

    fn account() -> Account {
        Account {
            number: "A-1".parse().unwrap(),
            name: "Lee & Co".to_owned(),
            status: AccountStatus::Active,
            billing_email: "billing@lee.example".parse().unwrap(),
            billing_since: None,
            billing_before: None,
            pin: verifier(),
            people: vec![person(OWNER, PersonStanding::Owner), person(USER, PersonStanding::User)],
            revision: 7,
        }
    }

    #[test]
    fn the_address_of_record_is_an_old_one() {
        let day = |it: i64| Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_hours(24 * it);
        let set = |account: &Account, email: &str, at: i64| {
            account.with(&[Change::SetBillingEmail { email: email.parse().unwrap() }], day(at)).unwrap()
        };
        let check = |account: &Account, at: i64, expected: &str| {
            assert_eq!(account.address_of_record(day(at)).as_str(), expected, "day {at}");
        };
        let old = account();
        check(&old, 0, "billing@lee.example");
        let changed = set(&old, "new@lee.example", 100);
        assert_eq!(changed.billing_email.as_str(), "new@lee.example");
        check(&changed, 100, "billing@lee.example");
        check(&changed, 129, "billing@lee.example");
        check(&changed, 130, "new@lee.example");
        // A second change on the next day does not make the first one an address of record.
        let again = set(&changed, "third@lee.example", 101);
        check(&again, 102, "billing@lee.example");
        check(&again, 131, "third@lee.example");
        let late = set(&changed, "third@lee.example", 140);
        check(&late, 141, "new@lee.example");
    }

    fn check(changes: &[Change], expected: Result<u64, BadChange>) {
        let revision = account().with(changes, Timestamp::UNIX_EPOCH).map(|it| it.revision);
        assert_eq!(revision, expected, "{changes:?}");
    }

    #[test]
    fn a_change_must_fit_and_each_one_counts() {
        let authorize = |person| Change::Authorize { person, pin: Some(verifier()) };
        let deauthorize = |person| Change::Deauthorize { person };
        check(&[], Ok(7));
        check(&[authorize(USER)], Ok(8));
        check(&[authorize(USER), deauthorize(USER), authorize(USER)], Ok(10));
        check(&[authorize(USER), authorize(USER)], Err(BadChange::WrongStanding(USER)));
        check(&[authorize(PersonId(9))], Err(BadChange::NoSuchPerson(PersonId(9))));
        check(&[deauthorize(OWNER)], Err(BadChange::WrongStanding(OWNER)));
        check(&[deauthorize(USER)], Err(BadChange::WrongStanding(USER)));
        check(&[Change::AddPerson(person(USER, PersonStanding::User))], Err(BadChange::PersonExists(USER)));
        check(&[Change::Close, authorize(USER)], Err(BadChange::Closed));
    }

    #[test]
    fn only_authorized_users_begin_and_end_grants() {
        let (at, number) = (Timestamp::UNIX_EPOCH, account().number);
        let cause = Cause { at, granted_by: Some(OWNER), submission: None };
        let begun = |change: &Change| change.begins(&number, &cause).map(|it| (it.person, it.since, it.granted_by));
        let authorize = Change::Authorize { person: USER, pin: Some(verifier()) };
        let add = |standing| Change::AddPerson(person(PersonId(3), standing));
        assert_eq!(begun(&authorize), Some((USER, Some(at), Some(OWNER))));
        assert_eq!(begun(&add(PersonStanding::AuthorizedUser { since: None })), Some((PersonId(3), None, Some(OWNER))));
        assert_eq!(begun(&add(PersonStanding::User)), None);
        assert_eq!(begun(&Change::Close), None);
        assert_eq!(Change::Deauthorize { person: USER }.ends(), Some(USER));
        assert_eq!(authorize.ends(), None);
    }

    #[test]
    fn who_loses_privileges_loses_the_pin() {
        let authorize = Change::Authorize { person: USER, pin: Some(verifier()) };
        let changes = [authorize, issue(USER, 9), Change::Deauthorize { person: USER }];
        let after = account().with(&changes, Timestamp::UNIX_EPOCH).unwrap();
        let user = after.person(USER).unwrap();
        assert_eq!((&user.pin, &user.code), (&None, &None));
        assert_eq!(after.imported_grants().count(), 0);
    }

    /// A code for this person that ends so many seconds after the epoch.
    fn issue(person: PersonId, until: i64) -> Change {
        let (account, key) = ("A-1".parse().unwrap(), VaultKey::from_bytes([1; 32]));
        let holder = CodeHolder { account: &account, person };
        let until = Timestamp::from_second(until).unwrap();
        Change::IssueCode { person, code: OpenCode::of(&SetUpCode::mint([3; 7]), holder, until, &key) }
    }

    #[test]
    fn a_pin_is_chosen_with_an_open_code_and_only_once() {
        let invited = Change::Authorize { person: USER, pin: None };
        let choose = |person| Change::ChoosePin { person, pin: verifier() };
        check(&[invited.clone(), issue(USER, 9), choose(USER)], Ok(10));
        check(&[invited.clone(), choose(USER)], Err(BadChange::NoOpenCode(USER)));
        check(&[invited.clone(), issue(USER, 9), choose(USER), choose(USER)], Err(BadChange::NoOpenCode(USER)));
        check(&[invited.clone(), issue(USER, 0), choose(USER)], Err(BadChange::NoOpenCode(USER)));
        check(&[invited.clone(), issue(USER, 0), issue(USER, 9), choose(USER)], Ok(11));
        check(&[issue(USER, 9)], Err(BadChange::WrongStanding(USER)));
        check(&[issue(OWNER, 9)], Err(BadChange::WrongStanding(OWNER)));
        check(&[choose(OWNER)], Err(BadChange::WrongStanding(OWNER)));
        let after = account().with(&[invited.clone(), issue(USER, 9)], Timestamp::UNIX_EPOCH).unwrap();
        let user = after.person(USER).unwrap();
        assert!(user.pin.is_none() && user.code.is_some());
        let after = after.with(&[choose(USER)], Timestamp::UNIX_EPOCH).unwrap();
        let user = after.person(USER).unwrap();
        assert!(user.pin.is_some() && user.code.is_none(), "the code is used up");
        assert!(invited.ends().is_none() && issue(USER, 9).person() == Some(USER));
    }

    #[test]
    fn a_new_code_leaves_the_old_pin_good_until_it_is_used() {
        let changes = [Change::Authorize { person: USER, pin: Some(verifier()) }, issue(USER, 9)];
        let after = account().with(&changes, Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(after.person(USER).unwrap().pin, Some(verifier()));
    }
}
