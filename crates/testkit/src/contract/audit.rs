//! The audit trail: one row for everything that was written, in one chain.

use countersign_core::audit::{AuditEvent, AuditHead, AuditRow};
use countersign_core::grant::Change;
use countersign_core::reason::ReasonCode;
use countersign_core::store::{AccountStore, Settled};

use super::{furnish, settle};
use crate::{accepted, account, event, generic_blank, minutes_later, number, rejected};

fn busy(store: &mut dyn AccountStore) {
    let ann = account("A-1").owner("Ann", "Lee").build();
    furnish(store, std::slice::from_ref(&ann), &[generic_blank(1)]);
    let batch = [
        accepted("one", &ann).adding(2, "Bo", "Kim").at(minutes_later(1)).build(),
        accepted("two", &ann).adding(2, "Cy", "Ng").at(minutes_later(1)).build(),
        rejected("three", &ann, ReasonCode::SignMissing).at(minutes_later(2)).build(),
        rejected("three", &ann, ReasonCode::SignMissing).at(minutes_later(2)).build(),
    ];
    let settled = store.settle(&batch).unwrap();
    assert_eq!(settled[0], Settled::Done { audit_seq: 3 });
    assert_eq!(settled[1], Settled::Stale);
    assert_eq!(settled[2], Settled::Done { audit_seq: 4 });
    assert!(matches!(settled[3], Settled::Before(_)));
    let closing = AuditEvent { at: minutes_later(3), ..event("account closed") };
    store.change_account(&ann.number, ann.revision + 1, &[Change::Close], closing).unwrap();
}

fn verified(rows: &[AuditRow]) -> AuditHead {
    let mut head = AuditHead::start();
    rows.iter().try_for_each(|it| head.follow(it)).expect("the chain is whole");
    head
}

/// Every write has one row, what was not written has none, and the chain verifies to its head.
pub fn is_one_chain_without_gaps(store: &mut dyn AccountStore) {
    assert_eq!(store.audit_head().unwrap(), AuditHead::start());
    busy(store);
    let rows = store.audit_after(0, usize::MAX).unwrap();
    assert_eq!(rows.iter().map(|it| it.seq).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    assert_eq!(verified(&rows), store.audit_head().unwrap());
}

/// What changed nothing is a row like any other.
pub fn takes_a_note(store: &mut dyn AccountStore) {
    busy(store);
    let noted = AuditEvent { at: minutes_later(4), ..event("caller turned away") };
    assert_eq!(store.note(noted.clone()).unwrap(), 6);
    let rows = store.audit_after(0, usize::MAX).unwrap();
    assert_eq!(rows.last().map(|it| &it.event), Some(&noted));
    assert_eq!(verified(&rows), store.audit_head().unwrap());
}

/// Pages follow each other.
pub fn reads_back_in_pages(store: &mut dyn AccountStore) {
    busy(store);
    let whole = store.audit_after(0, 99).unwrap();
    let pages = [store.audit_after(0, 2).unwrap(), store.audit_after(2, 2).unwrap(), store.audit_after(4, 2).unwrap()];
    assert_eq!(pages.concat(), whole);
    assert!(store.audit_after(5, 2).unwrap().is_empty());
    assert!(store.audit_after(0, 0).unwrap().is_empty());
}

/// A row holds the event as it was given.
pub fn keeps_every_word(store: &mut dyn AccountStore) {
    let ann = account("A-1").owner("Ann", "Lee").build();
    furnish(store, std::slice::from_ref(&ann), &[]);
    let given = AuditEvent {
        at: minutes_later(1),
        what: "submission accepted".to_owned(),
        who: "run R-000001, “Zoë”".to_owned(),
        account: Some(number("A-1")),
        evidence: r#"{"file":"01ab","note":"a 'quoted' line\nand another"}"#.to_owned(),
    };
    let mut settlement = accepted("one", &ann).build();
    settlement.event = given.clone();
    let Settled::Done { audit_seq } = settle(store, settlement) else { panic!("a fresh settlement is written") };
    assert_eq!(store.audit_after(audit_seq - 1, 1).unwrap()[0].event, given);
}
