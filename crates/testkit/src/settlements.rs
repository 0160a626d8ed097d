//! Settlements in one line: `accepted("march.pdf", &account).adding("Bo", "Kim").build()`.

use countersign_core::account::{Account, AccountNumber};
use countersign_core::audit::AuditEvent;
use countersign_core::grant::Change;
use countersign_core::instance::InstanceId;
use countersign_core::person::{Person, PersonId, PersonName, PersonStanding};
use countersign_core::reason::{Reason, ReasonCode};
use countersign_core::store::{AccountChanges, Attempt, AttemptOutcome, RunId, Settlement, Status, SubmissionRecord};
use countersign_core::submission::{Channel, FileDigest, RequestDigest, SubmissionId};
use jiff::Timestamp;

use crate::{NOW, person_verifier};

/// Something for the audit trail, at [`NOW`].
pub fn event(what: &str) -> AuditEvent {
    event_at(NOW, what)
}

fn event_at(at: Timestamp, what: &str) -> AuditEvent {
    AuditEvent { at, what: what.to_owned(), who: "tester".to_owned(), account: None, evidence: "{}".to_owned() }
}

/// Begins the acceptance of a file on the account as it stands; without more words it changes nothing.
pub fn accepted(file: &str, account: &Account) -> SettlementBuilder {
    let mut built = begin(file, Status::Accepted, account.number.clone());
    let (account, revision) = (account.number.clone(), account.revision);
    built.settlement.changes = Some(AccountChanges { account, revision, granted_by: PersonId(1), changes: Vec::new() });
    built
}

/// Begins the rejection of a file for this reason.
pub fn rejected(file: &str, account: &Account, code: ReasonCode) -> SettlementBuilder {
    let mut built = begin(file, Status::Rejected, account.number.clone());
    built.settlement.record.reasons = vec![Reason::of_form(code)];
    built
}

/// Begins the holding of a file for this reason.
pub fn held(file: &str, account: &Account, code: ReasonCode) -> SettlementBuilder {
    let mut built = rejected(file, account, code);
    built.settlement.record.status = Status::Held;
    built
}

/// A settlement in the making: run `R-000001`, decided at [`NOW`], by form; see [`accepted`] and [`rejected`].
#[derive(Clone, Debug)]
#[must_use]
pub struct SettlementBuilder {
    settlement: Settlement,
}

fn begin(file: &str, status: Status, account: AccountNumber) -> SettlementBuilder {
    let digest = FileDigest::of(file.as_bytes());
    let record = SubmissionRecord {
        id: SubmissionId::of_file(digest),
        run: RunId(1),
        message: None,
        file: digest,
        source_file: file.to_owned(),
        channel: Channel::Form,
        decided_at: NOW,
        status,
        account: Some(account),
        request: None,
        reasons: Vec::new(),
        policy: "0".repeat(64),
    };
    let event = event(&format!("submission {}", status.word()));
    SettlementBuilder { settlement: Settlement { record, changes: None, blank: None, attempt: None, event } }
}

impl SettlementBuilder {
    /// When it is decided.
    pub fn at(mut self, at: Timestamp) -> Self {
        self.settlement.record.decided_at = at;
        self.settlement.event.at = at;
        self
    }

    /// Adds a change.
    ///
    /// # Panics
    /// When it is not an acceptance.
    pub fn change(mut self, change: Change) -> Self {
        let changes = self.settlement.changes.as_mut().expect("only an acceptance changes an account");
        changes.changes.push(change);
        self
    }

    /// Adds a new person as an Authorized User, numbered `id`, with the PIN `7193`, since the moment of the decision.
    pub fn adding(self, id: u32, first: &str, last: &str) -> Self {
        let record = &self.settlement.record;
        let number = record.account.as_ref().expect("every built settlement names its account");
        let person = Person {
            id: PersonId(id),
            name: PersonName::new(first, last).expect("a name in a test is one"),
            email: None,
            phone: None,
            standing: PersonStanding::AuthorizedUser { since: Some(record.decided_at) },
            job: String::new(),
            pin: Some(person_verifier(number, "7193")),
            code: None,
        };
        self.change(Change::AddPerson(person))
    }

    /// Takes an Authorized User's privileges.
    pub fn removing(self, id: u32) -> Self {
        self.change(Change::Deauthorize { person: PersonId(id) })
    }

    /// The blank that it came on.
    pub fn on_blank(mut self, instance: &InstanceId) -> Self {
        self.settlement.blank = Some(instance.clone());
        self
    }

    /// What it asks for, as the digest of any text.
    pub fn asking(mut self, request: &str) -> Self {
        let digest = FileDigest::of(request.as_bytes()).to_hex();
        self.settlement.record.request = Some(RequestDigest::from_stored(digest));
        self
    }

    /// What became of the attempt that was reserved for it.
    pub fn after_attempt(mut self, outcome: AttemptOutcome) -> Self {
        self.settlement.attempt = Some((self.attempt(), outcome));
        self
    }

    /// The attempt to reserve for it.
    ///
    /// # Panics
    /// Never: every built settlement names its account.
    #[must_use]
    pub fn attempt(&self) -> Attempt {
        let record = &self.settlement.record;
        let account = record.account.clone().expect("every built settlement names its account");
        Attempt { account, channel: record.channel, submission: record.id.clone() }
    }

    /// The settlement.
    #[must_use]
    pub fn build(self) -> Settlement {
        self.settlement
    }
}
