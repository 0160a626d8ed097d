//! `grant list`: who was authorised, since when and by which form.

use std::collections::BTreeSet;
use std::path::Path;

use countersign_core::account::AccountNumber;
use countersign_core::grant::Grant;
use countersign_core::store::AccountStore;
use serde_json::json;

use super::account::{find_account, parse_number};
use crate::args::GrantCommand;
use crate::exit::Exit;
use crate::home::Home;
use crate::terminal::{say, table};

pub(crate) fn run(home: &Path, command: &GrantCommand) -> anyhow::Result<Exit> {
    let GrantCommand::List(args) = command;
    let number: AccountNumber = parse_number(&args.number)?;
    let mut home = Home::open(home)?;
    let account = find_account(&mut home.store, &number)?;
    let grants = home.store.grants(&number)?;
    let name = |id| account.person(id).map_or_else(String::new, |it| it.name.to_string());
    let cells = |grant: &Grant| -> Vec<String> {
        let by = grant.granted_by.map_or_else(|| "staff".to_owned(), name);
        vec![
            name(grant.person),
            grant.since.map_or_else(|| "before import".to_owned(), |it| it.to_string()),
            grant.ended.as_ref().map_or_else(|| "in force".to_owned(), |(at, _)| at.to_string()),
            by,
            grant.submission.as_ref().map(ToString::to_string).unwrap_or_default(),
        ]
    };
    let rows: Vec<Vec<String>> = grants.iter().map(cells).collect();
    const HEADING: [&str; 5] = ["person", "since", "until", "granted by", "submission"];
    if args.json {
        for row in rows {
            let object: serde_json::Map<_, _> =
                HEADING.iter().zip(row).map(|(name, cell)| (name.replace(' ', "_"), json!(cell))).collect();
            say(&serde_json::Value::Object(object).to_string());
        }
    } else {
        table(&HEADING, &rows).iter().for_each(|it| say(it));
    }
    Ok(Exit::Done)
}

/// One number as a set, for the store's questions.
pub(super) fn just(number: &AccountNumber) -> BTreeSet<AccountNumber> {
    BTreeSet::from([number.clone()])
}
