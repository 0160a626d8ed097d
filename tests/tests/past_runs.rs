//! `report`: what a run decided, out of the store, whatever became of its files.

use countersign_tests::{Answers, Office, trace};
use serde_json::Value;

/// An office with a run of four forms: one accepted, one rejected for two reasons, two held, of which one was resolved since.
fn office() -> Office {
    let office = Office::open();
    let near = || Answers::complete().with("signer.last_name", "Henly").with("signature.typed_name", "Margaret Henly");
    office.receive("1-good.pdf", &Answers::complete());
    office.receive("2-bad.pdf", &Answers::complete().with("signature.date", "soon").with("add.1.email", "nobody"));
    office.receive("3-near.pdf", &near().adding(("Nora", "Quist")));
    office.receive("4-near.pdf", &near().adding(("Ida", "Vance")));
    office.run("ingest returned").done();
    let id = &office.report("held")[0]["submission_id"];
    office.run(&format!("held resolve {id} --reject --by Dana --why called-back")).done();
    office
}

fn lines(printed: &str) -> Vec<Value> {
    printed.lines().map(|it| serde_json::from_str(it).expect("a line of JSON")).collect()
}

#[test]
fn what_a_run_decided_and_what_became_of_it_is_shown() {
    let office = office();
    std::fs::remove_dir_all(office.at.join("home/reports")).expect("there are reports");
    for run in ["R-000001", "1"] {
        let shown = office.run(&format!("report {run}")).done();
        assert!(shown.contains("4 forms decided: 1 accepted, 1 rejected, 2 held"), "{shown}");
        assert!(shown.contains("of the held ones, since: 1 rejected, 1 still held"), "{shown}");
        assert!(shown.contains("SIGNER_AMBIGUOUS") && shown.contains("DATE_INVALID"), "{shown}");
        assert!(shown.contains("its reports are not in"), "{shown}");
        assert!(!shown.contains("1-good.pdf"), "{shown}");
    }
    let shown = office.run("report 1 --forms").done();
    assert!(shown.contains("1-good.pdf") && shown.contains("rejected by Dana"), "{shown}");
}

#[test]
fn a_program_gets_a_line_for_each_form() {
    let office = office();
    let printed = office.run("report 1 --json").done();
    let forms = lines(&printed);
    let of = |key: &str| forms.iter().map(|it| it[key].clone()).collect::<Vec<_>>();
    assert_eq!(of("file"), ["1-good.pdf", "2-bad.pdf", "3-near.pdf", "4-near.pdf"]);
    assert_eq!(of("status"), ["accepted", "rejected", "held", "held"]);
    assert_eq!(forms[2]["resolution"]["by"], "Dana");
    assert!(forms[3]["resolution"].is_null() && forms[0]["reasons"] == serde_json::json!([]));
    assert!(["719305", "5293"].iter().all(|it| trace(printed.as_bytes(), it).is_none()), "{printed}");
}

#[test]
fn the_newest_runs_are_listed() {
    let office = Office::open();
    assert!(office.run("report").done().contains("There was no run yet."));
    assert_eq!(office.run("report --json").done(), "");
    office.receive("1.pdf", &Answers::complete());
    office.run("ingest returned").done();
    office.receive("2.pdf", &Answers::complete().with("signer.security_pin", "111222"));
    office.run("ingest returned").done();
    let runs = lines(&office.run("report --json").done());
    let of = |key: &str| runs.iter().map(|it| it[key].clone()).collect::<Vec<_>>();
    assert_eq!(of("run"), ["R-000001", "R-000002"]);
    assert_eq!((of("accepted"), of("rejected")), (vec![1.into(), 0.into()], vec![0.into(), 1.into()]));
    assert!(runs[1]["reports"].as_str().is_some_and(|it| it.ends_with("R-000002")));
    let newest = office.run("report --last 1").done();
    assert!(newest.contains("R-000002") && !newest.contains("R-000001"), "{newest}");
}

#[test]
fn a_run_that_was_not_is_a_mistake() {
    let office = office();
    for (asked, said) in [("2", "there was no run R-000002"), ("soon", "a run is R-000012 or 12, not `soon`")] {
        let ended = office.run(&format!("report {asked}"));
        assert!(ended.code == 2 && ended.stderr.contains(said), "{}", ended.stderr);
    }
    assert_eq!(office.run("report --last 0").code, 2);
    assert_eq!(office.run("report --forms").code, 2);
}
