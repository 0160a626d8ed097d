//! PINs: secret while they live, verifiers when they are kept.
//!
//! A verifier is the Argon2id tag of the PIN (OWASP: 19,456 KiB, two passes, one lane; RFC 9106) sealed with
//! XChaCha20-Poly1305 under the vault key. The seal is bound to the account and to whose PIN it is, so that a row
//! copied elsewhere opens nothing; it can be renewed under another key without knowing the PIN.

use std::fmt;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use crate::account::AccountNumber;
use crate::vault::{KeyId, Purpose, VaultKey, from_hex, to_hex};

/// A PIN as somebody wrote or said it. Has no `Debug`, `Display` or `Clone`; forgets itself on drop.
pub struct Pin(Zeroizing<String>);

/// Whose PIN: fixes how many digits it has.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PinKind {
    /// The account's Security PIN: 4 to 8 digits.
    Account,
    /// An Authorized User's own PIN for phone calls: exactly 4 digits.
    Person,
}

/// The text is not as many ASCII digits as the kind of PIN has. Says nothing of the text.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a PIN has {}", match .0 { PinKind::Account => "4 to 8 digits", PinKind::Person => "exactly 4 digits" })]
pub struct BadPin(pub PinKind);

impl Pin {
    /// Reads a PIN: ASCII digits and nothing else; leading zeros count.
    pub fn parse(text: &str, kind: PinKind) -> Result<Self, BadPin> {
        let lengths = match kind {
            PinKind::Account => 4..=8,
            PinKind::Person => 4..=4,
        };
        let is_pin = lengths.contains(&text.len()) && text.bytes().all(|it| it.is_ascii_digit());
        is_pin.then(|| Self(Zeroizing::new(text.to_owned()))).ok_or(BadPin(kind))
    }

    /// Whether both are the same PIN, in constant time for PINs of one length.
    pub fn equals(&self, other: &Self) -> bool {
        subtle::ConstantTimeEq::ct_eq(self.0.as_bytes(), other.0.as_bytes()).into()
    }

    /// Whether the PIN is one of those that are guessed first (NIST SP 800-63B, 3.1.1.2, asks for such a list): one
    /// digit repeated, a straight run up or down, a pair repeated, a year of the last or this century, keypad lines.
    pub fn is_common(&self) -> bool {
        let digits = self.0.as_bytes();
        let steps: Vec<i16> = digits.windows(2).map(|it| i16::from(it[1]) - i16::from(it[0])).collect();
        let is_even_step = |step: i16| steps.iter().all(|it| *it == step);
        let is_pair_repeated = digits.len() == 4 && digits[..2] == digits[2..];
        let is_year = digits.len() == 4 && matches!(&digits[..2], b"19" | b"20");
        is_even_step(0)
            || is_even_step(1)
            || is_even_step(-1)
            || is_pair_repeated
            || is_year
            || KEYPAD_LINES.contains(&self.0.as_str())
    }

    /// Whether the PIN stands, as a run of digits, in `text` once everything but digits is taken out of it.
    pub fn is_part_of(&self, text: &str) -> bool {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        digits.contains(self.0.as_str())
    }

    /// Whether `text` is the PIN and nothing else, however it is grouped.
    pub fn is_all_of(&self, text: &str) -> bool {
        text.chars().filter(|it| it.is_alphanumeric()).eq(self.0.chars())
    }

    fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// Straight lines and corners of the keypad, and sequences that every published PIN study ranks high.
const KEYPAD_LINES: [&str; 14] =
    ["2580", "0852", "1478", "1470", "3690", "0147", "1590", "7410", "9630", "1379", "9731", "1793", "1397", "0007"];

/// What Argon2id costs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PinCost {
    memory_kib: u32,
    passes: u32,
}

impl PinCost {
    /// The cost of every PIN that is kept: 19,456 KiB, two passes, one lane (OWASP Password Storage Cheat Sheet).
    pub const STANDARD: Self = Self { memory_kib: 19_456, passes: 2 };
    /// Next to nothing: for tests and measurements whose subject is not the hashing. Protects nobody.
    pub const CHEAP_FOR_TESTS: Self = Self { memory_kib: 8, passes: 1 };

    fn params(self) -> Params {
        Params::new(self.memory_kib, self.passes, 1, Some(TAG_BYTES)).expect("both costs are within Argon2's ranges")
    }
}

const TAG_BYTES: usize = 32;
const SALT_BYTES: usize = 16;
const NONCE_BYTES: usize = 24;

/// Bytes of randomness that a new verifier needs: salt and nonce.
pub const VERIFIER_RANDOM_BYTES: usize = SALT_BYTES + NONCE_BYTES;

/// Whose PIN a verifier is for; part of what the seal protects.
#[derive(Clone, Copy, Debug)]
pub struct PinHolder<'a> {
    /// The account.
    pub account: &'a AccountNumber,
    /// The account's own PIN or a person's.
    pub kind: PinKind,
}

impl PinHolder<'_> {
    fn label(&self) -> String {
        let kind = match self.kind {
            PinKind::Account => "account",
            PinKind::Person => "person",
        };
        format!("{kind} pin of {}", self.account.as_str())
    }
}

/// What is kept of a PIN. Tells nothing of it without the vault key; shows only which key seals it.
#[derive(Clone, Eq, PartialEq)]
pub struct PinVerifier {
    cost: PinCost,
    key: KeyId,
    salt: [u8; SALT_BYTES],
    nonce: [u8; NONCE_BYTES],
    sealed: Vec<u8>,
}

impl fmt::Debug for PinVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PinVerifier(sealed under {})", self.key.as_str())
    }
}

/// Why a PIN could not be verified at all (which is not the same as a wrong PIN).
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PinError {
    /// The verifier was sealed under another vault key.
    #[error("the PIN verifier is sealed under another vault key")]
    OtherKey,
    /// The verifier was changed in the store, or belongs to another account.
    #[error("the PIN verifier was damaged or moved to another account")]
    Damaged,
}

/// The answer of a verification.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use]
pub enum PinAnswer {
    /// It is the PIN.
    Right,
    /// It is not.
    Wrong,
}

/// Makes and checks verifiers; keeps the 19 MiB that Argon2id needs from one PIN to the next. One for each thread.
pub struct PinHasher {
    memory: Vec<Block>,
}

impl Default for PinHasher {
    fn default() -> Self {
        Self::new()
    }
}

impl PinHasher {
    /// A hasher whose memory is taken at its first use.
    pub fn new() -> Self {
        Self { memory: Vec::new() }
    }

    /// Makes what is kept of a PIN. `random` must be fresh.
    pub fn seal(
        &mut self,
        pin: &Pin,
        holder: PinHolder<'_>,
        cost: PinCost,
        random: &[u8; VERIFIER_RANDOM_BYTES],
        key: &VaultKey,
    ) -> PinVerifier {
        let (salt, nonce) = random.split_at(SALT_BYTES);
        let salt = salt.try_into().expect("split at the length of the salt");
        let nonce = nonce.try_into().expect("the rest is the nonce");
        let tag = self.tag(pin, &salt, cost);
        let sealed = encrypt(tag.as_slice(), &nonce, holder, key);
        PinVerifier { cost, key: key.id(), salt, nonce, sealed }
    }

    /// Checks a PIN against what is kept of the right one.
    pub fn verify(
        &mut self,
        pin: &Pin,
        verifier: &PinVerifier,
        holder: PinHolder<'_>,
        key: &VaultKey,
    ) -> Result<PinAnswer, PinError> {
        let expected = verifier.open(holder, key)?;
        let tag = self.tag(pin, &verifier.salt, verifier.cost);
        let is_equal: bool = subtle::ConstantTimeEq::ct_eq(tag.as_slice(), expected.as_slice()).into();
        Ok(if is_equal { PinAnswer::Right } else { PinAnswer::Wrong })
    }

    fn tag(&mut self, pin: &Pin, salt: &[u8; SALT_BYTES], cost: PinCost) -> Zeroizing<[u8; TAG_BYTES]> {
        let params = cost.params();
        self.memory.resize(params.block_count().max(self.memory.len()), Block::new());
        let mut tag = Zeroizing::new([0; TAG_BYTES]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into_with_memory(pin.bytes(), salt, tag.as_mut_slice(), &mut self.memory)
            .expect("PIN, salt, tag and memory have lengths that Argon2 takes");
        tag
    }
}

fn encrypt(tag: &[u8], nonce: &[u8; NONCE_BYTES], holder: PinHolder<'_>, key: &VaultKey) -> Vec<u8> {
    let cipher = XChaCha20Poly1305::new(key.derive(Purpose::PinSeal).as_slice().try_into().expect("32 bytes"));
    let label = holder.label();
    let payload = Payload { msg: tag, aad: label.as_bytes() };
    cipher.encrypt(&XNonce::from(*nonce), payload).expect("32 bytes are within the cipher's limit")
}

impl PinVerifier {
    /// The same verifier sealed under another key; the PIN need not be known. `random` must be fresh.
    pub fn reseal(
        &self,
        holder: PinHolder<'_>,
        old: &VaultKey,
        new: &VaultKey,
        random: &[u8; NONCE_BYTES],
    ) -> Result<Self, PinError> {
        let tag = self.open(holder, old)?;
        let sealed = encrypt(tag.as_slice(), random, holder, new);
        Ok(Self { key: new.id(), nonce: *random, sealed, ..self.clone() })
    }

    /// Which key seals it.
    pub fn key(&self) -> &KeyId {
        &self.key
    }

    /// The verifier as one line for the store.
    pub fn to_stored(&self) -> String {
        let PinCost { memory_kib, passes } = self.cost;
        let (salt, nonce, sealed) = (to_hex(&self.salt), to_hex(&self.nonce), to_hex(&self.sealed));
        format!("argon2id-sealed-1:m={memory_kib},t={passes}:{}:{salt}:{nonce}:{sealed}", self.key.as_str())
    }

    /// Reads a verifier back from the store; `None` when the line is none.
    pub fn from_stored(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split(':').collect();
        let ["argon2id-sealed-1", cost, key, salt, nonce, sealed] = parts[..] else { return None };
        let (memory, passes) = cost.strip_prefix("m=")?.split_once(",t=")?;
        let cost = PinCost { memory_kib: memory.parse().ok()?, passes: passes.parse().ok()? };
        Params::new(cost.memory_kib, cost.passes, 1, Some(TAG_BYTES)).ok()?;
        Some(Self {
            cost,
            key: KeyId::from_stored(key),
            salt: from_hex(salt)?.try_into().ok()?,
            nonce: from_hex(nonce)?.try_into().ok()?,
            sealed: from_hex(sealed)?,
        })
    }

    fn open(&self, holder: PinHolder<'_>, key: &VaultKey) -> Result<Zeroizing<Vec<u8>>, PinError> {
        if self.key != key.id() {
            return Err(PinError::OtherKey);
        }
        let cipher = XChaCha20Poly1305::new(key.derive(Purpose::PinSeal).as_slice().try_into().expect("32 bytes"));
        let label = holder.label();
        let payload = Payload { msg: &self.sealed, aad: label.as_bytes() };
        cipher.decrypt(&XNonce::from(self.nonce), payload).map(Zeroizing::new).map_err(|_| PinError::Damaged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pin(text: &str) -> Pin {
        Pin::parse(text, PinKind::Account).expect("a PIN")
    }

    fn account(text: &str) -> AccountNumber {
        text.parse().unwrap()
    }

    #[test]
    fn a_pin_is_ascii_digits_of_its_length() {
        for good in ["0427", "00000000", "12345"] {
            assert!(Pin::parse(good, PinKind::Account).is_ok(), "{good}");
        }
        for bad in ["", "123", "123456789", "12a4", " 1234", "１２３４", "-1234", "12.4"] {
            assert!(Pin::parse(bad, PinKind::Account).is_err(), "{bad}");
        }
        assert!(Pin::parse("12345", PinKind::Person).is_err());
    }

    #[test]
    fn pins_that_are_guessed_first_are_known() {
        for common in ["0000", "1234", "4321", "1212", "1984", "2026", "2580", "9876", "55555555"] {
            assert!(pin(common).is_common(), "{common}");
        }
        for good in ["0427", "8305", "7193", "60418273"] {
            assert!(!pin(good).is_common(), "{good}");
        }
    }

    #[test]
    fn a_pin_inside_a_phone_number_is_found() {
        assert!(pin("0142").is_part_of("+1 (555) 010-142"));
        assert!(!pin("0143").is_part_of("+1 (555) 010-142"));
    }

    #[test]
    fn a_verifier_knows_its_pin_and_no_other() {
        let (key, account) = (VaultKey::from_bytes([3; 32]), account("A-1"));
        let holder = PinHolder { account: &account, kind: PinKind::Account };
        let mut hasher = PinHasher::new();
        let verifier = hasher.seal(&pin("0427"), holder, PinCost::CHEAP_FOR_TESTS, &[9; 40], &key);
        assert_eq!(hasher.verify(&pin("0427"), &verifier, holder, &key), Ok(PinAnswer::Right));
        assert_eq!(hasher.verify(&pin("0428"), &verifier, holder, &key), Ok(PinAnswer::Wrong));
        assert_eq!(hasher.verify(&pin("427000"), &verifier, holder, &key), Ok(PinAnswer::Wrong));
    }

    #[test]
    fn a_verifier_opens_only_with_its_key_and_on_its_account() {
        let (key, here, there) = (VaultKey::from_bytes([3; 32]), account("A-1"), account("A-2"));
        let holder = PinHolder { account: &here, kind: PinKind::Account };
        let mut hasher = PinHasher::new();
        let verifier = hasher.seal(&pin("0427"), holder, PinCost::CHEAP_FOR_TESTS, &[9; 40], &key);
        let mut ask = |holder, key: &VaultKey| hasher.verify(&pin("0427"), &verifier, holder, key);
        assert_eq!(ask(holder, &VaultKey::from_bytes([4; 32])), Err(PinError::OtherKey));
        assert_eq!(ask(PinHolder { account: &there, ..holder }, &key), Err(PinError::Damaged));
        assert_eq!(ask(PinHolder { kind: PinKind::Person, ..holder }, &key), Err(PinError::Damaged));
    }

    #[test]
    fn a_resealed_verifier_still_knows_its_pin() {
        let (old, new, account) = (VaultKey::from_bytes([3; 32]), VaultKey::from_bytes([4; 32]), account("A-1"));
        let holder = PinHolder { account: &account, kind: PinKind::Account };
        let mut hasher = PinHasher::new();
        let verifier = hasher.seal(&pin("0427"), holder, PinCost::CHEAP_FOR_TESTS, &[9; 40], &old);
        let moved = verifier.reseal(holder, &old, &new, &[5; 24]).unwrap();
        assert_eq!(hasher.verify(&pin("0427"), &moved, holder, &new), Ok(PinAnswer::Right));
        assert_eq!(hasher.verify(&pin("0427"), &moved, holder, &old), Err(PinError::OtherKey));
    }

    #[test]
    fn a_verifier_reads_back_from_the_store_and_shows_nothing() {
        let (key, account) = (VaultKey::from_bytes([3; 32]), account("A-1"));
        let holder = PinHolder { account: &account, kind: PinKind::Account };
        let verifier = PinHasher::new().seal(&pin("0427"), holder, PinCost::STANDARD, &[9; 40], &key);
        assert_eq!(PinVerifier::from_stored(&verifier.to_stored()), Some(verifier.clone()));
        assert!(!format!("{verifier:?}{}", verifier.to_stored()).contains("0427"));
        for bad in ["", "argon2id-sealed-1:m=1,t=0:a:b:c:d", "argon2id-sealed-2:m=8,t=1:a:00:00:00"] {
            assert_eq!(PinVerifier::from_stored(bad), None, "{bad}");
        }
    }
}
