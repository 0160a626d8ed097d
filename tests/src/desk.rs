//! A desk in memory that decides one form at a time and forgets it: a whole run over a store that is only rehearsed on.

use std::path::Path;
use std::sync::Arc;

use countersign_core::account::Account;
use countersign_core::pin::{Pin, PinCost, PinHasher, PinHolder, PinKind};
use countersign_core::policy::Policy;
use countersign_core::store::{AccountStore, MemoryStore, Rehearsal};
use countersign_core::vault::VaultKey;
use countersign_ingest::batch::{self, OutcomeSink, RunSettings, Templates};
use countersign_ingest::outcome::Outcome;
use countersign_ingest::reading::Reading;
use countersign_ingest::worker::FormReader;
use countersign_store::SqliteStore;
use countersign_testkit::{NOW, Seeded, Workplace, event, vault_key};
use jiff::Timestamp;

use crate::{HonestForms, rows};

/// What a desk works with: accounts and ledger, key and day. Its PINs cost next to nothing to check.
#[derive(Clone)]
pub struct Desk {
    store: MemoryStore,
    key: Arc<VaultKey>,
    now: Timestamp,
}

/// The day on which the samples are read.
const SAMPLES_READ: Timestamp = Timestamp::constant(1_774_947_600, 0);

impl Desk {
    /// The desk for our own honest forms, on [`NOW`].
    ///
    /// # Panics
    /// When account and blanks cannot be added.
    pub fn of_honest(forms: &HonestForms) -> Self {
        let mut store = MemoryStore::new();
        store.add_accounts(std::slice::from_ref(&forms.account), event("accounts imported")).expect("a new account");
        store.issue_blanks(&forms.issued, event("blanks issued")).expect("new blanks");
        Self { store, key: Arc::new(vault_key()), now: NOW }
    }

    /// The desk for the samples, on the day on which they are read.
    ///
    /// # Panics
    /// When they are not there.
    pub fn of_samples() -> Self {
        let at = Workplace::new();
        at.run("demo demo --only-prepare").done();
        let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples");
        let text = std::fs::read_to_string(samples.join("demo-vault.key")).expect("the demo key is there");
        let key = VaultKey::from_file_text(&text).expect("the demo key is a key");
        let mut below = SqliteStore::open(at.join("demo/home/store.sqlite")).expect("the demo's store opens");
        let issued = rows(&samples.join("issued.csv"));
        let ids = issued.iter().map(|it| it["instance"].parse().expect("an instance id")).collect();
        let blanks: Vec<_> = below.blanks(&ids).expect("the ledger answers").into_values().collect();
        let pins = rows(&samples.join("accounts.csv"));
        let accounts = below.accounts_after(None, 1_000).expect("the store answers").into_iter().map(|account| {
            let row = pins.iter().find(|it| it["number"] == account.number.as_str()).expect("a row for each account");
            with_cheap_pin(account, &row["security_pin"], &key)
        });
        let mut store = MemoryStore::new();
        store.add_accounts(&accounts.collect::<Vec<_>>(), event("accounts imported")).expect("new accounts");
        store.issue_blanks(&blanks, event("blanks issued")).expect("new blanks");
        Self { store, key: Arc::new(key), now: SAMPLES_READ }
    }

    /// What becomes of a file that says `reading`; afterwards all is as before.
    ///
    /// # Panics
    /// When the run itself fails.
    pub fn decide(&mut self, file: &Path, reading: &Reading, templates: &Templates) -> Outcome {
        let random = |bytes: &mut [u8; 40]| bytes.copy_from_slice(&Seeded::new(2).bytes::<40>());
        let settings = RunSettings {
            templates,
            reader: &Given(reading),
            messages: &batch::NoMessages,
            policy: &Policy::default(),
            key: &self.key,
            pin_cost: PinCost::CHEAP_FOR_TESTS,
            random: &random,
            now: self.now,
        };
        let entries = batch::list(&[file.to_owned()]).expect("the file is there");
        let mut store = Rehearsal::over(&mut self.store).expect("a store in memory answers");
        let header = batch::begin_run(&mut store, &settings).expect("a run can begin");
        let mut sink = Outcomes::default();
        batch::run(&entries, &header, &settings, &mut store, &mut sink).expect("the run ends");
        sink.0.pop().expect("every file ends in one way")
    }
}

fn with_cheap_pin(account: Account, digits: &str, key: &VaultKey) -> Account {
    let pin = Pin::parse(digits, PinKind::Account).expect("the samples' PINs are PINs");
    let holder = PinHolder { account: &account.number, kind: PinKind::Account };
    let sealed = PinHasher::new().seal(&pin, holder, PinCost::CHEAP_FOR_TESTS, &Seeded::new(1).bytes(), key);
    Account { pin: sealed, ..account }
}

/// A reader that has read already.
struct Given<'a>(&'a Reading);

impl FormReader for Given<'_> {
    fn read(&self, _: &[u8]) -> Reading {
        self.0.clone()
    }
}

/// The rows of a run, kept in memory.
#[derive(Default)]
pub(crate) struct Outcomes(pub(crate) Vec<Outcome>);

impl OutcomeSink for Outcomes {
    fn take(&mut self, outcomes: &[Outcome]) -> std::io::Result<()> {
        self.0.extend_from_slice(outcomes);
        Ok(())
    }
}
