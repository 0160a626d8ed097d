//! The gate in front of the parser: whatever the bytes are, it ends, without a panic, in memory that the file does not choose.
#![no_main]

use countersign_ingest::fuzzing::structure_oddity;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = structure_oddity(bytes);
});
