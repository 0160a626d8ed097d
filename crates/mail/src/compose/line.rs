//! Pieces of outgoing header fields. Each has one fallible door, so that no text of a stranger's can add a field.

use std::str::FromStr;

use crate::message::is_unseen;

/// A subject, or the name beside an address, or a file name: one line of visible characters.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Line(String);

/// The text is no line.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a line has 1 to {LINE_MAX_CHARS} characters, and none that break it, steer or hide")]
pub struct BadLine;

/// The longest line, in characters.
pub const LINE_MAX_CHARS: usize = 200;

impl Line {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Line {
    type Err = BadLine;

    fn from_str(text: &str) -> Result<Self, BadLine> {
        let text = text.trim();
        let is_line = (1..=LINE_MAX_CHARS).contains(&text.chars().count()) && !text.chars().any(is_unseen);
        is_line.then(|| Self(text.to_owned())).ok_or(BadLine)
    }
}

/// A message id, without its angle brackets (RFC 5322, 3.6.4).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MessageId(String);

/// The text is no message id.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a message id is `left@right` in visible ASCII, at most {ID_MAX_BYTES} characters")]
pub struct BadMessageId;

/// The longest message id, in bytes: it fits on one line with the field's name (RFC 5322, 2.1.1).
pub const ID_MAX_BYTES: usize = 900;

impl MessageId {
    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for MessageId {
    type Err = BadMessageId;

    fn from_str(text: &str) -> Result<Self, BadMessageId> {
        let is_visible = |it: u8| it.is_ascii_graphic() && !b"<>,;\"\\()".contains(&it);
        let has_sides = text.split_once('@').is_some_and(|(left, right)| !left.is_empty() && !right.is_empty());
        let is_id = has_sides && text.len() <= ID_MAX_BYTES && text.bytes().all(is_visible);
        is_id.then(|| Self(text.to_owned())).ok_or(BadMessageId)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_line() {
        assert_eq!(" Re: Ihr Formular – ok ".parse::<Line>().unwrap().as_str(), "Re: Ihr Formular – ok");
        for text in
            ["", "  ", "a\r\nBcc: x@y.example", "a\nb", "a\rb", "a\0b", "a\u{202e}b", "a\u{2028}b", &"x".repeat(201)]
        {
            assert_eq!(text.parse::<Line>(), Err(BadLine), "{text:?}");
        }
    }

    #[test]
    fn an_id_is_one_word() {
        assert_eq!("CAHk+1=Jx0@mail.gmail.com".parse::<MessageId>().unwrap().as_str(), "CAHk+1=Jx0@mail.gmail.com");
        for text in [
            "",
            "a",
            "@b",
            "a@",
            "a b@c",
            "a@b>\r\nBcc: x",
            "<a@b>",
            "a@b\n",
            "\u{e9}@b",
            &format!("{}@b", "x".repeat(900)),
        ] {
            assert_eq!(text.parse::<MessageId>(), Err(BadMessageId), "{text:?}");
        }
    }
}
