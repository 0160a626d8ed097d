//! An account store in memory: for tests, and as the overlay of a rehearsal. Stricter than the real ones: what must
//! never be asked of a store is a panic here.
//!
//! Stricter means: moments in the audit trail never go back, runs and accounts that are named exist, and an attempt's
//! outcome is settled only after the attempt was reserved.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use jiff::Timestamp;

use super::{
    AccountChanges, AccountStore, Allowance, Attempt, AttemptOutcome, BlankState, Budget, Changed, FirstDecision,
    IssuedBlank, Reservation, Resolution, Resolved, Rewrap, RunId, RunRecord, Settled, Settlement, Status, StoreError,
    SubmissionRecord, Voided, Which,
};
use crate::account::{Account, AccountNumber};
use crate::audit::{AuditEvent, AuditHead, AuditRow};
use crate::grant::{Cause, Change, Grant};
use crate::instance::InstanceId;
use crate::pin::{PinHolder, PinKind};
use crate::submission::{Channel, FileDigest, RequestDigest, SubmissionId};
use crate::template::TemplateId;
use crate::vault::KeyId;

/// An account store in memory.
#[derive(Clone, Debug)]
pub struct MemoryStore {
    pub(super) key: Option<KeyId>,
    pub(super) accounts: BTreeMap<AccountNumber, Account>,
    pub(super) grants: BTreeMap<AccountNumber, Vec<Grant>>,
    pub(super) blanks: BTreeMap<InstanceId, IssuedBlank>,
    pub(super) decided: BTreeMap<FileDigest, FirstDecision>,
    pub(super) requests: BTreeMap<RequestDigest, SubmissionId>,
    pub(super) records: BTreeMap<SubmissionId, SubmissionRecord>,
    pub(super) used: BTreeMap<(AccountNumber, Channel), u32>,
    pub(super) taken: BTreeMap<Attempt, Option<AttemptOutcome>>,
    /// Every submission, in the order in which it was first decided.
    pub(super) order: Vec<SubmissionId>,
    pub(super) resolutions: BTreeMap<SubmissionId, Resolution>,
    pub(super) request_key: Option<String>,
    pub(super) runs: BTreeMap<RunId, RunRecord>,
    pub(super) last_run: Option<RunId>,
    pub(super) head: AuditHead,
    pub(super) trail: Vec<AuditRow>,
    /// Whether a moment before the newest row's is a fault. A rehearsal runs on the real clock, which may be set back.
    pub(super) is_time_checked: bool,
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self {
            key: None,
            accounts: BTreeMap::new(),
            grants: BTreeMap::new(),
            blanks: BTreeMap::new(),
            decided: BTreeMap::new(),
            requests: BTreeMap::new(),
            records: BTreeMap::new(),
            used: BTreeMap::new(),
            taken: BTreeMap::new(),
            order: Vec::new(),
            resolutions: BTreeMap::new(),
            request_key: None,
            runs: BTreeMap::new(),
            last_run: None,
            head: AuditHead::start(),
            trail: Vec::new(),
            is_time_checked: true,
        }
    }

    /// Puts an account in its place, its people by number, without asking whether there is one.
    pub(super) fn put(&mut self, account: &Account) {
        let mut account = account.clone();
        account.people.sort_by_key(|it| it.id);
        let is_unique = account.people.windows(2).all(|it| it[0].id < it[1].id);
        assert!(is_unique, "account {}: two people have one number", account.number);
        self.accounts.insert(account.number.clone(), account);
    }

    fn append(&mut self, event: AuditEvent) -> u64 {
        let goes_back = self.is_time_checked && self.head.at.is_some_and(|last| event.at < last);
        assert!(!goes_back, "the audit trail goes back in time at {}", event.at);
        let row = self.head.seal(event);
        self.head.follow(&row).expect("a row sealed by this head follows it");
        self.trail.push(row);
        self.head.seq
    }

    fn change(&mut self, changed: Account, changes: &[Change], cause: &Cause) {
        for change in changes {
            let grants = self.grants.entry(changed.number.clone()).or_default();
            grants.extend(change.begins(&changed.number, cause));
            let Some(person) = change.ends() else { continue };
            let in_force = grants.iter_mut().find(|it| it.person == person && it.ended.is_none());
            let grant = in_force.expect("an Authorized User has a grant in force");
            grant.ended = Some((cause.at, cause.submission.clone()));
        }
        self.put(&changed);
    }

    /// The account that `changes` lead to; `None` when it is not the one they were decided on.
    fn changed(&self, changes: &AccountChanges, at: Timestamp) -> Result<Option<Account>, StoreError> {
        let account = self.accounts.get(&changes.account).filter(|it| it.revision == changes.revision);
        let bad = |source| StoreError::Change { account: changes.account.clone(), source };
        account.map(|it| it.with(&changes.changes, at).map_err(bad)).transpose()
    }

    /// The same for changes that no submission asks for.
    fn changed_by_hand(
        &self,
        number: &AccountNumber,
        revision: u64,
        changes: &[Change],
        at: Timestamp,
    ) -> Result<Option<Account>, StoreError> {
        let account = self.accounts.get(number).filter(|it| it.revision == revision);
        let bad = |source| StoreError::Change { account: number.clone(), source };
        account.map(|it| it.with(changes, at).map_err(bad)).transpose()
    }

    fn first_decision(&self, record: &SubmissionRecord) -> Option<FirstDecision> {
        let same_id = self.records.get(&record.id).map(FirstDecision::of);
        self.decided.get(&record.file).cloned().or(same_id)
    }

    /// Whether an acceptance may still rest on the blank that it came on.
    fn is_blank_open(&self, settlement: &Settlement) -> bool {
        let Some(id) = &settlement.blank else { return true };
        let Some(blank) = self.blanks.get(id) else { return false };
        blank.assert_fits(settlement);
        blank.is_open()
    }

    fn mark_blank(&mut self, settlement: &Settlement) {
        let Some(blank) = settlement.blank.as_ref().and_then(|id| self.blanks.get_mut(id)) else { return };
        if blank.is_open() {
            blank.state = blank.state_after(&settlement.record);
        }
    }

    fn used_by_channel(&self, number: &AccountNumber) -> BTreeMap<Channel, u32> {
        let used = |channel: &Channel| self.used.get(&(number.clone(), *channel)).copied().unwrap_or(0);
        Channel::ALL.into_iter().map(|it| (it, used(&it))).filter(|(_, used)| *used > 0).collect()
    }

    fn reserve_one(&mut self, attempt: &Attempt, allowance: Allowance) -> Reservation {
        assert!(self.accounts.contains_key(&attempt.account), "an attempt on an account that does not exist");
        if self.taken.contains_key(attempt) {
            return Reservation::Reserved;
        }
        if allowance.left(&self.used_by_channel(&attempt.account), attempt.channel) == 0 {
            return Reservation::Locked;
        }
        *self.used.entry((attempt.account.clone(), attempt.channel)).or_default() += 1;
        self.taken.insert(attempt.clone(), None);
        Reservation::Reserved
    }

    fn close(&mut self, attempt: &Attempt, outcome: AttemptOutcome) {
        let taken = self.taken.get_mut(attempt).expect("an attempt is reserved before its outcome is settled");
        assert_eq!(taken.replace(outcome), None, "an attempt has one outcome");
        if outcome == AttemptOutcome::Right {
            let used = self.used.get_mut(&(attempt.account.clone(), attempt.channel));
            let used = used.expect("a reserved attempt was taken from a budget");
            *used = used.saturating_sub(1);
        }
    }

    /// Gives back an attempt that was reserved for a submission whose PIN then decided nothing.
    fn give_back(&mut self, record: &SubmissionRecord) {
        let Some(account) = record.account.clone() else { return };
        let attempt = Attempt { account, channel: record.channel, submission: record.id.clone() };
        if self.taken.get(&attempt) == Some(&None) {
            self.taken.remove(&attempt);
            if let Some(used) = self.used.get_mut(&(attempt.account, attempt.channel)) {
                *used = used.saturating_sub(1);
            }
        }
    }

    fn settle_one(&mut self, settlement: &Settlement) -> Result<Settled, StoreError> {
        settlement.assert_sound();
        match self.first_decision(&settlement.record) {
            Some(first) => Ok(Settled::Before(first)),
            None => self.write(settlement),
        }
    }

    fn resolve_one(&mut self, settlement: &Settlement, resolution: &Resolution) -> Result<Resolved, StoreError> {
        settlement.assert_resolves(resolution);
        let Some(held) = self.records.get(&settlement.record.id).filter(|it| it.status == Status::Held) else {
            return Ok(Resolved::NotHeld);
        };
        assert_eq!(held.file, settlement.record.file, "{}: resolved with another file", held.id);
        let settled = self.write(settlement)?;
        if let Settled::Done { audit_seq } = settled {
            let before = self.resolutions.insert(resolution.submission.clone(), resolution.clone());
            assert_eq!(before, None, "a submission is resolved once");
            return Ok(Resolved::Done { audit_seq });
        }
        Ok(Resolved::Stale)
    }

    /// Writes a decision, unless what it rests on has changed.
    fn write(&mut self, settlement: &Settlement) -> Result<Settled, StoreError> {
        let record = &settlement.record;
        let is_accepted = record.status == Status::Accepted;
        if is_accepted && !self.is_blank_open(settlement) {
            return Ok(Settled::Stale);
        }
        if let Some(changes) = &settlement.changes {
            let Some(changed) = self.changed(changes, record.decided_at)? else { return Ok(Settled::Stale) };
            self.change(changed, &changes.changes, &changes.cause(record));
        }
        self.mark_blank(settlement);
        match &settlement.attempt {
            Some((attempt, outcome)) => self.close(attempt, *outcome),
            None => self.give_back(record),
        }
        self.keep(record);
        Ok(Settled::Done { audit_seq: self.append(settlement.event.clone()) })
    }

    fn keep(&mut self, record: &SubmissionRecord) {
        assert!(self.last_run.is_some_and(|it| record.run <= it), "{} names a run that was never begun", record.id);
        let is_known = |number: &AccountNumber| self.accounts.contains_key(number);
        assert!(record.account.as_ref().is_none_or(is_known), "{} names an account that does not exist", record.id);
        self.decided.insert(record.file, FirstDecision::of(record));
        if self.records.insert(record.id.clone(), record.clone()).is_none() {
            self.order.push(record.id.clone());
        }
        if let (Status::Accepted, Some(request)) = (record.status, &record.request) {
            self.requests.entry(request.clone()).or_insert_with(|| record.id.clone());
        }
    }
}

/// Seals an account's verifiers anew, voids its set-up codes, and gives it a new revision.
pub(super) fn rotate_account(account: &mut Account, rewrap: &mut dyn Rewrap) -> Result<(), StoreError> {
    let number = account.number.clone();
    let failed = |source| StoreError::Failed { doing: "sealing PINs anew", source: Box::new(source) };
    let of = |kind| PinHolder { account: &number, kind };
    account.pin = rewrap.verifier(of(PinKind::Account), &account.pin).map_err(failed)?;
    for person in &mut account.people {
        if let Some(pin) = &person.pin {
            person.pin = Some(rewrap.verifier(of(PinKind::Person), pin).map_err(failed)?);
        }
        person.code = None;
    }
    account.revision += 1;
    Ok(())
}

fn chosen<K: Ord + Clone, V: Clone>(all: &BTreeMap<K, V>, keys: &BTreeSet<K>) -> BTreeMap<K, V> {
    keys.iter().filter_map(|key| Some((key.clone(), all.get(key)?.clone()))).collect()
}

impl AccountStore for MemoryStore {
    fn vault_key(&mut self) -> Result<Option<KeyId>, StoreError> {
        Ok(self.key.clone())
    }

    fn remember_vault_key(&mut self, key: &KeyId) -> Result<(), StoreError> {
        self.key = Some(key.clone());
        Ok(())
    }

    fn accounts(&mut self, numbers: &BTreeSet<AccountNumber>) -> Result<BTreeMap<AccountNumber, Account>, StoreError> {
        Ok(chosen(&self.accounts, numbers))
    }

    fn accounts_after(&mut self, after: Option<&AccountNumber>, limit: usize) -> Result<Vec<Account>, StoreError> {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let range = self.accounts.range::<AccountNumber, _>((start, Bound::Unbounded));
        Ok(range.take(limit).map(|(_, account)| account.clone()).collect())
    }

    fn add_accounts(&mut self, accounts: &[Account], event: AuditEvent) -> Result<BTreeSet<AccountNumber>, StoreError> {
        let mut new = BTreeSet::new();
        let is_old = |it: &&Account| self.accounts.contains_key(&it.number) || !new.insert(it.number.clone());
        let old: BTreeSet<AccountNumber> = accounts.iter().filter(is_old).map(|it| it.number.clone()).collect();
        if old.is_empty() {
            for account in accounts {
                self.put(account);
                self.grants.insert(account.number.clone(), account.imported_grants().collect());
            }
            self.append(event);
        }
        Ok(old)
    }

    fn change_account(
        &mut self,
        number: &AccountNumber,
        revision: u64,
        changes: &[Change],
        event: AuditEvent,
    ) -> Result<Changed, StoreError> {
        let Some(changed) = self.changed_by_hand(number, revision, changes, event.at)? else {
            return Ok(Changed::Stale);
        };
        self.change(changed, changes, &Cause { at: event.at, granted_by: None, submission: None });
        Ok(Changed::Done { audit_seq: self.append(event) })
    }

    fn change_account_proved(
        &mut self,
        attempt: &Attempt,
        revision: u64,
        changes: &[Change],
        event: AuditEvent,
    ) -> Result<Changed, StoreError> {
        let changed = self.changed_by_hand(&attempt.account, revision, changes, event.at)?;
        let Some(changed) = changed else { return Ok(Changed::Stale) };
        self.change(changed, changes, &Cause { at: event.at, granted_by: None, submission: None });
        self.close(attempt, AttemptOutcome::Right);
        Ok(Changed::Done { audit_seq: self.append(event) })
    }

    fn grants(&mut self, number: &AccountNumber) -> Result<Vec<Grant>, StoreError> {
        let mut grants = self.grants.get(number).cloned().unwrap_or_default();
        grants.sort_by_key(|it| it.since);
        Ok(grants)
    }

    fn issue_blanks(&mut self, blanks: &[IssuedBlank], event: AuditEvent) -> Result<(), StoreError> {
        let mut new = BTreeSet::new();
        for IssuedBlank { instance, account, .. } in blanks {
            let is_known = account.as_ref().is_none_or(|it| self.accounts.contains_key(it));
            assert!(is_known, "form {instance} is bound to an account that does not exist");
            if self.blanks.contains_key(instance) || !new.insert(instance) {
                return Err(StoreError::InstanceExists(instance.clone()));
            }
        }
        self.blanks.extend(blanks.iter().map(|it| (it.instance.clone(), it.clone())));
        self.append(event);
        Ok(())
    }

    fn blanks(&mut self, ids: &BTreeSet<InstanceId>) -> Result<BTreeMap<InstanceId, IssuedBlank>, StoreError> {
        Ok(chosen(&self.blanks, ids))
    }

    fn correction_templates(&mut self) -> Result<BTreeSet<TemplateId>, StoreError> {
        Ok(self.blanks.values().map(|it| &it.template).filter(|it| it.corrects().is_some()).cloned().collect())
    }

    fn decided_files(
        &mut self,
        files: &BTreeSet<FileDigest>,
    ) -> Result<BTreeMap<FileDigest, FirstDecision>, StoreError> {
        Ok(chosen(&self.decided, files))
    }

    fn accepted_requests(
        &mut self,
        requests: &BTreeSet<RequestDigest>,
    ) -> Result<BTreeMap<RequestDigest, SubmissionId>, StoreError> {
        Ok(chosen(&self.requests, requests))
    }

    fn submissions(
        &mut self,
        ids: &BTreeSet<SubmissionId>,
    ) -> Result<BTreeMap<SubmissionId, SubmissionRecord>, StoreError> {
        Ok(chosen(&self.records, ids))
    }

    fn budgets(&mut self, attempts: &[Attempt]) -> Result<Vec<Budget>, StoreError> {
        let budget = |it: &Attempt| Budget {
            used: self.used.get(&(it.account.clone(), it.channel)).copied().unwrap_or(0),
            is_taken: self.taken.contains_key(it),
        };
        Ok(attempts.iter().map(budget).collect())
    }

    fn reserve_attempts(&mut self, attempts: &[Attempt], allowance: Allowance) -> Result<Vec<Reservation>, StoreError> {
        Ok(attempts.iter().map(|it| self.reserve_one(it, allowance)).collect())
    }

    fn settle(&mut self, settlements: &[Settlement]) -> Result<Vec<Settled>, StoreError> {
        let mut work = self.clone();
        let settled = settlements.iter().map(|it| work.settle_one(it)).collect::<Result<_, _>>()?;
        *self = work;
        Ok(settled)
    }

    fn resolve(&mut self, settlement: &Settlement, resolution: &Resolution) -> Result<Resolved, StoreError> {
        let mut work = self.clone();
        let resolved = work.resolve_one(settlement, resolution)?;
        *self = work;
        Ok(resolved)
    }

    fn resolutions(&mut self, ids: &BTreeSet<SubmissionId>) -> Result<BTreeMap<SubmissionId, Resolution>, StoreError> {
        Ok(chosen(&self.resolutions, ids))
    }

    fn submissions_after(
        &mut self,
        which: Which,
        after: Option<&SubmissionId>,
        limit: usize,
    ) -> Result<Vec<SubmissionRecord>, StoreError> {
        let place = |id: &SubmissionId| self.order.iter().position(|it| it == id);
        let start = after.map_or(0, |id| place(id).map_or(self.order.len(), |at| at + 1));
        let records = self.order[start..].iter().map(|it| &self.records[it]);
        Ok(records.filter(|it| which.fits(it)).take(limit).cloned().collect())
    }

    fn close_attempt(
        &mut self,
        attempt: &Attempt,
        outcome: AttemptOutcome,
        event: AuditEvent,
    ) -> Result<(), StoreError> {
        self.close(attempt, outcome);
        self.append(event);
        Ok(())
    }

    fn used_attempts(&mut self, number: &AccountNumber) -> Result<BTreeMap<Channel, u32>, StoreError> {
        Ok(self.used_by_channel(number))
    }

    fn unlock(&mut self, number: &AccountNumber, channel: Channel, event: AuditEvent) -> Result<u32, StoreError> {
        let used = self.used.insert((number.clone(), channel), 0).unwrap_or(0);
        self.append(event);
        Ok(used)
    }

    fn void_blank(&mut self, instance: &InstanceId, event: AuditEvent) -> Result<Voided, StoreError> {
        let Some(blank) = self.blanks.get_mut(instance) else { return Ok(Voided::Unknown) };
        if !blank.is_open() {
            return Ok(Voided::NotOpen(blank.clone()));
        }
        blank.state = BlankState::Void;
        Ok(Voided::Done { audit_seq: self.append(event) })
    }

    fn rotate(&mut self, rewrap: &mut dyn Rewrap, key: &KeyId, event: AuditEvent) -> Result<(), StoreError> {
        let mut work = self.clone();
        for account in work.accounts.values_mut() {
            rotate_account(account, rewrap)?;
        }
        for blank in work.blanks.values_mut() {
            if let Some(seal) = rewrap.blank(blank) {
                blank.seal = Some(seal);
            }
        }
        work.request_key = Some(rewrap.request_key());
        work.key = Some(key.clone());
        work.append(event);
        *self = work;
        Ok(())
    }

    fn sealed_request_key(&mut self) -> Result<Option<String>, StoreError> {
        Ok(self.request_key.clone())
    }

    fn note_places(&mut self, run: RunId, places: &[String]) -> Result<(), StoreError> {
        let record = self.runs.get_mut(&run).expect("places are noted of a run that was begun");
        record.places = places.to_vec();
        Ok(())
    }

    fn run(&mut self, run: RunId) -> Result<Option<RunRecord>, StoreError> {
        Ok(self.runs.get(&run).cloned())
    }

    fn begin_run(&mut self, at: Timestamp) -> Result<RunId, StoreError> {
        let run = RunId(self.last_run.map_or(0, |it| it.0) + 1);
        self.last_run = Some(run);
        self.runs.insert(run, RunRecord { run, begun_at: at, places: Vec::new() });
        Ok(run)
    }

    fn last_run(&mut self) -> Result<Option<RunId>, StoreError> {
        Ok(self.last_run)
    }

    fn note(&mut self, event: AuditEvent) -> Result<u64, StoreError> {
        Ok(self.append(event))
    }

    fn audit_head(&mut self) -> Result<AuditHead, StoreError> {
        Ok(self.head.clone())
    }

    fn audit_after(&mut self, seq: u64, limit: usize) -> Result<Vec<AuditRow>, StoreError> {
        Ok(self.trail.iter().filter(|it| it.seq > seq).take(limit).cloned().collect())
    }
}
