//! What printpdf drew, taken over: the content of the pages and everything that it draws with.

use std::collections::BTreeMap;

use lopdf::{Dictionary, Document, Object};

use crate::document::Objects;

/// The names under which pages find the instance id as a QR code and in letters, and the logo.
pub(crate) const QR: &str = "Instance";
pub(crate) const NUMBER: &str = "Number";
pub(crate) const LOGO: &str = "Logo";

/// What printpdf drew: the content of each page and everything that it draws with.
pub(crate) struct Drawn {
    pub(crate) pages: Vec<DrawnPage>,
    pub(crate) objects: Objects,
}

pub(crate) struct DrawnPage {
    pub(crate) content: Vec<u8>,
    pub(crate) resources: Dictionary,
}

impl Drawn {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        const LIMIT: usize = 64 << 20;
        let mut document = Document::load_mem(bytes).expect("lopdf reads what printpdf writes");
        document.renumber_objects();
        let mut used = BTreeMap::new();
        let mut pages = Vec::new();
        for id in document.get_pages().into_values() {
            let content = document.get_page_content_with_limit(id, LIMIT).expect("printpdf's own content");
            let page = document.get_dictionary(id).expect("a page is a dictionary");
            let resources = page.get_deref(b"Resources", &document).and_then(Object::as_dict);
            let mut resources = resources.expect("printpdf's pages have resources").clone();
            // printpdf writes these without anything in them.
            for idle in [&b"XObject"[..], b"Shading", b"ExtGState"] {
                resources.remove(idle);
            }
            used.extend(reachable(&document, &Object::Dictionary(resources.clone())));
            pages.push(DrawnPage { content: in_single_blanks(&content), resources });
        }
        for stream in used.values_mut().filter_map(|it| it.as_stream_mut().ok()) {
            stream.compress().expect("deflating into memory does not fail");
        }
        Self { pages, objects: Objects::after(document.max_id, used) }
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

/// The content with single blanks between its words: the form in which readers compare it.
fn in_single_blanks(content: &[u8]) -> Vec<u8> {
    let is_blank = |it: &u8| matches!(it, 0 | b'\t' | b'\n' | 0x0C | b'\r' | b' ');
    content.split(is_blank).filter(|it| !it.is_empty()).collect::<Vec<_>>().join(&b' ')
}
