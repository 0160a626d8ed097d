//! Requests in the words of an email: who is believed, what waits for a person, what is the same request again.

#![expect(clippy::unwrap_used, reason = "an unexpected answer is the failure that a test looks for")]

use std::fs;

use countersign_testkit::Ended;
use countersign_tests::letter::{Letter, dkim_records};
use countersign_tests::{Office, Row, trace};

const BILLING: &str = "Henley Dental <billing@henley.example>";
const WORDS: &str = "Hello,\n\nplease add the following authorized user to our account.\n\nAccount number: A-1001101\n\
                     Security PIN: 719305\nApproved by: Margaret Henley\n\n- Robert Ellison, PIN 5293\n\nRegards,\nMargaret Henley\n";

/// An office that knows the keys of some domains, and takes words at once or leaves them to a person.
fn office(accept_unattended: bool) -> Office {
    let office = Office::open();
    let keys = dkim_records(&["henley.example", "henley-billing.example", "hen1ey.example", "bulk.example"]);
    office.at.write("home/keys.toml", keys);
    change(&office, "home/countersign.toml", "[mail]", "[mail]\ndkim_records = \"keys.toml\"\n#");
    let to = format!("accept_unattended = {accept_unattended}");
    change(&office, "home/policy.toml", "accept_unattended = false", &to);
    office
}

fn change(office: &Office, file: &str, from: &str, to: &str) {
    let text = fs::read_to_string(office.at.join(file)).unwrap();
    assert!(text.contains(from), "{file} has {from}");
    office.at.write(file, text.replacen(from, to, 1));
}

/// Has one message ingested, and answers its row and the table it stands in.
fn ingest(office: &Office, name: &str, message: &[u8]) -> (String, Row) {
    ingest_at(office, "2026-03-04T12:00:00Z", name, message)
}

fn ingest_at(office: &Office, now: &str, name: &str, message: &[u8]) -> (String, Row) {
    let folder = format!("inbox-{name}");
    office.at.write(&format!("{folder}/{name}.eml"), message);
    office.at.run(&format!("--now {now} ingest {folder}")).done();
    only_row(office)
}

fn only_row(office: &Office) -> (String, Row) {
    let tables = ["accepted", "rejected", "held", "duplicates", "ignored"];
    let rows: Vec<_> =
        tables.iter().flat_map(|it| office.report(it).into_iter().map(|row| ((*it).to_owned(), row))).collect();
    assert_eq!(rows.len(), 1, "{rows:?}");
    rows.into_iter().next().unwrap()
}

fn check(office: &Office, name: &str, message: &[u8], table: &str, code: &str) -> Row {
    let (found, row) = ingest(office, name, message);
    let primary = row.get("primary_reason").cloned().unwrap_or_default();
    assert_eq!((found.as_str(), primary.as_str()), (table, code), "{name}: {row:?}");
    row
}

#[test]
fn a_proved_request_in_words_is_carried_out_once() {
    let office = office(true);
    let row = check(&office, "asks", &Letter::from(BILLING, WORDS).signed(), "accepted", "");
    assert_eq!((row["channel"].as_str(), row["pin_check"].as_str()), ("email", "ok"));
    assert_eq!((row["first_name"].as_str(), row["last_name"].as_str()), ("Robert", "Ellison"));
    assert_eq!(row["source_file"], "asks.eml");
    let caller = "caller --account A-1001101 --first-name Robert --last-name Ellison --by Dana --pin-fd 0";
    let said = office.at.run_with(&format!("--now 2026-03-04T12:00:00Z {caller}"), "5293\n", &[]);
    assert!(said.done().contains("verified"));
    // The same message, as another server delivered it.
    let again = [
        b"Received: from a.example by b.example; Wed, 04 Mar 2026 11:00:00 +0000\r\n".as_slice(),
        &Letter::from(BILLING, WORDS).signed(),
    ]
    .concat();
    let row = check(&office, "again", &again, "duplicates", "");
    assert_eq!(row["first_status"], "accepted");
    // The same request, written once more on the same day.
    let anew = Letter { subject: "Our request".to_owned(), ..Letter::from(BILLING, WORDS) };
    check(&office, "anew", &anew.signed(), "rejected", "DUPLICATE_REQUEST");
}

#[test]
fn nobody_is_believed_who_is_not_proved() {
    let office = office(true);
    let honest = Letter::from(BILLING, WORDS);
    check(&office, "unsigned", &honest.unsigned(), "rejected", "SENDER_NOT_PROVED");
    check(&office, "unaligned", &honest.signed_by("bulk.example"), "rejected", "SENDER_NOT_PROVED");
    let changed = String::from_utf8(honest.signed()).unwrap().replace("Robert Ellison", "Rupert Elliot");
    check(&office, "broken", changed.as_bytes(), "rejected", "SENDER_NOT_PROVED");
    let alike = Letter::from("Henley Dental <billing@hen1ey.example>", WORDS);
    check(&office, "look-alike", &alike.signed(), "rejected", "SENDER_LOOKALIKE");
    let other = Letter::from("Margaret Henley <margaret@henley.example>", WORDS);
    check(&office, "colleague", &other.signed(), "rejected", "SENDER_NOT_BILLING_ADDRESS");
    let old = Letter { date: "Mon, 23 Feb 2026 10:00:00 +0000".to_owned(), ..honest.clone() };
    check(&office, "old", &old.signed(), "rejected", "MESSAGE_TOO_OLD");
    let shown = office.run("account show A-1001101").done();
    assert!(!shown.contains("Ellison") && !shown.contains("wrong PINs"), "no attempt was spent: {shown}");
}

#[test]
fn an_address_that_was_changed_yesterday_does_not_count_yet() {
    let office = office(true);
    let set =
        "account set-billing-email --account A-1001101 --email billing@henley-billing.example --by Dana --why moved";
    office.at.run(&format!("--now 2026-03-04T12:30:00Z {set}")).done();
    let on_the_next_day = |name: &str, letter: &Letter, table: &str, code: &str| {
        let letter = Letter { date: "Thu, 05 Mar 2026 10:00:00 +0000".to_owned(), ..letter.clone() };
        let (found, row) = ingest_at(&office, "2026-03-05T12:00:00Z", name, &letter.signed());
        assert_eq!((found.as_str(), row["primary_reason"].as_str()), (table, code), "{row:?}");
    };
    let new = Letter::from("<billing@henley-billing.example>", WORDS);
    on_the_next_day("new", &new, "held", "BILLING_EMAIL_TOO_NEW");
    on_the_next_day("former", &Letter::from(BILLING, WORDS), "rejected", "SENDER_NOT_BILLING_ADDRESS");
    // A month later it does.
    let later = Letter { date: "Sun, 05 Apr 2026 12:00:00 +0000".to_owned(), ..new };
    let (table, _) = ingest_at(&office, "2026-04-05T13:00:00Z", "later", &later.signed());
    assert_eq!(table, "accepted");
}

#[test]
fn words_wait_for_a_person_unless_the_policy_trusts_their_reading() {
    let office = office(false);
    let row = check(&office, "asks", &Letter::from(BILLING, WORDS).signed(), "held", "REQUEST_IN_WORDS");
    let submission = &row["submission_id"];
    // The domain's key may be gone when somebody comes to look.
    office.at.write("home/keys.toml", "");
    let shown = office.run(&format!("held show {submission}")).done();
    assert!(shown.contains("billing@henley.example") && shown.contains("Robert Ellison, PIN ••••"), "{shown}");
    assert!(shown.contains("add Robert Ellison"), "{shown}");
    assert!(["5293", "719305"].iter().all(|it| trace(shown.as_bytes(), it).is_none()), "{shown}");
    let resolve = |how: &str| office.run(&format!("held resolve {submission} {how} --by Dana --why read"));
    resolve("--accept").done();
    assert!(office.run("account show A-1001101").done().contains("Robert Ellison"));
    let again: Ended = resolve("--accept");
    assert_eq!(again.code, 2, "{}", again.stderr);
}

#[test]
fn what_is_refused_is_not_told_that_a_person_looks() {
    let office = office(false);
    let other = Letter::from("Margaret Henley <margaret@henley.example>", WORDS);
    let row = check(&office, "colleague", &other.signed(), "rejected", "SENDER_NOT_BILLING_ADDRESS");
    assert!(row["message_to_customer"].contains("do not match our records"), "{row:?}");
}

#[test]
fn a_wrong_pin_spends_an_attempt_of_the_email_channel_once() {
    let office = office(true);
    let wrong = Letter::from(BILLING, &WORDS.replace("719305", "719306"));
    check(&office, "wrong", &wrong.signed(), "rejected", "PIN_INVALID");
    check(&office, "wrong-again", &wrong.signed(), "duplicates", "");
    let shown = office.run("account show A-1001101").done();
    assert!(shown.contains("wrong PINs on channel email: 1 of 5"), "{shown}");
    // A clear message of an unknown account says nothing about others.
    let nobody = Letter::from(BILLING, &WORDS.replace("A-1001101", "A-1009999"));
    let row = check(&office, "nobody", &nobody.signed(), "rejected", "ACCOUNT_NOT_FOUND");
    assert!(row["message_to_customer"].contains("do not match our records"));
}

#[test]
fn what_is_not_sure_is_held_and_cannot_be_waved_through() {
    let office = office(true);
    let vague = Letter::from(BILLING, &WORDS.replace("Security PIN: 719305\n", ""));
    let row = check(&office, "vague", &vague.signed(), "held", "REQUEST_UNCLEAR");
    assert!(row["to_look_at"].contains("SECURITY_PIN_MISSING") && row["to_look_at"].contains("PIN_MISSING"), "{row:?}");
    let resolve = format!("held resolve {} --accept --by Dana --why nice", row["submission_id"]);
    assert_eq!(office.run(&resolve).code, 1);
    assert!(!office.run("account show A-1001101").done().contains("Ellison"));
    // A stranger's vague words are no ground for more than a look either.
    let stranger = Letter::from("Eve <eve@nowhere.example>", &WORDS.replace("Security PIN: 719305\n", ""));
    check(&office, "stranger", &stranger.unsigned(), "held", "SENDER_NOT_PROVED");
    let question = Letter::from(BILLING, "Hello,\n\nwhen is our invoice due?\n\nMargaret\n");
    check(&office, "question", &question.signed(), "ignored", "");
}

#[test]
fn a_domain_that_cannot_be_asked_costs_time_and_nothing_else() {
    let office = office(true);
    change(
        &office,
        "home/countersign.toml",
        "dkim_records",
        "name_servers = [\"127.0.0.1:9\"]\ndns_timeout_seconds = 1\n# dkim_records",
    );
    let asks = Letter::from(BILLING, WORDS).signed();
    let row = check(&office, "asks", &asks, "held", "SENDER_NOT_CHECKED");
    assert_eq!(row["audit_seq"], "", "nothing is written: a later run looks again");
    change(&office, "home/countersign.toml", "# dkim_records", "dkim_records");
    check(&office, "later", &asks, "accepted", "");
}
