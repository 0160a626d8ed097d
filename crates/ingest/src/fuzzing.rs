//! Doors for `fuzz/` alone: the parsers of untrusted bytes that are not reached directly from outside.

use crate::limits::Limits;

/// The first thing that is odd about a file's structure, if anything is.
pub fn structure_oddity(bytes: &[u8]) -> Option<String> {
    crate::gate::open(bytes, &Limits::default()).err().and_then(|it| it.detail)
}
