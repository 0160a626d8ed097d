//! The decision: submission + account + policy + time → refused with reasons, or ready for the PIN; and with the PIN
//! proved, what it changes. Pure; the same for all four channels.
//!
//! The types keep the promise that nothing is accepted without a right PIN and a listed signer: only
//! [`decide`] makes a [`Ready`], only [`Ready::prove`] makes a [`Proved`], and only a [`Proved`] has changes.

use jiff::{Timestamp, ToSpan};

use crate::account::{Account, AccountNumber, AccountStatus};
use crate::authority::{check_authority, earliest_date, find_signer, latest_date, possible_signers, role_of};
use crate::email::{EmailClaim, check_message, check_sender};
use crate::grant::Change;
use crate::people::{Plan, Step, plan, repeated_people};
use crate::person::{Email, Person, PersonId, PersonStanding, tidy};
use crate::pin::{
    Pin, PinAnswer, PinCost, PinError, PinHasher, PinHolder, PinKind, PinVerifier, VERIFIER_RANDOM_BYTES,
};
use crate::policy::Policy;
use crate::reason::{Reason, ReasonCode, Severity, Stage, in_order_of_checks};
use crate::set_up_code::{CodeHolder, OpenCode};
use crate::store::{AccountChanges, BlankState, IssuedBlank, Status};
use crate::submission::{
    Channel, Claim, FirstPin, FormClaim, Incomplete, NewPerson, Request, SignerRole, Submission, SubmissionId,
};
use crate::template::Standing;
use crate::vault::VaultKey;

/// A returned form as validation leaves it.
pub enum Validated {
    /// Every field holds what it must.
    Complete(Submission),
    /// Some do not.
    Incomplete(Incomplete),
}

impl Validated {
    /// Who asks, as far as it can be read.
    pub fn claim(&self) -> &Claim {
        match self {
            Self::Complete(it) => &it.claim,
            Self::Incomplete(it) => &it.claim,
        }
    }

    /// The submission, when it is whole.
    pub fn submission(&self) -> Option<&Submission> {
        match self {
            Self::Complete(it) => Some(it),
            Self::Incomplete(_) => None,
        }
    }
}

/// What the house knows about a submission.
pub struct Facts<'a> {
    /// The account that it names, if there is one.
    pub account: Option<&'a Account>,
    /// The form that it came on; `None` on the other channels.
    pub form: Option<FormFacts<'a>>,
    /// Where it was written from; only on the email channel.
    pub email: Option<&'a EmailClaim>,
    /// The accepted submission that asked for just the same, if there is one.
    pub accepted_before: Option<&'a SubmissionId>,
    /// What reading found odd or wrong.
    pub findings: &'a [Reason],
    /// What the person said who looked at it, when it was held and is decided again.
    pub desk: Option<&'a DeskWord>,
}

/// The word of a person who looked at a held submission and accepts it: what was held for a look holds it no longer. What rejects
/// a submission rejects it all the same.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct DeskWord {
    /// Who signed, where the name on the submission left that open; must be someone who may sign, and be named alike.
    pub signer: Option<PersonId>,
}

impl Facts<'_> {
    fn assert_fit(&self, claim: &Claim) {
        if let Some(account) = self.account {
            assert_eq!(Some(&account.number), claim.account.as_ref(), "facts of the account that is named");
        }
    }
}

/// What the house knows about a returned form.
pub struct FormFacts<'a> {
    /// Which blank it says it is.
    pub claim: &'a FormClaim,
    /// Whether that template version is still taken.
    pub standing: Standing,
    /// The ledger's row for its instance id, if it was issued.
    pub issued: Option<&'a IssuedBlank>,
}

/// The rules and the moment of a decision.
#[derive(Clone, Copy)]
pub struct Terms<'a> {
    /// The provider's rules.
    pub policy: &'a Policy,
    /// The vault key.
    pub key: &'a VaultKey,
    /// Now.
    pub now: Timestamp,
}

/// The answer before the PIN was looked at.
pub enum Verdict {
    /// Refused or held; the PIN is not looked at.
    Refused(Refusal),
    /// Everything holds but the PIN, which nobody has looked at yet.
    Ready(Ready),
}

/// Reasons against a submission, in the order of the checks.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    reasons: Vec<Reason>,
}

impl Refusal {
    /// A refusal for these reasons, of which there is at least one.
    pub fn new(reasons: Vec<Reason>) -> Self {
        assert!(!reasons.is_empty(), "a refusal has a reason");
        Self { reasons: in_order_of_checks(reasons) }
    }

    /// The reasons; never empty. The first is the primary one.
    pub fn reasons(&self) -> &[Reason] {
        &self.reasons
    }

    /// The sentences for the customer: of all reasons which they can mend without learning anything about an account, each with
    /// its field. What depends on an account has one sentence for all, and only when nothing else is wrong: else an old date
    /// on a form would tell whether account and signer were right.
    pub fn for_customer(&self) -> String {
        let is_about_account =
            |it: &&Reason| matches!(it.code.stage(), Stage::Account | Stage::Authority | Stage::People | Stage::Pin);
        let of_form = self.reasons.iter().filter(|it| it.severity == Severity::Reject && !is_about_account(it));
        let mut sentences: Vec<String> = Vec::new();
        for reason in of_form {
            let sentence = match &reason.field {
                Some(field) => format!("{field}: {}", reason.code.for_customer()),
                None => reason.code.for_customer().to_owned(),
            };
            if !sentences.contains(&sentence) {
                sentences.push(sentence);
            }
        }
        if sentences.is_empty() { self.reasons[0].code.for_customer().to_owned() } else { sentences.join(" ") }
    }

    /// The same refusal where nobody waits for a person's look: what holds rejects.
    #[must_use]
    pub fn at_once(self) -> Self {
        let reject = |it: Reason| Reason { severity: Severity::Reject, ..it };
        Self { reasons: self.reasons.into_iter().map(reject).collect() }
    }

    /// Rejected as soon as one reason rejects; else held.
    pub fn status(&self) -> Status {
        let is_rejected = self.reasons.iter().any(|it| it.severity == Severity::Reject);
        if is_rejected { Status::Rejected } else { Status::Held }
    }
}

/// Everything holds but the PIN.
pub struct Ready {
    account: AccountNumber,
    revision: u64,
    verifier: PinVerifier,
    signer: PersonId,
    next_person: PersonId,
    steps: Vec<Step>,
    waived: Vec<Reason>,
    code_until: Timestamp,
}

/// The PIN was right: the submission is accepted.
pub struct Proved(Ready);

/// The answer to the PIN.
pub enum Proof {
    /// It was right.
    Right(Proved),
    /// It was wrong: the refusal.
    Wrong(Refusal),
}

/// Decides a submission but for its PIN.
///
/// # Panics
/// When the facts are those of another account than the submission names.
pub fn decide(validated: &Validated, facts: &Facts<'_>, terms: Terms<'_>) -> Verdict {
    facts.assert_fit(validated.claim());
    let weighed = |it: Vec<Reason>| -> Vec<Reason> { it.into_iter().map(|it| terms.policy.weigh(it)).collect() };
    let mut of_form = weighed(check_form(facts, terms));
    // What was read from a page, and not from its fields, is no ground to refuse a customer: a person looks at the page.
    let is_from_page = |it: &Reason| {
        matches!(it.code, ReasonCode::FormAnnotated | ReasonCode::FormFlattened | ReasonCode::RequestUnclear)
    };
    let needs_look = facts.desk.is_none() && of_form.iter().any(is_from_page);
    if needs_look {
        // Nor is a message of which nobody knows yet what it asks for.
        let may_be_misread = |it: &&mut Reason| {
            matches!(it.code, ReasonCode::FormInstanceInvalid | ReasonCode::SenderNotProved | ReasonCode::MessageTooOld)
        };
        of_form.iter_mut().filter(may_be_misread).for_each(|it| *it = it.clone().for_a_look());
    }
    let ends_it = |it: &Reason| it.severity == Severity::Reject && it.code.stage() <= Stage::Form;
    if of_form.iter().any(ends_it) {
        return Verdict::Refused(Refusal::new(of_form));
    }
    let (of_account, ready) = check_account(validated, facts, terms);
    let mut later = weighed(of_account);
    later.extend(weighed(check_fields(validated, terms)));
    if needs_look {
        later = later.into_iter().map(Reason::for_a_look).collect();
    }
    let mut reasons = of_form;
    reasons.extend(later);
    // Without an open blank nothing can be written, whatever the policy makes of it.
    let has_no_blank = |it: &Reason| matches!(it.code, ReasonCode::FormInstanceInvalid | ReasonCode::DuplicateInstance);
    let can_be_waived = |it: &Reason| it.severity == Severity::Hold && !has_no_blank(it);
    let is_waived = facts.desk.is_some() && reasons.iter().all(can_be_waived);
    match ready {
        Some(ready) if reasons.is_empty() || is_waived => Verdict::Ready(Ready { waived: reasons, ..ready }),
        None if reasons.is_empty() => unreachable!("what cannot be done has a reason"),
        _ => Verdict::Refused(Refusal::new(reasons)),
    }
}

/// What reading found, and what the ledger knows of the form.
fn check_form(facts: &Facts<'_>, terms: Terms<'_>) -> Vec<Reason> {
    let counts = |it: &&Reason| !terms.policy.allows(it.code);
    let mut reasons: Vec<Reason> = facts.findings.iter().filter(counts).cloned().collect();
    if facts.accepted_before.is_some() {
        reasons.push(Reason::of_form(ReasonCode::DuplicateRequest));
    }
    if let Some(form) = &facts.form {
        reasons.extend(check_instance(form, terms));
    }
    if let Some(email) = facts.email {
        reasons.extend(check_message(email, terms));
    }
    reasons
}

fn check_instance(form: &FormFacts<'_>, terms: Terms<'_>) -> Vec<Reason> {
    // A last day counts wherever the customer is: it is over when it is over everywhere.
    let today = earliest_date(terms.now);
    let is_retired = match form.standing {
        Standing::Current => false,
        Standing::GraceUntil(day) => today > day,
        Standing::Retired => true,
    };
    let mut reasons = Vec::new();
    if is_retired {
        reasons.push(Reason::of_form(ReasonCode::FormVersionRetired));
    }
    let Some(issued) = form.issued.filter(|it| is_genuine(it, form.claim, terms.key)) else {
        reasons.push(Reason::of_field(ReasonCode::FormInstanceInvalid, "form.instance"));
        return reasons;
    };
    match (&issued.state, &issued.account) {
        (BlankState::Void, _) => {
            reasons.push(Reason::of_field(ReasonCode::FormInstanceInvalid, "form.instance").because("declared void"));
        }
        (BlankState::Consumed { by }, Some(_)) => {
            let used = format!("used by {by}");
            reasons.push(Reason::of_field(ReasonCode::DuplicateInstance, "form.instance").because(used));
        }
        _ => {}
    }
    if form.claim.expires != Some(issued.expires) {
        let other = Reason::of_field(ReasonCode::FormInstanceInvalid, "form.expires");
        reasons.push(other.because("the form carries another last day than it was issued with"));
    }
    if today > issued.expires {
        reasons.push(Reason::of_field(ReasonCode::FormExpired, "form.expires"));
    }
    if issued.account.is_none() && !terms.policy.forms.accept_generic {
        let generic = Reason::of_field(ReasonCode::FormInstanceInvalid, "form.instance");
        reasons.push(generic.because("the policy takes no generic forms"));
    }
    reasons
}

/// Compares with what was issued, never with what the file says.
fn is_genuine(issued: &IssuedBlank, claim: &FormClaim, key: &VaultKey) -> bool {
    let is_named = claim.instance.as_ref() == Some(&issued.instance) && issued.template == claim.template;
    is_named && issued.is_proved(key)
}

/// The account, the signer's authority, and whom it asks to add or remove.
fn check_account(validated: &Validated, facts: &Facts<'_>, terms: Terms<'_>) -> (Vec<Reason>, Option<Ready>) {
    let claim = validated.claim();
    let bound_to = facts.form.as_ref().and_then(|it| it.issued).and_then(|it| it.account.as_ref());
    if bound_to.is_some() && claim.account.is_some() && bound_to != claim.account.as_ref() {
        let other = Reason::of_field(ReasonCode::AccountMismatch, "account.number");
        return (vec![other.because("the form was issued for another account")], None);
    }
    let Some(account) = facts.account else {
        // Without a readable number the field's own defect says so.
        let unknown = claim.account.as_ref().map(|_| Reason::of_field(ReasonCode::AccountNotFound, "account.number"));
        return (unknown.into_iter().collect(), None);
    };
    if account.status == AccountStatus::Closed {
        return (vec![Reason::of_field(ReasonCode::AccountClosed, "account.number")], None);
    }
    let mut reasons = check_header(claim, account);
    reasons.extend(facts.email.iter().flat_map(|it| check_sender(it, account, terms)));
    let signer = match (&claim.signer, find_signer(claim, account)) {
        (_, Ok(signer)) => signer,
        (Some(name), Err(reason)) => {
            let is_open = reason.code == ReasonCode::SignerAmbiguous;
            reasons.push(reason);
            let named = facts.desk.and_then(|it| it.signer).filter(|_| is_open);
            match named.and_then(|it| possible_signers(name, account).find(|person| person.id == it)) {
                Some(signer) => signer,
                None => return (reasons, None),
            }
        }
        (None, Err(_)) => return (reasons, None),
    };
    let Some(submission) = validated.submission() else {
        reasons.extend(check_authority(claim, signer, &[], claim.signed_on, terms.policy));
        return (reasons, None);
    };
    reasons.extend(check_authority(claim, signer, &submission.requests, Some(submission.signed_on), terms.policy));
    let Plan { steps, reasons: more } = plan(&submission.requests, account, terms.policy);
    reasons.extend(more);
    (reasons, steps.map(|it| Ready::new(account, signer, it, terms)))
}

/// The account's name and billing email as written. A different name may be a habit, so a person looks; a different
/// billing email is another customer's.
fn check_header(claim: &Claim, account: &Account) -> Vec<Reason> {
    let mismatch = |field: &str| Reason::of_field(ReasonCode::AccountMismatch, field);
    let fold = |text: &str| tidy(text).to_lowercase();
    let mut reasons = Vec::new();
    if claim.account_name.as_ref().is_some_and(|it| fold(it) != fold(&account.name)) {
        reasons.push(mismatch("account.name").for_a_look());
    }
    if claim.billing_email.as_ref().is_some_and(|it: &Email| !it.is_same_mailbox(&account.billing_email)) {
        reasons.push(mismatch("account.billing_email"));
    }
    reasons
}

/// The defects of the fields, doubts about them, and the age of the signature.
fn check_fields(validated: &Validated, terms: Terms<'_>) -> Vec<Reason> {
    let mut reasons = match validated {
        Validated::Complete(it) => [it.doubts.clone(), repeated_people(&it.requests), missing_pins(it)].concat(),
        Validated::Incomplete(it) => it.defects.clone(),
    };
    let Some(signed_on) = validated.claim().signed_on else { return reasons };
    let oldest = earliest_date(terms.now).saturating_sub(i64::from(terms.policy.signature.max_age_days).days());
    if signed_on > latest_date(terms.now) {
        reasons.push(Reason::of_field(ReasonCode::SignFutureDate, "signature.date"));
    } else if signed_on < oldest {
        let days = terms.policy.signature.max_age_days;
        let old = Reason::of_field(ReasonCode::SignTooOld, "signature.date");
        reasons.push(old.because(format!("the policy takes signatures of the last {days} days")));
    }
    reasons
}

/// A set-up code is printed once, for whoever sits at the console to hand over; on the other channels nobody would get it.
fn missing_pins(submission: &Submission) -> Vec<Reason> {
    let is_missing = |it: &Request| matches!(it, Request::Add { person, .. } if person.pin.chosen().is_none());
    let missing = submission.requests.iter().filter(|it| submission.channel != Channel::Console && is_missing(it));
    missing.map(|it| Reason::of_field(ReasonCode::NewPinMissing, format!("{}.pin", it.field()))).collect()
}

impl Ready {
    fn new(account: &Account, signer: &Person, steps: Vec<Step>, terms: Terms<'_>) -> Self {
        Self {
            account: account.number.clone(),
            revision: account.revision,
            verifier: account.pin.clone(),
            signer: signer.id,
            next_person: account.next_person_id(),
            steps,
            waived: Vec::new(),
            code_until: terms.policy.pins.set_up_code_end(terms.now),
        }
    }

    /// What a person looked at and found no reason; empty unless they did.
    pub fn waived(&self) -> &[Reason] {
        &self.waived
    }

    /// The account whose PIN is wanted.
    pub fn account(&self) -> &AccountNumber {
        &self.account
    }

    /// Looks at the PIN. An attempt must have been reserved for it.
    ///
    /// # Panics
    /// When it is another submission than the one that was decided.
    pub fn prove(self, submission: &Submission, hasher: &mut PinHasher, key: &VaultKey) -> Result<Proof, PinError> {
        let is_decided = self.account == submission.account && self.steps.len() == submission.requests.len();
        assert!(is_decided, "the PIN is that of the submission that was decided");
        let holder = PinHolder { account: &self.account, kind: PinKind::Account };
        Ok(match hasher.verify(&submission.pin, &self.verifier, holder, key)? {
            PinAnswer::Right => Proof::Right(Proved(self)),
            PinAnswer::Wrong => {
                Proof::Wrong(Refusal::new(vec![Reason::of_field(ReasonCode::PinInvalid, "signer.security_pin")]))
            }
        })
    }
}

/// The refusal of a submission whose account has no attempt left.
pub fn locked() -> Refusal {
    Refusal::new(vec![Reason::of_field(ReasonCode::PinLocked, "signer.security_pin")])
}

/// What sealing new PINs needs.
pub struct Sealing<'a> {
    /// The hasher of this thread.
    pub hasher: &'a mut PinHasher,
    /// What a verifier costs.
    pub cost: PinCost,
    /// Fresh randomness.
    pub random: &'a dyn Fn(&mut [u8; VERIFIER_RANDOM_BYTES]),
    /// The vault key.
    pub key: &'a VaultKey,
}

impl Proved {
    /// The account's changes: one for each request of the submission that was proved, and the set-up code of everyone who is to
    /// choose their PIN themselves.
    pub fn changes(self, submission: &Submission, sealing: &mut Sealing<'_>, now: Timestamp) -> AccountChanges {
        let Ready { account, revision, signer, mut next_person, steps, code_until, .. } = self.0;
        let mut changes = Vec::new();
        for (step, request) in steps.iter().zip(&submission.requests) {
            let new = match request {
                Request::Add { person, .. } => Some(person),
                Request::Remove { .. } => None,
            };
            let person = match step {
                Step::Deauthorize(person) => {
                    changes.push(Change::Deauthorize { person: *person });
                    continue;
                }
                Step::Authorize(person) => *person,
                Step::AddPerson => next_person,
            };
            let new = new.expect("plan() answers an addition with an addition");
            let (pin, code) = sealing.first_pin(&new.pin, CodeHolder { account: &account, person }, code_until);
            if *step == Step::AddPerson {
                next_person = PersonId(person.0 + 1);
                changes.push(Change::AddPerson(newcomer(person, new, pin, now)));
            } else {
                changes.push(Change::Authorize { person, pin });
            }
            changes.extend(code.map(|code| Change::IssueCode { person, code }));
        }
        AccountChanges { account, revision, granted_by: signer, changes }
    }
}

fn newcomer(id: PersonId, new: &NewPerson, pin: Option<PinVerifier>, now: Timestamp) -> Person {
    Person {
        id,
        name: new.name.clone(),
        email: new.email.clone(),
        phone: new.phone.clone(),
        standing: PersonStanding::AuthorizedUser { since: Some(now) },
        job: new.job.clone(),
        pin,
        code: None,
    }
}

impl Sealing<'_> {
    /// What is kept of the PIN that was chosen, or of the code with which it will be.
    fn first_pin(
        &mut self,
        pin: &FirstPin,
        holder: CodeHolder<'_>,
        until: Timestamp,
    ) -> (Option<PinVerifier>, Option<OpenCode>) {
        match pin {
            FirstPin::Chosen(pin) => (Some(self.seal(pin, holder.account)), None),
            FirstPin::BySetUpCode(code) => (None, Some(OpenCode::of(code, holder, until, self.key))),
        }
    }

    /// What is kept of an Authorized User's own PIN.
    pub(crate) fn seal(&mut self, pin: &Pin, account: &AccountNumber) -> PinVerifier {
        let mut random = [0; VERIFIER_RANDOM_BYTES];
        (self.random)(&mut random);
        let holder = PinHolder { account, kind: PinKind::Person };
        self.hasher.seal(pin, holder, self.cost, &random, self.key)
    }
}

/// The role that reports show for a signer on this account; `None` when nobody fits.
pub fn signer_role(claim: &Claim, account: &Account) -> Option<SignerRole> {
    find_signer(claim, account).ok().map(role_of)
}
