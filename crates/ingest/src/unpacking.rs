//! The data of a stream, where every reader unpacks it to the same bytes. lopdf unpacks more than viewers do: filters that came later, a
//! damaged header of zlib, parameters that stand where no reader looks or that viewers refuse. Whoever packs that way shows a viewer
//! another text than we compare; such data counts as unreadable.

use lopdf::{Dictionary, Object, Stream};

/// Filters that unpack to the same bytes everywhere (ISO 32000-1, table 6).
const FILTERS: [&[u8]; 5] = [b"ASCII85Decode", b"ASCIIHexDecode", b"FlateDecode", b"LZWDecode", b"RunLengthDecode"];

/// The largest parameters of a predictor that all viewers take: colours, bits of each, samples in a row.
const PREDICTED: [(&[u8], i64); 3] = [(b"Colors", 4), (b"BitsPerComponent", 16), (b"Columns", 65_535)];

/// The unpacked data; `None` where readers may make different things of it, or it is longer than `limit` bytes.
pub(crate) fn unpacked(stream: &Stream, limit: usize) -> Option<Vec<u8>> {
    let filters = filters(&stream.dict)?;
    let is_known = filters.iter().all(|it| FILTERS.contains(it));
    if !is_known || !has_plain_parameters(&stream.dict) {
        return None;
    }
    let is_deflated = filters.first().is_some_and(|it| *it == b"FlateDecode");
    if is_deflated && !stream.content.is_empty() && !has_header(&stream.content) {
        return None;
    }
    if filters.is_empty() {
        return (stream.content.len() <= limit).then(|| stream.content.clone());
    }
    stream.decompressed_content_with_limit(limit).ok()
}

fn filters(dict: &Dictionary) -> Option<Vec<&[u8]>> {
    match dict.as_hashmap().get(&b"Filter"[..]) {
        None | Some(Object::Null) => Some(Vec::new()),
        Some(Object::Name(name)) => Some(vec![name]),
        Some(Object::Array(names)) => names.iter().map(|it| it.as_name().ok()).collect(),
        Some(_) => None,
    }
}

/// Whether the parameters stand where they belong, one beside each filter, and change nothing or what all readers know.
fn has_plain_parameters(dict: &Dictionary) -> bool {
    let may_predict = matches!(dict.get(b"Type").and_then(Object::as_name), Ok(b"XRef" | b"ObjStm"))
        || dict.get(b"Subtype").and_then(Object::as_name).is_ok_and(|it| it == b"Image");
    let is_plain = |it: &Object| match it {
        Object::Null => true,
        Object::Dictionary(it) => is_plain_predictor(it, may_predict),
        _ => false,
    };
    let entry = |key: &[u8]| dict.as_hashmap().get(key);
    match (entry(b"Filter"), entry(b"DecodeParms")) {
        (_, None | Some(Object::Null)) => true,
        (Some(Object::Name(_)), Some(parameters @ Object::Dictionary(_))) => is_plain(parameters),
        (Some(Object::Array(filters)), Some(Object::Array(them))) => {
            filters.len() == them.len() && them.iter().all(is_plain)
        }
        _ => false,
    }
}

fn is_plain_predictor(parameters: &Dictionary, may_predict: bool) -> bool {
    let number = |key: &[u8]| parameters.get(key).map_or(Some(1), |it| it.as_i64().ok());
    let is_plain = number(b"Predictor") == Some(1);
    let is_within = |(key, most): (&[u8], i64)| number(key).is_some_and(|it| (1..=most).contains(&it));
    number(b"EarlyChange") == Some(1) && (is_plain || may_predict && PREDICTED.into_iter().all(is_within))
}

/// Whether deflated data begins as it must (RFC 1950, 2.2), without a dictionary of its own.
fn has_header(data: &[u8]) -> bool {
    let [method, flags, ..] = *data else { return false };
    let is_whole = (u16::from(method) * 256 + u16::from(flags)).is_multiple_of(31);
    method & 0x0F == 8 && method >> 4 <= 7 && flags & 0x20 == 0 && is_whole
}

#[cfg(test)]
mod tests {
    use lopdf::dictionary;

    use super::*;

    fn deflated(dict: Dictionary) -> Stream {
        let mut stream = Stream::new(dict, b"BT (I agree) Tj ET BT (I agree) Tj ET BT (I agree) Tj ET".to_vec());
        stream.compress().expect("text can be deflated");
        assert!(stream.dict.has(b"Filter"));
        stream
    }

    #[test]
    fn what_all_readers_unpack_alike_is_unpacked() {
        assert!(unpacked(&deflated(dictionary! {}), 999).is_some_and(|it| it.starts_with(b"BT")));
        assert_eq!(unpacked(&deflated(dictionary! {}), 9), None);
        let with = |parameters: Dictionary| deflated(dictionary! { "DecodeParms" => parameters });
        assert!(unpacked(&with(dictionary! { "Predictor" => 1 }), 999).is_some());
        assert!(unpacked(&Stream::new(dictionary! {}, b"q Q".to_vec()), 9).is_some());
        let hex = Stream::new(dictionary! { "Filter" => vec!["ASCIIHexDecode".into()] }, b"7120>".to_vec());
        assert_eq!(unpacked(&hex, 9).as_deref(), Some(&b"q "[..]));
    }

    #[test]
    fn what_readers_unpack_in_different_ways_is_not() {
        let check = |change: &dyn Fn(&mut Stream)| {
            let mut stream = deflated(dictionary! {});
            change(&mut stream);
            assert_eq!(unpacked(&stream, 999), None, "{:?}", stream.dict);
        };
        let up = || dictionary! { "Predictor" => 12, "Columns" => 4 };
        check(&|it| it.dict.set("DecodeParms", up()));
        check(&|it| it.dict.set("DecodeParms", vec![Object::from(dictionary! {})]));
        check(&|it| {
            it.dict.set("Filter", vec![Object::from("FlateDecode")]);
            it.dict.set("DecodeParms", dictionary! {});
        });
        check(&|it| it.dict.set("Filter", "BrotliDecode"));
        check(&|it| it.content[..2].copy_from_slice(&[0x78, 0x9D]));
        check(&|it| it.content[..2].copy_from_slice(&[0, 0]));
        check(&|it| {
            it.dict.set("Subtype", "Image");
            it.dict.set("DecodeParms", dictionary! { "Predictor" => 12, "Colors" => 400, "Columns" => 1 });
        });
    }
}
