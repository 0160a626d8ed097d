//! The guess budget. An attempt is taken by one conditional `UPDATE` in a transaction that nobody else can interleave,
//! and remembered with its submission, so that a run that was killed takes nothing twice.

use std::collections::BTreeMap;

use countersign_core::account::AccountNumber;
use countersign_core::policy::PinBudget;
use countersign_core::store::{Allowance, Attempt, AttemptOutcome, Budget, Reservation, StoreError, SubmissionRecord};
use countersign_core::submission::Channel;
use rusqlite::{Connection, params};

use crate::query::{execute, query};
use crate::rows::Cells;

const RESERVING: &str = "reserving an attempt";

/// How the budget of an attempt stands.
pub(crate) fn budget(db: &Connection, attempt: &Attempt) -> Result<Budget, StoreError> {
    let sql = "SELECT account, channel, failed FROM budgets WHERE account = ?1 AND channel = ?2";
    let read = |row: &rusqlite::Row<'_>| Cells::new(row, "budgets", &["account", "channel"]).get("failed");
    let of = [attempt.account.as_str(), attempt.channel.word()];
    let used = query(db, sql, of, "looking up attempts", read)?.pop().unwrap_or(0);
    Ok(Budget { used, is_taken: is_taken(db, attempt)? })
}

fn is_taken(db: &Connection, attempt: &Attempt) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM attempts WHERE account = ?1 AND channel = ?2 AND submission = ?3";
    Ok(!query(db, sql, key(attempt), RESERVING, |_| Ok(()))?.is_empty())
}

fn key(attempt: &Attempt) -> [&str; 3] {
    [attempt.account.as_str(), attempt.channel.word(), attempt.submission.as_str()]
}

/// Takes an attempt, unless it was taken before or the budget is used up.
pub(crate) fn reserve(db: &Connection, attempt: &Attempt, allowance: Allowance) -> Result<Reservation, StoreError> {
    if is_taken(db, attempt)? {
        return Ok(Reservation::Reserved);
    }
    let (account, channel) = (attempt.account.as_str(), attempt.channel.word());
    let open = "INSERT INTO budgets (account, channel, failed) VALUES (?1, ?2, 0) ON CONFLICT DO NOTHING";
    execute(db, open, [account, channel], RESERVING)?;
    let take = match allowance.budget {
        PinBudget::EachChannel => {
            "UPDATE budgets SET failed = failed + 1 WHERE account = ?1 AND channel = ?2 AND failed < ?3"
        }
        PinBudget::Shared => {
            "UPDATE budgets SET failed = failed + 1 WHERE account = ?1 AND channel = ?2
             AND (SELECT sum(failed) FROM budgets WHERE account = ?1) < ?3"
        }
    };
    if execute(db, take, params![account, channel, allowance.attempts], RESERVING)? == 0 {
        return Ok(Reservation::Locked);
    }
    let remember = "INSERT INTO attempts (account, channel, submission, state) VALUES (?1, ?2, ?3, 'reserved')";
    execute(db, remember, key(attempt), RESERVING)?;
    Ok(Reservation::Reserved)
}

/// Writes what became of a reserved attempt; a right PIN gives it back.
pub(crate) fn close(db: &Connection, attempt: &Attempt, outcome: AttemptOutcome) -> Result<(), StoreError> {
    const DOING: &str = "closing an attempt";
    let state = match outcome {
        AttemptOutcome::Right => "right",
        AttemptOutcome::Wrong => "wrong",
    };
    let sql = "UPDATE attempts SET state = ?4
               WHERE account = ?1 AND channel = ?2 AND submission = ?3 AND state = 'reserved'";
    let [account, channel, submission] = key(attempt);
    if execute(db, sql, [account, channel, submission, state], DOING)? != 1 {
        let what = "an outcome came for an attempt that is not reserved";
        return Err(StoreError::Damaged { table: "attempts", row: key(attempt).join("/"), what });
    }
    if outcome == AttemptOutcome::Right {
        let give_back = "UPDATE budgets SET failed = max(failed - 1, 0) WHERE account = ?1 AND channel = ?2";
        execute(db, give_back, [account, channel], DOING)?;
    }
    Ok(())
}

/// Gives back an attempt that was reserved for a submission whose PIN then decided nothing.
pub(crate) fn give_back(db: &Connection, record: &SubmissionRecord) -> Result<(), StoreError> {
    const DOING: &str = "giving an attempt back";
    let Some(account) = &record.account else { return Ok(()) };
    let key = [account.as_str(), record.channel.word(), record.id.as_str()];
    let sql = "DELETE FROM attempts WHERE account = ?1 AND channel = ?2 AND submission = ?3 AND state = 'reserved'";
    if execute(db, sql, key, DOING)? == 1 {
        let sql = "UPDATE budgets SET failed = max(failed - 1, 0) WHERE account = ?1 AND channel = ?2";
        execute(db, sql, [account.as_str(), record.channel.word()], DOING)?;
    }
    Ok(())
}

/// Attempts that are out or were spent, for each channel on which there are any.
pub(crate) fn used(db: &Connection, number: &AccountNumber) -> Result<BTreeMap<Channel, u32>, StoreError> {
    let sql = "SELECT * FROM budgets WHERE account = ?1 AND failed > 0";
    let read = |row: &rusqlite::Row<'_>| {
        let cells = Cells::new(row, "budgets", &["account", "channel"]);
        Ok((cells.read("channel", Channel::from_word)?, cells.get("failed")?))
    };
    Ok(query(db, sql, [number.as_str()], "looking up attempts", read)?.into_iter().collect())
}

/// Gives the whole budget back, and answers how much of it was used: what was out when a program was killed never comes back
/// otherwise.
pub(crate) fn unlock(db: &Connection, number: &AccountNumber, channel: Channel) -> Result<u32, StoreError> {
    const DOING: &str = "giving attempts back";
    let before = used(db, number)?.get(&channel).copied().unwrap_or(0);
    let sql = "UPDATE budgets SET failed = 0 WHERE account = ?1 AND channel = ?2";
    execute(db, sql, [number.as_str(), channel.word()], DOING)?;
    Ok(before)
}
