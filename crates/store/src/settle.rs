//! Settling: decisions with everything that they change, in one transaction.
//!
//! Everything that can make a settlement stale is looked at before its first row is written, and the transaction holds
//! the write lock from its start; so a settlement is whole or absent without a savepoint, and an error undoes the batch.

use std::collections::BTreeSet;

use countersign_core::account::Account;
use countersign_core::store::{
    AccountChanges, IssuedBlank, Resolution, Resolved, Settled, Settlement, Status, StoreError,
};
use rusqlite::Connection;

use crate::trail::Trail;
use crate::{accounts, attempts, ledger, submissions};

/// Settles a batch in the order given. `db` must be in a transaction that writes.
pub(crate) fn settle(db: &Connection, settlements: &[Settlement]) -> Result<Vec<Settled>, StoreError> {
    let mut trail = Trail::of(db)?;
    settlements.iter().map(|it| settle_one(db, it, &mut trail)).collect()
}

/// What a settlement rests on, as it is now.
struct Ground {
    blank: Option<IssuedBlank>,
    /// The account with all changes made.
    after: Option<Account>,
}

fn settle_one(db: &Connection, settlement: &Settlement, trail: &mut Trail<'_>) -> Result<Settled, StoreError> {
    settlement.assert_sound();
    if let Some(first) = submissions::first(db, &settlement.record)? {
        return Ok(Settled::Before(first));
    }
    match ground(db, settlement)? {
        Some(ground) => {
            write(db, settlement, &ground)?;
            submissions::keep(db, &settlement.record)?;
            Ok(Settled::Done { audit_seq: trail.append(&settlement.event)? })
        }
        None => Ok(Settled::Stale),
    }
}

/// Writes what a person made of a held submission. `db` must be in a transaction that writes.
pub(crate) fn resolve(db: &Connection, settlement: &Settlement, to: &Resolution) -> Result<Resolved, StoreError> {
    settlement.assert_resolves(to);
    let Some(held) = submissions::held(db, &to.submission)? else { return Ok(Resolved::NotHeld) };
    assert_eq!(held.file, settlement.record.file, "{}: resolved with another file", held.id);
    let Some(ground) = ground(db, settlement)? else { return Ok(Resolved::Stale) };
    write(db, settlement, &ground)?;
    submissions::resolve(db, &settlement.record, to)?;
    Ok(Resolved::Done { audit_seq: Trail::of(db)?.append(&settlement.event)? })
}

/// `None`: something changed since it was looked up.
fn ground(db: &Connection, settlement: &Settlement) -> Result<Option<Ground>, StoreError> {
    let blank = find_blank(db, settlement)?;
    let is_open = blank.as_ref().is_some_and(IssuedBlank::is_open);
    if settlement.record.status == Status::Accepted && settlement.blank.is_some() && !is_open {
        return Ok(None);
    }
    let Some(changes) = &settlement.changes else { return Ok(Some(Ground { blank, after: None })) };
    let after = after(db, settlement, changes)?;
    Ok(after.map(|after| Ground { blank, after: Some(after) }))
}

fn find_blank(db: &Connection, settlement: &Settlement) -> Result<Option<IssuedBlank>, StoreError> {
    let Some(id) = &settlement.blank else { return Ok(None) };
    let blank = ledger::find(db, &BTreeSet::from([id.clone()]))?.remove(id);
    if let Some(blank) = &blank {
        blank.assert_fits(settlement);
    }
    Ok(blank)
}

/// The account with all changes made; `None` when it is not the one that they were decided on.
fn after(db: &Connection, settlement: &Settlement, changes: &AccountChanges) -> Result<Option<Account>, StoreError> {
    let account = accounts::find_one(db, &changes.account)?.filter(|it| it.revision == changes.revision);
    let bad = |source| StoreError::Change { account: changes.account.clone(), source };
    account.map(|it| it.with(&changes.changes, settlement.record.decided_at).map_err(bad)).transpose()
}

/// Everything that a decision changes, but for the record of it.
fn write(db: &Connection, settlement: &Settlement, ground: &Ground) -> Result<(), StoreError> {
    let record = &settlement.record;
    if let (Some(after), Some(changes)) = (&ground.after, &settlement.changes) {
        accounts::change(db, after, &changes.changes, &changes.cause(record))?;
    }
    if let Some(blank) = ground.blank.as_ref().filter(|it| it.is_open()) {
        ledger::mark(db, blank, record)?;
    }
    match &settlement.attempt {
        Some((attempt, outcome)) => attempts::close(db, attempt, *outcome),
        // Decided in the end without a look at the PIN: what was reserved for one is given back.
        None => attempts::give_back(db, record),
    }
}
