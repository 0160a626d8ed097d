//! The number of a blank: at least 80 random bits, and a proof that this house made them.
//!
//! The proof is an HMAC-SHA-256 under the vault key over everything that a forger would like to change: template,
//! version, random part, account (or that there is none) and expiry. What a returned form says of itself is compared
//! with what was issued, never believed.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::account::AccountNumber;
use crate::crockford::{ALPHABET, canonical, write_grouped};
use crate::template::TemplateId;
use crate::vault::{Purpose, VaultKey};

/// Bytes of randomness in an instance id: 80 bits.
pub const RANDOM_BYTES: usize = 10;
const PROOF_BYTES: usize = 10;
const LENGTH: usize = (RANDOM_BYTES + PROOF_BYTES) * 8 / 5;

/// The number of a blank: 32 characters of Crockford's base32, shown in groups of four.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct InstanceId(String);

/// What an instance id proves.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InstanceClaims<'a> {
    /// The template and its version.
    pub template: &'a TemplateId,
    /// The account that a bound blank is for; `None` on a generic one.
    pub account: Option<&'a AccountNumber>,
    /// The last day on which the form is taken.
    pub expires: Date,
}

impl InstanceId {
    /// Makes a new id from fresh randomness.
    pub fn mint(random: [u8; RANDOM_BYTES], claims: &InstanceClaims<'_>, key: &VaultKey) -> Self {
        let mut bytes = random.to_vec();
        bytes.extend_from_slice(&proof(&random, claims, key));
        Self(encode(&bytes))
    }

    /// Whether this id was made under `key` for just these claims. Takes the same time for every answer.
    pub fn proves(&self, claims: &InstanceClaims<'_>, key: &VaultKey) -> bool {
        let bytes = decode(&self.0).expect("an instance id is valid base32 since its construction");
        let (random, tag) = bytes.split_at(RANDOM_BYTES);
        let random: [u8; RANDOM_BYTES] = random.try_into().expect("split at the length of the random part");
        subtle::ConstantTimeEq::ct_eq(&proof(&random, claims, key)[..], tag).into()
    }

    /// The id without its hyphens.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn proof(random: &[u8; RANDOM_BYTES], claims: &InstanceClaims<'_>, key: &VaultKey) -> [u8; PROOF_BYTES] {
    let account = claims.account.map_or("generic".to_owned(), |it| format!("account:{}", it.as_str()));
    let expires = claims.expires.to_string();
    let version = claims.template.version.to_be_bytes();
    let parts: [&[u8]; 5] = [claims.template.name.as_bytes(), &version, random, account.as_bytes(), expires.as_bytes()];
    let tag = key.authenticate(Purpose::Instance, &parts);
    tag[..PROOF_BYTES].try_into().expect("a tag is longer than the proof")
}

fn encode(bytes: &[u8]) -> String {
    bytes
        .chunks(5)
        .flat_map(|chunk| {
            let bits = chunk.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
            (0..8).rev().map(move |at| char::from(ALPHABET[(bits >> (at * 5)) as usize & 31]))
        })
        .collect()
}

fn decode(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u64>> =
        text.bytes().map(|it| ALPHABET.iter().position(|letter| *letter == it).map(|at| at as u64)).collect();
    let bytes = digits?
        .chunks(8)
        .flat_map(|chunk| {
            let bits = chunk.iter().fold(0_u64, |bits, digit| bits << 5 | digit);
            (0..5).rev().map(move |at| (bits >> (at * 8)) as u8)
        })
        .collect();
    Some(bytes)
}

impl fmt::Display for InstanceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_grouped(f, &self.0)
    }
}

/// The text is not 32 characters of Crockford's base32.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a form id is 32 letters and digits in groups of four")]
pub struct BadInstanceId;

impl FromStr for InstanceId {
    type Err = BadInstanceId;

    /// Reads an id as people and programs write it: hyphens and blanks do not count, nor does case; `O` is 0, `I` and
    /// `L` are 1.
    fn from_str(text: &str) -> Result<Self, BadInstanceId> {
        canonical(text, LENGTH).map(Self).ok_or(BadInstanceId)
    }
}

impl TryFrom<String> for InstanceId {
    type Error = BadInstanceId;

    fn try_from(text: String) -> Result<Self, BadInstanceId> {
        text.parse()
    }
}

impl From<InstanceId> for String {
    fn from(id: InstanceId) -> Self {
        id.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> VaultKey {
        VaultKey::from_bytes([7; 32])
    }

    fn template() -> TemplateId {
        TemplateId { name: "authorized-user".into(), version: 1 }
    }

    #[test]
    fn an_id_proves_what_it_was_made_for_and_nothing_else() {
        let (template, account) = (template(), "A-1".parse::<AccountNumber>().unwrap());
        let claims =
            InstanceClaims { template: &template, account: Some(&account), expires: jiff::civil::date(2026, 6, 30) };
        let id = InstanceId::mint([1; RANDOM_BYTES], &claims, &key());
        assert!(id.proves(&claims, &key()));
        assert!(!id.proves(&InstanceClaims { account: None, ..claims.clone() }, &key()));
        assert!(!id.proves(&InstanceClaims { expires: jiff::civil::date(2027, 6, 30), ..claims.clone() }, &key()));
        assert!(!id.proves(&claims, &VaultKey::from_bytes([8; 32])));
        let newer = TemplateId { version: 2, ..template.clone() };
        assert!(!id.proves(&InstanceClaims { template: &newer, ..claims }, &key()));
    }

    #[test]
    fn an_id_is_read_as_people_write_it() {
        let template = template();
        let claims = InstanceClaims { template: &template, account: None, expires: jiff::civil::date(2026, 6, 30) };
        let id = InstanceId::mint([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], &claims, &key());
        assert_eq!(id.to_string().len(), LENGTH + 7);
        assert_eq!(id.to_string().parse(), Ok(id.clone()));
        assert_eq!(id.as_str().to_lowercase().replace('0', "o").parse(), Ok(id.clone()));
        assert_eq!("0000".parse::<InstanceId>(), Err(BadInstanceId));
        assert_eq!("U".repeat(LENGTH).parse::<InstanceId>(), Err(BadInstanceId));
    }

    #[test]
    fn base32_keeps_every_byte() {
        let bytes: Vec<u8> = (0..=255).step_by(13).collect();
        assert_eq!(decode(&encode(&bytes)), Some(bytes));
    }
}
