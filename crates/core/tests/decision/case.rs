//! One form in the office's hands, right in every way until a test changes it, and what becomes of it.

use countersign_core::account::Account;
use countersign_core::decision::{
    DeskWord, Facts, FormFacts, Proof, Refusal, Sealing, Terms, Validated, Verdict, decide,
};
use countersign_core::email::EmailClaim;
use countersign_core::pin::{PinCost, PinError, PinHasher};
use countersign_core::policy::Policy;
use countersign_core::reason::{Reason, ReasonCode};
use countersign_core::store::{AccountChanges, IssuedBlank};
use countersign_core::submission::{Channel, Claim, FormClaim, Incomplete, SignerRole, Submission, SubmissionId};
use countersign_core::template::Standing;
use countersign_core::vault::VaultKey;
use countersign_testkit::{AccountBuilder, NOW, TODAY, account, bound_blank, number, pin, vault_key};
use jiff::Timestamp;

use crate::common::{named, requests, shown};

/// What the office holds: the form as read, and what the house knows of it.
pub(crate) struct Case {
    /// The account in the store.
    pub(crate) account: Option<Account>,
    /// How it came, where neither form nor email says so.
    pub(crate) channel: Option<Channel>,
    /// The row in the ledger.
    pub(crate) blank: Option<IssuedBlank>,
    /// Which blank the form says it is; `None` on another channel.
    pub(crate) form: Option<FormClaim>,
    /// Where it was written from; `None` but on the email channel.
    pub(crate) email: Option<EmailClaim>,
    pub(crate) standing: Standing,
    pub(crate) accepted_before: Option<SubmissionId>,
    pub(crate) findings: Vec<Reason>,
    pub(crate) desk: Option<DeskWord>,
    pub(crate) claim: Claim,
    /// As [`requests`] takes them.
    pub(crate) asked: Vec<String>,
    pub(crate) pin: String,
    pub(crate) doubts: Vec<Reason>,
    /// When there is one, the submission is incomplete.
    pub(crate) defects: Vec<Reason>,
    pub(crate) policy: Policy,
    pub(crate) key: VaultKey,
    pub(crate) now: Timestamp,
}

/// Ann Lee (1) owns it, Bo Kim (2) is an Authorized User, Cyril Day (3) a plain user.
pub(crate) fn family() -> AccountBuilder {
    account("A-1001")
        .owner("Ann", "Lee")
        .email("ann@lee.example")
        .authorized_user("Bo", "Kim")
        .email("bo@kim.example")
        .user("Cyril", "Day")
        .email("cyril@day.example")
}

impl Case {
    /// Ann Lee adds Dora Novak on a blank that is bound to the account of the [`family`].
    pub(crate) fn new() -> Self {
        let account = family().build();
        let (signer, email) = named("Ann Lee <ann@lee.example>");
        let claim = Claim {
            account: Some(account.number.clone()),
            account_name: Some(account.name.clone()),
            billing_email: Some(account.billing_email.clone()),
            signer: Some(signer),
            email,
            phone: None,
            role: Some(SignerRole::Owner),
            signed_on: Some(TODAY),
            sender: None,
        };
        let mut case = Self {
            account: Some(account),
            channel: None,
            blank: None,
            form: None,
            email: None,
            standing: Standing::Current,
            accepted_before: None,
            findings: Vec::new(),
            desk: None,
            claim,
            asked: vec!["add Dora Novak <dora@novak.example>".to_owned()],
            pin: "830514".to_owned(),
            doubts: Vec::new(),
            defects: Vec::new(),
            policy: Policy::default(),
            key: vault_key(),
            now: NOW,
        };
        case.comes_on(bound_blank("A-1001", 1));
        case
    }

    /// The form comes on this blank, and says so.
    pub(crate) fn comes_on(&mut self, blank: IssuedBlank) {
        let (template, instance) = (blank.template.clone(), Some(blank.instance.clone()));
        self.form = Some(FormClaim { template, instance, expires: Some(blank.expires) });
        self.blank = Some(blank);
    }

    /// The ledger's row, to be changed.
    pub(crate) fn blank(&mut self) -> &mut IssuedBlank {
        self.blank.as_mut().expect("the form was issued")
    }

    /// The account in the store, to be changed.
    pub(crate) fn account(&mut self) -> &mut Account {
        self.account.as_mut().expect("the account exists")
    }

    pub(crate) fn asks(&mut self, lines: &[&str]) {
        self.asked = lines.iter().map(|it| (*it).to_owned()).collect();
    }

    pub(crate) fn signed_by(&mut self, who: &str, role: SignerRole) {
        let (signer, email) = named(who);
        self.claim = Claim { signer: Some(signer), email, role: Some(role), ..self.claim.clone() };
    }

    pub(crate) fn finds(&mut self, code: ReasonCode) {
        self.findings.push(Reason::of_form(code));
    }

    pub(crate) fn validated(&self) -> Validated {
        let claim = self.claim.clone();
        if !self.defects.is_empty() {
            return Validated::Incomplete(Incomplete { claim, defects: self.defects.clone() });
        }
        let missing = "a complete submission names account, signer and date";
        Validated::Complete(Submission {
            channel: self.channel.unwrap_or(if self.form.is_some() { Channel::Form } else { Channel::Email }),
            account: claim.account.clone().unwrap_or_else(|| number("A-1001")),
            signer: claim.signer.clone().expect(missing),
            signed_on: claim.signed_on.expect(missing),
            requests: requests(&self.asked),
            pin: pin(&self.pin),
            doubts: self.doubts.clone(),
            claim,
        })
    }

    pub(crate) fn decide(&self, validated: &Validated) -> Verdict {
        let form = |claim| FormFacts { claim, standing: self.standing, issued: self.blank.as_ref() };
        let facts = Facts {
            account: self.account.as_ref(),
            form: self.form.as_ref().map(form),
            email: self.email.as_ref(),
            accepted_before: self.accepted_before.as_ref(),
            findings: &self.findings,
            desk: self.desk.as_ref(),
        };
        decide(validated, &facts, Terms { policy: &self.policy, key: &self.key, now: self.now })
    }

    /// The whole way, PIN and all. The outer error is a verifier that cannot be used.
    pub(crate) fn settle(&self) -> Result<Result<AccountChanges, Refusal>, PinError> {
        let validated = self.validated();
        let ready = match self.decide(&validated) {
            Verdict::Refused(refusal) => return Ok(Err(refusal)),
            Verdict::Ready(ready) => ready,
        };
        let submission = validated.submission().expect("only a complete submission is ready");
        let hasher = &mut PinHasher::new();
        Ok(match ready.prove(submission, hasher, &self.key)? {
            Proof::Wrong(refusal) => Err(refusal),
            Proof::Right(proved) => {
                let cost = PinCost::CHEAP_FOR_TESTS;
                let mut sealing = Sealing { hasher, cost, random: &|bytes| bytes.fill(7), key: &self.key };
                Ok(proved.changes(submission, &mut sealing, self.now))
            }
        })
    }
}

/// `ready`, or `rejected: FORM_EXPIRED form.expires`.
pub(crate) fn shown_verdict(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Ready(_) => "ready".to_owned(),
        Verdict::Refused(refusal) => format!("{}: {}", refusal.status().word(), shown(refusal.reasons())),
    }
}
