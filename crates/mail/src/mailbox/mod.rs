//! How a mailbox becomes messages: a file, a Maildir folder, an mbox file.
//!
//! Nothing here opens a file. A program lists a folder, or opens an mbox, and hands over names and readers; names are data.

pub mod maildir;
pub mod mbox;
mod mbox_lines;

use std::fmt;

use sha2::{Digest as _, Sha256};

/// SHA-256 of a message's raw bytes: which message it is. The same message delivered twice has two, as servers add lines to it.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|it| write!(f, "{it:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

/// The identity of a message's raw bytes.
pub fn digest(raw: &[u8]) -> Digest {
    Digest(Sha256::digest(raw).into())
}

/// What kind of mailbox a message was taken from; it decides what the lines above it are worth.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Container {
    /// A file of its own, which the mail server wrote: a Maildir, or an `.eml` file that a delivery program saved.
    Delivered,
    /// An mbox file. Where its writer did not quote `From ` lines, the text of a message can pass for a message of its own, with
    /// any header it likes.
    Mbox,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_shown_in_hexadecimal() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(digest(b"").to_string(), empty);
        assert_eq!(format!("{:?}", digest(b"")), format!("Digest({empty})"));
    }
}
