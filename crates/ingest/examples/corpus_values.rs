//! Prints the values of one PDF form as one JSON object, `{"fields": {name: value}, "findings": [...]}`, for the scorer of a
//! corpus of real forms; exits with 1 when the file is unreadable.
//!
//! `corpus_values FILE [MANIFEST]`: with the corpus's manifest, the values of its choice fields are printed as lists.

use std::collections::BTreeMap;
use std::process::ExitCode;

use countersign_ingest::blanks::KnownBlanks;
use countersign_ingest::limits::Limits;
use countersign_ingest::read;
use countersign_ingest::reading::{ReadState, Reading};
use serde_json::{Value, json};

#[expect(clippy::print_stdout, reason = "the output of this program")]
fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().expect("the first argument is a PDF");
    let types = arguments.next().map(|it| types_of(&file, &it)).unwrap_or_default();
    let bytes = std::fs::read(&file).expect("the PDF can be read");
    let reading = read(&bytes, &KnownBlanks::default(), &Limits::for_any_form());
    if reading.state == ReadState::Unreadable {
        println!("{}", json!({"error": reading.findings}));
        return ExitCode::FAILURE;
    }
    println!("{}", json!({"fields": values(&reading, &types), "findings": reading.findings}));
    ExitCode::SUCCESS
}

fn values(reading: &Reading, types: &BTreeMap<String, Value>) -> BTreeMap<String, Value> {
    let value = |name: &String, text: &str| match types.get(name).and_then(Value::as_str) {
        Some("Ch") => json!(text.split('\n').collect::<Vec<_>>()),
        _ => json!(text),
    };
    reading.fields.iter().map(|(name, it)| (name.clone(), value(name, it.value.as_str()))).collect()
}

/// The types of a file's fields in the manifest, by field name.
fn types_of(file: &str, manifest: &str) -> BTreeMap<String, Value> {
    let manifest = std::fs::read_to_string(manifest).expect("the manifest can be read");
    let rows = manifest.lines().map(|it| serde_json::from_str::<Value>(it).expect("a line of the manifest is JSON"));
    let mut of_file = rows.filter(|it| it["file"].as_str().is_some_and(|it| file.ends_with(it)));
    let types = of_file.next().map(|mut it| it["types"].take());
    types.and_then(|it| serde_json::from_value(it).ok()).unwrap_or_default()
}
