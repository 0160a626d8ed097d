//! A message as anybody may send it: it is taken apart or refused, what is found in it is no larger than the limits, and no
//! sender is proved where no domain has a key.
#![no_main]

use countersign_mail::mailbox::Container;
use countersign_mail::message::{Limits, Message};
use countersign_mail::sender::{DnsFailure, SenderProof, Settings, TextRecords, authenticate, fingerprint};
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;

/// No domain has a key, so nothing can be proved.
struct NoKeys;

impl TextRecords for NoKeys {
    fn text_records(&self, _: &str) -> Result<Vec<Vec<u8>>, DnsFailure> {
        Err(DnsFailure::NoRecord)
    }
}

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits::default();
    let Ok(message) = Message::read(bytes, &limits) else { return };
    assert!(message.forms.iter().all(|it| it.bytes.len() <= limits.form_bytes), "a form is within its limit");
    let _ = fingerprint(&message);
    let now: Timestamp = "2026-11-27T15:10:00Z".parse().expect("a moment");
    for container in [Container::Delivered, Container::Mbox] {
        let proof = authenticate(&message, container, &Settings::default(), Some(&NoKeys), now);
        assert!(!matches!(proof, SenderProof::Proved(_)), "no domain has signed it");
    }
});
