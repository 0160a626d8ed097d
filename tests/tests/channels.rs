//! The same person added by form, by phone, by email and at the console: one engine, one audit trail, a budget for each channel.

use std::fs;

use countersign_testkit::Ended;
use countersign_tests::letter::{Letter, dkim_records};
use countersign_tests::{Answers, Office, fill, rows, trace};

const OWNER: &str =
    "--approver-first Margaret --approver-last Henley --approver-email margaret@henley.example --by Dana --yes";

/// An office with four accounts of the same owner and PIN, on which Robert Ellison is nobody or a plain user yet.
fn office() -> Office {
    let office = Office::open();
    let header =
        "number,name,status,billing_email,owner_first_name,owner_last_name,owner_email,owner_phone,security_pin";
    let account = |number: &str| {
        format!(
            "{number},Henley {number},active,billing@{number}.example,Margaret,Henley,margaret@henley.example,+1 555 010 0142,719305"
        )
    };
    let rows = ["B-1", "B-2", "B-3", "B-4"].map(account).join("\n");
    let text = format!("{header}\n{rows}\n");
    office.at.write("more.csv", text);
    office.run("account import more.csv").done();
    let people =
        "number,first_name,last_name,email,phone,standing,job,pin\nB-3,Robert,Ellison,rob@henley.example,,user,IT,\n";
    office.at.write("people.csv", people);
    office.run("account import-people people.csv").done();
    office
}

/// Runs a command that reads PINs from its standard input.
fn said(office: &Office, arguments: &str, pins: &str) -> Ended {
    office.at.run_with(&format!("--now 2026-03-04T12:00:00Z {arguments} --pin-fd 0"), pins, &[])
}

fn phone_add(office: &Office, account: &str, pins: &str) -> Ended {
    let who = "--first Robert --last Ellison --email rob@henley.example --role IT";
    said(office, &format!("phone add --account {account} {OWNER} {who}"), pins)
}

#[test]
fn four_channels_make_grants_that_differ_in_channel_and_evidence_alone() {
    let office = office();
    office.run("blank --account B-1 -o outbox").done();
    let manifest = rows(&office.at.join("outbox/manifest.csv"));
    let blank = fs::read(office.at.join("outbox").join(&manifest[0]["file"])).unwrap();
    office.at.write("returned/form.pdf", fill(&blank, &Answers::complete().with("add.1.role", "IT")));
    office.run("ingest returned").done();
    let done = phone_add(&office, "B-2", "719305\n5293\n").done();
    assert!(done.contains("Robert Ellison is an Authorized User now"), "{done}");
    let listed = office.run("user list B-3").done();
    let number = listed.lines().find(|it| it.contains("Robert")).unwrap().split_whitespace().next().unwrap().to_owned();
    said(&office, &format!("user promote --account B-3 --user {number} {OWNER}"), "719305\n5293\n").done();
    let configuration = fs::read_to_string(office.at.join("home/countersign.toml")).unwrap();
    let keys = "[mail]\ndkim_records = \"keys.toml\"\n";
    office.at.write("home/countersign.toml", configuration.replace("[mail]", keys));
    office.at.write("home/keys.toml", dkim_records(&["b-4.example"]));
    office.at.write("home/policy.toml", "[emails]\naccept_unattended = true\n");
    let words = "Please add Robert Ellison as an authorized user.\n\nAccount number: B-4\n\nFirst name: Robert\nLast name: Ellison\n\
                 Email: rob@henley.example\nRole: IT\nPIN: 5293\n\nSecurity PIN: 719305\nApproved by: Margaret Henley\n";
    office.at.write("inbox/1.eml", Letter::from("billing@b-4.example", words).signed());
    office.run("ingest inbox").done();
    assert_eq!(office.report("accepted").len(), 1, "{:?}", office.report("held"));

    let people = |account: &str| -> Vec<serde_json::Value> {
        let text = office.run(&format!("user list {account} --json")).done();
        text.lines().map(|it| serde_json::from_str(it).unwrap()).collect()
    };
    for account in ["B-1", "B-2", "B-3", "B-4"] {
        assert_eq!(people(account), people("B-1"), "{account}");
        let caller = format!("caller --account {account} --first-name Robert --last-name Ellison --by Dana");
        assert!(
            said(&office, &caller, "5293\n").done().contains("verified"),
            "{account}: the PIN is the one that was given"
        );
    }
    let trail = office.run("audit export").done();
    let channel = |account: &str| {
        let row = trail.lines().find(|it| it.contains("submission accepted") && it.contains(account)).unwrap();
        let row: serde_json::Value = serde_json::from_str(row).unwrap();
        let evidence: serde_json::Value = match &row["evidence"] {
            serde_json::Value::String(text) => serde_json::from_str(text).unwrap(),
            other => other.clone(),
        };
        evidence["channel"].as_str().unwrap().to_owned()
    };
    let channels = [channel("B-1"), channel("B-2"), channel("B-3"), channel("B-4")];
    assert_eq!(channels, ["form", "phone", "console", "email"]);
    assert!(["5293", "719305"].iter().all(|it| trace(trail.as_bytes(), it).is_none()), "{trail}");
    office.run("audit verify").done();
}

#[test]
fn wrong_pins_on_the_phone_lock_the_phone_and_nothing_else() {
    let office = office();
    for guess in 0..5 {
        let ended = phone_add(&office, "B-2", &format!("71930{}\n5293\n", 6 + guess % 4));
        assert_eq!(ended.code, 1);
        assert!(ended.stdout.contains("PIN_INVALID"), "{}", ended.stdout);
    }
    let ended = phone_add(&office, "B-2", "719305\n5293\n");
    assert!(ended.code == 1 && ended.stdout.contains("PIN_LOCKED"), "{}", ended.stdout);
    phone_add(&office, "B-1", "719305\n5293\n").done();
    office.run("blank --account B-2 -o outbox").done();
    let manifest = rows(&office.at.join("outbox/manifest.csv"));
    let blank = fs::read(office.at.join("outbox").join(&manifest[0]["file"])).unwrap();
    office.at.write("returned/form.pdf", fill(&blank, &Answers::complete()));
    office.run("ingest returned").done();
    assert_eq!(office.report("accepted").len(), 1, "the forms of the account go on");
}

#[test]
fn what_would_hold_a_form_is_refused_while_somebody_waits() {
    let office = office();
    let near = "--approver-first Margaret --approver-last Henly --by Dana --yes";
    let who = "--first Robert --last Ellison";
    let ended = said(&office, &format!("phone add --account B-2 {near} {who}"), "719305\n5293\n");
    assert!(ended.code == 1 && ended.stdout.contains("SIGNER_AMBIGUOUS"), "{}", ended.stdout);
    assert!(office.run("held list").done().contains("No form waits"));
    let silent = "--approver-first Margaret --approver-last Henley --by Dana --yes";
    let ended = said(&office, &format!("phone add --account B-2 {silent} {who}"), "719305\n5293\n");
    assert!(
        ended.code == 1 && ended.stdout.contains("SIGNER_AMBIGUOUS"),
        "a name alone is not enough: {}",
        ended.stdout
    );
    let ended = said(&office, &format!("phone add --account B-2 {OWNER} {who}"), "719305\n1234\n");
    assert!(ended.code == 1 && ended.stdout.contains("NEW_PIN_TOO_COMMON"), "{}", ended.stdout);
    assert!(office.run("account show B-2").done().contains("Margaret Henley"));
    assert!(!office.run("account show B-2").done().contains("wrong PINs"), "no PIN was looked at");
}

#[test]
fn an_authorized_user_is_removed_by_phone_and_switched_off_at_the_console() {
    let office = office();
    phone_add(&office, "B-1", "719305\n5293\n").done();
    phone_add(&office, "B-2", "719305\n5293\n").done();
    let remove = format!("phone remove --account B-1 {OWNER} --first Robert --last Ellison");
    assert!(said(&office, &remove, "719305\n").done().contains("no Authorized User any more"));
    let again = said(&office, &remove, "719305\n");
    assert!(again.code == 1 && again.stdout.contains("USER_NOT_FOUND"), "{}", again.stdout);
    let demote = format!("user demote --account B-2 --user 2 {OWNER}");
    said(&office, &demote, "719305\n").done();
    assert!(said(&office, &demote, "719305\n").failed(2).contains("is a plain user already"));
    let owner = said(&office, &format!("user demote --account B-2 --user 1 {OWNER}"), "719305\n");
    assert!(owner.code == 1 && owner.stdout.contains("REMOVE_OWNER"), "{}", owner.stdout);
}

#[test]
fn wrong_input_does_nothing() {
    let office = office();
    let unconfirmed =
        "phone add --account B-2 --approver-first Margaret --approver-last Henley --by Dana --first A --last B";
    assert!(said(&office, unconfirmed, "719305\n5293\n").failed(2).contains("--yes"));
    let promote = format!("user promote --account B-2 --user 9 {OWNER}");
    assert!(said(&office, &promote, "719305\n5293\n").failed(2).contains("has no user 9"));
    let promote = format!("user promote --account B-2 --user 1 {OWNER}");
    assert!(said(&office, &promote, "719305\n5293\n").failed(2).contains("already"));
    let short = phone_add(&office, "B-2", "719305\n52\n").failed(2);
    assert!(short.contains("PIN of the new Authorized User") && !short.contains("52\n"), "{short}");
    assert!(!office.run("audit export").done().contains("submission"), "nothing was decided");
}
