//! The samples: what must become of each file, and what a run promises beyond that.

#![expect(clippy::unwrap_used, reason = "an unexpected answer is the failure that a test looks for")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use countersign_testkit::Workplace;
use countersign_tests::rows;

const TABLES: [&str; 5] = ["accepted", "rejected", "held", "duplicates", "ignored"];

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples")
}

/// Outcome and primary reason of each file, as samples/README.md says.
fn expected() -> BTreeMap<String, (String, String)> {
    let readme = std::fs::read_to_string(samples().join("README.md")).unwrap();
    let (_, table) = readme.split_once("<!-- table -->").unwrap();
    let (table, _) = table.split_once("<!-- end -->").unwrap();
    let cells = table.lines().filter(|it| it.starts_with("| ")).skip(2).map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(|it| it.trim().trim_matches('`')).collect();
        (cells[0].to_owned(), (cells[2].to_owned(), cells[3].to_owned()))
    });
    cells.collect()
}

fn found(reports: &Path) -> BTreeMap<String, (String, String)> {
    let mut found = BTreeMap::new();
    for table in TABLES {
        for row in rows(&reports.join(format!("{table}.csv"))) {
            let outcome = if table == "duplicates" { "duplicate" } else { table };
            let reason = row.get("primary_reason").cloned().unwrap_or_default();
            found.insert(row["source_file"].clone(), (outcome.to_owned(), reason));
        }
    }
    found
}

#[test]
fn every_sample_ends_as_its_readme_says() {
    let at = Workplace::new();
    let shown = at.run("demo demo").done();
    let expected = expected();
    assert_eq!(expected.len(), std::fs::read_dir(samples().join("returned")).unwrap().count());
    assert_eq!(found(&at.join("demo/reports/R-000001")), expected);
    assert!(shown.contains("41 files") && shown.contains("Where to look next"), "{shown}");
}

#[test]
fn the_same_folder_again_grants_nothing_twice() {
    let at = Workplace::new();
    at.run("demo demo").done();
    let grants = |at: &Workplace| at.run("--home demo/home grant list A-1001118 --json").done();
    let before = grants(&at);
    assert_eq!(before.lines().count(), 2, "{before}");
    let again = at.run("--home demo/home --now 2026-04-01T09:00:00Z ingest demo/returned --json").done();
    let summary: serde_json::Value = serde_json::from_str(&again).unwrap();
    let numbers = ["files", "accepted", "held", "duplicate", "ignored"].map(|it| summary[it].as_u64().unwrap());
    // The file without bytes has nothing to remember it by: it is rejected again.
    assert_eq!(numbers, [41, 0, 0, 39, 1], "{summary}");
    assert_eq!(summary["rejected"], 1);
    assert_eq!(summary["reconciled"], true);
    assert_eq!(grants(&at), before);
}

/// The reports of one run over the samples, by file name; a fresh store for each.
fn reports_with(threads: usize, more: &str) -> BTreeMap<String, Vec<u8>> {
    let at = prepared();
    let command = format!(
        "--home demo/home --now 2026-03-31T09:00:00Z ingest demo/returned --reports out --threads {threads} {more}"
    );
    at.run(&command).done();
    let run = std::fs::read_dir(at.join("out")).unwrap().next().unwrap().unwrap().path();
    let files = std::fs::read_dir(run).unwrap().map(|it| it.unwrap().path());
    // summary.json says how long the run took.
    let same = files.filter(|it| it.extension().is_some_and(|it| it == "csv" || it == "jsonl" || it == "html"));
    same.map(|it| (it.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(it).unwrap())).collect()
}

/// The samples' home as it is before anything came back.
fn prepared() -> Workplace {
    let at = Workplace::new();
    at.run("demo demo --only-prepare").done();
    // Times of files are reported; a checkout and a copy have others.
    for file in std::fs::read_dir(at.join("demo/returned")).unwrap() {
        let file = std::fs::File::options().append(true).open(file.unwrap().path()).unwrap();
        file.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_774_900_000)).unwrap();
    }
    at
}

#[test]
fn threads_change_nothing() {
    let (one, eight) = (reports_with(1, ""), reports_with(8, ""));
    assert_eq!(one.len(), 13);
    for (name, bytes) in &one {
        assert!(bytes == &eight[name], "{name} differs");
    }
}

#[test]
fn a_dry_run_decides_the_same_and_writes_nothing() {
    let at = prepared();
    let store = |at: &Workplace| at.run("--home demo/home audit verify").done();
    let before = store(&at);
    at.run("--home demo/home --now 2026-03-31T09:00:00Z ingest demo/returned --dry-run --reports dry").done();
    at.run("--home demo/home --now 2026-03-31T09:00:00Z ingest demo/returned --dry-run --reports dry").done();
    assert_eq!(store(&at), before);
    assert_eq!(found(&at.join("dry/R-000001-dry-run")), expected());
    assert_eq!(found(&at.join("dry/R-000001-dry-run-2")), expected());
}

#[test]
fn no_pin_is_left_anywhere() {
    let at = Workplace::new();
    let shown = at.run("demo demo").done();
    std::fs::remove_file(at.join("demo/accounts.csv")).unwrap();
    std::fs::remove_file(at.join("demo/people.csv")).unwrap();
    let mut pins = vec!["11111".to_owned()];
    let accounts = rows(&samples().join("accounts.csv"));
    pins.extend(accounts.iter().map(|it| it["security_pin"].clone()).filter(|it| it.len() > 4));
    let inspected = at.run("--home demo/home inspect --json demo/returned/march-04-henley-dental.pdf").done();
    let mut places = vec![("output".to_owned(), shown.into_bytes()), ("inspect".to_owned(), inspected.into_bytes())];
    for folder in ["demo/home", "demo/reports/R-000001"] {
        for file in std::fs::read_dir(at.join(folder)).unwrap().map(|it| it.unwrap().path()).filter(|it| it.is_file()) {
            places.push((file.display().to_string(), std::fs::read(file).unwrap()));
        }
    }
    assert!(places.iter().any(|(name, _)| name.ends_with("store.sqlite")));
    for (place, bytes) in &places {
        for pin in &pins {
            let is_there = bytes
                .windows(pin.len())
                .enumerate()
                .any(|(at, it)| it == pin.as_bytes() && stands_alone(bytes, at, pin.len()));
            assert!(!is_there, "a PIN stands in {place}");
        }
    }
}

/// Whether digits are no part of a longer number, such as a digest or a form's id.
fn stands_alone(bytes: &[u8], at: usize, length: usize) -> bool {
    let is_part = |it: Option<&u8>| it.is_some_and(u8::is_ascii_alphanumeric);
    !is_part(at.checked_sub(1).and_then(|it| bytes.get(it))) && !is_part(bytes.get(at + length))
}
