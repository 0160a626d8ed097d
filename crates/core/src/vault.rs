//! The vault key: the secret kept outside the store, without which a stolen store tells no PIN and forges no form.
//!
//! A 4-digit PIN falls in minutes to whoever holds its Argon2id tag; that is why every tag is sealed under this key
//! (OWASP Password Storage, "peppering"), and why the key file never lies beside a backup of the store.

use chacha20poly1305::aead::Aead;
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

/// The secret kept outside the store. Has no `Debug`, `Display` or `Clone`; forgets itself on drop.
pub struct VaultKey {
    bytes: Zeroizing<[u8; 32]>,
    /// The key of request digests, where an earlier vault key made the digests of this store.
    inherited_request_key: Option<Zeroizing<[u8; 32]>>,
}

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
    /// Seal of a row of the ledger whose id was made under an earlier key.
    LedgerSeal,
    /// Sealing of the key of request digests, which outlives a vault key.
    KeyWrap,
    /// The random part of the id of a form that answers a row of the audit trail: whoever writes the answer again sends the same form.
    AnswerForm,
    /// Digest of a set-up code.
    SetUpCode,
}

/// Which vault key: tells a wrong key at start, and gives nothing away of the key.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct KeyId(String);

/// Bytes of randomness that handing on a key needs.
pub const WRAP_RANDOM_BYTES: usize = 24;

const FILE_PREFIX: &str = "countersign-vault-key-1:";

impl VaultKey {
    /// A key from 32 bytes of good randomness.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self { bytes: Zeroizing::new(bytes), inherited_request_key: None }
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
        Zeroizing::new(format!("{FILE_PREFIX}{}\n", to_hex(self.bytes.as_slice())))
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
        match &self.inherited_request_key {
            Some(key) if purpose == Purpose::RequestDigest => return key.clone(),
            _ => {}
        }
        let mut mac = new_mac(self.bytes.as_slice());
        mac.update(purpose.label().as_bytes());
        Zeroizing::new(mac.finalize().into_bytes().into())
    }

    /// The key of the request digests that were made so far, sealed under `next`: whoever asked for something before the
    /// vault key was changed is still found when they ask again. `random` must be fresh.
    pub fn hand_request_key_to(&self, next: &Self, random: &[u8; WRAP_RANDOM_BYTES]) -> String {
        let key = self.derive(Purpose::RequestDigest);
        let sealed = next.wrapping().encrypt(&XNonce::from(*random), key.as_slice());
        format!("{}:{}", to_hex(random), to_hex(&sealed.expect("32 bytes are within the cipher's limit")))
    }

    /// Takes over the key of request digests that an earlier vault key left.
    pub fn inherit_request_key(&mut self, sealed: &str) -> Result<(), BadInheritance> {
        let (random, sealed) = sealed.split_once(':').ok_or(BadInheritance)?;
        let random: [u8; WRAP_RANDOM_BYTES] =
            from_hex(random).and_then(|it| it.try_into().ok()).ok_or(BadInheritance)?;
        let sealed = from_hex(sealed).ok_or(BadInheritance)?;
        let key = self.wrapping().decrypt(&XNonce::from(random), sealed.as_slice()).map(Zeroizing::new);
        let key: [u8; 32] = key.map_err(|_| BadInheritance)?.as_slice().try_into().map_err(|_| BadInheritance)?;
        self.inherited_request_key = Some(Zeroizing::new(key));
        Ok(())
    }

    fn wrapping(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(self.derive(Purpose::KeyWrap).as_slice().try_into().expect("32 bytes"))
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
            Self::LedgerSeal => "countersign ledger seal 1",
            Self::KeyWrap => "countersign key wrap 1",
            Self::AnswerForm => "countersign answer form 1",
            Self::SetUpCode => "countersign set-up code 1",
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

/// What an earlier vault key left cannot be opened.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the key of request digests was changed in the store, or sealed under another vault key")]
pub struct BadInheritance;

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
    fn request_digests_outlive_a_vault_key() {
        let (old, mut new, mut third) =
            (VaultKey::from_bytes([1; 32]), VaultKey::from_bytes([2; 32]), VaultKey::from_bytes([3; 32]));
        let digest = |key: &VaultKey| key.authenticate(Purpose::RequestDigest, &[b"add"]);
        new.inherit_request_key(&old.hand_request_key_to(&new, &[7; WRAP_RANDOM_BYTES])).unwrap();
        third.inherit_request_key(&new.hand_request_key_to(&third, &[8; WRAP_RANDOM_BYTES])).unwrap();
        assert_eq!(digest(&third), digest(&old));
        assert_ne!(third.authenticate(Purpose::Instance, &[]), old.authenticate(Purpose::Instance, &[]));
        let for_another = old.hand_request_key_to(&new, &[9; WRAP_RANDOM_BYTES]);
        for bad in [for_another.as_str(), "", "00:00", "x"] {
            assert_eq!(third.inherit_request_key(bad), Err(BadInheritance), "{bad}");
        }
    }

    #[test]
    fn another_key_has_another_id() {
        assert_ne!(VaultKey::from_bytes([1; 32]).id(), VaultKey::from_bytes([2; 32]).id());
    }
}
