//! Customers who do not fill in the fields: one prints to a PDF, one types over the boxes.

use lopdf::content::{Content, Operation};
use lopdf::{Dictionary, Document, Object, ObjectId, Stream, dictionary};

use crate::customer::{Answers, fill};

/// What stands in a box, and where the box is.
struct Filled {
    text: String,
    /// Left, bottom, right, top, in points.
    place: [f32; 4],
    is_tick: bool,
}

/// The form filled in and then printed to a PDF: values on the page, no field left.
pub fn print(blank: &[u8], answers: &Answers) -> Vec<u8> {
    let mut document = Document::load_mem(&fill(blank, answers)).expect("a filled form");
    let filled = boxes(&document);
    let operations: Vec<Operation> = filled.iter().flat_map(|it| drawn(it, it.place[0], it.place[1])).collect();
    write_on_page(&mut document, operations);
    document.catalog_mut().expect("a catalog").remove(b"AcroForm");
    let page = page(&document);
    dict(&mut document, page).remove(b"Annots");
    saved(document)
}

/// The empty form with a text annotation over each box.
pub fn type_over(blank: &[u8], answers: &Answers) -> Vec<u8> {
    let filled = boxes(&Document::load_mem(&fill(blank, answers)).expect("a filled form"));
    let prefilled = boxes(&Document::load_mem(blank).expect("a blank"));
    let mut document = Document::load_mem(blank).expect("a blank");
    let is_new = |it: &&Filled| prefilled.iter().all(|before| before.place != it.place);
    for written in filled.iter().filter(is_new) {
        let annotation = free_text(&mut document, written);
        let page = page(&document);
        let annotations = dict(&mut document, page).get_mut(b"Annots").and_then(Object::as_array_mut);
        annotations.expect("its boxes").push(annotation.into());
    }
    saved(document)
}

fn free_text(document: &mut Document, written: &Filled) -> ObjectId {
    let [left, bottom, right, top] = written.place;
    let content = Content { operations: drawn(written, 0.0, 0.0) }.encode().expect("operators can be written");
    let bounds: Vec<Object> = [0.0, 0.0, right - left, top - bottom].map(Object::from).to_vec();
    let resources = dictionary! { "Font" => dictionary! { "Written" => helvetica() } };
    let picture = dictionary! { "Type" => "XObject", "Subtype" => "Form", "BBox" => bounds, "Resources" => resources };
    let picture = document.add_object(Stream::new(picture, content));
    let place: Vec<Object> = written.place.map(Object::from).to_vec();
    document.add_object(dictionary! {
        "Type" => "Annot", "Subtype" => "FreeText", "Rect" => place, "F" => 4,
        "Contents" => Object::string_literal(written.text.as_str()), "AP" => dictionary! { "N" => picture },
    })
}

fn helvetica() -> Dictionary {
    dictionary! { "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica", "Encoding" => "WinAnsiEncoding" }
}

/// The operators that paint a value into a box that begins here.
fn drawn(written: &Filled, left: f32, bottom: f32) -> Vec<Operation> {
    let at = |x: f32, y: f32| vec![(left + x).into(), (bottom + y).into()];
    if written.is_tick {
        let colour = Operation::new("RG", vec![0.into(), 0.into(), 0.into()]);
        return vec![
            colour,
            Operation::new("m", at(2.0, 6.0)),
            Operation::new("l", at(5.0, 2.0)),
            Operation::new("l", at(9.0, 9.0)),
            Operation::new("S", vec![]),
        ];
    }
    vec![
        Operation::new("BT", vec![]),
        Operation::new("rg", vec![0.into(), 0.into(), 0.into()]),
        Operation::new("Tf", vec!["Written".into(), 9.into()]),
        Operation::new("Td", at(4.0, 6.0)),
        Operation::new("Tj", vec![Object::string_literal(written.text.as_str())]),
        Operation::new("ET", vec![]),
    ]
}

fn write_on_page(document: &mut Document, operations: Vec<Operation>) {
    let page = page(document);
    let mut content = document.get_page_content_with_limit(page, 1 << 20).expect("its content");
    content.push(b' ');
    content.extend(Content { operations }.encode().expect("operators can be written"));
    document.change_page_content(page, content).expect("content can be changed");
    let resources = dict(document, page).get(b"Resources").expect("its resources").clone();
    let resources = match resources {
        Object::Reference(id) => dict(document, id),
        _ => dict(document, page).get_mut(b"Resources").and_then(Object::as_dict_mut).expect("a dictionary"),
    };
    let fonts = resources.get(b"Font").expect("its fonts").clone();
    match fonts {
        Object::Reference(id) => dict(document, id).set("Written", helvetica()),
        _ => {
            let fonts = resources.get_mut(b"Font").and_then(Object::as_dict_mut);
            fonts.expect("a dictionary").set("Written", helvetica());
        }
    }
}

/// Everything that stands in the boxes of a form.
fn boxes(document: &Document) -> Vec<Filled> {
    let widgets = document.objects.values().filter_map(|it| it.as_dict().ok()).filter(|it| it.has(b"FT"));
    widgets.filter_map(written_in).collect()
}

fn written_in(widget: &Dictionary) -> Option<Filled> {
    let place: Vec<f32> =
        widget.get(b"Rect").and_then(Object::as_array).ok()?.iter().filter_map(|it| it.as_float().ok()).collect();
    let is_tick = widget.get(b"FT").and_then(Object::as_name).is_ok_and(|it| it == b"Btn");
    let text = match widget.get(b"V").ok()? {
        Object::Name(name) if name == b"Off" => return None,
        Object::Name(name) => String::from_utf8_lossy(name).into_owned(),
        text => lopdf::decode_text_string(text).ok()?,
    };
    Some(Filled { text, place: place.try_into().ok()?, is_tick })
}

fn page(document: &Document) -> ObjectId {
    *document.get_pages().get(&1).expect("a page")
}

fn dict(document: &mut Document, id: ObjectId) -> &mut Dictionary {
    document.get_object_mut(id).and_then(Object::as_dict_mut).expect("a dictionary")
}

fn saved(mut document: Document) -> Vec<u8> {
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).expect("saving into memory does not fail");
    bytes
}
