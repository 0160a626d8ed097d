//! The parts of a message (RFC 2045 to 2049): texts, forms, and what else was met.
//!
//! The walk is our own. mail-parser 0.11 takes a delimiter in the middle of a line for one and drops the rest of the part, has no
//! limits of depth and number, and nests messages in boxes that overflow the stack when they are dropped.

use std::borrow::Cow;

use super::decode::{self, Charset};
use super::file_kind::FileKind;
use super::finding::{Finding, FindingKind, safe_name};
use super::header::{Header, line_at};
use super::text::{Text, TextKind, unflowed, with_plain_line_ends};
use super::values::{self, Typed};
use super::{FoundForm, Limits};

/// What is gathered on the way.
pub(super) struct Walk<'l> {
    pub(super) limits: &'l Limits,
    pub(super) texts: Vec<Text>,
    pub(super) forms: Vec<FoundForm>,
    pub(super) findings: Vec<Finding>,
    pub(super) inflated: usize,
    parts: usize,
    decoded: usize,
    choices: usize,
}

/// Where a part is.
#[derive(Clone, Default)]
struct Place {
    /// Numbers joined by dots; empty for the message itself.
    path: String,
    depth: usize,
    /// Whether its text is what the sender writes: not within an attached message.
    is_foreign: bool,
    choice: Option<usize>,
    /// Whether it is a part of `multipart/related`: its pictures belong to the text.
    is_related: bool,
}

impl Place {
    fn part(&self, number: usize) -> String {
        if self.path.is_empty() { number.to_string() } else { format!("{}.{number}", self.path) }
    }
}

/// What the header of a part says of it.
struct Labels {
    kind: Typed,
    disposition: Option<Typed>,
    encoding: String,
    has_content_id: bool,
}

impl Labels {
    fn of(header: &Header<'_>, limits: &Limits, default: &str) -> Self {
        let typed = |name| header.first(name).and_then(|it| values::typed(it, limits.field_bytes));
        let kind = typed("Content-Type").filter(|it| it.name.contains('/'));
        Self {
            kind: kind.unwrap_or_else(|| Typed::of(default)),
            disposition: typed("Content-Disposition"),
            encoding: header
                .first("Content-Transfer-Encoding")
                .map_or(String::new(), |it| it.text().to_ascii_lowercase()),
            has_content_id: header.first("Content-ID").is_some(),
        }
    }

    fn file_name(&self) -> Option<String> {
        let name = self.disposition.as_ref().and_then(|it| it.parameter("filename")).or(self.kind.parameter("name"))?;
        let name = safe_name(&values::decoded_words(name));
        (!name.is_empty()).then_some(name)
    }

    fn is_attachment(&self) -> bool {
        self.disposition.as_ref().is_some_and(|it| it.name == "attachment")
    }
}

impl<'l> Walk<'l> {
    pub(super) fn new(limits: &'l Limits) -> Self {
        let (texts, forms, findings) = (Vec::new(), Vec::new(), Vec::new());
        Self { limits, texts, forms, findings, inflated: 0, parts: 0, decoded: 0, choices: 0 }
    }

    /// Walks the whole message, whose header was split already.
    pub(super) fn message(&mut self, header: &Header<'_>) {
        self.part(header, Place::default(), "text/plain");
    }

    pub(super) fn found(&mut self, kind: FindingKind, path: &str) {
        self.findings.push(Finding { kind, path: path.to_owned() });
    }

    fn part(&mut self, header: &Header<'_>, place: Place, default: &str) {
        self.parts += 1;
        if self.parts > self.limits.parts {
            if self.parts == self.limits.parts + 1 {
                self.found(FindingKind::TooManyParts, "");
            }
            return;
        }
        let labels = Labels::of(header, self.limits, default);
        let is_container = matches!(labels.kind.name.as_str(), "message/rfc822" | "message/global")
            || labels.kind.name.starts_with("multipart/");
        if is_container && place.depth >= self.limits.depth {
            self.found(FindingKind::TooDeep, &place.path);
            return;
        }
        let Some(content) = self.decoded(header.body(), &labels, &place) else {
            return;
        };
        match labels.kind.name.as_str() {
            "message/rfc822" | "message/global" => self.attached_message(&content, &labels, &place),
            name if name.starts_with("multipart/") => self.multipart(&content, &labels, &place),
            _ => self.leaf(&content, &labels, &place),
        }
    }

    /// Takes the transfer encoding away. `None` where that would go beyond the limit of all decoded bytes.
    fn decoded<'b>(&mut self, body: &'b [u8], labels: &Labels, place: &Place) -> Option<Cow<'b, [u8]>> {
        // Whatever the encoding, what comes out is not longer than what went in.
        self.decoded += if labels.encoding.is_empty() { 0 } else { body.len() };
        if self.decoded > self.limits.decoded_bytes {
            self.found(FindingKind::TooLarge, &labelled(place, labels));
            return None;
        }
        let decoded = match labels.encoding.as_str() {
            "" | "7bit" | "8bit" | "binary" => return Some(Cow::Borrowed(body)),
            "base64" => decode::base64(body),
            "quoted-printable" => decode::quoted_printable(body),
            _ => {
                self.found(FindingKind::EncodingBroken, &labelled(place, labels));
                return Some(Cow::Borrowed(body));
            }
        };
        if decoded.is_broken {
            self.found(FindingKind::EncodingBroken, &labelled(place, labels));
        }
        Some(Cow::Owned(decoded.bytes))
    }

    fn attached_message(&mut self, content: &[u8], labels: &Labels, place: &Place) {
        self.found(FindingKind::AttachedMessage, &labelled(place, labels));
        let inner = Place {
            path: if place.path.is_empty() { "1".to_owned() } else { place.path.clone() },
            depth: place.depth + 1,
            is_foreign: true,
            ..Place::default()
        };
        self.split_and_walk(content, inner, "text/plain");
    }

    fn split_and_walk(&mut self, content: &[u8], place: Place, default: &str) {
        match Header::split(content, self.limits) {
            Ok(header) => self.part(&header, place, default),
            Err(_) => self.found(FindingKind::PartHeader, &place.path),
        }
    }

    fn multipart(&mut self, content: &[u8], labels: &Labels, place: &Place) {
        let kind = labels.kind.name.as_str();
        if kind == "multipart/encrypted" {
            self.found(FindingKind::Encrypted, &place.path);
        }
        let boundary = labels.kind.parameter("boundary").unwrap_or_default();
        let room = (self.limits.parts + 1).saturating_sub(self.parts);
        let split = Split::of(content, boundary, room);
        if split.parts.is_empty() {
            // What cannot be split is looked at whole: a text is better shown to a person than lost.
            self.found(FindingKind::MimeBroken, &place.path);
            let kind = Typed::of("application/octet-stream");
            return self.leaf(
                content,
                &Labels { kind, disposition: None, encoding: String::new(), has_content_id: false },
                place,
            );
        }
        if !split.is_closed && split.parts.len() <= room {
            self.found(FindingKind::CutOff, &place.path);
        }
        if split.has_epilogue {
            self.found(FindingKind::BehindTheParts, &place.path);
        }
        if kind == "multipart/alternative" {
            self.choices += 1;
        }
        let choice = if kind == "multipart/alternative" { Some(self.choices) } else { place.choice };
        let default = if kind == "multipart/digest" { "message/rfc822" } else { "text/plain" };
        for (part, number) in split.parts.into_iter().zip(1..) {
            let inner = Place {
                path: place.part(number),
                depth: place.depth + 1,
                choice,
                is_related: kind == "multipart/related" || place.is_related,
                ..*place
            };
            self.split_and_walk(part, inner, default);
        }
    }

    fn leaf(&mut self, content: &[u8], labels: &Labels, place: &Place) {
        let path = labelled(place, labels);
        let kind = labels.kind.name.as_str();
        let is_text =
            matches!(kind, "text/plain" | "text/html") && !labels.is_attachment() && labels.file_name().is_none();
        if is_text && !content.starts_with(b"%PDF-") {
            if !place.is_foreign {
                self.text(content, labels, place);
            }
            return;
        }
        match kind {
            "message/external-body" => return self.found(FindingKind::ExternalBody, &path),
            "message/partial" => return self.found(FindingKind::PartialMessage, &path),
            "application/pgp-encrypted" => return self.found(FindingKind::Encrypted, &path),
            "application/pkcs7-signature"
            | "application/x-pkcs7-signature"
            | "application/pgp-signature"
            | "application/pgp-keys" => return self.found(FindingKind::SignaturePart, &path),
            "application/pkcs7-mime" | "application/x-pkcs7-mime" => {
                let is_signed = labels.kind.parameter("smime-type").is_some_and(|it| it.starts_with("signed"));
                let kind = if is_signed { FindingKind::SmimeOpaque } else { FindingKind::Encrypted };
                return self.found(kind, &path);
            }
            "message/delivery-status"
            | "message/disposition-notification"
            | "text/rfc822-headers"
            | "message/feedback-report" => return self.found(FindingKind::ReportPart, &path),
            _ => {}
        }
        let name = labels.file_name().unwrap_or_else(|| format!("part-{}", number(place)));
        self.file(content, &name, &path, 0);
        let is_shown = place.is_related && labels.has_content_id && !labels.is_attachment();
        if let Some(last) = self.findings.last_mut().filter(|it| it.path == path) {
            match last.kind {
                FindingKind::Picture if is_shown => last.kind = FindingKind::PictureInText,
                FindingKind::OtherFile if kind.starts_with("text/") => last.kind = FindingKind::AttachedText,
                _ => {}
            }
        }
    }

    /// Looks at one file: an attachment, or an entry of an archive that `depth` archives hold.
    pub(super) fn file(&mut self, content: &[u8], name: &str, path: &str, depth: usize) {
        let kind = match FileKind::of(content) {
            FileKind::Pdf => return self.form(content, name, path),
            FileKind::Zip if depth > self.limits.zip.depth => FindingKind::ZipTooDeep,
            FileKind::Zip => return self.zip(content, path, depth),
            FileKind::Office => FindingKind::OfficeDocument,
            FileKind::Archive => FindingKind::ArchiveNotRead,
            FileKind::Picture => FindingKind::Picture,
            FileKind::Tnef => FindingKind::WinmailDat,
            FileKind::Empty => FindingKind::EmptyFile,
            FileKind::Other => FindingKind::OtherFile,
        };
        self.found(kind, path);
    }

    fn form(&mut self, content: &[u8], name: &str, path: &str) {
        if content.len() > self.limits.form_bytes {
            self.found(FindingKind::TooLarge, path);
        } else if self.forms.len() >= self.limits.forms {
            self.found(FindingKind::TooManyForms, path);
        } else {
            self.forms.push(FoundForm { name: name.to_owned(), path: path.to_owned(), bytes: content.to_vec() });
        }
    }

    fn text(&mut self, content: &[u8], labels: &Labels, place: &Place) {
        let path = number(place);
        if content.len() > self.limits.text_bytes {
            return self.found(FindingKind::TooLarge, &path);
        }
        let Some((text, charset)) = decode::text(content, labels.kind.parameter("charset")) else {
            return self.found(FindingKind::TextNotRead, &path);
        };
        if charset == Charset::Guessed {
            self.found(FindingKind::CharsetGuessed, &path);
        }
        if has_uuencoded_file(&text) {
            self.found(FindingKind::Uuencoded, &path);
        }
        if text.contains("-----BEGIN PGP MESSAGE-----") {
            self.found(FindingKind::Encrypted, &path);
        }
        let kind = if labels.kind.name == "text/html" { TextKind::Html } else { TextKind::Plain };
        let text = with_plain_line_ends(&text);
        let says =
            |name: &str, value: &str| labels.kind.parameter(name).is_some_and(|it| it.eq_ignore_ascii_case(value));
        let is_flowed = kind == TextKind::Plain && says("format", "flowed");
        let content = if is_flowed { unflowed(&text, says("delsp", "yes")) } else { text };
        self.texts.push(Text { path, kind, choice: place.choice, content });
    }
}

/// The number of a part; a message that has no parts is its own first one.
fn number(place: &Place) -> String {
    if place.path.is_empty() { "1".to_owned() } else { place.path.clone() }
}

fn labelled(place: &Place, labels: &Labels) -> String {
    match labels.file_name() {
        Some(name) => format!("{}/{name}", number(place)),
        None => number(place),
    }
}

/// `begin 644 form.pdf`, as programs before MIME wrote files into a text.
fn has_uuencoded_file(text: &str) -> bool {
    text.lines().any(|line| {
        let mut words = line.split(' ');
        let is_mode = |it: &str| (3..=4).contains(&it.len()) && it.bytes().all(|b| (b'0'..=b'7').contains(&b));
        words.next() == Some("begin")
            && words.next().is_some_and(is_mode)
            && words.next().is_some_and(|it| !it.is_empty())
    }) && text.lines().any(|line| line == "end")
}

/// A multipart cut at its delimiters (RFC 2046, 5.1.1).
struct Split<'b> {
    parts: Vec<&'b [u8]>,
    is_closed: bool,
    has_epilogue: bool,
}

impl<'b> Split<'b> {
    /// Cuts into at most `room` parts, and one more.
    fn of(content: &'b [u8], boundary: &str, room: usize) -> Self {
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

    #[test]
    fn files_written_into_a_text_are_noticed() {
        assert!(has_uuencoded_file("hello\nbegin 644 form.pdf\nM)5!\n`\nend\n"));
        assert!(!has_uuencoded_file("begin 644 pages a day\n"));
        assert!(!has_uuencoded_file("begin to read\nend\n"));
    }
}
