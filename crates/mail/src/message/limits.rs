//! How much a message may cost. What goes beyond is a finding or a typed refusal, never a silent loss.

/// Limits of one message. All are inclusive.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Limits {
    /// The message as it was delivered, in bytes. Large providers take 25 to 50 MiB, which base64 makes a third larger.
    pub message_bytes: usize,
    /// The header of the message or of one of its parts, in bytes.
    pub header_bytes: usize,
    /// Fields in the header of the message or of one of its parts.
    pub header_fields: usize,
    /// A header field that is parsed, in bytes; a longer one counts as unreadable.
    pub field_bytes: usize,
    /// Parts at any depth, containers included.
    pub parts: usize,
    /// Containers within containers: multiparts and attached messages.
    pub depth: usize,
    /// One text of the message itself, in bytes as it was decoded.
    pub text_bytes: usize,
    /// One form, in bytes.
    pub form_bytes: usize,
    /// Forms in one message.
    pub forms: usize,
    /// Everything decoded from transfer encodings, in bytes.
    pub decoded_bytes: usize,
    /// Limits of archives.
    pub zip: ZipLimits,
}

/// Limits of the zip archives of one message, together.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ZipLimits {
    /// Archives within an archive: 1 reads a zip in a zip, and no deeper.
    pub depth: usize,
    /// Entries of one archive, as its directory lists them.
    pub entries: usize,
    /// Everything inflated, in bytes.
    pub inflated_bytes: usize,
    /// How many times larger an entry may become when inflated. Entries up to 1 MiB are exempt: an empty page deflates well.
    pub ratio: u64,
}

impl Default for Limits {
    fn default() -> Self {
        const MIB: usize = 1024 * 1024;
        Self {
            message_bytes: 50 * MIB,
            header_bytes: 512 * 1024,
            header_fields: 1_000,
            field_bytes: 16 * 1024,
            parts: 500,
            depth: 16,
            text_bytes: MIB,
            form_bytes: 10 * MIB,
            forms: 50,
            decoded_bytes: 64 * MIB,
            zip: ZipLimits { depth: 1, entries: 500, inflated_bytes: 64 * MIB, ratio: 200 },
        }
    }
}
