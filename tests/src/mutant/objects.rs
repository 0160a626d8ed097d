//! Changes of a form as fields, boxes, pictures and pages, by what knows PDF well. The file is whole again afterwards.

use countersign_testkit::Seeded;
use lopdf::content::Content;
use lopdf::{Dictionary, Document, Object, ObjectId, StringFormat, dictionary, text_string};

use super::one_of;
use crate::honest::picture_of;

/// About the width of a box of the form, in points.
const WIDTH: f32 = 100.0;

/// A form as its objects.
pub(super) struct Objects {
    pub(super) document: Document,
    /// Its fields and boxes.
    pub(super) fields: Vec<ObjectId>,
    pub(super) random: Seeded,
}

/// A change by name.
type Change = (&'static str, fn(&mut Objects));

const CHANGES: [Change; 25] = [
    ("another value", Objects::set_value),
    ("another value, and its picture", Objects::set_value_and_picture),
    ("a letter of a value", Objects::change_value),
    ("values exchanged", |it| it.exchange(b"V")),
    ("a value removed", |it| it.remove(b"V")),
    ("a value above the field", Objects::set_value_above),
    ("a box ticked or emptied", Objects::toggle),
    ("a picture removed", |it| it.remove(b"AP")),
    ("pictures exchanged", |it| it.exchange(b"AP")),
    ("a picture copied", |it| it.copy(b"AP")),
    ("another picture", Objects::set_picture),
    ("a byte of a picture", Objects::change_picture),
    ("flags of a field", |it| it.change_number(b"Ff")),
    ("flags of a box", |it| it.change_number(b"F")),
    ("another length", |it| it.change_number(b"MaxLen")),
    ("a box moved", Objects::move_box),
    ("names of fields exchanged", |it| it.exchange(b"T")),
    ("a name changed", Objects::rename),
    ("another kind", |it| it.exchange(b"FT")),
    ("a field doubled", Objects::double),
    ("a box not listed", Objects::unlist),
    ("a second box of a field", Objects::add_box),
    ("any entry of any object", Objects::change_any),
    ("an operator of a page", Objects::change_page),
    ("an entry of the form or the catalog", Objects::change_catalog),
];

/// What customers, slips of the pen and attackers write into boxes.
const WORDS: [&str; 22] = [
    "Mallory",
    "Margaret",
    "Robert",
    "Ellison",
    "Henley",
    "mallory@evil.example",
    "rob@henley.example",
    "5293",
    "0862",
    "1234",
    "719305",
    "+1 555 010 0142",
    "03/04/2026",
    "03/05/2027",
    "Yes",
    "Off",
    "owner",
    " ",
    "Zoë",
    "佐藤",
    "O’Brien",
    "A-2000000",
];

impl Objects {
    /// Makes one change and says which.
    pub(super) fn change(&mut self) -> &'static str {
        let (name, change) = one_of(&mut self.random, &CHANGES).expect("there are changes");
        change(self);
        name
    }

    fn below(&mut self, end: usize) -> usize {
        self.random.below(end.max(1) as u64) as usize
    }

    fn word(&mut self) -> &'static str {
        one_of(&mut self.random, &WORDS).expect("there are words")
    }

    /// A field; twice as often one that holds something.
    fn field(&mut self) -> Option<ObjectId> {
        let filled: Vec<ObjectId> = self.fields.iter().copied().filter(|it| self.has(*it, b"V")).collect();
        let any = self.below(3) == 0 || filled.is_empty();
        if any { one_of(&mut self.random, &self.fields) } else { one_of(&mut self.random, &filled) }
    }

    fn has(&self, id: ObjectId, key: &[u8]) -> bool {
        self.document.get_dictionary(id).is_ok_and(|it| it.has(key))
    }

    fn dict(&mut self, id: ObjectId) -> Option<&mut Dictionary> {
        self.document.get_object_mut(id).and_then(Object::as_dict_mut).ok()
    }

    fn set(&mut self, id: ObjectId, key: &str, value: impl Into<Object>) {
        if let Some(dict) = self.dict(id) {
            dict.set(key, value);
        }
    }

    /// A text in one of the encodings that programs write.
    fn encoded(&mut self, text: &str) -> Object {
        match self.below(6) {
            0 => {
                let utf16 = text.encode_utf16().flat_map(u16::to_be_bytes);
                Object::String([0xfe, 0xff].into_iter().chain(utf16).collect(), StringFormat::Hexadecimal)
            }
            1 => Object::String([b"\xef\xbb\xbf", text.as_bytes()].concat(), StringFormat::Literal),
            2 => Object::String(text.as_bytes().to_vec(), StringFormat::Literal),
            3 if text.is_ascii() => Object::Name(text.as_bytes().to_vec()),
            _ => text_string(text),
        }
    }

    fn set_value(&mut self) {
        let word = self.word();
        let value = self.encoded(word);
        if let Some(id) = self.field() {
            self.set(id, "V", value);
        }
    }

    fn set_value_and_picture(&mut self) {
        let word = self.word();
        let shown = if self.below(2) == 0 { word } else { self.word() };
        let picture = self.document.add_object(picture_of(shown, WIDTH));
        let value = self.encoded(word);
        if let Some(id) = self.field() {
            self.set(id, "V", value);
            self.set(id, "AP", dictionary! { "N" => picture });
        }
    }

    fn change_value(&mut self) {
        let Some(id) = self.field() else { return };
        let text =
            self.document.get_dictionary(id).and_then(|it| it.get(b"V")).and_then(lopdf::decode_text_string).ok();
        let Some(mut letters) = text.map(|it| it.chars().collect::<Vec<_>>()).filter(|it| !it.is_empty()) else {
            return;
        };
        let at = self.below(letters.len());
        letters[at] = char::from(one_of(&mut self.random, b"aeiostAER0123456789 .-").expect("there are letters"));
        let text: String = letters.into_iter().collect();
        let value = self.encoded(&text);
        self.set(id, "V", value);
    }

    fn set_value_above(&mut self) {
        let word = self.word();
        let value = self.encoded(word);
        let Some(id) = self.field() else { return };
        let above = self.document.get_dictionary(id).and_then(|it| it.get(b"Parent")).and_then(Object::as_reference);
        if let Ok(above) = above {
            self.set(above, "V", value);
            if self.below(2) == 0 {
                self.dict(id).and_then(|it| it.remove(b"V"));
            }
        }
    }

    fn toggle(&mut self) {
        let is_button = |it: &&ObjectId| self.has(**it, b"AS");
        let boxes: Vec<ObjectId> = self.fields.iter().filter(is_button).copied().collect();
        let Some(id) = one_of(&mut self.random, &boxes) else { return };
        let state = one_of(&mut self.random, &["Yes", "Off", "On"]).expect("there are states");
        let both = self.below(3);
        if both != 1 {
            self.set(id, "V", state);
        }
        if both != 2 {
            self.set(id, "AS", state);
        }
    }

    fn exchange(&mut self, key: &[u8]) {
        let (Some(one), Some(other)) = (self.field(), self.field()) else { return };
        let taken = [one, other].map(|it| self.dict(it).and_then(|it| it.remove(key)));
        let [of_one, of_other] = taken;
        for (id, value) in [(one, of_other), (other, of_one)] {
            if let (Some(value), Some(dict)) = (value, self.dict(id)) {
                dict.set(key, value);
            }
        }
    }

    fn copy(&mut self, key: &[u8]) {
        let (Some(from), Some(to)) = (self.field(), self.field()) else { return };
        let value = self.document.get_dictionary(from).and_then(|it| it.get(key)).ok().cloned();
        if let (Some(value), Some(dict)) = (value, self.dict(to)) {
            dict.set(key, value);
        }
    }

    fn remove(&mut self, key: &[u8]) {
        if let Some(id) = self.field() {
            self.dict(id).and_then(|it| it.remove(key));
        }
    }

    fn set_picture(&mut self) {
        let word = self.word();
        let picture = self.document.add_object(picture_of(word, WIDTH));
        if let Some(id) = self.field() {
            self.set(id, "AP", dictionary! { "N" => picture });
        }
    }

    /// Changes one byte of a picture's content: of an operator, a number or what it shows.
    fn change_picture(&mut self) {
        let is_picture = |it: &Object| it.as_stream().is_ok_and(|it| it.dict.has(b"BBox"));
        let pictures: Vec<ObjectId> =
            self.document.objects.iter().filter(|(_, it)| is_picture(it)).map(|(id, _)| *id).collect();
        let Some(id) = one_of(&mut self.random, &pictures) else { return };
        let Ok(stream) = self.document.get_object_mut(id).and_then(Object::as_stream_mut) else { return };
        let Ok(mut content) = stream.decompressed_content_with_limit(1 << 20) else { return };
        if content.is_empty() {
            return;
        }
        let at = self.random.below(content.len() as u64) as usize;
        content[at] = one_of(&mut self.random, b"0123456789 .-abfgqQTjJdmlre()<>/\n").expect("there are bytes");
        stream.dict.remove(b"Filter");
        stream.dict.remove(b"DecodeParms");
        stream.set_content(content);
    }

    fn change_number(&mut self, key: &[u8]) {
        let other = match self.below(3) {
            0 => 1 << self.below(20),
            1 => self.below(64) as i64,
            _ => -1,
        };
        if let Some(dict) = self.field().and_then(|it| self.dict(it)) {
            dict.set(key, other);
        }
    }

    fn move_box(&mut self) {
        let (edge, step) = (self.below(4), one_of(&mut self.random, &[0.4_f32, -0.4, 3.0, -30.0, 2000.0]));
        let Some(dict) = self.field().and_then(|it| self.dict(it)) else { return };
        if let (Ok(rect), Some(step)) = (dict.get_mut(b"Rect").and_then(Object::as_array_mut), step)
            && let Some(number) = rect.get_mut(edge)
        {
            *number = Object::Real(number.as_float().unwrap_or(0.0) + step);
        }
    }

    fn rename(&mut self) {
        let name =
            one_of(&mut self.random, &["pin", "first_name", "add.1.pin", "x", "", "security_pin", "pin ", "owner"]);
        if let (Some(id), Some(name)) = (self.field(), name) {
            self.set(id, "T", Object::string_literal(name));
        }
    }

    /// A second field of the same name, listed as the first is, with another value or the same.
    fn double(&mut self) {
        let Some(id) = self.field() else { return };
        let Ok(mut twin) = self.document.get_dictionary(id).cloned() else { return };
        if self.below(2) == 0 {
            let word = self.word();
            twin.set("V", self.encoded(word));
        }
        let twin = self.document.add_object(twin);
        let (in_lists, on_page) = (self.below(4) != 0, self.below(4) != 0);
        for (key, wanted) in [(&b"Kids"[..], in_lists), (b"Fields", in_lists), (b"Annots", on_page)] {
            if wanted {
                self.list_beside(id, twin, key);
            }
        }
    }

    /// A box more for a field, which has the field above it.
    fn add_box(&mut self) {
        let Some(id) = self.field() else { return };
        let Ok(mut twin) = self.document.get_dictionary(id).cloned() else { return };
        twin.remove(b"T");
        twin.remove(b"V");
        twin.set("Parent", id);
        if self.below(2) == 0 {
            let word = self.word();
            twin.set("V", self.encoded(word));
        }
        let twin = self.document.add_object(twin);
        self.set(id, "Kids", vec![twin.into()]);
        if self.below(2) == 0 {
            self.list_beside(id, twin, b"Annots");
        }
    }

    fn list_beside(&mut self, id: ObjectId, twin: ObjectId, key: &[u8]) {
        for object in self.document.objects.values_mut() {
            let Ok(dict) = object.as_dict_mut() else { continue };
            if let Ok(list) = dict.get_mut(key).and_then(Object::as_array_mut)
                && list.contains(&id.into())
            {
                list.push(twin.into());
            }
        }
    }

    fn unlist(&mut self) {
        let Some(id) = self.field() else { return };
        let key = one_of(&mut self.random, &[&b"Kids"[..], b"Fields", b"Annots"]).expect("there are keys");
        for object in self.document.objects.values_mut() {
            let Ok(dict) = object.as_dict_mut() else { continue };
            if let Ok(list) = dict.get_mut(key).and_then(Object::as_array_mut) {
                list.retain(|it| *it != id.into());
            }
        }
    }

    /// Removes an entry of any dictionary, renames it, exchanges it with another's or changes it.
    fn change_any(&mut self) {
        let all: Vec<ObjectId> = self.document.objects.keys().copied().collect();
        let (Some(one), Some(other)) = (one_of(&mut self.random, &all), one_of(&mut self.random, &all)) else { return };
        let Some((key, value)) = self.entry_of(one) else { return };
        let foreign = self.entry_of(other);
        let change = self.below(4);
        let changed = self.changed(value.clone(), &all);
        let Some(dict) = self.document.get_object_mut(one).ok().and_then(dict_of) else { return };
        match (change, foreign) {
            (0, _) => drop(dict.remove(&key)),
            (1, Some((foreign_key, _))) => {
                dict.remove(&key);
                dict.set(foreign_key, value);
            }
            (2, Some((_, foreign_value))) => dict.set(key, foreign_value),
            _ => dict.set(key, changed),
        }
    }

    fn entry_of(&mut self, id: ObjectId) -> Option<(Vec<u8>, Object)> {
        let dict = dict_of(self.document.get_object_mut(id).ok()?)?;
        let entries: Vec<(&Vec<u8>, &Object)> = dict.iter().collect();
        let (key, value) = one_of(&mut self.random, &entries)?;
        Some((key.clone(), value.clone()))
    }

    fn changed(&mut self, value: Object, all: &[ObjectId]) -> Object {
        match value {
            Object::Integer(number) => (number + one_of(&mut self.random, &[1, -1, 4, 1000]).unwrap_or(1)).into(),
            Object::Real(number) => (number * one_of(&mut self.random, &[0.5, 1.01, -1.0]).unwrap_or(1.0)).into(),
            Object::Reference(_) => one_of(&mut self.random, all).map_or(Object::Null, Into::into),
            Object::Boolean(truth) => (!truth).into(),
            Object::Array(mut elements) => {
                let (one, other) = (self.below(elements.len()), self.below(elements.len()));
                if !elements.is_empty() {
                    elements.swap(one, other);
                }
                elements.into()
            }
            Object::Name(_) => {
                one_of(&mut self.random, &["Off", "Yes", "Tx", "Btn", "Helv", "Type0"]).unwrap_or("Off").into()
            }
            Object::String(..) => {
                let word = self.word();
                self.encoded(word)
            }
            Object::Dictionary(_) | Object::Stream(_) | Object::Null => Object::Null,
        }
    }

    /// Changes, removes or repeats one operator of a page.
    fn change_page(&mut self) {
        let Some(page) = self.document.get_pages().values().next().copied() else { return };
        let Ok(content) = self.document.get_page_content_with_limit(page, 1 << 22) else { return };
        let Ok(mut content) = Content::decode(&content) else { return };
        if content.operations.is_empty() {
            return;
        }
        let at = self.below(content.operations.len());
        match self.below(3) {
            0 => drop(content.operations.remove(at)),
            1 => content.operations.insert(at, content.operations[at].clone()),
            _ => {
                let operands = std::mem::take(&mut content.operations[at].operands);
                content.operations[at].operands = operands.into_iter().map(|it| self.changed(it, &[])).collect();
            }
        }
        if let Ok(encoded) = content.encode() {
            let _ = self.document.change_page_content(page, encoded);
        }
    }

    fn change_catalog(&mut self) {
        let script = dictionary! { "S" => "JavaScript", "JS" => Object::string_literal("app.beep()") };
        let of_form: [(&str, Object); 4] = [
            ("NeedAppearances", true.into()),
            ("DA", Object::string_literal("/Helv 0 Tf 1 g")),
            ("SigFlags", 3.into()),
            ("XFA", Object::string_literal("<xdp/>")),
        ];
        let of_catalog: [(&str, Object); 3] =
            [("OpenAction", script.into()), ("Lang", Object::string_literal("de")), ("Perms", dictionary! {}.into())];
        let (of_form, of_catalog) = (&of_form[self.below(4)], &of_catalog[self.below(3)]);
        let form = self.document.catalog().and_then(|it| it.get(b"AcroForm")).and_then(Object::as_reference);
        match (self.below(3), form) {
            (0, _) => {
                if let Ok(catalog) = self.document.catalog_mut() {
                    catalog.set(of_catalog.0, of_catalog.1.clone());
                }
            }
            (_, Ok(form)) => self.set(form, of_form.0, of_form.1.clone()),
            _ => {}
        }
    }
}

/// A dictionary, or that of a stream.
fn dict_of(object: &mut Object) -> Option<&mut Dictionary> {
    match object {
        Object::Dictionary(dict) => Some(dict),
        Object::Stream(stream) => Some(&mut stream.dict),
        _ => None,
    }
}
