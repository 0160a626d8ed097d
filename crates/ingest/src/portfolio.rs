//! PDF portfolios: a PDF that is a folder of files (ISO 32000-1, 12.3.5). Mail programs and scanners bundle forms that way. The files are
//! taken out here, in the reader, and each is then read as a file of its own; nothing else of a portfolio is believed.

use lopdf::{Dictionary, Object, Stream};

use crate::bundle::Enclosed;
use crate::document::{Pdf, as_dict};
use crate::limits::Limits;
use crate::text_string::decode;

/// Most files that are taken out of a portfolio.
const MOST_FILES: usize = 100;

/// Whether the file says that it is a portfolio.
pub(crate) fn is_portfolio(pdf: &Pdf) -> bool {
    pdf.catalog().and_then(|it| pdf.dict(it, b"Collection")).is_some()
}

/// The files in a portfolio, as its file specifications name them (ISO 32000-1, 7.11.3); `None` when one cannot be taken out: it uses
/// another filter than Flate, is damaged, or there are too many or too large ones.
pub(crate) fn enclosed(pdf: &Pdf, limits: &Limits) -> Option<Vec<Enclosed>> {
    let mut left = limits.file_bytes;
    let mut files: Vec<Enclosed> = Vec::new();
    for specification in pdf.objects().filter_map(as_dict).filter(|it| it.has(b"EF")) {
        let stream = stream_of(pdf, specification)?;
        let bytes = content(stream, left)?;
        left = left.checked_sub(bytes.len())?;
        files.push(Enclosed { name: name_of(pdf, specification), bytes, findings: Vec::new() });
        if files.len() > MOST_FILES {
            return None;
        }
    }
    // Objects come in the order of their numbers, which differs with every program that saves the file.
    files.sort_by(|one, other| one.name.cmp(&other.name));
    Some(files)
}

fn stream_of<'a>(pdf: &'a Pdf, specification: &'a Dictionary) -> Option<&'a Stream> {
    let files = pdf.dict(specification, b"EF")?;
    let stream = pdf.entry(files, b"UF").or_else(|| pdf.entry(files, b"F"))?;
    stream.as_stream().ok()
}

/// The bytes of a file; none when they are behind anything but Flate.
fn content(stream: &Stream, limit: usize) -> Option<Vec<u8>> {
    match stream.dict.get(b"Filter") {
        Err(_) => (stream.content.len() <= limit).then(|| stream.content.clone()),
        Ok(Object::Name(name)) if name == b"FlateDecode" => stream.decompressed_content_with_limit(limit).ok(),
        Ok(_) => None,
    }
}

fn name_of(pdf: &Pdf, specification: &Dictionary) -> String {
    let text = |key: &[u8]| match pdf.entry(specification, key) {
        Some(Object::String(bytes, _)) => Some(decode(bytes).text),
        _ => None,
    };
    text(b"UF").or_else(|| text(b"F")).unwrap_or_default()
}
