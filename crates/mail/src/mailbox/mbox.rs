//! Mbox: many messages in one file (RFC 4155), read as a stream; a file of gigabytes takes the memory of one message.
//!
//! A message begins with a line `From address date`, at the beginning of the file or after an empty line. Lines of a message that
//! look so are quoted with `>` by its writer: `mboxrd` quotes quoted ones, too, `mboxo` does not. `Content-Length` (`mboxcl`) is
//! not followed: it comes from the message's sender, and one that is too large would swallow the messages behind it. It is only
//! held against what was found: see [`MboxMessage::is_doubtful`].

use std::io::{self, BufRead};
use std::ops::Range;

use super::mbox_lines::{Kept, begins_message};

/// How the writer of the file quoted lines that begin with `From `.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Quoting {
    /// `>From ` was `From `, `>>From ` was `>From `, and so on.
    Mboxrd,
    /// `>From ` was `From `; nothing else was quoted.
    Mboxo,
    /// Nothing was quoted (`mboxcl2`).
    Unquoted,
}

/// A message of an mbox file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MboxMessage {
    /// Its place in the file, from 1 on; `inbox.mbox#12` is the twelfth.
    pub number: u64,
    /// Its bytes in the file, the line that begins it included.
    pub range: Range<u64>,
    /// The message.
    pub content: Content,
    /// Whether it may be a piece of the message before it: that one says it is longer, or the file does not begin with a
    /// message.
    pub is_doubtful: bool,
}

/// The bytes of a message, or why they are not here.
#[derive(Clone, Eq, PartialEq)]
pub enum Content {
    /// The message, unquoted, without the empty line behind it.
    Whole(Vec<u8>),
    /// It is larger than the limit. The next message is read all the same.
    TooLarge,
}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Whole(bytes) => write!(f, "Whole({} bytes)", bytes.len()),
            Self::TooLarge => f.write_str("TooLarge"),
        }
    }
}

/// The stable name of a message in a file.
pub fn stable_name(file: &str, number: u64) -> String {
    format!("{}#{number}", crate::message::safe_name(file))
}

/// The messages of an mbox file, one after the other.
pub struct Mbox<R> {
    reader: R,
    quoting: Quoting,
    most: usize,
    at: u64,
    number: u64,
    /// Where the line began that begins the next message; `None` when the file is at its beginning or its end.
    begun: Option<u64>,
    is_at_line_start: bool,
    /// Whether the line before is empty, so that a message may begin.
    is_after_blank: bool,
    is_over: bool,
    is_doubtful: bool,
}

/// The longest piece of a line that is looked at in one go, in bytes. What begins a message is shorter.
const PIECE_BYTES: usize = 8 * 1024;

impl<R: BufRead> Mbox<R> {
    /// Reads the messages of an mbox file. `most` is the size of the largest message that is kept, in bytes.
    pub fn new(reader: R, quoting: Quoting, most: usize) -> Self {
        Self {
            reader,
            quoting,
            most,
            at: 0,
            number: 0,
            begun: None,
            is_at_line_start: true,
            is_after_blank: true,
            is_over: false,
            is_doubtful: false,
        }
    }

    /// The next piece: a line, or as much of it as one look takes. Empty at the end.
    fn piece(&mut self) -> io::Result<Vec<u8>> {
        let mut piece = Vec::new();
        while piece.len() < PIECE_BYTES {
            let buffer = match self.reader.fill_buf() {
                Ok(buffer) => buffer,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let room = buffer.get(..buffer.len().min(PIECE_BYTES - piece.len())).unwrap_or_default();
            if room.is_empty() {
                break;
            }
            let end = room.iter().position(|it| *it == b'\n').map_or(room.len(), |it| it + 1);
            let taken = room.get(..end).unwrap_or_default();
            piece.extend_from_slice(taken);
            let taken = taken.len();
            self.reader.consume(taken);
            if piece.ends_with(b"\n") {
                break;
            }
        }
        Ok(piece)
    }

    fn message(&mut self) -> io::Result<Option<MboxMessage>> {
        let mut begin = self.begun.take();
        let mut content = Kept::up_to(self.most);
        loop {
            let (start, piece) = (self.at, self.piece()?);
            self.at += piece.len() as u64;
            let is_line_start = std::mem::replace(&mut self.is_at_line_start, piece.ends_with(b"\n"));
            if piece.is_empty() {
                self.is_over = true;
                return Ok(self.finished(begin, start, content));
            }
            if is_line_start && self.is_after_blank && begins_message(&piece) {
                self.is_after_blank = false;
                self.begun = Some(start);
                // Empty lines in front of the first message are nothing.
                if begin.is_some() || !content.is_blank() {
                    return Ok(self.finished(begin, start, content));
                }
                begin = self.begun.take();
                content.bytes.clear();
                continue;
            }
            self.is_after_blank = is_line_start && matches!(piece.as_slice(), b"\n" | b"\r\n");
            let line = if is_line_start { self.unquoted(&piece) } else { &piece };
            content.push(line, piece.len() - line.len());
        }
    }

    fn finished(&mut self, begin: Option<u64>, end: u64, mut content: Kept) -> Option<MboxMessage> {
        if begin.is_none() && content.is_blank() {
            return None;
        }
        self.number += 1;
        let is_doubtful = self.is_doubtful || begin.is_none();
        content.drop_last_blank_line();
        self.is_doubtful = content.says_it_is_longer();
        Some(MboxMessage {
            number: self.number,
            range: begin.unwrap_or_default()..end,
            content: if content.is_too_large { Content::TooLarge } else { Content::Whole(content.bytes) },
            is_doubtful,
        })
    }

    fn unquoted<'p>(&self, piece: &'p [u8]) -> &'p [u8] {
        let quotes = piece.iter().take_while(|it| **it == b'>').count();
        let is_quoted = quotes > 0 && piece.get(quotes..).is_some_and(|it| it.starts_with(b"From "));
        let is_taken_off = match self.quoting {
            Quoting::Mboxrd => is_quoted,
            Quoting::Mboxo => is_quoted && quotes == 1,
            Quoting::Unquoted => false,
        };
        if is_taken_off { piece.get(1..).unwrap_or_default() } else { piece }
    }
}

impl<R: BufRead> Iterator for Mbox<R> {
    type Item = io::Result<MboxMessage>;

    /// The next message. After a failure of the reader there is none.
    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        self.message().inspect_err(|_| self.is_over = true).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FROM: &str = "From a@x.example Thu Nov 26 10:00:00 2026\n";

    fn read(file: &str, quoting: Quoting) -> Vec<MboxMessage> {
        let reader = io::BufReader::with_capacity(7, file.as_bytes());
        Mbox::new(reader, quoting, 1_000).collect::<io::Result<_>>().unwrap()
    }

    fn check(file: &str, expected: &[&str]) {
        let messages = read(file, Quoting::Mboxrd);
        let contents: Vec<_> = messages
            .iter()
            .map(|it| match &it.content {
                Content::Whole(bytes) => String::from_utf8_lossy(bytes),
                Content::TooLarge => "too large".into(),
            })
            .collect();
        assert_eq!(contents, expected, "{file:?}");
        // Every byte belongs to exactly one message.
        let ends = messages.iter().map(|it| it.range.end);
        assert!(messages.iter().skip(1).map(|it| it.range.start).eq(ends.take(messages.len().saturating_sub(1))));
        assert_eq!(messages.last().map_or(0, |it| it.range.end), file.len() as u64);
    }

    #[test]
    fn messages_are_separated() {
        check(&format!("{FROM}A: 1\n\none\n\n{FROM}A: 2\n\ntwo\n"), &["A: 1\n\none\n", "A: 2\n\ntwo\n"]);
        check(&format!("{FROM}A: 1\n\none\n\n\n{FROM}A: 2\n\ntwo\n\n"), &["A: 1\n\none\n\n", "A: 2\n\ntwo\n"]);
        check(&format!("\n\n{FROM}A: 1\n\none"), &["A: 1\n\none"]);
        check(
            &format!("{}A: 1\r\n\r\none\r\n\r\n{}A: 2\r\n\r\n", FROM.replace('\n', "\r\n"), FROM.replace('\n', "\r\n")),
            &["A: 1\r\n\r\none\r\n", "A: 2\r\n"],
        );
        check("From - Mon Jan 01 00:00:00 2026\nA: 1\n\none\n", &["A: 1\n\none\n"]);
        check("From x@y 26 Nov 2026 10:00 +0100\nA: 1\n\n", &["A: 1\n"]);
        check("", &[]);
    }

    #[test]
    fn text_is_no_separator() {
        check(
            &format!("{FROM}A: 1\n\nFrom here on it is text\n\nFrom now on\n"),
            &["A: 1\n\nFrom here on it is text\n\nFrom now on\n"],
        );
        check(&format!("{FROM}A: 1\n\none\n{FROM}two\n"), &[&format!("A: 1\n\none\n{FROM}two\n")]);
    }

    #[test]
    fn nothing_in_front_of_the_first_message_is_lost() {
        let file = format!("A: 0\n\nzero\n\n{FROM}A: 1\n\none\n");
        check(&file, &["A: 0\n\nzero\n", "A: 1\n\none\n"]);
        assert!(read(&file, Quoting::Mboxrd)[0].is_doubtful);
    }

    #[test]
    fn quoted_lines_are_unquoted() {
        let file = format!("{FROM}A: 1\n\n>From me\n>>From you\n> From x\n");
        let body = |quoting| match read(&file, quoting).remove(0).content {
            Content::Whole(bytes) => String::from_utf8(bytes).unwrap(),
            Content::TooLarge => unreachable!(),
        };
        assert_eq!(body(Quoting::Mboxrd), "A: 1\n\nFrom me\n>From you\n> From x\n");
        assert_eq!(body(Quoting::Mboxo), "A: 1\n\nFrom me\n>>From you\n> From x\n");
        assert_eq!(body(Quoting::Unquoted), "A: 1\n\n>From me\n>>From you\n> From x\n");
    }

    #[test]
    fn a_large_message_costs_only_itself() {
        let file = format!("{FROM}A: 1\n\n{}\n\n{FROM}A: 2\n\ntwo\n", "x".repeat(100_000));
        check(&file, &["too large", "A: 2\n\ntwo\n"]);
        check(&format!("{FROM}A: 1\n\n{}\n", "short\n".repeat(10_000)), &["too large"]);
    }

    #[test]
    fn a_length_that_reaches_further_casts_doubt() {
        let file = format!("{FROM}Content-Length: 900\n\none\n\n{FROM}A: 2\n\ntwo\n\n{FROM}A: 3\n\nthree\n");
        let doubtful: Vec<bool> = read(&file, Quoting::Mboxrd).iter().map(|it| it.is_doubtful).collect();
        assert_eq!(doubtful, [false, true, false]);
        let honest = format!("{FROM}Content-Length: 4\n\none\n\n{FROM}A: 2\n\ntwo\n");
        assert!(read(&honest, Quoting::Mboxrd).iter().all(|it| !it.is_doubtful));
        let quoted = format!("{FROM}Content-Length: 35\n\n{}\n{FROM}A: 2\n\n", ">From \n".repeat(5));
        assert_eq!(read(&quoted, Quoting::Mboxrd).len(), 2);
        assert!(read(&quoted, Quoting::Mboxrd).iter().all(|it| !it.is_doubtful));
    }

    #[test]
    fn names_are_stable() {
        assert_eq!(stable_name("in/box.mbox", 12), "in_box.mbox#12");
    }

    #[test]
    fn a_failing_reader_ends_the_file() {
        struct Broken;
        impl io::Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("gone"))
            }
        }
        let file = io::Read::chain(FROM.as_bytes(), Broken);
        let mut mbox = Mbox::new(io::BufReader::new(file), Quoting::Mboxrd, 1_000);
        assert!(mbox.next().unwrap().is_err());
        assert!(mbox.next().is_none());
    }
}
