//! How fast the audit trail is walked and checked, over as many grants as rows:
//! `cargo bench -p countersign-store --bench audit -- 100000`.

#![expect(clippy::print_stdout, reason = "a measurement prints what it measured")]

use std::time::Instant;

use countersign_core::account::Account;
use countersign_core::audit::AuditHead;
use countersign_core::store::{AccountStore, Settled, StoreError};
use countersign_store::SqliteStore;
use countersign_testkit::{NOW, accepted, account, event, number};

const BATCH: u64 = 1_000;
const WALKS: u32 = 3;

fn main() -> Result<(), StoreError> {
    let is_measured = std::env::args().any(|it| it == "--bench"); // `cargo test` only sees that it runs
    let grants = std::env::args().find_map(|it| it.parse().ok()).unwrap_or(if is_measured { 100_000 } else { BATCH });
    let home = tempfile::tempdir().expect("a temporary directory");
    let path = home.path().join("store.sqlite");
    let mut store = SqliteStore::open(&path)?;
    store.begin_run(NOW)?;

    let begun = Instant::now();
    grant(&mut store, grants)?;
    report("granted", grants, begun);
    drop(store);

    for _ in 0..WALKS {
        let mut store = SqliteStore::open(&path)?;
        let begun = Instant::now();
        let head = walk(&mut store)?;
        report("walked and checked", head.seq, begun);
        assert!(head.seq >= grants && head == store.audit_head()?, "the walk ends at the head");
    }
    let bytes = std::fs::metadata(&path).expect("the store is a file").len();
    println!("store: {:.0} MiB", bytes as f64 / f64::from(1 << 20));
    Ok(())
}

/// One account for each grant, and one accepted form with its row in the trail.
fn grant(store: &mut SqliteStore, grants: u64) -> Result<(), StoreError> {
    // One verifier for all: the sealing of PINs is not what is measured.
    let model = account("A-0").owner("Ann", "Lee").email("ann@lee.example").build();
    for first in (0..grants).step_by(BATCH as usize) {
        let numbers = (first..grants.min(first + BATCH)).map(|at| format!("A-{at:09}"));
        let batch: Vec<Account> = numbers.map(|it| Account { number: number(&it), ..model.clone() }).collect();
        store.add_accounts(&batch, event("accounts imported"))?;
        let form = |it: &Account| accepted(&format!("{}.pdf", it.number), it).adding(2, "Robert", "Ellison").build();
        let forms: Vec<_> = batch.iter().map(form).collect();
        let settled = store.settle(&forms)?;
        assert!(settled.iter().all(|it| matches!(it, Settled::Done { .. })), "every form is new");
    }
    Ok(())
}

/// What `audit verify` does.
fn walk(store: &mut SqliteStore) -> Result<AuditHead, StoreError> {
    let mut head = AuditHead::start();
    loop {
        let rows = store.audit_after(head.seq, BATCH as usize)?;
        if rows.is_empty() {
            return Ok(head);
        }
        for row in &rows {
            head.follow(row).expect("nobody edited the trail");
        }
    }
}

fn report(what: &str, rows: u64, begun: Instant) {
    let seconds = begun.elapsed().as_secs_f64();
    println!("{what}: {rows} in {seconds:.2} s, {:.0} a second", rows as f64 / seconds);
}
