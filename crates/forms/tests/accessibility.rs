//! Blanks for people who hear them or go through them by keys: what PDF/UA asks and no checker that we know looks at. The
//! requirements, and who holds each, are listed in docs/pdf-ua.md.
//!
//! Every check answers with the faults that it finds, so that the last tests can break a blank and see it noticed.

#![expect(clippy::unwrap_used, reason = "an unexpected answer is the failure that a test looks for")]

use std::collections::{BTreeMap, BTreeSet};

use countersign_core::account::AccountHeader;
use countersign_core::template::{Color, FormTemplate};
use countersign_forms::{Prefill, Press, TemplateFiles};
use countersign_testkit::{NOW, bound_blank, generic_blank};
use lopdf::content::Content;
use lopdf::{Dictionary, Document, Object, ObjectId, dictionary};

const SHIPPED: &str = include_str!("../../../templates/authorized-user.toml");
const TRANSLATIONS: [&str; 3] = [
    include_str!("../../../templates/authorized-user.es.toml"),
    include_str!("../../../templates/authorized-user.fr.toml"),
    include_str!("../../../templates/authorized-user.de.toml"),
];
const SECOND: &str = include_str!("../../../templates/fernhill-telecom/fernhill-authorized-user.toml");
const FILES: TemplateFiles<'static> = TemplateFiles {
    fallbacks: Vec::new(),
    logo: Some(include_bytes!("../../../templates/northwind-hosting.svg")),
    regular: include_bytes!("../../../templates/fonts/OpenSans-Regular.ttf"),
    bold: include_bytes!("../../../templates/fonts/OpenSans-Bold.ttf"),
};
/// More than any stream of a blank has when it is inflated.
const LIMIT: usize = 1 << 22;

/// The shipped template, its translations, one of several pages, and another provider's (with the logo of the first).
fn templates() -> Vec<FormTemplate> {
    let shipped = FormTemplate::parse(SHIPPED).unwrap();
    let mut all: Vec<FormTemplate> = TRANSLATIONS.iter().map(|it| shipped.translate(it).unwrap()).collect();
    all.push(FormTemplate::parse(SECOND).unwrap());
    all.push(FormTemplate::parse(&SHIPPED.replace("rows = 4", "rows = 40")).unwrap());
    all.push(shipped);
    all
}

fn made(template: &FormTemplate, account_name: Option<&str>) -> Document {
    let issued = if account_name.is_some() { bound_blank("A-1001101", 1) } else { generic_blank(2) };
    let account = account_name.map(|name| AccountHeader {
        number: "A-1001101".parse().unwrap(),
        name: name.to_owned(),
        billing_email: "billing@henley.example".parse().unwrap(),
    });
    let prefill = Prefill { instance: issued.instance, expires: issued.expires, issued: NOW, account };
    let pdf = Press::new(template, &FILES).unwrap().render(&prefill).unwrap().pdf;
    Document::load_mem(&pdf).unwrap()
}

/// Holds a check against blanks of every template: generic, bound, and bound to a name that needs a font of its own.
fn hold(check: impl Fn(&FormTemplate, &Document) -> Vec<String>) {
    for template in &templates() {
        for name in [None, Some("Henley"), Some("Łódź Żak")] {
            let faults = check(template, &made(template, name));
            assert_eq!(faults, Vec::<String>::new(), "{} {} for {name:?}", template.id, template.language);
        }
    }
}

fn shipped() -> Document {
    made(&FormTemplate::parse(SHIPPED).unwrap(), Some("Henley"))
}

/// A dictionary, or that of a stream, behind a reference or not.
fn dict<'a>(document: &'a Document, object: &'a Object) -> &'a Dictionary {
    match document.dereference(object).unwrap().1 {
        Object::Stream(stream) => &stream.dict,
        other => other.as_dict().unwrap(),
    }
}

fn dict_at<'a>(document: &'a Document, within: &'a Dictionary, key: &[u8]) -> Option<&'a Dictionary> {
    within.get(key).ok().map(|it| dict(document, it))
}

fn text_at(within: &Dictionary, key: &[u8]) -> String {
    within.get(key).and_then(lopdf::decode_text_string).unwrap_or_default()
}

fn name_at(within: &Dictionary, key: &[u8]) -> String {
    let name = within.get(key).and_then(Object::as_name).unwrap_or_default();
    String::from_utf8_lossy(name).into_owned()
}

fn number_at(within: &Dictionary, key: &[u8]) -> Option<i64> {
    within.get(key).and_then(Object::as_i64).ok()
}

fn reference_at(within: &Dictionary, key: &[u8]) -> Option<ObjectId> {
    within.get(key).and_then(Object::as_reference).ok()
}

fn array_at<'a>(document: &'a Document, within: &'a Dictionary, key: &[u8]) -> &'a [Object] {
    within.get_deref(key, document).and_then(Object::as_array).map_or(&[], Vec::as_slice)
}

/// The boxes of all pages, page by page, in the order in which the tabulator goes through them.
fn widgets(document: &Document) -> Vec<ObjectId> {
    let pages = document.get_pages().into_values();
    let of_page = |page| array_at(document, document.get_dictionary(page).unwrap(), b"Annots").to_vec();
    pages.flat_map(of_page).map(|it| it.as_reference().unwrap()).collect()
}

/// The structure tree, walked as a screen reader does.
#[derive(Default)]
struct Walk {
    /// Every element with its tag, in reading order.
    elements: Vec<(ObjectId, String)>,
    /// Page and number of every piece of content, with its element.
    marks: Vec<((ObjectId, i64), ObjectId)>,
    /// Every box, with its element.
    boxes: Vec<(ObjectId, ObjectId)>,
    faults: Vec<String>,
}

impl Walk {
    fn of(document: &Document) -> Self {
        let root_id = reference_at(document.catalog().unwrap(), b"StructTreeRoot").unwrap();
        let root = document.get_dictionary(root_id).unwrap();
        let mut walk = Self::default();
        walk.element(document, reference_at(root, b"K").unwrap(), root_id);
        walk
    }

    fn element(&mut self, document: &Document, id: ObjectId, parent: ObjectId) {
        let element = document.get_dictionary(id).unwrap();
        let tag = name_at(element, b"S");
        if reference_at(element, b"P") != Some(parent) {
            self.faults.push(format!("{tag} {id:?} does not name the element above it"));
        }
        self.elements.push((id, tag));
        let page = reference_at(element, b"Pg");
        let kids = match document.dereference(element.get(b"K").unwrap()).unwrap().1 {
            Object::Array(kids) => kids.as_slice(),
            _ => std::slice::from_ref(element.get(b"K").unwrap()),
        };
        for kid in kids {
            match kid {
                Object::Integer(number) => self.marks.push(((page.unwrap(), *number), id)),
                Object::Dictionary(kid) if kid.has(b"Obj") => self.boxes.push((reference_at(kid, b"Obj").unwrap(), id)),
                Object::Dictionary(kid) => {
                    let page = reference_at(kid, b"Pg").or(page).unwrap();
                    self.marks.push(((page, number_at(kid, b"MCID").unwrap()), id));
                }
                kid => self.element(document, kid.as_reference().unwrap(), id),
            }
        }
    }

    fn tags(&self) -> impl Iterator<Item = &str> {
        self.elements.iter().map(|(_, tag)| tag.as_str())
    }
}

/// What the parent tree says for each key (ISO 32000-1, 14.7.4.4).
fn parent_tree(document: &Document) -> BTreeMap<i64, &Object> {
    let root = dict_at(document, document.catalog().unwrap(), b"StructTreeRoot").unwrap();
    let tree = dict_at(document, root, b"ParentTree").unwrap();
    let entries = array_at(document, tree, b"Nums").chunks(2);
    entries.map(|it| (it[0].as_i64().unwrap(), &it[1])).collect()
}

/// Boxes: a spoken name, an element `Form` that leads to the box and is led to by it, and the tabulator's order.
fn faults_of_boxes(template: &FormTemplate, document: &Document) -> Vec<String> {
    let (walk, parents) = (Walk::of(document), parent_tree(document));
    let in_tab_order = widgets(document);
    let mut faults = walk.faults;
    for id in &in_tab_order {
        let widget = document.get_dictionary(*id).unwrap();
        let spoken = text_at(widget, b"TU");
        let mut fault = |what: &str| faults.push(format!("the box {spoken:?} {what}"));
        let element = number_at(widget, b"StructParent").and_then(|it| parents.get(&it)?.as_reference().ok());
        if spoken.is_empty() {
            fault("has no /TU");
        }
        match element {
            None => fault("does not lead into the structure"),
            Some(element) if !walk.boxes.contains(&(*id, element)) => fault("leads to an element of another box"),
            Some(element) => {
                let element = document.get_dictionary(element).unwrap();
                if name_at(element, b"S") != "Form" {
                    fault("is in an element that is no Form");
                }
                if element.has(b"Alt") && text_at(element, b"Alt") != spoken {
                    fault("is called otherwise by its element");
                }
            }
        }
    }
    let in_reading_order: Vec<ObjectId> = walk.boxes.iter().map(|(id, _)| *id).collect();
    if in_tab_order != in_reading_order {
        faults.push("the tabulator goes another way than the structure".to_owned());
    }
    if in_tab_order.len() != template.fields().len() {
        faults.push(format!("{} boxes for {} fields", in_tab_order.len(), template.fields().len()));
    }
    for page in document.get_pages().into_values() {
        if name_at(document.get_dictionary(page).unwrap(), b"Tabs") != "S" {
            faults.push("a page has no /Tabs /S".to_owned());
        }
    }
    faults
}

/// Content: everything painted is one marked piece or decoration, and each piece is in the tree exactly once.
fn faults_of_content(_: &FormTemplate, document: &Document) -> Vec<String> {
    const PAINTING: [&str; 15] = ["Tj", "TJ", "'", "\"", "f", "F", "f*", "S", "s", "B", "B*", "b", "b*", "Do", "sh"];
    let (walk, parents) = (Walk::of(document), parent_tree(document));
    let mut faults = walk.faults;
    let mut painted = Vec::new();
    for id in document.get_pages().into_values() {
        let content = document.get_page_content_with_limit(id, LIMIT).unwrap();
        let mut numbers = Vec::new();
        let mut depth = 0;
        for operation in Content::decode(&content).unwrap().operations {
            match operation.operator.as_str() {
                "BMC" | "BDC" => {
                    depth += 1;
                    let properties = operation.operands.get(1).and_then(|it| it.as_dict().ok());
                    numbers.extend(properties.and_then(|it| number_at(it, b"MCID")));
                }
                "EMC" => depth -= 1,
                operator if depth == 0 && PAINTING.contains(&operator) => {
                    faults.push(format!("{operator} is neither marked nor decoration"));
                }
                _ => {}
            }
            if depth > 1 {
                faults.push("a marked piece stands in another".to_owned());
            }
        }
        let page = document.get_dictionary(id).unwrap();
        let parents = number_at(page, b"StructParents").and_then(|it| parents.get(&it)?.as_array().ok());
        let parents = parents.map_or(&[][..], Vec::as_slice);
        if parents.len() != numbers.len() {
            faults.push(format!("{} pieces, {} in the parent tree", numbers.len(), parents.len()));
        }
        for number in &numbers {
            let by_page = usize::try_from(*number).ok().and_then(|it| parents.get(it)?.as_reference().ok());
            let by_tree = walk.marks.iter().find(|(it, _)| *it == (id, *number)).map(|(_, element)| *element);
            if by_tree.is_none() || by_page != by_tree {
                faults.push(format!("the piece {number} is in {by_tree:?}, its page says {by_page:?}"));
            }
        }
        painted.extend(numbers.into_iter().map(|it| (id, it)));
    }
    let mut in_tree: Vec<(ObjectId, i64)> = walk.marks.iter().map(|(it, _)| *it).collect();
    painted.sort_unstable();
    in_tree.sort_unstable();
    if painted != in_tree {
        faults.push("the tree has other pieces than the pages, or one of them twice".to_owned());
    }
    faults
}

/// The resources of everything that paints: pages, boxes, and the pictures within.
fn resources(document: &Document) -> Vec<&Dictionary> {
    let form = dict_at(document, document.catalog().unwrap(), b"AcroForm").unwrap();
    let mut found = vec![dict_at(document, form, b"DR").unwrap()];
    for page in document.get_pages().into_values() {
        found.extend(dict_at(document, document.get_dictionary(page).unwrap(), b"Resources"));
    }
    for stream in pictures(document) {
        found.extend(dict_at(document, stream, b"Resources"));
    }
    let mut at = 0;
    while let Some(of) = found.get(at).copied() {
        at += 1;
        for (_, object) in dict_at(document, of, b"XObject").into_iter().flat_map(Dictionary::iter) {
            found.extend(dict_at(document, dict(document, object), b"Resources"));
        }
    }
    found
}

/// The pictures of boxes, of every state.
fn pictures(document: &Document) -> Vec<&Dictionary> {
    let mut found = Vec::new();
    for id in widgets(document) {
        let Some(appearance) = dict_at(document, document.get_dictionary(id).unwrap(), b"AP") else { continue };
        match appearance.get_deref(b"N", document).unwrap() {
            Object::Stream(stream) => found.push(&stream.dict),
            states => found.extend(states.as_dict().unwrap().iter().map(|(_, it)| dict(document, it))),
        }
    }
    found
}

/// Fonts: each brings its program, and the way back from codes to characters.
fn faults_of_fonts(_: &FormTemplate, document: &Document) -> Vec<String> {
    let mut faults = BTreeSet::new();
    let mut seen = 0;
    for of in resources(document) {
        for (_, font) in dict_at(document, of, b"Font").into_iter().flat_map(Dictionary::iter) {
            seen += 1;
            let font = dict(document, font);
            let name = name_at(font, b"BaseFont");
            let descendant = array_at(document, font, b"DescendantFonts").first();
            let simple = descendant.map_or(font, |it| dict(document, it));
            let program = dict_at(document, simple, b"FontDescriptor")
                .and_then(|it| it.get_deref(b"FontFile2", document).and_then(Object::as_stream).ok());
            let tag = name.split_once('+').map_or("", |(tag, _)| tag);
            if tag.len() != 6 || !tag.bytes().all(|it| it.is_ascii_uppercase()) {
                faults.insert(format!("{name} does not say that it is a subset"));
            }
            if program.is_none_or(|it| it.content.is_empty()) {
                faults.insert(format!("{name} is not embedded"));
            }
            if font.get_deref(b"ToUnicode", document).and_then(Object::as_stream).is_err() {
                faults.insert(format!("{name} has no /ToUnicode"));
            }
            if descendant.is_some() && !simple.has(b"CIDToGIDMap") {
                faults.insert(format!("{name} has no /CIDToGIDMap"));
            }
        }
    }
    if seen < 3 {
        faults.insert(format!("only {seen} fonts were found"));
    }
    faults.into_iter().collect()
}

/// What the document says about itself.
fn faults_of_document(template: &FormTemplate, document: &Document) -> Vec<String> {
    let catalog = document.catalog().unwrap();
    let is_true = |of: &[u8], key: &[u8]| {
        dict_at(document, catalog, of).is_some_and(|it| it.get(key).and_then(Object::as_bool).unwrap_or_default())
    };
    let metadata = catalog.get_deref(b"Metadata", document).and_then(Object::as_stream).unwrap();
    let packet = String::from_utf8(metadata.get_plain_content_with_limit(LIMIT).unwrap()).unwrap();
    let between = |before: &str, after: &str| Some(packet.split_once(before)?.1.split_once(after)?.0.to_owned());
    let title = text_at(dict_at(document, &document.trailer, b"Info").unwrap(), b"Title");
    let said = [
        ("/Lang", text_at(catalog, b"Lang") == template.language),
        ("/Marked", is_true(b"MarkInfo", b"Marked")),
        ("no /Suspects", !is_true(b"MarkInfo", b"Suspects")),
        ("/DisplayDocTitle", is_true(b"ViewerPreferences", b"DisplayDocTitle")),
        ("the title", !title.is_empty() && title == template.texts.title),
        ("dc:title", between(r#"xml:lang="x-default">"#, "</rdf:li>") == Some(title)),
        ("pdfuaid:part", between("<pdfuaid:part>", "</pdfuaid:part>").as_deref() == Some("1")),
    ];
    said.into_iter().filter(|(_, holds)| !holds).map(|(what, _)| what.to_owned()).collect()
}

/// Headings, tables and pictures as PDF/UA wants them built.
fn faults_of_structure(_: &FormTemplate, document: &Document) -> Vec<String> {
    let walk = Walk::of(document);
    let mut faults = Vec::new();
    let level = |tag: &str| tag.strip_prefix('H').and_then(|it| it.parse::<u8>().ok());
    let levels: Vec<u8> = walk.tags().filter_map(level).collect();
    if levels.first() != Some(&1) || levels.iter().filter(|it| **it == 1).count() != 1 {
        faults.push(format!("not one H1 before all others: {levels:?}"));
    }
    if levels.windows(2).any(|it| it[1] > it[0] + 1) || levels.len() < 3 {
        faults.push(format!("headings skip a level, or are few: {levels:?}"));
    }
    let children = |id: ObjectId| {
        walk.elements
            .iter()
            .filter(move |(it, _)| reference_at(document.get_dictionary(*it).unwrap(), b"P") == Some(id))
    };
    for (id, tag) in &walk.elements {
        let element = document.get_dictionary(*id).unwrap();
        match tag.as_str() {
            "Table" => {
                let widths: BTreeSet<usize> = children(*id).map(|(row, _)| children(*row).count()).collect();
                if widths.len() != 1 {
                    faults.push(format!("a table whose rows have {widths:?} cells"));
                }
            }
            "TH" if dict_at(document, element, b"A").is_none_or(|it| name_at(it, b"Scope") != "Column") => {
                faults.push("a head of a column that does not say so".to_owned());
            }
            "Figure" if text_at(element, b"Alt").is_empty() => faults.push("a picture without words".to_owned()),
            _ => {}
        }
    }
    faults
}

#[test]
fn every_box_has_a_name_and_a_place_in_the_structure_and_tabs_follow_it() {
    hold(faults_of_boxes);
}

#[test]
fn everything_painted_is_in_the_structure_once_or_decoration() {
    hold(faults_of_content);
}

#[test]
fn every_font_is_embedded_and_names_its_letters() {
    hold(faults_of_fonts);
}

#[test]
fn the_document_says_title_language_and_standard() {
    hold(faults_of_document);
}

#[test]
fn headings_tables_and_pictures_are_built_as_pdf_ua_wants() {
    hold(faults_of_structure);
}

/// The contrast of two colours (WCAG 2.2, 1.4.3): from 1 to 21.
fn contrast(one: Color, other: Color) -> f64 {
    let light = |color: Color| {
        let linear = |part: u8| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(color.red) + 0.7152 * linear(color.green) + 0.0722 * linear(color.blue)
    };
    let (one, other) = (light(one), light(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

const WHITE: Color = Color { red: 255, green: 255, blue: 255 };

#[test]
fn text_stands_out_from_its_ground() {
    assert!((contrast(WHITE, Color { red: 0, green: 0, blue: 0 }) - 21.0).abs() < 0.001);
    for template in &templates() {
        let colors = &template.colors;
        let on_ground = [colors.ink, colors.muted, colors.accent];
        let pairs = on_ground.into_iter().flat_map(|it| [(it, WHITE), (it, colors.box_fill)]);
        for (text, ground) in pairs.chain([(WHITE, colors.accent)]) {
            assert!(contrast(text, ground) >= 4.5, "{text:?} on {ground:?}: {}", contrast(text, ground));
        }
    }
}

/// Breaks the shipped template's blank and answers what a check finds.
fn broken(check: impl Fn(&FormTemplate, &Document) -> Vec<String>, damage: impl FnOnce(&mut Document)) -> Vec<String> {
    let mut document = shipped();
    damage(&mut document);
    check(&FormTemplate::parse(SHIPPED).unwrap(), &document)
}

#[test]
fn a_box_that_loses_its_place_or_its_name_is_noticed() {
    for key in [b"StructParent".as_slice(), b"TU"] {
        let found = broken(faults_of_boxes, |document| {
            let first = widgets(document)[0];
            document.get_dictionary_mut(first).unwrap().remove(key);
        });
        assert!(!found.is_empty(), "{}", String::from_utf8_lossy(key));
    }
    let found = broken(faults_of_boxes, |document| {
        let (_, element) = Walk::of(document).boxes[0];
        document.get_dictionary_mut(element).unwrap().set("Alt", Object::string_literal("another box"));
    });
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn content_that_is_in_two_elements_is_noticed() {
    let found = broken(faults_of_content, |document| {
        let walk = Walk::of(document);
        let (((_, number), _), (_, other)) = (walk.marks[0], walk.marks[1]);
        document.get_dictionary_mut(other).unwrap().set("K", number);
    });
    assert!(!found.is_empty());
}

#[test]
fn a_font_that_is_not_embedded_is_noticed_in_a_picture_too() {
    let found = broken(faults_of_fonts, |document| {
        let fonts = dictionary! {
            "Helv" => dictionary! { "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica" },
        };
        let prefilled = widgets(document)[0];
        let appearance = dict_at(document, document.get_dictionary(prefilled).unwrap(), b"AP").unwrap();
        let picture = reference_at(appearance, b"N").unwrap();
        let picture = document.get_object_mut(picture).and_then(Object::as_stream_mut).unwrap();
        picture.dict.set("Resources", dictionary! { "Font" => fonts });
    });
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found.iter().any(|it| it == "Helvetica is not embedded"), "{found:?}");
}

#[test]
fn pieces_in_several_fonts_stand_in_one_line_one_after_the_other() {
    let base = FormTemplate::parse(include_str!("../../../templates/authorized-user.toml")).unwrap();
    let japanese = base.translate(include_str!("../../../templates/authorized-user.ja.toml")).unwrap();
    let files = TemplateFiles {
        regular: include_bytes!("../../../templates/fonts/OpenSans-Regular.ttf"),
        bold: include_bytes!("../../../templates/fonts/OpenSans-Bold.ttf"),
        fallbacks: vec![include_bytes!("../../../templates/fonts/NotoSansJP-Medium.ttf")],
        logo: Some(include_bytes!("../../../templates/northwind-hosting.svg")),
    };
    let press = Press::new(&japanese, &files).unwrap();
    let content = String::from_utf8(press.look().pages[0].content.clone()).unwrap();
    let mixed: Vec<&str> = content.split(" ET").filter(|it| it.matches(" Tf ").count() > 1).collect();
    assert!(mixed.len() > 5, "the title alone is set in two fonts");
    // A second `Td` would begin at the first one's place and add to it.
    assert!(mixed.iter().all(|it| it.matches(" Td ").count() == 1), "{}", mixed[0]);
}
