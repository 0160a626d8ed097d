//! Letters to customers: which are written, to whom, what they say, and that a program that dies loses none and writes none twice.

#![expect(clippy::unwrap_used, reason = "an unexpected answer is the failure that a test looks for")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use countersign_mail::compose::{Cause, Line, Outgoing};
use countersign_mail::letters::recipient;
use countersign_mail::message::{Limits, Message};
use countersign_tests::{Answers, Office, fill, rows, trace};
use lopdf::{Document, Object};

const LETTERS: &str =
    "\n[letters]\nfrom = \"letters@our.example\"\nname = \"Our Telecom\"\nobject = \"+1 555 010 0100\"\n";
const BILLING: &str = "billing@henley.example";
const STAFF: &str = "--by Dana --why checked";

/// An office that writes letters.
fn office() -> Office {
    let office = Office::open();
    configure(&office, LETTERS);
    office
}

fn configure(office: &Office, more: &str) {
    let path = office.at.join("home/countersign.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(path, text + more).unwrap();
    office.run("account list").done();
}

/// A letter in the outbox.
struct Letter {
    /// Its kind, from its name.
    kind: String,
    to: String,
    subject: String,
    text: String,
    form: Option<Vec<u8>>,
}

fn letters(office: &Office) -> Vec<Letter> {
    letters_in(&office.at.join("home/outbox"))
}

fn letters_in(folder: &Path) -> Vec<Letter> {
    files(folder).into_iter().filter(|(name, _)| name.ends_with(".eml")).map(|(name, eml)| read(&name, &eml)).collect()
}

fn read(name: &str, eml: &[u8]) -> Letter {
    let message = Message::read(eml, &Limits::default()).unwrap();
    Letter {
        kind: name.strip_suffix(".eml").unwrap().split_once('-').unwrap().1.to_owned(),
        to: recipient(eml).unwrap().to_string(),
        subject: message.subject.clone().unwrap(),
        text: message.texts[0].content.as_str().replace("\r\n", "\n"),
        form: message.forms.first().map(|it| it.bytes.clone()),
    }
}

/// The plain files of a folder.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(|it| it.unwrap()).filter(|it| it.path().is_file());
    entries.map(|it| (it.file_name().into_string().unwrap(), fs::read(it.path()).unwrap())).collect()
}

/// Kinds and addresses of all letters.
fn told(office: &Office) -> Vec<String> {
    letters(office).iter().map(|it| format!("{} {}", it.kind, it.to)).collect()
}

fn receive(office: &Office, name: &str, answers: &Answers) {
    office.receive(name, answers);
    office.run("ingest returned").done();
}

fn mendable() -> Answers {
    Answers::complete().with("add.1.pin", "1234").without("signature.date")
}

/// A form that anybody can download, filled in by a stranger who knows the account's number.
fn strange(office: &Office, answers: Answers) -> Vec<u8> {
    office.run("blank --generic -o download").done();
    let manifest = rows(&office.at.join("download/manifest.csv"));
    let blank = fs::read(office.at.join("download").join(&manifest[0]["file"])).unwrap();
    let answers = answers
        .with("account.number", "A-1001101")
        .with("account.name", "Henley Dental Group")
        .with("account.billing_email", BILLING)
        .with("signer.email", "stranger@elsewhere.example");
    fill(&blank, &answers)
}

#[test]
fn a_change_is_told_to_the_address_of_record_without_what_was_changed() {
    let office = office();
    receive(&office, "form.pdf", &Answers::complete());
    assert_eq!(told(&office), ["carried-out margaret@henley.example".to_owned(), format!("notice {BILLING}")]);
    for Letter { subject, text, form, kind, .. } in letters(&office) {
        let all = format!("{subject}\n{text}");
        for secret in ["Robert", "Ellison", "Margaret", "Henley", "1001101", "add", "Authorized"] {
            assert!(!all.contains(secret), "{kind} tells {secret}: {all}");
        }
        assert!(["5293", "719305"].iter().all(|it| trace(all.as_bytes(), it).is_none()), "{all}");
        for there in ["…1101", "4 March 2026, 12:00 UTC", "+1 555 010 0100", "Our Telecom"] {
            assert!(all.contains(there), "{kind} lacks {there}: {all}");
        }
        assert!(form.is_none());
        println!("{all}");
    }
    office.run("ingest returned").done();
    assert_eq!(letters(&office).len(), 2, "a duplicate tells nobody anything");
}

#[test]
fn whoever_proved_no_authority_learns_nothing_and_the_account_hears_of_it() {
    let office = office();
    let wrong = [
        Answers::complete().with("signer.security_pin", "719306"),
        Answers::complete().with("signer.last_name", "Nobody").with("signature.typed_name", "Margaret Nobody"),
        Answers::complete().with("signer.last_name", "Nobody").without("signature.date"),
    ];
    for (at, answers) in wrong.iter().enumerate() {
        office.receive(&format!("{at}.pdf"), answers);
    }
    office.run("ingest returned").done();
    let letters = letters(&office);
    assert_eq!(told(&office), vec![format!("not-carried-out {BILLING}"); 3]);
    assert!(
        letters
            .iter()
            .all(|it| it.form.is_none() && (&it.subject, &it.text) == (&letters[0].subject, &letters[0].text))
    );
    println!("{}\n{}", letters[0].subject, letters[0].text);
}

#[test]
fn what_can_be_mended_is_sent_back_as_a_form_that_is_then_carried_out() {
    let office = office();
    receive(&office, "form.pdf", &mendable());
    let mut letters = letters(&office);
    assert_eq!(told(&office), [format!("corrections {BILLING}")]);
    let Letter { text, form, .. } = letters.remove(0);
    println!("{text}");
    for there in [
        "- Add Authorized Users, row 1, PIN: please choose a PIN that is harder to guess.\n",
        "- Consent and signature, Date: please write the date.\n",
        "A new form is attached.",
        "somebody sent us",
        "If neither you nor anybody you trust sent us this form, please fill in nothing",
    ] {
        assert!(text.contains(there), "{there}: {text}");
    }
    office.at.write("again/form.pdf", fill(&form.unwrap(), &Answers::complete()));
    office.run("ingest again").done();
    let accepted = office.report("accepted");
    assert_eq!((accepted.len(), accepted[0]["last_name"].as_str()), (1, "Ellison"));
    assert_eq!(accepted[0]["form_template"], "authorized-user.correction-2");
    assert!(told(&office).contains(&format!("notice {BILLING}")));
    office.run("audit verify").done();
}

#[test]
fn a_program_that_dies_anywhere_leaves_the_same_letters() {
    let office = office();
    let outbox = office.at.join("home/outbox");
    let before = fs::read(outbox.join("cursor.json")).unwrap();
    office.receive("a.pdf", &mendable());
    office.receive("b.pdf", &Answers::complete());
    office.receive("c.pdf", &Answers::complete().with("signer.security_pin", "719306"));
    office.run("ingest returned").done();
    let all = files(&outbox);
    let names: Vec<&String> = all.keys().filter(|it| it.ends_with(".eml")).collect();
    assert_eq!(names.len(), 4, "{names:?}");
    let again = |of: &str, is_lost: &dyn Fn(usize) -> bool, is_sent: &dyn Fn(usize) -> bool| {
        fs::write(outbox.join("cursor.json"), &before).unwrap();
        for (at, name) in names.iter().enumerate() {
            let _absent = fs::remove_file(outbox.join("sent").join(name));
            fs::write(outbox.join(name), &all[*name]).unwrap();
            if is_lost(at) {
                fs::remove_file(outbox.join(name)).unwrap();
            } else if is_sent(at) {
                fs::rename(outbox.join(name), outbox.join("sent").join(name)).unwrap();
            }
        }
        office.at.run("--now 2026-03-05T09:00:00Z notices write").done();
        for (at, name) in names.iter().enumerate() {
            let is_sent = is_sent(at) && !is_lost(at);
            assert_eq!(outbox.join(name).exists(), !is_sent, "{of}: {name}");
            let kept = if is_sent { outbox.join("sent").join(name) } else { outbox.join(name) };
            assert_eq!(fs::read(kept).unwrap(), all[*name], "{of}: {name}");
        }
        assert_eq!(letters(&office).len() + files(&outbox.join("sent")).len(), 4, "{of}");
    };
    // Killed before the first letter, after each of them, before the cursor moved; with letters that were sent meanwhile.
    for written in 0..=4 {
        again(&format!("{written} written"), &|at| at >= written, &|_| false);
        again(&format!("{written} written, two sent"), &|at| at >= written, &|at| at % 2 == 0);
    }
    let trail = office.run("audit export").done();
    assert_eq!(trail.matches("correction form issued").count(), 1, "a form is issued once");
    office.run("notices write").done();
    let rest: Vec<String> = files(&outbox).into_keys().filter(|it| !it.ends_with(".eml")).collect();
    assert_eq!(rest, ["cursor.json", "write.lock"], "nothing is left half-written");
}

#[test]
fn an_address_in_a_form_never_gets_mail_nor_a_stranger_our_form() {
    let office = office();
    let wrong = [
        strange(&office, mendable()),
        strange(&office, Answers::complete().with("signer.security_pin", "719306")),
        strange(
            &office,
            Answers::complete().with("account.billing_email", "stranger@elsewhere.example").with("add.1.pin", "1234"),
        ),
    ];
    for (at, form) in wrong.iter().enumerate() {
        office.at.write(&format!("returned/{at}.pdf"), form);
    }
    office.run("ingest returned").done();
    let letters = letters(&office);
    assert!(!letters.is_empty());
    for it in &letters {
        assert_eq!(it.to, BILLING, "{}", it.kind);
        assert!(it.form.is_none(), "{}: a form that was not issued to the account brings none", it.kind);
    }
}

/// A form in a message, which a program sends unless a person does.
fn mailed(form: &[u8], by_person: bool) -> String {
    let (name, from) = ("Margaret Henley".parse::<Line>().unwrap(), "stranger@elsewhere.example".parse().unwrap());
    let (subject, file) = ("The form".parse().unwrap(), "form.pdf".parse::<Line>().unwrap());
    let (to, message_id) = ("forms@our.example".parse().unwrap(), "77@elsewhere.example".parse().unwrap());
    let outgoing = Outgoing {
        from: (&name, &from),
        to: &to,
        subject: &subject,
        text: "Please find the form attached.\n",
        message_id: &message_id,
        date: "2026-03-04T11:00:00Z".parse().unwrap(),
        cause: Cause::Notice,
        pdf: Some((&file, form)),
    };
    let eml = String::from_utf8(outgoing.to_eml().unwrap()).unwrap();
    let is_kept = |line: &&str| !by_person || !line.starts_with("Auto-Submitted") && !line.starts_with("X-Auto-");
    eml.split_inclusive('\n').filter(is_kept).collect()
}

#[test]
fn a_message_is_answered_at_the_address_of_record_and_a_programs_not_at_all() {
    for (by_person, expected) in [(true, vec![format!("corrections {BILLING}")]), (false, vec![])] {
        let office = office();
        let form = fill(&office.blank(), &mendable());
        office.at.write("returned/mail.eml", mailed(&form, by_person));
        office.run("ingest returned").done();
        assert_eq!(office.report("rejected").len(), 1);
        assert_eq!(told(&office), expected);
        for (name, eml) in files(&office.at.join("home/outbox")).iter().filter(|(name, _)| name.ends_with(".eml")) {
            let text = String::from_utf8_lossy(eml);
            assert!(text.contains("In-Reply-To: <77@elsewhere.example>\r\n"), "{name}: {text}");
            assert!(read(name, eml).form.is_some(), "the original is found in the message");
        }
    }
}

#[test]
fn a_changed_address_is_told_at_the_old_one() {
    let office = office();
    office
        .run(&format!("account set-billing-email --account A-1001101 --email thief@elsewhere.example {STAFF}"))
        .done();
    office.run("account close A-1001101").done();
    assert_eq!(told(&office), vec![format!("notice {BILLING}"); 2]);
}

#[test]
fn held_forms_are_answered_and_answered_again_when_they_are_resolved() {
    let near = || Answers::complete().with("signer.last_name", "Henly").with("signature.typed_name", "Margaret Henly");
    for (how, expected) in [
        ("--reject", vec!["not-carried-out"]),
        ("--ask-correction", vec!["corrections"]),
        ("--accept --signer 1", vec!["carried-out", "notice"]),
    ] {
        let office = office();
        receive(&office, "near.pdf", &near());
        assert_eq!(told(&office), [format!("looked-at {BILLING}")]);
        let id = office.report("held")[0]["submission_id"].clone();
        office.run(&format!("held resolve {id} {how} {STAFF}")).done();
        let letters = letters(&office);
        let kinds: Vec<&str> = letters.iter().skip(1).map(|it| it.kind.as_str()).collect();
        assert_eq!(kinds, expected, "{how}");
        assert_eq!(letters[1].form.is_some(), how == "--ask-correction");
    }
}

#[test]
fn what_the_staff_does_by_hand_and_what_is_said_on_the_phone_is_told_too() {
    let office = office();
    let run = |arguments: &str, pins: &str| {
        office.at.run_with(&format!("--now 2026-03-04T12:00:00Z {arguments}"), pins, &[]).done();
    };
    let owner =
        "--approver-first Margaret --approver-last Henley --approver-email margaret@henley.example --by Dana --yes";
    let add = format!("phone add --account A-1001101 {owner} --first Robert --last Ellison --pin-fd 0");
    run(&add, "719305\n5293\n");
    run("account person add --account A-1001101 --first-name Ann --last-name Lee", "");
    run(&format!("grant revoke --account A-1001101 --person 2 --yes {STAFF}"), "");
    office
        .at
        .write("people.csv", "number,first_name,last_name,email,phone,standing,job,pin\nA-1001101,Bo,Kim,,,user,,\n");
    run("account import-people people.csv", "");
    run("blank --account A-1001101 -o blanks", "");
    run("account close A-1001101", "");
    let notice = format!("notice {BILLING}");
    let expected = ["carried-out margaret@henley.example", &notice, &notice, &notice, &notice, &notice];
    assert_eq!(told(&office), expected);
    let shown = office.run("notices list").done();
    assert_eq!(shown.matches("waiting").count(), 6, "{shown}");
}

#[test]
fn no_pin_is_in_any_letter() {
    let office = office();
    office.receive(
        "a.pdf",
        &mendable().with("add.2.first_name", "Ann").with("add.2.last_name", "Lee").with("add.2.pin", "7396"),
    );
    office.receive("b.pdf", &Answers::complete().with("signature.date", "soon"));
    office.receive("c.pdf", &Answers::complete());
    office.run("ingest returned").done();
    let letters = letters(&office);
    assert_eq!(letters.iter().filter(|it| it.form.is_some()).count(), 2);
    for it in &letters {
        let boxes = it.form.as_deref().map(values).unwrap_or_default();
        assert!(boxes.is_empty() || boxes.contains("Ellison"), "the values are read: {boxes}");
        for pin in ["719305", "5293", "7396", "1234"] {
            let is_there = |text: &str| trace(text.as_bytes(), pin).is_some();
            assert!(!is_there(&it.text) && !is_there(&it.subject) && !is_there(&boxes), "{}: {pin}", it.kind);
        }
    }
    // Nor in the bytes as they lie there.
    for (name, bytes) in files(&office.at.join("home/outbox")) {
        assert!(!bytes.windows(6).any(|it| it == b"719305"), "{name}");
    }
}

/// Everything that stands in a form's boxes.
fn values(pdf: &[u8]) -> String {
    let document = Document::load_mem(pdf).unwrap();
    let boxes = document.objects.values().filter_map(|it| it.as_dict().ok()?.get(b"V").ok());
    let text = |it: &Object| lopdf::decode_text_string(it).ok();
    boxes.filter_map(text).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_home_writes_no_letters_until_it_is_told_to_and_then_none_about_before() {
    let office = Office::open();
    receive(&office, "form.pdf", &Answers::complete());
    assert!(!office.at.join("home/outbox").exists());
    assert!(office.run("notices list").failed(2).contains("lacks the table [letters]"));
    configure(&office, LETTERS);
    office.run("notices write").done();
    assert!(letters(&office).is_empty());
    // The first command after that has its letters.
    fs::remove_dir_all(office.at.join("home/outbox")).unwrap();
    office.run("account close A-1001101").done();
    assert_eq!(told(&office), [format!("notice {BILLING}")]);
}

#[test]
fn notices_alone_are_written_where_answers_are_not_wanted() {
    let office = Office::open();
    configure(&office, &format!("{LETTERS}answers = false\n"));
    office.receive("a.pdf", &mendable());
    receive(&office, "b.pdf", &Answers::complete());
    assert_eq!(told(&office), [format!("notice {BILLING}")]);
    office.receive("c.pdf", &Answers::complete().with("add.1.first_name", "Ann"));
    office.run("ingest returned --dry-run").done();
    assert_eq!(letters(&office).len(), 1, "a dry run tells nobody anything");
}

#[test]
fn a_letter_speaks_the_language_of_the_form_that_the_office_sent() {
    let office = office();
    office.run("blank --account A-1001101 --language de -o de").done();
    let manifest = rows(&office.at.join("de/manifest.csv"));
    let blank = fs::read(office.at.join("de").join(&manifest[0]["file"])).unwrap();
    office.at.write("returned/a.pdf", fill(&blank, &Answers::complete().with("signature.date", "bald")));
    office.run("ingest returned").done();
    let text = letters(&office)[0].text.clone();
    assert!(text.contains("Ein neues Formular liegt bei.") && text.contains("4. März 2026"), "{text}");
    assert!(text.contains("- Einverständnis und Unterschrift, Datum: Bitte schreiben Sie das Datum"), "{text}");
}

#[test]
fn the_provider_may_say_it_in_its_own_words() {
    let office = office();
    let ours = include_str!("../../crates/mail/src/letters/en.toml");
    office.at.write("home/letters/en.toml", ours.replacen("Hello,", "Dear customer,", 1));
    office.run("account close A-1001101").done();
    assert!(letters(&office)[0].text.starts_with("Dear customer,\n"));
    let office = self::office();
    office.at.write("home/letters/en.toml", ours.replacen("{object}", "{phone}", 1));
    let told = office.run("account close A-1001101").failed(2);
    assert!(told.contains("letters/en.toml: line 8: `text`: `{phone}` is nothing that is filled in here"), "{told}");
    assert!(told.contains("what was done is done"), "{told}");
    office.at.write("home/letters/en.toml", ours);
    office.run("notices write").done();
    assert_eq!(self::told(&office), [format!("notice {BILLING}")]);
}

#[test]
fn without_the_original_it_is_said_in_words() {
    let office = office();
    let outbox = office.at.join("home/outbox");
    let before = fs::read(outbox.join("cursor.json")).unwrap();
    receive(&office, "form.pdf", &mendable());
    for name in files(&outbox).keys().filter(|it| it.ends_with(".eml")) {
        fs::remove_file(outbox.join(name)).unwrap();
    }
    fs::write(outbox.join("cursor.json"), before).unwrap();
    fs::remove_file(office.at.join("returned/form.pdf")).unwrap();
    let ended = office.run("notices write");
    assert!(ended.stderr.contains("goes without a form"), "{}", ended.stderr);
    ended.done();
    let Letter { text, form, .. } = letters(&office).remove(0);
    assert!(form.is_none() && text.contains("Please mend this on the form that was sent"), "{text}");
    assert!(
        text.contains("- Add Authorized Users, row 1, PIN: please choose a PIN that is harder to guess."),
        "{text}"
    );
}

#[test]
fn strangers_do_not_fill_a_mailbox() {
    let office = office();
    for at in 0..7 {
        office.receive(&format!("{at}.pdf"), &Answers::complete().with("signer.last_name", &format!("Nobody{at}")));
    }
    office.receive("8.pdf", &Answers::complete());
    office.run("ingest returned").done();
    let told = told(&office);
    assert_eq!(told.iter().filter(|it| it.starts_with("not-carried-out")).count(), 5);
    assert!(told.contains(&format!("notice {BILLING}")), "a change is told however many answers there were");
}

#[test]
fn a_trail_that_was_put_back_is_noticed() {
    let office = office();
    let store = office.at.join("home/store.sqlite");
    let backup = fs::read(&store).unwrap();
    office.run("account close A-1001101").done();
    fs::write(&store, backup).unwrap();
    for rest in ["-wal", "-shm"] {
        let _absent = fs::remove_file(office.at.join(&format!("home/store.sqlite{rest}")));
    }
    let told = office.run("notices write").failed(3);
    assert!(told.contains("the audit trail is not the one") && told.contains("outbox away"), "{told}");
    fs::rename(office.at.join("home/outbox"), office.at.join("home/outbox.before")).unwrap();
    office.run("account close A-1001101").done();
    assert_eq!(letters(&office).len(), 1);
}
