//! Blanks as other people's programs see them, and as the office keeps them.

#![expect(clippy::unwrap_used, reason = "an unexpected answer is the failure that a test looks for")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use countersign_core::template::FormTemplate;
use countersign_tests::{Answers, Office, fill, rows, trace};

/// The full names of the form's fields, by its template.
fn names() -> BTreeSet<String> {
    let template = Path::new(env!("CARGO_MANIFEST_DIR")).join("../templates/authorized-user.toml");
    let template = FormTemplate::parse(&std::fs::read_to_string(template).unwrap()).unwrap();
    template.fields().into_iter().map(|it| it.name).collect()
}

fn blank(office: &Office) -> PathBuf {
    office.at.write("blank.pdf", office.blank())
}

/// What a program prints about the blank; `None` where it is not installed.
#[expect(clippy::print_stdout, reason = "a skipped test says so")]
fn ask(program: &str, arguments: &[&str]) -> Option<String> {
    match Command::new(program).args(arguments).output() {
        Ok(output) => {
            let beside = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success() && beside.is_empty(), "{program}: {beside}");
            Some(String::from_utf8_lossy(&output.stdout).into_owned())
        }
        Err(_) => {
            println!("skipped: {program} is not installed");
            None
        }
    }
}

#[test]
fn qpdf_finds_nothing_to_complain_about() {
    let office = Office::open();
    let Some(said) = ask("qpdf", &["--check", blank(&office).to_str().unwrap()]) else { return };
    assert!(said.contains("No syntax or stream encoding errors found"), "{said}");
}

#[test]
fn mutool_lists_the_fields() {
    let office = Office::open();
    let Some(said) = ask("mutool", &["show", blank(&office).to_str().unwrap(), "form"]) else { return };
    let mut listed = BTreeSet::new();
    for field in said.split("\n\n") {
        let name = field.lines().find_map(|it| it.trim().strip_prefix("Name: (")?.strip_suffix(')'));
        let is_leaf = field.lines().any(|it| matches!(it.trim(), "Type: Tx" | "Type: Btn"));
        listed.extend(name.filter(|_| is_leaf).map(str::to_owned));
    }
    assert_eq!(listed, names());
}

#[test]
fn pdftk_lists_the_fields() {
    let office = Office::open();
    let Some(said) = ask("pdftk", &[blank(&office).to_str().unwrap(), "dump_data_fields_utf8"]) else { return };
    let listed: BTreeSet<String> =
        said.lines().filter_map(|it| it.strip_prefix("FieldName: ")).map(str::to_owned).collect();
    assert_eq!(listed, names());
}

#[test]
fn pypdf_lists_the_fields() {
    let office = Office::open();
    let python = std::env::var_os("COUNTERSIGN_TEST_PYTHON").unwrap_or_else(|| "python3".into());
    let python = python.to_str().unwrap();
    let has_pypdf = Command::new(python).args(["-c", "import pypdf"]).output().is_ok_and(|it| it.status.success());
    if !has_pypdf {
        println!("skipped: pypdf is not installed");
        return;
    }
    let script = "import sys, pypdf\n\
                  fields = pypdf.PdfReader(sys.argv[1], strict=True).get_fields()\n\
                  print('\\n'.join(name for name, it in fields.items() if '/FT' in it))";
    let said = ask(python, &["-W", "error", "-c", script, blank(&office).to_str().unwrap()]).unwrap();
    assert_eq!(said.lines().map(str::to_owned).collect::<BTreeSet<_>>(), names());
}

#[test]
fn our_own_reader_finds_nothing_odd_about_a_blank() {
    let office = Office::open();
    blank(&office);
    let line = office.run("inspect --json blank.pdf").done();
    let inspection: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(inspection["template"], "authorized-user/1");
    assert_eq!(inspection["findings"], serde_json::json!([]));
    let listed: BTreeSet<String> = inspection["fields"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(listed, names());
    assert_eq!(inspection["fields"]["account.name"]["value"], "Henley Dental Group");
}

#[test]
fn inspect_shows_pins_only_when_asked() {
    let office = Office::open();
    office.at.write("filled.pdf", fill(&office.blank(), &Answers::complete()));
    let masked = office.run("inspect filled.pdf").done();
    assert!(masked.contains("Margaret"), "{masked}");
    assert!(["5293", "719305"].iter().all(|it| trace(masked.as_bytes(), it).is_none()), "{masked}");
    assert!(office.run("inspect --reveal-pins --json filled.pdf").done().contains("719305"));
}

#[test]
fn every_blank_is_in_the_manifest_and_in_the_ledger() {
    let office = Office::open();
    office.run("blank --account A-1001101 -o outbox").done();
    let told = office.run("blank --accounts accounts.csv -o outbox").done();
    assert!(told.contains("1 form of the list was there before"), "{told}");
    office.run("blank --generic -o outbox").done();
    let manifest = rows(&office.at.join("outbox/manifest.csv"));
    let files: BTreeSet<&str> = manifest.iter().map(|it| it["file"].as_str()).collect();
    assert_eq!(files.len(), 2);
    for row in &manifest {
        assert!(office.at.join("outbox").join(&row["file"]).is_file());
        assert_eq!(row["expires"], "2026-06-02");
    }
    assert_eq!(manifest[1]["account_number"], "");
    let error = office.run("blank --account A-9 -o outbox").failed(2);
    assert!(error.contains("there is no account A-9"), "{error}");
}

#[test]
fn a_blank_is_used_once_and_a_download_again_and_again() {
    let office = Office::open();
    let bound = office.blank();
    office.at.write("returned/1.pdf", fill(&bound, &Answers::complete()));
    let second = Answers::complete().with("add.1.first_name", "Second").with("signer.title", "Owner");
    office.at.write("returned/2.pdf", fill(&bound, &second));
    office.run("blank --generic -o generic").done();
    let generic = std::fs::read_dir(office.at.join("generic")).unwrap().map(|it| it.unwrap().path());
    let generic = std::fs::read(generic.into_iter().find(|it| it.extension().is_some_and(|it| it == "pdf")).unwrap());
    let header =
        [("number", "A-1001101"), ("name", "Henley Dental Group"), ("billing_email", "billing@henley.example")];
    let download = |first: &str| {
        let named = Answers::complete().with("add.1.first_name", first);
        header.iter().fold(named, |answers, (part, value)| answers.with(&format!("account.{part}"), value))
    };
    let generic = generic.unwrap();
    office.at.write("returned/3.pdf", fill(&generic, &download("Third")));
    office.at.write("returned/4.pdf", fill(&generic, &download("Fourth")));
    office.run("ingest returned").done();
    let accepted: Vec<String> = office.report("accepted").iter().map(|it| it["first_name"].clone()).collect();
    assert_eq!(accepted, ["Robert", "Third", "Fourth"]);
    assert_eq!(office.report("rejected")[0]["primary_reason"], "DUPLICATE_INSTANCE");
}

#[test]
fn five_wrong_pins_lock_the_channel_and_a_right_one_comes_too_late() {
    let office = Office::open();
    for guess in 0..7 {
        let answers = Answers::complete().with("signer.security_pin", &format!("80{guess}1"));
        office.receive(
            &format!("{guess}.pdf"),
            &answers.with("add.1.first_name", &format!("Guess{}", "x".repeat(guess))),
        );
    }
    office.receive("9.pdf", &Answers::complete());
    office.run("ingest returned").done();
    let checks: Vec<String> = office.report("rejected").iter().map(|it| it["pin_check"].clone()).collect();
    assert_eq!(checks, ["failed", "failed", "failed", "failed", "failed", "locked", "locked", "locked"]);
}
