//! Forms that were tampered with between the customer and the office: none is accepted, and the reason says what was found.

use countersign_tests::{Answers, Office, fill};
use lopdf::{Dictionary, Document, Object, ObjectId, Stream, dictionary};

/// The filled form of the office's customer after `tamper`, decided; answers outcome and reasons.
fn decided(tamper: impl FnOnce(&mut Document)) -> (String, String) {
    let office = Office::open();
    let mut document = Document::load_mem(&fill(&office.blank(), &Answers::complete())).expect("a filled form");
    tamper(&mut document);
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).expect("saving into memory does not fail");
    office.at.write("returned/form.pdf", bytes);
    office.run("ingest returned").done();
    for table in ["rejected", "held"] {
        if let Some(row) = office.report(table).first() {
            return (table.to_owned(), row["all_reasons"].clone());
        }
    }
    ("accepted".to_owned(), String::new())
}

#[track_caller]
fn check(tamper: impl FnOnce(&mut Document), outcome: &str, reasons: &str) {
    assert_eq!(decided(tamper), (outcome.to_owned(), reasons.to_owned()));
}

/// The field `part` of the group `group`.
fn field(document: &Document, group: &str, part: &str) -> ObjectId {
    let title = |it: &Dictionary| it.get(b"T").and_then(Object::as_str).map(<[u8]>::to_vec).unwrap_or_default();
    let is_it = |it: &Dictionary| {
        let above = it.get_deref(b"Parent", document).and_then(Object::as_dict);
        title(it) == part.as_bytes() && it.has(b"FT") && above.is_ok_and(|it| title(it) == group.as_bytes())
    };
    let found = document.objects.iter().find(|(_, it)| it.as_dict().is_ok_and(is_it));
    *found.unwrap_or_else(|| panic!("{group}.{part}")).0
}

fn dict(document: &mut Document, id: ObjectId) -> &mut Dictionary {
    document.get_object_mut(id).and_then(Object::as_dict_mut).expect("a dictionary")
}

/// Gives a field a picture with this content, in Helvetica.
fn paint(document: &mut Document, id: ObjectId, content: &str) {
    let font = dictionary! {
        "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica", "Encoding" => "WinAnsiEncoding",
    };
    let resources = dictionary! { "Font" => dictionary! { "F" => font } };
    let bounds = vec![0.into(), 0.into(), 160.into(), 19.into()];
    let picture = dictionary! { "Type" => "XObject", "Subtype" => "Form", "BBox" => bounds, "Resources" => resources };
    let picture = document.add_object(Stream::new(picture, content.as_bytes().to_vec()));
    dict(document, id).set("AP", dictionary! { "N" => picture });
}

#[test]
fn an_untouched_form_is_accepted() {
    check(|_| {}, "accepted", "");
}

#[test]
fn a_true_picture_is_no_tampering() {
    let tamper = |it: &mut Document| {
        let id = field(it, "1", "first_name");
        paint(it, id, "BT /F 9 Tf 4 6 Td (Robert) Tj ET");
    };
    check(tamper, "accepted", "");
}

#[test]
fn a_box_that_shows_another_name_is_held() {
    let tamper = |it: &mut Document| {
        let id = field(it, "1", "first_name");
        paint(it, id, "BT /F 9 Tf 4 6 Td (Alice) Tj ET");
    };
    check(tamper, "held", "VALUE_APPEARANCE_MISMATCH");
}

#[test]
fn a_box_that_is_painted_empty_is_held() {
    let tamper = |it: &mut Document| {
        let id = field(it, "1", "first_name");
        paint(it, id, "q Q");
    };
    check(tamper, "held", "VALUE_APPEARANCE_MISMATCH");
}

/// A value that is stored and painted, but so that nobody sees it.
#[track_caller]
fn check_unseen(content: &str) {
    let tamper = |it: &mut Document| {
        let id = field(it, "1", "first_name");
        paint(it, id, content);
    };
    check(tamper, "held", "FIELD_HIDDEN VALUE_APPEARANCE_MISMATCH");
}

#[test]
fn a_value_that_is_painted_so_that_nobody_sees_it_is_held() {
    check_unseen("1 1 1 rg BT /F 9 Tf 4 6 Td (Robert) Tj ET");
    check_unseen("BT /F 9 Tf 3 Tr 4 6 Td (Robert) Tj ET");
    check_unseen("BT /F 0.6 Tf 4 6 Td (Robert) Tj ET");
    check_unseen("BT /F 9 Tf 4 6 Td (Robert) Tj ET 0.95 g 0 0 160 19 re f");
    check_unseen("BT /F 9 Tf 4 6 Td (Robert) Tj ET 1 G 12 w 0 9 m 160 9 l S");
}

/// A picture that the plain text of its operators does not tell.
#[track_caller]
fn check_crooked(content: &str) {
    let tamper = |it: &mut Document| {
        let id = field(it, "1", "first_name");
        paint(it, id, content);
    };
    check(tamper, "held", "VALUE_APPEARANCE_MISMATCH");
}

#[test]
fn a_picture_that_shows_something_else_than_its_text_is_held() {
    // Two small squares are left of everything.
    check_crooked("q 0 0 0.1 0.1 re 159.9 18.9 0.1 0.1 re W n BT /F 9 Tf 4 6 Td (Robert) Tj ET Q");
    // Letters may be drawn.
    check_crooked("BT /F 9 Tf 4 6 Td (Robert) Tj ET 90 4 m 95 14 l 100 4 l h f");
    // The order of painting is not that of reading.
    check_crooked("BT /F 9 Tf 1 0 0 1 30 6 Tm (Rob) Tj 1 0 0 1 4 6 Tm (ert) Tj ET");
    // Only feet of letters are inside of the box.
    check_crooked("BT /F 9 Tf 4 18.9 Td (Robert) Tj ET");
    check_crooked("q /F 9 Tf re-W BT 4 6 Td (Robert) Tj ET Q");
    check_crooked("BT /G 9 Tf 4 6 Td (Robert) Tj ET");
}

#[test]
fn a_consent_that_is_ticked_with_nothing_is_held() {
    for nothing in ["0 0 0 0 re f", "1 g 2 2 m 9 9 l 2 9 l h f", "200 200 m 209 209 l 200 209 l h f"] {
        let tamper = |it: &mut Document| {
            let id = field(it, "consent", "full_privileges");
            let bounds = vec![0.into(), 0.into(), 11.into(), 11.into()];
            let picture = dictionary! { "Type" => "XObject", "Subtype" => "Form", "BBox" => bounds };
            let on = it.add_object(Stream::new(picture.clone(), nothing.as_bytes().to_vec()));
            let off = it.add_object(Stream::new(picture, b"q Q".to_vec()));
            dict(it, id).set("AP", dictionary! { "N" => dictionary! { "Yes" => on, "Off" => off } });
        };
        check(tamper, "held", "VALUE_APPEARANCE_MISMATCH");
    }
}

#[test]
fn a_box_without_a_name_is_held() {
    let tamper = |it: &mut Document| {
        let place = vec![60.into(), 140.into(), 560.into(), 200.into()];
        let cover = it.add_object(dictionary! { "Type" => "Annot", "Subtype" => "Widget", "Rect" => place, "F" => 4 });
        let page = *it.get_pages().get(&1).expect("a page");
        let boxes = dict(it, page).get_mut(b"Annots").and_then(Object::as_array_mut).expect("its boxes");
        boxes.push(cover.into());
    };
    check(tamper, "held", "FORM_FIELDS_ALTERED");
}

#[test]
fn a_stream_whose_filter_stands_elsewhere_is_held() {
    let tamper = |it: &mut Document| {
        let filter = it.add_object(Object::Name(b"ASCIIHexDecode".to_vec()));
        let id = field(it, "1", "first_name");
        paint(it, id, "BT /F 9 Tf 4 6 Td (Robert) Tj ET");
        let picture = dict(it, id).get(b"AP").and_then(Object::as_dict).and_then(|it| it.get(b"N")).expect("painted");
        let picture = picture.as_reference().expect("a stream stands by itself");
        let stream = it.get_object_mut(picture).and_then(Object::as_stream_mut).expect("a stream");
        stream.dict.set("Filter", filter);
    };
    check(tamper, "held", "PDF_AMBIGUOUS VALUE_APPEARANCE_MISMATCH");
}

#[test]
fn a_value_that_a_viewer_paints_so_that_nobody_sees_it_is_held() {
    for look in ["/Helv 9 Tf 1 g", "/Helv 0.5 Tf 0 g", "/Helv 9 Tf 0 0 0 0 k", "/Helv 9 Tf 1 g x", "/Helv 9 Tf 0 g <zz"]
    {
        let tamper = |it: &mut Document| {
            let id = field(it, "1", "first_name");
            dict(it, id).set("DA", Object::string_literal(look));
        };
        check(tamper, "held", "FIELD_HIDDEN");
    }
}

#[test]
fn a_box_that_is_set_in_another_way_is_held() {
    let set = |key: &'static str, value: Object, code: &str| {
        let tamper = |it: &mut Document| {
            let id = field(it, "1", "first_name");
            dict(it, id).set(key, value);
        };
        check(tamper, "held", code);
    };
    set("Q", 2.into(), "FORM_FIELDS_ALTERED");
    set("MK", dictionary! { "R" => 90 }.into(), "FORM_FIELDS_ALTERED");
    set("DR", dictionary! { "Font" => dictionary! {} }.into(), "FORM_FIELDS_ALTERED");
    set("AA", dictionary! { "E" => dictionary! { "S" => "Named", "N" => "Print" } }.into(), "FORM_FIELDS_ALTERED");
    set("MK", dictionary! { "BG" => vec![0.into(), 0.into()] }.into(), "FIELD_HIDDEN");
    set("MK", dictionary! { "BG" => vec![0.into(), 0.into(), 0.into()] }.into(), "FIELD_HIDDEN");
    set("DA", Object::string_literal("/ZaDb 9 Tf 0 g"), "VALUE_APPEARANCE_MISMATCH");
    set("V", Object::string_literal(format!("Robert{}Mallory", " ".repeat(30))), "LOW_CONFIDENCE");
}

#[test]
fn a_tick_that_a_viewer_may_not_paint_is_held() {
    for (key, value) in [
        ("DA", Object::string_literal("/ZaDb 0 Tf 1 1 1 rg")),
        ("MK", dictionary! { "CA" => Object::string_literal(" ") }.into()),
    ] {
        let tamper = |it: &mut Document| {
            let id = field(it, "consent", "full_privileges");
            dict(it, id).set(key, value);
        };
        check(tamper, "held", "VALUE_APPEARANCE_MISMATCH");
    }
}

#[test]
fn a_page_tree_that_readers_walk_in_different_ways_is_held() {
    let counted = |it: &mut Document| {
        let mut nodes = it.objects.values_mut().filter_map(|it| it.as_dict_mut().ok());
        nodes.find(|it| it.has(b"Count")).expect("the page tree").set("Count", 2);
    };
    check(counted, "held", "PDF_AMBIGUOUS");
    let hidden = |it: &mut Document| {
        let page = *it.get_pages().get(&1).expect("a page");
        let tree = dict(it, page).get(b"Parent").and_then(Object::as_reference).expect("its parent");
        let fake = dictionary! { "Type" => "Page", "Parent" => tree, "Kids" => vec![page.into()], "Count" => 1 };
        let fake = it.add_object(fake);
        dict(it, tree).set("Kids", vec![Object::from(fake)]);
        dict(it, page).set("Parent", fake);
    };
    check(hidden, "held", "PDF_AMBIGUOUS");
}

#[test]
fn a_page_that_viewers_unpack_in_another_way_is_held() {
    let tamper = |it: &mut Document| {
        let page = *it.get_pages().get(&1).expect("a page");
        let content = it.get_page_content_with_limit(page, 1 << 20).expect("its content");
        let mut stream = Stream::new(dictionary! {}, content);
        stream.compress().expect("text can be deflated");
        stream.content[1] ^= 0x40;
        let stream = it.add_object(stream);
        dict(it, page).set("Contents", stream);
    };
    check(tamper, "held", "FORM_TEXT_ALTERED");
}

#[test]
fn a_value_on_its_own_ground_is_no_tampering() {
    let tamper = |it: &mut Document| {
        let id = field(it, "1", "first_name");
        paint(it, id, "0.1 g 0 0 160 19 re f 1 g BT /F 9 Tf 4 6 Td (Robert) Tj ET");
    };
    check(tamper, "accepted", "");
}

#[test]
fn a_font_that_names_its_letters_falsely_is_held() {
    // Shown is Markus; each letter is said to be one of Robert.
    let pairs: String = "Markus".bytes().zip("Robert".bytes()).map(|(a, b)| format!("<{a:02x}> <{b:04x}>\n")).collect();
    let map =
        format!("begincmap 1 begincodespacerange <00> <ff> endcodespacerange 6 beginbfchar\n{pairs}endbfchar endcmap");
    let tamper = |it: &mut Document| {
        let id = field(it, "1", "first_name");
        paint(it, id, "BT /F 9 Tf 4 6 Td (Markus) Tj ET");
        let map = it.add_object(Stream::new(Dictionary::new(), map.into_bytes()));
        let picture = dict(it, id).get(b"AP").and_then(Object::as_dict).and_then(|it| it.get(b"N")).expect("painted");
        let picture = picture.as_reference().expect("a stream stands by itself");
        let stream = it.get_object_mut(picture).and_then(Object::as_stream_mut).expect("a stream");
        let fonts = stream.dict.get_mut(b"Resources").and_then(Object::as_dict_mut).expect("resources");
        let font = fonts.get_mut(b"Font").and_then(Object::as_dict_mut).expect("fonts").get_mut(b"F").expect("a font");
        font.as_dict_mut().expect("a font").set("ToUnicode", map);
    };
    check(tamper, "held", "VALUE_APPEARANCE_MISMATCH");
}

#[test]
fn a_page_that_is_set_in_another_font_is_held() {
    let tamper = |it: &mut Document| {
        let page = *it.get_pages().get(&1).expect("a page");
        let fonts = |it: &Document| {
            let resources =
                it.get_dictionary(page).expect("a page").get_deref(b"Resources", it).and_then(Object::as_dict);
            resources.expect("resources").get_deref(b"Font", it).and_then(Object::as_dict).expect("fonts").clone()
        };
        let (mut fonts, bold) = (fonts(it), fonts(it).get(b"Bold").expect("the bold font").clone());
        fonts.set("Regular", bold);
        let mut resources = it
            .get_dictionary(page)
            .expect("a page")
            .get_deref(b"Resources", it)
            .and_then(Object::as_dict)
            .expect("resources")
            .clone();
        resources.set("Font", fonts);
        dict(it, page).set("Resources", resources);
    };
    check(tamper, "held", "FORM_TEXT_ALTERED");
}

#[test]
fn a_picture_of_a_value_that_is_not_there_is_held() {
    let tamper = |it: &mut Document| {
        let id = field(it, "2", "first_name");
        paint(it, id, "BT /F 9 Tf 4 6 Td (Alice) Tj ET");
    };
    check(tamper, "held", "VALUE_APPEARANCE_MISMATCH");
}

#[test]
fn a_consent_that_looks_unticked_is_held() {
    let tamper = |it: &mut Document| {
        let id = field(it, "consent", "full_privileges");
        let states = it.get_dictionary(id).expect("a field").get_deref(b"AP", it).and_then(Object::as_dict);
        let states = states.expect("its pictures").get(b"N").and_then(Object::as_dict).expect("by state").clone();
        let [on, off] = [&b"Yes"[..], b"Off"].map(|state| states.get(state).expect("both are there").clone());
        dict(it, id).set("AP", dictionary! { "N" => dictionary! { "Yes" => off, "Off" => on } });
    };
    check(tamper, "held", "VALUE_APPEARANCE_MISMATCH");
}

#[test]
fn a_consent_whose_picture_cannot_be_read_is_held() {
    let tamper = |it: &mut Document| {
        let id = field(it, "consent", "full_privileges");
        let bounds = vec![0.into(), 0.into(), 11.into(), 11.into()];
        let picture = dictionary! { "Type" => "XObject", "Subtype" => "Form", "BBox" => bounds };
        let broken = it.add_object(Stream::new(picture, b"q (never closed".to_vec()));
        dict(it, id).set("AP", dictionary! { "N" => dictionary! { "Yes" => broken, "Off" => broken } });
    };
    check(tamper, "held", "VALUE_APPEARANCE_MISMATCH");
}

#[test]
fn an_altered_page_is_held() {
    let tamper = |it: &mut Document| {
        let page = *it.get_pages().get(&1).expect("a page");
        let mut content = it.get_page_content_with_limit(page, 1 << 20).expect("its content");
        content.extend_from_slice(b" 1 g 30 100 550 60 re f");
        it.change_page_content(page, content).expect("content can be changed");
    };
    check(tamper, "held", "FORM_TEXT_ALTERED");
}

#[test]
fn a_hidden_or_moved_field_is_held() {
    let hide = |it: &mut Document| {
        let id = field(it, "1", "pin");
        dict(it, id).set("F", 2);
    };
    check(hide, "held", "FIELD_HIDDEN");
    let move_away = |it: &mut Document| {
        let id = field(it, "1", "pin");
        dict(it, id).set("Rect", vec![10.into(), 10.into(), 50.into(), 29.into()]);
    };
    check(move_away, "held", "FORM_FIELDS_ALTERED");
}

#[test]
fn a_field_that_does_not_belong_there_is_held() {
    let tamper = |it: &mut Document| {
        let extra = dictionary! { "FT" => "Tx", "T" => Object::string_literal("add.9.pin"), "V" => Object::string_literal("1") };
        let extra = it.add_object(extra);
        let form = it.catalog().expect("a catalog").get(b"AcroForm").and_then(Object::as_reference).expect("a form");
        let fields = dict(it, form).get_mut(b"Fields").and_then(Object::as_array_mut).expect("its fields");
        fields.push(extra.into());
    };
    check(tamper, "held", "FORM_FIELDS_ALTERED");
}

#[test]
fn a_script_is_rejected() {
    let tamper = |it: &mut Document| {
        let script = dictionary! { "S" => "JavaScript", "JS" => Object::string_literal("app.alert(1)") };
        it.catalog_mut().expect("a catalog").set("OpenAction", script);
    };
    check(tamper, "rejected", "PDF_ACTIVE_CONTENT FORM_TEXT_ALTERED");
}

#[test]
fn a_form_that_was_written_over_instead_of_filled_in_is_held() {
    let office = Office::open();
    let mut document = Document::load_mem(&office.blank()).expect("a blank");
    let text =
        dictionary! { "Type" => "Annot", "Subtype" => "FreeText", "Contents" => Object::string_literal("Margaret") };
    let text = document.add_object(text);
    let page = *document.get_pages().get(&1).expect("a page");
    let annotations = dict(&mut document, page).get_mut(b"Annots").and_then(Object::as_array_mut).expect("its boxes");
    annotations.push(text.into());
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).expect("saving into memory does not fail");
    office.at.write("returned/form.pdf", bytes);
    office.run("ingest returned").done();
    assert_eq!(office.report("held")[0]["all_reasons"], "FORM_ANNOTATED FORM_BLANK");
}

#[test]
fn a_form_without_its_fields_is_held_and_not_taken_for_another_paper() {
    let office = Office::open();
    let mut document = Document::load_mem(&office.blank()).expect("a blank");
    document.catalog_mut().expect("a catalog").remove(b"AcroForm");
    let page = *document.get_pages().get(&1).expect("a page");
    dict(&mut document, page).remove(b"Annots");
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).expect("saving into memory does not fail");
    office.at.write("returned/flattened.pdf", bytes);
    let pixels = dictionary! {
        "Type" => "XObject", "Subtype" => "Image", "Width" => 2, "Height" => 2, "ColorSpace" => "DeviceGray", "BitsPerComponent" => 8,
    };
    let picture = document.add_object(Stream::new(pixels, vec![0, 255, 255, 0]));
    let resources = dictionary! { "XObject" => dictionary! { "I" => picture } };
    dict(&mut document, page).set("Resources", resources);
    document.change_page_content(page, b"612 0 0 792 0 0 cm /I Do".to_vec()).expect("content can be changed");
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).expect("saving into memory does not fail");
    office.at.write("returned/scan.pdf", bytes);
    office.run("ingest returned").done();
    let held = office.report("held");
    let reasons: Vec<(&str, &str)> =
        held.iter().map(|it| (it["source_file"].as_str(), it["primary_reason"].as_str())).collect();
    assert_eq!(reasons, [("flattened.pdf", "FORM_FLATTENED"), ("scan.pdf", "FORM_IMAGE_ONLY")]);
}

#[test]
fn another_last_day_is_rejected() {
    let tamper = |it: &mut Document| {
        let id = field(it, "form", "expires");
        dict(it, id).set("V", Object::string_literal("12/31/2030"));
        dict(it, id).remove(b"AP");
    };
    check(tamper, "rejected", "FORM_INSTANCE_INVALID");
}

/// The provider's logo on the first page.
fn logo(document: &mut Document) -> &mut Stream {
    let page = *document.get_pages().get(&1).expect("a page");
    let resources = dict(document, page).get(b"Resources").and_then(Object::as_dict).expect("resources");
    let pictures = resources.get(b"XObject").and_then(Object::as_dict).expect("pictures");
    let id = pictures.get(b"Logo").and_then(Object::as_reference).expect("a logo");
    document.get_object_mut(id).and_then(Object::as_stream_mut).expect("a stream")
}

#[test]
fn another_logo_is_held_and_one_that_is_spelled_anew_is_not() {
    let spelled = |it: &mut Document| {
        let logo = logo(it);
        let content = logo.decompressed_content_with_limit(1 << 20).expect("a drawing");
        let content = String::from_utf8(content).expect("plain operators").replace("0.", ".").replace('\n', "  ");
        logo.dict.remove(b"Filter");
        logo.set_content(format!("q {content} Q").into_bytes());
    };
    check(spelled, "accepted", "");
    let another = |it: &mut Document| {
        let logo = logo(it);
        logo.dict.remove(b"Filter");
        logo.set_content(b"0 g 0 0 40 40 re f".to_vec());
    };
    check(another, "held", "FORM_TEXT_ALTERED");
    let larger = |it: &mut Document| {
        logo(it).dict.set("Matrix", vec![1.into(), 0.into(), 0.into(), 1.into(), 0.into(), 0.into()])
    };
    check(larger, "held", "FORM_TEXT_ALTERED");
}
