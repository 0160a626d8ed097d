//! The columns of the tables, and how a row is made. No PIN, no length of one, no hash of one stands in any of them.

use countersign_core::decision::Refusal;
use countersign_core::person::Email;
use countersign_core::reason::Reason;
use countersign_core::store::FirstDecision;
use countersign_core::submission::{FileDigest, SubmissionId};
use jiff::Timestamp;

use crate::outcome::{AppliedChange, Outcome, PinCheck, RunHeader};

/// Columns that most tables begin with.
const COMMON_COLUMNS: usize = 19;

macro_rules! columns {
    ($name:ident, $doc:literal, [$($own:literal),* $(,)?]) => {
        #[doc = $doc]
        pub(super) const $name: &[&str] = &[
            "run_id", "submission_id", "source_file", "source_sha256", "channel", "received_at", "decided_at",
            "form_template", "form_version", "form_instance", "account_number", "account_name", "signer_name",
            "signer_role", "signature_date", "reading_method", "status", "policy_version", "audit_seq",
            $($own,)*
            "message_sha256", "message_received_at",
        ];
    };
}

columns!(
    ACCEPTED,
    "One row for each change that was made.",
    ["pin_check", "action", "field", "first_name", "last_name", "email", "role"]
);
columns!(
    REJECTED,
    "One row for each form.",
    ["pin_check", "primary_reason", "reason_for_staff", "message_to_customer", "all_reasons"]
);
columns!(
    DUPLICATES,
    "One row for each file, with what was decided on its first copy.",
    ["first_submission_id", "first_status", "first_run_id", "first_decided_at"]
);

columns!(
    HELD,
    "One row for each form that a person must look at, with all that is to be looked at.",
    ["pin_check", "primary_reason", "reason_for_staff", "message_to_customer", "all_reasons", "to_look_at"]
);

/// One row for each reason against a rejected form.
pub(super) const DETAILS: &[&str] = &[
    "run_id",
    "submission_id",
    "source_file",
    "account_number",
    "reason",
    "severity",
    "field",
    "detail",
    "reason_for_staff",
    "message_to_customer",
];

/// One row for each file that is no form at all.
pub(super) const IGNORED: &[&str] = &["run_id", "source_file", "why"];

/// The common cells of one file's rows.
pub(super) struct Row {
    common: Vec<String>,
    /// Those of the message that it came in, which stand last.
    message: [String; 2],
}

impl Row {
    pub(super) fn of(outcome: &Outcome, header: &RunHeader) -> Self {
        let form = outcome.form.as_ref();
        let asker = &outcome.asker;
        let shown = |it: Option<String>| it.unwrap_or_default();
        let common = vec![
            header.run.to_string(),
            shown(outcome.submission_id().map(|it: SubmissionId| it.to_string())),
            outcome.source_file.clone(),
            shown(outcome.file.map(FileDigest::to_hex)),
            outcome.channel.word().to_owned(),
            shown(outcome.received_at.map(time)),
            time(outcome.decided_at),
            shown(form.map(|it| it.template.name.clone())),
            shown(form.map(|it| it.template.version.to_string())),
            shown(form.and_then(|it| it.instance.as_ref()).map(ToString::to_string)),
            shown(asker.account.as_ref().map(ToString::to_string)),
            asker.account_name.clone(),
            asker.signer.clone(),
            asker.signer_role.to_owned(),
            shown(asker.signed_on.map(|it| it.to_string())),
            shown(outcome.method.map(|it| it.as_str().to_owned())),
            outcome.ending.word().to_owned(),
            header.policy_version.clone(),
            shown(outcome.audit_seq.map(|it| it.to_string())),
        ];
        debug_assert_eq!(common.len(), COMMON_COLUMNS, "the common cells are those of the common columns");
        let message = [
            shown(outcome.message.as_ref().map(|it| it.digest.to_hex())),
            shown(outcome.message_received_at.map(time)),
        ];
        Self { common, message }
    }

    fn with(&self, own: impl IntoIterator<Item = String>) -> Vec<String> {
        self.common.iter().cloned().chain(own).chain(self.message.iter().cloned()).collect()
    }

    pub(super) fn accepted(&self, change: &AppliedChange, pin_check: PinCheck) -> Vec<String> {
        self.with([
            pin_check.word().to_owned(),
            change.action.to_owned(),
            change.field.clone(),
            change.first_name.clone(),
            change.last_name.clone(),
            change.email.as_ref().map(Email::to_string).unwrap_or_default(),
            change.job.clone(),
        ])
    }

    pub(super) fn refused(&self, refusal: &Refusal, pin_check: PinCheck) -> Vec<String> {
        self.with(self.refusal(refusal, pin_check))
    }

    fn refusal(&self, refusal: &Refusal, pin_check: PinCheck) -> [String; 5] {
        let primary = &refusal.reasons()[0];
        let mut codes: Vec<&str> = Vec::new();
        for reason in refusal.reasons() {
            if !codes.contains(&reason.code.as_str()) {
                codes.push(reason.code.as_str());
            }
        }
        [
            pin_check.word().to_owned(),
            primary.code.to_string(),
            primary.code.for_staff().to_owned(),
            refusal.for_customer(),
            codes.join(" "),
        ]
    }

    pub(super) fn held(&self, refusal: &Refusal, pin_check: PinCheck) -> Vec<String> {
        let shown = |it: &Reason| {
            let field = it.field.as_deref().map(|it| format!(" {it}")).unwrap_or_default();
            let detail = it.detail.as_deref().map(|it| format!(": {it}")).unwrap_or_default();
            format!("{}{field}{detail}", it.code)
        };
        let to_look_at: Vec<String> = refusal.reasons().iter().map(shown).collect();
        self.with(self.refusal(refusal, pin_check).into_iter().chain([to_look_at.join("; ")]))
    }

    pub(super) fn detail(&self, reason: &Reason) -> Vec<String> {
        let severity = match reason.severity {
            countersign_core::reason::Severity::Hold => "hold",
            countersign_core::reason::Severity::Reject => "reject",
        };
        let common = [0, 1, 2, 10].map(|at: usize| self.common[at].clone());
        let own = [
            reason.code.to_string(),
            severity.to_owned(),
            reason.field.clone().unwrap_or_default(),
            reason.detail.clone().unwrap_or_default(),
            reason.code.for_staff().to_owned(),
            reason.code.for_customer().to_owned(),
        ];
        common.into_iter().chain(own).collect()
    }

    pub(super) fn duplicate(&self, first: &FirstDecision) -> Vec<String> {
        self.with([
            first.submission.to_string(),
            first.status.word().to_owned(),
            first.run.to_string(),
            time(first.decided_at),
        ])
    }

    pub(super) fn ignored(&self, why: &str) -> Vec<String> {
        vec![self.common[0].clone(), self.common[2].clone(), why.to_owned()]
    }
}

/// A moment in ISO 8601, UTC, whole seconds.
pub(super) fn time(at: Timestamp) -> String {
    at.round(jiff::Unit::Second).unwrap_or(at).to_string()
}
