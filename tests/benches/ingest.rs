//! A whole run against what its PINs cost alone: every accepted form takes one look at the Security PIN and seals one new PIN,
//! all with Argon2id at its full cost. Same threads, in turn. Prints both times and the ratio.
#![expect(clippy::print_stdout, reason = "the measurement's output")]

use std::cell::RefCell;
use std::io::{self, Write};
use std::path::Path;

use countersign_core::account::Account;
use countersign_core::pin::{Pin, PinCost, PinHasher, PinHolder, PinKind, PinVerifier};
use countersign_core::policy::Policy;
use countersign_core::store::AccountStore;
use countersign_ingest::batch::{self, RunSettings, Templates};
use countersign_ingest::blanks::KnownBlanks;
use countersign_ingest::limits::Limits;
use countersign_ingest::report::{ByteOrderMark, Report, ReportFolder};
use countersign_ingest::worker::InProcess;
use countersign_store::SqliteStore;
use countersign_testkit::{NOW, Seeded, event, number, vault_key};
use countersign_tests::measure;
use rayon::prelude::*;

const FORMS: u64 = 500;
const ROUNDS: usize = 3;

fn main() {
    let folder = tempfile::tempdir().expect("a temporary directory can be made");
    let press = measure::press();
    let returned = folder.path().join("returned");
    std::fs::create_dir(&returned).expect("a folder can be made");
    let customers: Vec<_> = (0..FORMS).map(measure::customer).collect();
    let accounts: Vec<Account> = customers
        .into_par_iter()
        .map(|(account, issued)| {
            let account = account.build();
            let form = measure::filled(&press, &account, &issued);
            std::fs::write(returned.join(format!("{}.pdf", account.number)), form).expect("a form can be written");
            Account { pin: seal(measure::PIN, PinKind::Account, &account), ..account }
        })
        .collect();
    let mut rounds = 0;
    let run = || {
        rounds += 1;
        run_once(&folder.path().join(format!("store-{rounds}.sqlite")), &returned, &accounts, &press);
    };
    let hashing = || {
        accounts.par_iter().with_max_len(1).for_each(|account| {
            drop(seal(measure::PIN, PinKind::Account, account));
            drop(seal("5293", PinKind::Person, account));
        });
    };
    let times = measure::in_turn(ROUNDS, run, hashing);
    let threads = rayon::current_num_threads();
    println!("{FORMS} accepted forms, {threads} threads, best of {ROUNDS} in turn");
    println!("  whole run, store and reports  {:8.3} s", times.0.as_secs_f64());
    println!("  Argon2id of its PINs alone    {:8.3} s", times.1.as_secs_f64());
    println!("  ratio                         {:8.3}", measure::ratio(times));
}

fn seal(digits: &str, kind: PinKind, account: &Account) -> PinVerifier {
    thread_local! {
        static HASHER: RefCell<PinHasher> = RefCell::new(PinHasher::new());
    }
    let pin = Pin::parse(digits, kind).expect("a PIN of the measurements");
    let holder = PinHolder { account: &account.number, kind };
    HASHER.with_borrow_mut(|it| it.seal(&pin, holder, PinCost::STANDARD, &Seeded::new(1).bytes(), &vault_key()))
}

/// One run over a fresh store. Making the store is part of neither time, but it is part of this one: it costs a few
/// milliseconds and speaks against us.
fn run_once(store: &Path, returned: &Path, accounts: &[Account], press: &countersign_forms::Press) {
    let mut store = SqliteStore::open(store).expect("a store can be made");
    store.add_accounts(accounts, event("accounts imported")).expect("accounts can be added");
    let issued: Vec<_> = (0..FORMS).map(|at| measure::customer(at).1).collect();
    store.issue_blanks(&issued, event("blanks issued")).expect("blanks can be issued");
    let mut templates = Templates::default();
    templates.add(measure::template(), press.look().clone());
    let reader = InProcess { blanks: KnownBlanks::new([press.look().clone()]), limits: Limits::default() };
    let (key, policy) = (vault_key(), Policy::default());
    let random = |bytes: &mut [u8; 40]| bytes.copy_from_slice(&Seeded::new(2).bytes::<40>());
    let settings = RunSettings {
        templates: &templates,
        reader: &reader,
        messages: &batch::NoMessages,
        policy: &policy,
        key: &key,
        pin_cost: PinCost::STANDARD,
        random: &random,
        now: NOW,
    };
    let entries = batch::list(&[returned.to_owned()]).expect("the folder can be listed");
    let header = batch::begin_run(&mut store, &settings).expect("a run can begin");
    let mut report = Report::create(header.clone(), ByteOrderMark::Written, &mut Nowhere).expect("reports open");
    batch::run(&entries, &header, &settings, &mut store, &mut report).expect("the run ends");
    let (summary, _) = report.finish().expect("reports close");
    assert_eq!(summary.counts.accepted, FORMS, "{summary:?}");
    assert_eq!(store.accounts(&[number("A-2000000")].into()).expect("an account").len(), 1);
}

struct Nowhere;

impl ReportFolder for Nowhere {
    fn create(&mut self, _name: &str) -> io::Result<Box<dyn Write>> {
        Ok(Box::new(io::sink()))
    }
}
