//! Senders that look like the one on the account, and are not.

use unicode_security::confusable_detection::skeleton;

/// How an address resembles another one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Likeness {
    /// Both look the same on a screen (UTS 39, skeletons): `rn` for `m`, digits for letters, letters of other scripts.
    Confusable,
    /// One letter was changed, added, left out or swapped with its neighbour.
    OneLetter,
    /// The same name under another ending: `acme.example` and `acme.test`.
    OtherEnding,
    /// One domain is below the other, or carries it as a part of its name: `acme.example.evil.test`.
    Nested,
    /// The same domain, another mailbox.
    SameDomain,
}

impl Likeness {
    /// The stable word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Confusable => "CONFUSABLE",
            Self::OneLetter => "ONE_LETTER",
            Self::OtherEnding => "OTHER_ENDING",
            Self::Nested => "NESTED",
            Self::SameDomain => "SAME_DOMAIN",
        }
    }

    /// Whether a stranger would choose such an address to pass for the other one. Colleagues share a domain.
    pub fn is_suspicious(self) -> bool {
        self != Self::SameDomain
    }
}

/// How `from` resembles the address `known`. `None` where they are the same, or have nothing in common.
pub fn looks_like(from: &str, known: &str) -> Option<Likeness> {
    let (from, known) = (from.to_lowercase(), known.to_lowercase());
    let (from_local, from_domain) = from.rsplit_once('@')?;
    let (known_local, known_domain) = known.rsplit_once('@')?;
    if from == known {
        None
    } else if look(&from) == look(&known) {
        Some(Likeness::Confusable)
    } else if from_domain == known_domain {
        Some(if is_one_edit(from_local, known_local) { Likeness::OneLetter } else { Likeness::SameDomain })
    } else {
        domain_likeness(from_domain, known_domain)
    }
}

fn domain_likeness(from: &str, known: &str) -> Option<Likeness> {
    let below = |one: &str, other: &str| one.strip_suffix(other).is_some_and(|it| it.ends_with('.'));
    let name = |domain: &str| domain.rsplit_once('.').map(|(name, _)| name.to_owned());
    let flat = |domain: &str| domain.replace(['.', '-'], "");
    if look(from) == look(known) {
        Some(Likeness::Confusable)
    } else if is_one_edit(from, known) {
        Some(Likeness::OneLetter)
    } else if name(from) == name(known) {
        Some(Likeness::OtherEnding)
    } else if below(from, known) || below(known, from) || flat(from).contains(&flat(known)) {
        Some(Likeness::Nested)
    } else {
        None
    }
}

/// What a text looks like. Digits that stand for letters are taken for them: skeletons leave `0` and `o` apart in lower case.
fn look(text: &str) -> String {
    let plain = |it: char| match it {
        '0' => 'o',
        '1' | '|' => 'l',
        '5' => 's',
        other => other,
    };
    skeleton(&text.chars().map(plain).collect::<String>()).collect::<String>().to_lowercase()
}

/// Whether one change makes one text of the other (Damerau, 1964).
fn is_one_edit(one: &str, other: &str) -> bool {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let same_start = one.iter().zip(&other).take_while(|(a, b)| a == b).count();
    let (one, other) = (one.get(same_start..).unwrap_or_default(), other.get(same_start..).unwrap_or_default());
    match (one, other) {
        ([a, b, rest @ ..], [c, d, other @ ..]) if a == d && b == c && rest == other => true,
        ([_, rest @ ..], [_, other @ ..]) if rest == other => true,
        ([_, rest @ ..], other) if rest == other => true,
        (rest, [_, other @ ..]) => rest == other,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(from: &str, expected: Option<Likeness>) {
        assert_eq!(looks_like(from, "billing@acme-motors.example"), expected, "{from}");
    }

    #[test]
    fn likenesses_are_named() {
        check("billing@acme-motors.example", None);
        check("Billing@ACME-Motors.example", None);
        check("bi11ing@acme-motors.example", Some(Likeness::Confusable));
        check("billing@acrne-motors.example", Some(Likeness::Confusable));
        check("billing@acme-m0tors.example", Some(Likeness::Confusable));
        check("billing@аcme-motors.example", Some(Likeness::Confusable));
        check("info@acme-m0tors.example", Some(Likeness::Confusable));
        check("biling@acme-motors.example", Some(Likeness::OneLetter));
        check("billing@acme-motor.example", Some(Likeness::OneLetter));
        check("billing@acme-mtoors.example", Some(Likeness::OneLetter));
        check("anybody@acmee-motors.example", Some(Likeness::OneLetter));
        check("billing@acme-motors.test", Some(Likeness::OtherEnding));
        check("billing@mail.acme-motors.example", Some(Likeness::Nested));
        check("billing@acme-motors.example.evil.test", Some(Likeness::Nested));
        check("billing@acme-motors-example.test", Some(Likeness::Nested));
        check("maria@acme-motors.example", Some(Likeness::SameDomain));
        check("maria@other.test", None);
        check("billing@other.test", None);
        check("no address", None);
    }
}
