//! A held form in front of a person: the same bytes, read again; accepted only if the rules, run again, have nothing against
//! it but what the person looked at, and the PIN is right.

use std::collections::BTreeSet;

use countersign_core::account::Account;
use countersign_core::audit::AuditEvent;
use countersign_core::authority::possible_signers;
use countersign_core::decision::{DeskWord, Facts, Proof, Ready, Refusal, Sealing, Terms, Verdict, decide, locked};
use countersign_core::person;
use countersign_core::reason::{Reason, ReasonCode};
use countersign_core::store::{
    AccountStore, Attempt, AttemptOutcome, IssuedBlank, Reservation, Resolution, Resolved, ResolvedAs, Settlement,
    Status, SubmissionRecord,
};
use countersign_core::submission::{Claim, FileDigest, Request, SubmissionId};
use jiff::Timestamp;

use super::examine::{Examined, Judged, Parsed, find_file};
use super::message::of_message;
use super::settle::{applied_changes, settlement};
use super::wave::Decided;
use super::{RunError, RunSettings, failed, with_hasher};
use crate::bundle::Enclosed;
use crate::outcome::{AppliedChange, PinCheck, RunHeader};
use crate::reading::Reading;

/// How often a form is decided again because something changed in between.
const ROUNDS: usize = 3;

/// A held form in front of a person.
pub struct DeskForm {
    record: SubmissionRecord,
    /// `None`: it was written in a message.
    reading: Option<Reading>,
    examined: Examined,
}

/// Who resolves a held form, and why, in their words; both stand in the audit trail.
#[derive(Clone, Copy, Debug)]
pub struct Person<'a> {
    /// Who.
    pub by: &'a str,
    /// Why.
    pub why: &'a str,
}

/// The bytes are not those that were held.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the file is not the one that was held: its bytes differ")]
pub struct OtherFile;

/// What became of an acceptance by a person.
#[derive(Clone, Debug, PartialEq)]
pub enum DeskAnswer {
    /// What the form asks for was done.
    Accepted(Vec<AppliedChange>),
    /// The rules have something against it that nobody may wave through. Nothing was written; the form is still held.
    Refused(Refusal),
    /// The Security PIN is wrong: the attempt is spent, and the form is rejected.
    WrongPin(Refusal),
    /// It is not held any more, or what it rests on changed again and again. Nothing was written.
    NotHeld,
}

impl DeskForm {
    /// Reads again what is held: the bytes of the form, or those of the message that it came in.
    pub fn open(record: SubmissionRecord, bytes: &[u8], settings: &RunSettings<'_>) -> Result<Self, OtherFile> {
        if FileDigest::of(bytes) != record.original() {
            return Err(OtherFile);
        }
        if record.message.is_none() || bytes.starts_with(b"%PDF-") {
            match find_file(bytes, record.file, settings) {
                Some(form) => return Ok(Self::of_form(record, &form, settings)),
                None if record.message.is_none() => return Err(OtherFile),
                // A message may begin like a PDF.
                None => {}
            }
        }
        let opened = settings.messages.reopen(bytes, record.file).map_err(|_| OtherFile)?;
        let mut forms = opened.forms.iter();
        if let Some(form) = forms.find_map(|it| find_file(&it.bytes, record.file, settings)) {
            return Ok(Self::of_form(record, &form, settings));
        }
        let written = of_message((record.file, &record.source_file), opened, settings).ok_or(OtherFile)?;
        Ok(Self { record, reading: None, examined: written })
    }

    fn of_form(record: SubmissionRecord, form: &Enclosed, settings: &RunSettings<'_>) -> Self {
        let mut reading = settings.reader.read(&form.bytes);
        reading.findings.extend_from_slice(&form.findings);
        let examined = Examined::of_reading(&record.source_file, record.file, &reading, settings);
        let examined = Examined { message: record.message.clone(), ..examined };
        Self { record, reading: Some(reading), examined }
    }

    /// What the form says, field by field; `None` of a request that was written in a message.
    pub fn reading(&self) -> Option<&Reading> {
        self.reading.as_ref()
    }

    /// What is asked for, as far as it is sure; empty where it is not.
    pub fn requests(&self) -> &[Request] {
        self.parsed().and_then(|it| it.validated.submission()).map_or(&[], |it| &it.requests)
    }

    /// Who asks, as far as it can be read.
    pub fn claim(&self) -> Option<&Claim> {
        self.parsed().map(|it| it.validated.claim())
    }

    /// Those on the account who may sign and are named like the form's signer: one of them can be named as the signer.
    pub fn possible_signers(&self, store: &mut dyn AccountStore) -> Result<Vec<person::Person>, RunError> {
        let Some(parsed) = self.parsed() else { return Ok(Vec::new()) };
        let (account, _) = look_up(parsed, store)?;
        let Some((account, name)) = account.as_ref().zip(parsed.validated.claim().signer.as_ref()) else {
            return Ok(Vec::new());
        };
        Ok(possible_signers(name, account).cloned().collect())
    }

    /// Accepts the form on the word of a person, if the rules and the PIN let them.
    pub fn accept(
        &self,
        word: &DeskWord,
        person: Person<'_>,
        settings: &RunSettings<'_>,
        store: &mut dyn AccountStore,
    ) -> Result<DeskAnswer, RunError> {
        let Some(parsed) = self.parsed() else {
            return Ok(DeskAnswer::Refused(self.as_held()));
        };
        // A PIN that was wrong is wrong again: its attempt is spent.
        if self.record.reasons.iter().any(|it| it.code == ReasonCode::PinInvalid) {
            return Ok(DeskAnswer::Refused(self.as_held()));
        }
        for _ in 0..ROUNDS {
            let ready = match self.decide(parsed, word, settings, store)? {
                Verdict::Refused(refusal) => return Ok(DeskAnswer::Refused(refusal)),
                Verdict::Ready(ready) => ready,
            };
            let (account, channel) = (ready.account().clone(), self.record.channel);
            let attempt = Attempt { account, channel, submission: self.record.id.clone() };
            let allowance = settings.policy.pins.allowance();
            let reserved = store.reserve_attempts(std::slice::from_ref(&attempt), allowance);
            if reserved.map_err(failed("reserve a PIN attempt"))? == [Reservation::Locked] {
                return Ok(DeskAnswer::Refused(locked()));
            }
            let (settlement, answer) = self.prove(parsed, ready, attempt, person, settings)?;
            let ended = match answer {
                DeskAnswer::Accepted(_) => ResolvedAs::Accepted,
                _ => ResolvedAs::Rejected,
            };
            let resolution = resolution(&self.record, person, ended, settings.now);
            match store.resolve(&settlement, &resolution).map_err(failed("write a resolution"))? {
                Resolved::Done { .. } => return Ok(answer),
                Resolved::NotHeld => return Ok(DeskAnswer::NotHeld),
                Resolved::Stale => {}
            }
        }
        Ok(DeskAnswer::NotHeld)
    }

    fn parsed(&self) -> Option<&Parsed> {
        match &self.examined.verdict {
            Judged::Parsed(parsed) => Some(parsed),
            Judged::Litter(_) | Judged::Unstable(_) | Judged::Refused(_) => None,
        }
    }

    fn as_held(&self) -> Refusal {
        Refusal::new(self.record.reasons.clone())
    }

    /// Decides again, on the account of today. Dates are judged as of the day on which the form was first decided: it came in
    /// time, however long it lay here.
    fn decide(
        &self,
        parsed: &Parsed,
        word: &DeskWord,
        settings: &RunSettings<'_>,
        store: &mut dyn AccountStore,
    ) -> Result<Verdict, RunError> {
        let (account, issued) = look_up(parsed, store)?;
        let requests = parsed.request.iter().cloned().collect();
        let before = store.accepted_requests(&requests).map_err(failed("look up earlier requests"))?;
        let facts = Facts {
            account: account.as_ref(),
            form: parsed.form_facts(issued.as_ref(), settings.templates),
            email: parsed.email.as_ref(),
            accepted_before: parsed.request.as_ref().and_then(|it| before.get(it)),
            findings: &parsed.findings,
            desk: Some(word),
        };
        let terms = Terms { policy: settings.policy, key: settings.key, now: self.record.decided_at };
        Ok(decide(&parsed.validated, &facts, terms))
    }

    /// Looks at the PIN, and makes of the answer what is written.
    fn prove(
        &self,
        parsed: &Parsed,
        ready: Ready,
        attempt: Attempt,
        person: Person<'_>,
        settings: &RunSettings<'_>,
    ) -> Result<(Settlement, DeskAnswer), RunError> {
        let submission = parsed.validated.submission().expect("only complete submissions are ready");
        let waived = ready.waived().to_vec();
        let account = attempt.account.clone();
        let RunSettings { key, pin_cost, random, now, .. } = *settings;
        let proof = with_hasher(|hasher| {
            Ok(match ready.prove(submission, hasher, key)? {
                Proof::Wrong(refusal) => Err(refusal),
                Proof::Right(proved) => {
                    let mut sealing = Sealing { hasher, cost: pin_cost, random, key };
                    Ok(proved.changes(submission, &mut sealing, now))
                }
            })
        });
        let proof = proof.map_err(|source| RunError::Pin { account, source })?;
        let (decided, answer) = match proof {
            Ok(changes) => (Decided::Accepted(changes, attempt), DeskAnswer::Accepted(applied_changes(submission))),
            Err(refusal) => {
                let outcome = Some((attempt, AttemptOutcome::Wrong));
                let reasons = refusal.reasons().iter().cloned().map(reject).collect();
                let refusal = Refusal::new(reasons);
                (Decided::Refused(refusal.clone(), PinCheck::Failed, outcome), DeskAnswer::WrongPin(refusal))
            }
        };
        let header = RunHeader {
            run: self.record.run,
            started_at: now,
            policy_version: settings.policy.version.clone(),
            policy_digest: settings.policy.digest(),
            rehearsal: false,
        };
        let mut settlement = settlement(&self.examined, &decided, true, (&header, settings));
        if settlement.record.status == Status::Accepted {
            settlement.record.reasons.clone_from(&waived);
        }
        settlement.event = by_person(settlement.event, person, &waived);
        Ok((settlement, answer))
    }
}

/// A wrong PIN ends a form that a person accepted, whatever the policy makes of wrong PINs in a run.
fn reject(reason: Reason) -> Reason {
    Reason { severity: countersign_core::reason::Severity::Reject, ..reason }
}

/// Refuses a held form on the word of a person, under the policy with this digest, at this moment. Answers its row in the
/// audit trail; `None` when it is not held.
pub fn refuse(
    record: &SubmissionRecord,
    ended: ResolvedAs,
    person: Person<'_>,
    (policy, now): (&str, Timestamp),
    store: &mut dyn AccountStore,
) -> Result<Option<u64>, RunError> {
    let evidence = serde_json::json!({
        "submission": record.id.as_str(), "file_sha256": record.file.to_hex(), "status": Status::Rejected.word(),
        "reasons": record.reasons.iter().map(|it| it.code).collect::<Vec<_>>(), "policy": policy,
    });
    let event = AuditEvent {
        at: now,
        what: format!("submission {}", ended.word()),
        who: String::new(),
        account: record.account.clone(),
        evidence: evidence.to_string(),
    };
    let settlement = Settlement {
        record: SubmissionRecord {
            status: Status::Rejected,
            decided_at: now,
            policy: policy.to_owned(),
            ..record.clone()
        },
        changes: None,
        blank: None,
        attempt: None,
        event: by_person(event, person, &[]),
    };
    match store.resolve(&settlement, &resolution(record, person, ended, now)).map_err(failed("write a resolution"))? {
        Resolved::Done { audit_seq } => Ok(Some(audit_seq)),
        Resolved::Stale | Resolved::NotHeld => Ok(None),
    }
}

/// The row of the trail, with who did it and why.
fn by_person(event: AuditEvent, person: Person<'_>, waived: &[Reason]) -> AuditEvent {
    let mut evidence: serde_json::Value = serde_json::from_str(&event.evidence).expect("evidence is JSON");
    evidence["why"] = person.why.into();
    if !waived.is_empty() {
        evidence["looked_at"] = waived.iter().map(|it| it.code.as_str()).collect::<Vec<_>>().into();
    }
    AuditEvent { who: format!("desk: {}", person.by), evidence: evidence.to_string(), ..event }
}

fn resolution(record: &SubmissionRecord, person: Person<'_>, ended: ResolvedAs, at: Timestamp) -> Resolution {
    let submission: SubmissionId = record.id.clone();
    Resolution { submission, at, by: person.by.to_owned(), why: person.why.to_owned(), ended }
}

fn look_up(parsed: &Parsed, store: &mut dyn AccountStore) -> Result<(Option<Account>, Option<IssuedBlank>), RunError> {
    let numbers: BTreeSet<_> = parsed.asker.account.iter().cloned().collect();
    let account = store.accounts(&numbers).map_err(failed("look up the account"))?.into_values().next();
    let ids: BTreeSet<_> = parsed.instance().cloned().into_iter().collect();
    let issued = store.blanks(&ids).map_err(failed("look up the form"))?.into_values().next();
    Ok((account, issued))
}
