//! What a row of the audit trail tells that a letter may be about. The trail is the one record of everything that happened, each thing
//! once and in order: whoever has walked it up to a row has seen all of it.

use countersign_core::account::AccountNumber;
use countersign_core::audit::AuditRow;
use countersign_core::instance::InstanceId;
use countersign_core::person::PersonId;
use countersign_core::submission::{Channel, SubmissionId};
use jiff::Timestamp;
use serde::Deserialize;

/// Something that happened to an account, or to a submission that names it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Happened {
    /// The account.
    pub account: AccountNumber,
    /// When.
    pub at: Timestamp,
    /// The submission that was decided; `None`: the staff did it by hand.
    pub submission: Option<SubmissionId>,
    /// What.
    pub what: What,
    /// The blank that it came on, as the file says; nothing about it is proved.
    pub instance: Option<InstanceId>,
}

/// What happened.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum What {
    /// The account was changed; by the word of a signer, or of the staff.
    Changed {
        /// In whose name it was asked for; `None`: the staff did it by hand.
        signer: Option<PersonId>,
    },
    /// A submission was decided, and changed nothing.
    Decided {
        /// How it came.
        channel: Option<Channel>,
        /// How it ended.
        decision: Decision,
    },
}

/// How a submission ended that changed nothing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Decision {
    /// It was refused.
    Rejected,
    /// A person refused it, and asks for a corrected one.
    Correction,
    /// A person must look.
    Held,
}

/// What is read of a row's evidence; the rest is for auditors.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Evidence {
    submission: Option<String>,
    channel: Option<String>,
    instance: Option<String>,
    signer: Option<u32>,
    changes: Vec<String>,
}

impl Happened {
    /// What a row tells; `None` when it concerns no account, or nothing that a letter is written about: blanks, calls, imports of accounts.
    ///
    /// A row is one of a change if its evidence lists changes, whoever made them and however the row is called.
    pub fn of(row: &AuditRow) -> Option<Self> {
        let account = row.event.account.clone()?;
        let evidence: Evidence = serde_json::from_str(&row.event.evidence).unwrap_or_default();
        let decision = match row.event.what.as_str() {
            "submission rejected" => Some(Decision::Rejected),
            "submission correction" => Some(Decision::Correction),
            "submission held" => Some(Decision::Held),
            _ => None,
        };
        let submission = evidence.submission.map(SubmissionId::from_stored);
        let what = if evidence.changes.is_empty() {
            let channel = evidence.channel.as_deref().and_then(Channel::from_word);
            What::Decided { channel, decision: decision.filter(|_| submission.is_some())? }
        } else {
            What::Changed { signer: evidence.signer.map(PersonId) }
        };
        let instance = evidence.instance.and_then(|it| it.parse().ok());
        Some(Self { account, at: row.event.at, submission, what, instance })
    }
}

#[cfg(test)]
mod tests {
    use countersign_core::audit::{AuditEvent, AuditHead};

    use super::*;

    fn told(what: &str, account: Option<&str>, evidence: &str) -> Option<What> {
        let account = account.map(|it| it.parse().unwrap());
        let (what, who, evidence) = (what.to_owned(), "run R-1".to_owned(), evidence.to_owned());
        let row = AuditHead::start().seal(AuditEvent { at: Timestamp::UNIX_EPOCH, what, who, account, evidence });
        Happened::of(&row).map(|it| it.what)
    }

    #[test]
    fn a_row_with_changes_is_a_change_however_it_is_called() {
        let accepted = r#"{"submission":"S-1","channel":"form","signer":2,"changes":["add 3"],"reasons":[]}"#;
        let changed = What::Changed { signer: Some(PersonId(2)) };
        assert_eq!(told("submission accepted", Some("A-1"), accepted), Some(changed));
        let by_hand = Some(What::Changed { signer: None });
        assert_eq!(told("account closed", Some("A-1"), r#"{"changes":["close"]}"#), by_hand);
        assert_eq!(told("something new", Some("A-1"), r#"{"changes":["it"],"people":["x"]}"#), by_hand);
    }

    #[test]
    fn a_row_of_a_decision_is_told_and_no_other() {
        let evidence = r#"{"submission":"S-1","channel":"form","status":"rejected"}"#;
        let decided = |decision| Some(What::Decided { channel: Some(Channel::Form), decision });
        assert_eq!(told("submission rejected", Some("A-1"), evidence), decided(Decision::Rejected));
        assert_eq!(told("submission held", Some("A-1"), evidence), decided(Decision::Held));
        assert_eq!(told("submission correction", Some("A-1"), evidence), decided(Decision::Correction));
        assert_eq!(told("submission rejected", None, evidence), None, "no account is known");
        for other in ["blanks issued", "correction form issued", "caller verified", "channel unlocked"] {
            assert_eq!(told(other, Some("A-1"), r#"{"submission":"S-1"}"#), None, "{other}");
        }
        assert_eq!(told("submission rejected", Some("A-1"), "no json"), None);
    }
}
