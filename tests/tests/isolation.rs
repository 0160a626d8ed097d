//! Files that break a reader: each costs itself a reason, and the run goes on.

use countersign_tests::{Answers, Office, many_rows_to_one_stream};

#[test]
fn a_file_that_takes_all_memory_costs_itself_a_reason() {
    let office = Office::open();
    office.at.write("returned/1-bomb.pdf", many_rows_to_one_stream("x"));
    office.receive("2-honest.pdf", &Answers::complete());
    office.run("ingest returned --threads 1").done();
    let rejected = office.report("rejected");
    assert_eq!(rejected.len(), 1, "{rejected:?}");
    assert!(["PDF_RESOURCE_LIMIT", "PDF_AMBIGUOUS"].contains(&rejected[0]["primary_reason"].as_str()), "{rejected:?}");
    assert_eq!(office.report("accepted")[0]["source_file"], "2-honest.pdf");
}

#[test]
fn the_doctor_says_what_is_in_force() {
    let ended = Office::open().run("doctor");
    assert_eq!(ended.stdout.matches("in force").count() + ended.stdout.matches("MISSING").count(), 3, "{ended:?}");
    assert_eq!(ended.code == 0, !ended.stdout.contains("MISSING"), "{ended:?}");
}
