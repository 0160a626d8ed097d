//! Forms whose values stand on the page and not in its fields: read all the same, held for a person, or taken when the policy
//! says so.
#![expect(clippy::unwrap_used, reason = "a test that cannot read its files has failed")]

use countersign_tests::{Answers, Office, print, type_over};
use serde_json::Value;

/// Fields with values, as `inspect` reads them.
fn inspected(office: &Office) -> Value {
    let ended = office.run("inspect --json --reveal-pins returned/form.pdf");
    serde_json::from_str(&ended.stdout).unwrap()
}

#[track_caller]
fn check_values(reading: &Value, from: &str) {
    let values = [
        ("signer.first_name", "Margaret"),
        ("signer.security_pin", "719305"),
        ("add.1.last_name", "Ellison"),
        ("add.1.email", "rob@henley.example"),
        ("add.1.pin", "5293"),
        ("signature.typed_name", "Margaret Henley"),
        ("signature.date", "03/04/2026"),
        ("consent.full_privileges", "Yes"),
    ];
    for (field, value) in values {
        let found = &reading["fields"][field];
        assert_eq!((&found["value"], &found["from"]), (&value.into(), &from.into()), "{field}");
    }
    assert_eq!(reading["fields"]["signer.is_authorized_user"]["value"], "Off");
    assert_eq!(reading["fields"]["add.2.first_name"]["value"], "");
}

#[track_caller]
fn check_run(office: &Office, table: &str, reasons: &str) {
    office.run("ingest returned").done();
    let rows = office.report(table);
    let found: Vec<&str> = rows.iter().map(|it| it.get("all_reasons").map_or("", String::as_str)).collect();
    assert_eq!(found, [reasons]);
}

#[test]
fn a_printed_form_is_read_and_held() {
    let office = Office::open();
    office.at.write("returned/form.pdf", print(&office.blank(), &Answers::complete()));
    let reading = inspected(&office);
    assert_eq!((&reading["reading"], &reading["template"]), (&"page_text".into(), &"authorized-user/1".into()));
    check_values(&reading, "page_text");
    check_run(&office, "held", "FORM_FLATTENED");
}

#[test]
fn a_printed_form_is_taken_where_the_policy_says_so() {
    let office = Office::open();
    office.at.write("home/policy.toml", "[forms]\naccept_flattened = true\n");
    office.at.write("returned/form.pdf", print(&office.blank(), &Answers::complete()));
    office.run("ingest returned").done();
    let rows = office.report("accepted");
    assert_eq!((rows.len(), rows[0]["reading_method"].as_str()), (1, "page_text"));
}

#[test]
fn a_form_that_was_typed_over_is_read_and_held_or_taken() {
    let office = Office::open();
    office.at.write("returned/form.pdf", type_over(&office.blank(), &Answers::complete()));
    check_values(&inspected(&office), "annotation");
    check_run(&office, "held", "FORM_ANNOTATED");
    let office = Office::open();
    office.at.write("home/policy.toml", "[forms]\naccept_annotated = true\n");
    office.at.write("returned/form.pdf", type_over(&office.blank(), &Answers::complete()));
    office.run("ingest returned").done();
    assert_eq!(office.report("accepted")[0]["reading_method"], "annotations");
}

#[test]
fn nobody_is_refused_for_what_was_read_from_a_page() {
    let office = Office::open();
    let wrong = Answers::complete().with("add.1.email", "nobody").with("signer.last_name", "Hanley");
    office.at.write("returned/form.pdf", print(&office.blank(), &wrong));
    office.run("ingest returned").done();
    assert_eq!(office.report("held")[0]["primary_reason"], "FORM_FLATTENED");
}
