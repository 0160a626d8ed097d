//! Files in messages: which are forms, and what is said of the others.

use countersign_mail::message::{Limits, Message};

use super::common::{PDF, base64, found, with_files, zip};

#[track_caller]
fn check(files: &[(&str, &[u8])], expected: &[&str]) {
    assert_eq!(found(&with_files(files), &Limits::default()), expected);
}

#[test]
fn forms_are_told_by_their_bytes() {
    check(
        &[("form.pdf", PDF), ("form.docx", PDF), ("form", &[b"\r\njunk\r\n", PDF].concat())],
        &["form 2/form.pdf", "form 3/form.docx", "form 4/form"],
    );
    check(&[("form.pdf", b"<html>"), ("b.pdf", b"")], &["OTHER_FILE 2/form.pdf", "EMPTY_FILE 3/b.pdf"]);
    check(
        &[
            ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
            ("a.rar", b"Rar!\x1a\x07\0"),
            ("a.pdf.gz", b"\x1f\x8b\x08"),
            ("a.heic", b"\0\0\0\x18ftypheic"),
        ],
        &["OFFICE_DOCUMENT 2/a.doc", "ARCHIVE_NOT_READ 3/a.rar", "ARCHIVE_NOT_READ 4/a.pdf.gz", "PICTURE 5/a.heic"],
    );
}

#[test]
fn what_programs_add_of_their_own_needs_no_look() {
    let kinds = |raw: &[u8]| {
        let message = Message::read(raw, &Limits::default()).unwrap();
        message.findings.iter().map(|it| (it.kind.word(), it.kind.needs_a_look())).collect::<Vec<_>>()
    };
    let files: [(&str, &[u8]); 2] = [("invite.ics", b"BEGIN:VCALENDAR\r\n"), ("maria.vcf", b"BEGIN:VCARD\r\n")];
    assert_eq!(kinds(&with_files(&files)), [("CALENDAR", false), ("CONTACT_CARD", false)]);
    let part = b"From: a@x.example\r\nContent-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\n";
    assert_eq!(kinds(part), [("CALENDAR", false)]);
    // By its bytes, not by its name.
    assert_eq!(kinds(&with_files(&[("invite.ics", b"Please add me")])), [("OTHER_FILE", true)]);
}

#[test]
fn names_are_data() {
    check(&[("../../etc/cron.d/x", PDF)], &["form 2/.._.._etc_cron.d_x"]);
    check(&[("a\u{202e}fdp.exe", PDF)], &["form 2/a\\u{202e}fdp.exe"]);
    check(&[("", PDF)], &["form 2"]);
    let message = with_files(&[("", PDF)]);
    let message = Message::read(&message, &Limits::default()).unwrap();
    assert_eq!(message.forms[0].name, "part-2");
    assert!(!format!("{message:?}").contains("%PDF"));
}

#[test]
fn archives_are_opened() {
    let inner = zip(&[("deep.pdf", PDF)]);
    let archive = zip(&[("one.pdf", PDF), ("notes.txt", b"x"), ("inner.zip", &inner), ("two", PDF)]);
    check(
        &[("forms.zip", &archive)],
        &[
            "form 2/forms.zip/one.pdf",
            "form 2/forms.zip/inner.zip/deep.pdf",
            "form 2/forms.zip/two",
            "OTHER_FILE 2/forms.zip/notes.txt",
        ],
    );
    let deeper = zip(&[("inner.zip", &zip(&[("inner.zip", &inner)]))]);
    check(&[("forms.zip", &deeper)], &["ZIP_TOO_DEEP 2/forms.zip/inner.zip/inner.zip"]);
    check(
        &[("forms.zip", &zip(&[("word/document.xml", b"x"), ("[Content_Types].xml", b"x")]))],
        &["OFFICE_DOCUMENT 2/forms.zip"],
    );
    check(&[("forms.zip", &zip(&[]))], &["EMPTY_FILE 2/forms.zip"]);
    check(&[("a.zip", &zip(&[("../../x.pdf", PDF)]))], &["form 2/a.zip/.._.._x.pdf"]);
}

#[test]
fn a_damaged_archive_is_told() {
    let archive = zip(&[("one.pdf", &[PDF, &b"x y z ".repeat(2_000)].concat())]);
    let half = &archive[..archive.len() / 2];
    check(&[("forms.zip", half)], &["ZIP_BROKEN 2/forms.zip"]);
    let mut wrong_sum = archive.clone();
    let directory = wrong_sum.windows(4).rposition(|it| it == b"PK\x01\x02").unwrap();
    wrong_sum[directory + 16] ^= 0xff;
    wrong_sum[14] ^= 0xff;
    check(&[("forms.zip", &wrong_sum)], &["ZIP_BROKEN 2/forms.zip/one.pdf"]);
    let mut encrypted = archive;
    encrypted[6] |= 1;
    encrypted[directory + 8] |= 1;
    check(&[("forms.zip", &encrypted)], &["ZIP_ENCRYPTED 2/forms.zip/one.pdf"]);
}

#[test]
fn limits_are_told() {
    let limits = Limits { forms: 2, form_bytes: 1_000, parts: 5, ..Limits::default() };
    let large = [PDF, &b"x".repeat(1_000)].concat();
    let five = [("a", PDF), ("b", large.as_slice()), ("c", PDF)];
    assert_eq!(found(&with_files(&five), &limits), ["form 2/a", "form 4/c", "TOO_LARGE 3/b"]);
    let forms = [("a", PDF), ("b", PDF), ("c", PDF)];
    assert_eq!(found(&with_files(&forms), &limits), ["form 2/a", "form 3/b", "TOO_MANY_FORMS 4/c"]);
    let parts = [("a", PDF), ("b", PDF), ("c", b"x"), ("d", b"x"), ("e", b"x")];
    assert_eq!(found(&with_files(&parts), &limits), ["form 2/a", "form 3/b", "OTHER_FILE 4/c", "TOO_MANY_PARTS"]);
    let limits = Limits { decoded_bytes: 100, ..Limits::default() };
    assert_eq!(found(&with_files(&[("a", PDF), ("b", &[b'x'; 200])]), &limits), ["form 2/a", "TOO_LARGE 3/b"]);
}

#[track_caller]
fn check_raw(raw: &str, expected: &[&str]) {
    let raw = raw.replace('\n', "\r\n");
    assert_eq!(found(raw.as_bytes(), &Limits::default()), expected, "{raw}");
}

#[test]
fn what_is_wrapped_is_told() {
    let pdf = base64(PDF);
    check_raw(
        &format!(
            "From: a@x.example\nContent-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64\n\n{pdf}\n"
        ),
        &["form 1/a.pdf"],
    );
    check_raw(
        "From: a@x.example\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\n\nMIAGCSqG\n",
        &["ENCRYPTED 1/smime.p7m"],
    );
    check_raw(
        "From: a@x.example\nContent-Type: application/pkcs7-mime; smime-type=signed-data\n\nMIAGCSqG\n",
        &["SMIME_OPAQUE 1"],
    );
    check_raw(
        "From: a@x.example\nContent-Type: multipart/encrypted; boundary=b; protocol=\"application/pgp-encrypted\"\n\n--b\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n--b\nContent-Type: application/octet-stream; name=encrypted.asc\n\n-----BEGIN PGP MESSAGE-----\n--b--\n",
        &["ENCRYPTED", "ENCRYPTED 1", "OTHER_FILE 2/encrypted.asc"],
    );
    check_raw("From: a@x.example\n\n-----BEGIN PGP MESSAGE-----\n\nabc\n-----END PGP MESSAGE-----\n", &["ENCRYPTED 1"]);
    check_raw("From: a@x.example\n\nHello\nbegin 644 form.pdf\nM)5!$1BTQ\n`\nend\n", &["UUENCODED 1"]);
    check_raw(
        "From: a@x.example\nContent-Type: message/external-body; access-type=URL; URL=\"http://x.example\"\n\n\n",
        &["EXTERNAL_BODY 1"],
    );
    check_raw(
        "From: a@x.example\nContent-Type: message/partial; id=1; number=1; total=2\n\nx\n",
        &["PARTIAL_MESSAGE 1"],
    );
    check_raw("From: a@x.example\nContent-Type: text/plain; name=notes.txt\n\nx\n", &["ATTACHED_TEXT 1/notes.txt"]);
}

#[test]
fn broken_parts_are_told() {
    let pdf = base64(PDF);
    let part = format!("--b\nContent-Type: application/pdf\nContent-Transfer-Encoding: base64\n\n{pdf}\n");
    let head = "From: a@x.example\nContent-Type: multipart/mixed; boundary=b\n\n";
    check_raw(&format!("{head}{part}"), &["form 1", "CUT_OFF"]);
    check_raw(&format!("{head}{part}--b--\nfooter of a list\n"), &["form 1", "BEHIND_THE_PARTS"]);
    check_raw(&format!("{}{part}--b--\n", head.replace("boundary=b", "boundary=c")), &["MIME_BROKEN", "OTHER_FILE 1"]);
    check_raw(&format!("{}{part}--b--\n", head.replace("; boundary=b", "")), &["MIME_BROKEN", "OTHER_FILE 1"]);
    check_raw(
        &format!(
            "{head}--b\nContent-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64\n\n{}*\n--b--\n",
            &pdf[..8]
        ),
        &["form 1/a.pdf", "ENCODING_BROKEN 1/a.pdf"],
    );
    check_raw(
        &format!(
            "{head}--b\nContent-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: x-uuencode\n\nbegin 644 a.pdf\n--b--\n"
        ),
        &["ENCODING_BROKEN 1/a.pdf", "OTHER_FILE 1/a.pdf"],
    );
    check_raw("From: a@x.example\nContent-Type: text/plain; charset=x-klingon\n\n\u{e9}\n", &["TEXT_NOT_READ 1"]);
    check_raw("From: a@x.example\nContent-Type: text/plain; charset=us-ascii\n\n\u{e9}\n", &["CHARSET_GUESSED 1"]);
}

#[test]
fn text_that_was_taken_for_a_header_is_told() {
    let head = "From: a@x.example\nContent-Type: multipart/mixed; boundary=b\n\n";
    check_raw(&format!("{head}--b\nPlease add Jane Doe.\n--b--\n"), &["PART_HEADER 1"]);
    check_raw("From: a@x.example\nPlease add Jane Doe.\n", &["PART_HEADER"]);
    check_raw("From: a@x.example\nSubject : x\n\nHello\n", &["PART_HEADER"]);
}

#[test]
fn a_label_hides_no_form() {
    let pdf = base64(PDF);
    for kind in [
        "application/pgp-signature",
        "application/pkcs7-signature",
        "message/delivery-status",
        "message/partial",
        "text/plain",
        "image/png",
    ] {
        let raw = format!("From: a@x.example\nContent-Type: {kind}\nContent-Transfer-Encoding: base64\n\n{pdf}\n");
        check_raw(&raw, &["form 1"]);
    }
}

#[test]
fn a_delimiter_within_a_line_is_none() {
    // mail-parser 0.11 ends the part there, and drops what follows.
    let raw = b"From: a@x.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none --b two\r\n--bc\r\nthree\r\n--b--\r\n";
    let message = Message::read(raw, &Limits::default()).unwrap();
    assert_eq!(message.texts[0].content.as_str(), "one --b two\n--bc\nthree");
}

#[test]
fn an_attached_messages_text_is_not_the_senders() {
    let inner = "From: b@y.example\nContent-Type: text/plain\n\nPlease add Mallory.\n";
    for encoding in ["", "Content-Transfer-Encoding: base64\n"] {
        let content = if encoding.is_empty() { inner.to_owned() } else { base64(inner.as_bytes()) };
        let raw = format!(
            "From: a@x.example\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nHello\n--b\nContent-Type: message/rfc822\n{encoding}\n{content}\n--b--\n"
        );
        let message = Message::read(raw.as_bytes(), &Limits::default()).unwrap();
        let texts: Vec<&str> = message.texts.iter().map(|it| it.content.as_str()).collect();
        assert_eq!(texts, ["Hello"]);
        assert_eq!(message.findings[0].to_string(), "ATTACHED_MESSAGE 2");
    }
}
