//! Set-up codes: with one, an Authorized User chooses the PIN for phone calls, so that nobody else ever knows it.
//!
//! A code is 10 letters of Crockford's base32, which stand for 50 random bits; it is shown once. What is kept of it is an
//! HMAC-SHA-256 under the vault key over account, person and code, and when it ends. No slow hash: a code cannot be guessed
//! from its digest without the vault key, and with the key the PINs of the store fall first.

use std::fmt;

use jiff::Timestamp;
use zeroize::Zeroizing;

use crate::account::AccountNumber;
use crate::crockford::{ALPHABET, canonical, write_grouped};
use crate::person::PersonId;
use crate::vault::{Purpose, VaultKey, from_hex, to_hex};

/// Bytes of randomness that a code needs; 50 of their 56 bits are in it.
pub const CODE_RANDOM_BYTES: usize = 7;
const LETTERS: usize = 10;

/// A set-up code as it is handed over or typed. Has no `Debug`, `Display` or `Clone`; forgets itself on drop.
pub struct SetUpCode(Zeroizing<String>);

/// The text is not 10 letters of Crockford's base32. Says nothing of the text.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a set-up code is 10 letters and digits, in groups of four")]
pub struct BadSetUpCode;

impl SetUpCode {
    /// A new code. `random` must be fresh.
    pub fn mint(random: [u8; CODE_RANDOM_BYTES]) -> Self {
        let bits = random.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        let mut letters = Zeroizing::new(String::with_capacity(LETTERS));
        letters.extend((0..LETTERS).map(|at| char::from(ALPHABET[(bits >> (at * 5)) as usize & 31])));
        Self(letters)
    }

    /// Reads a code as people write it: hyphens, blanks and case do not count; `O` is 0, `I` and `L` are 1.
    pub fn parse(text: &str) -> Result<Self, BadSetUpCode> {
        canonical(text, LETTERS).map(|it| Self(Zeroizing::new(it))).ok_or(BadSetUpCode)
    }

    /// The code as it is handed over, in groups: `7K3M-Q0TV-XY`. For the eyes of its holder alone.
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(2 * LETTERS));
        write_grouped(&mut *text, &self.0).expect("a text takes every letter");
        text
    }
}

/// Who may use a code: part of what its digest covers, so that a code opens nothing for anybody else.
#[derive(Clone, Copy, Debug)]
pub struct CodeHolder<'a> {
    /// The account.
    pub account: &'a AccountNumber,
    /// The person.
    pub person: PersonId,
}

/// What is kept of a code that may still be used. Tells nothing of it without the vault key.
#[derive(Clone, Eq, PartialEq)]
pub struct OpenCode {
    digest: [u8; 32],
    until: Timestamp,
}

impl fmt::Debug for OpenCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OpenCode(until {})", self.until)
    }
}

/// What a code is worth.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use]
pub enum CodeAnswer {
    /// It is the right one.
    Right,
    /// It was the right one.
    Late,
    /// It is not.
    Wrong,
}

impl OpenCode {
    /// What is kept of a code that ends at `until`.
    pub fn of(code: &SetUpCode, holder: CodeHolder<'_>, until: Timestamp, key: &VaultKey) -> Self {
        Self { digest: digest(code, holder, key), until }
    }

    /// Checks a code, in constant time. Only who says the right one hears that it is too late.
    pub fn check(&self, code: &SetUpCode, holder: CodeHolder<'_>, now: Timestamp, key: &VaultKey) -> CodeAnswer {
        let is_right: bool = subtle::ConstantTimeEq::ct_eq(&self.digest[..], &digest(code, holder, key)[..]).into();
        match (is_right, self.is_over(now)) {
            (true, false) => CodeAnswer::Right,
            (true, true) => CodeAnswer::Late,
            (false, _) => CodeAnswer::Wrong,
        }
    }

    /// The moment from which on it is not taken any more.
    pub fn until(&self) -> Timestamp {
        self.until
    }

    /// Whether it is not taken any more.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.until <= now
    }

    /// The digest as 64 hexadecimal digits for the store.
    pub fn digest_to_stored(&self) -> String {
        to_hex(&self.digest)
    }

    /// Reads a code's row back from the store; `None` when the digest is none.
    pub fn from_stored(digest: &str, until: Timestamp) -> Option<Self> {
        Some(Self { digest: from_hex(digest)?.try_into().ok()?, until })
    }
}

fn digest(code: &SetUpCode, holder: CodeHolder<'_>, key: &VaultKey) -> [u8; 32] {
    let person = holder.person.0.to_be_bytes();
    key.authenticate(Purpose::SetUpCode, &[holder.account.as_str().as_bytes(), &person, code.0.as_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> SetUpCode {
        SetUpCode::parse(text).unwrap_or_else(|_| panic!("{text} is a code"))
    }

    fn moment(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    #[test]
    fn a_code_has_fifty_bits_of_what_it_is_made_of() {
        let text = |random| SetUpCode::mint(random).to_text().to_string();
        assert_eq!(text([0; 7]), "0000-0000-00");
        assert_eq!(text([255; 7]), "ZZZZ-ZZZZ-ZZ");
        let all: std::collections::BTreeSet<String> = (0..56)
            .map(|bit| {
                let mut random = [0; 7];
                random[6 - bit / 8] = 1 << (bit % 8);
                text(random)
            })
            .collect();
        assert_eq!(all.len(), 51, "each of 50 bits makes a code of its own, and six are left over");
    }

    #[test]
    fn a_code_is_read_as_people_write_it() {
        for text in ["7K3M-Q0TV-XY", "7k3mq0tvxy", " 7K3M QOTV XY"] {
            assert_eq!(*code(text).to_text(), "7K3M-Q0TV-XY", "{text}");
        }
        for bad in ["", "7K3M-Q0TV-X", "7K3M-Q0TV-XYZ", "7K3M-Q0TV-XU", "7K3M_Q0TV_XY"] {
            assert!(SetUpCode::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_code_is_for_one_person_of_one_account_under_one_key() {
        let (key, account, other) = (VaultKey::from_bytes([1; 32]), "A-1".parse().unwrap(), "A-2".parse().unwrap());
        let holder = CodeHolder { account: &account, person: PersonId(3) };
        let open = OpenCode::of(&code("7K3M-Q0TV-XY"), holder, moment(100), &key);
        let check = |text: &str, holder, key: &VaultKey, at, expected| {
            assert_eq!(open.check(&code(text), holder, moment(at), key), expected, "{text} at {at}");
        };
        check("7K3M-Q0TV-XY", holder, &key, 0, CodeAnswer::Right);
        check("7K3M-Q0TV-XY", holder, &key, 99, CodeAnswer::Right);
        check("7K3M-Q0TV-XY", holder, &key, 100, CodeAnswer::Late);
        check("7K3M-Q0TV-XZ", holder, &key, 0, CodeAnswer::Wrong);
        check("7K3M-Q0TV-XZ", holder, &key, 100, CodeAnswer::Wrong);
        check("7K3M-Q0TV-XY", CodeHolder { person: PersonId(4), ..holder }, &key, 0, CodeAnswer::Wrong);
        check("7K3M-Q0TV-XY", CodeHolder { account: &other, ..holder }, &key, 0, CodeAnswer::Wrong);
        check("7K3M-Q0TV-XY", holder, &VaultKey::from_bytes([2; 32]), 0, CodeAnswer::Wrong);
    }

    #[test]
    fn what_is_kept_reads_back_and_shows_nothing() {
        let (key, account) = (VaultKey::from_bytes([1; 32]), "A-1".parse().unwrap());
        let holder = CodeHolder { account: &account, person: PersonId(3) };
        let open = OpenCode::of(&code("7K3M-Q0TV-XY"), holder, moment(100), &key);
        assert_eq!(OpenCode::from_stored(&open.digest_to_stored(), open.until()), Some(open.clone()));
        assert_eq!(format!("{open:?}"), "OpenCode(until 1970-01-01T00:01:40Z)");
        for bad in ["", "00", "x", &"0".repeat(66)] {
            assert_eq!(OpenCode::from_stored(bad, moment(0)), None, "{bad}");
        }
    }
}
