//! The vault key: the secret kept outside the store, without which a stolen store tells no PIN and forges no form.
//!
//! A 4-digit PIN falls in minutes to whoever holds its Argon2id tag; that is why every tag is sealed under this key
//! (OWASP Password Storage, "peppering"), and why the key file never lies beside a backup of the store.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

/// The secret kept outside the store. Has no `Debug`, `Display` or `Clone`; forgets itself on drop.
pub struct VaultKey(Zeroizing<[u8; 32]>);

/// What a derived key is for. Each purpose has a key of its own, so that no use can speak for another.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Purpose {
    /// Proof in an instance id.
    Instance,
    /// Sealing of PIN verifiers.
    PinSeal,
    /// Digest of what a submission asks for, to find it again in another file.
    RequestDigest,
    /// Recognition of the key itself.
    KeyCheck,
}

/// Which vault key: tells a wrong key at start, and gives nothing away of the key.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct KeyId(String);

const FILE_PREFIX: &str = "countersign-vault-key-1:";

impl VaultKey {
    /// A key from 32 bytes of good randomness.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Reads a key as [`to_file_text`](Self::to_file_text) writes it. Lines that start with `#` are comments.
    pub fn from_file_text(text: &str) -> Result<Self, BadVaultKey> {
        let line = text.lines().map(str::trim).find(|it| !it.is_empty() && !it.starts_with('#')).ok_or(BadVaultKey)?;
        let hex = line.strip_prefix(FILE_PREFIX).ok_or(BadVaultKey)?;
        let bytes = Zeroizing::new(from_hex(hex).ok_or(BadVaultKey)?);
        let bytes: [u8; 32] = bytes.as_slice().try_into().map_err(|_| BadVaultKey)?;
        Ok(Self::from_bytes(bytes))
    }

    /// The key as it stands in its file: one line, `countersign-vault-key-1:` and 64 hexadecimal digits.
    pub fn to_file_text(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{FILE_PREFIX}{}\n", to_hex(self.0.as_slice())))
    }

    /// HMAC-SHA-256 (RFC 2104) over `parts` under the key of `purpose`. Each part is preceded by its length, so that
    /// no two lists of parts look the same.
    pub fn authenticate(&self, purpose: Purpose, parts: &[&[u8]]) -> [u8; 32] {
        let key = self.derive(purpose);
        let mut mac = new_mac(key.as_slice());
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    /// Which key this is.
    pub fn id(&self) -> KeyId {
        KeyId(to_hex(&self.authenticate(Purpose::KeyCheck, &[])[..8]))
    }

    /// The key for one purpose: HMAC-SHA-256 of its label, as in the expand step of HKDF (RFC 5869).
    pub(crate) fn derive(&self, purpose: Purpose) -> Zeroizing<[u8; 32]> {
        let mut mac = new_mac(self.0.as_slice());
        mac.update(purpose.label().as_bytes());
        Zeroizing::new(mac.finalize().into_bytes().into())
    }
}

fn new_mac(key: &[u8]) -> Hmac<Sha256> {
    Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length")
}

impl Purpose {
    fn label(self) -> &'static str {
        match self {
            Self::Instance => "countersign instance 1",
            Self::PinSeal => "countersign pin seal 1",
            Self::RequestDigest => "countersign request digest 1",
            Self::KeyCheck => "countersign key check 1",
        }
    }
}

impl KeyId {
    /// Reads an id back from the store.
    pub fn from_stored(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The id as 16 hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The text is no vault key.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a vault key is one line: `countersign-vault-key-1:` and 64 hexadecimal digits")]
pub struct BadVaultKey;

/// Bytes as lower-case hexadecimal digits.
pub fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|it| format!("{it:02x}")).collect()
}

/// Bytes from hexadecimal digits of either case; `None` when they are none.
pub fn from_hex(text: &str) -> Option<Vec<u8>> {
    let is_hex = text.len().is_multiple_of(2) && text.bytes().all(|it| it.is_ascii_hexdigit());
    let byte = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).ok();
    is_hex.then(|| (0..text.len()).step_by(2).map(byte).collect()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_reads_back_from_its_file() {
        let key = VaultKey::from_bytes(std::array::from_fn(|it| it as u8));
        let text = format!("# a comment\n{}", *key.to_file_text());
        assert_eq!(VaultKey::from_file_text(&text).unwrap().id(), key.id());
        for bad in ["", "# only a comment", "countersign-vault-key-1:00", "countersign-vault-key-1:zz", "00"] {
            assert!(VaultKey::from_file_text(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn purposes_and_parts_do_not_speak_for_each_other() {
        let key = VaultKey::from_bytes([1; 32]);
        let tags = [
            key.authenticate(Purpose::Instance, &[b"ab"]),
            key.authenticate(Purpose::RequestDigest, &[b"ab"]),
            key.authenticate(Purpose::Instance, &[b"a", b"b"]),
            key.authenticate(Purpose::Instance, &[b"ab", b""]),
        ];
        for (at, tag) in tags.iter().enumerate() {
            assert!(!tags[at + 1..].contains(tag), "tag {at} stands twice");
        }
    }

    #[test]
    fn another_key_has_another_id() {
        assert_ne!(VaultKey::from_bytes([1; 32]).id(), VaultKey::from_bytes([2; 32]).id());
    }
}
