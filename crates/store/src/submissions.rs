//! What is kept of decisions.

use std::collections::{BTreeMap, BTreeSet};

use countersign_core::account::AccountNumber;
use countersign_core::store::{FirstDecision, Resolution, Status, StoreError, SubmissionRecord, Which};
use countersign_core::submission::{FileDigest, RequestDigest, SubmissionId};
use rusqlite::{Connection, params};

use crate::ledger::of_run;
use crate::query::{execute, keys, limit, query};
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

/// A page of submissions in the order in which they were first decided.
pub(crate) fn page(
    db: &Connection,
    which: Which,
    after: Option<&SubmissionId>,
    size: usize,
) -> Result<Vec<SubmissionRecord>, StoreError> {
    // After an id that is not there comes nothing: no number is more than NULL.
    let start = "CASE WHEN ?1 IS NULL THEN 0 ELSE (SELECT seq FROM submissions WHERE id = ?1) END";
    let (fits, run) = match which {
        Which::Held => ("status = 'held' AND ?3 IS NULL", None),
        Which::OfRun(run) => ("run = ?3", Some(of_run(run))),
    };
    let sql = format!("SELECT * FROM submissions WHERE seq > ({start}) AND {fits} ORDER BY seq LIMIT ?2");
    let values = params![after.map(SubmissionId::as_str), limit(size), run];
    query(db, &sql, values, LOOKING, rows::submission)
}

/// The record of a submission that is held.
pub(crate) fn held(db: &Connection, id: &SubmissionId) -> Result<Option<SubmissionRecord>, StoreError> {
    Ok(find(db, &BTreeSet::from([id.clone()]))?.remove(id).filter(|it| it.status == Status::Held))
}

/// What people made of these submissions.
pub(crate) fn resolutions(
    db: &Connection,
    ids: &BTreeSet<SubmissionId>,
) -> Result<BTreeMap<SubmissionId, Resolution>, StoreError> {
    let asked = keys(ids.iter().map(SubmissionId::as_str));
    let sql = "SELECT resolutions.* FROM json_each(?1) AS asked
               CROSS JOIN resolutions ON resolutions.submission = asked.value";
    let found = query(db, sql, [&asked], LOOKING, rows::resolution)?;
    Ok(found.into_iter().map(|it| (it.submission.clone(), it)).collect())
}

/// Writes a record in place of the one that said that the submission is held, and who resolved it.
pub(crate) fn resolve(db: &Connection, record: &SubmissionRecord, resolution: &Resolution) -> Result<(), StoreError> {
    const DOING: &str = "writing a resolution";
    let sql =
        "UPDATE submissions SET decided_at = ?2, status = ?3, account = ?4, request = ?5, reasons = ?6, policy = ?7
               WHERE id = ?1";
    let values = params![
        record.id.as_str(),
        record.decided_at.as_microsecond(),
        record.status.word(),
        record.account.as_ref().map(AccountNumber::as_str),
        record.request.as_ref().map(RequestDigest::as_str),
        serde_json::to_string(&record.reasons).expect("reasons are plain data"),
        record.policy,
    ];
    execute(db, sql, values, DOING)?;
    let sql = "INSERT INTO resolutions (submission, at, who, why, ended) VALUES (?1, ?2, ?3, ?4, ?5)";
    let Resolution { submission, at, by, why, ended } = resolution;
    execute(db, sql, params![submission.as_str(), at.as_microsecond(), by, why, ended.word()], DOING).map(drop)
}

/// Writes a record.
pub(crate) fn keep(db: &Connection, record: &SubmissionRecord) -> Result<(), StoreError> {
    let sql = "INSERT INTO submissions
               (id, run, file, source_file, channel, decided_at, status, account, request, reasons, policy,
                message, message_id, is_answerable)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";
    let message = record.message.as_ref();
    let values = params![
        record.id.as_str(),
        of_run(record.run),
        record.file.to_hex(),
        record.source_file,
        record.channel.word(),
        record.decided_at.as_microsecond(),
        record.status.word(),
        record.account.as_ref().map(AccountNumber::as_str),
        record.request.as_ref().map(RequestDigest::as_str),
        serde_json::to_string(&record.reasons).expect("reasons are plain data"),
        record.policy,
        message.map(|it| it.digest.to_hex()),
        message.and_then(|it| it.message_id.as_deref()),
        message.map(|it| it.is_answerable),
    ];
    execute(db, sql, values, "writing a decision").map(drop)
}
