//! What the raw bytes of a file say before anything parses them: a header, an end, what stands outside the two. A file cut
//! short shows an earlier revision without any error, and bytes after the end are seen by some readers and not by others.

use countersign_core::reason::ReasonCode;

use crate::reading::Finding;

/// Readers look for the header in the first kilobyte (ISO 32000-1, annex H, note 13).
const HEADER_WITHIN: usize = 1024;

/// Readers look for the end in the last kilobyte; a longer tail is odd enough to be told, and found all the same.
const END_MARK: &[u8] = b"%%EOF";

/// What the raw bytes say.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Outline {
    /// Where `%PDF-` stands.
    pub(crate) header: Option<usize>,
    /// Whether the last `%%EOF` is the last thing in the file.
    pub(crate) end: End,
    /// Whether there is any `obj` at all: what has neither header nor objects is no PDF.
    pub(crate) has_objects: bool,
}

/// How a file ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum End {
    /// With `%%EOF` and blanks.
    Proper,
    /// Without any `%%EOF`: it was cut short.
    Missing,
    /// With so many bytes after the last `%%EOF`, from the first to the last that is no blank.
    Followed(usize),
}

/// Looks at the raw bytes.
pub(crate) fn outline(bytes: &[u8]) -> Outline {
    let head = &bytes[..bytes.len().min(HEADER_WITHIN)];
    let header = find(head, b"%PDF-");
    Outline { header, end: end_of(bytes), has_objects: header.is_some() || find(bytes, b" obj").is_some() }
}

impl Outline {
    /// What is odd about it.
    pub(crate) fn findings(&self) -> Vec<Finding> {
        let header = match self.header {
            Some(0) => None,
            Some(at) => Some(format!("{at} bytes stand in front of the header")),
            None => Some("the header is missing".to_owned()),
        };
        let end = match self.end {
            End::Proper => None,
            End::Missing => Some("the end mark is missing: the file was cut short".to_owned()),
            End::Followed(bytes) => Some(format!("{bytes} bytes follow the end mark")),
        };
        header.into_iter().chain(end).map(|it| Finding::of_file(ReasonCode::PdfAmbiguous, it)).collect()
    }
}

fn end_of(bytes: &[u8]) -> End {
    let Some(at) = rfind(bytes, END_MARK) else { return End::Missing };
    let tail = &bytes[at + END_MARK.len()..];
    let is_blank = |it: &u8| matches!(it, 0 | b'\t' | b'\n' | 0x0C | b'\r' | b' ');
    match (tail.iter().position(|it| !is_blank(it)), tail.iter().rposition(|it| !is_blank(it))) {
        (Some(first), Some(last)) => End::Followed(last - first + 1),
        _ => End::Proper,
    }
}

/// Where `needle` first stands in `hay`.
pub(crate) fn find(hay: &[u8], needle: &[u8]) -> Option<usize> {
    let (first, rest) = needle.split_first()?;
    let mut from = 0;
    while let Some(step) = hay[from..].iter().position(|it| it == first) {
        let at = from + step;
        if hay[at + 1..].starts_with(rest) {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

fn rfind(hay: &[u8], needle: &[u8]) -> Option<usize> {
    (0..=hay.len().checked_sub(needle.len())?).rev().find(|at| hay[*at..].starts_with(needle))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], header: Option<usize>, end: End, findings: usize) {
        let outline = outline(bytes);
        assert_eq!((outline.header, outline.end), (header, end));
        assert_eq!(outline.findings().len(), findings);
    }

    #[test]
    fn a_proper_file_has_nothing_odd() {
        check(b"%PDF-1.7\n1 0 obj\n%%EOF", Some(0), End::Proper, 0);
        check(b"%PDF-1.7\n%%EOF\r\n\0\n", Some(0), End::Proper, 0);
    }

    #[test]
    fn a_cut_file_is_told() {
        check(b"%PDF-1.7\n1 0 obj\n%%E", Some(0), End::Missing, 1);
        check(b"%PDF", None, End::Missing, 2);
    }

    #[test]
    fn bytes_outside_are_told() {
        check(b"%PDF-1.7\n%%EOF\n<html>x", Some(0), End::Followed(7), 1);
        check(b"junk%PDF-1.7\n%%EOF", Some(4), End::Proper, 1);
        check(b"%PDF-1.7\n%%EOF\n%%EOF\n", Some(0), End::Proper, 0);
    }

    #[test]
    fn what_has_neither_header_nor_objects_is_no_pdf() {
        assert!(!outline(b"GIF89a...").has_objects);
        assert!(outline(b"1 0 obj\n<<>>\nendobj").has_objects);
        assert!(!outline(b"").has_objects);
    }

    #[test]
    fn a_needle_is_found_wherever_it_stands() {
        assert_eq!(find(b"aab", b"ab"), Some(1));
        assert_eq!(find(b"abc", b"abcd"), None);
        assert_eq!(rfind(b"abab", b"ab"), Some(2));
        assert_eq!(rfind(b"", b"ab"), None);
    }
}
