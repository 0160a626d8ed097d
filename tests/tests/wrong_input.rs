//! Wrong input: each gets a clear error or a reason, and nothing is lost.

use countersign_testkit::Workplace;
use countersign_tests::{Answers, Office, SmallDisk, trace};

#[track_caller]
fn check(error: &str, parts: &[&str]) {
    for part in parts {
        assert!(error.contains(part), "{part:?} is not in: {error}");
    }
    assert!(!error.contains("panicked"), "{error}");
}

#[test]
fn a_missing_folder_is_named() {
    let error = Office::open().run("ingest nowhere").failed(2);
    check(&error, &["cannot read nowhere", "No such file"]);
}

#[test]
fn an_empty_folder_is_no_failure_and_is_said() {
    let office = Office::open();
    std::fs::create_dir(office.at.join("returned")).unwrap();
    let shown = office.run("ingest returned").done();
    check(&shown, &["0 files", "nothing to read"]);
    let summary: serde_json::Value = serde_json::from_str(&office.run("ingest returned --json").done()).unwrap();
    assert_eq!((summary["files"].as_u64(), summary["reconciled"].as_bool()), (Some(0), Some(true)));
}

#[test]
fn what_is_no_pdf_gets_a_reason_of_its_own() {
    let office = Office::open();
    office.at.write("returned/empty.pdf", "");
    office.at.write("returned/letter.txt", "Dear support");
    office.at.write("returned/photo.pdf", b"\xff\xd8\xff\xe0JFIF");
    office.at.write("returned/.DS_Store", "x");
    std::os::unix::fs::symlink("/etc/passwd", office.at.join("returned/link.pdf")).unwrap();
    office.run("ingest returned").done();
    let reasons: Vec<(String, String)> = office
        .report("rejected")
        .into_iter()
        .map(|it| (it["source_file"].clone(), it["primary_reason"].clone()))
        .collect();
    let expected = [("empty.pdf", "EMPTY_FILE"), ("letter.txt", "UNSUPPORTED_TYPE"), ("photo.pdf", "UNSUPPORTED_TYPE")];
    assert_eq!(reasons, expected.map(|(file, reason)| (file.to_owned(), reason.to_owned())));
    assert_eq!(office.report("held")[0]["primary_reason"], "FILE_UNSTABLE");
    assert_eq!(office.report("ignored").len(), 1);
}

#[test]
fn rejections_can_be_told_by_the_exit_code() {
    let office = Office::open();
    office.receive("one.pdf", &Answers::complete().without("consent.full_privileges"));
    assert_eq!(office.run("ingest returned --dry-run").code, 0);
    assert_eq!(office.run("ingest returned --fail-on-reject").code, 1);
    assert_eq!(office.report("rejected")[0]["primary_reason"], "CONSENT_MISSING");
}

#[test]
fn a_locked_store_fails_the_run_and_the_next_run_goes_on() {
    let office = Office::open();
    office.receive("one.pdf", &Answers::complete());
    let holder = rusqlite::Connection::open(office.at.join("home/store.sqlite")).unwrap();
    holder.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let error = office.run("ingest returned").failed(3);
    check(&error, &["in use by another program", "run this again"]);
    holder.execute_batch("ROLLBACK").unwrap();
    office.run("ingest returned").done();
    assert_eq!(office.report("accepted").len(), 1);
}

#[test]
fn a_bad_template_is_reported_with_all_its_lines_and_no_run_begins() {
    let office = Office::open();
    office.receive("one.pdf", &Answers::complete());
    let file = office.at.join("home/templates/authorized-user.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let broken = text.replace("margin = 40", "margin = 400").replace("version = 1", "version = 0");
    office.at.write("home/templates/authorized-user.toml", broken);
    let error = office.run("ingest returned").failed(2);
    check(&error, &["2 mistakes", "line 6: `version` must be 1 to 9999", "`margin` must be 18 to 108 points"]);
    let checked = office.run("template check home/templates/authorized-user.toml").failed(2);
    check(&checked, &["2 mistakes"]);
    let long = text.replace("I understand", &"I understand that much, and more. ".repeat(200));
    office.at.write("home/templates/authorized-user.toml", long);
    check(&office.run("ingest returned").failed(2), &["a part of the section", "points too tall for a page"]);
    office.at.write("home/templates/authorized-user.toml", text);
    office.run("ingest returned").done();
    assert_eq!(office.report("accepted").len(), 1);
}

#[test]
fn a_bad_row_is_named_by_its_line_and_nothing_is_imported() {
    let office = Office::open();
    let header =
        "number,name,status,billing_email,owner_first_name,owner_last_name,owner_email,owner_phone,security_pin\n";
    let good = "A-2,Two,active,a@two.example,Ann,Lee,,,4926\n";
    let bad = "A-3,Three,open,three.example,Bo,Kim,,,12\n";
    office.at.write("more.csv", format!("{header}{good}{bad}"));
    let error = office.run("account import more.csv").failed(2);
    check(&error, &["line 3: status", "line 3: billing_email", "line 3: security_pin", "nothing was imported"]);
    assert!(!error.contains("12\n") && !error.contains("`12`"), "{error}");
    assert_eq!(office.run("account list --json").done().lines().count(), 1);
    office.at.write("more.csv", format!("{header}{good}"));
    check(&office.run("account import more.csv").done(), &["imported 1 account"]);
}

#[test]
fn a_wrong_vault_key_is_no_wrong_pin() {
    let office = Office::open();
    office.receive("one.pdf", &Answers::complete());
    let other = format!("countersign-vault-key-1:{}", "ab".repeat(32));
    let environment = [("COUNTERSIGN_VAULT_KEY", other.as_str())];
    let error = office.at.run_with("ingest returned", "", &environment).failed(3);
    check(&error, &["the vault key is not the one of this store", "vault.key"]);
    assert!(!error.contains("abab"), "{error}");
    office.run("ingest returned").done();
    assert_eq!(office.report("accepted").len(), 1);
}

#[test]
fn a_vault_key_that_others_may_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let office = Office::open();
    let key = office.at.join("home/vault.key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    check(&office.run("account list").failed(3), &["can be read by other users", "chmod 600"]);
}

#[test]
fn a_home_is_never_made_twice_or_guessed() {
    let at = Workplace::new();
    check(&at.run("account list").failed(3), &["is no home of countersign", "countersign init"]);
    at.run("init").done();
    check(&at.run("init").failed(3), &["is there already"]);
}

#[test]
fn a_clock_set_back_stops_the_run_before_it_begins() {
    let office = Office::open();
    office.receive("one.pdf", &Answers::complete());
    let error = office.at.run("--now 2026-03-03T12:00:00Z ingest returned").failed(3);
    check(&error, &["the clock says 2026-03-03", "set the clock right"]);
}

#[test]
fn reports_never_replace_others() {
    let office = Office::open();
    office.receive("one.pdf", &Answers::complete());
    std::fs::create_dir_all(office.at.join("out/R-000001")).unwrap();
    let error = office.run("ingest returned --reports out").failed(3);
    check(&error, &["cannot make the folder out/R-000001", "File exists"]);
    office.run("ingest returned").done();
    assert_eq!(office.report("accepted").len(), 1);
}

#[test]
fn a_full_disk_stops_the_run_and_the_next_run_goes_on() {
    let office = Office::open();
    office.receive("one.pdf", &Answers::complete());
    let home = office.at.join("home");
    std::fs::rename(&home, office.at.join("kept")).unwrap();
    std::fs::create_dir(&home).unwrap();
    let Some(_disk) = SmallDisk::over(&home, 2 << 10) else { return };
    let copied = std::process::Command::new("cp").arg("-pr").args([office.at.join("kept/."), home.clone()]).status();
    assert!(copied.unwrap().success());
    let filling = std::fs::write(home.join("other-files"), vec![0; 3 << 20]).unwrap_err();
    assert_eq!(filling.kind(), std::io::ErrorKind::StorageFull);
    check(&office.run("ingest returned").failed(3), &["the disk of the account store is full", "free some space"]);
    std::fs::remove_file(home.join("other-files")).unwrap();
    office.run("ingest returned").done();
    assert_eq!(office.report("accepted").len(), 1);
}

#[test]
fn a_pin_never_comes_from_the_command_line() {
    let office = Office::open();
    let add = "account add --number A-9 --name Nine --billing-email a@nine.example --owner-first-name Ann --owner-last-name Lee";
    check(&office.run(&format!("{add} --pin 4926")).failed(2), &["unexpected argument '--pin'"]);
    office.at.run_with(&format!("{add} --pin-fd 0"), "4926\n", &[]).done();
    check(&office.run("account show A-9").done(), &["Ann Lee", "owner"]);
}

#[test]
fn a_pin_in_the_wrong_box_is_neither_accepted_nor_reported() {
    let office = Office::open();
    office.receive("1.pdf", &Answers::complete().with("add.1.role", "PIN 719305"));
    office.receive("2.pdf", &Answers::complete().with("signer.first_name", "719305"));
    office.run("ingest returned").done();
    assert_eq!(office.report("accepted").len(), 0);
    let reasons: Vec<String> = office.report("rejected").iter().map(|it| it["primary_reason"].clone()).collect();
    assert_eq!(reasons, ["FIELD_FORMAT", "FIELD_FORMAT"]);
    for table in ["rejected.csv", "rejected.jsonl", "rejected_details.csv"] {
        let path = office.at.join("home/reports/R-000001").join(table);
        let text = std::fs::read_to_string(path).expect("a report");
        assert!(!text.contains("719305\"") && !text.contains("PIN 719305"), "{table}");
    }
    let masked = office.run("inspect returned/1.pdf").done();
    assert!(trace(masked.as_bytes(), "719305").is_none(), "{masked}");
}

#[test]
fn an_emptied_store_and_a_lost_key_are_told_apart_from_a_new_home() {
    let office = Office::open();
    office.at.write("home/store.sqlite", "");
    check(&office.run("account list").failed(3), &["it is empty", "from a backup"]);
    let other = Office::open();
    std::fs::remove_file(other.at.join("home/vault.key")).expect("the key is there");
    check(&other.run("account list").failed(3), &["vault.key is missing", "put vault.key back"]);
}

#[test]
fn a_pipe_is_not_waited_for() {
    let office = Office::open();
    let made = std::process::Command::new("mkfifo").arg(office.at.join("pipe")).status();
    assert!(made.is_ok_and(|it| it.success()));
    for command in ["account import pipe", "blank --accounts pipe -o out", "template check pipe"] {
        check(&office.run(command).failed(2), &["not a plain file"]);
    }
    check(&office.run("inspect pipe").stdout, &["FILE_UNSTABLE"]);
}
