//! Doubts: why a message that asks is not taken at its word. The words are stable; the sentences are for the staff and hold
//! no PIN and nothing of the message but a name.

use std::fmt;

/// Why a message is not sure, and whom it concerns.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Doubt {
    /// What is in doubt.
    pub kind: DoubtKind,
    /// The new Authorized User it concerns, as the message names them.
    pub about: Option<String>,
}

impl Doubt {
    /// The sentence for the staff.
    pub fn sentence(&self) -> String {
        match &self.about {
            Some(name) => format!("{} ({name})", self.kind.sentence()),
            None => self.kind.sentence().to_owned(),
        }
    }
}

impl From<DoubtKind> for Doubt {
    fn from(kind: DoubtKind) -> Self {
        Self { kind, about: None }
    }
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.word(), self.sentence())
    }
}

/// The kinds of doubt.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum DoubtKind {
    /// No account number.
    AccountMissing,
    /// Several account numbers, or one that is none.
    AccountUnclear,
    /// Nobody approves by first and last name.
    ApproverMissing,
    /// Several people approve, or it is not certain who.
    ApproverUnclear,
    /// No Security PIN.
    SecurityPinMissing,
    /// Several Security PINs, or one that is none.
    SecurityPinUnclear,
    /// Nobody to add is named.
    UserMissing,
    /// The name of somebody to add cannot be made out.
    UserNameUnclear,
    /// Somebody to add has no PIN.
    UserPinMissing,
    /// Somebody to add has several PINs, or one that is none, or it is not certain that it is theirs.
    UserPinUnclear,
    /// A PIN that is nobody's for certain.
    PinUnclear,
    /// The email address, phone number or role of somebody to add is not certain.
    ContactUnclear,
    /// Somebody is named twice with different facts, or approves and is to be added.
    PersonTwice,
    /// More or fewer people than the message says.
    CountDiffers,
    /// A number that nothing explains.
    NumberUnexplained,
    /// Something is not to be done, or is taken back.
    RequestNegated,
    /// Something is asked rather than asked for.
    RequestAsked,
    /// Something is to be done later, or under a condition, or perhaps.
    RequestConditional,
    /// The facts are there and no request.
    RequestUnspoken,
    /// The request stands in what is quoted or forwarded.
    RequestInQuote,
    /// The request is for something else than an Authorized User.
    OtherRole,
    /// Something else is asked for as well.
    OtherRequest,
    /// Somebody writes for somebody else.
    OnBehalf,
    /// A form is mentioned or came along as well.
    FormMentioned,
    /// Something that matters stands below the signature.
    AfterSignature,
    /// The message holds text that a reader does not show.
    HiddenText,
    /// Words or numbers hold characters that nobody sees.
    InvisibleCharacters,
    /// Text is shown elsewhere or in another order than it is written.
    MovedText,
    /// Text is struck out.
    StruckOut,
    /// Digits are not 0 to 9.
    OddDigits,
    /// The message's two texts say different things.
    PartsDiffer,
    /// Part of the message is in another language.
    OtherLanguage,
    /// The message is too long to be read in full.
    TooLong,
}

impl DoubtKind {
    /// All kinds, in the order of this list.
    pub const ALL: [Self; 33] = [
        Self::AccountMissing,
        Self::AccountUnclear,
        Self::ApproverMissing,
        Self::ApproverUnclear,
        Self::SecurityPinMissing,
        Self::SecurityPinUnclear,
        Self::UserMissing,
        Self::UserNameUnclear,
        Self::UserPinMissing,
        Self::UserPinUnclear,
        Self::PinUnclear,
        Self::ContactUnclear,
        Self::PersonTwice,
        Self::CountDiffers,
        Self::NumberUnexplained,
        Self::RequestNegated,
        Self::RequestAsked,
        Self::RequestConditional,
        Self::RequestUnspoken,
        Self::RequestInQuote,
        Self::OtherRole,
        Self::OtherRequest,
        Self::OnBehalf,
        Self::FormMentioned,
        Self::AfterSignature,
        Self::HiddenText,
        Self::InvisibleCharacters,
        Self::MovedText,
        Self::StruckOut,
        Self::OddDigits,
        Self::PartsDiffer,
        Self::OtherLanguage,
        Self::TooLong,
    ];

    /// The stable word for it.
    pub fn word(self) -> &'static str {
        self.words().0
    }

    /// The sentence for the staff.
    pub fn sentence(self) -> &'static str {
        self.words().1
    }

    /// Whether the customer can mend it by sending what is missing: the office then answers "corrections needed".
    pub fn is_missing_piece(self) -> bool {
        matches!(
            self,
            Self::AccountMissing
                | Self::ApproverMissing
                | Self::SecurityPinMissing
                | Self::UserMissing
                | Self::UserPinMissing
        )
    }

    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::AccountMissing => ("ACCOUNT_MISSING", "the message names no account number"),
            Self::AccountUnclear => ("ACCOUNT_UNCLEAR", "it is not certain which account number is meant"),
            Self::ApproverMissing => ("APPROVER_MISSING", "nobody approves by first and last name"),
            Self::ApproverUnclear => ("APPROVER_UNCLEAR", "it is not certain who approves"),
            Self::SecurityPinMissing => ("SECURITY_PIN_MISSING", "the account's Security PIN is missing"),
            Self::SecurityPinUnclear => ("SECURITY_PIN_UNCLEAR", "it is not certain which number is the Security PIN"),
            Self::UserMissing => ("USER_MISSING", "nobody to add is named"),
            Self::UserNameUnclear => ("USER_NAME_UNCLEAR", "the name of somebody to add cannot be made out"),
            Self::UserPinMissing => ("USER_PIN_MISSING", "somebody to add has no PIN"),
            Self::UserPinUnclear => {
                ("USER_PIN_UNCLEAR", "it is not certain which number is the PIN of somebody to add")
            }
            Self::PinUnclear => ("PIN_UNCLEAR", "there is a PIN, and it is not certain whose"),
            Self::ContactUnclear => ("CONTACT_UNCLEAR", "address, phone or role of somebody to add is not certain"),
            Self::PersonTwice => ("PERSON_TWICE", "somebody is named in two ways that do not agree"),
            Self::CountDiffers => ("COUNT_DIFFERS", "the message speaks of another number of people than it names"),
            Self::NumberUnexplained => ("NUMBER_UNEXPLAINED", "there is a number whose meaning is not certain"),
            Self::RequestNegated => ("REQUEST_NEGATED", "something is not to be done, or is taken back"),
            Self::RequestAsked => ("REQUEST_ASKED", "the message asks a question rather than for an addition"),
            Self::RequestConditional => {
                ("REQUEST_CONDITIONAL", "something is meant for later, conditional or tentative")
            }
            Self::RequestUnspoken => ("REQUEST_UNSPOKEN", "the facts are there, but no clear request to add somebody"),
            Self::RequestInQuote => ("REQUEST_IN_QUOTE", "the request stands in a quoted or forwarded message"),
            Self::OtherRole => ("OTHER_ROLE", "somebody is to be something else than an Authorized User"),
            Self::OtherRequest => ("OTHER_REQUEST", "the message asks for something else as well"),
            Self::OnBehalf => ("ON_BEHALF", "the message seems written for somebody else"),
            Self::FormMentioned => ("FORM_MENTIONED", "the message speaks of a form, or brings one, as well"),
            Self::AfterSignature => ("AFTER_SIGNATURE", "something that matters stands below the signature"),
            Self::HiddenText => ("HIDDEN_TEXT", "the message holds text that readers do not show"),
            Self::InvisibleCharacters => ("INVISIBLE_CHARACTERS", "words or numbers hold invisible characters"),
            Self::MovedText => ("MOVED_TEXT", "text is shown elsewhere or in another order than it is written"),
            Self::StruckOut => ("STRUCK_OUT", "text is struck out"),
            Self::OddDigits => ("ODD_DIGITS", "there are digits that are not 0 to 9"),
            Self::PartsDiffer => ("PARTS_DIFFER", "the message's plain text and its HTML say different things"),
            Self::OtherLanguage => ("OTHER_LANGUAGE", "part of the message is in a language that is not read"),
            Self::TooLong => ("TOO_LONG", "the message is too long to be read in full"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_kind_has_a_word_of_its_own() {
        let words: BTreeSet<&str> = DoubtKind::ALL.iter().map(|it| it.word()).collect();
        assert_eq!(words.len(), DoubtKind::ALL.len());
        assert!(words.iter().all(|it| it.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')));
        assert!(DoubtKind::ALL.windows(2).all(|it| it[0] < it[1]));
    }

    #[test]
    fn a_doubt_names_whom_it_concerns() {
        let doubt = Doubt { kind: DoubtKind::UserPinMissing, about: Some("Ann Lee".into()) };
        assert_eq!(doubt.to_string(), "USER_PIN_MISSING: somebody to add has no PIN (Ann Lee)");
    }
}
