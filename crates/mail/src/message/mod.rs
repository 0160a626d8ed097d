//! What a message holds: raw bytes become a [`Message`].
//!
//! Reading is total: a message is read, or it is [`Unreadable`] because of its size. Within a message, whatever was not read as a
//! text or a form is a [`Finding`]. Nothing in it is believed; [`crate::sender`] says what is proved.
//!
//! Forms in PDF portfolios are not found here: that takes a reader of PDF, which `ingest` shuts away.

mod archive;
mod author;
mod decode;
mod file_kind;
mod finding;
mod header;
mod labels;
mod leaf;
mod limits;
mod marker;
mod multipart;
mod parts;
mod text;
mod values;

use std::fmt;

use jiff::Timestamp;

use crate::mailbox::{Digest, digest};

pub use author::{Author, AuthorDoubt};
pub use finding::{Finding, FindingKind};
pub use header::{Field, Header, HeaderTooLong};
pub use limits::{Limits, ZipLimits};
pub use marker::Marker;
pub use text::{Text, TextKind};

pub(crate) use decode::{base64, is_ascii_alike, quoted_printable};
pub(crate) use finding::{is_unseen, safe_name};
pub(crate) use header::line_at;
pub(crate) use multipart::{delimiter, parts_of};
pub(crate) use values::{Typed, moment, typed};

use parts::Walk;

/// The most `Received` fields that are read; a message that made more hops goes round in circles (RFC 5321, 6.3).
const MOST_HOPS: usize = 100;

/// A message, as it says of itself.
pub struct Message<'raw> {
    /// SHA-256 of the raw bytes: which message this is.
    pub digest: Digest,
    /// The id that its program gave it, without angle brackets. Anybody can repeat one.
    pub message_id: Option<String>,
    /// When it says it was written.
    pub date: Option<Timestamp>,
    /// Who it says wrote it, or why that is no one person.
    pub from: Result<Author, AuthorDoubt>,
    /// Where it asks answers to go. Anybody on the way could have added it, unless the proof of the sender covers it.
    pub reply_to: Vec<String>,
    /// Its subject, decoded.
    pub subject: Option<String>,
    /// The servers it came through, the newest first. What lies below the own servers' lines is the sender's invention, if it
    /// likes: see [`crate::sender::Boundary`].
    pub received: Vec<Hop>,
    /// Marks that no person wrote it to us.
    pub markers: Vec<Marker>,
    /// What its sender wrote.
    pub texts: Vec<Text>,
    /// Files in it that are PDF.
    pub forms: Vec<FoundForm>,
    /// Everything else that was met.
    pub findings: Vec<Finding>,
    raw: &'raw [u8],
    header: Header<'raw>,
}

/// A server that a message came through, as its `Received` field says (RFC 5321, 4.4).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Hop {
    /// The server that wrote the field, in lower case.
    pub by: Option<String>,
    /// When.
    pub at: Option<Timestamp>,
}

/// A PDF file that was found in a message. It may hold PINs: it does not show its bytes.
#[derive(Clone, Eq, PartialEq)]
pub struct FoundForm {
    /// Its name, made safe for reports; `part-2` where it has none.
    pub name: String,
    /// Where it was: the number of the part and the names of what holds it, like `2/forms.zip/a.pdf`.
    pub path: String,
    /// The file.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for FoundForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FoundForm({}, {} bytes)", self.path, self.bytes.len())
    }
}

/// Why bytes are not read as a message.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Unreadable {
    /// There are no bytes.
    #[error("the message is empty")]
    Empty,
    /// It is larger than the limit.
    #[error("the message is larger than the limit")]
    TooLarge,
    /// Its header is longer than the limit, or has more fields.
    #[error("the header of the message is longer than the limit")]
    Header,
    /// It has no header fields: it is no message.
    #[error("there is no header: this is no message")]
    NoHeader,
}

impl<'raw> Message<'raw> {
    /// Reads a message. Takes time and memory in proportion to the message and the limits, whatever it holds.
    pub fn read(raw: &'raw [u8], limits: &Limits) -> Result<Self, Unreadable> {
        if raw.is_empty() {
            return Err(Unreadable::Empty);
        }
        if raw.len() > limits.message_bytes {
            return Err(Unreadable::TooLarge);
        }
        let header = Header::split(raw, limits).map_err(|_| Unreadable::Header)?;
        if header.fields().is_empty() {
            return Err(Unreadable::NoHeader);
        }
        let mut walk = Walk::new(limits);
        walk.message(&header);
        let Walk { texts, forms, findings, .. } = walk;
        let most = limits.field_bytes;
        let subject = header.first("Subject").and_then(|it| values::text(it, most));
        Ok(Self {
            digest: digest(raw),
            message_id: header.first("Message-ID").and_then(|it| values::message_id(it, most)),
            date: header.first("Date").and_then(|it| values::moment(it, most)),
            from: author::author(&header, limits),
            reply_to: header.first("Reply-To").and_then(|it| values::addresses(it, most)).unwrap_or_default(),
            received: hops(&header, limits),
            markers: marker::markers(&header, subject.as_deref(), limits),
            subject,
            texts,
            forms,
            findings,
            raw,
            header,
        })
    }

    /// The bytes that were read.
    pub fn raw(&self) -> &'raw [u8] {
        self.raw
    }

    /// The header.
    pub fn header(&self) -> &Header<'raw> {
        &self.header
    }

    /// Whether an answer could start a loop, or go to nobody.
    pub fn must_not_be_answered(&self) -> bool {
        !self.markers.is_empty()
    }
}

/// Shows who and what, not what is written in it.
impl fmt::Debug for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("digest", &self.digest)
            .field("message_id", &self.message_id)
            .field("texts", &self.texts)
            .field("forms", &self.forms)
            .field("findings", &self.findings)
            .finish_non_exhaustive()
    }
}

fn hops(header: &Header<'_>, limits: &Limits) -> Vec<Hop> {
    let read = |field: &Field<'_>| {
        let (by, at) = values::received(field, limits.field_bytes).unwrap_or_default();
        Hop { by, at }
    };
    header.all("Received").take(MOST_HOPS).map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_unreadable(raw: &[u8], expected: Unreadable) {
        let limits = Limits { message_bytes: 1_000_000, ..Limits::default() };
        assert_eq!(Message::read(raw, &limits).err(), Some(expected));
    }

    #[test]
    fn a_message_is_read_or_says_why_not() {
        check_unreadable(b"", Unreadable::Empty);
        check_unreadable(b"\r\nbody only", Unreadable::NoHeader);
        check_unreadable(b"\0\x01\x02", Unreadable::NoHeader);
        check_unreadable(&b"x".repeat(1_000_001), Unreadable::TooLarge);
        check_unreadable(&[b"A: ".to_vec(), b"x".repeat(600_000)].concat(), Unreadable::Header);
    }

    #[test]
    fn a_plain_message_is_read() {
        let raw = b"From: Maria <maria@acme.example>\r\nDate: Fri, 27 Nov 2026 10:00:00 +0100\r\nSubject: Hello\r\n\
                    Message-ID: <1@acme.example>\r\nReply-To: office@acme.example\r\n\r\nPlease add me.\r\n";
        let message = Message::read(raw, &Limits::default()).unwrap();
        assert_eq!(message.from.as_ref().unwrap().email.as_str(), "maria@acme.example");
        assert_eq!(message.date.unwrap().to_string(), "2026-11-27T09:00:00Z");
        assert_eq!(message.subject.as_deref(), Some("Hello"));
        assert_eq!(message.message_id.as_deref(), Some("1@acme.example"));
        assert_eq!(message.reply_to, ["office@acme.example"]);
        assert_eq!(message.texts[0].content.as_str(), "Please add me.\n");
        assert!(message.forms.is_empty() && message.findings.is_empty() && !message.must_not_be_answered());
        assert!(!format!("{message:?}").contains("Please"));
    }
}
