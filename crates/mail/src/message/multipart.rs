//! Multiparts, cut at their delimiters (RFC 2046, 5.1.1).

use super::decode;
use super::header::line_at;

/// A multipart cut at its delimiters (RFC 2046, 5.1.1).
pub(super) struct Split<'b> {
    pub(super) parts: Vec<&'b [u8]>,
    pub(super) is_closed: bool,
    pub(super) has_epilogue: bool,
}

impl<'b> Split<'b> {
    /// Cuts into at most `room` parts, and one more.
    pub(super) fn of(content: &'b [u8], boundary: &str, room: usize) -> Self {
        let mut split = Self { parts: Vec::new(), is_closed: false, has_epilogue: false };
        if boundary.is_empty() {
            return split;
        }
        let (mut at, mut begin) = (0, None);
        while let Some(line) = line_at(content, at) {
            if let Some(is_last) = delimiter(line, boundary) {
                split.take(content, begin, at);
                begin = Some(at + line.len());
                if is_last {
                    split.is_closed = true;
                    split.has_epilogue = content.get(at + line.len()..).is_some_and(|it| !it.trim_ascii().is_empty());
                    return split;
                }
                if split.parts.len() > room {
                    return split;
                }
            }
            at += line.len();
        }
        split.take(content, begin, content.len());
        split
    }

    /// A part ends before the line break that belongs to the next delimiter.
    fn take(&mut self, content: &'b [u8], begin: Option<usize>, end: usize) {
        let Some(begin) = begin else {
            return;
        };
        let part = content.get(begin..end).unwrap_or_default();
        let is_last_line = end == content.len();
        self.parts.push(if is_last_line { part } else { decode::without_line_break(part).0 });
    }
}

/// The parts of a multipart, up to `most` of them.
pub(crate) fn parts_of<'b>(content: &'b [u8], boundary: &str, most: usize) -> Vec<&'b [u8]> {
    let mut parts = Split::of(content, boundary, most).parts;
    parts.truncate(most);
    parts
}

/// Whether a line is a delimiter, and then whether it is the last one. Blanks may follow (RFC 2046, 5.1.1).
pub(crate) fn delimiter(line: &[u8], boundary: &str) -> Option<bool> {
    let (line, _) = decode::without_line_break(line);
    match decode::trim_blanks(line).strip_prefix(b"--")?.strip_prefix(boundary.as_bytes())? {
        b"" => Some(false),
        b"--" => Some(true),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(content: &str, parts: &[&str], is_closed: bool, has_epilogue: bool) {
        let split = Split::of(content.as_bytes(), "b", 10);
        let read: Vec<_> = split.parts.iter().map(|it| String::from_utf8_lossy(it)).collect();
        assert_eq!(read, parts, "{content:?}");
        assert_eq!((split.is_closed, split.has_epilogue), (is_closed, has_epilogue), "{content:?}");
    }

    #[test]
    fn a_multipart_is_cut_at_its_delimiters() {
        check("preamble\r\n--b\r\none\r\n--b\r\ntwo\r\n--b--\r\n", &["one", "two"], true, false);
        check("--b\none\n--b--", &["one"], true, false);
        check("--b\r\n\r\none\r\n\r\n--b--\r\n", &["\r\none\r\n"], true, false);
        check("--b \t\r\none\r\n--b-- \r\nepilogue", &["one"], true, true);
        check("--b\r\none --b two\r\n--b--\r\n", &["one --b two"], true, false);
        check("--b\r\none\r\n--bc\r\ntwo\r\n--b--\r\n", &["one\r\n--bc\r\ntwo"], true, false);
        check("--b\r\none\r\n", &["one\r\n"], false, false);
        check("--b\r\n--b--\r\n", &[""], true, false);
        check("nothing", &[], false, false);
        check("--b--\r\n", &[], true, false);
    }
}
