//! The account store on SQLite: each method one transaction, each writing one begun with the write lock in hand.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

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
use rusqlite::{Connection, TransactionBehavior};

use crate::failure::Doing;
use crate::standing::{self, Standing};
use crate::trail::{self, Trail};
use crate::{accounts, attempts, ledger, opening, rotation, settle, submissions};

/// An account store in one SQLite file, with a write-ahead log beside it. One connection; open it once for each thread.
#[derive(Debug)]
pub struct SqliteStore {
    db: Connection,
    /// The vault key that the program works with, where it said so: nothing is written under another one.
    key: Option<KeyId>,
}

/// How long a store waits for another program before it answers [`StoreError::Busy`].
const PATIENCE: Duration = Duration::from_secs(10);

impl SqliteStore {
    /// Opens the store at `path`; makes it, readable by its owner alone, where there is none. Waits up to ten seconds
    /// for other programs, now and in every call.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        Self::open_patiently(path, PATIENCE)
    }

    /// As [`open`](Self::open), but waits up to `patience` for other programs.
    pub fn open_patiently(path: impl AsRef<Path>, patience: Duration) -> Result<Self, StoreError> {
        opening::open(path.as_ref(), patience).map(|db| Self { db, key: None })
    }

    /// Answers [`StoreError::OtherKey`] to every change from now on, if the store is or comes under another vault key.
    pub fn work_under(&mut self, key: KeyId) {
        self.key = Some(key);
    }

    /// Opens a store that exists, only to look at it: every write answers [`StoreError::ReadOnly`], and so does opening
    /// a store that an older version wrote and nobody has brought up to date.
    pub fn open_read_only(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        opening::open_read_only(path.as_ref(), PATIENCE).map(|db| Self { db, key: None })
    }

    /// A store that lives as long as this value.
    pub fn in_memory() -> Result<Self, StoreError> {
        opening::open_in_memory().map(|db| Self { db, key: None })
    }

    /// What waits for the staff at this moment.
    pub fn standing(&mut self, allowance: Allowance) -> Result<Standing, StoreError> {
        self.look(|db| standing::of(db, allowance))
    }

    /// One consistent look: several questions see the same moment.
    fn look<T>(&mut self, work: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let look = self.db.transaction_with_behavior(TransactionBehavior::Deferred).doing("beginning to read")?;
        work(&look)
    }

    /// One durable change: all of it when `work` answers `Ok`, nothing otherwise.
    fn write<T>(&mut self, work: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let change = self.db.transaction_with_behavior(TransactionBehavior::Immediate).doing("beginning to write")?;
        if let Some(key) = &self.key
            && ledger::vault_key(&change)?.as_ref() != Some(key)
        {
            return Err(StoreError::OtherKey);
        }
        let answer = work(&change)?;
        change.commit().doing("committing")?;
        Ok(answer)
    }
}

impl AccountStore for SqliteStore {
    fn vault_key(&mut self) -> Result<Option<KeyId>, StoreError> {
        self.look(ledger::vault_key)
    }

    fn remember_vault_key(&mut self, key: &KeyId) -> Result<(), StoreError> {
        self.write(|db| ledger::remember_vault_key(db, key))
    }

    fn accounts(&mut self, numbers: &BTreeSet<AccountNumber>) -> Result<BTreeMap<AccountNumber, Account>, StoreError> {
        self.look(|db| accounts::find(db, numbers))
    }

    fn accounts_after(&mut self, after: Option<&AccountNumber>, limit: usize) -> Result<Vec<Account>, StoreError> {
        self.look(|db| accounts::page(db, after, limit))
    }

    fn add_accounts(&mut self, accounts: &[Account], event: AuditEvent) -> Result<BTreeSet<AccountNumber>, StoreError> {
        self.write(|db| {
            let taken = accounts::taken(db, accounts)?;
            if taken.is_empty() {
                accounts.iter().try_for_each(|it| accounts::add(db, it))?;
                Trail::of(db)?.append(&event)?;
            }
            Ok(taken)
        })
    }

    fn change_account(
        &mut self,
        number: &AccountNumber,
        revision: u64,
        changes: &[Change],
        event: AuditEvent,
    ) -> Result<Changed, StoreError> {
        self.write(|db| accounts::change_by_hand(db, (number, revision), changes, &event))
    }

    fn change_account_proved(
        &mut self,
        attempt: &Attempt,
        revision: u64,
        changes: &[Change],
        event: AuditEvent,
    ) -> Result<Changed, StoreError> {
        self.write(|db| {
            let changed = accounts::change_by_hand(db, (&attempt.account, revision), changes, &event)?;
            if changed != Changed::Stale {
                attempts::close(db, attempt, AttemptOutcome::Right)?;
            }
            Ok(changed)
        })
    }

    fn grants(&mut self, number: &AccountNumber) -> Result<Vec<Grant>, StoreError> {
        self.look(|db| accounts::grants(db, number))
    }

    fn issue_blanks(&mut self, blanks: &[IssuedBlank], event: AuditEvent) -> Result<(), StoreError> {
        self.write(|db| {
            blanks.iter().try_for_each(|it| ledger::issue(db, it))?;
            Trail::of(db)?.append(&event).map(drop)
        })
    }

    fn blanks(&mut self, ids: &BTreeSet<InstanceId>) -> Result<BTreeMap<InstanceId, IssuedBlank>, StoreError> {
        self.look(|db| ledger::find(db, ids))
    }

    fn correction_templates(&mut self) -> Result<BTreeSet<TemplateId>, StoreError> {
        self.look(ledger::correction_templates)
    }

    fn decided_files(
        &mut self,
        files: &BTreeSet<FileDigest>,
    ) -> Result<BTreeMap<FileDigest, FirstDecision>, StoreError> {
        self.look(|db| submissions::decided(db, files))
    }

    fn accepted_requests(
        &mut self,
        requests: &BTreeSet<RequestDigest>,
    ) -> Result<BTreeMap<RequestDigest, SubmissionId>, StoreError> {
        self.look(|db| submissions::accepted_requests(db, requests))
    }

    fn submissions(
        &mut self,
        ids: &BTreeSet<SubmissionId>,
    ) -> Result<BTreeMap<SubmissionId, SubmissionRecord>, StoreError> {
        self.look(|db| submissions::find(db, ids))
    }

    fn budgets(&mut self, attempts: &[Attempt]) -> Result<Vec<Budget>, StoreError> {
        self.look(|db| attempts.iter().map(|it| attempts::budget(db, it)).collect())
    }

    fn reserve_attempts(&mut self, attempts: &[Attempt], allowance: Allowance) -> Result<Vec<Reservation>, StoreError> {
        self.write(|db| attempts.iter().map(|it| attempts::reserve(db, it, allowance)).collect())
    }

    fn settle(&mut self, settlements: &[Settlement]) -> Result<Vec<Settled>, StoreError> {
        self.write(|db| settle::settle(db, settlements))
    }

    fn resolve(&mut self, settlement: &Settlement, resolution: &Resolution) -> Result<Resolved, StoreError> {
        self.write(|db| settle::resolve(db, settlement, resolution))
    }

    fn resolutions(&mut self, ids: &BTreeSet<SubmissionId>) -> Result<BTreeMap<SubmissionId, Resolution>, StoreError> {
        self.look(|db| submissions::resolutions(db, ids))
    }

    fn submissions_after(
        &mut self,
        which: Which,
        after: Option<&SubmissionId>,
        limit: usize,
    ) -> Result<Vec<SubmissionRecord>, StoreError> {
        self.look(|db| submissions::page(db, which, after, limit))
    }

    fn close_attempt(
        &mut self,
        attempt: &Attempt,
        outcome: AttemptOutcome,
        event: AuditEvent,
    ) -> Result<(), StoreError> {
        self.write(|db| {
            attempts::close(db, attempt, outcome)?;
            Trail::of(db)?.append(&event).map(drop)
        })
    }

    fn used_attempts(&mut self, number: &AccountNumber) -> Result<BTreeMap<Channel, u32>, StoreError> {
        self.look(|db| attempts::used(db, number))
    }

    fn unlock(&mut self, number: &AccountNumber, channel: Channel, event: AuditEvent) -> Result<u32, StoreError> {
        self.write(|db| {
            let given_back = attempts::unlock(db, number, channel)?;
            Trail::of(db)?.append(&event)?;
            Ok(given_back)
        })
    }

    fn void_blank(&mut self, instance: &InstanceId, event: AuditEvent) -> Result<Voided, StoreError> {
        self.write(|db| {
            let found = ledger::find(db, &BTreeSet::from([instance.clone()]))?.remove(instance);
            let Some(blank) = found else { return Ok(Voided::Unknown) };
            if !blank.is_open() {
                return Ok(Voided::NotOpen(blank));
            }
            ledger::void(db, &blank)?;
            Ok(Voided::Done { audit_seq: Trail::of(db)?.append(&event)? })
        })
    }

    fn rotate(&mut self, rewrap: &mut dyn Rewrap, key: &KeyId, event: AuditEvent) -> Result<(), StoreError> {
        self.write(|db| {
            rotation::rotate(db, rewrap, key)?;
            Trail::of(db)?.append(&event).map(drop)
        })?;
        self.key = self.key.is_some().then(|| key.clone());
        Ok(())
    }

    fn sealed_request_key(&mut self) -> Result<Option<String>, StoreError> {
        self.look(ledger::sealed_request_key)
    }

    fn note_places(&mut self, run: RunId, places: &[String]) -> Result<(), StoreError> {
        self.write(|db| ledger::note_places(db, run, places))
    }

    fn run(&mut self, run: RunId) -> Result<Option<RunRecord>, StoreError> {
        self.look(|db| ledger::run(db, run))
    }

    fn begin_run(&mut self, at: Timestamp) -> Result<RunId, StoreError> {
        self.write(|db| ledger::begin_run(db, at))
    }

    fn last_run(&mut self) -> Result<Option<RunId>, StoreError> {
        self.look(ledger::last_run)
    }

    fn note(&mut self, event: AuditEvent) -> Result<u64, StoreError> {
        self.write(|db| Trail::of(db)?.append(&event))
    }

    fn audit_head(&mut self) -> Result<AuditHead, StoreError> {
        self.look(trail::head)
    }

    fn audit_after(&mut self, seq: u64, limit: usize) -> Result<Vec<AuditRow>, StoreError> {
        self.look(|db| trail::page(db, seq, limit))
    }
}

#[cfg(test)]
mod tests {
    use countersign_testkit::{NOW, account, event, number};

    use super::*;

    #[test]
    fn a_full_disk_is_told_and_nothing_is_half_written() {
        let mut store = SqliteStore::in_memory().unwrap();
        store.begin_run(NOW).unwrap();
        let pages: i64 = store.db.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
        store.db.pragma_update(None, "max_page_count", pages + 2).unwrap();
        let many: Vec<Account> = (0..100).map(|it| account(&format!("A-{it}")).owner("Ann", "Lee").build()).collect();
        assert!(matches!(store.add_accounts(&many, event("accounts imported")), Err(StoreError::Full)));
        assert!(store.accounts_after(None, 9).unwrap().is_empty());
        assert_eq!(store.begin_run(NOW).unwrap(), RunId(2), "the store goes on");
    }

    /// Every question by many keys walks the keys and finds each by an index; none reads a whole table.
    #[test]
    fn no_question_reads_a_whole_table() {
        let mut store = SqliteStore::in_memory().unwrap();
        store.add_accounts(&[account("A-1").build()], event("accounts imported")).unwrap();
        let tables = [("accounts", "number"), ("people", "account"), ("blanks", "instance"), ("submissions", "file")];
        let more = [("submissions", "id"), ("grants", "account"), ("attempts", "account")];
        for (table, key) in tables.into_iter().chain(more) {
            let sql = format!(
                "EXPLAIN QUERY PLAN SELECT {table}.* FROM json_each('[]') AS asked
                 CROSS JOIN {table} ON {table}.{key} = asked.value"
            );
            let mut plan = store.db.prepare(&sql).unwrap();
            let steps: Vec<String> = plan.query_map([], |row| row.get("detail")).unwrap().map(Result::unwrap).collect();
            let is_indexed = steps.iter().any(|it| it.starts_with(&format!("SEARCH {table} USING")));
            assert!(is_indexed, "{table}: {steps:?}");
        }
        assert!(store.accounts(&BTreeSet::from([number("A-1")])).unwrap().len() == 1);
    }
}
