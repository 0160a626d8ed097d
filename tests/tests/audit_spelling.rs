//! The audit trail against edits that change no meaning: another spelling of a cell, and rows before the first.

#![expect(clippy::unwrap_used, reason = "an unexpected answer is the failure that a test looks for")]

use countersign_tests::{Answers, Office};
use rusqlite::{Connection, params};

/// An office with an accepted form, and its store without the triggers that keep the trail.
fn attacked() -> (Office, Connection) {
    let office = Office::open();
    office.receive("one.pdf", &Answers::complete());
    office.run("ingest returned").done();
    office.run("audit verify").done();
    let db = Connection::open(office.at.join("home/store.sqlite")).unwrap();
    db.execute_batch("DROP TRIGGER audit_is_not_edited; DROP TRIGGER audit_is_not_cut;").unwrap();
    (office, db)
}

#[test]
fn an_account_spelled_otherwise_is_an_edited_row() {
    let (office, db) = attacked();
    let find = "SELECT seq, account FROM audit WHERE account IS NOT NULL ORDER BY seq DESC LIMIT 1";
    let (row, account): (i64, String) = db.query_row(find, [], |it| Ok((it.get(0)?, it.get(1)?))).unwrap();
    for spelling in
        [account.to_lowercase(), format!(" {account}"), format!("{account}\n"), format!("{account}\u{3000}")]
    {
        db.execute("UPDATE audit SET account = ?1 WHERE seq = ?2", params![spelling, row]).unwrap();
        let error = office.run("audit verify").failed(3);
        let (before, itself) = (format!("broken after row {}:", row - 1), format!("audit, row {row}:"));
        assert!(error.contains(&before) || error.contains(&itself), "{spelling:?}: {error}");
    }
    db.execute("UPDATE audit SET account = ?1 WHERE seq = ?2", params![account, row]).unwrap();
    office.run("audit verify").done();
}

#[test]
fn a_row_before_the_first_is_found() {
    let (office, db) = attacked();
    for seq in [0, -1, i64::MIN] {
        let copy =
            "INSERT INTO audit SELECT ?1, at, what, who, account, evidence, previous, hash FROM audit WHERE seq = 1";
        assert_eq!(db.execute(copy, [seq]).unwrap(), 1);
        let error = office.run("audit verify").failed(3);
        assert!(
            error.contains("broken after row 0:") || error.contains(&format!("audit, row {seq}:")),
            "{seq}: {error}"
        );
        db.execute("DELETE FROM audit WHERE seq = ?1", [seq]).unwrap();
    }
    office.run("audit verify").done();
}
