//! `account …`: adds, lists, shows and closes accounts, and adds people to them. Importing has a file of its own.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, bail};
use countersign_core::account::{Account, AccountNumber, AccountStatus};
use countersign_core::audit::AuditEvent;
use countersign_core::grant::Change;
use countersign_core::name_match::{NameKey, NameMatch};
use countersign_core::new_pin::{self, NewPinContext};
use countersign_core::person::{Email, Person, PersonId, PersonName, PersonStanding, Phone, tidy};
use countersign_core::pin::{Pin, PinAnswer, PinHasher, PinHolder, PinKind};
use countersign_core::policy::PinBudget;
use countersign_core::reason::ReasonCode;
use countersign_core::store::{AccountStore, Allowance, Changed};
use countersign_core::submission::Channel;
use countersign_core::vault::VaultKey;
use countersign_store::SqliteStore;
use jiff::Timestamp;
use serde_json::json;

use super::caller::staff_name;
use super::grant::just;
use super::{import, import_people};
use crate::args::{
    AccountAddArgs, AccountCommand, AccountNumberArgs, AccountSetPinArgs, ChannelArg, ListArgs, PersonAddArgs,
    PersonCommand, SetBillingEmailArgs, UnlockArgs,
};
use crate::exit::{Exit, WrongInput};
use crate::home::Home;
use crate::outbox::write_due;
use crate::prompt;
use crate::terminal::{BAD, BOLD, CARE, GOOD, count, say, styled, table};

const ACCOUNTS_AT_ONCE: usize = 500;
/// Longest name of an account, in characters.
const ACCOUNT_NAME_MAX_CHARS: usize = 120;

pub(crate) fn run(home: &Path, now: Timestamp, command: AccountCommand) -> anyhow::Result<Exit> {
    let mut home = Home::open(home)?;
    let only_looks = matches!(command, AccountCommand::List(_) | AccountCommand::Show(_));
    let exit = match command {
        AccountCommand::Import(args) => import::accounts(&mut home, now, &args),
        AccountCommand::ImportPeople(args) => import_people::people(&mut home, now, &args),
        AccountCommand::Add(args) => add(&mut home, now, &args),
        AccountCommand::Person(PersonCommand::Add(args)) => add_person(&mut home, now, &args),
        AccountCommand::List(args) => list(&mut home, &args),
        AccountCommand::Show(args) => show(&mut home, &args),
        AccountCommand::Close(args) => close(&mut home, now, &args),
        AccountCommand::SetBillingEmail(args) => set_billing_email(&mut home, now, &args),
        AccountCommand::SetPin(args) => set_pin(&mut home, now, &args),
        AccountCommand::Unlock(args) => unlock(&mut home, now, &args),
    }?;
    if !only_looks {
        write_due(&mut home, now)?;
    }
    Ok(exit)
}

/// An account number from the command line.
pub(super) fn parse_number(text: &str) -> Result<AccountNumber, WrongInput> {
    text.parse().map_err(|error| WrongInput(format!("`{text}`: {error}")))
}

/// A value from the command line, named in its error.
fn parse<T: std::str::FromStr<Err: std::fmt::Display>>(option: &str, text: &str) -> Result<T, WrongInput> {
    text.parse().map_err(|error| WrongInput(format!("--{option}: {error}")))
}

/// The account, or an error that says there is none.
pub(super) fn find_account(store: &mut SqliteStore, number: &AccountNumber) -> anyhow::Result<Account> {
    let found = store.accounts(&just(number)).context("cannot look up the account")?;
    found.into_values().next().ok_or_else(|| WrongInput(format!("there is no account {number}")).into())
}

/// An account's name, tidied.
pub(super) fn account_name(text: &str) -> Result<String, &'static str> {
    let name = tidy(text);
    let is_name = (1..=ACCOUNT_NAME_MAX_CHARS).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    is_name.then_some(name).ok_or("an account's name has 1 to 120 characters and no control characters")
}

/// The audit row of what the staff does by hand.
pub(super) fn staff_event(
    now: Timestamp,
    what: &str,
    account: Option<&AccountNumber>,
    evidence: &serde_json::Value,
) -> AuditEvent {
    AuditEvent {
        at: now,
        what: what.to_owned(),
        who: "staff".to_owned(),
        account: account.cloned(),
        evidence: evidence.to_string(),
    }
}

fn add(home: &mut Home, now: Timestamp, args: &AccountAddArgs) -> anyhow::Result<Exit> {
    let number = parse_number(&args.number)?;
    let name = PersonName::new(&args.owner_first_name, &args.owner_last_name)
        .map_err(|error| WrongInput(format!("--owner-first-name, --owner-last-name: {error}")))?;
    let owner = Person {
        id: PersonId(1),
        name,
        email: args.owner_email.as_deref().map(|it| parse("owner-email", it)).transpose()?,
        phone: args.owner_phone.as_deref().map(|it| parse("owner-phone", it)).transpose()?,
        standing: PersonStanding::Owner,
        job: String::new(),
        pin: None,
        code: None,
    };
    let billing_email = parse("billing-email", &args.billing_email)?;
    let pin = prompt::pin(&args.pin, PinKind::Account, "Security PIN (4 to 8 digits)")?;
    let account = Account {
        pin: home.sealer().seal(&pin, &number, PinKind::Account),
        number: number.clone(),
        name: account_name(&args.name).map_err(|error| WrongInput(format!("--name: {error}")))?,
        status: AccountStatus::Active,
        billing_email,
        billing_since: None,
        billing_before: None,
        people: vec![owner],
        revision: 1,
    };
    let event =
        staff_event(now, "account added", Some(&number), &json!({ "owner": account.people[0].name.to_string() }));
    if !home.store.add_accounts(&[account], event).context("cannot add the account")?.is_empty() {
        bail!(WrongInput(format!("account {number} exists already")));
    }
    say(&format!("{} account {number}", styled(GOOD, "added")));
    Ok(Exit::Done)
}

fn add_person(home: &mut Home, now: Timestamp, args: &PersonAddArgs) -> anyhow::Result<Exit> {
    let number = parse_number(&args.account)?;
    let account = find_account(&mut home.store, &number)?;
    let name = PersonName::new(&args.first_name, &args.last_name)
        .map_err(|error| WrongInput(format!("--first-name, --last-name: {error}")))?;
    if account.status == AccountStatus::Closed {
        bail!(WrongInput(format!("account {number} is closed: it takes no changes")));
    }
    let email: Option<Email> = args.email.as_deref().map(|it| parse("email", it)).transpose()?;
    if is_on(&account, &name, email.as_ref()) {
        bail!(WrongInput(format!("somebody of this name and email is on account {number} already")));
    }
    let (standing, pin) = if args.authorized {
        let pin = prompt::pin(&args.pin, PinKind::Person, "PIN for phone calls (4 digits)")?;
        (PersonStanding::AuthorizedUser { since: Some(now) }, Some(home.sealer().seal(&pin, &number, PinKind::Person)))
    } else {
        (PersonStanding::User, None)
    };
    let person = Person {
        id: account.next_person_id(),
        name,
        email,
        phone: args.phone.as_deref().map(|it| parse("phone", it)).transpose()?,
        standing,
        job: String::new(),
        pin,
        code: None,
    };
    let evidence = json!({ "person": person.name.to_string(), "standing": person.standing.word() });
    let event = staff_event(now, "person added", Some(&number), &evidence);
    change(home, &account, &[Change::AddPerson(person)], event)?;
    say(&format!("{} to account {number}", styled(GOOD, "added")));
    Ok(Exit::Done)
}

/// Whether somebody of the same name and mailbox is on the account.
pub(super) fn is_on(account: &Account, name: &PersonName, email: Option<&Email>) -> bool {
    let key = NameKey::of(name);
    let is_same_mailbox = |it: &Person| match (&it.email, email) {
        (Some(one), Some(other)) => one.is_same_mailbox(other),
        (None, None) => true,
        _ => false,
    };
    account.people.iter().any(|it| NameKey::of(&it.name).compare(&key) == NameMatch::Same && is_same_mailbox(it))
}

/// Changes an account on the word of the staff. The row of the trail lists the changes, as those of submissions do.
pub(super) fn change(home: &mut Home, account: &Account, changes: &[Change], event: AuditEvent) -> anyhow::Result<()> {
    let mut evidence: serde_json::Value = serde_json::from_str(&event.evidence).expect("evidence is JSON");
    evidence["changes"] = changes.iter().map(Change::to_evidence).collect();
    let event = AuditEvent { evidence: evidence.to_string(), ..event };
    let changed = home.store.change_account(&account.number, account.revision, changes, event);
    match changed.with_context(|| format!("cannot change account {}", account.number))? {
        Changed::Done { .. } => Ok(()),
        Changed::Stale => bail!("account {} was changed by somebody else just now: try again", account.number),
    }
}

fn list(home: &mut Home, args: &ListArgs) -> anyhow::Result<Exit> {
    const HEADING: [&str; 5] = ["number", "status", "owner", "authorized", "name"];
    let mut after: Option<AccountNumber> = None;
    loop {
        let accounts = home.store.accounts_after(after.as_ref(), ACCOUNTS_AT_ONCE).context("cannot list accounts")?;
        if args.json {
            accounts.iter().for_each(|it| say(&to_json(it).to_string()));
        } else if !accounts.is_empty() || after.is_none() {
            let rows: Vec<Vec<String>> = accounts.iter().map(cells).collect();
            let skip = usize::from(after.is_some());
            table(&HEADING, &rows).iter().skip(skip).for_each(|it| say(it));
        }
        match accounts.last() {
            Some(last) => after = Some(last.number.clone()),
            None => return Ok(Exit::Done),
        }
    }
}

fn cells(account: &Account) -> Vec<String> {
    let owner = account.people.iter().find(|it| it.standing == PersonStanding::Owner);
    let authorized = account.people.iter().filter(|it| matches!(it.standing, PersonStanding::AuthorizedUser { .. }));
    vec![
        account.number.to_string(),
        account.status.word().to_owned(),
        owner.map(|it| it.name.to_string()).unwrap_or_default(),
        authorized.count().to_string(),
        account.name.clone(),
    ]
}

fn to_json(account: &Account) -> serde_json::Value {
    let person = |it: &Person| {
        let since = match it.standing {
            PersonStanding::AuthorizedUser { since } => since.map(|it| it.to_string()),
            PersonStanding::Owner | PersonStanding::User => None,
        };
        json!({
            "first_name": it.name.first(), "last_name": it.name.last(),
            "email": it.email.as_ref().map(ToString::to_string), "phone": it.phone.as_ref().map(ToString::to_string),
            "standing": it.standing.word(), "authorized_since": since, "job": it.job,
        })
    };
    json!({
        "number": account.number.as_str(), "name": account.name, "status": account.status.word(),
        "billing_email": account.billing_email.as_str(), "billing_email_since": account.billing_since.map(|it| it.to_string()),
        "billing_email_before": account.billing_before.as_ref().map(ToString::to_string), "people": account.people.iter().map(person).collect::<Vec<_>>(),
    })
}

fn show(home: &mut Home, args: &AccountNumberArgs) -> anyhow::Result<Exit> {
    let account = find_account(&mut home.store, &parse_number(&args.number)?)?;
    if args.json {
        say(&to_json(&account).to_string());
        return Ok(Exit::Done);
    }
    say(&format!("{}  {}", styled(BOLD, &account.number), styled(BOLD, &account.name)));
    let since = account.billing_since.map(|it| format!(" since {it}")).unwrap_or_default();
    let before = account.billing_before.as_ref().map(|it| format!(", {it} before")).unwrap_or_default();
    say(&format!("status {}, billing email {}{since}{before}", account.status.word(), account.billing_email));
    let used = home.store.used_attempts(&account.number).context("cannot look up attempts")?;
    budget_lines(&used, home.policy.pins.allowance()).iter().for_each(|it| say(it));
    let row = |it: &Person| -> Vec<String> {
        vec![
            it.name.to_string(),
            it.standing.word().to_owned(),
            it.email.as_ref().map(ToString::to_string).unwrap_or_default(),
            it.phone.as_ref().map(ToString::to_string).unwrap_or_default(),
            it.job.clone(),
        ]
    };
    let rows: Vec<Vec<String>> = account.people.iter().map(row).collect();
    table(&["person", "standing", "email", "phone", "job"], &rows).iter().for_each(|it| say(it));
    Ok(Exit::Done)
}

/// What is spent of an account's attempts, and what that locks.
fn budget_lines(used: &BTreeMap<Channel, u32>, allowance: Allowance) -> Vec<String> {
    let limit = allowance.attempts;
    let of = |spent: u32| {
        format!("{spent} of {limit}{}", if spent >= limit { styled(BAD, ": locked") } else { String::new() })
    };
    match allowance.budget {
        PinBudget::EachChannel => used
            .iter()
            .map(|(channel, spent)| format!("wrong PINs on channel {}: {}", channel.word(), of(*spent)))
            .collect(),
        PinBudget::Shared if used.is_empty() => Vec::new(),
        PinBudget::Shared => {
            let parts: Vec<String> =
                used.iter().map(|(channel, spent)| format!("{} {spent}", channel.word())).collect();
            vec![format!("wrong PINs on all channels: {} ({})", of(used.values().sum()), parts.join(", "))]
        }
    }
}

fn unlock(home: &mut Home, now: Timestamp, args: &UnlockArgs) -> anyhow::Result<Exit> {
    let number = parse_number(&args.number)?;
    find_account(&mut home.store, &number)?;
    let (by, why) = (staff_name("by", &args.staff.by)?, staff_name("why", &args.staff.why)?);
    let channel = match args.channel {
        ChannelArg::Form => Channel::Form,
        ChannelArg::Email => Channel::Email,
        ChannelArg::Phone => Channel::Phone,
        ChannelArg::Console => Channel::Console,
    };
    let evidence = json!({ "channel": channel.word(), "by": by, "why": why });
    let event = staff_event(now, "channel unlocked", Some(&number), &evidence);
    let given_back = home.store.unlock(&number, channel, event).context("cannot give attempts back")?;
    let attempts = count(u64::from(given_back), "attempt");
    let used = home.store.used_attempts(&number).context("cannot look up attempts")?;
    let allowance = home.policy.pins.allowance();
    if allowance.left(&used, channel) == 0 {
        // The other channels of a shared budget have used it up: it is for the staff to say that of each.
        let given = styled(CARE, "still locked");
        say(&format!("{given}: account {number}, {}: {attempts} given back, the others hold the rest", channel.word()));
        budget_lines(&used, allowance).iter().for_each(|it| say(it));
        return Ok(Exit::Done);
    }
    say(&format!("{} account {number}, {}: {attempts} given back", styled(GOOD, "unlocked"), channel.word()));
    Ok(Exit::Done)
}

fn set_billing_email(home: &mut Home, now: Timestamp, args: &SetBillingEmailArgs) -> anyhow::Result<Exit> {
    let account = find_account(&mut home.store, &parse_number(&args.account)?)?;
    let (by, why) = (staff_name("by", &args.staff.by)?, staff_name("why", &args.staff.why)?);
    let email: Email = parse("email", &args.email)?;
    if account.status == AccountStatus::Closed {
        bail!(WrongInput(format!("account {} is closed: it takes no changes", account.number)));
    }
    if account.billing_email == email {
        bail!(WrongInput(format!("{email} is the billing email of account {} already", account.number)));
    }
    let event = staff_event(now, "billing email changed", Some(&account.number), &json!({ "by": by, "why": why }));
    change(home, &account, &[Change::SetBillingEmail { email: email.clone() }], event)?;
    let changed = styled(GOOD, "changed");
    say(&format!("{changed} the billing email of account {} to {email}", account.number));
    let days = home.policy.emails.billing_address_days;
    if days > 0 {
        say(&format!(
            "Requests that come from it by email wait for a person for the next {}.",
            count(u64::from(days), "day")
        ));
    }
    Ok(Exit::Done)
}

fn set_pin(home: &mut Home, now: Timestamp, args: &AccountSetPinArgs) -> anyhow::Result<Exit> {
    let account = find_account(&mut home.store, &parse_number(&args.account)?)?;
    let (by, why) = (staff_name("by", &args.staff.by)?, staff_name("why", &args.staff.why)?);
    if account.status == AccountStatus::Closed {
        bail!(WrongInput(format!("account {} is closed: it takes no changes", account.number)));
    }
    let pin = prompt::pin(&args.pin, PinKind::Account, "New Security PIN (4 to 8 digits)")?;
    if let Some(fault) = fault_of(&pin, &account, &home.key)? {
        bail!(WrongInput(format!("nothing was changed: the new Security PIN {fault}")));
    }
    let sealed = home.sealer().seal(&pin, &account.number, PinKind::Account);
    let event = staff_event(now, "Security PIN changed", Some(&account.number), &json!({ "by": by, "why": why }));
    change(home, &account, &[Change::SetSecurityPin { pin: sealed }], event)?;
    say(&format!("{} the Security PIN of account {}", styled(GOOD, "changed"), account.number));
    Ok(Exit::Done)
}

/// What speaks against a Security PIN. Whoever has an Authorized User's PIN would have the account's, were they the same.
fn fault_of(pin: &Pin, account: &Account, key: &VaultKey) -> anyhow::Result<Option<&'static str>> {
    let phones: Vec<Phone> = account.people.iter().filter_map(|it| it.phone.clone()).collect();
    let context = NewPinContext { account: Some(&account.number), account_pin: None, phones: &phones };
    if let Some(fault) = new_pin::faults(pin, context).first() {
        return Ok(Some(match fault {
            ReasonCode::NewPinTooCommon => "is one of those that are guessed first",
            _ => "is part of the account's number or of a phone number on it",
        }));
    }
    let mut hasher = PinHasher::new();
    let mut answer = |verifier, kind| {
        let holder = PinHolder { account: &account.number, kind };
        hasher.verify(pin, verifier, holder, key).context("cannot compare the new Security PIN")
    };
    for verifier in account.people.iter().filter_map(|it| it.pin.as_ref()) {
        if answer(verifier, PinKind::Person)? == PinAnswer::Right {
            return Ok(Some("is the PIN of one of the account's Authorized Users"));
        }
    }
    let is_same = answer(&account.pin, PinKind::Account)? == PinAnswer::Right;
    Ok(is_same.then_some("is the one that the account has"))
}

fn close(home: &mut Home, now: Timestamp, args: &AccountNumberArgs) -> anyhow::Result<Exit> {
    let account = find_account(&mut home.store, &parse_number(&args.number)?)?;
    if account.status == AccountStatus::Closed {
        bail!(WrongInput(format!("account {} is closed already", account.number)));
    }
    let event = staff_event(now, "account closed", Some(&account.number), &json!({}));
    change(home, &account, &[Change::Close], event)?;
    say(&format!("{} account {}", styled(GOOD, "closed"), account.number));
    Ok(Exit::Done)
}
