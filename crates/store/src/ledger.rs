//! The ledger of blanks, the runs, and which vault key the store belongs to.

use std::collections::{BTreeMap, BTreeSet};

use countersign_core::account::AccountNumber;
use countersign_core::instance::InstanceId;
use countersign_core::store::{IssuedBlank, RunId, RunRecord, StoreError, SubmissionRecord};
use countersign_core::template::TemplateId;
use countersign_core::vault::KeyId;
use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::query::{execute, keys, query};
use crate::rows::{self, Cells};

/// The vault key that was remembered last.
pub(crate) fn vault_key(db: &Connection) -> Result<Option<KeyId>, StoreError> {
    let read =
        |row: &rusqlite::Row<'_>| Cells::new(row, "vault", &["one"]).read("key_id", |it| Some(KeyId::from_stored(it)));
    Ok(query(db, "SELECT * FROM vault", [], "looking up the vault key", read)?.pop())
}

/// Remembers a vault key in place of the one before.
pub(crate) fn remember_vault_key(db: &Connection, key: &KeyId) -> Result<(), StoreError> {
    let sql = "INSERT INTO vault (one, key_id) VALUES (1, ?1) ON CONFLICT (one) DO UPDATE SET key_id = excluded.key_id";
    execute(db, sql, [key.as_str()], "remembering the vault key").map(drop)
}

/// Enters a blank; an instance id that exists is an error.
pub(crate) fn issue(db: &Connection, blank: &IssuedBlank) -> Result<(), StoreError> {
    let sql = "INSERT INTO blanks (instance, template, version, account, issued_at, expires, state, consumed_by, seal)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (instance) DO NOTHING";
    let (state, by) = rows::blank_words(&blank.state);
    let values = params![
        blank.instance.as_str(),
        blank.template.name,
        blank.template.version,
        blank.account.as_ref().map(AccountNumber::as_str),
        blank.issued_at.as_microsecond(),
        blank.expires.to_string(),
        state,
        by,
        blank.seal,
    ];
    match execute(db, sql, values, "entering a blank into the ledger")? {
        1 => Ok(()),
        _ => Err(StoreError::InstanceExists(blank.instance.clone())),
    }
}

/// All of `ids` that were issued.
pub(crate) fn find(
    db: &Connection,
    ids: &BTreeSet<InstanceId>,
) -> Result<BTreeMap<InstanceId, IssuedBlank>, StoreError> {
    let asked = keys(ids.iter().map(InstanceId::as_str));
    let sql = "SELECT blanks.* FROM json_each(?1) AS asked CROSS JOIN blanks ON blanks.instance = asked.value";
    let found = query(db, sql, [&asked], "looking up blanks", rows::blank)?;
    Ok(found.into_iter().map(|it| (it.instance.clone(), it)).collect())
}

/// The templates of the correction forms among the blanks.
pub(crate) fn correction_templates(db: &Connection) -> Result<BTreeSet<TemplateId>, StoreError> {
    // In the very words of the index `corrections`.
    let sql = "SELECT DISTINCT template, version FROM blanks WHERE template GLOB '*.correction-*'";
    let found = query(db, sql, [], "looking up the correction forms", rows::template)?;
    Ok(found.into_iter().filter(|it| it.corrects().is_some()).collect())
}

/// Writes what a decision makes of an open blank.
pub(crate) fn mark(db: &Connection, blank: &IssuedBlank, record: &SubmissionRecord) -> Result<(), StoreError> {
    let after = blank.state_after(record);
    let (state, by) = rows::blank_words(&after);
    let sql = "UPDATE blanks SET state = ?2, consumed_by = ?3 WHERE instance = ?1";
    execute(db, sql, params![blank.instance.as_str(), state, by], "marking a blank").map(drop)
}

/// Opens a run.
pub(crate) fn begin_run(db: &Connection, at: Timestamp) -> Result<RunId, StoreError> {
    execute(db, "INSERT INTO runs (begun_at) VALUES (?1)", [at.as_microsecond()], "opening a run")?;
    Ok(RunId(u64::try_from(db.last_insert_rowid()).expect("SQLite counts rows from 1")))
}

/// Remembers where a run's files came from and went.
pub(crate) fn note_places(db: &Connection, run: RunId, places: &[String]) -> Result<(), StoreError> {
    let places = serde_json::to_string(places).expect("a list of texts is JSON");
    let sql = "UPDATE runs SET places = ?2 WHERE id = ?1";
    execute(db, sql, params![of_run(run), places], "noting the places of a run").map(drop)
}

/// What is kept of a run.
pub(crate) fn run(db: &Connection, run: RunId) -> Result<Option<RunRecord>, StoreError> {
    Ok(query(db, "SELECT * FROM runs WHERE id = ?1", [of_run(run)], "looking up runs", rows::run)?.pop())
}

/// A run's number as SQLite counts; one that it cannot count is no run.
pub(crate) fn of_run(run: RunId) -> i64 {
    i64::try_from(run.0).unwrap_or(i64::MAX)
}

/// Declares an open blank void.
pub(crate) fn void(db: &Connection, blank: &IssuedBlank) -> Result<(), StoreError> {
    let sql = "UPDATE blanks SET state = 'void' WHERE instance = ?1";
    execute(db, sql, [blank.instance.as_str()], "declaring a blank void").map(drop)
}

/// The key of request digests that an earlier vault key left.
pub(crate) fn sealed_request_key(db: &Connection) -> Result<Option<String>, StoreError> {
    let read = |row: &rusqlite::Row<'_>| {
        Cells::new(row, "vault", &["one"]).read_option("request_key", |it| Some(it.to_owned()))
    };
    Ok(query(db, "SELECT * FROM vault", [], "looking up the vault key", read)?.pop().flatten())
}

/// The newest run.
pub(crate) fn last_run(db: &Connection) -> Result<Option<RunId>, StoreError> {
    let read = |row: &rusqlite::Row<'_>| Cells::new(row, "runs", &["id"]).count("id").map(RunId);
    Ok(query(db, "SELECT id FROM runs ORDER BY id DESC LIMIT 1", [], "looking up runs", read)?.pop())
}
