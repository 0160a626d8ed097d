//! What became of one file of a run: the row of the reports.

use countersign_core::account::AccountNumber;
use countersign_core::decision::Refusal;
use countersign_core::person::Email;
use countersign_core::reason::Reason;
use countersign_core::store::{FirstDecision, RunId, Status};
use countersign_core::submission::{Channel, FileDigest, FormClaim, InMessage, SubmissionId};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::reading::ReadingMethod;

/// What became of one file of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Its place in the list of files that the run was given, from 0.
    pub place: usize,
    /// The file's name within the folder, escaped: it is data, never a path.
    pub source_file: String,
    /// Digest of its bytes; `None` where they could not be read.
    pub file: Option<FileDigest>,
    /// How it came.
    pub channel: Channel,
    /// When the file was last written, as the file system says.
    pub received_at: Option<Timestamp>,
    /// The message that it came in.
    pub message: Option<InMessage>,
    /// When that message came, as the mail servers' lines in it say.
    pub message_received_at: Option<Timestamp>,
    /// When it was decided.
    pub decided_at: Timestamp,
    /// How its values were obtained; `None` where nothing could be read.
    pub method: Option<ReadingMethod>,
    /// Which blank it says it is, where it is one of ours.
    pub form: Option<FormClaim>,
    /// Who asks for which account, as far as the form could be read.
    pub asker: Asker,
    /// Whether the PIN was looked at, and what came of it.
    pub pin_check: PinCheck,
    /// How it ended.
    pub ending: Ending,
    /// Its row in the audit trail; `None` where nothing was written.
    pub audit_seq: Option<u64>,
}

/// Who asks for which account, for the reports.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Asker {
    /// The account's number as read.
    pub account: Option<AccountNumber>,
    /// The account's name as the store has it; empty when there is no such account.
    pub account_name: String,
    /// The signer's name as read.
    pub signer: String,
    /// The role they ticked: `owner`, `authorized_user`, or empty.
    pub signer_role: &'static str,
    /// The date they signed.
    pub signed_on: Option<Date>,
}

/// How a file of a run ended: in exactly one of these.
#[derive(Clone, Debug, PartialEq)]
pub enum Ending {
    /// What it asked for was done.
    Accepted(Vec<AppliedChange>),
    /// It was refused, with reasons.
    Rejected(Refusal),
    /// A person must look.
    Held(Refusal),
    /// The same bytes were decided before.
    Duplicate(FirstDecision),
    /// It is no form at all: what an operating system leaves lying about.
    Ignored(&'static str),
}

impl Ending {
    /// The word for it in reports: `accepted`, `rejected`, `held`, `duplicate`, `ignored`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Accepted(_) => Status::Accepted.word(),
            Self::Rejected(_) => Status::Rejected.word(),
            Self::Held(_) => Status::Held.word(),
            Self::Duplicate(_) => "duplicate",
            Self::Ignored(_) => "ignored",
        }
    }

    /// Ends a refused file as its reasons say.
    pub fn refused(refusal: Refusal) -> Self {
        match refusal.status() {
            Status::Held => Self::Held(refusal),
            Status::Rejected | Status::Accepted => Self::Rejected(refusal),
        }
    }

    /// The reasons against it; empty unless it was rejected or held.
    pub fn reasons(&self) -> &[Reason] {
        match self {
            Self::Rejected(refusal) | Self::Held(refusal) => refusal.reasons(),
            Self::Accepted(_) | Self::Duplicate(_) | Self::Ignored(_) => &[],
        }
    }
}

/// One change that an accepted form made.
#[derive(Clone, Debug, PartialEq)]
pub struct AppliedChange {
    /// `add` or `remove`.
    pub action: &'static str,
    /// First part of the names of the fields that asked for it: `add.1`.
    pub field: String,
    /// First name of the person.
    pub first_name: String,
    /// Last name of the person.
    pub last_name: String,
    /// Their address, where it was given.
    pub email: Option<Email>,
    /// What they do at the customer's; or empty.
    pub job: String,
}

/// Whether the PIN was looked at.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PinCheck {
    /// It was right.
    Ok,
    /// It was wrong.
    Failed,
    /// There was none.
    Missing,
    /// Other reasons came first.
    NotChecked,
    /// The budget of the account on this channel was used up.
    Locked,
}

impl PinCheck {
    /// The word for it in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::Missing => "missing",
            Self::NotChecked => "not_checked",
            Self::Locked => "locked",
        }
    }
}

impl Outcome {
    /// The submission's id; empty where the bytes could not be read.
    pub fn submission_id(&self) -> Option<SubmissionId> {
        self.file.map(SubmissionId::of_file)
    }
}

/// What all rows of a run's reports share.
#[derive(Clone, Debug, PartialEq)]
pub struct RunHeader {
    /// The run.
    pub run: RunId,
    /// When it began.
    pub started_at: Timestamp,
    /// The policy's name.
    pub policy_version: String,
    /// The policy's digest, 64 hexadecimal digits.
    pub policy_digest: String,
    /// Whether the store is left as it was.
    pub rehearsal: bool,
}
