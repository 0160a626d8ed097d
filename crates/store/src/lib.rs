//! The account store on SQLite: embedded, one file, nothing to install. Nothing outside this crate speaks SQL.

mod accounts;
mod attempts;
mod failure;
mod ledger;
mod opening;
mod query;
mod rotation;
mod rows;
mod settle;
mod sqlite;
mod standing;
mod submissions;
mod trail;

pub use sqlite::SqliteStore;
pub use standing::Standing;
