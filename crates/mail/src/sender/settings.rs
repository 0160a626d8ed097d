//! What a provider takes for proof of a sender.

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

/// Which signing domains speak for the domain in From.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Alignment {
    /// The same domain.
    Strict,
    /// The same domain or one above it: `acme.example` speaks for `mail.acme.example`.
    ///
    /// Narrower than DMARC's relaxed alignment, in which siblings and domains below count, too: that takes a list of the domains
    /// under which strangers register names, and a name under a domain that such a list lacks would speak for all of it.
    Relaxed,
}

impl Alignment {
    /// Whether `signer` speaks for `author`. Both are in lower case.
    pub fn holds(self, signer: &str, author: &str) -> bool {
        let is_above = || author.strip_suffix(signer).is_some_and(|it| it.ends_with('.'));
        signer == author || (self == Self::Relaxed && signer.contains('.') && is_above())
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
    pub placed: Placed,
}

/// Where the own mail server writes its results.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Placed {
    /// Above its own `Received` line. Nothing that came from outside can be there.
    AboveReceived,
    /// Directly below its own `Received` line, as milters at Postfix do, where the first line of what came from outside would
    /// stand, too. Believed only if the message has no other results of that name; the server must remove those that come from
    /// outside (RFC 8601, 5), and must not take messages while its checker is away.
    BelowReceived,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alignment_is_by_labels() {
        let check = |signer: &str, author: &str, strict: bool, relaxed: bool| {
            let held = (Alignment::Strict.holds(signer, author), Alignment::Relaxed.holds(signer, author));
            assert_eq!(held, (strict, relaxed), "{signer} for {author}");
        };
        check("acme.example", "acme.example", true, true);
        check("acme.example", "mail.acme.example", false, true);
        check("mail.acme.example", "acme.example", false, false);
        check("a.acme.example", "b.acme.example", false, false);
        check("acme.example", "evilacme.example", false, false);
        check("example", "acme.example", false, false);
        check("", "acme.example", false, false);
    }
}
