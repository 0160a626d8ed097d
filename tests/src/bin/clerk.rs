//! A clerk in a process of their own, for tests that kill it or run two at once: `clerk STORE FOLDER THREADS [before N | after N]`.
//! Kills itself before or after its N-th call of the store.

use std::path::Path;

use countersign_core::store::StoreError;
use countersign_store::SqliteStore;
use countersign_testkit::{FaultyStore, Moment};
use countersign_tests::Clerk;
use rustix::process::{Signal, getpid, kill_process};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [store, folder, threads, fault @ ..] = &arguments[..] else { panic!("a store, a folder, and threads") };
    let clerk = Clerk::with_threads(threads.parse().expect("a number of threads"));
    let mut below = SqliteStore::open(store).expect("the store opens");
    let dying = |below, moment, call: &str| FaultyStore::struck(below, (moment, call.parse().expect("a number")), die);
    let mut store = match fault {
        [] => FaultyStore::sound(&mut below),
        [moment, call] if moment == "before" => dying(&mut below, Moment::Before, call),
        [moment, call] if moment == "after" => dying(&mut below, Moment::After, call),
        _ => panic!("no fault, or one before or after a call"),
    };
    clerk.run(Path::new(folder), &mut store).1.expect("the run ends");
}

fn die() -> Result<(), StoreError> {
    kill_process(getpid(), Signal::KILL).expect("a process may end itself");
    unreachable!("nobody survives SIGKILL")
}
