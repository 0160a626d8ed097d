//! A store on which something happens at one call, before or after its work: a failure, the end of the program, or another
//! program that comes in between.

use std::collections::{BTreeMap, BTreeSet};

use countersign_core::account::{Account, AccountNumber};
use countersign_core::audit::{AuditEvent, AuditHead, AuditRow};
use countersign_core::grant::{Change, Grant};
use countersign_core::instance::InstanceId;
use countersign_core::store::{
    AccountStore, Allowance, Attempt, AttemptOutcome, Budget, Changed, FirstDecision, IssuedBlank, Reservation,
    Resolution, Resolved, Rewrap, RunId, RunRecord, Settled, Settlement, StoreError, SubmissionRecord, Voided, Which,
};
use countersign_core::submission::{Channel, FileDigest, RequestDigest, SubmissionId};
use countersign_core::template::TemplateId;
use countersign_core::vault::KeyId;
use jiff::Timestamp;

/// When it happens.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Moment {
    /// Nothing was done yet.
    Before,
    /// All was done, and nobody hears of it.
    After,
}

/// A store over another one on which something happens at one call. An error is what the call answers; after `Ok` it goes on.
pub struct FaultyStore<'a> {
    below: &'a mut dyn AccountStore,
    calls: usize,
    fault: Option<Fault<'a>>,
}

struct Fault<'a> {
    call: usize,
    moment: Moment,
    strike: Box<dyn FnMut() -> Result<(), StoreError> + Send + 'a>,
}

impl<'a> FaultyStore<'a> {
    /// A store that only counts.
    pub fn sound(below: &'a mut dyn AccountStore) -> Self {
        Self { below, calls: 0, fault: None }
    }

    /// A store on which `strike` happens at this call, counted from 1.
    pub fn struck(
        below: &'a mut dyn AccountStore,
        (moment, call): (Moment, usize),
        strike: impl FnMut() -> Result<(), StoreError> + Send + 'a,
    ) -> Self {
        Self { below, calls: 0, fault: Some(Fault { call, moment, strike: Box::new(strike) }) }
    }

    /// How many calls there were.
    pub fn calls(&self) -> usize {
        self.calls
    }

    fn call<T>(&mut self, work: impl FnOnce(&mut dyn AccountStore) -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.calls += 1;
        self.pass(Moment::Before)?;
        let answer = work(self.below)?;
        self.pass(Moment::After)?;
        Ok(answer)
    }

    fn pass(&mut self, now: Moment) -> Result<(), StoreError> {
        match &mut self.fault {
            Some(fault) if fault.call == self.calls && fault.moment == now => (fault.strike)(),
            _ => Ok(()),
        }
    }
}

impl AccountStore for FaultyStore<'_> {
    fn vault_key(&mut self) -> Result<Option<KeyId>, StoreError> {
        self.call(|it| it.vault_key())
    }

    fn remember_vault_key(&mut self, key: &KeyId) -> Result<(), StoreError> {
        self.call(|it| it.remember_vault_key(key))
    }

    fn accounts(&mut self, numbers: &BTreeSet<AccountNumber>) -> Result<BTreeMap<AccountNumber, Account>, StoreError> {
        self.call(|it| it.accounts(numbers))
    }

    fn accounts_after(&mut self, after: Option<&AccountNumber>, limit: usize) -> Result<Vec<Account>, StoreError> {
        self.call(|it| it.accounts_after(after, limit))
    }

    fn add_accounts(&mut self, accounts: &[Account], event: AuditEvent) -> Result<BTreeSet<AccountNumber>, StoreError> {
        self.call(|it| it.add_accounts(accounts, event))
    }

    fn change_account(
        &mut self,
        number: &AccountNumber,
        revision: u64,
        changes: &[Change],
        event: AuditEvent,
    ) -> Result<Changed, StoreError> {
        self.call(|it| it.change_account(number, revision, changes, event))
    }

    fn change_account_proved(
        &mut self,
        attempt: &Attempt,
        revision: u64,
        changes: &[Change],
        event: AuditEvent,
    ) -> Result<Changed, StoreError> {
        self.call(|it| it.change_account_proved(attempt, revision, changes, event))
    }

    fn grants(&mut self, number: &AccountNumber) -> Result<Vec<Grant>, StoreError> {
        self.call(|it| it.grants(number))
    }

    fn issue_blanks(&mut self, blanks: &[IssuedBlank], event: AuditEvent) -> Result<(), StoreError> {
        self.call(|it| it.issue_blanks(blanks, event))
    }

    fn blanks(&mut self, ids: &BTreeSet<InstanceId>) -> Result<BTreeMap<InstanceId, IssuedBlank>, StoreError> {
        self.call(|it| it.blanks(ids))
    }

    fn correction_templates(&mut self) -> Result<BTreeSet<TemplateId>, StoreError> {
        self.call(|it| it.correction_templates())
    }

    fn decided_files(
        &mut self,
        files: &BTreeSet<FileDigest>,
    ) -> Result<BTreeMap<FileDigest, FirstDecision>, StoreError> {
        self.call(|it| it.decided_files(files))
    }

    fn accepted_requests(
        &mut self,
        requests: &BTreeSet<RequestDigest>,
    ) -> Result<BTreeMap<RequestDigest, SubmissionId>, StoreError> {
        self.call(|it| it.accepted_requests(requests))
    }

    fn submissions(
        &mut self,
        ids: &BTreeSet<SubmissionId>,
    ) -> Result<BTreeMap<SubmissionId, SubmissionRecord>, StoreError> {
        self.call(|it| it.submissions(ids))
    }

    fn budgets(&mut self, attempts: &[Attempt]) -> Result<Vec<Budget>, StoreError> {
        self.call(|it| it.budgets(attempts))
    }

    fn reserve_attempts(&mut self, attempts: &[Attempt], allowance: Allowance) -> Result<Vec<Reservation>, StoreError> {
        self.call(|it| it.reserve_attempts(attempts, allowance))
    }

    fn settle(&mut self, settlements: &[Settlement]) -> Result<Vec<Settled>, StoreError> {
        self.call(|it| it.settle(settlements))
    }

    fn resolve(&mut self, settlement: &Settlement, resolution: &Resolution) -> Result<Resolved, StoreError> {
        self.call(|it| it.resolve(settlement, resolution))
    }

    fn resolutions(&mut self, ids: &BTreeSet<SubmissionId>) -> Result<BTreeMap<SubmissionId, Resolution>, StoreError> {
        self.call(|it| it.resolutions(ids))
    }

    fn submissions_after(
        &mut self,
        which: Which,
        after: Option<&SubmissionId>,
        limit: usize,
    ) -> Result<Vec<SubmissionRecord>, StoreError> {
        self.call(|it| it.submissions_after(which, after, limit))
    }

    fn close_attempt(
        &mut self,
        attempt: &Attempt,
        outcome: AttemptOutcome,
        event: AuditEvent,
    ) -> Result<(), StoreError> {
        self.call(|it| it.close_attempt(attempt, outcome, event))
    }

    fn used_attempts(&mut self, number: &AccountNumber) -> Result<BTreeMap<Channel, u32>, StoreError> {
        self.call(|it| it.used_attempts(number))
    }

    fn unlock(&mut self, number: &AccountNumber, channel: Channel, event: AuditEvent) -> Result<u32, StoreError> {
        self.call(|it| it.unlock(number, channel, event))
    }

    fn void_blank(&mut self, instance: &InstanceId, event: AuditEvent) -> Result<Voided, StoreError> {
        self.call(|it| it.void_blank(instance, event))
    }

    fn rotate(&mut self, rewrap: &mut dyn Rewrap, key: &KeyId, event: AuditEvent) -> Result<(), StoreError> {
        self.call(|it| it.rotate(rewrap, key, event))
    }

    fn sealed_request_key(&mut self) -> Result<Option<String>, StoreError> {
        self.call(|it| it.sealed_request_key())
    }

    fn note_places(&mut self, run: RunId, places: &[String]) -> Result<(), StoreError> {
        self.call(|it| it.note_places(run, places))
    }

    fn run(&mut self, run: RunId) -> Result<Option<RunRecord>, StoreError> {
        self.call(|it| it.run(run))
    }

    fn begin_run(&mut self, at: Timestamp) -> Result<RunId, StoreError> {
        self.call(|it| it.begin_run(at))
    }

    fn last_run(&mut self) -> Result<Option<RunId>, StoreError> {
        self.call(|it| it.last_run())
    }

    fn note(&mut self, event: AuditEvent) -> Result<u64, StoreError> {
        self.call(|it| it.note(event))
    }

    fn audit_head(&mut self) -> Result<AuditHead, StoreError> {
        self.call(|it| it.audit_head())
    }

    fn audit_after(&mut self, seq: u64, limit: usize) -> Result<Vec<AuditRow>, StoreError> {
        self.call(|it| it.audit_after(seq, limit))
    }
}

#[cfg(test)]
mod tests {
    use countersign_core::store::MemoryStore;

    use super::*;
    use crate::NOW;

    fn check(moment: Moment, runs: Option<RunId>) {
        let mut below = MemoryStore::new();
        let mut store = FaultyStore::struck(&mut below, (moment, 2), || Err(StoreError::Busy));
        assert_eq!(store.last_run().unwrap(), None);
        assert!(matches!(store.begin_run(NOW), Err(StoreError::Busy)));
        assert_eq!(store.last_run().unwrap(), runs);
        assert_eq!(store.calls(), 3);
    }

    #[test]
    fn a_call_fails_before_or_after_its_work_and_the_others_do_not() {
        check(Moment::Before, None);
        check(Moment::After, Some(RunId(1)));
    }
}
