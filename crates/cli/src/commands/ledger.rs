//! `ledger …`: looks up issued blanks, and declares them void.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, bail};
use countersign_core::instance::InstanceId;
use countersign_core::store::{AccountStore, BlankState, IssuedBlank, Voided};
use jiff::Timestamp;
use serde_json::json;

use super::account::staff_event;
use super::caller::staff_name;
use crate::args::LedgerCommand;
use crate::exit::{Exit, WrongInput};
use crate::home::Home;
use crate::terminal::{BOLD, GOOD, say, styled};

pub(crate) fn run(home: &Path, now: Timestamp, command: &LedgerCommand) -> anyhow::Result<Exit> {
    let mut home = Home::open(home)?;
    match command {
        LedgerCommand::Show { instance } => show(&mut home, &parse(instance)?),
        LedgerCommand::Void { instance, staff } => {
            let id = parse(instance)?;
            let (by, why) = (staff_name("by", &staff.by)?, staff_name("why", &staff.why)?);
            let blank = find(&mut home, &id)?;
            let evidence = json!({ "instance": id.as_str(), "by": by, "why": why });
            let event = staff_event(now, "blank void", blank.account.as_ref(), &evidence);
            match home.store.void_blank(&id, event).context("cannot declare the form void")? {
                Voided::Done { .. } => say(&format!("{}: {id}", styled(GOOD, "void"))),
                Voided::NotOpen(blank) => bail!(WrongInput(format!("form {id} is {} already", word(&blank.state)))),
                Voided::Unknown => bail!(unknown(&id)),
            }
            Ok(Exit::Done)
        }
    }
}

fn parse(text: &str) -> Result<InstanceId, WrongInput> {
    text.parse().map_err(|error| WrongInput(format!("`{}`: {error}", text.escape_debug())))
}

fn unknown(id: &InstanceId) -> WrongInput {
    WrongInput(format!("form {id} was never issued here"))
}

fn find(home: &mut Home, id: &InstanceId) -> anyhow::Result<IssuedBlank> {
    let found = home.store.blanks(&BTreeSet::from([id.clone()])).context("cannot look up the form")?;
    Ok(found.into_values().next().ok_or_else(|| unknown(id))?)
}

fn show(home: &mut Home, id: &InstanceId) -> anyhow::Result<Exit> {
    let blank = find(home, id)?;
    let account = blank.account.as_ref().map_or_else(|| "generic".to_owned(), |it| format!("account {it}"));
    let proof = if blank.is_proved(&home.key) { "" } else { ", NOT proved by the vault key: not ours" };
    say(&format!("{}  {}, {account}", styled(BOLD, id), blank.template));
    say(&format!("issued {}, last day {}, {}{proof}", blank.issued_at, blank.expires, word(&blank.state)));
    Ok(Exit::Done)
}

fn word(state: &BlankState) -> String {
    match state {
        BlankState::Issued => "out with the customer".to_owned(),
        BlankState::Returned => "returned, not used up".to_owned(),
        BlankState::Consumed { by } => format!("used by {by}"),
        BlankState::Void => "void".to_owned(),
    }
}
