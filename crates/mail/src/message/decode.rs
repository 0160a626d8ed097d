//! Transfer encodings (RFC 2045, 6) and character sets, with what was wrong told.
//!
//! The decoders are our own: mail-parser's drops the end of base64 text that lacks its padding, without a word.

use std::panic::catch_unwind;

use mail_parser::decoders::charsets::map::charset_decoder;
use zeroize::Zeroizing;

/// Decoded bytes, and whether the encoding was broken.
pub(crate) struct Decoded {
    pub(crate) bytes: Vec<u8>,
    pub(crate) is_broken: bool,
}

/// Decodes base64. What is not of its alphabet is passed over (RFC 2045, 6.8); only line ends and blanks are without reproach.
pub(crate) fn base64(text: &[u8]) -> Decoded {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let (mut block, mut filled, mut is_broken, mut has_ended) = (0_u32, 0_u32, false, false);
    for byte in text {
        let Some(value) = sextet(*byte) else {
            is_broken |= !byte.is_ascii_whitespace() && *byte != b'=';
            if *byte == b'=' {
                // Programs that encode in pieces pad each of them: what follows is a text of its own.
                is_broken |= filled == 6;
                (block, filled, has_ended) = (0, 0, true);
            }
            continue;
        };
        is_broken |= has_ended;
        block = block << 6 | u32::from(value);
        filled += 6;
        if filled >= 8 {
            filled -= 8;
            bytes.push((block >> filled & 0xff) as u8);
        }
    }
    // Six bits alone are no byte: the text was cut.
    is_broken |= filled == 6;
    Decoded { bytes, is_broken }
}

fn sextet(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

/// Decodes quoted-printable text (RFC 2045, 6.7): blanks at the end of a line go, an escape that is none stays as it is.
pub(crate) fn quoted_printable(text: &[u8]) -> Decoded {
    let mut bytes = Vec::with_capacity(text.len());
    let mut is_broken = false;
    for line in text.split_inclusive(|it| *it == b'\n') {
        let (content, line_break) = without_line_break(line);
        let content = trim_blanks(content);
        let (content, is_soft) = content.strip_suffix(b"=").map_or((content, false), |it| (it, true));
        is_broken |= unescape(content, &mut bytes);
        if !is_soft {
            bytes.extend_from_slice(line_break);
        }
    }
    Decoded { bytes, is_broken }
}

fn unescape(line: &[u8], bytes: &mut Vec<u8>) -> bool {
    let mut is_broken = false;
    let mut rest = line;
    while let Some((first, after)) = rest.split_first() {
        let escape = (*first == b'=').then(|| after.first_chunk::<2>().and_then(|[high, low]| hex(*high, *low)));
        match escape {
            Some(Some(byte)) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            other => {
                is_broken |= other.is_some();
                bytes.push(*first);
                rest = after;
            }
        }
    }
    is_broken
}

fn hex(high: u8, low: u8) -> Option<u8> {
    let digit = |it: u8| char::from(it).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

pub(crate) fn without_line_break(line: &[u8]) -> (&[u8], &[u8]) {
    let length = line.strip_suffix(b"\n").map_or(line.len(), |it| it.strip_suffix(b"\r").unwrap_or(it).len());
    line.split_at(length)
}

pub(crate) fn trim_blanks(mut line: &[u8]) -> &[u8] {
    while let Some(shorter) = line.strip_suffix(b" ").or_else(|| line.strip_suffix(b"\t")) {
        line = shorter;
    }
    line
}

/// How sure the characters of a text are.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Charset {
    /// Every byte was read by the character set that the part names.
    Sure,
    /// The part names none, or one that its bytes contradict: read as UTF-8 or else as windows-1252.
    Guessed,
}

/// Decodes a text. `None` where its character set is unknown, or UTF-7, in which one text has many spellings.
pub(crate) fn text(bytes: &[u8], charset: Option<&str>) -> Option<(Zeroizing<String>, Charset)> {
    let label = charset.unwrap_or("us-ascii").trim().to_ascii_lowercase();
    let is_utf8 = matches!(label.as_str(), "utf-8" | "utf8" | "us-ascii" | "ascii" | "");
    if is_utf8 || (bytes.is_ascii() && is_ascii_alike(&label)) {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let is_sure = bytes.is_ascii() || label.starts_with("utf");
        return Some(match std::str::from_utf8(bytes) {
            Ok(text) => (text.to_owned().into(), if is_sure { Charset::Sure } else { Charset::Guessed }),
            Err(_) => (decoder("windows-1252", bytes)?, Charset::Guessed),
        });
    }
    if label.replace('-', "").contains("utf7") {
        return None;
    }
    let text = decoder(&label, bytes)?;
    // mail-parser drops half a character at the end without a word.
    let is_cut = label.contains("utf-16") && bytes.len() % 2 == 1;
    let is_guess = is_cut || text.contains(char::REPLACEMENT_CHARACTER);
    Some((text, if is_guess { Charset::Guessed } else { Charset::Sure }))
}

/// Whether a character set spells ASCII as ASCII does.
pub(crate) fn is_ascii_alike(label: &str) -> bool {
    let label = label.trim().to_ascii_lowercase();
    matches!(label.as_str(), "utf-8" | "utf8" | "us-ascii" | "ascii" | "" | "latin1" | "macintosh")
        || ["iso-8859-", "windows-125", "cp125", "koi8-"].iter().any(|it| label.starts_with(it))
}

fn decoder(label: &str, bytes: &[u8]) -> Option<Zeroizing<String>> {
    let decode = charset_decoder(label.as_bytes())?;
    catch_unwind(|| decode(bytes)).ok().map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_base64(text: &str, expected: &[u8], is_broken: bool) {
        let decoded = base64(text.as_bytes());
        assert_eq!((decoded.bytes.as_slice(), decoded.is_broken), (expected, is_broken), "{text:?}");
    }

    #[test]
    fn base64_is_decoded_whole() {
        check_base64("JVBERi0=", b"%PDF-", false);
        check_base64("JVBE\r\nRi0=\r\n", b"%PDF-", false);
        check_base64("JVBERi0", b"%PDF-", false);
        check_base64("", b"", false);
        check_base64("JVBERi0=JVBE", b"%PDF-%PD", true);
    }

    #[test]
    fn broken_base64_is_told() {
        assert!(base64(b"JVBE*Ri0=").is_broken);
        assert!(base64(b"JVBERi0AA").is_broken);
        assert!(!base64(b"JVBE Ri0=").is_broken);
    }

    fn check_printable(text: &str, expected: &str, is_broken: bool) {
        let decoded = quoted_printable(text.as_bytes());
        assert_eq!(
            (String::from_utf8_lossy(&decoded.bytes).as_ref(), decoded.is_broken),
            (expected, is_broken),
            "{text:?}"
        );
    }

    #[test]
    fn quoted_printable_is_decoded() {
        check_printable("Gr=C3=BC=C3=9Fe", "Grüße", false);
        check_printable("one=\r\n two", "one two", false);
        check_printable("one= \t\r\n two", "one two", false);
        check_printable("blanks  \r\nnext", "blanks\r\nnext", false);
        check_printable("a=3D=3d", "a==", false);
        check_printable("100=", "100", false);
        check_printable("a=ZZb=4", "a=ZZb=4", true);
    }

    fn check_text(bytes: &[u8], charset: Option<&str>, expected: Option<(&str, Charset)>) {
        let read = text(bytes, charset);
        let read = read.as_ref().map(|(text, sure)| (text.as_str(), *sure));
        assert_eq!(read, expected, "{bytes:?} {charset:?}");
    }

    #[test]
    fn texts_are_read_by_their_character_set() {
        check_text("Grüße".as_bytes(), Some("UTF-8"), Some(("Grüße", Charset::Sure)));
        check_text(b"\xef\xbb\xbfa", Some("utf-8"), Some(("a", Charset::Sure)));
        check_text(b"Gr\xfc\xdfe", Some("ISO-8859-1"), Some(("Grüße", Charset::Sure)));
        check_text(b"\x93a\x94 \x80", Some("windows-1252"), Some(("“a” €", Charset::Sure)));
        check_text(b"\xff\xfea\0b\0", Some("utf-16"), Some(("ab", Charset::Sure)));
        check_text(b"\0a\0b", Some("UTF-16BE"), Some(("ab", Charset::Sure)));
        check_text(b"plain", None, Some(("plain", Charset::Sure)));
    }

    #[test]
    fn guesses_are_told() {
        check_text("Grüße".as_bytes(), None, Some(("Grüße", Charset::Guessed)));
        check_text(b"Gr\xfc\xdfe", None, Some(("Grüße", Charset::Guessed)));
        check_text(b"Gr\xfc\xdfe", Some("utf-8"), Some(("Grüße", Charset::Guessed)));
        check_text(b"\0a\0", Some("utf-16be"), Some(("a", Charset::Guessed)));
        check_text(b"a", Some("x-unheard-of"), None);
        check_text(b"+ADE-", Some("utf-7"), None);
        check_text(b"+ADE-", Some("UNICODE-1-1-UTF-7"), None);
    }
}
