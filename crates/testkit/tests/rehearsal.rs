//! A rehearsal decides as the real run would, and leaves the store beneath it as it was.

#![expect(clippy::unwrap_used, reason = "an unexpected answer is the failure these tests look for")]

use std::collections::BTreeSet;

use countersign_core::account::Account;
use countersign_core::reason::ReasonCode;
use countersign_core::store::{
    AccountStore, Allowance, Attempt, AttemptOutcome, BlankState, MemoryStore, Rehearsal, Reservation, RunId, Settled,
};
use countersign_core::submission::Channel;
use countersign_testkit::{NOW, accepted, account, bound_blank, event, held, number, rejected};

const LIMIT: Allowance = Allowance::each_channel(2);

fn ann() -> Account {
    account("A-1").owner("Ann", "Lee").authorized_user("Bo", "Kim").build()
}

/// A store with a past: one wrong PIN, one accepted form on a bound blank.
fn furnished() -> MemoryStore {
    let mut store = MemoryStore::new();
    store.add_accounts(&[ann(), account("A-2").build()], event("accounts imported")).unwrap();
    store.issue_blanks(&[bound_blank("A-1", 1), bound_blank("A-1", 2)], event("blanks issued")).unwrap();
    store.begin_run(NOW).unwrap();
    let wrong = rejected("wrong", &ann(), ReasonCode::PinInvalid).after_attempt(AttemptOutcome::Wrong);
    store.reserve_attempts(&[wrong.attempt()], LIMIT).unwrap();
    let used =
        accepted("used", &ann()).adding(3, "Cy", "Ng").asking("add Cy").on_blank(&bound_blank("A-1", 1).instance);
    store.settle(&[wrong.build(), used.build()]).unwrap();
    store
}

/// One run over the past above: what the store answers to each step.
fn run(store: &mut dyn AccountStore) -> Vec<String> {
    let mut told = vec![format!("{:?}", store.begin_run(NOW).unwrap())];
    let now = store.accounts(&BTreeSet::from([number("A-1")])).unwrap().remove(&number("A-1")).unwrap();
    let fresh = accepted("fresh", &now).adding(4, "Di", "Orr").on_blank(&bound_blank("A-1", 2).instance);
    let late = held("late", &now, ReasonCode::SignerAmbiguous);
    let attempts = [fresh.attempt(), late.attempt(), fresh.attempt()];
    told.push(format!("{:?}", store.reserve_attempts(&attempts, LIMIT).unwrap()));
    let copy = accepted("copy", &now).adding(4, "Di", "Orr").on_blank(&bound_blank("A-1", 1).instance);
    let batch = [
        fresh.clone().after_attempt(AttemptOutcome::Right).build(),
        fresh.build(),
        copy.build(),
        late.build(),
        rejected("used", &now, ReasonCode::SignMissing).build(),
    ];
    told.push(format!("{:?}", store.settle(&batch).unwrap()));
    told.push(format!("{:?}", store.budgets(&attempts).unwrap()));
    told.push(format!("{:?}", store.grants(&number("A-1")).unwrap()));
    told.push(format!("{:?}", store.accounts_after(None, 9).unwrap()));
    told.push(format!("{:?}", store.audit_after(1, 9).unwrap()));
    told.push(format!("{:?}", store.decided_files(&batch.iter().map(|it| it.record.file).collect()).unwrap()));
    told
}

#[test]
fn a_rehearsal_answers_as_the_real_run_would() {
    let (mut real, mut below) = (furnished(), furnished());
    assert_eq!(run(&mut Rehearsal::over(&mut below).unwrap()), run(&mut real));
}

#[test]
fn the_store_beneath_is_never_written() {
    let mut below = furnished();
    let before = format!("{below:?}");
    let first = run(&mut Rehearsal::over(&mut below).unwrap());
    assert_eq!(format!("{below:?}"), before);
    assert_eq!(run(&mut Rehearsal::over(&mut below).unwrap()), first, "a rehearsal can be repeated");
    assert_eq!(below.last_run().unwrap(), Some(RunId(1)));
}

#[test]
fn what_a_rehearsal_changes_it_sees_itself() {
    let mut below = furnished();
    let mut store = Rehearsal::over(&mut below).unwrap();
    let attempts = ["one", "two", "three"].map(|it| accepted(it, &account("A-2").build()).attempt());
    let reserved = store.reserve_attempts(&attempts, LIMIT).unwrap();
    assert_eq!(reserved, [Reservation::Reserved, Reservation::Reserved, Reservation::Locked]);
    let now = store.accounts(&BTreeSet::from([number("A-1")])).unwrap().remove(&number("A-1")).unwrap();
    let blank = bound_blank("A-1", 2).instance;
    let form = accepted("fresh", &now).adding(4, "Di", "Orr").on_blank(&blank).build();
    assert!(matches!(store.settle(std::slice::from_ref(&form)).unwrap()[0], Settled::Done { .. }));
    assert!(matches!(store.settle(std::slice::from_ref(&form)).unwrap()[0], Settled::Before(_)));
    let state = store.blanks(&BTreeSet::from([blank.clone()])).unwrap().remove(&blank).unwrap().state;
    assert_eq!(state, BlankState::Consumed { by: form.record.id });
}

/// What was used on a channel that the rehearsal has not asked for counts all the same.
#[test]
fn a_rehearsal_knows_what_every_channel_of_a_shared_budget_has_used() {
    let on = |channel, file: &str| Attempt { channel, ..accepted(file, &ann()).attempt() };
    let asked = [on(Channel::Phone, "one"), on(Channel::Console, "two"), on(Channel::Form, "three")];
    let (mut real, mut below) = (furnished(), furnished());
    let told = Rehearsal::over(&mut below).unwrap().reserve_attempts(&asked, Allowance::shared(2)).unwrap();
    assert_eq!(told, [Reservation::Reserved, Reservation::Locked, Reservation::Locked], "one wrong PIN came by form");
    assert_eq!(real.reserve_attempts(&asked, Allowance::shared(2)).unwrap(), told);
}

/// A clock that was set back is the office's trouble, not a fault of the program.
#[test]
fn a_rehearsal_runs_on_a_clock_that_was_set_back() {
    let mut below = furnished();
    let mut store = Rehearsal::over(&mut below).unwrap();
    let earlier = countersign_testkit::minutes_later(-60);
    let form = held("early", &ann(), ReasonCode::FormImageOnly).at(earlier).build();
    assert!(matches!(store.settle(&[form]).unwrap()[0], Settled::Done { .. }));
}
