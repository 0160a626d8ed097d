//! Opening a store: who may read the file, how SQLite must behave, which schema there is and which is needed.

use std::path::Path;
use std::thread;
use std::time::Duration;

use countersign_core::store::StoreError;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use crate::failure::{Doing, damaged_file};

/// `CSGN`: tells our files from those of other programs (SQLite file format, 1.3.15).
const APPLICATION_ID: i32 = 0x4353_474e;

/// The schema's history. A step that was released never changes; the schema's number is how many were taken.
const MIGRATIONS: [&str; 5] = [
    include_str!("../migrations/0001_initial.sql"),
    include_str!("../migrations/0002_desk.sql"),
    include_str!("../migrations/0003_corrections.sql"),
    include_str!("../migrations/0004_messages.sql"),
    include_str!("../migrations/0005_setup_codes.sql"),
];

/// Newest schema that this program knows.
pub(crate) const NEWEST: u32 = MIGRATIONS.len() as u32;

/// How often a new file is asked to keep a write-ahead log before its store counts as busy.
const PAUSE: Duration = Duration::from_millis(10);

/// Opens a store for writing, and makes it first where there is none.
pub(crate) fn open(path: &Path, patience: Duration) -> Result<Connection, StoreError> {
    create_private(path).doing("creating the account store")?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut db = Connection::open_with_flags(path, flags).doing("opening the account store")?;
    let readied = configure(&db, patience)
        .and_then(|()| check_origin(&db))
        .and_then(|()| keep_write_ahead_log(&db, patience))
        .and_then(|()| migrate(&mut db));
    match readied {
        // The store is there; what SQLite cannot open is the log that it wants to write beside it.
        Err(error) if is_unopened(&error) => Err(StoreError::ReadOnly),
        readied => readied.map(|()| db),
    }
}

fn is_unopened(error: &StoreError) -> bool {
    let StoreError::Failed { source, .. } = error else { return false };
    let error = source.downcast_ref::<rusqlite::Error>();
    error.and_then(rusqlite::Error::sqlite_error_code) == Some(rusqlite::ErrorCode::CannotOpen)
}

/// Opens a store that exists, only to read it.
pub(crate) fn open_read_only(path: &Path, patience: Duration) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags).doing("opening the account store")?;
    configure(&db, patience)?;
    check_origin(&db)?;
    match schema(&db)? {
        NEWEST => Ok(db),
        _ => Err(StoreError::ReadOnly), // an older schema is brought up to date by whoever may write
    }
}

/// A store that lives as long as its connection.
pub(crate) fn open_in_memory() -> Result<Connection, StoreError> {
    let mut db = Connection::open_in_memory().doing("opening a store in memory")?;
    configure(&db, Duration::ZERO)?;
    migrate(&mut db)?;
    Ok(db)
}

/// Makes an empty file that only its owner can read; SQLite gives its log files the same permissions.
fn create_private(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

fn configure(db: &Connection, patience: Duration) -> Result<(), StoreError> {
    const DOING: &str = "configuring the account store";
    db.busy_timeout(patience).doing(DOING)?;
    db.set_prepared_statement_cache_capacity(64);
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true).doing(DOING)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false).doing(DOING)?;
    // FULL: the last commits survive a power loss, and with them spent attempts and consumed blanks.
    // FAST: a verifier that was replaced is overwritten in its page. 16 MiB of cache; the log shrinks to 64 MiB.
    let settings = "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; PRAGMA secure_delete = FAST;
                    PRAGMA cell_size_check = ON; PRAGMA cache_size = -16384; PRAGMA journal_size_limit = 67108864;";
    db.execute_batch(settings).doing(DOING)
}

/// Refuses the files of other programs and of newer versions of this one, before anything is written.
fn check_origin(db: &Connection) -> Result<(), StoreError> {
    const DOING: &str = "looking at the schema of the account store";
    // One snapshot: another program may be making the store at this moment.
    let db = db.unchecked_transaction().doing(DOING)?;
    let id: i32 = db.pragma_query_value(None, "application_id", |row| row.get(0)).doing(DOING)?;
    let tables: i64 = db.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).doing(DOING)?;
    let found = schema(&db)?;
    match (id, tables) {
        (APPLICATION_ID, _) if found > NEWEST => Err(StoreError::Newer { found, known: NEWEST }),
        (APPLICATION_ID, _) | (0, 0) => Ok(()),
        _ => Err(damaged_file("it belongs to another program")),
    }
}

fn schema(db: &Connection) -> Result<u32, StoreError> {
    let version = db.pragma_query_value(None, "user_version", |row| row.get(0));
    version.doing("looking at the schema of the account store")
}

/// Switching to the log needs the file for itself, and SQLite does not wait for that of its own accord.
fn keep_write_ahead_log(db: &Connection, patience: Duration) -> Result<(), StoreError> {
    let tries = patience.as_millis() / PAUSE.as_millis();
    for _ in 0..tries {
        match switch_to_log(db) {
            Err(StoreError::Busy) => thread::sleep(PAUSE),
            done => return done,
        }
    }
    switch_to_log(db)
}

fn switch_to_log(db: &Connection) -> Result<(), StoreError> {
    const DOING: &str = "switching the account store to a write-ahead log";
    let mode = |sql: &str| db.query_row(sql, [], |row| row.get::<_, String>(0)).doing(DOING);
    if mode("PRAGMA journal_mode")? == "wal" || mode("PRAGMA journal_mode = WAL")? == "wal" {
        return Ok(());
    }
    let source = "its file system does not share memory between processes".into();
    Err(StoreError::Failed { doing: DOING, source })
}

fn migrate(db: &mut Connection) -> Result<(), StoreError> {
    const DOING: &str = "bringing the account store up to date";
    if schema(db)? == NEWEST {
        return Ok(());
    }
    let change = db.transaction_with_behavior(TransactionBehavior::Immediate).doing(DOING)?;
    let taken = schema(&change)? as usize; // another program may have been faster
    for step in MIGRATIONS.iter().skip(taken) {
        change.execute_batch(step).doing(DOING)?;
    }
    change.pragma_update(None, "application_id", APPLICATION_ID).doing(DOING)?;
    change.pragma_update(None, "user_version", NEWEST).doing(DOING)?;
    change.commit().doing(DOING)
}

#[cfg(test)]
mod tests {
    use countersign_testkit::{account_verifier, number};

    use super::*;
    use crate::accounts;

    #[test]
    fn a_store_of_every_earlier_schema_is_brought_up_to_date() {
        for taken in 1..=MIGRATIONS.len() {
            let mut db = Connection::open_in_memory().unwrap();
            MIGRATIONS[..taken].iter().for_each(|it| db.execute_batch(it).unwrap());
            db.pragma_update(None, "user_version", u32::try_from(taken).unwrap()).unwrap();
            let sql = "INSERT INTO accounts (number, name, status, billing_email, pin, revision)
                       VALUES ('A-1', 'Lee', 'active', 'billing@lee.example', ?1, 1)";
            db.execute(sql, [account_verifier(&number("A-1"), "830514").to_stored()]).unwrap();
            let sql = "INSERT INTO people (account, id, first_name, last_name, standing, job)
                       VALUES ('A-1', 1, 'Ann', 'Lee', 'owner', ''), ('A-1', 2, 'Bo', 'Kim', 'authorized_user', '')";
            db.execute_batch(sql).unwrap();
            migrate(&mut db).unwrap();
            assert_eq!(schema(&db).unwrap(), NEWEST);
            let account = accounts::find_one(&db, &number("A-1")).unwrap().unwrap();
            assert_eq!((account.people.len(), account.billing_since), (2, None), "from schema {taken}");
            assert!(account.people.iter().all(|it| it.pin.is_none() && it.code.is_none()), "from schema {taken}");
        }
    }
}
