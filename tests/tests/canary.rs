//! PINs as canaries: a day at the office with known ones, and then no trace of them anywhere but in sealed originals.

#![expect(clippy::unwrap_used, reason = "an unexpected answer is the failure that a test looks for")]

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use age::secrecy::ExposeSecret;
use countersign_testkit::Ended;
use countersign_tests::{Answers, Office, fill, many_rows_to_one_stream, print, rows, trace, type_over};
use rusqlite::Connection;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The account's Security PIN.
const SECURITY: &str = "83617459";
/// What somebody guessed instead.
const GUESS: &str = "96284173";
/// What the new people chose.
const CHOSEN: [&str; 2] = ["7396", "6184"];

const ACCOUNT: &str = "number,name,status,billing_email,owner_first_name,owner_last_name,owner_email,owner_phone,security_pin
A-2002202,Henley Dental Group,active,billing@henley.example,Margaret,Henley,margaret@henley.example,+1 555 010 0142,83617459
";

/// An office, with everything that its program says kept.
struct Day {
    office: Office,
    identity: String,
    heard: RefCell<Vec<(String, Vec<u8>)>>,
    /// A reader of the store that stays: the write-ahead log is not tidied away when the program ends.
    beside: Connection,
    untouched_since: SystemTime,
}

impl Day {
    fn begin() -> Self {
        let office = Office::open();
        let identity = age::x25519::Identity::generate();
        let configuration = office.at.join("home/countersign.toml");
        let text = std::fs::read_to_string(&configuration).unwrap();
        let recipient = format!("[archive]\nrecipient = \"{}\"\n", identity.to_public());
        std::fs::write(&configuration, text.replacen("[archive]", &format!("{recipient}# "), 1)).unwrap();
        let identity = identity.to_string().expose_secret().to_owned();
        office.at.write("identity.txt", format!("{identity}\n"));
        std::fs::create_dir(office.at.join("watched")).unwrap();
        let untouched_since = modified(&office.at.join("watched"));
        let beside = Connection::open(office.at.join("home/store.sqlite")).unwrap();
        beside.query_row("SELECT count(*) FROM audit", [], |it| it.get::<_, i64>(0)).unwrap();
        let day = Self { office, identity, heard: RefCell::default(), beside, untouched_since };
        day.office.at.write("ours.csv", ACCOUNT);
        day.run("account import ours.csv").done();
        std::fs::remove_file(day.office.at.join("ours.csv")).unwrap();
        day
    }

    fn run(&self, arguments: &str) -> Ended {
        self.run_told(arguments, "")
    }

    /// Runs the program with this input, and keeps what it says.
    fn run_told(&self, arguments: &str, input: &str) -> Ended {
        let watched = self.office.at.join("watched");
        let environment = [("TMPDIR", watched.to_str().unwrap()), ("RUST_BACKTRACE", "1"), ("RUST_LOG", "trace")];
        let ended = self.office.at.run_with(&format!("--now 2026-03-04T12:00:00Z {arguments}"), input, &environment);
        let said = format!("{}\n{}", ended.stdout, ended.stderr).into_bytes();
        self.heard.borrow_mut().push((format!("what `{arguments}` says"), said));
        ended
    }

    /// A fresh blank, for the account or for nobody in particular.
    fn blank(&self, whom: &str) -> Vec<u8> {
        let outbox = tempfile::tempdir().unwrap();
        self.run(&format!("blank {whom} -o {}", outbox.path().display())).done();
        let mut files = std::fs::read_dir(outbox.path()).unwrap().map(|it| it.unwrap().path());
        std::fs::read(files.find(|it| it.extension().is_some_and(|it| it == "pdf")).unwrap()).unwrap()
    }

    fn receive(&self, name: &str, form: &[u8]) {
        self.office.at.write(&format!("returned/{name}.pdf"), form);
    }

    /// The forms that wait: submissions by file.
    fn held(&self) -> BTreeMap<String, String> {
        let listed = self.run("held list --json").done();
        let text = |it: &serde_json::Value| it.as_str().unwrap().to_owned();
        let parse = |line: &str| {
            let row: serde_json::Value = serde_json::from_str(line).unwrap();
            (text(&row["file"]), text(&row["submission"]))
        };
        listed.lines().map(parse).collect()
    }

    fn everything(&self) -> Vec<(String, Vec<u8>)> {
        let mut places = self.heard.borrow().clone();
        for file in files_below(self.office.at.path()) {
            let name = file.strip_prefix(self.office.at.path()).unwrap().display().to_string();
            places.push((name, std::fs::read(&file).unwrap()));
        }
        places
    }
}

fn modified(path: &Path) -> SystemTime {
    std::fs::metadata(path).unwrap().modified().unwrap()
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()) {
        if entry.is_dir() { files.extend(files_below(&entry)) } else { files.push(entry) }
    }
    files
}

fn all_pins() -> impl Iterator<Item = &'static str> {
    [SECURITY, GUESS].into_iter().chain(CHOSEN)
}

/// The owner adds this person, who chose the second PIN.
fn adding(first: &str, last: &str) -> Answers {
    Answers::complete().with("signer.security_pin", SECURITY).adding((first, last)).with("add.1.pin", CHOSEN[1])
}

/// Forms by name with how each ends, but for those that are filled in some other way.
fn forms() -> Vec<(&'static str, Answers, &'static str)> {
    let stray = |field: &str, value: &str| adding("Ida", "Vance").with(field, value);
    vec![
        ("honest", adding("Robert", "Ellison").with("add.1.pin", CHOSEN[0]), ""),
        ("guessed", adding("Nora", "Quist").with("signer.security_pin", GUESS), "PIN_INVALID"),
        ("in-first-name", stray("signer.first_name", "Margaret 83617459"), "FIELD_FORMAT"),
        ("in-last-name", stray("signer.last_name", SECURITY), "FIELD_FORMAT"),
        ("in-phone", stray("signer.phone", SECURITY), "FIELD_FORMAT"),
        ("in-signature", stray("signature.typed_name", "Margaret Henley 83617459"), "FIELD_FORMAT"),
        ("in-signature-alone", stray("signature.typed_name", SECURITY), "FIELD_FORMAT"),
        ("in-date", stray("signature.date", SECURITY), "DATE_INVALID"),
        ("in-new-name", stray("add.1.last_name", "Vance 83617459"), "FIELD_FORMAT"),
        ("in-new-phone", stray("add.1.phone", "8361-7459"), "FIELD_FORMAT"),
        ("in-new-phone-plain", stray("add.1.phone", SECURITY), "FIELD_FORMAT"),
        ("in-new-pin", stray("add.1.pin", SECURITY), "NEW_PIN_FORMAT"),
        ("in-role", stray("add.1.role", "Accounting 83617459"), "FIELD_FORMAT"),
        ("chosen-in-role", stray("add.1.role", "Accounting 6184"), "FIELD_FORMAT"),
        ("chosen-in-name", stray("add.1.first_name", "Ida 6184"), "FIELD_FORMAT"),
        ("chosen-in-removed-name", stray("remove.1.first_name", "Otto 6184"), "FIELD_FORMAT"),
        ("guess-in-role", stray("signer.security_pin", GUESS).with("add.1.role", GUESS), "FIELD_FORMAT"),
        ("pins-swapped", stray("signer.security_pin", CHOSEN[1]).with("add.1.pin", SECURITY), "NEW_PIN_FORMAT"),
    ]
}

/// Lets readers leave core files, as far as this machine lets them.
fn allow_core_files() {
    let most = getrlimit(Resource::Core).maximum;
    setrlimit(Resource::Core, Rlimit { current: most, maximum: most }).unwrap();
}

#[test]
fn a_day_of_known_pins_leaves_no_trace_of_them() {
    allow_core_files();
    let day = Day::begin();
    let bound = "--account A-2002202";
    // An acceptance uses a blank up; the forms that are not accepted may share one.
    let shared = day.blank(bound);
    for (name, answers, reason) in forms() {
        let blank = if reason.is_empty() { &day.blank(bound) } else { &shared };
        day.receive(name, &fill(blank, &answers));
    }
    let of_nobody = Answers::complete()
        .with("signer.security_pin", SECURITY)
        .with("account.number", SECURITY)
        .with("account.name", "Henley Dental Group")
        .with("account.billing_email", "billing@henley.example");
    day.receive("in-account-number", &fill(&day.blank("--generic"), &of_nobody));
    // These wait for a person.
    day.receive("printed", &print(&day.blank(bound), &adding("Paul", "Moreno")));
    day.receive("typed-over", &type_over(&day.blank(bound), &adding("Gail", "Tanaka")));
    let doubtful =
        adding("Petra", "Anders").with("signer.last_name", "Henly").with("signature.typed_name", "Margaret Henly");
    day.receive("doubtful", &fill(&day.blank(bound), &doubtful));
    let strewn = adding("Hugo", "Lindt").with("add.1.role", "PIN 6184").with("signature.typed_name", SECURITY);
    day.receive("printed-strewn", &print(&day.blank(bound), &strewn));
    day.receive("typed-over-strewn", &type_over(&day.blank(bound), &strewn));
    // The search finds what is there.
    let originals = files_below(&day.office.at.join("returned"));
    let originals: Vec<u8> = originals.iter().flat_map(|it| std::fs::read(it).unwrap()).collect();
    for pin in all_pins() {
        assert!(trace(&originals, pin).is_some(), "{pin}");
    }

    let returned = files_below(&day.office.at.join("returned"));
    let returned: String = returned.iter().map(|it| format!(" {}", it.display())).collect();
    drop(day.run(&format!("inspect{returned}")));
    drop(day.run(&format!("inspect --json{returned}")));
    // On this one a reader dies with the PIN in its memory.
    day.receive("crash", &many_rows_to_one_stream(&format!("({SECURITY}) Tj\n")));
    day.run("ingest returned --dry-run --reports rehearsed").done();
    day.run("ingest returned --reports reports --archive archive").done();
    ended_as_expected(&day);
    let desk = ask_at_the_desk(&day);
    look_up(&day);
    let code = choose_a_pin(&day);
    let letters = code.replace('-', "");
    let secrets: Vec<String> = all_pins().map(ToOwned::to_owned).chain([code, letters]).collect();

    let wal = day.office.at.join("home/store.sqlite-wal");
    assert!(wal.is_file() && std::fs::metadata(&wal).unwrap().len() > 0, "the log is looked through too");
    let everything = day.everything();
    let mut traces = Vec::new();
    for (place, bytes) in everything.iter().filter(|(place, _)| place != "accounts.csv") {
        let found = secrets.iter().filter_map(|it| Some(format!("{it} as {} in {place}", trace(bytes, it)?)));
        traces.extend(found);
    }
    assert!(traces.is_empty(), "{traces:#?}");
    let is_core = |place: &str| place.rsplit('/').next().is_some_and(|it| it.starts_with("core"));
    assert!(!everything.iter().any(|(place, _)| is_core(place)), "a reader left a core file");
    assert_eq!(files_below(&day.office.at.join("watched")), Vec::<PathBuf>::new());
    assert_eq!(modified(&day.office.at.join("watched")), day.untouched_since, "a temporary file came and went");
    assert_eq!(files_below(&day.office.at.join("returned")), Vec::<PathBuf>::new(), "every original is archived");
    assert!(desk > 0);
    drop(day.beside);
}

/// Each form of [`forms`] has the ending that its row says.
fn ended_as_expected(day: &Day) {
    let reports = day.office.at.join("reports/R-000001");
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    for table in ["accepted", "rejected", "held"] {
        for row in rows(&reports.join(format!("{table}.csv"))) {
            let reasons = row.get("all_reasons").cloned().unwrap_or_default();
            found.insert(row["source_file"].clone(), reasons);
        }
    }
    let wrong: Vec<String> = forms()
        .into_iter()
        .filter_map(|(name, _, reason)| {
            let reasons = found.get(&format!("{name}.pdf")).map(String::as_str).unwrap_or("nothing");
            let is_right = if reason.is_empty() { reasons.is_empty() } else { reasons.contains(reason) };
            (!is_right).then(|| format!("{name}: {reasons:?} and not {reason:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Shows and resolves what waits, in every way; answers how many forms waited.
fn ask_at_the_desk(day: &Day) -> usize {
    let held = day.held();
    day.run("held list").done();
    for (file, submission) in &held {
        // Without the identity the original stays shut.
        let shut = day.run(&format!("held show {submission}")).failed(2);
        assert!(shut.contains("is encrypted"), "{shut}");
        let shown = day.run(&format!("held show {submission} --identity identity.txt")).done();
        assert!(shown.contains("****") || file != "printed.pdf", "{shown}");
        day.run(&format!("held show {submission} --json --identity identity.txt")).done();
    }
    let by = "--by Tess --why looked --identity identity.txt";
    day.run(&format!("held resolve {} --accept {by}", held["printed.pdf"])).done();
    day.run(&format!("held resolve {} --reject {by}", held["doubtful.pdf"])).done();
    day.run(&format!("held resolve {} --ask-correction {by}", held["typed-over.pdf"])).done();
    for strewn in ["printed-strewn.pdf", "typed-over-strewn.pdf"] {
        // Where a PIN in the wrong box did not already reject it, it does now.
        if let Some(submission) = held.get(strewn) {
            day.run(&format!("held resolve {submission} --accept {by}")).failed(1);
        }
    }
    held.len()
}

/// Callers, and every command that prints what the store knows.
fn look_up(day: &Day) {
    let call = |who: &str| format!("caller --account A-2002202 {who} --by Tess --pin-fd 0");
    let owner = call("--first-name Margaret --last-name Henley");
    day.run_told(&owner, &format!("{SECURITY}\n")).done();
    day.run_told(&owner, &format!("{GUESS}\n")).failed(1);
    // What is no PIN is not repeated either.
    day.run_told(&owner, &format!("{SECURITY}{GUESS}\n")).failed(2);
    day.run_told(&call("--first-name Robert --last-name Ellison"), &format!("{}\n", CHOSEN[0])).done();
    day.run_told(&call("--first-name Robert --last-name Ellison"), &format!("{}\n", CHOSEN[1])).failed(1);
    day.office.at.write("other.toml", "version = \"other\"\n[forms]\naccept_flattened = true\n");
    for arguments in [
        "grant list A-2002202",
        "grant list A-2002202 --json",
        "grant history --account A-2002202",
        "grant history --account A-2002202 --json",
        "account show A-2002202",
        "account show A-2002202 --json",
        "account list --json",
        "audit verify",
        "audit export",
        "policy try other.toml --run 1 --identity identity.txt",
        "policy try other.toml --run 1 --identity identity.txt --json",
    ] {
        day.run(arguments).done();
    }
}

/// A set-up code from the switch to its use. Only what prints it is not looked through.
fn choose_a_pin(day: &Day) -> String {
    let person = "account person add --account A-2002202 --first-name Una --last-name Berg --email una@henley.example";
    day.run(person).done();
    let listed = day.run("user list A-2002202 --json").done();
    let una = listed.lines().find(|it| it.contains("Una Berg")).unwrap();
    let una = serde_json::from_str::<serde_json::Value>(una).unwrap()["number"].clone();
    let owner = "--approver-first Margaret --approver-last Henley --by Tess --yes";
    let switch = format!("user promote --account A-2002202 --user {una} {owner} --set-up-code --json --pin-fd 0");
    let printed =
        day.office.at.run_with(&format!("--now 2026-03-04T12:00:00Z {switch}"), &format!("{SECURITY}\n"), &[]);
    let printed: serde_json::Value = serde_json::from_str(&printed.done()).unwrap();
    let code = printed["set_up_code"].as_str().unwrap();
    let set_pin = format!("user set-pin --account A-2002202 --user {una} --pin-fd 0");
    day.run_told(&set_pin, &format!("{code}7\n{}\n", CHOSEN[1])).failed(2);
    day.run_told(&set_pin, &format!("{code}\n{}\n", &SECURITY[..4])).done();
    day.run_told(&set_pin, &format!("{code}\n{}\n", CHOSEN[1])).failed(1);
    for arguments in
        ["audit export", "user list A-2002202", "user list A-2002202 --json", "account show A-2002202 --json"]
    {
        day.run(arguments).done();
    }
    code.to_owned()
}

#[test]
fn an_archived_original_opens_with_its_identity_alone() {
    let day = Day::begin();
    let form = print(&day.blank("--account A-2002202"), &adding("Paul", "Moreno"));
    day.receive("printed", &form);
    day.run("ingest returned --archive archive").done();
    let [sealed] = &files_below(&day.office.at.join("archive"))[..] else { panic!("one original is archived") };
    let bytes = std::fs::read(sealed).unwrap();
    let identity: age::x25519::Identity = day.identity.parse().unwrap();
    assert!(age::decrypt(&identity, &bytes).unwrap() == form, "the original is what it was");
    let other = age::x25519::Identity::generate();
    assert!(age::decrypt(&other, &bytes).is_err());
    let submission = &day.held()["printed.pdf"];
    day.office.at.write("other.txt", format!("{}\n", other.to_string().expose_secret()));
    assert_ne!(day.run(&format!("held show {submission} --identity other.txt")).code, 0);
    day.run(&format!("held show {submission} --identity identity.txt")).done();
}
