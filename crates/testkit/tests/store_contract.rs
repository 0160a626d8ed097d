//! The stores of `countersign-core` keep the contract. It is tried here because core cannot depend on its own tests.

use countersign_core::store::{AccountStore, MemoryStore, Rehearsal};
use countersign_testkit::store_contract;

fn rehearsal() -> Rehearsal<'static> {
    let below: &mut dyn AccountStore = Box::leak(Box::new(MemoryStore::new()));
    Rehearsal::over(below).expect("memory does not fail")
}

store_contract!(memory, MemoryStore::new());
store_contract!(over_an_empty_store, rehearsal());
