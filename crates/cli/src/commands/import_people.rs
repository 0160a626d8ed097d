//! `account import-people`: takes over more people of existing accounts from a CSV file. All rows are checked before the first
//! is taken; then each account is changed whole or not at all.

use std::collections::BTreeMap;

use anyhow::{Context, bail};
use countersign_core::account::{Account, AccountNumber, AccountStatus};
use countersign_core::grant::Change;
use countersign_core::person::{Email, Person, PersonId, PersonName, PersonStanding, Phone, tidy};
use countersign_core::pin::{Pin, PinKind};
use countersign_core::store::AccountStore;
use countersign_store::SqliteStore;
use indicatif::ProgressBar;
use jiff::Timestamp;
use rayon::prelude::*;
use serde_json::json;

use super::account::{change, is_on, staff_event};
use super::import::{BATCH, SeenBefore, changed_meanwhile, left_alone, read_name, remind_of_pins};
use crate::args::ImportPeopleArgs;
use crate::csv_input::{Line, Table, WrongRows};
use crate::exit::Exit;
use crate::home::Home;
use crate::progress;
use crate::sealer::Sealer;
use crate::terminal::{GOOD, count, say, styled};

const COLUMNS: &[&str] = &["number", "first_name", "last_name", "email", "phone", "standing", "job", "pin"];
const JOB_MAX_CHARS: usize = 80;

/// A person of the file, their PIN not sealed yet.
struct NewPerson {
    account: AccountNumber,
    name: PersonName,
    email: Option<Email>,
    phone: Option<Phone>,
    standing: PersonStanding,
    job: String,
    pin: Option<Pin>,
}

pub(crate) fn people(home: &mut Home, now: Timestamp, args: &ImportPeopleArgs) -> anyhow::Result<Exit> {
    let mut check = Check::default();
    check.all(&mut Table::open(&args.file, COLUMNS)?, home, args)?;
    check.wrong.report(&args.file, "nothing was imported")?;
    let bar = progress::bar(check.rows, "adding people");
    let mut imported = 0;
    let taken = take_all(home, now, args, &bar, &mut imported);
    bar.finish_and_clear();
    let hint = || format!("after {imported} people, who stay; go on with --skip-existing");
    let skipped = if imported > 0 { taken.with_context(hint)? } else { taken? };
    let people =
        if imported == 1 { "1 person".to_owned() } else { count(imported, "people").replace("peoples", "people") };
    say(&format!("{} {people}{}", styled(GOOD, "imported"), left_alone(skipped)));
    remind_of_pins(&args.file);
    Ok(Exit::Done)
}

/// The first pass: every row is checked, nothing is taken.
#[derive(Default)]
struct Check {
    wrong: WrongRows,
    rows: u64,
    seen: SeenBefore,
    batch: Vec<(u64, NewPerson)>,
}

impl Check {
    fn all(&mut self, table: &mut Table, home: &mut Home, args: &ImportPeopleArgs) -> anyhow::Result<()> {
        while let Some(mut line) = table.next()? {
            self.rows += 1;
            if let Some(person) = read_person(&mut line) {
                let mailbox = person.email.as_ref().map(|it| it.as_str().to_ascii_lowercase());
                if self.seen.insert(&(&person.account, &person.name, mailbox)) {
                    self.batch.push((line.number, person));
                } else {
                    line.defect::<()>("last_name", "the same person stands further up in the file");
                }
            }
            self.wrong.take(line);
            if self.batch.len() == BATCH {
                self.look_up(&mut home.store, args)?;
            }
        }
        self.look_up(&mut home.store, args)
    }

    fn look_up(&mut self, store: &mut SqliteStore, args: &ImportPeopleArgs) -> anyhow::Result<()> {
        let batch = std::mem::take(&mut self.batch);
        let known = accounts_of(store, batch.iter().map(|(_, it)| it))?;
        for (line, person) in &batch {
            if let Some((column, what)) = objection(person, known.get(&person.account), args) {
                self.wrong.add(*line, column, what);
            }
        }
        Ok(())
    }
}

fn accounts_of<'a>(
    store: &mut SqliteStore,
    people: impl Iterator<Item = &'a NewPerson>,
) -> anyhow::Result<BTreeMap<AccountNumber, Account>> {
    store.accounts(&people.map(|it| it.account.clone()).collect()).context("cannot look up accounts")
}

/// What is against adding a person to their account.
fn objection(
    person: &NewPerson,
    account: Option<&Account>,
    args: &ImportPeopleArgs,
) -> Option<(&'static str, &'static str)> {
    match account {
        None => Some(("number", "there is no such account")),
        Some(it) if it.status == AccountStatus::Closed => Some(("number", "the account is closed")),
        Some(it) if !args.skip_existing && is_on(it, &person.name, person.email.as_ref()) => {
            Some(("last_name", "the person is on the account already (--skip-existing leaves them as they are)"))
        }
        Some(_) => None,
    }
}

/// Reads a row; `None` when something is wrong with it, all of which is then noted.
fn read_person(line: &mut Line<'_>) -> Option<NewPerson> {
    let account = line.parse("number");
    let name = read_name(line, "first_name", "last_name");
    let email = line.parse_optional("email");
    let phone = line.parse_optional("phone");
    let standing = line.read("standing", standing);
    let job = line.read("job", job);
    let pin = line.read("pin", |text| match text {
        "" => Ok(None),
        _ => Pin::parse(text, PinKind::Person).map(Some),
    });
    if matches!((standing, &pin), (Some(PersonStanding::AuthorizedUser { .. }), Some(None))) {
        line.defect::<()>("pin", "an authorized_user needs one");
    }
    if !line.is_good() {
        return None;
    }
    let (account, name, standing) = (account?, name?, standing?);
    Some(NewPerson { account, name, email: email?, phone: phone?, standing, job: job?, pin: pin? })
}

fn standing(text: &str) -> Result<PersonStanding, &'static str> {
    [PersonStanding::AuthorizedUser { since: None }, PersonStanding::User]
        .into_iter()
        .find(|it| it.word() == text)
        .ok_or("is `authorized_user` or `user`")
}

fn job(text: &str) -> Result<String, &'static str> {
    let job = tidy(text);
    let is_job = job.chars().count() <= JOB_MAX_CHARS && !job.chars().any(char::is_control);
    is_job.then_some(job).ok_or("has at most 80 characters and no control characters")
}

/// The second pass. Answers how many were there already.
fn take_all(
    home: &mut Home,
    now: Timestamp,
    args: &ImportPeopleArgs,
    bar: &ProgressBar,
    imported: &mut u64,
) -> anyhow::Result<u64> {
    let mut table = Table::open(&args.file, COLUMNS)?;
    let mut skipped = 0;
    loop {
        let batch = next_batch(&mut table)?;
        if batch.is_empty() {
            return Ok(skipped);
        }
        let known = accounts_of(&mut home.store, batch.iter())?;
        let (there, new): (Vec<_>, Vec<_>) = batch
            .into_iter()
            .partition(|it| known.get(&it.account).is_some_and(|account| is_on(account, &it.name, it.email.as_ref())));
        if let (false, Some(person)) = (args.skip_existing, there.first()) {
            bail!("account {} was changed by somebody else just now", person.account);
        }
        skipped += there.len() as u64;
        bar.inc(there.len() as u64);
        for (number, people) in by_account(seal_all(new, &home.sealer())) {
            let Some(account) = known.get(&number) else { bail!("account {number} is gone") };
            let added = people.len() as u64;
            add(home, now, account, people)?;
            *imported += added;
            bar.inc(added);
        }
    }
}

fn next_batch(table: &mut Table) -> anyhow::Result<Vec<NewPerson>> {
    let mut batch = Vec::new();
    while batch.len() < BATCH {
        let Some(mut line) = table.next()? else { break };
        let Some(person) = read_person(&mut line) else { bail!(changed_meanwhile(line.number)) };
        batch.push(person);
    }
    Ok(batch)
}

fn seal_all(people: Vec<NewPerson>, sealer: &Sealer<'_>) -> Vec<(AccountNumber, Person)> {
    let seal = |NewPerson { account, name, email, phone, standing, job, pin }| {
        let pin = pin.map(|it| sealer.seal(&it, &account, PinKind::Person));
        (account, Person { id: PersonId(0), name, email, phone, standing, job, pin, code: None })
    };
    people.into_par_iter().with_max_len(1).map(seal).collect()
}

fn by_account(people: Vec<(AccountNumber, Person)>) -> BTreeMap<AccountNumber, Vec<Person>> {
    let mut accounts: BTreeMap<AccountNumber, Vec<Person>> = BTreeMap::new();
    for (number, person) in people {
        accounts.entry(number).or_default().push(person);
    }
    accounts
}

/// Adds people to an account, with the next free numbers.
fn add(home: &mut Home, now: Timestamp, account: &Account, people: Vec<Person>) -> anyhow::Result<()> {
    let first = account.next_person_id().0;
    let names: Vec<String> = people.iter().map(|it| format!("{} ({})", it.name, it.standing.word())).collect();
    let numbered = |(id, person)| Change::AddPerson(Person { id: PersonId(id), ..person });
    let changes: Vec<Change> = (first..).zip(people).map(numbered).collect();
    let event = staff_event(now, "people imported", Some(&account.number), &json!({ "people": names }));
    change(home, account, &changes, event)
}
