//! Accounts: added whole, found again as they were, changed only on the revision that was looked at.

use std::collections::BTreeSet;

use countersign_core::account::{Account, AccountStatus};
use countersign_core::grant::{BadChange, Change, Grant};
use countersign_core::person::{Email, PersonId, PersonStanding};
use countersign_core::set_up_code::OpenCode;
use countersign_core::store::{AccountStore, Allowance, Attempt, Changed, StoreError};
use countersign_core::submission::{Channel, SubmissionId};

use super::{furnish, now};
use crate::{NOW, account, account_verifier, event, minutes_later, number, open_code, person_verifier};

fn crowded() -> Account {
    let owner = account("A-1001").name("Lee & Søn “Blüten”").owner("Ann", "Lee").email("ann@lee.example").job("CEO");
    let people = owner.authorized_user("Bo", "Kim").phone("+1 (555) 010-0142").authorized_user_since("Cy", "Ng", NOW);
    people.user("Åsa", "Ö’Brien").build()
}

/// Everything that was said of an account, its people and PINs is there again.
pub fn come_back_as_they_were_added(store: &mut dyn AccountStore) {
    let (crowded, closed) = (crowded(), account("77").pin("0427").closed().build());
    furnish(store, &[crowded.clone(), closed.clone()], &[]);
    assert_eq!(now(store, &crowded), crowded);
    assert_eq!(now(store, &closed), closed);
}

/// "Not found" is an answer.
pub fn that_do_not_exist_are_absent(store: &mut dyn AccountStore) {
    let there = account("A-1").owner("Ann", "Lee").build();
    furnish(store, std::slice::from_ref(&there), &[]);
    let found = store.accounts(&BTreeSet::from([number("A-0"), number("A-1"), number("A-10")])).unwrap();
    assert_eq!(found.into_keys().collect::<Vec<_>>(), [there.number]);
    assert!(store.accounts(&BTreeSet::new()).unwrap().is_empty());
    assert!(store.grants(&number("A-0")).unwrap().is_empty());
}

/// One number that exists already keeps the whole batch out, and is named.
pub fn are_added_all_or_none(store: &mut dyn AccountStore) {
    let (old, new) = (account("A-1").owner("Ann", "Lee").build(), account("A-2").build());
    furnish(store, std::slice::from_ref(&old), &[]);
    let head = store.audit_head().unwrap();
    let other = account("A-1").owner("Eve", "Roe").build();
    let refused = store.add_accounts(&[new.clone(), other], event("accounts imported")).unwrap();
    assert_eq!(refused, BTreeSet::from([number("A-1")]));
    assert!(store.accounts(&BTreeSet::from([new.number])).unwrap().is_empty());
    assert_eq!(now(store, &old), old);
    assert_eq!(store.audit_head().unwrap(), head);
}

/// A number that stands in a batch twice counts as existing.
pub fn of_one_number_in_one_batch_are_not_added(store: &mut dyn AccountStore) {
    let twice = [account("A-1").build(), account("A-2").build(), account("A-1").build()];
    let refused = store.add_accounts(&twice, event("accounts imported")).unwrap();
    assert_eq!(refused, BTreeSet::from([number("A-1")]));
    assert!(store.accounts_after(None, 9).unwrap().is_empty());
}

/// Pages follow each other without gap or overlap, people included.
pub fn come_in_pages_in_the_order_of_their_numbers(store: &mut dyn AccountStore) {
    let named = |it: &str| account(it).owner("Ann", it).user("Bo", it).build();
    let added = ["B-1", "A-10", "9", "A-9", "A-1"].map(named);
    furnish(store, &added, &[]);
    let first = store.accounts_after(None, 2).unwrap();
    let second = store.accounts_after(Some(&first[1].number), 2).unwrap();
    let third = store.accounts_after(Some(&second[1].number), 2).unwrap();
    let all: Vec<Account> = [first, second, third].concat();
    assert_eq!(all, ["9", "A-1", "A-10", "A-9", "B-1"].map(named));
    assert!(store.accounts_after(Some(&number("B-1")), 2).unwrap().is_empty());
    assert_eq!(store.accounts_after(None, usize::MAX).unwrap().len(), 5);
}

/// The staff may change what it has seen, and nothing else.
pub fn change_on_the_word_of_the_staff_only_on_their_revision(store: &mut dyn AccountStore) {
    let seen = account("A-1").owner("Ann", "Lee").authorized_user("Bo", "Kim").build();
    furnish(store, std::slice::from_ref(&seen), &[]);
    let mut change = |revision, changes: &[Change]| {
        store.change_account(&seen.number, revision, changes, event("account changed")).unwrap()
    };
    let remove = Change::Deauthorize { person: PersonId(2) };
    assert_eq!(change(seen.revision, &[remove, Change::Close]), Changed::Done { audit_seq: 2 });
    assert_eq!(change(seen.revision, &[Change::Close]), Changed::Stale);
    let after = now(store, &seen);
    assert_eq!((after.status, after.revision), (AccountStatus::Closed, seen.revision + 2));
    let ended: Vec<_> = store.grants(&seen.number).unwrap().into_iter().map(|it| it.ended).collect();
    assert_eq!(ended, [Some((NOW, None))]);
    let nobody = store.change_account(&number("A-2"), 0, &[Change::Close], event("account changed")).unwrap();
    assert_eq!(nobody, Changed::Stale);
    assert_eq!(store.audit_head().unwrap().seq, 2);
}

/// A new billing email is kept with its moment, and the one before with it.
pub fn remember_the_billing_email_before(store: &mut dyn AccountStore) {
    let seen = account("A-1").owner("Ann", "Lee").build();
    furnish(store, std::slice::from_ref(&seen), &[]);
    let email: Email = "new@lee.example".parse().unwrap();
    let change = Change::SetBillingEmail { email: email.clone() };
    store.change_account(&seen.number, seen.revision, &[change], event("billing email changed")).unwrap();
    let after = now(store, &seen);
    let expected = (&email, Some(NOW), Some(&seen.billing_email), seen.revision + 1);
    assert_eq!((&after.billing_email, after.billing_since, after.billing_before.as_ref(), after.revision), expected);
    assert_eq!(store.accounts_after(None, 1).unwrap(), [after]);
}

/// A new Security PIN stands in the place of the one before.
pub fn keep_one_security_pin(store: &mut dyn AccountStore) {
    let seen = account("A-1").owner("Ann", "Lee").build();
    furnish(store, std::slice::from_ref(&seen), &[]);
    let pin = account_verifier(&seen.number, "602914");
    assert_ne!(seen.pin, pin);
    let change = Change::SetSecurityPin { pin: pin.clone() };
    store.change_account(&seen.number, seen.revision, &[change], event("Security PIN changed")).unwrap();
    let after = now(store, &seen);
    assert_eq!((&after.pin, after.revision), (&pin, seen.revision + 1));
    assert_eq!(store.accounts_after(None, 1).unwrap(), [after]);
}

/// What is kept of a code is there again, a new one stands in its place, and whoever loses their privileges loses it.
pub fn keep_one_set_up_code_for_a_person(store: &mut dyn AccountStore) {
    let seen = account("A-1").owner("Ann", "Lee").user("Bo", "Kim").build();
    furnish(store, std::slice::from_ref(&seen), &[]);
    let mut change = |changes: &[Change]| {
        let now = now(store, &seen);
        store.change_account(&seen.number, now.revision, changes, event("account changed")).unwrap();
        let now = store.accounts_after(None, 1).unwrap().remove(0);
        now.person(PersonId(2)).unwrap().clone()
    };
    let [first, second] = [3, 4].map(|it| open_code(&seen.number, PersonId(2), it));
    let issue = |code: &OpenCode| Change::IssueCode { person: PersonId(2), code: code.clone() };
    let bo = change(&[Change::Authorize { person: PersonId(2), pin: None }, issue(&first)]);
    assert_eq!((bo.pin, bo.code), (None, Some(first)));
    assert_eq!(change(&[issue(&second)]).code, Some(second));
    let bo = change(&[Change::Deauthorize { person: PersonId(2) }]);
    assert_eq!((bo.standing, bo.code), (PersonStanding::User, None));
}

/// With the PIN that is chosen the code is used up and the attempt given back; on another revision none of it happens.
pub fn take_a_pin_with_its_attempt_or_neither(store: &mut dyn AccountStore) {
    let seen = account("A-1").owner("Ann", "Lee").authorized_user("Bo", "Kim").build();
    furnish(store, std::slice::from_ref(&seen), &[]);
    let code = open_code(&seen.number, PersonId(2), 3);
    let issue = Change::IssueCode { person: PersonId(2), code };
    store.change_account(&seen.number, seen.revision, &[issue], event("account changed")).unwrap();
    let issued = now(store, &seen);
    let submission = SubmissionId::of_pin_choice([1; 10]);
    let attempt = Attempt { account: seen.number.clone(), channel: Channel::Console, submission };
    store.reserve_attempts(std::slice::from_ref(&attempt), Allowance::each_channel(5)).unwrap();
    let pin = person_verifier(&seen.number, "5293");
    let choose = [Change::ChoosePin { person: PersonId(2), pin: pin.clone() }];
    let rows = store.audit_head().unwrap().seq;
    let stale = store.change_account_proved(&attempt, seen.revision, &choose, event("PIN chosen")).unwrap();
    assert_eq!(stale, Changed::Stale);
    assert_eq!(now(store, &seen), issued);
    assert_eq!(store.used_attempts(&seen.number).unwrap(), [(Channel::Console, 1)].into());
    let done = store.change_account_proved(&attempt, issued.revision, &choose, event("PIN chosen")).unwrap();
    assert_eq!(done, Changed::Done { audit_seq: rows + 1 });
    let bo = now(store, &seen).person(PersonId(2)).unwrap().clone();
    assert_eq!((bo.pin, bo.code), (Some(pin), None));
    assert!(store.used_attempts(&seen.number).unwrap().is_empty());
    let twice = store.change_account_proved(&attempt, issued.revision + 1, &choose, event("PIN chosen"));
    let expected = BadChange::NoOpenCode(PersonId(2));
    assert!(matches!(&twice, Err(StoreError::Change { source, .. }) if *source == expected), "{twice:?}");
}

/// A list of changes, one of which does not fit, changes nothing.
pub fn take_no_change_that_does_not_fit(store: &mut dyn AccountStore) {
    let seen = account("A-1").owner("Ann", "Lee").user("Bo", "Kim").build();
    furnish(store, std::slice::from_ref(&seen), &[]);
    let authorize = Change::Authorize { person: PersonId(2), pin: Some(person_verifier(&seen.number, "7193")) };
    let unfit = Change::Deauthorize { person: PersonId(1) };
    let answer = store.change_account(&seen.number, seen.revision, &[authorize, unfit], event("account changed"));
    let expected = BadChange::WrongStanding(PersonId(1));
    assert!(matches!(&answer, Err(StoreError::Change { source, .. }) if *source == expected), "{answer:?}");
    assert_eq!(now(store, &seen), seen);
    assert_eq!(store.audit_head().unwrap().seq, 1);
}

/// An imported Authorized User has a grant without a submission; nobody else has one.
pub fn keep_their_grants_from_elsewhere(store: &mut dyn AccountStore) {
    let later = account("A-1").owner("Ann", "Lee").authorized_user_since("Bo", "Kim", minutes_later(-5));
    let seen = later.user("Cy", "Ng").authorized_user("Di", "Orr").build();
    furnish(store, &[seen.clone(), account("A-2").authorized_user("Ed", "Poe").build()], &[]);
    let grant = |person, since| Grant {
        account: seen.number.clone(),
        person: PersonId(person),
        since,
        granted_by: None,
        submission: None,
        ended: None,
    };
    assert_eq!(store.grants(&seen.number).unwrap(), [grant(4, None), grant(2, Some(minutes_later(-5)))]);
}

/// A thousand numbers in one question.
pub fn are_found_many_at_once(store: &mut dyn AccountStore) {
    let added: Vec<Account> = (0..1_000).map(|it| account(&format!("A-{it:04}")).owner("Ann", "Lee").build()).collect();
    furnish(store, &added, &[]);
    let found = store.accounts(&added.iter().map(|it| it.number.clone()).collect()).unwrap();
    assert_eq!(found.into_values().collect::<Vec<_>>(), added);
}
