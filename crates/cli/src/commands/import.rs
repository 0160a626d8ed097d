//! `account import`: takes over accounts from a CSV file. All rows are checked before the first is taken; then they go in
//! batches, each whole or not at all, so that a stopped import goes on where it ended.

use std::collections::{BTreeSet, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use anyhow::{Context, bail};
use countersign_core::account::{Account, AccountNumber, AccountStatus};
use countersign_core::person::{Email, Person, PersonId, PersonName, PersonStanding, Phone};
use countersign_core::pin::{Pin, PinKind};
use countersign_core::store::AccountStore;
use countersign_store::SqliteStore;
use indicatif::ProgressBar;
use jiff::Timestamp;
use rayon::prelude::*;
use serde_json::json;

use super::account::{account_name, staff_event};
use crate::args::ImportArgs;
use crate::csv_input::{Line, Table, WrongRows};
use crate::exit::{Exit, WrongInput};
use crate::home::Home;
use crate::progress;
use crate::sealer::Sealer;
use crate::terminal::{CARE, GOOD, count, say, styled};

const COLUMNS: &[&str] = &[
    "number",
    "name",
    "status",
    "billing_email",
    "owner_first_name",
    "owner_last_name",
    "owner_email",
    "owner_phone",
    "security_pin",
];

/// Rows that are looked up, sealed and written together.
pub(super) const BATCH: usize = 1000;

/// An account of the file, its PIN not sealed yet.
struct NewAccount {
    number: AccountNumber,
    name: String,
    status: AccountStatus,
    billing_email: Email,
    owner: Person,
    pin: Pin,
}

/// What becomes of accounts that exist already.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Existing {
    AreWrong,
    AreSkipped,
}

pub(crate) fn accounts(home: &mut Home, now: Timestamp, args: &ImportArgs) -> anyhow::Result<Exit> {
    let existing = if args.skip_existing { Existing::AreSkipped } else { Existing::AreWrong };
    let mut check = Check { existing, ..Check::default() };
    check.all(&mut Table::open(&args.file, COLUMNS)?, &mut home.store)?;
    check.wrong.report(&args.file, "nothing was imported")?;
    let bar = progress::bar(check.rows, "sealing PINs");
    let mut imported = 0;
    let taken = take_all(home, now, args, &bar, &mut imported);
    bar.finish_and_clear();
    let hint = || format!("after {imported} accounts, which stay; go on with --skip-existing");
    let skipped = if imported > 0 { taken.with_context(hint)? } else { taken? };
    say(&format!("{} {}{}", styled(GOOD, "imported"), count(imported, "account"), left_alone(skipped)));
    remind_of_pins(&args.file);
    Ok(Exit::Done)
}

/// The end of the sentence that says what was imported.
pub(super) fn left_alone(skipped: u64) -> String {
    match skipped {
        0 => String::new(),
        1 => "; 1 was there already and stays as it is".to_owned(),
        _ => format!("; {} were there already and stay as they are", crate::terminal::thousands(skipped)),
    }
}

/// Says that the file still holds what the store keeps sealed.
pub(super) fn remind_of_pins(file: &Path) {
    let file = file.display();
    say(&format!("{} {file} holds PINs in plain text: delete it, and every copy of it.", styled(CARE, "now")));
}

/// The first pass: every row is checked, nothing is taken.
struct Check {
    existing: Existing,
    wrong: WrongRows,
    rows: u64,
    seen: SeenBefore,
    batch: Vec<(u64, AccountNumber)>,
}

impl Default for Check {
    fn default() -> Self {
        let (wrong, seen) = (WrongRows::default(), SeenBefore::default());
        Self { existing: Existing::AreWrong, wrong, rows: 0, seen, batch: Vec::new() }
    }
}

impl Check {
    fn all(&mut self, table: &mut Table, store: &mut SqliteStore) -> anyhow::Result<()> {
        while let Some(mut line) = table.next()? {
            self.rows += 1;
            if let Some(account) = read_account(&mut line) {
                if self.seen.insert(&account.number) {
                    self.batch.push((line.number, account.number));
                } else {
                    line.defect::<()>("number", "the same number stands further up in the file");
                }
            }
            self.wrong.take(line);
            if self.batch.len() == BATCH {
                self.look_up(store)?;
            }
        }
        self.look_up(store)
    }

    fn look_up(&mut self, store: &mut SqliteStore) -> anyhow::Result<()> {
        let batch = std::mem::take(&mut self.batch);
        if self.existing == Existing::AreSkipped {
            return Ok(());
        }
        let known = known(store, batch.iter().map(|(_, number)| number))?;
        for (line, _) in batch.iter().filter(|(_, number)| known.contains(number)) {
            self.wrong.add(*line, "number", "the account exists already (--skip-existing leaves it as it is)");
        }
        Ok(())
    }
}

/// What stood further up in a file, by 64 bits each: of a million rows, one in 37 million files has a false alarm.
#[derive(Default)]
pub(super) struct SeenBefore(HashSet<u64>);

impl SeenBefore {
    /// Notes a thing; answers whether it is new.
    pub(super) fn insert(&mut self, thing: &impl Hash) -> bool {
        let mut hasher = DefaultHasher::new();
        thing.hash(&mut hasher);
        self.0.insert(hasher.finish())
    }
}

/// Those of the accounts that the store has.
fn known<'a>(
    store: &mut SqliteStore,
    numbers: impl Iterator<Item = &'a AccountNumber>,
) -> anyhow::Result<BTreeSet<AccountNumber>> {
    let found = store.accounts(&numbers.cloned().collect()).context("cannot look up accounts")?;
    Ok(found.into_keys().collect())
}

/// Reads a row; `None` when something is wrong with it, all of which is then noted.
fn read_account(line: &mut Line<'_>) -> Option<NewAccount> {
    let number = line.parse("number");
    let name = line.read("name", account_name);
    let status = line.parse("status");
    let billing_email = line.parse("billing_email");
    let owner_name = read_name(line, "owner_first_name", "owner_last_name");
    let email: Option<Option<Email>> = line.parse_optional("owner_email");
    let phone: Option<Option<Phone>> = line.parse_optional("owner_phone");
    let pin = line.read("security_pin", |text| Pin::parse(text, PinKind::Account));
    if !line.is_good() {
        return None;
    }
    let (standing, job) = (PersonStanding::Owner, String::new());
    let owner = Person {
        id: PersonId(1),
        name: owner_name?,
        email: email?,
        phone: phone?,
        standing,
        job,
        pin: None,
        code: None,
    };
    Some(NewAccount { number: number?, name: name?, status: status?, billing_email: billing_email?, owner, pin: pin? })
}

/// Reads a name from its two columns.
pub(super) fn read_name(line: &mut Line<'_>, first: &'static str, last: &'static str) -> Option<PersonName> {
    let text = |it: &str| Ok::<_, std::convert::Infallible>(it.to_owned());
    let (first_name, last_name) = (line.read(first, text)?, line.read(last, text)?);
    // Alone, each is tried beside a part that is surely good, so that the wrong one is named.
    if let Err(error) = PersonName::new(&first_name, "A") {
        line.defect::<()>(first, error);
    }
    if let Err(error) = PersonName::new("A", &last_name) {
        line.defect::<()>(last, error);
    }
    PersonName::new(&first_name, &last_name).ok()
}

/// The second pass: seals and writes in batches. Answers how many were there already.
fn take_all(
    home: &mut Home,
    now: Timestamp,
    args: &ImportArgs,
    bar: &ProgressBar,
    imported: &mut u64,
) -> anyhow::Result<u64> {
    let mut table = Table::open(&args.file, COLUMNS)?;
    let mut skipped = 0;
    loop {
        let mut batch = next_batch(&mut table)?;
        if batch.is_empty() {
            return Ok(skipped);
        }
        let rows = batch.len() as u64;
        if args.skip_existing {
            let known = known(&mut home.store, batch.iter().map(|it| &it.number))?;
            batch.retain(|it| !known.contains(&it.number));
        }
        let new = batch.len() as u64;
        bar.inc(rows - new);
        add(home, now, args, seal_all(batch, &home.sealer(), bar))?;
        *imported += new;
        skipped += rows - new;
    }
}

fn next_batch(table: &mut Table) -> anyhow::Result<Vec<NewAccount>> {
    let mut batch = Vec::new();
    while batch.len() < BATCH {
        let Some(mut line) = table.next()? else { break };
        let Some(account) = read_account(&mut line) else { bail!(changed_meanwhile(line.number)) };
        batch.push(account);
    }
    Ok(batch)
}

/// The error for a row that was good a moment ago.
pub(super) fn changed_meanwhile(line: u64) -> WrongInput {
    WrongInput(format!("line {line} was good and is wrong now: the file changed while it was imported"))
}

fn seal_all(batch: Vec<NewAccount>, sealer: &Sealer<'_>, bar: &ProgressBar) -> Vec<Account> {
    let seal = |NewAccount { number, name, status, billing_email, owner, pin }| {
        let pin = sealer.seal(&pin, &number, PinKind::Account);
        bar.inc(1);
        Account {
            number,
            name,
            status,
            billing_email,
            billing_since: None,
            billing_before: None,
            pin,
            people: vec![owner],
            revision: 1,
        }
    };
    batch.into_par_iter().with_max_len(1).map(seal).collect()
}

fn add(home: &mut Home, now: Timestamp, args: &ImportArgs, accounts: Vec<Account>) -> anyhow::Result<()> {
    if accounts.is_empty() {
        return Ok(());
    }
    let file = args.file.file_name().unwrap_or_default().to_string_lossy();
    let event = staff_event(now, "accounts imported", None, &json!({ "file": file, "accounts": accounts.len() }));
    let there = home.store.add_accounts(&accounts, event).context("cannot add accounts")?;
    match there.first() {
        None => Ok(()),
        Some(number) => bail!("account {number} was added by somebody else just now"),
    }
}
