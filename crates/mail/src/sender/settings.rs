//! What a provider takes for proof of a sender.

use countersign_core::policy::{Alignment, ResultsAt};
use jiff::SignedDuration;

use super::Boundary;

/// What counts as proof. The default: a DKIM signature of exactly the domain in From, checked here.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Which signing domains speak for the domain in From.
    pub alignment: Alignment,
    /// Whether SPF alone is proof. It needs [`Settings::results`]: only the own mail server knows who delivered a message.
    pub spf: Spf,
    /// The shortest RSA key that counts, in bits. RFC 8301 asks for at least 1,024 of verifiers.
    pub least_rsa_bits: usize,
    /// How far clocks may differ: a signature may be dated that much after the message came.
    pub clock_skew: SignedDuration,
    /// The own mail servers, by the lines they write above a message.
    pub boundary: Option<Boundary>,
    /// Results that the own mail server notes; without, its notes are not read.
    pub results: Option<OwnResults>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            alignment: Alignment::Strict,
            spf: Spf::NotEnough,
            least_rsa_bits: 1_024,
            clock_skew: SignedDuration::from_mins(15),
            boundary: None,
            results: None,
        }
    }
}

/// What SPF (RFC 7208) is worth: it confirms the server that delivered, not the message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Spf {
    /// Not enough alone.
    NotEnough,
    /// Enough, where the domain of the envelope's sender is aligned with From.
    Enough,
}

/// The results that the own mail server notes in `Authentication-Results` (RFC 8601).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OwnResults {
    /// The name under which it writes them, `authserv-id`.
    pub authserv_id: String,
    /// Where it writes them.
    pub at: ResultsAt,
}
