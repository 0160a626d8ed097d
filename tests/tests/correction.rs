//! A form that could not be carried out, the correction form that answers it, and what comes back on that one.

#![expect(clippy::unwrap_used, reason = "an unexpected answer is the failure that a test looks for")]

use std::collections::BTreeMap;
use std::fs;

use countersign_tests::{Answers, Office, fill, rows, trace};
use lopdf::{Document, Object};

/// What `correction` made of the only form that was rejected or held.
struct Correction {
    pdf: Vec<u8>,
    points: Vec<String>,
    template: String,
    account: Option<String>,
    marked: Vec<String>,
}

fn correct(office: &Office, submission: &str, folder: &str) -> Correction {
    let line = office.run(&format!("correction --submission {submission} -o {folder} --json")).done();
    let made: serde_json::Value = serde_json::from_str(&line).unwrap();
    let texts = |key: &str| made[key].as_array().unwrap().iter().map(|it| it.as_str().unwrap().to_owned()).collect();
    Correction {
        pdf: fs::read(office.at.join(made["file"].as_str().unwrap())).unwrap(),
        points: texts("points"),
        template: made["template"].as_str().unwrap().to_owned(),
        account: made["account"].as_str().map(str::to_owned),
        marked: texts("marked"),
    }
}

fn rejected(office: &Office, answers: &Answers) -> String {
    office.receive("form.pdf", answers);
    office.run("ingest returned").done();
    office.report("rejected")[0]["submission_id"].clone()
}

/// The values of a form's fields, by full name.
fn values(pdf: &[u8]) -> BTreeMap<String, String> {
    let document = Document::load_mem(pdf).unwrap();
    let name_of = |field: &lopdf::Dictionary| {
        let mut name = String::new();
        let mut node = Some(field);
        while let Some(it) = node {
            if let Some(part) = it.get(b"T").ok().and_then(|it| lopdf::decode_text_string(it).ok()) {
                name = if name.is_empty() { part } else { format!("{part}.{name}") };
            }
            node = it.get(b"Parent").and_then(Object::as_reference).and_then(|it| document.get_dictionary(it)).ok();
        }
        name
    };
    let fields = document.objects.values().filter_map(|it| it.as_dict().ok()).filter(|it| it.has(b"FT"));
    let value = |field: &lopdf::Dictionary| match field.get(b"V").ok()? {
        Object::Name(state) => Some(String::from_utf8_lossy(state).into_owned()),
        text => lopdf::decode_text_string(text).ok(),
    };
    fields.filter_map(|it| Some((name_of(it), value(it)?))).collect()
}

#[test]
fn a_corrected_form_is_carried_out() {
    let office = Office::open();
    let wrong = Answers::complete().with("add.1.pin", "1234").with("signer.email", "margaret at henley");
    let submission = rejected(&office, &wrong);
    let correction = correct(&office, &submission, "letters");
    assert_eq!(
        correction.points,
        [
            "Who is asking, Email: please check this value.",
            "Add Authorized Users, row 1, PIN: please choose a PIN that is harder to guess.",
        ]
    );
    assert_eq!(correction.template, "authorized-user.correction-2/1");
    assert_eq!(correction.account.as_deref(), Some("A-1001101"));
    assert_eq!(correction.marked, ["add.1.pin", "signer.email"]);

    let stands = values(&correction.pdf);
    assert_eq!(stands["form.point.1"], correction.points[0]);
    assert_eq!((stands["signer.first_name"].as_str(), stands["add.1.last_name"].as_str()), ("Margaret", "Ellison"));
    assert_eq!(stands["signer.is_owner"], "Yes");
    for empty in ["signer.email", "signer.security_pin", "add.1.pin", "signature.typed_name", "signature.date"] {
        assert_eq!(stands.get(empty), None, "{empty}");
    }
    assert_eq!(stands["consent.full_privileges"], "Off");

    office.at.write("again/form.pdf", fill(&correction.pdf, &Answers::complete()));
    office.run("ingest again").done();
    let accepted = office.report("accepted");
    assert_eq!((accepted.len(), accepted[0]["last_name"].as_str()), (1, "Ellison"));
    assert_eq!(accepted[0]["form_template"], "authorized-user.correction-2");
    let shown = office.run("inspect again/form.pdf").done();
    assert!(shown.contains("Ellison"), "{shown}");
    assert!(["5293", "719305"].iter().all(|it| trace(shown.as_bytes(), it).is_none()), "{shown}");
    office.run("audit verify").done();
    let trail = office.run("audit export").done();
    let row = trail.lines().find(|it| it.contains("correction form issued")).unwrap();
    assert!(row.contains(&submission) && row.contains("A-1001101"), "{row}");
}

#[test]
fn a_correction_form_is_good_for_one_use_and_for_another_correction() {
    let office = Office::open();
    let submission = rejected(&office, &Answers::complete().without("signature.date"));
    let first = correct(&office, &submission, "letters");
    office.at.write("again/form.pdf", fill(&first.pdf, &Answers::complete().with("add.1.pin", "4711x")));
    office.run("ingest again").done();
    let again = office.report("rejected")[0]["submission_id"].clone();
    let second = correct(&office, &again, "letters");
    assert_eq!(second.template, "authorized-user.correction-1/1");
    office.at.write("third/a.pdf", fill(&second.pdf, &Answers::complete()));
    office.at.write("third/b.pdf", fill(&second.pdf, &Answers::complete().with("add.1.first_name", "Ann")));
    office.run("ingest third").done();
    assert_eq!(office.report("accepted").len(), 1);
    assert_eq!(office.report("rejected")[0]["primary_reason"], "DUPLICATE_INSTANCE");
}

#[test]
fn whoever_guesses_learns_nothing_from_it() {
    let office = Office::open();
    office.run("blank --generic -o download").done();
    let manifest = rows(&office.at.join("download/manifest.csv"));
    let blank = fs::read(office.at.join("download").join(&manifest[0]["file"])).unwrap();
    let guess = Answers::complete()
        .with("account.number", "A-1001101")
        .with("account.name", "I do not know")
        .with("account.billing_email", "stranger@elsewhere.example");
    let wrong = [
        ("pin", guess.clone().with("signer.security_pin", "719306")),
        ("account", guess.clone().with("account.number", "A-1009999")),
        ("signer", guess.with("signer.last_name", "Nobody").with("signature.typed_name", "Margaret Nobody")),
    ];
    for (name, answers) in &wrong {
        office.at.write(&format!("returned/{name}.pdf"), fill(&blank, answers));
    }
    office.run("ingest returned").done();
    let mut said = Vec::new();
    for row in office.report("rejected") {
        let made = correct(&office, &row["submission_id"], "letters");
        assert_eq!((made.account, made.points.len()), (None, 1), "nobody has shown that the account is theirs");
        let text = values(&made.pdf).into_values().collect::<Vec<_>>().join(" ");
        assert!(!text.contains("Henley Dental") && !text.contains("719306"), "{text}");
        said.push((made.points, made.marked));
    }
    assert_eq!(said.len(), 3);
    assert!(said.iter().all(|it| *it == said[0]), "{said:#?}");
}

#[test]
fn it_speaks_the_language_of_the_form_and_keeps_letters_of_any_kind() {
    let office = Office::open();
    for (language, name) in [("de", "Zażółć"), ("ja", "Šárka")] {
        office.run(&format!("blank --account A-1001101 --language {language} -o {language}")).done();
        let manifest = rows(&office.at.join(language).join("manifest.csv"));
        let blank = fs::read(office.at.join(language).join(&manifest[0]["file"])).unwrap();
        let answers = Answers::complete().with("signature.date", "soon").with("add.1.first_name", name);
        office.at.write(&format!("returned/{language}.pdf"), fill(&blank, &answers));
    }
    office.run("ingest returned").done();
    let rejected = office.report("rejected");
    let german = correct(&office, &rejected[0]["submission_id"], "letters");
    assert_eq!(
        german.points,
        ["Einverständnis und Unterschrift, Datum: Bitte schreiben Sie das Datum wie unter dem Feld gezeigt."]
    );
    let japanese = correct(&office, &rejected[1]["submission_id"], "letters");
    assert!(japanese.points[0].contains("日付"), "{:?}", japanese.points);
    let again = Answers::complete().with("signature.date", "04.03.2026").with("add.1.first_name", "Zażółć");
    office.at.write("again/de.pdf", fill(&german.pdf, &again));
    let again = Answers::complete().with("signature.date", "2026-03-04").with("add.1.first_name", "Šárka");
    office.at.write("again/ja.pdf", fill(&japanese.pdf, &again));
    office.run("ingest again").done();
    assert_eq!(office.report("accepted").len(), 2, "{:#?}", (office.report("rejected"), office.report("held")));
}

#[test]
fn what_cannot_be_corrected_is_told() {
    let office = Office::open();
    office.receive("good.pdf", &Answers::complete());
    office.at.write("returned/note.pdf", "%PDF-1.4 and nothing else");
    office.run("ingest returned").done();
    let accepted = office.report("accepted")[0]["submission_id"].clone();
    let told = office.run(&format!("correction --submission {accepted}")).failed(2);
    assert!(told.contains("was accepted: there is nothing to mend"), "{told}");
    assert!(office.run("correction --submission S-0").failed(2).contains("there is no submission"));
    let note = office.report("rejected")[0]["submission_id"].clone();
    let made = correct(&office, &note, "letters");
    assert_eq!((made.account, made.marked.len()), (None, 0));
    let twice = office.run(&format!("correction --submission {note} -o letters")).failed(2);
    assert!(twice.contains("is there already"), "{twice}");
    fs::remove_file(office.at.join("returned/note.pdf")).unwrap();
    let gone = office.run(&format!("correction --submission {note} -o other")).failed(2);
    assert!(gone.contains("--from says where it is"), "{gone}");
    office.run("account close A-1001101").done();
}
