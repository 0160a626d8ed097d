//! What a signature is made over (RFC 6376, 3.4 and 3.7): header fields and body in a canonical form.
//!
//! Our own, as mail-auth 0.13 ignores carriage returns wherever they stand, takes form feeds for blanks, and counts blank lines at
//! the end of a relaxed body. The tests sign with mail-auth, so the two are held against each other.

use sha2::{Digest, Sha256};

use crate::message::Field;

/// A canonical form.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Form {
    /// Every byte counts, except empty lines at the end of the body.
    Simple,
    /// Blanks are runs of one, and none at the ends of lines.
    Relaxed,
}

impl Form {
    /// A header field with its last line break.
    pub(super) fn field(self, field: &Field<'_>) -> Vec<u8> {
        self.named(field.whole(), field.name(), field.value())
    }

    /// The field of the signature itself: without the value of `b=`, and without a line break at its end (3.7).
    pub(super) fn signature(self, field: &Field<'_>) -> Vec<u8> {
        let value = without_signature(field.value());
        let name_and_colon = field.whole().len() - field.value().len();
        let whole = [field.whole().get(..name_and_colon).unwrap_or_default(), &value].concat();
        let mut canonical = self.named(&whole, field.name(), &value);
        if canonical.ends_with(b"\r\n") {
            canonical.truncate(canonical.len() - 2);
        }
        canonical
    }

    fn named(self, whole: &[u8], name: &str, value: &[u8]) -> Vec<u8> {
        match self {
            Self::Simple => whole.to_vec(),
            Self::Relaxed => {
                let mut line = name.to_ascii_lowercase().into_bytes();
                line.push(b':');
                let words = value.split(|it| matches!(it, b' ' | b'\t' | b'\r' | b'\n')).filter(|it| !it.is_empty());
                line.extend(words.collect::<Vec<_>>().join(&b' '));
                line.extend_from_slice(b"\r\n");
                line
            }
        }
    }

    /// SHA-256 of the canonical body. Its lines end with CRLF.
    pub(super) fn body_digest(self, body: &[u8]) -> [u8; 32] {
        let mut hasher = Sha256::new();
        let mut empty_lines = 0_usize;
        let mut lines = body.split(|it| *it == b'\n').peekable();
        while let Some(line) = lines.next() {
            // What follows the last line break is a line only if it is not empty.
            if line.is_empty() && lines.peek().is_none() {
                break;
            }
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let line = if self == Self::Relaxed { relaxed(line) } else { line.to_vec() };
            if line.is_empty() {
                empty_lines += 1;
                continue;
            }
            (0..std::mem::take(&mut empty_lines)).for_each(|_| hasher.update(b"\r\n"));
            hasher.update(&line);
            hasher.update(b"\r\n");
        }
        let is_nothing = body.iter().all(|it| matches!(it, b'\r' | b'\n'));
        if self == Self::Simple && is_nothing {
            hasher.update(b"\r\n");
        }
        hasher.finalize().into()
    }
}

/// A line with its runs of blanks as one, and none at its end.
fn relaxed(line: &[u8]) -> Vec<u8> {
    let mut canonical = Vec::with_capacity(line.len());
    let mut is_after_blank = false;
    for byte in line {
        if matches!(byte, b' ' | b'\t') {
            is_after_blank = true;
            continue;
        }
        if std::mem::take(&mut is_after_blank) {
            canonical.push(b' ');
        }
        canonical.push(*byte);
    }
    canonical
}

/// The value of a signature field with the value of its `b` tag taken out, blanks in it included.
fn without_signature(value: &[u8]) -> Vec<u8> {
    let mut rest = Vec::with_capacity(value.len());
    for (at, spec) in value.split(|it| *it == b';').enumerate() {
        if at > 0 {
            rest.push(b';');
        }
        let equals = spec.iter().position(|it| *it == b'=').unwrap_or(spec.len());
        let (name, signature) = spec.split_at_checked(equals).unwrap_or((spec, &[]));
        if name.trim_ascii() == b"b" && !signature.is_empty() {
            rest.extend_from_slice(name);
            rest.push(b'=');
        } else {
            rest.extend_from_slice(spec);
        }
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Header, Limits};

    fn check_body(form: Form, body: &str, canonical: &str) {
        let expected: [u8; 32] = Sha256::digest(canonical.as_bytes()).into();
        assert_eq!(form.body_digest(body.as_bytes()), expected, "{form:?} {body:?}");
    }

    #[test]
    fn bodies_are_canonical() {
        // RFC 6376, 3.4.5.
        check_body(Form::Relaxed, " C \r\nD \t E\r\n\r\n\r\n", " C\r\nD E\r\n");
        check_body(Form::Simple, " C \r\nD \t E\r\n\r\n\r\n", " C \r\nD \t E\r\n");
        check_body(Form::Relaxed, "", "");
        check_body(Form::Simple, "", "\r\n");
        check_body(Form::Simple, "\r\n\r\n", "\r\n");
        check_body(Form::Relaxed, "\r\n \t\r\n", "");
        check_body(Form::Relaxed, "a\r\n \r\n\r\n", "a\r\n");
        check_body(Form::Simple, "a\r\n \r\n\r\n", "a\r\n \r\n");
        check_body(Form::Relaxed, "a\r\n\r\nb", "a\r\n\r\nb\r\n");
        check_body(Form::Simple, "a\r\n\r\nb", "a\r\n\r\nb\r\n");
        check_body(Form::Relaxed, "\r\n\r\na", "\r\n\r\na\r\n");
    }

    #[test]
    fn fields_are_canonical() {
        let raw = b"A: X\r\nB : Y\t\r\n\tZ  \r\n\r\n";
        let header = Header::split(raw, &Limits::default()).unwrap();
        let form = |form: Form| -> Vec<u8> { header.fields().iter().flat_map(|it| form.field(it)).collect() };
        assert_eq!(form(Form::Relaxed), b"a:X\r\nb:Y Z\r\n");
        assert_eq!(form(Form::Simple), b"A: X\r\nB : Y\t\r\n\tZ  \r\n");
    }

    #[test]
    fn a_signature_does_not_cover_itself() {
        let check = |value: &str, expected: &str| {
            assert_eq!(String::from_utf8(without_signature(value.as_bytes())).unwrap(), expected);
        };
        check(" v=1; b=abc\r\n\tdef==; bh=xyz;\r\n", " v=1; b=; bh=xyz;\r\n");
        check(" v=1; bh=xyz; b=abc==\r\n", " v=1; bh=xyz; b=");
        check(" b = abc;d=x", " b =;d=x");
        let raw = b"DKIM-Signature: v=1; bh=x;\r\n\tb=abc\r\n\r\n";
        let header = Header::split(raw, &Limits::default()).unwrap();
        assert_eq!(Form::Relaxed.signature(&header.fields()[0]), b"dkim-signature:v=1; bh=x; b=");
        assert_eq!(Form::Simple.signature(&header.fields()[0]), b"DKIM-Signature: v=1; bh=x;\r\n\tb=");
    }
}
