//! Messages that are made to break a reader: each ends soon, in little memory, and is told.

use std::time::{Duration, Instant};

use countersign_mail::mailbox::Container;
use countersign_mail::mailbox::mbox::{Mbox, Quoting};
use countersign_mail::message::{Limits, Message, Unreadable};
use countersign_mail::sender::{SenderProof, Settings, authenticate};
use proptest::prelude::*;

use super::common::{PDF, PLAIN, RECORD, Signer, Table, base64, found, now, with_files, zip};

/// Generous: the machine of the tests may be busy, and a reader that does too much takes minutes.
const SOON: Duration = Duration::from_secs(10);

/// Reads a message as far as it goes, and looks for its sender.
fn read(raw: &[u8]) -> Result<Vec<String>, Unreadable> {
    let began = Instant::now();
    let limits = Limits::default();
    let result = Message::read(raw, &limits).map(|message| {
        let records = Table::default().with("test._domainkey.acme.example", RECORD);
        authenticate(&message, Container::Delivered, &Settings::default(), Some(&records), now());
        message.findings.iter().map(ToString::to_string).collect()
    });
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    result
}

#[test]
fn an_archive_that_inflates_without_end() {
    let bomb = zip(&[("form.pdf", &[PDF, &vec![0; 200 << 20]].concat())]);
    assert!(bomb.len() < 300_000);
    assert_eq!(read(&with_files(&[("a.zip", &bomb)])).unwrap(), ["ZIP_TOO_LARGE 2/a.zip/form.pdf"]);
    // Of what is no form, only the beginning is inflated.
    let zeros = zip(&[("a.txt", &vec![0; 200 << 20])]);
    assert_eq!(read(&with_files(&[("a.zip", &zeros)])).unwrap(), ["OTHER_FILE 2/a.zip/a.txt"]);
}

#[test]
fn many_entries_that_inflate_together() {
    let page = [PDF, &vec![b'x'; 900_000]].concat();
    let names: Vec<String> = (0..400).map(|it| format!("{it}.pdf")).collect();
    let entries: Vec<(&str, &[u8])> = names.iter().map(|it| (it.as_str(), page.as_slice())).collect();
    let message = with_files(&[("a.zip", &zip(&entries))]);
    let found = found(&message, &Limits::default());
    assert_eq!(found.iter().filter(|it| it.starts_with("form")).count(), 50);
    assert!(found.iter().any(|it| it.starts_with("TOO_MANY_FORMS")));
    assert!(found.iter().any(|it| it.starts_with("ZIP_TOO_LARGE")));
    assert_eq!(found.len(), 400);
}

#[test]
fn an_archive_with_more_entries_than_the_limit() {
    let names: Vec<String> = (0..20_000).map(|it| it.to_string()).collect();
    let entries: Vec<(&str, &[u8])> = names.iter().map(|it| (it.as_str(), &b""[..])).collect();
    assert_eq!(read(&with_files(&[("a.zip", &zip(&entries))])).unwrap(), ["ZIP_TOO_MANY_ENTRIES 2/a.zip"]);
}

#[test]
fn an_archive_whose_entries_share_their_bytes() {
    // One deflated entry, listed 400 times.
    let one = zip(&[("0.pdf", &[PDF, &vec![b'x'; 9_000_000]].concat())]);
    let directory = one.windows(4).rposition(|it| it == b"PK\x01\x02").unwrap();
    let end = one.windows(4).rposition(|it| it == b"PK\x05\x06").unwrap();
    let listed = one[directory..end].repeat(400);
    let mut tail = one[end..].to_vec();
    for at in [8, 10] {
        tail[at..at + 2].copy_from_slice(&400_u16.to_le_bytes());
    }
    tail[12..16].copy_from_slice(&u32::try_from(listed.len()).unwrap().to_le_bytes());
    let bomb = [&one[..directory], &listed, &tail].concat();
    let findings = read(&with_files(&[("a.zip", &bomb)])).unwrap();
    assert!(!findings.is_empty() && findings.iter().all(|it| it.starts_with("ZIP_")), "{findings:?}");
}

#[test]
fn parts_within_parts_without_end() {
    let mut raw = String::from("From: a@x.example\r\n");
    for depth in 0..10_000 {
        raw.push_str(&format!("Content-Type: multipart/mixed; boundary=b{depth}\r\n\r\n--b{depth}\r\n"));
    }
    assert!(read(raw.as_bytes()).unwrap().contains(&"TOO_DEEP 1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1".to_owned()));
    let messages = "Content-Type: message/rfc822\r\n\r\n".repeat(10_000);
    assert!(
        read(format!("From: a@x.example\r\n{messages}").as_bytes())
            .unwrap()
            .iter()
            .any(|it| it.starts_with("TOO_DEEP"))
    );
    let same = "--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n".repeat(10_000);
    assert!(
        read(format!("From: a@x.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n{same}").as_bytes())
            .is_ok()
    );
}

#[test]
fn many_parts_beside_each_other() {
    let raw = format!(
        "From: a@x.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n{}--b--\r\n",
        "--b\r\n\r\nx\r\n".repeat(100_000)
    );
    assert!(read(raw.as_bytes()).unwrap().contains(&"TOO_MANY_PARTS".to_owned()));
}

#[test]
fn messages_in_messages_encoded_again() {
    let mut inner = b"From: a@x.example\r\n\r\nHello\r\n".to_vec();
    for _ in 0..12 {
        let content = base64(&[inner.as_slice(), &b" ".repeat(300_000)].concat());
        inner = format!(
            "From: a@x.example\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n{content}"
        )
        .into_bytes();
    }
    read(&inner).unwrap();
}

#[test]
fn huge_headers() {
    let check = |header: String| {
        let raw = format!("{header}\r\n\r\nbody");
        assert!(matches!(read(raw.as_bytes()), Err(Unreadable::Header)), "{}", &header[..20]);
    };
    check(format!("From: {}", "a@x.example, ".repeat(1_000_000)));
    check("X: y\r\n".repeat(1_000_000));
    check(format!("X: y{}", "\r\n z".repeat(1_000_000)));
    // Within the limits, but made to take long.
    for field in [
        format!("From: {}", "(".repeat(400_000)),
        format!("From: {}a@x.example", "\"x\" ".repeat(4_000)),
        format!("Content-Type: text/plain; {}", (0..3_000).map(|it| format!("a*{it}=x;")).collect::<String>()),
        format!("Subject: {}", "=?utf-8?q?x?= ".repeat(30_000)),
        format!("DKIM-Signature: {}", "a=b; ".repeat(90_000)),
        format!("DKIM-Signature: v=1; h={}", "from:".repeat(90_000)),
        format!("Received: {}", "by ".repeat(100_000)),
        "Received: by a; x\r\n".repeat(900).trim_end().to_owned(),
        "DKIM-Signature: v=1; a=rsa-sha256; d=x.example; s=a; h=from; bh=AAAA; b=AAAA\r\n"
            .repeat(900)
            .trim_end()
            .to_owned(),
    ] {
        read(format!("{field}\r\nTo: a@x.example\r\n\r\nbody").as_bytes()).unwrap();
    }
}

#[test]
fn a_signature_over_many_fields() {
    let many = "X: y\r\n".repeat(900);
    let covered = format!("from:date:subject{}", ":x".repeat(3_000));
    let raw = Signer::of("acme.example").covering(&covered).sign(&format!("{many}{PLAIN}"));
    read(raw.as_bytes()).unwrap();
}

/// Bytes that look like messages often enough.
fn messy() -> impl Strategy<Value = Vec<u8>> {
    let words = prop::sample::select(vec![
        "From: ",
        "a@x.example",
        "\r\n",
        "\n",
        "\r\n\r\n",
        "Content-Type: ",
        "multipart/mixed; boundary=b",
        "--b",
        "--b--",
        "text/plain",
        "; charset=",
        "utf-16",
        "utf-7",
        "Content-Transfer-Encoding: ",
        "base64",
        "quoted-printable",
        "=",
        "=?utf-8?q?",
        "?=",
        "\"",
        "(",
        ")",
        "<",
        ">",
        ",",
        ";",
        "DKIM-Signature: ",
        "v=1; ",
        "d=acme.example; ",
        "h=from; ",
        "b=",
        "bh=",
        "Received: ",
        "by ",
        "Date: ",
        "Fri, 27 Nov 2026 10:00:00 +0000",
        "Subject: ",
        "%PDF-",
        "PK\x03\x04",
        "message/rfc822",
        "name*0*=utf-8''",
        "filename=",
        "\0",
        "\r",
        "From a Thu Nov 26 10:00:00 2026\n",
        ">From ",
        "Authentication-Results: ",
        "é",
        " ",
        "\t",
    ]);
    let piece = prop_oneof![
        8 => words.prop_map(|it| it.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..8),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|it| it.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_end(raw in prop_oneof![messy(), prop::collection::vec(any::<u8>(), 0..400)]) {
        let _ = read(&raw);
        for quoting in [Quoting::Mboxrd, Quoting::Mboxo, Quoting::Unquoted] {
            let messages: Vec<_> = Mbox::new(raw.as_slice(), quoting, 100).map(Result::unwrap).collect();
            // No byte is lost, but for empty lines in front.
            prop_assert_eq!(messages.last().map_or(raw.len() as u64, |it| it.range.end), raw.len() as u64);
        }
    }

    #[test]
    fn a_changed_message_is_never_proved_to_say_something_else(at in any::<prop::sample::Index>(), put in messy(), cut in 0_usize..40) {
        let signed = Signer::of("acme.example").sign(PLAIN);
        let at = at.index(signed.len() + 1);
        let end = (at + cut).min(signed.len());
        let raw = [&signed.as_bytes()[..at], &put, &signed.as_bytes()[end..]].concat();
        let Ok(message) = Message::read(&raw, &Limits::default()) else { return Ok(()) };
        let records = Table::default().with("test._domainkey.acme.example", RECORD);
        let proof = authenticate(&message, Container::Delivered, &Settings::default(), Some(&records), now());
        if let SenderProof::Proved(_) = proof {
            let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            prop_assert_eq!(message.from.as_ref().unwrap().email.as_str(), "billing@acme.example");
            prop_assert_eq!(words(message.subject.as_deref().unwrap_or_default()), "Please add Jane");
            prop_assert_eq!(message.date.unwrap().to_string(), "2026-11-27T15:00:00Z");
            prop_assert_eq!(message.texts.len(), 1);
            prop_assert_eq!(words(&message.texts[0].content), "Please add Jane Doe. Maria");
        }
    }
}
