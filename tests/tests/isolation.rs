//! Files that break a reader: each costs itself a reason, and the run goes on.

use std::fmt::Write;

use countersign_tests::{Answers, Office};

/// A PDF whose many cross-reference rows all lead to one stream: a lenient reader copies it for each of them.
fn many_rows_to_one_stream() -> Vec<u8> {
    const ROWS: usize = 15_000;
    let mut file = String::from("%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n");
    let pages = file.len();
    file.push_str("2 0 obj\n<</Type/Pages/Kids[]/Count 0>>\nendobj\n");
    let stream = file.len();
    let data = "x".repeat(400_000);
    write!(file, "3 0 obj\n<</Length {}>>stream\n{data}\nendstream\nendobj\n", data.len()).expect("a string takes all");
    let table = file.len();
    write!(file, "xref\n0 {}\n0000000000 65535 f \n0000000009 00000 n \n{pages:010} 00000 n \n", ROWS + 3)
        .expect("so here");
    for _ in 0..ROWS {
        writeln!(file, "{stream:010} 00000 n ").expect("and here");
    }
    write!(file, "trailer\n<</Size {}/Root 1 0 R>>\nstartxref\n{table}\n%%EOF\n", ROWS + 3).expect("and here");
    file.into_bytes()
}

#[test]
fn a_file_that_takes_all_memory_costs_itself_a_reason() {
    let office = Office::open();
    office.at.write("returned/1-bomb.pdf", many_rows_to_one_stream());
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
