//! Another provider's form, on two pages of A4 with questions of its own, and our own in every language, through the whole of the program.

#![expect(clippy::unwrap_used, reason = "an unexpected answer is the failure that a test looks for")]

use std::fs;
use std::path::Path;

use countersign_tests::{Answers, Office, fill, rows};

fn office() -> Office {
    let office = Office::open();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../templates/fernhill-telecom");
    let text = fs::read_to_string(folder.join("fernhill-authorized-user.toml")).unwrap();
    office.at.write("home/templates/fernhill.toml", text.replace("../fonts/", "fonts/"));
    office.at.write("home/templates/fernhill.png", fs::read(folder.join("fernhill.png")).unwrap());
    office
}

fn blank(office: &Office, folder: &str) -> Vec<u8> {
    office.run(&format!("blank --account A-1001101 --template fernhill-authorized-user -o {folder}")).done();
    let manifest = rows(&office.at.join(folder).join("manifest.csv"));
    fs::read(office.at.join(folder).join(&manifest[0]["file"])).unwrap()
}

fn answers() -> Answers {
    let eighth = [("first_name", "Tomos"), ("last_name", "Llwyd"), ("email", "tomos@x.example"), ("pin", "7094")];
    let answers = Answers::complete().with("signature.date", "04/03/2026").with("extra.purchase_order", "PO 4471");
    eighth.iter().fold(answers, |answers, (part, value)| answers.with(&format!("add.8.{part}"), value))
}

#[test]
fn its_forms_are_read_and_carried_out() {
    let office = office();
    office.at.write("returned/form.pdf", fill(&blank(&office, "outbox"), &answers()));
    office.run("ingest returned").done();
    let accepted = office.report("accepted");
    let added: Vec<&str> = accepted.iter().map(|it| it["first_name"].as_str()).collect();
    assert_eq!(added, ["Robert", "Tomos"]);
    assert!(accepted.iter().all(|it| it["form_template"] == "fernhill-authorized-user"));
    assert!(office.run("inspect returned/form.pdf").done().contains("PO 4471"));
}

#[test]
fn its_dates_and_its_second_page_are_its_own() {
    let office = office();
    let american = answers().with("signature.date", "03/14/2026");
    office.at.write("returned/date.pdf", fill(&blank(&office, "one"), &american));
    let mut document = lopdf::Document::load_mem(&fill(&blank(&office, "two"), &answers())).unwrap();
    assert_eq!(document.get_pages().len(), 2);
    document.delete_pages(&[2]);
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).unwrap();
    office.at.write("returned/first-page-only.pdf", bytes);
    office.run("ingest returned").done();
    assert_eq!(office.report("rejected")[0]["primary_reason"], "DATE_INVALID");
    assert_eq!(office.report("accepted"), []);
}

#[test]
fn forms_of_every_language_are_carried_out() {
    let office = Office::open();
    let languages = [
        ("en", "03/04/2026", "Alma"),
        ("es", "04/03/2026", "Berta"),
        ("fr", "04/03/2026", "Clara"),
        ("de", "04.03.2026", "Dora"),
        ("ja", "2026-03-04", "Emmy"),
    ];
    for (language, date, name) in languages {
        office.run(&format!("blank --account A-1001101 --language {language} -o {language}")).done();
        let manifest = rows(&office.at.join(language).join("manifest.csv"));
        let blank = fs::read(office.at.join(language).join(&manifest[0]["file"])).unwrap();
        let answers = Answers::complete().with("signature.date", date).with("add.1.first_name", name);
        office.at.write(&format!("returned/{language}.pdf"), fill(&blank, &answers));
    }
    office.run("ingest returned").done();
    let accepted: Vec<String> = office.report("accepted").iter().map(|it| it["first_name"].clone()).collect();
    assert_eq!(accepted, ["Dora", "Alma", "Berta", "Clara", "Emmy"]);
}

#[test]
fn another_picture_in_the_place_of_its_logo_is_held() {
    let office = office();
    let mut document = lopdf::Document::load_mem(&fill(&blank(&office, "outbox"), &answers())).unwrap();
    let picture = document.objects.values_mut().filter_map(|it| it.as_stream_mut().ok());
    let mut picture =
        picture.filter(|it| it.dict.get(b"Subtype").is_ok_and(|it| it.as_name().is_ok_and(|it| it == b"Image")));
    let picture = picture.next().unwrap();
    let pixels = picture.decompressed_content_with_limit(1 << 20).unwrap();
    picture.dict.remove(b"Filter");
    picture.set_content(pixels.iter().map(|it| 255 - it).collect());
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).unwrap();
    office.at.write("returned/form.pdf", bytes);
    office.run("ingest returned").done();
    assert_eq!(office.report("held")[0]["primary_reason"], "FORM_TEXT_ALTERED");
}
