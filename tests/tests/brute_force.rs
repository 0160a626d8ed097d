//! Whoever guesses an account's PIN by sending forms has five guesses, however many forms, threads and programs there are.

#![expect(clippy::unwrap_used, reason = "an unexpected answer is the failure that a test looks for")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use countersign_core::store::{AccountStore, Allowance, Attempt, Reservation};
use countersign_core::submission::{Channel, FileDigest, SubmissionId};
use countersign_store::SqliteStore;
use countersign_testkit::{Seeded, Workplace, account, program};
use countersign_tests::{Answers, Content, EndState, Form, Mailbag};

/// The budget of the preset policy.
const LIMIT: Allowance = Allowance::each_channel(5);

/// The PIN that is to be guessed.
const RIGHT: &str = "7305";

/// One account, and so many forms that ask it for the same, each with another PIN of four digits. The right one is among them if
/// they are all, but not where it would be tried.
fn guesses(count: usize) -> Mailbag {
    let mut bag = Mailbag::new(1, 1);
    let number = bag.accounts[0].number.to_string();
    let owner = account(&number).pin(RIGHT).owner("Margaret", "Henley").email("margaret@henley.example");
    bag.accounts[0] = owner.authorized_user("Robert", "Ellison").build();
    let mut pins: Vec<String> = (0..10_000).map(|it| format!("{it:04}")).collect();
    Seeded::new(7).shuffle(&mut pins);
    let right = pins.iter().position(|it| it == RIGHT).unwrap();
    assert!(right % 5_000 > 100, "the right PIN is not among the first ones of either half");
    let asked = Answers::signed_by(None).removing(("Robert", "Ellison"));
    for pin in &pins[..count] {
        let answers = asked.clone().with("signer.security_pin", pin);
        bag.put(Content::Form(Form { account: 0, blank: 1, answers }));
    }
    bag
}

/// What must hold of a store after so many wrong guesses on its only account.
fn check(store: &Path, bag: &Mailbag) {
    let state = EndState::of(store);
    let of = |pin_check: &str| {
        let evidence = format!("\"pin_check\":\"{pin_check}\"");
        state.table("audit").iter().filter(|it| it.contains(&evidence)).count()
    };
    let forms = bag.mail.len();
    assert_eq!(state.table("submissions").len(), forms, "every form is decided, and once");
    assert_eq!((of("failed"), of("locked"), of("ok")), (5, forms - 5, 0), "PINs that were looked at");
    let is_wrong = |it: &String| it.contains("|form|") && it.ends_with("|wrong");
    assert!(state.table("attempts").len() == 5 && state.table("attempts").iter().all(is_wrong));
    let number = &bag.accounts[0].number;
    assert_eq!(state.table("budgets"), [format!("{number}|form|5")]);
    let mut store = SqliteStore::open(store).unwrap();
    assert_eq!(store.accounts_after(None, 9).unwrap(), bag.accounts, "nothing was accepted");
    let submission = SubmissionId::of_file(FileDigest::of(b"another"));
    let attempts = [Channel::Form, Channel::Phone].map(|channel| {
        let (account, submission) = (number.clone(), submission.clone());
        Attempt { account, channel, submission }
    });
    let reserved = store.reserve_attempts(&attempts, LIMIT).unwrap();
    assert_eq!(reserved, [Reservation::Locked, Reservation::Reserved], "the form channel is locked, the phone is not");
}

fn all_end_well(programs: impl IntoIterator<Item = Child>) {
    for program in programs {
        let ended = program.wait_with_output().unwrap();
        assert!(ended.status.success(), "{ended:?}");
    }
}

/// Two processes of eight threads each, each with a folder.
fn guess_at_once(folders: [&Path; 2], store: &Path) {
    let start =
        |folder: &Path| Command::new(env!("CARGO_BIN_EXE_clerk")).arg(store).arg(folder).arg("8").spawn().unwrap();
    all_end_well(folders.map(start));
}

/// A folder with the forms of a bag, and a store that knows their account.
fn prepared(bag: &Mailbag) -> (tempfile::TempDir, PathBuf) {
    let at = tempfile::tempdir().unwrap();
    bag.lay_out_transcripts(&at.path().join("returned"));
    let store = at.path().join("store.sqlite");
    bag.furnish(&mut SqliteStore::open(&store).unwrap());
    (at, store)
}

#[test]
fn ten_thousand_guesses_by_two_programs_get_five_attempts() {
    let bag = guesses(10_000);
    let (at, store) = prepared(&bag);
    let halves = ["returned", "other-half"].map(|it| at.path().join(it));
    std::fs::create_dir(&halves[1]).unwrap();
    for mail in &bag.mail[5_000..] {
        std::fs::rename(halves[0].join(&mail.name), halves[1].join(&mail.name)).unwrap();
    }
    guess_at_once([&halves[0], &halves[1]], &store);
    check(&store, &bag);
}

#[test]
fn two_programs_on_one_folder_get_five_attempts_too() {
    let bag = guesses(2_000);
    let (at, store) = prepared(&bag);
    let folder = at.path().join("returned");
    guess_at_once([&folder, &folder], &store);
    check(&store, &bag);
}

#[test]
fn the_program_started_twice_gives_five_attempts_too() {
    let bag = guesses(200);
    let at = bag.at_home();
    let start = || {
        let arguments = "--home home --now 2026-03-04T12:00:00Z ingest returned --threads 8";
        let mut command = Command::new(program());
        command.current_dir(at.path()).args(arguments.split(' ')).env_remove("COUNTERSIGN_VAULT_KEY");
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    all_end_well([start(), start()]);
    check(&at.join("home/store.sqlite"), &bag);
}

/// Starts the program with PINs on its standard input.
fn said(at: &Workplace, arguments: &str, pins: &str) -> Child {
    let mut command = Command::new(program());
    command.current_dir(at.path()).args(["--home", "home", "--now", "2026-03-04T12:00:00Z"]);
    command.args(arguments.split(' ')).env_remove("COUNTERSIGN_VAULT_KEY");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // Who is locked out before a PIN is asked for is gone before it is written.
    drop(child.stdin.take().unwrap().write_all(pins.as_bytes()));
    child
}

/// Guesses by form, on the phone (for a request, and by a caller) and at the console, all at once.
#[test]
fn four_ways_of_guessing_at_once_get_five_attempts_of_a_shared_budget() {
    let bag = guesses(40);
    let at = bag.at_home();
    at.write("home/policy.toml", "[pins]\nbudget = \"shared\"\n");
    let account = bag.accounts[0].number.to_string();
    let owner = "--approver-first Margaret --approver-last Henley --approver-email margaret@henley.example";
    let who = format!("--account {account} {owner} --by Dana --yes --pin-fd 0");
    let guess = |at_once: usize| format!("{:04}\n", 1_000 + at_once);
    let ways = [
        format!("phone remove --first Robert --last Ellison {who}"),
        format!("user demote --user 2 {who}"),
        format!("caller --account {account} --first-name Margaret --last-name Henley --by Dana --pin-fd 0"),
    ];
    let mut programs = vec![said(&at, "ingest returned --threads 4", "")];
    for round in 0..4 {
        programs.extend(ways.iter().map(|way| said(&at, way, &guess(round))));
    }
    for program in programs {
        let ended = program.wait_with_output().unwrap();
        assert!(matches!(ended.status.code(), Some(0 | 1)), "{ended:?}");
    }
    let state = EndState::of(&at.join("home/store.sqlite"));
    let wrong = state.table("attempts").iter().filter(|it| it.ends_with("|wrong")).count();
    assert_eq!((wrong, state.table("attempts").len()), (5, 5), "{:?}", state.table("attempts"));
    let looked_at = |it: &String| it.contains("\"pin_check\":\"failed\"") || it.contains("caller not verified");
    assert_eq!(state.table("audit").iter().filter(|it| looked_at(it)).count(), 5, "PINs that were looked at");
    let mut store = SqliteStore::open(at.join("home/store.sqlite")).unwrap();
    assert_eq!(store.accounts_after(None, 9).unwrap(), bag.accounts, "nothing was accepted");
    let used = store.used_attempts(&bag.accounts[0].number).unwrap();
    println!("attempts by channel: {used:?}");
    assert_eq!(used.values().sum::<u32>(), 5);
    check_the_desk(&at, &account, used.into_iter().next().unwrap());
}

/// What the staff sees of a shared budget that is used up, and what unlocking one of its channels gives back.
fn check_the_desk(at: &Workplace, account: &str, (channel, spent): (Channel, u32)) {
    let shown = at.run(&format!("account show {account}")).done();
    assert!(shown.contains("wrong PINs on all channels: 5 of 5: locked"), "{shown}");
    let unlock =
        |channel: &str| at.run(&format!("account unlock {account} --channel {channel} --by Dana --why asked")).done();
    let nothing = unlock("email");
    assert!(nothing.contains("still locked") && nothing.contains("0 attempts given back"), "{nothing}");
    let given_back = unlock(channel.word());
    assert!(given_back.starts_with("unlocked"), "{given_back}");
    let shown = at.run(&format!("account show {account}")).done();
    let rest = 5 - spent;
    assert!(if rest == 0 { !shown.contains("wrong PINs") } else { shown.contains(&format!("{rest} of 5")) }, "{shown}");
}
