//! The sample mailbox: what must become of each message, and that nothing else comes of it.

#![expect(clippy::unwrap_used, reason = "an unexpected answer is the failure that a test looks for")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use countersign_testkit::Workplace;
use countersign_tests::rows;

/// The tables of a run, each with the outcome of its rows.
const TABLES: [(&str, &str); 5] = [
    ("accepted", "accepted"),
    ("rejected", "rejected"),
    ("held", "held"),
    ("duplicates", "duplicate"),
    ("ignored", "ignored"),
];
/// Who is asked for in what must not be accepted.
const IMPOSTORS: [&str; 6] = ["Crane", "Mallory", "Vane", "Quayle", "Sandell", "Roth"];

/// Outcome and primary reason by the name of the row.
type Outcomes = BTreeMap<String, (String, String)>;

fn mailbox() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples/mailbox")
}

/// What samples/mailbox/README.md says.
fn expected() -> Outcomes {
    let readme = std::fs::read_to_string(mailbox().join("README.md")).unwrap();
    let (_, table) = readme.split_once("<!-- table -->").unwrap();
    let (table, _) = table.split_once("<!-- end -->").unwrap();
    let row = |line: &str| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(|it| it.trim().trim_matches('`')).collect();
        (cells[0].to_owned(), (cells[2].to_owned(), cells[3].to_owned()))
    };
    let lines: Vec<&str> = table.lines().filter(|it| it.starts_with("| ")).skip(2).collect();
    let expected: Outcomes = lines.iter().map(|it| row(it)).collect();
    assert_eq!(expected.len(), lines.len(), "a name stands there twice");
    expected
}

/// A home as `samples/mailbox/try.sh` prepares it, with these lines instead of the samples' policy if there are any.
fn prepared(policy: Option<&str>) -> Workplace {
    let at = Workplace::new();
    at.run("demo demo --only-prepare").done();
    for name in ["policy.toml", "countersign.toml", "dkim-records.toml"] {
        std::fs::copy(mailbox().join(name), at.join("demo/home").join(name)).unwrap();
    }
    if let Some(policy) = policy {
        at.write("demo/home/policy.toml", policy);
    }
    let change =
        "account set-billing-email --account A-1001332 --email office@maplestone.example --by Dana --why phone";
    at.run(&format!("--home demo/home --now 2026-04-06T15:00:00Z {change}")).done();
    at
}

/// Reads both mailboxes; the reports are in the folder. Answers the summary.
fn ingest(at: &Workplace, now: &str, reports: &str) -> serde_json::Value {
    let (support, archive) = (mailbox().join("support"), mailbox().join("archive.mbox"));
    let command = format!(
        "--home demo/home --now {now} ingest {} {} --reports {reports} --json",
        support.display(),
        archive.display()
    );
    serde_json::from_str(&at.run(&command).done()).unwrap()
}

fn only_run(reports: &Path) -> PathBuf {
    let mut runs = std::fs::read_dir(reports).unwrap().map(|it| it.unwrap().path());
    let run = runs.next().unwrap();
    assert_eq!(runs.next(), None);
    run
}

/// A name without the folder that the run was told.
fn short(name: &str) -> &str {
    name.split_once("samples/mailbox/support/").map_or(name, |it| it.1)
}

fn found(reports: &Path) -> Outcomes {
    let run = only_run(reports);
    let mut found = Outcomes::new();
    for (table, outcome) in TABLES {
        for row in rows(&run.join(format!("{table}.csv"))) {
            let reason = row.get("primary_reason").cloned().unwrap_or_default();
            let before = found.insert(short(&row["source_file"]).to_owned(), (outcome.to_owned(), reason));
            // One row for each change that was made; one for each message otherwise.
            assert!(before.is_none_or(|it| it.0 == "accepted" && outcome == "accepted"), "{row:?}");
        }
    }
    found
}

/// Where two tables differ, line by line.
fn differences(found: &Outcomes, expected: &Outcomes) -> Vec<String> {
    let names = found.keys().chain(expected.keys().filter(|it| !found.contains_key(*it)));
    let differing = names.filter(|it| found.get(*it) != expected.get(*it));
    differing.map(|it| format!("{it}: {:?} instead of {:?}", found.get(it), expected.get(it))).collect()
}

fn check_sums(summary: &serde_json::Value, rows: usize) {
    assert_eq!(summary["reconciled"], true, "{summary}");
    let sum: u64 =
        ["accepted", "rejected", "held", "duplicate", "ignored"].map(|it| summary[it].as_u64().unwrap()).iter().sum();
    assert_eq!(Some(sum), summary["files"].as_u64(), "{summary}");
    assert_eq!(sum, rows as u64, "{summary}");
}

/// One run, looked at from all sides: a home of its own for each look would cost half a minute.
#[test]
fn every_message_ends_as_its_readme_says() {
    let (at, expected) = (prepared(None), expected());
    let summary = ingest(&at, "2026-04-07T12:00:00Z", "out");
    let differences = differences(&found(&at.join("out")), &expected);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert!(expected.len() >= 90, "{}", expected.len());
    check_sums(&summary, expected.len());
    details_are_told(&at);
    nothing_for_impostors(&at);
    no_pin_is_left(&at, &summary);
    the_same_mailbox_again_changes_nothing(&at);
}

fn nothing_for_impostors(at: &Workplace) {
    let accounts = rows(&mailbox().join("../accounts.csv"));
    let grants = |it: &str| at.run(&format!("--home demo/home grant list {it} --json")).done();
    let all: String = accounts.iter().map(|it| grants(&it["number"])).collect();
    assert!(all.contains("Marklund") && all.contains("Castell"), "{all}");
    for name in IMPOSTORS {
        assert!(!all.contains(name), "{name} was let in: {all}");
    }
}

/// What the issue names one by one; the table could lose a row, and this list must not.
#[test]
fn what_is_forged_or_repeated_is_told_by_its_reason() {
    let expected = expected();
    let check = |slug: &str, outcome: &str, reason: &str| {
        let mut rows = expected.iter().filter(|(name, _)| name.ends_with(&format!(".{slug}.mx")));
        let (_, found) = rows.next().unwrap_or_else(|| panic!("no {slug}"));
        assert_eq!((found.0.as_str(), found.1.as_str()), (outcome, reason), "{slug}");
    };
    check("forged-unsigned", "rejected", "SENDER_NOT_PROVED");
    check("forged-bulk-mailer", "rejected", "SENDER_NOT_PROVED");
    check("forged-changed", "rejected", "SENDER_NOT_PROVED");
    check("replayed-today", "duplicate", "");
    check("replayed-old", "rejected", "MESSAGE_TOO_OLD");
    check("look-alike", "rejected", "SENDER_LOOKALIKE");
    check("other-mailbox", "rejected", "SENDER_NOT_BILLING_ADDRESS");
    check("address-of-yesterday", "held", "BILLING_EMAIL_TOO_NEW");
}

/// Why a sender is not proved, and what is not clear, is told as the table says.
fn details_are_told(at: &Workplace) {
    let run = only_run(&at.join("out"));
    let told: Vec<String> = ["rejected.csv", "held.csv", "rejected_details.csv"]
        .iter()
        .flat_map(|it| rows(&run.join(it)))
        .map(|it| it.into_values().collect::<Vec<_>>().join(" "))
        .collect();
    let readme = std::fs::read_to_string(mailbox().join("README.md")).unwrap();
    let mut checked = 0;
    for line in readme.lines().filter(|it| it.starts_with("| ") && it.contains('`')) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [name, _, _, _, detail, _] = cells.as_slice() else { continue };
        for word in detail.split_whitespace() {
            assert!(told.iter().any(|it| it.contains(name) && it.contains(word)), "{name}: {word}");
            checked += 1;
        }
    }
    assert!(checked >= 20, "{checked}");
}

#[test]
fn without_leave_every_request_in_words_waits_for_a_person() {
    let policy = std::fs::read_to_string(mailbox().join("policy.toml")).unwrap();
    let usual: Vec<&str> = policy.lines().filter(|it| !it.starts_with("accept_unattended")).collect();
    let at = prepared(Some(&usual.join("\n")));
    ingest(&at, "2026-04-07T12:00:00Z", "out");
    let (found, expected) = (found(&at.join("out")), expected());
    let mut held = 0;
    for (name, (outcome, reason)) in &expected {
        let is_form = name.contains('/');
        if outcome == "accepted" && !is_form {
            assert_eq!(found[name], ("held".to_owned(), "REQUEST_IN_WORDS".to_owned()), "{name}");
            held += 1;
        } else if found[name].1 == "REQUEST_IN_WORDS" {
            // The earliest check gives the primary reason, and this is an early one. The PIN is not looked at before a person says so.
            let status = if reason == "PIN_INVALID" { "held" } else { outcome };
            assert_eq!(found[name].0, status, "{name}");
        } else if is_form || outcome == "ignored" || reason.starts_with("SENDER_") || reason.starts_with("MESSAGE_") {
            assert_eq!(found[name], (outcome.clone(), reason.clone()), "{name}");
        } else {
            assert_ne!(found[name].0, "accepted", "{name}");
        }
    }
    assert!(held >= 14, "{held}");
}

fn the_same_mailbox_again_changes_nothing(at: &Workplace) {
    let state = |at: &Workplace| at.run("--home demo/home grant list A-1001101 --json").done();
    let before = state(at);
    let again = ingest(at, "2026-04-07T13:00:00Z", "again");
    assert_eq!(again["accepted"], 0, "{again}");
    assert_eq!(again["reconciled"], true, "{again}");
    assert_eq!(state(at), before);
}

fn no_pin_is_left(at: &Workplace, summary: &serde_json::Value) {
    // Those of at most four digits stand in other numbers, too.
    let accounts = rows(&mailbox().join("../accounts.csv"));
    let mut pins: Vec<String> =
        accounts.iter().map(|it| it["security_pin"].clone()).filter(|it| it.len() > 4).collect();
    pins.push("530718".to_owned());
    let run = only_run(&at.join("out"));
    let folders = [run, at.join("demo/home")];
    let files = folders.iter().flat_map(|it| std::fs::read_dir(it).unwrap()).map(|it| it.unwrap().path());
    let mut places: Vec<(String, Vec<u8>)> = vec![("the output".to_owned(), summary.to_string().into_bytes())];
    places.extend(files.filter(|it| it.is_file()).map(|it| (it.display().to_string(), std::fs::read(it).unwrap())));
    assert!(places.iter().any(|(name, _)| name.ends_with("store.sqlite")));
    for (place, bytes) in &places {
        for pin in &pins {
            assert!(!holds(bytes, pin.as_bytes()), "a PIN stands in {place}");
        }
    }
}

/// Whether digits stand there alone, and not in a longer number or a digest.
fn holds(bytes: &[u8], digits: &[u8]) -> bool {
    let is_part = |it: Option<&u8>| it.is_some_and(u8::is_ascii_alphanumeric);
    let stands_alone =
        |at: usize| !is_part(at.checked_sub(1).and_then(|it| bytes.get(it))) && !is_part(bytes.get(at + digits.len()));
    bytes.windows(digits.len()).enumerate().any(|(at, it)| it == digits && stands_alone(at))
}
