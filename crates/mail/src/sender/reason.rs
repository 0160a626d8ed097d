//! Why a sender is not proved: stable words, each with a sentence for staff.

use std::fmt;

macro_rules! reasons {
    ($($(#[doc = $doc:literal])+ $name:ident = $word:literal, $sentence:literal;)+) => {
        /// Why a sender is not proved.
        #[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
        pub enum Reason {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Reason {
            /// Every reason, in the order of `docs/mail.md`.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The stable word.
            pub fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)+ }
            }

            /// A sentence for staff.
            pub fn sentence(self) -> &'static str {
                match self { $(Self::$name => $sentence,)+ }
            }
        }
    };
}

reasons! {
    /// Bare CR, NUL, two kinds of line ends, or a header that can be split in two ways.
    MessageMalformed = "MESSAGE_MALFORMED", "The message can be read in more than one way.";
    /// No From, several, several addresses in it, or one that is read in two ways.
    FromAmbiguous = "FROM_AMBIGUOUS", "The message does not name exactly one sender.";
    /// A field that may be there once is there twice (RFC 5322, 3.6).
    HeaderRepeated = "HEADER_REPEATED", "A header field that must be unique is there twice.";
    /// There is no `Date` that can be read.
    DateMissing = "DATE_MISSING", "The message has no readable date.";
    /// There is no DKIM signature.
    NoSignature = "NO_SIGNATURE", "The message is not signed by its sender's domain.";
    /// No signature is of the domain in From.
    NotAligned = "NOT_ALIGNED", "The message is signed, but not by the domain in From.";
    /// A signature of the right domain is not written as RFC 6376 asks, or two readers differ about it.
    SignatureMalformed = "SIGNATURE_MALFORMED", "The signature cannot be read with certainty.";
    /// The signature does not fit the message: it, or the message, was changed.
    SignatureBroken = "SIGNATURE_BROKEN", "The message was changed after it was signed, or the signature is forged.";
    /// The signature covers only the beginning of the body (`l=`).
    PartialBody = "PARTIAL_BODY", "The signature covers only the beginning of the message.";
    /// The signature does not cover From, Date or Subject.
    HeaderNotSigned = "HEADER_NOT_SIGNED", "The signature does not cover sender, date and subject.";
    /// The signature does not cover Content-Type, and the body could be cut into parts in another way.
    StructureNotSigned = "STRUCTURE_NOT_SIGNED", "The signature does not cover how the message is divided into parts.";
    /// The signature was past its end (`x=`) when the message came.
    Expired = "EXPIRED", "The signature had expired when the message came.";
    /// The signature says it was made later than the message came.
    SignedInFuture = "SIGNED_IN_FUTURE", "The signature is dated after the message came.";
    /// RSA with SHA-1, or another algorithm that proves nothing (RFC 8301).
    AlgorithmWeak = "ALGORITHM_WEAK", "The signature uses an algorithm that is not safe.";
    /// The domain publishes no key of that name.
    KeyMissing = "KEY_MISSING", "The domain does not publish the key of the signature.";
    /// The key was revoked, is for tests, for other uses, or is published ambiguously.
    KeyUnusable = "KEY_UNUSABLE", "The published key must not be used for this message.";
    /// The key is shorter than the settings ask.
    KeyWeak = "KEY_WEAK", "The published key is too short.";
    /// The key could not be asked for. Try later.
    DnsUnavailable = "DNS_UNAVAILABLE", "The sender's domain could not be asked for its key. Try again later.";
    /// More signatures of the domain than are looked at.
    TooManySignatures = "TOO_MANY_SIGNATURES", "The message has more signatures than are looked at.";
    /// The own mail server's results are not there.
    ResultsMissing = "RESULTS_MISSING", "The own mail server has noted no results.";
    /// Results in the own server's name are where only somebody else can have written them, or the server's lines are not there.
    ResultsForged = "RESULTS_FORGED", "The message brings results in the own mail server's name.";
    /// The own mail server's results cannot be read, or it wrote several.
    ResultsUnclear = "RESULTS_UNCLEAR", "The own mail server's results cannot be read with certainty.";
    /// The own mail server found no valid signature of the domain in From.
    ResultsNotPassed = "RESULTS_NOT_PASSED", "The own mail server found no valid signature of the domain in From.";
    /// Only SPF passed, and the settings do not take that for enough.
    SpfAlone = "SPF_ALONE", "Only the sending server is confirmed, not the message.";
}

impl Reason {
    /// Whether the same message may be proved later.
    pub fn is_passing(self) -> bool {
        self == Self::DnsUnavailable
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_stable_and_different() {
        let mut words: Vec<&str> = Reason::ALL.iter().map(|it| it.word()).collect();
        assert!(words.iter().all(|it| it.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')));
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), Reason::ALL.len());
        assert!(Reason::ALL.iter().all(|it| it.sentence().ends_with('.')));
    }
}
