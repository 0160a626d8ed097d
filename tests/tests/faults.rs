//! What breaks around a run: the disk, the store, the reports. Each is said clearly, ends the program with code 3, and the next run
//! ends as the undisturbed one.

#![expect(clippy::unwrap_used, reason = "an unexpected answer is the failure that a test looks for")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;

use countersign_core::store::StoreError;
use countersign_ingest::batch::RunError;
use countersign_store::SqliteStore;
use countersign_testkit::{Ended, FaultyStore, Moment, Workplace};
use countersign_tests::{Clerk, EndState, SmallDisk, rows, sixty_files};
use rusqlite::Connection;

const INGEST: &str = "--now 2026-03-04T12:00:00Z ingest returned --threads 2";

fn ingest(at: &Workplace) -> Ended {
    at.run(INGEST)
}

#[track_caller]
fn check(error: &str, parts: &[&str]) {
    for part in parts {
        assert!(error.contains(part), "{part:?} is not in: {error}");
    }
    assert!(!error.contains("panicked"), "{error}");
}

/// A home, and how it is after the undisturbed run.
fn home_and_its_end() -> (Workplace, EndState) {
    let at = sixty_files().at_home();
    copy(&at.join("home"), &at.join("kept"));
    ingest(&at).done();
    let expected = EndState::of(&at.join("home/store.sqlite"));
    std::fs::remove_dir_all(at.join("home")).unwrap();
    std::fs::create_dir(at.join("home")).unwrap();
    (at, expected)
}

/// Copies what is in a folder into another one, with permissions.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    let copied = Command::new("cp").arg("-pr").args([from.join("."), to.to_owned()]).status();
    assert!(copied.unwrap().success());
}

fn kib_of(folder: &Path) -> usize {
    let told = Command::new("du").arg("-sk").arg(folder).output().unwrap().stdout;
    String::from_utf8(told).unwrap().split_whitespace().next().unwrap().parse().unwrap()
}

#[test]
fn a_disk_that_fills_up_in_the_middle_of_a_run_stops_it_and_the_next_run_goes_on() {
    let (at, expected) = home_and_its_end();
    let home = at.join("home");
    let mut stopped = Vec::new();
    for more in [80, 120, 160, 240, 320] {
        let Some(disk) = SmallDisk::over(&home, 64 << 10) else { return };
        copy(&at.join("kept"), &home);
        disk.remount(&format!("size={}k", kib_of(&home) + more));
        let error = at.run(&format!("{INGEST} --reports reports-{more}")).failed(3);
        check(&error, &["of 60 files", "the disk of the account store is full", "free some space"]);
        disk.remount("size=64m");
        stopped.push(decided(&home.join("store.sqlite")));
        ingest(&at).done();
        EndState::of(&home.join("store.sqlite")).assert_same(&expected, &format!("{more} KiB were left"));
    }
    println!("decided when the disk was full: {stopped:?}");
    assert!(stopped.iter().any(|it| *it > 0), "{stopped:?}");
}

/// How many submissions a store has.
fn decided(store: &Path) -> i64 {
    Connection::open(store).unwrap().query_row("SELECT count(*) FROM submissions", [], |row| row.get(0)).unwrap()
}

#[test]
fn a_write_protected_store_is_told_and_nothing_is_decided() {
    let (at, expected) = home_and_its_end();
    let home = at.join("home");
    let Some(disk) = SmallDisk::over(&home, 64 << 10) else { return };
    copy(&at.join("kept"), &home);
    disk.remount("ro");
    check(&ingest(&at).failed(3), &["cannot open the store home/store.sqlite", "may not be written", "hint: check"]);
    disk.remount("rw");
    ingest(&at).done();
    EndState::of(&home.join("store.sqlite")).assert_same(&expected, "write-protected once");
}

#[test]
fn reports_that_cannot_be_written_stop_the_run_and_the_next_run_reports_every_file() {
    let (at, expected) = home_and_its_end();
    copy(&at.join("kept"), &at.join("home"));
    at.write("a-file", "");
    let error = at.run(&format!("{INGEST} --reports a-file/reports")).failed(3);
    check(&error, &["cannot make the folder a-file/reports"]);
    let small = at.join("small");
    std::fs::create_dir(&small).unwrap();
    let Some(disk) = SmallDisk::over(&small, 64) else { return };
    let error = at.run(&format!("{INGEST} --reports small")).failed(3);
    check(&error, &["cannot write the reports", "No space left"]);
    drop(disk);
    ingest(&at).done();
    EndState::of(&at.join("home/store.sqlite")).assert_same(&expected, "reports were lost once");
    let newest = std::fs::read_dir(at.join("home/reports")).unwrap().map(|it| it.unwrap().path()).max().unwrap();
    let tables = ["accepted", "rejected", "held", "duplicates"].map(|it| rows(&newest.join(format!("{it}.csv"))));
    assert_eq!(tables.iter().map(Vec::len).sum::<usize>(), 60);
}

#[test]
fn a_store_that_another_program_takes_in_the_middle_of_a_run_stops_it_and_the_next_run_goes_on() {
    let bag = sixty_files();
    let at = tempfile::tempdir().unwrap();
    let returned = at.path().join("returned");
    bag.lay_out_transcripts(&returned);
    let clerk = Clerk::with_threads(2);
    let fresh = |name: &str| -> PathBuf {
        let path = at.path().join(name);
        bag.furnish(&mut SqliteStore::open(&path).unwrap());
        path
    };
    let undisturbed = fresh("undisturbed.sqlite");
    clerk.run(&returned, &mut SqliteStore::open(&undisturbed).unwrap()).1.unwrap();
    let expected = EndState::of(&undisturbed);
    for call in [2, 8, 9, 29, 30, 50, 51] {
        let path = fresh(&format!("taken at {call}.sqlite"));
        let other = Mutex::new(Connection::open(&path).unwrap());
        let take = || {
            other.lock().unwrap().execute_batch("BEGIN IMMEDIATE").unwrap();
            Ok(())
        };
        let mut below = SqliteStore::open_patiently(&path, Duration::from_millis(20)).unwrap();
        let mut store = FaultyStore::struck(&mut below, (Moment::Before, call), take);
        let (_, ended) = clerk.run(&returned, &mut store);
        assert!(matches!(ended, Err(RunError::Store { source: StoreError::Busy, .. })), "call {call}: {ended:?}");
        drop(store);
        other.lock().unwrap().execute_batch("ROLLBACK").unwrap();
        clerk.run(&returned, &mut below).1.unwrap();
        EndState::of(&path).assert_same(&expected, &format!("taken at call {call}"));
    }
}
