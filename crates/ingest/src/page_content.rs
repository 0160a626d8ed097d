//! The static content of a page as one digest, to tell an untouched page from an altered one. Programs that save a form
//! again compress, split and join content streams, move line ends, and wrap what was there in `q … Q`; the digest is of
//! what they leave alone.

use lopdf::{Dictionary, Object};
use sha2::{Digest, Sha256};

use crate::document::Pdf;

/// A page's content in the order of its streams, inflated; `None` when it inflates to more than `limit` bytes or not at all.
pub(crate) fn streams(pdf: &Pdf, page: &Dictionary, limit: usize) -> Option<Vec<Vec<u8>>> {
    let contents = match pdf.entry(page, b"Contents") {
        None => Vec::new(),
        Some(Object::Array(elements)) => elements.iter().map(|it| pdf.resolve(it)).collect(),
        Some(other) => vec![other],
    };
    let mut left = limit;
    let mut streams = Vec::new();
    for stream in contents {
        let data = stream.as_stream().ok()?.decompressed_content_with_limit(left).ok()?;
        left -= data.len();
        streams.push(data);
    }
    Some(streams)
}

/// Whether a page's content has this digest, whole or word by word.
pub(crate) fn has_digest(streams: &[Vec<u8>], digest: &[u8; 32]) -> bool {
    let is = |bytes: &[u8]| Sha256::digest(bytes)[..] == digest[..];
    let one = if let [one] = streams { is(one) } else { false };
    one || is(&words(&streams.join(&b'\n')).join(&b' ')) || is(&words(&unwrapped(streams).join(&b'\n')).join(&b' '))
}

/// The words of a content stream between white space (ISO 32000-1, 7.2.2).
fn words(content: &[u8]) -> Vec<&[u8]> {
    let is_blank = |it: &u8| matches!(it, 0 | b'\t' | b'\n' | 0x0C | b'\r' | b' ');
    content.split(is_blank).filter(|it| !it.is_empty()).collect()
}

/// The streams without those that only save or restore the graphics state: many programs put one before and one behind.
fn unwrapped(streams: &[Vec<u8>]) -> Vec<&[u8]> {
    let is_wrapper = |it: &Vec<u8>| words(it).iter().all(|it| matches!(*it, b"q" | b"Q"));
    streams.iter().filter(|it| !is_wrapper(it)).map(Vec::as_slice).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(streams: &[&str], expected: bool) {
        let streams: Vec<_> = streams.iter().map(|it| it.as_bytes().to_vec()).collect();
        let digest = Sha256::digest(b"BT (I agree) Tj ET");
        assert_eq!(has_digest(&streams, &digest.into()), expected);
    }

    #[test]
    fn what_programs_do_on_saving_is_no_change() {
        check(&["BT (I agree) Tj ET"], true);
        check(&["BT (I agree) Tj\r\nET\n"], true);
        check(&["BT", "(I agree) Tj ET"], true);
        check(&["q\n", "BT (I agree) Tj ET", "\nQ"], true);
    }

    #[test]
    fn what_is_drawn_otherwise_is_a_change() {
        check(&["BT (I disagree) Tj ET"], false);
        check(&["BT (I agree) Tj ET", "BT (not) Tj ET"], false);
        check(&[], false);
    }
}
