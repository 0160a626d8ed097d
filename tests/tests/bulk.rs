//! Forms for a whole list of accounts: a job that may be cut off anywhere, and its files for a print shop.

#![expect(clippy::unwrap_used, reason = "an unexpected answer is the failure that a test looks for")]

use std::collections::BTreeSet;
use std::fs;

use countersign_tests::{Office, rows};
use lopdf::Document;
use serde_json::Value;

/// An office with accounts A-2000000 and on, and the list of them.
fn office(accounts: usize) -> Office {
    let office = Office::open();
    let header = "number,name,status,billing_email,owner_first_name,owner_last_name,owner_email,owner_phone,security_pin,language\n";
    let row = |at: usize| {
        let language = ["", "es", "de-AT", "en"][at % 4];
        format!("A-{},Company {at},active,b{at}@c.example,Ada,Smith,ada@c.example,,719305,{language}\n", 2_000_000 + at)
    };
    office.at.write("list.csv", header.to_owned() + &(0..accounts).map(row).collect::<String>());
    let without = fs::read_to_string(office.at.join("list.csv")).unwrap();
    let without: String = without.lines().map(|it| it.rsplit_once(',').unwrap().0.to_owned() + "\n").collect();
    office.at.write("import.csv", without);
    office.run("account import import.csv").done();
    office
}

/// The lines of the list for programs.
fn made(office: &Office) -> Vec<Value> {
    let text = fs::read_to_string(office.at.join("outbox/manifest.jsonl")).unwrap();
    text.lines().map(|it| serde_json::from_str(it).unwrap()).collect()
}

/// Every account has one form, every form its file and its row, and the ledger has them all.
fn check_whole(office: &Office, accounts: usize) {
    let made = made(office);
    let distinct = |key: &str| made.iter().map(|it| it[key].to_string()).collect::<BTreeSet<_>>().len();
    assert_eq!((made.len(), distinct("account_number"), distinct("instance")), (accounts, accounts, accounts));
    for row in &made {
        let bytes = fs::read(office.at.join("outbox").join(row["file"].as_str().unwrap())).unwrap();
        assert!(bytes.ends_with(b"%%EOF\n"), "{}", row["file"]);
    }
    let listed: Vec<String> =
        rows(&office.at.join("outbox/manifest.csv")).iter().map(|it| it["file"].clone()).collect();
    assert_eq!(listed, made.iter().map(|it| it["file"].as_str().unwrap().to_owned()).collect::<Vec<_>>());
    let ledger = office.run(&format!("ledger show {}", made[accounts - 1]["instance"].as_str().unwrap())).done();
    assert!(ledger.contains("issued"), "{ledger}");
    assert!(!office.at.join("outbox/manifest.begun").exists());
}

#[test]
fn a_job_that_was_cut_off_is_finished_and_nobody_gets_two_forms() {
    let office = office(1_100);
    office.run("blank --accounts list.csv -o outbox").done();
    check_whole(&office, 1_100);
    let before = made(&office);
    assert_eq!(before[999]["file"].as_str().unwrap().split('/').next(), Some("0000"));
    assert_eq!(before[1_000]["file"].as_str().unwrap().split('/').next(), Some("0001"));

    // As a program leaves it that dies while it writes the files of its second batch: some whole, one torn, some not there.
    let outbox = office.at.join("outbox");
    let lines = fs::read_to_string(outbox.join("manifest.jsonl")).unwrap();
    let lines: Vec<&str> = lines.split_inclusive('\n').collect();
    fs::write(outbox.join("manifest.jsonl"), lines[..500].concat() + "{\"file\":\"0000/auth").unwrap();
    fs::write(outbox.join("manifest.begun"), lines[500..1_000].concat()).unwrap();
    for (at, row) in before.iter().enumerate().skip(600) {
        let path = outbox.join(row["file"].as_str().unwrap());
        if at == 600 { fs::write(path, b"%PDF-1.7").unwrap() } else { fs::remove_file(path).unwrap() }
    }
    let told = office.run("blank --accounts list.csv -o outbox").done();
    assert!(told.contains("made 100 forms"), "{told}");
    assert!(told.contains("1,000 forms of the list were there before, 500 of them cut off and finished now"), "{told}");
    check_whole(&office, 1_100);
    // What was begun is finished as it was begun, to the byte.
    let instances = |rows: &[Value]| rows[..1_000].iter().map(|it| it["instance"].clone()).collect::<Vec<_>>();
    assert_eq!(instances(&made(&office)), instances(&before));

    // Noted and never entered into the ledger: nobody can have it, and it is not made.
    let stray = lines[0]
        .replace("A-2000000", "A-1001101")
        .replace(before[0]["instance"].as_str().unwrap(), "0123-4567-89AB-CDEF-GHJK-MNPQ-RSTV-WXYZ");
    fs::write(outbox.join("manifest.begun"), stray).unwrap();
    let told = office.run("blank --accounts list.csv -o outbox").done();
    assert!(told.contains("made 0 forms"), "{told}");
    check_whole(&office, 1_100);
}

#[test]
fn a_form_that_cannot_be_drawn_stops_nobody_for_ever() {
    let office = office(3);
    let list = fs::read_to_string(office.at.join("import.csv")).unwrap();
    let header = list.lines().next().unwrap();
    let long = format!("A-9,{},active,b@c.example,Ada,Smith,,,719305", "Long ".repeat(20).trim());
    office.at.write("long.csv", format!("{header}\n{long}\n"));
    office.run("account import long.csv").done();
    let template = fs::read_to_string(office.at.join("home/templates/authorized-user.toml")).unwrap();
    let narrow = template.replacen("max_length = 120", "max_length = 12", 1);
    office.at.write("home/templates/authorized-user.toml", narrow);
    office.at.write("list.csv", "number\nA-2000000\nA-9\nA-2000001\n");
    let error = office.run("blank --accounts list.csv -o outbox").failed(3);
    assert!(error.contains("account A-9") && error.contains("account.name"), "{error}");
    assert!(!office.at.join("outbox/manifest.begun").exists(), "nothing was noted");
    let trail = office.run("audit export").done();
    assert!(!trail.contains("blanks issued"), "nothing was entered");
    office.at.write("list.csv", "number\nA-2000000\nA-2000001\n");
    let told = office.run("blank --accounts list.csv -o outbox").done();
    assert!(told.contains("made 2 forms") && made(&office).len() == 2, "{told}");
}

#[test]
fn a_list_that_points_out_of_its_folder_is_refused() {
    let office = office(1);
    office.at.write("list.csv", "number\nA-2000000\n");
    office.run("blank --accounts list.csv -o outbox").done();
    let lines = office.at.join("outbox/manifest.jsonl");
    let text = fs::read_to_string(&lines).unwrap();
    fs::write(&lines, text.replacen("\"file\":\"", "\"file\":\"../home/", 1)).unwrap();
    let error = office.run("blank --accounts list.csv -o outbox --zip forms.zip").failed(3);
    assert!(error.contains("outside of the folder") && !office.at.join("forms.zip").exists(), "{error}");
}

#[test]
fn each_customer_gets_the_form_in_their_language() {
    let office = office(4);
    office.run("blank --accounts list.csv -o outbox").done();
    let templates: Vec<String> = made(&office).iter().map(|it| it["template"].as_str().unwrap().to_owned()).collect();
    assert_eq!(templates, ["authorized-user", "authorized-user-es", "authorized-user-de", "authorized-user"]);
    office.at.write("list.csv", "number,language\nA-2000000,tlh\n");
    let error = office.run("blank --accounts list.csv -o other").failed(2);
    assert!(error.contains("the form is not made in this language; it is in de, en-US, es, fr, ja"), "{error}");
    let error = office.run("blank --generic --language tlh -o other").failed(2);
    assert!(error.contains("--language"), "{error}");
    office.run("blank --generic --language fr -o french").done();
    let french = rows(&office.at.join("french/manifest.csv"));
    assert_eq!(french[0]["template"], "authorized-user-fr");
}

#[test]
fn a_print_shop_gets_one_file() {
    let office = office(3);
    office.at.write("list.csv", "number\nA-2000000\nA-2000001\nA-2000002\n");
    office.run("blank --accounts list.csv -o outbox --zip forms.zip --merge forms.pdf").done();
    let archive = fs::read(office.at.join("forms.zip")).unwrap();
    for row in made(&office) {
        let name = row["file"].as_str().unwrap().as_bytes();
        assert!(archive.windows(name.len()).any(|it| it == name), "{}", row["file"]);
    }
    let merged = fs::read(office.at.join("forms.pdf")).unwrap();
    let document = Document::load_mem(&merged).unwrap();
    assert_eq!(document.get_pages().len(), 3);
    assert!(document.catalog().unwrap().get(b"AcroForm").is_err(), "nothing to type into on paper");
    assert!(merged.len() < 100_000, "{} bytes: what all share is there once", merged.len());
    let error = office.run("blank --accounts list.csv -o outbox --zip forms.zip").failed(2);
    assert!(error.contains("forms.zip is there already"), "{error}");
}
