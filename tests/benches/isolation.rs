//! Reading in a process of its own against reading in this one: the same forms, one reader. Prints the time of a file and the ratio.
#![expect(clippy::print_stdout, reason = "the measurement's output")]

use std::hint::black_box;
use std::process::Command;
use std::time::Duration;

use countersign_core::policy::LimitPolicy;
use countersign_ingest::blanks::KnownBlanks;
use countersign_ingest::limits::Limits;
use countersign_ingest::worker::{Budget, FormReader, InProcess, Workers};
use countersign_testkit::program;
use countersign_tests::measure;

const FILES: u64 = 500;
const ROUNDS: usize = 9;

fn main() {
    let press = measure::press();
    let filled = |at| {
        let (account, issued) = measure::customer(at);
        measure::filled(&press, &account.build(), &issued)
    };
    let forms: Vec<Vec<u8>> = (0..FILES).map(filled).collect();
    let program = program();
    let command = move || {
        let mut command = Command::new(&program);
        command.arg("reader");
        command
    };
    let look = press.look().clone();
    let budget = Budget { files: u32::MAX, ..Budget::from(&LimitPolicy::default()) };
    let isolated = Workers::start(command, vec![look.clone()], Limits::default(), budget).expect("readers start");
    let in_process = InProcess { blanks: KnownBlanks::new([look]), limits: Limits::default() };
    let all = |reader: &dyn FormReader| {
        for form in &forms {
            let reading = reader.read(form);
            assert!(reading.findings.is_empty(), "{:?}", reading.findings);
            black_box(reading);
        }
    };
    let times = measure::in_turn(ROUNDS, || all(&isolated), || all(&in_process));
    let each = |it: Duration| it.as_secs_f64() * 1e6 / FILES as f64;
    println!("{FILES} filled forms of {} bytes, one reader, best of {ROUNDS} in turn", forms[0].len());
    println!("  in a process of its own       {:8.1} us a file", each(times.0));
    println!("  in this process               {:8.1} us a file", each(times.1));
    println!("  ratio                         {:8.2}", measure::ratio(times));
}
