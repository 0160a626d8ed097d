//! Parts that hold no others: texts, and files.

use super::FoundForm;
use super::decode::{self, Charset};
use super::file_kind::FileKind;
use super::finding::FindingKind;
use super::labels::{Labels, Place};
use super::parts::Walk;
use super::text::{Text, TextKind, unflowed, with_plain_line_ends};

impl Walk<'_> {
    pub(super) fn leaf(&mut self, content: &[u8], labels: &Labels, place: &Place) {
        let path = place.labelled(labels);
        let kind = labels.kind.name.as_str();
        let is_text =
            matches!(kind, "text/plain" | "text/html") && !labels.is_attachment() && labels.file_name().is_none();
        if is_text && !content.trim_ascii_start().starts_with(b"%PDF-") {
            if !place.is_foreign {
                self.text(content, labels, place);
            }
            return;
        }
        // Bytes come first: a form that is labelled as a signature is a form.
        let by_label = by_label(labels).filter(|_| !matches!(FileKind::of(content), FileKind::Pdf | FileKind::Zip));
        if let Some(kind) = by_label {
            return self.found(kind, &path);
        }
        let name = labels.file_name().unwrap_or_else(|| format!("part-{}", place.number()));
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
            FileKind::Calendar => FindingKind::Calendar,
            FileKind::Card => FindingKind::ContactCard,
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
        let path = place.number();
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

/// What a part is, if its declared type says that it is nothing to read.
fn by_label(labels: &Labels) -> Option<FindingKind> {
    match labels.kind.name.as_str() {
        "message/external-body" => Some(FindingKind::ExternalBody),
        "message/partial" => Some(FindingKind::PartialMessage),
        "application/pgp-encrypted" => Some(FindingKind::Encrypted),
        "application/pkcs7-signature"
        | "application/x-pkcs7-signature"
        | "application/pgp-signature"
        | "application/pgp-keys" => Some(FindingKind::SignaturePart),
        "application/pkcs7-mime" | "application/x-pkcs7-mime" => {
            let is_signed = labels.kind.parameter("smime-type").is_some_and(|it| it.starts_with("signed"));
            Some(if is_signed { FindingKind::SmimeOpaque } else { FindingKind::Encrypted })
        }
        "message/delivery-status"
        | "message/disposition-notification"
        | "text/rfc822-headers"
        | "message/feedback-report" => Some(FindingKind::ReportPart),
        _ => None,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_written_into_a_text_are_noticed() {
        assert!(has_uuencoded_file("hello\nbegin 644 form.pdf\nM)5!\n`\nend\n"));
        assert!(!has_uuencoded_file("begin 644 pages a day\n"));
        assert!(!has_uuencoded_file("begin to read\nend\n"));
    }
}
