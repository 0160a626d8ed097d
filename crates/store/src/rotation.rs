//! Another vault key: every verifier and every blank sealed anew, and every set-up code void, in one transaction.

use countersign_core::account::AccountNumber;
use countersign_core::pin::{PinHolder, PinKind, PinVerifier};
use countersign_core::store::{Rewrap, StoreError};
use countersign_core::vault::KeyId;
use rusqlite::{Connection, params};

use crate::query::{execute, query};
use crate::rows::{self, Cells};
use crate::{accounts, ledger};

const DOING: &str = "sealing PINs anew";
/// Rows that are looked at together.
const ROWS_AT_ONCE: usize = 1_000;

/// Seals everything anew. `db` must be in a transaction that writes.
pub(crate) fn rotate(db: &Connection, rewrap: &mut dyn Rewrap, key: &KeyId) -> Result<(), StoreError> {
    seal_accounts(db, rewrap)?;
    // Nobody knows the codes whose digests these are: under the new key there is nothing to make of them.
    let void = "UPDATE people SET code_digest = NULL, code_until = NULL WHERE code_digest IS NOT NULL";
    execute(db, void, [], DOING)?;
    seal_blanks(db, rewrap)?;
    ledger::remember_vault_key(db, key)?;
    execute(db, "UPDATE vault SET request_key = ?1", [rewrap.request_key()], DOING).map(drop)
}

fn seal_accounts(db: &Connection, rewrap: &mut dyn Rewrap) -> Result<(), StoreError> {
    let mut after: Option<AccountNumber> = None;
    loop {
        let page = accounts::page(db, after.as_ref(), ROWS_AT_ONCE)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.number.clone());
        for account in &page {
            let number = &account.number;
            let mut seal = |kind, pin: &PinVerifier| -> Result<String, StoreError> {
                let sealed = rewrap.verifier(PinHolder { account: number, kind }, pin);
                let sealed = sealed.map_err(|source| StoreError::Failed { doing: DOING, source: Box::new(source) })?;
                Ok(sealed.to_stored())
            };
            let sql = "UPDATE accounts SET pin = ?2, revision = revision + 1 WHERE number = ?1";
            execute(db, sql, [number.as_str(), &seal(PinKind::Account, &account.pin)?], DOING)?;
            for (person, pin) in account.people.iter().filter_map(|it| Some((it.id, it.pin.as_ref()?))) {
                let sql = "UPDATE people SET pin = ?3 WHERE account = ?1 AND id = ?2";
                execute(db, sql, params![number.as_str(), person.0, seal(PinKind::Person, pin)?], DOING)?;
            }
        }
    }
}

fn seal_blanks(db: &Connection, rewrap: &mut dyn Rewrap) -> Result<(), StoreError> {
    let mut after = 0_i64;
    loop {
        let sql = "SELECT rowid AS place, * FROM blanks WHERE rowid > ?1 ORDER BY rowid LIMIT ?2";
        let read = |row: &rusqlite::Row<'_>| {
            Ok((Cells::new(row, "blanks", &["instance"]).get::<i64>("place")?, rows::blank(row)?))
        };
        let page = query(db, sql, params![after, crate::query::limit(ROWS_AT_ONCE)], DOING, read)?;
        let Some((last, _)) = page.last() else { return Ok(()) };
        after = *last;
        for (place, blank) in &page {
            if let Some(seal) = rewrap.blank(blank) {
                execute(db, "UPDATE blanks SET seal = ?2 WHERE rowid = ?1", params![place, seal], DOING)?;
            }
        }
    }
}
