//! Text strings of a PDF (ISO 32000-1, 7.9.2.2 and ISO 32000-2, 7.9.2.2.1) as Unicode: PDFDocEncoding, UTF-16 with
//! either byte order mark, UTF-8 with its mark, language escapes taken out. Our own decoder, because a PIN or a name must
//! come out exactly, and what cannot come out exactly must be said.

use std::borrow::Cow;

/// A text string, decoded.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Decoded {
    /// The text, as written: nothing trimmed, line ends as they are.
    pub(crate) text: String,
    /// Whether every byte had one certain meaning. If not, `U+FFFD` stands for what had none.
    pub(crate) certain: bool,
}

/// Decodes a text string.
pub(crate) fn decode(bytes: &[u8]) -> Decoded {
    match bytes {
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xEF, 0xBB, 0xBF, rest @ ..] => utf8(rest),
        _ => pdf_doc(bytes),
    }
}

/// Decodes a name (`/Yes`): UTF-8 as ISO 32000-1, 7.3.5 recommends, else each byte as in PDFDocEncoding.
pub(crate) fn decode_name(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => pdf_doc(bytes).text,
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Decoded {
    let pairs = bytes.chunks_exact(2);
    let cut = !pairs.remainder().is_empty();
    let units = pairs.map(|it| unit([it[0], it[1]]));
    let mut text: String = char::decode_utf16(units).map(|it| it.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    if cut {
        text.push(char::REPLACEMENT_CHARACTER);
    }
    unicode(&text)
}

fn utf8(bytes: &[u8]) -> Decoded {
    unicode(&String::from_utf8_lossy(bytes))
}

fn unicode(text: &str) -> Decoded {
    let text = without_language_escapes(text).into_owned();
    let certain = !text.contains(char::REPLACEMENT_CHARACTER);
    Decoded { text, certain }
}

fn pdf_doc(bytes: &[u8]) -> Decoded {
    if bytes.iter().all(|it| (0x20..0x7F).contains(it)) {
        // All but a few of the strings there are.
        return Decoded { text: bytes.iter().map(|it| char::from(*it)).collect(), certain: true };
    }
    let text: String = bytes.iter().map(|it| pdf_doc_char(*it)).collect();
    let certain = !bytes.iter().any(|it| matches!(it, 0x7F | 0x9F | 0xAD));
    Decoded { text, certain }
}

/// What stands at 0x18 to 0x1F (ISO 32000-1, table D.2).
const ACCENTS: [char; 8] = ['˘', 'ˇ', 'ˆ', '˙', '˝', '˛', '˚', '˜'];

/// What stands at 0x80 to 0x9F; the last is undefined.
const MARKS: [char; 32] = [
    '•', '†', '‡', '…', '—', '–', 'ƒ', '⁄', '‹', '›', '−', '‰', '„', '“', '”', '‘', '’', '‚', '™', 'ﬁ', 'ﬂ', 'Ł', 'Œ',
    'Š', 'Ÿ', 'Ž', 'ı', 'ł', 'œ', 'š', 'ž', '\u{FFFD}',
];

/// One byte of PDFDocEncoding (ISO 32000-1, annex D.2). Bytes without a meaning there keep that of Latin-1, where it has
/// one, so that no byte disappears. At 0xA0 stands the euro sign: pypdf, pikepdf and PDFium mean it so, and
/// who means the no-break space of Latin-1 is read wrongly by all three.
fn pdf_doc_char(byte: u8) -> char {
    match byte {
        0x18..=0x1F => ACCENTS[usize::from(byte - 0x18)],
        0x80..=0x9F => MARKS[usize::from(byte - 0x80)],
        0xA0 => '€',
        0xAD => char::REPLACEMENT_CHARACTER,
        other => char::from(other),
    }
}

/// Takes out `ESC language [country] ESC` (ISO 32000-1, 14.9.2.2), wherever it stands; any other ESC stays.
fn without_language_escapes(text: &str) -> Cow<'_, str> {
    if !text.contains('\u{1B}') {
        return Cow::Borrowed(text);
    }
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\u{1B}') {
        kept.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        match after.find('\u{1B}').filter(|end| is_language(&after[..*end])) {
            Some(end) => rest = &after[end + 1..],
            None => {
                kept.push('\u{1B}');
                rest = after;
            }
        }
    }
    kept.push_str(rest);
    Cow::Owned(kept)
}

fn is_language(code: &str) -> bool {
    (2..=11).contains(&code.len()) && code.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], expected: &str) {
        assert_eq!(decode(bytes), Decoded { text: expected.to_owned(), certain: true });
    }

    fn check_uncertain(bytes: &[u8], expected: &str) {
        assert_eq!(decode(bytes), Decoded { text: expected.to_owned(), certain: false });
    }

    #[test]
    fn plain_text_is_itself() {
        check(b"", "");
        check(b"0042", "0042");
        check(b"two trailing  ", "two trailing  ");
        check(b"one\r\ntwo\tthree", "one\r\ntwo\tthree");
    }

    #[test]
    fn pdf_doc_encoding_is_not_latin_1() {
        check(b"Zo\xEB", "Zoë");
        check(b"\x80\x84\x8D\x8E\x90\x92", "•—“”’™");
        check(b"\xA0 12,50", "€ 12,50");
        check(b"\x95\x9B\x9D", "Łłš");
        check(b"\x18\x1F", "˘˜");
    }

    #[test]
    fn bytes_without_a_certain_meaning_are_kept_and_told() {
        check_uncertain(b"a\x9Fb", "a\u{FFFD}b");
        check_uncertain(b"a\xADb", "a\u{FFFD}b");
        check_uncertain(b"a\x7Fb", "a\u{7F}b");
        check(b"a\x00b\x17c", "a\0b\u{17}c");
    }

    #[test]
    fn utf_16_comes_in_either_order() {
        check(b"\xFE\xFF\x53\x17\x4E\xAC", "北京");
        check(b"\xFF\xFE\x17\x53\xAC\x4E", "北京");
        check(b"\xFE\xFF\xD8\x3D\xDE\x00", "😀");
        check(b"\xFE\xFF", "");
    }

    #[test]
    fn broken_utf_16_is_told() {
        check_uncertain(b"\xFE\xFF\x00A\xD8\x3D\x00B", "A\u{FFFD}B");
        check_uncertain(b"\xFE\xFF\x00A\x00", "A\u{FFFD}");
    }

    #[test]
    fn utf_8_needs_its_mark() {
        check(b"\xEF\xBB\xBFZo\xC3\xAB", "Zoë");
        check(b"Zo\xC3\xAB", "ZoÃ«");
        check_uncertain(b"\xEF\xBB\xBFa\xC3", "a\u{FFFD}");
    }

    #[test]
    fn language_escapes_are_no_text() {
        check(b"\xFE\xFF\x00\x1B\x00e\x00n\x00U\x00S\x00\x1B\x00A", "A");
        check(b"\xEF\xBB\xBF\x1Ben\x1BA\x1Bde-DE\x1BB", "AB");
        check(b"\xEF\xBB\xBFa\x1Bb", "a\u{1B}b");
        check(b"\xEF\xBB\xBF\x1B\x1B", "\u{1B}\u{1B}");
    }

    #[test]
    fn a_name_is_utf_8_or_bytes() {
        assert_eq!(decode_name(b"Yes"), "Yes");
        assert_eq!(decode_name("Grün".as_bytes()), "Grün");
        assert_eq!(decode_name(b"Gr\xFCn"), "Grün");
    }
}
