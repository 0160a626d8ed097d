//! From bytes to objects. What the gate read beyond doubt is the document; everything else is loaded by lopdf, and this is the
//! only file that has it load something. Lopdf is lenient: it repairs without a word, and `Ok` can mean an empty document. Here
//! every repair becomes a finding, and what did not load is told from what is blank.

use countersign_core::reason::ReasonCode;
use lopdf::{DecompressError, Dictionary, Document, Error, LoadOptions, Object, Stream};

use crate::limits::Limits;
use crate::raw_file::RawFile;
use crate::reading::Finding;
use crate::structure::{Outline, find, outline};

/// A loaded PDF with what was odd about loading it.
pub(crate) struct Pdf {
    source: Source,
    /// What was odd about the file, in the order of finding it.
    pub(crate) findings: Vec<Finding>,
}

/// Where the objects come from.
pub(crate) enum Source {
    /// From the gate, one by one as they are asked for.
    Raw(Box<RawFile>),
    /// From lopdf, all at once.
    Loaded(Box<Document>),
}

impl Pdf {
    /// Loads a file. `Err` says why it is unreadable.
    pub(crate) fn load(bytes: &[u8], limits: &Limits) -> Result<Self, Vec<Finding>> {
        let outline = admit(bytes, limits).map_err(|it| vec![it])?;
        let mut findings = outline.findings();
        match crate::gate::open(bytes, limits) {
            Ok(Some(file)) if findings.is_empty() => {
                within(limits, file.len()).map_err(|it| vec![it])?;
                let pdf = Self { source: Source::Raw(Box::new(file)), findings: Vec::new() };
                if pdf.has_page_tree() {
                    return Ok(pdf);
                }
            }
            Ok(_) => {}
            Err(oddity) => findings.push(oddity),
        }
        match load(bytes, &outline, limits).and_then(|doc| usable(doc, limits)) {
            Ok(doc) => {
                findings.extend(repair_of(&doc));
                Ok(Self { source: Source::Loaded(Box::new(doc)), findings })
            }
            Err(reason) => {
                findings.insert(0, reason);
                Err(findings)
            }
        }
    }

    /// The document catalog (ISO 32000-1, 7.7.2).
    pub(crate) fn catalog(&self) -> Option<&Dictionary> {
        match &self.source {
            Source::Raw(file) => as_dict(file.resolve(file.root())),
            Source::Loaded(doc) => self.dict(&doc.trailer, b"Root"),
        }
    }

    /// Whether the catalog leads to pages by references all the way, as it must. Where it does not, lopdf searches the file for
    /// another catalog.
    fn has_page_tree(&self) -> bool {
        let Source::Raw(file) = &self.source else { return false };
        let pages =
            |catalog: &Dictionary| matches!(catalog.as_hashmap().get(&b"Pages"[..]), Some(Object::Reference(_)));
        let tree = self.catalog().filter(|it| matches!(file.root(), Object::Reference(_)) && pages(it));
        let kids = tree.and_then(|it| self.entry(it, b"Pages")?.as_dict().ok()).and_then(|it| self.entry(it, b"Kids"));
        kids.is_some_and(|it| it.as_array().is_ok())
    }

    /// Where the objects come from.
    pub(crate) fn source(&self) -> &Source {
        &self.source
    }

    /// The interactive form (ISO 32000-1, 12.7.2).
    pub(crate) fn acroform(&self) -> Option<&Dictionary> {
        self.dict(self.catalog()?, b"AcroForm")
    }

    /// The fonts that the form's fields are set in by default (ISO 32000-1, table 218, `/DR`).
    pub(crate) fn form_fonts(&self) -> Option<&Dictionary> {
        self.dict(self.dict(self.acroform()?, b"DR")?, b"Font")
    }

    /// All objects of the newest revision, reached from the catalog or not.
    pub(crate) fn objects(&self) -> Box<dyn Iterator<Item = &Object> + '_> {
        match &self.source {
            Source::Raw(file) => Box::new(file.objects()),
            Source::Loaded(doc) => Box::new(doc.objects.values()),
        }
    }

    /// What a reference leads to; anything else is itself. A dangling reference and a ring of references are null.
    pub(crate) fn resolve<'a>(&'a self, object: &'a Object) -> &'a Object {
        match &self.source {
            Source::Raw(file) => file.resolve(object),
            Source::Loaded(doc) => doc.dereference(object).map_or(&Object::Null, |(_, it)| it),
        }
    }

    /// An entry of a dictionary, resolved; null is the same as absent (ISO 32000-1, 7.3.7).
    pub(crate) fn entry<'a>(&'a self, dict: &'a Dictionary, key: &[u8]) -> Option<&'a Object> {
        // `Dictionary::get` formats an error for every absent key.
        Some(self.resolve(dict.as_hashmap().get(key)?)).filter(|it| !it.is_null())
    }

    /// A dictionary in a dictionary; of a stream, its dictionary.
    pub(crate) fn dict<'a>(&'a self, dict: &'a Dictionary, key: &[u8]) -> Option<&'a Dictionary> {
        as_dict(self.entry(dict, key)?)
    }

    /// The elements of an array in a dictionary, resolved; none when there is no array.
    pub(crate) fn elements<'a>(&'a self, dict: &'a Dictionary, key: &[u8]) -> impl Iterator<Item = &'a Object> {
        let array = self.entry(dict, key).and_then(|it| it.as_array().ok());
        array.into_iter().flatten().map(|it| self.resolve(it))
    }

    /// The dictionaries of an array in a dictionary.
    pub(crate) fn dicts<'a>(&'a self, dict: &'a Dictionary, key: &[u8]) -> impl Iterator<Item = &'a Dictionary> {
        self.elements(dict, key).filter_map(as_dict)
    }

    /// A name in a dictionary, as bytes.
    pub(crate) fn name<'a>(&'a self, dict: &'a Dictionary, key: &[u8]) -> Option<&'a [u8]> {
        self.entry(dict, key)?.as_name().ok()
    }

    /// A whole number in a dictionary; a real one is cut.
    pub(crate) fn integer(&self, dict: &Dictionary, key: &[u8]) -> Option<i64> {
        match self.entry(dict, key)? {
            Object::Integer(number) => Some(*number),
            Object::Real(number) => Some(*number as i64),
            _ => None,
        }
    }
}

/// A dictionary, or that of a stream.
pub(crate) fn as_dict(object: &Object) -> Option<&Dictionary> {
    match object {
        Object::Dictionary(dict) => Some(dict),
        Object::Stream(stream) => Some(&stream.dict),
        _ => None,
    }
}

/// What can be said before parsing.
fn admit(bytes: &[u8], limits: &Limits) -> Result<Outline, Finding> {
    if bytes.is_empty() {
        return Err(Finding { code: ReasonCode::EmptyFile, field: None, detail: None });
    }
    if bytes.len() > limits.file_bytes {
        let detail = format!("{} bytes, the limit is {}", bytes.len(), limits.file_bytes);
        return Err(Finding::of_file(ReasonCode::TooLarge, detail));
    }
    let outline = outline(bytes);
    if !outline.has_objects {
        return Err(Finding::of_file(ReasonCode::UnsupportedType, "there is no PDF in this file"));
    }
    Ok(outline)
}

fn load(bytes: &[u8], outline: &Outline, limits: &Limits) -> Result<Document, Finding> {
    object_streams_within(bytes, limits)?;
    let loaded = match outline.header {
        Some(_) => load_with(bytes, Table::AsWritten, limits),
        None => load_with(&[b"%PDF-1.7\n", bytes].concat(), Table::Rebuilt, limits),
    };
    let is_whole = |doc: &Document| doc.is_encrypted() || doc.catalog().is_ok_and(|it| it.has(b"Pages"));
    match loaded {
        Ok(doc) if is_whole(&doc) => Ok(doc),
        Err(Error::Decompress(DecompressError::MemoryLimitExceeded { limit })) => Err(inflates_too_far(limit)),
        first => match load_with(bytes, Table::Rebuilt, limits) {
            Ok(doc) if is_whole(&doc) => Ok(doc),
            _ => first.map_err(|error| Finding::of_file(ReasonCode::PdfCorrupt, error.to_string())),
        },
    }
}

/// Where lopdf takes the places of the objects from.
#[derive(Clone, Copy)]
enum Table {
    /// From the cross-reference table.
    AsWritten,
    /// From a scan of the file.
    Rebuilt,
}

fn load_with(bytes: &[u8], table: Table, limits: &Limits) -> lopdf::Result<Document> {
    let options = LoadOptions {
        force_reconstruct: matches!(table, Table::Rebuilt),
        ..LoadOptions::with_max_decompressed_size(limits.stream_bytes)
    };
    Document::load_mem_with_options(bytes, options)
}

/// Refuses what loaded without being a document.
fn usable(doc: Document, limits: &Limits) -> Result<Document, Finding> {
    if doc.trailer.has(b"Encrypt") {
        return Err(Finding::of_file(ReasonCode::PdfEncrypted, "the file does not open without a password"));
    }
    within(limits, doc.objects.len())?;
    if !doc.catalog().is_ok_and(|it| it.has(b"Pages")) {
        return Err(Finding::of_file(ReasonCode::PdfCorrupt, "the file's catalog is lost"));
    }
    Ok(doc)
}

fn within(limits: &Limits, objects: usize) -> Result<(), Finding> {
    if objects <= limits.objects {
        return Ok(());
    }
    let detail = format!("{objects} objects, the limit is {}", limits.objects);
    Err(Finding::of_file(ReasonCode::PdfResourceLimit, detail))
}

fn repair_of(doc: &Document) -> Option<Finding> {
    let recovery = doc.xref_recovery?;
    let detail = match recovery {
        lopdf::xref::XrefRecovery::OffsetCorrected => "a cross-reference section is not where the file says",
        _ => "the cross-reference table is damaged and was rebuilt",
    };
    Some(Finding::of_file(ReasonCode::PdfAmbiguous, detail))
}

/// Inflates the object streams of a file that has many, before lopdf does: its own limit is for each stream alone.
/// Nothing is kept. Streams behind other filters or encryption count as what they are in the file.
fn object_streams_within(bytes: &[u8], limits: &Limits) -> Result<(), Finding> {
    let mut streams = object_streams(bytes);
    let harmless = limits.inflated_bytes / limits.stream_bytes.max(1);
    if streams.len() <= harmless {
        return Ok(());
    }
    let mut left = limits.inflated_bytes;
    for data in streams.drain(..) {
        let inflated = inflated_size(data, limits.stream_bytes)?;
        left = left.checked_sub(inflated).ok_or_else(|| inflates_too_far(limits.inflated_bytes))?;
    }
    Ok(())
}

/// The data of everything that calls itself an object stream, as it stands in the file.
fn object_streams(bytes: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    let mut rest = bytes;
    while let Some(at) = find(rest, b"/ObjStm") {
        rest = &rest[at + b"/ObjStm".len()..];
        let Some(start) = find(&rest[..rest.len().min(4096)], b"stream") else { continue };
        let data = &rest[start + b"stream".len()..];
        let line_end = data.iter().take_while(|it| matches!(it, b'\r' | b'\n')).count().min(2);
        let end = find(data, b"endstream").unwrap_or(data.len());
        found.push(&data[line_end.min(end)..end]);
        rest = &data[end..];
    }
    found
}

fn inflated_size(data: &[u8], limit: usize) -> Result<usize, Finding> {
    let dict = Dictionary::from_iter([("Filter", Object::from("FlateDecode"))]);
    match Stream::new(dict, data.to_vec()).decompressed_content_with_limit(limit) {
        Ok(plain) => Ok(plain.len()),
        Err(Error::Decompress(DecompressError::MemoryLimitExceeded { limit })) => Err(inflates_too_far(limit)),
        Err(_) => Ok(data.len()),
    }
}

fn inflates_too_far(limit: usize) -> Finding {
    Finding::of_file(ReasonCode::PdfResourceLimit, format!("the file inflates to more than {limit} bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::PdfBuilder;

    fn check_unreadable(bytes: &[u8], limits: &Limits, code: ReasonCode) {
        let findings = Pdf::load(bytes, limits).err().expect("unreadable");
        assert_eq!(findings[0].code, code, "{findings:?}");
    }

    #[test]
    fn a_well_formed_file_loads_without_a_finding() {
        let pdf = Pdf::load(&PdfBuilder::with_text("name", "(Ada)").bytes(), &Limits::default()).ok().unwrap();
        assert_eq!(pdf.findings, []);
        assert!(pdf.acroform().is_some());
    }

    #[test]
    fn what_is_no_pdf_is_told_apart() {
        check_unreadable(b"", &Limits::default(), ReasonCode::EmptyFile);
        check_unreadable(b"GIF89a", &Limits::default(), ReasonCode::UnsupportedType);
        check_unreadable(b"%PDF-1.7\nnothing", &Limits::default(), ReasonCode::PdfCorrupt);
        check_unreadable(b"%PDF-1.7", &Limits { file_bytes: 4, ..Limits::default() }, ReasonCode::TooLarge);
    }

    #[test]
    fn too_many_objects_are_a_refusal() {
        let bytes = PdfBuilder::with_text("name", "(Ada)").bytes();
        check_unreadable(&bytes, &Limits { objects: 2, ..Limits::default() }, ReasonCode::PdfResourceLimit);
    }

    #[test]
    fn a_repaired_file_is_told() {
        let whole = PdfBuilder::with_text("name", "(Ada)").bytes();
        let at = find(&whole, b"startxref").unwrap();
        let broken = [&whole[..at], b"startxref\n99999\n%%EOF\n"].concat();
        let pdf = Pdf::load(&broken, &Limits::default()).ok().unwrap();
        assert_eq!(pdf.findings[0].code, ReasonCode::PdfAmbiguous);
        assert!(pdf.acroform().is_some());
    }

    #[test]
    fn a_file_without_its_header_is_read_and_told() {
        let whole = PdfBuilder::with_text("name", "(Ada)").bytes();
        let pdf = Pdf::load(&whole[9..], &Limits::default()).ok().unwrap();
        assert!(pdf.acroform().is_some());
        assert_eq!(pdf.findings[0].code, ReasonCode::PdfAmbiguous);
    }

    #[test]
    fn many_object_streams_share_one_allowance() {
        let mut zeros = Stream::new(Dictionary::new(), vec![b' '; 60_000]);
        zeros.compress().unwrap();
        let one = [b"1 0 obj <</Type/ObjStm>>stream\n".as_slice(), &zeros.content, b"\nendstream endobj\n"].concat();
        let limits = Limits { inflated_bytes: 100_000, stream_bytes: 100_000, ..Limits::default() };
        check_unreadable(&[b"%PDF-1.7\n", one.repeat(3).as_slice()].concat(), &limits, ReasonCode::PdfResourceLimit);
        assert!(object_streams_within(&one, &limits).is_ok());
    }

    #[test]
    fn a_ring_of_references_is_null() {
        let bytes = PdfBuilder::new().object(8, "9 0 R").object(9, "8 0 R").bytes();
        let pdf = Pdf::load(&bytes, &Limits::default()).ok().unwrap();
        assert!(pdf.resolve(&Object::Reference((8, 0))).is_null());
    }
}
