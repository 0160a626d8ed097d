//! The two ways in which this crate talks to SQLite, both with prepared statements that are kept.

use countersign_core::store::StoreError;
use rusqlite::{Connection, Params, Row};

use crate::failure::Doing;

/// Runs a statement that changes rows and answers how many.
pub(crate) fn execute(
    db: &Connection,
    sql: &str,
    params: impl Params,
    doing: &'static str,
) -> Result<usize, StoreError> {
    db.prepare_cached(sql).and_then(|mut it| it.execute(params)).doing(doing)
}

/// Runs a question and reads each row of the answer.
pub(crate) fn query<T>(
    db: &Connection,
    sql: &str,
    params: impl Params,
    doing: &'static str,
    mut read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut statement = db.prepare_cached(sql).doing(doing)?;
    let mut rows = statement.query(params).doing(doing)?;
    let mut all = Vec::new();
    while let Some(row) = rows.next().doing(doing)? {
        all.push(read(row)?);
    }
    Ok(all)
}

/// Many keys as one parameter: a JSON array for `json_each`, so that one statement serves any number of keys.
pub(crate) fn keys<'a>(keys: impl Iterator<Item = &'a str>) -> String {
    let keys: Vec<&str> = keys.collect();
    serde_json::to_string(&keys).expect("a list of texts is JSON")
}

/// A limit as SQLite counts.
pub(crate) fn limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
