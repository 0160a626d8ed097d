//! What the staff does by hand, as they do it: held forms, callers, locked channels, revocation, the archive, another vault
//! key, another policy.

use countersign_core::submission::FileDigest;
use countersign_testkit::Ended;
use countersign_tests::{Answers, Office, fill};

const STAFF: &str = "--by Dana --why checked";

/// The id of the only form that waits.
fn held(office: &Office) -> String {
    let rows = office.report("held");
    assert_eq!(rows.len(), 1, "{rows:#?}");
    rows[0]["submission_id"].clone()
}

/// A form whose signer's name is one letter off: held, and right otherwise.
fn near() -> Answers {
    Answers::complete()
        .with("signer.first_name", "Margaret")
        .with("signer.last_name", "Henly")
        .with("signature.typed_name", "Margaret Henly")
}

/// A caller who says a PIN.
fn call(office: &Office, name: &str, pin: &str) -> Ended {
    let (first, last) = name.split_once(' ').expect("two names");
    let arguments = format!(
        "--now 2026-03-04T12:00:00Z caller --account A-1001101 --first-name {first} --last-name {last} --by Dana --pin-fd 0"
    );
    office.at.run_with(&arguments, &format!("{pin}\n"), &[])
}

fn said(ended: Ended, code: i32, expected: &str) {
    assert_eq!(ended.code, code, "{}{}", ended.stdout, ended.stderr);
    let all = format!("{}{}", ended.stdout, ended.stderr);
    assert!(all.contains(expected), "{expected}: {all}");
}

#[test]
fn a_held_form_is_accepted_only_with_the_signer_named_and_only_once() {
    let office = Office::open();
    office.receive("near.pdf", &near());
    office.run("ingest returned").done();
    let id = held(&office);
    said(office.run("held list"), 0, &id);
    said(office.run(&format!("held show {id}")), 0, "1       Margaret Henley");
    said(office.run(&format!("held resolve {id} --accept {STAFF}")), 1, "SIGNER_AMBIGUOUS");
    said(office.run(&format!("held resolve {id} --accept --signer 7 {STAFF}")), 1, "SIGNER_AMBIGUOUS");
    said(office.run(&format!("held resolve {id} --accept --signer 1 {STAFF}")), 0, "add Robert Ellison");
    said(
        office.run(&format!("held resolve {id} --accept --signer 1 {STAFF}")),
        2,
        "is not held: it was accepted by Dana",
    );
    said(office.run("held list"), 0, "No form waits");
    said(office.run("grant list A-1001101"), 0, "Robert Ellison");
    said(office.run("audit export"), 0, r#""who":"desk: Dana""#);
    said(office.run("ingest returned"), 0, "duplicate        1");
}

#[test]
fn every_call_is_a_row_of_the_trail_and_keeps_no_name() {
    let office = Office::open();
    said(call(&office, "Zoe Stranger", "5293"), 1, "nobody of this name");
    (0..5).for_each(|_| said(call(&office, "Margaret Henley", "111222"), 1, "the PIN is wrong"));
    said(call(&office, "Margaret Henley", "719305"), 1, "the channel is locked");
    let trail = office.run("audit export").done();
    let rows = |what: &str| trail.lines().filter(|it| it.contains(&format!("\"what\":\"{what}\""))).count();
    assert_eq!(
        (rows("caller turned away"), rows("caller not verified"), rows("caller verified")),
        (2, 5, 0),
        "{trail}"
    );
    assert!(trail.contains("not_listed") && trail.contains("locked") && !trail.contains("Stranger"), "{trail}");
    office.run("audit verify").done();
}

#[test]
fn what_rejects_a_form_is_waved_through_by_nobody() {
    let office = Office::open();
    let forms = [
        ("wrong-pin.pdf", near().with("signer.security_pin", "719306"), "PIN_INVALID"),
        ("closed.pdf", near(), "ACCOUNT_CLOSED"),
    ];
    for (name, answers, _) in &forms[..1] {
        office.receive(name, answers);
    }
    office.run("ingest returned").done();
    let id = held(&office);
    said(office.run(&format!("held resolve {id} --accept --signer 1 {STAFF}")), 1, forms[0].2);
    said(office.run("held list"), 0, "No form waits");
    said(office.run("account show A-1001101"), 0, "wrong PINs on channel form: 1 of 5");
    office.receive(forms[1].0, &forms[1].1);
    office.run("ingest returned").done();
    let id = held(&office);
    office.run("account close A-1001101").done();
    said(office.run(&format!("held resolve {id} --accept --signer 1 {STAFF}")), 1, forms[1].2);
    said(office.run("held list"), 0, &id);
    said(office.run(&format!("held resolve {id} --ask-correction {STAFF}")), 0, "Tell the customer");
    assert!(!office.run("grant list A-1001101").done().contains("Ellison"));
}

#[test]
fn another_file_is_not_the_one_that_was_held() {
    let office = Office::open();
    office.receive("near.pdf", &near());
    office.run("ingest returned").done();
    let id = held(&office);
    office.at.write("returned/near.pdf", fill(&office.blank(), &Answers::complete()));
    said(office.run(&format!("held resolve {id} --accept --signer 1 {STAFF}")), 2, "the original of");
}

#[test]
fn callers_say_their_own_pin_under_a_budget_of_their_own() {
    let office = Office::open();
    office.receive("add.pdf", &Answers::complete());
    office.run("ingest returned").done();
    said(call(&office, "Margaret Henley", "719305"), 0, "verified: Margaret Henley, owner");
    said(call(&office, "Robert Ellison", "5293"), 0, "verified: Robert Ellison, authorized user");
    said(call(&office, "Robert Ellison", "719305"), 2, "exactly 4 digits");
    said(call(&office, "Nora Vale", "5293"), 1, "nobody of this name");
    for left in [4, 3, 2, 1, 0] {
        said(call(&office, "Robert Ellison", "5294"), 1, &format!("{left} more"));
    }
    said(call(&office, "Margaret Henley", "719305"), 1, "locked");
    office.receive("form.pdf", &Answers::complete().with("add.1.first_name", "Una").with("add.1.last_name", "Quist"));
    said(office.run("ingest returned"), 0, "accepted         1");
    let later = "--now 2026-03-04T14:00:00Z";
    said(
        office.at.run(&format!("{later} account unlock A-1001101 --channel phone {STAFF}")),
        0,
        "5 attempts given back",
    );
    let ended = office.at.run_with(
        &format!("{later} caller --account A-1001101 --first-name Margaret --last-name Henley --by Dana --pin-fd 0"),
        "719305\n",
        &[],
    );
    said(ended, 0, "verified");
}

#[test]
fn what_a_compromised_signer_granted_is_shown_and_undone() {
    let office = Office::open();
    office.receive("1.pdf", &Answers::complete());
    let by_robert = Answers::complete()
        .with("signer.first_name", "Robert")
        .with("signer.last_name", "Ellison")
        .with("signer.email", "rob@henley.example")
        .with("signer.is_owner", "Off")
        .with("signer.is_authorized_user", "Yes")
        .with("signature.typed_name", "Robert Ellison")
        .with("add.1.first_name", "Una")
        .with("add.1.last_name", "Quist")
        .with("add.1.email", "una@henley.example")
        .with("add.1.pin", "6184");
    office.receive("2.pdf", &by_robert);
    said(office.run("ingest returned"), 0, "accepted         2");
    let revoke = format!("--now 2026-03-05T12:00:00Z grant revoke --account A-1001101 --person 2 --cascade {STAFF}");
    let shown = office.at.run(&revoke).done();
    assert!(shown.contains("Robert Ellison") && shown.contains("Una Quist") && shown.contains("Nothing was done"));
    said(office.at.run(&format!("{revoke} --yes")), 0, "revoked 2 grants");
    let at = |moment: &str| office.run(&format!("grant history --account A-1001101 --json --at {moment}")).done();
    assert_eq!(at("2026-03-04T12:00:00Z").lines().count(), 2);
    assert!(at("2026-03-04T12:00:00Z").contains("2.pdf"));
    assert_eq!(at("2026-03-05T12:00:00Z"), "");
    assert_eq!(at("2026-03-04T11:59:59Z"), "");
    said(office.at.run("grant revoke --account A-1001101 --person 1 --by Dana --why no"), 2, "nobody removes");
}

#[test]
fn originals_are_archived_by_how_they_ended() {
    let office = Office::open();
    office.receive("good.pdf", &Answers::complete());
    office.receive("near.pdf", &near());
    office.at.write("returned/broken.pdf", "%PDF-1.7 and no more");
    office.at.write("returned/.DS_Store", "x");
    let digest = |name: &str| FileDigest::of(&std::fs::read(office.at.join(name)).expect("it was received")).to_hex();
    let (good, near) = (digest("returned/good.pdf"), digest("returned/near.pdf"));
    said(office.run("ingest returned --archive archive"), 2, "archive.recipient");
    said(office.run("ingest returned --archive returned/archive --archive-in-the-clear"), 2, "lies within");
    office.run("ingest returned --archive archive --archive-in-the-clear").done();
    let is_there = |status: &str, digest: &str| {
        office.at.join(&format!("archive/{status}/{}/{digest}.pdf", &digest[..2])).is_file()
    };
    assert!(is_there("accepted", &good) && is_there("held", &near));
    let left: Vec<_> = std::fs::read_dir(office.at.join("returned")).expect("it is there").flatten().collect();
    let left: Vec<_> = left.iter().map(std::fs::DirEntry::file_name).filter(|it| it != "archive").collect();
    assert_eq!(left, [".DS_Store"]);
    let id = held(&office);
    said(office.run(&format!("held resolve {id} --reject {STAFF}")), 0, "rejected");
    assert!(is_there("rejected", &near) && !is_there("held", &near));
}

#[test]
fn what_is_archived_is_not_read_again_and_a_name_is_no_proof() {
    let office = Office::open();
    office.receive("good.pdf", &Answers::complete());
    let form = std::fs::read(office.at.join("returned/good.pdf")).expect("it was received");
    let digest = FileDigest::of(&form).to_hex();
    let kept = format!("archive/accepted/{}/{digest}.pdf", &digest[..2]);
    office.at.write(&kept, "cut short");
    office.run("ingest returned --archive archive --archive-in-the-clear").done();
    assert!(
        std::fs::read(office.at.join(&kept)).expect("it is archived") == form,
        "what was cut short is written anew"
    );
    said(
        office.run("ingest archive/accepted --archive archive --archive-in-the-clear"),
        2,
        "lies in the archive already",
    );
    assert!(office.at.join(&kept).is_file());
}

#[test]
fn a_key_that_is_changed_twice_at_once_is_not_lost() {
    let office = Office::open();
    std::thread::scope(|scope| {
        let rotate = || scope.spawn(|| office.run(&format!("vault rotate {STAFF}")));
        let racing = [rotate(), rotate(), rotate()];
        let ended: Vec<i32> = racing.into_iter().map(|it| it.join().expect("the program ends").code).collect();
        assert!(ended.contains(&0), "{ended:?}");
    });
    said(call(&office, "Margaret Henley", "719305"), 0, "verified");
}

#[test]
fn under_another_vault_key_forms_that_are_out_and_pins_stay_good() {
    let office = Office::open();
    let blank = office.blank();
    let again = Answers::complete().with("add.1.first_name", "Una").with("add.1.last_name", "Quist");
    office.at.write("returned/1.pdf", fill(&blank, &Answers::complete()));
    let out = office.blank();
    office.run("ingest returned").done();
    said(office.run(&format!("vault rotate {STAFF}")), 0, "changed");
    office.at.write("returned/2.pdf", fill(&out, &again));
    said(office.run("ingest returned"), 0, "accepted         1");
    office.at.write("returned/3.pdf", fill(&office.blank(), &Answers::complete()));
    office.run("ingest returned").done();
    assert_eq!(office.report("rejected")[0]["primary_reason"], "DUPLICATE_REQUEST");
    said(call(&office, "Margaret Henley", "719305"), 0, "verified");
    // Cut off after the store and before the key: the next command finishes it.
    let keys = std::fs::read_dir(office.at.join("home")).expect("a home").flatten().map(|it| it.path());
    let old = keys.into_iter().find(|it| it.to_string_lossy().contains("key.old-")).expect("the old key is kept");
    let home = |name: &str| office.at.join(&format!("home/{name}"));
    std::fs::rename(home("vault.key"), home("vault.key.new")).expect("a file can be renamed");
    std::fs::rename(&old, home("vault.key")).expect("a file can be renamed");
    said(call(&office, "Margaret Henley", "719305"), 0, "verified");
    assert!(home("vault.key").is_file() && !home("vault.key.new").exists() && old.is_file());
}

#[test]
fn an_old_run_is_decided_again_under_another_policy_and_nothing_is_written() {
    let office = Office::open();
    office.receive("1.pdf", &Answers::complete());
    office.receive("2.pdf", &near());
    office.receive("3.pdf", &Answers::complete().with("signer.security_pin", "719306").with("add.1.first_name", "Una"));
    office.run("ingest returned").done();
    let id = held(&office);
    office.run(&format!("held resolve {id} --reject {STAFF}")).done();
    office.run(&format!("grant revoke --account A-1001101 --person 2 --yes {STAFF}")).done();
    let before = office.run("audit export").done();
    office.at.write("same.toml", std::fs::read(office.at.join("home/policy.toml")).expect("a policy"));
    said(office.run("policy try same.toml --run R-000001"), 0, "0 forms would end otherwise, 3 forms the same");
    office.at.write(
        "strict.toml",
        "version = 'strict'\n[authority]\nowner = ['remove']\n[severity]\nSIGNER_AMBIGUOUS = 'reject'\n",
    );
    let tried = office.run("policy try strict.toml --run 1 --json").done();
    assert!(tried.contains(r#""same":0"#) || tried.contains(r#""different":3"#), "{tried}");
    assert!(
        tried.contains("ACTION_NOT_PERMITTED") && tried.contains(r#""was":"held","would_be":"rejected""#),
        "{tried}"
    );
    assert_eq!(office.run("audit export").done(), before);
    said(office.run("policy try strict.toml --run 9"), 2, "there was no run R-000009");
}

#[test]
fn a_blank_that_is_declared_void_comes_back_for_nothing() {
    let office = Office::open();
    office.receive("1.pdf", &Answers::complete());
    office.run("ingest returned --dry-run --reports dry").done();
    let manifest = office.run("inspect returned/1.pdf --json").done();
    let inspection: serde_json::Value = serde_json::from_str(&manifest).expect("a line of JSON");
    let instance = inspection["fields"]["form.instance"]["value"].as_str().expect("the form has an id").to_owned();
    said(office.run(&format!("ledger show {instance}")), 0, "out with the customer");
    said(office.run(&format!("ledger void {instance} {STAFF}")), 0, "void");
    said(office.run(&format!("ledger void {instance} {STAFF}")), 2, "is void already");
    office.run("ingest returned").done();
    assert_eq!(office.report("rejected")[0]["primary_reason"], "FORM_INSTANCE_INVALID");
}
