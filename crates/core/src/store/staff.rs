//! What the staff does with the store by hand: changes, held submissions, void blanks, a new vault key; and what it asks.

use jiff::Timestamp;

use super::{IssuedBlank, RunId, Status, SubmissionRecord};
use crate::pin::{PinError, PinHolder, PinVerifier};
use crate::submission::SubmissionId;

/// The answer to a change on the word of the staff.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Changed {
    /// It is written.
    Done {
        /// Its row in the audit trail.
        audit_seq: u64,
    },
    /// The account has another revision, or does not exist any more. Nothing was written.
    Stale,
}

/// What a person at the desk made of a held submission.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Resolution {
    /// The submission.
    pub submission: SubmissionId,
    /// When.
    pub at: Timestamp,
    /// Who, as they named themselves.
    pub by: String,
    /// Why, in their words.
    pub why: String,
    /// How it ended.
    pub ended: ResolvedAs,
}

/// How a held submission ended at the desk.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ResolvedAs {
    /// What it asked for was done; the rules were run again.
    Accepted,
    /// It was refused.
    Rejected,
    /// It was refused, and the customer is asked to send it again, corrected.
    Correction,
}

impl ResolvedAs {
    /// The word for it: `accepted`, `rejected`, `correction`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Correction => "correction",
        }
    }

    /// The ending with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Accepted, Self::Rejected, Self::Correction].into_iter().find(|it| it.word() == word)
    }
}

/// The answer to a resolution.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Resolved {
    /// It is written.
    Done {
        /// Its row in the audit trail.
        audit_seq: u64,
    },
    /// The account or the blank changed since it was looked up. Nothing was written.
    Stale,
    /// The submission is not held, or does not exist. Nothing was written.
    NotHeld,
}

/// Which submissions are asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Which {
    /// Those that wait for a person.
    Held,
    /// Those that were first decided in a run.
    OfRun(RunId),
}

impl Which {
    /// Whether a submission is one of these.
    pub fn fits(self, record: &SubmissionRecord) -> bool {
        match self {
            Self::Held => record.status == Status::Held,
            Self::OfRun(run) => record.run == run,
        }
    }
}

/// The answer to declaring a blank void.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Voided {
    /// It is void now.
    Done {
        /// Its row in the audit trail.
        audit_seq: u64,
    },
    /// It was used up or void already. Nothing was written.
    NotOpen(IssuedBlank),
    /// It was never issued.
    Unknown,
}

/// Seals again, under another vault key, what a store keeps sealed.
pub trait Rewrap {
    /// The same verifier under the new key.
    fn verifier(&mut self, of: PinHolder<'_>, verifier: &PinVerifier) -> Result<PinVerifier, PinError>;

    /// The seal of a blank under the new key; `None` for a row that the old key does not prove, which stays as it is.
    fn blank(&mut self, blank: &IssuedBlank) -> Option<String>;

    /// The key of request digests, sealed under the new key.
    fn request_key(&mut self) -> String;
}

/// What is kept of a run.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RunRecord {
    /// Its number.
    pub run: RunId,
    /// When it began.
    pub begun_at: Timestamp,
    /// Where its files came from and went: paths as the operator gave them, made absolute.
    pub places: Vec<String>,
}
