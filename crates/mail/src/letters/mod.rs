//! Letters: what the office writes of its own accord when something happened to an account, and when a submission was decided. Which
//! letter goes to whom ([`due`]) follows from a row of the audit trail and the account alone; its words ([`LetterTexts`]) are data.
//!
//! Two rules hold for all of them. A letter goes to an address that is on the account, never to one that stood in a form or a message:
//! whoever sent that may be a stranger. And it says nothing that a stranger who reads it could use: not what was changed, not which
//! check failed, no name, no whole account number.

mod due;
mod happened;
mod pattern;
mod texts;
mod written;

use countersign_core::account::AccountNumber;

pub use due::{Answers, Due, Origin, due};
pub use happened::{Decision, Happened, What};
pub use texts::{BadLetters, LetterTexts, TEXT_MAX_CHARS, primary_language};
pub use written::{FormSent, Letter, Occasion, Office, Written, file_name, message, recipient};

/// The kinds of letters.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum LetterKind {
    /// Something was changed: to the address of record (47 CFR 64.2010(f)).
    Notice,
    /// What was asked for was done: to the one in whose name it was asked for.
    CarriedOut,
    /// What was asked for can be done once something is mended.
    Corrections,
    /// What was asked for was not done; why, is not said.
    NotCarriedOut,
    /// A person is looking at what was asked for.
    LookedAt,
}

impl LetterKind {
    /// All kinds.
    pub const ALL: [Self; 5] = [Self::Notice, Self::CarriedOut, Self::Corrections, Self::NotCarriedOut, Self::LookedAt];

    /// The word for it, in the names of files: `notice`, `carried-out`, `corrections`, `not-carried-out`, `looked-at`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::CarriedOut => "carried-out",
            Self::Corrections => "corrections",
            Self::NotCarriedOut => "not-carried-out",
            Self::LookedAt => "looked-at",
        }
    }

    /// Whether it answers somebody who has proved nothing: such letters can be brought about by anybody who knows an account's number.
    pub fn answers_the_unproved(self) -> bool {
        matches!(self, Self::Corrections | Self::NotCarriedOut | Self::LookedAt)
    }
}

/// An account's last characters, `…1101`: at most four, and never more than half of it.
///
/// A customer with several accounts has to know which one a letter is about, but the number is the first thing that a caller is asked
/// for, and mail is read by others: in a shared mailbox, on a locked screen, by whoever broke into it. So a letter names the account to
/// those who know it, and tells it to nobody else.
pub fn shown_account(number: &AccountNumber) -> String {
    let number = number.as_str();
    let shown = (number.len() / 2).min(4);
    format!("…{}", number[number.len() - shown..].trim_start_matches('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_shown_to_those_who_know_it() {
        for (number, expected) in
            [("A-1001101", "…1101"), ("77", "…7"), ("7", "…"), ("A-1", "…1"), ("123456", "…456"), ("ABCDE-123", "…123")]
        {
            assert_eq!(shown_account(&number.parse().unwrap()), expected, "{number}");
        }
    }

    #[test]
    fn a_kind_has_a_word_of_its_own() {
        let words: std::collections::BTreeSet<_> = LetterKind::ALL.iter().map(|it| it.word()).collect();
        assert_eq!(words.len(), LetterKind::ALL.len());
    }
}
