//! Accounts, the people on them and their grants.

use std::collections::{BTreeMap, BTreeSet};

use countersign_core::account::{Account, AccountNumber};
use countersign_core::audit::AuditEvent;
use countersign_core::grant::{Cause, Change, Grant};
use countersign_core::person::{Email, Person, PersonId, PersonStanding};
use countersign_core::pin::PinVerifier;
use countersign_core::set_up_code::OpenCode;
use countersign_core::store::{Changed, StoreError};
use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::query::{execute, keys, limit, query};
use crate::rows;
use crate::trail::Trail;

const LOOKING: &str = "looking up accounts";
const WRITING: &str = "writing accounts";

/// All of `numbers` that exist.
pub(crate) fn find(
    db: &Connection,
    numbers: &BTreeSet<AccountNumber>,
) -> Result<BTreeMap<AccountNumber, Account>, StoreError> {
    let asked = keys(numbers.iter().map(AccountNumber::as_str));
    let sql = "SELECT accounts.* FROM json_each(?1) AS asked CROSS JOIN accounts ON accounts.number = asked.value";
    let accounts = query(db, sql, [&asked], LOOKING, rows::account)?;
    let sql = "SELECT people.* FROM json_each(?1) AS asked CROSS JOIN people ON people.account = asked.value
               ORDER BY people.account, people.id";
    assemble(accounts, query(db, sql, [&asked], LOOKING, rows::person)?)
}

/// One account.
pub(crate) fn find_one(db: &Connection, number: &AccountNumber) -> Result<Option<Account>, StoreError> {
    Ok(find(db, &BTreeSet::from([number.clone()]))?.remove(number))
}

/// A page of accounts in the order of their numbers.
pub(crate) fn page(db: &Connection, after: Option<&AccountNumber>, size: usize) -> Result<Vec<Account>, StoreError> {
    let after = after.map_or("", AccountNumber::as_str); // every number is more than nothing
    let sql = "SELECT * FROM accounts WHERE number > ?1 ORDER BY number LIMIT ?2";
    let accounts = query(db, sql, params![after, limit(size)], LOOKING, rows::account)?;
    let Some(last) = accounts.last() else { return Ok(accounts) };
    let sql = "SELECT * FROM people WHERE account > ?1 AND account <= ?2 ORDER BY account, id";
    let people = query(db, sql, [after, last.number.as_str()], LOOKING, rows::person)?;
    Ok(assemble(accounts, people)?.into_values().collect())
}

/// Puts people, each account's in the order of their numbers, on their accounts.
fn assemble(
    accounts: Vec<Account>,
    people: Vec<(AccountNumber, Person)>,
) -> Result<BTreeMap<AccountNumber, Account>, StoreError> {
    let mut found: BTreeMap<_, _> = accounts.into_iter().map(|it| (it.number.clone(), it)).collect();
    for (number, person) in people {
        let Some(account) = found.get_mut(&number) else {
            let row = format!("{number}/{}", person.id.0);
            return Err(StoreError::Damaged { table: "people", row, what: "their account does not exist" });
        };
        account.people.push(person);
    }
    Ok(found)
}

/// The numbers of `accounts` that exist already or stand there twice.
pub(crate) fn taken(db: &Connection, accounts: &[Account]) -> Result<BTreeSet<AccountNumber>, StoreError> {
    let mut new = BTreeSet::new();
    let mut taken: BTreeSet<_> = accounts.iter().map(|it| &it.number).filter(|it| !new.insert(*it)).cloned().collect();
    let asked = keys(new.into_iter().map(AccountNumber::as_str));
    let sql = "SELECT accounts.number FROM json_each(?1) AS asked CROSS JOIN accounts ON accounts.number = asked.value";
    let read =
        |row: &rusqlite::Row<'_>| rows::Cells::new(row, "accounts", &["number"]).read("number", |it| it.parse().ok());
    taken.extend(query(db, sql, [&asked], LOOKING, read)?);
    Ok(taken)
}

/// Adds an account that is new.
pub(crate) fn add(db: &Connection, account: &Account) -> Result<(), StoreError> {
    let sql = "INSERT INTO accounts (number, name, status, billing_email, billing_since, billing_before, pin, revision)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let Account { number, name, status, billing_email, billing_since, billing_before, pin, people, revision } = account;
    let values = params![
        number.as_str(),
        name,
        status.word(),
        billing_email.as_str(),
        billing_since.map(Timestamp::as_microsecond),
        billing_before.as_ref().map(Email::as_str),
        pin.to_stored(),
        whole(*revision),
    ];
    execute(db, sql, values, WRITING)?;
    for person in people {
        write_person(db, &account.number, person)?;
    }
    account.imported_grants().try_for_each(|it| begin_grant(db, &it))
}

fn whole(revision: u64) -> i64 {
    i64::try_from(revision).expect("a revision counts changes one by one")
}

fn write_person(db: &Connection, account: &AccountNumber, person: &Person) -> Result<(), StoreError> {
    let sql = "INSERT INTO people (account, id, first_name, last_name, email, phone, standing, since, job, pin, code_digest, code_until)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
               ON CONFLICT (account, id) DO UPDATE SET standing = excluded.standing, since = excluded.since, pin = excluded.pin,
                                                       code_digest = excluded.code_digest, code_until = excluded.code_until";
    let since = match person.standing {
        PersonStanding::AuthorizedUser { since } => since.map(Timestamp::as_microsecond),
        PersonStanding::Owner | PersonStanding::User => None,
    };
    let values = params![
        account.as_str(),
        person.id.0,
        person.name.first(),
        person.name.last(),
        person.email.as_ref().map(|it| it.as_str()),
        person.phone.as_ref().map(|it| it.as_str()),
        person.standing.word(),
        since,
        person.job,
        person.pin.as_ref().map(PinVerifier::to_stored),
        person.code.as_ref().map(OpenCode::digest_to_stored),
        person.code.as_ref().map(|it| it.until().as_microsecond()),
    ];
    execute(db, sql, values, WRITING).map(drop)
}

/// Writes what `changes` made of an account: `after` is the account with all of them.
pub(crate) fn change(db: &Connection, after: &Account, changes: &[Change], cause: &Cause) -> Result<(), StoreError> {
    let sql = "UPDATE accounts
               SET status = ?2, revision = ?3, billing_email = ?4, billing_since = ?5, billing_before = ?6, pin = ?7
               WHERE number = ?1";
    let values = params![
        after.number.as_str(),
        after.status.word(),
        whole(after.revision),
        after.billing_email.as_str(),
        after.billing_since.map(Timestamp::as_microsecond),
        after.billing_before.as_ref().map(Email::as_str),
        after.pin.to_stored(),
    ];
    execute(db, sql, values, WRITING)?;
    let touched: BTreeSet<PersonId> = changes.iter().filter_map(Change::person).collect();
    for person in after.people.iter().filter(|it| touched.contains(&it.id)) {
        write_person(db, &after.number, person)?;
    }
    for change in changes {
        if let Some(grant) = change.begins(&after.number, cause) {
            begin_grant(db, &grant)?;
        }
        if let Some(person) = change.ends() {
            end_grant(db, &after.number, person, cause)?;
        }
    }
    Ok(())
}

/// Changes an account that no submission asks to change, if it still has this revision, and writes the row of the trail.
pub(crate) fn change_by_hand(
    db: &Connection,
    (number, revision): (&AccountNumber, u64),
    changes: &[Change],
    event: &AuditEvent,
) -> Result<Changed, StoreError> {
    let account = find_one(db, number)?.filter(|it| it.revision == revision);
    let Some(account) = account else { return Ok(Changed::Stale) };
    let bad = |source| StoreError::Change { account: number.clone(), source };
    let after = account.with(changes, event.at).map_err(bad)?;
    change(db, &after, changes, &Cause { at: event.at, granted_by: None, submission: None })?;
    Ok(Changed::Done { audit_seq: Trail::of(db)?.append(event)? })
}

/// Every grant of an account, in the order in which they began.
pub(crate) fn grants(db: &Connection, number: &AccountNumber) -> Result<Vec<Grant>, StoreError> {
    let sql = "SELECT * FROM grants WHERE account = ?1 ORDER BY since NULLS FIRST, seq";
    query(db, sql, [number.as_str()], "looking up grants", rows::grant)
}

fn begin_grant(db: &Connection, grant: &Grant) -> Result<(), StoreError> {
    let sql = "INSERT INTO grants (account, person, since, granted_by, submission) VALUES (?1, ?2, ?3, ?4, ?5)";
    let values = params![
        grant.account.as_str(),
        grant.person.0,
        grant.since.map(Timestamp::as_microsecond),
        grant.granted_by.map(|it| it.0),
        grant.submission.as_ref().map(|it| it.as_str()),
    ];
    execute(db, sql, values, "writing a grant").map(drop)
}

fn end_grant(db: &Connection, number: &AccountNumber, person: PersonId, cause: &Cause) -> Result<(), StoreError> {
    let sql = "UPDATE grants SET ended_at = ?3, ended_by = ?4 WHERE account = ?1 AND person = ?2 AND ended_at IS NULL";
    let by = cause.submission.as_ref().map(|it| it.as_str());
    let values = params![number.as_str(), person.0, cause.at.as_microsecond(), by];
    match execute(db, sql, values, "ending a grant")? {
        1 => Ok(()),
        _ => {
            let what = "an Authorized User has no grant in force";
            Err(StoreError::Damaged { table: "grants", row: format!("{number}/{}", person.0), what })
        }
    }
}
