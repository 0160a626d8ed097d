//! Another Security PIN: the one before is worth nothing from then on, and the new one is no easy one.

use countersign_testkit::Ended;
use countersign_tests::{Answers, Office, trace};

const STAFF: &str = "--by Dana --why identity-seen";

fn set(office: &Office, pin: &str) -> Ended {
    let arguments = format!("--now 2026-03-04T12:00:00Z account set-pin --account A-1001101 {STAFF} --pin-fd 0");
    office.at.run_with(&arguments, &format!("{pin}\n"), &[])
}

#[test]
fn the_pin_before_is_worth_nothing_and_the_new_one_counts() {
    let office = Office::open();
    let ended = set(&office, "60291");
    assert!(ended.done().contains("changed the Security PIN of account A-1001101"));
    office.receive("old.pdf", &Answers::complete());
    office.receive("new.pdf", &Answers::complete().adding(("Nora", "Quist")).with("signer.security_pin", "60291"));
    office.run("ingest returned").done();
    assert_eq!(office.report("rejected")[0]["primary_reason"], "PIN_INVALID");
    assert_eq!(office.report("accepted")[0]["last_name"], "Quist");
    let trail = office.run("audit export").done();
    assert!(trail.contains("set security pin") && trail.contains("identity-seen"), "{trail}");
    assert!(["719305", "60291"].iter().all(|it| trace(trail.as_bytes(), it).is_none()), "{trail}");
    office.run("audit verify").done();
}

#[test]
fn an_easy_one_changes_nothing() {
    let office = Office::open();
    office.receive("adds.pdf", &Answers::complete());
    office.run("ingest returned").done();
    for (pin, why) in [
        ("1234", "is one of those that are guessed first"),
        ("1101", "is part of the account's number or of a phone number on it"),
        ("0142", "is part of the account's number or of a phone number on it"),
        ("5293", "is the PIN of one of the account's Authorized Users"),
        ("719305", "is the one that the account has"),
    ] {
        let ended = set(&office, pin);
        assert!(ended.code == 2 && ended.stderr.contains(why), "{pin}: {}", ended.stderr);
        assert!(trace(ended.stderr.as_bytes(), pin).is_none(), "{}", ended.stderr);
    }
    for wrong in ["", "123", "123456789", "12 34", "word"] {
        assert_eq!(set(&office, wrong).code, 2, "{wrong}");
    }
    assert!(!office.run("audit export").done().contains("set security pin"));
    office.run("account close A-1001101").done();
    assert!(set(&office, "60291").stderr.contains("is closed"));
}
