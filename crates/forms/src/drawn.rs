//! What printpdf drew, taken over: the content of the page and everything that it draws with.

use std::collections::BTreeMap;

use countersign_core::template::Rect;
use lopdf::{Dictionary, Document, Object};

use crate::appearance::number;
use crate::document::Objects;

/// The name under which the page finds its QR code.
pub(crate) const QR: &str = "Instance";

/// What printpdf drew: the content of the page and everything that it draws with.
pub(crate) struct Drawn {
    pub(crate) content: Vec<u8>,
    pub(crate) resources: Dictionary,
    pub(crate) objects: Objects,
}

impl Drawn {
    pub(crate) fn of(bytes: &[u8], qr: &Rect) -> Self {
        const LIMIT: usize = 64 << 20;
        let mut document = Document::load_mem(bytes).expect("lopdf reads what printpdf writes");
        document.renumber_objects();
        let id = *document.get_pages().get(&1).expect("one page was drawn");
        let content = document.get_page_content_with_limit(id, LIMIT).expect("printpdf's own content");
        let page = document.get_dictionary(id).expect("a page is a dictionary");
        let resources = page.get_deref(b"Resources", &document).and_then(Object::as_dict);
        let resources = resources.expect("printpdf's pages have resources").clone();
        let mut fonts = reachable(&document, &Object::Dictionary(resources.clone()));
        for stream in fonts.values_mut().filter_map(|it| it.as_stream_mut().ok()) {
            stream.compress().expect("deflating into memory does not fail");
        }
        let objects = Objects::after(document.max_id, fonts);
        Self { content: with_qr(&content, qr), resources, objects }
    }
}

/// Everything that an object leads to.
fn reachable(document: &Document, from: &Object) -> BTreeMap<u32, Object> {
    let mut found = BTreeMap::new();
    let mut open = vec![from];
    while let Some(object) = open.pop() {
        match object {
            Object::Reference(id) if !found.contains_key(&id.0) => {
                let target = document.get_object(*id).expect("printpdf leaves no reference dangling");
                found.insert(id.0, target.clone());
                open.push(target);
            }
            Object::Array(elements) => open.extend(elements),
            Object::Dictionary(dict) => open.extend(dict.iter().map(|(_, it)| it)),
            Object::Stream(stream) => open.extend(stream.dict.iter().map(|(_, it)| it)),
            _ => {}
        }
    }
    found
}

/// The content with the QR code at its place, and single blanks between its words: the form in which readers compare it.
fn with_qr(content: &[u8], at: &Rect) -> Vec<u8> {
    let [width, height, left, bottom] = [at.right - at.left, at.top - at.bottom, at.left, at.bottom].map(number);
    let code = format!(" /Artifact BMC q {width} 0 0 {height} {left} {bottom} cm /{QR} Do Q EMC");
    let is_blank = |it: &u8| matches!(it, 0 | b'\t' | b'\n' | 0x0C | b'\r' | b' ');
    let words = content.split(is_blank).chain(code.as_bytes().split(is_blank)).filter(|it| !it.is_empty());
    words.collect::<Vec<_>>().join(&b' ')
}
