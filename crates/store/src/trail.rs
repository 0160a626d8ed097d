//! The audit trail. Its head is read inside the transaction that appends, so that two programs never seal the same row.

use countersign_core::account::AccountNumber;
use countersign_core::audit::{AuditEvent, AuditHead, AuditRow};
use countersign_core::store::StoreError;
use rusqlite::{Connection, params};

use crate::query::{execute, limit, query};
use crate::rows;

const READING: &str = "reading the audit trail";

/// The end of the trail.
pub(crate) fn head(db: &Connection) -> Result<AuditHead, StoreError> {
    let newest = query(db, "SELECT * FROM audit ORDER BY seq DESC LIMIT 1", [], READING, rows::audit)?.pop();
    let head_at = |row: AuditRow| AuditHead { seq: row.seq, hash: row.hash, at: Some(row.event.at) };
    Ok(newest.map_or_else(AuditHead::start, head_at))
}

/// A page of the trail.
pub(crate) fn page(db: &Connection, after: u64, size: usize) -> Result<Vec<AuditRow>, StoreError> {
    // The first page begins with the lowest number there is: rows that somebody put before the first one are looked at too.
    let sql = "SELECT * FROM audit WHERE seq >= ?1 ORDER BY seq LIMIT ?2";
    let first = if after == 0 { i64::MIN } else { i64::try_from(after).unwrap_or(i64::MAX).saturating_add(1) };
    query(db, sql, params![first, limit(size)], READING, rows::audit)
}

/// The end of the trail within one transaction that appends to it.
pub(crate) struct Trail<'a> {
    db: &'a Connection,
    head: AuditHead,
}

impl<'a> Trail<'a> {
    /// Looks up the head. `db` must be in a transaction that writes.
    pub(crate) fn of(db: &'a Connection) -> Result<Self, StoreError> {
        Ok(Self { db, head: head(db)? })
    }

    /// Appends an event and answers its number.
    pub(crate) fn append(&mut self, event: &AuditEvent) -> Result<u64, StoreError> {
        if let Some(newest) = self.head.at.filter(|it| it.as_microsecond() > event.at.as_microsecond()) {
            return Err(StoreError::ClockSetBack { now: event.at, newest });
        }
        let row = self.head.seal(event.clone());
        write(self.db, &row)?;
        self.head.follow(&row).expect("a row sealed by this head follows it");
        Ok(row.seq)
    }
}

fn write(db: &Connection, row: &AuditRow) -> Result<(), StoreError> {
    let sql = "INSERT INTO audit (seq, at, what, who, account, evidence, previous, hash)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let AuditRow { seq, event, previous, hash } = row;
    let values = params![
        i64::try_from(*seq).expect("rows count one by one"),
        event.at.as_microsecond(),
        event.what,
        event.who,
        event.account.as_ref().map(AccountNumber::as_str),
        event.evidence,
        previous,
        hash,
    ];
    execute(db, sql, values, "writing the audit trail").map(drop)
}
