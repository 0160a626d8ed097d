//! The project's own shape: what its documents say is so.

#![expect(clippy::unwrap_used, reason = "an unexpected answer is the failure that a test looks for")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use countersign_core::reason::{ReasonCode, Severity};
use countersign_mail::approval::DoubtKind;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Which of our crates each crate needs to work, by the manifests.
fn edges() -> BTreeMap<String, BTreeSet<String>> {
    let mut edges = BTreeMap::new();
    for folder in ["core", "store", "forms", "ingest", "mail", "cli", "testkit"] {
        let text = std::fs::read_to_string(root().join(format!("crates/{folder}/Cargo.toml"))).unwrap();
        let manifest: toml::Table = text.parse().unwrap();
        let needed = manifest["dependencies"].as_table().unwrap().keys();
        let ours = needed.filter_map(|it| it.strip_prefix("countersign-")).map(str::to_owned);
        edges.insert(folder.to_owned(), ours.collect());
    }
    edges
}

#[test]
fn the_crates_need_each_other_as_the_architecture_says() {
    let set = |names: &[&str]| names.iter().map(|it| (*it).to_owned()).collect::<BTreeSet<_>>();
    let expected = [
        ("core", set(&[])),
        ("store", set(&["core"])),
        ("forms", set(&["core"])),
        ("ingest", set(&["core"])),
        ("mail", set(&["core"])),
        ("testkit", set(&["core"])),
        ("cli", set(&["core", "forms", "ingest", "mail", "store"])),
    ];
    assert_eq!(edges(), expected.map(|(name, needs)| (name.to_owned(), needs)).into());
}

#[test]
fn the_core_knows_no_files_no_clock_no_sql_and_no_pdf() {
    let text = std::fs::read_to_string(root().join("crates/core/Cargo.toml")).unwrap();
    let manifest: toml::Table = text.parse().unwrap();
    let needed = manifest["dependencies"].as_table().unwrap();
    for foreign in ["lopdf", "printpdf", "rusqlite", "walkdir", "csv", "rayon", "getrandom", "anyhow"] {
        assert!(!needed.contains_key(foreign), "{foreign}");
    }
}

#[test]
fn every_reason_code_is_documented_as_it_is() {
    let text = std::fs::read_to_string(root().join("docs/reason-codes.md")).unwrap();
    let documented: Vec<Vec<&str>> = text
        .lines()
        .filter(|it| it.starts_with("| `"))
        .map(|it| it.trim_matches('|').split('|').map(|it| it.trim().trim_matches('`')).collect())
        .collect();
    assert_eq!(documented.len(), ReasonCode::ALL.len());
    for (row, code) in documented.iter().zip(ReasonCode::ALL) {
        let severity = if code.severity() == Severity::Hold { "hold" } else { "reject" };
        assert_eq!(row[0], code.as_str());
        assert_eq!(row[2..], [severity, code.for_staff(), code.for_customer()], "{code}");
    }
}

#[test]
fn every_doubt_about_an_email_is_documented_as_it_is() {
    let text = std::fs::read_to_string(root().join("docs/approving-emails.md")).unwrap();
    let documented: Vec<Vec<&str>> = text
        .lines()
        .filter(|it| it.starts_with("| `"))
        .map(|it| it.trim_matches('|').split('|').map(|it| it.trim().trim_matches('`')).collect())
        .collect();
    assert_eq!(documented.len(), DoubtKind::ALL.len());
    for (row, kind) in documented.iter().zip(DoubtKind::ALL) {
        assert_eq!(row[..2], [kind.word(), kind.sentence()]);
    }
}

#[test]
fn the_shipped_policy_is_the_preset() {
    let text = std::fs::read_to_string(root().join("crates/cli/src/policy.toml")).unwrap();
    let policy = countersign_core::policy::Policy::parse(&text).unwrap();
    assert_eq!(policy, countersign_core::policy::Policy::default());
}
