//! A customer with a program that fills in forms: sets values and ticks boxes, and saves the file anew.

use lopdf::{Dictionary, Document, Object, ObjectId, text_string};

/// What a customer writes, by field; `Yes` ticks a box.
#[derive(Clone, Debug, Default)]
pub struct Answers(Vec<(String, String)>);

impl Answers {
    /// The Account Owner of the tests adds one person: all that an acceptance needs.
    pub fn complete() -> Self {
        let answers = [
            ("signer.first_name", "Margaret"),
            ("signer.last_name", "Henley"),
            ("signer.email", "margaret@henley.example"),
            ("signer.phone", "+1 555 010 0142"),
            ("signer.security_pin", "719305"),
            ("signer.is_owner", "Yes"),
            ("add.1.first_name", "Robert"),
            ("add.1.last_name", "Ellison"),
            ("add.1.email", "rob@henley.example"),
            ("add.1.pin", "5293"),
            ("consent.full_privileges", "Yes"),
            ("signature.typed_name", "Margaret Henley"),
            ("signature.date", "03/04/2026"),
        ];
        Self(answers.map(|(field, value)| (field.to_owned(), value.to_owned())).to_vec())
    }

    /// The owner, or an Authorized User by this name and with the email of [`address`], who asks for nothing yet.
    pub fn signed_by(name: Option<(&str, &str)>) -> Self {
        let people = ["add.1.first_name", "add.1.last_name", "add.1.email", "add.1.pin"];
        let of_owner = people.into_iter().fold(Self::complete(), Self::without);
        let Some((first, last)) = name else { return of_owner };
        of_owner
            .without("signer.is_owner")
            .with("signer.is_authorized_user", "Yes")
            .with("signer.first_name", first)
            .with("signer.last_name", last)
            .with("signer.email", &address(first))
            .with("signature.typed_name", &format!("{first} {last}"))
    }

    /// The same, and this person is to be added; the first one asked for.
    #[must_use]
    pub fn adding(self, (first, last): (&str, &str)) -> Self {
        self.with("add.1.first_name", first)
            .with("add.1.last_name", last)
            .with("add.1.email", &address(first))
            .with("add.1.pin", "5293")
    }

    /// The same, and this person is to be removed.
    #[must_use]
    pub fn removing(self, (first, last): (&str, &str)) -> Self {
        self.with("remove.1.first_name", first).with("remove.1.last_name", last)
    }

    /// What is written, by field.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(field, value)| (field.as_str(), value.as_str()))
    }

    /// The same with another answer.
    #[must_use]
    pub fn with(mut self, field: &str, value: &str) -> Self {
        self.0.retain(|(it, _)| it != field);
        self.0.push((field.to_owned(), value.to_owned()));
        self
    }

    /// The same without an answer.
    #[must_use]
    pub fn without(mut self, field: &str) -> Self {
        self.0.retain(|(it, _)| it != field);
        self
    }
}

/// The email of somebody at the customer's.
fn address(first: &str) -> String {
    format!("{}@henley.example", first.to_lowercase())
}

/// The form as the customer saves it.
///
/// # Panics
/// When the form has no such field: then the test is wrong.
pub fn fill(blank: &[u8], answers: &Answers) -> Vec<u8> {
    let mut document = Document::load_mem(blank).expect("lopdf reads our blanks");
    for (field, value) in &answers.0 {
        let id = find(&document, field).unwrap_or_else(|| panic!("the form has no field {field}"));
        let dict = dictionary(&mut document, id);
        if dict.get(b"FT").and_then(Object::as_name).is_ok_and(|it| it == b"Btn") {
            dict.set("V", value.as_str());
            dict.set("AS", value.as_str());
        } else {
            dict.set("V", text_string(value));
        }
    }
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).expect("saving into memory does not fail");
    bytes
}

fn find(document: &Document, name: &str) -> Option<ObjectId> {
    let form = document.catalog().ok()?.get_deref(b"AcroForm", document).and_then(Object::as_dict).ok()?;
    let mut kids = references(form, b"Fields");
    let mut found = None;
    for part in name.split('.') {
        let is_it = |id: &ObjectId| {
            let title = document.get_dictionary(*id).and_then(|it| it.get(b"T")).and_then(Object::as_str);
            title.is_ok_and(|it| it == part.as_bytes())
        };
        let id = kids.into_iter().find(is_it)?;
        kids = references(document.get_dictionary(id).ok()?, b"Kids");
        found = Some(id);
    }
    found
}

/// An object that is a dictionary, to change it.
///
/// # Panics
/// When it is none: then the test is wrong.
pub(crate) fn dictionary(document: &mut Document, id: ObjectId) -> &mut Dictionary {
    document.get_object_mut(id).and_then(Object::as_dict_mut).expect("a field is a dictionary")
}

fn references(dict: &Dictionary, key: &[u8]) -> Vec<ObjectId> {
    let array = dict.get(key).and_then(Object::as_array);
    array.into_iter().flatten().filter_map(|it| it.as_reference().ok()).collect()
}
