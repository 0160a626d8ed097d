//! `docs/mail.md` says what the code says.

use std::path::Path;

use countersign_mail::message::{FindingKind, Limits};
use countersign_mail::sender::{Reason, Settings};

fn document() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/mail.md")).unwrap()
}

/// The rows of the table below a heading whose first cell is a word.
fn rows(heading: &str) -> Vec<Vec<String>> {
    let text = document();
    let section = text.split("\n## ").find(|it| it.starts_with(heading)).unwrap();
    let cells =
        |line: &str| line.trim_matches('|').split('|').map(|it| it.trim().trim_matches('`').to_owned()).collect();
    section.lines().filter(|it| it.starts_with("| `")).map(cells).collect()
}

#[test]
fn every_finding_is_documented_as_it_is() {
    let rows = rows("What is found in a message");
    assert_eq!(rows.len(), FindingKind::ALL.len());
    for (row, kind) in rows.iter().zip(FindingKind::ALL) {
        assert_eq!(row[..2], [kind.word(), if kind.needs_a_look() { "yes" } else { "no" }]);
    }
}

#[test]
fn every_reason_is_documented_as_it_is() {
    let rows = rows("Why a sender is not proved");
    assert_eq!(rows.len(), Reason::ALL.len());
    for (row, reason) in rows.iter().zip(Reason::ALL) {
        assert_eq!(*row, [reason.word(), reason.sentence()]);
    }
}

#[test]
fn the_limits_are_documented_as_they_are() {
    let text = document();
    let limits = Limits::default();
    let mib = |bytes: usize| format!("{} MiB", bytes >> 20);
    for said in [
        format!("a message {}", mib(limits.message_bytes)),
        format!("its header {} KiB and 1,000 fields", limits.header_bytes >> 10),
        format!("a field that is parsed {} KiB", limits.field_bytes >> 10),
        format!("{} parts, {} deep", limits.parts, limits.depth),
        format!("a text {}", mib(limits.text_bytes)),
        format!("a form {}, {} forms", mib(limits.form_bytes), limits.forms),
        format!("{} decoded in all", mib(limits.decoded_bytes)),
        format!(
            "{} entries, {} inflated in all, {} archive",
            limits.zip.entries,
            mib(limits.zip.inflated_bytes),
            limits.zip.depth
        ),
        format!("more than {}-fold", limits.zip.ratio),
        "a key of at least 1,024 bits".to_owned(),
    ] {
        assert!(text.contains(&said), "{said}");
    }
    assert_eq!((limits.header_fields, Settings::default().least_rsa_bits), (1_000, 1_024));
}
