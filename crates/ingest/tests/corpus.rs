//! Real forms against their ground truth, and damaged files against survival. The corpus is not part of the project: where it
//! is not beside it, these tests say so and pass.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use countersign_ingest::blanks::KnownBlanks;
use countersign_ingest::limits::Limits;
use countersign_ingest::read;
use countersign_ingest::reading::{ReadState, Reading};
use serde::Deserialize;
use serde_json::Value;
use unicode_normalization::UnicodeNormalization;

/// A line of the manifest of real forms; its README says what the values look like.
#[derive(Deserialize)]
struct Truth {
    file: String,
    #[serde(default)]
    fields: Option<BTreeMap<String, Value>>,
    #[serde(default)]
    types: BTreeMap<String, String>,
    #[serde(default)]
    conflict: BTreeMap<String, Value>,
    #[serde(default)]
    label: String,
}

#[derive(Default)]
struct Score {
    filled: usize,
    right: usize,
    invented: usize,
    wrong: Vec<String>,
}

#[test]
fn real_forms_read_as_their_ground_truth_says() {
    let Some(folder) = corpus("forms") else { return };
    let mut score = Score::default();
    let files = manifest(&folder);
    for truth in &files {
        let reading =
            read(&std::fs::read(folder.join(&truth.file)).unwrap(), &KnownBlanks::default(), &Limits::for_any_form());
        score.count(truth, &reading);
    }
    println!(
        "{} forms, {} filled values, {} right, {} invented",
        files.len(),
        score.filled,
        score.right,
        score.invented
    );
    assert!(score.wrong.is_empty(), "{:#?}", score.wrong);
}

#[test]
fn a_stored_state_that_is_not_shown_is_always_told() {
    let Some(folder) = corpus("forms") else { return };
    let mut told = 0;
    for truth in manifest(&folder).iter().filter(|it| !it.conflict.is_empty()) {
        let reading =
            read(&std::fs::read(folder.join(&truth.file)).unwrap(), &KnownBlanks::default(), &Limits::for_any_form());
        for name in truth.conflict.keys() {
            assert!(reading.findings.iter().any(|it| it.field.as_ref() == Some(name)), "{}: {name}", truth.file);
            told += 1;
        }
    }
    println!("{told} conflicts, all told");
}

#[test]
fn damaged_files_are_survived() {
    let Some(folder) = corpus("weird") else { return };
    let mut outcomes: BTreeMap<(String, &str), usize> = BTreeMap::new();
    for truth in manifest(&folder) {
        let reading =
            read(&std::fs::read(folder.join(&truth.file)).unwrap(), &KnownBlanks::default(), &Limits::default());
        assert!(reading.state == ReadState::Read || !reading.findings.is_empty(), "{}", truth.file);
        let state = if reading.state == ReadState::Read { "read" } else { "unreadable" };
        *outcomes.entry((truth.label, state)).or_default() += 1;
    }
    println!("{outcomes:#?}");
    let locked = outcomes.get(&("needs-password".to_owned(), "read"));
    assert_eq!(locked, None, "what needs a password cannot have been read");
}

impl Score {
    fn count(&mut self, truth: &Truth, reading: &Reading) {
        let fields = truth.fields.iter().flatten().filter(|(name, _)| !truth.conflict.contains_key(*name));
        let by_name: BTreeMap<String, &str> =
            reading.fields.iter().map(|(name, it)| (canonical(name), it.value.as_str())).collect();
        for (name, expected) in fields {
            let kind = truth.types.get(name).map_or("Tx", String::as_str);
            let (expected, found) = (expected_text(expected), found_text(kind, by_name.get(name).copied()));
            self.filled += usize::from(!expected.is_empty());
            self.right += usize::from(!expected.is_empty() && found == expected);
            self.invented += usize::from(expected.is_empty() && !found.is_empty());
            if found != expected {
                self.wrong.push(format!("{} {name}: {found:?}, not {expected:?}", truth.file));
            }
        }
    }
}

/// The corpus's form of a value as one text; empty for none, and for a box that is off.
fn expected_text(value: &Value) -> String {
    match value {
        Value::String(text) if text != "Off" => text.clone(),
        Value::Array(texts) => texts.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("\n"),
        _ => String::new(),
    }
}

fn found_text(kind: &str, value: Option<&str>) -> String {
    match (kind, value) {
        ("Btn", Some("Off")) | (_, None) => String::new(),
        ("Sig", Some("signed")) => "<signature>".to_owned(),
        (_, Some(text)) => canonical(text),
    }
}

fn canonical(text: &str) -> String {
    text.nfc().collect()
}

#[expect(clippy::print_stdout, reason = "a skipped test says so")]
fn corpus(part: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus").join(part);
    if !folder.join("manifest.jsonl").is_file() {
        println!("skipped: no ../shared");
        return None;
    }
    Some(folder)
}

fn manifest(folder: &Path) -> Vec<Truth> {
    let text = std::fs::read_to_string(folder.join("manifest.jsonl")).expect("the manifest can be read");
    text.lines().map(|it| serde_json::from_str(it).expect("a line of the manifest")).collect()
}
