//! Files that once broke the reader, or came close: each ends in a reading. What they are is in `regressions/README.md`.

use std::path::Path;

use countersign_ingest::blanks::KnownBlanks;
use countersign_ingest::limits::Limits;
use countersign_ingest::read;
use countersign_ingest::reading::ReadState;

#[test]
fn every_file_that_broke_the_reader_ends_in_a_reading() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/regressions");
    let files = std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().path());
    for file in files.filter(|it| it.extension().is_some_and(|it| it == "pdf")) {
        let reading = read(&std::fs::read(&file).unwrap(), &KnownBlanks::default(), &Limits::default());
        assert!(reading.state == ReadState::Read || !reading.findings.is_empty(), "{}", file.display());
    }
}
