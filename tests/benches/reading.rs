//! Reading against the least that any reader must do: reading the same files from the disk and hashing them. One thread, in
//! process. Prints the time of a file and the ratio.
#![expect(clippy::print_stdout, reason = "the measurement's output")]

use std::hint::black_box;
use std::path::PathBuf;
use std::time::Duration;

use countersign_core::submission::FileDigest;
use countersign_ingest::blanks::KnownBlanks;
use countersign_ingest::limits::Limits;
use countersign_ingest::read;
use countersign_tests::measure;

const FILES: u64 = 500;
const ROUNDS: usize = 9;

fn main() {
    let folder = tempfile::tempdir().expect("a temporary directory can be made");
    let press = measure::press();
    let paths: Vec<PathBuf> = (0..FILES).map(|at| folder.path().join(format!("{at:04}.pdf"))).collect();
    for (at, path) in (0..).zip(&paths) {
        let (account, issued) = measure::customer(at);
        let form = measure::filled(&press, &account.build(), &issued);
        std::fs::write(path, form).expect("a form can be written");
    }
    let blanks = KnownBlanks::new([press.look().clone()]);
    let limits = Limits::default();
    let bytes = |path: &PathBuf| std::fs::read(path).expect("a form can be read");
    let hash = |bytes: &[u8]| {
        black_box(FileDigest::of(bytes));
    };
    let all = || {
        for path in &paths {
            let bytes = bytes(path);
            hash(&bytes);
            let reading = read(&bytes, &blanks, &limits);
            assert!(reading.findings.is_empty(), "{:?}", reading.findings);
            black_box(reading);
        }
    };
    let hashing = || paths.iter().for_each(|it| hash(&bytes(it)));
    let times = measure::in_turn(ROUNDS, all, hashing);
    let each = |it: Duration| it.as_secs_f64() * 1e6 / FILES as f64;
    let size = std::fs::metadata(&paths[0]).map_or(0, |it| it.len());
    println!("{FILES} filled forms of {size} bytes, one thread, best of {ROUNDS} in turn");
    println!("  read + hash + read as a form  {:8.1} us a file", each(times.0));
    println!("  read + hash                   {:8.1} us a file", each(times.1));
    println!("  ratio                         {:8.2}", measure::ratio(times));
}
