//! A letter written: its words with the gaps filled, and the message that it becomes.

use std::io;

use countersign_core::account::AccountNumber;
use countersign_core::audit::AuditRow;
use countersign_core::person::Email;
use jiff::Timestamp;

use super::pattern::Gap;
use super::{LetterKind, LetterTexts, Origin, shown_account};
use crate::compose::{Cause, Line, MessageId, Outgoing};

/// A letter.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Letter {
    /// Something was changed.
    Notice,
    /// What was asked for was done.
    CarriedOut,
    /// Something has to be mended first.
    Corrections {
        /// What: sentences in the letter's language that hold no value of the form. Where there is none, a form is asked for anew.
        points: Vec<String>,
        /// Whether it brings a form.
        form: FormSent,
    },
    /// What was asked for was not done.
    NotCarriedOut,
    /// A person is looking.
    LookedAt,
}

/// Whether a letter brings a form with what was right.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FormSent {
    /// It is attached.
    Attached,
    /// There is none: the customer mends the one that was sent.
    Not,
}

impl Letter {
    /// Its kind.
    pub fn kind(&self) -> LetterKind {
        match self {
            Self::Notice => LetterKind::Notice,
            Self::CarriedOut => LetterKind::CarriedOut,
            Self::Corrections { .. } => LetterKind::Corrections,
            Self::NotCarriedOut => LetterKind::NotCarriedOut,
            Self::LookedAt => LetterKind::LookedAt,
        }
    }
}

/// Who writes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Office {
    /// Its name.
    pub name: Line,
    /// The address that letters come from.
    pub from: Email,
    /// How to object: a sentence, a phone number, a web page.
    pub object: String,
}

/// What a letter is about.
#[derive(Clone, Copy, Debug)]
pub struct Occasion<'a> {
    /// The account.
    pub account: &'a AccountNumber,
    /// When it happened; told in UTC.
    pub at: Timestamp,
    /// Who writes.
    pub office: &'a Office,
}

/// A letter's words.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Written {
    /// Its subject.
    pub subject: Line,
    /// Its text.
    pub text: String,
}

impl LetterTexts {
    /// Writes a letter in this language.
    pub fn write(&self, letter: &Letter, about: Occasion<'_>) -> Written {
        let words = self.words(letter.kind());
        let value = |gap| self.value(gap, letter, about);
        let subject = words.subject.fill(value);
        Written {
            subject: subject.parse().expect("a subject was a line of half the length when it was read"),
            // A gap that is filled with nothing leaves no hole.
            text: words.text.fill(value).replace("\n\n\n\n", "\n\n") + "\n",
        }
    }

    fn value(&self, gap: Gap, letter: &Letter, about: Occasion<'_>) -> String {
        match gap {
            Gap::Account => shown_account(about.account),
            Gap::Moment => self.moment(about.at),
            Gap::Object => self.object.clone().unwrap_or_else(|| about.office.object.clone()),
            Gap::Provider => about.office.name.as_str().to_owned(),
            Gap::Points => self.points(letter),
            Gap::Form => match letter {
                Letter::Corrections { form: FormSent::Attached, .. } => self.attached.clone(),
                Letter::Corrections { points, .. } if !points.is_empty() => self.not_attached.clone(),
                _ => String::new(),
            },
            Gap::Day | Gap::Month | Gap::Year | Gap::Time => unreachable!("a letter has no gaps of a moment: parse"),
        }
    }

    /// What has to be mended, a line each.
    fn points(&self, letter: &Letter) -> String {
        match letter {
            Letter::Corrections { points, .. } if !points.is_empty() => {
                points.iter().map(|it| format!("- {it}")).collect::<Vec<_>>().join("\n")
            }
            _ => self.anew.clone(),
        }
    }

    fn moment(&self, at: Timestamp) -> String {
        let at = jiff::tz::Offset::UTC.to_datetime(at);
        self.moment.fill(|gap| match gap {
            Gap::Day => at.day().to_string(),
            Gap::Month => self.months[usize::from(at.month().unsigned_abs()) - 1].clone(),
            Gap::Year => at.year().to_string(),
            Gap::Time => format!("{:02}:{:02}", at.hour(), at.minute()),
            _ => unreachable!("a moment has its own gaps alone: parse"),
        })
    }
}

/// The name of the file that holds a letter: the number of the row it is about, and its kind. A row brings at most one of each.
pub fn file_name(row: u64, kind: LetterKind) -> String {
    format!("{row:08}-{}.eml", kind.word())
}

/// A letter as a message. The same values give the same bytes: it is dated when that happened which it is about, and its id is made of
/// the row's number and seal, so that a letter that is sent twice can be known for one.
///
/// # Errors
/// Only those of writing into memory.
pub fn message(
    written: &Written,
    (row, kind): (&AuditRow, LetterKind),
    to: &Email,
    (office, origin): (&Office, &Origin),
    pdf: Option<(&Line, &[u8])>,
) -> io::Result<Vec<u8>> {
    let domain = office.from.as_str().rsplit_once('@').map_or("", |(_, domain)| domain);
    let id = format!("{:08}.{}.{}@{domain}", row.seq, kind.word(), &row.hash[..16.min(row.hash.len())]);
    let message_id: MessageId = id.parse().expect("an address has a domain, and it is plain ASCII");
    let cause = match (kind, origin) {
        (LetterKind::Notice, _) => Cause::Notice,
        (_, Origin::Person(id)) => Cause::Answer(id.as_ref()),
        (_, Origin::Direct | Origin::Program) => Cause::Answer(None),
    };
    let outgoing = Outgoing {
        from: (&office.name, &office.from),
        to,
        subject: &written.subject,
        text: &written.text,
        message_id: &message_id,
        date: row.event.at,
        cause,
        pdf,
    };
    outgoing.to_eml()
}

/// Whom a letter is addressed to, read back from what [`message`] wrote; `None` when it is no such message.
pub fn recipient(eml: &[u8]) -> Option<Email> {
    let header = eml.split(|it| *it == b'\n').take_while(|it| !matches!(*it, b"" | b"\r"));
    let mut fields = header.filter_map(|it| std::str::from_utf8(it).ok()?.trim_end().strip_prefix("To: "));
    match (fields.next(), fields.next()) {
        (Some(only), None) => only.strip_prefix('<')?.strip_suffix('>')?.parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use countersign_core::audit::{AuditEvent, AuditHead};

    use super::super::texts::OURS;
    use super::*;
    use crate::message::{Limits, Message};

    fn office() -> Office {
        let (name, from) = ("Our Telecom".parse().unwrap(), "letters@our.example".parse().unwrap());
        Office { name, from, object: "+1 555 010 0100".to_owned() }
    }

    fn written(language: &str, letter: &Letter) -> Written {
        let (account, office) = ("A-1001101".parse().unwrap(), office());
        let at = "2026-03-04T09:05:59Z".parse().unwrap();
        LetterTexts::in_language(language).unwrap().write(letter, Occasion { account: &account, at, office: &office })
    }

    fn letters() -> Vec<Letter> {
        let points = vec!["Who is asking, Phone: please fill in this box.".to_owned()];
        let corrections = |points: &[String], form| Letter::Corrections { points: points.to_vec(), form };
        vec![
            Letter::Notice,
            Letter::CarriedOut,
            corrections(&points, FormSent::Attached),
            corrections(&points, FormSent::Not),
            corrections(&[], FormSent::Not),
            Letter::NotCarriedOut,
            Letter::LookedAt,
        ]
    }

    #[test]
    fn every_letter_in_every_language_is_whole() {
        for (language, _) in OURS {
            for letter in letters() {
                let Written { subject, text } = written(language, &letter);
                let all = format!("{}\n{text}", subject.as_str());
                assert!(!all.contains(['{', '}']) && !text.contains("\n\n\n"), "{language}: {all}");
                assert!(subject.as_str().contains("…1101") && !all.contains("1001101"), "{language}: {all}");
                for there in ["+1 555 010 0100", "Our Telecom", "2026", "09:05"] {
                    assert!(text.contains(there), "{language}: {there}: {text}");
                }
            }
        }
    }

    #[test]
    fn a_moment_is_told_as_people_write_it() {
        for (language, expected) in [
            ("en", "4 March 2026, 09:05 UTC"),
            ("de", "4. März 2026, 09:05 Uhr UTC"),
            ("es", "4 de marzo de 2026, 09:05 UTC"),
            ("fr", "4 mars 2026, 09:05 UTC"),
            ("ja", "2026年3月4日 09:05（協定世界時）"),
        ] {
            assert!(written(language, &Letter::Notice).text.contains(expected), "{language}");
        }
    }

    #[test]
    fn a_correction_says_what_to_do_with_or_without_a_form() {
        let text = |form, points: &[&str]| {
            let points = points.iter().map(|it| (*it).to_owned()).collect();
            written("en", &Letter::Corrections { points, form }).text
        };
        let attached = text(FormSent::Attached, &["one.", "two {object}."]);
        assert!(attached.contains("\n- one.\n- two {object}.\n") && attached.contains("A new form is attached"));
        assert!(text(FormSent::Not, &["one."]).contains("Please mend this on the form that was sent"));
        let anew = text(FormSent::Not, &[]);
        assert!(anew.contains("Please ask us for a new one.") && !anew.contains("Please mend"), "{anew}");
    }

    #[test]
    fn a_language_may_say_how_to_object_in_its_own_words() {
        let own = include_str!("en.toml").replacen("moment =", "object = \"our shop in {town}\"\nmoment =", 1);
        let (account, office) = ("A-1".parse().unwrap(), office());
        let about = Occasion { account: &account, at: Timestamp::UNIX_EPOCH, office: &office };
        let text = LetterTexts::parse(&own).unwrap().write(&Letter::Notice, about).text;
        assert!(text.contains("tell us at once: our shop in {town}\n"), "what is filled in is not looked at for gaps");
    }

    #[test]
    fn a_letter_becomes_the_same_message_each_time() {
        let (what, who, evidence) = ("account closed".to_owned(), "staff".to_owned(), "{}".to_owned());
        let at = "2026-03-04T09:05:59Z".parse().unwrap();
        let row = AuditHead::start().seal(AuditEvent { at, what, who, account: None, evidence });
        let to = "billing@acme.example".parse().unwrap();
        let (letter, office) = (written("ja", &Letter::CarriedOut), office());
        let origin = Origin::Person(Some("7@acme.example".parse().unwrap()));
        let make = |kind| message(&letter, (&row, kind), &to, (&office, &origin), None).unwrap();
        let eml = make(LetterKind::CarriedOut);
        assert_eq!(eml, make(LetterKind::CarriedOut));
        assert_eq!(recipient(&eml), Some(to.clone()));
        let read = Message::read(&eml, &Limits::default()).unwrap();
        let id = format!("00000001.carried-out.{}@our.example", &row.hash[..16]);
        assert_eq!((read.message_id.as_deref(), read.date), (Some(id.as_str()), Some(at)));
        assert_eq!(read.subject.as_deref(), Some(letter.subject.as_str()));
        let text = String::from_utf8_lossy(&eml);
        assert!(text.contains("In-Reply-To: <7@acme.example>\r\n") && text.contains("auto-replied"));
        let notice = make(LetterKind::Notice);
        let text = String::from_utf8_lossy(&notice);
        assert!(!text.contains("In-Reply-To") && text.contains("auto-generated"));
        assert_eq!(file_name(row.seq, LetterKind::Notice), "00000001-notice.eml");
    }

    #[test]
    fn no_other_message_has_a_recipient() {
        for eml in [
            &b"To: <a@b.example>\r\nTo: <c@d.example>\r\n\r\n"[..],
            b"Subject: x\r\n\r\nTo: <a@b.example>\r\n",
            b"To: A <a@b.example>\r\n\r\n",
            b"",
        ] {
            assert_eq!(recipient(eml), None, "{}", String::from_utf8_lossy(eml));
        }
    }
}
