//! The header of a message as its fields, each with the bytes it consists of (RFC 5322, 2.2).
//!
//! One splitter for everything: what a signature covers and what is read are the same fields. A header that could be split in
//! another way, too, is told as irregular; nothing is proved of such a message.

use std::borrow::Cow;

use super::Limits;

/// One header field.
#[derive(Clone, Copy)]
pub struct Field<'raw> {
    name: &'raw str,
    whole: &'raw [u8],
    value: &'raw [u8],
}

impl<'raw> Field<'raw> {
    /// The name, as it is written.
    pub fn name(&self) -> &'raw str {
        self.name
    }

    /// Whether this is the field of that name; names have no case (RFC 5322, 1.2.2).
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// Name, colon, value and the last line break.
    pub(crate) fn whole(&self) -> &'raw [u8] {
        self.whole
    }

    /// What follows the colon, with its folds and the last line break.
    pub(crate) fn value(&self) -> &'raw [u8] {
        self.value
    }

    /// The value on one line: line breaks are gone (RFC 5322, 2.2.3), the ends trimmed.
    pub(crate) fn unfolded(&self) -> Cow<'raw, [u8]> {
        let value = self.value.trim_ascii();
        if value.iter().any(|it| matches!(it, b'\r' | b'\n')) {
            Cow::Owned(value.iter().copied().filter(|it| !matches!(it, b'\r' | b'\n')).collect())
        } else {
            Cow::Borrowed(value)
        }
    }

    /// The value on one line as text; what is not UTF-8 becomes U+FFFD.
    pub(crate) fn text(&self) -> Cow<'raw, str> {
        match self.unfolded() {
            Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes),
            Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
        }
    }
}

/// The fields of a header, in their order.
#[derive(Clone)]
pub struct Header<'raw> {
    fields: Vec<Field<'raw>>,
    is_regular: bool,
    body: &'raw [u8],
}

/// The header is longer, or has more fields, than the limits allow.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the header is too long")]
pub struct HeaderTooLong;

impl<'raw> Header<'raw> {
    /// Splits a message or a part into header and body.
    pub(crate) fn split(raw: &'raw [u8], limits: &Limits) -> Result<Self, HeaderTooLong> {
        let mut header = Self { fields: Vec::new(), is_regular: true, body: &[] };
        let mut at = 0;
        while let Some(line) = line_at(raw, at) {
            let next = at + line.len();
            if is_blank(line) {
                header.body = raw.get(next..).unwrap_or_default();
                break;
            }
            if next > limits.header_bytes {
                return Err(HeaderTooLong);
            }
            let end = end_of_folds(raw, next);
            header.take(raw.get(at..end).unwrap_or_default(), at == 0);
            if end > limits.header_bytes || header.fields.len() > limits.header_fields {
                return Err(HeaderTooLong);
            }
            at = end;
        }
        Ok(header)
    }

    /// Takes one logical line, its folds included.
    fn take(&mut self, whole: &'raw [u8], is_first: bool) {
        let name_and_rest = whole.iter().position(|it| *it == b':').and_then(|colon| whole.split_at_checked(colon));
        // The line with which an mbox begins a message is no field; a message that was saved from one still has it.
        let is_from_line = is_first && (whole.starts_with(b"From ") || whole.starts_with(b">From "));
        if is_from_line && name_and_rest.is_none_or(|(name, _)| name.trim_ascii_end() != b"From") {
            return;
        }
        let Some((name, rest)) = name_and_rest else {
            self.is_regular = false;
            return;
        };
        // `Subject : x` was allowed once (RFC 5322, 4.5); programs differ about it.
        let tidy = name.trim_ascii_end();
        let is_name = !tidy.is_empty() && tidy.iter().all(|it| (33..=126).contains(it));
        self.is_regular &= is_name && tidy.len() == name.len();
        let Ok(name) = std::str::from_utf8(tidy) else {
            return;
        };
        if is_name {
            self.fields.push(Field { name, whole, value: rest.get(1..).unwrap_or_default() });
        }
    }

    /// All fields, the newest first: each server writes above what was there.
    pub fn fields(&self) -> &[Field<'raw>] {
        &self.fields
    }

    /// All fields of that name, the topmost first.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Field<'raw>> {
        self.fields.iter().filter(move |it| it.is(name))
    }

    /// The topmost field of that name.
    pub fn first(&self, name: &str) -> Option<&Field<'raw>> {
        self.fields.iter().find(|it| it.is(name))
    }

    /// How often a field of that name is there.
    pub fn count(&self, name: &str) -> usize {
        self.all(name).count()
    }

    /// Whether every program splits this header in the same way: each line is a field or continues one, and no name has a blank
    /// before its colon.
    pub fn is_regular(&self) -> bool {
        self.is_regular
    }

    /// What follows the header.
    pub(crate) fn body(&self) -> &'raw [u8] {
        self.body
    }
}

/// The line that begins at `at`, with its line break; `None` at the end.
pub(crate) fn line_at(raw: &[u8], at: usize) -> Option<&[u8]> {
    let rest = raw.get(at..).filter(|it| !it.is_empty())?;
    let end = rest.iter().position(|it| *it == b'\n').map_or(rest.len(), |it| it + 1);
    rest.get(..end)
}

fn end_of_folds(raw: &[u8], mut at: usize) -> usize {
    while let Some(line) = line_at(raw, at) {
        if !matches!(line.first(), Some(b' ' | b'\t')) {
            break;
        }
        at += line.len();
    }
    at
}

fn is_blank(line: &[u8]) -> bool {
    matches!(line, b"\n" | b"\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(raw: &str, names: &[&str], is_regular: bool, body: &str) {
        let header = Header::split(raw.as_bytes(), &Limits::default()).unwrap();
        assert_eq!(header.fields().iter().map(Field::name).collect::<Vec<_>>(), names, "{raw:?}");
        assert_eq!((header.is_regular(), header.body()), (is_regular, body.as_bytes()), "{raw:?}");
    }

    #[test]
    fn a_header_is_split_into_fields() {
        check("From: a\r\nTo: b\r\n\r\nbody", &["From", "To"], true, "body");
        check("From: a\nTo: b\n\nbody", &["From", "To"], true, "body");
        check("From: a\n folded: too\n\tand: here\n\n", &["From"], true, "");
        check("From sender Mon Jan  1 00:00:00 2026\nA: b\n\n", &["A"], true, "");
        check("A: b", &["A"], true, "");
        check("\nbody", &[], true, "body");
    }

    #[test]
    fn an_odd_header_is_told() {
        check("From : a\n\n", &["From"], false, "");
        check("Fr om: a\n\n", &[], false, "");
        check("A: b\nno field\nC: d\n\n", &["A", "C"], false, "");
        check(" folded first\nA: b\n\n", &["A"], false, "");
        check(": nameless\n\n", &[], false, "");
        check("F\u{e9}: a\n\n", &[], false, "");
        check("A: b\nFrom x y\n\n", &["A"], false, "");
    }

    #[test]
    fn a_value_is_unfolded() {
        let header = Header::split(b"Subject: one\r\n two\r\n\tthree \r\n\r\n", &Limits::default()).unwrap();
        assert_eq!(header.first("subject").unwrap().text(), "one two\tthree");
        assert_eq!(header.first("SUBJECT").unwrap().value(), b" one\r\n two\r\n\tthree \r\n");
    }

    #[test]
    fn an_endless_header_is_refused() {
        let long = format!("A: {}\n\n", "x".repeat(600_000));
        assert!(Header::split(long.as_bytes(), &Limits::default()).is_err());
        assert!(Header::split("A: b\n".repeat(1_001).as_bytes(), &Limits::default()).is_err());
        assert!(Header::split("A: b\n".repeat(1_000).as_bytes(), &Limits::default()).is_ok());
        assert!(Header::split(format!("A: b\n{}", " c\n".repeat(300_000)).as_bytes(), &Limits::default()).is_err());
    }
}
