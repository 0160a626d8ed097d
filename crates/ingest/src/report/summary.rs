//! The sums of a run. Every file that went in ended in exactly one way; if the sums do not say so, the run failed.

use std::collections::{BTreeMap, BTreeSet};

use countersign_core::account::AccountNumber;
use countersign_core::policy::PinPolicy;
use countersign_core::reason::ReasonCode;
use jiff::Timestamp;
use serde::Serialize;

use crate::outcome::{Ending, Outcome, PinCheck, RunHeader};

/// How many files ended in which way.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Counts {
    /// What they asked for was done.
    pub accepted: u64,
    /// Refused with reasons.
    pub rejected: u64,
    /// A person must look.
    pub held: u64,
    /// Decided before.
    pub duplicate: u64,
    /// No forms at all.
    pub ignored: u64,
}

impl Counts {
    /// All of them.
    pub fn total(self) -> u64 {
        self.accepted + self.rejected + self.held + self.duplicate + self.ignored
    }
}

/// The PINs of a run.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct PinSums {
    /// PINs that were looked at.
    pub looked_at: u64,
    /// Those that were wrong.
    pub wrong: u64,
    /// Accounts on which at least one was wrong.
    pub accounts_with_wrong: u64,
    /// Whether that looks like one guess at each of many accounts (policy, `pins.spraying_accounts`).
    pub spraying: bool,
    /// Accounts whose channel was locked when one of their forms came to its PIN.
    pub locked: BTreeSet<AccountNumber>,
    #[serde(skip)]
    with_wrong: BTreeSet<AccountNumber>,
}

impl PinSums {
    fn count(&mut self, outcome: &Outcome) {
        if matches!(outcome.ending, Ending::Duplicate(_)) {
            return;
        }
        let account = outcome.asker.account.iter().cloned();
        match outcome.pin_check {
            PinCheck::Ok => self.looked_at += 1,
            PinCheck::Failed => {
                self.looked_at += 1;
                self.wrong += 1;
                self.with_wrong.extend(account);
                self.accounts_with_wrong = self.with_wrong.len() as u64;
            }
            PinCheck::Locked => self.locked.extend(account),
            PinCheck::Missing | PinCheck::NotChecked => {}
        }
    }
}

/// The sums of a run, as `summary.json` has them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// The run.
    pub run: String,
    /// The program's version.
    pub program_version: &'static str,
    /// When the run began, by the run's own clock.
    pub started_at: Timestamp,
    /// How long the run took by the wall clock; what is no property of the files is not in the CSV files.
    pub wall_seconds: f64,
    /// Whether the store was left as it was.
    pub dry_run: bool,
    /// The policy's name.
    pub policy_version: String,
    /// The policy's SHA-256.
    pub policy_sha256: String,
    /// Forms, requests and other files that ended in one of the ways below; a message may bring several.
    pub files: u64,
    /// Files and messages that they came as.
    pub sources: u64,
    /// The place of the newest of them in the run.
    #[serde(skip)]
    last_place: Option<usize>,
    /// How they ended.
    #[serde(flatten)]
    pub counts: Counts,
    /// How many came by which channel.
    pub channels: BTreeMap<&'static str, u64>,
    /// Changes that the accepted forms made: Authorized Users added and removed.
    pub changes: u64,
    /// Files and messages that went in, once that was told.
    #[serde(skip)]
    pub files_in: u64,
    /// Whether all that went in has ended.
    pub reconciled: bool,
    /// How often each reason was the primary one.
    pub primary_reasons: BTreeMap<ReasonCode, u64>,
    /// How often each reason was given at all.
    pub reasons: BTreeMap<ReasonCode, u64>,
    /// How often each field had a reason against it.
    pub fields: BTreeMap<String, u64>,
    /// PINs that were looked at.
    pub pins: PinSums,
    /// Forms that the program itself failed on; the run is not clean while there are any.
    pub internal_failures: u64,
}

impl Summary {
    pub(super) fn of_run(header: &RunHeader) -> Self {
        Self {
            run: header.run.to_string(),
            program_version: env!("CARGO_PKG_VERSION"),
            started_at: header.started_at,
            wall_seconds: 0.0,
            dry_run: header.rehearsal,
            policy_version: header.policy_version.clone(),
            policy_sha256: header.policy_digest.clone(),
            files: 0,
            sources: 0,
            last_place: None,
            counts: Counts::default(),
            channels: BTreeMap::new(),
            changes: 0,
            files_in: 0,
            reconciled: false,
            primary_reasons: BTreeMap::new(),
            reasons: BTreeMap::new(),
            fields: BTreeMap::new(),
            pins: PinSums::default(),
            internal_failures: 0,
        }
    }

    pub(super) fn count(&mut self, outcome: &Outcome) {
        self.files += 1;
        self.sources += u64::from(self.last_place != Some(outcome.place));
        self.last_place = Some(outcome.place);
        *self.channels.entry(outcome.channel.word()).or_default() += 1;
        self.pins.count(outcome);
        let counter = match &outcome.ending {
            Ending::Accepted(changes) => {
                self.changes += changes.len() as u64;
                &mut self.counts.accepted
            }
            Ending::Rejected(_) => &mut self.counts.rejected,
            Ending::Held(_) => &mut self.counts.held,
            Ending::Duplicate(_) => &mut self.counts.duplicate,
            Ending::Ignored(_) => &mut self.counts.ignored,
        };
        *counter += 1;
        let reasons = outcome.ending.reasons();
        if let Some(primary) = reasons.first() {
            *self.primary_reasons.entry(primary.code).or_default() += 1;
        }
        for reason in reasons {
            *self.reasons.entry(reason.code).or_default() += 1;
            if let Some(field) = &reason.field {
                *self.fields.entry(field.clone()).or_default() += 1;
            }
            self.internal_failures += u64::from(reason.code == ReasonCode::Internal);
        }
    }

    /// Raises the alarm if the wrong PINs of the run look like one guess at each of many accounts.
    pub fn judge_pins(&mut self, policy: &PinPolicy) {
        let PinSums { looked_at, wrong, accounts_with_wrong, .. } = self.pins;
        let is_many = accounts_with_wrong >= policy.spraying_accounts;
        self.pins.spraying = is_many && wrong * 100 >= looked_at * policy.spraying_percent;
    }

    /// Compares with the number of files and messages that went in: each has ended, as one thing or several.
    pub fn reconcile(&mut self, files_in: u64) {
        self.files_in = files_in;
        self.reconciled = self.sources == files_in && self.counts.total() == self.files;
    }
}
