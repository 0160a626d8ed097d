//! The static content of a page against what was issued. Programs that save a form again compress, split and join content
//! streams, move line ends, wrap what was there in `q … Q`, and some spell every operator anew: none of that is a change.

use lopdf::{Dictionary, Object};

use crate::document::Pdf;
use crate::painting::{only_adds_text, paint_the_same};
use crate::unpacking::unpacked;

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
        let data = unpacked(stream.as_stream().ok()?, left)?;
        left -= data.len();
        streams.push(data);
    }
    Some(streams)
}

/// How much longer than the issued content another spelling of it may be: more is another page, and is not looked at.
const LONGEST_SPELLING: usize = 4;

/// Whether streams paint what was issued: word by word the same, or the same in another spelling.
pub(crate) fn is_as_issued(streams: &[Vec<u8>], issued: &[u8]) -> bool {
    let same_words = |content: &[u8]| words(content).eq(words(issued));
    if let [one] = streams
        && (one == issued || same_words(one))
    {
        return true;
    }
    let whole = unwrapped(streams).join(&b'\n');
    same_words(&whole)
        || whole.len() <= issued.len() * LONGEST_SPELLING && paint_the_same(&streams.join(&b'\n'), issued)
}

/// Whether streams paint what was issued and after it nothing but text: what "fill and sign" of a viewer leaves.
pub(crate) fn has_added_text(streams: &[Vec<u8>], issued: &[u8]) -> bool {
    let whole = streams.join(&b'\n');
    whole.len() <= issued.len() * LONGEST_SPELLING && only_adds_text(&whole, issued)
}

/// The words of a content stream between white space (ISO 32000-1, 7.2.2).
fn words(content: &[u8]) -> impl Iterator<Item = &[u8]> {
    fn is_blank(it: &u8) -> bool {
        matches!(it, 0 | b'\t' | b'\n' | 0x0C | b'\r' | b' ')
    }
    content.split(is_blank).filter(|it| !it.is_empty())
}

/// The streams without one before that only saves the graphics state and one behind that only restores it: many programs put such
/// there. In between they would undo what stands between them.
fn unwrapped(streams: &[Vec<u8>]) -> Vec<&[u8]> {
    let is_all = |stream: &[u8], operator: &[u8]| words(stream).all(|it| it == operator);
    let mut whole: Vec<&[u8]> = streams.iter().map(Vec::as_slice).collect();
    if let [first, ..] = whole[..]
        && is_all(first, b"q")
    {
        whole.remove(0);
    }
    if let [.., last] = whole[..]
        && is_all(last, b"Q")
    {
        whole.pop();
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUED: &[u8] = b"BT 40 700 Td (I agree) Tj ET";

    fn check(streams: &[&str], expected: bool) {
        let streams: Vec<_> = streams.iter().map(|it| it.as_bytes().to_vec()).collect();
        assert_eq!(is_as_issued(&streams, ISSUED), expected);
    }

    #[test]
    fn a_state_that_is_restored_in_between_undoes_what_was_set() {
        let issued = b"1 g 0 0 9 9 re f 0 g BT (I agree) Tj ET";
        let found = ["1 g 0 0 9 9 re f", "q", "0 g", "Q", "BT (I agree) Tj ET"].map(|it| it.as_bytes().to_vec());
        assert!(!is_as_issued(&found, issued));
        assert!(is_as_issued(
            &[&[b"q".to_vec()], &found[..1], &[found[2].clone(), found[4].clone(), b"Q".to_vec()]].concat(),
            issued
        ));
    }

    #[test]
    fn what_programs_do_on_saving_is_no_change() {
        check(&["BT 40 700 Td (I agree) Tj ET"], true);
        check(&["BT 40 700 Td (I agree) Tj\r\nET\n"], true);
        check(&["BT", "40 700 Td (I agree) Tj ET"], true);
        check(&["q 1 0 0 1 0 0 cm BT 40 700 TD[<49206167>(ree)]TJ ET Q"], true);
        check(&["q\n", "BT 40 700 Td (I agree) Tj ET", "\nQ"], true);
    }

    #[test]
    fn what_is_drawn_otherwise_is_a_change() {
        check(&["BT (I disagree) Tj ET"], false);
        check(&["BT 40 700 Td (I agree) Tj ET", "BT (not) Tj ET"], false);
        check(&[], false);
    }
}
