//! Someone on an account, and the values that name and reach them. Each value is a type with one door: behind it
//! nothing checks again.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use unicode_normalization::UnicodeNormalization;

use crate::pin::PinVerifier;
use crate::set_up_code::OpenCode;

/// Someone on an account.
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    /// Number of the person within the account.
    pub id: PersonId,
    /// First and last name.
    pub name: PersonName,
    /// Their address, where the account has it.
    pub email: Option<Email>,
    /// Their number, where the account has it.
    pub phone: Option<Phone>,
    /// What they may do.
    pub standing: PersonStanding,
    /// What they do at the customer's, in the customer's words: `accounting`; or empty.
    pub job: String,
    /// Their own PIN for phone calls, where one was given.
    pub pin: Option<PinVerifier>,
    /// The set-up code with which they may choose one, where one was handed out and not used.
    pub code: Option<OpenCode>,
}

/// Number of a person within their account, from 1 up; never used twice.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct PersonId(pub u32);

/// What a person may do on their account.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PersonStanding {
    /// Full privileges, and nobody can remove them with a form.
    Owner,
    /// Full privileges since the given moment; `None`: since before the account came here.
    AuthorizedUser {
        /// When the privileges began.
        since: Option<Timestamp>,
    },
    /// No privileges of their own.
    User,
}

impl PersonStanding {
    /// Whether the person has full privileges.
    pub fn is_authorized(self) -> bool {
        !matches!(self, Self::User)
    }

    /// The word for it in reports: `owner`, `authorized_user`, `user`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::AuthorizedUser { .. } => "authorized_user",
            Self::User => "user",
        }
    }
}

/// A person's first and last name, tidied: NFC, single blanks, none at the ends.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct PersonName {
    first: String,
    last: String,
}

/// Longest first or last name, in characters.
pub const NAME_MAX_CHARS: usize = 80;

impl PersonName {
    /// Makes a name of its two parts.
    pub fn new(first: &str, last: &str) -> Result<Self, BadName> {
        let (first, last) = (tidy(first), tidy(last));
        let is_name = |part: &str| !part.is_empty() && part.chars().count() <= NAME_MAX_CHARS;
        if !is_name(&first) || !is_name(&last) {
            return Err(BadName::Length);
        }
        if first.chars().chain(last.chars()).any(char::is_control) {
            return Err(BadName::Control);
        }
        Ok(Self { first, last })
    }

    /// The first name.
    pub fn first(&self) -> &str {
        &self.first
    }

    /// The last name.
    pub fn last(&self) -> &str {
        &self.last
    }
}

impl fmt::Display for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.first, self.last)
    }
}

/// Why two texts are no name.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BadName {
    /// A part is empty or too long.
    #[error("first and last name have 1 to {NAME_MAX_CHARS} characters each")]
    Length,
    /// A part holds a control character.
    #[error("a name holds no control characters")]
    Control,
}

/// An email address: ASCII, one `@`, at most 254 bytes (RFC 5321, 4.5.3.1.3). The domain is in lower case.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Email(String);

impl Email {
    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether both reach the same mailbox: the local part, too, is compared without case, as every provider does.
    pub fn is_same_mailbox(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is no email address that we take.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("an email address is `name@domain.tld` in plain ASCII, at most 254 characters")]
pub struct BadEmail;

impl FromStr for Email {
    type Err = BadEmail;

    fn from_str(text: &str) -> Result<Self, BadEmail> {
        let (local, domain) = text.split_once('@').ok_or(BadEmail)?;
        let is_atom = |it: u8| it.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&it);
        let is_local = local.len() <= 64 && local.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(is_atom));
        let is_label = |label: &str| {
            let inner = label.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-');
            !label.is_empty() && label.len() <= 63 && inner && !label.starts_with('-') && !label.ends_with('-')
        };
        let is_domain = domain.contains('.') && domain.split('.').all(is_label);
        let fits = text.len() <= 254;
        (is_local && is_domain && fits)
            .then(|| Self(format!("{local}@{}", domain.to_ascii_lowercase())))
            .ok_or(BadEmail)
    }
}

/// A phone number: 7 to 15 digits (ITU-T E.164 allows 15), as the person wrote it.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Phone(String);

impl Phone {
    /// The number as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The digits of the line, without those of an extension.
    pub fn digits(&self) -> String {
        let line = self.0.split(['x', 'X']).next().unwrap_or_default();
        line.chars().filter(char::is_ascii_digit).collect()
    }

    /// Whether both are the same line: all digits are the same, or the shorter is the end of the longer and they
    /// share at least seven digits. Noughts in front do not count, so that a number of noughts is nobody's line.
    pub fn is_same_line(&self, other: &Self) -> bool {
        const SHARED_DIGITS: usize = 7;
        let (one, two) = (self.digits(), other.digits());
        let (one, two) = (one.trim_start_matches('0'), two.trim_start_matches('0'));
        let (short, long) = if one.len() <= two.len() { (one, two) } else { (two, one) };
        let is_end = short.len() >= SHARED_DIGITS && long.ends_with(short);
        is_end || (short == long && !short.is_empty())
    }
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is no phone number.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a phone number has 7 to 15 digits, with blanks, dots, hyphens, slashes, brackets and a leading + at most")]
pub struct BadPhone;

impl FromStr for Phone {
    type Err = BadPhone;

    fn from_str(text: &str) -> Result<Self, BadPhone> {
        let text = tidy(text);
        let (number, extension) = match text.to_ascii_lowercase().find('x') {
            Some(at) => (
                text[..at].trim_end_matches("e").trim_end(),
                Some(text[at + 1..].trim_start_matches(['t', 'T', '.', ' '])),
            ),
            None => (text.as_str(), None),
        };
        let rest = number.strip_prefix('+').unwrap_or(number);
        let is_plain = rest.chars().all(|it| it.is_ascii_digit() || " .-/()".contains(it));
        let digits = rest.bytes().filter(u8::is_ascii_digit).count();
        let is_extension =
            extension.is_none_or(|it| (1..=6).contains(&it.len()) && it.bytes().all(|b| b.is_ascii_digit()));
        (is_plain && is_extension && (7..=15).contains(&digits)).then(|| Self(text.clone())).ok_or(BadPhone)
    }
}

/// A text in NFC with single blanks and none at the ends; every kind of Unicode blank and line end is a blank.
pub fn tidy(text: &str) -> String {
    text.nfc().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_tidied() {
        let name = PersonName::new("  Mary\u{a0}Ann ", "O’Brien\r\n").unwrap();
        assert_eq!(name.to_string(), "Mary Ann O’Brien");
        assert_eq!(PersonName::new("Jose\u{301}", "X").unwrap().first(), "José");
        assert_eq!(PersonName::new(" ", "X"), Err(BadName::Length));
        assert_eq!(PersonName::new("A\u{7}", "X"), Err(BadName::Control));
        assert_eq!(PersonName::new(&"x".repeat(81), "X"), Err(BadName::Length));
    }

    #[test]
    fn an_email_is_ascii_with_one_at() {
        for good in ["a@b.co", "first.last+tag@sub.example.com", "o'neil@example.org"] {
            assert!(good.parse::<Email>().is_ok(), "{good}");
        }
        let bad = [
            "",
            "a",
            "a@b",
            "a@@b.co",
            "a@b@c.co",
            "é@b.co",
            "a b@c.co",
            ".a@b.co",
            "a.@b.co",
            "a@-b.co",
            "a@b..co",
            "a@b.co\n",
            "<a@b.co>",
            "a@b.co,c@d.co",
        ];
        for bad in bad {
            assert!(bad.parse::<Email>().is_err(), "{bad:?}");
        }
        let (one, two): (Email, Email) = ("Ann@Example.COM".parse().unwrap(), "ann@example.com".parse().unwrap());
        assert!(one.is_same_mailbox(&two));
        assert_eq!(one.as_str(), "Ann@example.com");
    }

    #[test]
    fn a_phone_number_has_seven_to_fifteen_digits() {
        for good in [
            "+1 (555) 010-0142",
            "555.010.0142",
            "0555/0100142",
            "5550142",
            "+1 555 010 0142 x12",
            "555 010 0142 ext. 7",
        ] {
            assert!(good.parse::<Phone>().is_ok(), "{good}");
        }
        for bad in ["", "12345", "555-CALL-NOW", "+1+2 5550142", "1234567890123456", "555 0142 x", "x12"] {
            assert!(bad.parse::<Phone>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_same_line_is_known_with_and_without_its_country() {
        let line = |text: &str| text.parse::<Phone>().unwrap();
        assert!(line("+1 555 010 0142").is_same_line(&line("(555) 010-0142")));
        assert!(!line("+1 555 010 0142").is_same_line(&line("(555) 010-0143")));
        assert!(line("0800 123").is_same_line(&line("0800-123")));
        assert!(line("+1 555 010 0142 x12").is_same_line(&line("555 010 0142")));
    }

    #[test]
    fn a_few_digits_are_nobodys_line() {
        let check = |one: &str, two: &str| {
            let (one, two): (Phone, Phone) = (one.parse().unwrap(), two.parse().unwrap());
            assert!(!one.is_same_line(&two) && !two.is_same_line(&one), "{one} and {two}");
        };
        check("000 0000", "+1 555 010 0142");
        check("000 0142", "+1 555 010 0142");
        check("000 0000", "000 0000");
        check("0 100 142", "+1 555 010 0142");
    }
}
