//! A run that is cut off anywhere, and run again, ends as one that was not.

#![expect(clippy::unwrap_used, reason = "an unexpected answer is the failure that a test looks for")]

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use countersign_core::store::StoreError;
use countersign_core::submission::FileDigest;
use countersign_ingest::outcome::{Ending, Outcome};
use countersign_store::SqliteStore;
use countersign_testkit::{FaultyStore, Moment, Workplace, program};
use countersign_tests::{Clerk, EndState, rows, sixty_files};
use rayon::prelude::*;
use rustix::process::Signal;
use tempfile::TempDir;

/// Sixty files, a store that waits for them, and how the undisturbed run ended.
struct Morning {
    at: TempDir,
    calls: usize,
    expected: EndState,
    words: BTreeMap<String, String>,
}

impl Morning {
    fn begin() -> Self {
        let at = tempfile::tempdir().unwrap();
        let bag = sixty_files();
        bag.lay_out_transcripts(&at.path().join("returned"));
        bag.furnish(&mut SqliteStore::open(at.path().join("before.sqlite")).unwrap());
        let mut morning = Self { at, calls: 0, expected: EndState::default(), words: BTreeMap::new() };
        let path = morning.fresh("undisturbed");
        let mut below = SqliteStore::open(&path).unwrap();
        let mut store = FaultyStore::sound(&mut below);
        let (rows, ended) = Clerk::with_threads(2).run(&morning.returned(), &mut store);
        ended.unwrap();
        morning.calls = store.calls();
        morning.words = rows.iter().map(|it| (it.source_file.clone(), word(it).to_owned())).collect();
        morning.expected = EndState::of(&path);
        morning
    }

    fn returned(&self) -> PathBuf {
        self.at.path().join("returned")
    }

    /// The store as it was before the run, under another name.
    fn fresh(&self, name: &str) -> PathBuf {
        let path = self.at.path().join(format!("{name}.sqlite"));
        std::fs::copy(self.at.path().join("before.sqlite"), &path).unwrap();
        path
    }

    /// Runs everything again after a run that was cut off, and holds both together against the undisturbed one.
    fn check_rerun(&self, store: &Path, first: &[Outcome], of: &str) {
        let clerk = Clerk::with_threads(1);
        let (second, ended) = clerk.run(&self.returned(), &mut SqliteStore::open(store).unwrap());
        ended.unwrap();
        EndState::of(store).assert_same(&self.expected, of);
        let words: BTreeMap<String, String> =
            second.iter().map(|it| (it.source_file.clone(), word(it).to_owned())).collect();
        assert_eq!((second.len(), &words), (60, &self.words), "{of}");
        let mut decided: BTreeMap<FileDigest, usize> = BTreeMap::new();
        for row in first.iter().chain(&second).filter(|it| it.audit_seq.is_some()) {
            *decided.entry(row.file.unwrap()).or_default() += 1;
            assert_eq!(word(row), self.words[&row.source_file], "{of}");
        }
        assert!(decided.values().all(|it| *it == 1), "{of}: a file was decided twice");
    }
}

/// How a file ended; a duplicate as its first copy did.
fn word(row: &Outcome) -> &'static str {
    match &row.ending {
        Ending::Duplicate(first) => first.status.word(),
        other => other.word(),
    }
}

fn fail() -> Result<(), StoreError> {
    Err(StoreError::Full)
}

fn panic_silently() -> Result<(), StoreError> {
    resume_unwind(Box::new("the store breaks"))
}

#[test]
fn a_run_that_ends_at_any_call_of_the_store_ends_rightly_when_it_is_run_again() {
    let morning = Morning::begin();
    let clerk = Clerk::with_threads(1);
    let faults =
        [(Moment::Before, "fails"), (Moment::After, "fails"), (Moment::Before, "panics"), (Moment::After, "panics")];
    let points: Vec<_> = (1..=morning.calls).flat_map(|call| faults.map(|it| (call, it))).collect();
    println!("{} calls, {} kill points", morning.calls, points.len());
    points.par_iter().for_each(|(call, (moment, how))| {
        let of = format!("{how} {moment:?} call {call}");
        let path = morning.fresh(&of);
        let mut rows = Vec::new();
        let ended = catch_unwind(AssertUnwindSafe(|| {
            let mut below = SqliteStore::open(&path).unwrap();
            let strike = if *how == "fails" { fail } else { panic_silently };
            let mut store = FaultyStore::struck(&mut below, (*moment, *call), strike);
            let (handed_out, ended) = clerk.run(&morning.returned(), &mut store);
            rows = handed_out;
            ended
        }));
        assert!(!matches!(ended, Ok(Ok(()))), "{of}");
        morning.check_rerun(&path, &rows, &of);
        std::fs::remove_file(path).unwrap();
    });
    assert!(points.len() >= 200, "{} kill points", points.len());
    let checked = |pin_check: &str| {
        let evidence = format!("\"pin_check\":\"{pin_check}\"");
        morning.expected.table("audit").iter().filter(|it| it.contains(&evidence)).count()
    };
    assert_eq!(["ok", "failed", "locked"].map(checked), [28, 11, 2], "the sixty files are of every kind");
}

#[test]
fn a_run_that_is_cut_off_again_and_again_comes_to_its_end() {
    let morning = Morning::begin();
    let path = morning.fresh("again and again");
    let clerk = Clerk::with_threads(1);
    let mut rows = Vec::new();
    // Each run gets through one call more than the one before, and every other one does not hear of it.
    for call in 1..=morning.calls {
        let mut below = SqliteStore::open(&path).unwrap();
        let moment = if call % 2 == 0 { Moment::Before } else { Moment::After };
        let (handed_out, ended) =
            clerk.run(&morning.returned(), &mut FaultyStore::struck(&mut below, (moment, call), fail));
        rows.extend(handed_out);
        if ended.is_ok() {
            break;
        }
    }
    morning.check_rerun(&path, &rows, "cut off again and again");
}

#[test]
fn a_run_is_not_disturbed_by_another_one_that_is_cut_off_beside_it() {
    let morning = Morning::begin();
    let clerk = Clerk::with_threads(1);
    let points: Vec<usize> = (1..=morning.calls).step_by(2).collect();
    points.par_iter().for_each(|call| {
        let other_ends_at = 1 + call * 37 % morning.calls;
        let of = format!("a run that ends at call {other_ends_at} comes before call {call}");
        let path = morning.fresh(&of);
        let other = || {
            let mut below = SqliteStore::open(&path)?;
            let mut store = FaultyStore::struck(&mut below, (Moment::After, other_ends_at), fail);
            // It ends as it may: what counts is what the first run makes of it.
            drop(Clerk::with_threads(1).run(&morning.returned(), &mut store));
            Ok(())
        };
        let mut below = SqliteStore::open(&path).unwrap();
        let (rows, ended) =
            clerk.run(&morning.returned(), &mut FaultyStore::struck(&mut below, (Moment::Before, *call), other));
        ended.unwrap();
        EndState::of(&path).assert_same(&morning.expected, &of);
        assert!(rows.iter().all(|it| word(it) == morning.words[&it.source_file]), "{of}");
    });
}

/// The limits of files at which a run is cut off, up to `end`. The frames of the store's log are 4,120 bytes, so that most limits
/// cut one in two.
fn limits(step: usize, end: usize) -> impl Iterator<Item = usize> {
    (9_000..end).step_by(step)
}

#[test]
fn a_process_that_is_killed_anywhere_leaves_a_store_that_the_next_run_brings_to_its_end() {
    let morning = Morning::begin();
    let clerk = env!("CARGO_BIN_EXE_clerk");
    let check = |command: &mut Command, path: &Path, by: Signal, of: &str| {
        let ended = command.output().unwrap().status;
        assert_eq!(ended.signal(), Some(by.as_raw()), "{of}: {ended}");
        morning.check_rerun(path, &[], of);
    };
    let calls: Vec<_> = (1..=morning.calls).flat_map(|call| ["before", "after"].map(|it| (it, call))).collect();
    let calls: Vec<_> = calls.into_iter().step_by(5).collect();
    calls.par_iter().for_each(|(moment, call)| {
        let of = format!("killed {moment} call {call}");
        let path = morning.fresh(&of);
        let mut command = Command::new(clerk);
        command.arg(&path).arg(morning.returned()).args(["1", *moment, &call.to_string()]);
        check(&mut command, &path, Signal::KILL, &of);
    });
    let limits: Vec<usize> = limits(10_001, 400_000).collect();
    limits.par_iter().for_each(|limit| {
        let of = format!("killed after {limit} bytes");
        let path = morning.fresh(&of);
        let mut command = Command::new(env!("CARGO_BIN_EXE_limited"));
        command.arg(limit.to_string()).arg(clerk).arg(&path).arg(morning.returned()).arg("1");
        check(&mut command, &path, Signal::XFSZ, &of);
    });
    println!("{} processes killed at a call, {} while writing", calls.len(), limits.len());
    assert!(calls.len() + limits.len() >= 60);
}

/// The program at noon of the tests' day, on a copy of the home.
fn ingest(at: &Workplace, home: &str, limit: Option<usize>) -> Output {
    let mut command = match limit {
        Some(limit) => {
            let mut command = Command::new(env!("CARGO_BIN_EXE_limited"));
            command.arg(limit.to_string()).arg(program());
            command
        }
        None => Command::new(program()),
    };
    command.current_dir(at.path()).args(["--home", home, "--now", "2026-03-04T12:00:00Z"]);
    command.args(["ingest", "returned", "--threads", "1"]).env_remove("COUNTERSIGN_VAULT_KEY").output().unwrap()
}

fn copy_of_home(at: &Workplace, name: &str) {
    let copied = Command::new("cp").arg("-pr").arg(at.join("home")).arg(at.join(name)).status().unwrap();
    assert!(copied.success());
}

/// Every file of a run's reports, with how it ended there.
fn reported(at: &Workplace, home: &str, run: &str) -> Vec<(String, String)> {
    let reports = at.join(home).join("reports").join(run);
    let tables = ["accepted", "rejected", "held", "duplicates", "ignored"];
    let words = tables.into_iter().flat_map(|table| {
        rows(&reports.join(format!("{table}.csv"))).into_iter().map(move |it| {
            let word = if table == "duplicates" { it["first_status"].clone() } else { table.to_owned() };
            (it["source_file"].clone(), word)
        })
    });
    let mut words: Vec<(String, String)> = words.collect();
    words.sort();
    words
}

#[test]
fn the_program_that_is_killed_while_it_writes_ends_rightly_when_it_is_run_again() {
    let at = sixty_files().at_home();
    copy_of_home(&at, "undisturbed");
    assert!(ingest(&at, "undisturbed", None).status.success());
    let expected = EndState::of(&at.join("undisturbed/store.sqlite"));
    let words = reported(&at, "undisturbed", "R-000001");
    let limits: Vec<usize> = limits(20_003, 400_000).collect();
    println!("the program is killed {} times", limits.len());
    limits.par_iter().for_each(|limit| {
        let home = format!("killed-at-{limit}");
        copy_of_home(&at, &home);
        let killed = ingest(&at, &home, Some(*limit));
        assert_eq!(killed.status.signal(), Some(Signal::XFSZ.as_raw()), "{limit}: {killed:?}");
        let again = ingest(&at, &home, None);
        assert!(again.status.success(), "{limit}: {again:?}");
        EndState::of(&at.join(&home).join("store.sqlite")).assert_same(&expected, &home);
        let newest = std::fs::read_dir(at.join(&home).join("reports")).unwrap().map(|it| it.unwrap().file_name()).max();
        assert_eq!(reported(&at, &home, newest.unwrap().to_str().unwrap()), words, "{limit}");
    });
}
