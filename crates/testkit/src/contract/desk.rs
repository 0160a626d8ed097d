//! What the staff does by hand: held submissions, locked channels, void blanks, a new vault key.

use std::collections::{BTreeMap, BTreeSet};

use countersign_core::account::Account;
use countersign_core::grant::Change;
use countersign_core::instance::{InstanceClaims, InstanceId};
use countersign_core::key_change::KeyChange;
use countersign_core::person::PersonId;
use countersign_core::pin::{PinAnswer, PinHasher, PinHolder, PinKind};
use countersign_core::reason::ReasonCode;
use countersign_core::store::{
    AccountStore, Allowance, AttemptOutcome, BlankState, IssuedBlank, Reservation, Resolution, Resolved, ResolvedAs,
    RunId, Settled, Settlement, Status, SubmissionRecord, Voided, Which,
};
use countersign_core::submission::Channel;
use countersign_core::vault::VaultKey;

use super::{furnish, now, settle, settle_done};
use crate::{
    NOW, accepted, account, bound_blank, event, generic_blank, held, minutes_later, open_code, pin, rejected, vault_key,
};

fn ann() -> Account {
    account("A-1").owner("Ann", "Lee").authorized_user("Bo", "Kim").build()
}

fn resolution(of: &Settlement, ended: ResolvedAs) -> Resolution {
    let (by, why) = ("Dana".to_owned(), "rang back".to_owned());
    Resolution { submission: of.record.id.clone(), at: of.record.decided_at, by, why, ended }
}

fn record(store: &mut dyn AccountStore, of: &Settlement) -> SubmissionRecord {
    let found = store.submissions(&BTreeSet::from([of.record.id.clone()])).unwrap();
    found.into_values().next().expect("it was decided")
}

/// An acceptance at the desk does all that it would have done in its run, and stands in the place of the first decision.
pub fn a_held_submission_is_resolved_once(store: &mut dyn AccountStore) {
    let (ann, blank) = (ann(), bound_blank("A-1", 1));
    furnish(store, std::slice::from_ref(&ann), std::slice::from_ref(&blank));
    let first = held("one", &ann, ReasonCode::SignerAmbiguous).on_blank(&blank.instance).build();
    settle_done(store, first.clone());
    let later = accepted("one", &ann).at(minutes_later(5)).adding(3, "Cy", "Ng").asking("add Cy");
    let later = later.on_blank(&blank.instance);
    store.reserve_attempts(&[later.attempt()], Allowance::each_channel(5)).unwrap();
    let later = later.after_attempt(AttemptOutcome::Right).build();
    let resolution = resolution(&later, ResolvedAs::Accepted);
    let rows = store.audit_head().unwrap().seq;
    assert_eq!(store.resolve(&later, &resolution).unwrap(), Resolved::Done { audit_seq: rows + 1 });
    assert_eq!(record(store, &later), later.record);
    assert_eq!(now(store, &ann).people.len(), 3);
    assert_eq!(store.grants(&ann.number).unwrap().len(), 2);
    assert!(store.used_attempts(&ann.number).unwrap().is_empty());
    let state = store.blanks(&BTreeSet::from([blank.instance.clone()])).unwrap().remove(&blank.instance).unwrap().state;
    assert_eq!(state, BlankState::Consumed { by: later.record.id.clone() });
    let ids = BTreeSet::from([later.record.id.clone()]);
    assert_eq!(store.resolutions(&ids).unwrap(), BTreeMap::from([(later.record.id.clone(), resolution.clone())]));
    let requests = BTreeSet::from([later.record.request.clone().unwrap()]);
    assert_eq!(store.accepted_requests(&requests).unwrap().len(), 1);
    let Settled::Before(decision) = settle(store, first) else { panic!("the same bytes are a duplicate") };
    assert_eq!(decision.status, Status::Accepted);
    assert_eq!(store.resolve(&later, &resolution).unwrap(), Resolved::NotHeld);
}

/// What was decided for good is not resolved, and what changed in between is looked at again.
pub fn only_what_is_held_is_resolved(store: &mut dyn AccountStore) {
    let ann = ann();
    furnish(store, std::slice::from_ref(&ann), &[]);
    settle_done(store, rejected("no", &ann, ReasonCode::SignMissing).build());
    settle_done(store, held("late", &ann, ReasonCode::SignerAmbiguous).build());
    settle_done(store, accepted("other", &ann).adding(3, "Cy", "Ng").build());
    let (after, head) = (now(store, &ann), store.audit_head().unwrap());
    for (file, expected) in [("no", Resolved::NotHeld), ("never", Resolved::NotHeld), ("late", Resolved::Stale)] {
        let settlement = accepted(file, &ann).adding(4, "Di", "Orr").build();
        let answer = store.resolve(&settlement, &resolution(&settlement, ResolvedAs::Accepted)).unwrap();
        assert_eq!(answer, expected, "{file}");
    }
    assert_eq!((now(store, &ann), store.audit_head().unwrap()), (after, head));
    let refused = rejected("late", &ann, ReasonCode::SignerAmbiguous).at(minutes_later(1)).build();
    let answer = store.resolve(&refused, &resolution(&refused, ResolvedAs::Correction)).unwrap();
    assert!(matches!(answer, Resolved::Done { .. }), "{answer:?}");
    assert_eq!(record(store, &refused).status, Status::Rejected);
}

/// Held submissions and those of a run come in pages, in the order in which they were decided.
pub fn submissions_come_in_pages(store: &mut dyn AccountStore) {
    let ann = ann();
    furnish(store, std::slice::from_ref(&ann), &[]);
    for file in ["z", "y", "x"] {
        settle_done(store, held(file, &ann, ReasonCode::SignerAmbiguous).build());
        settle_done(store, rejected(&format!("{file}2"), &ann, ReasonCode::SignMissing).build());
    }
    let files =
        |records: &[SubmissionRecord]| -> Vec<String> { records.iter().map(|it| it.source_file.clone()).collect() };
    let first = store.submissions_after(Which::Held, None, 2).unwrap();
    assert_eq!(files(&first), ["z", "y"]);
    let rest = store.submissions_after(Which::Held, Some(&first[1].id), 2).unwrap();
    assert_eq!(files(&rest), ["x"]);
    assert!(store.submissions_after(Which::Held, Some(&rest[0].id), 2).unwrap().is_empty());
    let all = store.submissions_after(Which::OfRun(RunId(1)), None, 9).unwrap();
    assert_eq!(files(&all), ["z", "z2", "y", "y2", "x", "x2"]);
    assert!(store.submissions_after(Which::OfRun(RunId(2)), None, 9).unwrap().is_empty());
}

/// Unlocking gives everything back, also what a killed program left out; the same bytes stay the same guess.
pub fn a_locked_channel_is_unlocked(store: &mut dyn AccountStore) {
    let ann = ann();
    furnish(store, std::slice::from_ref(&ann), &[]);
    let wrong = |file: &str| rejected(file, &ann, ReasonCode::PinInvalid).after_attempt(AttemptOutcome::Wrong);
    let (one, two, out) = (wrong("1"), wrong("2"), wrong("3"));
    store.reserve_attempts(&[one.attempt(), two.attempt(), out.attempt()], Allowance::each_channel(3)).unwrap();
    store.settle(&[one.clone().build(), two.build()]).unwrap();
    assert_eq!(store.used_attempts(&ann.number).unwrap(), BTreeMap::from([(Channel::Form, 3)]));
    assert_eq!(store.unlock(&ann.number, Channel::Phone, event("channel unlocked")).unwrap(), 0);
    assert_eq!(store.unlock(&ann.number, Channel::Form, event("channel unlocked")).unwrap(), 3);
    assert!(store.used_attempts(&ann.number).unwrap().is_empty());
    assert_eq!(store.reserve_attempts(&[one.attempt()], Allowance::each_channel(0)).unwrap(), [Reservation::Reserved]);
    assert_eq!(
        store.reserve_attempts(&[wrong("4").attempt()], Allowance::each_channel(0)).unwrap(),
        [Reservation::Locked]
    );
    let late = out.after_attempt(AttemptOutcome::Right).build();
    settle_done(store, late);
    assert!(store.used_attempts(&ann.number).unwrap().is_empty());
}

/// On the phone no submission rests on an attempt: its outcome has a row of its own.
pub fn an_attempt_of_a_call_is_closed(store: &mut dyn AccountStore) {
    let ann = ann();
    furnish(store, std::slice::from_ref(&ann), &[]);
    let mut call = rejected("call", &ann, ReasonCode::PinInvalid).attempt();
    call.channel = Channel::Phone;
    store.reserve_attempts(std::slice::from_ref(&call), Allowance::each_channel(5)).unwrap();
    store.close_attempt(&call, AttemptOutcome::Wrong, event("caller refused")).unwrap();
    assert_eq!(store.used_attempts(&ann.number).unwrap(), BTreeMap::from([(Channel::Phone, 1)]));
    let newest = store.audit_head().unwrap();
    assert_eq!(store.audit_after(newest.seq - 1, 1).unwrap()[0].event.what, "caller refused");
}

/// Only an open blank is declared void.
pub fn an_open_blank_is_declared_void(store: &mut dyn AccountStore) {
    let (ann, one, used) = (ann(), bound_blank("A-1", 1), bound_blank("A-1", 2));
    furnish(store, std::slice::from_ref(&ann), &[one.clone(), used.clone()]);
    settle_done(store, accepted("used", &ann).adding(3, "Cy", "Ng").on_blank(&used.instance).build());
    let void = |store: &mut dyn AccountStore, it: &IssuedBlank| store.void_blank(&it.instance, event("void")).unwrap();
    assert!(matches!(void(store, &one), Voided::Done { .. }));
    assert!(matches!(void(store, &one), Voided::NotOpen(it) if it.state == BlankState::Void));
    assert!(matches!(void(store, &used), Voided::NotOpen(_)));
    assert_eq!(void(store, &generic_blank(3)), Voided::Unknown);
}

/// Under a new vault key every PIN is still that PIN, every blank still ours, and nothing opens under the old one.
pub fn another_vault_key_opens_everything(store: &mut dyn AccountStore) {
    let (old, mut new) = (vault_key(), VaultKey::from_bytes([9; 32]));
    let ann = ann();
    let template = bound_blank("A-1", 1).template;
    let blank = |seed: u8, key: &VaultKey| {
        let claims =
            InstanceClaims { template: &template, account: Some(&ann.number), expires: bound_blank("A-1", 1).expires };
        IssuedBlank { instance: InstanceId::mint([seed; 10], &claims, key), ..bound_blank("A-1", 1) }
    };
    let (ours, forged) = (blank(1, &old), blank(2, &VaultKey::from_bytes([8; 32])));
    furnish(store, std::slice::from_ref(&ann), &[ours.clone(), forged.clone()]);
    let mut change = KeyChange { old: &old, new: &new, random: &|bytes| bytes.fill(5) };
    store.rotate(&mut change, &new.id(), event("vault key changed")).unwrap();
    assert_eq!(store.vault_key().unwrap(), Some(new.id()));
    let after = now(store, &ann);
    assert!(after.revision > ann.revision);
    let holder = PinHolder { account: &ann.number, kind: PinKind::Account };
    let digits = crate::ACCOUNT_PIN;
    assert_eq!(PinHasher::new().verify(&pin(digits), &after.pin, holder, &new), Ok(PinAnswer::Right));
    assert!(PinHasher::new().verify(&pin(digits), &after.pin, holder, &old).is_err());
    let blanks = store.blanks(&BTreeSet::from([ours.instance.clone(), forged.instance.clone()])).unwrap();
    assert!(blanks[&ours.instance].is_proved(&new) && !blanks[&ours.instance].is_proved(&old));
    assert!(!blanks[&forged.instance].is_proved(&new), "a new key does not make a forged blank good");
    let sealed = store.sealed_request_key().unwrap().unwrap();
    new.inherit_request_key(&sealed).unwrap();
    let stale = accepted("stale", &ann).adding(3, "Cy", "Ng").build();
    assert_eq!(settle(store, stale), Settled::Stale, "what was sealed under the old key is not written any more");
}

/// Nobody can seal a code again without knowing it: under a new vault key there is none, and PINs stay what they were.
pub fn another_vault_key_voids_set_up_codes(store: &mut dyn AccountStore) {
    let (old, new) = (vault_key(), VaultKey::from_bytes([9; 32]));
    let ann = account("A-1").owner("Ann", "Lee").authorized_user_since("Bo", "Kim", NOW).build();
    furnish(store, std::slice::from_ref(&ann), &[]);
    let issue = Change::IssueCode { person: PersonId(2), code: open_code(&ann.number, PersonId(2), 3) };
    store.change_account(&ann.number, ann.revision, &[issue], event("set-up code issued")).unwrap();
    assert!(now(store, &ann).person(PersonId(2)).unwrap().code.is_some());
    let mut change = KeyChange { old: &old, new: &new, random: &|bytes| bytes.fill(5) };
    store.rotate(&mut change, &new.id(), event("vault key changed")).unwrap();
    let bo = now(store, &ann).person(PersonId(2)).unwrap().clone();
    assert_eq!(bo.code, None);
    let holder = PinHolder { account: &ann.number, kind: PinKind::Person };
    assert_eq!(PinHasher::new().verify(&pin("7193"), &bo.pin.unwrap(), holder, &new), Ok(PinAnswer::Right));
}

/// A run remembers where its files came from.
pub fn a_run_remembers_its_places(store: &mut dyn AccountStore) {
    let run = store.begin_run(NOW).unwrap();
    let kept = store.run(run).unwrap().unwrap();
    assert_eq!((kept.begun_at, kept.places), (NOW, vec![]));
    store.note_places(run, &["/in".to_owned(), "/archive".to_owned()]).unwrap();
    assert_eq!(store.run(run).unwrap().unwrap().places, ["/in", "/archive"]);
    assert_eq!(store.run(RunId(7)).unwrap(), None);
}
