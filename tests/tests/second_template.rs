//! Another provider's form, on two pages of A4 with questions of its own, and our own in every language, through the whole of the program.

#![expect(clippy::unwrap_used, reason = "an unexpected answer is the failure that a test looks for")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use countersign_core::store::{AccountStore, BlankState, IssuedBlank};
use countersign_core::template::TemplateId;
use countersign_core::vault::VaultKey;
use countersign_store::SqliteStore;
use countersign_testkit::{Workplace, event};
use countersign_tests::{Answers, Office, Row, fill, rows};

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

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// The office that issued the blanks of tests/fixtures/fernhill: its key, its accounts, its template as it was, its ledger.
fn fernhill() -> Office {
    let office = Office { at: Workplace::new() };
    let key = fs::read_to_string(project("samples/demo-vault.key")).unwrap();
    let line = key.lines().find(|it| !it.starts_with('#')).unwrap();
    office.at.run_with("init", "", &[("COUNTERSIGN_VAULT_KEY", line)]).done();
    let file = office.at.write("home/vault.key", &key);
    fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
    office.at.write("home/countersign.toml", "pin_cost = \"cheap-for-tests\"\n");
    let copy = |from: &str, to: &str| office.at.write(to, fs::read(project(from)).unwrap());
    copy("tests/fixtures/fernhill/fernhill-authorized-user.toml", "home/templates/fernhill.toml");
    copy("templates/fernhill-telecom/fernhill.png", "home/templates/fernhill.png");
    copy("tests/fixtures/fernhill/accounts.csv", "accounts.csv");
    office.run("account import accounts.csv").done();
    let issued: Vec<IssuedBlank> = rows(&project("tests/fixtures/fernhill/issued.csv")).iter().map(issued).collect();
    let mut store = SqliteStore::open(office.at.join("home/store.sqlite")).unwrap();
    store.work_under(VaultKey::from_file_text(&key).unwrap().id());
    store.issue_blanks(&issued, event("blanks issued")).unwrap();
    office
}

fn issued(row: &Row) -> IssuedBlank {
    IssuedBlank {
        instance: row["instance"].parse().unwrap(),
        template: TemplateId { name: row["template"].clone(), version: row["version"].parse().unwrap() },
        account: Some(row["account_number"].parse().unwrap()),
        issued_at: row["issued_at"].parse().unwrap(),
        expires: row["expires"].parse().unwrap(),
        state: BlankState::Issued,
        seal: None,
    }
}

#[test]
fn what_chrome_evince_and_pdftk_make_of_its_blanks_is_carried_out() {
    let office = fernhill();
    for file in ["FT-200417-pdfium-save.pdf", "FT-200425-poppler-glib.pdf", "FT-200433-pdftk-xfdf.pdf"] {
        office.at.write(&format!("returned/{file}"), fs::read(project("tests/fixtures/fernhill").join(file)).unwrap());
    }
    office.run("ingest returned").done();
    let told = |it: &Row| {
        [&it["account_number"], &it["first_name"], &it["last_name"], &it["reading_method"]].map(Clone::clone)
    };
    let accepted: Vec<[String; 4]> = office.report("accepted").iter().map(told).collect();
    let expected = [
        ["FT-200417", "Iolo", "Prydderch", "acroform"],
        ["FT-200417", "Zoë", "D’Arcy", "acroform"],
        ["FT-200425", "Bjørn", "Ødegård", "acroform"],
        ["FT-200433", "Priya", "Raman", "acroform"],
    ];
    assert_eq!(accepted, expected.map(|it| it.map(str::to_owned)));
    let granted = office.run("grant list FT-200417 --json").done();
    assert!(granted.contains("Iolo") && granted.contains("D’Arcy"), "{granted}");
    let read = office.run("inspect returned/FT-200417-pdfium-save.pdf").done();
    assert!(read.contains("PO 4471/b") && read.contains("Welsh"), "{read}");
    // The same form, saved once more, grants nothing.
    office.at.write(
        "again/form.pdf",
        [fs::read(office.at.join("returned/FT-200433-pdftk-xfdf.pdf")).unwrap(), b"\n".to_vec()].concat(),
    );
    office.run("ingest again").done();
    assert_eq!(office.report("rejected")[0]["primary_reason"], "DUPLICATE_REQUEST");
}
