//! The store as it was before a run began, over the store of today, which is only read: to decide that run again.
//!
//! What came later is taken back: grants that began or ended, people whom a form brought, blanks that were used up, decisions,
//! spent attempts. What the store does not date is taken as it is today: accounts and plain users that the staff
//! added, closed accounts, void blanks, contacts.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{
    AccountStore, Allowance, Attempt, AttemptOutcome, BlankState, Budget, Changed, FirstDecision, IssuedBlank,
    Reservation, Resolution, Resolved, Rewrap, RunId, RunRecord, Settled, Settlement, StoreError, SubmissionRecord,
    Voided, Which,
};
use crate::account::{Account, AccountNumber};
use crate::audit::{AuditEvent, AuditHead, AuditRow};
use crate::grant::{Change, Grant};
use crate::instance::InstanceId;
use crate::person::{Person, PersonStanding};
use crate::reason::ReasonCode;
use crate::submission::{Channel, FileDigest, RequestDigest, SubmissionId};
use crate::template::TemplateId;
use crate::vault::KeyId;

/// Submissions that are looked at together.
const PAGE: usize = 1_000;

/// The store as it was before a run. See the [module](self). Every change answers [`StoreError::ReadOnly`].
pub struct Past<'a> {
    below: &'a mut dyn AccountStore,
    run: RunRecord,
    /// What was decided in this run and the later ones.
    later: BTreeSet<SubmissionId>,
    /// Wrong PINs among them.
    wrong: BTreeMap<(AccountNumber, Channel), u32>,
}

impl<'a> Past<'a> {
    /// The store as it was before `run` began.
    pub fn before(run: RunRecord, below: &'a mut dyn AccountStore) -> Result<Self, StoreError> {
        let mut past = Self { below, run, later: BTreeSet::new(), wrong: BTreeMap::new() };
        let last = past.below.last_run()?.map_or(0, |it| it.0);
        for run in past.run.run.0..=last {
            past.take_back(RunId(run))?;
        }
        Ok(past)
    }

    fn take_back(&mut self, run: RunId) -> Result<(), StoreError> {
        let mut after: Option<SubmissionId> = None;
        loop {
            let page = self.below.submissions_after(Which::OfRun(run), after.as_ref(), PAGE)?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.id.clone());
            for record in page {
                let is_wrong = record.reasons.iter().any(|it| it.code == ReasonCode::PinInvalid);
                if let Some(account) = record.account.filter(|_| is_wrong) {
                    *self.wrong.entry((account, record.channel)).or_default() += 1;
                }
                self.later.insert(record.id);
            }
        }
    }

    /// Whether something came after the beginning of the run: by its moment, or as a part of the run itself.
    fn is_later(&self, at: Option<Timestamp>, submission: Option<&SubmissionId>) -> bool {
        submission.is_some_and(|it| self.later.contains(it)) || at.is_some_and(|it| it > self.run.begun_at)
    }

    fn grants_then(&self, grants: Vec<Grant>) -> Vec<Grant> {
        let began = |it: &Grant| !self.is_later(it.since, it.submission.as_ref());
        let as_it_was = |it: Grant| {
            let ended = it.ended.clone().filter(|(at, by)| !self.is_later(Some(*at), by.as_ref()));
            Grant { ended, ..it }
        };
        grants.into_iter().filter(began).map(as_it_was).collect()
    }

    fn account_then(&self, mut account: Account, grants: &[Grant]) -> Account {
        let then = self.grants_then(grants.to_vec());
        let came_later = |person: &Person| {
            let mut own = grants.iter().filter(|it| it.person == person.id).peekable();
            own.peek().is_some_and(|it| it.submission.is_some())
                && own.all(|it| self.is_later(it.since, it.submission.as_ref()))
        };
        account.people.retain(|it| !came_later(it));
        for person in account.people.iter_mut().filter(|it| it.standing != PersonStanding::Owner) {
            let in_force = then.iter().find(|it| it.person == person.id && it.ended.is_none());
            person.standing = match in_force {
                Some(grant) => PersonStanding::AuthorizedUser { since: grant.since },
                None => PersonStanding::User,
            };
        }
        account
    }
}

impl AccountStore for Past<'_> {
    fn vault_key(&mut self) -> Result<Option<KeyId>, StoreError> {
        self.below.vault_key()
    }

    fn accounts(&mut self, numbers: &BTreeSet<AccountNumber>) -> Result<BTreeMap<AccountNumber, Account>, StoreError> {
        let accounts = self.below.accounts(numbers)?;
        let mut then = BTreeMap::new();
        for (number, account) in accounts {
            let grants = self.below.grants(&number)?;
            then.insert(number, self.account_then(account, &grants));
        }
        Ok(then)
    }

    fn accounts_after(&mut self, after: Option<&AccountNumber>, limit: usize) -> Result<Vec<Account>, StoreError> {
        let page = self.below.accounts_after(after, limit)?;
        let numbers = page.iter().map(|it| it.number.clone()).collect();
        Ok(self.accounts(&numbers)?.into_values().collect())
    }

    fn grants(&mut self, number: &AccountNumber) -> Result<Vec<Grant>, StoreError> {
        let grants = self.below.grants(number)?;
        Ok(self.grants_then(grants))
    }

    fn blanks(&mut self, ids: &BTreeSet<InstanceId>) -> Result<BTreeMap<InstanceId, IssuedBlank>, StoreError> {
        let mut blanks = self.below.blanks(ids)?;
        for blank in blanks.values_mut() {
            if matches!(&blank.state, BlankState::Consumed { by } if self.later.contains(by)) {
                blank.state = BlankState::Issued;
            }
        }
        Ok(blanks)
    }

    fn correction_templates(&mut self) -> Result<BTreeSet<TemplateId>, StoreError> {
        self.below.correction_templates()
    }

    fn decided_files(
        &mut self,
        files: &BTreeSet<FileDigest>,
    ) -> Result<BTreeMap<FileDigest, FirstDecision>, StoreError> {
        let mut decided = self.below.decided_files(files)?;
        decided.retain(|_, first| !self.later.contains(&first.submission));
        Ok(decided)
    }

    fn accepted_requests(
        &mut self,
        requests: &BTreeSet<RequestDigest>,
    ) -> Result<BTreeMap<RequestDigest, SubmissionId>, StoreError> {
        let mut accepted = self.below.accepted_requests(requests)?;
        accepted.retain(|_, by| !self.later.contains(by));
        Ok(accepted)
    }

    fn submissions(
        &mut self,
        ids: &BTreeSet<SubmissionId>,
    ) -> Result<BTreeMap<SubmissionId, SubmissionRecord>, StoreError> {
        let ids = ids.difference(&self.later).cloned().collect();
        self.below.submissions(&ids)
    }

    fn resolutions(&mut self, ids: &BTreeSet<SubmissionId>) -> Result<BTreeMap<SubmissionId, Resolution>, StoreError> {
        let ids = ids.difference(&self.later).cloned().collect();
        self.below.resolutions(&ids)
    }

    fn submissions_after(
        &mut self,
        which: Which,
        after: Option<&SubmissionId>,
        limit: usize,
    ) -> Result<Vec<SubmissionRecord>, StoreError> {
        let mut page = self.below.submissions_after(which, after, limit)?;
        page.retain(|it| !self.later.contains(&it.id));
        Ok(page)
    }

    fn budgets(&mut self, attempts: &[Attempt]) -> Result<Vec<Budget>, StoreError> {
        let budgets = self.below.budgets(attempts)?;
        let then = |(attempt, budget): (&Attempt, Budget)| {
            let wrong = self.wrong.get(&(attempt.account.clone(), attempt.channel)).copied().unwrap_or(0);
            let is_taken = budget.is_taken && !self.later.contains(&attempt.submission);
            Budget { used: budget.used.saturating_sub(wrong), is_taken }
        };
        Ok(attempts.iter().zip(budgets).map(then).collect())
    }

    fn used_attempts(&mut self, number: &AccountNumber) -> Result<BTreeMap<Channel, u32>, StoreError> {
        let mut used = self.below.used_attempts(number)?;
        for (channel, used) in &mut used {
            let wrong = self.wrong.get(&(number.clone(), *channel)).copied().unwrap_or(0);
            *used = used.saturating_sub(wrong);
        }
        Ok(used)
    }

    fn last_run(&mut self) -> Result<Option<RunId>, StoreError> {
        Ok(self.run.run.0.checked_sub(1).filter(|it| *it > 0).map(RunId))
    }

    fn run(&mut self, run: RunId) -> Result<Option<RunRecord>, StoreError> {
        if run >= self.run.run { Ok(None) } else { self.below.run(run) }
    }

    fn sealed_request_key(&mut self) -> Result<Option<String>, StoreError> {
        self.below.sealed_request_key()
    }

    fn note(&mut self, _: AuditEvent) -> Result<u64, StoreError> {
        Err(StoreError::ReadOnly)
    }

    /// The trail of today: nothing is sealed on it.
    fn audit_head(&mut self) -> Result<AuditHead, StoreError> {
        Ok(AuditHead { at: None, ..self.below.audit_head()? })
    }

    fn audit_after(&mut self, seq: u64, limit: usize) -> Result<Vec<AuditRow>, StoreError> {
        self.below.audit_after(seq, limit)
    }

    fn remember_vault_key(&mut self, _: &KeyId) -> Result<(), StoreError> {
        Err(StoreError::ReadOnly)
    }

    fn add_accounts(&mut self, _: &[Account], _: AuditEvent) -> Result<BTreeSet<AccountNumber>, StoreError> {
        Err(StoreError::ReadOnly)
    }

    fn change_account(
        &mut self,
        _: &AccountNumber,
        _: u64,
        _: &[Change],
        _: AuditEvent,
    ) -> Result<Changed, StoreError> {
        Err(StoreError::ReadOnly)
    }

    fn change_account_proved(
        &mut self,
        _: &Attempt,
        _: u64,
        _: &[Change],
        _: AuditEvent,
    ) -> Result<Changed, StoreError> {
        Err(StoreError::ReadOnly)
    }

    fn issue_blanks(&mut self, _: &[IssuedBlank], _: AuditEvent) -> Result<(), StoreError> {
        Err(StoreError::ReadOnly)
    }

    fn reserve_attempts(&mut self, _: &[Attempt], _: Allowance) -> Result<Vec<Reservation>, StoreError> {
        Err(StoreError::ReadOnly)
    }

    fn settle(&mut self, _: &[Settlement]) -> Result<Vec<Settled>, StoreError> {
        Err(StoreError::ReadOnly)
    }

    fn resolve(&mut self, _: &Settlement, _: &Resolution) -> Result<Resolved, StoreError> {
        Err(StoreError::ReadOnly)
    }

    fn close_attempt(&mut self, _: &Attempt, _: AttemptOutcome, _: AuditEvent) -> Result<(), StoreError> {
        Err(StoreError::ReadOnly)
    }

    fn unlock(&mut self, _: &AccountNumber, _: Channel, _: AuditEvent) -> Result<u32, StoreError> {
        Err(StoreError::ReadOnly)
    }

    fn void_blank(&mut self, _: &InstanceId, _: AuditEvent) -> Result<Voided, StoreError> {
        Err(StoreError::ReadOnly)
    }

    fn rotate(&mut self, _: &mut dyn Rewrap, _: &KeyId, _: AuditEvent) -> Result<(), StoreError> {
        Err(StoreError::ReadOnly)
    }

    fn begin_run(&mut self, _: Timestamp) -> Result<RunId, StoreError> {
        Err(StoreError::ReadOnly)
    }

    fn note_places(&mut self, _: RunId, _: &[String]) -> Result<(), StoreError> {
        Err(StoreError::ReadOnly)
    }
}
