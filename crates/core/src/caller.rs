//! A caller at the phone desk: whose PIN they have to say.

use jiff::Timestamp;

use crate::account::{Account, AccountStatus};
use crate::name_match::{NameKey, NameMatch};
use crate::person::{Person, PersonName, PersonStanding};
use crate::pin::{PinHolder, PinKind, PinVerifier};
use crate::set_up_code::OpenCode;

/// A caller who says that they are somebody on the account; nothing is proved yet.
#[derive(Clone, Copy, Debug)]
pub struct Caller<'a> {
    /// Whom they say they are.
    pub person: &'a Person,
    /// What is kept of the PIN that they have to say.
    pub verifier: &'a PinVerifier,
    /// Whose PIN it is: the owner says the account's Security PIN, an Authorized User their own.
    pub holder: PinHolder<'a>,
}

/// Why nobody's PIN is asked for. For the agent, not for the caller.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CallerRefusal {
    /// The account takes no changes.
    #[error("the account is closed")]
    Closed,
    /// Nobody of this name has privileges on the account.
    #[error("nobody of this name is Account Owner or Authorized User of the account")]
    NotListed,
    /// Several people of this name have.
    #[error("several people of this name may speak for the account: their PINs would be tried one after the other")]
    Ambiguous,
    /// They came here without a PIN of their own, or with a set-up code that they have not used.
    #[error("this Authorized User has no PIN for phone calls yet{}", told(.0))]
    NoPin(Option<Timestamp>),
}

impl CallerRefusal {
    /// The word for it in the audit trail.
    pub fn word(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::NotListed => "not_listed",
            Self::Ambiguous => "ambiguous",
            Self::NoPin(_) => "no_pin",
        }
    }
}

fn told(code_until: &Option<Timestamp>) -> String {
    code_until.map_or_else(String::new, |it| format!("; the set-up code to choose one with is good until {it}"))
}

/// Who the caller is on the account, and which PIN they have to say.
pub fn find_caller<'a>(name: &PersonName, account: &'a Account) -> Result<Caller<'a>, CallerRefusal> {
    if account.status == AccountStatus::Closed {
        return Err(CallerRefusal::Closed);
    }
    let key = NameKey::of(name);
    let is_named = |it: &&Person| NameKey::of(&it.name).compare(&key) == NameMatch::Same;
    let mut named = account.people.iter().filter(|it| it.standing.is_authorized()).filter(is_named);
    let person = named.next().ok_or(CallerRefusal::NotListed)?;
    if named.next().is_some() {
        return Err(CallerRefusal::Ambiguous);
    }
    let (kind, verifier) = match person.standing {
        PersonStanding::Owner => (PinKind::Account, Some(&account.pin)),
        PersonStanding::AuthorizedUser { .. } | PersonStanding::User => (PinKind::Person, person.pin.as_ref()),
    };
    let holder = PinHolder { account: &account.number, kind };
    let no_pin = || CallerRefusal::NoPin(person.code.as_ref().map(OpenCode::until));
    Ok(Caller { person, verifier: verifier.ok_or_else(no_pin)?, holder })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::AccountNumber;
    use crate::person::PersonId;
    use crate::pin::{Pin, PinCost, PinHasher};
    use crate::set_up_code::{CodeHolder, SetUpCode};
    use crate::vault::VaultKey;

    fn account() -> Account {
        let number: AccountNumber = "A-1".parse().unwrap();
        let pin = Pin::parse("7193", PinKind::Account).unwrap();
        let holder = PinHolder { account: &number, kind: PinKind::Account };
        let key = VaultKey::from_bytes([1; 32]);
        let pin = PinHasher::new().seal(&pin, holder, PinCost::CHEAP_FOR_TESTS, &[2; 40], &key);
        let person = |id, first: &str, standing, pin: Option<&PinVerifier>| {
            let name = PersonName::new(first, "Lee").unwrap();
            let pin = pin.cloned();
            Person { id: PersonId(id), name, email: None, phone: None, standing, job: String::new(), pin, code: None }
        };
        let user = PersonStanding::AuthorizedUser { since: None };
        let people = vec![
            person(1, "Ann", PersonStanding::Owner, None),
            person(2, "Bo", user, Some(&pin)),
            person(3, "Cy", user, None),
            person(4, "Di", PersonStanding::User, None),
            person(5, "Eve", user, Some(&pin)),
            person(6, "Eve", user, Some(&pin)),
        ];
        let billing_email = "b@lee.example".parse().unwrap();
        let status = AccountStatus::Active;
        let (billing_since, billing_before) = (None, None);
        let name = "Lee".to_owned();
        Account { number, name, status, billing_email, billing_since, billing_before, pin, people, revision: 1 }
    }

    fn check(first: &str, expected: Result<PinKind, CallerRefusal>) {
        let (account, name) = (account(), PersonName::new(first, "Lee").unwrap());
        assert_eq!(find_caller(&name, &account).map(|it| it.holder.kind), expected, "{first}");
    }

    #[test]
    fn the_owner_says_the_security_pin_and_others_their_own() {
        check("ann", Ok(PinKind::Account));
        check("Bo", Ok(PinKind::Person));
    }

    #[test]
    fn nobody_else_is_asked_for_a_pin() {
        check("Cy", Err(CallerRefusal::NoPin(None)));
        check("Di", Err(CallerRefusal::NotListed));
        check("Eve", Err(CallerRefusal::Ambiguous));
        check("Zoe", Err(CallerRefusal::NotListed));
        let closed = Account { status: AccountStatus::Closed, ..account() };
        let name = PersonName::new("Ann", "Lee").unwrap();
        assert_eq!(find_caller(&name, &closed).map(|it| it.person.id).unwrap_err(), CallerRefusal::Closed);
    }

    #[test]
    fn who_has_not_used_their_code_yet_is_told_apart() {
        let mut account = account();
        let holder = CodeHolder { account: &account.number, person: PersonId(3) };
        let (code, key) = (SetUpCode::mint([3; 7]), VaultKey::from_bytes([1; 32]));
        account.people[2].code = Some(OpenCode::of(&code, holder, Timestamp::UNIX_EPOCH, &key));
        let refusal = find_caller(&PersonName::new("Cy", "Lee").unwrap(), &account).map(|it| it.person.id).unwrap_err();
        assert_eq!(refusal, CallerRefusal::NoPin(Some(Timestamp::UNIX_EPOCH)));
        let text = "this Authorized User has no PIN for phone calls yet; \
                    the set-up code to choose one with is good until 1970-01-01T00:00:00Z";
        assert_eq!(refusal.to_string(), text);
    }
}
