//! The account store on SQLite.
