//! The data of the streams that a file's structure is written in: cross-reference streams and object streams. No other filters than
//! those need.

use lopdf::Stream;

use crate::limits::Limits;
use crate::plain_object::dictionary;
use crate::raw_object::{Raw, RawDictionary, Token};
use crate::unpacking::unpacked;

/// The data of a stream behind its filter; `None` when it is none that structures are written with, or inflates too far.
pub(crate) fn inflated(dict: RawDictionary<'_>, data: &[u8], limits: &Limits) -> Option<Vec<u8>> {
    if !has_plain_filter(dict)? {
        return Some(data.to_vec());
    }
    unpacked(&Stream::new(dictionary(dict), data.to_vec()), limits.stream_bytes)
}

/// Whether there is a filter; `None` when there are several, or it or its parameters stand elsewhere.
fn has_plain_filter(dict: RawDictionary<'_>) -> Option<bool> {
    let is_plain = |it: Raw<'_>| matches!(it.token(), Token::Null | Token::Dictionary(_));
    match dict.get(b"DecodeParms") {
        None => {}
        Some(one) if is_plain(one) => {}
        Some(many) => many.elements()?.all(is_plain).then_some(())?,
    }
    match dict.get(b"Filter") {
        None => Some(false),
        Some(filter) if filter.name().is_some() => Some(true),
        Some(filters) => {
            let mut filters = filters.elements()?;
            match (filters.next(), filters.next()) {
                (None, _) => Some(false),
                (Some(one), None) if one.name().is_some() => Some(true),
                _ => None,
            }
        }
    }
}
