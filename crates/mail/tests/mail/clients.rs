//! Messages as mail programs write them: what is read from each, and who sent it.

use std::path::Path;

use super::common::{Table, now, word};
use countersign_mail::mailbox::Container;
use countersign_mail::message::{Limits, Message, TextKind};
use countersign_mail::sender::{Boundary, SenderProof, Settings, authenticate};

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/messages")
}

fn keys() -> Table {
    let text = std::fs::read_to_string(folder().join("keys.txt")).unwrap();
    text.lines().fold(Table::default(), |table, line| {
        let (name, record) = line.split_once(' ').unwrap();
        table.with(name, record)
    })
}

fn settings() -> Settings {
    let boundary = Boundary { hosts: vec!["mx.our.example".to_owned()], hops: 1 };
    Settings { boundary: Some(boundary), ..Settings::default() }
}

/// All that is read from a message, as lines.
fn summary(name: &str) -> Vec<String> {
    let raw = std::fs::read(folder().join(format!("{name}.eml"))).unwrap();
    let message = Message::read(&raw, &Limits::default()).unwrap();
    let author = message.from.as_ref().unwrap();
    let mut lines = vec![format!("{} <{}>", author.name.as_deref().unwrap_or_default(), author.email)];
    lines.push(message.subject.clone().unwrap_or_default());
    for text in &message.texts {
        let kind = if text.kind == TextKind::Html { "html" } else { "plain" };
        let choice = text.choice.map(|it| format!(" choice {it}")).unwrap_or_default();
        lines.push(format!("{kind} {}{choice}: {}", text.path, text.content.trim().replace('\n', "|")));
    }
    lines.extend(message.forms.iter().map(|it| {
        assert!(it.bytes.starts_with(b"%PDF-1.7\n") && it.bytes.ends_with(b"%%EOF\n"));
        format!("form {}", it.path)
    }));
    lines.extend(message.findings.iter().map(ToString::to_string));
    lines.extend(message.markers.iter().map(|it| it.word().to_owned()));
    let proof = authenticate(&message, Container::Delivered, &settings(), Some(&keys()), now());
    lines.push(word(&proof).to_owned());
    if let SenderProof::Proved(proof) = proof {
        assert_eq!(proof.domain, author.domain());
        assert_eq!(proof.signed_at.unwrap().to_string(), "2026-11-27T15:03:58Z");
    }
    lines
}

#[track_caller]
fn check(name: &str, expected: &[&str]) {
    assert_eq!(summary(name), expected, "{name}");
}

#[test]
fn gmail() {
    check(
        "gmail",
        &[
            "Maria Lopez <maria.lopez@acme-motors.example>",
            "Authorization form",
            "plain 1.1 choice 1: Hello,||please find the form attached.||-- |Maria",
            "html 1.2 choice 1: <div dir=\"ltr\"><div>Hello,</div><div><br></div><div>please find the form attached.</div></div>",
            "form 2/authorized-user.pdf",
            "PROVED",
        ],
    );
}

#[test]
fn outlook() {
    check(
        "outlook",
        &[
            "Jörg Müller <Joerg.Mueller@nordwind.example>",
            "Formular für neue Bevollmächtigte",
            "plain 1.1.1 choice 1: Grüße,|Jörg Müller",
            "html 1.1.2 choice 1: <html><head><meta http-equiv=\"Content-Type\" content=\"text/html; charset=iso-8859-1\"></head>\
         <body><p>Grüße,<br>Jörg Müller</p><img src=\"cid:image001.png@01DC5E4D\"></body></html>",
            "form 2/Formular unterschrieben (Müller).pdf",
            "PICTURE_IN_TEXT 1.2/image001.png",
            "PROVED",
        ],
    );
}

#[test]
fn apple_mail() {
    check(
        "apple-mail",
        &[
            "Maria Lopez <maria.lopez@acme-motors.example>",
            "Form",
            "plain 1 choice 1: Here it is — thanks!",
            "html 2.1 choice 1: <html><body>Here it is — thanks!</body></html>",
            "html 2.3 choice 1: <html><body><br></body></html>",
            "form 2.2/Formulario autorización.pdf",
            "NO_SIGNATURE",
        ],
    );
}

#[test]
fn iphone() {
    check(
        "iphone",
        &[
            "Sam Okafor <sam@okafor-dental.example>",
            "Re: Your form",
            "plain 1: ",
            "plain 3: Sent from my iPhone",
            "form 2/Scanned Document.pdf",
            "PROVED",
        ],
    );
}

#[test]
fn thunderbird() {
    check(
        "thunderbird",
        &[
            "O'Brien, Aoife <aoife@harbour.example>",
            "Form for Harbour & Sons – two new users",
            "plain 1: Please add the two people on the attached form. They start on Monday and will need access to the bills \
         – thank you.||-- |Aoife O'Brien",
            "form 2/form.pdf",
            "PROVED",
        ],
    );
}

#[test]
fn yahoo() {
    check(
        "yahoo",
        &[
            "Lin Wei <lin.wei@jade-import.example>",
            "授权表",
            "plain 1.1 choice 1: 您好，表格见附件。",
            "html 1.2 choice 1: <html><body><div>您好，表格见附件。</div></body></html>",
            "form 2/FORM.PDF",
            "PROVED",
        ],
    );
}

#[test]
fn mutt_with_pgp() {
    check(
        "mutt",
        &[
            "Pavel Novak <pavel@novak.example>",
            "form",
            "plain 1.1: Dobrý den, formulář v příloze.|From now on Jana may call, too.",
            "form 1.2/formular.pdf",
            "SIGNATURE_PART 2/signature.asc",
            "PROVED",
        ],
    );
}

#[test]
fn a_scanner() {
    check(
        "scanner",
        &[
            " <scanner@copyshop.example>",
            "Scan from \"Front Desk MFP\"",
            "plain 1: ",
            "form 2/SCAN0001",
            "NO_SIGNATURE",
        ],
    );
}

#[test]
fn outlook_as_rich_text() {
    check(
        "winmail",
        &[
            "Dana White <dana@white-co.example>",
            "form",
            "plain 1: Form attached.",
            "WINMAIL_DAT 2/winmail.dat",
            "NO_SIGNATURE",
        ],
    );
}

#[test]
fn utf_16() {
    check("utf-16", &[" <old-system@mill.example>", "request", "plain 1: Bitte Jörg hinzufügen.", "NO_SIGNATURE"]);
}

#[test]
fn smime() {
    check(
        "smime",
        &[
            "Ana Silva <ana@silva.example>",
            "signed form",
            "plain 1.1: Autorização “em anexo”.",
            "form 1.2/authorized-user.pdf",
            "SIGNATURE_PART 2/smime.p7s",
            "NO_SIGNATURE",
        ],
    );
}

#[test]
fn forwarded_as_an_attachment() {
    check(
        "forwarded",
        &[
            "Assistant <assistant@acme-motors.example>",
            "Fwd: my form",
            "plain 1: See attached.",
            "form 2.2/form.pdf",
            "ATTACHED_MESSAGE 2/my form.eml",
            "NO_SIGNATURE",
        ],
    );
}

#[test]
fn a_bounce() {
    check(
        "bounce",
        &[
            "Mail Delivery System <MAILER-DAEMON@mail.acme-motors.example>",
            "Undelivered Mail Returned to Sender",
            "plain 1: I'm sorry to have to inform you that your message could not be delivered.",
            "REPORT_PART 2",
            "REPORT_PART 3",
            "AUTO_REPLIED",
            "DELIVERY_REPORT",
            "NO_RETURN_PATH",
            "NO_SIGNATURE",
        ],
    );
}

#[test]
fn a_zip_archive() {
    check(
        "zip",
        &[
            "Dana White <dana@white-co.example>",
            "forms",
            "plain 1: Two forms.",
            "form 2/forms.zip/forms_one.pdf",
            "form 2/forms.zip/forms_Üben.pdf",
            "OTHER_FILE 2/forms.zip/readme.txt",
            "NO_SIGNATURE",
        ],
    );
}

#[test]
fn out_of_office() {
    check(
        "out-of-office",
        &[
            "Jo Lee <jo@lee.example>",
            "Automatic reply: Your form",
            "plain 1: I am away until Monday.",
            "AUTO_GENERATED",
            "OUT_OF_OFFICE",
            "NO_SIGNATURE",
        ],
    );
}

#[test]
fn a_photo_and_an_empty_file() {
    check(
        "photo",
        &["Jo Lee <jo@lee.example>", "form", "PICTURE 1/IMG_0001.jpeg", "EMPTY_FILE 2/empty.pdf", "NO_SIGNATURE"],
    );
}

#[test]
fn a_key_of_512_bits_proves_nothing() {
    assert_eq!(summary("weak-key").last().unwrap(), "KEY_WEAK");
}

#[test]
fn one_changed_letter_is_noticed() {
    let (keys, mut changed) = (keys(), 0);
    for name in ["gmail", "outlook", "iphone", "thunderbird", "yahoo", "mutt"] {
        let raw = std::fs::read(folder().join(format!("{name}.eml"))).unwrap();
        for (from, to) in [
            (&b"%%EOF"[..], &b"%%EOG"[..]),
            (b"From: ", b"From: x"),
            (b"Nov 2026", b"Dec 2026"),
            (b"bject: ", b"bject: x"),
            (b"--", b"-- --"),
        ] {
            // The last place: it is in the body, or the field that was signed.
            let Some(at) = raw.windows(from.len()).rposition(|it| it == from) else { continue };
            let raw = [&raw[..at], to, &raw[at + from.len()..]].concat();
            let Ok(message) = Message::read(&raw, &Limits::default()) else { continue };
            let proof = authenticate(&message, Container::Delivered, &settings(), Some(&keys), now());
            assert_ne!(word(&proof), "PROVED", "{name}: {}", String::from_utf8_lossy(to));
            changed += 1;
        }
    }
    assert!(changed >= 24, "{changed}");
}
