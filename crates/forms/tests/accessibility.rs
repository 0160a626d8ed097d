//! What makes a blank usable with a screen reader, and what no checker notices when it is missing (ISO 14289-1): every box is tied to
//! the structure from both sides and has words, every piece of the page stands in it once, every font is embedded.

#![expect(clippy::unwrap_used, reason = "an unexpected answer is the failure that a test looks for")]

use std::collections::{BTreeMap, BTreeSet};

use countersign_core::template::{Color, FormTemplate};
use countersign_forms::{Prefill, Press, TemplateFiles};
use countersign_testkit::{NOW, generic_blank};
use lopdf::{Dictionary, Document, Object, ObjectId};

const TEMPLATE: &str = include_str!("../../../templates/authorized-user.toml");
const TRANSLATIONS: [&str; 4] = [
    include_str!("../../../templates/authorized-user.de.toml"),
    include_str!("../../../templates/authorized-user.es.toml"),
    include_str!("../../../templates/authorized-user.fr.toml"),
    include_str!("../../../templates/authorized-user.ja.toml"),
];
fn files() -> TemplateFiles<'static> {
    TemplateFiles {
        regular: include_bytes!("../../../templates/fonts/OpenSans-Regular.ttf"),
        bold: include_bytes!("../../../templates/fonts/OpenSans-Bold.ttf"),
        fallbacks: vec![include_bytes!("../../../templates/fonts/NotoSansJP-Medium.ttf")],
        logo: Some(include_bytes!("../../../templates/northwind-hosting.svg")),
    }
}

/// The shipped form in all its languages, and one that goes on to further pages.
fn templates() -> Vec<FormTemplate> {
    let base = FormTemplate::parse(TEMPLATE).unwrap();
    let long = FormTemplate::parse(&TEMPLATE.replace("rows = 4", "rows = 30")).unwrap();
    let translated = TRANSLATIONS.iter().map(|it| base.translate(it).unwrap());
    translated.chain([base.clone(), long]).collect()
}

fn blanks() -> Vec<(FormTemplate, Document)> {
    let blank = generic_blank(2);
    let prefill = Prefill { instance: blank.instance, expires: blank.expires, issued: NOW, account: None };
    let made = |it: FormTemplate| {
        let pdf = Press::new(&it, &files()).unwrap().render(&prefill).unwrap().pdf;
        (it, Document::load_mem(&pdf).unwrap())
    };
    templates().into_iter().map(made).collect()
}

fn dict(pdf: &Document, id: ObjectId) -> &Dictionary {
    pdf.get_dictionary(id).unwrap()
}

/// The parent tree: from keys to what stands there.
fn parents(pdf: &Document) -> BTreeMap<i64, Object> {
    let root = pdf.catalog().unwrap().get(b"StructTreeRoot").unwrap().as_reference().unwrap();
    let tree = dict(pdf, root).get_deref(b"ParentTree", pdf).unwrap().as_dict().unwrap();
    let nums = tree.get(b"Nums").unwrap().as_array().unwrap();
    nums.chunks(2).map(|it| (it[0].as_i64().unwrap(), it[1].clone())).collect()
}

#[test]
fn every_box_and_its_element_lead_to_each_other_and_have_words() {
    for (template, pdf) in blanks() {
        let parents = parents(&pdf);
        let mut boxes = 0;
        for page in pdf.get_pages().into_values() {
            assert_eq!(dict(&pdf, page).get(b"Tabs").unwrap().as_name().unwrap(), b"S");
            for widget in dict(&pdf, page).get(b"Annots").unwrap().as_array().unwrap() {
                let widget = widget.as_reference().unwrap();
                let field = dict(&pdf, widget);
                let key = field.get(b"StructParent").unwrap().as_i64().unwrap();
                let element = dict(&pdf, parents[&key].as_reference().unwrap());
                assert_eq!(element.get(b"S").unwrap().as_name().unwrap(), b"Form");
                let object = element.get(b"K").unwrap().as_dict().unwrap();
                assert_eq!(object.get(b"Obj").unwrap().as_reference().unwrap(), widget);
                assert_eq!(element.get(b"Pg").unwrap().as_reference().unwrap(), page);
                for (dict, key) in [(element, b"Alt".as_slice()), (field, b"TU")] {
                    let words = lopdf::decode_text_string(dict.get(key).unwrap()).unwrap();
                    assert!(words.chars().any(char::is_alphabetic), "{}: {words:?}", template.id);
                }
                boxes += 1;
            }
        }
        assert_eq!(boxes, template.fields().len());
    }
}

#[test]
fn every_piece_of_a_page_is_in_the_structure_once() {
    for (template, pdf) in blanks() {
        let parents = parents(&pdf);
        for page in pdf.get_pages().into_values() {
            let content = pdf.get_page_content_with_limit(page, 1 << 22).unwrap();
            let text = String::from_utf8_lossy(&content);
            let words: Vec<&str> = text.split_ascii_whitespace().collect();
            let numbers = |at: usize| words[at].trim_end_matches(">>").parse::<usize>().ok();
            let found: Vec<usize> =
                (1..words.len()).filter(|at| words[at - 1].ends_with("/MCID")).filter_map(numbers).collect();
            let inline = words.iter().filter_map(|it| it.split_once("/MCID").map(|(_, rest)| rest));
            let inline = inline.filter_map(|it| it.trim_end_matches(">>").parse().ok());
            let found: Vec<usize> = found.into_iter().chain(inline).collect();
            let key = dict(&pdf, page).get(b"StructParents").unwrap().as_i64().unwrap();
            let elements = parents[&key].as_array().unwrap();
            assert_eq!(
                found.iter().copied().collect::<BTreeSet<_>>(),
                (0..elements.len()).collect(),
                "{}",
                template.id
            );
            assert_eq!(found.len(), elements.len(), "{}", template.id);
            for (number, element) in elements.iter().enumerate() {
                let kids = dict(&pdf, element.as_reference().unwrap()).get(b"K").unwrap();
                let of_this_page = |it: &Object| match it {
                    Object::Integer(it) => usize::try_from(*it) == Ok(number),
                    Object::Dictionary(it) => {
                        it.get(b"MCID").is_ok_and(|it| it.as_i64().ok() == i64::try_from(number).ok())
                    }
                    _ => false,
                };
                let kids = kids.as_array().map_or(std::slice::from_ref(kids), Vec::as_slice);
                assert_eq!(kids.iter().filter(|it| of_this_page(it)).count(), 1, "{}: {number}", template.id);
            }
            // Whatever is drawn is either a piece or decoration.
            let begun = words.iter().filter(|it| **it == "BDC" || **it == "BMC").count();
            assert_eq!(begun, words.iter().filter(|it| **it == "EMC").count());
        }
    }
}

#[test]
fn every_font_is_embedded_and_leads_back_to_characters() {
    for (template, pdf) in blanks() {
        let fonts = pdf.objects.values().filter_map(|it| it.as_dict().ok());
        let fonts: Vec<&Dictionary> =
            fonts.filter(|it| it.get(b"Type").is_ok_and(|it| it.as_name().is_ok_and(|it| it == b"Font"))).collect();
        assert!(fonts.len() >= 3, "{}", template.id);
        for font in fonts {
            assert!(font.get_deref(b"ToUnicode", &pdf).unwrap().as_stream().is_ok());
            let described = match font.get(b"DescendantFonts") {
                Ok(descendants) => descendants.as_array().unwrap()[0].as_dict().unwrap(),
                Err(_) => font,
            };
            let descriptor = described.get_deref(b"FontDescriptor", &pdf).unwrap().as_dict().unwrap();
            assert!(descriptor.get_deref(b"FontFile2", &pdf).unwrap().as_stream().is_ok());
        }
    }
}

#[test]
fn the_document_says_what_it_is() {
    for (template, pdf) in blanks() {
        let catalog = pdf.catalog().unwrap();
        assert_eq!(catalog.get(b"Lang").unwrap().as_str().unwrap(), template.language.as_bytes());
        let marked = catalog.get(b"MarkInfo").unwrap().as_dict().unwrap().get(b"Marked").unwrap();
        assert_eq!(marked, &Object::Boolean(true));
        let preferences = catalog.get(b"ViewerPreferences").unwrap().as_dict().unwrap();
        assert_eq!(preferences.get(b"DisplayDocTitle").unwrap(), &Object::Boolean(true));
        let xmp = catalog.get_deref(b"Metadata", &pdf).unwrap().as_stream().unwrap();
        let xmp = String::from_utf8(xmp.content.clone()).unwrap();
        assert!(xmp.contains("<pdfuaid:part>1</pdfuaid:part>"));
        assert!(xmp.contains(&format!(">{}</rdf:li></rdf:Alt></dc:title>", template.texts.title)), "{xmp}");
        let information = pdf.trailer.get_deref(b"Info", &pdf).unwrap().as_dict().unwrap();
        let title = lopdf::decode_text_string(information.get(b"Title").unwrap()).unwrap();
        assert_eq!(title, template.texts.title);
    }
}

#[test]
fn pieces_in_several_fonts_stand_in_one_line_one_after_the_other() {
    let base = FormTemplate::parse(TEMPLATE).unwrap();
    let japanese = base.translate(TRANSLATIONS[3]).unwrap();
    let press = Press::new(&japanese, &files()).unwrap();
    let content = String::from_utf8(press.look().pages[0].content.clone()).unwrap();
    let lines: Vec<&str> = content.split(" ET").collect();
    let mixed: Vec<&&str> = lines.iter().filter(|it| it.matches(" Tf ").count() > 1).collect();
    assert!(mixed.len() > 5, "the title alone is set in two fonts");
    // A second `Td` would begin at the first one's place and add to it.
    assert!(mixed.iter().all(|it| it.matches(" Td ").count() == 1), "{}", mixed[0]);
}

/// The contrast of two colours (WCAG 2.2, "contrast ratio").
fn contrast(one: Color, other: Color) -> f64 {
    let part = |it: u8| {
        let it = f64::from(it) / 255.0;
        if it <= 0.04045 { it / 12.92 } else { ((it + 0.055) / 1.055).powf(2.4) }
    };
    let luminance = |it: Color| 0.2126 * part(it.red) + 0.7152 * part(it.green) + 0.0722 * part(it.blue);
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn texts_stand_out_from_their_ground() {
    let fernhill = include_str!("../../../templates/fernhill-telecom/fernhill-authorized-user.toml");
    for text in [TEMPLATE, fernhill] {
        let colors = FormTemplate::parse(text).unwrap().colors;
        let white = Color { red: 255, green: 255, blue: 255 };
        for ink in [colors.ink, colors.muted, colors.accent] {
            for ground in [white, colors.box_fill] {
                assert!(contrast(ink, ground) >= 4.5, "{ink:?} on {ground:?}: {}", contrast(ink, ground));
            }
        }
    }
}
