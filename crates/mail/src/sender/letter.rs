//! A message as far as it can be read in one way only. Of one that cannot, nothing is proved.

use std::borrow::Cow;

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::Reason;
use super::canonical::Form;
use crate::message::{Header, Limits, Message, moment};

/// Fields that are there at most once (RFC 5322, 3.6; RFC 2045): with two, one could be signed and the other one read.
const UNIQUE: &[&str] = &[
    "From",
    "Date",
    "Subject",
    "Sender",
    "Reply-To",
    "Message-ID",
    "Content-Type",
    "Content-Transfer-Encoding",
    "Content-Disposition",
];

/// A message whose header and body are beyond doubt; its lines end with CRLF.
pub(super) struct Letter<'r> {
    pub(super) header: Header<'r>,
    /// The domain in From, in lower case.
    pub(super) author_domain: &'r str,
    pub(super) date: Timestamp,
}

/// The bytes as they were sent: with CRLF. Mailboxes often hold them with LF alone, and then throughout.
pub(super) fn as_sent(raw: &[u8]) -> Result<Cow<'_, [u8]>, Reason> {
    if raw.contains(&0) {
        return Err(Reason::MessageMalformed);
    }
    if !raw.contains(&b'\r') {
        let mut sent = Vec::with_capacity(raw.len() + raw.len() / 32);
        for line in raw.split_inclusive(|it| *it == b'\n') {
            sent.extend_from_slice(line.strip_suffix(b"\n").unwrap_or(line));
            sent.extend_from_slice(if line.ends_with(b"\n") { b"\r\n" } else { b"" });
        }
        return Ok(Cow::Owned(sent));
    }
    // A lone CR or LF among CRLF: some programs end a line there, and some do not.
    let is_whole = |line: &[u8]| match line.strip_suffix(b"\n") {
        Some(line) => line.strip_suffix(b"\r").is_some_and(|it| !it.contains(&b'\r')),
        None => !line.contains(&b'\r'),
    };
    let is_regular = raw.split_inclusive(|it| *it == b'\n').all(is_whole);
    is_regular.then_some(Cow::Borrowed(raw)).ok_or(Reason::MessageMalformed)
}

impl<'r> Letter<'r> {
    /// Reads what [`as_sent`] gave of a message.
    pub(super) fn read(sent: &'r [u8], message: &'r Message<'_>) -> Result<Self, Reason> {
        let limits = Limits { header_bytes: usize::MAX, ..Limits::default() };
        let header = Header::split(sent, &limits).map_err(|_| Reason::MessageMalformed)?;
        if !header.is_regular() {
            return Err(Reason::MessageMalformed);
        }
        let author = message.from.as_ref().map_err(|_| Reason::FromAmbiguous)?;
        if UNIQUE.iter().any(|it| header.count(it) > 1) {
            return Err(Reason::HeaderRepeated);
        }
        let date = header.first("Date").and_then(|it| moment(it, limits.field_bytes)).ok_or(Reason::DateMissing)?;
        Ok(Self { header, author_domain: author.domain(), date })
    }

    /// What a signature that counts always covers: sender, date, subject and body. The same for every signature of a message, and
    /// for every copy of it that is sent again, whatever is put around it.
    pub(super) fn fingerprint(&self) -> [u8; 32] {
        let mut hasher = Sha256::new();
        for name in ["From", "Date", "Subject"] {
            hasher.update(self.header.first(name).map(|it| Form::Relaxed.field(it)).unwrap_or_default());
        }
        hasher.update(Form::Relaxed.body_digest(self.header.body()));
        hasher.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_sent(raw: &[u8], expected: Option<&[u8]>) {
        assert_eq!(as_sent(raw).ok().as_deref(), expected, "{raw:?}");
    }

    #[test]
    fn lines_end_in_one_way() {
        check_sent(b"a\nb\n", Some(b"a\r\nb\r\n"));
        check_sent(b"a\nb", Some(b"a\r\nb"));
        check_sent(b"a\r\nb\r\n", Some(b"a\r\nb\r\n"));
        check_sent(b"a\r\nb", Some(b"a\r\nb"));
        check_sent(b"a\r\nb\n", None);
        check_sent(b"a\rb\r\n", None);
        check_sent(b"a\r\nb\r", None);
        check_sent(b"a\r\r\n", None);
        check_sent(b"a\rb", None);
        check_sent(b"a\0b", None);
    }

    fn check(raw: &str, expected: Result<&str, Reason>) {
        let message = Message::read(raw.as_bytes(), &Limits::default()).unwrap();
        let sent = as_sent(message.raw()).unwrap();
        assert_eq!(
            Letter::read(&sent, &message).map(|it| it.author_domain.to_owned()),
            expected.map(str::to_owned),
            "{raw}"
        );
    }

    #[test]
    fn a_letter_is_read_in_one_way_only() {
        let base = "From: a@X.example\nDate: Fri, 27 Nov 2026 10:00:00 +0000\nSubject: s\n";
        check(&format!("{base}\n"), Ok("x.example"));
        check(&format!("{base}To: b@y.example\nTo: c@y.example\n\n"), Ok("x.example"));
        check(&format!("{base}from: b@x.example\n\n"), Err(Reason::FromAmbiguous));
        check(&format!("{base}Subject: other\n\n"), Err(Reason::HeaderRepeated));
        check(&format!("{base}content-type: text/plain\nContent-Type: text/html\n\n"), Err(Reason::HeaderRepeated));
        check(&format!("{base}no field\n\n"), Err(Reason::MessageMalformed));
        check(&format!("{base}Reply-To : a@x.example\n\n"), Err(Reason::MessageMalformed));
        check("From: a@x.example\nDate: soon\n\n", Err(Reason::DateMissing));
        check("From: a@x.example\n\n", Err(Reason::DateMissing));
    }
}
