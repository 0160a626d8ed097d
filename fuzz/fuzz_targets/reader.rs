//! The door of the reader, with the look of our own blank. It ends in a reading; a reading that is none says why; no reading shows
//! a value to who prints it; and every reading crosses the pipe unchanged.
#![no_main]

use std::path::Path;
use std::sync::LazyLock;

use countersign_core::template::BlankLook;
use countersign_ingest::blanks::KnownBlanks;
use countersign_ingest::limits::Limits;
use countersign_ingest::read;
use countersign_ingest::reading::{FieldReading, ReadState, Reading};
use libfuzzer_sys::fuzz_target;

/// What our own blank looks like, as `fuzz_seeds` writes it: drawing it here would have printpdf built for fuzzing too.
static BLANKS: LazyLock<KnownBlanks> = LazyLock::new(|| {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds/look.json");
    let text = std::fs::read(file).expect("`cargo run -p countersign-tests --example fuzz_seeds` writes the look");
    KnownBlanks::new([serde_json::from_slice::<BlankLook>(&text).expect("the look is a look")])
});

fuzz_target!(|bytes: &[u8]| {
    let reading = read(bytes, &BLANKS, &Limits::default());
    if reading.state == ReadState::Unreadable {
        assert!(!reading.findings.is_empty(), "a file that cannot be read has a reason");
    }
    assert_eq!(format!("{reading:?}"), format!("{:?}", without_values(&reading)), "no value is shown");
    let crossed = serde_json::to_vec(&reading).expect("a reading is plain data");
    assert!(serde_json::from_slice::<Reading>(&crossed).is_ok_and(|it| it == reading), "it crosses the pipe");
});

/// The same reading with nothing in its fields.
fn without_values(reading: &Reading) -> Reading {
    let empty = |it: &FieldReading| {
        let shown = it.shown.as_ref().map(|_| Default::default());
        FieldReading { value: Default::default(), shown, from: it.from }
    };
    let fields = reading.fields.iter().map(|(name, it)| (name.clone(), empty(it))).collect();
    Reading { fields, ..reading.clone() }
}
