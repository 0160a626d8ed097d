//! Blanks as files: the same input gives the same bytes, and each blank is whole by itself.

#![expect(clippy::unwrap_used, reason = "an unexpected answer is the failure that a test looks for")]

use countersign_core::account::AccountHeader;
use countersign_core::template::{FormTemplate, TemplateId};
use countersign_forms::{Prefill, Press, PressError, TemplateFiles};
use countersign_testkit::{NOW, bound_blank, generic_blank};
use lopdf::{Dictionary, Document, Object};

const TEMPLATE: &str = include_str!("../../../templates/authorized-user.toml");
const FILES: TemplateFiles<'static> = TemplateFiles {
    fallbacks: Vec::new(),
    logo: Some(include_bytes!("../../../templates/northwind-hosting.svg")),
    regular: include_bytes!("../../../templates/fonts/OpenSans-Regular.ttf"),
    bold: include_bytes!("../../../templates/fonts/OpenSans-Bold.ttf"),
};

fn press() -> Press {
    Press::new(&FormTemplate::parse(TEMPLATE).unwrap(), &FILES).unwrap()
}

fn bound(name: &str) -> Prefill {
    let blank = bound_blank("A-1001101", 1);
    let account = AccountHeader {
        number: "A-1001101".parse().unwrap(),
        name: name.to_owned(),
        billing_email: "billing@henley.example".parse().unwrap(),
    };
    Prefill { instance: blank.instance, expires: blank.expires, issued: NOW, account: Some(account) }
}

fn generic() -> Prefill {
    let blank = generic_blank(2);
    Prefill { instance: blank.instance, expires: blank.expires, issued: NOW, account: None }
}

fn made(prefill: &Prefill) -> Document {
    Document::load_mem(&press().render(prefill).unwrap().pdf).unwrap()
}

/// The fields by their last name, all of which differ where it matters here.
fn field<'a>(document: &'a Document, group: &str, name: &str) -> &'a Dictionary {
    let title = |it: &Dictionary| it.get(b"T").and_then(Object::as_str).map(<[u8]>::to_vec).unwrap_or_default();
    let dicts = document.objects.values().filter_map(|it| it.as_dict().ok());
    dicts
        .filter(|it| title(it) == name.as_bytes() && it.has(b"FT"))
        .find(|it| {
            it.get_deref(b"Parent", document).and_then(Object::as_dict).is_ok_and(|up| title(up) == group.as_bytes())
        })
        .unwrap_or_else(|| panic!("{group}.{name}"))
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let (one, two) = (press().render(&bound("Henley & Sons")), press().render(&bound("Henley & Sons")));
    assert_eq!(one.unwrap().pdf, two.unwrap().pdf);
    let other = Prefill { issued: countersign_testkit::minutes_later(1), ..bound("Henley & Sons") };
    assert_ne!(press().render(&other).unwrap().pdf, press().render(&bound("Henley & Sons")).unwrap().pdf);
}

#[test]
fn a_blank_is_one_revision_with_a_plain_table() {
    for prefill in [bound("Henley"), bound("Łódź"), bound("電話会社"), generic()] {
        let pdf = press().render(&prefill).unwrap().pdf;
        let count = |what: &[u8]| pdf.windows(what.len()).filter(|it| *it == what).count();
        assert_eq!((count(b"startxref"), count(b"%%EOF"), count(b"/ObjStm"), count(b"/XRef")), (1, 1, 0, 0));
        assert_eq!(
            (count(b"/JavaScript"), count(b"/NeedAppearances"), count(b"/XFA"), count(b"/Encrypt")),
            (0, 0, 0, 0)
        );
        let strict = lopdf::LoadOptions { strict: true, ..Default::default() };
        let document = Document::load_mem_with_options(&pdf, strict).unwrap();
        assert!(document.xref_recovery.is_none());
        let dangling = document.objects.values().flat_map(references).find(|it| !document.objects.contains_key(it));
        assert_eq!(dangling, None);
    }
}

fn references(object: &Object) -> Vec<(u32, u16)> {
    match object {
        Object::Reference(id) => vec![*id],
        Object::Array(elements) => elements.iter().flat_map(references).collect(),
        Object::Dictionary(dict) => dict.iter().flat_map(|(_, it)| references(it)).collect(),
        Object::Stream(stream) => stream.dict.iter().flat_map(|(_, it)| references(it)).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn a_bound_blank_is_prefilled_for_good_and_a_generic_one_is_not() {
    let (bound, generic) = (made(&bound("Henley")), made(&generic()));
    let flags = |it: &Dictionary| it.get(b"Ff").and_then(Object::as_i64).unwrap_or(0);
    let number = field(&bound, "account", "number");
    assert_eq!((flags(number), number.get(b"V").and_then(Object::as_str).unwrap()), (1, &b"A-1001101"[..]));
    assert!(number.has(b"AP"));
    let number = field(&generic, "account", "number");
    assert_eq!((flags(number), number.has(b"V"), number.has(b"AP")), (0, false, false));
    for document in [&bound, &generic] {
        assert_eq!(flags(field(document, "form", "instance")), 1);
    }
}

#[test]
fn empty_text_boxes_have_no_picture_and_boxes_to_tick_have_two() {
    let document = made(&bound("Henley"));
    assert!(!field(&document, "signer", "security_pin").has(b"AP"));
    let tick = field(&document, "consent", "full_privileges");
    assert_eq!(tick.get(b"V").and_then(Object::as_name).unwrap(), b"Off");
    let states = tick.get_deref(b"AP", &document).and_then(Object::as_dict).unwrap();
    let states: Vec<&[u8]> =
        states.get(b"N").and_then(Object::as_dict).unwrap().iter().map(|(name, _)| name.as_slice()).collect();
    assert_eq!(states, [&b"Yes"[..], b"Off"]);
}

#[test]
fn a_name_that_no_font_can_write_is_left_to_the_viewer() {
    assert!(field(&made(&bound("Łódź Żak")), "account", "name").has(b"AP"));
    let foreign = made(&bound("電話会社"));
    assert!(!field(&foreign, "account", "name").has(b"AP"));
    assert!(field(&foreign, "account", "name").has(b"V"));
}

#[test]
fn every_box_is_tied_to_its_place_in_the_structure() {
    let document = made(&bound("Henley"));
    let root = document.catalog().unwrap().get_deref(b"StructTreeRoot", &document).and_then(Object::as_dict).unwrap();
    let tree =
        root.get(b"ParentTree").and_then(Object::as_dict).unwrap().get(b"Nums").and_then(Object::as_array).unwrap();
    let widgets = document.objects.iter().filter_map(|(id, it)| Some((*id, it.as_dict().ok()?)));
    let mut seen = 0;
    for (id, widget) in widgets.filter(|(_, it)| it.has(b"StructParent")) {
        let key = widget.get(b"StructParent").and_then(Object::as_i64).unwrap();
        let at = tree.iter().step_by(2).position(|it| it.as_i64().unwrap() == key).unwrap();
        let element = document.get_dictionary(tree[2 * at + 1].as_reference().unwrap()).unwrap();
        assert_eq!(element.get(b"S").and_then(Object::as_name).unwrap(), b"Form");
        assert!(widget.has(b"TU"));
        let object = element.get(b"K").and_then(Object::as_dict).unwrap();
        assert_eq!(object.get(b"Obj").and_then(Object::as_reference).unwrap(), id);
        seen += 1;
    }
    assert_eq!(seen, press().look().fields.len());
}

#[test]
fn a_value_longer_than_its_box_takes_is_an_error() {
    let text = TEMPLATE.replace("max_length = 120", "max_length = 10");
    let press = Press::new(&FormTemplate::parse(&text).unwrap(), &FILES).unwrap();
    let error = press.render(&bound("Henley Dental Group")).err().unwrap();
    assert_eq!(error, PressError::TooLong { field: "account.name".to_owned(), length: 19, limit: 10 });
}

#[test]
fn the_look_names_every_field_and_the_page() {
    let press = press();
    let look = press.look();
    assert_eq!(look.template, TemplateId { name: "authorized-user".to_owned(), version: 1 });
    assert_eq!((look.pages.len(), look.pages[0].width, look.pages[0].height), (1, 612.0, 792.0));
    let line = look.pages[0].signature.unwrap();
    assert!(line.right - line.left > 100.0 && line.top - line.bottom > 20.0, "{line:?}");
    assert!(look.specimen.starts_with(b"%PDF-"));
    assert_eq!((look.fields["account.number"].flags, look.fields["form.instance"].flags), (0, 1));
    assert!(look.fields["account.number"].prefilled && !look.fields["signer.email"].prefilled);
}
