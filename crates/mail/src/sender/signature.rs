//! DKIM signatures (RFC 6376, 3.5), as strictly as a proof asks.
//!
//! A signature is read here and by mail-auth, and both must agree. What the RFC allows and a proof of a sender cannot rest on is
//! refused with its reason: a body covered in part, a sender, date or subject that is not covered, SHA-1.

use jiff::{SignedDuration, Timestamp};
use mail_auth::common::crypto::Algorithm;
use mail_auth::dkim::{self, Canonicalization};

use super::Reason;
use super::canonical::Form;
use super::letter::Letter;
use super::structure;
use super::tags::Tags;
use crate::message::{Field, base64};

/// The longest signature field that is read, in bytes.
const LONGEST: usize = 16 * 1024;

/// A signature, read without doubt. Nothing is verified yet.
pub(super) struct Signature<'r> {
    pub(super) field: Field<'r>,
    /// The domain that signs, in lower case.
    pub(super) domain: String,
    pub(super) selector: String,
    /// The names of the fields it covers, in order and in lower case.
    pub(super) covered: Vec<String>,
    pub(super) algorithm: Algorithm,
    pub(super) header_form: Form,
    pub(super) body_form: Form,
    pub(super) signature: Vec<u8>,
    pub(super) body_digest: Vec<u8>,
    pub(super) signed_at: Option<Timestamp>,
    pub(super) expires_at: Option<Timestamp>,
    /// The domain of the identity (`i=`): the signing domain or one below it.
    pub(super) identity_domain: String,
    is_partial: bool,
}

/// The domain that a signature names, wherever else it is malformed: which signatures are looked at depends on it.
pub(super) fn named_domain(field: &Field<'_>) -> Option<String> {
    Tags::read(&field.text())?.compact("d").map(|it| it.to_ascii_lowercase())
}

impl<'r> Signature<'r> {
    /// Reads a `DKIM-Signature` field.
    pub(super) fn read(field: &Field<'r>) -> Result<Self, Reason> {
        if field.value().len() > LONGEST {
            return Err(Reason::SignatureMalformed);
        }
        let value = field.unfolded();
        let text = std::str::from_utf8(&value).map_err(|_| Reason::SignatureMalformed)?;
        let tags = Tags::read(text).ok_or(Reason::SignatureMalformed)?;
        let algorithm = algorithm(&tags)?;
        let signature = Self::of(field, &tags, algorithm).ok_or(Reason::SignatureMalformed)?;
        let second = dkim::Signature::parse(field.value()).map_err(|_| Reason::SignatureMalformed)?;
        signature.agrees_with(&second).then_some(signature).ok_or(Reason::SignatureMalformed)
    }

    fn of(field: &Field<'r>, tags: &Tags<'_>, algorithm: Algorithm) -> Option<Self> {
        if tags.get("v")? != "1" || tags.items("q").is_some_and(|it| !it.iter().any(|it| it == "dns/txt")) {
            return None;
        }
        let (header_form, body_form) = forms(tags.get("c").unwrap_or("simple/simple"))?;
        let domain = tags.compact("d")?.to_ascii_lowercase();
        let selector = tags.compact("s")?.to_ascii_lowercase();
        let covered = tags.items("h")?;
        let is_names = covered.iter().all(|it| !it.is_empty() && it.bytes().all(|b| (33..=126).contains(&b)));
        if !is_domain(&domain) || !domain.contains('.') || !is_domain(&selector) || !is_names {
            return None;
        }
        let identity_domain = match tags.get("i") {
            Some(identity) => identity.rsplit_once('@')?.1.to_ascii_lowercase(),
            None => domain.clone(),
        };
        let is_below = identity_domain.strip_suffix(&domain).is_some_and(|it| it.is_empty() || it.ends_with('.'));
        let moment = |name| match tags.seconds(name) {
            None => Some(None),
            Some(seconds) => Timestamp::from_second(seconds?).ok().map(Some),
        };
        is_below.then_some(())?;
        Some(Self {
            field: *field,
            domain,
            selector,
            covered,
            algorithm,
            header_form,
            body_form,
            signature: exact_base64(&tags.compact("b")?)?,
            body_digest: exact_base64(&tags.compact("bh")?)?,
            signed_at: moment("t")?,
            expires_at: moment("x")?,
            identity_domain,
            is_partial: tags.get("l").is_some(),
        })
    }

    /// Whether mail-auth reads the same.
    fn agrees_with(&self, other: &dkim::Signature) -> bool {
        let form = |it: Canonicalization| if it == Canonicalization::Simple { Form::Simple } else { Form::Relaxed };
        let seconds = |it: Option<Timestamp>| it.map_or(0, |it| it.as_second().unsigned_abs());
        other.d == self.domain
            && other.s == self.selector
            && other.a == self.algorithm
            && (form(other.ch), form(other.cb)) == (self.header_form, self.body_form)
            && other.b == self.signature
            && other.bh == self.body_digest
            && other.h.iter().map(|it| it.to_ascii_lowercase()).eq(self.covered.iter().cloned())
            && (other.t, other.x) == (seconds(self.signed_at), seconds(self.expires_at))
    }

    /// Whether the signature, if it is valid, covers what a proof rests on, at the moment the message came.
    pub(super) fn suffices(&self, letter: &Letter<'_>, came_at: Timestamp, skew: SignedDuration) -> Result<(), Reason> {
        if self.is_partial {
            return Err(Reason::PartialBody);
        }
        for name in ["From", "Date", "Subject"] {
            if letter.header.first(name).is_some() && !self.covers(name) {
                return Err(Reason::HeaderNotSigned);
            }
        }
        let later = came_at.checked_add(skew).unwrap_or(Timestamp::MAX);
        if self.signed_at.is_some_and(|it| it > later) {
            return Err(Reason::SignedInFuture);
        }
        let ends_before_it_begins = self.expires_at.zip(self.signed_at).is_some_and(|(end, begin)| end <= begin);
        if ends_before_it_begins || self.expires_at.is_some_and(|it| it <= came_at) {
            return Err(Reason::Expired);
        }
        if !structure::is_evident(&letter.header, |it| self.covers(it)) {
            return Err(Reason::StructureNotSigned);
        }
        Ok(())
    }

    fn covers(&self, name: &str) -> bool {
        self.covered.iter().any(|it| it.eq_ignore_ascii_case(name))
    }

    /// The names of the fields that are covered as often as they are there.
    pub(super) fn covered_throughout(&self, letter: &Letter<'_>) -> Vec<String> {
        let times = |name: &str| self.covered.iter().filter(|it| *it == name).count();
        self.covered.iter().filter(|it| times(it) >= letter.header.count(it)).cloned().collect()
    }

    /// The bytes that are signed: the covered fields, those of one name from the bottom up (RFC 6376, 5.4.2), and the signature
    /// field itself. A name without a field, or without a further one, stands for none: none can be added later.
    pub(super) fn signed_bytes(&self, letter: &Letter<'_>) -> Vec<u8> {
        let fields = letter.header.fields();
        let mut bytes = Vec::new();
        for (at, name) in self.covered.iter().enumerate() {
            let before = self.covered.iter().take(at).filter(|it| *it == name).count();
            if let Some(field) = fields.iter().rev().filter(|it| it.is(name)).nth(before) {
                bytes.extend(self.header_form.field(field));
            }
        }
        bytes.extend(self.header_form.signature(&self.field));
        bytes
    }
}

fn algorithm(tags: &Tags<'_>) -> Result<Algorithm, Reason> {
    match tags.get("a").map(str::to_ascii_lowercase).as_deref() {
        Some("rsa-sha256") => Ok(Algorithm::RsaSha256),
        Some("ed25519-sha256") => Ok(Algorithm::Ed25519Sha256),
        Some(_) => Err(Reason::AlgorithmWeak),
        None => Err(Reason::SignatureMalformed),
    }
}

fn forms(value: &str) -> Option<(Form, Form)> {
    let form = |it: &str| match it.trim().to_ascii_lowercase().as_str() {
        "simple" => Some(Form::Simple),
        "relaxed" => Some(Form::Relaxed),
        _ => None,
    };
    let (header, body) = value.split_once('/').unwrap_or((value, "simple"));
    Some((form(header)?, form(body)?))
}

/// Labels of letters, digits, hyphens and underscores.
fn is_domain(text: &str) -> bool {
    let is_label = |it: &str| {
        (1..=63).contains(&it.len()) && it.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    text.len() <= 253 && text.split('.').all(is_label)
}

fn exact_base64(text: &str) -> Option<Vec<u8>> {
    let decoded = base64(text.as_bytes());
    (!decoded.is_broken && !decoded.bytes.is_empty()).then_some(decoded.bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Header, Limits};

    const GOOD: &str = "v=1; a=rsa-sha256; c=relaxed/simple; d=Acme.example; s=K1; t=100; x=200;\r\n\
                        \th=From:Date:\r\n\tSubject; i=@mail.acme.example; bh=AAAA; b=AA\r\n\tAA";

    fn read(value: &str) -> Result<(String, String, Vec<String>, String), Reason> {
        let raw = format!("DKIM-Signature: {value}\r\n\r\n");
        let header = Header::split(raw.as_bytes(), &Limits::default()).unwrap();
        Signature::read(&header.fields()[0]).map(|it| (it.domain, it.selector, it.covered, it.identity_domain))
    }

    #[test]
    fn a_signature_is_read() {
        let (domain, selector, covered, identity) = read(GOOD).unwrap();
        assert_eq!(
            (domain.as_str(), selector.as_str(), identity.as_str()),
            ("acme.example", "k1", "mail.acme.example")
        );
        assert_eq!(covered, ["from", "date", "subject"]);
    }

    #[test]
    fn a_signature_in_doubt_is_none() {
        let check = |from: &str, to: &str, expected: Reason| {
            assert!(GOOD.contains(from), "{from}");
            assert_eq!(read(&GOOD.replace(from, to)), Err(expected), "{from} {to}");
        };
        let malformed = Reason::SignatureMalformed;
        check("v=1", "v=2", malformed);
        check("v=1; ", "", malformed);
        check("rsa-sha256", "rsa-sha1", Reason::AlgorithmWeak);
        check("a=rsa-sha256; ", "", malformed);
        check("t=100", "t=100; t=200", malformed);
        check("t=100", "T=100", malformed);
        check("x=200", "x=never", malformed);
        check("x=200", "x=", malformed);
        check("d=Acme.example", "d=example", malformed);
        check("d=Acme.example", "d=acme..example", malformed);
        check("d=Acme.example", "d=\"acme.example\"", malformed);
        check("i=@mail.acme.example", "i=@evil.example", malformed);
        check("i=@mail.acme.example", "i=@evilacme.example", malformed);
        check("i=@mail.acme.example", "i=acme.example", malformed);
        check("c=relaxed/simple", "c=none", malformed);
        check("bh=AAAA", "bh=", malformed);
        check("bh=AAAA", "bh=A*AA", malformed);
        check("\r\n\tSubject", ":", malformed);
        check("v=1", "v=1; q=http", malformed);
        assert_eq!(read(&format!("{GOOD}; z={}", "x".repeat(LONGEST))), Err(malformed));
    }

    #[test]
    fn both_readers_must_agree() {
        let raw = format!("DKIM-Signature: {GOOD}\r\n\r\n");
        let header = Header::split(raw.as_bytes(), &Limits::default()).unwrap();
        let ours = Signature::read(&header.fields()[0]).unwrap();
        let check = |differ: fn(&mut dkim::Signature), expected: bool| {
            let mut second = dkim::Signature::parse(header.fields()[0].value()).unwrap();
            differ(&mut second);
            assert_eq!(ours.agrees_with(&second), expected, "{second:?}");
        };
        check(|_| (), true);
        check(|it| it.d.insert(0, 'x'), false);
        check(|it| it.s.insert(0, 'x'), false);
        check(|it| it.a = Algorithm::Ed25519Sha256, false);
        check(|it| it.ch = Canonicalization::Simple, false);
        check(|it| it.cb = Canonicalization::Relaxed, false);
        check(|it| it.b.push(0), false);
        check(|it| it.bh.push(0), false);
        check(|it| drop(it.h.pop()), false);
        check(|it| it.t = 0, false);
        check(|it| it.x = 0, false);
    }

    #[test]
    fn harmless_differences_are_read() {
        for (from, to) in [
            ("v=1", "q=dns/txt; v=1"),
            ("c=relaxed/simple", "c=relaxed"),
            ("i=@mail.acme.example; ", ""),
            ("t=100; x=200;", ""),
        ] {
            assert!(read(&GOOD.replace(from, to)).is_ok(), "{from} {to}");
        }
    }
}
