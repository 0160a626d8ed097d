//! Several forms in one PDF: each is found, read and decided like a file of its own, or none is.

use std::process::Command;

use countersign_tests::letter::Letter;
use countersign_tests::{Answers, Naming, Office, fill, merge, print};
use lopdf::{Dictionary, Document, Object, Stream, dictionary};

/// Two forms that are to be accepted and one whose PIN is wrong.
fn three(office: &Office) -> Vec<Vec<u8>> {
    let answers = Answers::complete();
    let of = |answers: &Answers| fill(&office.blank(), answers);
    vec![
        of(&answers),
        of(&answers.clone().adding(("Nora", "Quist")).with("add.1.pin", "6184")),
        of(&answers.adding(("Ida", "Vance")).with("signer.security_pin", "111222")),
    ]
}

fn names(office: &Office, table: &str) -> Vec<String> {
    office.report(table).iter().map(|it| it["source_file"].clone()).collect()
}

#[track_caller]
fn check_three(office: &Office, file: &str) {
    let page = |number| format!("{file}/page-{number}.pdf");
    assert_eq!(names(office, "held"), [""; 0], "{:?}", office.report("held"));
    assert_eq!(names(office, "accepted"), [page(1), page(2)], "{:?}", office.report("rejected"));
    assert_eq!(names(office, "rejected"), [page(3)]);
    assert_eq!(office.report("rejected")[0]["primary_reason"], "PIN_INVALID");
    let shown = office.run("account show A-1001101").done();
    assert!(
        shown.contains("Robert Ellison") && shown.contains("Nora Quist") && !shown.contains("Ida Vance"),
        "{shown}"
    );
}

#[test]
fn forms_under_other_names_are_decided_one_by_one() {
    for naming in [Naming::Suffixed, Naming::Prefixed] {
        let office = Office::open();
        office.at.write("returned/all.pdf", merge(&three(&office), naming));
        office.run("ingest returned").done();
        check_three(&office, "all.pdf");
        assert_eq!(names(&office, "ignored"), ["all.pdf"], "{naming:?}");
        office.run("audit verify").done();
    }
}

#[test]
fn the_programs_that_people_merge_with() {
    for (program, arguments) in
        [("qpdf", "--empty --pages 0.pdf 1.pdf 2.pdf -- all.pdf"), ("pdftk", "0.pdf 1.pdf 2.pdf cat output all.pdf")]
    {
        let office = Office::open();
        for (at, form) in three(&office).into_iter().enumerate() {
            office.at.write(&format!("{at}.pdf"), form);
        }
        match Command::new(program).args(arguments.split(' ')).current_dir(office.at.path()).output() {
            Ok(output) => assert!(output.status.success(), "{output:?}"),
            Err(_) => {
                println!("skipped: {program} is not installed");
                continue;
            }
        }
        office.at.write("returned/all.pdf", std::fs::read(office.at.join("all.pdf")).unwrap());
        office.run("ingest returned").done();
        check_three(&office, "all.pdf");
    }
}

#[test]
fn a_file_of_several_that_came_in_a_message_is_one_too() {
    let office = Office::open();
    let file = Some(("all.pdf".to_owned(), merge(&three(&office), Naming::Suffixed)));
    let letter = Letter { file, ..Letter::from("Margaret <margaret@henley.example>", "Our forms.\n") };
    office.at.write("mail/1.eml", letter.unsigned());
    office.run("ingest mail").done();
    check_three(&office, "1.eml/2/all.pdf");
    assert_eq!(office.report("accepted")[0]["message_sha256"].len(), 64);
}

#[test]
fn fields_that_share_a_name_wait_for_a_person() {
    for naming in [Naming::Kept, Naming::Unlisted, Naming::Cut] {
        let office = Office::open();
        office.at.write("returned/all.pdf", merge(&three(&office), naming));
        office.run("ingest returned --archive kept --archive-in-the-clear").done();
        let held = office.report("held");
        assert_eq!(held.len(), 3, "{naming:?}: {held:?}");
        for row in &held {
            assert_eq!(row["all_reasons"], "FIELD_CONFLICT", "{naming:?}");
        }
        let accept = |at: usize| {
            let id = &held[at]["submission_id"];
            office.run(&format!("held resolve {id} --accept --by Dana --why one-of-three"))
        };
        let shown = office.run(&format!("held show {}", held[1]["submission_id"])).done();
        assert!(shown.contains("Quist") && !shown.contains("Ellison"), "{shown}");
        accept(1).done();
        assert_eq!(accept(2).code, 1, "the PIN is wrong");
        let shown = office.run("account show A-1001101").done();
        assert!(shown.contains("Nora Quist") && !shown.contains("Ida Vance"), "{naming:?}: {shown}");
    }
}

#[test]
fn a_form_whose_fields_lost_their_names_waits_for_a_person() {
    let office = Office::open();
    office.at.write("returned/one.pdf", merge(&[fill(&office.blank(), &Answers::complete())], Naming::Cut));
    office.run("ingest returned --archive kept --archive-in-the-clear").done();
    let held = office.report("held");
    assert_eq!(
        (names(&office, "held"), held[0]["primary_reason"].as_str()),
        (vec!["one.pdf".to_owned()], "FORM_FIELDS_ALTERED")
    );
    let id = &held[0]["submission_id"];
    assert!(office.run(&format!("held show {id}")).done().contains("Ellison"));
    office.run(&format!("held resolve {id} --accept --by Dana --why looked-at")).done();
    assert!(office.run("account show A-1001101").done().contains("Robert Ellison"));
}

#[test]
fn printed_forms_are_told_apart_too() {
    let office = Office::open();
    let answers = Answers::complete();
    let forms = [answers.clone(), answers.adding(("Nora", "Quist")).with("add.1.pin", "6184")];
    let forms = forms.map(|it| print(&office.blank(), &it));
    office.at.write("returned/all.pdf", merge(&forms, Naming::Kept));
    office.run("ingest returned --archive kept --archive-in-the-clear").done();
    let held = office.report("held");
    assert_eq!(names(&office, "held"), ["all.pdf/page-1.pdf", "all.pdf/page-2.pdf"]);
    assert!(held.iter().all(|it| it["primary_reason"] == "FORM_FLATTENED"), "{held:?}");
    let shown = office.run(&format!("held show {}", held[1]["submission_id"])).done();
    assert!(shown.contains("Quist") && !shown.contains("Ellison"), "{shown}");
    office.run(&format!("held resolve {} --accept --by Dana --why read", held[1]["submission_id"])).done();
}

#[test]
fn a_file_with_a_page_left_over_stays_in_one_piece() {
    let office = Office::open();
    let mut forms = three(&office);
    let other = fill(&office.blank(), &Answers::complete());
    forms.push(print(&other, &Answers::complete()));
    office.at.write("returned/all.pdf", merge(&forms, Naming::Suffixed));
    office.run("ingest returned").done();
    assert_eq!(names(&office, "held"), ["all.pdf"]);
    assert!(office.report("accepted").is_empty() && office.report("rejected").is_empty());
}

#[test]
fn a_form_in_it_that_was_changed_is_found_out() {
    let office = Office::open();
    let mut forms = three(&office);
    let mut changed = lopdf::Document::load_mem(&forms[1]).unwrap();
    let page = *changed.get_pages().get(&1).unwrap();
    let mut content = changed.get_page_content_with_limit(page, 1 << 20).unwrap();
    content.extend(b" 1 0 0 RG 100 100 m 200 200 l S");
    changed.change_page_content(page, content).unwrap();
    let mut bytes = Vec::new();
    changed.save_to(&mut bytes).unwrap();
    forms[1] = bytes;
    office.at.write("returned/all.pdf", merge(&forms, Naming::Prefixed));
    office.run("ingest returned").done();
    assert_eq!(names(&office, "accepted"), ["all.pdf/page-1.pdf"]);
    assert_eq!(names(&office, "held"), ["all.pdf/page-2.pdf"]);
    assert_eq!(office.report("held")[0]["primary_reason"], "FORM_TEXT_ALTERED");
}

/// The merged file of two forms, changed.
fn changed(office: &Office, change: impl FnOnce(&mut Document)) -> Vec<u8> {
    let forms = three(office);
    let mut merged = Document::load_mem(&merge(&forms[..2], Naming::Suffixed)).expect("a merged file");
    change(&mut merged);
    let mut bytes = Vec::new();
    merged.save_to(&mut bytes).expect("saving into memory does not fail");
    bytes
}

#[test]
fn a_box_that_shows_another_value_is_found_out_whatever_its_picture_calls_itself() {
    for kind in ["StructElem", "Page", "XObject"] {
        let office = Office::open();
        let bytes = changed(&office, |merged| {
            let picture = Stream::new(
                dictionary! { "Subtype" => "Form", "BBox" => vec![0.into(), 0.into(), 160.into(), 18.into()] },
                b"0 0 160 18 re f".to_vec(),
            );
            let picture = merged.add_object(picture);
            let pictures = merged.add_object(dictionary! { "Type" => kind, "N" => picture });
            let is_name = |it: &Dictionary| it.get(b"V").and_then(Object::as_str).is_ok_and(|it| it == b"Ellison");
            let mut boxes = merged.objects.values_mut().filter_map(|it| it.as_dict_mut().ok());
            boxes.find(|it| is_name(it)).expect("a box with the name").set("AP", pictures);
        });
        office.at.write("returned/all.pdf", bytes);
        office.run("ingest returned").done();
        let accepted = names(&office, "accepted");
        assert!(
            !accepted.contains(&"all.pdf/page-1.pdf".to_owned()) && !accepted.contains(&"all.pdf".to_owned()),
            "{kind}"
        );
        assert!(!names(&office, "held").is_empty() || !names(&office, "rejected").is_empty(), "{kind}");
    }
}

#[test]
fn a_form_on_a_page_that_is_not_counted_is_held() {
    let office = Office::open();
    let bytes = changed(&office, |merged| {
        let mut nodes = merged.objects.values_mut().filter_map(|it| it.as_dict_mut().ok());
        nodes.find(|it| it.has(b"Count")).expect("the page tree").set("Count", 1);
    });
    office.at.write("returned/all.pdf", bytes);
    office.run("ingest returned").done();
    assert_eq!(names(&office, "held"), ["all.pdf"]);
    assert!(office.report("held")[0]["all_reasons"].starts_with("PDF_AMBIGUOUS"));
}

#[test]
fn a_printed_form_with_another_page_beside_it_is_held_whatever_the_policy() {
    let office = Office::open();
    let policy = std::fs::read_to_string(office.at.join("home/policy.toml")).expect("a policy");
    assert!(policy.contains("accept_flattened = false"));
    office.at.write("home/policy.toml", policy.replace("accept_flattened = false", "accept_flattened = true"));
    let alone = print(&office.blank(), &Answers::complete());
    let mut other = Document::load_mem(&print(&office.blank(), &Answers::default())).expect("a printed form");
    let page = *other.get_pages().get(&1).expect("a page");
    other.change_page_content(page, b"0 0 300 300 re f".to_vec()).expect("content can be changed");
    let mut bytes = Vec::new();
    other.save_to(&mut bytes).expect("saving into memory does not fail");
    office.at.write("returned/two.pdf", merge(&[alone.clone(), bytes], Naming::Kept));
    office.run("ingest returned").done();
    assert_eq!(names(&office, "held"), ["two.pdf"]);
    assert!(office.report("held")[0]["all_reasons"].contains("FORM_TEXT_ALTERED"));
    office.at.write("again/one.pdf", alone);
    office.run("ingest again").done();
    assert_eq!(names(&office, "accepted"), ["one.pdf"]);
}

#[test]
fn ten_forms_in_a_file_are_not_too_many() {
    let office = Office::open();
    let one =
        |at: usize| fill(&office.blank(), &Answers::complete().with("signer.security_pin", &format!("11122{at}")));
    let forms: Vec<Vec<u8>> = (0..10).map(one).collect();
    office.at.write("returned/all.pdf", merge(&forms, Naming::Suffixed));
    office.run("ingest returned").done();
    assert_eq!(names(&office, "rejected").len(), 10, "{:?}", names(&office, "held"));
}

#[test]
fn inspect_shows_each_form_of_a_file() {
    let office = Office::open();
    office.at.write("all.pdf", merge(&three(&office), Naming::Suffixed));
    let printed = office.run("inspect --json all.pdf").done();
    let forms: Vec<serde_json::Value> = printed.lines().map(|it| serde_json::from_str(it).expect("JSON")).collect();
    let of = |at: usize| (&forms[at]["file"], &forms[at]["fields"]["add.1.last_name"]["value"]);
    assert_eq!((forms.len(), of(1)), (3, (&"all.pdf/page-2.pdf".into(), &"Quist".into())));
    assert!(forms.iter().all(|it| it["findings"] == serde_json::json!([])), "{printed}");
}

#[test]
fn the_same_form_twice_in_a_file_is_decided_once() {
    let office = Office::open();
    let form = fill(&office.blank(), &Answers::complete());
    office.at.write("returned/all.pdf", merge(&[form.clone(), form], Naming::Suffixed));
    office.run("ingest returned").done();
    assert_eq!(names(&office, "accepted"), ["all.pdf/page-1.pdf"]);
    let others: Vec<_> = ["duplicates", "rejected"].into_iter().flat_map(|it| names(&office, it)).collect();
    assert_eq!(others, ["all.pdf/page-2.pdf"]);
}
