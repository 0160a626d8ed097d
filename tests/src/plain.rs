//! What a form stores and shows, read plainly and the other way round: from the boxes on the pages up to the fields, the values by the
//! parser that the project reads pictures with, the pictures by the parser that it reads values with. What the project accepts
//! must be what is found here too.

use std::collections::BTreeMap;
use std::sync::Arc;

use hayro_interpret::hayro_syntax::Pdf;
use hayro_interpret::hayro_syntax::object::{Array, Dict, Object as Value};
use lopdf::content::Content;
use lopdf::{Dictionary, Document, Object};

/// What a form stores and shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plain {
    /// The boxes of each field, by its full name.
    pub boxes: BTreeMap<String, Vec<PlainBox>>,
    /// Annotations that belong to no field.
    pub others: usize,
    /// The operators of the pages.
    pub operators: Vec<Operator>,
}

/// An operator of a page.
#[derive(Clone, Debug, PartialEq)]
pub struct Operator {
    /// Its name.
    pub name: String,
    operands: Vec<Object>,
}

/// A box on a page.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PlainBox {
    /// The text; of a box to tick, the state, `Off` when there is none.
    pub value: String,
    /// The page, counted from 0.
    pub page: usize,
    /// Left, bottom, right and top edge.
    pub rect: [f32; 4],
    /// `/F` (ISO 32000-1, table 165).
    pub flags: i64,
    /// The number of its object.
    pub number: Option<u32>,
    /// What is painted into it, by state; text boxes have one without a name.
    pub pictures: BTreeMap<String, Picture>,
}

/// What is painted into a box.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Picture {
    /// The letters, without blanks.
    pub text: String,
    /// The operators, as they are written.
    pub content: Vec<u8>,
}

/// How far up a field may reach.
const LEVELS: usize = 32;
/// Bytes that a picture or a page may inflate to.
const MOST: usize = 4 << 20;

impl Plain {
    /// Reads a form; `None` when one of the two parsers does not open it.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let pdf = Pdf::new(Arc::new(bytes.to_vec())).ok()?;
        let mut plain = Self::default();
        for (number, page) in pdf.pages().iter().enumerate() {
            let content = page.page_stream().unwrap_or_default();
            let operations = Content::decode(content).map(|it| it.operations).unwrap_or_default();
            let operators = operations.into_iter().map(|it| Operator { name: it.operator, operands: it.operands });
            plain.operators.extend(operators);
            let listed = page.raw().get::<Array<'_>>("Annots");
            for dict in listed.iter().flat_map(Array::iter::<Dict<'_>>) {
                plain.add(&dict, number);
            }
        }
        plain.add_pictures(&Document::load_mem(bytes).ok()?);
        Some(plain)
    }

    fn add(&mut self, dict: &Dict<'_>, page: usize) {
        let number = dict.obj_id().map(|it| it.obj_number);
        let up = std::iter::successors(Some(dict.clone()), |it| it.get::<Dict<'_>>("Parent"));
        let chain: Vec<Dict<'_>> = up.take(LEVELS).collect();
        let names = chain.iter().rev().filter_map(|it| decoded(it.get::<Value<'_>>("T")?));
        let name = names.fold(String::new(), |above, part| joined(&above, &part));
        if name.is_empty() {
            self.others += 1;
            return;
        }
        let inherited = |key: &str| chain.iter().find_map(|it| it.get::<Value<'_>>(key));
        let is_check = matches!(inherited("FT"), Some(Value::Name(it)) if it.as_str() == "Btn");
        let text = inherited("V").and_then(decoded).unwrap_or_default();
        let state = text.trim_start_matches('/');
        let value = match state {
            _ if !is_check => text,
            "" => "Off".to_owned(),
            _ => state.to_owned(),
        };
        let rect = dict.get::<[f32; 4]>("Rect").unwrap_or_default();
        let rect = [rect[0].min(rect[2]), rect[1].min(rect[3]), rect[0].max(rect[2]), rect[1].max(rect[3])];
        let flags = dict.get::<i64>("F").unwrap_or(0);
        let found = PlainBox { value, page, rect, flags, number, pictures: BTreeMap::new() };
        self.boxes.entry(name).or_default().push(found);
    }

    fn add_pictures(&mut self, document: &Document) {
        for found in self.boxes.values_mut().flatten() {
            let id = found.number.map(|it| (it, 0));
            if let Some(dict) = id.and_then(|it| document.get_dictionary(it).ok()) {
                found.pictures = pictures(document, dict);
            }
        }
    }
}

/// The full name of a part below another. macOS Preview writes the full name into the part; no other part has a dot (ISO 32000-1,
/// 12.7.3.2).
fn joined(above: &str, part: &str) -> String {
    if above.is_empty() || part.contains('.') { part.to_owned() } else { format!("{above}.{part}") }
}

/// The text of a value; `None` of what is no text.
fn decoded(value: Value<'_>) -> Option<String> {
    let text = match value {
        Value::String(it) => text_string(it.as_bytes()),
        Value::Name(it) => it.as_str().to_owned(),
        Value::Number(it) if it.as_f64().fract() == 0.0 => it.as_i64().to_string(),
        Value::Number(it) => it.as_f32().to_string(),
        Value::Boolean(it) => it.to_string(),
        Value::Stream(it) => text_string(&it.decoded_data().ok()?),
        Value::Array(them) => them.iter::<Value<'_>>().filter_map(decoded).collect::<Vec<_>>().join("\n"),
        Value::Null(_) | Value::Dict(_) => return None,
    };
    Some(text.replace("\r\n", "\n").replace('\r', "\n"))
}

/// A text string (ISO 32000-1, 7.9.2.2); what has no certain meaning here is none of an honest form.
fn text_string(bytes: &[u8]) -> String {
    let utf16 = |units: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = units.chunks_exact(2).map(|it| unit([it[0], it[1]])).collect();
        without_languages(&String::from_utf16_lossy(&units))
    };
    match bytes {
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => without_languages(&String::from_utf8_lossy(rest)),
        plain => plain.iter().map(|it| pdf_doc(*it)).collect(),
    }
}

/// A text without its language marks: ESC, a language, ESC (ISO 32000-1, 7.9.2.2).
fn without_languages(text: &str) -> String {
    text.split('\u{1b}').step_by(2).collect()
}

/// A letter of PDFDocEncoding (ISO 32000-1, annex D.3).
fn pdf_doc(byte: u8) -> char {
    const LOW: [char; 8] = ['˘', 'ˇ', 'ˆ', '˙', '˝', '˛', '˚', '˜'];
    const HIGH: [char; 33] = [
        '•', '†', '‡', '…', '—', '–', 'ƒ', '⁄', '‹', '›', '−', '‰', '„', '“', '”', '‘', '’', '‚', '™', 'ﬁ', 'ﬂ', 'Ł',
        'Œ', 'Š', 'Ÿ', 'Ž', 'ı', 'ł', 'œ', 'š', 'ž', '\u{fffd}', '€',
    ];
    match byte {
        0x18..=0x1f => LOW[usize::from(byte - 0x18)],
        0x80..=0xa0 => HIGH[usize::from(byte - 0x80)],
        other => char::from(other),
    }
}

/// `/AP /N` (ISO 32000-1, 12.5.5): one picture, or one for each state.
fn pictures(document: &Document, dict: &Dictionary) -> BTreeMap<String, Picture> {
    let normal = dict.get_deref(b"AP", document).and_then(Object::as_dict).and_then(|it| it.get_deref(b"N", document));
    match normal {
        Ok(Object::Dictionary(states)) => {
            let name = |state: &[u8]| String::from_utf8_lossy(state).into_owned();
            let found = states.iter().filter_map(|(state, it)| Some((name(state), picture(document, it)?)));
            found.collect()
        }
        Ok(it) => picture(document, it).map(|it| (String::new(), it)).into_iter().collect(),
        Err(_) => BTreeMap::new(),
    }
}

fn picture(document: &Document, object: &Object) -> Option<Picture> {
    let stream = document.dereference(object).ok()?.1.as_stream().ok()?;
    let content = stream.decompressed_content_with_limit(MOST).ok()?;
    let resources = stream.dict.get_deref(b"Resources", document).and_then(Object::as_dict).ok();
    let fonts = resources.and_then(|it| it.get_deref(b"Font", document).and_then(Object::as_dict).ok());
    let mut font = None;
    let mut text = String::new();
    for operation in Content::decode(&content).ok()?.operations {
        match operation.operator.as_str() {
            "Tf" => {
                let name = operation.operands.first().and_then(|it| it.as_name().ok()).unwrap_or_default();
                font = fonts.and_then(|it| it.get_deref(name, document).and_then(Object::as_dict).ok());
            }
            "Tj" | "TJ" | "'" | "\"" => {
                let shown =
                    operation.operands.iter().flat_map(|it| it.as_array().map_or(std::slice::from_ref(it), |it| it));
                for bytes in shown.filter_map(|it| it.as_str().ok()) {
                    text.push_str(&letters(document, font, bytes));
                }
            }
            _ => {}
        }
    }
    text.retain(|it| !it.is_whitespace());
    Some(Picture { text, content })
}

fn letters(document: &Document, font: Option<&Dictionary>, bytes: &[u8]) -> String {
    let encoding = font.and_then(|it| it.get_font_encoding_with_limit(document, MOST).ok());
    let known = encoding.and_then(|it| Document::decode_text(&it, bytes).ok());
    known.unwrap_or_else(|| bytes.iter().map(|it| char::from(*it)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{honest_forms, measure};

    #[test]
    fn an_honest_form_says_and_shows_what_was_written() {
        let forms = honest_forms(&measure::press()).forms;
        for form in &forms {
            let plain = Plain::read(&form.bytes).unwrap();
            let value = |name: &str| plain.boxes[name].iter().map(|it| it.value.as_str()).collect::<Vec<_>>();
            assert_eq!(value("add.1.first_name"), ["Robert"], "{}", form.name);
            assert_eq!(value("consent.full_privileges"), ["Yes"], "{}", form.name);
            assert_eq!(value("signer.is_authorized_user"), ["Off"], "{}", form.name);
            assert_eq!(value("account.number"), ["A-2000000"], "{}", form.name);
            assert_eq!(plain.others, 0, "{}", form.name);
        }
        let painted = Plain::read(&forms.iter().find(|it| it.name == "pictures painted").unwrap().bytes).unwrap();
        assert_eq!(painted.boxes["add.1.email"][0].pictures[""].text, "rob@henley.example");
        assert_eq!(painted.boxes["account.number"][0].pictures[""].text, "A-2000000");
        assert_eq!(painted.boxes["add.2.first_name"][0].value, "Zoë");
    }
}
