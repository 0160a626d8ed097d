//! What a file is, by its bytes: neither its name nor its declared type is believed.

/// What the first bytes of a file say it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum FileKind {
    /// `%PDF-` in the first 1,024 bytes, where readers look for it (ISO 32000-1, Annex H, 3.4.1).
    Pdf,
    /// A zip archive that is no office document.
    Zip,
    /// An office document: OOXML or OpenDocument (zip archives themselves), OLE, RTF.
    Office,
    /// An archive of another kind.
    Archive,
    /// A picture.
    Picture,
    /// TNEF (MS-OXTNEF, 2.1.3.1).
    Tnef,
    /// A calendar (RFC 5545) that carries no file.
    Calendar,
    /// A contact card (RFC 6350).
    Card,
    /// Nothing at all.
    Empty,
    /// Something else.
    Other,
}

const PICTURES: &[&[u8]] =
    &[b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"BM", b"II*\0", b"MM\0*", b"\0\0\0\x0cjP  "];
const ARCHIVES: &[&[u8]] = &[b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0", b"MSCF"];
const OFFICE: &[&[u8]] = &[b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"{\\rtf"];

impl FileKind {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let starts = |starts: &[&[u8]]| starts.iter().any(|it| bytes.starts_with(it));
        match bytes {
            [] => Self::Empty,
            // Archives first: a form that is stored in one as it is stands in their first bytes, too.
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] if is_office(bytes) => Self::Office,
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Self::Zip,
            _ if bytes.get(257..262) == Some(b"ustar") => Self::Archive,
            _ if is_pdf(bytes) => Self::Pdf,
            [0x78, 0x9f, 0x3e, 0x22, ..] => Self::Tnef,
            _ if starts(OFFICE) => Self::Office,
            _ if starts(ARCHIVES) => Self::Archive,
            _ if starts(PICTURES) || is_boxed_picture(bytes) => Self::Picture,
            _ if begins(bytes, b"BEGIN:VCALENDAR") && !contains(bytes, b"BASE64") => Self::Calendar,
            _ if begins(bytes, b"BEGIN:VCARD") => Self::Card,
            _ => Self::Other,
        }
    }
}

/// Whether a reader would take the bytes for a PDF file.
pub(crate) fn is_pdf(bytes: &[u8]) -> bool {
    bytes.get(..1024.min(bytes.len())).is_some_and(|head| contains(head, b"%PDF-"))
}

/// Whether a text begins so, behind blanks and a byte order mark; names of such files have no case.
fn begins(bytes: &[u8], start: &[u8]) -> bool {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    text.get(..start.len()).is_some_and(|it| it.eq_ignore_ascii_case(start))
}

/// OOXML lists `[Content_Types].xml`, OpenDocument begins with `mimetype`; other archives have no reason to.
fn is_office(bytes: &[u8]) -> bool {
    let head = bytes.get(..4096.min(bytes.len())).unwrap_or_default();
    contains(head, b"[Content_Types].xml") || bytes.get(30..38) == Some(b"mimetype")
}

/// HEIC and AVIF (iPhones), and WebP.
fn is_boxed_picture(bytes: &[u8]) -> bool {
    let brand = bytes.get(8..12).unwrap_or_default();
    let is_heif = bytes.get(4..8) == Some(b"ftyp")
        && [b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"avif"].iter().any(|it| brand == *it);
    is_heif || (bytes.starts_with(b"RIFF") && brand == b"WEBP")
}

pub(crate) fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|it| it == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_say_what_a_file_is() {
        let check = |bytes: &[u8], expected: FileKind| assert_eq!(FileKind::of(bytes), expected, "{bytes:?}");
        check(b"%PDF-1.7\n", FileKind::Pdf);
        check(b"\xef\xbb\xbf\r\n%PDF-1.4", FileKind::Pdf);
        check(&[b"x".repeat(1_019), b"%PDF-".to_vec()].concat(), FileKind::Pdf);
        check(&[b"x".repeat(1_020), b"%PDF-".to_vec()].concat(), FileKind::Other);
        check(b"PK\x03\x04 forms", FileKind::Zip);
        check(b"PK\x03\x04 form.pdf%PDF-1.7", FileKind::Zip);
        check(b"PK\x03\x04 [Content_Types].xml", FileKind::Office);
        check(b"\x1f\x8b\x08", FileKind::Archive);
        check(b"\xff\xd8\xff\xe0", FileKind::Picture);
        check(b"\0\0\0\x18ftypheic", FileKind::Picture);
        check(b"\x78\x9f\x3e\x22", FileKind::Tnef);
        check(b"BEGIN:VCALENDAR\r\nVERSION:2.0", FileKind::Calendar);
        check(b"BEGIN:VCALENDAR\r\nATTACH;ENCODING=BASE64;VALUE=BINARY:JVBERi0=", FileKind::Other);
        check(b"\xef\xbb\xbfbegin:vcard\r\nVERSION:4.0", FileKind::Card);
        check(b"X\r\nBEGIN:VCARD", FileKind::Other);
        check(b"", FileKind::Empty);
        check(b"hello", FileKind::Other);
    }
}
