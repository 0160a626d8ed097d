//! An Authorized User chooses the PIN that they will give on the phone, with a set-up code. The same for the program and for a page.
//!
//! A guess at a code is a guess at a way into the account: each one spends an attempt of the console channel before the code is
//! looked at, and stands in the audit trail. A right code is used up by a PIN that is taken, and by nothing else.

use serde_json::json;

use crate::account::{Account, AccountNumber, AccountStatus};
use crate::audit::AuditEvent;
use crate::decision::{Sealing, Terms};
use crate::grant::Change;
use crate::new_pin::{self, NewPinContext};
use crate::person::{Person, PersonId, PersonStanding};
use crate::pin::{Pin, PinAnswer, PinError, PinHolder, PinKind};
use crate::reason::ReasonCode;
use crate::set_up_code::{CodeAnswer, CodeHolder, SetUpCode};
use crate::store::{AccountStore, Attempt, AttemptOutcome, Changed, Reservation, StoreError};
use crate::submission::{Channel, SubmissionId};

/// Who wants which PIN, and the code that lets them.
pub struct PinChoice<'a> {
    /// The account.
    pub account: &'a AccountNumber,
    /// Who they say they are.
    pub person: PersonId,
    /// The code as they say it.
    pub code: &'a SetUpCode,
    /// The PIN that they want.
    pub pin: &'a Pin,
    /// Fresh randomness, which makes it another attempt than one with the same code.
    pub nonce: [u8; 10],
}

/// The answer to a choice.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PinChosen {
    /// It is their PIN now, and the code is used up.
    Done {
        /// Its row in the audit trail.
        audit_seq: u64,
    },
    /// Nothing changed.
    Refused(ChoiceRefusal),
}

/// Why a PIN is not taken. For the staff; whoever has not said the right code must not hear more than that it was not.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ChoiceRefusal {
    /// The budget that the console channel draws on is used up: the code was not looked at.
    #[error("too many wrong set-up codes and Security PINs: no more are looked at until the staff unlocks the account")]
    Locked,
    /// It is not this person's code, or not any more: used up, replaced, or void under another vault key.
    #[error("the set-up code is wrong, was used already or replaced by a new one")]
    CodeWrong,
    /// It was the right code.
    #[error("the set-up code has ended")]
    CodeLate,
    /// The account takes no changes. The code was right.
    #[error("the account is closed")]
    Closed,
    /// The PIN breaks the rules for new ones. The code was right, and stays good.
    #[error("{}", sentences(.0))]
    Unfit(Vec<ReasonCode>),
}

fn sentences(codes: &[ReasonCode]) -> String {
    codes.iter().map(|it| it.for_customer()).collect::<Vec<_>>().join(" ")
}

impl ChoiceRefusal {
    /// Stable codes for programs and the audit trail; never empty.
    pub fn codes(&self) -> Vec<&'static str> {
        match self {
            Self::Locked => vec![ReasonCode::PinLocked.as_str()],
            Self::CodeWrong => vec!["SET_UP_CODE_INVALID"],
            Self::CodeLate => vec!["SET_UP_CODE_EXPIRED"],
            Self::Closed => vec![ReasonCode::AccountClosed.as_str()],
            Self::Unfit(codes) => codes.iter().map(|it| it.as_str()).collect(),
        }
    }

    /// What the audit trail calls it.
    fn what(&self) -> &'static str {
        match self.outcome() {
            AttemptOutcome::Wrong => "set-up code refused",
            AttemptOutcome::Right => "PIN not chosen",
        }
    }

    /// What becomes of the attempt that was reserved: whoever said the right code in time has not guessed.
    fn outcome(&self) -> AttemptOutcome {
        match self {
            Self::Locked | Self::CodeWrong | Self::CodeLate => AttemptOutcome::Wrong,
            Self::Closed | Self::Unfit(_) => AttemptOutcome::Right,
        }
    }
}

/// Why a choice could not be judged at all.
#[derive(Debug, thiserror::Error)]
pub enum ChoiceError {
    /// The store does not answer.
    #[error("cannot {doing}")]
    Store {
        /// What was being done.
        doing: &'static str,
        /// What went wrong.
        source: StoreError,
    },
    /// There is no such account.
    #[error("there is no account {0}")]
    NoSuchAccount(AccountNumber),
    /// The verifier of the Security PIN, which the new PIN must differ from, cannot be opened.
    #[error("cannot compare the new PIN with the Security PIN of account {account}")]
    Pin {
        /// The account.
        account: AccountNumber,
        /// Why not.
        source: PinError,
    },
}

/// Makes a PIN that of whoever says the right set-up code.
///
/// An attempt is reserved first, whoever `person` is: nobody learns here who is on an account. A code that is wrong or late
/// leaves it spent; a PIN that is taken gives it back in the transaction that replaces the old PIN and uses the code up.
///
/// # Errors
/// When the account does not exist or the store fails; the attempt may be spent then.
pub fn choose_pin(
    choice: &PinChoice<'_>,
    terms: Terms<'_>,
    sealing: &mut Sealing<'_>,
    store: &mut dyn AccountStore,
) -> Result<PinChosen, ChoiceError> {
    let submission = SubmissionId::of_pin_choice(choice.nonce);
    let attempt = Attempt { account: choice.account.clone(), channel: Channel::Console, submission };
    find(choice, store)?;
    let reserved = store.reserve_attempts(std::slice::from_ref(&attempt), terms.policy.pins.allowance());
    if reserved.map_err(failed("reserve an attempt"))? == [Reservation::Locked] {
        let refusal = ChoiceRefusal::Locked;
        let evidence = json!({ "reasons": refusal.codes() });
        let noted = store.note(event(refusal.what(), choice, &attempt, terms, evidence));
        noted.map_err(failed("note that no set-up code was looked at"))?;
        return Ok(PinChosen::Refused(refusal));
    }
    loop {
        let account = find(choice, store)?;
        if let Some(refusal) = judge(choice, &account, terms, sealing)? {
            let (what, evidence) = (refusal.what(), json!({ "reasons": refusal.codes() }));
            let closed =
                store.close_attempt(&attempt, refusal.outcome(), event(what, choice, &attempt, terms, evidence));
            closed.map_err(failed("write what became of the set-up code"))?;
            return Ok(PinChosen::Refused(refusal));
        }
        let change = Change::ChoosePin { person: choice.person, pin: sealing.seal(choice.pin, choice.account) };
        let evidence = json!({ "changes": [change.to_evidence()] });
        let event = event("PIN chosen", choice, &attempt, terms, evidence);
        let changed = store.change_account_proved(&attempt, account.revision, &[change], event);
        // Changed by somebody else in between: the code may be used up by now, so it is looked at again.
        if let Changed::Done { audit_seq } = changed.map_err(failed("write the new PIN"))? {
            return Ok(PinChosen::Done { audit_seq });
        }
    }
}

fn find(choice: &PinChoice<'_>, store: &mut dyn AccountStore) -> Result<Account, ChoiceError> {
    let found = store.accounts(&[choice.account.clone()].into()).map_err(failed("look up the account"))?;
    found.into_values().next().ok_or_else(|| ChoiceError::NoSuchAccount(choice.account.clone()))
}

/// What is against the choice, the code before all else.
fn judge(
    choice: &PinChoice<'_>,
    account: &Account,
    terms: Terms<'_>,
    sealing: &mut Sealing<'_>,
) -> Result<Option<ChoiceRefusal>, ChoiceError> {
    let is_authorized_user = |it: &&Person| matches!(it.standing, PersonStanding::AuthorizedUser { .. });
    let person = account.person(choice.person).filter(is_authorized_user);
    let Some((person, open)) = person.and_then(|it| Some((it, it.code.as_ref()?))) else {
        return Ok(Some(ChoiceRefusal::CodeWrong));
    };
    let holder = CodeHolder { account: choice.account, person: person.id };
    match open.check(choice.code, holder, terms.now, terms.key) {
        CodeAnswer::Wrong => Ok(Some(ChoiceRefusal::CodeWrong)),
        CodeAnswer::Late => Ok(Some(ChoiceRefusal::CodeLate)),
        CodeAnswer::Right if account.status == AccountStatus::Closed => Ok(Some(ChoiceRefusal::Closed)),
        CodeAnswer::Right => {
            let faults = faults(choice.pin, person, account, sealing)?;
            Ok((!faults.is_empty()).then_some(ChoiceRefusal::Unfit(faults)))
        }
    }
}

/// The rules for new PINs, as on forms. There the Security PIN stands beside the new one, here its verifier does; it is asked last
/// and only about a PIN that is good otherwise. So every PIN that is not the Security PIN uses the code up: a code buys one guess.
fn faults(
    pin: &Pin,
    person: &Person,
    account: &Account,
    sealing: &mut Sealing<'_>,
) -> Result<Vec<ReasonCode>, ChoiceError> {
    let context = NewPinContext { account: Some(&account.number), account_pin: None, phones: person.phone.as_slice() };
    let faults = new_pin::faults(pin, context);
    if !faults.is_empty() {
        return Ok(faults);
    }
    let holder = PinHolder { account: &account.number, kind: PinKind::Account };
    let answer = sealing.hasher.verify(pin, &account.pin, holder, sealing.key);
    let answer = answer.map_err(|source| ChoiceError::Pin { account: account.number.clone(), source })?;
    Ok(if answer == PinAnswer::Right { vec![ReasonCode::NewPinEqualsAccountPin] } else { Vec::new() })
}

fn event(
    what: &str,
    choice: &PinChoice<'_>,
    attempt: &Attempt,
    terms: Terms<'_>,
    mut evidence: serde_json::Value,
) -> AuditEvent {
    evidence["choice"] = json!(attempt.submission.as_str());
    evidence["person"] = json!(choice.person.0);
    let (account, evidence) = (Some(choice.account.clone()), evidence.to_string());
    AuditEvent { at: terms.now, what: what.to_owned(), who: "console".to_owned(), account, evidence }
}

fn failed(doing: &'static str) -> impl FnOnce(StoreError) -> ChoiceError {
    move |source| ChoiceError::Store { doing, source }
}
