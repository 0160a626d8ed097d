//! Whether a body has the parts that its header says, when no signature covers what the header says.
//!
//! Many large providers, Gmail among them, do not sign `Content-Type` and `Content-Transfer-Encoding`. Then whoever sends a signed
//! message again could cut the same body at other lines, so that a quoted or attached part becomes the message, or have it decoded
//! in another way. Such a body must show by itself what it is: the first line that could be a delimiter is one of the declared
//! boundary, and so is the last line. A body in one piece must not look like one with parts, HTML begins with a tag and plain text
//! does not, base64 is nothing but base64, and the character set spells ASCII as every program expects. Nor may versions of one text
//! pass for texts of their own, or the other way round, nor lines be joined where the sender ended them.

use std::borrow::Cow;

use crate::message::{
    Header, Limits, Typed, base64, delimiter, is_ascii_alike, line_at, parts_of, quoted_printable, typed,
};

/// The longest Content-Type that is read here, in bytes.
const LONGEST: usize = 16 * 1024;

/// Whether the body is evidently what its header says. What of the header is `covered` needs no evidence.
pub(super) fn is_evident(header: &Header<'_>, covered: impl Fn(&str) -> bool) -> bool {
    let kind = match header.first("Content-Type").map(|it| typed(it, LONGEST)) {
        Some(Some(kind)) => kind,
        Some(None) => return false,
        None => Typed::default(),
    };
    let Some(content) = decoded(header, covered("Content-Transfer-Encoding")) else {
        return false;
    };
    covered("Content-Type") || is_of_kind(&kind, header.body(), &content)
}

/// The body without its transfer encoding. `None` where it does not show that it has this one.
fn decoded<'r>(header: &Header<'r>, is_covered: bool) -> Option<Cow<'r, [u8]>> {
    let encoding = header.first("Content-Transfer-Encoding").map(|it| it.text().to_ascii_lowercase());
    let decoded = match encoding.as_deref() {
        None | Some("7bit" | "8bit" | "binary") => return Some(Cow::Borrowed(header.body())),
        Some("base64") => base64(header.body()),
        Some("quoted-printable") => quoted_printable(header.body()),
        Some(_) => return is_covered.then_some(Cow::Borrowed(header.body())),
    };
    (is_covered || !decoded.is_broken).then_some(Cow::Owned(decoded.bytes))
}

fn is_of_kind(kind: &Typed, body: &[u8], content: &[u8]) -> bool {
    if let Some(subtype) = kind.name.strip_prefix("multipart/") {
        let is_evident = |it: &str| is_cut_by(content, it) && is_shape_of(subtype, content, it);
        return kind.parameter("boundary").is_some_and(is_evident);
    }
    // Blanks at the ends of lines can be added to a signed body; with `delsp` (RFC 3676) they join words across lines.
    if kind.parameter("delsp").is_some() {
        return false;
    }
    // The letters of another character set could be read from the same bytes.
    let is_ascii = kind.parameter("charset").is_none_or(is_ascii_alike);
    is_ascii && is_text_of(&kind.name, content) && !looks_cut(body) && !looks_cut(content)
}

/// Whether a text of that type could begin so. Other types are told by their bytes anyway.
fn is_text_of(kind: &str, content: &[u8]) -> bool {
    let is_markup = content.trim_ascii_start().starts_with(b"<");
    match kind {
        "" | "text/plain" => !is_markup,
        "text/html" => is_markup,
        _ => true,
    }
}

/// Whether the parts show that they are versions of one text, where they are said to be; and that they are not, where not. Of the
/// kinds of multipart, only those that letters use: in a digest (RFC 2046, 5.1.5) a part without a type is an attached message.
fn is_shape_of(subtype: &str, content: &[u8], boundary: &str) -> bool {
    const MOST: usize = 6;
    let kinds: Vec<String> = parts_of(content, boundary, MOST).into_iter().map(|it| first_kind(it, 0)).collect();
    let is_version = |it: &String| matches!(it.as_str(), "text/html" | "text/calendar");
    let has_versions = matches!(kinds.as_slice(), [first, rest @ ..]
        if first == "text/plain" && !rest.is_empty() && rest.iter().all(is_version) && is_distinct(rest));
    match subtype {
        "alternative" => has_versions,
        "mixed" | "related" | "report" | "signed" => !has_versions,
        _ => false,
    }
}

/// The type of a part; of one that has parts, that of the first one.
fn first_kind(part: &[u8], depth: usize) -> String {
    const DEEPEST: usize = 3;
    let Ok(header) = Header::split(part, &Limits::default()) else { return String::new() };
    let Some(kind) = header.first("Content-Type").and_then(|it| typed(it, LONGEST)) else {
        return "text/plain".to_owned();
    };
    let boundary = kind.parameter("boundary").filter(|_| kind.name.starts_with("multipart/") && depth < DEEPEST);
    let first = boundary.and_then(|it| parts_of(header.body(), it, 1).into_iter().next());
    first.map_or_else(|| kind.name.clone(), |it| first_kind(it, depth + 1))
}

fn is_distinct(kinds: &[String]) -> bool {
    kinds.iter().enumerate().all(|(at, it)| !kinds.iter().take(at).any(|before| before == it))
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
        assert_eq!(is_evident(&header, |_| false), expected, "{kind} {body:?}");
        assert!(is_evident(&header, |_| true) || kind.len() > LONGEST, "{kind} {body:?}");
    }

    #[test]
    fn what_is_covered_needs_no_evidence() {
        let raw = b"Content-Type: text/plain; charset=utf-16\r\nContent-Transfer-Encoding: base64\r\n\r\nPlease add Jane Doe.\r\n";
        let header = Header::split(raw, &Limits::default()).unwrap();
        assert!(is_evident(&header, |_| true));
        assert!(!is_evident(&header, |it| it == "Content-Type"));
        assert!(!is_evident(&header, |it| it == "Content-Transfer-Encoding"));
    }

    #[test]
    fn honest_bodies_are_evident() {
        check("multipart/mixed; boundary=out", MIXED, true);
        check("multipart/mixed; boundary=\"out\"", &format!("This is a message with parts.\r\n\r\n{MIXED}\r\n"), true);
        check("text/plain; charset=UTF-8", "Hello\r\n-- \r\nMaria\r\n", true);
        check("", "Hello\r\n", true);
        check("text/html", "\r\n<p>Hello</p>", true);
        check("text/html\r\nContent-Transfer-Encoding: base64", "PHA+SGVsbG88L3A+\r\n", true);
        check(
            "text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable",
            "Gr=C3=BC=C3=9Fe=\r\n\r\n",
            true,
        );
        check("application/pdf\r\nContent-Transfer-Encoding: base64", "JVBERi0xLjc=\r\n", true);
    }

    #[test]
    fn versions_of_a_text_do_not_pass_for_texts() {
        let parts = |kinds: &[&str]| -> String {
            let part = |it: &&str| format!("--out\r\n{it}\r\ntext\r\n");
            kinds.iter().map(part).collect::<String>() + "--out--\r\n"
        };
        let (plain, html) = ("Content-Type: text/plain\r\n", "Content-Type: text/html\r\n");
        let check_both = |kinds: &[&str], is_alternative: bool| {
            check("multipart/alternative; boundary=out", &parts(kinds), is_alternative);
            check("multipart/mixed; boundary=out", &parts(kinds), !is_alternative);
            check("multipart/digest; boundary=out", &parts(kinds), false);
            check("multipart/of-tomorrow; boundary=out", &parts(kinds), false);
        };
        check_both(&[plain, html], true);
        check_both(&[plain, html, "Content-Type: text/calendar; method=REQUEST\r\n"], true);
        let within =
            |it: &str| format!("Content-Type: multipart/related; boundary=in\r\n\r\n--in\r\n{it}\r\nx\r\n--in--\r\n");
        check_both(&[plain, &within(html)], true);
        check_both(&[plain, &within(plain)], false);
        check_both(&[plain, plain], false);
        check_both(&["", ""], false);
        check_both(&[html, plain], false);
        check_both(&[plain, html, html], false);
        check_both(&[plain], false);
        check_both(&[plain, "Content-Type: application/pdf\r\n"], false);
    }

    #[test]
    fn lines_are_not_joined_unless_that_is_covered() {
        check("text/plain; format=flowed; delsp=yes", "PIN 48 \r\n21\r\n", false);
        check("text/plain; format=flowed", "Hello \r\nthere\r\n", true);
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
        check("multipart/mixed; boundary=out\r\nContent-Transfer-Encoding: base64", MIXED, false);
        check("text/html", "Hello <!-- not --> there", false);
        check("text/plain", "<html>Hello</html>", false);
        check("", "<html>Hello</html>", false);
        check("text/plain\r\nContent-Transfer-Encoding: base64", "Please add Jane Doe.\r\n", false);
        check("text/plain\r\nContent-Transfer-Encoding: quoted-printable", "PIN =XX\r\n", false);
        check("text/plain\r\nContent-Transfer-Encoding: x-own", "Hello\r\n", false);
    }
}
