//! All that a store holds when runs have ended, but for which run it was that decided: what must not depend on how often a run
//! was cut off.

use std::collections::BTreeMap;
use std::path::Path;

use countersign_core::audit::AuditHead;
use countersign_core::store::AccountStore;
use countersign_store::SqliteStore;
use rusqlite::Connection;
use rusqlite::types::ValueRef;

/// The tables of a store as sorted lines. Read past the store's own code, by plain SQL.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct EndState(BTreeMap<&'static str, Vec<String>>);

/// What is compared of each table. New PINs are sealed under fresh randomness: only whether there is one counts.
const TABLES: [(&str, &str); 8] = [
    ("accounts", "SELECT number, name, status, billing_email, pin, revision FROM accounts"),
    (
        "people",
        "SELECT account, id, first_name, last_name, email, phone, standing, since, job, pin IS NULL FROM people",
    ),
    ("grants", "SELECT account, person, since, granted_by, submission, ended_at, ended_by FROM grants"),
    ("blanks", "SELECT instance, account, state, consumed_by FROM blanks"),
    ("budgets", "SELECT account, channel, failed FROM budgets"),
    ("attempts", "SELECT account, channel, submission, state FROM attempts"),
    ("submissions", "SELECT id, file, decided_at, status, account, request, reasons, policy FROM submissions"),
    ("audit", "SELECT at, what, account, evidence FROM audit"),
];

impl EndState {
    /// Reads a store, and checks that its audit trail is whole and has one row for each submission.
    ///
    /// # Panics
    /// When it has not, or cannot be read.
    pub fn of(path: &Path) -> Self {
        let mut store = SqliteStore::open(path).expect("the store opens");
        let mut head = AuditHead::start();
        let rows = store.audit_after(0, usize::MAX >> 1).expect("the audit trail can be read");
        rows.iter().for_each(|row| head.follow(row).expect("the audit trail is whole"));
        let db = Connection::open(path).expect("the store opens");
        let told = lines(&db, "SELECT evidence ->> '$.submission' FROM audit WHERE what LIKE 'submission %'");
        assert_eq!(told, lines(&db, "SELECT id FROM submissions"), "one row of the audit trail for each submission");
        Self(TABLES.into_iter().map(|(table, sql)| (table, lines(&db, sql))).collect())
    }

    /// The rows of a table, sorted; the columns stand between bars.
    ///
    /// # Panics
    /// When there is no such table.
    pub fn table(&self, name: &str) -> &[String] {
        &self.0[name]
    }

    /// Checks that two stores hold the same.
    ///
    /// # Panics
    /// When they do not: then with the rows that only one of them has.
    #[track_caller]
    pub fn assert_same(&self, expected: &Self, of: &str) {
        let only = |one: &[String], other: &[String]| -> Vec<String> {
            one.iter().filter(|it| !other.contains(it)).cloned().collect()
        };
        for (table, rows) in &self.0 {
            let wanted = &expected.0[table];
            let (more, less) = (only(rows, wanted), only(wanted, rows));
            assert!(rows == wanted, "{of}: {table} has {more:#?} instead of {less:#?}");
        }
    }
}

fn lines(db: &Connection, sql: &str) -> Vec<String> {
    let mut statement = db.prepare(sql).expect("the table is there");
    let columns = statement.column_count();
    let line = |row: &rusqlite::Row<'_>| {
        let cells: rusqlite::Result<Vec<String>> = (0..columns).map(|at| row.get_ref(at).map(shown)).collect();
        cells.map(|it| it.join("|"))
    };
    let rows = statement.query_map([], line).expect("the table can be read");
    let mut rows: Vec<String> = rows.map(|it| it.expect("a row can be read")).collect();
    rows.sort();
    rows
}

fn shown(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => String::new(),
        ValueRef::Integer(it) => it.to_string(),
        ValueRef::Real(it) => it.to_string(),
        ValueRef::Text(it) | ValueRef::Blob(it) => String::from_utf8_lossy(it).into_owned(),
    }
}
