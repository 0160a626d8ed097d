//! A file that can be read in one way only, as a document: its objects by number, each made into the shape that the rest of the
//! reader knows when it is asked for, and looked at as it stands otherwise.

use std::ops::Range;
use std::sync::OnceLock;

use lopdf::Object;

use crate::plain_object::{object, stream};
use crate::raw_object::{Raw, Token, Tokens};

/// References that lead to references: more of them lead nowhere.
const REFERENCES: usize = 128;

/// The objects of the newest revision.
pub(crate) struct RawFile {
    bytes: Vec<u8>,
    tokens: Tokens,
    /// In the order of their numbers.
    entries: Vec<Entry>,
    root: Object,
}

/// An object by its number.
pub(crate) struct Entry {
    number: u32,
    generation: u16,
    place: Place,
    parsed: OnceLock<Box<Object>>,
}

/// Where an object stands.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// Where its tokens begin.
    pub(crate) value: usize,
    /// The data of a stream, where it is one.
    pub(crate) data: Option<Range<usize>>,
}

impl Entry {
    pub(crate) fn new(number: u32, generation: u16, place: Place) -> Self {
        Self { number, generation, place, parsed: OnceLock::new() }
    }
}

impl RawFile {
    /// A file with objects in the order of their numbers; `root` is what the trailer calls the catalog.
    pub(crate) fn new(bytes: Vec<u8>, tokens: Tokens, entries: Vec<Entry>, root: Object) -> Self {
        Self { bytes, tokens, entries, root }
    }

    /// What the trailer calls the catalog.
    pub(crate) fn root(&self) -> &Object {
        &self.root
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// All objects.
    pub(crate) fn objects(&self) -> impl Iterator<Item = &Object> {
        self.entries.iter().map(|it| self.parsed(it))
    }

    /// All objects as they stand in the file.
    pub(crate) fn raw_objects(&self) -> impl Iterator<Item = Raw<'_>> {
        self.entries.iter().map(|it| self.raw(it))
    }

    /// What a reference leads to; anything else is itself. A dangling reference and a ring of references are null.
    pub(crate) fn resolve<'a>(&'a self, mut object: &'a Object) -> &'a Object {
        for _ in 0..=REFERENCES {
            let Object::Reference((number, generation)) = object else { return object };
            let Some(entry) = self.entry(*number, *generation) else { break };
            object = self.parsed(entry);
        }
        &Object::Null
    }

    /// The same for an object as it stands in the file; `None` is null.
    pub(crate) fn resolve_raw<'a>(&'a self, mut raw: Raw<'a>) -> Option<Raw<'a>> {
        for _ in 0..=REFERENCES {
            let Token::Reference(number, generation) = raw.token() else { return Some(raw) };
            raw = self.raw(self.entry(number, generation)?);
        }
        None
    }

    fn entry(&self, number: u32, generation: u16) -> Option<&Entry> {
        // Most files number their objects from 1 on, without gaps.
        let guess = self.entries.get((number as usize).wrapping_sub(1)).filter(|it| it.number == number);
        let found = || self.entries.binary_search_by_key(&number, |it| it.number).ok().map(|it| &self.entries[it]);
        guess.or_else(found).filter(|it| it.generation == generation)
    }

    fn parsed<'a>(&'a self, entry: &'a Entry) -> &'a Object {
        entry.parsed.get_or_init(|| {
            let raw = self.raw(entry);
            Box::new(match (raw.dictionary(), &entry.place.data) {
                (Some(dict), Some(data)) => stream(dict, &self.bytes[data.clone()]),
                _ => object(raw),
            })
        })
    }

    fn raw(&self, entry: &Entry) -> Raw<'_> {
        self.tokens.object(&self.bytes, entry.place.value)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use lopdf::{Document, LoadOptions};

    use super::*;
    use crate::gate::open;
    use crate::limits::Limits;
    use crate::testing::PdfBuilder;

    /// Whether the gate lets a file pass; then every object of it must be what lopdf says it is.
    #[track_caller]
    fn check(bytes: &[u8], name: &str) -> bool {
        let limits = Limits::for_any_form();
        let Ok(Some(file)) = open(bytes, &limits) else { return false };
        let options = LoadOptions::with_max_decompressed_size(limits.stream_bytes);
        let doc = Document::load_mem_with_options(bytes, options).unwrap();
        assert_eq!(doc.xref_recovery, None, "{name}");
        assert_eq!(doc.trailer.get(b"Root").unwrap(), file.root(), "{name}");
        let numbers: Vec<_> = file.entries.iter().map(|it| (it.number, it.generation)).collect();
        assert_eq!(numbers, doc.objects.keys().copied().collect::<Vec<_>>(), "{name}");
        for ((number, expected), found) in doc.objects.iter().zip(file.objects()) {
            assert!(expected == found, "{name}: {number:?} is {expected:?}, not {found:?}");
        }
        true
    }

    #[test]
    fn objects_mean_what_lopdf_says_they_mean_in_every_spelling() {
        let pdf = PdfBuilder::new()
            .object(5, "[.5 4. -.002 +3 -7 0005 +.5 -0 9223372036854775807 -9223372036854775808 00.10 3.4028236]")
            .object(6, "[(a\\(b\\)(c)\\101\\n\\\\ \\8 \\1 \\12x a\\\nb\\\r\nc\r\nd\re\nf)()(\\z\\b\\f\\t\\r)]")
            .object(7, "[<6 1 6><><\n4A4b\t>/A#20B#2f#00/ true false null/#41]")
            .object(8, "<</A<</B[<</C/D>>[]]>>/N null % a comment\n/R 5 0 R/#53 [1 0 R 2 3 0 R 4]>>")
            .object(9, "<</Length 10 0 R>>stream\r\nabc\r\nendstream")
            .object(10, "3")
            .object(11, "<</Length 0>>stream\nendstream")
            .object(12, "<</Length 4/Filter/Flat#65Decode>> stream\nx\ny\r\nendstream")
            .object(13, "(é)")
            .object(14, "5 0 R");
        assert!(check(&pdf.bytes(), "spellings"));
    }

    #[test]
    fn objects_mean_what_lopdf_says_they_mean_in_every_sample() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples/returned");
        let paths = std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().path());
        let passed = paths.filter(|it| check(&std::fs::read(it).unwrap(), &it.to_string_lossy())).count();
        assert!(passed > 25, "{passed}");
    }

    #[test]
    fn the_newest_revision_counts() {
        let text = String::from_utf8(PdfBuilder::with_text("name", "(Ada)").object(6, "(gone)").bytes()).unwrap();
        let previous = text.rfind("xref\n0").unwrap();
        let object = "5 1 obj\n(new)\nendobj\n";
        let (at, start) = (text.len(), text.len() + object.len());
        let rows = format!("5 2\n{at:010} 00001 n \n0000000000 00001 f \n");
        let trailer = format!("<</Size 7/Root 1 0 R/Prev {previous}>>");
        let bytes = format!("{text}{object}xref\n{rows}trailer\n{trailer}\nstartxref\n{start}\n%%EOF\n").into_bytes();
        assert!(check(&bytes, "revisions"));
        let file = open(&bytes, &Limits::default()).unwrap().unwrap();
        assert_eq!(file.resolve(&Object::Reference((5, 1))), &Object::string_literal("new"));
        for gone in [(5, 0), (6, 0), (6, 1), (99, 0)] {
            assert!(file.resolve(&Object::Reference(gone)).is_null(), "{gone:?}");
        }
    }

    #[test]
    fn an_object_keeps_its_address() {
        let file = open(&PdfBuilder::new().bytes(), &Limits::default()).unwrap().unwrap();
        let reference = Object::Reference((3, 0));
        assert!(std::ptr::eq(file.resolve(&reference), file.resolve(&reference)));
    }

    #[test]
    fn references_in_a_ring_are_null() {
        let bytes = PdfBuilder::new().object(8, "9 0 R").object(9, "8 0 R").bytes();
        let file = open(&bytes, &Limits::default()).unwrap().unwrap();
        assert!(file.resolve(&Object::Reference((8, 0))).is_null());
    }
}
