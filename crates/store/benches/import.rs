//! How fast accounts come in and are found again, with the hashing of PINs out of the picture:
//! `cargo bench -p countersign-store --bench import -- 1000000`.

#![expect(clippy::print_stdout, reason = "a measurement prints what it measured")]

use std::time::Instant;

use countersign_core::account::{Account, AccountNumber};
use countersign_core::store::{AccountStore, StoreError};
use countersign_store::SqliteStore;
use countersign_testkit::{Seeded, account, event, number};

const BATCH: u64 = 1_000;

fn main() -> Result<(), StoreError> {
    let is_measured = std::env::args().any(|it| it == "--bench"); // `cargo test` only sees that it runs
    let rows = std::env::args().find_map(|it| it.parse().ok()).unwrap_or(if is_measured { 100_000 } else { BATCH });
    let home = tempfile::tempdir().expect("a temporary directory");
    let mut store = SqliteStore::open(home.path().join("store.sqlite"))?;

    let begun = Instant::now();
    import(&mut store, rows, rising)?;
    report("import, numbers rising", rows, begun);

    let begun = Instant::now();
    import(&mut store, rows, |at| format!("B-{:016X}", Seeded::new(at).next_u64()))?;
    report("import, numbers in no order", rows, begun);

    let (begun, asked) = (Instant::now(), rows.min(100_000));
    look_up(&mut store, asked, rows)?;
    report("look up, in random order", asked, begun);
    println!("peak memory: {}", peak_memory().as_deref().unwrap_or("not told by this system"));
    Ok(())
}

fn rising(at: u64) -> String {
    format!("A-{at:09}")
}

fn import(store: &mut SqliteStore, rows: u64, number_of: fn(u64) -> String) -> Result<(), StoreError> {
    // One verifier for all: the sealing of PINs is not what is measured.
    let model = account("A-0").owner("Ann", "Lee").email("ann@lee.example").phone("+1 555 010 0142").build();
    let new = |at: u64| Account { number: number(&number_of(at)), ..model.clone() };
    for first in (0..rows).step_by(BATCH as usize) {
        let batch: Vec<Account> = (first..rows.min(first + BATCH)).map(new).collect();
        let taken = store.add_accounts(&batch, event("accounts imported"))?;
        assert!(taken.is_empty(), "numbers do not repeat");
    }
    Ok(())
}

fn look_up(store: &mut SqliteStore, asked: u64, rows: u64) -> Result<(), StoreError> {
    let mut seeded = Seeded::new(1);
    for _ in 0..asked / BATCH {
        let numbers = (0..BATCH).map(|_| number(&rising(seeded.below(rows)))).collect();
        let found: Vec<AccountNumber> = store.accounts(&numbers)?.into_keys().collect();
        assert_eq!(found.len(), numbers.len(), "every account is found");
    }
    Ok(())
}

fn report(what: &str, rows: u64, begun: Instant) {
    let seconds = begun.elapsed().as_secs_f64();
    println!("{what}: {rows} accounts in {seconds:.1} s, {:.0} a second", rows as f64 / seconds);
}

fn peak_memory() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|it| it.strip_prefix("VmHWM:")).map(|it| it.trim().to_owned())
}
