//! Proofs of senders by signatures that are checked here: what is proved, and everything that must not be.

use countersign_core::policy::Alignment;
use countersign_mail::mailbox::Container;
use countersign_mail::message::{Limits, Message};
use countersign_mail::sender::{Arrival, Boundary, DnsFailure, ProvedBy, Reason, SenderProof, Settings, authenticate};

use super::common::{PLAIN, RECORD, Signer, Table, check_not, check_proved, now, proof, proof_with, word};

fn acme() -> Signer {
    Signer::of("acme.example")
}

#[test]
fn a_signed_message_is_proved_in_every_form() {
    for forms in ["relaxed/relaxed", "relaxed/simple", "simple/relaxed", "simple/simple"] {
        let signer = Signer { forms: forms.to_owned(), ..acme() };
        check_proved(&signer.sign(PLAIN));
        // As a mailbox holds it.
        check_proved(&signer.sign(PLAIN).replace("\r\n", "\n"));
        check_proved(signer.sign(&format!("{PLAIN}\r\n\r\n")).trim_end());
    }
    check_proved(&acme().sign(&PLAIN.replace("Jane Doe.", "Jane \t Doe.  ")));
    check_proved(&acme().sign(&PLAIN.replace("Please add Jane Doe.\r\n\r\nMaria\r\n", "")));
}

#[test]
fn a_relaxed_body_may_end_in_blank_lines() {
    // mail-auth 0.13 counts them, other signers do not: the signature is over the body without them.
    let signed = acme().sign(PLAIN);
    check_proved(&format!("{signed} \t\r\n\r\n"));
    let simple = Signer { forms: "relaxed/simple".to_owned(), ..acme() }.sign(PLAIN);
    check_not(&format!("{simple} \t\r\n"), Reason::SignatureBroken);
}

/// RFC 8463, Appendix A.3: signed by its authors, with both algorithms.
const RFC_8463: &str = "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n \
    d=football.example.com; i=@football.example.com;\r\n \
    q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n \
    subject : date : message-id : from : subject : date;\r\n \
    bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n \
    b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\r\n \
    Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==\r\n\
    DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n \
    d=football.example.com; i=@football.example.com;\r\n \
    q=dns/txt; s=test; t=1528637909; h=from : to : subject :\r\n \
    date : message-id : from : subject : date;\r\n \
    bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n \
    b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3\r\n \
    DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz\r\n \
    dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=\r\n\
    From: Joe SixPack <joe@football.example.com>\r\n\
    To: Suzie Q <suzie@shopping.example.net>\r\n\
    Subject: Is dinner ready?\r\n\
    Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n\
    Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n\r\n\
    Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n";
const RFC_8463_RSA: &str = "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB";

#[test]
fn the_example_of_rfc_8463_is_proved() {
    let (ed25519, rsa) = ("brisbane._domainkey.football.example.com", "test._domainkey.football.example.com");
    let check = |raw: &str, records: Table, settings: &Settings, expected: &str| {
        let proof = proof_with(raw, settings, Some(&records));
        assert_eq!(word(&proof), expected, "{proof:?}");
    };
    let settings = Settings::default();
    check(RFC_8463, Table::default().with(ed25519, RECORD), &settings, "PROVED");
    check(RFC_8463, Table::default().with(rsa, RFC_8463_RSA), &settings, "PROVED");
    check(RFC_8463, Table::default(), &settings, "KEY_MISSING");
    let longer = Settings { least_rsa_bits: 2_048, ..Settings::default() };
    check(RFC_8463, Table::default().with(rsa, RFC_8463_RSA).with(ed25519, "p="), &longer, "KEY_UNUSABLE");
    check(
        &RFC_8463.replace("hungry", "angry"),
        Table::default().with(rsa, RFC_8463_RSA),
        &settings,
        "SIGNATURE_BROKEN",
    );
}

#[test]
fn what_was_changed_is_not_proved() {
    let signed = acme().sign(PLAIN);
    for (from, to) in [
        ("Jane Doe.", "Joan Doe."),
        ("Maria Lopez <billing", "Mario Lopez <billing"),
        ("billing@acme.example", "sales@acme.example"),
        ("Please add Jane\r", "Please add Joan\r"),
        ("15:00:00", "15:00:01"),
        ("<1@acme", "<2@acme"),
        ("charset=utf-8", "charset=utf-7"),
        ("d=acme.example", "d=acme.example; i=x@acme.example"),
        ("h=from:", "h=to:from:"),
        ("\r\n\r\nMaria", "\r\nMaria"),
    ] {
        assert!(signed.contains(from), "{from}");
        check_not(&signed.replacen(from, to, 1), Reason::SignatureBroken);
    }
}

#[test]
fn a_message_without_a_signature_is_not_proved() {
    check_not(PLAIN, Reason::NoSignature);
    check_not(&format!("X-DKIM-Signature: v=1\r\n{PLAIN}"), Reason::NoSignature);
    check_not(&format!("DKIM-Signature: nonsense\r\n{PLAIN}"), Reason::SignatureMalformed);
}

#[test]
fn another_domains_signature_is_not_enough() {
    let evil = Signer::of("evil.example").sign(PLAIN);
    let records = Table::default().with("test._domainkey.evil.example", RECORD);
    assert_eq!(word(&proof_with(&evil, &Settings::default(), Some(&records))), "NOT_ALIGNED");
    for domain in ["example", "cme.example", "evilacme.example", "acme.example.evil.example", "mail.acme.example"] {
        let records = Table::default().with(&format!("test._domainkey.{domain}"), RECORD);
        let proof = proof_with(&Signer::of(domain).sign(PLAIN), &Settings::default(), Some(&records));
        assert_eq!(word(&proof), "NOT_ALIGNED", "{domain}");
    }
    // A valid one beside it proves the sender all the same.
    check_proved(&Signer::of("evil.example").sign(&acme().sign(PLAIN)));
    check_proved(&acme().sign(&Signer::of("evil.example").sign(PLAIN)));
}

#[test]
fn a_domain_above_speaks_where_the_settings_say_so() {
    let message = PLAIN.replace("billing@acme.example", "billing@mail.acme.example");
    let signed = acme().sign(&message);
    check_not(&signed, Reason::NotAligned);
    let records = Table::default().with("test._domainkey.acme.example", RECORD);
    let relaxed = Settings { alignment: Alignment::Relaxed, ..Settings::default() };
    assert_eq!(word(&proof_with(&signed, &relaxed, Some(&records))), "PROVED");
}

#[test]
fn a_body_covered_in_part_is_not_proved() {
    let length = PLAIN.len() - PLAIN.find("\r\n\r\n").unwrap() - 4;
    let signed = Signer { length: Some(length), ..acme() }.sign(PLAIN);
    check_not(&signed, Reason::PartialBody);
    check_not(&format!("{signed}Also add Mallory.\r\n"), Reason::PartialBody);
    check_not(&Signer { length: Some(0), ..acme() }.sign(PLAIN), Reason::PartialBody);
    check_not(&acme().saying("l=junk").sign(PLAIN), Reason::SignatureMalformed);
}

#[test]
fn sender_date_and_subject_must_be_covered() {
    for covered in ["date:subject", "from:subject", "from:date", "to:cc"] {
        check_not(&acme().covering(covered).sign(PLAIN), Reason::HeaderNotSigned);
    }
    check_proved(&acme().covering("from:date:subject").sign(PLAIN));
    // A subject that was added to a message without one.
    let bare = PLAIN.replace("Subject: Please add Jane\r\n", "");
    let signed = acme().covering("from:date").sign(&bare);
    check_proved(&signed);
    check_not(&signed.replacen("To:", "Subject: Add Mallory\r\nTo:", 1), Reason::HeaderNotSigned);
    check_not(
        &acme().covering("from:date:subject").sign(&bare).replacen("To:", "Subject: x\r\nTo:", 1),
        Reason::SignatureBroken,
    );
}

#[test]
fn a_second_sender_is_never_proved() {
    let signed = acme().covering("from:date:subject").sign(PLAIN);
    // Wherever it is put, and however it is spelt.
    for added in ["From: mallory@evil.example\r\n", "from: mallory@evil.example\r\n"] {
        check_not(&format!("{added}{signed}"), Reason::FromAmbiguous);
        check_not(&signed.replacen("To:", &format!("{added}To:"), 1), Reason::FromAmbiguous);
    }
    for added in ["From : mallory@evil.example\r\n", "Fr om: mallory@evil.example\r\n", " From: x\r\n", "From\r\n"] {
        assert_ne!(word(&proof(&format!("{added}{signed}"))), "PROVED", "{added}");
    }
    for added in [
        "Subject: Other\r\n",
        "DATE: Fri, 27 Nov 2026 15:00:00 +0000\r\n",
        "Content-Type: text/html\r\n",
        "Reply-To: a@x.example\r\nReply-To: b@x.example\r\n",
    ] {
        check_not(&format!("{added}{signed}"), Reason::HeaderRepeated);
    }
}

#[test]
fn a_sender_who_is_not_clear_is_never_proved() {
    for from in [
        "billing@acme.example, mallory@evil.example",
        "billing@acme.example <mallory@evil.example>",
        "mallory@evil.example <billing@acme.example>",
        "<mallory@evil.example> <billing@acme.example>",
        "Group: billing@acme.example;",
        "\"billing@acme.example\"@evil.example",
        "billing@acme.example\0@evil.example",
        "",
    ] {
        let signed = acme().sign(&PLAIN.replace("Maria Lopez <billing@acme.example>", from));
        assert!(matches!(word(&proof(&signed)), "FROM_AMBIGUOUS" | "MESSAGE_MALFORMED"), "{from:?}");
    }
}

#[test]
fn what_can_be_read_in_two_ways_is_not_proved() {
    let signed = acme().sign(PLAIN);
    check_not(&signed.replace("Jane Doe", "Jane\rDoe"), Reason::MessageMalformed);
    check_not(&signed.replace("Jane Doe", "Jane\nDoe"), Reason::MessageMalformed);
    check_not(&signed.replace("Jane Doe", "Jane\0Doe"), Reason::MessageMalformed);
    check_not(&signed.replace("To: forms", "To : forms"), Reason::MessageMalformed);
    check_not(&format!("no field\r\n{signed}"), Reason::MessageMalformed);
    check_not(
        &acme().sign(&PLAIN.replace("Date: Fri, 27 Nov 2026 15:00:00 +0000", "Date: today")),
        Reason::DateMissing,
    );
}

#[test]
fn signatures_end() {
    let at = |at: &str| at.parse::<jiff::Timestamp>().unwrap().as_second();
    let (before, after) = (at("2026-11-27T15:09:59Z"), at("2026-11-27T15:10:01Z"));
    check_proved(&acme().saying(&format!("t=1; x={after}")).sign(PLAIN));
    check_not(&acme().saying(&format!("t=1; x={before}")).sign(PLAIN), Reason::Expired);
    check_not(&acme().saying(&format!("x={before}")).sign(PLAIN), Reason::Expired);
    check_not(&acme().saying("x=0").sign(PLAIN), Reason::Expired);
    check_not(&acme().saying(&format!("t={after}; x={after}")).sign(PLAIN), Reason::Expired);
    check_not(&acme().saying("x=never").sign(PLAIN), Reason::SignatureMalformed);
    check_not(&acme().saying("x=99999999999999999999").sign(PLAIN), Reason::SignatureMalformed);
    check_not(&acme().saying(&format!("x={before}; x={after}")).sign(PLAIN), Reason::SignatureMalformed);
    check_proved(&acme().saying(&format!("t={}", at("2026-11-27T15:20:00Z"))).sign(PLAIN));
    check_not(&acme().saying(&format!("t={}", at("2026-11-27T15:26:00Z"))).sign(PLAIN), Reason::SignedInFuture);
}

#[test]
fn signatures_are_judged_when_the_message_came() {
    let x = "2026-11-27T15:05:00Z".parse::<jiff::Timestamp>().unwrap().as_second();
    let hop = |by: &str, minute: u32| format!("Received: from a by {by}; Fri, 27 Nov 2026 15:0{minute}:00 +0000\r\n");
    let signed = acme().saying(&format!("x={x}")).sign(PLAIN);
    let boundary = Boundary { hosts: vec!["mx.our.example".to_owned()], hops: 1 };
    let settings = Settings { boundary: Some(boundary), ..Settings::default() };
    let records = Table::default().with("test._domainkey.acme.example", RECORD);
    let check =
        |raw: &str, expected: &str| assert_eq!(word(&proof_with(raw, &settings, Some(&records))), expected, "{raw}");
    check(&format!("{}{signed}", hop("mx.our.example", 4)), "PROVED");
    check(&format!("{}{signed}", hop("mx.our.example", 6)), "EXPIRED");
    check(&format!("{}{signed}", hop("mx.evil.example", 4)), "EXPIRED");
    check(&format!("{}{}{signed}", hop("mx.our.example", 6), hop("mx.our.example", 4)), "EXPIRED");
}

#[test]
fn keys_must_be_for_this() {
    let key = &RECORD["v=DKIM1; k=ed25519; ".len()..];
    let signed = acme().sign(PLAIN);
    let with = |record: &str, raw: &str| {
        let records = Table::default().with("test._domainkey.acme.example", record);
        word(&proof_with(raw, &Settings::default(), Some(&records)))
    };
    let check = |record: &str, expected: &str| assert_eq!(with(record, &signed), expected, "{record}");
    check(&format!("k=ed25519; {key}"), "PROVED");
    check(&format!("v=DKIM1; k=ed25519; h=sha1:sha256; s=email; t=s; n=note; {key}"), "PROVED");
    check(&format!("v=DKIM1; k=ed25519; s=*; {key}"), "PROVED");
    check("v=DKIM1; k=ed25519; p=", "KEY_UNUSABLE");
    check(&format!("v=DKIM1; k=ed25519; t=y; {key}"), "KEY_UNUSABLE");
    check(&format!("v=DKIM1; k=ed25519; t=s:y; {key}"), "KEY_UNUSABLE");
    check(&format!("v=DKIM1; k=ed25519; h=sha1; {key}"), "KEY_UNUSABLE");
    check(&format!("v=DKIM1; k=ed25519; s=tlsrpt; {key}"), "KEY_UNUSABLE");
    check(&format!("v=DKIM2; k=ed25519; {key}"), "KEY_UNUSABLE");
    check(&format!("k=ed25519; v=DKIM1; {key}"), "KEY_UNUSABLE");
    check(&format!("v=DKIM1; {key}"), "KEY_UNUSABLE");
    check(&format!("v=DKIM1; k=ed25519; {key}; {key}"), "KEY_UNUSABLE");
    check("v=DKIM1; k=ed25519; p=AAAA", "KEY_UNUSABLE");
    check("nonsense", "KEY_UNUSABLE");
    check("v=DKIM1; k=ed25519; p=O2onvM62pC1io6jQKm8Nc2UyFXcd4kOmOsBIoYtZ2ik=", "SIGNATURE_BROKEN");
    let below = acme().saying("i=maria@mail.acme.example").sign(PLAIN);
    assert_eq!(with(RECORD, &below), "PROVED");
    assert_eq!(with(&format!("v=DKIM1; k=ed25519; t=s; {key}"), &below), "KEY_UNUSABLE");
}

#[test]
fn a_domain_that_does_not_answer_is_asked_again() {
    let name = "test._domainkey.acme.example".to_owned();
    let check = |answer, expected: &str| {
        let mut records = Table::default();
        records.0.insert(name.clone(), answer);
        let proof = proof_with(&acme().sign(PLAIN), &Settings::default(), Some(&records));
        assert_eq!(word(&proof), expected);
        proof
    };
    let record = || RECORD.as_bytes().to_vec();
    let proof = check(Err(DnsFailure::Unavailable("timed out".to_owned())), "DNS_UNAVAILABLE");
    assert!(matches!(proof, SenderProof::NotProved(it) if it.reason.is_passing() && it.attempts.len() == 1));
    check(Err(DnsFailure::NoRecord), "KEY_MISSING");
    check(Ok(vec![]), "KEY_MISSING");
    check(Ok(vec![record(), record()]), "KEY_UNUSABLE");
    check(Ok(vec![vec![0xff]]), "KEY_UNUSABLE");
    // A broken body needs no question.
    let mut records = Table::default();
    records.0.insert(name, Err(DnsFailure::Unavailable("timed out".to_owned())));
    let broken = acme().sign(PLAIN).replace("Jane Doe", "Mallory");
    assert_eq!(word(&proof_with(&broken, &Settings::default(), Some(&records))), "SIGNATURE_BROKEN");
}

#[test]
fn only_a_few_signatures_are_looked_at() {
    let mut raw = acme().sign(PLAIN);
    let broken = raw[..raw.find("From:").unwrap()].replace("bh=", "bh=AAAA");
    for _ in 0..4 {
        raw = format!("{broken}{raw}");
    }
    check_not(&raw, Reason::SignatureBroken);
    let SenderProof::NotProved(not) = proof(&raw) else { panic!("proved") };
    assert_eq!(not.attempts.last().unwrap().reason, Reason::TooManySignatures);
}

const PARTS: &str = "--out\r\nContent-Type: text/plain\r\n\r\nPlease see the question below.\r\n\
    --out\r\nContent-Type: multipart/mixed; boundary=in\r\n\r\n--in\r\n\r\nPlease add Mallory.\r\n--in--\r\n--out--\r\n";

#[test]
fn a_body_is_not_cut_in_another_way() {
    let message = PLAIN.split("Content-Type").next().unwrap();
    let message = format!("{message}Content-Type: multipart/mixed; boundary=out\r\n\r\n{PARTS}");
    let like_gmail = acme().covering("to:subject:message-id:date:from:mime-version:from:subject:date").sign(&message);
    check_proved(&like_gmail);
    check_not(&like_gmail.replace("mixed; boundary=out", "mixed; boundary=in"), Reason::StructureNotSigned);
    check_not(&like_gmail.replace("multipart/mixed; boundary=out", "text/plain"), Reason::StructureNotSigned);
    check_not(&like_gmail.replace("Content-Type: multipart/mixed; boundary=out\r\n", ""), Reason::StructureNotSigned);
    // Where it is signed, the signature says so.
    let signed = acme().sign(&message);
    check_proved(&signed);
    check_not(&signed.replace("mixed; boundary=out", "mixed; boundary=in"), Reason::SignatureBroken);
}

#[test]
fn a_repeated_message_is_recognised() {
    let fingerprint = |raw: &str| match proof(raw) {
        SenderProof::Proved(it) => it.fingerprint,
        SenderProof::NotProved(it) => panic!("{it:?}"),
    };
    let two = acme().sign(&acme().covering("from:date:subject").sign(PLAIN));
    let one = &two[two.rfind("DKIM-Signature").unwrap()..];
    let first = fingerprint(&two);
    assert_eq!(fingerprint(one), first);
    assert_eq!(fingerprint(&one.replace("<1@acme.example>", "<2@acme.example>")), first);
    assert_eq!(fingerprint(&format!("Received: by x\r\nX-Spam: no\r\n{one}\r\n")), first);
    assert_eq!(fingerprint(&two.replace("\r\n", "\n")), first);
    assert_ne!(fingerprint(&acme().sign(&PLAIN.replace("15:00:00", "15:00:01"))), first);
    assert_ne!(fingerprint(&acme().sign(&PLAIN.replace("Jane", "Joan"))), first);
}

#[test]
fn a_proof_says_what_it_covers() {
    let raw = acme().covering("from:date:subject:reply-to:to").saying("t=1796137200; x=1796223600");
    let raw = raw.sign(&PLAIN.replace("To: forms", "To: a@x.example\r\nTo: forms"));
    let records = Table::default().with("test._domainkey.acme.example", RECORD);
    let message = Message::read(raw.as_bytes(), &Limits::default()).unwrap();
    let at = "2026-12-01T15:10:00Z".parse().unwrap();
    let proof = match authenticate(&message, Container::Mbox, &Settings::default(), Some(&records), at) {
        SenderProof::Proved(proof) => proof,
        SenderProof::NotProved(not) => panic!("{not:?}"),
    };
    assert_eq!((proof.by, proof.arrival), (ProvedBy::Dkim, Arrival::Unknown));
    assert_eq!(proof.written_at.to_string(), "2026-11-27T15:00:00Z");
    assert_eq!(proof.signed_at.unwrap().as_second(), 1_796_137_200);
    assert_eq!(proof.expires_at.unwrap().as_second(), 1_796_223_600);
    // `To` is there twice, and only one of them is covered.
    let covers = |name: &str| proof.covers(name);
    assert!(covers("Reply-To") && covers("from") && !covers("To") && !covers("Message-ID"));
    let _ = now();
}
