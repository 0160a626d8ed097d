//! SQLite keeps the contract: in memory, in a file, and as what lies beneath a rehearsal.

use countersign_core::store::{AccountStore, Rehearsal};
use countersign_store::SqliteStore;
use countersign_testkit::store_contract;

fn in_a_file() -> SqliteStore {
    let home = tempfile::tempdir().expect("a temporary directory");
    let store = SqliteStore::open(home.path().join("store.sqlite")).expect("a new store opens");
    home.close().ok(); // the open file lives on without its name
    store
}

fn rehearsal() -> Rehearsal<'static> {
    let below: &mut dyn AccountStore = Box::leak(Box::new(SqliteStore::in_memory().expect("a store opens")));
    Rehearsal::over(below).expect("an empty store answers")
}

store_contract!(memory, SqliteStore::in_memory().expect("a store opens"));
store_contract!(file, in_a_file());
store_contract!(beneath_a_rehearsal, rehearsal());
