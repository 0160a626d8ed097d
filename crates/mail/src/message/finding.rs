//! What was met in a message and not read as a form, or read with a doubt: nothing is lost without a word.

use std::fmt;

/// One thing that was met.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Finding {
    /// What it is.
    pub kind: FindingKind,
    /// Where: the number of the part, then the names of what is inside, like `2/forms.zip/a.pdf`. Empty for the message itself.
    pub path: String,
}

macro_rules! kinds {
    ($($(#[doc = $doc:literal])+ $name:ident = $word:literal, $look:literal;)+) => {
        /// The kinds of findings. Their words are stable.
        #[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
        pub enum FindingKind {
            $($(#[doc = $doc])+ $name,)+
        }

        impl FindingKind {
            /// Every kind, in the order of `docs/mail.md`.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The stable word, in capitals.
            pub fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)+ }
            }

            /// Whether a form, or what the message asks, could be in what was not read: then a person must look.
            pub fn needs_a_look(self) -> bool {
                match self { $(Self::$name => $look,)+ }
            }
        }
    };
}

impl FindingKind {
    /// Whether another form may be in what was not read, where the message brings one already. People attach a picture or a card to
    /// a form; they do not hide it in an archive.
    pub fn may_hide_a_form(self) -> bool {
        let is_beside = matches!(
            self,
            Self::OtherFile
                | Self::Picture
                | Self::EmptyFile
                | Self::AttachedText
                | Self::TextNotRead
                | Self::PartHeader
        );
        self.needs_a_look() && !is_beside
    }
}

kinds! {
    /// A file that is no form and hides none.
    OtherFile = "OTHER_FILE", true;
    /// A picture beside the text; it could be a photo of a form.
    Picture = "PICTURE", true;
    /// A picture that the text shows, such as a logo.
    PictureInText = "PICTURE_IN_TEXT", false;
    /// An office document; it could be a form that was saved as another kind of file.
    OfficeDocument = "OFFICE_DOCUMENT", true;
    /// A file without content.
    EmptyFile = "EMPTY_FILE", true;
    /// An archive of a kind that is not opened: RAR, 7-Zip, gzip, tar.
    ArchiveNotRead = "ARCHIVE_NOT_READ", true;
    /// An entry of a zip archive that needs a password.
    ZipEncrypted = "ZIP_ENCRYPTED", true;
    /// A zip archive, or an entry of one, that is damaged or packed in a way that is not read.
    ZipBroken = "ZIP_BROKEN", true;
    /// An archive that would inflate beyond the limits.
    ZipTooLarge = "ZIP_TOO_LARGE", true;
    /// An archive with more entries than the limit.
    ZipTooManyEntries = "ZIP_TOO_MANY_ENTRIES", true;
    /// An archive in an archive, deeper than the limit.
    ZipTooDeep = "ZIP_TOO_DEEP", true;
    /// `winmail.dat` (TNEF): Outlook's own wrapping, which hides attachments.
    WinmailDat = "WINMAIL_DAT", true;
    /// The message, or a part, is encrypted (S/MIME, PGP).
    Encrypted = "ENCRYPTED", true;
    /// S/MIME that wraps the message whole; its content is not read.
    SmimeOpaque = "SMIME_OPAQUE", true;
    /// The signature of S/MIME or PGP; it is not checked.
    SignaturePart = "SIGNATURE_PART", false;
    /// A part whose content is elsewhere (`message/external-body`).
    ExternalBody = "EXTERNAL_BODY", true;
    /// One piece of a message that was sent in several (`message/partial`).
    PartialMessage = "PARTIAL_MESSAGE", true;
    /// A message is attached. Its forms are found; its text is not the sender's.
    AttachedMessage = "ATTACHED_MESSAGE", false;
    /// A text that is attached as a file; it is not the message's text.
    AttachedText = "ATTACHED_TEXT", true;
    /// An invitation, or another piece of a calendar (RFC 5545).
    Calendar = "CALENDAR", false;
    /// Somebody's contact card (RFC 6350), which many programs attach to every message.
    ContactCard = "CONTACT_CARD", false;
    /// The status part of a delivery report or a receipt.
    ReportPart = "REPORT_PART", false;
    /// Files written into the text (`begin 644 …`).
    Uuencoded = "UUENCODED", true;
    /// A part, or a form in it, is larger than the limits.
    TooLarge = "TOO_LARGE", true;
    /// More forms than the limit.
    TooManyForms = "TOO_MANY_FORMS", true;
    /// More parts than the limit.
    TooManyParts = "TOO_MANY_PARTS", true;
    /// Parts within parts, deeper than the limit.
    TooDeep = "TOO_DEEP", true;
    /// A header, of the message or of a part, that is too long or holds lines that are no fields.
    PartHeader = "PART_HEADER", true;
    /// Parts that are not separated as they should be.
    MimeBroken = "MIME_BROKEN", true;
    /// The last part has no end: the message was cut off.
    CutOff = "CUT_OFF", true;
    /// Text stands behind the last part; programs do not show it.
    BehindTheParts = "BEHIND_THE_PARTS", false;
    /// A transfer encoding is broken or unknown; what could be decoded was.
    EncodingBroken = "ENCODING_BROKEN", true;
    /// A text whose character set is unknown; it was not read.
    TextNotRead = "TEXT_NOT_READ", true;
    /// A text whose character set was guessed.
    CharsetGuessed = "CHARSET_GUESSED", false;
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.word())?;
        if self.path.is_empty() { Ok(()) } else { write!(f, " {}", self.path) }
    }
}

/// A file name as reports show it: one line, nothing that steers a terminal or turns text around, no separators of paths.
pub(crate) fn safe_name(text: &str) -> String {
    const LONGEST: usize = 120;
    let mut name = String::new();
    for letter in text.trim().chars().take(LONGEST) {
        match letter {
            '/' | '\\' => name.push('_'),
            it if is_unseen(it) => name.extend(it.escape_unicode()),
            it => name.push(it),
        }
    }
    if text.trim().chars().nth(LONGEST).is_some() {
        name.push('…');
    }
    name
}

/// Characters that steer, hide or break a line.
pub(crate) fn is_unseen(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(letter, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_stable_and_different() {
        let mut words: Vec<&str> = FindingKind::ALL.iter().map(|it| it.word()).collect();
        assert!(words.iter().all(|it| it.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')));
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), FindingKind::ALL.len());
    }

    #[test]
    fn names_are_made_safe() {
        let check = |name: &str, expected: &str| assert_eq!(safe_name(name), expected, "{name:?}");
        check(" form.pdf ", "form.pdf");
        check("../../etc/passwd", ".._.._etc_passwd");
        check("C:\\forms\\a.pdf", "C:_forms_a.pdf");
        check("a\u{202e}fdp.exe", "a\\u{202e}fdp.exe");
        check("a\r\nb\u{1b}[31m", "a\\u{d}\\u{a}b\\u{1b}[31m");
        assert_eq!(safe_name(&"x".repeat(500)).chars().count(), 121);
    }
}
