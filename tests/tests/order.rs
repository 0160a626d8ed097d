//! What a folder of forms comes to does not depend on threads, on how it is cut into runs, or on the order in which its files are
//! named; and what is accepted had a right PIN, and a signer who might sign at that moment, by a model that knows nothing of the
//! project.

#![expect(clippy::unwrap_used, reason = "an unexpected answer is the failure that a test looks for")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::thread;

use countersign_core::grant::Change;
use countersign_core::store::{AccountStore, Changed};
use countersign_ingest::outcome::{Ending, Outcome, PinCheck};
use countersign_store::SqliteStore;
use countersign_testkit::{FaultyStore, Moment, Seeded, event};
use countersign_tests::{Answers, Clerk, Content, EndState, Form, Mailbag};
use proptest::prelude::*;
use tempfile::TempDir;

type Name = (&'static str, &'static str);

const PEOPLE: [Name; 6] = [
    ("Robert", "Ellison"),
    ("Zoe", "Brandt"),
    ("Ingrid", "Solberg"),
    ("Hugo", "Carvalho"),
    ("Priya", "Raman"),
    ("Tomas", "Novak"),
];

const ACCOUNTS: usize = 3;

/// Bound blanks of each account: few, so that they are used twice.
const BLANKS: usize = 10;

/// What a form of a generated bag asks, in plain words.
#[derive(Clone, Debug)]
struct Asked {
    account: usize,
    /// `None`: the owner.
    signer: Option<Name>,
    is_pin_right: bool,
    adds: Option<Name>,
    removes: Option<Name>,
}

/// Forms at random: who signs, who is added and removed, on which blank, with which PIN; copies of earlier files among them.
fn bag(seed: u64, files: usize) -> (Mailbag, Vec<Option<Asked>>) {
    let mut random = Seeded::new(seed);
    let mut bag = Mailbag::new(ACCOUNTS, BLANKS);
    let mut asked: Vec<Option<Asked>> = Vec::new();
    for at in 0..files {
        let earlier = random.below(at.max(1) as u64) as usize;
        let (content, asks) = match random.below(12) {
            0 if at > 0 => (Content::Copy(earlier), asked[earlier].clone()),
            1 if at > 0 => (Content::SavedAgain(earlier), asked[earlier].clone()),
            2 => (Content::Bytes(random.bytes::<64>().to_vec()), None),
            _ => {
                let (form, asks) = form(&mut random);
                (Content::Form(form), Some(asks))
            }
        };
        bag.put(content);
        asked.push(asks);
    }
    (bag, asked)
}

fn form(random: &mut Seeded) -> (Form, Asked) {
    let mut one_in = |of: u64| random.below(of) == 0;
    let (is_owner, is_pin_wrong) = (one_in(2), one_in(4));
    let (removes_too, lacks_consent, is_downloaded, is_of_another) = (one_in(4), one_in(12), one_in(4), one_in(8));
    let has_no_number = one_in(12);
    let account = random.below(ACCOUNTS as u64) as usize;
    let mut somebody = || PEOPLE[random.below(PEOPLE.len() as u64) as usize];
    let signer = (!is_owner).then(&mut somebody);
    let adds = Some(somebody());
    let removes = removes_too.then(&mut somebody);
    let owner_of_blank = if is_of_another { random.below(ACCOUNTS as u64) as usize } else { account };
    let bound = owner_of_blank * BLANKS + random.below(BLANKS as u64) as usize;
    let blank = if is_downloaded { ACCOUNTS * BLANKS } else { bound };
    let mut answers = Answers::signed_by(signer);
    answers = adds.into_iter().fold(answers, Answers::adding);
    answers = removes.into_iter().fold(answers, Answers::removing);
    if is_pin_wrong {
        let digits = format!("40{:04}", random.below(10_000));
        answers = answers.with("signer.security_pin", &digits);
    }
    if lacks_consent {
        answers = answers.without("consent.full_privileges");
    }
    if has_no_number {
        answers = answers.with("account.number", "");
    }
    (Form { account, blank, answers }, Asked { account, signer, is_pin_right: !is_pin_wrong, adds, removes })
}

/// A bag laid out, and stores that wait for it.
struct Folder {
    at: TempDir,
    files: Vec<PathBuf>,
}

impl Folder {
    fn of(bag: &Mailbag) -> Self {
        let at = tempfile::tempdir().unwrap();
        let returned = at.path().join("returned");
        bag.lay_out_transcripts(&returned);
        bag.furnish(&mut SqliteStore::open(at.path().join("before.sqlite")).unwrap());
        let files = bag.mail.iter().map(|it| returned.join(&it.name)).collect();
        Self { at, files }
    }

    fn fresh(&self, name: &str) -> PathBuf {
        let path = self.at.path().join(format!("{name}.sqlite"));
        std::fs::copy(self.at.path().join("before.sqlite"), &path).unwrap();
        path
    }

    /// The end of one run for each of these groups of files, by a clerk with so many threads.
    fn end_of<'a>(&self, name: &str, threads: usize, runs: impl IntoIterator<Item = &'a [PathBuf]>) -> EndState {
        let path = self.fresh(name);
        let clerk = Clerk::with_threads(threads);
        for files in runs {
            run(&clerk, files, &path);
        }
        EndState::of(&path)
    }
}

fn run(clerk: &Clerk, files: &[PathBuf], store: &Path) -> Vec<Outcome> {
    let (rows, ended) = clerk.run_files(files, &mut SqliteStore::open(store).unwrap());
    ended.unwrap();
    assert_eq!(rows.len(), files.len());
    rows
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn neither_threads_nor_cuts_nor_the_order_of_names_given_change_the_end(
        seed in any::<u64>(), files in 1..80_usize, threads in 1..9_usize, cuts in prop::collection::btree_set(1..80_usize, 0..6),
    ) {
        let folder = Folder::of(&bag(seed, files).0);
        let expected = folder.end_of("whole", 1, [&folder.files[..]]);
        folder.end_of("threads", threads, [&folder.files[..]]).assert_same(&expected, "threads");
        let mut shuffled = folder.files.clone();
        Seeded::new(seed).shuffle(&mut shuffled);
        folder.end_of("shuffled", threads, [&shuffled[..]]).assert_same(&expected, "shuffled");
        let ends: Vec<usize> = cuts.into_iter().filter(|it| *it < files).chain([files]).collect();
        let starts = [0].iter().chain(&ends);
        let runs = starts.zip(&ends).map(|(start, end)| &folder.files[*start..*end]);
        folder.end_of("cut", threads, runs).assert_same(&expected, "cut into several runs");
    }

    #[test]
    fn what_is_accepted_had_a_right_pin_and_a_signer_who_might_sign(seed in any::<u64>(), files in 1..120_usize) {
        let (bag, asked) = bag(seed, files);
        let folder = Folder::of(&bag);
        let path = folder.fresh("run");
        let rows = run(&Clerk::with_threads(2), &folder.files, &path);
        let mut authorized: Vec<BTreeSet<Name>> = vec![BTreeSet::new(); ACCOUNTS];
        let mut wrong = [0; ACCOUNTS];
        for (row, asks) in rows.iter().zip(&asked) {
            if row.pin_check == PinCheck::Failed {
                wrong[asks.as_ref().unwrap().account] += 1;
            }
            if !matches!(row.ending, Ending::Accepted(_)) {
                continue;
            }
            let asks = asks.as_ref().expect("what is no form is not accepted");
            let people = &mut authorized[asks.account];
            assert!(asks.is_pin_right, "{}: {asks:?}", row.source_file);
            assert!(wrong[asks.account] < 5, "{}: the account's budget was used up", row.source_file);
            assert!(asks.signer.is_none_or(|it| people.contains(&it)), "{}: {asks:?}, {people:?}", row.source_file);
            assert!(asks.removes.is_none_or(|it| people.remove(&it)), "{}: {asks:?}", row.source_file);
            assert!(asks.adds.is_none_or(|it| people.insert(it)), "{}: {asks:?}", row.source_file);
        }
        let found = EndState::of(&path);
        for (at, people) in authorized.iter().enumerate() {
            let line = |(first, last): &Name| format!("{}|{first}|{last}", bag.accounts[at].number);
            let of_store = found.table("people").iter().filter(|it| it.contains("|authorized_user|"));
            let of_store = of_store.filter(|it| it.starts_with(bag.accounts[at].number.as_str())).map(|it| {
                let cells: Vec<&str> = it.split('|').collect();
                format!("{}|{}|{}", cells[0], cells[2], cells[3])
            });
            assert_eq!(of_store.collect::<BTreeSet<_>>(), people.iter().map(line).collect());
            assert!(wrong[at] <= 5);
        }
    }
}

#[test]
fn chunks_change_nothing() {
    // More files than a chunk takes, whose last form of the chunk is signed by whom its first form adds.
    let (bag, _) = bag(11, 700);
    let folder = Folder::of(&bag);
    let expected = folder.end_of("whole", 2, [&folder.files[..]]);
    for size in [1, 100, 255, 256, 257] {
        folder
            .end_of(&format!("by {size}"), 2, folder.files.chunks(size))
            .assert_same(&expected, &format!("by {size}"));
    }
}

#[test]
fn two_runs_at_once_decide_every_file_once_and_take_no_attempt_too_many() {
    for seed in 0..12 {
        let (bag, _) = bag(seed, 150);
        let folder = Folder::of(&bag);
        let expected = folder.end_of("alone", 2, [&folder.files[..]]);
        let path = folder.fresh("together");
        let rows: Vec<Vec<Outcome>> = thread::scope(|scope| {
            let start = || run(&Clerk::with_threads(2), &folder.files, &path);
            let runs = [scope.spawn(start), scope.spawn(start)];
            runs.map(|it| it.join().unwrap()).into()
        });
        EndState::of(&path).assert_same(&expected, &format!("two runs at once, seed {seed}"));
        let mut decided: BTreeMap<_, usize> = BTreeMap::new();
        for row in rows.iter().flatten().filter(|it| it.audit_seq.is_some()) {
            *decided.entry(row.file).or_default() += 1;
        }
        assert!(decided.values().all(|it| *it == 1), "seed {seed}: a file was decided twice");
        assert_eq!(decided.len(), expected.table("submissions").len());
    }
}

#[test]
fn another_run_may_come_in_between_any_two_calls_of_the_store() {
    let (bag, _) = bag(3, 60);
    let folder = Folder::of(&bag);
    let expected = folder.end_of("alone", 2, [&folder.files[..]]);
    let clerk = Clerk::with_threads(1);
    for call in 1.. {
        let path = folder.fresh("between");
        let mut is_over = true;
        let mut below = SqliteStore::open(&path).unwrap();
        let mut store = FaultyStore::struck(&mut below, (Moment::Before, call), || {
            is_over = false;
            run(&Clerk::with_threads(1), &folder.files, &path);
            Ok(())
        });
        let (rows, ended) = clerk.run_files(&folder.files, &mut store);
        ended.unwrap();
        drop(store);
        assert_eq!(rows.len(), folder.files.len());
        EndState::of(&path).assert_same(&expected, &format!("a run before call {call}"));
        if is_over {
            assert!(call > 40, "{call} calls");
            break;
        }
    }
}

/// The reasons of each file of a bag that is read in one run.
fn reasons(bag: &Mailbag) -> Vec<Vec<&'static str>> {
    let folder = Folder::of(bag);
    let rows = run(&Clerk::with_threads(2), &folder.files, &folder.fresh("run"));
    rows.iter().map(|it| it.ending.reasons().iter().map(|it| it.code.as_str()).collect()).collect()
}

#[test]
fn a_form_on_a_blank_of_another_account_is_judged_in_its_turn() {
    let form = |account, blank, person| {
        let answers = Answers::signed_by(None).adding(person);
        Content::Form(Form { account, blank, answers })
    };
    let mut bag = Mailbag::new(2, 2);
    let (one, other) = (0, 2);
    // Behind the form that uses up the blank.
    bag.put(form(0, one, PEOPLE[0]));
    bag.put(form(1, one, PEOPLE[0]));
    assert_eq!(reasons(&bag), [vec![], vec!["DUPLICATE_INSTANCE"]]);
    // Before the form that uses up the blank, and waiting for another one.
    bag.mail.clear();
    bag.put(form(1, other, PEOPLE[1]));
    bag.put(form(1, one, PEOPLE[2]));
    bag.put(form(0, one, PEOPLE[3]));
    assert_eq!(reasons(&bag), [vec![], vec!["ACCOUNT_MISMATCH"], vec![]]);
}

#[test]
fn an_attempt_is_given_back_when_the_staff_closes_the_account_meanwhile() {
    let mut bag = Mailbag::new(1, 1);
    bag.put(Content::Form(Form { account: 0, blank: 0, answers: Answers::signed_by(None).adding(PEOPLE[0]) }));
    let folder = Folder::of(&bag);
    let path = folder.fresh("closed");
    let number = &bag.accounts[0].number;
    let mut below = SqliteStore::open(&path).unwrap();
    let close = || {
        let closed = SqliteStore::open(&path)?.change_account(number, 0, &[Change::Close], event("account closed"))?;
        assert!(matches!(closed, Changed::Done { .. }));
        Ok(())
    };
    // Head, run, files decided, accounts, blanks, requests, files decided, attempts, and then the decisions.
    let mut store = FaultyStore::struck(&mut below, (Moment::Before, 9), close);
    let (rows, ended) = Clerk::with_threads(1).run_files(&folder.files, &mut store);
    ended.unwrap();
    assert_eq!(rows[0].ending.reasons()[0].code.as_str(), "ACCOUNT_CLOSED");
    let state = EndState::of(&path);
    assert_eq!(state.table("budgets"), [format!("{number}|form|0")]);
    assert!(state.table("attempts").is_empty());
}

#[test]
fn generated_bags_hold_everything_that_matters() {
    let (bag, _) = bag(11, 700);
    let folder = Folder::of(&bag);
    let rows = run(&Clerk::with_threads(2), &folder.files, &folder.fresh("run"));
    let count = |wanted: fn(&Outcome) -> bool| rows.iter().filter(|it| wanted(it)).count();
    assert!(count(|it| matches!(it.ending, Ending::Accepted(_))) > 10);
    assert!(count(|it| matches!(it.ending, Ending::Duplicate(_))) > 10);
    assert!(count(|it| it.pin_check == PinCheck::Failed) > 5);
    assert!(count(|it| it.pin_check == PinCheck::Locked) > 5);
}
