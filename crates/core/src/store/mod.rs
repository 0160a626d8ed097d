//! The contract of an account store: what may be asked of it, and what it promises.
//!
//! Four rules hold for every method. It is one durable transaction: done and on disk when it answers `Ok`, not done at
//! all when it answers `Err`. "Not found" is an answer, never an error. Time and randomness come in as arguments.
//! `&mut self`: one thing at a time on one connection; several connections, in several processes, are safe together.
//! Every implementation passes `countersign_testkit::store_contract!`.

mod memory;
mod past;
mod rehearsal;
mod settlement;
mod staff;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::account::{Account, AccountNumber};
use crate::audit::{AuditEvent, AuditHead, AuditRow};
use crate::grant::{Change, Grant};
use crate::instance::{InstanceClaims, InstanceId};
use crate::policy::PinBudget;
use crate::submission::{Channel, FileDigest, RequestDigest, SubmissionId};
use crate::template::TemplateId;
use crate::vault::{KeyId, Purpose, VaultKey, to_hex};

pub use memory::MemoryStore;
pub use past::Past;
pub use rehearsal::Rehearsal;
pub use settlement::{AccountChanges, AttemptOutcome, Settled, Settlement, SubmissionRecord};
pub use staff::{Changed, Resolution, Resolved, ResolvedAs, Rewrap, RunRecord, Voided, Which};

/// Where accounts, issued blanks, decisions, grants and the audit trail are kept.
pub trait AccountStore: Send {
    /// The vault key that this store's verifiers were first sealed under; `None` on a store that has never had one.
    fn vault_key(&mut self) -> Result<Option<KeyId>, StoreError>;

    /// Remembers the vault key of this store, replacing the one before.
    fn remember_vault_key(&mut self, key: &KeyId) -> Result<(), StoreError>;

    /// Looks up all of `numbers`; an account that does not exist is absent from the answer.
    fn accounts(&mut self, numbers: &BTreeSet<AccountNumber>) -> Result<BTreeMap<AccountNumber, Account>, StoreError>;

    /// Up to `limit` accounts in the order of their numbers, after the given one.
    fn accounts_after(&mut self, after: Option<&AccountNumber>, limit: usize) -> Result<Vec<Account>, StoreError>;

    /// Adds new accounts, all or none, with one audit row. Answers the numbers that exist already: then nothing was
    /// added. Imported Authorized Users have a grant without a submission.
    fn add_accounts(&mut self, accounts: &[Account], event: AuditEvent) -> Result<BTreeSet<AccountNumber>, StoreError>;

    /// Changes an account on the word of the staff, if it still has the given revision.
    fn change_account(
        &mut self,
        number: &AccountNumber,
        revision: u64,
        changes: &[Change],
        event: AuditEvent,
    ) -> Result<Changed, StoreError>;

    /// Changes an account on the word of somebody whose secret was right: as [`change_account`](Self::change_account) does, and gives the
    /// attempt that was reserved for the secret back, in one transaction. When the account has another revision, the attempt
    /// stays out.
    fn change_account_proved(
        &mut self,
        attempt: &Attempt,
        revision: u64,
        changes: &[Change],
        event: AuditEvent,
    ) -> Result<Changed, StoreError>;

    /// Every grant of an account, in the order in which they began.
    fn grants(&mut self, number: &AccountNumber) -> Result<Vec<Grant>, StoreError>;

    /// Enters blanks into the ledger, all or none, with one audit row. An instance id that exists is an error.
    fn issue_blanks(&mut self, blanks: &[IssuedBlank], event: AuditEvent) -> Result<(), StoreError>;

    /// Looks up issued blanks; what was never issued is absent from the answer.
    fn blanks(&mut self, ids: &BTreeSet<InstanceId>) -> Result<BTreeMap<InstanceId, IssuedBlank>, StoreError>;

    /// The templates of the correction forms that were issued.
    fn correction_templates(&mut self) -> Result<BTreeSet<TemplateId>, StoreError>;

    /// The first decisions on files with these bytes.
    fn decided_files(
        &mut self,
        files: &BTreeSet<FileDigest>,
    ) -> Result<BTreeMap<FileDigest, FirstDecision>, StoreError>;

    /// The accepted submissions that asked for just this.
    fn accepted_requests(
        &mut self,
        requests: &BTreeSet<RequestDigest>,
    ) -> Result<BTreeMap<RequestDigest, SubmissionId>, StoreError>;

    /// What is kept of submissions; one that was never decided is absent from the answer.
    fn submissions(
        &mut self,
        ids: &BTreeSet<SubmissionId>,
    ) -> Result<BTreeMap<SubmissionId, SubmissionRecord>, StoreError>;

    /// How the budgets of these attempts stand, in the order given. Takes nothing.
    fn budgets(&mut self, attempts: &[Attempt]) -> Result<Vec<Budget>, StoreError>;

    /// Takes one attempt for each entry from its account's budget, before any PIN is looked at, in the order given.
    /// Atomic in the strict sense: however many threads, processes or machines ask, no more attempts than the allowance
    /// has are out at any time: on one channel, or on all of them together. An attempt that is already taken for the same
    /// submission is not taken twice, whatever became of it: a submission's id follows from its bytes, so it is the same
    /// PIN that is looked at again.
    fn reserve_attempts(&mut self, attempts: &[Attempt], allowance: Allowance) -> Result<Vec<Reservation>, StoreError>;

    /// Writes decisions, in the order given, in one transaction; each of them whole or not at all. Changes happen at
    /// the moment of the decision. An attempt that was reserved for a decision which then
    /// needed none is given back; neither [`Settled::Stale`] nor [`Settled::Before`] touches one.
    ///
    /// # Panics
    /// When a settlement contradicts itself ([`Settlement::assert_sound`]), or a blank bound to one account would be
    /// consumed by a change of another.
    fn settle(&mut self, settlements: &[Settlement]) -> Result<Vec<Settled>, StoreError>;

    /// Writes what a person made of a held submission, in one transaction: the decision in place of the one before, and
    /// everything that it changes. Changes happen at the moment of the resolution.
    ///
    /// # Panics
    /// When the settlement contradicts itself, as in [`settle`](Self::settle), or is another submission's.
    fn resolve(&mut self, settlement: &Settlement, resolution: &Resolution) -> Result<Resolved, StoreError>;

    /// What people made of held submissions; one that nobody resolved is absent from the answer.
    fn resolutions(&mut self, ids: &BTreeSet<SubmissionId>) -> Result<BTreeMap<SubmissionId, Resolution>, StoreError>;

    /// Up to `limit` submissions of a kind, in the order in which they were first decided, after the given one.
    fn submissions_after(
        &mut self,
        which: Which,
        after: Option<&SubmissionId>,
        limit: usize,
    ) -> Result<Vec<SubmissionRecord>, StoreError>;

    /// Writes what became of a reserved attempt that no submission rests on, as on the phone, with its audit row. An
    /// attempt that was never reserved, or has an outcome, is an error.
    fn close_attempt(
        &mut self,
        attempt: &Attempt,
        outcome: AttemptOutcome,
        event: AuditEvent,
    ) -> Result<(), StoreError>;

    /// Attempts that are out or were spent on wrong PINs, for each channel of an account on which there were any.
    fn used_attempts(&mut self, number: &AccountNumber) -> Result<BTreeMap<Channel, u32>, StoreError>;

    /// Gives an account the whole budget of a channel back, on the word of the staff, also what a killed program left out.
    /// Attempts that were taken stay taken: the same bytes are still the same guess. Answers how much was used.
    fn unlock(&mut self, number: &AccountNumber, channel: Channel, event: AuditEvent) -> Result<u32, StoreError>;

    /// Declares an open blank void.
    fn void_blank(&mut self, instance: &InstanceId, event: AuditEvent) -> Result<Voided, StoreError>;

    /// Replaces every verifier and every blank's seal by what `rewrap` makes of it, and the vault key by `key`, in one
    /// transaction. Every account gets a new revision, so that nothing sealed under the old key is written later.
    fn rotate(&mut self, rewrap: &mut dyn Rewrap, key: &KeyId, event: AuditEvent) -> Result<(), StoreError>;

    /// The key of request digests as an earlier vault key left it, sealed under this one; `None` before the first rotation.
    fn sealed_request_key(&mut self) -> Result<Option<String>, StoreError>;

    /// Remembers where the files of a run came from and went: paths as the operator gave them.
    fn note_places(&mut self, run: RunId, places: &[String]) -> Result<(), StoreError>;

    /// What is kept of a run.
    fn run(&mut self, run: RunId) -> Result<Option<RunRecord>, StoreError>;

    /// Opens a run and gives it its number.
    fn begin_run(&mut self, at: Timestamp) -> Result<RunId, StoreError>;

    /// The newest run; `None` before the first.
    fn last_run(&mut self) -> Result<Option<RunId>, StoreError>;

    /// Writes a row of the audit trail about what changed nothing else, as that a caller was turned away. Answers its number.
    fn note(&mut self, event: AuditEvent) -> Result<u64, StoreError>;

    /// The end of the audit trail.
    fn audit_head(&mut self) -> Result<AuditHead, StoreError>;

    /// Up to `limit` rows of the audit trail after the given number.
    fn audit_after(&mut self, seq: u64, limit: usize) -> Result<Vec<AuditRow>, StoreError>;
}

/// Names a run: `R-` and a number that grows.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct RunId(pub u64);

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "R-{:06}", self.0)
    }
}

/// A blank in the ledger.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct IssuedBlank {
    /// Its number.
    pub instance: InstanceId,
    /// The template and version it was made from.
    pub template: TemplateId,
    /// The account it is bound to; `None`: generic.
    pub account: Option<AccountNumber>,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// The last day on which it is taken.
    pub expires: Date,
    /// What became of it.
    pub state: BlankState,
    /// Proof under the vault key of today, where the one in the id is under an earlier key: 64 hexadecimal digits.
    pub seal: Option<String>,
}

/// What became of an issued blank. Whether it has expired follows from its date.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum BlankState {
    /// Out with the customer.
    Issued,
    /// Came back, but was not accepted.
    Returned,
    /// Accepted; a bound blank is used up.
    Consumed {
        /// The submission that used it.
        by: SubmissionId,
    },
    /// Declared invalid by the staff.
    Void,
}

impl IssuedBlank {
    /// Whether this house entered it into the ledger: proved by its id, or by the seal that a new vault key gave it.
    pub fn is_proved(&self, key: &VaultKey) -> bool {
        match &self.seal {
            Some(seal) => subtle::ConstantTimeEq::ct_eq(seal.as_bytes(), self.seal_under(key).as_bytes()).into(),
            None => self.instance.proves(&self.claims(), key),
        }
    }

    /// The seal of this row under a vault key.
    pub fn seal_under(&self, key: &VaultKey) -> String {
        let InstanceClaims { template, account, expires } = self.claims();
        let account = account.map_or("generic".to_owned(), |it| format!("account:{it}"));
        let (template, expires) = (template.to_string(), expires.to_string());
        let parts = [self.instance.as_str(), &template, &account, &expires].map(str::as_bytes);
        to_hex(&key.authenticate(Purpose::LedgerSeal, &parts))
    }

    fn claims(&self) -> InstanceClaims<'_> {
        InstanceClaims { template: &self.template, account: self.account.as_ref(), expires: self.expires }
    }

    /// Whether an acceptance may still rest on it: it is out, or came back without being used up.
    pub fn is_open(&self) -> bool {
        matches!(self.state, BlankState::Issued | BlankState::Returned)
    }

    /// What becomes of an open blank with this decision: an acceptance uses up a bound one.
    pub fn state_after(&self, record: &SubmissionRecord) -> BlankState {
        match (&self.account, record.status) {
            (Some(_), Status::Accepted) => BlankState::Consumed { by: record.id.clone() },
            (None, Status::Accepted) | (_, Status::Rejected | Status::Held) => BlankState::Returned,
        }
    }

    /// Checks that an acceptance on a bound blank changes the account that the blank is bound to.
    ///
    /// # Panics
    /// When it changes another one: the program has mixed up two accounts.
    pub fn assert_fits(&self, settlement: &Settlement) {
        let (Some(bound), Some(changes)) = (&self.account, &settlement.changes) else { return };
        assert_eq!(bound, &changes.account, "form {} is bound to another account than it changes", self.instance);
    }
}

/// How a submission ended.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Status {
    /// What it asked for was done.
    Accepted,
    /// It was refused, with reasons.
    Rejected,
    /// A person must look.
    Held,
}

impl Status {
    /// The word for it in reports: `accepted`, `rejected`, `held`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Held => "held",
        }
    }

    /// The status with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Accepted, Self::Rejected, Self::Held].into_iter().find(|it| it.word() == word)
    }
}

/// What was decided on a file the first time.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FirstDecision {
    /// The submission.
    pub submission: SubmissionId,
    /// How it ended.
    pub status: Status,
    /// The run it was in.
    pub run: RunId,
    /// When it was decided.
    pub decided_at: Timestamp,
}

impl FirstDecision {
    /// The short form of a decision.
    pub fn of(record: &SubmissionRecord) -> Self {
        let SubmissionRecord { id, status, run, decided_at, .. } = record;
        Self { submission: id.clone(), status: *status, run: *run, decided_at: *decided_at }
    }
}

/// One look at an account's PIN.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Attempt {
    /// Whose PIN.
    pub account: AccountNumber,
    /// The channel whose budget it is taken from.
    pub channel: Channel,
    /// For which submission: reserving twice for one submission takes one attempt.
    pub submission: SubmissionId,
}

/// How many attempts an account has before its PIN is looked at no more.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Allowance {
    /// Most attempts that are out or were spent on wrong PINs.
    pub attempts: u32,
    /// Whether each channel has so many, or all of them together.
    pub budget: PinBudget,
}

impl Allowance {
    /// So many for each channel.
    pub const fn each_channel(attempts: u32) -> Self {
        Self { attempts, budget: PinBudget::EachChannel }
    }

    /// So many for all channels together.
    pub const fn shared(attempts: u32) -> Self {
        Self { attempts, budget: PinBudget::Shared }
    }

    /// Of the attempts that an account used, by channel, those that count against this channel.
    pub fn counted(&self, used: &BTreeMap<Channel, u32>, channel: Channel) -> u32 {
        match self.budget {
            PinBudget::EachChannel => used.get(&channel).copied().unwrap_or(0),
            PinBudget::Shared => used.values().sum(),
        }
    }

    /// Attempts that are left on this channel.
    pub fn left(&self, used: &BTreeMap<Channel, u32>, channel: Channel) -> u32 {
        self.attempts.saturating_sub(self.counted(used, channel))
    }
}

/// How a budget stands, seen from one attempt.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Budget {
    /// Attempts that are out or were spent on wrong PINs on its channel.
    pub used: u32,
    /// Whether this attempt was taken before, whatever became of it.
    pub is_taken: bool,
}

/// The answer to one attempt.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reservation {
    /// The PIN may be looked at.
    Reserved,
    /// The budget is used up: it may not.
    Locked,
}

/// A store that cannot do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else has held the store for too long.
    #[error("the account store is in use by another program")]
    Busy,
    /// The disk is full.
    #[error("the disk of the account store is full")]
    Full,
    /// The store may not be written.
    #[error("the account store may not be written")]
    ReadOnly,
    /// Another program has changed the vault key since this one began.
    #[error("the vault key of the account store was changed by another program")]
    OtherKey,
    /// A row of the audit trail would be older than the newest one.
    #[error("the clock says {now}, but the newest row of the audit trail is of {newest}")]
    ClockSetBack {
        /// What the clock says.
        now: Timestamp,
        /// When the newest row was written.
        newest: Timestamp,
    },
    /// It was made by a newer version of the program.
    #[error("the account store has schema {found}, this program knows {known}: it was written by a newer version")]
    Newer {
        /// Schema of the store.
        found: u32,
        /// Newest schema that this program knows.
        known: u32,
    },
    /// A row does not hold what it must.
    #[error("the account store is damaged: {table}, row {row}: {what}")]
    Damaged {
        /// The table.
        table: &'static str,
        /// Its key, as far as it is known. Never a secret.
        row: String,
        /// What is wrong.
        what: &'static str,
    },
    /// A change does not fit the account it is for.
    #[error("a change does not fit account {account}")]
    Change {
        /// The account.
        account: AccountNumber,
        /// What does not fit.
        source: crate::grant::BadChange,
    },
    /// An instance id was issued before.
    #[error("form {0} was issued before")]
    InstanceExists(InstanceId),
    /// Anything else that goes wrong underneath.
    #[error("the account store failed while {doing}")]
    Failed {
        /// What was being done.
        doing: &'static str,
        /// What went wrong.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}
