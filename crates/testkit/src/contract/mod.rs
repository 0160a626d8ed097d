//! What every account store promises, as tests: `countersign_testkit::store_contract!(name, expression)`. The
//! expression makes an empty store and is evaluated once for each test.

pub mod accounts;
pub mod attempts;
pub mod audit;
pub mod desk;
pub mod ledger;
pub mod settlements;

use std::collections::BTreeSet;

use countersign_core::account::Account;
use countersign_core::store::{AccountStore, IssuedBlank, Settled, Settlement};

use crate::{NOW, event};

/// Makes a module of tests, one for each promise of [`AccountStore`].
#[macro_export]
macro_rules! store_contract {
    ($name:ident, $store:expr) => {
        mod $name {
            use super::*;

            $crate::store_contract! { @tests $store;
                accounts::come_back_as_they_were_added,
                accounts::that_do_not_exist_are_absent,
                accounts::are_added_all_or_none,
                accounts::of_one_number_in_one_batch_are_not_added,
                accounts::come_in_pages_in_the_order_of_their_numbers,
                accounts::change_on_the_word_of_the_staff_only_on_their_revision,
                accounts::remember_the_billing_email_before,
                accounts::keep_one_security_pin,
                accounts::keep_one_set_up_code_for_a_person,
                accounts::take_a_pin_with_its_attempt_or_neither,
                accounts::take_no_change_that_does_not_fit,
                accounts::keep_their_grants_from_elsewhere,
                accounts::are_found_many_at_once,
                attempts::are_reserved_up_to_the_limit,
                attempts::are_given_back_by_the_right_pin_and_only_their_own,
                attempts::of_a_decision_that_needs_none_are_given_back,
                attempts::are_taken_once_for_one_submission,
                attempts::of_a_reserved_submission_stay_reserved_when_the_channel_locks,
                attempts::of_one_channel_or_account_do_not_touch_another,
                attempts::within_one_call_count_one_by_one,
                attempts::of_a_shared_budget_count_on_every_channel,
                attempts::of_a_shared_budget_come_back_channel_by_channel,
                attempts::count_under_another_policy,
                attempts::are_not_touched_by_a_settlement_that_writes_nothing,
                audit::is_one_chain_without_gaps,
                audit::takes_a_note,
                audit::reads_back_in_pages,
                audit::keeps_every_word,
                desk::a_held_submission_is_resolved_once,
                desk::only_what_is_held_is_resolved,
                desk::submissions_come_in_pages,
                desk::a_locked_channel_is_unlocked,
                desk::an_attempt_of_a_call_is_closed,
                desk::an_open_blank_is_declared_void,
                desk::another_vault_key_opens_everything,
                desk::another_vault_key_voids_set_up_codes,
                desk::a_run_remembers_its_places,
                ledger::keeps_blanks_as_they_were_issued,
                ledger::knows_the_templates_of_correction_forms,
                ledger::issues_all_or_none,
                ledger::remembers_the_vault_key,
                ledger::numbers_runs_upwards,
                settlements::are_written_only_once,
                settlements::on_a_stale_revision_write_nothing,
                settlements::in_one_batch_see_each_other,
                settlements::that_fail_leave_nothing_of_their_batch,
                settlements::use_up_a_bound_blank_once,
                settlements::of_a_void_or_unknown_blank_accept_nothing,
                settlements::on_a_generic_blank_repeat,
                settlements::that_reject_leave_a_used_blank_used,
                settlements::begin_and_end_grants,
                settlements::keep_the_whole_record,
                settlements::find_an_accepted_request_again,
                settlements::with_an_id_taken_by_other_bytes_are_not_written,
            }
        }
    };
    (@tests $store:expr; $($topic:ident :: $promise:ident,)+) => {
        $(#[test]
        fn $promise() {
            $crate::contract::$topic::$promise(&mut $store);
        })+
    };
}

/// The accounts, the first run and the blanks that a promise is tried on.
fn furnish(store: &mut dyn AccountStore, accounts: &[Account], blanks: &[IssuedBlank]) {
    let old = store.add_accounts(accounts, event("accounts imported")).expect("a new store takes accounts");
    assert!(old.is_empty(), "the store was not empty: {old:?}");
    store.begin_run(NOW).expect("a store begins a run");
    if !blanks.is_empty() {
        store.issue_blanks(blanks, event("blanks issued")).expect("a store takes new blanks");
    }
}

/// The account as the store has it now.
fn now(store: &mut dyn AccountStore, account: &Account) -> Account {
    let found = store.accounts(&BTreeSet::from([account.number.clone()])).expect("a store answers");
    found.into_values().next().expect("an account that was added is found")
}

/// Settles one and answers what became of it.
fn settle(store: &mut dyn AccountStore, settlement: Settlement) -> Settled {
    let mut settled = store.settle(&[settlement]).expect("a sound settlement does not fail");
    assert_eq!(settled.len(), 1, "one settlement, one answer");
    settled.remove(0)
}

/// Settles one that must be written.
fn settle_done(store: &mut dyn AccountStore, settlement: Settlement) {
    let settled = settle(store, settlement);
    assert!(matches!(settled, Settled::Done { .. }), "{settled:?}");
}
