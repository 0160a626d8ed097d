//! Blanks against the least that making files costs: writing as many copies of one. One thread, one folder for each. Prints
//! blanks a second and the ratio.
#![expect(clippy::print_stdout, reason = "the measurement's output")]

use std::path::Path;
use std::time::Duration;

use countersign_core::account::Account;
use countersign_core::store::IssuedBlank;
use countersign_tests::measure;

const BLANKS: u64 = 2_000;
const ROUNDS: usize = 5;

fn main() {
    let folder = tempfile::tempdir().expect("a temporary directory can be made");
    let press = measure::press();
    let customers: Vec<(Account, IssuedBlank)> =
        (0..BLANKS).map(measure::customer).map(|(account, issued)| (account.build(), issued)).collect();
    let copy = measure::blank(&press, &customers[0].0, &customers[0].1);
    let write = |folder: &Path, at: usize, bytes: &[u8]| {
        std::fs::write(folder.join(format!("{at:05}.pdf")), bytes).expect("a blank can be written");
    };
    let fresh = || tempfile::tempdir_in(folder.path()).expect("a folder can be made");
    let making = || {
        let folder = fresh();
        for (at, (account, issued)) in customers.iter().enumerate() {
            write(folder.path(), at, &measure::blank(&press, account, issued));
        }
    };
    let copying = || {
        let folder = fresh();
        (0..customers.len()).for_each(|at| write(folder.path(), at, &copy));
    };
    let times = measure::in_turn(ROUNDS, making, copying);
    let rate = |it: Duration| BLANKS as f64 / it.as_secs_f64();
    println!("{BLANKS} bound blanks of {} bytes, one thread, best of {ROUNDS} in turn", copy.len());
    println!("  made and written     {:8.0} a second", rate(times.0));
    println!("  copies written       {:8.0} a second", rate(times.1));
    println!("  ratio of the times   {:8.2}", measure::ratio(times));
}
