//! Customers who put several forms into one PDF, with programs that treat the names of fields in different ways.

use lopdf::{Dictionary, Document, Object, ObjectId, dictionary};

/// What a program does with fields whose names are there already.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Naming {
    /// `account.number`, `account+1.number`: as qpdf does.
    Suffixed,
    /// `account.number`, `1.account.number`: as pdftk does.
    Prefixed,
    /// They keep their names, so that several fields have one: as pypdf does.
    Kept,
    /// The boxes are there, but no list of fields: as pikepdf does, page by page.
    Unlisted,
    /// The boxes are there, and what stands above them is lost: as pdfunite does.
    Cut,
}

/// The pages of these files behind one another in one file.
///
/// # Panics
/// When one of them is no PDF.
pub fn merge(files: &[Vec<u8>], naming: Naming) -> Vec<u8> {
    let mut merged = Document::with_version("1.7");
    let tree = merged.new_object_id();
    let (mut pages, mut fields, mut fonts) = (Vec::new(), Vec::new(), Object::Null);
    for (at, file) in files.iter().enumerate() {
        let mut one = Document::load_mem(file).expect("a PDF");
        one.renumber_objects_with(merged.max_id + 1);
        for page in one.get_pages().into_values() {
            dict(&mut one, page).set("Parent", tree);
            pages.push(Object::Reference(page));
        }
        if naming == Naming::Cut {
            cut(&mut one);
        }
        if let Some(form) = form_of(&one) {
            fonts = form.get(b"DR").cloned().unwrap_or(Object::Null);
            let own = form.get(b"Fields").and_then(Object::as_array).expect("its fields").clone();
            fields.extend(rename(&mut one, own, at, naming));
        }
        merged.max_id = one.max_id;
        merged.objects.extend(one.objects);
    }
    let count = i64::try_from(pages.len()).expect("few pages");
    merged.objects.insert(tree, dictionary! { "Type" => "Pages", "Kids" => pages, "Count" => count }.into());
    let mut catalog = dictionary! { "Type" => "Catalog", "Pages" => tree };
    if !matches!(naming, Naming::Unlisted | Naming::Cut) && !fields.is_empty() {
        catalog.set("AcroForm", dictionary! { "Fields" => fields, "DR" => fonts });
    }
    let root = merged.add_object(catalog);
    merged.trailer.set("Root", root);
    merged.prune_objects();
    let mut bytes = Vec::new();
    merged.save_to(&mut bytes).expect("saving into memory does not fail");
    bytes
}

/// The top fields of the form that comes as number `at`, under their new names.
fn rename(one: &mut Document, own: Vec<Object>, at: usize, naming: Naming) -> Vec<Object> {
    let ids: Vec<ObjectId> = own.iter().map(|it| it.as_reference().expect("a reference")).collect();
    match naming {
        Naming::Suffixed if at > 0 => {
            for id in ids {
                let name = dict(one, id).get(b"T").and_then(Object::as_str).expect("a name").to_vec();
                let name = format!("{}+{at}", String::from_utf8_lossy(&name));
                dict(one, id).set("T", Object::string_literal(name));
            }
            own
        }
        Naming::Prefixed if at > 0 => {
            let parent = one.add_object(dictionary! { "T" => Object::string_literal(at.to_string()), "Kids" => own });
            for id in ids {
                dict(one, id).set("Parent", parent);
            }
            vec![parent.into()]
        }
        Naming::Suffixed | Naming::Prefixed | Naming::Kept | Naming::Unlisted | Naming::Cut => own,
    }
}

/// Takes from every field what stands above it.
fn cut(one: &mut Document) {
    let fields = one.objects.values_mut().filter_map(|it| it.as_dict_mut().ok()).filter(|it| it.has(b"FT"));
    fields.for_each(|it| drop(it.remove(b"Parent")));
}

fn form_of(document: &Document) -> Option<Dictionary> {
    let form = document.catalog().expect("a catalog").get(b"AcroForm").ok()?;
    document.dereference(form).ok()?.1.as_dict().ok().cloned()
}

fn dict(document: &mut Document, id: ObjectId) -> &mut Dictionary {
    document.get_object_mut(id).and_then(Object::as_dict_mut).expect("a dictionary")
}
