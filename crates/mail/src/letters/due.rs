//! Which letters are due for what happened, and to whom.

use countersign_core::account::Account;
use countersign_core::person::Email;
use countersign_core::reason::{Reason, ReasonCode, Severity, Stage};
use countersign_core::submission::Channel;

use super::{Decision, Happened, LetterKind, What};
use crate::compose::MessageId;

/// A letter that is to be written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Due {
    /// Which.
    pub kind: LetterKind,
    /// To whom: an address that is on the account.
    pub to: Email,
}

/// Whether submissions are answered.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Answers {
    /// Notices alone are written.
    Kept,
    /// Notices and answers.
    Written,
}

/// How a submission reached the office.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Origin {
    /// As a file, a call, a click.
    Direct,
    /// In a message that a person wrote; its id, where it can be named.
    Person(Option<MessageId>),
    /// In a message that a program or a list sent, which is never answered (RFC 3834, 2).
    Program,
}

/// The letters that are due for what happened. `reasons` are those against the submission, where it was refused.
///
/// Whatever was asked for in whatever way, a change brings a notice. Answers go to the address of record, too, as nothing proves that
/// whoever sent a form that was refused is on the account; but one that was carried out bore a right Security PIN, so that its signer,
/// who is known, hears of it. Who asked on the phone or at the console has the answer already, but for this: the one in whose name it
/// was done may be another.
pub fn due(
    happened: &Happened,
    reasons: &[Reason],
    account: &Account,
    (answers, origin): (Answers, &Origin),
) -> Vec<Due> {
    let of_record = account.address_of_record(happened.at);
    let to_record = |kind| Due { kind, to: of_record.clone() };
    let is_answered = answers == Answers::Written && *origin != Origin::Program;
    match &happened.what {
        What::Changed { signer } => {
            let signer = signer.and_then(|it| account.person(it)).and_then(|it| it.email.clone());
            let other = signer.filter(|it| is_answered && !it.is_same_mailbox(of_record));
            let answer = other.map(|to| Due { kind: LetterKind::CarriedOut, to });
            std::iter::once(to_record(LetterKind::Notice)).chain(answer).collect()
        }
        What::Decided { channel, decision } => {
            let is_written = matches!(channel, Some(Channel::Form | Channel::Email)) || by_hand(*decision, *channel);
            let answer = Some(answer(*decision, reasons, *channel)).filter(|_| is_answered && is_written);
            answer.map(to_record).into_iter().collect()
        }
    }
}

/// Only written submissions are ever held; what a person made of one does not say again how it came.
fn by_hand(decision: Decision, channel: Option<Channel>) -> bool {
    channel.is_none() && decision != Decision::Held
}

fn answer(decision: Decision, reasons: &[Reason], channel: Option<Channel>) -> LetterKind {
    // What was written in the words of an email has no boxes to mend.
    let can_be_mended = channel == Some(Channel::Form) && !reasons.is_empty() && reasons.iter().all(is_mendable);
    match decision {
        Decision::Held => LetterKind::LookedAt,
        Decision::Correction => LetterKind::Corrections,
        Decision::Rejected if can_be_mended => LetterKind::Corrections,
        Decision::Rejected => LetterKind::NotCarriedOut,
    }
}

/// Whether its sender can mend it, and may be told to: a value, a signature, a form that is out of date. Nothing about account,
/// signer, people or a wrong PIN, of which a stranger must not learn; nothing that looks made up, as a form that was not issued here;
/// and nothing that a policy refuses where the registry has a person look.
fn is_mendable(reason: &Reason) -> bool {
    let is_refused = [reason.severity, reason.code.severity()] == [Severity::Reject; 2];
    let is_of_form = matches!(reason.code.stage(), Stage::Form | Stage::Field | Stage::Signature);
    is_refused && is_of_form && reason.code != ReasonCode::FormInstanceInvalid
}

#[cfg(test)]
mod tests {
    use countersign_core::person::PersonId;
    use countersign_testkit::account;
    use jiff::Timestamp;

    use super::*;

    fn decided(decision: Decision, channel: Option<Channel>) -> What {
        What::Decided { channel, decision }
    }

    /// The letters that are due, in short: `notice billing@a-1.example`.
    fn letters(what: What, reasons: &[ReasonCode], answers: Answers, origin: &Origin) -> Vec<String> {
        let account = account("A-1").owner("Ann", "Lee").email("billing@a-1.example");
        let account = account.authorized_user("Bo", "Kim").email("bo@a-1.example").build();
        let (account_number, at) = (account.number.clone(), Timestamp::UNIX_EPOCH);
        let happened = Happened { account: account_number, at, submission: None, what, instance: None };
        let reasons: Vec<Reason> = reasons.iter().map(|it| Reason::of_form(*it)).collect();
        let due = due(&happened, &reasons, &account, (answers, origin));
        due.iter().map(|it| format!("{} {}", it.kind.word(), it.to)).collect()
    }

    fn answer(decision: Decision, reasons: &[ReasonCode], expected: &str) {
        let what = decided(decision, Some(Channel::Form));
        let expected = format!("{expected} billing@a-1.example");
        assert_eq!(letters(what, reasons, Answers::Written, &Origin::Direct), [expected], "{reasons:?}");
    }

    #[test]
    fn a_change_is_told_to_the_address_of_record_and_to_its_signer() {
        let by = |signer: Option<u32>| What::Changed { signer: signer.map(PersonId) };
        let both = ["notice billing@a-1.example", "carried-out bo@a-1.example"];
        assert_eq!(letters(by(Some(2)), &[], Answers::Written, &Origin::Person(None)), both);
        for (signer, answers, origin) in [
            (Some(1), Answers::Written, Origin::Direct), // the owner's address is the one of record
            (Some(9), Answers::Written, Origin::Direct),
            (None, Answers::Written, Origin::Direct),
            (Some(2), Answers::Kept, Origin::Direct),
            (Some(2), Answers::Written, Origin::Program),
        ] {
            assert_eq!(letters(by(signer), &[], answers, &origin), both[..1], "{signer:?}");
        }
    }

    #[test]
    fn a_refusal_is_answered_by_what_its_sender_can_do() {
        use ReasonCode as Code;
        for mendable in [
            &[Code::FieldMissing, Code::SignDateMissing][..],
            &[Code::FormExpired],
            &[Code::FormBlank],
            &[Code::PinMissing, Code::NewPinTooCommon],
        ] {
            answer(Decision::Rejected, mendable, "corrections");
        }
        for vague in [
            &[Code::PinInvalid][..],
            &[Code::PinLocked],
            &[Code::FieldMissing, Code::SignerNotListed],
            &[Code::AccountMismatch],
            &[Code::AccountClosed],
            &[Code::UserNotFound, Code::SignTooOld],
            &[Code::FormInstanceInvalid],
            &[Code::DuplicateInstance],
            &[Code::FieldMissing, Code::PdfAmbiguous],
            &[Code::PdfActiveContent],
            &[Code::NameSuspicious],
            &[],
        ] {
            answer(Decision::Rejected, vague, "not-carried-out");
        }
        answer(Decision::Held, &[Code::SignerAmbiguous], "looked-at");
        answer(Decision::Correction, &[Code::SignerAmbiguous], "corrections");
    }

    #[test]
    fn what_a_policy_refuses_and_we_would_look_at_is_not_mended() {
        let altered = Reason { severity: Severity::Reject, ..Reason::of_form(ReasonCode::FormTextAltered) };
        assert!(!is_mendable(&altered));
        assert!(!is_mendable(&Reason::of_form(ReasonCode::FieldMissing).for_a_look()));
    }

    #[test]
    fn programs_and_callers_get_no_answer() {
        let rejected = |channel| decided(Decision::Rejected, channel);
        let none: [&str; 0] = [];
        let reasons = [ReasonCode::FieldMissing];
        for (channel, answers, origin) in [
            (Some(Channel::Form), Answers::Kept, Origin::Direct),
            (Some(Channel::Form), Answers::Written, Origin::Program),
            (Some(Channel::Email), Answers::Written, Origin::Program),
            (Some(Channel::Phone), Answers::Written, Origin::Direct),
            (Some(Channel::Console), Answers::Written, Origin::Direct),
        ] {
            assert_eq!(letters(rejected(channel), &reasons, answers, &origin), none, "{channel:?} {origin:?}");
        }
        assert_eq!(
            letters(rejected(None), &reasons, Answers::Written, &Origin::Direct).len(),
            1,
            "refused at the desk"
        );
        let in_words = letters(rejected(Some(Channel::Email)), &reasons, Answers::Written, &Origin::Person(None));
        assert_eq!(in_words, ["not-carried-out billing@a-1.example"], "an email has no boxes");
    }
}
