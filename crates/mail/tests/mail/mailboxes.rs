//! Mailboxes: the same messages from a file, a folder and an mbox.

use std::io::{self, BufReader, Read};

use countersign_mail::mailbox::digest;
use countersign_mail::mailbox::mbox::{Content, Mbox, Quoting, stable_name};
use countersign_mail::message::{Limits, Message};
use countersign_mail::sender::{Reason, SenderProof};

use super::common::{PLAIN, Signer, proof};

/// Writes an mbox as a delivery program does.
fn mbox(messages: &[String], quoting: Quoting) -> String {
    let mut file = String::new();
    for message in messages {
        file.push_str("From billing@acme.example Fri Nov 27 15:00:00 2026\n");
        for line in message.replace("\r\n", "\n").split_inclusive('\n') {
            let is_quoted = match quoting {
                Quoting::Mboxrd => line.trim_start_matches('>').starts_with("From "),
                Quoting::Mboxo => line.starts_with("From "),
                Quoting::Unquoted => false,
            };
            file.push_str(if is_quoted { ">" } else { "" });
            file.push_str(line);
        }
        file.push('\n');
    }
    file
}

#[test]
fn signed_messages_survive_an_mbox() {
    let bodies = ["Hello\r\n", "From now on\r\n>From there\r\n", "\r\n\r\nFrom Jane at 10:00 in 2026\r\n", "no end"];
    let messages: Vec<String> = bodies
        .iter()
        .map(|body| {
            let (header, _) = PLAIN.split_once("\r\n\r\n").unwrap();
            Signer::of("acme.example").sign(&format!("{header}\r\n\r\n{body}"))
        })
        .collect();
    let file = mbox(&messages, Quoting::Mboxrd);
    let read: Vec<_> = Mbox::new(file.as_bytes(), Quoting::Mboxrd, 1 << 20).map(Result::unwrap).collect();
    assert_eq!(read.len(), messages.len());
    for (read, body) in read.iter().zip(bodies) {
        let Content::Whole(raw) = &read.content else { panic!("too large") };
        let proof = proof(std::str::from_utf8(raw).unwrap());
        assert!(matches!(proof, SenderProof::Proved(_)), "{body:?} {proof:?}");
        assert!(!read.is_doubtful);
    }
    assert_eq!(stable_name("inbox.mbox", read[3].number), "inbox.mbox#4");
}

#[test]
fn a_text_that_passes_for_a_message_is_not_proved() {
    // The file does not quote, and a stranger's text looks like a message of its own.
    let forged = format!("Hello\r\n\r\nFrom billing@acme.example Fri Nov 27 15:00:00 2026\r\n{PLAIN}");
    let stranger = format!("From: a@evil.example\r\nContent-Length: {}\r\n\r\n{forged}", forged.len());
    let file = mbox(&[stranger], Quoting::Unquoted);
    let read: Vec<_> = Mbox::new(file.as_bytes(), Quoting::Unquoted, 1 << 20).map(Result::unwrap).collect();
    assert_eq!(read.len(), 2);
    assert!(read[1].is_doubtful);
    let Content::Whole(raw) = &read[1].content else { panic!("too large") };
    assert!(
        matches!(proof(std::str::from_utf8(raw).unwrap()), SenderProof::NotProved(it) if it.reason == Reason::NoSignature)
    );
}

/// A file that is made up while it is read.
struct Endless {
    left: usize,
    line: &'static [u8],
}

impl Read for Endless {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let length = into.len().min(self.line.len()).min(self.left);
        into[..length].copy_from_slice(&self.line[..length]);
        self.left -= length;
        Ok(length)
    }
}

#[test]
fn a_large_file_is_not_held_in_memory() {
    // 512 MiB in one message, as many short lines and as one long one: more than the limit, told and passed over.
    for line in [&b"0123456789abcdef0123456789abcde\n"[..], b"0123456789abcdef0123456789abcdef"] {
        let head = io::Cursor::new(b"From a Fri Nov 27 15:00:00 2026\nA: b\n\n".to_vec());
        let tail = io::Cursor::new(b"\n\nFrom a Fri Nov 27 15:00:00 2026\nA: c\n\nlast\n".to_vec());
        let file = BufReader::new(head.chain(Endless { left: 512 << 20, line }).chain(tail));
        let read: Vec<_> = Mbox::new(file, Quoting::Mboxrd, 1 << 20).map(Result::unwrap).collect();
        let contents: Vec<_> = read.iter().map(|it| it.content.clone()).collect();
        assert_eq!(contents, [Content::TooLarge, Content::Whole(b"A: c\n\nlast\n".to_vec())]);
        assert!(read[0].range.end > 512 << 20);
        // What was kept of the large one is let go of again.
    }
}

#[test]
fn a_message_is_known_by_its_bytes() {
    let message = Message::read(PLAIN.as_bytes(), &Limits::default()).unwrap();
    assert_eq!(message.digest, digest(PLAIN.as_bytes()));
    assert_ne!(message.digest, digest(PLAIN.replace("\r\n", "\n").as_bytes()));
}
