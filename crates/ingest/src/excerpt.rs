//! Some pages of a PDF as a file of its own: their content, what they are painted with, their boxes and other annotations. All else of
//! the file stays behind, above all the other pages. The same pages always give the same bytes.

use std::collections::{BTreeMap, HashMap, HashSet};

use lopdf::xref::XrefType;
use lopdf::{Dictionary, Document, Object, ObjectId, Stream};

use crate::document::{Pdf, as_dict};
use crate::fields::Field;
use crate::pages::{annotations, nodes_above};

/// Boxes by where they stand, each with the full name that its field is to have.
pub(crate) type Boxes<'a> = HashMap<*const Dictionary, (String, Field<'a>)>;

/// What a page can have of the nodes above it (ISO 32000-1, table 30).
const OF_PAGES_ABOVE: [&[u8]; 4] = [b"CropBox", b"MediaBox", b"Resources", b"Rotate"];

/// What a field can have of the fields above it (ISO 32000-1, tables 220, 222 and 229 to 232), and what a widget can lack that its
/// field has.
const OF_FIELDS_ABOVE: [&[u8]; 11] = [b"DA", b"DV", b"FT", b"Ff", b"I", b"MaxLen", b"Opt", b"Q", b"RV", b"TI", b"V"];

/// What else a field above has and a box can do without: its names, and where it stands in the tree.
const NAMES: [&[u8]; 5] = [b"Kids", b"Parent", b"T", b"TM", b"TU"];

/// What leads out of a page or an annotation: to the tree above it, to other pages, to the tags.
const LEADS_OUT: [&[u8]; 6] = [b"B", b"Kids", b"P", b"Parent", b"StructParent", b"StructParents"];

/// What the catalog may say of layers: without it, the pages look different.
const LAYERS: &[u8] = b"OCProperties";

/// Levels of objects in objects: more of them stand in no page.
const DEPTH: usize = 64;

/// A file of these pages; `boxes` are fields in it. `None` where that cannot be done without a change to what is seen or said.
pub(crate) fn excerpt(pdf: &Pdf, pages: &[&Dictionary], boxes: &Boxes<'_>) -> Option<Vec<u8>> {
    if pdf.catalog()?.has(LAYERS) {
        return None;
    }
    let mut copy = Copy::of(pdf);
    let tree = copy.reserve();
    let mut kids = Vec::new();
    let mut fields = Vec::new();
    for page in pages {
        let number = copy.reserve();
        let page = copy.page(page, (tree, number), boxes, &mut fields)?;
        copy.file.objects.insert(number, page.into());
        kids.push(Object::Reference(number));
    }
    let count = i64::try_from(kids.len()).ok()?;
    let node = Dictionary::from_iter([("Type", Object::from("Pages")), ("Kids", kids.into()), ("Count", count.into())]);
    copy.file.objects.insert(tree, node.into());
    let mut catalog = Dictionary::from_iter([("Type", Object::from("Catalog")), ("Pages", tree.into())]);
    if !fields.is_empty() {
        let form = copy.form(fields)?;
        let number = copy.reserve();
        copy.file.objects.insert(number, form.into());
        catalog.set("AcroForm", number);
    }
    let root = copy.reserve();
    copy.file.objects.insert(root, catalog.into());
    copy.file.trailer.set("Root", root);
    copy.finish()
}

/// Objects on their way from one file to another.
struct Copy<'a> {
    pdf: &'a Pdf,
    file: Document,
    numbers: BTreeMap<ObjectId, ObjectId>,
    /// Objects that something refers to and that are not there yet.
    open: Vec<(ObjectId, ObjectId)>,
    /// The catalog, the page tree with all pages, and the form.
    tree: HashSet<*const Dictionary>,
}

impl<'a> Copy<'a> {
    fn of(pdf: &'a Pdf) -> Self {
        let mut file = Document::with_version("1.7");
        file.reference_table.cross_reference_type = XrefType::CrossReferenceTable;
        Self { pdf, file, numbers: BTreeMap::new(), open: Vec::new(), tree: tree(pdf) }
    }

    fn reserve(&mut self) -> ObjectId {
        self.file.new_object_id()
    }

    /// A page with its annotations.
    fn page(
        &mut self,
        page: &Dictionary,
        (tree, number): (ObjectId, ObjectId),
        boxes: &Boxes<'_>,
        fields: &mut Vec<Object>,
    ) -> Option<Dictionary> {
        let mut found = Vec::new();
        for annotation in annotations(self.pdf, page) {
            let owner = boxes.get(&std::ptr::from_ref(annotation));
            let mut it = match owner {
                Some((name, field)) => self.field(annotation, name, field)?,
                None => self.dictionary(annotation, &LEADS_OUT)?,
            };
            let at = self.reserve();
            it.set("P", number);
            self.file.objects.insert(at, it.into());
            found.push(Object::Reference(at));
            fields.extend(owner.map(|_| Object::Reference(at)));
        }
        let mut copied = self.dictionary(page, &[&LEADS_OUT[..], &[b"Annots"]].concat())?;
        for key in OF_PAGES_ABOVE {
            let mut all = nodes_above(self.pdf, page, DEPTH).filter_map(|it| self.pdf.entry(it, key));
            let Some(nearest) = all.next() else { continue };
            // What a page says against the nodes above it is told of a file that is read whole.
            if key != b"Resources" && !all.all(|it| it == nearest) {
                return None;
            }
            let value = self.object(nearest, 0)?;
            copied.set(key, value);
        }
        copied.set("Parent", tree);
        copied.set("Annots", found);
        Some(copied)
    }

    /// A box and its field as one object.
    fn field(&mut self, widget: &Dictionary, name: &str, field: &Field<'_>) -> Option<Dictionary> {
        if self.pdf.entry(widget, b"Kids").is_some() {
            return None;
        }
        let is_taken_along = |key: &[u8]| OF_FIELDS_ABOVE.contains(&key) || NAMES.contains(&key);
        let mut above = field.ancestry().iter().filter(|it| !std::ptr::eq(**it, widget)).flat_map(|it| it.iter());
        if !above.all(|(key, _)| is_taken_along(key)) {
            return None;
        }
        let mut copied = self.dictionary(widget, &LEADS_OUT)?;
        for key in OF_FIELDS_ABOVE {
            let of_field = field.inherited(self.pdf, key);
            // What a box says against its field, readers weigh in different ways.
            match (self.pdf.entry(widget, key), of_field) {
                (Some(of_widget), Some(of_field)) if !std::ptr::eq(of_widget, of_field) => return None,
                // A stream must be an object of its own, and is no value that a form of ours has.
                (None, Some(Object::Stream(_))) => return None,
                (None, Some(of_field)) => {
                    let value = self.object(of_field, 0)?;
                    copied.set(key, value);
                }
                _ => {}
            }
        }
        copied.set("T", Object::string_literal(name));
        Some(copied)
    }

    /// The form: these fields, and what all of them are set in.
    fn form(&mut self, fields: Vec<Object>) -> Option<Dictionary> {
        let mut form = Dictionary::new();
        for (key, value) in self.pdf.acroform().into_iter().flat_map(Dictionary::iter) {
            match key.as_slice() {
                b"DA" | b"DR" | b"NeedAppearances" | b"Q" => {
                    let value = self.object(value, 0)?;
                    form.set(key.clone(), value);
                }
                // Without scripts, there is nothing to calculate.
                b"CO" | b"Fields" => {}
                _ => return None,
            }
        }
        form.set("Fields", fields);
        Some(form)
    }

    fn dictionary(&mut self, dict: &Dictionary, without: &[&[u8]]) -> Option<Dictionary> {
        self.nested_dictionary(dict, without, 0)
    }

    fn nested_dictionary(&mut self, dict: &Dictionary, without: &[&[u8]], depth: usize) -> Option<Dictionary> {
        let mut copied = Dictionary::new();
        for (key, value) in dict.iter().filter(|(key, _)| !without.contains(&key.as_slice())) {
            let value = self.object(value, depth + 1)?;
            copied.set(key.clone(), value);
        }
        Some(copied)
    }

    fn object(&mut self, object: &Object, depth: usize) -> Option<Object> {
        if depth > DEPTH {
            return None;
        }
        Some(match object {
            Object::Reference(id) => self.reference(*id)?,
            Object::Array(them) => {
                Object::Array(them.iter().map(|it| self.object(it, depth + 1)).collect::<Option<_>>()?)
            }
            Object::Dictionary(dict) => self.nested_dictionary(dict, &[], depth)?.into(),
            Object::Stream(stream) => {
                let dict = self.nested_dictionary(&stream.dict, &[b"Length"], depth)?;
                Stream::new(dict, stream.content.clone()).with_compression(false).into()
            }
            other => other.clone(),
        })
    }

    /// The number that an object has in the new file; `None` for a node of the page tree or the catalog, to which only the ways lead
    /// that are left out. Whatever else an object calls itself, it is copied: readers do not ask.
    fn reference(&mut self, id: ObjectId) -> Option<Object> {
        let found = Object::Reference(id);
        if as_dict(self.pdf.resolve(&found)).is_some_and(|it| self.tree.contains(&std::ptr::from_ref(it))) {
            return None;
        }
        let number = match self.numbers.get(&id) {
            Some(number) => *number,
            None => {
                let number = self.file.new_object_id();
                self.numbers.insert(id, number);
                self.open.push((id, number));
                number
            }
        };
        Some(Object::Reference(number))
    }

    /// Copies what is referred to, and writes the file.
    fn finish(mut self) -> Option<Vec<u8>> {
        while let Some((id, number)) = self.open.pop() {
            let reference = Object::Reference(id);
            let copied = self.object(self.pdf.resolve(&reference), 0)?;
            self.file.objects.insert(number, copied);
        }
        let mut bytes = Vec::new();
        self.file.save_to(&mut bytes).ok()?;
        Some(bytes)
    }
}

fn tree(pdf: &Pdf) -> HashSet<*const Dictionary> {
    let mut nodes: HashSet<*const Dictionary> =
        pdf.catalog().into_iter().chain(pdf.acroform()).map(std::ptr::from_ref).collect();
    let mut open: Vec<&Dictionary> = pdf.catalog().and_then(|it| pdf.dict(it, b"Pages")).into_iter().collect();
    while let Some(node) = open.pop() {
        if nodes.insert(node) {
            open.extend(pdf.dicts(node, b"Kids"));
        }
    }
    nodes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fields::{Fields, fields};
    use crate::limits::Limits;
    use crate::pages::pages;
    use crate::testing::PdfBuilder;

    /// The first page of a file with all its fields, which are named `a.0`, `a.1` and so on.
    fn first_page(file: &PdfBuilder) -> Option<Pdf> {
        let limits = Limits::default();
        let pdf = Pdf::load(&file.bytes(), &limits).ok().unwrap();
        let pages = pages(&pdf, &limits).unwrap();
        let found = fields(&pdf, &pages, &limits).unwrap();
        let bytes = excerpt(&pdf, &pages[..1], &boxes(&found))?;
        assert_eq!(excerpt(&pdf, &pages[..1], &boxes(&found)).as_ref(), Some(&bytes), "the same bytes");
        let cut = Pdf::load(&bytes, &limits).ok().unwrap();
        assert_eq!(cut.findings, [], "it can be read in one way only");
        Some(cut)
    }

    fn boxes<'a>(found: &Fields<'a>) -> Boxes<'a> {
        let named = found.values().flatten().enumerate();
        named.map(|(at, it)| (std::ptr::from_ref(it.widgets[0].dict), (format!("a.{at}"), it.clone()))).collect()
    }

    #[test]
    fn a_field_takes_along_what_stands_above_it() {
        let file = PdfBuilder::new()
            .form("5 0 R")
            .page("6 0 R")
            .object(5, "<</T(b)/FT/Tx/V(Ada)/MaxLen 9/Kids[6 0 R]>>")
            .object(6, "<</Subtype/Widget/Rect[1 2 3 4]/T(c)/Parent 5 0 R>>");
        let cut = first_page(&file).unwrap();
        let pages = pages(&cut, &Limits::default()).unwrap();
        let found = fields(&cut, &pages, &Limits::default()).unwrap();
        let field = &found["a.0"][0];
        assert_eq!(field.inherited(&cut, b"V").and_then(|it| it.as_str().ok()), Some(&b"Ada"[..]));
        assert_eq!(field.inherited(&cut, b"MaxLen").and_then(|it| it.as_i64().ok()), Some(9));
    }

    #[test]
    fn a_page_takes_along_what_stands_above_it() {
        let file = PdfBuilder::new()
            .object(2, "<</Type/Pages/Kids[3 0 R 8 0 R]/Count 2/MediaBox[0 0 100 200]/Rotate 90>>")
            .object(3, "<</Type/Page/Parent 2 0 R/Rotate null>>")
            .object(8, "<</Type/Page/Parent 2 0 R/Contents 9 0 R>>")
            .stream(9, "(secret) Tj");
        let cut = first_page(&file).unwrap();
        let page = pages(&cut, &Limits::default()).unwrap()[0];
        assert_eq!((cut.integer(page, b"Rotate"), cut.elements(page, b"MediaBox").count()), (Some(90), 4));
        assert!(cut.objects().all(|it| it.as_stream().is_err()), "no content of another page");
    }

    #[test]
    fn nothing_is_left_out_for_what_it_calls_itself() {
        let file = PdfBuilder::with_field("/FT/Tx/T(a)/MK 7 0 R").object(7, "<</Type/StructElem/BG[0 0 0]>>");
        let cut = first_page(&file).unwrap();
        let pages = pages(&cut, &Limits::default()).unwrap();
        let found = fields(&cut, &pages, &Limits::default()).unwrap();
        assert!(cut.dict(found["a.0"][0].widgets[0].dict, b"MK").is_some_and(|it| it.has(b"BG")));
    }

    #[test]
    fn a_page_that_leads_to_another_one_is_not_cut() {
        let two = "<</Type/Pages/Kids[3 0 R 8 0 R]/Count 2>>";
        let linked = PdfBuilder::new().object(2, two).page("7 0 R").object(7, "<</Subtype/Link/Dest[8 0 R/Fit]>>");
        assert!(first_page(&linked.object(8, "<</Type/Page/Parent 2 0 R>>")).is_none());
    }

    #[test]
    fn what_refers_to_itself_is_copied_once() {
        let file = PdfBuilder::new().page("5 0 R").object(5, "<</Subtype/Ink/X 6 0 R>>").object(6, "[6 0 R 5 0 R]");
        assert!(first_page(&file).is_some());
    }

    #[test]
    fn what_can_be_taken_in_two_ways_is_not_cut() {
        let two_values = PdfBuilder::new()
            .form("5 0 R")
            .page("6 0 R")
            .object(5, "<</T(b)/FT/Tx/V(Ada)/Kids[6 0 R]>>")
            .object(6, "<</Subtype/Widget/V(Eve)/Parent 5 0 R>>");
        assert!(first_page(&two_values).is_none());
        let acts = PdfBuilder::new()
            .form("5 0 R")
            .page("6 0 R")
            .object(5, "<</T(b)/FT/Tx/AA<</E<</S/URI>>>>/Kids[6 0 R]>>")
            .object(6, "<</Subtype/Widget/Parent 5 0 R>>");
        assert!(first_page(&acts).is_none());
        let layers = PdfBuilder::new().object(1, "<</Type/Catalog/Pages 2 0 R/OCProperties<<>>>>");
        assert!(first_page(&layers).is_none());
    }
}
