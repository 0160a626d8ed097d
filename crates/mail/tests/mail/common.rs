//! What the tests of this crate share: a domain that signs, a table instead of the DNS, files and archives.

use std::collections::BTreeMap;
use std::io::{Cursor, Write};

use countersign_mail::mailbox::Container;
use countersign_mail::message::{Limits, Message};
use countersign_mail::sender::{DnsFailure, Reason, SenderProof, Settings, TextRecords, authenticate};
use jiff::Timestamp;
use mail_auth::common::crypto::{Ed25519Key, HashAlgorithm, SigningKey};
use mail_auth::dkim::Canonicalization;
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

/// The key pair of RFC 8463, Appendix A.2: published, so it protects nothing. For tests only.
const SEED: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
const PUBLIC: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
pub(crate) const RECORD: &str = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

/// Signs as a domain does, with mail-auth's canonical forms and arithmetic.
#[derive(Clone)]
pub(crate) struct Signer {
    pub(crate) domain: String,
    /// The fields to cover, separated by colons.
    pub(crate) covered: String,
    /// `relaxed/relaxed`.
    pub(crate) forms: String,
    /// Further tags, like `t=1; x=2`.
    pub(crate) more: String,
    /// How much of the body is hashed (`l=`).
    pub(crate) length: Option<usize>,
}

impl Signer {
    pub(crate) fn of(domain: &str) -> Self {
        let covered = "from:to:subject:date:message-id:mime-version:content-type:from:subject:date".to_owned();
        let forms = "relaxed/relaxed".to_owned();
        Self { domain: domain.to_owned(), covered, forms, more: String::new(), length: None }
    }

    pub(crate) fn covering(mut self, covered: &str) -> Self {
        covered.clone_into(&mut self.covered);
        self
    }

    pub(crate) fn saying(mut self, more: &str) -> Self {
        more.clone_into(&mut self.more);
        self
    }

    /// The message with a signature above it. Its lines end with CRLF.
    pub(crate) fn sign(&self, message: &str) -> String {
        let split = message.find("\r\n\r\n").unwrap();
        let (header, body) = (&message[..split + 2], &message[split + 4..]);
        let (header_form, body_form) = self.forms.split_once('/').unwrap();
        let form = |it: &str| if it == "simple" { Canonicalization::Simple } else { Canonicalization::Relaxed };
        let hashed = &body[..self.length.unwrap_or(body.len())];
        let digest = base64(HashAlgorithm::Sha256.hash(form(body_form).canonical_body(hashed.as_bytes(), 0)).as_ref());
        let length = self.length.map(|it| format!("l={it}; ")).unwrap_or_default();
        let more = if self.more.is_empty() { String::new() } else { format!("{}; ", self.more) };
        let value = format!(
            " v=1; a=ed25519-sha256; c={};\r\n\td={}; s=test; {length}{more}h={};\r\n\tbh={digest}; b=",
            self.forms, self.domain, self.covered
        );
        let fields = fields(header);
        let mut used = vec![false; fields.len()];
        let mut covered: Vec<(&[u8], &[u8])> = Vec::new();
        for name in self.covered.split(':').map(str::trim) {
            let at = (0..fields.len()).rev().find(|at| !used[*at] && fields[*at].0.eq_ignore_ascii_case(name));
            if let Some(at) = at {
                used[at] = true;
                covered.push((fields[at].0.as_bytes(), fields[at].1.as_bytes()));
            }
        }
        let mut bytes = Vec::new();
        form(header_form).canonicalize_headers(covered.into_iter(), &mut bytes);
        form(header_form).canonicalize_headers([(&b"DKIM-Signature"[..], value.as_bytes())].into_iter(), &mut bytes);
        let bytes = bytes.strip_suffix(b"\r\n").unwrap_or(&bytes);
        let key = Ed25519Key::from_seed_and_public_key(&hex(SEED), &hex(PUBLIC)).unwrap();
        let signature = base64(&key.sign(bytes).unwrap());
        format!("DKIM-Signature:{value}{signature}\r\n{message}")
    }
}

fn fields(header: &str) -> Vec<(&str, &str)> {
    let mut fields: Vec<(usize, usize)> = Vec::new();
    let mut at = 0;
    for line in header.split_inclusive("\r\n") {
        match fields.last_mut() {
            Some(last) if line.starts_with([' ', '\t']) => last.1 = at + line.len(),
            _ => fields.push((at, at + line.len())),
        }
        at += line.len();
    }
    fields.into_iter().map(|(begin, end)| header[begin..end].split_once(':').unwrap()).collect()
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let block = chunk.iter().enumerate().fold(0_u32, |block, (at, byte)| block | u32::from(*byte) << (16 - 8 * at));
        for at in 0..4 {
            let letter = LETTERS[(block >> (18 - 6 * at) & 63) as usize];
            text.push(if at <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    text
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
