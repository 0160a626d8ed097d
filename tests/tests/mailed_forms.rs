//! Forms that come in messages: found, named, decided, archived and found again with the message that brought them.

use std::fs;

use countersign_tests::letter::Letter;
use countersign_tests::{Answers, Office, fill};
use lopdf::{Document, Object, Stream, dictionary};

/// A message with this file.
fn with_file(name: &str, bytes: Vec<u8>) -> Vec<u8> {
    let words = "Please find our form attached.\n\nMargaret\n";
    let file = Some((name.to_owned(), bytes));
    Letter { file, ..Letter::from("Margaret <margaret@henley.example>", words) }.unsigned()
}

fn form(office: &Office, answers: &Answers) -> Vec<u8> {
    fill(&office.blank(), answers)
}

#[test]
fn a_maildir_is_read_message_by_message() {
    let office = Office::open();
    let good = with_file("form.pdf", form(&office, &Answers::complete()));
    let wrong = with_file(
        "form.pdf",
        form(&office, &Answers::complete().with("signer.security_pin", "111222").with("add.1.last_name", "Elton")),
    );
    office.at.write("box/new/1772.a.mx", good);
    office.at.write("box/cur/1773.b.mx:2,S", wrong);
    office.at.write("box/cur/1774.c.mx:2,T", "From: a@b.example\n\nthrown away\n");
    office.at.write("box/tmp/1775.d.mx", "From: a@b.example\n\nhalf");
    office.at.write("box/dovecot-uidlist", "3 V1");
    office.run("ingest box").done();
    let name =
        |table: &str| -> Vec<String> { office.report(table).iter().map(|it| it["source_file"].clone()).collect() };
    assert_eq!(name("accepted"), ["1772.a.mx/2/form.pdf"]);
    assert_eq!(name("rejected"), ["1773.b.mx/2/form.pdf"]);
    assert_eq!(office.report("rejected")[0]["primary_reason"], "PIN_INVALID");
    let mut left = name("ignored");
    left.sort();
    assert_eq!(left, ["cur/1774.c.mx:2,T", "dovecot-uidlist", "tmp/1775.d.mx"]);
    let row = &office.report("accepted")[0];
    assert_eq!(row["channel"], "form");
    assert_eq!(row["message_sha256"].len(), 64);
}

#[test]
fn an_mbox_is_read_message_by_message_and_stays_where_it_is() {
    let office = Office::open();
    let one = with_file("one.pdf", form(&office, &Answers::complete()));
    let none = Letter::from("news@shop.example", "Our new prices.\n").unsigned();
    let unix = |it: &[u8]| String::from_utf8(it.to_vec()).unwrap().replace("\r\n", "\n");
    let start = "From x@y.example Wed Mar  4 10:00:00 2026\n";
    let text = format!("{start}{}\n{start}{}\n{start}{}", unix(&none), unix(&one), unix(&one));
    office.at.write("mail/archive.mbox", text);
    office.run("ingest mail --archive kept --archive-in-the-clear").done();
    let name =
        |table: &str| -> Vec<String> { office.report(table).iter().map(|it| it["source_file"].clone()).collect() };
    assert_eq!(name("ignored"), ["archive.mbox#1"]);
    assert_eq!(name("accepted"), ["archive.mbox#2/2/one.pdf"]);
    assert_eq!(name("duplicates"), ["archive.mbox#3/2/one.pdf"]);
    assert!(office.at.join("mail/archive.mbox").exists());
    let digest = office.report("accepted")[0]["message_sha256"].clone();
    let kept = office.at.join(&format!("kept/accepted/{}/{digest}.eml", &digest[..2]));
    assert!(String::from_utf8(fs::read(kept).unwrap()).unwrap().starts_with("From: Margaret"));
    let summary: serde_json::Value =
        serde_json::from_slice(&fs::read(office.newest_run().join("summary.json")).unwrap()).unwrap();
    assert_eq!((summary["sources"].as_u64(), summary["files"].as_u64()), (Some(3), Some(3)));
    assert_eq!(summary["reconciled"], true);
}

#[test]
fn a_held_form_is_found_in_its_message_again() {
    let office = Office::open();
    // A name that is close to the owner's: a person must look.
    let near = Answers::complete().with("signer.last_name", "Henly").with("signature.typed_name", "Margaret Henly");
    office.at.write("mail/1.eml", with_file("form.pdf", form(&office, &near)));
    office.run("ingest mail --archive kept --archive-in-the-clear").done();
    assert!(!office.at.join("mail/1.eml").exists(), "the message is in the archive");
    let held = office.report("held");
    assert_eq!(held[0]["primary_reason"], "SIGNER_AMBIGUOUS");
    let id = &held[0]["submission_id"];
    let shown = office.run(&format!("held show {id}")).done();
    assert!(shown.contains("Henly"), "{shown}");
    office.run(&format!("held resolve {id} --accept --signer 1 --by Dana --why typo")).done();
    assert!(office.run("account show A-1001101").done().contains("Robert Ellison"));
    let digest = &held[0]["message_sha256"];
    assert!(office.at.join(&format!("kept/accepted/{}/{digest}.eml", &digest[..2])).exists());
}

#[test]
fn a_message_with_what_cannot_be_read_waits_for_a_person() {
    let office = Office::open();
    let photo = Letter::from("a@henley.example", "Here is our form.\n");
    let text = String::from_utf8(
        Letter { file: Some(("photo.jpg".to_owned(), b"\xff\xd8\xff\xe0 JFIF".to_vec())), ..photo }.unsigned(),
    )
    .unwrap();
    office.at.write("mail/1.eml", text.replace("application/pdf", "image/jpeg"));
    office.at.write("mail/2.eml", "no message at all");
    office.run("ingest mail").done();
    let held = office.report("held");
    let codes: Vec<&str> = held.iter().map(|it| it["primary_reason"].as_str()).collect();
    assert_eq!(codes, ["MESSAGE_NOT_READ", "MESSAGE_NOT_READ"], "{held:?}");
    assert!(held[0]["to_look_at"].contains("PICTURE"), "{held:?}");
}

#[test]
fn what_may_hide_another_form_is_told_beside_the_form() {
    let office = Office::open();
    let form = with_file("form.pdf", form(&office, &Answers::complete()));
    let text = String::from_utf8(form).unwrap();
    let more = |name: &str, bytes: &str| {
        let part = format!(
            "--x\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n\r\n{bytes}\r\n--x--\r\n"
        );
        text.replace("--x--\r\n", &part)
    };
    office.at.write("mail/1.eml", more("other.rar", "Rar!\x1a\x07\x01\x00 packed"));
    office.run("ingest mail").done();
    let names =
        |table: &str| -> Vec<String> { office.report(table).iter().map(|it| it["source_file"].clone()).collect() };
    assert_eq!((names("accepted"), names("held")), (vec!["1.eml/2/form.pdf".to_owned()], vec!["1.eml".to_owned()]));
    assert!(office.report("held")[0]["to_look_at"].contains("ARCHIVE_NOT_READ"));
}

/// A PDF portfolio (ISO 32000-1, 12.3.5) of these files, deflated, behind a cover page.
fn portfolio(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut pdf = Document::with_version("1.7");
    let pages = pdf.new_object_id();
    let page = pdf.add_object(dictionary! { "Type" => "Page", "Parent" => pages,
    "MediaBox" => vec![0.into(), 0.into(), 612.into(), 792.into()] });
    pdf.objects.insert(pages, dictionary! { "Type" => "Pages", "Kids" => vec![page.into()], "Count" => 1 }.into());
    let mut names: Vec<Object> = Vec::new();
    for (name, bytes) in files {
        let mut stream = Stream::new(dictionary! { "Type" => "EmbeddedFile" }, bytes.clone());
        stream.compress().expect("bytes can be deflated");
        let stream = pdf.add_object(stream);
        let specification = pdf.add_object(dictionary! { "Type" => "Filespec", "F" => Object::string_literal(*name),
        "UF" => Object::string_literal(*name), "EF" => dictionary! { "F" => stream } });
        names.extend([Object::string_literal(*name), specification.into()]);
    }
    let names = dictionary! { "EmbeddedFiles" => dictionary! { "Names" => names } };
    let collection = dictionary! { "Type" => "Collection", "View" => "T" };
    let catalog = dictionary! { "Type" => "Catalog", "Pages" => pages, "Names" => names, "Collection" => collection };
    let catalog = pdf.add_object(catalog);
    pdf.trailer.set("Root", catalog);
    let mut bytes = Vec::new();
    pdf.save_to(&mut bytes).expect("a document in memory can be written");
    bytes
}

#[test]
fn the_forms_in_a_portfolio_are_decided_one_by_one() {
    let office = Office::open();
    let good = form(&office, &Answers::complete());
    let near = Answers::complete().with("signer.last_name", "Henly").with("signature.typed_name", "Margaret Henly");
    let near = form(&office, &near.with("add.1.last_name", "Elton"));
    let other = b"%PDF-1.7 no more".to_vec();
    let bundle = portfolio(&[("good.pdf", good), ("../near.pdf", near), ("other.pdf", other)]);
    office.at.write("mail/1.eml", with_file("bundle.pdf", bundle.clone()));
    office.at.write("mail/bundle.pdf", bundle);
    office.run("ingest mail --archive kept --archive-in-the-clear").done();
    let names =
        |table: &str| -> Vec<String> { office.report(table).iter().map(|it| it["source_file"].clone()).collect() };
    assert_eq!(names("accepted"), ["1.eml/2/bundle.pdf/good.pdf"]);
    assert_eq!(names("held"), ["1.eml/2/bundle.pdf/.._near.pdf"]);
    assert_eq!(names("rejected"), ["1.eml/2/bundle.pdf/other.pdf"]);
    assert_eq!(names("ignored"), ["1.eml/2/bundle.pdf", "bundle.pdf"]);
    assert_eq!(names("duplicates").len(), 3, "the same forms once more, in a folder");
    assert!(!office.at.join("mail/1.eml").exists() && !office.at.join("mail/bundle.pdf").exists());
    let id = &office.report("held")[0]["submission_id"];
    office.run(&format!("held resolve {id} --accept --signer 1 --by Dana --why typo")).done();
    let shown = office.run("account show A-1001101").done();
    assert!(shown.contains("Robert Ellison") && shown.contains("Robert Elton"), "{shown}");
}

#[test]
fn a_form_that_carries_files_is_no_portfolio() {
    let office = Office::open();
    let mut pdf = Document::load_mem(&form(&office, &Answers::complete())).expect("our form can be loaded");
    let inner = form(&office, &Answers::complete().with("add.1.last_name", "Elton"));
    let stream = pdf.add_object(Stream::new(dictionary! { "Type" => "EmbeddedFile" }, inner));
    pdf.add_object(dictionary! { "Type" => "Filespec", "F" => Object::string_literal("a.pdf"), "EF" => dictionary! { "F" => stream } });
    let catalog = pdf.catalog_mut().expect("our form has a catalog");
    catalog.set("Collection", dictionary! { "Type" => "Collection" });
    let mut bytes = Vec::new();
    pdf.save_to(&mut bytes).expect("a document in memory can be written");
    office.at.write("mail/1.pdf", bytes);
    office.run("ingest mail").done();
    assert_eq!(office.report("rejected")[0]["all_reasons"].split(' ').next(), Some("PDF_ACTIVE_CONTENT"));
    assert!(office.report("accepted").is_empty());
}
