//! What is written of a decision: its row in the reports, its record in the store, its evidence in the audit trail.
//! Nothing in here holds a PIN.

use countersign_core::audit::AuditEvent;
use countersign_core::grant::Change;
use countersign_core::reason::ReasonCode;
use countersign_core::store::{Settlement, Status, SubmissionRecord};
use countersign_core::submission::{Request, Submission, SubmissionId};
use jiff::Timestamp;
use serde::Serialize;

use super::RunSettings;
use super::examine::{Examined, Judged};
use super::wave::Decided;
use crate::outcome::{AppliedChange, Asker, Ending, Outcome, PinCheck, RunHeader};
use crate::reading::Provenance;

/// The row of a file that ended like this; its PIN was not looked at.
pub(super) fn decision_row(file: &Examined, ending: Ending, decided_at: Timestamp) -> Outcome {
    let parsed = match &file.verdict {
        Judged::Parsed(parsed) => Some(parsed),
        Judged::Litter(_) | Judged::Unstable(_) | Judged::Refused(_) => None,
    };
    Outcome {
        place: file.place,
        source_file: file.source_file.clone(),
        file: file.file,
        channel: file.channel,
        received_at: file.received_at,
        message: file.message.clone(),
        message_received_at: file.message_received_at,
        decided_at,
        method: file.method,
        form: parsed.and_then(|it| it.form.clone()),
        asker: parsed.map_or_else(Asker::default, |it| it.asker.clone()),
        pin_check: parsed.map_or(PinCheck::NotChecked, |it| it.pin_check),
        ending,
        audit_seq: None,
    }
}

/// What accepted requests changed, for the report.
pub(super) fn applied_changes(submission: &Submission) -> Vec<AppliedChange> {
    let change = |request: &Request| {
        let (action, email, job) = match request {
            Request::Add { person, .. } => ("add", person.email.clone(), person.job.clone()),
            Request::Remove { email, .. } => ("remove", email.clone(), String::new()),
        };
        let (first_name, last_name) = (request.name().first().to_owned(), request.name().last().to_owned());
        AppliedChange { action, field: request.field().to_owned(), first_name, last_name, email, job }
    };
    submission.requests.iter().map(change).collect()
}

/// What an auditor needs to see why a decision was made. Names of fields and ways of reading, never a value.
#[derive(Serialize)]
struct Evidence<'a> {
    submission: &'a str,
    channel: &'static str,
    file_sha256: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_sha256: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sender: Option<&'static str>,
    template: Option<String>,
    instance: Option<&'a str>,
    status: &'static str,
    reasons: Vec<ReasonCode>,
    pin_check: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    signer: Option<u32>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    changes: Vec<String>,
    policy: &'a str,
    reading: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    read_otherwise: Vec<(&'a str, Provenance)>,
}

/// The decision on one file as the store takes it.
pub(super) fn settlement(
    file: &Examined,
    decided: &Decided,
    is_account_known: bool,
    (header, settings): (&RunHeader, &RunSettings<'_>),
) -> Settlement {
    let digest = file.file.expect("a decided file has a digest");
    let id = SubmissionId::of_file(digest);
    let parsed = match &file.verdict {
        Judged::Parsed(parsed) => Some(parsed),
        Judged::Litter(_) | Judged::Unstable(_) | Judged::Refused(_) => None,
    };
    let account = parsed.and_then(|it| it.asker.account.clone()).filter(|_| is_account_known);
    let instance = parsed.and_then(|it| it.instance().cloned());
    let (status, reasons, pin_check) = match decided {
        Decided::Refused(refusal, pin_check, _) => (refusal.status(), refusal.reasons().to_vec(), *pin_check),
        Decided::Accepted(..) => (Status::Accepted, vec![], PinCheck::Ok),
    };
    let made = match decided {
        Decided::Accepted(changes, _) => Some(changes),
        Decided::Refused(..) => None,
    };
    let evidence = Evidence {
        submission: id.as_str(),
        channel: file.channel.word(),
        file_sha256: digest.to_hex(),
        message_sha256: file.message.as_ref().map(|it| it.digest.to_hex()),
        sender: file.sender,
        template: parsed.and_then(|it| it.form.as_ref()).map(|it| it.template.to_string()),
        instance: instance.as_ref().map(|it| it.as_str()),
        status: status.word(),
        reasons: reasons.iter().map(|it| it.code).collect(),
        pin_check: pin_check.word(),
        signer: made.map(|it| it.granted_by.0),
        changes: made.iter().flat_map(|it| &it.changes).map(Change::to_evidence).collect(),
        policy: &header.policy_digest,
        reading: file.method.map(|it| it.as_str()),
        read_otherwise: read_otherwise(file),
    };
    let event = AuditEvent {
        at: settings.now,
        what: format!("submission {}", status.word()),
        who: format!("run {}", header.run),
        account: account.clone(),
        evidence: serde_json::to_string(&evidence).expect("evidence is plain data"),
    };
    let (changes, attempt) = match decided {
        Decided::Refused(_, _, attempt) => (None, attempt.clone()),
        Decided::Accepted(changes, attempt) => {
            (Some(changes.clone()), Some((attempt.clone(), countersign_core::store::AttemptOutcome::Right)))
        }
    };
    let record = SubmissionRecord {
        id,
        run: header.run,
        message: file.message.clone(),
        file: digest,
        source_file: file.source_file.clone(),
        channel: file.channel,
        decided_at: settings.now,
        status,
        account,
        request: parsed.and_then(|it| it.request.clone()),
        reasons,
        policy: header.policy_digest.clone(),
    };
    Settlement { record, changes, blank: instance, attempt, event }
}

/// Fields whose value was not simply the field's own.
fn read_otherwise(file: &Examined) -> Vec<(&str, Provenance)> {
    let is_plain = |from: Provenance| matches!(from, Provenance::FieldValue | Provenance::Absent);
    file.provenance.iter().filter(|(_, from)| !is_plain(**from)).map(|(name, from)| (name.as_str(), *from)).collect()
}
