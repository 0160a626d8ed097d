//! Values of header fields, as mail-parser reads them.
//!
//! mail-parser 0.11 is the last line that our Rust builds. What its successor's change log says was wrong with it is kept away
//! from it: fields are unfolded first (a folded parameter lost its name), long ones are not given to it (continued parameters
//! took quadratic time), and a panic (there were several, on crafted fields) costs the field its value, not the message.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use jiff::tz::Offset;
use jiff::{Timestamp, civil};
use mail_parser::parsers::MessageStream;
use mail_parser::{DateTime, HeaderValue, Host};

use super::header::Field;

/// Reads the unfolded value of a field. `None` where it is longer than `max` or the reader broke.
fn parsed<T>(field: &Field<'_>, max: usize, read: impl FnOnce(&mut MessageStream<'_>) -> Option<T>) -> Option<T> {
    let mut line = field.unfolded().into_owned();
    if line.len() > max {
        return None;
    }
    line.extend_from_slice(b"\r\n");
    catch_unwind(AssertUnwindSafe(|| read(&mut MessageStream::new(&line)))).ok().flatten()
}

/// Free text with its encoded words decoded (RFC 2047).
pub(crate) fn text(field: &Field<'_>, max: usize) -> Option<String> {
    parsed(field, max, |it| it.parse_unstructured().into_text().map(Cow::into_owned))
}

/// The moment of a `Date` field, where it is one that exists.
pub(crate) fn moment(field: &Field<'_>, max: usize) -> Option<Timestamp> {
    parsed(field, max, |it| it.parse_date().into_datetime()).as_ref().and_then(timestamp)
}

/// A moment that is one: mail-parser turns 31 February into 3 March.
fn timestamp(date: &DateTime) -> Option<Timestamp> {
    let small = |it: u8| i8::try_from(it).ok();
    let (year, second) = (i16::try_from(date.year).ok()?, small(date.second.min(59))?); // a leap second is 60
    let at = civil::DateTime::new(
        year,
        small(date.month)?,
        small(date.day)?,
        small(date.hour)?,
        small(date.minute)?,
        second,
        0,
    );
    let east = i32::from(date.tz_hour) * 3_600 + i32::from(date.tz_minute) * 60;
    let offset = Offset::from_seconds(if date.tz_before_gmt { -east } else { east }).ok()?;
    offset.to_timestamp(at.ok()?).ok()
}

/// The first message id of a field, without its angle brackets.
pub(crate) fn message_id(field: &Field<'_>, max: usize) -> Option<String> {
    parsed(field, max, |it| match it.parse_id() {
        HeaderValue::Text(id) => Some(id.into_owned()),
        HeaderValue::TextList(ids) => ids.into_iter().next().map(Cow::into_owned),
        _ => None,
    })
}

/// Every address of a field, as mail-parser finds them.
pub(crate) fn addresses(field: &Field<'_>, max: usize) -> Option<Vec<String>> {
    parsed(field, max, |it| {
        let addresses = it.parse_address().into_address()?;
        Some(addresses.iter().filter_map(|it| it.address().map(str::to_owned)).collect())
    })
}

/// A `Received` field: which server wrote it, and when.
pub(crate) fn received(field: &Field<'_>, max: usize) -> Option<(Option<String>, Option<Timestamp>)> {
    parsed(field, max, |it| {
        let hop = it.parse_received().into_received()?;
        let by = hop.by().and_then(|it| match it {
            Host::Name(name) => Some(name.to_ascii_lowercase()),
            Host::IpAddr(_) => None,
        });
        Some((by, hop.date().as_ref().and_then(timestamp)))
    })
}

/// A media type, or a disposition, with its parameters; everything but the parameters' values is in lower case.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Typed {
    /// `text/plain`, or `attachment`.
    pub(crate) name: String,
    parameters: Vec<(String, String)>,
}

impl Typed {
    /// A type without parameters.
    pub(crate) fn of(name: &str) -> Self {
        Self { name: name.to_owned(), parameters: Vec::new() }
    }

    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str())
    }
}

/// A `Content-Type` or `Content-Disposition` field.
pub(crate) fn typed(field: &Field<'_>, max: usize) -> Option<Typed> {
    parsed(field, max, |it| {
        let read = it.parse_content_type().into_content_type()?;
        let main = read.ctype().to_ascii_lowercase();
        let name = read.subtype().map_or(main.clone(), |sub| format!("{main}/{}", sub.to_ascii_lowercase()));
        let parameters = read.attributes().unwrap_or_default().iter();
        let parameters = parameters.map(|it| (it.name.to_ascii_lowercase(), it.value.to_string())).collect();
        Some(Typed { name, parameters })
    })
}

/// Decodes encoded words in a piece of text that is no field of its own.
pub(crate) fn decoded_words(text: &str) -> String {
    let mut line = text.as_bytes().to_vec();
    line.extend_from_slice(b"\r\n");
    let read = || MessageStream::new(&line).parse_unstructured().into_text().map(Cow::into_owned);
    catch_unwind(AssertUnwindSafe(read)).ok().flatten().unwrap_or_else(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::{Header, Limits};
    use super::*;

    fn on<T>(line: &str, read: impl Fn(&Field<'_>, usize) -> Option<T>) -> Option<T> {
        let raw = format!("{line}\r\n\r\n");
        let header = Header::split(raw.as_bytes(), &Limits::default()).unwrap();
        read(&header.fields()[0], 16_384)
    }

    #[test]
    fn text_is_decoded() {
        let check = |line: &str, expected: &str| assert_eq!(on(line, text).as_deref(), Some(expected), "{line}");
        check("Subject: plain", "plain");
        check("Subject: =?utf-8?Q?Formul=C3=A4r?=", "Formulär");
        check("Subject: =?iso-8859-1?Q?Formul=E4r?=\r\n =?UTF-8?B?IMOc?=", "Formulär Ü");
    }

    #[test]
    fn moments_are_read_with_their_zone() {
        let check = |line: &str, expected: Option<&str>| {
            assert_eq!(on(line, moment).map(|it| it.to_string()).as_deref(), expected, "{line}");
        };
        check("Date: Fri, 27 Nov 2026 10:00:00 +0100", Some("2026-11-27T09:00:00Z"));
        check("Date: 27 Nov 2026 10:00:00 GMT (comment)", Some("2026-11-27T10:00:00Z"));
        check("Date: Fri, 31 Feb 2026 10:00:00 +0000", None);
        check("Date: Thu, 31 Dec 2026 23:59:60 -0500", Some("2027-01-01T04:59:59Z"));
        check("Date: tomorrow", None);
    }

    #[test]
    fn parameters_are_read_in_every_spelling() {
        let check = |line: &str, expected: &str| {
            let read = on(line, typed).unwrap();
            assert_eq!((read.name.as_str(), read.parameter("name")), ("application/pdf", Some(expected)), "{line}");
        };
        check("Content-Type: application/pdf; name=a.pdf", "a.pdf");
        check("Content-Type: Application/PDF;\r\n\tname=\"form (1).pdf\"", "form (1).pdf");
        check("Content-Type: application/pdf; name=\r\n \"folded.pdf\"", "folded.pdf");
        check("Content-Type: application/pdf; name*=utf-8''Formul%C3%A4r.pdf", "Formulär.pdf");
        check("Content-Type: application/pdf; name*0=\"Form\"; name*1=\"ular.pdf\"", "Formular.pdf");
        check("Content-Type: application/pdf; name=\"=?UTF-8?Q?Formul=C3=A4r=2Epdf?=\"", "Formulär.pdf");
    }

    #[test]
    fn a_long_field_is_not_read() {
        assert_eq!(on(&format!("Subject: {}", "x".repeat(20_000)), text), None);
    }

    #[test]
    fn hops_name_their_server() {
        let line = "Received: from a.example (a.example [192.0.2.1])\r\n\tby MX.Our.example (Postfix) with ESMTPS id 1\r\n\tfor <x@our.example>; Fri, 27 Nov 2026 10:00:00 +0000 (UTC)";
        let (by, at) = on(line, received).unwrap();
        assert_eq!(by.as_deref(), Some("mx.our.example"));
        assert_eq!(at.unwrap().to_string(), "2026-11-27T10:00:00Z");
    }
}
