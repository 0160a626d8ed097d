//! What SQLite says went wrong, in the words of the store.

use countersign_core::store::StoreError;
use rusqlite::{ErrorCode, ffi};

/// Turns SQLite's errors into the store's.
pub(crate) trait Doing<T> {
    /// Names what was being done when it failed.
    fn doing(self, doing: &'static str) -> Result<T, StoreError>;
}

impl<T> Doing<T> for rusqlite::Result<T> {
    fn doing(self, doing: &'static str) -> Result<T, StoreError> {
        self.map_err(|error| of_sqlite(error, doing))
    }
}

impl<T> Doing<T> for std::io::Result<T> {
    fn doing(self, doing: &'static str) -> Result<T, StoreError> {
        self.map_err(|error| of_file(error, doing))
    }
}

fn of_sqlite(error: rusqlite::Error, doing: &'static str) -> StoreError {
    // The index of the write-ahead log is mapped into memory: where it cannot grow, the disk is full.
    if error.sqlite_error().is_some_and(|it| it.extended_code == ffi::SQLITE_IOERR_SHMSIZE) {
        return StoreError::Full;
    }
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Busy,
        Some(ErrorCode::DiskFull) => StoreError::Full,
        Some(ErrorCode::ReadOnly) => StoreError::ReadOnly,
        Some(ErrorCode::NotADatabase) => damaged_file("it is no SQLite database"),
        Some(ErrorCode::DatabaseCorrupt) => damaged_file("SQLite finds its pages malformed"),
        _ => StoreError::Failed { doing, source: Box::new(error) },
    }
}

fn of_file(error: std::io::Error, doing: &'static str) -> StoreError {
    match error.kind() {
        std::io::ErrorKind::StorageFull => StoreError::Full,
        std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => StoreError::ReadOnly,
        _ => StoreError::Failed { doing, source: Box::new(error) },
    }
}

/// The file as a whole is not what it must be.
pub(crate) fn damaged_file(what: &'static str) -> StoreError {
    StoreError::Damaged { table: "sqlite_schema", row: "the file itself".to_owned(), what }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(code: i32, expected: &str) {
        let error = of_sqlite(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None), "counting");
        assert!(error.to_string().contains(expected), "{error}");
    }

    #[test]
    fn sqlite_errors_keep_their_meaning() {
        check(ffi::SQLITE_IOERR_SHMSIZE, "disk");
        check(ffi::SQLITE_BUSY, "in use by another program");
        check(ffi::SQLITE_BUSY_SNAPSHOT, "in use by another program");
        check(ffi::SQLITE_LOCKED, "in use by another program");
        check(ffi::SQLITE_FULL, "disk of the account store is full");
        check(ffi::SQLITE_READONLY_DIRECTORY, "may not be written");
        check(ffi::SQLITE_NOTADB, "no SQLite database");
        check(ffi::SQLITE_CORRUPT, "malformed");
        check(ffi::SQLITE_IOERR, "failed while counting");
    }
}
