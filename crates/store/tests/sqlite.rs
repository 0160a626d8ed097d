//! What only a store in a file can promise: other programs, other versions, damage and sudden ends.

#![expect(clippy::unwrap_used, reason = "an unexpected answer is the failure these tests look for")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use countersign_core::account::Account;
use countersign_core::decision::{Sealing, Terms};
use countersign_core::grant::Change;
use countersign_core::person::PersonId;
use countersign_core::pin::{PinCost, PinHasher};
use countersign_core::pin_choice::{ChoiceRefusal, PinChoice, PinChosen, choose_pin};
use countersign_core::policy::Policy;
use countersign_core::reason::ReasonCode;
use countersign_core::set_up_code::SetUpCode;
use countersign_core::store::{
    AccountStore, Allowance, Attempt, AttemptOutcome, Reservation, RunId, Settled, StoreError,
};
use countersign_core::submission::{Channel, FileDigest, SubmissionId};
use countersign_store::SqliteStore;
use countersign_testkit::{
    FaultyStore, Moment, NOW, accepted, account, bound_blank, event, number, open_code, pin, rejected, vault_key,
};
use rusqlite::Connection;
use tempfile::TempDir;

const LIMIT: Allowance = Allowance::each_channel(5);

fn home() -> (TempDir, PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("store.sqlite");
    (home, path)
}

fn ann() -> Account {
    account("A-1").owner("Ann", "Lee").authorized_user("Bo", "Kim").build()
}

/// A store with one account, one blank, one run and one accepted form.
fn furnished(path: &Path) -> SqliteStore {
    let mut store = SqliteStore::open(path).unwrap();
    store.remember_vault_key(&vault_key().id()).unwrap();
    store.add_accounts(&[ann()], event("accounts imported")).unwrap();
    store.issue_blanks(&[bound_blank("A-1", 1)], event("blanks issued")).unwrap();
    store.begin_run(NOW).unwrap();
    let form = accepted("march.pdf", &ann()).adding(3, "Cy", "Ng").on_blank(&bound_blank("A-1", 1).instance).build();
    assert!(matches!(store.settle(&[form]).unwrap()[..], [Settled::Done { .. }]));
    store
}

fn attempt(file: &str) -> Attempt {
    let submission = SubmissionId::of_file(FileDigest::of(file.as_bytes()));
    Attempt { account: number("A-1"), channel: Channel::Form, submission }
}

/// Changes the file behind the store's back.
fn tamper(path: &Path, sql: &str) {
    Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

#[test]
fn eight_racing_programs_get_no_more_attempts_than_the_limit() {
    let (_home, path) = home();
    drop(furnished(&path));
    let race = |racer: u32| {
        let mut store = SqliteStore::open(&path).unwrap();
        let mut take = |it: u32| store.reserve_attempts(&[attempt(&format!("{racer}/{it}"))], LIMIT).unwrap()[0];
        (0..20).filter(|it| take(*it) == Reservation::Reserved).count()
    };
    let race = &race;
    let won: usize = thread::scope(|scope| {
        let racers: Vec<_> = (0..8).map(|racer| scope.spawn(move || race(racer))).collect();
        racers.into_iter().map(|it| it.join().unwrap()).sum()
    });
    assert_eq!(won, LIMIT.attempts as usize);
}

/// Two programs on each channel: together they get no more than one channel alone would.
#[test]
fn programs_that_race_on_four_channels_share_a_shared_budget() {
    let (_home, path) = home();
    drop(furnished(&path));
    let shared = Allowance::shared(5);
    let race = |racer: usize| {
        let mut store = SqliteStore::open(&path).unwrap();
        let on = |it: u32| Attempt { channel: Channel::ALL[racer % 4], ..attempt(&format!("{racer}/{it}")) };
        let mut take = |it: u32| store.reserve_attempts(&[on(it)], shared).unwrap()[0];
        (0..20).filter(|it| take(*it) == Reservation::Reserved).count()
    };
    let race = &race;
    let won: usize = thread::scope(|scope| {
        let racers: Vec<_> = (0..8).map(|racer| scope.spawn(move || race(racer))).collect();
        racers.into_iter().map(|it| it.join().unwrap()).sum()
    });
    assert_eq!(won, LIMIT.attempts as usize);
    let used = SqliteStore::open(&path).unwrap().used_attempts(&number("A-1")).unwrap();
    assert_eq!(used.values().sum::<u32>(), LIMIT.attempts, "{used:?}");
}

#[test]
fn eight_programs_settle_one_file_once() {
    let (_home, path) = home();
    drop(furnished(&path));
    let seen = SqliteStore::open(&path).unwrap().accounts_after(None, 1).unwrap().remove(0);
    let (path, seen) = (&path, &seen);
    let settle = move || {
        let form = accepted("april.pdf", seen).adding(4, "Di", "Orr").build();
        SqliteStore::open(path).unwrap().settle(&[form]).unwrap().remove(0)
    };
    let settled: Vec<Settled> = thread::scope(|scope| {
        let programs: Vec<_> = (0..8).map(|_| scope.spawn(settle)).collect();
        programs.into_iter().map(|it| it.join().unwrap()).collect()
    });
    let done = settled.iter().filter(|it| matches!(it, Settled::Done { .. })).count();
    let before = settled.iter().filter(|it| matches!(it, Settled::Before(_))).count();
    assert_eq!((done, before), (1, 7), "{settled:?}");
}

#[test]
fn eight_programs_make_a_new_store_together() {
    let (_home, path) = home();
    let path = &path;
    let runs: BTreeSet<RunId> = thread::scope(|scope| {
        let open = move || SqliteStore::open(path).unwrap().begin_run(NOW).unwrap();
        let programs: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
        programs.into_iter().map(|it| it.join().unwrap()).collect()
    });
    assert_eq!(runs, (1..=8).map(RunId).collect());
}

#[test]
fn a_store_that_is_opened_again_has_kept_everything() {
    let (_home, path) = home();
    let mut store = furnished(&path);
    let numbers = BTreeSet::from([number("A-1")]);
    let blanks = BTreeSet::from([bound_blank("A-1", 1).instance]);
    let look = |store: &mut SqliteStore| {
        let (accounts, grants) = (store.accounts(&numbers).unwrap(), store.grants(&number("A-1")).unwrap());
        let (rows, key) = (store.audit_after(0, 99).unwrap(), store.vault_key().unwrap());
        (accounts, grants, store.blanks(&blanks).unwrap(), rows, key, store.last_run().unwrap())
    };
    let before = look(&mut store);
    drop(store);
    assert_eq!(look(&mut SqliteStore::open(&path).unwrap()), before);
    assert_eq!(look(&mut SqliteStore::open_read_only(&path).unwrap()), before);
}

#[test]
fn a_store_in_use_says_so_when_patience_ends() {
    let (_home, path) = home();
    drop(furnished(&path));
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut store = SqliteStore::open_patiently(&path, Duration::from_millis(50)).unwrap();
    let begun = Instant::now();
    assert!(matches!(store.begin_run(NOW), Err(StoreError::Busy)));
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert_eq!(store.last_run().unwrap(), Some(RunId(1)), "reading goes on");
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(store.begin_run(NOW).unwrap(), RunId(2));
}

#[test]
fn a_store_opened_to_look_at_is_not_written() {
    let (_home, path) = home();
    assert!(SqliteStore::open_read_only(&path).is_err(), "there is no store yet");
    assert!(!path.exists(), "looking makes no store");
    drop(furnished(&path));
    let mut store = SqliteStore::open_read_only(&path).unwrap();
    assert!(matches!(store.begin_run(NOW), Err(StoreError::ReadOnly)));
    assert!(matches!(store.add_accounts(&[], event("accounts imported")), Err(StoreError::ReadOnly)));
    assert_eq!(store.last_run().unwrap(), Some(RunId(1)));
}

#[test]
fn a_store_of_a_newer_version_is_left_alone() {
    let (_home, path) = home();
    drop(furnished(&path));
    tamper(&path, "PRAGMA user_version = 99");
    let error = SqliteStore::open(&path).unwrap_err();
    assert!(matches!(error, StoreError::Newer { found: 99, known: 5 }), "{error}");
    assert!(matches!(SqliteStore::open_read_only(&path).unwrap_err(), StoreError::Newer { .. }));
}

#[test]
fn files_that_are_no_store_are_left_alone() {
    let (_home, path) = home();
    let text = "this is a letter, not a database; ".repeat(100);
    std::fs::write(&path, &text).unwrap();
    assert!(matches!(SqliteStore::open(&path), Err(StoreError::Damaged { .. })));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    std::fs::remove_file(&path).unwrap();
    tamper(&path, "CREATE TABLE songs (title TEXT)");
    assert!(matches!(SqliteStore::open(&path), Err(StoreError::Damaged { .. })));
}

fn check_damage(sql: &str, expected: &str) {
    let (_home, path) = home();
    drop(furnished(&path));
    tamper(&path, &format!("PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF; {sql}"));
    let mut store = SqliteStore::open(&path).unwrap();
    let record = accepted("march.pdf", &ann()).build().record;
    let answers = [
        store.accounts(&BTreeSet::from([number("A-1")])).map(drop),
        store.accounts_after(None, 9).map(drop),
        store.grants(&number("A-1")).map(drop),
        store.blanks(&BTreeSet::from([bound_blank("A-1", 1).instance])).map(drop),
        store.submissions(&BTreeSet::from([record.id])).map(drop),
        store.decided_files(&BTreeSet::from([record.file])).map(drop),
        store.audit_after(0, 99).map(drop),
    ];
    let told = answers.into_iter().filter_map(Result::err).map(|it| it.to_string()).collect::<BTreeSet<_>>();
    assert!(told.iter().any(|it| it.contains(expected)), "{sql}: {told:?}");
    assert!(!told.iter().any(|it| it.contains("secret")), "{sql}: {told:?}");
}

#[test]
fn a_damaged_row_is_named_and_nothing_of_it_shown() {
    check_damage("UPDATE accounts SET billing_email = 'secret'", "accounts, row A-1: billing_email");
    check_damage("UPDATE accounts SET status = 'secret'", "accounts, row A-1: status");
    check_damage("UPDATE accounts SET pin = 'secret'", "accounts, row A-1: pin");
    check_damage("UPDATE accounts SET revision = -1", "accounts, row A-1: revision");
    check_damage("UPDATE people SET first_name = '' WHERE id = 2", "people, row A-1/2: name");
    check_damage("UPDATE people SET phone = 'secret' WHERE id = 3", "people, row A-1/3: phone");
    check_damage("UPDATE people SET standing = 'king' WHERE id = 3", "people, row A-1/3: standing");
    check_damage("UPDATE people SET since = 9223372036854775807 WHERE id = 3", "people, row A-1/3: since");
    check_damage(
        "INSERT INTO people SELECT 'A-1', -1, 'a', 'b', NULL, NULL, 'user', NULL, '', NULL, NULL, NULL",
        "row A-1/-1: id",
    );
    check_damage("UPDATE people SET code_digest = 'secret', code_until = 0 WHERE id = 2", "row A-1/2: code_digest");
    check_damage("UPDATE grants SET person = -1 WHERE seq = 2", "grants, row 2: person");
    check_damage("UPDATE blanks SET expires = 'secret'", ": expires");
    check_damage("UPDATE blanks SET consumed_by = NULL", ": state");
    check_damage("UPDATE submissions SET reasons = '{'", ": reasons");
    check_damage("UPDATE submissions SET status = 'secret'", ": status");
    check_damage("DROP TRIGGER audit_is_not_edited; UPDATE audit SET at = -9223372036854775808", "audit, row 1: at");
}

#[test]
fn a_person_without_an_account_is_damage_and_not_a_panic() {
    let (_home, path) = home();
    drop(furnished(&path));
    tamper(&path, "PRAGMA foreign_keys = OFF; UPDATE accounts SET number = 'A-0'");
    let mut store = SqliteStore::open(&path).unwrap();
    assert!(store.accounts(&BTreeSet::from([number("A-1")])).is_err());
}

#[test]
fn the_audit_trail_is_append_only_and_tells_who_gets_around_that() {
    let (_home, path) = home();
    let mut store = furnished(&path);
    let db = Connection::open(&path).unwrap();
    for sql in ["UPDATE audit SET who = 'nobody'", "DELETE FROM audit WHERE seq = 2"] {
        assert!(db.execute_batch(sql).is_err(), "{sql}");
    }
    db.execute_batch("DROP TRIGGER audit_is_not_edited; UPDATE audit SET who = 'nobody' WHERE seq = 2").unwrap();
    let mut head = countersign_core::audit::AuditHead::start();
    let broken = store.audit_after(0, 99).unwrap().iter().find_map(|it| head.follow(it).err());
    assert_eq!(broken.map(|it| it.after), Some(1));
}

#[test]
fn a_program_that_dies_while_writing_leaves_nothing_half_done() {
    let (home, path) = home();
    let mut store = furnished(&path);
    let db = Connection::open(&path).unwrap();
    let half = "PRAGMA cache_spill = 1; PRAGMA cache_size = 1; BEGIN IMMEDIATE;
                INSERT INTO budgets (account, channel, failed) VALUES ('A-1', 'form', 3);
                UPDATE accounts SET revision = 99; DELETE FROM grants; DELETE FROM blanks;";
    db.execute_batch(half).unwrap();
    let after = home.path().join("after.sqlite"); // the files as they lie on the disk at the moment of death
    for end in ["", "-wal"] {
        std::fs::copy(format!("{}{end}", path.display()), format!("{}{end}", after.display())).unwrap();
    }
    drop(db);
    let look = |store: &mut SqliteStore| {
        let (accounts, grants) = (store.accounts_after(None, 9).unwrap(), store.grants(&number("A-1")).unwrap());
        (accounts, grants, store.budgets(&[attempt("x")]).unwrap(), store.audit_head().unwrap())
    };
    let mut survivor = SqliteStore::open(&after).unwrap();
    assert_eq!(look(&mut survivor), look(&mut store));
    assert_eq!(look(&mut survivor).1.len(), 2);
}

#[test]
fn an_outcome_for_an_attempt_that_was_never_reserved_is_an_error() {
    let (_home, path) = home();
    let mut store = furnished(&path);
    let form = rejected("may.pdf", &ann(), ReasonCode::PinInvalid).after_attempt(AttemptOutcome::Wrong).build();
    assert!(matches!(store.settle(&[form]), Err(StoreError::Damaged { table: "attempts", .. })));
}

#[test]
fn names_from_outside_are_data_and_not_sql() {
    let (_home, path) = home();
    let mut store = furnished(&path);
    let odd = account("A-2").name("'); DROP TABLE accounts; --").owner("Robert\"", "'; DELETE FROM people").build();
    store.add_accounts(std::slice::from_ref(&odd), event("'); DROP TABLE audit; --")).unwrap();
    assert_eq!(store.accounts(&BTreeSet::from([number("A-2")])).unwrap()[&number("A-2")], odd);
}

#[cfg(unix)]
#[test]
fn nobody_else_can_read_the_files_of_a_store() {
    use std::os::unix::fs::PermissionsExt;
    let (home, path) = home();
    let _store = furnished(&path);
    let files: Vec<_> = std::fs::read_dir(home.path()).unwrap().map(|it| it.unwrap()).collect();
    assert_eq!(files.len(), 3, "the store, its log and the log's index");
    for file in files {
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{}", file.path().display());
    }
}

#[test]
fn a_code_that_is_replaced_while_it_is_used_is_none() {
    let (_home, path) = home();
    let mut store = furnished(&path);
    let (key, policy, person) = (vault_key(), Policy::default(), PersonId(3));
    let issue = |byte| Change::IssueCode { person, code: open_code(&number("A-1"), person, byte) };
    let change = |store: &mut SqliteStore, byte| {
        let account = store.accounts_after(None, 1)?.remove(0);
        store.change_account(&account.number, account.revision, &[issue(byte)], event("set-up code issued")).map(drop)
    };
    change(&mut store, 3).unwrap();
    let mut other = SqliteStore::open(&path).unwrap();
    // Between the look at the code, which is right, and the new PIN.
    let mut racing = FaultyStore::struck(&mut store, (Moment::Before, 4), || change(&mut other, 4));
    let (account, code, pin) = (number("A-1"), SetUpCode::mint([3; 7]), pin("5293"));
    let choice = PinChoice { account: &account, person, code: &code, pin: &pin, nonce: [1; 10] };
    let hasher = &mut PinHasher::new();
    let mut sealing = Sealing { hasher, cost: PinCost::CHEAP_FOR_TESTS, random: &|bytes| bytes.fill(7), key: &key };
    let chosen = choose_pin(&choice, Terms { policy: &policy, key: &key, now: NOW }, &mut sealing, &mut racing);
    drop(racing);
    assert_eq!(chosen.unwrap(), PinChosen::Refused(ChoiceRefusal::CodeWrong));
    let cy = store.accounts_after(None, 1).unwrap().remove(0).person(person).unwrap().clone();
    assert_eq!(cy.code, Some(open_code(&account, person, 4)), "the new code is open");
    assert_eq!(store.used_attempts(&account).unwrap(), [(Channel::Console, 1)].into());
}
