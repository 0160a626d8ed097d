//! A decision with everything that it changes, as a store takes it, and what is kept of it.

use jiff::Timestamp;

use super::{Attempt, FirstDecision, Resolution, ResolvedAs, RunId, Status};
use crate::account::AccountNumber;
use crate::audit::AuditEvent;
use crate::grant::{Cause, Change};
use crate::instance::InstanceId;
use crate::person::PersonId;
use crate::reason::Reason;
use crate::submission::{Channel, FileDigest, InMessage, RequestDigest, SubmissionId};

/// What became of a reserved attempt.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AttemptOutcome {
    /// The PIN was right: the attempt is given back.
    Right,
    /// The PIN was wrong: the attempt stays spent.
    Wrong,
}

/// A decision with everything that it changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Settlement {
    /// The decision.
    pub record: SubmissionRecord,
    /// What it changes, and on which revision of the account; only on accepted submissions.
    pub changes: Option<AccountChanges>,
    /// The issued blank that came back; bound ones are consumed by an acceptance, all others become returned.
    pub blank: Option<InstanceId>,
    /// What became of the attempt reserved for it, where one was.
    pub attempt: Option<(Attempt, AttemptOutcome)>,
    /// The row for the audit trail.
    pub event: AuditEvent,
}

impl Settlement {
    /// Checks that the settlement does not contradict itself.
    ///
    /// # Panics
    /// When it changes an account though it was not accepted, when its parts name different accounts or submissions,
    /// or when it was not accepted and has no reason. Each would be a fault of the program, never of a form.
    pub fn assert_sound(&self) {
        let record = &self.record;
        let is_accepted = record.status == Status::Accepted;
        assert!(is_accepted || !record.reasons.is_empty(), "{}: not accepted, but without a reason", record.id);
        if let Some(changes) = &self.changes {
            assert!(is_accepted, "{}: changes an account though it was not accepted", record.id);
            assert_eq!(Some(&changes.account), record.account.as_ref(), "{}: changes another account", record.id);
        }
        if let Some((attempt, _)) = &self.attempt {
            assert_eq!(Some(&attempt.account), record.account.as_ref(), "{}: attempt on another account", record.id);
            assert_eq!(attempt.submission, record.id, "the attempt is another submission's");
            assert_eq!(attempt.channel, record.channel, "{}: attempt on another channel", record.id);
        }
    }
}

impl Settlement {
    /// Checks that the settlement is what a person made of a held submission.
    ///
    /// # Panics
    /// When it contradicts itself or the resolution, or leaves the submission held.
    pub fn assert_resolves(&self, resolution: &Resolution) {
        self.assert_sound();
        let (id, status) = (&self.record.id, self.record.status);
        assert_eq!(id, &resolution.submission, "the resolution is another submission's");
        let is_accepted = resolution.ended == ResolvedAs::Accepted;
        assert_eq!(is_accepted, status == Status::Accepted, "{id}: settled otherwise than resolved");
        assert_ne!(status, Status::Held, "{id}: resolved, but still held");
    }
}

/// What an accepted submission changes.
#[derive(Clone, Debug, PartialEq)]
pub struct AccountChanges {
    /// The account.
    pub account: AccountNumber,
    /// The revision that the decision was made on.
    pub revision: u64,
    /// The person whose signature it rests on.
    pub granted_by: PersonId,
    /// The changes, in order.
    pub changes: Vec<Change>,
}

impl AccountChanges {
    /// On whose word the changes are made when they come with this decision.
    pub fn cause(&self, record: &SubmissionRecord) -> Cause {
        Cause { at: record.decided_at, granted_by: Some(self.granted_by), submission: Some(record.id.clone()) }
    }
}

/// What is kept of a decision. Holds no value of the form but the names that it concerns.
#[derive(Clone, Debug, PartialEq)]
pub struct SubmissionRecord {
    /// Its id.
    pub id: SubmissionId,
    /// The run it was in.
    pub run: RunId,
    /// The message that it came in; `None` where it came otherwise.
    pub message: Option<InMessage>,
    /// SHA-256 of the file. Of a request written in a message whose sender is proved: of all that its signature covers, which is the
    /// same for every copy of it.
    pub file: FileDigest,
    /// The name of the file, escaped; it is data, never a path.
    pub source_file: String,
    /// How it came.
    pub channel: Channel,
    /// When it was decided.
    pub decided_at: Timestamp,
    /// How it ended.
    pub status: Status,
    /// The account that it names, if there is such an account.
    pub account: Option<AccountNumber>,
    /// What it asks for, as a keyed digest, where it could be read.
    pub request: Option<RequestDigest>,
    /// Why it was not accepted, in the order of the checks; on what a person accepted, why it was held.
    pub reasons: Vec<Reason>,
    /// The policy it was decided under: 64 hexadecimal digits.
    pub policy: String,
}

impl SubmissionRecord {
    /// SHA-256 of the file that it lies in: its own, or that of the message that it came in.
    pub fn original(&self) -> FileDigest {
        self.message.as_ref().map_or(self.file, |it| it.digest)
    }
}

/// What became of one settlement.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Settled {
    /// It is written.
    Done {
        /// Its row in the audit trail.
        audit_seq: u64,
    },
    /// The account or the blank changed since it was looked up: look again, decide again. Nothing was written.
    Stale,
    /// The same bytes were decided in the meantime. Nothing was written.
    Before(FirstDecision),
}
