//! Forms of ours that customers filled in honestly, each saved in another way: what fuzzing starts from and mutations begin with.

use countersign_core::account::Account;
use countersign_core::store::IssuedBlank;
use countersign_forms::{Prefill, Press};
use countersign_testkit::{NOW, generic_blank};
use lopdf::{Document, Object, ObjectId, SaveOptions, Stream, dictionary};

use crate::{Answers, customer, fill, measure};

/// A form that was filled in honestly.
#[derive(Clone, Debug)]
pub struct HonestForm {
    /// What is special about it.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// The honest forms of one customer, with the account and the issued blanks that they need to be accepted.
pub struct HonestForms {
    /// The customer's account; its Security PIN is [`measure::PIN`].
    pub account: Account,
    /// The blanks that the forms are made of.
    pub issued: [IssuedBlank; 2],
    /// The forms.
    pub forms: Vec<HonestForm>,
}

/// Fills in our blank, bound and generic, and saves it in each way.
///
/// # Panics
/// When a form cannot be made: then the project is broken.
pub fn honest_forms(press: &Press) -> HonestForms {
    let (builder, bound) = measure::customer(0);
    let account = builder.pin(measure::PIN).build();
    let generic = generic_blank(1);
    let empty = measure::blank(press, &account, &bound);
    let download = render_generic(press, &generic);
    let complete = Answers::complete().with("signer.security_pin", measure::PIN);
    let form = |name: &str, bytes| HonestForm { name: name.to_owned(), bytes };
    let forms = vec![
        form("bound", fill(&empty, &complete)),
        form("bound, several people", fill(&empty, &several(&complete))),
        form("generic", fill(&download, &with_account(&complete, &account))),
        form("pictures painted", painted(&fill(&empty, &several(&complete)))),
        form("saved as an update", updated(&empty, &complete)),
        form("object streams", with_object_streams(&fill(&empty, &complete))),
    ];
    HonestForms { account, issued: [bound, generic], forms }
}

pub(crate) fn render_generic(press: &Press, issued: &IssuedBlank) -> Vec<u8> {
    let prefill = Prefill { instance: issued.instance.clone(), expires: issued.expires, issued: NOW, account: None };
    press.render(&prefill).expect("a generic blank has nothing that might not fit").pdf
}

/// A second person, with letters outside Latin-1, and the first one's phone and role.
fn several(answers: &Answers) -> Answers {
    let more = [
        ("add.1.role", "accounting"),
        ("add.1.phone", "+1 555 010 0177"),
        ("add.2.first_name", "Zoë"),
        ("add.2.last_name", "Brömmel-Šimić"),
        ("add.2.email", "zoe@henley.example"),
        ("add.2.pin", "0862"),
    ];
    more.into_iter().fold(answers.clone(), |answers, (field, value)| answers.with(field, value))
}

fn with_account(answers: &Answers, account: &Account) -> Answers {
    let header = [
        ("account.number", account.number.as_str()),
        ("account.name", &account.name),
        ("account.billing_email", account.billing_email.as_str()),
    ];
    header.into_iter().fold(answers.clone(), |answers, (field, value)| answers.with(field, value))
}

/// The form with a picture of every text that Latin-1 can spell, as most programs paint it.
fn painted(form: &[u8]) -> Vec<u8> {
    let mut document = load(form);
    let fields: Vec<ObjectId> = document.objects.iter().filter(|(_, it)| is_text(it)).map(|(id, _)| *id).collect();
    for id in fields {
        let field = document.get_dictionary(id).expect("it was found as one");
        let text = field.get(b"V").and_then(lopdf::decode_text_string).unwrap_or_default();
        if text.is_empty() || field.has(b"AP") || text.chars().any(|it| u32::from(it) > 0xff) {
            continue;
        }
        let place = field.get(b"Rect").and_then(Object::as_array).expect("a field has a place");
        let edges: Vec<f32> = place.iter().filter_map(|it| it.as_float().ok()).collect();
        let picture = document.add_object(picture_of(&text, edges[2] - edges[0]));
        customer::dictionary(&mut document, id).set("AP", dictionary! { "N" => picture });
    }
    saved(&mut document)
}

fn is_text(object: &Object) -> bool {
    object.as_dict().is_ok_and(|it| it.get(b"FT").and_then(Object::as_name).is_ok_and(|it| it == b"Tx"))
}

/// The picture of a text in Helvetica, in a box of this width in points.
pub(crate) fn picture_of(text: &str, width: f32) -> Stream {
    let font = dictionary! {
        "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica", "Encoding" => "WinAnsiEncoding",
    };
    let resources = dictionary! { "Font" => dictionary! { "F" => font } };
    let bounds = vec![0.into(), 0.into(), width.into(), 19.into()];
    let picture = dictionary! { "Type" => "XObject", "Subtype" => "Form", "BBox" => bounds, "Resources" => resources };
    let bytes: Vec<u8> = text.chars().flat_map(|it| u8::try_from(u32::from(it)).ok()).collect();
    let hex: String = bytes.iter().map(|it| format!("{it:02x}")).collect();
    Stream::new(picture, format!("/Tx BMC q BT /F 7 Tf 2 6 Td <{hex}> Tj ET Q EMC").into_bytes())
}

/// The blank as it was sent, and behind it an update with what the customer wrote.
fn updated(blank: &[u8], answers: &Answers) -> Vec<u8> {
    let (before, after) = (load(blank), load(&fill(blank, answers)));
    let changed = after.objects.iter().filter(|(id, it)| before.objects.get(id) != Some(it));
    let mut update = lopdf::IncrementalDocument::create_from(blank.to_vec(), before.clone());
    for (id, object) in changed {
        update.new_document.set_object(*id, object.clone());
    }
    let mut bytes = Vec::new();
    update.save_to(&mut bytes).expect("saving into memory does not fail");
    bytes
}

/// The form saved by another program.
pub(crate) fn with_object_streams(form: &[u8]) -> Vec<u8> {
    let options = SaveOptions { use_object_streams: true, use_xref_streams: true, ..SaveOptions::default() };
    let mut bytes = Vec::new();
    load(form).save_with_options(&mut bytes, options).expect("saving into memory does not fail");
    bytes
}

fn load(form: &[u8]) -> Document {
    Document::load_mem(form).expect("lopdf reads our forms")
}

pub(crate) fn saved(document: &mut Document) -> Vec<u8> {
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).expect("saving into memory does not fail");
    bytes
}
