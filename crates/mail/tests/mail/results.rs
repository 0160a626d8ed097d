//! Proofs of senders by the own mail server's notes: where they count, and where they are somebody else's.

use countersign_core::policy::ResultsAt;
use countersign_mail::mailbox::Container;
use countersign_mail::message::{Limits, Message};
use countersign_mail::sender::{Boundary, OwnResults, ProvedBy, SenderProof, Settings, Spf, authenticate};

use super::common::{PLAIN, RECORD, Signer, Table, now, proof_with, word};

const HOP: &str = "Received: from mail.acme.example (mail.acme.example [192.0.2.7])\r\n\tby mx.our.example with ESMTPS; Fri, 27 Nov 2026 15:04:00 +0000\r\n";
const OUTSIDE: &str = "Received: from laptop by mail.acme.example; Fri, 27 Nov 2026 15:03:00 +0000\r\n";
const PASS: &str = "Authentication-Results: mx.our.example;\r\n\tdkim=pass (2048-bit key) header.d=acme.example header.s=test;\r\n\tdmarc=pass header.from=acme.example\r\n";

fn settings(at: ResultsAt) -> Settings {
    Settings {
        boundary: Some(Boundary { hosts: vec!["mx.our.example".to_owned()], hops: 1 }),
        results: Some(OwnResults { authserv_id: "mx.our.example".to_owned(), at }),
        ..Settings::default()
    }
}

fn signed() -> String {
    Signer::of("acme.example").sign(PLAIN)
}

#[track_caller]
fn check(at: ResultsAt, raw: &str, expected: &str) {
    let proof = proof_with(raw, &settings(at), None);
    assert_eq!(word(&proof), expected, "{at:?} {proof:?}\n{raw}");
}

#[test]
fn results_above_the_boundary_count() {
    let raw = format!("{PASS}{HOP}{OUTSIDE}{}", signed());
    check(ResultsAt::AboveReceived, &raw, "PROVED");
    check(ResultsAt::AboveReceived, &raw.replace("\r\n", "\n"), "PROVED");
    let SenderProof::Proved(proof) = proof_with(&raw, &settings(ResultsAt::AboveReceived), None) else {
        panic!("not proved")
    };
    assert_eq!((proof.domain.as_str(), proof.by), ("acme.example", ProvedBy::DkimByOwnServer));
    assert_eq!(proof.arrival.known().unwrap().to_string(), "2026-11-27T15:04:00Z");
    // What the field says of the signature may be more or less exact.
    for entry in ["header.d=acme.example", "header.i=@acme.example", "header.i=maria@ACME.example header.s=test"] {
        let raw = raw.replace("header.d=acme.example header.s=test", entry);
        check(ResultsAt::AboveReceived, &raw, "PROVED");
    }
}

#[test]
fn results_from_outside_never_count() {
    let signed = signed();
    check(ResultsAt::AboveReceived, &format!("{HOP}{PASS}{OUTSIDE}{signed}"), "RESULTS_FORGED");
    check(ResultsAt::AboveReceived, &format!("{HOP}{OUTSIDE}{PASS}{signed}"), "RESULTS_FORGED");
    check(ResultsAt::AboveReceived, &format!("{HOP}{PASS}{HOP}{signed}"), "RESULTS_FORGED");
    check(ResultsAt::AboveReceived, &format!("{PASS}{OUTSIDE}{signed}"), "RESULTS_MISSING");
    check(ResultsAt::AboveReceived, &format!("{PASS}{signed}"), "RESULTS_MISSING");
    check(ResultsAt::AboveReceived, &format!("{PASS}{OUTSIDE}{HOP}{signed}"), "RESULTS_MISSING");
    check(ResultsAt::AboveReceived, &format!("{HOP}{OUTSIDE}{signed}"), "RESULTS_MISSING");
    let other = PASS.replace("mx.our.example", "mx.evil.example");
    check(ResultsAt::AboveReceived, &format!("{other}{HOP}{signed}"), "RESULTS_MISSING");
    let alike = PASS.replace("mx.our.example", "mx.our.example.evil.example");
    check(ResultsAt::AboveReceived, &format!("{alike}{HOP}{signed}"), "RESULTS_MISSING");
    let commented = PASS.replace("mx.our.example;", "(mx.our.example;) mx.evil.example;");
    check(ResultsAt::AboveReceived, &format!("{commented}{HOP}{signed}"), "RESULTS_MISSING");
    // The own server's results say fail, those from outside say pass.
    let fail = PASS.replace("dkim=pass", "dkim=fail");
    check(ResultsAt::AboveReceived, &format!("{fail}{HOP}{PASS}{signed}"), "RESULTS_NOT_PASSED");
}

#[test]
fn results_below_the_boundary_count_if_they_are_alone() {
    let signed = signed();
    check(ResultsAt::BelowReceived, &format!("{HOP}{PASS}{OUTSIDE}{signed}"), "PROVED");
    check(ResultsAt::BelowReceived, &format!("{HOP}X-Spam: no\r\n{PASS}{signed}"), "PROVED");
    check(ResultsAt::BelowReceived, &format!("{HOP}{PASS}{PASS}{signed}"), "RESULTS_FORGED");
    check(ResultsAt::BelowReceived, &format!("{HOP}{PASS}{OUTSIDE}{PASS}{signed}"), "RESULTS_FORGED");
    check(ResultsAt::BelowReceived, &format!("{PASS}{HOP}{PASS}{signed}"), "RESULTS_FORGED");
    check(ResultsAt::BelowReceived, &format!("{HOP}{OUTSIDE}{PASS}{signed}"), "RESULTS_FORGED");
    check(ResultsAt::BelowReceived, &format!("{PASS}{HOP}{signed}"), "RESULTS_FORGED");
    check(ResultsAt::BelowReceived, &format!("{HOP}{signed}"), "RESULTS_MISSING");
    // What the own server wrote cannot be read, because of the stranger's address; the stranger's own is not alone all the same.
    let odd = "Authentication-Results: mx.our.example; spf=fail smtp.mailfrom=(\"@evil.example\r\n";
    check(ResultsAt::BelowReceived, &format!("{HOP}{odd}{PASS}{signed}"), "RESULTS_FORGED");
    let hidden = "Authentication-Results: (mx.our.example; dkim=fail\r\n";
    check(ResultsAt::BelowReceived, &format!("{HOP}{hidden}{PASS}{signed}"), "RESULTS_FORGED");
}

#[test]
fn results_must_be_of_a_signature_that_suffices() {
    let check_above =
        |message: &str, expected: &str| check(ResultsAt::AboveReceived, &format!("{PASS}{HOP}{message}"), expected);
    let acme = || Signer::of("acme.example");
    check_above(PLAIN, "NO_SIGNATURE");
    check_above(&acme().covering("from:date").sign(PLAIN), "HEADER_NOT_SIGNED");
    check_above(&Signer { length: Some(5), ..acme() }.sign(PLAIN), "PARTIAL_BODY");
    check_above(&acme().saying("x=1").sign(PLAIN), "EXPIRED");
    check_above(&format!("Subject: Other\r\n{}", signed()), "HEADER_REPEATED");
    check_above(&format!("From: mallory@evil.example\r\n{}", signed()), "FROM_AMBIGUOUS");
    check_above(&signed().replace("billing@acme", "billing@other"), "RESULTS_NOT_PASSED");
    // Two signatures of that name, and the field does not say which one passed.
    let two = acme().covering("from:date").sign(&signed());
    check_above(&two, "HEADER_NOT_SIGNED");
    let named = |at: usize| {
        let start = two.match_indices("; b=").nth(at).unwrap().0 + 4;
        let exact = format!("header.s=test header.b={}", &two[start..start + 8]);
        format!("{}{HOP}{two}", PASS.replace("header.s=test", &exact))
    };
    check(ResultsAt::AboveReceived, &named(0), "HEADER_NOT_SIGNED");
    check(ResultsAt::AboveReceived, &named(1), "PROVED");
}

#[test]
fn what_did_not_pass_is_not_proved() {
    let check_above = |results: &str, expected: &str| {
        let field = format!("Authentication-Results: mx.our.example; {results}\r\n");
        check(ResultsAt::AboveReceived, &format!("{field}{HOP}{}", signed()), expected);
    };
    check_above("none", "RESULTS_NOT_PASSED");
    check_above("dkim=fail header.d=acme.example", "RESULTS_NOT_PASSED");
    check_above("dkim=pass header.d=evil.example", "RESULTS_NOT_PASSED");
    check_above("dkim=pass", "RESULTS_NOT_PASSED");
    check_above("dmarc=pass header.from=acme.example", "RESULTS_NOT_PASSED");
    check_above("arc=pass; x-dkim=pass header.d=acme.example", "RESULTS_NOT_PASSED");
    check_above("spf=pass smtp.mailfrom=bounce@acme.example", "SPF_ALONE");
    check_above("spf=pass smtp.helo=acme.example", "RESULTS_NOT_PASSED");
    check_above("dkim=pass header.d=acme.example (open", "RESULTS_UNCLEAR");
    check_above("dkim=pass header.d", "RESULTS_UNCLEAR");
    check_above("dkim=pass reason=\"; dkim=pass header.d=acme.example\"", "RESULTS_NOT_PASSED");
}

#[test]
fn spf_counts_where_the_settings_say_so() {
    let field = "Authentication-Results: mx.our.example; spf=pass smtp.mailfrom=bounce@acme.example\r\n";
    let raw = format!("{field}{HOP}{PLAIN}");
    let settings = Settings { spf: Spf::Enough, ..settings(ResultsAt::AboveReceived) };
    let SenderProof::Proved(proof) = proof_with(&raw, &settings, None) else { panic!("not proved") };
    assert_eq!(proof.by, ProvedBy::SpfByOwnServer);
    assert!(!proof.covers("From"));
    let other = raw.replace("bounce@acme.example", "bounce@evil.example");
    assert_eq!(word(&proof_with(&other, &settings, None)), "RESULTS_NOT_PASSED");
    assert_eq!(word(&proof_with(&raw.replace("spf=pass", "spf=softfail"), &settings, None)), "RESULTS_NOT_PASSED");
}

#[test]
fn an_mbox_proves_nothing_by_its_lines() {
    let raw = format!("{PASS}{HOP}{}", signed());
    let message = Message::read(raw.as_bytes(), &Limits::default()).unwrap();
    let settings = settings(ResultsAt::AboveReceived);
    let word_of = |records: Option<&Table>| {
        let records = records.map(|it| it as &dyn countersign_mail::sender::TextRecords);
        word(&authenticate(&message, Container::Mbox, &settings, records, now())).to_owned()
    };
    assert_eq!(word_of(None), "RESULTS_MISSING");
    assert_eq!(word_of(Some(&Table::default().with("test._domainkey.acme.example", RECORD))), "PROVED");
}

#[test]
fn what_the_own_server_did_not_prove_may_be_proved_here() {
    let records = Table::default().with("test._domainkey.acme.example", RECORD);
    let raw = format!("{}{HOP}{}", PASS.replace("dkim=pass", "dkim=temperror"), signed());
    let SenderProof::Proved(proof) = proof_with(&raw, &settings(ResultsAt::AboveReceived), Some(&records)) else {
        panic!("not proved")
    };
    assert_eq!(proof.by, ProvedBy::Dkim);
    assert_eq!(word(&proof_with(&raw, &Settings::default(), None)), "RESULTS_MISSING");
}
