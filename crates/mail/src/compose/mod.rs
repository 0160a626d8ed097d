//! What the office writes back: a notice or an answer as an `.eml` file (RFC 5322), ready for a mail server to send.
//!
//! The same values give the same bytes: moment, message id and therefore the boundary come from the caller. Header fields are made of
//! typed values only.

mod line;

use std::io;

use countersign_core::person::Email;
use jiff::Timestamp;
use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address;
use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::date::Date;
use mail_builder::headers::raw::Raw;
use mail_builder::mime::{BodyPart, MimePart};

pub use line::{BadLine, BadMessageId, ID_MAX_BYTES, LINE_MAX_CHARS, Line, MessageId};

use crate::mailbox::digest;

/// A message to be sent.
#[derive(Clone, Debug)]
pub struct Outgoing<'a> {
    /// The name and address it comes from.
    pub from: (&'a Line, &'a Email),
    /// Whom it goes to.
    pub to: &'a Email,
    /// Its subject.
    pub subject: &'a Line,
    /// Its text. It must hold no PIN.
    pub text: &'a str,
    /// Its own id; no other message has it.
    pub message_id: &'a MessageId,
    /// When it is written; whole seconds count.
    pub date: Timestamp,
    /// Why it is sent.
    pub cause: Cause<'a>,
    /// A PDF file that goes with it: its name, and its bytes.
    pub pdf: Option<(&'a Line, &'a [u8])>,
}

/// Why a message is sent. Either way it says that a program sends it, so that no program answers (RFC 3834, 5).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Cause<'a> {
    /// Something happened: `Auto-Submitted: auto-generated`.
    Notice,
    /// A message came: `Auto-Submitted: auto-replied`. Its id, if it had one that can be named, makes the answer stand below it.
    Answer(Option<&'a MessageId>),
}

impl Outgoing<'_> {
    /// The message as bytes; lines end with CRLF.
    ///
    /// # Errors
    /// Only those of writing into memory.
    pub fn to_eml(&self) -> io::Result<Vec<u8>> {
        let (name, address) = self.from;
        let mut builder = MessageBuilder::new()
            .from(Address::new_address(Some(name.as_str()), address.as_str()))
            .to(Address::new_address(None::<&str>, self.to.as_str()))
            .subject(self.subject.as_str())
            .date(Date::new(self.date.as_second()))
            .message_id(self.message_id.as_str());
        let (kind, answered) = match self.cause {
            Cause::Notice => ("auto-generated", None),
            Cause::Answer(id) => ("auto-replied", id),
        };
        if let Some(id) = answered {
            builder = builder.in_reply_to(id.as_str()).references(id.as_str());
        }
        builder = builder.header("Auto-Submitted", Raw::new(kind)).header("X-Auto-Response-Suppress", Raw::new("All"));
        match self.pdf {
            Some((name, bytes)) => builder.body(self.with_file(name, bytes)),
            None => builder.text_body(self.text),
        }
        .write_to_vec()
    }

    fn with_file<'b>(&'b self, name: &'b Line, bytes: &'b [u8]) -> MimePart<'b> {
        let kind = ContentType::new("multipart/mixed").attribute("boundary", self.boundary());
        let text = MimePart::new(ContentType::new("text/plain").attribute("charset", "utf-8"), self.text);
        let file = MimePart::new(ContentType::new("application/pdf"), BodyPart::Binary(bytes.into()));
        MimePart::new(kind, vec![text, file.attachment(name.as_str())])
    }

    /// A boundary that is no line of the text: it is made of the message's id, again until it is not found there.
    fn boundary(&self) -> String {
        let mut seed = self.message_id.as_str().to_owned();
        loop {
            seed = digest(seed.as_bytes()).to_string();
            let boundary = seed.chars().take(32).collect::<String>();
            if !self.text.contains(&boundary) {
                return boundary;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Limits, Marker, Message};

    fn line(text: &str) -> Line {
        text.parse().unwrap()
    }

    fn with_eml<T>(
        text: &str,
        pdf: Option<(&Line, &[u8])>,
        cause: Cause<'_>,
        check: impl Fn(&[u8], Message<'_>) -> T,
    ) -> T {
        let (name, from, to) =
            (line("Büro, Our Telecom"), "forms@our.example".parse().unwrap(), "m@acme.example".parse().unwrap());
        let (subject, message_id) = (line("Ihr Formular – angenommen"), "1@our.example".parse().unwrap());
        let date = "2026-11-27T15:10:00.5Z".parse().unwrap();
        let outgoing = Outgoing {
            from: (&name, &from),
            to: &to,
            subject: &subject,
            text,
            message_id: &message_id,
            date,
            cause,
            pdf,
        };
        let eml = outgoing.to_eml().unwrap();
        assert_eq!(eml, outgoing.to_eml().unwrap(), "the same values give the same bytes");
        check(&eml, Message::read(&eml, &Limits::default()).unwrap())
    }

    #[test]
    fn an_answer_is_read_as_it_was_written() {
        let answered = "CAHk@mail.gmail.com".parse().unwrap();
        let pdf = (line("Formular (neu) – ü.pdf"), b"%PDF-1.7\n%%EOF\n");
        let text = "Guten Tag,\n\n.\nFrom now on …\n-- \nIhr Büro\n";
        with_eml(text, Some((&pdf.0, pdf.1)), Cause::Answer(Some(&answered)), |eml, message| {
            let from = message.from.as_ref().unwrap();
            assert_eq!((from.name.as_deref(), from.email.as_str()), (Some("Büro, Our Telecom"), "forms@our.example"));
            assert_eq!(message.subject.as_deref(), Some("Ihr Formular – angenommen"));
            assert_eq!(message.date.unwrap().to_string(), "2026-11-27T15:10:00Z");
            assert_eq!(message.message_id.as_deref(), Some("1@our.example"));
            assert_eq!(message.markers, [Marker::AutoReplied]);
            assert_eq!(message.texts[0].content.as_str().trim_end(), text.trim_end());
            assert_eq!(
                (message.forms[0].path.as_str(), message.forms[0].bytes.as_slice()),
                ("2/Formular (neu) – ü.pdf", &pdf.1[..])
            );
            assert!(message.findings.is_empty() && message.header().is_regular());
            let text = String::from_utf8_lossy(eml);
            assert!(
                text.contains("In-Reply-To: <CAHk@mail.gmail.com>\r\n")
                    && text.contains("References: <CAHk@mail.gmail.com>\r\n")
            );
            assert!(!text.replace("\r\n", "").contains(['\r', '\n']) && text.is_ascii());
            assert!(text.lines().all(|it| it.len() <= 998));
        });
    }

    #[test]
    fn a_notice_is_plain_text() {
        with_eml("Jane Doe was added.\n", None, Cause::Notice, |eml, message| {
            let expected = "From: =?utf-8?Q?B=C3=BCro=2C_Our_Telecom?= <forms@our.example>\r\n\
                To: <m@acme.example>\r\n\
                Subject: =?utf-8?Q?Ihr_Formular_=E2=80=93_angenommen?=\r\n\
                Date: Fri, 27 Nov 2026 15:10:00 +0000\r\n\
                Message-ID: <1@our.example>\r\n\
                Auto-Submitted: auto-generated\r\n\
                X-Auto-Response-Suppress: All\r\n\
                MIME-Version: 1.0\r\n\
                Content-Type: text/plain; charset=\"utf-8\"\r\n\
                Content-Transfer-Encoding: 7bit\r\n\r\n\
                Jane Doe was added.\r\n";
            assert_eq!(String::from_utf8_lossy(eml), expected);
            assert_eq!(message.markers, [Marker::AutoGenerated]);
        });
    }

    #[test]
    fn no_text_adds_a_part_or_a_field() {
        let text = "Hello\n\n--4e1f\nContent-Type: application/pdf\n\n%PDF-\n\nBcc: x@evil.example\n".repeat(3);
        let pdf = line("a.pdf");
        with_eml(&text, Some((&pdf, b"%PDF-1.7")), Cause::Notice, |_, message| {
            assert_eq!(message.forms.len(), 1);
            assert_eq!(message.texts.len(), 1);
            assert!(message.header().first("Bcc").is_none());
        });
    }
}
