//! `grant …`: who was authorised, when, by which form and on whose signature; and taking privileges back.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, bail};
use countersign_core::account::{Account, AccountNumber};
use countersign_core::grant::{Change, Grant, downstream};
use countersign_core::person::{PersonId, PersonStanding};
use countersign_core::store::{AccountStore, SubmissionRecord};
use countersign_core::submission::SubmissionId;
use jiff::Timestamp;
use serde_json::json;

use super::account::{change, find_account, parse_number, staff_event};
use super::caller::staff_name;
use crate::args::{AccountNumberArgs, GrantCommand, HistoryArgs, RevokeArgs};
use crate::exit::{Exit, WrongInput};
use crate::home::Home;
use crate::outbox::write_due;
use crate::terminal::{CARE, GOOD, count, say, styled, table};

pub(crate) fn run(home: &Path, now: Timestamp, command: &GrantCommand) -> anyhow::Result<Exit> {
    let mut home = Home::open(home)?;
    match command {
        GrantCommand::List(args) => list(&mut home, args),
        GrantCommand::History(args) => history(&mut home, args),
        GrantCommand::Revoke(args) => revoke(&mut home, now, args),
    }
}

fn name(account: &Account, id: PersonId) -> String {
    account.person(id).map_or_else(String::new, |it| it.name.to_string())
}

fn print(heading: &[&str], rows: &[Vec<String>], as_json: bool) {
    if !as_json {
        table(heading, rows).iter().for_each(|it| say(it));
        return;
    }
    for row in rows {
        let cells = heading.iter().zip(row).map(|(name, cell)| (name.replace(' ', "_"), json!(cell)));
        say(&serde_json::Value::Object(cells.collect()).to_string());
    }
}

fn list(home: &mut Home, args: &AccountNumberArgs) -> anyhow::Result<Exit> {
    const HEADING: [&str; 6] = ["person", "since", "until", "granted by", "submission", "number"];
    let number = parse_number(&args.number)?;
    let account = find_account(&mut home.store, &number)?;
    let grants = home.store.grants(&number)?;
    let rows: Vec<Vec<String>> = grants
        .iter()
        .map(|grant| {
            let mut row = cells(grant, &account);
            row.push(grant.person.0.to_string());
            row
        })
        .collect();
    print(&HEADING, &rows, args.json);
    Ok(Exit::Done)
}

/// Person, since, until, granted by, submission.
fn cells(grant: &Grant, account: &Account) -> Vec<String> {
    vec![
        name(account, grant.person),
        grant.since.map_or_else(|| "before import".to_owned(), |it| it.to_string()),
        grant.ended.as_ref().map_or_else(|| "in force".to_owned(), |(at, _)| at.to_string()),
        grant.granted_by.map_or_else(|| "staff".to_owned(), |it| name(account, it)),
        grant.submission.as_ref().map(ToString::to_string).unwrap_or_default(),
    ]
}

fn history(home: &mut Home, args: &HistoryArgs) -> anyhow::Result<Exit> {
    const HEADING: [&str; 9] =
        ["person", "since", "until", "granted by", "submission", "file", "channel", "policy", "ended by"];
    let number = parse_number(&args.account)?;
    let account = find_account(&mut home.store, &number)?;
    let grants = home.store.grants(&number)?;
    let shown: Vec<&Grant> = grants.iter().filter(|it| args.at.is_none_or(|at| it.is_in_force_at(at))).collect();
    let ids: BTreeSet<SubmissionId> = shown.iter().filter_map(|it| it.submission.clone()).collect();
    let records = home.store.submissions(&ids).context("cannot look up the forms")?;
    let rows: Vec<Vec<String>> = shown.iter().map(|it| history_cells(it, &account, &records)).collect();
    if !args.json {
        let moment = args.at.map_or_else(|| "of all times".to_owned(), |it| format!("in force at {it}"));
        let owner = account.people.iter().find(|it| it.standing == PersonStanding::Owner);
        let owner = owner.map(|it| it.name.to_string()).unwrap_or_default();
        say(&format!("Account {number}, owner {owner}: {} {moment}", count(rows.len() as u64, "grant")));
    }
    print(&HEADING, &rows, args.json);
    Ok(Exit::Done)
}

fn history_cells(grant: &Grant, account: &Account, records: &BTreeMap<SubmissionId, SubmissionRecord>) -> Vec<String> {
    let record = grant.submission.as_ref().and_then(|it| records.get(it));
    let mut row = cells(grant, account);
    row.push(record.map(|it| it.source_file.clone()).unwrap_or_default());
    row.push(record.map(|it| it.channel.word().to_owned()).unwrap_or_default());
    row.push(record.map(|it| it.policy[..12.min(it.policy.len())].to_owned()).unwrap_or_default());
    let ended = grant.ended.as_ref().map(|(_, by)| by.as_ref().map_or_else(|| "staff".to_owned(), ToString::to_string));
    row.push(ended.unwrap_or_default());
    row
}

fn revoke(home: &mut Home, now: Timestamp, args: &RevokeArgs) -> anyhow::Result<Exit> {
    let number = parse_number(&args.account)?;
    let (by, why) = (staff_name("by", &args.staff.by)?, staff_name("why", &args.staff.why)?);
    let account = find_account(&mut home.store, &number)?;
    let person = PersonId(args.person);
    let Some(root) = account.person(person) else {
        bail!(WrongInput(format!("nobody on account {number} has number {}: `countersign grant list`", args.person)));
    };
    if root.standing == PersonStanding::Owner && !args.cascade {
        bail!(WrongInput(format!("{} is the Account Owner, whom nobody removes", root.name)));
    }
    let grants = home.store.grants(&number)?;
    let mut whom: Vec<PersonId> = match root.standing {
        PersonStanding::AuthorizedUser { .. } => vec![person],
        PersonStanding::Owner | PersonStanding::User => Vec::new(),
    };
    if args.cascade {
        whom.extend(downstream(person, args.since, &grants).into_iter().filter(|it| *it != person));
    }
    if whom.is_empty() {
        bail!(WrongInput("there is nothing to revoke: nobody concerned has privileges".to_owned()));
    }
    tell(&account, &grants, &whom);
    tell_removals(home, &number, person, args, &grants)?;
    if !args.yes {
        say("Nothing was done: --yes does it.");
        return Ok(Exit::Done);
    }
    let evidence = json!({
        "person": args.person, "cascade": args.cascade, "since": args.since.map(|it| it.to_string()),
        "revoked": whom.iter().map(|it| it.0).collect::<Vec<_>>(), "by": by, "why": why,
    });
    let event = staff_event(now, "grants revoked", Some(&number), &evidence);
    let changes: Vec<Change> = whom.iter().map(|it| Change::Deauthorize { person: *it }).collect();
    change(home, &account, &changes, event)?;
    say(&format!("{} {}", styled(GOOD, "revoked"), count(whom.len() as u64, "grant")));
    write_due(home, now)?;
    Ok(Exit::Done)
}

/// Whom it concerns, and who let each of them in.
fn tell(account: &Account, grants: &[Grant], whom: &[PersonId]) {
    let in_force = |id: &PersonId| grants.iter().find(|it| it.person == *id && it.ended.is_none());
    let rows: Vec<Vec<String>> = whom.iter().filter_map(in_force).map(|it| cells(it, account)).collect();
    table(&["person", "since", "until", "granted by", "submission"], &rows).iter().for_each(|it| say(it));
}

/// Whom those people's forms removed: that is for the customer to undo, with a new PIN for each.
fn tell_removals(
    home: &mut Home,
    number: &AccountNumber,
    person: PersonId,
    args: &RevokeArgs,
    grants: &[Grant],
) -> anyhow::Result<()> {
    if !args.cascade {
        return Ok(());
    }
    let mut signers = downstream(person, args.since, grants);
    signers.insert(person);
    let signed = removals_signed_by(home, number, &signers)?;
    let account = find_account(&mut home.store, number)?;
    for grant in grants {
        let Some((at, Some(by))) = &grant.ended else { continue };
        if signed.contains(by) && args.since.is_none_or(|since| *at >= since) {
            let what = format!("{} lost their privileges by {by} at {at}", name(&account, grant.person));
            say(&format!("{}: {what}; only the customer can ask for them again", styled(CARE, "not undone")));
        }
    }
    Ok(())
}

/// The accepted forms of an account that one of these people signed, by the audit trail.
fn removals_signed_by(
    home: &mut Home,
    number: &AccountNumber,
    signers: &BTreeSet<PersonId>,
) -> anyhow::Result<BTreeSet<SubmissionId>> {
    let mut found = BTreeSet::new();
    let mut after = 0;
    loop {
        let rows = home.store.audit_after(after, 1_000).context("cannot read the audit trail")?;
        let Some(last) = rows.last() else { return Ok(found) };
        after = last.seq;
        for row in rows.iter().filter(|it| it.event.account.as_ref() == Some(number)) {
            let evidence: serde_json::Value = serde_json::from_str(&row.event.evidence).unwrap_or_default();
            let signer = evidence["signer"].as_u64().and_then(|it| u32::try_from(it).ok()).map(PersonId);
            if let (Some(id), true) = (evidence["submission"].as_str(), signer.is_some_and(|it| signers.contains(&it)))
            {
                found.insert(SubmissionId::from_stored(id));
            }
        }
    }
}

/// One number as a set, for the store's questions.
pub(super) fn just(number: &AccountNumber) -> BTreeSet<AccountNumber> {
    BTreeSet::from([number.clone()])
}
