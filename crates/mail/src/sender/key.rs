//! Keys of domains, and where they are asked for (RFC 6376, 3.6).

use mail_auth::common::crypto::Algorithm;
use mail_auth::common::parse::TxtRecordParser;
use mail_auth::common::verify::DomainKey;

use super::tags::Tags;
use super::{Reason, Signature};

/// Where the text records of domains are asked for. Tests answer from a table, programs ask the DNS ([`super::SystemDns`]).
pub trait TextRecords {
    /// The TXT records at a name, each with its strings joined. The name has no dot at its end.
    fn text_records(&self, name: &str) -> Result<Vec<Vec<u8>>, DnsFailure>;
}

/// Why there is no answer.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum DnsFailure {
    /// The domain says that there is none: no such name, or no record of this kind at it.
    #[error("there is no record")]
    NoRecord,
    /// Nobody answered, or with an error: a later question may be answered.
    #[error("the DNS cannot be asked: {0}")]
    Unavailable(String),
}

/// Verifies a signature over bytes with the key that its domain publishes.
pub(super) fn verify(
    signature: &Signature<'_>,
    bytes: &[u8],
    records: &dyn TextRecords,
    least_rsa_bits: usize,
) -> Result<(), Reason> {
    let name = format!("{}._domainkey.{}", signature.selector, signature.domain);
    let records = records.text_records(&name).map_err(|it| match it {
        DnsFailure::NoRecord => Reason::KeyMissing,
        DnsFailure::Unavailable(_) => Reason::DnsUnavailable,
    })?;
    // With several records, every verifier picks one of its own (RFC 6376, 3.6.2.2 leaves it open).
    let record = match records.as_slice() {
        [] => return Err(Reason::KeyMissing),
        [one] => one,
        _ => return Err(Reason::KeyUnusable),
    };
    let text = std::str::from_utf8(record).map_err(|_| Reason::KeyUnusable)?;
    let tags = Tags::read(text).filter(|it| is_usable(it, signature)).ok_or(Reason::KeyUnusable)?;
    let is_rsa = signature.algorithm == Algorithm::RsaSha256;
    if tags.get("k").unwrap_or("rsa") != if is_rsa { "rsa" } else { "ed25519" } {
        return Err(Reason::KeyUnusable);
    }
    let key = DomainKey::parse(record).map_err(|_| Reason::KeyUnusable)?;
    if is_rsa && key.p.public_key_bits() < least_rsa_bits {
        return Err(Reason::KeyWeak);
    }
    key.p.verify_bytes(bytes, &signature.signature, signature.algorithm).map_err(|_| Reason::SignatureBroken)
}

/// Whether the domain lets the key be used for this: it is not revoked, not for tests only, and is for mail.
fn is_usable(tags: &Tags<'_>, signature: &Signature<'_>) -> bool {
    let lists =
        |name: &str, words: &[&str]| tags.items(name).is_none_or(|it| it.iter().any(|it| words.contains(&it.as_str())));
    let flags = tags.items("t").unwrap_or_default();
    let is_version = match tags.get("v") {
        Some(version) => version == "DKIM1" && tags.first() == Some("v"),
        None => true,
    };
    let is_same_domain = signature.identity_domain == signature.domain || !flags.iter().any(|it| it == "s");
    is_version
        && tags.get("p").is_some_and(|it| !it.is_empty())
        && lists("h", &["sha256"])
        && lists("s", &["email", "*"])
        && !flags.iter().any(|it| it == "y")
        && is_same_domain
}
