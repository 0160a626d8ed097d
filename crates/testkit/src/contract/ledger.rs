//! The ledger of blanks, the runs and the vault key.

use std::collections::BTreeSet;

use countersign_core::store::{AccountStore, IssuedBlank, RunId, StoreError};

use super::furnish;
use crate::{NOW, account, bound_blank, event, generic_blank, minutes_later, vault_key};

fn ids(blanks: &[IssuedBlank]) -> BTreeSet<countersign_core::instance::InstanceId> {
    blanks.iter().map(|it| it.instance.clone()).collect()
}

/// A blank is found as it was issued; what was never issued is absent.
pub fn keeps_blanks_as_they_were_issued(store: &mut dyn AccountStore) {
    let issued = [bound_blank("A-1", 1), generic_blank(2)];
    furnish(store, &[account("A-1").build()], &issued);
    let mut asked = ids(&issued);
    asked.insert(generic_blank(3).instance);
    let found: Vec<_> = store.blanks(&asked).unwrap().into_values().collect();
    let mut expected = issued.to_vec();
    expected.sort_by(|one, two| one.instance.cmp(&two.instance));
    assert_eq!(found, expected);
}

/// Each once, and no other templates.
pub fn knows_the_templates_of_correction_forms(store: &mut dyn AccountStore) {
    let named = |name: &str, seed| {
        let mut blank = generic_blank(seed);
        blank.template.name = name.to_owned();
        blank
    };
    furnish(store, &[], &[generic_blank(1), named("authorized-user.correction-3", 2)]);
    let more = [named("authorized-user.correction-3", 3), named("a-b.correction-12", 4), named("a.correction-x", 5)];
    store.issue_blanks(&more, event("blanks issued")).unwrap();
    let known = store.correction_templates().unwrap();
    let names: Vec<_> = known.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["a-b.correction-12", "authorized-user.correction-3"]);
}

/// An instance id that exists, in the ledger or in the batch itself, keeps the whole batch out.
pub fn issues_all_or_none(store: &mut dyn AccountStore) {
    furnish(store, &[account("A-1").build()], &[generic_blank(1)]);
    for batch in [[generic_blank(2), generic_blank(1)], [generic_blank(3), generic_blank(3)]] {
        let answer = store.issue_blanks(&batch, event("blanks issued"));
        assert!(matches!(&answer, Err(StoreError::InstanceExists(id)) if *id == batch[1].instance), "{answer:?}");
        assert_eq!(store.blanks(&ids(&batch[..1])).unwrap().len(), 0);
    }
    assert_eq!(store.audit_head().unwrap().seq, 2);
}

/// None at first, then the one told last.
pub fn remembers_the_vault_key(store: &mut dyn AccountStore) {
    assert_eq!(store.vault_key().unwrap(), None);
    let other = countersign_core::vault::VaultKey::from_bytes([9; 32]).id();
    for key in [vault_key().id(), other] {
        store.remember_vault_key(&key).unwrap();
        assert_eq!(store.vault_key().unwrap(), Some(key));
    }
}

/// Runs count from 1.
pub fn numbers_runs_upwards(store: &mut dyn AccountStore) {
    assert_eq!(store.last_run().unwrap(), None);
    assert_eq!(store.begin_run(NOW).unwrap(), RunId(1));
    assert_eq!(store.begin_run(minutes_later(1)).unwrap(), RunId(2));
    assert_eq!(store.last_run().unwrap(), Some(RunId(2)));
}
