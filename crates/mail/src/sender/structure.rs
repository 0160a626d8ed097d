//! Whether a body has the parts that its header says, when no signature covers what the header says.
//!
//! Many large providers, Gmail among them, do not sign `Content-Type`. Then whoever sends a signed message again could cut the same
//! body at other lines, so that a quoted or attached part becomes the message. Such a body must show by itself how it is cut: the
//! first line that could be a delimiter is one of the declared boundary, and so is the last line. A body in one piece must not look
//! like one with parts, and its text must be spelt as every program expects.

use crate::message::{Header, delimiter, is_ascii_alike, line_at, typed};

/// The longest Content-Type that is read here, in bytes.
const LONGEST: usize = 16 * 1024;

/// Whether the body is evidently cut as the header says.
pub(super) fn is_evident(header: &Header<'_>) -> bool {
    let kind = match header.first("Content-Type") {
        Some(field) => match typed(field, LONGEST) {
            Some(kind) => kind,
            None => return false,
        },
        None => return !looks_cut(header.body()),
    };
    let main = kind.name.split('/').next().unwrap_or_default();
    match main {
        "multipart" => kind.parameter("boundary").is_some_and(|it| is_cut_by(header.body(), it)),
        // The letters of another character set could be read from the same bytes.
        "text" => kind.parameter("charset").is_none_or(is_ascii_alike) && !looks_cut(header.body()),
        _ => !looks_cut(header.body()),
    }
}

/// Whether the outermost delimiters are those of the boundary.
fn is_cut_by(body: &[u8], boundary: &str) -> bool {
    !boundary.is_empty()
        && first_dashed(body).is_some_and(|it| delimiter(it, boundary) == Some(false))
        && last_line(body).is_some_and(|it| delimiter(it, boundary) == Some(true))
}

/// Whether the first line that begins with `--` opens parts which the last line closes.
fn looks_cut(body: &[u8]) -> bool {
    let Some(first) = first_dashed(body).and_then(|it| std::str::from_utf8(it).ok()) else {
        return false;
    };
    let boundary = first.trim_end().strip_prefix("--").unwrap_or_default();
    !boundary.is_empty() && last_line(body).is_some_and(|it| delimiter(it, boundary) == Some(true))
}

fn first_dashed(body: &[u8]) -> Option<&[u8]> {
    let mut at = 0;
    while let Some(line) = line_at(body, at) {
        if line.starts_with(b"--") && line.trim_ascii_end() != b"--" {
            return Some(line);
        }
        at += line.len();
    }
    None
}

fn last_line(body: &[u8]) -> Option<&[u8]> {
    body.split(|it| *it == b'\n').map(<[u8]>::trim_ascii_end).rfind(|it| !it.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Limits;

    const MIXED: &str =
        "--out\r\nContent-Type: multipart/alternative; boundary=in\r\n\r\n--in\r\n\r\ntext\r\n--in--\r\n--out--\r\n";

    fn check(kind: &str, body: &str, expected: bool) {
        let field = if kind.is_empty() { String::new() } else { format!("Content-Type: {kind}\r\n") };
        let raw = format!("{field}Subject: s\r\n\r\n{body}");
        let header = Header::split(raw.as_bytes(), &Limits::default()).unwrap();
        assert_eq!(is_evident(&header), expected, "{kind} {body:?}");
    }

    #[test]
    fn honest_bodies_are_evident() {
        check("multipart/mixed; boundary=out", MIXED, true);
        check("multipart/mixed; boundary=\"out\"", &format!("This is a message with parts.\r\n\r\n{MIXED}\r\n"), true);
        check("text/plain; charset=UTF-8", "Hello\r\n-- \r\nMaria\r\n", true);
        check("", "Hello\r\n", true);
        check("text/html", "<p>Hello</p>", true);
    }

    #[test]
    fn bodies_that_could_be_cut_otherwise_are_not() {
        check("multipart/mixed; boundary=in", MIXED, false);
        check("multipart/mixed; boundary=other", MIXED, false);
        check("multipart/mixed", MIXED, false);
        check("text/plain", MIXED, false);
        check("", MIXED, false);
        check("application/pdf", MIXED, false);
        check("text/plain; charset=utf-7", "Hello\r\n", false);
        check("text/plain; charset=utf-16", "Hello\r\n", false);
        check("multipart/mixed; boundary=out", &format!("--victim\r\n{MIXED}"), false);
        check("multipart/mixed; boundary=out", &format!("{MIXED}\r\nmore\r\n"), false);
        check(&format!("multipart/mixed; boundary={}", "x".repeat(LONGEST)), MIXED, false);
    }
}
