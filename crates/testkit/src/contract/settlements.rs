//! Settlements: whole or not at all, once, and only on what was looked at.

use std::collections::{BTreeMap, BTreeSet};

use countersign_core::account::Account;
use countersign_core::person::PersonId;
use countersign_core::reason::{Reason, ReasonCode};
use countersign_core::store::{
    AccountStore, BlankState, FirstDecision, IssuedBlank, RunId, Settled, Settlement, Status, StoreError,
};
use countersign_core::submission::{FileDigest, InMessage, RequestDigest};

use super::{furnish, now, settle, settle_done};
use crate::{NOW, accepted, account, bound_blank, generic_blank, held, minutes_later, rejected};

fn ann() -> Account {
    account("A-1").owner("Ann", "Lee").authorized_user("Bo", "Kim").build()
}

fn state(store: &mut dyn AccountStore, blank: &IssuedBlank) -> BlankState {
    let found = store.blanks(&BTreeSet::from([blank.instance.clone()])).unwrap();
    found.into_values().next().expect("the blank was issued").state
}

/// The same file again answers with the first decision and changes nothing.
pub fn are_written_only_once(store: &mut dyn AccountStore) {
    let ann = ann();
    furnish(store, std::slice::from_ref(&ann), &[]);
    let first = accepted("march.pdf", &ann).adding(3, "Cy", "Ng").build();
    settle_done(store, first.clone());
    let (after, head) = (now(store, &ann), store.audit_head().unwrap());
    store.begin_run(minutes_later(5)).unwrap();
    let mut again = rejected("march.pdf", &ann, ReasonCode::SignMissing).at(minutes_later(5)).build();
    again.record.run = RunId(2);
    let submission = first.record.id.clone();
    let expected = FirstDecision { submission, status: Status::Accepted, run: RunId(1), decided_at: NOW };
    assert_eq!(settle(store, first.clone()), Settled::Before(expected.clone()));
    assert_eq!(settle(store, again), Settled::Before(expected.clone()));
    let files = BTreeSet::from([first.record.file, FileDigest::of(b"another")]);
    assert_eq!(store.decided_files(&files).unwrap(), BTreeMap::from([(first.record.file, expected)]));
    assert_eq!((now(store, &ann), store.audit_head().unwrap()), (after, head));
}

/// What was decided on another revision is not written, and may be decided again.
pub fn on_a_stale_revision_write_nothing(store: &mut dyn AccountStore) {
    let (ann, blank) = (ann(), bound_blank("A-1", 1));
    furnish(store, std::slice::from_ref(&ann), std::slice::from_ref(&blank));
    settle_done(store, accepted("one", &ann).adding(3, "Cy", "Ng").build());
    let (after, head) = (now(store, &ann), store.audit_head().unwrap());
    let on = |account: &Account| accepted("two", account).adding(4, "Di", "Orr").on_blank(&blank.instance).build();
    assert_eq!(settle(store, on(&ann)), Settled::Stale);
    assert_eq!((now(store, &ann), store.audit_head().unwrap()), (after.clone(), head));
    assert_eq!(state(store, &blank), BlankState::Issued);
    assert!(store.decided_files(&BTreeSet::from([on(&ann).record.file])).unwrap().is_empty());
    settle_done(store, on(&after));
    assert_eq!(now(store, &ann).people.len(), 4);
}

/// A adds B; what follows in the same batch sees it: on the new revision it is written, on the old one stale.
pub fn in_one_batch_see_each_other(store: &mut dyn AccountStore) {
    let ann = ann();
    furnish(store, std::slice::from_ref(&ann), &[]);
    let next = Account { revision: ann.revision + 1, ..ann.clone() };
    let batch = [
        accepted("one", &ann).adding(3, "Cy", "Ng").build(),
        accepted("two", &ann).adding(3, "Di", "Orr").build(),
        accepted("three", &next).removing(3).build(),
        held("four", &ann, ReasonCode::SignerAmbiguous).build(),
    ];
    let settled = store.settle(&batch).unwrap();
    assert_eq!(settled[1], Settled::Stale);
    assert!([0, 2, 3].iter().all(|at| matches!(settled[*at], Settled::Done { .. })), "{settled:?}");
    assert_eq!(now(store, &ann).revision, ann.revision + 2);
    assert!(store.settle(&[]).unwrap().is_empty());
}

/// An error leaves the store as it was before the batch.
pub fn that_fail_leave_nothing_of_their_batch(store: &mut dyn AccountStore) {
    let ann = ann();
    furnish(store, std::slice::from_ref(&ann), &[]);
    let other = rejected("one", &ann, ReasonCode::SignMissing).build();
    let unfit = accepted("two", &ann).adding(2, "Bo", "Kim").build();
    let answer = store.settle(&[other.clone(), unfit]);
    assert!(matches!(answer, Err(StoreError::Change { .. })), "{answer:?}");
    assert_eq!((now(store, &ann), store.audit_head().unwrap().seq), (ann, 1));
    assert!(store.decided_files(&BTreeSet::from([other.record.file])).unwrap().is_empty());
}

/// Two acceptances on one bound blank: the second is stale, also from another file.
pub fn use_up_a_bound_blank_once(store: &mut dyn AccountStore) {
    let (ann, blank) = (ann(), bound_blank("A-1", 1));
    furnish(store, std::slice::from_ref(&ann), std::slice::from_ref(&blank));
    settle_done(store, rejected("zero", &ann, ReasonCode::SignMissing).on_blank(&blank.instance).build());
    assert_eq!(state(store, &blank), BlankState::Returned);
    let one = accepted("one", &ann).adding(3, "Cy", "Ng").on_blank(&blank.instance).build();
    settle_done(store, one.clone());
    assert_eq!(state(store, &blank), BlankState::Consumed { by: one.record.id });
    let after = now(store, &ann);
    let two = accepted("two", &after).adding(4, "Di", "Orr").on_blank(&blank.instance).build();
    assert_eq!(settle(store, two), Settled::Stale);
    assert_eq!(now(store, &ann), after);
}

/// What the staff declared void, or what was never issued, carries no acceptance.
pub fn of_a_void_or_unknown_blank_accept_nothing(store: &mut dyn AccountStore) {
    let (ann, generic) = (ann(), generic_blank(2));
    let void = IssuedBlank { state: BlankState::Void, ..bound_blank("A-1", 1) };
    let void_generic = IssuedBlank { state: BlankState::Void, ..generic_blank(3) };
    furnish(store, std::slice::from_ref(&ann), &[void.clone(), void_generic.clone()]);
    for blank in [&void, &void_generic, &generic] {
        let on = accepted("one", &ann).adding(3, "Cy", "Ng").on_blank(&blank.instance).build();
        assert_eq!(settle(store, on), Settled::Stale, "{:?}", blank.state);
    }
    let refusal = |file| rejected(file, &ann, ReasonCode::FormInstanceInvalid);
    settle_done(store, refusal("two").on_blank(&void.instance).build());
    settle_done(store, refusal("three").on_blank(&generic.instance).build());
    assert_eq!(state(store, &void), BlankState::Void);
}

/// A public download may come back as often as people like.
pub fn on_a_generic_blank_repeat(store: &mut dyn AccountStore) {
    let (ann, blank) = (ann(), generic_blank(1));
    furnish(store, std::slice::from_ref(&ann), std::slice::from_ref(&blank));
    settle_done(store, accepted("one", &ann).adding(3, "Cy", "Ng").on_blank(&blank.instance).build());
    let after = now(store, &ann);
    settle_done(store, accepted("two", &after).adding(4, "Di", "Orr").on_blank(&blank.instance).build());
    assert_eq!(state(store, &blank), BlankState::Returned);
    assert_eq!(now(store, &ann).people.len(), 4);
}

/// A copy of a form that was accepted does not open its blank again.
pub fn that_reject_leave_a_used_blank_used(store: &mut dyn AccountStore) {
    let (ann, blank) = (ann(), bound_blank("A-1", 1));
    furnish(store, std::slice::from_ref(&ann), std::slice::from_ref(&blank));
    settle_done(store, accepted("one", &ann).adding(3, "Cy", "Ng").on_blank(&blank.instance).build());
    let used = state(store, &blank);
    settle_done(store, rejected("two", &ann, ReasonCode::DuplicateInstance).on_blank(&blank.instance).build());
    assert_eq!(state(store, &blank), used);
}

/// An addition begins a grant, a removal ends it; both name their submission.
pub fn begin_and_end_grants(store: &mut dyn AccountStore) {
    let ann = ann();
    furnish(store, std::slice::from_ref(&ann), &[]);
    let add = accepted("add", &ann).at(minutes_later(1)).adding(3, "Cy", "Ng").build();
    settle_done(store, add.clone());
    let remove = accepted("remove", &now(store, &ann)).at(minutes_later(2)).removing(2).removing(3).build();
    settle_done(store, remove.clone());
    let grants = store.grants(&ann.number).unwrap();
    let ended = Some((minutes_later(2), Some(remove.record.id.clone())));
    assert_eq!(grants.len(), 2);
    assert_eq!((grants[0].person, grants[0].since, &grants[0].ended), (PersonId(2), None, &ended));
    assert_eq!((grants[1].person, grants[1].since, &grants[1].ended), (PersonId(3), Some(minutes_later(1)), &ended));
    assert_eq!((grants[1].granted_by, &grants[1].submission), (Some(PersonId(1)), &Some(add.record.id)));
    let after = now(store, &ann);
    assert!(after.people[1..].iter().all(|it| !it.standing.is_authorized() && it.pin.is_none()), "{:?}", after.people);
}

/// Everything that is kept of a decision is there again, reasons in their order.
pub fn keep_the_whole_record(store: &mut dyn AccountStore) {
    let ann = ann();
    furnish(store, std::slice::from_ref(&ann), &[]);
    let mut odd = held("one", &ann, ReasonCode::SignerAmbiguous).asking("add Cy").at(minutes_later(7)).build();
    odd.record.reasons.push(Reason::of_field(ReasonCode::FieldFormat, "add.1.email").because("“no @”\n").for_a_look());
    let digest = FileDigest::of(b"message");
    odd.record.message = Some(InMessage { digest, message_id: Some("1@lee.example".to_owned()), is_answerable: true });
    let mut bare = rejected("two", &ann, ReasonCode::PdfCorrupt).at(minutes_later(8)).build();
    bare.record.account = None;
    for settlement in [&odd, &bare] {
        settle_done(store, settlement.clone());
    }
    let ids = BTreeSet::from([odd.record.id.clone(), bare.record.id.clone()]);
    let expected = [odd, bare].map(|it| (it.record.id.clone(), it.record));
    assert_eq!(store.submissions(&ids).unwrap(), BTreeMap::from(expected));
}

/// A request is found again once a submission that asked for it was accepted, and it is the first one that is named.
pub fn find_an_accepted_request_again(store: &mut dyn AccountStore) {
    let ann = ann();
    furnish(store, std::slice::from_ref(&ann), &[]);
    let request = |it: &Settlement| it.record.request.clone().expect("it asks for something");
    let refused = rejected("one", &ann, ReasonCode::SignMissing).asking("add Cy").build();
    let asked: BTreeSet<RequestDigest> = BTreeSet::from([request(&refused), RequestDigest::from_stored("other")]);
    settle_done(store, refused);
    assert!(store.accepted_requests(&asked).unwrap().is_empty());
    let first = accepted("two", &ann).asking("add Cy").build();
    settle_done(store, first.clone());
    settle_done(store, accepted("three", &ann).asking("add Cy").build());
    let expected = BTreeMap::from([(request(&first), first.record.id)]);
    assert_eq!(store.accepted_requests(&asked).unwrap(), expected);
}

/// An id is 80 bits of a digest: whoever finds two files with one id gets one of them decided, not both.
pub fn with_an_id_taken_by_other_bytes_are_not_written(store: &mut dyn AccountStore) {
    let ann = ann();
    furnish(store, std::slice::from_ref(&ann), &[]);
    let first = rejected("one", &ann, ReasonCode::SignMissing).build();
    settle_done(store, first.clone());
    let mut twin = accepted("two", &ann).adding(3, "Cy", "Ng").build();
    twin.record.id = first.record.id.clone();
    assert_eq!(settle(store, twin), Settled::Before(FirstDecision::of(&first.record)));
    assert_eq!(now(store, &ann), ann);
}
