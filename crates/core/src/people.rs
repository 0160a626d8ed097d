//! Whom a submission asks to add or remove, held against who is on the account already.

use crate::account::Account;
use crate::name_match::{NameKey, NameMatch, looks_like};
use crate::person::{Email, Person, PersonId, PersonName, PersonStanding};
use crate::policy::Policy;
use crate::reason::{Reason, ReasonCode};
use crate::submission::{NewPerson, Request};

/// What one request comes down to on this account.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Step {
    /// Somebody new.
    AddPerson,
    /// A plain user on the account becomes an Authorized User.
    Authorize(PersonId),
    /// An Authorized User becomes a plain user.
    Deauthorize(PersonId),
}

/// What the requests of a submission come down to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// One step for each request; `None` when one of them can be done for nobody.
    pub steps: Option<Vec<Step>>,
    /// Everything that is against them. With steps, these are doubts: a person may find that they are none.
    pub reasons: Vec<Reason>,
}

/// What the requests come down to on this account, and everything that is against them.
pub fn plan(requests: &[Request], account: &Account, policy: &Policy) -> Plan {
    let planned = requests.iter().map(|request| match request {
        Request::Add { field, person } => plan_addition(field, person, account),
        Request::Remove { field, name, email } => plan_removal(field, name, email.as_ref(), account),
    });
    let mut steps = Vec::new();
    let mut reasons = Vec::new();
    for step in planned {
        match step {
            Ok(step) => steps.push(step),
            Err(Obstacle::Doubt(reason)) => {
                steps.push(Step::AddPerson);
                reasons.push(reason);
            }
            Err(Obstacle::Bar(reason)) => reasons.push(reason),
        }
    }
    // An account may have come here with more than that: whoever adds nobody makes it no worse.
    let adds = steps.iter().any(|it| matches!(it, Step::AddPerson | Step::Authorize(_)));
    if steps.len() < requests.len() {
        return Plan { steps: None, reasons };
    }
    if adds && count_after(&steps, account) > policy.authority.max_authorized_users as usize {
        reasons.push(Reason::of_form(ReasonCode::UserLimit));
    }
    Plan { steps: Some(steps), reasons }
}

/// What is against one request.
enum Obstacle {
    /// It may be somebody else than it seems; if not, somebody new is added.
    Doubt(Reason),
    /// There is nobody to do it for.
    Bar(Reason),
}

fn plan_addition(field: &str, new: &NewPerson, account: &Account) -> Result<Step, Obstacle> {
    let ambiguous = |detail: &str| Obstacle::Doubt(Reason::of_field(ReasonCode::UserAmbiguous, field).because(detail));
    let same = people_named(&new.name, account, NameMatch::Same);
    if let Some(known) = same.iter().find(|it| it.standing.is_authorized()) {
        return Err(match (&known.email, &new.email) {
            (Some(known), Some(new)) if !known.is_same_mailbox(new) => {
                ambiguous("an Authorized User with this name, but another email, is on the account")
            }
            _ => Obstacle::Bar(Reason::of_field(ReasonCode::UserAlreadyAuthorized, field)),
        });
    }
    if people_named(&new.name, account, NameMatch::Near).iter().any(|it| it.standing.is_authorized()) {
        return Err(ambiguous("the name is close to that of someone who is authorized already"));
    }
    if account.people.iter().any(|it| looks_like(&it.name, &new.name)) {
        let reason = Reason::of_field(ReasonCode::NameSuspicious, field);
        return Err(Obstacle::Doubt(reason.because("the name looks like that of another person on the account")));
    }
    match same[..] {
        [] => Ok(Step::AddPerson),
        [known] if is_same_contact(known, new) => Ok(Step::Authorize(known.id)),
        _ => Err(ambiguous("a user with this name, but another email, is on the account")),
    }
}

fn is_same_contact(known: &Person, new: &NewPerson) -> bool {
    match (&known.email, &new.email) {
        (Some(known), Some(new)) => known.is_same_mailbox(new),
        (None, _) => true,
        (Some(_), None) => false,
    }
}

fn plan_removal(field: &str, name: &PersonName, email: Option<&Email>, account: &Account) -> Result<Step, Obstacle> {
    let is_same_mailbox = |it: &Person| match (email, &it.email) {
        (Some(email), Some(known)) => email.is_same_mailbox(known),
        _ => true,
    };
    let same = people_named(name, account, NameMatch::Same);
    let fitting: Vec<&Person> =
        same.iter().copied().filter(|it| it.standing.is_authorized() && is_same_mailbox(it)).collect();
    match fitting[..] {
        [person] if person.standing == PersonStanding::Owner => {
            Err(Obstacle::Bar(Reason::of_field(ReasonCode::RemoveOwner, field)))
        }
        [person] => Ok(Step::Deauthorize(person.id)),
        [_, _, ..] => {
            let several = Reason::of_field(ReasonCode::UserAmbiguous, field);
            Err(Obstacle::Bar(several.because("several Authorized Users have this name")))
        }
        [] => Err(Obstacle::Bar(why_nobody_fits(field, name, &same, account))),
    }
}

fn why_nobody_fits(field: &str, name: &PersonName, same: &[&Person], account: &Account) -> Reason {
    let is_near = || people_named(name, account, NameMatch::Near).iter().any(|it| it.standing.is_authorized());
    if same.iter().any(|it| it.standing.is_authorized()) {
        Reason::of_field(ReasonCode::UserAmbiguous, field)
            .because("the Authorized User with this name has another email")
    } else if is_near() {
        Reason::of_field(ReasonCode::UserAmbiguous, field).because("the name is close to that of an Authorized User")
    } else {
        Reason::of_field(ReasonCode::UserNotFound, field)
    }
}

fn people_named<'a>(name: &PersonName, account: &'a Account, wanted: NameMatch) -> Vec<&'a Person> {
    let key = NameKey::of(name);
    account.people.iter().filter(|it| NameKey::of(&it.name).compare(&key) == wanted).collect()
}

/// The requests that name somebody whom an earlier one names. Says nothing of the account.
pub fn repeated_people(requests: &[Request]) -> Vec<Reason> {
    let keys: Vec<NameKey> = requests.iter().map(|it| NameKey::of(it.name())).collect();
    let is_repeated = |at: usize| keys[..at].iter().any(|it| it.compare(&keys[at]) == NameMatch::Same);
    (0..keys.len())
        .filter(|at| is_repeated(*at))
        .map(|at| Reason::of_field(ReasonCode::UserDuplicateOnForm, requests[at].field()))
        .collect()
}

/// An internationalized domain is written in letters that nobody reads, and `%` and `!` can lead mail by way of another host; a person
/// looks at what they stand for.
pub fn doubt_address(field: &str, email: &Email) -> Option<Reason> {
    let email = email.as_str();
    let is_coded = email.split(['@', '.']).any(|label| label.to_ascii_lowercase().starts_with("xn--"));
    let doubt = || {
        let what = "the address has a coded domain, or leads by way of another host";
        Reason::of_field(ReasonCode::NameSuspicious, field).because(what)
    };
    (is_coded || email.contains(['%', '!'])).then(doubt)
}

fn count_after(steps: &[Step], account: &Account) -> usize {
    let is_authorized_user = |it: &&Person| matches!(it.standing, PersonStanding::AuthorizedUser { .. });
    let now = account.people.iter().filter(is_authorized_user).count();
    let gone = steps.iter().filter(|it| matches!(it, Step::Deauthorize(_))).count();
    (now + steps.len()).saturating_sub(2 * gone)
}
