//! What the tests of this crate share: a domain that signs, a table instead of the DNS, files and archives.

use std::collections::BTreeMap;
use std::io::{Cursor, Write};

use countersign_mail::mailbox::Container;
use countersign_mail::message::{Limits, Message};
use countersign_mail::sender::{DnsFailure, Reason, SenderProof, Settings, TextRecords, authenticate};
pub(crate) use countersign_testkit::dkim::{RECORD, Signer, base64};
use jiff::Timestamp;
use zip::write::SimpleFileOptions;

/// A small file that is PDF by its first bytes.
pub(crate) const PDF: &[u8] = b"%PDF-1.7\n%%EOF\n";

/// The moment of the tests: Friday, 27 November 2026, 15:10 UTC.
pub(crate) fn now() -> Timestamp {
    "2026-11-27T15:10:00Z".parse().unwrap()
}

/// A table of records, instead of the DNS.
#[derive(Default)]
pub(crate) struct Table(pub(crate) BTreeMap<String, Result<Vec<Vec<u8>>, DnsFailure>>);

impl Table {
    pub(crate) fn with(mut self, name: &str, record: &str) -> Self {
        self.0.insert(name.to_owned(), Ok(vec![record.as_bytes().to_vec()]));
        self
    }
}

impl TextRecords for Table {
    fn text_records(&self, name: &str) -> Result<Vec<Vec<u8>>, DnsFailure> {
        self.0.get(name).cloned().unwrap_or(Err(DnsFailure::NoRecord))
    }
}

/// A message from the primary billing address, without a signature.
pub(crate) const PLAIN: &str = "From: Maria Lopez <billing@acme.example>\r\n\
    To: forms@our.example\r\n\
    Subject: Please add Jane\r\n\
    Date: Fri, 27 Nov 2026 15:00:00 +0000\r\n\
    Message-ID: <1@acme.example>\r\n\
    MIME-Version: 1.0\r\n\
    Content-Type: text/plain; charset=utf-8\r\n\
    \r\n\
    Please add Jane Doe.\r\n\
    \r\n\
    Maria\r\n";

/// What becomes of a message by a domain that publishes [`RECORD`].
pub(crate) fn proof(raw: &str) -> SenderProof {
    let records = Table::default().with("test._domainkey.acme.example", RECORD);
    proof_with(raw, &Settings::default(), Some(&records))
}

pub(crate) fn proof_with(raw: &str, settings: &Settings, records: Option<&dyn TextRecords>) -> SenderProof {
    let message = Message::read(raw.as_bytes(), &Limits::default()).unwrap();
    authenticate(&message, Container::Delivered, settings, records, now())
}

/// The word for what became of a message: `PROVED`, or the reason.
pub(crate) fn word(proof: &SenderProof) -> &'static str {
    match proof {
        SenderProof::Proved(_) => "PROVED",
        SenderProof::NotProved(not) => not.reason.word(),
    }
}

#[track_caller]
pub(crate) fn check_proved(raw: &str) {
    let proof = proof(raw);
    assert!(matches!(&proof, SenderProof::Proved(it) if it.domain == "acme.example"), "{proof:?}\n{raw}");
}

#[track_caller]
pub(crate) fn check_not(raw: &str, expected: Reason) {
    let proof = proof(raw);
    assert_eq!(word(&proof), expected.word(), "{proof:?}\n{raw}");
}

/// A zip archive.
pub(crate) fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
        archive.start_file(*name, options).unwrap();
        archive.write_all(content).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// A message with attached files.
pub(crate) fn with_files(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut raw = String::from(
        "From: a@x.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"b\"\r\n\r\n\
         --b\r\nContent-Type: text/plain\r\n\r\nHello\r\n",
    );
    for (name, content) in files {
        let content = base64(content);
        raw.push_str(&format!(
            "--b\r\nContent-Type: application/octet-stream; name=\"{name}\"\r\n\
             Content-Transfer-Encoding: base64\r\n\r\n{content}\r\n"
        ));
    }
    raw.push_str("--b--\r\n");
    raw.into_bytes()
}

/// What was found in a message: forms first, then findings.
pub(crate) fn found(raw: &[u8], limits: &Limits) -> Vec<String> {
    let message = Message::read(raw, limits).unwrap();
    let forms = message.forms.iter().map(|it| format!("form {}", it.path));
    forms.chain(message.findings.iter().map(ToString::to_string)).collect()
}
