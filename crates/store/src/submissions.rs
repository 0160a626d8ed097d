//! What is kept of decisions.

use std::collections::{BTreeMap, BTreeSet};

use countersign_core::account::AccountNumber;
use countersign_core::store::{FirstDecision, StoreError, SubmissionRecord};
use countersign_core::submission::{FileDigest, RequestDigest, SubmissionId};
use rusqlite::{Connection, params};

use crate::query::{execute, keys, query};
use crate::rows;

const LOOKING: &str = "looking up earlier decisions";

/// The first decisions on these files.
pub(crate) fn decided(
    db: &Connection,
    files: &BTreeSet<FileDigest>,
) -> Result<BTreeMap<FileDigest, FirstDecision>, StoreError> {
    let digests: Vec<String> = files.iter().map(|it| it.to_hex()).collect();
    let asked = keys(digests.iter().map(String::as_str));
    let sql =
        "SELECT submissions.* FROM json_each(?1) AS asked CROSS JOIN submissions ON submissions.file = asked.value";
    Ok(query(db, sql, [&asked], LOOKING, rows::first_decision)?.into_iter().collect())
}

/// The decision on the same bytes, or on bytes that took the same id.
pub(crate) fn first(db: &Connection, record: &SubmissionRecord) -> Result<Option<FirstDecision>, StoreError> {
    let sql = "SELECT * FROM submissions WHERE file = ?1 OR id = ?2 ORDER BY file = ?1, seq DESC";
    let found = query(db, sql, [&record.file.to_hex(), record.id.as_str()], LOOKING, rows::first_decision)?;
    Ok(found.into_iter().next_back().map(|(_, first)| first))
}

/// The accepted submissions that asked for just this; the first one of each.
pub(crate) fn accepted_requests(
    db: &Connection,
    requests: &BTreeSet<RequestDigest>,
) -> Result<BTreeMap<RequestDigest, SubmissionId>, StoreError> {
    let asked = keys(requests.iter().map(RequestDigest::as_str));
    let sql = "SELECT submissions.* FROM json_each(?1) AS asked
               CROSS JOIN submissions ON submissions.request = asked.value AND status = 'accepted' ORDER BY seq DESC";
    Ok(query(db, sql, [&asked], LOOKING, rows::request)?.into_iter().collect())
}

/// The records of these submissions.
pub(crate) fn find(
    db: &Connection,
    ids: &BTreeSet<SubmissionId>,
) -> Result<BTreeMap<SubmissionId, SubmissionRecord>, StoreError> {
    let asked = keys(ids.iter().map(SubmissionId::as_str));
    let sql = "SELECT submissions.* FROM json_each(?1) AS asked CROSS JOIN submissions ON submissions.id = asked.value";
    let found = query(db, sql, [&asked], LOOKING, rows::submission)?;
    Ok(found.into_iter().map(|it| (it.id.clone(), it)).collect())
}

/// Writes a record.
pub(crate) fn keep(db: &Connection, record: &SubmissionRecord) -> Result<(), StoreError> {
    let sql = "INSERT INTO submissions (id, run, file, channel, decided_at, status, account, request, reasons, policy)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    let values = params![
        record.id.as_str(),
        i64::try_from(record.run.0).expect("runs count one by one"),
        record.file.to_hex(),
        record.channel.word(),
        record.decided_at.as_microsecond(),
        record.status.word(),
        record.account.as_ref().map(AccountNumber::as_str),
        record.request.as_ref().map(RequestDigest::as_str),
        serde_json::to_string(&record.reasons).expect("reasons are plain data"),
        record.policy,
    ];
    execute(db, sql, values, "writing a decision").map(drop)
}
