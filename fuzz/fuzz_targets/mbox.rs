//! An mbox file as any program may write it: its messages are found in their order, none overlaps another, and none is larger than the
//! limit.
#![no_main]

use countersign_mail::mailbox::mbox::{Content, Mbox, Quoting};
use libfuzzer_sys::fuzz_target;

/// Largest message, in bytes.
const MOST: usize = 4_096;

fuzz_target!(|bytes: &[u8]| {
    for quoting in [Quoting::Mboxrd, Quoting::Mboxo, Quoting::Unquoted] {
        let mut end = 0;
        for (message, number) in Mbox::new(bytes, quoting, MOST).zip(1..) {
            let message = message.expect("bytes in memory can be read");
            assert_eq!(message.number, number, "they are counted");
            assert!(message.range.start >= end && message.range.start <= message.range.end, "they follow each other");
            end = message.range.end;
            if let Content::Whole(content) = message.content {
                assert!(content.len() <= MOST, "it is within the limit");
            }
        }
        assert!(end <= bytes.len() as u64, "they lie in the file");
    }
});
