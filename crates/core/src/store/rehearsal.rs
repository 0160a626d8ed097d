//! A store that only rehearses (`--dry-run`): it answers as the store beneath it would, and never writes to it.
//!
//! What is asked for is fetched from below once, kept in a [`MemoryStore`], and from then on lives there: locked
//! budgets, duplicates, consumed blanks and changed accounts come about within the run as they would in earnest.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{
    AccountStore, Allowance, Attempt, AttemptOutcome, Budget, Changed, FirstDecision, IssuedBlank, MemoryStore,
    Reservation, Resolution, Resolved, Rewrap, RunId, RunRecord, Settled, Settlement, StoreError, SubmissionRecord,
    Voided, Which,
};
use crate::account::{Account, AccountNumber};
use crate::audit::{AuditEvent, AuditHead, AuditRow};
use crate::grant::{Change, Grant};
use crate::instance::InstanceId;
use crate::policy::PinBudget;
use crate::submission::{Channel, FileDigest, RequestDigest, SubmissionId};
use crate::template::TemplateId;
use crate::vault::KeyId;

/// A store over another one that is only read. See the [module](self).
pub struct Rehearsal<'a> {
    below: &'a mut dyn AccountStore,
    above: MemoryStore,
    fetched: Fetched,
    /// The trail below, as it ended when the rehearsal began.
    base: AuditHead,
}

/// What was fetched from below already, whether it was there or not.
#[derive(Default)]
struct Fetched {
    accounts: BTreeSet<AccountNumber>,
    blanks: BTreeSet<InstanceId>,
    files: BTreeSet<FileDigest>,
    requests: BTreeSet<RequestDigest>,
    submissions: BTreeSet<SubmissionId>,
    attempts: BTreeSet<Attempt>,
}

/// The keys in `wanted` that were not fetched yet; from now on they are.
fn missing<'k, K: Ord + Clone + 'k>(fetched: &mut BTreeSet<K>, wanted: impl IntoIterator<Item = &'k K>) -> BTreeSet<K> {
    wanted.into_iter().filter(|key| fetched.insert((*key).clone())).cloned().collect()
}

impl<'a> Rehearsal<'a> {
    /// Begins a rehearsal over `below`.
    pub fn over(below: &'a mut dyn AccountStore) -> Result<Self, StoreError> {
        let mut above = MemoryStore::new();
        above.is_time_checked = false;
        above.key = below.vault_key()?;
        above.last_run = below.last_run()?;
        above.head = below.audit_head()?;
        let base = above.head.clone();
        Ok(Self { below, above, fetched: Fetched::default(), base })
    }

    fn fetch_accounts<'k>(&mut self, wanted: impl IntoIterator<Item = &'k AccountNumber>) -> Result<(), StoreError> {
        let missing = missing(&mut self.fetched.accounts, wanted);
        for account in self.below.accounts(&missing)?.into_values() {
            self.above.grants.insert(account.number.clone(), self.below.grants(&account.number)?);
            self.above.put(&account);
        }
        Ok(())
    }

    fn fetch_blanks<'k>(&mut self, wanted: impl IntoIterator<Item = &'k InstanceId>) -> Result<(), StoreError> {
        let missing = missing(&mut self.fetched.blanks, wanted);
        self.above.blanks.extend(self.below.blanks(&missing)?);
        Ok(())
    }

    fn fetch_files<'k>(&mut self, wanted: impl IntoIterator<Item = &'k FileDigest>) -> Result<(), StoreError> {
        let missing = missing(&mut self.fetched.files, wanted);
        self.above.decided.extend(self.below.decided_files(&missing)?);
        Ok(())
    }

    fn fetch_requests<'k>(&mut self, wanted: impl IntoIterator<Item = &'k RequestDigest>) -> Result<(), StoreError> {
        let missing = missing(&mut self.fetched.requests, wanted);
        self.above.requests.extend(self.below.accepted_requests(&missing)?);
        Ok(())
    }

    fn fetch_submissions<'k>(&mut self, wanted: impl IntoIterator<Item = &'k SubmissionId>) -> Result<(), StoreError> {
        let missing = missing(&mut self.fetched.submissions, wanted);
        self.above.records.extend(self.below.submissions(&missing)?);
        Ok(())
    }

    fn fetch_attempts<'k>(&mut self, wanted: impl IntoIterator<Item = &'k Attempt>) -> Result<(), StoreError> {
        let missing: Vec<Attempt> = missing(&mut self.fetched.attempts, wanted).into_iter().collect();
        let budgets = self.below.budgets(&missing)?;
        for (attempt, budget) in missing.into_iter().zip(budgets) {
            let channel = (attempt.account.clone(), attempt.channel);
            self.above.used.entry(channel).or_insert(budget.used);
            if budget.is_taken {
                self.above.taken.insert(attempt, None);
            }
        }
        Ok(())
    }

    /// What was used on the other channels of these accounts too.
    fn fetch_all_channels(&mut self, attempts: &[Attempt]) -> Result<(), StoreError> {
        let numbers: BTreeSet<&AccountNumber> = attempts.iter().map(|it| &it.account).collect();
        for number in numbers {
            for (channel, used) in self.below.used_attempts(number)? {
                self.above.used.entry((number.clone(), channel)).or_insert(used);
            }
        }
        Ok(())
    }

    fn fetch_for(&mut self, settlements: &[Settlement]) -> Result<(), StoreError> {
        let records = || settlements.iter().map(|it| &it.record);
        self.fetch_files(records().map(|it| &it.file))?;
        self.fetch_requests(records().filter_map(|it| it.request.as_ref()))?;
        self.fetch_submissions(records().map(|it| &it.id))?;
        self.fetch_accounts(records().filter_map(|it| it.account.as_ref()))?;
        self.fetch_blanks(settlements.iter().filter_map(|it| it.blank.as_ref()))?;
        let own = |it: &SubmissionRecord| {
            let account = it.account.clone()?;
            Some(Attempt { account, channel: it.channel, submission: it.id.clone() })
        };
        let attempts: Vec<Attempt> = records().filter_map(own).collect();
        self.fetch_attempts(&attempts)
    }
}

impl AccountStore for Rehearsal<'_> {
    fn vault_key(&mut self) -> Result<Option<KeyId>, StoreError> {
        self.above.vault_key()
    }

    fn remember_vault_key(&mut self, key: &KeyId) -> Result<(), StoreError> {
        self.above.remember_vault_key(key)
    }

    fn accounts(&mut self, numbers: &BTreeSet<AccountNumber>) -> Result<BTreeMap<AccountNumber, Account>, StoreError> {
        self.fetch_accounts(numbers)?;
        self.above.accounts(numbers)
    }

    fn accounts_after(&mut self, after: Option<&AccountNumber>, limit: usize) -> Result<Vec<Account>, StoreError> {
        let below = self.below.accounts_after(after, limit)?;
        let above = self.above.accounts_after(after, limit)?;
        let by_number = |accounts: Vec<Account>| accounts.into_iter().map(|it| (it.number.clone(), it));
        let mut both: BTreeMap<AccountNumber, Account> = by_number(below).collect();
        both.extend(by_number(above));
        Ok(both.into_values().take(limit).collect())
    }

    fn add_accounts(&mut self, accounts: &[Account], event: AuditEvent) -> Result<BTreeSet<AccountNumber>, StoreError> {
        self.fetch_accounts(accounts.iter().map(|it| &it.number))?;
        self.above.add_accounts(accounts, event)
    }

    fn change_account(
        &mut self,
        number: &AccountNumber,
        revision: u64,
        changes: &[Change],
        event: AuditEvent,
    ) -> Result<Changed, StoreError> {
        self.fetch_accounts([number])?;
        self.above.change_account(number, revision, changes, event)
    }

    fn change_account_proved(
        &mut self,
        attempt: &Attempt,
        revision: u64,
        changes: &[Change],
        event: AuditEvent,
    ) -> Result<Changed, StoreError> {
        self.fetch_accounts([&attempt.account])?;
        self.fetch_attempts([attempt])?;
        self.above.change_account_proved(attempt, revision, changes, event)
    }

    fn grants(&mut self, number: &AccountNumber) -> Result<Vec<Grant>, StoreError> {
        self.fetch_accounts([number])?;
        self.above.grants(number)
    }

    fn issue_blanks(&mut self, blanks: &[IssuedBlank], event: AuditEvent) -> Result<(), StoreError> {
        self.fetch_blanks(blanks.iter().map(|it| &it.instance))?;
        self.fetch_accounts(blanks.iter().filter_map(|it| it.account.as_ref()))?;
        self.above.issue_blanks(blanks, event)
    }

    fn blanks(&mut self, ids: &BTreeSet<InstanceId>) -> Result<BTreeMap<InstanceId, IssuedBlank>, StoreError> {
        self.fetch_blanks(ids)?;
        self.above.blanks(ids)
    }

    fn correction_templates(&mut self) -> Result<BTreeSet<TemplateId>, StoreError> {
        // Whatever was issued within the rehearsal comes on top.
        let mut known = self.below.correction_templates()?;
        known.extend(self.above.correction_templates()?);
        Ok(known)
    }

    fn decided_files(
        &mut self,
        files: &BTreeSet<FileDigest>,
    ) -> Result<BTreeMap<FileDigest, FirstDecision>, StoreError> {
        self.fetch_files(files)?;
        self.above.decided_files(files)
    }

    fn accepted_requests(
        &mut self,
        requests: &BTreeSet<RequestDigest>,
    ) -> Result<BTreeMap<RequestDigest, SubmissionId>, StoreError> {
        self.fetch_requests(requests)?;
        self.above.accepted_requests(requests)
    }

    fn submissions(
        &mut self,
        ids: &BTreeSet<SubmissionId>,
    ) -> Result<BTreeMap<SubmissionId, SubmissionRecord>, StoreError> {
        self.fetch_submissions(ids)?;
        self.above.submissions(ids)
    }

    fn budgets(&mut self, attempts: &[Attempt]) -> Result<Vec<Budget>, StoreError> {
        self.fetch_attempts(attempts)?;
        self.above.budgets(attempts)
    }

    fn reserve_attempts(&mut self, attempts: &[Attempt], allowance: Allowance) -> Result<Vec<Reservation>, StoreError> {
        self.fetch_accounts(attempts.iter().map(|it| &it.account))?;
        self.fetch_attempts(attempts)?;
        if allowance.budget == PinBudget::Shared {
            self.fetch_all_channels(attempts)?;
        }
        self.above.reserve_attempts(attempts, allowance)
    }

    fn settle(&mut self, settlements: &[Settlement]) -> Result<Vec<Settled>, StoreError> {
        self.fetch_for(settlements)?;
        self.above.settle(settlements)
    }

    fn resolve(&mut self, settlement: &Settlement, resolution: &Resolution) -> Result<Resolved, StoreError> {
        self.fetch_for(std::slice::from_ref(settlement))?;
        self.above.resolve(settlement, resolution)
    }

    fn resolutions(&mut self, ids: &BTreeSet<SubmissionId>) -> Result<BTreeMap<SubmissionId, Resolution>, StoreError> {
        let mut both = self.below.resolutions(ids)?;
        both.extend(self.above.resolutions(ids)?);
        Ok(both)
    }

    fn submissions_after(
        &mut self,
        which: Which,
        after: Option<&SubmissionId>,
        limit: usize,
    ) -> Result<Vec<SubmissionRecord>, StoreError> {
        let below = self.below.submissions_after(which, after, limit)?;
        let as_it_is = |it: SubmissionRecord| self.above.records.get(&it.id).cloned().unwrap_or(it);
        let mut all: Vec<SubmissionRecord> = below.into_iter().map(as_it_is).filter(|it| which.fits(it)).collect();
        let after = after.filter(|it| self.above.order.contains(it));
        all.extend(self.above.submissions_after(which, after, limit - all.len())?);
        Ok(all)
    }

    fn close_attempt(
        &mut self,
        attempt: &Attempt,
        outcome: AttemptOutcome,
        event: AuditEvent,
    ) -> Result<(), StoreError> {
        self.fetch_attempts([attempt])?;
        self.above.close_attempt(attempt, outcome, event)
    }

    fn used_attempts(&mut self, number: &AccountNumber) -> Result<BTreeMap<Channel, u32>, StoreError> {
        let mut both = self.below.used_attempts(number)?;
        both.extend(self.above.used_attempts(number)?);
        Ok(both)
    }

    fn unlock(&mut self, number: &AccountNumber, channel: Channel, event: AuditEvent) -> Result<u32, StoreError> {
        if let Some(used) = self.below.used_attempts(number)?.get(&channel) {
            self.above.used.entry((number.clone(), channel)).or_insert(*used);
        }
        self.above.unlock(number, channel, event)
    }

    fn void_blank(&mut self, instance: &InstanceId, event: AuditEvent) -> Result<Voided, StoreError> {
        self.fetch_blanks([instance])?;
        self.above.void_blank(instance, event)
    }

    /// What was not fetched yet comes up under the old key: a rehearsal does not live to see another one.
    fn rotate(&mut self, rewrap: &mut dyn Rewrap, key: &KeyId, event: AuditEvent) -> Result<(), StoreError> {
        self.above.rotate(rewrap, key, event)
    }

    fn sealed_request_key(&mut self) -> Result<Option<String>, StoreError> {
        match self.above.sealed_request_key()? {
            Some(key) => Ok(Some(key)),
            None => self.below.sealed_request_key(),
        }
    }

    fn note_places(&mut self, run: RunId, places: &[String]) -> Result<(), StoreError> {
        self.above.note_places(run, places)
    }

    fn run(&mut self, run: RunId) -> Result<Option<RunRecord>, StoreError> {
        match self.above.run(run)? {
            Some(record) => Ok(Some(record)),
            None => self.below.run(run),
        }
    }

    fn begin_run(&mut self, at: Timestamp) -> Result<RunId, StoreError> {
        self.above.begin_run(at)
    }

    fn last_run(&mut self) -> Result<Option<RunId>, StoreError> {
        self.above.last_run()
    }

    fn note(&mut self, event: AuditEvent) -> Result<u64, StoreError> {
        self.above.note(event)
    }

    fn audit_head(&mut self) -> Result<AuditHead, StoreError> {
        self.above.audit_head()
    }

    fn audit_after(&mut self, seq: u64, limit: usize) -> Result<Vec<AuditRow>, StoreError> {
        let mut rows = self.below.audit_after(seq, limit)?;
        rows.retain(|it| it.seq <= self.base.seq);
        let rest = limit - rows.len();
        rows.extend(self.above.audit_after(seq.max(self.base.seq), rest)?);
        Ok(rows)
    }
}
